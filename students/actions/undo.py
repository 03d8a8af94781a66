"""Undoing the child's latest live fact: void while the month is open, 更正 afterwards (ledger.md UNDO)."""

import datetime as dt
import uuid
from contextlib import AbstractContextManager

from django.db import IntegrityError
from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from schools.models import Role, School
from schools.permissions import capacity
from students.actions.absences import reopen_after_undo
from students.actions.periods import Booking, book, lock_if_open
from students.models import Enrolment, Movement, MovementKind, PeriodState
from students.permissions import may_record, require
from students.queries import latest_counted_month, latest_live_movement, live_movements, roll_year

RECORDS_HERE = "撤销异动由登记这笔异动的学校填报员办。"


def halves_of(movement: Movement) -> list[Movement]:
    """All live halves of the same fact, in the order they were booked."""
    if movement.pair is None:
        return [movement]
    return list(
        live_movements()
        .filter(pair=movement.pair)
        .select_related("school", "student", "enrolment", "period__month")
        .order_by("pk")
    )


def can_be_voided(movement: Movement) -> bool:
    """Whether every month the fact counts in is still open."""
    return all(half.period is None or half.period.state == PeriodState.OPEN for half in halves_of(movement))


def undo_movement(
    movement: Movement, *, reason: str, actor: User, happened_on: dt.date | None = None
) -> list[Movement]:
    """Void the fact if its month is open, else book 更正 of opposite sign for every half.

    Only the child's latest live fact. Returns the corrections booked (none if voided).
    """
    halves = halves_of(movement)
    require(any(may_record(actor, half.school) for half in halves), RECORDS_HERE)
    if not reason.strip():
        raise StepRefused("撤销要写明原因。")
    _refuse_undone(movement)
    try:
        return _undo(movement, halves, reason.strip(), actor, happened_on or timezone.localdate())
    except IntegrityError as error:
        raise StalePage("这名学生的学籍刚刚被别人改过，这次没有撤销。请刷新后再看。") from error


def _undo(
    movement: Movement, halves: list[Movement], reason: str, actor: User, happened_on: dt.date
) -> list[Movement]:
    with _audit(actor, "movement.undo", movement.school) as entry:
        latest = latest_live_movement(movement.student)
        if latest is None or latest.pk not in {half.pk for half in halves}:
            raise StepRefused("这名学生后来还有别的异动。请先从最近的一笔撤起。")
        entry.about(movement, student_id=movement.student_id)
        entry.summary = reason
        if all(half.period is None or lock_if_open(half.period) for half in halves):
            _void(halves, reason, actor)
            corrections = []
        else:
            corrections = _correct(halves, reason, actor, happened_on)
        entry.change("undone_by", None, "correction" if corrections else "void")
        _restore(halves, happened_on)
    return corrections


def _refuse_undone(movement: Movement) -> None:
    now = Movement.objects.select_related("reversed_by").get(pk=movement.pk)
    if now.voided_at is not None:
        raise StalePage(f"这笔{now.get_kind_display()}已经作废，没有重复办理。")
    if hasattr(now, "reversed_by"):
        raise StalePage(f"这笔{now.get_kind_display()}已经更正过了，没有重复办理。")


def void_halves(halves: list[Movement], reason: str, actor: User) -> None:
    """Void within an accepted correction (monitoring); callers stand inside ``audited``."""
    _void(halves, reason, actor)
    _restore(halves, timezone.localdate())


def _void(halves: list[Movement], reason: str, actor: User) -> None:
    live = Movement.objects.filter(pk__in=[half.pk for half in halves], voided_at__isnull=True)
    if live.update(voided_at=timezone.now(), voided_by=actor, void_reason=reason[:200]) != len(halves):
        raise StalePage("这笔异动刚刚被别人作废，这次没有执行。请刷新后再看。")


def _correct(halves: list[Movement], reason: str, actor: User, happened_on: dt.date) -> list[Movement]:
    if any(Movement.objects.filter(reverses=half).exists() for half in halves):
        raise StepRefused("这笔异动已经更正过了。")
    booking = book(
        [half.school for half in halves],
        happened_on,
        not_before=latest_counted_month(halves[0].student),
        grades=[(half.grade, half.grade_year, half.school.first_grade) for half in halves],
    )
    pair = uuid.uuid4() if len(halves) > 1 else None
    # The minus comes first, so that the child is never on two rolls and the last half says where the child is.
    backwards = sorted(halves, key=lambda half: -half.sign)
    return [_reverse(half, booking, reason, actor, happened_on, pair) for half in backwards]


def _reverse(
    half: Movement, booking: Booking, reason: str, actor: User, happened_on: dt.date, pair: uuid.UUID | None
) -> Movement:
    grade = booking.counting_grade(half.grade, half.grade_year)
    # What counted nowhere is reversed nowhere.
    counts = half.period is not None and half.school.first_grade <= grade <= half.school.last_grade
    return Movement.objects.create(
        student=half.student,
        school=half.school,
        enrolment=half.enrolment,
        kind=MovementKind.CORRECTION,
        sign=-half.sign,
        grade=half.grade,
        grade_year=half.grade_year,
        klass_label=half.klass_label,
        happened_on=happened_on,
        period=booking.periods[half.school_id] if counts else None,
        counting_grade=grade if counts else None,
        pair=pair,
        reverses=half,
        reason_code="mistake",
        reason_text=f"更正{half.happened_on:%-m月%-d日}的{half.get_kind_display()}：{reason}"[:200],
        counterpart_school=half.counterpart_school,
        counterpart_text=half.counterpart_text,
        recorded_by=actor,
    )


def _restore(halves: list[Movement], today: dt.date) -> None:
    """Put the enrolment back to what it was before the fact."""
    for half in sorted(halves, key=lambda one: -one.sign):
        enrolment = Enrolment.objects.select_related("school__county").get(pk=half.enrolment_id)
        same_enrolment = sum(other.enrolment_id == half.enrolment_id for other in halves) > 1
        if same_enrolment:
            if half.sign < 0:
                _set_grade(enrolment, half.grade, half.grade_year)
        elif half.sign > 0:
            Enrolment.objects.filter(pk=enrolment.pk, left_on__isnull=True).update(
                left_on=max(today, enrolment.joined_on)
            )
        else:
            _come_back(enrolment, half)


def _come_back(enrolment: Enrolment, half: Movement) -> None:
    grade = half.grade + roll_year(enrolment.school.county) - half.grade_year
    if grade > enrolment.school.last_grade:
        # The rollover came in between and would have taken the child out at the top grade.
        Enrolment.objects.filter(pk=enrolment.pk).update(graduated=True)
        return
    Enrolment.objects.filter(pk=enrolment.pk).update(left_on=None, graduated=False)
    _set_grade(enrolment, half.grade, half.grade_year)
    if half.ended_absence is not None:
        reopen_after_undo(half.ended_absence)


def _set_grade(enrolment: Enrolment, grade: int, grade_year: int) -> None:
    year = roll_year(enrolment.school.county)
    now = grade + year - grade_year
    if enrolment.school.first_grade <= now <= enrolment.school.last_grade:
        Enrolment.objects.filter(pk=enrolment.pk).update(grade=now, grade_year=year)


def _audit(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        verb,
        county_id=school.county_id,
        capacity=capacity(actor, Role.CLERK, school),
        school_id=school.pk,
    )
