"""Random histories keep every property of ledger.md; with a rule switched off, the tests see it."""

import datetime as dt
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import monitoring.actions.reviewing
import monitoring.lines
import students.actions.booking
import students.actions.periods
import students.actions.undo
from monitoring.actions.common import find_return
from monitoring.actions.correction import stage_add
from monitoring.actions.reviewing import Mark, accept_return, reopen_return, send_back_as_bureau, sign_return
from monitoring.models import FrozenReturn
from schools.models import ReportingMonth
from students.actions.absences import start_absence
from students.actions.booking import Fact
from students.actions.movements import record_arrival, record_departure
from students.actions.transfers import begin_transfer_in, confirm_transfer
from students.models import AbsenceKind, Enrolment, MovementKind
from tests.cast import make_student
from tests.monitoring.history import World, check_text, check_world

pytestmark = pytest.mark.django_db
HISTORIES = settings(
    max_examples=2,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
# What a history must have gone through to prove anything.
MUST_HAPPEN = (
    "transfer_out", "transfer_in", "death", "added", "promoted_in", "retained", "skipped", "absent", "back",
    "transfer confirmed by from", "transfer confirmed by to", "voided", "corrected in a later month", "rollover",
    "submit", "sign", "accept", "pull back", "sent back by principal", "sent back by bureau", "reopen",
    "stage plus", "stage minus", "taught at home",
)  # fmt: skip


@HISTORIES
@given(seed=st.integers(0, 2**32))
def test_random_histories_keep_the_books(seed):
    World(seed, months=14).live()


def test_known_histories_pass_through_every_kind_of_fact():
    done = Counter()
    for seed in (4, 7):
        world = World(seed, months=21)
        world.live()
        done += world.done

    assert [name for name in MUST_HAPPEN if not done[name]] == []


def no_corrections(*_arguments):
    return {}


def not_promoted(spells, _step, _school):
    return list(spells)


def nothing(*_arguments, **_named):
    return None


def always(*_arguments):
    return True


def booked_apart(add_arrival):
    """Each half of a transfer in a month of its own, as if the schools did it one after the other."""

    def arrive(*arguments, booking, fact, **named):
        later = fact.__class__(fact.happened_on, fact.reason_code, "", fact.counterpart_school)
        return add_arrival(*arguments, fact=later, **named)

    return arrive


class AlwaysOpen:
    """Stands for the states of a period when nobody looks at them."""

    class _Any(str):
        __slots__ = ()

        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        __hash__ = str.__hash__

    OPEN = _Any("open")
    CLOSED = "closed"


# --- negative controls: histories that need the rule, lived without it ----------------------------------------------


def filed(world, *months, accepted=True):
    """Every school files the months and the principal signs; the bureau accepts unless told otherwise."""
    for month in months:
        for school in world.schools:
            world.submit(school, month)
            found = find_return(school, month)
            sign_return(found, actor=world.principals[school.pk], seen_revision=found.revision)
            if accepted:
                accept_return(found, actor=world.reviewer, seen_revision=found.revision)


def month_of(world, year, month):
    return ReportingMonth.objects.get(county=world.county, month=dt.date(year, month, 1))


def departs(world, enrolment, day):
    fact = Fact(day, "moved", counterpart_text="长治市")
    actor = world.clerks[enrolment.school_id]
    return record_departure(enrolment.student, MovementKind.TRANSFER_OUT, fact=fact, actor=actor)


def pupil(world, school, grade=None):
    found = Enrolment.objects.filter(school=school, left_on__isnull=True).select_related("student", "school")
    return found.filter(grade=grade or school.first_grade).first()


def send_back(world, school, month):
    found = find_return(school, month)
    send_back_as_bureau(
        found,
        actor=world.reviewer,
        seen_revision=found.revision,
        reason="核对",
        marks=[Mark(0, "closing", "核对")],
    )


def late_fact_after_a_send_back(world):
    """A child's late arrival counts in November; October is open again; then it leaves, with a date in October."""
    school = world.schools[0]
    september, october = month_of(world, 2025, 9), month_of(world, 2025, 10)
    world.at(dt.date(2025, 9, 2), filed, world, september)
    world.at(dt.date(2025, 10, 2), lambda: filed(world, october, accepted=False))
    child = make_student(world.county)
    fact = Fact(dt.date(2025, 9, 25), "missed")
    world.at(
        dt.date(2025, 10, 21),
        lambda: record_arrival(
            child, school, MovementKind.ADDED, grade=1, klass=None, fact=fact, actor=world.clerks[school.pk]
        ),
    )
    world.at(dt.date(2025, 10, 22), send_back, world, school, october)
    enrolment = Enrolment.objects.select_related("student", "school").get(student=child)
    world.at(dt.date(2025, 10, 23), departs, world, enrolment, dt.date(2025, 9, 28))
    check_world(world)


def send_back_under_a_signed_month(world):
    """September is sent back while October, which rests on it, is signed; a late departure goes into September."""
    school = world.schools[0]
    september, october = month_of(world, 2025, 9), month_of(world, 2025, 10)
    world.at(dt.date(2025, 9, 2), lambda: filed(world, september, accepted=False))
    world.at(dt.date(2025, 10, 2), lambda: filed(world, october, accepted=False))
    world.at(dt.date(2025, 10, 3), send_back, world, school, september)
    world.at(dt.date(2025, 10, 3), departs, world, pupil(world, school), dt.date(2025, 8, 30))
    world.at(dt.date(2025, 10, 4), world.file, school, september)
    world.at(dt.date(2025, 10, 5), world.file, school, october)
    check_world(world)


def transfer_between_an_early_and_a_late_filer(world):
    """The old school has filed October, the new one has not; the child arrived before the cut-off."""
    old, new = world.schools[0], world.schools[3]
    september, october = month_of(world, 2025, 9), month_of(world, 2025, 10)
    world.at(dt.date(2025, 9, 2), filed, world, september)
    world.schools, everybody = [old], world.schools
    world.at(dt.date(2025, 10, 2), filed, world, october)
    world.schools = everybody
    child = pupil(world, old).student
    world.at(dt.date(2025, 10, 3), transfer, world, child, new, dt.date(2025, 9, 30))
    check_world(world)


def transfer(world, child, new, arrived_on):
    begun = begin_transfer_in(child, new, grade=1, reason_code="moved", actor=world.clerks[new.pk])
    confirm_transfer(
        begun, actor=world.clerks[begun.from_school_id], seen_revision=begun.revision, arrived_on=arrived_on
    )


def fact_after_submission(world):
    """September is submitted; then a child leaves with a date in it."""
    school, september = world.schools[0], month_of(world, 2025, 9)
    world.at(dt.date(2025, 9, 2), filed, world, september)
    world.at(dt.date(2025, 9, 3), departs, world, pupil(world, school), dt.date(2025, 9, 1))
    check_world(world)


def correction_under_a_later_month(world):
    """October is accepted; a correction of September takes a child out; November opens."""
    school = world.schools[0]
    september, october, november = (month_of(world, 2025, number) for number in (9, 10, 11))
    world.at(dt.date(2025, 9, 2), filed, world, september)
    world.at(dt.date(2025, 10, 2), filed, world, october)
    world.at(dt.date(2025, 10, 5), take_out_of, world, school, september)
    world.at(dt.date(2025, 11, 4), filed, world, november)
    check_world(world)


def take_out_of(world, school, month):
    found = find_return(school, month)
    reopen_return(found, actor=world.reviewer, seen_revision=found.revision, reason="漏报")
    found = find_return(school, month)
    child = pupil(world, school).student
    stage_add(
        found, child, MovementKind.TRANSFER_OUT, grade=1, happened_on=dt.date(2025, 8, 30), reason_code="moved",
        summary="漏报转出", counterpart_text="长治市", actor=world.clerks[school.pk],
    )  # fmt: skip
    world.submit(school, month)
    found = find_return(school, month)
    sign_return(found, actor=world.principals[school.pk], seen_revision=found.revision)
    accept_return(found, actor=world.reviewer, seen_revision=found.revision)


def absent_across_september(world):
    """A child is absent in June and still in September, one grade higher."""
    school = world.schools[0]
    absent = pupil(world, school)
    actor = world.clerks[school.pk]
    world.at(
        dt.date(2025, 9, 1),
        lambda: start_absence(
            absent.student,
            AbsenceKind.LONG_LEAVE,
            first_day=dt.date(2025, 8, 30),
            reason_code="other",
            actor=actor,
        ),
    )
    for year, month in (
        (2025, 9),
        (2025, 10),
        (2025, 11),
        (2025, 12),
        (2026, 1),
        (2026, 3),
        (2026, 4),
        (2026, 5),
        (2026, 6),
    ):
        owed = month_of(world, year, month)
        world.at(owed.cut_off + dt.timedelta(days=1), filed, world, owed)
    world.at(dt.date(2026, 8, 20), world.roll_over)
    world.at(dt.date(2026, 9, 2), filed, world, month_of(world, 2026, 9))
    for text in FrozenReturn.objects.filter(edition__monthly_return__school=school):
        check_text(text)


def without_corrections(monkeypatch):
    monkeypatch.setattr(monitoring.lines, "_corrections", no_corrections)


def without_promotion_of_the_absent(monkeypatch):
    monkeypatch.setattr(monitoring.lines, "_promote_spells", not_promoted)


def without_the_order_of_facts(monkeypatch):
    for module in (students.actions.booking, students.actions.undo):
        monkeypatch.setattr(module, "latest_counted_month", nothing)


def without_one_month_for_both_halves(monkeypatch):
    # The order of facts would still hold the second half back.
    without_the_order_of_facts(monkeypatch)
    monkeypatch.setattr(
        students.actions.booking, "add_arrival", booked_apart(students.actions.booking.add_arrival)
    )


def without_the_lock(monkeypatch):
    monkeypatch.setattr(students.actions.periods, "PeriodState", AlwaysOpen)
    monkeypatch.setattr(students.actions.periods, "lock_if_open", always)


def without_sending_later_months_back(monkeypatch):
    monkeypatch.setattr(monitoring.actions.reviewing, "_send_back_later_months", nothing)


CONTROLS = [
    (correction_under_a_later_month, without_corrections),
    (absent_across_september, without_promotion_of_the_absent),
    (late_fact_after_a_send_back, without_the_order_of_facts),
    (transfer_between_an_early_and_a_late_filer, without_one_month_for_both_halves),
    (fact_after_submission, without_the_lock),
    (send_back_under_a_signed_month, without_sending_later_months_back),
]


@pytest.mark.parametrize(("history", "_rule"), CONTROLS)
def test_history_that_needs_a_rule_keeps_the_books_with_it(history, _rule):
    history(World(1))


@pytest.mark.parametrize(("history", "switch_off"), CONTROLS)
def test_properties_show_that_a_rule_is_switched_off(history, switch_off, monkeypatch):
    switch_off(monkeypatch)

    with pytest.raises(AssertionError):
        history(World(1))
