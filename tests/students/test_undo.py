"""Undoing: void while the month is open, 更正 afterwards; only the latest fact; both halves together."""

import datetime as dt

import pytest
import time_machine

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from students.actions.absences import start_absence
from students.actions.movements import Fact, change_grade
from students.actions.transfers import begin_transfer_out, confirm_transfer
from students.actions.undo import undo_movement
from students.models import AbsenceKind, Movement, MovementKind
from students.queries import current_enrolment, open_absence
from students.undoing import undo_outlook
from tests.cast import enrol, make_student
from tests.students.facts import NOVEMBER, OCTOBER, arrive, close, depart

DAY = dt.date(2025, 10, 1)


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def child(school):
    student = make_student(school.county, "王佳怡")
    enrol(student, school, 3)
    return student


def live():
    return Movement.objects.filter(voided_at__isnull=True)


def test_departure_of_an_open_month_is_voided_and_the_child_is_back(child, school, clerk):
    movement = depart(child, clerk, DAY)
    assert undo_outlook(movement).is_void

    corrections = undo_movement(movement, reason="登记错人", actor=clerk)

    movement.refresh_from_db()
    assert corrections == []
    assert (movement.void_reason, movement.voided_by) == ("登记错人", clerk)
    assert current_enrolment(child).school == school
    entry = AuditEntry.objects.latest("seq")
    assert entry.verb == "movement.undo"
    assert entry.changes["undone_by"] == [None, "void"]


def test_departure_of_a_closed_month_is_reversed_in_other(child, school, clerk):
    movement = depart(child, clerk, DAY)
    close(school, OCTOBER)
    outlook = undo_outlook(Movement.objects.get(pk=movement.pk))
    assert not outlook.is_void
    assert outlook.month.month == NOVEMBER

    [correction] = undo_movement(movement, reason="没有走成", actor=clerk)

    movement.refresh_from_db()
    assert movement.is_live
    assert (correction.kind, correction.sign, correction.column) == (MovementKind.CORRECTION, 1, "other")
    assert correction.reverses == movement
    assert correction.period.month.month == NOVEMBER
    assert current_enrolment(child).school == school


def test_arrival_of_a_closed_month_is_reversed_with_a_minus(school, clerk):
    student = make_student(school.county)
    movement = arrive(student, school, clerk, DAY)
    close(school, OCTOBER)

    [correction] = undo_movement(movement, reason="重复登记", actor=clerk)

    assert correction.sign == -1
    assert current_enrolment(student) is None


def test_only_the_latest_fact_can_be_undone(child, school, clerk):
    first = depart(child, clerk, DAY)
    second = arrive(child, school, clerk, DAY)
    assert undo_outlook(first).later == second
    assert not undo_outlook(first).is_possible

    with pytest.raises(StepRefused, match="先从最近的一笔撤起"):
        undo_movement(first, reason="登记错", actor=clerk)

    assert live().count() == 2


def test_undo_needs_a_reason(child, clerk):
    movement = depart(child, clerk, DAY)

    with pytest.raises(StepRefused, match="写明原因"):
        undo_movement(movement, reason="  ", actor=clerk)

    assert live().get() == movement


def test_clerk_of_another_school_may_not_undo(child, clerk, other_clerk):
    movement = depart(child, clerk, DAY)

    with pytest.raises(NotPermitted):
        undo_movement(movement, reason="登记错", actor=other_clerk)

    assert live().get() == movement


def test_second_void_changes_nothing(child, clerk):
    movement = depart(child, clerk, DAY)
    undo_movement(movement, reason="登记错", actor=clerk)
    entries = AuditEntry.objects.count()

    with pytest.raises(StalePage, match="已经作废"):
        undo_movement(movement, reason="再来一次", actor=clerk)

    movement.refresh_from_db()
    assert movement.void_reason == "登记错"
    assert AuditEntry.objects.count() == entries


def test_second_correction_changes_nothing(child, school, clerk):
    movement = depart(child, clerk, DAY)
    close(school, OCTOBER)
    undo_movement(movement, reason="登记错", actor=clerk)

    with pytest.raises(StalePage, match="已经更正过了"):
        undo_movement(movement, reason="再来一次", actor=clerk)

    assert Movement.objects.filter(kind=MovementKind.CORRECTION).count() == 1


def test_change_of_grade_is_voided_as_a_pair(child, clerk):
    minus, _ = change_grade(
        child, MovementKind.RETAINED, to_grade=2, klass=None, fact=Fact(DAY, "illness"), actor=clerk
    )

    undo_movement(minus, reason="登记错", actor=clerk)

    assert not live().exists()
    assert current_enrolment(child).grade == 3


def test_change_of_grade_of_a_closed_month_is_reversed_in_both_grades(child, school, clerk):
    _, plus = change_grade(
        child, MovementKind.RETAINED, to_grade=2, klass=None, fact=Fact(DAY, "illness"), actor=clerk
    )
    close(school, OCTOBER)

    corrections = undo_movement(plus, reason="登记错", actor=clerk)

    assert sorted((one.counting_grade, one.sign) for one in corrections) == [(2, -1), (3, 1)]
    assert len({one.period for one in corrections}) == 1
    assert current_enrolment(child).grade == 3


def test_transfer_is_undone_in_both_schools_and_one_month(child, school, other_school, clerk, other_clerk):
    transfer = begin_transfer_out(
        child, other_school, last_attended_on=dt.date(2025, 9, 20), grade=3, reason_code="moved", actor=clerk
    )
    out, _ = confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 9, 22))
    close(school, OCTOBER)

    corrections = undo_movement(out, reason="没有走成", actor=clerk)

    assert {(one.school, one.sign) for one in corrections} == {(school, 1), (other_school, -1)}
    assert {one.period.month.month for one in corrections} == {NOVEMBER}
    assert current_enrolment(child).school == school


def test_undone_departure_brings_the_open_spell_back(child, clerk):
    spell = start_absence(
        child, AbsenceKind.TRUANCY, first_day=dt.date(2025, 9, 20), reason_code="aversion", actor=clerk
    )
    movement = depart(child, clerk, DAY)
    assert open_absence(child) is None

    undo_movement(movement, reason="登记错", actor=clerk)

    assert open_absence(child) == spell
