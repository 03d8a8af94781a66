"""Lines of the 用印登记簿."""

import datetime as dt

from django.db.models import QuerySet

from accounts.models import User
from reports.models import SealUse
from reports.permissions import schools_with_register_for
from schools.models import School


def seal_uses_visible_to(
    user: User, school: School | None = None, month: dt.date | None = None
) -> QuerySet[SealUse]:
    """The book of the schools that *user* may see, newest first; *month* is the month in which the seal was used."""
    rows = SealUse.objects.filter(seal__school__in=schools_with_register_for(user))
    if school is not None:
        rows = rows.filter(seal__school=school)
    if month is not None:
        rows = rows.filter(used_at__year=month.year, used_at__month=month.month)
    return rows.select_related(
        "seal__school", "document__school", "document__frozen__edition__monthly_return"
    ).order_by("-used_at", "-number")
