"""Every state × every person: exactly these steps and no others; a refused step changes nothing."""

import itertools

import pytest
import time_machine

from accounts.models import AuditEntry, User
from accounts.workflow import NotPermitted, StalePage, available_steps, take_step
from monitoring.models import MonthlyReturn, ReturnState
from monitoring.workflow import RETURN_WORKFLOW
from schools.models import Role
from tests.cast import appoint, make_user
from tests.monitoring.filing import SEPTEMBER, month_of, submit

# What each person may do in each state (ledger.md, States of a return; trust.md §3.1).
ALLOWED = {
    ("clerk", ReturnState.DRAFT): {"submit"},
    ("clerk", ReturnState.SENT_BACK): {"submit"},
    ("clerk", ReturnState.CORRECTING): {"submit"},
    ("clerk", ReturnState.SUBMITTED): {"pull_back"},
    ("principal", ReturnState.SUBMITTED): {"sign", "send_back_by_principal"},
    ("reviewer", ReturnState.SIGNED): {"accept", "send_back_by_bureau"},
    ("reviewer", ReturnState.ACCEPTED): {"reopen"},
}
PEOPLE = (
    "clerk",
    "principal",
    "reviewer",
    "central_school",
    "leader",
    "administrator",
    "inspector",
    "other_clerk",
    "other_principal",
)


@pytest.fixture
def people(request, county, clerk, principal, reviewer, central_school, leader, administrator):
    named = {"inspector": make_user(county, Role.INSPECTOR)}
    return named | {name: request.getfixturevalue(name) for name in PEOPLE if name not in named}


@pytest.fixture
def submitted(school, clerk):
    with time_machine.travel("2025-09-02 09:00+08:00"):
        return submit(school, month_of(school.county, SEPTEMBER), clerk)


def in_state(monthly_return, state):
    """Unsaved: which steps there are is asked of state and people only."""
    monthly_return.state = state
    return monthly_return


def test_each_person_has_exactly_these_steps_in_each_state(submitted, people):
    for name, state in itertools.product(PEOPLE, ReturnState):
        steps = set(available_steps(RETURN_WORKFLOW, in_state(submitted, state), people[name]))
        assert steps == ALLOWED.get((name, state), set()), (name, state)


def test_whoever_submitted_cannot_sign_though_principal_too(submitted, school, clerk):
    appoint(clerk, Role.PRINCIPAL, school)
    clerk = User.objects.get(pk=clerk.pk)

    assert set(available_steps(RETURN_WORKFLOW, submitted, clerk)) == {"pull_back", "send_back_by_principal"}


def test_reviewer_who_belongs_to_the_school_cannot_review_it(submitted, school, reviewer):
    appoint(reviewer, Role.HOME_TEACHER, school)
    reviewer = User.objects.get(pk=reviewer.pk)

    assert available_steps(RETURN_WORKFLOW, in_state(submitted, ReturnState.SIGNED), reviewer) == []


def test_steps_out_of_place_or_by_others_are_refused_and_change_nothing(submitted, people):
    before = MonthlyReturn.objects.values().get(pk=submitted.pk)
    entries = AuditEntry.objects.count()
    for name, (step, rule) in itertools.product(PEOPLE, RETURN_WORKFLOW.items()):
        if step in ALLOWED.get((name, ReturnState.SUBMITTED), set()):
            continue
        submitted.refresh_from_db()
        expected = StalePage if rule.permits(people[name], submitted) else NotPermitted
        with pytest.raises(expected):
            take_step(RETURN_WORKFLOW, step, submitted, actor=people[name], seen_revision=submitted.revision)

    assert MonthlyReturn.objects.values().get(pk=submitted.pk) == before
    assert AuditEntry.objects.count() == entries
