"""When a return is due and how late it is: computed when read, never stored (pure)."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from schools.calendar import DEADLINE_HOUR
from schools.models import ReportingMonth, Requirement

# Beyond the day after tomorrow a deadline is told in days.
NAMED_DAYS = {0: "今天 18:00 截止", 1: "明天截止", 2: "后天截止"}


@dataclass(frozen=True)
class Timeliness:
    """Stands beside the state, never instead of it (ui.md §7.1)."""

    words: str = ""
    is_overdue: bool = False
    is_near: bool = False
    was_late: bool = False
    days: int = 0


def due_at(month: ReportingMonth) -> dt.datetime:
    """18:00 of the due day, in the county's time zone."""
    return dt.datetime.combine(month.due_on, DEADLINE_HOUR, tzinfo=timezone.get_default_timezone())


def timeliness(
    month: ReportingMonth, first_signed_at: dt.datetime | None, now: dt.datetime | None = None
) -> Timeliness:
    """还有 n 天, 今天 18:00 截止, 逾期 n 天 while the principal has not signed; 迟报 n 天 once signed too late."""
    if month.requirement != Requirement.REQUIRED:
        return Timeliness()
    due = due_at(month)
    if first_signed_at is not None:
        if first_signed_at <= due:
            return Timeliness()
        days = _days_late(first_signed_at, month)
        return Timeliness(f"迟报 {days} 天", was_late=True, days=days)
    now = now or timezone.now()
    if now > due:
        days = _days_late(now, month)
        return Timeliness(f"逾期 {days} 天", is_overdue=True, days=days)
    left = (month.due_on - timezone.localtime(now).date()).days
    return Timeliness(NAMED_DAYS.get(left, f"还有 {left} 天"), is_near=left in NAMED_DAYS, days=0)


def _days_late(moment: dt.datetime, month: ReportingMonth) -> int:
    """Begun days after the due day; the evening of the due day counts as one."""
    return max(1, (timezone.localtime(moment).date() - month.due_on).days)
