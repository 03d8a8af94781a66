"""Short ways to book facts, to close a month and to run calls at once; for tests of students."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from accounts.workflow import StepRefused
from schools.models import ReportingMonth
from students.actions.movements import Fact, record_arrival, record_departure
from students.models import MovementKind, PeriodState, RollPeriod

SEPTEMBER, OCTOBER, NOVEMBER = dt.date(2025, 9, 1), dt.date(2025, 10, 1), dt.date(2025, 11, 1)


def month_of(school, month):
    return ReportingMonth.objects.get(county=school.county, month=month)


def close(school, *months):
    """As submitting does."""
    for month in months:
        RollPeriod.objects.update_or_create(
            school=school, month=month_of(school, month), defaults={"state": PeriodState.CLOSED}
        )


def depart(student, actor, day, kind=MovementKind.TRANSFER_OUT, **said):
    return record_departure(
        student, kind, fact=Fact(day, "moved", counterpart_text="长治市", **said), actor=actor
    )


def arrive(student, school, actor, day, grade=3, kind=MovementKind.ADDED, **said):
    return record_arrival(
        student, school, kind, grade=grade, klass=None, fact=Fact(day, "missed", **said), actor=actor
    )


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
