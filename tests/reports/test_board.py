"""县月报看板: rows, filters, export, reminders, acceptance of many, transfers that do not meet."""

import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from monitoring.actions.common import find_return
from monitoring.actions.filing import pull_back
from monitoring.actions.reviewing import accept_return, send_back_as_bureau
from monitoring.models import Reminder, ReturnState
from schools.models import Role, SchoolKind, Township
from students.actions.movements import Fact, record_departure
from students.actions.transfers import begin_transfer_out
from students.models import MovementKind
from tests.cast import PASSWORD, appoint, fill, make_county, make_school, make_user
from tests.monitoring.filing import SEPTEMBER, accept, month_of, sign, staff_of, submit

IN_TIME = "2025-09-03 09:00+08:00"
LATE = "2025-09-08 10:00+08:00"
BOARD = "/board/2025-09/"


@pytest.fixture
def september(county):
    return month_of(county, SEPTEMBER)


@pytest.fixture
def schools(county, september):
    """Three signed (one with something to look at), one submitted, one that nobody has begun."""
    township = Township.objects.create(county=county, name="清河镇")
    found = {
        name: make_school(county, SchoolKind.PRIMARY, name=name, township=township)
        for name in ("甲小学", "乙小学", "丙小学", "丁小学")
    }
    found["戊教学点"] = make_school(county, SchoolKind.TEACHING_POINT, name="戊教学点")
    with time_machine.travel(IN_TIME):
        for name, school in found.items():
            children = fill(school)
            clerk, principal = staff_of(school)
            if name == "丙小学":
                record_departure(
                    children[1][0],
                    MovementKind.TRANSFER_OUT,
                    fact=Fact(dt.date(2025, 9, 1), "moved"),
                    actor=clerk,
                )
            if name in ("甲小学", "乙小学", "丙小学"):
                sign(school, september, clerk, principal)
            elif name == "丁小学":
                submit(school, september, clerk)
    return found


def names(response):
    return [line.row.school.name for line in response.context["rows"]]


@time_machine.travel(LATE)
def test_reviewer_sees_every_expected_return_own_work_first(client, schools, reviewer):
    client.force_login(reviewer)

    response = client.get(BOARD)
    page = response.content.decode()

    assert names(response) == ["丙小学", "甲小学", "乙小学", "戊教学点", "丁小学"]
    assert [line.standing.label for line in response.context["rows"]] == [
        "待复审", "待复审", "待复审", "未报", "待校长签字",
    ]  # fmt: skip
    assert [line.when for line in response.context["rows"]][3:] == ["逾期 3 天", "逾期 3 天"]
    assert "转出 1 人没有写去向" in page
    assert "等校长，送签 9月3日 09:00" in page
    assert "已上报 3 / 5 所" in page
    assert "2 所未计入" in page
    pulse = response.context["pulse"]
    assert (pulse["in_time"], pulse["late"], pulse["review"], pulse["clean"], pulse["accepted"]) == (
        3,
        2,
        3,
        2,
        0,
    )


@time_machine.travel(LATE)
def test_only_clean_returns_are_chosen_and_the_others_say_why(client, schools, reviewer):
    client.force_login(reviewer)

    lines = client.get(BOARD).context["rows"]

    assert [bool(line.pick) for line in lines] == [False, True, True, False, False]
    assert lines[0].why_not == "有要看的地方，须逐份查看"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?tab=review", {"甲小学", "乙小学", "丙小学"}),
        ("?tab=late", {"丁小学", "戊教学点"}),
        ("?tab=submitted", {"丁小学"}),
        ("?tab=nonsense", {"甲小学", "乙小学", "丙小学", "丁小学", "戊教学点"}),
        ("?kind=teaching_point", {"戊教学点"}),
        ("?problem=yes", {"丙小学", "丁小学", "戊教学点"}),
        ("?problem=no&tab=review", {"甲小学", "乙小学"}),
        ("?q=乙", {"乙小学"}),
        ("?q=没有这所", set()),
        ("?township=999999999&kind=x&page=x", {"甲小学", "乙小学", "丙小学", "丁小学", "戊教学点"}),
    ],
)
@time_machine.travel(LATE)
def test_tabs_and_filters(client, schools, reviewer, query, expected):
    client.force_login(reviewer)

    response = client.get(BOARD + query)

    assert set(names(response)) == expected
    if not expected:
        assert "没有符合条件的学校" in response.content.decode()


@time_machine.travel(LATE)
def test_filter_by_township_survives_the_export(client, schools, reviewer):
    client.force_login(reviewer)
    township = schools["甲小学"].township_id

    response = client.get(f"/board/2025-09/export/?township={township}&tab=review")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]

    assert cells[2][0] == "筛选：清河镇，待我复审；5 所中 3 所"
    assert cells[4][:6] == ["清河镇", "丙小学", "小学", "待复审", "9月3日 09:00", 12]
    assert cells[4][8] == 1
    assert cells[7][0] == "已上报 3 / 3 所，0 所未计入"
    assert "2025-09.xlsx" in response["Content-Disposition"]


@time_machine.travel(LATE)
def test_export_writes_a_dash_for_a_missing_return(client, schools, reviewer):
    client.force_login(reviewer)

    response = client.get("/board/2025-09/export/?tab=late")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active

    assert [sheet.cell(row=5, column=column).value for column in range(6, 12)] == ["—"] * 6


@time_machine.travel(LATE)
def test_central_school_sees_its_township_and_may_not_accept(client, schools, county):
    central = make_user(county, Role.CENTRAL_SCHOOL, schools["甲小学"].township)
    client.force_login(central)

    response = client.get(BOARD)

    assert set(names(response)) == {"甲小学", "乙小学", "丙小学", "丁小学"}
    assert not any(line.pick for line in response.context["rows"])
    assert client.get("/board/2025-09/accept/").status_code == 403
    assert client.post(reverse("reports:remind", args=["2025-09", schools["戊教学点"].pk])).status_code == 404
    assert client.post(reverse("reports:remind", args=["2025-09", schools["丁小学"].pk])).status_code == 302
    assert Reminder.objects.get().to_role == Role.PRINCIPAL


@time_machine.travel(LATE)
def test_inspector_only_reads(client, schools, county):
    client.force_login(make_user(county, Role.INSPECTOR))

    response = client.get(BOARD)

    assert len(names(response)) == 5
    assert not any(line.may_remind or line.pick for line in response.context["rows"])
    for url in ("/board/2025-09/accept/", "/board/2025-09/remind-all/"):
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403
    assert client.post(reverse("reports:remind", args=["2025-09", schools["丁小学"].pk])).status_code == 403
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("role", ["clerk", "principal", "leader", "administrator"])
def test_others_have_no_board(client, request, county, role):
    client.force_login(request.getfixturevalue(role))

    assert client.get(BOARD).status_code == 403
    assert client.get("/unmet-transfers/").status_code == 403


@pytest.mark.parametrize("month", ["2025-08", "2026-02", "2031-01", "2025-13"])
def test_a_month_without_returns_is_not_found(client, reviewer, month):
    client.force_login(reviewer)

    assert client.get(f"/board/{month}/").status_code == 404


@time_machine.travel(LATE)
def test_board_of_another_county_stays_there(client, schools):
    stranger = make_user(make_county(), Role.REVIEWER)
    client.force_login(stranger)

    assert names(client.get(BOARD)) == []
    assert client.post(reverse("reports:remind", args=["2025-09", schools["丁小学"].pk])).status_code == 404


# --- reminders ---------------------------------------------------------------------------------------------------


@time_machine.travel(LATE)
def test_remind_one_and_the_second_press_says_why_not(client, schools, reviewer):
    client.force_login(reviewer)
    url = reverse("reports:remind", args=["2025-09", schools["戊教学点"].pk])

    assert client.get(url).status_code == 405
    first = client.post(url, follow=True).content.decode()
    second = client.post(url, follow=True).content.decode()

    assert "已催办 戊教学点 的填报员" in first
    assert "刚催办过，1 小时内不重复催" in second
    assert "已催 1 次，9月8日 10:00" in first
    assert Reminder.objects.count() == 1
    assert AuditEntry.objects.filter(verb="return.remind").count() == 1


@time_machine.travel(LATE)
def test_remind_all_shows_the_words_first(client, schools, reviewer):
    client.force_login(reviewer)

    page = client.get("/board/2025-09/remind-all/").content.decode()
    assert not Reminder.objects.exists()
    done = client.post("/board/2025-09/remind-all/", follow=True).content.decode()

    assert "催办 2 所逾期学校" in page
    assert "逾期 3 天，期限 9月5日 18:00。请核对本月异动后送校长签字。" in page
    assert "已催办 2 所。" in done
    assert {(r.school.name, r.to_role) for r in Reminder.objects.all()} == {
        ("戊教学点", "clerk"),
        ("丁小学", "principal"),
    }


# --- acceptance of many ------------------------------------------------------------------------------------------


def picks(client):
    return [line.pick for line in client.get(BOARD).context["rows"] if line.pick]


@time_machine.travel(LATE)
def test_accept_many_asks_for_the_password_and_reports(client, schools, reviewer, september):
    client.force_login(reviewer)
    chosen = picks(client)

    page = client.get("/board/2025-09/accept/", {"pick": chosen}).content.decode()
    wrong = client.post("/board/2025-09/accept/", {"pick": chosen, "password": "wrong"})
    assert find_return(schools["甲小学"], september).state == ReturnState.SIGNED
    done = client.post("/board/2025-09/accept/", {"pick": chosen, "password": PASSWORD}, follow=True)

    assert "接收 2 份 2025年9月 月报" in page
    assert "登录密码" in page
    assert "密码不对" in wrong.content.decode()
    assert "已接收 2 份。" in done.content.decode()
    for name in ("甲小学", "乙小学"):
        assert find_return(schools[name], september).state == ReturnState.ACCEPTED
    assert AuditEntry.objects.filter(verb="return.accept", actor_id=reviewer.pk).count() == 2


@time_machine.travel(LATE)
def test_accept_many_skips_what_changed_meanwhile_and_says_why(client, schools, reviewer, september):
    client.force_login(reviewer)
    chosen = picks(client)
    moved = find_return(schools["乙小学"], september)
    send_back_as_bureau(moved, actor=reviewer, seen_revision=moved.revision, reason="再核对", marks=[])

    done = client.post("/board/2025-09/accept/", {"pick": chosen, "password": PASSWORD}, follow=True)

    assert "已接收 1 份，跳过 1 份：乙小学：已退回" in done.content.decode()
    assert find_return(schools["乙小学"], september).state == ReturnState.SENT_BACK


@time_machine.travel(LATE)
def test_a_second_press_accepts_nothing_twice(client, schools, reviewer, september):
    client.force_login(reviewer)
    chosen = picks(client)
    body = {"pick": chosen, "password": PASSWORD}

    client.post("/board/2025-09/accept/", body)
    again = client.post("/board/2025-09/accept/", body, follow=True).content.decode()

    assert "已接收 0 份，跳过 2 份：甲小学：已接收；乙小学：已接收" in again
    assert AuditEntry.objects.filter(verb="return.accept").count() == 2


@time_machine.travel(LATE)
def test_a_return_with_something_to_look_at_is_never_accepted_together(client, schools, reviewer, september):
    client.force_login(reviewer)
    found = find_return(schools["丙小学"], september)

    done = client.post(
        "/board/2025-09/accept/",
        {"pick": [f"{found.pk}.{found.revision}"], "password": PASSWORD},
        follow=True,
    )

    assert "跳过 1 份：丙小学：有要看的地方，须逐份查看" in done.content.decode()
    assert find_return(schools["丙小学"], september).state == ReturnState.SIGNED


@pytest.mark.parametrize("pick", ["x", "1", "1.x", "999999.1", "²."])
@time_machine.travel(LATE)
def test_a_made_up_pick_is_not_found(client, schools, reviewer, pick):
    client.force_login(reviewer)

    assert client.get("/board/2025-09/accept/", {"pick": [pick]}).status_code == 404


@time_machine.travel(LATE)
def test_nothing_chosen_leads_back(client, schools, reviewer):
    client.force_login(reviewer)

    assert "没有可以一起接收的月报" in client.get("/board/2025-09/accept/").content.decode()


def test_a_reviewer_who_belongs_to_the_school_skips_it(client, county, september, reviewer):
    school = make_school(county, name="己小学")
    fill(school)
    with time_machine.travel(IN_TIME):
        sign(school, september, *staff_of(school))
        appoint(reviewer, Role.HOME_TEACHER, school)
        client.force_login(reviewer)
        done = client.post(
            "/board/2025-09/accept/", {"pick": picks(client), "password": PASSWORD}, follow=True
        )

    assert "跳过 1 份：己小学：您不能接收这份文件" in done.content.decode()


@time_machine.travel(LATE)
def test_signed_again_must_be_looked_at_alone(client, schools, reviewer, september):
    school = schools["甲小学"]
    clerk, principal = staff_of(school)
    moved = find_return(school, september)
    send_back_as_bureau(moved, actor=reviewer, seen_revision=moved.revision, reason="再核对", marks=[])
    sign(school, september, clerk, principal)
    client.force_login(reviewer)

    line = client.get(BOARD).context["rows"][0]

    assert (line.row.school, line.standing.label, line.verb, line.pick) == (
        school,
        "改后待复审",
        "看改动",
        "",
    )
    assert line.why_not == "改后重报，须看改动后单独接收"


def test_board_of_twelve_schools_asks_as_much_as_that_of_three(client, county, september, reviewer):
    client.force_login(reviewer)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(BOARD).status_code == 200
        return len(queries)

    with time_machine.travel(IN_TIME):
        for number in range(12):
            school = make_school(county, SchoolKind.TEACHING_POINT)
            fill(school, per_grade=1)
            clerk, principal = staff_of(school)
            sign(school, september, clerk, principal)
            if number % 3 == 1:
                found = find_return(school, september)
                accept_return(found, actor=reviewer, seen_revision=found.revision)
            if number == 2:
                count()  # the first request of a session also stores it
                few = count()
        many = count()

    assert few == many


# --- transfers that do not meet ----------------------------------------------------------------------------------


@time_machine.travel("2025-10-09 09:00+08:00")
def test_unmet_transfers_name_both_schools_and_whose_turn_it_is(
    client, county, school, other_school, clerk, reviewer
):
    children = fill(school)
    fill(other_school)
    for child, day in ((children[3][0], "2025-09-15"), (children[4][0], "2025-10-08")):
        with time_machine.travel(f"{day} 09:00+08:00"):
            begin_transfer_out(
                child,
                other_school,
                last_attended_on=dt.date(2025, 9, 12),
                grade=3,
                reason_code="moved",
                actor=clerk,
            )
    client.force_login(reviewer)

    over = client.get("/unmet-transfers/")
    everything = client.get("/unmet-transfers/?tab=all")

    assert [line.transfer.student for line in over.context["lines"]] == [children[3][0]]
    assert len(everything.context["lines"]) == 2
    page = over.content.decode()
    assert school.name in page
    assert other_school.name in page
    assert "18 个工作日" in page
    line = over.context["lines"][0]
    assert (line.waiting_for, line.is_over) == (other_school, True)


def test_a_pulled_back_return_is_unfiled_again(client, schools, reviewer, september):
    school = schools["丁小学"]
    with time_machine.travel(LATE):
        found = find_return(school, september)
        pull_back(found, actor=found.submitted_by, seen_revision=found.revision)
        client.force_login(reviewer)
        rows = {line.row.school: line for line in client.get(BOARD).context["rows"]}

    assert rows[school].standing.label == "未报"
    assert rows[school].row.figures is None


def test_accepted_rows_stay_on_the_board(client, county, school, clerk, principal, reviewer, september):
    fill(school)
    with time_machine.travel(IN_TIME):
        accept(school, september, clerk, principal, reviewer)
        client.force_login(reviewer)
        response = client.get(f"{BOARD}?tab=accepted")

    assert [line.standing.label for line in response.context["rows"]] == ["已接收"]
    assert "可出全县汇总表" in response.content.decode()
