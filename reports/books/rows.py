"""The raw rows of one county, read once for all checks; nothing here is computed by the code under check."""

import datetime as dt
from collections import defaultdict
from functools import cached_property

from accounts.models import County
from monitoring.models import (
    CorrectionDelta,
    Edition,
    FrozenAbsentee,
    FrozenLine,
    FrozenReturn,
    FrozenRow,
    MonthlyReturn,
    StagedChange,
)
from schools.models import ReportingMonth, School
from students.models import Absence, Enrolment, Movement, Rollover, RollPeriod

type Place = tuple[int, dt.date]
"""School and month."""


class Books:
    """One county. A *standing* text is what its month says now: in force, or submitted or signed."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.schools = {school.pk: school for school in School.objects.filter(county=county)}
        self.months = list(ReportingMonth.objects.filter(county=county).order_by("month"))
        self.month_of = {month.pk: month for month in self.months}
        self._of_texts = {"frozen__edition__monthly_return__school__county": county}

    # --- facts --------------------------------------------------------------------------------------------------

    @cached_property
    def periods(self) -> dict[int, RollPeriod]:
        return {period.pk: period for period in RollPeriod.objects.filter(school__county=self.county)}

    @cached_property
    def begun(self) -> set[Place]:
        """Months for which a school has a row."""
        return {(period.school_id, self.month_of[period.month_id].month) for period in self.periods.values()}

    @cached_property
    def movements(self) -> list[Movement]:
        """Live ones, in the order they were booked."""
        rows = Movement.objects.filter(school__county=self.county).select_related("reverses")
        return list(rows.filter(voided_at__isnull=True).order_by("pk"))

    @cached_property
    def counted(self) -> dict[int, list[Movement]]:
        """Live movements by the period they count in."""
        groups: dict[int, list[Movement]] = defaultdict(list)
        for move in self.movements:
            if move.period_id is not None:
                groups[move.period_id].append(move)
        return groups

    @cached_property
    def enrolments(self) -> list[Enrolment]:
        return list(Enrolment.objects.filter(school__county=self.county).order_by("pk"))

    @cached_property
    def absences(self) -> dict[int, Absence]:
        return {spell.pk: spell for spell in Absence.objects.filter(school__county=self.county)}

    @cached_property
    def roll_year(self) -> int | None:
        """School year that current enrolments are in."""
        done = (
            Rollover.objects.filter(county=self.county, undone_at__isnull=True).order_by("-to_year").first()
        )
        if done is not None:
            return done.to_year
        return min((e.base_year for e in self.enrolments if e.base_year is not None), default=None)

    # --- returns ------------------------------------------------------------------------------------------------

    @cached_property
    def returns(self) -> dict[int, MonthlyReturn]:
        rows = MonthlyReturn.objects.filter(school__county=self.county).order_by("pk")
        return {found.pk: found for found in rows}

    @cached_property
    def return_of_period(self) -> dict[int, MonthlyReturn]:
        return {found.period_id: found for found in self.returns.values()}

    @cached_property
    def editions(self) -> dict[int, list[Edition]]:
        """By return, oldest first."""
        groups: dict[int, list[Edition]] = defaultdict(list)
        for edition in Edition.objects.filter(monthly_return__school__county=self.county).order_by("number"):
            groups[edition.monthly_return_id].append(edition)
        return groups

    @cached_property
    def texts(self) -> dict[int, FrozenReturn]:
        rows = FrozenReturn.objects.filter(edition__monthly_return__school__county=self.county)
        return {text.pk: text for text in rows.select_related("edition").order_by("pk")}

    @cached_property
    def lines(self) -> dict[int, list[FrozenLine]]:
        groups: dict[int, list[FrozenLine]] = defaultdict(list)
        for line in FrozenLine.objects.filter(**self._of_texts).order_by("grade"):
            groups[line.frozen_id].append(line)
        return groups

    @cached_property
    def rows(self) -> dict[int, list[FrozenRow]]:
        groups: dict[int, list[FrozenRow]] = defaultdict(list)
        for row in FrozenRow.objects.filter(**self._of_texts).order_by("seq"):
            groups[row.frozen_id].append(row)
        return groups

    @cached_property
    def absentees(self) -> dict[int, list[FrozenAbsentee]]:
        groups: dict[int, list[FrozenAbsentee]] = defaultdict(list)
        for absentee in FrozenAbsentee.objects.filter(**self._of_texts).order_by("pk"):
            groups[absentee.frozen_id].append(absentee)
        return groups

    @cached_property
    def deltas(self) -> dict[int, list[CorrectionDelta]]:
        """By school."""
        groups: dict[int, list[CorrectionDelta]] = defaultdict(list)
        for delta in CorrectionDelta.objects.filter(school__county=self.county):
            groups[delta.school_id].append(delta)
        return groups

    @cached_property
    def staged(self) -> dict[int, StagedChange]:
        rows = StagedChange.objects.filter(edition__monthly_return__school__county=self.county)
        return {change.pk: change for change in rows.select_related("edition").defer("arguments")}

    # --- which text speaks for a month ----------------------------------------------------------------------------

    @cached_property
    def place_of_text(self) -> dict[int, Place]:
        return {
            text.pk: self.place_of_return(self.returns[text.edition.monthly_return_id])
            for text in self.texts.values()
        }

    def place_of_return(self, monthly_return: MonthlyReturn) -> Place:
        period = self.periods[monthly_return.period_id]
        return monthly_return.school_id, self.month_of[period.month_id].month

    @cached_property
    def standing(self) -> dict[Place, FrozenReturn]:
        """In order of months."""
        found = {}
        for monthly_return in self.returns.values():
            text = self._standing_text(monthly_return)
            if text is not None:
                found[self.place_of_return(monthly_return)] = text
        return dict(sorted(found.items(), key=lambda one: (one[0][1], one[0][0])))

    def _standing_text(self, monthly_return: MonthlyReturn) -> FrozenReturn | None:
        editions = self.editions[monthly_return.pk]
        in_force = next((edition for edition in editions if edition.in_force), None)
        if in_force is not None:
            return self.texts.get(in_force.frozen_id or 0)
        if monthly_return.state not in {"submitted", "signed", "accepted"}:
            return None
        current = [e.pk for e in editions if e.number == monthly_return.edition_number]
        return self._last_text_of_edition.get(current[0]) if current else None

    @cached_property
    def _last_text_of_edition(self) -> dict[int, FrozenReturn]:
        return {text.edition_id: text for text in self.texts.values()}
