"""Pages of in-county transfers: begin from either side, answer, take back, limits, many in one press."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from schools.models import Role, SchoolKind
from students.actions.transfers import begin_transfer_in, begin_transfer_out, cancel_transfer
from students.identity import make_id_number
from students.models import Absence, Movement, Transfer, TransferState
from students.queries import current_enrolment
from students.waiting import waiting_of
from tests.cast import enrol, make_county, make_klass, make_school, make_student, make_user
from tests.students.people import logged_in, page

NUMBER = make_id_number("140499", dt.date(2017, 1, 5), 246)


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def child(school):
    student = make_student(school.county, "王佳怡", dt.date(2017, 1, 5), id_number=NUMBER)
    enrol(student, school, 3, klass=make_klass(school, 3))
    return student


def begin(child, to_school, actor, **said):
    said = {"last_attended_on": dt.date(2025, 9, 20), "grade": 3, "reason_code": "moved", **said}
    return begin_transfer_out(child, to_school, actor=actor, **said)


def out_form(to_school, **values):
    return {
        "to_school": to_school.pk,
        "last_attended_on": "2025-09-20",
        "grade": "3",
        "reason_code": "moved",
        "reason_text": "",
        **values,
    }


def url(name, *args):
    return reverse(f"students:transfer-{name}", args=args)


# --- begun by the old school -------------------------------------------------------------------------------------


def test_old_school_begins_and_nothing_is_booked_yet(child, school, other_school, clerk):
    client = logged_in(clerk)
    text = page(client, url("begin-out", child.pk))
    assert "对方确认后月报会变" in text
    assert "10 个工作日（10月24日）" in text

    answer = client.post(url("begin-out", child.pk), out_form(other_school))

    transfer = Transfer.objects.get()
    assert answer.url == reverse("students:evidence-list", args=["transfer", transfer.pk])
    assert (transfer.from_school, transfer.to_school) == (school, other_school)
    assert not Movement.objects.exists()
    assert Absence.objects.get().first_day == dt.date(2025, 9, 21)


def test_double_click_begins_one_transfer(child, other_school, clerk):
    client = logged_in(clerk)

    first = client.post(url("begin-out", child.pk), out_form(other_school))
    second = client.post(url("begin-out", child.pk), out_form(other_school))

    assert first.url == second.url
    assert Transfer.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_own_school_closed_schools_and_other_counties_are_not_offered(child, school, other_school, clerk):
    closed = make_school(school.county, closed_on=dt.date(2025, 8, 1))
    abroad = make_school(make_county())
    for place in (school, closed, abroad):
        text = logged_in(clerk).post(url("begin-out", child.pk), out_form(place)).content.decode()
        assert "选择一个有效的选项" in text

    assert not Transfer.objects.exists()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"last_attended_on": "2025-10-11"}, "在今天之后"),
        ({"last_attended_on": "9月31日"}, "不是日期"),
        ({"grade": "12"}, "12"),
        ({"reason_code": "other"}, "请写一句"),
    ],
)
def test_bad_input_is_named(child, other_school, clerk, said, message):
    text = logged_in(clerk).post(url("begin-out", child.pk), out_form(other_school, **said)).content.decode()

    assert message in text
    assert not Transfer.objects.exists()


def test_grade_that_the_other_school_has_not_is_named(child, school, clerk):
    junior = make_school(school.county, SchoolKind.JUNIOR)

    text = logged_in(clerk).post(url("begin-out", child.pk), out_form(junior)).content.decode()

    assert "没有三年级（七年级到九年级）" in text


def test_other_schools_clerk_does_not_see_the_child(child, other_school, other_clerk, principal):
    assert logged_in(other_clerk).get(url("begin-out", child.pk)).status_code == 404
    assert logged_in(principal).post(url("begin-out", child.pk), out_form(other_school)).status_code == 403
    assert not Transfer.objects.exists()


# --- answered ----------------------------------------------------------------------------------------------------


def test_receiving_school_sees_the_child_and_its_own_return(child, school, other_school, clerk, other_clerk):
    transfer = begin(child, other_school, clerk)

    text = page(logged_in(other_clerk), url("detail", transfer.pk))

    assert "待您答复" in text
    assert "三年级 转入" in text
    assert "2017年1月5日" in text
    assert NUMBER not in text
    assert 'value="2025-09-21"' in text
    assert reverse("reports:child", args=[child.pk]) not in text


def test_receiving_school_confirms_once_for_two_clicks(child, school, other_school, clerk, other_clerk):
    transfer, client = begin(child, other_school, clerk), logged_in(other_clerk)
    klass = make_klass(other_school, 3)
    said = {"arrived_on": "2025-09-22", "klass": klass.pk, "seen_revision": 1}

    first = client.post(url("confirm", transfer.pk), said)
    second = client.post(url("confirm", transfer.pk), said)

    assert first.url == second.url == url("detail", transfer.pk)
    assert Movement.objects.count() == 2
    now = current_enrolment(child)
    assert (now.school, now.klass) == (other_school, klass)
    assert AuditEntry.objects.filter(verb="transfer.confirm").count() == 1
    assert "两校的转出和转入已同时计入月报" in page(client, url("detail", transfer.pk))


def test_day_before_the_last_attended_one_is_named(child, other_school, clerk, other_clerk):
    transfer = begin(child, other_school, clerk)

    text = (
        logged_in(other_clerk)
        .post(url("confirm", transfer.pk), {"arrived_on": "2025-09-20", "seen_revision": 1})
        .content.decode()
    )

    assert "不晚于原学校登记的最后在校日 9月20日" in text
    assert 'value="2025-09-20"' in text
    assert not Movement.objects.exists()


def test_beginner_may_not_confirm_nor_answer(child, other_school, clerk):
    transfer, client = begin(child, other_school, clerk), logged_in(clerk)

    for name, said in (("confirm", {"arrived_on": "2025-09-22"}), ("refuse", {"reason": "x"})):
        assert client.post(url(name, transfer.pk), {"seen_revision": 1, **said}).status_code == 403

    transfer.refresh_from_db()
    assert transfer.state == TransferState.WAITING


def test_refusal_tells_the_reason_and_happens_once(child, other_school, clerk, other_clerk):
    transfer, client = begin(child, other_school, clerk), logged_in(other_clerk)
    assert client.post(url("refuse", transfer.pk), {"reason": "", "seen_revision": 1}).status_code == 200
    said = {"reason": "学生没有来报到", "seen_revision": 1}

    first, second = (
        client.post(url("refuse", transfer.pk), said),
        client.post(url("refuse", transfer.pk), said),
    )

    assert first.url == second.url
    assert "学生没有来报到" in page(logged_in(clerk), url("detail", transfer.pk))
    assert AuditEntry.objects.filter(verb="transfer.refuse").count() == 1


def test_taking_back_leads_to_the_open_spell(child, other_school, clerk):
    transfer = begin(child, other_school, clerk)

    answer = logged_in(clerk).post(url("cancel", transfer.pk), {"reason": "不走了", "seen_revision": 1})

    assert answer.url == reverse("students:absence-detail", args=[transfer.absence_id])
    transfer.refresh_from_db()
    assert transfer.state == TransferState.CANCELLED


def test_answer_to_a_transfer_that_was_taken_back_is_told_so(child, other_school, clerk, other_clerk):
    transfer, client = begin(child, other_school, clerk), logged_in(other_clerk)
    cancel_transfer(transfer, actor=clerk, seen_revision=1)

    answer = client.post(
        url("confirm", transfer.pk), {"arrived_on": "2025-09-22", "seen_revision": 1}, follow=True
    )

    assert "已被别人办过" in answer.content.decode()
    assert not Movement.objects.exists()


def test_third_school_sees_nothing(child, school, other_school, clerk):
    transfer = begin(child, other_school, clerk)
    stranger = logged_in(make_user(school.county, Role.CLERK, make_school(school.county)))

    assert stranger.get(url("detail", transfer.pk)).status_code == 404
    for name in ("confirm", "refuse", "cancel"):
        assert stranger.post(url(name, transfer.pk), {"seen_revision": 1}).status_code == 404
    assert "王佳怡" not in page(stranger, url("list"))


# --- begun by the new school -------------------------------------------------------------------------------------


def ask(client, **values):
    said = {"kind": "transfer_in", "name": "王佳怡", "id_number": NUMBER, **values}
    text = client.post(reverse("students:movement-arrive"), said).content.decode()
    return re.search(r'name="child" value="([^"]+)"', text)[1]


def test_new_school_asks_without_learning_where_the_child_is(child, school, other_school, other_clerk):
    client = logged_in(other_clerk)
    said = {"child": ask(client), "grade": "3", "reason_code": "near", "reason_text": ""}

    first, second = client.post(url("begin-in"), said), client.post(url("begin-in"), said)

    transfer = Transfer.objects.get()
    assert first.url == second.url == url("detail", transfer.pk)
    assert transfer.from_school == school
    for address in (url("detail", transfer.pk), url("list") + "?tab=elsewhere"):
        text = page(client, address)
        assert "原学校" in text
        assert school.name not in text
        assert str(school) not in text


def test_old_school_confirms_and_then_both_are_named(child, school, other_school, clerk, other_clerk):
    transfer = begin_transfer_in(child, other_school, grade=3, reason_code="near", actor=other_clerk)
    assert other_school.name in page(logged_in(clerk), url("detail", transfer.pk))

    logged_in(clerk).post(url("confirm", transfer.pk), {"arrived_on": "2025-09-22", "seen_revision": 1})

    assert current_enrolment(child).school == other_school
    assert school.name in page(logged_in(other_clerk), url("detail", transfer.pk))


def test_refusal_does_not_say_who_refused(child, school, other_school, clerk, other_clerk):
    transfer = begin_transfer_in(child, other_school, grade=3, reason_code="near", actor=other_clerk)
    logged_in(clerk).post(url("refuse", transfer.pk), {"reason": "学生在校", "seen_revision": 1})

    text = page(logged_in(other_clerk), url("detail", transfer.pk))

    assert "学生在校" in text
    assert clerk.name not in text
    assert school.name not in text


def test_asking_without_a_token_goes_nowhere(child, other_clerk):
    client = logged_in(other_clerk)

    assert client.get(url("begin-in")).url.startswith(reverse("students:movement-arrive"))
    assert (
        client.post(url("begin-in"), {"child": "x", "grade": "3", "reason_code": "near"}).status_code == 409
    )
    assert not Transfer.objects.exists()


# --- list, limits, many ------------------------------------------------------------------------------------------


def test_days_are_working_days_and_the_limit_turns_red(child, other_school, clerk, other_clerk, county):
    with time_machine.travel("2025-09-22 09:00+08:00"):
        begin(child, other_school, clerk, last_attended_on=dt.date(2025, 9, 19))

    on_time, over = "2025-10-06 09:00+08:00", "2025-10-07 09:00+08:00"
    with time_machine.travel(on_time):
        assert waiting_of(county.pk).days_of(Transfer.objects.get()) == 10
        assert 'class="now"' not in page(logged_in(other_clerk), url("list"))
    with time_machine.travel(over):
        text = page(logged_in(other_clerk), url("list"))
        assert "11 个工作日" in text
        assert "期限 10月6日" in text
        assert 'class="now"' in text
        assert "王佳怡" in page(logged_in(clerk), url("list") + "?tab=elsewhere&overdue=on")
        assert "已等 11 个工作日" in page(logged_in(clerk), url("detail", Transfer.objects.get().pk))


def test_tabs_put_each_transfer_where_it_waits(child, other_school, clerk, other_clerk, reviewer):
    begin(child, other_school, clerk)

    assert "办理接收" in page(logged_in(other_clerk), url("list"))
    assert "王佳怡" not in page(logged_in(clerk), url("list"))
    assert "王佳怡" in page(logged_in(clerk), url("list") + "?tab=elsewhere")
    assert "王佳怡" in page(logged_in(reviewer), url("list"))
    assert "王佳怡" not in page(logged_in(reviewer), url("list") + "?tab=done")


def test_leader_is_refused(leader):
    assert logged_in(leader).get(url("list")).status_code == 403


def test_list_takes_the_same_queries_for_one_row_and_for_fifty(school, other_school, clerk, other_clerk):
    client = logged_in(other_clerk)

    def begin_some(count):
        for number in range(count):
            student = make_student(school.county, f"甲{number}")
            enrol(student, school, 3)
            begin(student, other_school, clerk)

    begin_some(1)
    page(client, url("list"))
    with CaptureQueriesContext(connection) as one:
        page(client, url("list"))
    begin_some(54)
    page(client, url("list"))
    with CaptureQueriesContext(connection) as fifty:
        text = page(client, url("list"))

    assert len(fifty) == len(one)
    assert "共 55 笔" in text


@pytest.fixture
def three(school, other_school, clerk):
    transfers = []
    for name in ("甲一", "乙二", "丙三"):
        student = make_student(school.county, name)
        enrol(student, school, 3)
        transfers.append(begin(student, other_school, clerk))
    return transfers


def many_form(transfers, **days):
    said = {"pick": [transfer.pk for transfer in transfers]}
    for transfer in transfers:
        said[f"t{transfer.pk}-seen_revision"] = 1
        said[f"t{transfer.pk}-arrived_on"] = days.get(f"t{transfer.pk}", "2025-09-22")
    return said


def test_many_are_shown_and_confirmed_in_one_press(three, other_school, other_clerk):
    client = logged_in(other_clerk)
    text = page(client, url("confirm-many"), pick=[transfer.pk for transfer in three[:2]])
    assert "确认 2 笔转学" in text
    assert "丙三" not in text
    assert not Movement.objects.exists()

    answer = client.post(url("confirm-many"), many_form(three[:2]), follow=True)

    assert "已确认 2 笔转学" in answer.content.decode()
    assert Movement.objects.count() == 4
    client.post(url("confirm-many"), many_form(three[:2]))
    assert Movement.objects.count() == 4


def test_many_with_a_wrong_day_confirm_nothing(three, other_clerk):
    wrong = many_form(three, **{f"t{three[1].pk}": "2025-09-31"})

    text = logged_in(other_clerk).post(url("confirm-many"), wrong).content.decode()

    assert "有 1 笔的日期需要修改" in text
    assert not Movement.objects.exists()


def test_many_say_who_was_passed_over(three, clerk, other_clerk):
    cancel_transfer(three[0], actor=clerk, seen_revision=1)

    text = logged_in(other_clerk).post(url("confirm-many"), many_form(three), follow=True).content.decode()

    assert "已确认 2 笔转学" in text
    assert "跳过 甲一" in text


def test_many_of_others_are_left_out(three, clerk, reviewer):
    """The beginning school cannot confirm its own by naming them."""
    logged_in(clerk).post(url("confirm-many"), many_form(three))

    assert logged_in(reviewer).post(url("confirm-many"), many_form(three)).status_code == 403
    assert not Movement.objects.exists()
