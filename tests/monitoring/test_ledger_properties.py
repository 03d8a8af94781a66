"""Random histories keep every property of ledger.md; with a rule switched off, the tests see it."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import monitoring.actions.reviewing
import monitoring.lines
import students.actions.booking
import students.actions.periods
import students.actions.undo
from tests.monitoring.history import World

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


def switch_off(monkeypatch, rule):
    if rule == "corrections reach later openings":
        monkeypatch.setattr(monitoring.lines, "_corrections", no_corrections)
    elif rule == "absent children move up in September":
        monkeypatch.setattr(monitoring.lines, "_promote_spells", not_promoted)
    elif rule == "a later fact never counts earlier":
        for module in (students.actions.booking, students.actions.undo):
            monkeypatch.setattr(module, "latest_counted_month", nothing)
    elif rule == "both halves count in one month":
        monkeypatch.setattr(
            students.actions.booking, "add_arrival", booked_apart(students.actions.booking.add_arrival)
        )
    elif rule == "a closed month takes no facts":
        monkeypatch.setattr(students.actions.periods, "PeriodState", AlwaysOpen)
        monkeypatch.setattr(students.actions.periods, "lock_if_open", always)
    elif rule == "later months come back too":
        monkeypatch.setattr(monitoring.actions.reviewing, "_send_back_later_months", nothing)


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


@pytest.mark.parametrize(
    "rule",
    [
        "corrections reach later openings",
        "absent children move up in September",
        "a later fact never counts earlier",
        "both halves count in one month",
        "a closed month takes no facts",
        "later months come back too",
    ],
)
def test_histories_show_when_a_rule_is_switched_off(rule, monkeypatch):
    switch_off(monkeypatch, rule)

    for seed in range(12):
        try:
            with transaction.atomic():
                World(seed, months=14).live()
        except (AssertionError, IntegrityError):
            return
    pytest.fail(f"12 histories without the rule “{rule}” looked right")
