"""Lists of returns: the schools a person may open, and the months of one school."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import UserRequest, go
from accounts.workflow import NotPermitted
from monitoring.models import FIGURES, FrozenLine, FrozenReturn, MonthlyReturn
from monitoring.permissions import may_list_returns, may_see_drafts, schools_with_returns_for
from monitoring.readings import Line, PrintedLine, printed, total
from monitoring.situations import SchoolMonth, reader_of, situations
from monitoring.wording import Standing, standing
from schools.calendar import school_year_label, school_year_of
from schools.models import ReportingMonth, Requirement, School
from schools.queries import current_month, owed_by

PAGE_ROWS = 50


@dataclass(frozen=True)
class MonthRow:
    """One month of a school: state, timeliness and the figures that were filed."""

    month: ReportingMonth
    monthly_return: MonthlyReturn | None
    state: Standing
    url: str
    figures: PrintedLine | None
    is_required: bool


@dataclass(frozen=True)
class SchoolRow:
    school: School
    state: Standing
    url: str


@require_safe
def return_schools(request: UserRequest) -> HttpResponse:
    """月报表: the schools whose returns this person may open; straight to the school where there is one."""
    if not may_list_returns(request.user):
        raise NotPermitted("月报表由学校、中心校和基教股查看，您的岗位不查看。")
    schools = schools_with_returns_for(request.user).select_related("parent", "township")
    first_two = list(schools[:2])
    if len(first_two) == 1:
        return go(request, "monitoring:return-list", first_two[0].pk)
    month = current_month(request.user.county_id)
    page = Paginator(schools.order_by("township_id", "code"), PAGE_ROWS).get_page(request.GET.get("page"))
    rows = _school_rows(request, list(page), month) if month else []
    context = {"page_obj": page, "rows": rows, "month": month}
    return render(request, "monitoring/return_schools.html", context)


@require_safe
def return_list(request: UserRequest, school_pk: int) -> HttpResponse:
    """A school's months of one school year, newest first; months not filed say why."""
    schools = schools_with_returns_for(request.user).select_related("parent", "county", "township")
    school = get_object_or_404(schools, pk=school_pk)
    today = timezone.localdate()
    months = list(
        ReportingMonth.objects.filter(county_id=school.county_id, month__lte=_horizon(school, today))
    )
    owed = _owed(school, months)
    years = sorted({school_year_of(month.month) for month in owed}, reverse=True)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and int(asked) in years else (years[0] if years else 0)
    chosen = [month for month in reversed(owed) if school_year_of(month.month) == year]
    context = {
        "school": school,
        "rows": _month_rows(request, school, chosen),
        "segs": [
            {
                "label": school_year_label(one),
                "count": None,
                "url": f"?year={one}",
                "current": one == year,
                "urgent": False,
            }
            for one in years
        ],
        "has_many_schools": schools.count() > 1,
    }
    return render(request, "monitoring/return_list.html", context)


def _horizon(school: School, today: dt.date) -> dt.date:
    """Months up to the one that people work on now."""
    month = current_month(school.county_id, today)
    return max(today, month.month) if month else today


def _owed(school: School, months: list[ReportingMonth]) -> list[ReportingMonth]:
    """Months in which the school stood open, oldest first."""
    before: ReportingMonth | None = None
    owed = []
    for month in months:
        if owed_by(school, month, before):
            owed.append(month)
        if month.requirement == Requirement.REQUIRED:
            before = month
    return owed


def _month_rows(request: UserRequest, school: School, months: list[ReportingMonth]) -> list[MonthRow]:
    returns = {
        found.period.month_id: found
        for found in MonthlyReturn.objects.filter(school=school, period__month__in=months).select_related(
            "period__month", "school"
        )
    }
    places: list[SchoolMonth] = [(school, month, returns.get(month.pk)) for month in months]
    reader, sees_drafts = reader_of(request.user, school), may_see_drafts(request.user, school)
    figures = _figures([found for found in returns.values() if sees_drafts or found.signed_at is not None])
    return [
        MonthRow(
            month=place.month,
            monthly_return=place.monthly_return,
            state=standing(reader, place),
            url=reverse("monitoring:return-detail", args=[school.pk, place.month.month]),
            figures=figures.get(place.monthly_return.pk) if place.monthly_return else None,
            is_required=place.month.requirement != Requirement.NONE,
        )
        for place in situations(places)
    ]


def _figures(returns: list[MonthlyReturn]) -> dict[int, PrintedLine]:
    """Totals of the text that each return's current edition was last submitted with."""
    current = {found.pk: found.edition_number for found in returns if found.submitted_at is not None}
    newest = {}
    for text in FrozenReturn.objects.filter(edition__monthly_return__in=current).select_related("edition"):
        if text.edition.number == current[text.edition.monthly_return_id]:
            newest[text.edition.monthly_return_id] = text
    sums = _sums({text.pk: text.rule for text in newest.values()})
    return {pk: sums[text.pk] for pk, text in newest.items() if text.pk in sums}


def _sums(rules: dict[int, str]) -> dict[int, PrintedLine]:
    """合计 of each frozen text, in its reading."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for frozen_id, grade, *figures in FrozenLine.objects.filter(frozen__in=rules).values_list(
        "frozen_id", "grade", *FIGURES
    ):
        lines[frozen_id].append(Line(grade, **dict(zip(FIGURES, figures, strict=True))))
    return {pk: printed(total(rows), rules[pk]) for pk, rows in lines.items()}


def _school_rows(request: UserRequest, schools: list[School], month: ReportingMonth) -> list[SchoolRow]:
    returns = {
        found.school_id: found
        for found in MonthlyReturn.objects.filter(school__in=schools, period__month=month).select_related(
            "period__month", "school"
        )
    }
    places: list[SchoolMonth] = [(school, month, returns.get(school.pk)) for school in schools]
    return [
        SchoolRow(
            school=place.school,
            state=standing(reader_of(request.user, place.school), place),
            url=reverse("monitoring:return-list", args=[place.school.pk]),
        )
        for place in situations(places)
    ]
