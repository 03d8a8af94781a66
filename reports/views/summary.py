"""全县汇总: on screen, as PDF and as .xlsx, from one description."""

import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from accounts.workflow import NotPermitted
from monitoring.permissions import may_see_board, may_see_summary
from reports.documents.county_summary import county_summary_pdf
from reports.summary import By, Summary
from reports.views.downloads import download
from reports.views.months import month_or_404, neighbours
from reports.workbooks.county_summary import county_summary_xlsx

NAMES: dict[By, str] = {"school": "分学校", "grade": "分年级"}


@require_safe
def summary(request: UserRequest, by: str = "school", month: dt.date | None = None) -> HttpResponse:
    """One month by school or by grade."""
    found, way = _summary(request, month), _way(by)
    other: By = "grade" if way == "school" else "school"
    context = {
        "summary": found,
        "facts": found.facts(way),
        "month": found.month,
        "by": by,
        "other": other,
        "other_name": NAMES[other],
        "may_see_board": may_see_board(request.user),
        **neighbours(found.month, "reports:summary-month", by),
    }
    return render(request, "reports/summary.html", context)


@require_safe
def summary_file(request: UserRequest, by: str, month: dt.date, form: str) -> HttpResponse:
    """The same as a file."""
    found, way = _summary(request, month), _way(by)
    facts = found.facts(way)
    name = f"{found.place.name}月报汇总表-{NAMES[way]}-{found.month.slug}.{form}"
    if form == "pdf":
        return download(county_summary_pdf(facts), name)
    if form == "xlsx":
        return download(county_summary_xlsx(facts), name)
    raise Http404


def _way(by: str) -> By:
    if by == "school":
        return "school"
    if by == "grade":
        return "grade"
    raise Http404


def _summary(request: UserRequest, month: dt.date | None) -> Summary:
    if not may_see_summary(request.user):
        raise NotPermitted("全县汇总由基教股、中心校、局领导和资助专干查看。")
    return Summary(request.user, month_or_404(request.user, month))
