"""The rows of the county board: every expected return, its timeliness, its figures, what stands out."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.reminding import remind, remind_all
from monitoring.actions.reviewing import Mark, send_back_as_bureau
from monitoring.board import board_rows
from monitoring.build import live_content
from monitoring.checks import run_checks
from monitoring.lateness import timeliness
from monitoring.models import Reminder
from monitoring.problems import LOOK
from monitoring.queries import unfiled_months
from schools.models import Requirement, School, SchoolKind
from students.actions.absences import start_absence
from students.actions.movements import Fact, record_departure
from students.models import AbsenceKind, MovementKind
from tests.cast import fill, make_school
from tests.monitoring.filing import OCTOBER, SEPTEMBER, accept, month_of, sign, staff_of, submit

IN_TIME = "2025-09-02 09:00+08:00"
DUE_DAY = dt.date(2025, 9, 5)


def shanghai(text):
    return dt.datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture
def september(county):
    return month_of(county, SEPTEMBER)


@pytest.mark.parametrize(
    ("now", "words", "overdue"),
    [
        ("2025-09-01T09:00", "还有 4 天", False),
        ("2025-09-03T23:59", "后天截止", False),
        ("2025-09-04T00:00", "明天截止", False),
        ("2025-09-05T18:00", "今天 18:00 截止", False),
        ("2025-09-05T18:01", "逾期 1 天", True),
        ("2025-09-06T09:00", "逾期 1 天", True),
        ("2025-09-08T10:30", "逾期 3 天", True),
    ],
)
def test_timeliness_of_an_unsigned_return(september, now, words, overdue):
    found = timeliness(september, None, shanghai(now))

    assert (found.words, found.is_overdue) == (words, overdue)


def test_timeliness_of_a_signed_return(september):
    later = shanghai("2025-11-01T09:00")

    assert timeliness(september, shanghai("2025-09-05T18:00"), later).words == ""
    assert timeliness(september, shanghai("2025-09-07T08:00"), later).words == "迟报 2 天"
    assert not timeliness(september, shanghai("2025-09-07T08:00"), later).is_overdue


def test_an_optional_month_is_never_late(county):
    july = month_of(county, dt.date(2026, 7, 1))

    assert july.requirement == Requirement.OPTIONAL
    assert timeliness(july, None, shanghai("2026-09-01T09:00")).words == ""


def test_board_has_a_row_for_every_expected_return(county, september, reviewer):
    signed, submitted, missing, accepted = (make_school(county) for _ in range(4))
    make_school(county, opened_on=dt.date(2025, 10, 8))
    for school in (signed, submitted, missing, accepted):
        fill(school)
    with time_machine.travel(IN_TIME):
        sign(signed, september, *staff_of(signed))
        submit(submitted, september, staff_of(submitted)[0])
        accept(accepted, september, *staff_of(accepted), reviewer)

    with time_machine.travel("2025-09-08 10:00+08:00"):
        rows = board_rows(september, School.objects.filter(county=county))

    assert [(row.school, row.step, row.is_late) for row in rows] == [
        (signed, "review", False),
        (missing, "unfiled", True),
        (submitted, "submitted", True),
        (accepted, "accepted", False),
    ]
    assert [row.figures.closing if row.figures else None for row in rows] == [18, None, None, 18]
    assert rows[0].is_clean


def test_a_closed_school_owes_no_later_month(county):
    school = make_school(county, closed_on=dt.date(2025, 9, 1))

    assert board_rows(month_of(county, SEPTEMBER), School.objects.all())[0].school == school
    assert board_rows(month_of(county, OCTOBER), School.objects.all()) == []


def test_what_stands_out_is_what_the_checks_say(county, september, reviewer):
    october = month_of(county, OCTOBER)
    school = make_school(county)
    clerk, principal = staff_of(school)
    children = fill(school, per_grade=2)
    with time_machine.travel("2025-09-02 09:00+08:00"):
        start_absence(
            children[2][0],
            AbsenceKind.LONG_LEAVE,
            first_day=dt.date(2025, 9, 1),
            reason_code="illness",
            evidence_pending=True,
            actor=clerk,
        )
        accept(school, september, clerk, principal, reviewer)
    with time_machine.travel("2025-10-09 09:00+08:00"):
        for child in children[5]:
            record_departure(
                child, MovementKind.TRANSFER_OUT, fact=Fact(dt.date(2025, 9, 20), "moved"), actor=clerk
            )
        said = run_checks(live_content(school, october), None)
        monthly_return = sign(school, october, clerk, principal)

    row = board_rows(october, School.objects.all())[0]

    assert {notice.code for notice in row.notices} == {p.code for p in said if p.level == LOOK} == {
        "W1", "W2", "W4"
    }  # fmt: skip
    assert [notice.words for notice in row.notices] == [
        "连续两月未在校 1 人",
        "转出 2 人没有写去向",
        "待补证明 1 份",
        "比上月 −11.1%",
    ]
    assert row.monthly_return == monthly_return
    assert row.why_not_together == "有要看的地方，须逐份查看"


def test_an_unaccepted_month_before_holds_up_the_next(county, september):
    school = make_school(county)
    clerk, principal = staff_of(school)
    fill(school)
    with time_machine.travel(IN_TIME):
        sign(school, september, clerk, principal)
    with time_machine.travel("2025-10-03 09:00+08:00"):
        sign(school, month_of(county, OCTOBER), clerk, principal)

    row = board_rows(month_of(county, OCTOBER), School.objects.all())[0]

    assert not row.is_clean
    assert row.why_not_together == "2025年9月 还没有接收，请先接收上一个月"


def test_a_return_that_was_sent_back_counts_in_nothing(county, september, reviewer):
    school = make_school(county)
    fill(school)
    clerk, principal = staff_of(school)
    with time_machine.travel(IN_TIME):
        monthly_return = sign(school, september, clerk, principal)
        send_back_as_bureau(
            monthly_return,
            actor=reviewer,
            seen_revision=monthly_return.revision,
            reason="请核对",
            marks=[Mark(3, "absent", "少一人？")],
        )

    row = board_rows(september, School.objects.all())[0]

    assert (row.step, row.figures, row.open_marks, row.timeliness.words) == ("sent_back", None, 1, "")


def test_the_board_asks_the_same_number_of_questions_for_many_schools(county, september):
    def count():
        with CaptureQueriesContext(connection) as queries:
            board_rows(september, School.objects.filter(county=county))
        return len(queries)

    with time_machine.travel(IN_TIME):
        for number in range(12):
            school = make_school(county, SchoolKind.TEACHING_POINT)
            fill(school, per_grade=1)
            sign(school, september, *staff_of(school))
            if number == 0:
                one = count()
        many = count()

    assert one == many


@time_machine.travel("2025-11-10 09:00+08:00")
def test_unfiled_months_begin_after_the_last_signed_one(county, school, other_school):
    fill(school)
    with time_machine.travel(IN_TIME):
        sign(school, month_of(county, SEPTEMBER), *staff_of(school))

    months = unfiled_months([school, other_school], county.pk, dt.date(2025, 11, 10))

    assert [month.slug for month in months[school.pk]] == ["2025-10", "2025-11"]
    assert [month.slug for month in months[other_school.pk]] == ["2025-09", "2025-10", "2025-11"]


def test_remind_goes_to_who_must_act(county, school, other_school, september, reviewer):
    fill(school)
    with time_machine.travel("2025-09-03 09:00+08:00"):
        submit(school, september, staff_of(school)[0])
    with time_machine.travel("2025-09-08 09:00+08:00"):
        result = remind_all([school, other_school], september, actor=reviewer)
        again = remind_all([school, other_school], september, actor=reviewer)

    assert [(r.school, r.to_role) for r in result.sent] == [(school, "principal"), (other_school, "clerk")]
    assert result.sent[0].text == (
        "2025年9月 月报 9月3日 09:00 已送您签字，逾期 3 天，期限 9月5日 18:00。请核对后签字，或批注退回。"
    )
    assert (again.sent, len(again.skipped)) == ([], 2)
    assert Reminder.objects.count() == 2


def test_remind_refuses_strangers_and_filed_returns(
    school, other_school, september, reviewer, clerk, central_school
):
    fill(school)
    with time_machine.travel(IN_TIME):
        sign(school, september, clerk, staff_of(school)[1])

    with pytest.raises(NotPermitted):
        remind(other_school, september, actor=clerk)
    with pytest.raises(NotPermitted):
        remind(other_school, september, actor=central_school)
    with pytest.raises(StepRefused, match="已经报来"):
        remind(school, september, actor=central_school)
    assert not Reminder.objects.exists()
