"""School years, months of filing and working days: pure functions of dates.

A month of filing is named by its first day. School year Y runs from 1 September Y to 31 August Y+1.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

# ledger.md: months 2 and 8 lie inside the holidays, 7 is optional.
NOT_REQUIRED_MONTHS = frozenset({2, 8})
OPTIONAL_MONTHS = frozenset({7})
DEADLINE_HOUR = dt.time(18, 0)


@dataclass(frozen=True)
class Closure:
    """Days on which schools are closed, both included; ``is_workday`` marks a made-up school day."""

    first_day: dt.date
    last_day: dt.date
    is_workday: bool = False

    def covers(self, day: dt.date) -> bool:
        return self.first_day <= day <= self.last_day


def school_year_of(day: dt.date) -> int:
    """Start year of the school year that *day* lies in."""
    return day.year if day.month >= 9 else day.year - 1


def school_year_label(start_year: int) -> str:
    return f"{start_year}–{start_year + 1}学年"


def first_of_month(day: dt.date) -> dt.date:
    return day.replace(day=1)


def next_month(month: dt.date) -> dt.date:
    return dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def parse_month(text: str) -> dt.date:
    """'2026-11' → 2026-11-01. ValueError otherwise."""
    if len(text) != 7:
        raise ValueError(text)
    return dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date()


def months_of_school_year(start_year: int) -> list[dt.date]:
    """September to August."""
    return [dt.date(start_year + (m < 9), m, 1) for m in (9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8)]


def is_school_day(day: dt.date, closures: Iterable[Closure]) -> bool:
    """A weekday outside holidays, or a made-up school day."""
    open_on_weekend = False
    for closure in closures:
        if closure.covers(day):
            if not closure.is_workday:
                return False
            open_on_weekend = True
    return open_on_weekend or day.weekday() < 5


def next_school_day(day: dt.date, closures: Iterable[Closure]) -> dt.date:
    """*day* itself or the first school day after it (at most 120 days on, else *day*)."""
    closures = list(closures)
    for offset in range(120):
        candidate = day + dt.timedelta(days=offset)
        if is_school_day(candidate, closures):
            return candidate
    return day


def default_cut_off(month: dt.date, closures: Iterable[Closure]) -> dt.date:
    """First school day of the month (ledger.md CUT-OFF); September is always the 1st."""
    if month.month == 9:
        return month
    return next_school_day(month, closures)


def default_due(cut_off: dt.date, due_days: int, closures: Iterable[Closure]) -> dt.date:
    """Cut-off plus *due_days*, moved past holidays."""
    return next_school_day(cut_off + dt.timedelta(days=due_days), closures)


def working_days_between(start: dt.date, end: dt.date, closures: Iterable[Closure]) -> int:
    """Working days after *start* up to and including *end*."""
    closures = list(closures)
    span = (end - start).days
    return sum(is_school_day(start + dt.timedelta(days=n), closures) for n in range(1, span + 1))


def add_working_days(start: dt.date, count: int, closures: Iterable[Closure]) -> dt.date:
    """The day that is *count* working days after *start*."""
    closures = list(closures)
    day = start
    for _ in range(count):
        day = next_school_day(day + dt.timedelta(days=1), closures)
    return day
