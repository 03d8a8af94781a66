"""Which month a page of the county shows, and the way to its neighbours."""

import datetime as dt
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from schools.models import ReportingMonth
from schools.queries import current_month, months_with_returns


def month_or_404(user: User, month: dt.date | None) -> ReportingMonth:
    """The named month of the county, else the one people work on now."""
    found = (
        months_with_returns(user.county_id).filter(month=month).first()
        if month is not None
        else current_month(user.county_id)
    )
    if found is None:
        raise Http404("填报日历里没有这个月。")
    return found


def neighbours(month: ReportingMonth, view: str, *before: str) -> dict[str, Any]:
    """Links to the month before and the one after, as far as the calendar has come."""
    months = months_with_returns(month.county_id)
    earlier = months.filter(month__lt=month.month).last()
    later = months.filter(month__gt=month.month, month__lte=timezone.localdate()).first()
    return {
        "earlier": _link(earlier, view, before),
        "later": _link(later, view, before),
    }


def _link(month: ReportingMonth | None, view: str, before: tuple[str, ...]) -> dict[str, str] | None:
    if month is None:
        return None
    return {"label": str(month), "url": reverse(view, args=[*before, month.slug])}
