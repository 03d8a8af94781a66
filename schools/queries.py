"""Questions about places, settings and the calendar that more than one caller asks."""

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import County, User
from schools.calendar import (
    Closure,
    default_cut_off,
    default_due,
    months_of_school_year,
    school_year_of,
)
from schools.models import (
    CountySetting,
    Holiday,
    Klass,
    Membership,
    ReportingMonth,
    Requirement,
    Role,
    School,
    SchoolYear,
    Term,
)
from schools.permissions import Scope, may_staff_county, scope_of, sees_all_accounts
from schools.settings import DUE_DAYS, SETTINGS, SettingSpec

# What people put around the grade and the number of a class.
_KLASS_NOISE = str.maketrans("", "", " ()[].-_第")


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


# --- the calendar ---------------------------------------------------------------------------------------------


def school_years(county_id: int) -> QuerySet[SchoolYear]:
    """School years with a calendar, oldest first."""
    return SchoolYear.objects.filter(county_id=county_id)


def terms_of(county_id: int, start_year: int) -> QuerySet[Term]:
    return Term.objects.filter(school_year__county_id=county_id, school_year__start_year=start_year)


def term_on(county_id: int, day: dt.date) -> Term | None:
    """The term that *day* lies in, None in the holidays between terms."""
    return Term.objects.filter(
        school_year__county_id=county_id, first_day__lte=day, last_day__gte=day
    ).first()


def months_of_year(county_id: int, start_year: int) -> QuerySet[ReportingMonth]:
    """The twelve months of filing of a school year, September first."""
    return ReportingMonth.objects.filter(county_id=county_id, month__in=months_of_school_year(start_year))


def next_start_year(county_id: int, today: dt.date | None = None) -> int:
    """The school year whose calendar can be made now: after the newest, else the one people work in or near."""
    newest = school_years(county_id).last()
    if newest is not None:
        return newest.start_year + 1
    today = today or timezone.localdate()
    # In the summer holidays a county prepares for September.
    return today.year if today.month in (7, 8) else school_year_of(today)


def usual_opening_day(county_id: int) -> dt.date:
    """The day on which schools of a county that begins are taken to be open: the first of its calendar."""
    first = school_years(county_id).first()
    start_year = first.start_year if first is not None else next_start_year(county_id)
    return months_of_school_year(start_year)[0]


@dataclass(frozen=True)
class MonthDefault:
    """A month whose dates differ from what holidays and the setting now give."""

    month: ReportingMonth
    cut_off: dt.date
    due_on: dt.date


def default_dates(month: dt.date, closed_days: Iterable[Closure], due_days: int) -> tuple[dt.date, dt.date]:
    """Cut-off and due day of a month by ledger.md; never beyond the month itself."""
    closed_days = list(closed_days)
    cut_off = default_cut_off(month, closed_days)
    if (cut_off.year, cut_off.month) != (month.year, month.month):
        cut_off = month  # a month of nothing but holidays
    return cut_off, default_due(cut_off, due_days, closed_days)


def months_to_recalculate(county_id: int, today: dt.date | None = None) -> list[MonthDefault]:
    """Months yet to come whose dates no longer follow from holidays and the setting."""
    today = today or timezone.localdate()
    closed_days, due_days = closures(county_id), setting(county_id, DUE_DAYS)
    coming = ReportingMonth.objects.filter(county_id=county_id, month__gt=today, cut_off__gt=today)
    found = [MonthDefault(month, *default_dates(month.month, closed_days, due_days)) for month in coming]
    return [one for one in found if (one.cut_off, one.due_on) != (one.month.cut_off, one.month.due_on)]


# --- settings -------------------------------------------------------------------------------------------------


def setting_history(county_id: int, key: str) -> QuerySet[CountySetting]:
    """Every value a setting has had, newest first."""
    return CountySetting.objects.filter(county_id=county_id, key=key).select_related("set_by").order_by("-pk")


def newest_settings(county_id: int) -> dict[str, CountySetting]:
    """The row in force of each setting that was ever changed."""
    rows = CountySetting.objects.filter(county_id=county_id).select_related("set_by").order_by("pk")
    return {row.key: row for row in rows}


# --- places and people ----------------------------------------------------------------------------------------


def in_force(today: dt.date | None = None) -> Q:
    """A condition on memberships: in force today."""
    today = today or timezone.localdate()
    return Q(started_on__lte=today) & (Q(ended_on__isnull=True) | Q(ended_on__gt=today))


def schools_for_list(user: User) -> QuerySet[School]:
    """Schools with township, parent, number of classes, principals and clerks, in a constant number of queries."""
    people = (
        Membership.objects.filter(in_force(), role__in=(Role.PRINCIPAL, Role.CLERK), user__is_active=True)
        .select_related("user")
        .order_by("pk")
    )
    visible = schools_visible_to(user).values("pk")
    return (
        School.objects.filter(pk__in=visible)
        .select_related("township", "parent")
        .annotate(klass_count=Count("klasses", filter=Q(klasses__closed_on__isnull=True)))
        .prefetch_related(Prefetch("memberships", queryset=people, to_attr="people"))
        .order_by("township_id", "code")
    )


def open_klasses(school: School) -> QuerySet[Klass]:
    """Classes that have children or may have, with their class teachers as ``teachers``."""
    teachers = (
        Membership.objects.filter(in_force(), role=Role.CLASS_TEACHER, user__is_active=True)
        .select_related("user")
        .order_by("pk")
    )
    return Klass.objects.filter(school=school, closed_on__isnull=True).prefetch_related(
        Prefetch("membership_set", queryset=teachers, to_attr="teachers")
    )


def accounts_visible_to(user: User) -> QuerySet[User]:
    """The bureau: the county's accounts. Principal and central school: people with a post at their places.

    Also those who once had one there and have none anywhere now.
    """
    accounts = User.objects.filter(county_id=user.county_id)
    if sees_all_accounts(user):
        return accounts
    principal, central = scope_of(user, Role.PRINCIPAL), scope_of(user, Role.CENTRAL_SCHOOL)
    schools = School.objects.filter(county_id=user.county_id).filter(
        Q(pk__in=principal.school_ids)
        | Q(parent__in=principal.school_ids, signed_by_parent=True)
        | Q(township__in=central.township_ids)
    )
    here = Q(school__in=schools.values("pk")) | Q(township__in=central.township_ids)
    posts = Membership.objects.filter(user=OuterRef("pk"))
    return accounts.filter(
        Exists(posts.filter(in_force()).filter(here))
        | (Exists(posts.filter(here)) & ~Exists(posts.filter(in_force())))
    )


def accounts_for_list(user: User) -> QuerySet[User]:
    """Visible accounts with their posts as ``posts``."""
    posts = (
        Membership.objects.filter(in_force())
        .select_related("county", "township", "school", "klass", "klass__school")
        .order_by("pk")
    )
    return accounts_visible_to(user).prefetch_related(
        Prefetch("memberships", queryset=posts, to_attr="posts")
    )


def schools_in_charge(user: User) -> QuerySet[School]:
    """Schools whose people *user* may appoint: all for the bureau, a principal's own with its points."""
    schools = School.objects.filter(county_id=user.county_id, closed_on__isnull=True)
    if may_staff_county(user):
        return schools
    own = scope_of(user, Role.PRINCIPAL).school_ids
    return schools.filter(Q(pk__in=own) | Q(parent__in=own, signed_by_parent=True))


def klass_called(text: str, klasses: Iterable[Klass]) -> Klass | None:
    """The class that people write as 三（2）班, 三(2)班, 3.2, 三年级2班 or 复式1班."""
    wanted = _klass_key(text)
    return next((klass for klass in klasses if _klass_key(str(klass)) == wanted), None)


def _klass_key(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_KLASS_NOISE).replace("年级", "").removesuffix("班")
    if plain[:1].isdigit() and len(plain) > 1:
        plain = "?一二三四五六七八九"[int(plain[0])] + plain[1:]
    return plain
