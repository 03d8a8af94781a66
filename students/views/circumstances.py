"""Special circumstances and placements of a child."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from students.actions import circumstances as actions
from students.actions.people import enrolment_here
from students.codes import CIRCUMSTANCE_PROOFS
from students.forms.circumstances import CircumstanceForm, EndForm, PlacementForm, VoidForm, label_of
from students.models import CircumstanceKind, Placement, PlacementKind, SpecialCircumstance, Student
from students.proofs import circumstances_visible_to
from students.queries import students_visible_to

METHODS = ["GET", "HEAD", "POST"]
# The order and the heads under which kinds are offered.
GROUPS = (
    (
        "留守、随迁和家庭",
        ("left_behind_one", "left_behind_both", "left_behind_civil", "migrant", "single_parent"),
    ),
    ("残疾", ("disability", "P9")),
    ("困难类别", ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P10", "X1", "X2", "X9")),
    ("其他", ("hmt_foreign",)),
)


@sensitive_post_parameters("card_number")
@require_http_methods(METHODS)
def circumstance_add(request: UserRequest, pk: int) -> HttpResponse:
    """First the kind (?kind=), then what is to be said about it."""
    student = _child(request, pk)
    kind = request.GET.get("kind", "")
    if kind not in CircumstanceKind.values:
        return render(
            request, "students/circumstance_kind.html", {"student": student, "groups": _groups(student)}
        )
    form = CircumstanceForm(request.POST or None, student=student, kind=CircumstanceKind(kind))
    if form.is_valid():
        try:
            added = actions.add_circumstance(student, form.kind, actor=request.user, **form.said)
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, f"已登记：{label_of(added)}。")
            if CIRCUMSTANCE_PROOFS.get(kind):
                return go(request, "students:evidence-list", "circumstance", added.pk)
            return go(request, "reports:child", student.pk)
    context = {"form": form, "student": student, "kind": CircumstanceKind(kind).label}
    return render(
        request, "students/circumstance_add.html", {**context, "proofs": CIRCUMSTANCE_PROOFS.get(kind, ())}
    )


@require_http_methods(METHODS)
def circumstance_end(request: UserRequest, pk: int) -> HttpResponse:
    circumstance = _circumstance(request, pk)
    form = EndForm(request.POST or None, thing=circumstance)

    def save() -> None:
        actions.end_circumstance(circumstance, valid_to=form.cleaned_data["valid_to"], actor=request.user)

    return _page(request, form, save, circumstance, label_of(circumstance), verb="结束")


@require_http_methods(METHODS)
def circumstance_void(request: UserRequest, pk: int) -> HttpResponse:
    circumstance = _circumstance(request, pk)
    form = VoidForm(request.POST or None)

    def save() -> None:
        actions.void_circumstance(circumstance, reason=form.cleaned_data["reason"], actor=request.user)

    return _page(request, form, save, circumstance, label_of(circumstance), verb="作废")


@require_http_methods(METHODS)
def placement_set(request: UserRequest, pk: int) -> HttpResponse:
    """安置方式: with 送教上门 in force a child is not 未在校."""
    student = _child(request, pk)
    form = PlacementForm(request.POST or None, student=student)
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.set_placement(
                student,
                PlacementKind(said["kind"]),
                valid_from=said["valid_from"],
                basis=said["basis"],
                actor=request.user,
            )
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, "安置方式已登记。")
            return go(request, "reports:child", student.pk)
    current = Placement.objects.filter(student=student, valid_to__isnull=True, voided_at__isnull=True).first()
    context = {"form": form, "student": student, "current": current}
    return render(request, "students/placement_set.html", context)


@require_http_methods(METHODS)
def placement_end(request: UserRequest, pk: int) -> HttpResponse:
    placement = _placement(request, pk)
    form = EndForm(request.POST or None, thing=placement)

    def save() -> None:
        actions.end_placement(placement, valid_to=form.cleaned_data["valid_to"], actor=request.user)

    return _page(request, form, save, placement, placement.get_kind_display(), verb="结束")


@require_http_methods(METHODS)
def placement_void(request: UserRequest, pk: int) -> HttpResponse:
    placement = _placement(request, pk)
    form = VoidForm(request.POST or None)

    def save() -> None:
        actions.void_placement(placement, reason=form.cleaned_data["reason"], actor=request.user)

    return _page(request, form, save, placement, placement.get_kind_display(), verb="作废")


def _child(request: UserRequest, pk: int) -> Student:
    student = get_object_or_404(students_visible_to(request.user), pk=pk)
    enrolment_here(student, request.user)
    return student


def _circumstance(request: UserRequest, pk: int) -> SpecialCircumstance:
    live = circumstances_visible_to(request.user).filter(voided_at__isnull=True).select_related("student")
    circumstance = get_object_or_404(live, pk=pk)
    enrolment_here(circumstance.student, request.user)
    return circumstance


def _placement(request: UserRequest, pk: int) -> Placement:
    live = Placement.objects.filter(voided_at__isnull=True, student__in=students_visible_to(request.user))
    placement = get_object_or_404(live.select_related("student"), pk=pk)
    enrolment_here(placement.student, request.user)
    return placement


def _groups(student: Student) -> list[dict[str, Any]]:
    """Kinds to choose from; one that holds already says so instead of being a link."""
    held = set(
        SpecialCircumstance.objects.filter(
            student=student, voided_at__isnull=True, valid_to__isnull=True
        ).values_list("kind", flat=True)
    )
    return [
        {
            "head": head,
            "kinds": [
                {"value": kind, "label": CircumstanceKind(kind).label, "is_held": kind in held}
                for kind in kinds
            ],
        }
        for head, kinds in GROUPS
    ]


def _page(
    request: UserRequest,
    form: Form,
    save: Callable[[], None],
    thing: SpecialCircumstance | Placement,
    label: str,
    *,
    verb: str,
) -> HttpResponse:
    """End or void one thing, on a page of its own that says what will happen."""
    if form.is_valid():
        try:
            save()
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, f"已{verb}：{label}。")
            return go(request, reverse("reports:child", args=[thing.student_id]))
    context = {
        "form": form,
        "student": thing.student,
        "thing": thing,
        "label": label,
        "verb": verb,
        "is_placement": isinstance(thing, Placement),
    }
    return render(request, "students/circumstance_close.html", context)
