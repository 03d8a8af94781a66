"""学籍异动 as a list, and the search for the child that a fact is about."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest
from schools.calendar import parse_month
from schools.models import Role
from schools.permissions import scope_of
from schools.queries import schools_in
from students.codes import reason_label
from students.forms.movements import MovementFilterForm, PickForm
from students.forms.search import is_number
from students.models import Enrolment, Movement
from students.permissions import require
from students.queries import (
    absences_visible_to,
    children_on_roll,
    movements_visible_to,
    naming_scope,
    recording_schools,
)
from students.views.movement_pages import METHODS, PAGE_SIZE, months_of

LIST_READ = "学籍异动"
MOST_FOUND = 20
# What the search is for: heading, verb of a found child, page that the verb opens.
PURPOSES = {
    "depart": ("登记离校", "登记离校", "students:movement-depart"),
    "transfer": ("转往本县学校", "登记转出", "students:transfer-begin-out"),
    "regrade": ("留级或跳级", "登记", "students:movement-regrade"),
    "absence": ("登记未在校", "登记未在校", "students:absence-start"),
}


@require_safe
def movement_list(request: UserRequest) -> HttpResponse:
    """Movements at the places of this person, newest first."""
    scope = naming_scope(request.user)
    require(not scope.is_empty, "学籍异动由学校、中心校和基教股使用，您的岗位不查看学生名单。")
    visible = movements_visible_to(request.user)
    form = MovementFilterForm(request.GET, months=months_of(visible), schools=list(schools_in(scope)))
    chosen = form.chosen()
    page = Paginator(_narrowed(visible, chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    log_access(request.user, LIST_READ, count=len(page.object_list))
    own = set(recording_schools(request.user).values_list("pk", flat=True))
    context = {
        "rows": [_row(movement, own) for movement in page.object_list],
        "page_obj": page,
        "form": form,
        "shows_school": "school" in form.fields,
        "is_clerk": bool(own),
        "clear_url": reverse("students:movement-list") if chosen else "",
        "sought_number": is_number(request.GET.get("q", "")),
    }
    return render(request, "students/movement_list.html", context)


@sensitive_post_parameters("q")
@require_http_methods(METHODS)
def movement_pick(request: UserRequest, purpose: str) -> HttpResponse:
    """Which child? Namesakes are told apart by class and birth date. Numbers are posted, never in an address."""
    if purpose not in PURPOSES:
        raise Http404
    heading, verb, view = PURPOSES[purpose]
    schools = recording_schools(request.user)
    klass_ids = scope_of(request.user, Role.CLASS_TEACHER).klass_ids if purpose == "absence" else frozenset()
    require(bool(klass_ids) or schools.exists(), "这件事由学生所在学校的填报员登记。")
    form = PickForm(request.POST or None)
    found: list[Enrolment] = []
    if form.is_valid():
        children = children_on_roll(schools, form.cleaned_data["q"], klass_ids)
        found = list(children[: MOST_FOUND + 1])
        log_access(request.user, "选择学生", count=len(found))
    context = {
        "form": form,
        "heading": heading,
        "verb": verb,
        "purpose": purpose,
        "is_searched": form.is_bound and form.is_valid(),
        "sought_number": form.is_bound and is_number(request.POST.get("q", "")),
        "found": [(one, reverse(view, args=[one.student_id])) for one in found[:MOST_FOUND]],
        "more": len(found) > MOST_FOUND,
        "shows_school": len({one.school_id for one in found}) > 1,
        "absent": set(
            absences_visible_to(request.user)
            .filter(
                student__in=[one.student_id for one in found],
                returned_on__isnull=True,
                voided_at__isnull=True,
            )
            .values_list("student_id", flat=True)
        ),
    }
    return render(request, "students/movement_pick.html", context)


def _narrowed(movements: QuerySet[Movement], chosen: dict[str, Any]) -> QuerySet[Movement]:
    """By what was chosen; voided facts only when asked for."""
    movements = movements.filter(voided_at__isnull=not chosen.get("voided"))
    if month := chosen.get("month"):
        movements = movements.filter(period__month__month=parse_month(month))
    if kind := chosen.get("kind"):
        movements = movements.filter(kind=kind)
    if school := chosen.get("school"):
        movements = movements.filter(school=school)
    if chosen.get("late"):
        movements = movements.filter(late_for__isnull=False)
    if chosen.get("pending"):
        movements = movements.filter(evidence_pending=True)
    if (name := chosen.get("q")) and not is_number(name):
        movements = movements.filter(
            Q(student__name__icontains=name) | Q(student__initials__startswith=name.lower())
        )
    return (
        movements.select_related(
            "student", "school", "period__month", "counterpart_school", "recorded_by", "reverses"
        )
        .defer("student__id_number", "student__roll_number", "student__address", "student__household_place")
        .order_by("-pk")
    )


def _row(movement: Movement, own: set[int]) -> dict[str, Any]:
    to_or_from = movement.counterpart_text or (
        movement.counterpart_school.name if movement.counterpart_school else ""
    )
    return {
        "movement": movement,
        "student": movement.student,
        "label": movement.get_kind_display(),
        "place": movement.klass_label,
        "counterpart": to_or_from,
        "reason": reason_label(movement.kind, movement.reason_code),
        "is_own": movement.school_id in own,
    }
