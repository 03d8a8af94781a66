"""Booking movements: arrivals, departures, changes of grade (ledger.md KINDS)."""

from contextlib import AbstractContextManager
from typing import Any

from accounts.audit import AuditDraft, audited
from accounts.encryption import blind_index
from accounts.models import User
from accounts.workflow import StepRefused
from schools.models import Klass, Role, School
from schools.permissions import capacity
from students.actions.booking import (
    Fact,
    add_arrival,
    add_departure,
    add_regrade,
    booked_by,
    check_date,
    check_joined,
    check_place,
    once,
    refuse_twin,
    refuse_waiting,
)
from students.actions.people import create_student
from students.models import MINUS_KINDS, PLUS_KINDS, Enrolment, Movement, MovementKind, Student
from students.permissions import may_record, require
from students.queries import current_enrolment

__all__ = [
    "Fact",
    "change_grade",
    "record_arrival",
    "record_arrival_of",
    "record_departure",
    "record_new_child",
]

# The same words whether the number or the name is wrong, and whichever school has the child.
NO_MATCH = "这个证件号码和姓名对不上县内的记录。请对照户口簿核对两项；都没有错的，请联系县局基教股。"
ELSEWHERE = "这名学生在县内已有学籍，转入要由原学校确认。请在“转学对接”里申请转入。"

RECORDS_HERE = "学籍异动由本校填报员登记。"


def record_arrival(
    student: Student,
    school: School,
    kind: MovementKind,
    *,
    grade: int,
    klass: Klass | None,
    fact: Fact,
    actor: User,
) -> Movement:
    """A child joins the roll: 转入 from outside the county, 新生入学, 补录 or 升入."""
    require(may_record(actor, school), RECORDS_HERE)
    if kind not in PLUS_KINDS:
        raise ValueError(kind)
    check_date(fact.happened_on, school)
    check_place(school, grade, klass)

    def record() -> list[Movement]:
        with _audit(actor, f"movement.{kind.value}", school) as entry:
            if current_enrolment(student) is not None:
                raise StepRefused(f"{student.name} 已有学籍。请走“转学对接”办理。")
            movement = add_arrival(student, school, kind, grade=grade, klass=klass, fact=fact, actor=actor)
            entry.about(movement, student_id=student.pk)
            entry.summary = _summary(movement)
        return [movement]

    return once(fact, actor, kind, record, student)[0]


def record_new_child(
    person: dict[str, Any],
    school: School,
    kind: MovementKind,
    *,
    grade: int,
    klass: Klass | None,
    fact: Fact,
    actor: User,
) -> Movement:
    """A child unknown to the county joins the roll: person, enrolment and plus in one transaction.

    *person* are the arguments of ``create_student``.
    """
    require(may_record(actor, school), RECORDS_HERE)
    if kind not in PLUS_KINDS:
        raise ValueError(kind)
    check_date(fact.happened_on, school)
    check_place(school, grade, klass)

    def record() -> list[Movement]:
        with _audit(actor, f"movement.{kind.value}", school) as entry:
            if not person.get("id_number"):
                refuse_twin(person["name"], person["birth_date"], school)
            child = create_student(school, actor=actor, **person)
            movement = add_arrival(child, school, kind, grade=grade, klass=klass, fact=fact, actor=actor)
            entry.about(movement, student_id=child.pk)
            entry.summary = _summary(movement)
        return [movement]

    return once(fact, actor, kind, record)[0]


def record_arrival_of(
    person: dict[str, Any], school: School, kind: MovementKind, *, actor: User, **said: Any
) -> Movement:
    """Whoever *person* is: a child known from before (full match of number and name), or a new one.

    *said* is the rest of ``record_arrival``. StepRefused in the same words whichever school has the child.
    """
    require(may_record(actor, school), RECORDS_HERE)
    known = None
    if number := person["id_number"]:
        known = Student.objects.filter(
            county_id=school.county_id, id_index=blind_index("id_number", number)
        ).first()
    if known is None:
        return record_new_child(person, school, kind, actor=actor, **said)
    if known.name != person["name"]:
        raise StepRefused(NO_MATCH)
    enrolment = current_enrolment(known)
    if enrolment is not None and enrolment.school_id != school.pk:
        raise StepRefused(ELSEWHERE)
    if enrolment is not None and not booked_by(said["fact"], actor, kind, known):
        raise StepRefused(f"{known.name} 已在本校名册上，不用再登记。")
    return record_arrival(known, school, kind, actor=actor, **said)


def record_departure(student: Student, kind: MovementKind, *, fact: Fact, actor: User) -> Movement:
    """A child leaves the roll: 转出 to outside the county, 死亡, 出国（境） or 删除."""
    if earlier := booked_by(fact, actor, kind, student):
        return earlier[0]
    enrolment = _enrolment_here(student, actor)
    if kind not in MINUS_KINDS:
        raise ValueError(kind)
    check_date(fact.happened_on, enrolment.school)
    check_joined(fact.happened_on, enrolment)

    def record() -> list[Movement]:
        with _audit(actor, f"movement.{kind.value}", enrolment.school) as entry:
            refuse_waiting(student)
            movement = add_departure(enrolment, kind, fact=fact, actor=actor)
            entry.about(movement, student_id=student.pk)
            entry.summary = _summary(movement)
        return [movement]

    return once(fact, actor, kind, record, student)[0]


def change_grade(
    student: Student, kind: MovementKind, *, to_grade: int, klass: Klass | None, fact: Fact, actor: User
) -> tuple[Movement, Movement]:
    """留级 or 跳级: a pair −, + in one school and one period."""
    if earlier := booked_by(fact, actor, kind, student):
        return earlier[0], earlier[1]
    enrolment = _enrolment_here(student, actor)
    school = enrolment.school
    check_date(fact.happened_on, school)
    check_joined(fact.happened_on, enrolment)
    expected = enrolment.grade - 1 if kind == MovementKind.RETAINED else enrolment.grade + 1
    if kind not in (MovementKind.RETAINED, MovementKind.SKIPPED) or to_grade != expected:
        raise StepRefused("留级降一个年级，跳级升一个年级。")
    check_place(school, to_grade, klass)

    def record() -> list[Movement]:
        with _audit(actor, f"movement.{kind.value}", school) as entry:
            refuse_waiting(student)
            minus, plus = add_regrade(enrolment, kind, to_grade, klass, fact=fact, actor=actor)
            entry.about(plus, student_id=student.pk)
            entry.change("grade", minus.grade, plus.grade)
            entry.summary = _summary(plus)
        return [minus, plus]

    minus, plus = once(fact, actor, kind, record, student)
    return minus, plus


def _audit(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        verb,
        county_id=school.county_id,
        capacity=capacity(actor, Role.CLERK, school),
        school_id=school.pk,
    )


def _summary(movement: Movement) -> str:
    month = f"计入{movement.period.month}" if movement.period else "不计入月报"
    return f"{movement.get_kind_display()} {movement.happened_on:%Y-%m-%d} {month}"


def _enrolment_here(student: Student, actor: User) -> Enrolment:
    enrolment = current_enrolment(student)
    if enrolment is None:
        raise StepRefused(f"{student.name} 现在没有学籍，不能登记。")
    require(may_record(actor, enrolment.school), RECORDS_HERE)
    return enrolment
