"""Races: exactly one winner, everybody else is told, nothing is half done. On both databases, with real connections."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection

import students.actions.periods
from accounts.models import AuditEntry
from accounts.workflow import StepRefused
from monitoring.actions.common import find_return, page_token
from monitoring.actions.filing import pull_back, submit_return
from monitoring.actions.reviewing import sign_return
from monitoring.build import content_now
from monitoring.models import FrozenReturn, MonthlyReturn, ReturnEvent, ReturnState
from schools.models import ReportingMonth
from students.actions.movements import Fact, record_departure
from students.actions.transfers import begin_transfer_in, confirm_transfer
from students.models import Enrolment, Movement, MovementKind, PeriodState, RollPeriod, Transfer
from tests.cast import fill, make_user

pytestmark = pytest.mark.django_db(transaction=True)
SEPTEMBER = dt.date(2025, 9, 1)


@pytest.fixture(autouse=True)
def second_of_september():
    with time_machine.travel("2025-09-02 09:00+08:00"):
        yield


@pytest.fixture
def month(county):
    return ReportingMonth.objects.get(county=county, month=SEPTEMBER)


def at_once(*calls):
    """Run the calls in threads that start together; results or the refusals, in order."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        except StepRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def winners(results):
    return [result for result in results if not isinstance(result, StepRefused)]


def leave(child, clerk):
    fact = Fact(SEPTEMBER, "moved", counterpart_text="长治市")
    return record_departure(child, MovementKind.TRANSFER_OUT, fact=fact, actor=clerk)


def test_twenty_parallel_submits_make_one_event(school, clerk, month):
    fill(school, 1)
    seen = page_token(None, None, content_now(school, month, None))

    results = at_once(*[lambda: submit_return(school, month, actor=clerk, seen=seen)] * 20)

    assert len(winners(results)) == 1
    assert MonthlyReturn.objects.get().state == ReturnState.SUBMITTED
    assert ReturnEvent.objects.filter(step="submit").count() == 1
    assert FrozenReturn.objects.count() == 1
    assert AuditEntry.objects.filter(verb="return.submit").count() == 1


def test_two_principals_signing_at_once_make_one_signature(school, clerk, principal, month):
    fill(school, 1)
    second = make_user(school.county, "principal", school)
    submit_return(school, month, actor=clerk, seen=page_token(None, None, content_now(school, month, None)))
    monthly_return = find_return(school, month)

    results = at_once(
        *[
            lambda person=person: sign_return(
                find_return(school, month), actor=person, seen_revision=monthly_return.revision
            )
            for person in (principal, second)
        ]
    )

    assert len(winners(results)) == 1
    assert ReturnEvent.objects.filter(step="sign").count() == 1


def test_pulling_back_and_signing_at_once_have_one_winner(school, clerk, principal, month):
    fill(school, 1)
    submit_return(school, month, actor=clerk, seen=page_token(None, None, content_now(school, month, None)))
    revision = find_return(school, month).revision

    results = at_once(
        lambda: sign_return(find_return(school, month), actor=principal, seen_revision=revision),
        lambda: pull_back(find_return(school, month), actor=clerk, seen_revision=revision),
    )

    assert len(winners(results)) == 1
    state = MonthlyReturn.objects.get().state
    assert state == (ReturnState.DRAFT if isinstance(results[0], StepRefused) else ReturnState.SIGNED)


def facts_while_submitting(school, clerk, month, children):
    """Four departures and one submission start together; how many facts lie uncounted in a closed month."""
    seen = page_token(None, None, content_now(school, month, None))
    at_once(
        lambda: submit_return(school, month, actor=clerk, seen=seen),
        *[lambda c=c: leave(c, clerk) for c in children],
    )
    text = FrozenReturn.objects.order_by("pk").last()
    counted = text.rows.filter(counted=True).count() if text else 0
    in_closed = Movement.objects.filter(period__state=PeriodState.CLOSED).count()
    return in_closed - counted


def test_no_fact_lies_uncounted_in_a_closed_month(school, clerk, month):
    children = [group[0] for group in fill(school, 1).values()]

    uncounted = facts_while_submitting(school, clerk, month, children[:4])

    assert uncounted == 0
    assert Movement.objects.count() == 4


def test_same_child_leaving_twice_at_once_leaves_once(school, clerk, month):
    child = fill(school, 1)[3][0]

    results = at_once(*[lambda: leave(child, clerk)] * 8)

    assert len(winners(results)) == 1
    assert Movement.objects.count() == 1


def test_transfer_confirmed_by_twenty_presses_moves_the_child_once(school, other_school, clerk, other_clerk):
    child = fill(school, 1)[3][0]
    fill(other_school, 1)
    transfer = begin_transfer_in(child, other_school, grade=3, reason_code="moved", actor=other_clerk)

    results = at_once(
        *[
            lambda: confirm_transfer(
                Transfer.objects.get(), actor=clerk, seen_revision=1, arrived_on=SEPTEMBER
            )
        ]
        * 20
    )

    assert len(winners(results)) == 1
    assert transfer.student_id == child.pk
    assert Movement.objects.count() == 2
    assert Enrolment.objects.get(student=child, left_on__isnull=True).school == other_school


def test_two_schools_asking_for_one_child_at_once_make_one_question(
    school, other_school, other_clerk, county
):
    third_clerk = make_user(county, "clerk", other_school)
    child = fill(school, 1)[3][0]

    results = at_once(
        *[
            lambda person=person: begin_transfer_in(
                child, other_school, grade=3, reason_code="moved", actor=person
            )
            for person in (other_clerk, third_clerk)
        ]
    )

    assert len(winners(results)) == 1
    assert Transfer.objects.count() == 1


@pytest.mark.postgres  # SQLite writes one transaction at a time: the race cannot happen there
def test_without_the_lock_facts_would_lie_uncounted(school, clerk, month, monkeypatch):
    """Negative control: checking the period and inserting afterwards lets a fact into a closed month."""
    children = [group[0] for group in fill(school, 1).values()]

    def check_only(period):
        return RollPeriod.objects.filter(pk=period.pk, state=PeriodState.OPEN).exists()

    monkeypatch.setattr(students.actions.periods, "lock_if_open", check_only)
    monkeypatch.setattr("monitoring.actions.filing.close_period", close_without_looking)
    entered, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr("students.actions.booking.end_for_departure", pausing(entered, go_on))
    RollPeriod.objects.create(school=school, month=month)
    seen = page_token(None, None, content_now(school, month, None))

    with ThreadPoolExecutor(1) as pool:
        leaving = pool.submit(in_own_connection, leave, children[2], clerk)
        entered.wait(10)
        submit_return(school, month, actor=clerk, seen=seen)
        go_on.set()
        leaving.result(10)

    counted = FrozenReturn.objects.get().rows.filter(counted=True).count()
    assert Movement.objects.filter(period__state=PeriodState.CLOSED).count() - counted == 1


def close_without_looking(period, *, seen_revision):
    return (
        bool(RollPeriod.objects.filter(pk=period.pk).update(state=PeriodState.CLOSED)) and seen_revision > 0
    )


def pausing(entered, go_on):
    def pause(*_arguments):
        entered.set()
        go_on.wait(10)

    return pause


def in_own_connection(action, *arguments):
    try:
        return action(*arguments)
    finally:
        connection.close()
