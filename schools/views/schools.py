"""学校档案: the list, a school with its people and classes, opening, editing, closing."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest, go
from schools.actions.common import require
from schools.actions.places import NOT_YOURS, close_school, edit_school, open_school
from schools.forms.common import refusals_in
from schools.forms.places import SchoolCloseForm, SchoolFilterForm, SchoolForm
from schools.models import Membership, Role, School
from schools.permissions import may_edit_klasses, may_edit_schools, may_staff_school
from schools.queries import in_force, open_klasses, schools_for_list, schools_visible_to
from schools.views.common import address_with, is_filtered, page_of


@require_safe
def school_list(request: UserRequest) -> HttpResponse:
    """Schools within reach, open ones first; the closed ones behind their own tab."""
    form = SchoolFilterForm(request.GET, county=request.user.county)
    schools = schools_for_list(request.user)
    closed = request.GET.get("state") == "closed"
    found = _filtered(schools, form).filter(closed_on__isnull=not closed)
    counts = {
        state: _filtered(schools, form).filter(closed_on__isnull=state == "") for state in ("", "closed")
    }
    segs = [
        {
            "label": label,
            "count": counts[state].count(),
            "url": address_with(request.GET, state=state),
            "current": closed == bool(state),
        }
        for state, label in (("", "在办"), ("closed", "已撤并"))
    ]
    page = page_of(request, found)
    for school in page:
        school.principals, school.clerks = _names(school, Role.PRINCIPAL), _names(school, Role.CLERK)
    context = {
        "form": form,
        "segs": segs,
        "closed": closed,
        "page_obj": page,
        "is_filtered": is_filtered(request.GET, form.fields),
        "may_edit": may_edit_schools(request.user),
    }
    return render(request, "schools/school_list.html", context)


@require_safe
def school_detail(request: UserRequest, pk: int) -> HttpResponse:
    school = _school(request, pk)
    people = (
        Membership.objects.filter(in_force(), school=school, klass__isnull=True, user__is_active=True)
        .select_related("user")
        .order_by("role", "pk")
    )
    context = {
        "school": school,
        "people": people,
        "klasses": open_klasses(school),
        "points": school.points.filter(closed_on__isnull=True),
        "may_edit": may_edit_schools(request.user) and school.closed_on is None,
        "may_edit_klasses": may_edit_klasses(request.user, school) and school.closed_on is None,
        "may_staff": may_staff_school(request.user, school),
    }
    return render(request, "schools/school_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def school_create(request: UserRequest) -> HttpResponse:
    require(may_edit_schools(request.user), NOT_YOURS)
    form = SchoolForm(request.POST or None, county=request.user.county)
    if form.is_valid():
        with refusals_in(form):
            school = open_school(request.user.county, form.facts(), actor=request.user)
            messages.success(request, f"已建立 {school.name}。下一步：任命校长和填报员。")
            return go(request, "schools:school-detail", school.pk)
    return render(request, "schools/school_create.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def school_edit(request: UserRequest, pk: int) -> HttpResponse:
    school = _school(request, pk)
    require(may_edit_schools(request.user), NOT_YOURS)
    form = SchoolForm(request.POST or None, county=request.user.county, school=school)
    if form.is_valid():
        with refusals_in(form):
            edit_school(
                school, form.facts(), actor=request.user, seen_revision=form.cleaned_data["seen_revision"]
            )
            messages.success(request, f"{school.name} 已保存。")
            return go(request, "schools:school-detail", school.pk)
    return render(request, "schools/school_edit.html", {"form": form, "school": _school(request, pk)})


@require_http_methods(["GET", "HEAD", "POST"])
def school_close(request: UserRequest, pk: int) -> HttpResponse:
    school = _school(request, pk)
    require(may_edit_schools(request.user), NOT_YOURS)
    form = SchoolCloseForm(request.POST or None, school=school)
    if form.is_valid():
        with refusals_in(form):
            close_school(school, actor=request.user, **form.cleaned_data)
            messages.success(request, f"{school.name} 已撤并。最后一次月报请按期报送。")
            return go(request, "schools:school-detail", school.pk)
    return render(request, "schools/school_close.html", {"form": form, "school": school})


def _school(request: UserRequest, pk: int) -> School:
    school: School = get_object_or_404(
        schools_visible_to(request.user).select_related("township", "parent", "county"), pk=pk
    )
    return school


def _names(school: Any, role: Role) -> list[str]:
    return [post.user.name for post in school.people if post.role == role]


def _filtered(schools: QuerySet[School], form: SchoolFilterForm) -> QuerySet[School]:
    if not form.is_valid():
        return schools
    data: dict[str, Any] = form.cleaned_data
    if data["township"]:
        schools = schools.filter(township=data["township"])
    if data["kind"]:
        schools = schools.filter(kind=data["kind"])
    if data["q"]:
        schools = schools.filter(
            Q(name__icontains=data["q"]) | Q(short_name__icontains=data["q"]) | Q(code__startswith=data["q"])
        )
    return schools
