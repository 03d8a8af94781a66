"""更正: what is changed in an accepted month that was re-opened; it takes effect when the new edition is accepted."""

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.text import clean_text
from accounts.wording import grade_name
from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.correction import stage_add, stage_new_child, stage_void, withdraw_staged
from monitoring.forms import StagedArrivalForm, StagedLeaveForm, StagedVoidForm
from monitoring.models import MonthlyReturn, StagedChange
from monitoring.permissions import may_prepare
from monitoring.staging import staged_changes
from monitoring.views.found import ReturnPage, find_existing
from monitoring.views.refusing import refused_page
from schools.calendar import school_year_of
from schools.models import School
from students.forms.search import is_number
from students.models import MINUS_KINDS, Enrolment, Movement, MovementKind
from students.queries import children_on_roll

FOUND_AT_MOST = 30
ADDABLE = (
    MovementKind.TRANSFER_OUT,
    MovementKind.TRANSFER_IN,
    MovementKind.NEW_PUPIL,
    MovementKind.ADDED,
    MovementKind.PROMOTED_IN,
    MovementKind.DEATH,
    MovementKind.ABROAD,
    MovementKind.REMOVED,
)


@require_safe
def correction_detail(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """更正清单: what waits with the edition, what can be added or taken out."""
    page, monthly_return = find_existing(request, school_pk, month)
    if not page.sees_drafts or not monthly_return.correcting:
        raise Http404
    staged = staged_changes(monthly_return)
    gone = {change.voids_id for change in staged}
    movements = (
        Movement.objects.filter(period=monthly_return.period, voided_at__isnull=True)
        .exclude(pk__in=[pk for pk in gone if pk])
        .select_related("student", "counterpart_school")
        .order_by("counting_grade", "happened_on", "pk")
    )
    context = page.context(
        staged=[(change, grade_name(change.grade) if change.grade else "") for change in staged],
        movements=movements,
        kinds=[(kind.value, kind.label) for kind in ADDABLE],
        expires_at=page.situation.expires_at,
    )
    return render(request, "monitoring/correction_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def staged_add(request: UserRequest, school_pk: int, month: dt.date, kind: str) -> HttpResponse:
    """Add a movement that was forgotten: of a child on the roll, or of one who had come."""
    page, monthly_return = find_existing(request, school_pk, month)
    _require_clerk(page, monthly_return)
    if kind not in ADDABLE:
        raise Http404
    movement_kind = MovementKind(kind)
    back_url = reverse("monitoring:correction-detail", args=[school_pk, month])
    if movement_kind in MINUS_KINDS:
        return _add_leave(request, page, monthly_return, movement_kind, back_url)
    return _add_arrival(request, page, monthly_return, movement_kind, back_url)


@require_http_methods(["GET", "HEAD", "POST"])
def staged_void(request: UserRequest, school_pk: int, month: dt.date, movement_pk: int) -> HttpResponse:
    """Take a movement of the month out."""
    page, monthly_return = find_existing(request, school_pk, month)
    _require_clerk(page, monthly_return)
    movement = get_object_or_404(
        Movement.objects.select_related("student", "school", "counterpart_school"),
        period=monthly_return.period,
        voided_at__isnull=True,
        pk=movement_pk,
    )
    back_url = reverse("monitoring:correction-detail", args=[school_pk, month])
    form = StagedVoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            stage_void(monthly_return, movement, reason=form.cleaned_data["reason"], actor=request.user)
        except StepRefused as refused:
            return refused_page(request, page, refused)
        messages.success(
            request, f"已列入更正清单：撤销 {movement.student.name} 的{movement.get_kind_display()}。"
        )
        return go(request, back_url)
    return render(
        request, "monitoring/staged_void.html", page.context(form=form, movement=movement, back_url=back_url)
    )


@require_POST
def staged_withdraw(request: UserRequest, school_pk: int, month: dt.date, change_pk: int) -> HttpResponse:
    """Take a change off the list."""
    page, monthly_return = find_existing(request, school_pk, month)
    change = get_object_or_404(
        StagedChange.objects.select_related(
            "edition__monthly_return__school", "edition__monthly_return__period"
        ),
        edition__monthly_return=monthly_return,
        pk=change_pk,
    )
    try:
        withdraw_staged(change, actor=request.user)
    except StepRefused as refused:
        return refused_page(request, page, refused)
    messages.success(request, "已从更正清单移除。")
    return go(request, "monitoring:correction-detail", school_pk, month)


def _add_leave(
    request: UserRequest, page: ReturnPage, monthly_return: MonthlyReturn, kind: MovementKind, back_url: str
) -> HttpResponse:
    sought = clean_text(request.GET.get("q", ""))[:20]
    # Addresses are kept in histories and logs: numbers are not looked for here.
    sought = "" if is_number(sought) else sought
    found = _children(page.school, sought, request.POST.get("student", ""))
    form = StagedLeaveForm(request.POST or None, kind=kind, children=found)
    if request.method == "POST" and form.is_valid():
        enrolment = form.grades[form.cleaned_data["student"]]
        year = school_year_of(page.month.month)
        try:
            stage_add(
                monthly_return,
                enrolment.student,
                kind,
                grade=enrolment.grade + year - enrolment.grade_year,
                actor=request.user,
                **form.fact,
            )
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"已列入更正清单：{kind.label} {enrolment.student.name}。")
            return go(request, back_url)
    context = page.context(
        form=form, kind=kind, sought=sought, found=len(found), searches=True, back_url=back_url
    )
    return render(request, "monitoring/staged_add.html", context)


def _add_arrival(
    request: UserRequest, page: ReturnPage, monthly_return: MonthlyReturn, kind: MovementKind, back_url: str
) -> HttpResponse:
    form = StagedArrivalForm(
        request.POST or None, kind=kind, county=page.school.county, grades=page.school.grades
    )
    if request.method == "POST" and form.is_valid():
        grade = form.cleaned_data["grade"]
        try:
            if form.known is not None:
                stage_add(monthly_return, form.known, kind, grade=grade, actor=request.user, **form.fact)
            else:
                stage_new_child(
                    monthly_return, kind, form.person, grade=grade, actor=request.user, **form.fact
                )
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"已列入更正清单：{kind.label} {form.cleaned_data['name']}。")
            return go(request, back_url)
    context = page.context(form=form, kind=kind, searches=False, sought="", found=0, back_url=back_url)
    return render(request, "monitoring/staged_add.html", context)


def _children(school: School, sought: str, chosen: str) -> list[Enrolment]:
    """Children on the roll by name or initials; the one that was chosen stays in the list."""
    roll = (
        children_on_roll(School.objects.filter(pk=school.pk), sought) if sought else Enrolment.objects.none()
    )
    found = list(roll[:FOUND_AT_MOST])
    if chosen.isdigit() and chosen not in {str(child.student_id) for child in found}:
        found += Enrolment.objects.filter(
            school=school, left_on__isnull=True, student_id=int(chosen)
        ).select_related("student", "klass")
    return found


def _require_clerk(page: ReturnPage, monthly_return: MonthlyReturn) -> None:
    if not may_prepare(page.user, monthly_return):
        raise NotPermitted("更正由本校填报员登记，您可以查看。")
    if not monthly_return.correcting:
        raise Http404
