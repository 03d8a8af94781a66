"""Booking movements: arrivals, departures, changes of grade (ledger.md KINDS)."""

import datetime as dt
import uuid
from dataclasses import dataclass, replace

from django.utils import timezone

from accounts.audit import audited
from accounts.models import User
from accounts.workflow import StepRefused
from schools.models import Klass, Role, School
from schools.permissions import capacity
from students.actions.absences import end_for_departure
from students.actions.periods import Booking, book
from students.models import (
    MINUS_KINDS,
    PLUS_KINDS,
    Absence,
    Enrolment,
    Movement,
    MovementKind,
    Student,
    Transfer,
    TransferState,
)
from students.permissions import may_record, require
from students.queries import current_enrolment, latest_counted_month, roll_year

RECORDS_HERE = "学籍异动由本校填报员登记。"


@dataclass(frozen=True)
class Fact:
    """What a person says about a movement: when, why, from or to where, and whether papers are missing."""

    happened_on: dt.date
    reason_code: str
    reason_text: str = ""
    counterpart_school: School | None = None
    counterpart_text: str = ""
    evidence_pending: bool = False


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
    _check_date(fact.happened_on, school)
    _check_grade(school, grade)
    with _audit(actor, f"movement.{kind.value}", school) as entry:
        if current_enrolment(student) is not None:
            raise StepRefused(f"{student.name} 已有学籍。请走“转学对接”办理。")
        movement = add_arrival(student, school, kind, grade=grade, klass=klass, fact=fact, actor=actor)
        entry.about(movement, student_id=student.pk)
        entry.summary = _summary(movement)
    return movement


def record_departure(student: Student, kind: MovementKind, *, fact: Fact, actor: User) -> Movement:
    """A child leaves the roll: 转出 to outside the county, 死亡, 出国（境） or 删除."""
    enrolment = _enrolment_here(student, actor)
    if kind not in MINUS_KINDS:
        raise ValueError(kind)
    _check_date(fact.happened_on, enrolment.school)
    with _audit(actor, f"movement.{kind.value}", enrolment.school) as entry:
        if Transfer.objects.filter(student=student, state=TransferState.WAITING).exists():
            raise StepRefused(f"{student.name} 有一笔县内转学在等对方确认，请先撤回那一笔。")
        movement = add_departure(enrolment, kind, fact=fact, actor=actor)
        entry.about(movement, student_id=student.pk)
        entry.summary = _summary(movement)
    return movement


def change_grade(
    student: Student, kind: MovementKind, *, to_grade: int, klass: Klass | None, fact: Fact, actor: User
) -> tuple[Movement, Movement]:
    """留级 or 跳级: a pair −, + in one school and one period."""
    enrolment = _enrolment_here(student, actor)
    _check_date(fact.happened_on, enrolment.school)
    _check_grade(enrolment.school, to_grade)
    expected = enrolment.grade - 1 if kind == MovementKind.RETAINED else enrolment.grade + 1
    if kind not in (MovementKind.RETAINED, MovementKind.SKIPPED) or to_grade != expected:
        raise StepRefused("留级降一个年级，跳级升一个年级。")
    with _audit(actor, f"movement.{kind.value}", enrolment.school) as entry:
        booking = book(
            [enrolment.school],
            fact.happened_on,
            not_before=latest_counted_month(student),
            grades=[(enrolment.grade, enrolment.grade_year), (to_grade, enrolment.grade_year)],
        )
        pair = uuid.uuid4()
        minus = _store(enrolment, kind, -1, fact=fact, booking=booking, actor=actor, pair=pair)
        Enrolment.objects.filter(pk=enrolment.pk).update(grade=to_grade, klass=klass)
        enrolment.grade, enrolment.klass = to_grade, klass
        plus = _store(enrolment, kind, 1, fact=fact, booking=booking, actor=actor, pair=pair)
        entry.about(plus, student_id=student.pk)
        entry.change("grade", minus.grade, plus.grade)
    return minus, plus


def add_arrival(
    student: Student,
    school: School,
    kind: MovementKind,
    *,
    grade: int,
    klass: Klass | None,
    fact: Fact,
    actor: User,
    booking: Booking | None = None,
    pair: uuid.UUID | None = None,
) -> Movement:
    """Enrolment and its plus; callers have checked who may and stand inside ``audited``."""
    year = roll_year(school.county)
    if booking is None:
        booking = book(
            [school], fact.happened_on, not_before=latest_counted_month(student), grades=[(grade, year)]
        )
    enrolment = Enrolment.objects.create(
        student=student, school=school, klass=klass, grade=grade, grade_year=year, joined_on=fact.happened_on
    )
    return _store(enrolment, kind, 1, fact=fact, booking=booking, actor=actor, pair=pair)


def add_departure(
    enrolment: Enrolment,
    kind: MovementKind,
    *,
    fact: Fact,
    actor: User,
    booking: Booking | None = None,
    pair: uuid.UUID | None = None,
) -> Movement:
    """The minus, the end of the enrolment and of an open spell; callers stand inside ``audited``."""
    if booking is None:
        booking = book(
            [enrolment.school],
            fact.happened_on,
            not_before=latest_counted_month(enrolment.student),
            grades=[(enrolment.grade, enrolment.grade_year)],
        )
    spell = end_for_departure(enrolment, fact.happened_on, actor)
    movement = _store(
        enrolment, kind, -1, fact=fact, booking=booking, actor=actor, pair=pair, ended_absence=spell
    )
    left_on = max(fact.happened_on, enrolment.joined_on)
    Enrolment.objects.filter(pk=enrolment.pk).update(left_on=left_on)
    enrolment.left_on = left_on
    return movement


def _store(
    enrolment: Enrolment,
    kind: MovementKind,
    sign: int,
    *,
    fact: Fact,
    booking: Booking,
    actor: User,
    pair: uuid.UUID | None = None,
    ended_absence: Absence | None = None,
) -> Movement:
    grade = booking.counting_grade(enrolment.grade, enrolment.grade_year)
    # Beyond the top grade it counts nowhere: the child has left the base by the rollover (ledger.md PROMOTE).
    counts = enrolment.school.first_grade <= grade <= enrolment.school.last_grade
    return Movement.objects.create(
        student=enrolment.student,
        school=enrolment.school,
        enrolment=enrolment,
        kind=kind,
        sign=sign,
        grade=enrolment.grade,
        grade_year=enrolment.grade_year,
        klass_label=str(enrolment.klass or ""),
        happened_on=fact.happened_on,
        period=booking.periods[enrolment.school_id] if counts else None,
        counting_grade=grade if counts else None,
        late_for=booking.late_for,
        pair=pair,
        reason_code=fact.reason_code,
        reason_text=fact.reason_text,
        counterpart_school=fact.counterpart_school,
        counterpart_text=fact.counterpart_text,
        evidence_pending=fact.evidence_pending,
        ended_absence=ended_absence,
        recorded_by=actor,
    )


def with_counterpart(fact: Fact, school: School) -> Fact:
    """The same fact seen from the other school."""
    return replace(fact, counterpart_school=school, counterpart_text=school.name)


def _audit(actor: User, verb: str, school: School):  # type: ignore[no-untyped-def]  # noqa: ANN202
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


def _check_date(day: dt.date, school: School) -> None:
    today = timezone.localdate()
    if day > today:
        raise StepRefused(f"发生日期 {day:%Y年%-m月%-d日} 在今天之后。请填已经发生的日期。")
    if (today - day).days > 400:
        raise StepRefused(f"发生日期 {day:%Y年%-m月%-d日} 超过一年。请核对年份。")
    if day < school.opened_on:
        raise StepRefused(f"发生日期早于学校开办日期 {school.opened_on:%Y年%-m月%-d日}。请核对日期。")


def _check_grade(school: School, grade: int) -> None:
    if grade not in school.grades:
        raise StepRefused(f"{school} 没有这个年级。请选 {school.first_grade} 到 {school.last_grade} 年级。")
