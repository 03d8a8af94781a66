"""Which months a school owes, and which one comes before (ledger.md CUT-OFF, schools' life)."""

from collections import defaultdict
from collections.abc import Collection

from schools.models import ReportingMonth, Requirement, School
from schools.queries import months_with_returns, owed_by
from students.models import RollPeriod

# Finds the last required month and the optional ones after it, however long the history.
MONTHS_TO_LOOK_BACK = 14


def previous_months(month: ReportingMonth, schools: Collection[School]) -> dict[int, ReportingMonth]:
    """M−1 per school: the previous required month it owed, or a later optional one it files."""
    newest_first = months_with_returns(month.county_id).filter(month__lt=month.month).order_by("-month")
    earlier = list(newest_first[:MONTHS_TO_LOOK_BACK])[::-1]
    required = next((m for m in reversed(earlier) if m.requirement == Requirement.REQUIRED), None)
    optional = [
        m
        for m in earlier
        if m.requirement != Requirement.REQUIRED and (required is None or m.month > required.month)
    ]
    begun = defaultdict(list)
    if optional:
        rows = RollPeriod.objects.filter(school__in=schools, month__in=optional).values_list(
            "school_id", "month_id"
        )
        for school_id, month_id in rows:
            begun[school_id].append(month_id)
    result = {}
    for school in schools:
        filed = [m for m in optional if m.pk in begun[school.pk]]
        if filed:
            result[school.pk] = filed[-1]
        elif required is not None and school.opened_on <= required.cut_off:
            result[school.pk] = required
    return result


def owes_return(school: School, month: ReportingMonth) -> bool:
    """Open on the cut-off day and after the one before (ledger.md, schools' life)."""
    before = months_with_returns(month.county_id).filter(
        month__lt=month.month, requirement=Requirement.REQUIRED
    )
    return owed_by(school, month, before.last())
