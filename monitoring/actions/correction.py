"""Corrections of an accepted month: staging changes, making them facts at acceptance, expiry."""

import datetime as dt
import json
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.common import audit_step, note_event
from monitoring.models import CorrectionDelta, Edition, FrozenReturn, MonthlyReturn, ReturnState, StagedChange
from monitoring.models.returns import EDITABLE_STATES
from monitoring.permissions import may_prepare
from monitoring.staging import staged_changes
from monitoring.texts import current_text, text_in_force
from schools.calendar import school_year_of
from schools.models import Role
from students.actions.people import create_student
from students.actions.staged import add_in_closed_month, refuse_unless_latest, refuse_unless_movable
from students.actions.undo import halves_of, void_halves
from students.models import MINUS_KINDS, PLUS_KINDS, Movement, MovementKind, Student


def stage_void(
    monthly_return: MonthlyReturn, movement: Movement, *, reason: str, actor: User
) -> StagedChange:
    """The correction takes a movement of this month out."""
    _refuse_unless_correcting(monthly_return, actor)
    if movement.period_id != monthly_return.period_id or not movement.is_live:
        raise StepRefused("这笔异动不在本月，不能在这次更正里撤销。")
    halves = halves_of(movement)
    if any(half.school_id != monthly_return.school_id for half in halves):
        raise StepRefused("县内转学涉及另一所学校已接收的月报，不能在这里撤销。请在当前月份用“更正”办。")
    refuse_unless_latest(movement, halves)
    if not reason.strip():
        raise StepRefused("请写明为什么撤销。")
    with audit_step(monthly_return, "stage", actor, Role.CLERK) as entry:
        if any(change.voids_id in {half.pk for half in halves} for change in staged_changes(monthly_return)):
            raise StepRefused("这笔异动已在更正清单里。")
        change = StagedChange.objects.create(
            edition=_edition(monthly_return),
            voids=movement,
            student=movement.student,
            summary=f"撤销 {movement.get_kind_display()}：{reason.strip()}"[:200],
            staged_by=actor,
        )
        _bump(monthly_return)
        entry.about(change, student_id=movement.student_id)
    return change


def stage_add(
    monthly_return: MonthlyReturn,
    student: Student,
    kind: MovementKind,
    *,
    grade: int,
    happened_on: dt.date,
    reason_code: str,
    summary: str,
    actor: User,
    counterpart_text: str = "",
) -> StagedChange:
    """The correction adds a movement of this month that was forgotten. *grade* is that of the month's year."""
    _refuse_unless_correcting(monthly_return, actor)
    _refuse_unless_fitting(monthly_return, kind, grade, happened_on)
    sign = 1 if kind in PLUS_KINDS else -1
    refuse_unless_movable(student, monthly_return.school, sign, monthly_return.period.month.month)
    with audit_step(monthly_return, "stage", actor, Role.CLERK) as entry:
        if any(change.student_id == student.pk for change in staged_changes(monthly_return)):
            raise StepRefused(f"{student.name} 已在更正清单里。请先移除那一条。")
        change = StagedChange.objects.create(
            edition=_edition(monthly_return),
            kind=kind,
            student=student,
            sign=sign,
            grade=grade,
            happened_on=happened_on,
            arguments=json.dumps(
                {"reason_code": reason_code, "counterpart_text": counterpart_text}, ensure_ascii=False
            ),
            summary=summary[:200],
            staged_by=actor,
        )
        _bump(monthly_return)
        entry.about(change, student_id=student.pk)
    return change


def _refuse_unless_fitting(
    monthly_return: MonthlyReturn, kind: MovementKind, grade: int, happened_on: dt.date
) -> None:
    month = monthly_return.period.month
    if kind not in PLUS_KINDS | MINUS_KINDS:
        raise StepRefused("更正里只能补记转入、转出、新生、补录、升入、死亡、出国和删除。")
    if happened_on > month.cut_off:
        raise StepRefused(f"发生日期在 {month} 的截止日 {month.cut_off:%-m月%-d日} 之后，请在当前月份登记。")
    if grade not in monthly_return.school.grades:
        raise StepRefused("本校没有这个年级。请核对年级。")


def stage_new_child(
    monthly_return: MonthlyReturn, kind: MovementKind, person: dict[str, Any], *, actor: User, **said: Any
) -> StagedChange:
    """As ``stage_add``, for a child who is not known yet; *person* are the arguments of ``create_student``."""
    _refuse_unless_correcting(monthly_return, actor)
    with audit_step(monthly_return, "stage", actor, Role.CLERK) as entry:
        student = create_student(monthly_return.school, actor=actor, **person)
        change = stage_add(monthly_return, student, kind, actor=actor, **said)
        entry.about(change, student_id=student.pk)
    return change


def withdraw_staged(change: StagedChange, *, actor: User) -> None:
    """Take a staged change off the list."""
    monthly_return = change.edition.monthly_return
    _refuse_unless_correcting(monthly_return, actor)
    with audit_step(monthly_return, "unstage", actor, Role.CLERK) as entry:
        changed = StagedChange.objects.filter(
            pk=change.pk, withdrawn_at__isnull=True, applied_at__isnull=True
        ).update(withdrawn_at=timezone.now())
        if not changed:
            raise StepRefused("这一条已经移除或已经生效。")
        _bump(monthly_return)
        entry.about(change)


def accept_correction(monthly_return: MonthlyReturn, edition: Edition, actor: User, now: dt.datetime) -> None:
    """Inside the accepting transaction: staged changes become facts; new − old closing is noted."""
    old = text_in_force(monthly_return)
    new = current_text(monthly_return)
    for change in staged_changes(monthly_return):
        if change.voids is not None:
            halves = halves_of(change.voids)
            refuse_unless_latest(change.voids, halves)
            void_halves(halves, change.summary, actor)
            StagedChange.objects.filter(pk=change.pk).update(applied_at=now)
        else:
            movement = _make_fact(change, monthly_return, actor)
            StagedChange.objects.filter(pk=change.pk).update(applied_at=now, became=movement)
    _note_deltas(monthly_return, edition, old, new, now)
    MonthlyReturn.objects.filter(pk=monthly_return.pk).update(correcting=False)
    monthly_return.correcting = False


def discard_correction(monthly_return: MonthlyReturn, *, because: str) -> None:
    """Expiry: the old edition stays in force and the staged changes are dropped."""
    with audit_step(monthly_return, "discard_correction", None, Role.REVIEWER) as entry:
        before = monthly_return.state
        now = timezone.now()
        in_force = Edition.objects.select_related("frozen").get(monthly_return=monthly_return, in_force=True)
        StagedChange.objects.filter(
            edition__monthly_return=monthly_return, withdrawn_at__isnull=True, applied_at__isnull=True
        ).update(withdrawn_at=now)
        Edition.objects.filter(
            monthly_return=monthly_return,
            is_correction=True,
            accepted_at__isnull=True,
            discarded_at__isnull=True,
        ).update(discarded_at=now)
        _back_to_in_force(monthly_return, in_force)
        note_event(
            monthly_return, "discard_correction", before, _signer_of(monthly_return, in_force), because
        )
        entry.about(monthly_return)
        entry.summary = because


def _back_to_in_force(monthly_return: MonthlyReturn, in_force: Edition) -> None:
    """The return stands again as it was when the edition in force was accepted."""
    events = {event.step: event for event in monthly_return.events.filter(edition_number=in_force.number)}
    changed = MonthlyReturn.objects.filter(pk=monthly_return.pk, revision=monthly_return.revision).update(
        state=ReturnState.ACCEPTED,
        correcting=False,
        revision=F("revision") + 1,
        edition_number=in_force.number,
        submitted_by=in_force.frozen.frozen_by,  # type: ignore[union-attr]
        submitted_at=in_force.frozen.frozen_at,  # type: ignore[union-attr]
        signed_by=events["sign"].by,
        signed_at=in_force.signed_at,
        accepted_by=events["accept"].by,
        accepted_at=in_force.accepted_at,
    )
    if not changed:
        raise StepRefused("月报刚被改过，请重试。")
    monthly_return.refresh_from_db()


def _signer_of(monthly_return: MonthlyReturn, in_force: Edition) -> User:
    return monthly_return.events.filter(edition_number=in_force.number, step="accept").latest("pk").by


def _make_fact(change: StagedChange, monthly_return: MonthlyReturn, actor: User) -> Movement:
    assert change.student is not None  # noqa: S101 -- constraint staged_adds_or_voids
    assert change.happened_on is not None  # noqa: S101 -- as above
    said = json.loads(change.arguments)
    refuse_unless_movable(
        change.student, monthly_return.school, change.sign, monthly_return.period.month.month
    )
    return add_in_closed_month(
        change.student,
        monthly_return.period,
        MovementKind(change.kind),
        grade=change.grade or 0,
        happened_on=change.happened_on,
        reason_code=said["reason_code"],
        counterpart_text=said["counterpart_text"],
        reason_text=change.summary,
        recorded_by=change.staged_by,
    )


def _note_deltas(
    monthly_return: MonthlyReturn,
    edition: Edition,
    old: FrozenReturn | None,
    new: FrozenReturn | None,
    now: dt.datetime,
) -> None:
    before = {line.grade: line.closing for line in old.lines.all()} if old else {}
    after = {line.grade: line.closing for line in new.lines.all()} if new else {}
    month = monthly_return.period.month.month
    CorrectionDelta.objects.bulk_create(
        CorrectionDelta(
            edition=edition,
            school=monthly_return.school,
            month=month,
            school_year=school_year_of(month),
            grade=grade,
            delta=count - before.get(grade, 0),
            accepted_at=now,
        )
        for grade, count in after.items()
        if count != before.get(grade, 0)
    )


def _edition(monthly_return: MonthlyReturn) -> Edition:
    return Edition.objects.get(monthly_return=monthly_return, number=monthly_return.edition_number)


def _refuse_unless_correcting(monthly_return: MonthlyReturn, actor: User) -> None:
    if not may_prepare(actor, monthly_return):
        raise NotPermitted("更正由本校填报员登记。")
    if not monthly_return.correcting or monthly_return.state not in EDITABLE_STATES:
        raise StepRefused("本月没有在更正中。要改已接收的月报，请向基教股申请重开。")
    edition = _edition(monthly_return)
    if edition.expires_at is not None and edition.expires_at < timezone.now():
        raise StepRefused("更正期限已过，本次更正作废，原版照旧有效。请向基教股申请再次重开。")


def _bump(monthly_return: MonthlyReturn) -> None:
    MonthlyReturn.objects.filter(pk=monthly_return.pk).update(revision=F("revision") + 1)
    monthly_return.refresh_from_db(fields=["revision"])
