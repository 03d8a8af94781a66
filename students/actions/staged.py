"""Facts of a closed month, made only when a correction of that month is accepted (ledger.md REOPEN)."""

import datetime as dt

from django.utils import timezone

from accounts.models import User
from accounts.workflow import StepRefused
from schools.calendar import school_year_of
from schools.models import School
from students.actions.absences import end_for_departure
from students.models import PLUS_KINDS, Enrolment, Movement, MovementKind, RollPeriod, Student
from students.queries import current_enrolment, latest_counted_month, latest_live_movement, roll_year


def refuse_unless_latest(movement: Movement, halves: list[Movement]) -> None:
    """Only for children without later facts."""
    latest = latest_live_movement(movement.student)
    if latest is None or latest.pk not in {half.pk for half in halves}:
        raise StepRefused(
            f"{movement.student.name} 后来还有别的异动，不能在这次更正里改。请在当前月份用“更正”办。"
        )


def refuse_unless_movable(student: Student, school: School, sign: int, month: dt.date) -> None:
    """Only for children without later facts, who are (−) or are not (+) on the roll."""
    latest = latest_counted_month(student)
    if latest is not None and latest > month:
        raise StepRefused(f"{student.name} 后来还有别的异动，不能补记到这个月。请在当前月份登记。")
    enrolment = current_enrolment(student)
    if sign > 0 and enrolment is not None:
        raise StepRefused(f"{student.name} 已有学籍，不能再补记进来。")
    if sign < 0 and (enrolment is None or enrolment.school_id != school.pk):
        raise StepRefused(f"{student.name} 不在本校名册上，不能补记离校。")


def add_in_closed_month(
    student: Student,
    period: RollPeriod,
    kind: MovementKind,
    *,
    grade: int,
    happened_on: dt.date,
    reason_code: str,
    recorded_by: User,
    counterpart_text: str = "",
    reason_text: str = "",
) -> Movement:
    """Book the movement in exactly this period; *grade* is the counting grade. Callers are inside ``audited``."""
    school, year = period.school, school_year_of(period.month.month)
    sign = 1 if kind in PLUS_KINDS else -1
    if sign > 0:
        enrolment = _enrol(student, school, grade, year, happened_on)
    else:
        enrolment = Enrolment.objects.get(student=student, left_on__isnull=True)
        spell = end_for_departure(enrolment, happened_on, recorded_by)
        Enrolment.objects.filter(pk=enrolment.pk).update(left_on=max(happened_on, enrolment.joined_on))
    return Movement.objects.create(
        student=student,
        school=school,
        enrolment=enrolment,
        kind=kind,
        sign=sign,
        grade=grade,
        grade_year=year,
        klass_label=str(enrolment.klass or ""),
        happened_on=happened_on,
        period=period,
        counting_grade=grade,
        reason_code=reason_code,
        reason_text=reason_text[:200],
        counterpart_text=counterpart_text,
        ended_absence=spell if sign < 0 else None,
        recorded_by=recorded_by,
    )


def _enrol(student: Student, school: School, grade: int, year: int, joined_on: dt.date) -> Enrolment:
    """A plus in a closed month: the child is on the roll now too, in the grade of today's roll year."""
    now = grade + roll_year(school.county) - year
    if now > school.last_grade:
        return Enrolment.objects.create(
            student=student,
            school=school,
            grade=school.last_grade,
            grade_year=year,
            joined_on=joined_on,
            left_on=timezone.localdate(),
            graduated=True,
        )
    return Enrolment.objects.create(
        student=student, school=school, grade=now, grade_year=roll_year(school.county), joined_on=joined_on
    )
