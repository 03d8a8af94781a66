"""Special circumstances and placements: add, end, void. A placement changes who counts as 未在校 (ledger.md)."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.wording import mask_id
from accounts.workflow import StalePage, StepRefused
from students.actions.people import audit_by_clerk, enrolment_here
from students.actions.periods import touch_periods
from students.models import CircumstanceKind, Placement, PlacementKind, SpecialCircumstance, Student

CHANGED = "这一条已被别人改过，这次没有保存。请刷新后再看。"
LEFT_BEHIND = frozenset({CircumstanceKind.LEFT_BEHIND_ONE, CircumstanceKind.LEFT_BEHIND_BOTH})


def add_circumstance(
    student: Student,
    kind: CircumstanceKind,
    *,
    valid_from: dt.date,
    actor: User,
    valid_to: dt.date | None = None,
    detail: str = "",
    card_number: str = "",
    basis: str = "",
) -> SpecialCircumstance:
    """One circumstance with its validity; of each kind at most one at a time."""
    enrolment = enrolment_here(student, actor)
    _check_order(valid_from, valid_to)
    with audit_by_clerk(actor, "circumstance.add", enrolment.school) as entry:
        _refuse_overlap(student, kind, valid_from, valid_to)
        try:
            with transaction.atomic():
                circumstance = SpecialCircumstance.objects.create(
                    student=student,
                    kind=kind,
                    detail=detail,
                    card_number=card_number,
                    basis=basis,
                    valid_from=valid_from,
                    valid_to=valid_to,
                    recorded_by=actor,
                )
        except IntegrityError as error:
            raise StepRefused("这一类已有一条现行记录，请先结束它。") from error
        entry.about(circumstance, student_id=student.pk)
        entry.change("kind", None, kind.value)
        entry.change("valid_from", None, valid_from)
        if card_number:
            entry.change("card_number", None, mask_id(card_number[:18]))
    return circumstance


def end_circumstance(circumstance: SpecialCircumstance, *, valid_to: dt.date, actor: User) -> None:
    """Its last day; until then it holds."""
    enrolment = enrolment_here(circumstance.student, actor)
    _check_order(circumstance.valid_from, valid_to)
    with audit_by_clerk(actor, "circumstance.end", enrolment.school) as entry:
        unchanged = SpecialCircumstance.objects.filter(
            pk=circumstance.pk, valid_to=circumstance.valid_to, voided_at__isnull=True
        )
        if not unchanged.update(valid_to=valid_to):
            raise StalePage(CHANGED)
        entry.about(circumstance, student_id=circumstance.student_id)
        entry.change("valid_to", circumstance.valid_to, valid_to)


def void_circumstance(circumstance: SpecialCircumstance, *, reason: str, actor: User) -> None:
    """It never was."""
    enrolment = enrolment_here(circumstance.student, actor)
    if not reason.strip():
        raise StepRefused("作废要写明原因。")
    with audit_by_clerk(actor, "circumstance.void", enrolment.school) as entry:
        live = SpecialCircumstance.objects.filter(pk=circumstance.pk, voided_at__isnull=True)
        if not live.update(voided_at=timezone.now(), voided_by=actor):
            raise StalePage(CHANGED)
        entry.about(circumstance, student_id=circumstance.student_id)
        entry.change("kind", circumstance.kind, None)
        entry.summary = reason.strip()


def set_placement(
    student: Student, kind: PlacementKind, *, valid_from: dt.date, actor: User, basis: str = ""
) -> Placement:
    """A new placement from a day on; the one before ends the day before."""
    enrolment = enrolment_here(student, actor)
    if valid_from > timezone.localdate():
        raise StepRefused("安置日期在今天之后。请在安置落实以后登记。")
    with audit_by_clerk(actor, "placement.set", enrolment.school) as entry:
        live = Placement.objects.filter(student=student, voided_at__isnull=True)
        current = live.filter(valid_to__isnull=True).first()
        if current is not None and current.kind == kind:
            raise StepRefused(f"现在已经是{current.get_kind_display()}。")
        if current is not None and current.valid_from >= valid_from:
            raise StepRefused(
                f"现行安置自 {current.valid_from:%Y年%-m月%-d日} 起，新的安置要晚于这一天。记错的请先作废。"
            )
        if live.filter(valid_to__gte=valid_from).exists():
            raise StepRefused("这一天已有别的安置。请核对日期。")
        if current is not None:
            live.filter(pk=current.pk).update(valid_to=valid_from - dt.timedelta(days=1))
        placement = _create_placement(student, kind, valid_from, basis, actor)
        touch_periods(enrolment.school, valid_from)
        entry.about(placement, student_id=student.pk)
        entry.change("placement", current.kind if current else None, kind.value)
    return placement


def end_placement(placement: Placement, *, valid_to: dt.date, actor: User) -> None:
    """Its last day; a child taught at home counts as absent again from the day after."""
    enrolment = enrolment_here(placement.student, actor)
    _check_order(placement.valid_from, valid_to)
    if valid_to > timezone.localdate():
        raise StepRefused("结束日期在今天之后。请在安置结束以后登记。")
    with audit_by_clerk(actor, "placement.end", enrolment.school) as entry:
        current = Placement.objects.filter(pk=placement.pk, valid_to__isnull=True, voided_at__isnull=True)
        if not current.update(valid_to=valid_to):
            raise StalePage(CHANGED)
        touch_periods(enrolment.school, valid_to + dt.timedelta(days=1))
        entry.about(placement, student_id=placement.student_id)
        entry.change("valid_to", None, valid_to)


def void_placement(placement: Placement, *, reason: str, actor: User) -> None:
    """It never was; one that it ended goes on."""
    enrolment = enrolment_here(placement.student, actor)
    if not reason.strip():
        raise StepRefused("作废要写明原因。")
    with audit_by_clerk(actor, "placement.void", enrolment.school) as entry:
        live = Placement.objects.filter(student_id=placement.student_id, voided_at__isnull=True)
        if not live.filter(pk=placement.pk).update(voided_at=timezone.now(), voided_by=actor):
            raise StalePage(CHANGED)
        before = live.filter(valid_to=placement.valid_from - dt.timedelta(days=1)).last()
        if before is not None and placement.valid_to is None:
            live.filter(pk=before.pk).update(valid_to=None)
        touch_periods(enrolment.school, placement.valid_from)
        entry.about(placement, student_id=placement.student_id)
        entry.summary = reason.strip()


def _create_placement(
    student: Student, kind: PlacementKind, valid_from: dt.date, basis: str, actor: User
) -> Placement:
    try:
        with transaction.atomic():
            return Placement.objects.create(
                student=student, kind=kind, valid_from=valid_from, basis=basis, recorded_by=actor
            )
    except IntegrityError as error:  # two pages at once
        raise StalePage(CHANGED) from error


def _check_order(valid_from: dt.date, valid_to: dt.date | None) -> None:
    if valid_to is not None and valid_to < valid_from:
        raise StepRefused(f"结束日期早于开始日期 {valid_from:%Y年%-m月%-d日}。请核对。")


def _refuse_overlap(
    student: Student, kind: CircumstanceKind, valid_from: dt.date, valid_to: dt.date | None
) -> None:
    kinds = LEFT_BEHIND if kind in LEFT_BEHIND else frozenset({kind})
    overlapping: Any = SpecialCircumstance.objects.filter(
        student=student, kind__in=kinds, voided_at__isnull=True
    ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from))
    if valid_to is not None:
        overlapping = overlapping.filter(valid_from__lte=valid_to)
    first = overlapping.first()
    if first is not None:
        end = f" 到 {first.valid_to:%Y年%-m月%-d日}" if first.valid_to else "，还没有结束"
        raise StepRefused(
            f"已有“{first.get_kind_display()}”，自 {first.valid_from:%Y年%-m月%-d日}{end}。请先结束或作废那一条。"
        )
