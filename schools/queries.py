"""Questions about places, settings and the calendar that more than one caller asks."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import County, User
from schools.calendar import Closure
from schools.models import CountySetting, Holiday, ReportingMonth, Requirement, School
from schools.permissions import Scope, scope_of
from schools.settings import SETTINGS, SettingSpec


def setting(county_id: int, spec: SettingSpec) -> Any:
    """Value of a setting in force now."""
    return settings_of(county_id)[spec.key]


def settings_of(county_id: int) -> dict[str, Any]:
    """All settings of a county in one query: the newest row of each key, else the default."""
    values = {key: spec.default for key, spec in SETTINGS.items()}
    rows = CountySetting.objects.filter(county_id=county_id).order_by("pk").values_list("key", "value")
    values.update({key: value for key, value in rows if key in values})
    return values


def closures(county_id: int) -> list[Closure]:
    """Holidays and made-up school days of a county."""
    return [holiday.as_closure() for holiday in Holiday.objects.filter(county_id=county_id)]


def schools_visible_to(user: User) -> QuerySet[School]:
    """Schools of the places where the person holds any role."""
    scope = scope_of(user)
    condition = scope.of_schools()
    if scope.klass_ids:
        condition |= Q(klasses__in=scope.klass_ids)
    return School.objects.filter(condition, county_id=user.county_id).distinct()


def schools_in(scope: Scope) -> QuerySet[School]:
    return School.objects.filter(scope.of_schools(), county_id=scope.county_id)


def reporting_month(county_id: int, month: dt.date) -> ReportingMonth | None:
    return ReportingMonth.objects.filter(county_id=county_id, month=month).first()


def months_with_returns(county_id: int) -> QuerySet[ReportingMonth]:
    """Months that can be filed at all, oldest first."""
    return ReportingMonth.objects.filter(county_id=county_id).exclude(requirement=Requirement.NONE)


def first_month(county_id: int) -> ReportingMonth | None:
    """The county's first month: its opening is the imported roster (期初建账)."""
    return ReportingMonth.objects.filter(county_id=county_id, requirement=Requirement.REQUIRED).first()


def current_month(county_id: int, today: dt.date | None = None) -> ReportingMonth | None:
    """The month people work on now: the newest one whose filing has begun, else the first to come."""
    today = today or timezone.localdate()
    months = ReportingMonth.objects.filter(county_id=county_id, requirement=Requirement.REQUIRED)
    return months.filter(month__lte=today).last() or months.first()


def owed_by(school: School, month: ReportingMonth, previous: ReportingMonth | None) -> bool:
    """A school owes M if it was open on the cut-off and after the previous one (ledger.md)."""
    if school.opened_on > month.cut_off:
        return False
    return school.closed_on is None or previous is None or school.closed_on > previous.cut_off


def county_of_code(code: str) -> County | None:
    return County.objects.filter(code=code).first()
