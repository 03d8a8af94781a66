"""Spells of absence: begin, end, correct, void. They never change the roll."""

import datetime as dt
from contextlib import AbstractContextManager

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from schools.models import Role, School
from schools.permissions import capacity
from students.actions.periods import touch_periods
from students.codes import REQUIRED_PROOFS
from students.models import (
    Absence,
    AbsenceKind,
    EndedHow,
    Enrolment,
    Student,
    Transfer,
    TransferState,
)
from students.permissions import may_record, may_record_absence, require
from students.queries import current_enrolment, open_absence

LONGEST_SPELL_DAYS = 3 * 366
RECORDS_HERE = "未在校由本校填报员或班主任登记。"


def start_absence(
    student: Student,
    kind: AbsenceKind,
    *,
    first_day: dt.date,
    actor: User,
    reason_code: str = "",
    reason_text: str = "",
    expected_back_on: dt.date | None = None,
    responsible_teacher: str = "",
    follow_up: str = "",
    evidence_pending: bool = False,
) -> Absence:
    """A child on the roll is not in school from *first_day* on."""
    enrolment = current_enrolment(student)
    if enrolment is None:
        raise StepRefused(f"{student.name} 现在没有学籍，不能登记未在校。")
    require(may_record_absence(actor, enrolment.school, enrolment.klass), RECORDS_HERE)
    if kind == AbsenceKind.IN_TRANSFER:
        raise StepRefused("转学途中由“登记转出”自动记，不用单独登记。")
    _check_day(first_day, enrolment)
    if earlier := Absence.objects.filter(
        student=student,
        kind=kind,
        first_day=first_day,
        recorded_by=actor,
        returned_on__isnull=True,
        voided_at__isnull=True,
    ).first():
        return earlier  # a second press of the same button
    with _audit(actor, "absence.start", enrolment.school) as entry:
        spell = add_absence(
            enrolment,
            kind,
            first_day=first_day,
            actor=actor,
            reason_code=reason_code,
            reason_text=reason_text,
            expected_back_on=expected_back_on,
            responsible_teacher=responsible_teacher,
            follow_up=follow_up,
            evidence_pending=evidence_pending,
        )
        entry.about(spell, student_id=student.pk)
        entry.change("first_day", None, first_day)
        entry.summary = f"{spell.get_kind_display()} 自 {first_day}"
    return spell


def add_absence(
    enrolment: Enrolment, kind: AbsenceKind, *, first_day: dt.date, actor: User, **said: object
) -> Absence:
    """Store a spell; callers have checked who may and stand inside ``audited``."""
    already = open_absence(enrolment.student)
    if already is not None:
        raise StepRefused(
            f"{enrolment.student.name} 自 {already.first_day:%-m月%-d日} 起已登记为{already}。请先登记返校，或修改那一条。"
        )
    overlapping = Absence.objects.filter(
        student=enrolment.student, voided_at__isnull=True, returned_on__gt=first_day
    ).first()
    if overlapping is not None:
        raise StepRefused(
            f"首日与已有的一段未在校（到 {overlapping.returned_on:%-m月%-d日} 返校）重叠。请核对首日。"
        )
    touch_periods(enrolment.school, first_day)
    try:
        with transaction.atomic():
            return Absence.objects.create(
                student=enrolment.student,
                school=enrolment.school,
                kind=kind,
                first_day=first_day,
                recorded_by=actor,
                **said,
            )
    except IntegrityError as error:
        raise StalePage(
            f"{enrolment.student.name} 的未在校刚刚被别人登记过，这次没有登记。请刷新后再看。"
        ) from error


def end_absence(absence: Absence, *, returned_on: dt.date, actor: User, seen_revision: int) -> None:
    """返校 or 复学: the first day back."""
    enrolment = current_enrolment(absence.student)
    klass = enrolment.klass if enrolment else None
    require(may_record_absence(actor, absence.school, klass), RECORDS_HERE)
    if returned_on > timezone.localdate():
        raise StepRefused("返校日在今天之后。请在学生回来以后登记。")
    if returned_on <= absence.first_day:
        raise StepRefused(
            f"返校日要晚于首日 {absence.first_day:%-m月%-d日}。首日记错的，请作废这一条再登记。"
        )
    _refuse_while_waiting(absence)
    if Absence.objects.filter(
        pk=absence.pk, returned_on=returned_on, ended_by=actor, revision=seen_revision + 1
    ).exists():
        return  # a second press of the same button
    how = EndedHow.RESUMED if absence.kind == AbsenceKind.SUSPENSION else EndedHow.RETURNED
    with _audit(actor, "absence.end", absence.school) as entry:
        touch_periods(absence.school, returned_on)
        changed = Absence.objects.filter(
            pk=absence.pk, revision=seen_revision, returned_on__isnull=True, voided_at__isnull=True
        ).update(returned_on=returned_on, ended_how=how, ended_by=actor, revision=F("revision") + 1)
        if not changed:
            raise StalePage("这段未在校已被别人改过，这次登记没有执行。请刷新后再看。")
        entry.about(absence, student_id=absence.student_id)
        entry.change("returned_on", None, returned_on)


def edit_absence(absence: Absence, *, actor: User, seen_revision: int, **said: object) -> None:
    """Change what is known about an open spell: kind, reason, follow-up, teacher, expected day back."""
    enrolment = current_enrolment(absence.student)
    require(may_record_absence(actor, absence.school, enrolment.klass if enrolment else None), RECORDS_HERE)
    allowed = {
        "kind",
        "reason_code",
        "reason_text",
        "expected_back_on",
        "responsible_teacher",
        "follow_up",
        "evidence_pending",
    }
    if set(said) - allowed:
        raise ValueError(sorted(set(said) - allowed))
    if AbsenceKind.IN_TRANSFER in (absence.kind, said.get("kind")) and said.get("kind") != absence.kind:
        raise StepRefused("转学途中由“登记转出”自动记，类别不能改成它，也不能从它改出。")
    if all(getattr(absence, name) == value for name, value in said.items()):
        return
    if "kind" in said and said["kind"] != absence.kind:
        said.setdefault("evidence_pending", bool(REQUIRED_PROOFS.get(str(said["kind"]))))
    with _audit(actor, "absence.edit", absence.school) as entry:
        touch_periods(absence.school, absence.first_day)
        changed = Absence.objects.filter(
            pk=absence.pk, revision=seen_revision, voided_at__isnull=True
        ).update(revision=F("revision") + 1, **said)
        if not changed:
            raise StalePage("这段未在校已被别人改过，您的修改没有保存。请刷新后再看。")
        entry.about(absence, student_id=absence.student_id)
        for name, value in said.items():
            if getattr(absence, name) != value:
                entry.change(name, getattr(absence, name), value)


def void_absence(absence: Absence, *, reason: str, actor: User, seen_revision: int) -> None:
    """The spell never was. Frozen months keep their lists; the next one shows the child as back."""
    require(may_record(actor, absence.school), "作废未在校记录由本校填报员办。")
    if not reason.strip():
        raise StepRefused("作废要写明原因。")
    _refuse_while_waiting(absence)
    if Absence.objects.filter(pk=absence.pk, voided_by=actor, revision=seen_revision + 1).exists():
        return  # a second press of the same button
    with _audit(actor, "absence.void", absence.school) as entry:
        touch_periods(absence.school, absence.first_day)
        changed = Absence.objects.filter(
            pk=absence.pk, revision=seen_revision, voided_at__isnull=True
        ).update(
            voided_at=timezone.now(), voided_by=actor, void_reason=reason.strip(), revision=F("revision") + 1
        )
        if not changed:
            raise StalePage("这段未在校已被别人改过，没有作废。请刷新后再看。")
        entry.about(absence, student_id=absence.student_id)
        entry.summary = reason.strip()


def end_for_departure(enrolment: Enrolment, left_on: dt.date, actor: User) -> Absence | None:
    """A child that leaves the roll is no longer absent from it."""
    spell = open_absence(enrolment.student)
    if spell is None:
        return None
    touch_periods(enrolment.school, left_on)
    Absence.objects.filter(pk=spell.pk).update(
        returned_on=max(left_on, spell.first_day + dt.timedelta(days=1)),
        ended_how=EndedHow.LEFT,
        ended_by=actor,
        revision=F("revision") + 1,
    )
    return spell


def reopen_after_undo(spell: Absence) -> None:
    """The departure that ended the spell was undone: the child is absent as before."""
    if open_absence(spell.student) is not None:
        return
    touch_periods(spell.school, spell.first_day)
    Absence.objects.filter(pk=spell.pk, ended_how=EndedHow.LEFT).update(
        returned_on=None, ended_how="", ended_by=None, revision=F("revision") + 1
    )


def _refuse_while_waiting(absence: Absence) -> None:
    if Transfer.objects.filter(absence=absence, state=TransferState.WAITING).exists():
        raise StepRefused(
            f"{absence.student.name} 的转学还在等对方答复。学生回来了的，请先到“转学对接”撤回那一笔。"
        )


def _check_day(first_day: dt.date, enrolment: Enrolment) -> None:
    if first_day > timezone.localdate():
        raise StepRefused("首日在今天之后。请在学生没有到校以后登记。")
    if (timezone.localdate() - first_day).days > LONGEST_SPELL_DAYS:
        raise StepRefused(f"首日 {first_day:%Y年%-m月%-d日} 超过三年。请核对年份。")
    if first_day < enrolment.joined_on and enrolment.base_grade is None:
        raise StepRefused(f"首日早于入校日期 {enrolment.joined_on:%Y年%-m月%-d日}。请核对。")


def _audit(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    role = Role.CLERK if may_record(actor, school) else Role.CLASS_TEACHER
    return audited(
        actor, verb, county_id=school.county_id, capacity=capacity(actor, role, school), school_id=school.pk
    )
