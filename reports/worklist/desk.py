"""One person at work: where, when and by which settings; each is read at most once."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.wording import cn_date, cn_datetime
from monitoring.models import MonthlyReturn
from monitoring.queries import unfiled_months, unfinished_returns
from monitoring.situations import situations
from monitoring.wording import Situation
from schools.calendar import DEADLINE_HOUR, Closure, add_working_days, working_days_between
from schools.models import ReportingMonth, Role, School
from schools.permissions import scope_of
from schools.queries import closures, schools_in, settings_of
from schools.settings import REMIND_DAYS, SettingSpec

FAR = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Todo:
    """One line of 我的待办: what and whom, what to do, since when, until when, one verb."""

    title: str
    detail: str
    place: str
    url: str
    verb: str
    due_at: dt.datetime | None = None
    since_at: dt.datetime | None = None
    due: str = ""
    since: str = ""
    look: str = ""
    is_urgent: bool = False
    is_elsewhere: bool = False
    is_main: bool = False
    count: int = 1

    @property
    def due_urgent(self) -> bool:
        return self.look == "now"

    @property
    def order(self) -> tuple[dt.datetime, dt.datetime, str]:
        """By due time, then by age."""
        return self.due_at or FAR, self.since_at or FAR, self.title


class Desk:
    """What the functions of this package ask about the person; all of it lazy."""

    def __init__(self, user: User, now: dt.datetime | None = None) -> None:
        self.user = user
        self.now = now or timezone.now()
        self.today = day_of(self.now)

    def setting(self, spec: SettingSpec) -> Any:
        return self._settings[spec.key]

    @cached_property
    def _settings(self) -> dict[str, Any]:
        return settings_of(self.user.county_id)

    @cached_property
    def closures(self) -> list[Closure]:
        return closures(self.user.county_id)

    # --- places ---

    def schools_of(self, role: Role) -> QuerySet[School]:
        """Open schools at which, or over which, the person holds *role*."""
        return schools_in(scope_of(self.user, role)).filter(closed_on__isnull=True)

    @cached_property
    def filling_schools(self) -> list[School]:
        """Schools whose returns this person fills in."""
        return list(schools_in(scope_of(self.user, Role.CLERK)).select_related("parent", "county"))

    @cached_property
    def signing_schools(self) -> list[School]:
        """Schools whose returns this person signs: the own one, and the points that it signs for."""
        own = scope_of(self.user, Role.PRINCIPAL).school_ids
        return list(
            School.objects.filter(
                Q(pk__in=own, signed_by_parent=False) | Q(parent_id__in=own, signed_by_parent=True)
            ).select_related("parent", "county")
        )

    @cached_property
    def _all_schools(self) -> list[School]:
        return list({school.pk: school for school in [*self.filling_schools, *self.signing_schools]}.values())

    def named(self, school: School, text: str) -> str:
        """The school's name before *text* where the person has several."""
        return f"{school}：{text}" if len(self._all_schools) > 1 else text

    # --- returns ---

    @cached_property
    def unfiled(self) -> dict[int, list[ReportingMonth]]:
        """Months to file, oldest first, per school."""
        return unfiled_months(self._all_schools, self.user.county_id, self.today)

    @cached_property
    def _returns(self) -> dict[tuple[int, int], MonthlyReturn]:
        found = unfinished_returns(self._all_schools)
        return {(one.school_id, one.period.month_id): one for one in found}

    def open_returns(self, schools: list[School]) -> list[Situation]:
        """The first month to file of each school, and every other return that is not finished yet."""
        wanted = {school.pk for school in schools}
        return [situation for situation in self._situations if situation.school.pk in wanted]

    @cached_property
    def _situations(self) -> list[Situation]:
        places = {}
        for school in self._all_schools:
            for month in self.unfiled[school.pk][:1]:
                places[school.pk, month.pk] = (school, month, self._returns.get((school.pk, month.pk)))
        schools = {school.pk: school for school in self._all_schools}
        for key, one in self._returns.items():
            places.setdefault(key, (schools[one.school_id], one.period.month, one))
        return situations(list(places.values()))

    # --- time ---

    def look_of(self, due_on: dt.date) -> str:
        """Red from some days before the due day on (a setting), ochre before."""
        return "now" if (due_on - self.today).days <= int(self.setting(REMIND_DAYS)) else "wait"

    def is_due(self, due_on: dt.date) -> bool:
        """Today or over."""
        return due_on <= self.today

    def due_words(self, due_on: dt.date) -> str:
        left = (due_on - self.today).days
        if left < 0:
            return f"已过期 {-left} 天"
        return {0: "今天到期", 1: "明天到期"}.get(left, f"期限 {cn_date(due_on, today=self.today)}")

    def waited_working_days(self, since: dt.datetime) -> int:
        return working_days_between(day_of(since), self.today, self.closures)

    def working_days_after(self, since: dt.datetime, count: int) -> dt.date:
        return add_working_days(day_of(since), count, self.closures)

    def date(self, day: dt.date | dt.datetime | None) -> str:
        return cn_date(day, today=self.today)

    def moment(self, at: dt.datetime | None) -> str:
        return cn_datetime(at, today=self.today)


def day_of(moment: dt.datetime) -> dt.date:
    return timezone.localtime(moment).date()


def end_of(day: dt.date) -> dt.datetime:
    """18:00 of a due day."""
    return dt.datetime.combine(day, DEADLINE_HOUR, tzinfo=timezone.get_default_timezone())


def gathered(todos: list[Todo], rest: Todo, most: int = 5) -> list[Todo]:
    """The most urgent ones; what is beyond *most* becomes one line that counts them (*rest* says how)."""
    ordered = sorted(todos, key=lambda todo: todo.order)
    if len(ordered) <= most + 1:
        return ordered
    left = ordered[most:]
    line = Todo(
        title=rest.title.format(count=len(left)),
        detail=rest.detail,
        place=rest.place,
        url=rest.url,
        verb=rest.verb,
        due_at=left[0].due_at,
        since_at=left[0].since_at,
        due=left[0].due,
        look=left[0].look,
        is_urgent=left[0].is_urgent,
        count=len(left),
    )
    return [*ordered[:most], line]
