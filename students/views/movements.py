"""学籍异动: who left, who changed grade, and undoing the latest fact of a child."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.models import School
from students.actions.booking import Fact
from students.actions.movements import RECORDS_HERE, change_grade, record_departure
from students.actions.undo import undo_movement
from students.codes import reason_label
from students.effects import Half, counted_words
from students.forms.movements import (
    DEPARTURE_KINDS,
    REGRADE_KINDS,
    DepartForm,
    RegradeForm,
    UndoForm,
)
from students.models import Enrolment, Movement, MovementKind, Student
from students.permissions import may_record, require
from students.queries import movements_visible_to
from students.undoing import UndoOutlook, undo_outlook
from students.views.movement_pages import (
    METHODS,
    after_booking,
    booked_before,
    child_card,
    chosen_kind,
    day_in_address,
    follow_day,
    kind_segs,
    place_of,
    preview,
    proofs_of,
    typed_day,
    visible_child,
)


@require_http_methods(METHODS)
def movement_depart(request: UserRequest, student_pk: int) -> HttpResponse:
    """转出 to outside the county, 死亡, 出国（境）, 删除."""
    student = visible_child(request, student_pk)
    if request.method == "POST" and (booked := booked_before(request)):
        return _booked(request, booked)
    enrolment = place_of(request, student)
    require(may_record(request.user, enrolment.school), RECORDS_HERE)
    kind = MovementKind(chosen_kind(request, DEPARTURE_KINDS))
    form = DepartForm(request.POST or None, kind=kind)
    if form.is_valid():
        try:
            booked = record_departure(student, kind, fact=_fact(request, form, kind), actor=request.user)
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            return _booked(request, booked)
    return _fact_page(request, form, enrolment, "students/movement_depart.html", DEPARTURE_KINDS)


@require_http_methods(METHODS)
def movement_regrade(request: UserRequest, student_pk: int) -> HttpResponse:
    """留级 or 跳级: a pair in one school and one month."""
    student = visible_child(request, student_pk)
    if request.method == "POST" and (booked := booked_before(request)):
        return _booked(request, booked)
    enrolment = place_of(request, student)
    require(may_record(request.user, enrolment.school), RECORDS_HERE)
    kinds = {
        kind: label
        for kind, label in REGRADE_KINDS.items()
        if _to_grade(enrolment, kind) in _grades(enrolment)
    }
    if not kinds:
        raise StepRefused(f"{enrolment.school} 只有一个年级，不能留级或跳级。")
    kind = MovementKind(chosen_kind(request, kinds))
    form = RegradeForm(request.POST or None, kind=kind, enrolment=enrolment)
    if form.is_valid():
        try:
            booked, _ = change_grade(
                student,
                kind,
                to_grade=form.to_grade,
                klass=form.cleaned_data["klass"],
                fact=_fact(request, form, kind),
                actor=request.user,
            )
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            return _booked(request, booked)
    return _fact_page(request, form, enrolment, "students/movement_regrade.html", kinds)


@require_safe
def movement_effect(request: UserRequest, student_pk: int) -> HttpResponse:
    """What the return would say, for the day in the form."""
    enrolment = place_of(request, visible_child(request, student_pk))
    require(may_record(request.user, enrolment.school), RECORDS_HERE)
    kind = MovementKind(chosen_kind(request, {**DEPARTURE_KINDS, **REGRADE_KINDS}))
    context = preview(
        enrolment.school, _halves(enrolment, kind), day_in_address(request), enrolment=enrolment
    )
    return render(request, "students/movement_effect.html", {"hint": "", **context})


@require_safe
def movement_detail(request: UserRequest, pk: int) -> HttpResponse:
    """One fact: what was said, where it counts, its papers, what may be done about it."""
    movement = _movement(request, pk)
    outlook = undo_outlook(movement)
    may_undo = movement.is_live and any(may_record(request.user, half.school) for half in outlook.halves)
    context = {
        "movement": movement,
        "outlook": outlook,
        "counted": counted_words(movement),
        "reason": reason_label(movement.kind, movement.reason_code),
        "may_undo": may_undo and outlook.is_possible,
        "may_record": may_record(request.user, movement.school),
        "later_url": _later_url(request, outlook),
        "may_attach": movement.is_live and may_record(request.user, movement.school),
        "reversed_by": getattr(movement, "reversed_by", None),
    }
    return render(request, "students/movement_detail.html", context)


@require_http_methods(METHODS)
def movement_undo(request: UserRequest, movement_pk: int) -> HttpResponse:
    """Void while the month is open, 更正 afterwards: the page says which, and why."""
    movement = _movement(request, movement_pk)
    outlook = undo_outlook(movement)
    require(
        any(may_record(request.user, half.school) for half in outlook.halves),
        "撤销异动由登记这笔异动的学校填报员办。",
    )
    form = UndoForm(request.POST or None)
    if request.method == "POST" and outlook.is_undone:
        return _undone(request, movement)
    if form.is_valid():
        try:
            undo_movement(movement, reason=form.cleaned_data["reason"], actor=request.user)
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            return _undone(request, movement)
    context = {
        "movement": movement,
        "outlook": outlook,
        "form": form,
        "counted": counted_words(movement),
        "later_url": _later_url(request, outlook),
    }
    return render(request, "students/movement_undo.html", context)


def _later_url(request: UserRequest, outlook: UndoOutlook) -> str:
    """The page of the fact that stands in the way, if it is in sight."""
    if outlook.later is None or not movements_visible_to(request.user).filter(pk=outlook.later.pk).exists():
        return ""
    return reverse("students:movement-detail", args=[outlook.later.pk])


def _movement(request: UserRequest, pk: int) -> Movement:
    visible = movements_visible_to(request.user).select_related(
        "student", "school__county", "enrolment__klass", "period__month", "recorded_by", "voided_by",
        "counterpart_school", "reverses", "reversed_by",
    )  # fmt: skip
    return get_object_or_404(visible, pk=pk)


def _fact(request: UserRequest, form: Any, kind: MovementKind) -> Fact:
    said = form.cleaned_data
    return Fact(
        said["happened_on"],
        said["reason_code"],
        said["reason_text"],
        counterpart_text=said.get("counterpart_text", ""),
        evidence_pending=bool(proofs_of(kind)),
        token=said["token"],
    )


def _fact_page(
    request: UserRequest, form: Any, enrolment: Enrolment, template: str, kinds: dict[str, str]
) -> HttpResponse:
    kind = form.kind
    address = reverse("students:movement-effect", args=[enrolment.student_id])
    follow_day(form, f"{address}?kind={kind}")
    context = {
        "form": form,
        "kind": kind,
        "label": kinds[kind],
        "segs": kind_segs(request, kinds, kind),
        "needs": proofs_of(kind),
        "card": child_card(request, enrolment),
        "student": enrolment.student,
        **preview(enrolment.school, _halves(enrolment, kind), typed_day(form), enrolment=enrolment),
    }
    return render(request, template, context)


def _halves(enrolment: Enrolment, kind: MovementKind) -> list[Half]:
    minus = Half(kind, -1, enrolment.grade, enrolment.grade_year)
    if kind in REGRADE_KINDS:
        return [minus, Half(kind, 1, _to_grade(enrolment, kind), enrolment.grade_year)]
    return [minus]


def _to_grade(enrolment: Enrolment, kind: str) -> int:
    return enrolment.grade + (1 if kind == MovementKind.SKIPPED else -1)


def _grades(enrolment: Enrolment) -> range:
    school: School = enrolment.school
    return school.grades


def _booked(request: UserRequest, movement: Movement) -> HttpResponse:
    student: Student = movement.student
    messages.success(
        request, f"已登记 {student.name} {movement.get_kind_display()}，{counted_words(movement)}。"
    )
    return go(request, after_booking(request, movement))


def _undone(request: UserRequest, movement: Movement) -> HttpResponse:
    now = Movement.objects.select_related("reversed_by__period__month").get(pk=movement.pk)
    if now.voided_at is not None:
        messages.success(request, f"已作废 {movement.student.name} 的{now.get_kind_display()}。")
    else:
        messages.success(request, f"已登记更正，{counted_words(now.reversed_by)}；原来那一笔仍留在记录里。")
    return go(request, "students:movement-detail", movement.pk)
