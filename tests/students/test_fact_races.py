"""Presses that come at the same moment: one fact, everybody else finds it or is told. On both databases."""

import datetime as dt
import uuid

import pytest
import time_machine

from accounts.workflow import StepRefused
from students.actions.absences import start_absence
from students.actions.movements import Fact, change_grade, record_departure, record_new_child
from students.actions.transfers import begin_transfer_out, confirm_transfer
from students.actions.undo import undo_movement
from students.models import Absence, AbsenceKind, Enrolment, Movement, MovementKind, Student
from tests.cast import enrol, make_student
from tests.students.facts import OCTOBER, at_once, close, depart, winners

pytestmark = pytest.mark.django_db(transaction=True)
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


def test_double_click_books_one_departure(child, clerk):
    token = uuid.uuid4()

    results = at_once(*[lambda: depart(child, clerk, DAY, token=token)] * 5)

    assert len({movement.pk for movement in winners(results)}) == 1
    assert not [result for result in results if isinstance(result, StepRefused)]
    assert Movement.objects.count() == 1


def test_two_pages_book_one_departure(child, clerk):
    results = at_once(*[lambda: depart(child, clerk, DAY, token=uuid.uuid4()) for _ in range(5)])

    assert len(winners(results)) == 1
    assert Movement.objects.count() == 1


def test_departure_and_change_of_grade_do_not_both_start_from_the_same_grade(child, clerk):
    at_once(
        lambda: record_departure(child, MovementKind.DEATH, fact=Fact(DAY, "illness"), actor=clerk),
        lambda: change_grade(
            child, MovementKind.SKIPPED, to_grade=4, klass=None, fact=Fact(DAY, "ability"), actor=clerk
        ),
    )

    enrolment = Enrolment.objects.get(student=child)
    signs = {3: 1, 4: 0}  # the base
    for movement in Movement.objects.all():
        signs[movement.grade] += movement.sign
    on_roll = {enrolment.grade} if enrolment.left_on is None else set()
    assert {grade for grade, count in signs.items() if count} == on_roll


def test_double_click_makes_one_new_child(school, clerk):
    person = {
        "name": "高念",
        "sex": "2",
        "birth_date": dt.date(2018, 5, 1),
        "id_number": "",
        "no_id_reason": "户口正在办理",
        "id_type": "Z",
    }
    fact = Fact(DAY, "missed", token=uuid.uuid4())

    results = at_once(
        *[
            lambda: record_new_child(
                person, school, MovementKind.ADDED, grade=1, klass=None, fact=fact, actor=clerk
            )
        ]
        * 5
    )

    assert len(winners(results)) == 5
    assert Student.objects.count() == Movement.objects.count() == 1


def test_parallel_confirmations_move_the_child_once(child, other_school, clerk, other_clerk):
    transfer = begin_transfer_out(
        child, other_school, last_attended_on=dt.date(2025, 9, 20), grade=3, reason_code="moved", actor=clerk
    )

    at_once(
        *[
            lambda: confirm_transfer(
                transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 9, 22)
            )
        ]
        * 5
    )

    assert Movement.objects.count() == 2
    assert Enrolment.objects.filter(student=child, left_on__isnull=True).count() == 1


def test_parallel_spells_make_one(child, clerk):
    at_once(
        *[
            lambda: start_absence(
                child, AbsenceKind.TRUANCY, first_day=DAY, reason_code="aversion", actor=clerk
            )
        ]
        * 5
    )

    assert Absence.objects.count() == 1


@pytest.mark.parametrize("is_closed", [False, True])
def test_parallel_undoing_undoes_once(child, school, clerk, is_closed):
    movement = depart(child, clerk, DAY)
    if is_closed:
        close(school, OCTOBER)

    results = at_once(*[lambda: undo_movement(movement, reason="登记错", actor=clerk)] * 5)

    assert len(winners(results)) == 1
    assert Movement.objects.filter(kind=MovementKind.CORRECTION).count() == int(is_closed)
    assert Enrolment.objects.filter(student=child, left_on__isnull=True).count() == 1
