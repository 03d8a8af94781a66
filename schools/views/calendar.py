"""填报日历: a school year with its months, terms and holidays."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.actions import calendar as actions
from schools.actions.common import require
from schools.calendar import parse_month, school_year_label, school_year_of
from schools.forms.calendar import HolidayForm, MonthForm, TermForm, YearForm
from schools.forms.common import refusals_in
from schools.models import Holiday, ReportingMonth, SchoolYear, Term
from schools.permissions import may_edit_schools
from schools.queries import (
    current_month,
    months_of_year,
    months_to_recalculate,
    next_start_year,
    school_years,
    terms_of,
)


@require_safe
def calendar_home(request: UserRequest) -> HttpResponse:
    """The school year people work in, or the newest there is."""
    years = list(school_years(request.user.county_id))
    this_year = school_year_of(timezone.localdate())
    shown = next((year for year in years if year.start_year == this_year), years[-1] if years else None)
    return _year_page(request, years, shown)


@require_safe
def calendar_year(request: UserRequest, year: int) -> HttpResponse:
    years = list(school_years(request.user.county_id))
    shown = next((one for one in years if one.start_year == year), None)
    if shown is None:
        raise Http404
    return _year_page(request, years, shown)


@require_http_methods(["GET", "HEAD", "POST"])
def year_create(request: UserRequest) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    start_year = next_start_year(request.user.county_id)
    form = YearForm(request.POST or None, initial={"start_year": start_year})
    if form.is_valid():
        with refusals_in(form):
            year = actions.make_school_year(request.user.county, actor=request.user, **form.cleaned_data)
            messages.success(request, f"{year}填报日历已建好，请核对学期和节假日。")
            return go(request, "schools:calendar-year", year.start_year)
    return render(request, "schools/year_create.html", {"form": form, "label": school_year_label(start_year)})


@require_http_methods(["GET", "HEAD", "POST"])
def term_edit(request: UserRequest, pk: int) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    term = get_object_or_404(
        Term.objects.select_related("school_year__county"), pk=pk, school_year__county=request.user.county
    )
    form = TermForm(request.POST or None, term=term)
    if form.is_valid():
        with refusals_in(form):
            data = form.cleaned_data
            actions.edit_term(
                term,
                first_day=data["first_day"],
                last_day=data["last_day"],
                actor=request.user,
                seen=(data["seen_first_day"], data["seen_last_day"]),
            )
            messages.success(request, f"{term.get_number_display()}已保存。")
            return go(request, "schools:calendar-year", term.school_year.start_year)
    return render(request, "schools/term_edit.html", {"form": form, "term": term})


@require_http_methods(["GET", "HEAD", "POST"])
def month_edit(request: UserRequest, slug: str) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    try:
        first_day = parse_month(slug)
    except ValueError as error:
        raise Http404 from error
    month = get_object_or_404(
        ReportingMonth.objects.select_related("county"), county=request.user.county, month=first_day
    )
    form = MonthForm(request.POST or None, month=month)
    start_year = school_year_of(month.month)
    if form.is_valid():
        with refusals_in(form):
            actions.edit_month(month, form.facts(), actor=request.user, seen=form.seen())
            messages.success(request, f"{month}已保存。")
            return go(request, "schools:calendar-year", start_year)
    context = {"form": form, "month": month, "start_year": start_year}
    return render(request, "schools/month_edit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def holiday_create(request: UserRequest) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    form = HolidayForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            holiday = actions.add_holiday(request.user.county, actor=request.user, **form.cleaned_data)
            return _after_holiday(request, holiday.first_day, f"已加上 {holiday.name}。")
    return render(request, "schools/holiday_create.html", {"form": form})


@require_POST
def holiday_remove(request: UserRequest, pk: int) -> HttpResponse:
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    holiday = get_object_or_404(Holiday.objects.select_related("county"), county=request.user.county, pk=pk)
    first_day, name = holiday.first_day, holiday.name
    try:
        actions.remove_holiday(holiday, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
        return go(request, "schools:calendar")
    return _after_holiday(request, first_day, f"已删去 {name}。")


@require_http_methods(["GET", "HEAD", "POST"])
def months_recalculate(request: UserRequest) -> HttpResponse:
    """What holidays and the setting now give for months to come, side by side; nothing changes until pressed."""
    require(may_edit_schools(request.user), actions.NOT_YOURS)
    if request.method == "POST":
        try:
            done, skipped = actions.recalculate_months(
                request.user.county, actor=request.user, seen=_seen_months(request)
            )
        except StepRefused as refused:
            messages.error(request, refusal_text(refused))
            return go(request, "schools:months-recalculate")
        messages.success(request, f"已重算 {done} 个月的截止日和期限。")
        for sentence in skipped:
            messages.warning(request, sentence)
        return go(request, "schools:calendar")
    found = months_to_recalculate(request.user.county_id)
    return render(request, "schools/months_recalculate.html", {"found": found})


def _year_page(request: UserRequest, years: list[SchoolYear], shown: SchoolYear | None) -> HttpResponse:
    county_id = request.user.county_id
    may_edit = may_edit_schools(request.user)
    context: dict[str, Any] = {
        "years": years,
        "shown": shown,
        "may_edit": may_edit,
        "next_label": school_year_label(next_start_year(county_id)),
        "to_recalculate": len(months_to_recalculate(county_id)) if may_edit else 0,
    }
    if shown is not None:
        first, last = dt.date(shown.start_year, 8, 1), dt.date(shown.start_year + 1, 8, 31)
        context |= {
            "months": months_of_year(county_id, shown.start_year),
            "current": current_month(county_id),
            "terms": terms_of(county_id, shown.start_year),
            "holidays": Holiday.objects.filter(county_id=county_id, last_day__gte=first, first_day__lte=last),
        }
    return render(request, "schools/calendar.html", context)


def _after_holiday(request: UserRequest, day: dt.date, done: str) -> HttpResponse:
    """To the preview where months would change, else back to the year."""
    messages.success(request, done)
    if months_to_recalculate(request.user.county_id):
        return go(request, "schools:months-recalculate")
    start_year = school_year_of(day)
    if school_years(request.user.county_id).filter(start_year=start_year).exists():
        return go(request, "schools:calendar-year", start_year)
    return go(request, "schools:calendar")


def _seen_months(request: UserRequest) -> list[tuple[str, dt.date, dt.date]]:
    """'2026-10 2026-10-08 2026-10-12' of every row that the page showed."""
    seen = []
    for text in request.POST.getlist("seen"):
        try:
            slug, cut_off, due_on = text.split(" ")
            seen.append((slug, dt.date.fromisoformat(cut_off), dt.date.fromisoformat(due_on)))
        except ValueError:
            continue
    return seen
