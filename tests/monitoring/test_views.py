"""Pages of a return: what each reader sees, names behind figures, lists with constant queries."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLogEntry, AuditEntry
from monitoring.models import MonthlyReturn
from schools.models import Role
from students.actions.absences import start_absence
from students.actions.movements import Fact, record_arrival, record_departure
from students.models import AbsenceKind, MovementKind, RollPeriod
from tests.cast import fill, make_school, make_student, make_user
from tests.monitoring.filing import OCTOBER, SEPTEMBER, accept, month_of, sign, submit

IN_OCTOBER = "2025-10-09 09:00+08:00"


def address(name, school, month=OCTOBER, *more):
    return reverse(f"monitoring:{name}", args=[school.pk, month, *more])


@pytest.fixture
def children(school):
    return fill(school)


@pytest.fixture
def october(school, children, clerk, principal, reviewer):
    """October with a leaver, an arrival and an absent child, nothing filed yet; September accepted."""
    with time_machine.travel("2025-09-02 09:00+08:00"):
        accept(school, month_of(school.county, SEPTEMBER), clerk, principal, reviewer)
    with time_machine.travel(IN_OCTOBER):
        record_departure(
            children[3][0],
            MovementKind.TRANSFER_OUT,
            fact=Fact(dt.date(2025, 9, 20), "moved", counterpart_text="长治市实验小学"),
            actor=clerk,
        )
        record_arrival(
            make_student(school.county, "马思齐"),
            school,
            MovementKind.ADDED,
            grade=4,
            klass=None,
            fact=Fact(dt.date(2025, 9, 25), "missed"),
            actor=clerk,
        )
        start_absence(
            children[5][1],
            AbsenceKind.TRUANCY,
            first_day=dt.date(2025, 9, 1),
            reason_code="aversion",
            actor=clerk,
        )
    return month_of(school.county, OCTOBER)


def text_of(response):
    return response.content.decode()


@time_machine.travel(IN_OCTOBER)
def test_clerk_reads_live_figures_and_the_page_writes_nothing(client, school, october, clerk):
    client.force_login(clerk)
    before = (MonthlyReturn.objects.count(), RollPeriod.objects.count(), AuditEntry.objects.count())

    response = client.get(address("return-detail", school))

    shown = text_of(response)
    assert response.status_code == 200
    assert "未开始" in shown and "请在 10月6日 18:00 前核对本月异动并送校长签字。" in shown
    assert "逾期 3 天" in shown
    assert "补录1人（马思齐）" in shown
    assert 'aria-label="三年级 转出 1 人，打开名单"' in shown
    assert "在籍口径" in shown
    assert (MonthlyReturn.objects.count(), RollPeriod.objects.count(), AuditEntry.objects.count()) == before


@time_machine.travel(IN_OCTOBER)
@pytest.mark.parametrize(
    ("grade", "column", "name"),
    [
        (3, "transfer_out", "孙一"),
        (4, "other", "马思齐"),
        (5, "absent", "周二"),
        (4, "closing", "马思齐"),
        (3, "opening", "孙一"),
        (0, "transfer_out", "孙一"),
    ],
)
def test_every_figure_opens_its_children(client, school, october, clerk, grade, column, name):
    client.force_login(clerk)

    whole = client.get(address("return-figure", school, OCTOBER, grade, column))
    part = client.get(
        address("return-figure", school, OCTOBER, grade, column), headers={"HX-Request": "true"}
    )

    assert name in text_of(whole) and "<html" in text_of(whole)
    assert name in text_of(part) and "<html" not in text_of(part)


@time_machine.travel(IN_OCTOBER)
def test_roll_lists_have_as_many_names_as_the_figure(client, school, october, clerk):
    client.force_login(clerk)
    response = client.get(address("return-figure", school, OCTOBER, 0, "closing"))

    assert response.context["value"] == 18
    assert response.context["page_obj"].paginator.count == 18
    assert response.context["is_exact"]
    assert "孙一" not in [name.name for name, _ in response.context["names"]]


@pytest.mark.parametrize(
    ("grade", "column"), [(3, "remark"), (3, "id_number"), (12, "absent"), (3, "opening_correction")]
)
@time_machine.travel(IN_OCTOBER)
def test_unknown_figures_are_not_found(client, school, october, clerk, grade, column):
    client.force_login(clerk)

    assert client.get(address("return-figure", school, OCTOBER, grade, column)).status_code == 404


@time_machine.travel(IN_OCTOBER)
def test_reviewer_and_inspector_see_no_draft(client, school, october, reviewer, county):
    inspector = make_user(county, Role.INSPECTOR)
    for person in (reviewer, inspector):
        client.force_login(person)
        response = client.get(address("return-detail", school))

        assert response.status_code == 200
        assert "未报" in text_of(response) and "填报员" in text_of(response)
        assert "马思齐" not in text_of(response)
        for hidden in ("return-annex2", "return-differences"):
            assert client.get(address(hidden, school)).status_code == 404
        assert client.get(address("return-figure", school, OCTOBER, 3, "transfer_out")).status_code == 404


@time_machine.travel(IN_OCTOBER)
def test_reviewer_and_inspector_read_what_is_signed(
    client, school, october, clerk, principal, reviewer, county
):
    sign(school, october, clerk, principal)
    inspector = make_user(county, Role.INSPECTOR)
    for person in (reviewer, inspector):
        client.force_login(person)
        response = client.get(address("return-detail", school))

        assert "补录1人（马思齐）" in text_of(response)
        assert client.get(address("return-figure", school, OCTOBER, 4, "other")).status_code == 200


@time_machine.travel(IN_OCTOBER)
def test_central_school_may_look_at_drafts(client, school, october, central_school):
    client.force_login(central_school)
    response = client.get(address("return-detail", school))

    assert "补录1人（马思齐）" in text_of(response)
    assert "由该校填报员办" in text_of(response)
    assert "检查并送校长签字" not in text_of(response)


@time_machine.travel(IN_OCTOBER)
def test_strangers_find_nothing(client, school, october, other_clerk, other_principal, leader, administrator):
    for person in (other_clerk, other_principal, leader, administrator):
        client.force_login(person)
        for url in (
            address("return-detail", school),
            reverse("monitoring:return-list", args=[school.pk]),
            address("return-figure", school, OCTOBER, 3, "transfer_out"),
            address("return-annex2", school),
        ):
            assert client.get(url).status_code == 404


@time_machine.travel(IN_OCTOBER)
def test_principal_of_the_parent_school_reads_and_signs_for_its_point(client, county, school, principal):
    point = make_school(county, "teaching_point", parent=school, signed_by_parent=True)
    fill(point)
    point_clerk = make_user(county, Role.CLERK, point)
    with time_machine.travel("2025-09-02 09:00+08:00"):
        submit(point, month_of(county, SEPTEMBER), point_clerk)
        client.force_login(principal)
        response = client.get(address("return-detail", point, SEPTEMBER))

        assert "待您签字" in text_of(response)
        assert "核对并签字" in text_of(response)


@time_machine.travel(IN_OCTOBER)
def test_annex2_on_screen_masks_numbers_and_is_logged(client, school, october, clerk):
    client.force_login(clerk)
    response = client.get(address("return-annex2", school))

    assert "长治市实验小学" in text_of(response)
    assert "140499********" in text_of(response)
    entry = AccessLogEntry.objects.get(what="return.annex2")
    assert (entry.count, entry.user_id) == (3, clerk.pk)


@time_machine.travel(IN_OCTOBER)
def test_month_list_says_state_lateness_and_why_months_are_not_filed(client, school, october, clerk):
    client.force_login(clerk)
    response = client.get(reverse("monitoring:return-list", args=[school.pk]))

    rows = {row.month.slug: row for row in response.context["rows"]}
    assert rows["2025-09"].state.label == "已接收"
    assert rows["2025-09"].figures.closing == 18
    assert rows["2025-10"].state.label == "未开始" and rows["2025-10"].state.late.startswith("逾期")
    assert rows["2025-10"].figures is None


@time_machine.travel("2026-03-09 09:00+08:00")
def test_february_is_not_filed_and_says_why(client, school, children, clerk):
    client.force_login(clerk)
    listed = client.get(reverse("monitoring:return-list", args=[school.pk]))
    page = client.get(address("return-detail", school, dt.date(2026, 2, 1)))

    assert "寒假（2月），不用填报。" in text_of(listed)
    assert "本月免报" in text_of(page)


@time_machine.travel("2026-07-09 09:00+08:00")
def test_july_may_be_begun(client, school, children, clerk, other_clerk):
    july = dt.date(2026, 7, 1)
    client.force_login(clerk)
    assert "可报可不报" in text_of(client.get(address("return-detail", school, july)))

    response = client.post(address("return-begin-optional", school, july), follow=True)

    assert "2026年7月 开始填报。" in text_of(response)
    assert MonthlyReturn.objects.filter(school=school, period__month__month=july).count() == 1
    client.force_login(other_clerk)
    assert client.post(address("return-begin-optional", school, july)).status_code == 404


@time_machine.travel(IN_OCTOBER)
def test_months_before_the_school_opened_are_not_found(client, county, clerk):
    young = make_school(county, opened_on=dt.date(2025, 10, 20))
    its_clerk = make_user(county, Role.CLERK, young)
    client.force_login(its_clerk)

    assert client.get(address("return-detail", young, SEPTEMBER)).status_code == 404
    assert client.get(f"/returns/{young.pk}/2025-13/").status_code == 404


@time_machine.travel(IN_OCTOBER)
def test_queries_do_not_grow_with_children_or_months(client, school, october, clerk, principal, reviewer):
    client.force_login(clerk)
    detail, months = address("return-detail", school), reverse("monitoring:return-list", args=[school.pk])

    def queries(url):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    client.get(detail)
    few = queries(detail), queries(address("return-annex2", school))
    for number in range(50):
        record_arrival(
            make_student(school.county, f"新{number}"),
            school,
            MovementKind.ADDED,
            grade=2,
            klass=None,
            fact=Fact(dt.date(2025, 9, 25), "missed"),
            actor=clerk,
        )
    assert (queries(detail), queries(address("return-annex2", school))) == few
    one_month = queries(months)
    accept(school, october, clerk, principal, reviewer)
    with time_machine.travel("2026-01-09 09:00+08:00"):
        client.force_login(clerk)
        client.get(months)
        assert queries(months) == one_month


@time_machine.travel(IN_OCTOBER)
def test_list_of_schools_has_constant_queries(client, county, reviewer):
    fill(make_school(county))
    make_school(county)
    client.force_login(reviewer)
    url = reverse("monitoring:return-schools")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    client.get(url)
    two = queries()
    for _ in range(48):
        make_school(county)
    assert queries() == two


def test_one_school_leads_straight_to_its_months(client, school, clerk):
    client.force_login(clerk)

    response = client.get(reverse("monitoring:return-schools"))

    assert response["Location"] == reverse("monitoring:return-list", args=[school.pk])
