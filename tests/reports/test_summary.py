"""全县汇总 and 全县概况: figures of filed editions, honest about whom they cover; alerts with masked names."""

import datetime as dt
import io

import openpyxl
import pypdf
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AccessLogEntry
from monitoring.actions.common import find_return
from monitoring.actions.reviewing import reopen_return, send_back_as_bureau
from reports.charts import line_chart
from reports.summary import Summary
from schools.models import Role, SchoolKind, Township
from students.actions.absences import start_absence
from students.actions.movements import Fact, record_departure
from students.models import AbsenceKind, MovementKind
from tests.cast import fill, make_school, make_user
from tests.monitoring.filing import SEPTEMBER, accept, month_of, sign, staff_of, submit

IN_TIME = "2025-09-03 09:00+08:00"
BY_SCHOOL = "/summary/school/2025-09/"
BY_GRADE = "/summary/grade/2025-09/"


@pytest.fixture
def september(county):
    return month_of(county, SEPTEMBER)


@pytest.fixture
def schools(county, september, reviewer):
    """A primary school accepted, a junior school signed, a third one only submitted."""
    kinds = (SchoolKind.PRIMARY, SchoolKind.JUNIOR, SchoolKind.PRIMARY)
    found = [
        make_school(county, kind, name=name)
        for kind, name in zip(kinds, ("甲小学", "乙中学", "丙小学"), strict=True)
    ]
    with time_machine.travel(IN_TIME):
        for number, school in enumerate(found):
            children = fill(school)
            clerk, principal = staff_of(school)
            if number == 0:
                record_departure(
                    children[2][0],
                    MovementKind.TRANSFER_OUT,
                    fact=Fact(dt.date(2025, 9, 1), "moved", counterpart_text="长治市"),
                    actor=clerk,
                )
                accept(school, september, clerk, principal, reviewer)
            elif number == 1:
                sign(school, september, clerk, principal)
            else:
                submit(school, september, clerk)
    return found


@time_machine.travel(IN_TIME)
def test_missing_schools_are_lines_without_figures(client, schools, reviewer):
    client.force_login(reviewer)

    response = client.get(BY_SCHOOL)
    facts = response.context["facts"]

    assert [(row.label, row.filed, row.closing, row.remark) for row in facts.rows] == [
        ("甲小学", True, 11, ""),
        ("乙中学", True, 6, "待复审"),
        ("丙小学", False, 0, "待校长签字"),
    ]
    assert (facts.total.opening, facts.total.closing, facts.total.transfer_out) == (18, 17, 1)
    assert facts.coverage_text == "全县已上报 2 / 3 所，其中已接收 1 所；未计入：丙小学。"
    page = response.content.decode()
    assert "合计（2 / 3 所）" in page
    assert page.count('<td class="num zero" data-h="本月">—</td>') == 1


@time_machine.travel(IN_TIME)
def test_by_grade_says_how_many_schools_stand_behind_a_line(client, schools, reviewer):
    client.force_login(reviewer)

    facts = client.get(BY_GRADE).context["facts"]

    rows = {row.label: row for row in facts.rows}
    assert (rows["二年级"].closing, rows["二年级"].transfer_out, rows["二年级"].remark) == (1, 1, "1 / 2 所")
    assert (rows["七年级"].closing, rows["七年级"].remark) == (2, "")
    assert facts.total.closing == 17


@time_machine.travel(IN_TIME)
def test_pdf_and_xlsx_say_the_same(client, schools, reviewer):
    client.force_login(reviewer)

    pdf = client.get(f"{BY_SCHOOL}pdf/")
    xlsx = client.get(f"{BY_SCHOOL}xlsx/")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.content), data_only=True).active
    cells = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows()}

    assert pdf["Content-Type"] == "application/pdf"
    assert "filename*=utf-8''" in pdf["Content-Disposition"]
    assert "全县已上报 2 / 3 所" in text.replace("\n", "")
    assert cells["甲小学"][1:3] == [12, 11]
    assert cells["丙小学"][1:3] == ["—", "—"]
    assert cells["合计"][1:3] == [18, 17]
    assert client.get(f"{BY_SCHOOL}doc/").status_code == 404
    assert client.get("/summary/class/2025-09/").status_code == 404


def test_a_return_sent_back_counts_no_longer(schools, reviewer, september):
    with time_machine.travel(IN_TIME):
        found = find_return(schools[1], september)
        send_back_as_bureau(found, actor=reviewer, seen_revision=found.revision, reason="核对", marks=[])

    summary = Summary(reviewer, september)

    assert [row.filed for row in summary.facts("school").rows] == [True, False, False]
    assert summary.facts("school").rows[1].remark == "修改中"


def test_a_reopened_month_keeps_the_figures_in_force(schools, reviewer, september):
    with time_machine.travel(IN_TIME):
        found = find_return(schools[0], september)
        reopen_return(found, actor=reviewer, seen_revision=found.revision, reason="漏报")

    assert Summary(reviewer, september).facts("school").rows[0].closing == 11


def test_when_everything_is_accepted_the_paper_is_no_draft(
    county, school, clerk, principal, reviewer, september
):
    fill(school)
    with time_machine.travel(IN_TIME):
        accept(school, september, clerk, principal, reviewer)

    head = Summary(reviewer, september).facts("school").head

    assert (head.is_draft, head.copy_note) == (False, "")
    assert head.title == "平顺县中小学控辍保学动态监测月报汇总表（分学校）"


@pytest.mark.parametrize(
    ("role", "answer"),
    [
        (Role.LEADER, 200),
        (Role.AID_OFFICER, 200),
        (Role.REVIEWER, 200),
        (Role.INSPECTOR, 403),
        (Role.ADMINISTRATOR, 403),
        (Role.AUDITOR, 403),
    ],
)
def test_who_sees_the_summary(client, county, schools, role, answer):
    client.force_login(make_user(county, role))

    for url in (BY_SCHOOL, BY_GRADE, f"{BY_SCHOOL}xlsx/"):
        assert client.get(url).status_code == answer


def test_clerks_have_no_summary(client, schools, clerk):
    client.force_login(clerk)

    assert client.get(BY_SCHOOL).status_code == 403


def test_central_school_sums_its_own_township(client, county, schools, september):
    other = make_school(county, township=Township.objects.create(county=county, name="云岭镇"))
    client.force_login(make_user(county, Role.CENTRAL_SCHOOL, other.township))

    facts = client.get(BY_SCHOOL).context["facts"]

    assert [row.label for row in facts.rows] == [other.name]
    assert facts.coverage_text.startswith("全乡镇已上报 0 / 1 所")


def test_summary_of_many_schools_asks_as_much_as_of_one(client, county, september, reviewer):
    client.force_login(reviewer)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(BY_SCHOOL).status_code == 200
        return len(queries)

    with time_machine.travel(IN_TIME):
        for number in range(6):
            school = make_school(county, SchoolKind.TEACHING_POINT)
            fill(school, per_grade=1)
            sign(school, september, *staff_of(school))
            if number == 0:
                count()  # the first request of a session also stores it
                one = count()
        many = count()

    assert one == many


# --- 全县概况 and 预警 ---------------------------------------------------------------------------------------------


@pytest.fixture
def truant(county, schools):
    school = schools[0]
    clerk, _ = staff_of(school)
    child = school.enrolments.get(grade=5, student__name__endswith="一").student
    with time_machine.travel("2025-09-12 09:00+08:00"):
        start_absence(
            child, AbsenceKind.TRUANCY, first_day=dt.date(2025, 9, 2), reason_code="aversion", actor=clerk
        )
    return child


@time_machine.travel("2025-09-15 09:00+08:00")
def test_overview_says_whom_its_figures_cover(client, schools, leader, truant):
    client.force_login(leader)

    response = client.get("/")
    page = response.content.decode()
    tiles = {tile["name"]: tile for tile in response.context["tiles"]}

    assert tiles["在籍学生"]["value"] == 17
    assert (tiles["在籍学生"]["coverage"], tiles["在籍学生"]["is_partial"]) == ("2 / 3 校", True)
    assert tiles["在籍学生"]["change"] == "比上月 −1"
    assert (tiles["疑似辍学"]["value"], tiles["疑似辍学"]["coverage"]) == (1, "完整，来自未在校登记")
    assert "缺 <a" in page
    assert "丙小学" in page
    assert truant.name not in page
    assert f"{truant.name[0]}*（五年级）" in page


@time_machine.travel("2025-09-15 09:00+08:00")
def test_overview_without_any_return_shows_dashes_not_zeros(client, county, leader, school):
    client.force_login(leader)

    tiles = {tile["name"]: tile for tile in client.get("/").context["tiles"]}

    assert tiles["未在校"]["value"] is None
    assert tiles["未在校"]["change"] == "还没有学校报来"


def test_a_month_without_data_is_a_gap_in_the_line():
    chart = line_chart([("9月", 31, False), ("10月", 30, False), ("11月", None, False), ("12月", 27, True)])

    assert len(chart.paths) == 1
    assert [(mark.value, mark.is_partial) for mark in chart.marks] == [(31, False), (30, False), (27, True)]
    assert [value for _, value in chart.grid] == [0, 10, 20, 30, 40]


def test_a_chart_of_nothing_is_drawn():
    assert line_chart([]).marks == []
    assert line_chart([("9月", 0, False)]).paths == []


@time_machine.travel("2025-09-15 09:00+08:00")
def test_a_name_is_shown_for_a_reason_and_the_look_is_recorded(client, leader, truant):
    client.force_login(leader)
    alert = client.get("/alerts/").context["alerts"][0]
    url = f"/alerts/{alert.kind}/{alert.key}/"

    asked = client.get(url).content.decode()
    without = client.post(url, {}).content.decode()
    other = client.post(url, {"reason": "other", "reason_text": ""}).content.decode()
    assert not AccessLogEntry.objects.exists()
    shown = client.post(url, {"reason": "supervise"}).content.decode()

    assert truant.name not in asked + without + other
    assert "“查看原因”没有选" in without
    assert "要写明是什么事" in other
    assert f"{truant.name}（五年级）" in shown
    entry = AccessLogEntry.objects.get()
    assert (entry.what, entry.student_id, entry.reason) == ("alert.name", truant.pk, "督办个案")
    assert entry.capacity == "局领导 · 平顺县"
    assert truant.name not in client.get(url).content.decode()


@time_machine.travel("2025-09-15 09:00+08:00")
def test_reviewers_see_names_and_others_no_alerts(client, county, reviewer, clerk, truant):
    client.force_login(reviewer)
    assert truant.name in client.get("/alerts/").content.decode()

    for person in (clerk, make_user(county, Role.INSPECTOR), make_user(county, Role.ADMINISTRATOR)):
        client.force_login(person)
        assert client.get("/alerts/").status_code == 403
        assert client.get("/alerts/absence/1/").status_code == 403


def test_an_alert_that_is_gone_is_not_found(client, leader):
    client.force_login(leader)

    assert client.get("/alerts/absence/1/").status_code == 404
    assert client.post("/alerts/absence/1/", {"reason": "verify"}).status_code == 404


@time_machine.travel("2025-11-10 09:00+08:00")
def test_a_school_late_for_two_months_is_an_alert(client, county, school, leader):
    client.force_login(leader)

    (alert,) = client.get("/alerts/").context["alerts"]

    assert (alert.what, alert.places, alert.student) == ("连续 3 月逾期", school.name, None)
    assert client.get(f"/alerts/school/{alert.key}/").status_code == 404
