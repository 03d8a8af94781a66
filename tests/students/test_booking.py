"""Movements: the month a fact counts in, late facts, refusals, pairs, and one fact for two presses."""

import datetime as dt
import uuid

import pytest
import time_machine

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.models import ReportingMonth, Role, SchoolKind
from students.actions.movements import Fact, change_grade, record_arrival, record_departure, record_new_child
from students.models import Enrolment, Movement, MovementKind, Student
from students.queries import current_enrolment
from tests.cast import enrol, make_klass, make_school, make_student, make_user
from tests.students.facts import NOVEMBER, OCTOBER, SEPTEMBER, arrive, close, depart, month_of


@pytest.fixture(autouse=True)
def tenth_of_november():
    with time_machine.travel("2025-11-10 09:00+08:00"):
        yield


@pytest.fixture
def child(school):
    student = make_student(school.county, "王佳怡")
    enrol(student, school, 3)
    return student


def counts_in(movement):
    return movement.period.month.month


def test_fact_counts_in_the_first_month_whose_cut_off_it_does_not_pass(child, clerk):
    assert month_of(child.enrolments.get().school, OCTOBER).cut_off == dt.date(2025, 10, 1)

    movement = depart(child, clerk, dt.date(2025, 10, 1))

    assert counts_in(movement) == OCTOBER
    assert movement.late_for is None


def test_fact_of_the_day_after_the_cut_off_counts_in_the_next_month(child, clerk):
    assert counts_in(depart(child, clerk, dt.date(2025, 10, 2))) == NOVEMBER


def test_late_fact_counts_in_the_open_month_and_names_the_month_it_is_late_for(child, school, clerk):
    close(school, SEPTEMBER, OCTOBER)

    movement = depart(child, clerk, dt.date(2025, 9, 20))

    assert counts_in(movement) == NOVEMBER
    assert movement.late_for == OCTOBER


def test_fact_of_its_own_month_is_not_late(child, school, clerk):
    close(school, SEPTEMBER, OCTOBER)

    assert depart(child, clerk, dt.date(2025, 10, 20)).late_for is None


def test_fact_moves_on_from_a_month_without_return(child, school, clerk):
    with time_machine.travel("2026-03-10 09:00+08:00"):
        movement = depart(child, clerk, dt.date(2026, 1, 20))

    assert month_of(school, dt.date(2026, 2, 1)).requirement == "none"
    assert counts_in(movement) == dt.date(2026, 3, 1)
    assert movement.late_for is None


def test_later_fact_of_a_child_never_counts_in_an_earlier_month(child, school, clerk):
    first = depart(child, clerk, dt.date(2025, 10, 20))
    second = arrive(child, school, clerk, dt.date(2025, 10, 1))

    assert counts_in(first) == NOVEMBER
    assert counts_in(second) == NOVEMBER


def test_booking_without_a_month_left_is_refused_and_books_nothing(child, clerk):
    ReportingMonth.objects.filter(cut_off__gte=dt.date(2025, 10, 1)).update(requirement="none")

    with pytest.raises(StepRefused, match="填报日历里没有可以记入的月份"):
        depart(child, clerk, dt.date(2025, 10, 20))

    assert not Movement.objects.exists()
    assert current_enrolment(child) is not None


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (dt.date(2025, 11, 11), "在今天之后"),
        (dt.date(2023, 1, 1), "超过一年"),
    ],
)
def test_impossible_day_is_refused(child, clerk, day, message):
    with pytest.raises(StepRefused, match=message):
        depart(child, clerk, day)

    assert not Movement.objects.exists()


def test_day_before_the_child_joined_is_refused(school, clerk):
    student = make_student(school.county, "马思齐")
    arrive(student, school, clerk, dt.date(2025, 10, 20))

    with pytest.raises(StepRefused, match="早于 马思齐 的入校日期 2025年10月20日"):
        depart(student, clerk, dt.date(2025, 10, 19))


def test_departure_ends_the_enrolment_and_writes_one_entry(child, school, clerk):
    movement = depart(child, clerk, dt.date(2025, 10, 20))

    assert Enrolment.objects.get(student=child).left_on == dt.date(2025, 10, 20)
    entry = AuditEntry.objects.get()
    assert entry.verb == "movement.transfer_out"
    assert (entry.school_id, entry.student_id, entry.target_id) == (school.pk, child.pk, str(movement.pk))
    assert "计入2025年11月" in entry.summary


def test_clerk_of_another_school_may_not_book(child, school, other_clerk):
    with pytest.raises(NotPermitted, match="本校填报员"):
        depart(child, other_clerk, dt.date(2025, 10, 20))
    with pytest.raises(NotPermitted):
        arrive(make_student(school.county), school, other_clerk, dt.date(2025, 10, 20))

    assert not Movement.objects.exists()
    assert not AuditEntry.objects.exists()


def test_principal_may_not_book(child, principal):
    with pytest.raises(NotPermitted):
        depart(child, principal, dt.date(2025, 10, 20))


def test_child_on_a_roll_cannot_arrive_elsewhere(child, other_school, other_clerk):
    with pytest.raises(StepRefused, match="已有学籍。请走“转学对接”"):
        arrive(child, other_school, other_clerk, dt.date(2025, 10, 20))

    assert current_enrolment(child).school != other_school


def test_class_of_another_school_or_grade_is_refused(child, school, other_school, clerk):
    student = make_student(school.county)
    elsewhere, upstairs = make_klass(other_school, 3), make_klass(school, 4)
    for klass, message in ((elsewhere, "不是"), (upstairs, "不在所选的年级")):
        with pytest.raises(StepRefused, match=message):
            record_arrival(
                student,
                school,
                MovementKind.ADDED,
                grade=3,
                klass=klass,
                fact=Fact(dt.date(2025, 10, 20), "missed"),
                actor=clerk,
            )

    assert not Movement.objects.exists()


def test_retained_child_is_a_pair_in_one_month(child, school, clerk):
    klass = make_klass(school, 2)

    minus, plus = change_grade(
        child,
        MovementKind.RETAINED,
        to_grade=2,
        klass=klass,
        fact=Fact(dt.date(2025, 10, 20), "illness"),
        actor=clerk,
    )

    assert (minus.sign, minus.grade, plus.sign, plus.grade) == (-1, 3, 1, 2)
    assert minus.pair == plus.pair is not None
    assert minus.period == plus.period
    assert {minus.column, plus.column} == {"other"}
    now = current_enrolment(child)
    assert (now.grade, now.klass) == (2, klass)


@pytest.mark.parametrize("to_grade", [3, 1, 4])
def test_retained_child_goes_down_exactly_one_grade(child, clerk, to_grade):
    with pytest.raises(StepRefused, match="留级降一个年级"):
        change_grade(
            child,
            MovementKind.RETAINED,
            to_grade=to_grade,
            klass=None,
            fact=Fact(dt.date(2025, 10, 20), "illness"),
            actor=clerk,
        )

    assert not Movement.objects.exists()


def test_child_of_the_lowest_grade_cannot_be_retained(school, clerk):
    student = make_student(school.county)
    enrol(student, school, 1)

    with pytest.raises(StepRefused, match="没有这个年级"):
        change_grade(
            student,
            MovementKind.RETAINED,
            to_grade=0,
            klass=None,
            fact=Fact(dt.date(2025, 10, 20), "illness"),
            actor=clerk,
        )


def test_new_child_person_enrolment_and_plus_in_one_entry(school, clerk):
    person = {
        "name": "高念",
        "sex": "2",
        "birth_date": dt.date(2018, 5, 1),
        "id_number": "",
        "no_id_reason": "户口正在办理",
        "id_type": "Z",
    }
    token = uuid.uuid4()
    fact = Fact(dt.date(2025, 10, 20), "missed", token=token)

    movement = record_new_child(
        person, school, MovementKind.ADDED, grade=1, klass=None, fact=fact, actor=clerk
    )

    assert movement.uuid == token
    assert movement.student.name == "高念"
    assert current_enrolment(movement.student).school == school
    assert AuditEntry.objects.count() == 1


def test_second_child_without_number_of_the_same_name_and_birth_date_is_refused(school, clerk):
    person = {
        "name": "高念",
        "sex": "2",
        "birth_date": dt.date(2018, 5, 1),
        "id_number": "",
        "no_id_reason": "户口正在办理",
        "id_type": "Z",
    }
    said = {"grade": 1, "klass": None, "fact": Fact(dt.date(2025, 10, 20), "missed"), "actor": clerk}
    record_new_child(person, school, MovementKind.ADDED, **said)

    with pytest.raises(StepRefused, match="同一名学生不要重复登记"):
        record_new_child(person, school, MovementKind.ADDED, **said)

    assert Student.objects.filter(name="高念").count() == 1


def test_same_token_books_one_departure(child, clerk):
    token = uuid.uuid4()

    first = depart(child, clerk, dt.date(2025, 10, 20), token=token)
    second = depart(child, clerk, dt.date(2025, 10, 20), token=token)

    assert first.pk == second.pk
    assert Movement.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_same_token_books_one_change_of_grade(child, clerk):
    fact = Fact(dt.date(2025, 10, 20), "ability", token=uuid.uuid4())
    said = {"to_grade": 4, "klass": None, "fact": fact, "actor": clerk}

    first = change_grade(child, MovementKind.SKIPPED, **said)
    second = change_grade(child, MovementKind.SKIPPED, **said)

    assert [half.pk for half in first] == [half.pk for half in second]
    assert Movement.objects.count() == 2


def test_token_of_another_childs_fact_is_refused(child, school, clerk):
    token = uuid.uuid4()
    other = make_student(school.county, "李小明")
    enrol(other, school, 3)
    depart(child, clerk, dt.date(2025, 10, 20), token=token)

    with pytest.raises(StalePage):
        depart(other, clerk, dt.date(2025, 10, 20), token=token)

    assert current_enrolment(other) is not None
    assert Movement.objects.count() == 1


def test_second_departure_without_token_is_refused(child, clerk):
    depart(child, clerk, dt.date(2025, 10, 20))

    with pytest.raises(StepRefused, match="现在没有学籍"):
        depart(child, clerk, dt.date(2025, 10, 20))


def test_fact_from_an_old_reading_of_the_enrolment_is_refused(child, clerk, monkeypatch):
    stale = current_enrolment(child)
    change_grade(
        child,
        MovementKind.SKIPPED,
        to_grade=4,
        klass=None,
        fact=Fact(dt.date(2025, 10, 20), "ability"),
        actor=clerk,
    )
    monkeypatch.setattr("students.actions.movements.current_enrolment", lambda student: stale)

    with pytest.raises(StalePage, match="刚刚被别人改过"):
        record_departure(child, MovementKind.DEATH, fact=Fact(dt.date(2025, 10, 21), "illness"), actor=clerk)

    assert Movement.objects.filter(kind=MovementKind.DEATH).count() == 0
    assert current_enrolment(child).grade == 4


def test_teaching_points_top_grade_after_the_rollover_counts_nowhere(county, clerk):
    point = make_school(county, SchoolKind.TEACHING_POINT)
    actor = make_user(county, Role.CLERK, point)
    student = make_student(county)
    enrol(student, point, 3, year=2024)

    with time_machine.travel("2025-09-05 09:00+08:00"):
        movement = depart(student, actor, dt.date(2025, 8, 20))

    assert movement.period is None
    assert movement.counting_grade is None
