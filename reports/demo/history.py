"""The story of a county: from the base roster through every month of filing up to today."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from reports.demo.actions.places import Founded, classes_a_grade
from reports.demo.facts import Facts
from reports.demo.filing import Filing
from reports.demo.timeline import Timeline
from schools.actions.klasses import create_klass
from schools.calendar import is_school_day, months_of_school_year, school_year_of
from schools.models import ReportingMonth, Requirement, Role, School, SchoolKind
from schools.queries import closures
from students.actions.rollover import commit_rollover
from students.models import AbsenceKind, Enrolment, MovementKind

# Facts a month and child: arrivals, departures, transfers in the county, absences.
ARRIVALS, DEPARTURES, TRANSFERS, ABSENCES = 0.0022, 0.0022, 0.0035, 0.011
# (kind, share, shortest and longest number of days)
SPELLS: Final = (
    (AbsenceKind.LONG_LEAVE, 0.52, (4, 40)),
    (AbsenceKind.TRUANCY, 0.33, (3, 30)),
    (AbsenceKind.SUSPENSION, 0.07, (60, 200)),
    (AbsenceKind.GUEST_ELSEWHERE, 0.05, (40, 120)),
    (AbsenceKind.SPECIAL_SCHOOL, 0.03, (60, 120)),
)
LATE_SHARE: Final = 0.08


@dataclass
class History:
    """Plans everything that happens; the timeline makes it happen."""

    founded: Founded
    facts: Facts
    filing: Filing
    timeline: Timeline
    dice: random.Random

    def plan(self) -> None:
        """All months that have begun; the newest one filed now is left to ``present``."""
        self.closures = closures(self.founded.county.pk)
        months = list(ReportingMonth.objects.filter(county=self.founded.county))
        required = [month for month in months if month.requirement == Requirement.REQUIRED]
        today = self.timeline.until.date()
        self.filed = [month for month in required if month.cut_off <= today]
        since = self.timeline.clock.moment.date()
        for month in required:
            self._plan_window(since, min(month.cut_off, today), month)
            since = month.cut_off
            if month.cut_off > today:
                break
        for month in self.filed[:-1]:
            for school in self.founded.schools:
                self.filing.plan_month(school, month)
        for month in months:
            if month.requirement == Requirement.OPTIONAL and month.cut_off + dt.timedelta(days=3) <= today:
                self._plan_optional(month)
        self._plan_new_years(today)
        self._plan_corrections()

    @property
    def present_month(self) -> ReportingMonth:
        """The month that is being filed now."""
        return self.filed[-1]

    # --- ordinary months --------------------------------------------------------------------------------------------

    def _plan_window(self, since: dt.date, until: dt.date, month: ReportingMonth) -> None:
        days = [day for day in _days(since, until) if is_school_day(day, self.closures)]
        if not days:
            return
        share = len(days) / 21
        for school in self.founded.schools:
            pupils = self.founded.plan(school).per_grade * len(school.grades)
            self._plan_school(school, days, pupils * share)

    def _plan_school(self, school: School, days: list[dt.date], weight: float) -> None:
        facts, out = self.facts, MovementKind.TRANSFER_OUT
        for _ in range(self._number(weight * ARRIVALS)):
            grade = self.dice.choice(school.grades)
            kind = MovementKind.ADDED if self.dice.random() < 0.15 else MovementKind.TRANSFER_IN
            self._happens(days, partial(facts.join, school, kind, grade))
        for _ in range(self._number(weight * DEPARTURES)):
            self._happens(days, partial(facts.leave, school, out, pending=self.dice.random() < 0.25))
        for _ in range(self._number(weight * TRANSFERS)):
            to_school = self._neighbour(school)
            if to_school is not None:
                self._happens(days, partial(facts.transfer, school, to_school))
        for _ in range(self._number(weight * ABSENCES)):
            self._plan_absence(school, days)
        for event, share in self._rare(school):
            for _ in range(self._number(weight * share)):
                self._happens(days, event)

    def _rare(self, school: School) -> list[tuple[Callable[[dt.date], object], float]]:
        """Events and how often they happen, a month and child."""
        facts = self.facts
        return [
            (partial(facts.regrade, school, MovementKind.RETAINED), 0.0005),
            (partial(facts.regrade, school, MovementKind.SKIPPED), 0.0001),
            (partial(facts.leave, school, MovementKind.DEATH), 0.00006),
            (partial(facts.leave, school, MovementKind.ABROAD), 0.0001),
            (partial(facts.mistake, school), 0.0003),
        ]

    def _plan_absence(self, school: School, days: list[dt.date]) -> None:
        kind, _, (shortest, longest) = self.dice.choices(SPELLS, weights=[share for _, share, _ in SPELLS])[0]
        if kind == AbsenceKind.SPECIAL_SCHOOL and school.last_grade < 7:
            kind = AbsenceKind.LONG_LEAVE
        length = self.dice.randint(shortest, longest)
        pending = kind == AbsenceKind.SUSPENSION and self.dice.random() < 0.3
        self._happens(days, partial(self.facts.be_absent, school, kind, days=length, pending=pending))

    def _happens(self, days: list[dt.date], event: Callable[[dt.date], object]) -> None:
        """On one of the days; recorded the same day, or much later (补报)."""
        day = self.dice.choice(days)
        lag = self.dice.randint(15, 30) if self.dice.random() < LATE_SHARE else 0
        self.timeline.on(day + dt.timedelta(days=lag), self.dice, lambda: event(day))

    def _number(self, expected: float) -> int:
        """A whole number that is right on average."""
        return int(expected) + (self.dice.random() < expected % 1)

    def _neighbour(self, school: School) -> School | None:
        """Another school of the county with grades in common, not a teaching point."""
        others = [
            other
            for other in self.founded.schools
            if other.pk != school.pk
            and other.kind not in (SchoolKind.TEACHING_POINT, SchoolKind.SPECIAL)
            and set(other.grades) & set(school.grades)
        ]
        return self.dice.choice(others) if others else None

    def _plan_optional(self, month: ReportingMonth) -> None:
        """One school also files July."""
        school = self.founded.schools[min(6, len(self.founded.schools) - 1)]
        self.timeline.on(
            month.cut_off + dt.timedelta(days=1),
            self.dice,
            lambda: self.filing.file_optional_month(school, month),
        )

    # --- a new school year ------------------------------------------------------------------------------------------

    def _plan_new_years(self, today: dt.date) -> None:
        first = school_year_of(self.filed[0].month)
        for year in range(first + 1, school_year_of(today + dt.timedelta(days=10)) + 1):
            september = months_of_school_year(year)[0]
            self.timeline.on(september - dt.timedelta(days=7), self.dice, partial(self._roll_over, year))
            self.timeline.on(september - dt.timedelta(days=5), self.dice, self._open_classes)
            for school in self.founded.schools:
                self.timeline.on(september, self.dice, partial(self._admit, school, september))
            self.timeline.on(september, self.dice, partial(self._send_graduates_on, september))

    def _roll_over(self, year: int) -> None:
        commit_rollover(self.founded.county, to_year=year, actor=self.founded.users[Role.REVIEWER][0])

    def _open_classes(self) -> None:
        """Classes of the lowest grade; the others have moved up with their children."""
        for school in self.founded.schools:
            plan = self.founded.plan(school)
            if school.kind != SchoolKind.TEACHING_POINT:
                for number in range(1, classes_a_grade(plan) + 1):
                    create_klass(
                        school, grade=school.first_grade, number=number, actor=self.facts.clerk(school)
                    )

    def _admit(self, school: School, day: dt.date) -> None:
        """新生入学 in the first grade, and now and then a child who did not come."""
        if school.first_grade == 1:
            for _ in range(max(1, self.founded.plan(school).per_grade + self.dice.randint(-2, 2))):
                self.facts.join(school, MovementKind.NEW_PUPIL, 1, day)
        for _ in range(self._number(self.founded.plan(school).per_grade * 0.02)):
            self.facts.be_absent(school, AbsenceKind.NOT_REGISTERED, day, self.dice.randint(3, 25))

    def _send_graduates_on(self, day: dt.date) -> None:
        """小升初, and from a teaching point to the next school; some have not been seen yet."""
        waiting = Enrolment.objects.filter(
            school__in=self.founded.schools, graduated=True, left_on__gte=day - dt.timedelta(days=20)
        )
        targets = self._next_schools()
        for enrolment in waiting.select_related("student", "school__county").order_by("pk"):
            choice = targets[enrolment.school_id]
            if choice and self.dice.random() < 0.985:
                self.facts.move_up(enrolment, self.dice.choice(choice), day)

    def _next_schools(self) -> dict[int, list[School]]:
        """By school: where its graduates go, in their own township if there is such a school."""
        found: dict[int, list[School]] = defaultdict(list)
        for school in self.founded.schools:
            kinds = self.founded.plan(school).next_school_kinds
            fitting = [
                s for s in self.founded.schools if s.kind in kinds and s.first_grade <= school.last_grade + 1
            ]
            near = [other for other in fitting if other.township_id == school.township_id]
            found[school.pk] = near or fitting
        return found

    # --- corrections ------------------------------------------------------------------------------------------------

    def _plan_corrections(self) -> None:
        """更正 in a later month, and a month that was re-opened and accepted again: one in each school year."""
        years = defaultdict(list)
        for month in self.filed:
            years[school_year_of(month.month)].append(month)
        for number, months in enumerate(years.values()):
            school = self.founded.schools[(4 + 2 * number) % len(self.founded.schools)]
            if len(months) > 2:
                day = months[1].cut_off + dt.timedelta(days=14)
                self.timeline.on(day, self.dice, partial(self.filing.reopen, school, months[0], finish=True))
            if len(months) > 4:
                other = self.founded.schools[min(6, len(self.founded.schools) - 1)]
                self.timeline.on(
                    months[3].cut_off + dt.timedelta(days=10),
                    self.dice,
                    partial(self.facts.correct_closed_month, other),
                )


def _days(since: dt.date, until: dt.date) -> list[dt.date]:
    return [since + dt.timedelta(days=n) for n in range(1, (until - since).days + 1)]
