"""The demonstration county as it stands: schools of every kind, a year of history, the present in every state."""

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEntry, County, User
from accounts.queries import demo_accounts
from monitoring.models import CellMark, CorrectionDelta, Edition, FrozenLine, MonthlyReturn, ReturnEvent
from reports.books.checks import check_books
from reports.demo.clock import local_time
from reports.demo.loader import load
from reports.demo.places import DEMO_SCHOOLS, STEP_STATES, TOWNSHIPS, CountyPlan
from schools.calendar import working_days_between
from schools.models import Klass, Membership, ReportingMonth, Role, School, SchoolKind
from schools.queries import closures
from students.identity import id_number_problem, sex_of
from students.models import (
    Absence,
    AbsenceKind,
    Enrolment,
    Evidence,
    Guardian,
    Movement,
    MovementKind,
    Placement,
    Rollover,
    SpecialCircumstance,
    Student,
    Transfer,
)

NOW = "2025-10-24 10:00+08:00"
TODAY = dt.date(2025, 10, 24)
# The twelve schools of the demonstration with small classes.
PLAN = CountyPlan(
    "140499", "平顺县", tuple(replace(school, per_grade=4) for school in DEMO_SCHOOLS), TOWNSHIPS[:4]
)


def call(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker):
    """Loaded once and taken back after the last test of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOW, tick=True):
            load([PLAN], seed=1, said=lambda _: None)
        yield County.objects.get()
        transaction.set_rollback(True)


@pytest.fixture
def county(lived, db):
    return lived


def test_the_county_has_schools_of_every_kind(county):
    assert Counter(School.objects.values_list("kind", flat=True)).keys() == set(SchoolKind.values)
    point = School.objects.get(signed_by_parent=True)
    assert point.kind == SchoolKind.TEACHING_POINT and point.parent.kind == SchoolKind.NINE_YEAR
    assert Klass.objects.filter(school=point, is_multigrade=True).exists()
    assert not Enrolment.objects.filter(left_on=None, klass=None).exists()


def test_every_role_has_accounts_exempt_from_the_first_change(county):
    shown = Counter(account.username.rpartition("_")[0] for account in demo_accounts())

    assert shown == {
        f"demo_{role}": {"clerk": 3, "principal": 3, "reviewer": 2}.get(role, 1) for role in Role
    }
    assert not User.objects.filter(must_change_password=True).exists()
    assert not User.objects.filter(is_demo=False).exists()
    assert User.objects.get(username="demo_clerk_1").check_password("demo-2026")
    assert Membership.objects.get(user__username="demo_class_teacher_1").klass.closed_on is None


def test_history_begins_in_september_of_the_school_year_before(county):
    first = ReportingMonth.objects.filter(periods__isnull=False).first()
    assert first.month == dt.date(2024, 9, 1)
    assert Rollover.objects.get().to_year == 2025
    for school in School.objects.all():
        assert school.returns.filter(period__month__month=first.month, state="accepted").exists()
    assert AuditEntry.objects.order_by("seq").first().at < AuditEntry.objects.latest("seq").at
    assert AuditEntry.objects.latest("seq").at <= local_time(TODAY, 10)


def test_everything_happened_that_a_year_brings(county):
    kinds = Counter(Movement.objects.values_list("kind", flat=True))
    assert {
        MovementKind.TRANSFER_IN,
        MovementKind.TRANSFER_OUT,
        MovementKind.NEW_PUPIL,
        MovementKind.PROMOTED_IN,
        MovementKind.RETAINED,
    } <= kinds.keys()
    assert Movement.objects.filter(pair__isnull=False, kind="transfer_in").exists()
    assert Movement.objects.filter(evidence_pending=True, voided_at=None).exists()
    assert Absence.objects.filter(returned_on__isnull=False).exists()
    assert Evidence.objects.filter(movement__isnull=False).exists()
    steps = Counter(ReturnEvent.objects.values_list("step", flat=True))
    assert {"send_back_by_principal", "send_back_by_bureau", "reopen", "accept"} <= steps.keys()
    assert CellMark.objects.exclude(answer="").exists()


def test_a_month_was_reopened_corrected_and_footnoted(county):
    assert CorrectionDelta.objects.exists()
    assert Edition.objects.filter(is_correction=True, in_force=True).exists()
    assert FrozenLine.objects.exclude(opening_correction=0).exists()


def test_the_present_month_stands_in_every_state(county):
    month = ReportingMonth.objects.get(month=dt.date(2025, 10, 1))
    for plan in PLAN.schools:
        school = School.objects.get(name=f"平顺县{plan.name}")
        found = MonthlyReturn.objects.filter(school=school, period__month=month).first()
        assert (found.state if found else None) == STEP_STATES[plan.standing], plan.name
    assert month.due_on < TODAY  # the untouched ones are late
    assert MonthlyReturn.objects.get(correcting=True).editions.get(number=2).staged.count() == 1
    marks = CellMark.objects.filter(monthly_return__school__name__contains="九年一贯制")
    assert marks.filter(answer="").exists()


def test_transfers_wait_and_one_has_waited_too_long(county):
    waiting = Transfer.objects.filter(state="waiting")
    assert waiting.count() >= 3
    assert {transfer.begun_by_side for transfer in waiting} == {"from", "to"}
    days = [
        working_days_between(timezone.localdate(transfer.begun_at), TODAY, closures(county.pk))
        for transfer in waiting
    ]
    assert max(days) > 10 > min(days)


def test_children_are_absent_long_enough_to_be_suspected_and_to_be_dropouts(county):
    away = Absence.objects.filter(kind=AbsenceKind.TRUANCY, returned_on=None)
    days = [(TODAY - spell.first_day).days + 1 for spell in away]
    assert any(day >= 28 for day in days) and any(7 < day < 28 for day in days)
    assert away.filter(responsible_teacher="秦海波").exists()


def test_a_share_lives_in_special_circumstances(county):
    assert len(set(SpecialCircumstance.objects.values_list("kind", flat=True))) >= 6
    assert {"special_school", "home_teaching"} <= set(Placement.objects.values_list("kind", flat=True))


def test_no_number_or_phone_can_be_a_real_one(county):
    for student in Student.objects.all():
        assert student.id_number.startswith("140499")
        assert id_number_problem(student.id_number) == ""
        assert student.id_number[6:14] == f"{student.birth_date:%Y%m%d}"
        assert sex_of(student.id_number) == student.sex
    assert {guardian.phone[:7] for guardian in Guardian.objects.all()} == {"1990000"}
    assert not AuditEntry.objects.filter(changes__icontains="1990000").exists()


def test_the_books_are_clean(county):
    assert check_books([county]) == []


def test_commands_list_the_accounts(county):
    rows = json.loads(call("demo_accounts", "--json"))
    assert rows[0] == {
        "username": "demo_clerk_1",
        "role": "填报员",
        "place": "柏坪学校",
        "password": "demo-2026",
    }
    said = call("demo_accounts")
    assert "demo-2026" in said and "demo_auditor_1" in said


def test_a_second_load_is_refused_or_skipped(county):
    before = Student.objects.count()
    with pytest.raises(CommandError, match="已有县"):
        call("load_demo_county", "--scale", "school")
    assert json.loads(call("load_demo_county", "--if-empty", "--json")) == {"status": "skipped"}
    assert Student.objects.count() == before
