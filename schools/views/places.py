"""Townships of the county and classes of a school."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.actions import klasses as klass_actions
from schools.actions import places as actions
from schools.actions.common import require
from schools.forms.common import refusals_in
from schools.forms.places import KlassForm, TownshipForm
from schools.models import Klass, Membership, Role, Township
from schools.permissions import may_edit_klasses, may_edit_schools
from schools.queries import in_force, schools_visible_to


@require_safe
def township_list(request: UserRequest) -> HttpResponse:
    """Townships with the number of open schools and the people of the central school."""
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    townships = list(
        Township.objects.filter(county=request.user.county).annotate(
            school_count=Count("schools", filter=Q(schools__closed_on__isnull=True))
        )
    )
    posts = Membership.objects.filter(
        in_force(),
        role__in=(Role.CENTRAL_SCHOOL, Role.TOWNSHIP),
        county=request.user.county,
        user__is_active=True,
    ).select_related("user")
    people: dict[int | None, list[Membership]] = {}
    for post in posts:
        people.setdefault(post.township_id, []).append(post)
    rows = [{"township": township, "people": people.get(township.pk, [])} for township in townships]
    return render(request, "schools/township_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def township_create(request: UserRequest) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    form = TownshipForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            township = actions.create_township(
                request.user.county, form.cleaned_data["name"], actor=request.user
            )
            messages.success(request, f"已建立 {township.name}。")
            return go(request, "schools:township-list")
    return render(request, "schools/township_create.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def township_rename(request: UserRequest, pk: int) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    township = get_object_or_404(Township, county=request.user.county, pk=pk)
    form = TownshipForm(request.POST or None, initial={"name": township.name, "seen_name": township.name})
    if form.is_valid():
        with refusals_in(form):
            data = form.cleaned_data
            actions.rename_township(township, data["name"], actor=request.user, seen_name=data["seen_name"])
            messages.success(request, f"已改名为 {township.name}。")
            return go(request, "schools:township-list")
    return render(request, "schools/township_rename.html", {"form": form, "township": township})


@require_http_methods(["GET", "HEAD", "POST"])
def klass_create(request: UserRequest, pk: int) -> HttpResponse:
    school = get_object_or_404(schools_visible_to(request.user), pk=pk)
    require(may_edit_klasses(request.user, school), klass_actions.NOT_YOURS)
    form = KlassForm(request.POST or None, school=school)
    if form.is_valid():
        with refusals_in(form):
            klass = klass_actions.create_klass(school, actor=request.user, **form.cleaned_data)
            messages.success(request, f"已建立 {klass}。")
            return go(request, "schools:school-detail", school.pk)
    return render(request, "schools/klass_create.html", {"form": form, "school": school})


@require_POST
def klass_close(request: UserRequest, pk: int) -> HttpResponse:
    klass = get_object_or_404(
        Klass.objects.select_related("school"), pk=pk, school__in=schools_visible_to(request.user)
    )
    try:
        klass_actions.close_klass(klass, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, f"已撤销 {klass}。")
    return go(request, "schools:school-detail", klass.school_id)
