"""学年升级: what it would do, school by school; the press; the way back until September is submitted."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.calendar import months_of_school_year, school_year_label
from schools.queries import school_years
from students.actions.rollover import commit_rollover, preview_rollover, undo_rollover
from students.forms.rollover import RolloverForm, RolloverUndoForm
from students.models import PeriodState, Rollover, RollPeriod
from students.permissions import may_roll_over, require
from students.queries import roll_year

NOT_YOURS = "学年升级由基教股办。"


@require_safe
def rollover_preview(request: UserRequest) -> HttpResponse:
    require(may_roll_over(request.user), NOT_YOURS)
    return _page(request)


@sensitive_post_parameters("password")
@require_POST
def rollover_commit(request: UserRequest) -> HttpResponse:
    require(may_roll_over(request.user), NOT_YOURS)
    form = RolloverForm(request.POST, request=request)
    if not form.is_valid():
        return _page(request, form=form)
    try:
        rollover = commit_rollover(
            request.user.county, to_year=form.cleaned_data["to_year"], actor=request.user
        )
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, f"全县名册已升到{school_year_label(rollover.to_year)}。")
    return go(request, "students:rollover-preview")


@sensitive_post_parameters("password")
@require_POST
def rollover_undo(request: UserRequest) -> HttpResponse:
    require(may_roll_over(request.user), NOT_YOURS)
    form = RolloverUndoForm(request.POST, request=request, auto_id="undo_%s")
    if not form.is_valid():
        return _page(request, undo_form=form)
    rollover = get_object_or_404(
        Rollover.objects.select_related("county"),
        pk=form.cleaned_data["rollover"],
        county=request.user.county,
    )
    try:
        undo_rollover(rollover, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, f"已撤销，名册回到{school_year_label(rollover.to_year - 1)}。")
    return go(request, "students:rollover-preview")


def _page(
    request: UserRequest, *, form: RolloverForm | None = None, undo_form: RolloverUndoForm | None = None
) -> HttpResponse:
    county = request.user.county
    to_year = roll_year(county) + 1
    rows = preview_rollover(county)
    today = timezone.localdate()
    context: dict[str, Any] = {
        "from_label": school_year_label(to_year - 1),
        "to_label": school_year_label(to_year),
        "rows": [row for row in rows if row.children],
        "empty_schools": [row.school for row in rows if not row.children],
        "children": sum(row.children for row in rows),
        "moving_up": sum(row.moving_up for row in rows),
        "leaving": sum(row.leaving for row in rows),
        # Usually done in the summer holidays; earlier the press needs a second look.
        "is_early": (today.year, today.month) < (to_year, 6),
        "begins": months_of_school_year(to_year)[0],
        "has_calendar": school_years(county.pk).filter(start_year=to_year).exists(),
        "form": form or RolloverForm(initial={"to_year": to_year}, request=request),
        **_last_rollover(request, undo_form),
    }
    return render(request, "students/rollover_preview.html", context)


def _last_rollover(request: UserRequest, undo_form: RolloverUndoForm | None) -> dict[str, Any]:
    """The rollover in force, and how many schools have submitted September since, which closes the way back."""
    last = (
        Rollover.objects.filter(county=request.user.county, undone_at__isnull=True)
        .select_related("committed_by")
        .order_by("-to_year")
        .first()
    )
    if last is None:
        return {"last": None, "last_label": "", "filed": 0, "undo_form": None}
    september = months_of_school_year(last.to_year)[0]
    filed = RollPeriod.objects.filter(
        month__county=request.user.county, month__month=september, state=PeriodState.CLOSED
    ).count()
    return {
        "last": last,
        "last_label": school_year_label(last.to_year),
        "filed": filed,
        "undo_form": undo_form
        or RolloverUndoForm(initial={"rollover": last.pk}, request=request, auto_id="undo_%s"),
    }
