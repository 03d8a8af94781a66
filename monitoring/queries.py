"""Questions about returns that more than one caller asks; always for many schools at once."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from monitoring.lateness import due_at
from monitoring.models import MonthlyReturn, ReturnState
from monitoring.models.returns import FILED_STATES
from schools.models import ReportingMonth, Requirement, School
from schools.queries import owed_by


def filed_through(schools: Collection[School]) -> dict[int, dt.date]:
    """The latest month that each school's principal has signed; a re-opened one stays filed."""
    rows = (
        MonthlyReturn.objects.filter(school__in=schools)
        .filter(Q(state__in=FILED_STATES) | Q(correcting=True))
        .order_by()
        .values_list("school_id")
        .annotate(latest=Max("period__month__month"))
    )
    return dict(rows)


def unfiled_months(
    schools: Collection[School], county_id: int, today: dt.date
) -> dict[int, list[ReportingMonth]]:
    """Months whose cut-off has come and whose return is owed and not signed, oldest first, per school."""
    months = list(
        ReportingMonth.objects.filter(
            county_id=county_id, requirement=Requirement.REQUIRED, cut_off__lte=today
        )
    )
    before = dict(zip(months[1:], months, strict=False))
    filed = filed_through(schools)
    return {
        school.pk: [
            month
            for month in months
            if month.month > filed.get(school.pk, dt.date.min) and owed_by(school, month, before.get(month))
        ]
        for school in schools
    }


def overdue_months(
    schools: Collection[School], county_id: int, now: dt.datetime
) -> dict[int, list[ReportingMonth]]:
    """Of the unfiled months those past their due time that no principal has ever signed (逾期), per school."""
    unfiled = unfiled_months(schools, county_id, timezone.localtime(now).date())
    months = {month for owed in unfiled.values() for month in owed if now > due_at(month)}
    signed_once = set(
        MonthlyReturn.objects.filter(
            school__in=schools, period__month__in=months, first_signed_at__isnull=False
        ).values_list("school_id", "period__month_id")
    )
    return {
        school_id: [month for month in owed if month in months and (school_id, month.pk) not in signed_once]
        for school_id, owed in unfiled.items()
    }


def unfinished_returns(schools: Collection[School]) -> QuerySet[MonthlyReturn]:
    """Returns that somebody still has to do something about, with the number of open marks."""
    return (
        MonthlyReturn.objects.filter(school__in=schools)
        .exclude(state=ReturnState.ACCEPTED)
        .select_related("school__parent", "period__month", "submitted_by", "signed_by", "sent_back_by")
        .annotate(open_marks=Count("marks", filter=Q(marks__answer="")))
        .order_by("period__month__month", "school_id")
    )
