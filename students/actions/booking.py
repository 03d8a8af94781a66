"""The halves of a fact: what every booking of a movement stores, checks and refuses. No audit of its own."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from schools.models import Klass, School
from students.actions.absences import end_for_departure
from students.actions.periods import Booking, book
from students.models import Absence, Enrolment, Movement, MovementKind, Student, Transfer, TransferState
from students.proofs import missing_proofs
from students.queries import latest_counted_month, roll_year


@dataclass(frozen=True)
class Fact:
    """What a person says about a movement: when, why, from or to where, and whether papers are missing.

    *token* belongs to one opening of a form: the fact takes it as its UUID, so that a second press
    of the same button finds the fact instead of booking another.
    """

    happened_on: dt.date
    reason_code: str
    reason_text: str = ""
    counterpart_school: School | None = None
    counterpart_text: str = ""
    evidence_pending: bool = False
    token: uuid.UUID | None = None


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
            [school],
            fact.happened_on,
            not_before=latest_counted_month(student),
            grades=[(grade, year, school.first_grade)],
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
            grades=[(enrolment.grade, enrolment.grade_year, enrolment.school.first_grade)],
        )
    spell = end_for_departure(enrolment, fact.happened_on, actor)
    movement = _store(
        enrolment, kind, -1, fact=fact, booking=booking, actor=actor, pair=pair, ended_absence=spell
    )
    left_on = max(fact.happened_on, enrolment.joined_on)
    _change_enrolment(enrolment, left_on=left_on)
    enrolment.left_on = left_on
    return movement


def _change_enrolment(enrolment: Enrolment, **values: object) -> None:
    """Compare-and-set: of two facts booked from the same reading of an enrolment only one stands."""
    unchanged = Enrolment.objects.filter(
        pk=enrolment.pk, left_on__isnull=True, grade=enrolment.grade, grade_year=enrolment.grade_year
    )
    if not unchanged.update(**values):
        raise StalePage(f"{enrolment.student.name} 的学籍刚刚被别人改过，这次没有登记。请刷新后再看。")


def add_both_halves(
    transfer: Transfer,
    enrolment: Enrolment,
    grade: int,
    klass: Klass | None,
    arrived_on: dt.date,
    actor: User,
) -> tuple[Movement, Movement]:
    """转出 and 转入 of a confirmed transfer, in one month that is open for both schools."""
    schools = [transfer.from_school, transfer.to_school]
    booking = book(
        schools,
        arrived_on,
        not_before=latest_counted_month(transfer.student),
        grades=[
            (enrolment.grade, enrolment.grade_year, enrolment.school.first_grade),
            (grade, roll_year(transfer.to_school.county), transfer.to_school.first_grade),
        ],
    )
    # The school that began it brings the application; the other one need not be reminded of it.
    brings = transfer.begun_at_school if missing_proofs(transfer) else None

    def seen_from(counterpart: School, reason_code: str) -> Fact:
        return Fact(
            arrived_on,
            reason_code,
            transfer.reason_text,
            counterpart_school=counterpart,
            counterpart_text=counterpart.name,
            evidence_pending=brings is not None and brings != counterpart,
        )

    out = add_departure(
        enrolment,
        MovementKind.TRANSFER_OUT,
        fact=seen_from(transfer.to_school, transfer.reason_code),
        actor=actor,
        booking=booking,
        pair=transfer.pair,
    )
    # Promoted beyond the old school's top grade the 转出 counts nowhere: then this is 升入, not 转入,
    # so that the county's 转出 and 转入 stay equal (ledger.md PROMOTE, COUNTY).
    is_promotion = out.period is None
    into = add_arrival(
        transfer.student,
        transfer.to_school,
        MovementKind.PROMOTED_IN if is_promotion else MovementKind.TRANSFER_IN,
        grade=grade,
        klass=klass,
        fact=seen_from(transfer.from_school, "promotion" if is_promotion else transfer.reason_code),
        actor=actor,
        booking=booking,
        pair=transfer.pair,
    )
    if out.period is not None and into.period is None:
        raise StepRefused(f"{transfer.to_school.name} 在计入月份没有对应的年级，请核对年级。")
    return out, into


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
        uuid=fact.token or uuid.uuid4(),
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


def add_regrade(
    enrolment: Enrolment, kind: MovementKind, to_grade: int, klass: Klass | None, *, fact: Fact, actor: User
) -> tuple[Movement, Movement]:
    booking = book(
        [enrolment.school],
        fact.happened_on,
        not_before=latest_counted_month(enrolment.student),
        grades=[
            (grade, enrolment.grade_year, enrolment.school.first_grade)
            for grade in (enrolment.grade, to_grade)
        ],
    )
    pair = uuid.uuid4()
    minus = _store(enrolment, kind, -1, fact=fact, booking=booking, actor=actor, pair=pair)
    _change_enrolment(enrolment, grade=to_grade, klass=klass)
    enrolment.grade, enrolment.klass = to_grade, klass
    second_half = replace(fact, token=None)
    plus = _store(enrolment, kind, 1, fact=second_half, booking=booking, actor=actor, pair=pair)
    return minus, plus


def booked_by(fact: Fact, actor: User, kind: MovementKind, student: Student | None = None) -> list[Movement]:
    """What an earlier press of the same form booked, all halves; [] if nothing."""
    if fact.token is None:
        return []
    first = Movement.objects.filter(uuid=fact.token, recorded_by=actor, kind=kind).first()
    if first is None or (student is not None and first.student_id != student.pk):
        return []
    return [first] if first.pair is None else list(Movement.objects.filter(pair=first.pair).order_by("pk"))


def once(
    fact: Fact,
    actor: User,
    kind: MovementKind,
    record: Callable[[], list[Movement]],
    student: Student | None = None,
) -> list[Movement]:
    """Book, unless the same form was already booked: a double click makes one fact."""
    if earlier := booked_by(fact, actor, kind, student):
        return earlier
    try:
        return record()
    except (IntegrityError, StepRefused) as problem:
        # The other click may have been faster.
        if earlier := booked_by(fact, actor, kind, student):
            return earlier
        if isinstance(problem, StepRefused):
            raise
        raise StalePage("刚才有人同时登记了这名学生，这次没有登记。请刷新后再看。") from problem


def check_date(day: dt.date, school: School) -> None:
    today = timezone.localdate()
    if day > today:
        raise StepRefused(f"发生日期 {day:%Y年%-m月%-d日} 在今天之后。请填已经发生的日期。")
    if (today - day).days > 400:
        raise StepRefused(f"发生日期 {day:%Y年%-m月%-d日} 超过一年。请核对年份。")
    if day < school.opened_on:
        raise StepRefused(f"发生日期早于学校开办日期 {school.opened_on:%Y年%-m月%-d日}。请核对日期。")


def check_joined(day: dt.date, enrolment: Enrolment) -> None:
    # Of a child of the base roster only the year of joining is sure.
    if enrolment.base_grade is None and day < enrolment.joined_on:
        raise StepRefused(
            f"发生日期早于 {enrolment.student.name} 的入校日期 {enrolment.joined_on:%Y年%-m月%-d日}。请核对日期。"
        )


def check_place(school: School, grade: int, klass: Klass | None) -> None:
    if grade not in school.grades:
        raise StepRefused(f"{school} 没有这个年级。请选 {school.first_grade} 到 {school.last_grade} 年级。")
    if klass is None:
        return
    if klass.school_id != school.pk or klass.closed_on is not None:
        raise StepRefused(f"{klass} 不是 {school} 现有的班。请重选班级。")
    if not klass.is_multigrade and klass.grade != grade:
        raise StepRefused(f"{klass} 不在所选的年级。请重选年级或班级。")


def refuse_twin(name: str, birth_date: dt.date, school: School) -> None:
    """Without a number only name and birth date tell whether the child is already there."""
    same = Enrolment.objects.filter(
        school=school, left_on__isnull=True, student__name=name, student__birth_date=birth_date
    )
    if same.exists():
        raise StepRefused(
            f"本校名册上已有 {birth_date:%Y年%-m月%-d日} 出生的 {name}。同一名学生不要重复登记。"
        )


def refuse_waiting(student: Student) -> None:
    """A child on the way to another school of the county leaves by that transfer or not at all."""
    if Transfer.objects.filter(student=student, state=TransferState.WAITING).exists():
        raise StepRefused(f"{student.name} 有一笔县内转学在等对方确认，请先撤回那一笔。")
