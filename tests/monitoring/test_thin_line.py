"""One month from facts to an accepted return, and the next one that rests on it."""

import datetime as dt

import pytest
import time_machine

from accounts.workflow import NotPermitted, StalePage, StepRefused
from monitoring.actions.common import find_return, page_token
from monitoring.actions.filing import submit_return
from monitoring.actions.reviewing import accept_return, sign_return
from monitoring.build import content_now, content_of
from monitoring.models import FrozenLine, ReturnState
from monitoring.texts import current_text
from schools.models import ReportingMonth
from students.actions.absences import start_absence
from students.actions.movements import Fact, record_arrival, record_departure
from students.actions.transfers import begin_transfer_out, confirm_transfer
from students.models import AbsenceKind, MovementKind
from tests.cast import fill, make_student

FIRST = dt.date(2025, 9, 1)
OCTOBER = dt.date(2025, 10, 1)


def month_of(county, month):
    return ReportingMonth.objects.get(county=county, month=month)


def submit(school, month, actor):
    monthly_return = find_return(school, month)
    content = content_now(school, month, monthly_return)
    period = monthly_return.period if monthly_return else None
    return submit_return(school, month, actor=actor, seen=page_token(monthly_return, period, content))


def file_month(school, month, clerk, principal, reviewer):
    submit(school, month, clerk)
    monthly_return = find_return(school, month)
    sign_return(monthly_return, actor=principal, seen_revision=monthly_return.revision)
    accept_return(monthly_return, actor=reviewer, seen_revision=monthly_return.revision)
    return monthly_return


def test_month_with_movements_is_filed_signed_and_accepted(
    school, other_school, clerk, other_clerk, principal, reviewer
):
    children = fill(school)
    fill(other_school)
    september, october = month_of(school.county, FIRST), month_of(school.county, OCTOBER)
    with time_machine.travel("2025-09-02 09:00+08:00"):
        first = file_month(school, september, clerk, principal, reviewer)
    with time_machine.travel("2025-10-09 09:00+08:00"):
        record_departure(
            children[3][0],
            MovementKind.TRANSFER_OUT,
            fact=Fact(dt.date(2025, 9, 20), "moved", counterpart_text="长治市"),
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
            first_day=dt.date(2025, 9, 25),
            reason_code="aversion",
            actor=clerk,
        )
        transfer = begin_transfer_out(
            children[1][0],
            other_school,
            last_attended_on=dt.date(2025, 9, 28),
            grade=1,
            reason_code="moved",
            actor=clerk,
        )
        confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 9, 29))
        filed = file_month(school, october, clerk, principal, reviewer)

    content = content_of(current_text(filed))

    assert first.state == filed.state == ReturnState.ACCEPTED
    assert (content.printed_total.opening, content.printed_total.closing) == (18, 17)
    shown = {line.grade: line for line in content.printed_lines}
    assert (shown[1].transfer_out, shown[3].transfer_out, shown[4].other, shown[5].absent) == (1, 1, 1, 1)
    assert content.remarks[4] == "补录1人（马思齐）"
    assert [row.kind for row in content.counted] == ["转出", "转出", "补录", "旷课"]
    assert FrozenLine.objects.filter(frozen=content.text).count() == 9


@time_machine.travel("2025-09-02 09:00+08:00")
def test_submit_refuses_a_page_that_changed_since_it_was_opened(school, clerk):
    children = fill(school)
    september = month_of(school.county, FIRST)
    seen = page_token(None, None, content_now(school, september, None))
    record_departure(
        children[3][0],
        MovementKind.TRANSFER_OUT,
        fact=Fact(dt.date(2025, 9, 1), "moved", counterpart_text="长治市"),
        actor=clerk,
    )

    with pytest.raises(StalePage, match="有变化"):
        submit_return(school, september, actor=clerk, seen=seen)

    assert find_return(school, september) is None


@time_machine.travel("2025-09-02 09:00+08:00")
def test_sign_refuses_the_filler_and_other_principals(school, clerk, other_principal):
    fill(school)
    september = month_of(school.county, FIRST)
    submit(school, september, clerk)
    monthly_return = find_return(school, september)

    for person in (clerk, other_principal):
        with pytest.raises(NotPermitted):
            sign_return(monthly_return, actor=person, seen_revision=monthly_return.revision)


@time_machine.travel("2025-10-09 09:00+08:00")
def test_october_waits_for_september(school, clerk):
    fill(school)

    with pytest.raises(StepRefused) as refusal:
        submit(school, month_of(school.county, OCTOBER), clerk)

    assert "2025年9月 的月报校长还没有签字，请先办完上一个月。" in refusal.value.problems
