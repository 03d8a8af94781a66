"""The in-county transfer: begun by either school, confirmed by the other, both halves in one month."""

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from schools.models import Klass, Role, School
from schools.permissions import capacity
from students.actions.absences import add_absence
from students.actions.booking import add_both_halves, check_date, check_joined, check_place
from students.models import (
    AbsenceKind,
    Enrolment,
    Movement,
    Student,
    Transfer,
    TransferSide,
    TransferState,
)
from students.permissions import may_record, require
from students.queries import current_enrolment, open_absence

# The asking school must not learn from a refusal which school the child is at.
ANSWERED_THERE = "这笔转学由对方学校的填报员答复。"


def begin_transfer_out(
    student: Student,
    to_school: School,
    *,
    last_attended_on: dt.date,
    grade: int,
    reason_code: str,
    actor: User,
    reason_text: str = "",
) -> Transfer:
    """The old school says where the child goes; 转学途中 from the day after the last attended one."""
    enrolment = _current(student)
    require(may_record(actor, enrolment.school), "登记转出由学生所在学校的填报员办。")
    if last_attended_on > timezone.localdate():
        raise StepRefused("最后在校日在今天之后。请在学生离校以后登记。")
    check_joined(last_attended_on, enrolment)
    if earlier := _begun_before(enrolment, to_school, TransferSide.FROM, actor):
        return earlier
    with _audit(actor, "transfer.begin_out", enrolment.school) as entry:
        transfer = _begin(
            enrolment,
            to_school,
            TransferSide.FROM,
            grade=grade,
            reason_code=reason_code,
            reason_text=reason_text,
            actor=actor,
        )
        _mark_in_transfer(transfer, enrolment, last_attended_on, actor)
        entry.about(transfer, student_id=student.pk)
        entry.summary = f"转往 {to_school.name}，等对方确认"
    return transfer


def begin_transfer_in(
    student: Student, to_school: School, *, grade: int, reason_code: str, actor: User, reason_text: str = ""
) -> Transfer:
    """The new school asks for the child; nothing changes until the old one confirms."""
    require(may_record(actor, to_school), "登记转入由接收学校的填报员办。")
    enrolment = _current(student)
    if earlier := _begun_before(enrolment, to_school, TransferSide.TO, actor):
        return earlier
    with _audit(actor, "transfer.begin_in", to_school) as entry:
        transfer = _begin(
            enrolment,
            to_school,
            TransferSide.TO,
            grade=grade,
            reason_code=reason_code,
            reason_text=reason_text,
            actor=actor,
        )
        entry.about(transfer, student_id=student.pk)
        entry.summary = "申请转入，等原学校确认"
    return transfer


def confirm_transfer(
    transfer: Transfer,
    *,
    actor: User,
    seen_revision: int,
    arrived_on: dt.date,
    klass: Klass | None = None,
    grade: int | None = None,
) -> tuple[Movement, Movement]:
    """The other school confirms: 转出 and 转入 are booked together, in one month open for both.

    *arrived_on* is the first day at the new school. The old school confirms a transfer begun by
    the new one with the same date: the day after the last attended day.
    """
    require(may_record(actor, transfer.waiting_for), ANSWERED_THERE)
    check_date(arrived_on, transfer.to_school)
    if transfer.last_attended_on and arrived_on <= transfer.last_attended_on:
        raise StepRefused(f"到校日期要晚于最后在校日 {transfer.last_attended_on:%-m月%-d日}。请核对。")
    check_place(transfer.to_school, grade or transfer.grade, klass)
    if earlier := _confirmed_before(transfer, actor, seen_revision):
        return earlier
    with _audit(actor, "transfer.confirm", transfer.waiting_for) as entry:
        _decide(transfer, TransferState.CONFIRMED, actor, seen_revision, arrived_on=arrived_on)
        enrolment = _current(transfer.student)
        if enrolment.school_id != transfer.from_school_id:
            raise StepRefused("学生已不在原学校的名册上，这笔转学不能确认。")
        check_joined(arrived_on, enrolment)
        halves = add_both_halves(transfer, enrolment, grade or transfer.grade, klass, arrived_on, actor)
        entry.about(transfer, student_id=transfer.student_id)
        entry.summary = f"{transfer.from_school.name} → {transfer.to_school.name}"
    return halves


@dataclass(frozen=True)
class Reception:
    """One line of a list that is confirmed in one press."""

    transfer: Transfer
    seen_revision: int
    arrived_on: dt.date
    klass: Klass | None = None


def confirm_many(receptions: Sequence[Reception], *, actor: User) -> tuple[int, list[str]]:
    """Confirm each that can be; (how many, why the others were passed over)."""
    confirmed, passed_over = 0, []
    for one in receptions:
        try:
            confirm_transfer(
                one.transfer,
                actor=actor,
                seen_revision=one.seen_revision,
                arrived_on=one.arrived_on,
                klass=one.klass,
            )
            confirmed += 1
        except StepRefused as refused:
            passed_over.append(f"{one.transfer.student.name}：{refused}")
    return confirmed, passed_over


def refuse_transfer(transfer: Transfer, *, actor: User, seen_revision: int, reason: str) -> None:
    """不予接收 (or 不同意转出): the child stays where it is; a spell 转学途中 goes on until 返校 is recorded."""
    require(may_record(actor, transfer.waiting_for), ANSWERED_THERE)
    if not reason.strip():
        raise StepRefused("不予接收要写明原因。")
    with _audit(actor, "transfer.refuse", transfer.waiting_for) as entry:
        _decide(transfer, TransferState.REFUSED, actor, seen_revision, decision_reason=reason.strip())
        entry.about(transfer, student_id=transfer.student_id)
        entry.summary = reason.strip()


def cancel_transfer(transfer: Transfer, *, actor: User, seen_revision: int, reason: str = "") -> None:
    """The school that began it takes it back before the other has answered."""
    began = transfer.begun_at_school
    require(may_record(actor, began), "撤回转学由发起学校的填报员办。")
    with _audit(actor, "transfer.cancel", began) as entry:
        _decide(transfer, TransferState.CANCELLED, actor, seen_revision, decision_reason=reason.strip())
        entry.about(transfer, student_id=transfer.student_id)
        entry.summary = reason.strip()


def _begun_before(
    enrolment: Enrolment, to_school: School, side: TransferSide, actor: User
) -> Transfer | None:
    """The same transfer, waiting since an earlier press of the same person."""
    return Transfer.objects.filter(
        student=enrolment.student,
        from_school=enrolment.school,
        to_school=to_school,
        begun_by_side=side,
        begun_by=actor,
        state=TransferState.WAITING,
    ).first()


def _confirmed_before(
    transfer: Transfer, actor: User, seen_revision: int
) -> tuple[Movement, Movement] | None:
    """Both halves, if the same person has confirmed from the same page already."""
    done = Transfer.objects.filter(
        pk=transfer.pk, state=TransferState.CONFIRMED, decided_by=actor, revision=seen_revision + 1
    )
    if not done.exists():
        return None
    halves = Movement.objects.filter(pair=transfer.pair)
    return halves.get(sign=-1), halves.get(sign=1)


def _begin(
    enrolment: Enrolment,
    to_school: School,
    side: TransferSide,
    *,
    grade: int,
    reason_code: str,
    reason_text: str,
    actor: User,
) -> Transfer:
    if to_school.county_id != enrolment.school.county_id:
        raise StepRefused("对方不是本县学校。请按“转往县外”登记。")
    if to_school.pk == enrolment.school_id:
        raise StepRefused("学生已在这所学校。")
    if to_school.closed_on is not None:
        raise StepRefused(f"{to_school.name} 已撤并，请选别的学校。")
    if grade not in to_school.grades:
        raise StepRefused(f"{to_school.name} 没有{grade}年级。请核对年级或学校。")
    try:
        with transaction.atomic():
            return Transfer.objects.create(
                student=enrolment.student,
                from_school=enrolment.school,
                to_school=to_school,
                begun_by_side=side,
                grade=grade,
                reason_code=reason_code,
                reason_text=reason_text,
                begun_by=actor,
            )
    except IntegrityError as error:
        raise StepRefused(f"{enrolment.student.name} 已有一笔转学在等确认。请到“转学对接”查看。") from error


def _mark_in_transfer(
    transfer: Transfer, enrolment: Enrolment, last_attended_on: dt.date, actor: User
) -> None:
    spell = None
    if open_absence(enrolment.student) is None:
        spell = add_absence(
            enrolment,
            AbsenceKind.IN_TRANSFER,
            first_day=last_attended_on + dt.timedelta(days=1),
            actor=actor,
            reason_code="transfer",
            reason_text=f"转往{transfer.to_school.name}"[:200],
        )
    Transfer.objects.filter(pk=transfer.pk).update(absence=spell, last_attended_on=last_attended_on)
    transfer.absence, transfer.last_attended_on = spell, last_attended_on


def _decide(
    transfer: Transfer, state: TransferState, actor: User, seen_revision: int, **said: object
) -> None:
    if Transfer.objects.filter(
        pk=transfer.pk, state=state, decided_by=actor, revision=seen_revision + 1
    ).exists():
        raise StalePage("这笔转学您已经办过了，没有重复办理。")
    changed = Transfer.objects.filter(
        pk=transfer.pk, state=TransferState.WAITING, revision=seen_revision
    ).update(state=state, decided_by=actor, decided_at=timezone.now(), revision=F("revision") + 1, **said)
    if not changed:
        raise StalePage("这笔转学已被别人办过，这次操作没有执行。请刷新后再看。")
    transfer.state = state


def _current(student: Student) -> Enrolment:
    enrolment = current_enrolment(student)
    if enrolment is None:
        raise StepRefused(f"{student.name} 现在没有学籍，不能办转学。")
    return enrolment


def _audit(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        verb,
        county_id=school.county_id,
        capacity=capacity(actor, Role.CLERK, school),
        school_id=school.pk,
    )
