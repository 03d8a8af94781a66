"""The lock of the books: which month a fact counts in (ledger.md COUNTS IN and The lock of the books)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.workflow import StepRefused
from schools.calendar import school_year_of
from schools.models import ReportingMonth, Requirement, School
from schools.queries import months_with_returns
from students.models import PeriodState, RollPeriod


@dataclass(frozen=True)
class Booking:
    """Where a fact counts: one period per school of the fact, all of one month."""

    month: ReportingMonth
    periods: dict[int, RollPeriod]
    late_for: dt.date | None

    def counting_grade(self, grade: int, grade_year: int) -> int:
        """Booked grade, promoted to the school year of the month."""
        return grade + school_year_of(self.month.month) - grade_year


def owes(school: School, month: ReportingMonth) -> bool:
    """Whether the school takes facts in this month at all."""
    return school.opened_on <= month.cut_off


def period_of(school: School, month: ReportingMonth) -> RollPeriod | None:
    """The school's row for a month: made for required months; optional ones exist only once begun."""
    period = RollPeriod.objects.filter(school=school, month=month).first()
    if period is not None or month.requirement != Requirement.REQUIRED or not owes(school, month):
        return period
    try:
        with transaction.atomic():
            return RollPeriod.objects.create(school=school, month=month)
    except IntegrityError:  # another clerk made it in the same moment
        return RollPeriod.objects.get(school=school, month=month)


def lock_if_open(period: RollPeriod) -> bool:
    """Advance the revision of an open period; False where it is closed."""
    return bool(
        RollPeriod.objects.filter(pk=period.pk, state=PeriodState.OPEN).update(revision=F("revision") + 1)
    )


def book(
    schools: Sequence[School],
    happened_on: dt.date,
    *,
    not_before: dt.date | None,
    grades: Sequence[tuple[int, int, int]] = (),
) -> Booking:
    """First month with cut_off ≥ *happened_on* that is open for every school of the fact.

    *not_before* is the month of the child's latest live fact. *grades* holds (grade, school year, the
    school's first grade) of each half: a month in which the grade would lie below is passed over.
    StepRefused where the calendar ends before such a month.
    """
    ordered = sorted(schools, key=lambda school: school.pk)
    for month, late_for in candidate_months(
        ordered[0].county_id, happened_on, not_before=not_before, grades=grades
    ):
        periods = _lock_all(ordered, month)
        if periods is not None:
            return Booking(month, periods, late_for)
    raise StepRefused("填报日历里没有可以记入的月份，请县局管理员先建好下一学年的填报日历。")


def candidate_months(
    county_id: int,
    happened_on: dt.date,
    *,
    not_before: dt.date | None,
    grades: Sequence[tuple[int, int, int]] = (),
) -> Iterator[tuple[ReportingMonth, dt.date | None]]:
    """Months a fact may count in, first choice first, each with the month it would be 补报 for."""
    months = list(months_with_returns(county_id).filter(cut_off__gte=happened_on))
    for month in months:
        if not_before is not None and month.month < not_before:
            continue
        if any(grade + school_year_of(month.month) - year < first for grade, year, first in grades):
            continue
        is_late = months[0].month < month.month and happened_on <= _previous_cut_off(month)
        yield month, months[0].month if is_late else None


def expected_month(
    schools: Sequence[School],
    happened_on: dt.date,
    *,
    not_before: dt.date | None,
    grades: Sequence[tuple[int, int, int]] = (),
) -> tuple[ReportingMonth, dt.date | None] | None:
    """Where ``book`` would put the fact now; changes nothing."""
    for month, late_for in candidate_months(
        schools[0].county_id, happened_on, not_before=not_before, grades=grades
    ):
        if all(takes_facts(school, month) for school in schools):
            return month, late_for
    return None


def takes_facts(school: School, month: ReportingMonth) -> bool:
    """Whether the school's month is open, or would be made open by the first fact."""
    period = RollPeriod.objects.filter(school=school, month=month).first()
    if period is not None:
        return period.state == PeriodState.OPEN
    return month.requirement == Requirement.REQUIRED and owes(school, month)


def _lock_all(schools: Sequence[School], month: ReportingMonth) -> dict[int, RollPeriod] | None:
    periods: dict[int, RollPeriod] = {}
    for school in schools:
        period = period_of(school, month)
        if period is None or period.state != PeriodState.OPEN:
            return None
        periods[school.pk] = period
    if all(lock_if_open(period) for period in periods.values()):
        return periods
    return None


def _previous_cut_off(month: ReportingMonth) -> dt.date:
    before = (
        months_with_returns(month.county_id)
        .filter(month__lt=month.month, requirement=Requirement.REQUIRED)
        .last()
    )
    return before.cut_off if before is not None else dt.date.min


def touch_periods(school: School, day: dt.date) -> None:
    """Lock what a spell that begins or ends on *day* changes: every open month from its cut-off on.

    At least one month must be open; the next required month is made if need be.
    """
    months = months_with_returns(school.county_id).filter(cut_off__gte=day)
    later = RollPeriod.objects.filter(school=school, state=PeriodState.OPEN, month__in=months.order_by())
    # One by one in order of months, so that two spells of a school wait for each other and never cross.
    touched = [lock_if_open(period) for period in later.order_by("month__month")]
    if not any(touched):
        book([school], day, not_before=None)


def close_period(period: RollPeriod, *, seen_revision: int) -> bool:
    """Submitting closes the month if nothing was booked since the page was opened."""
    return bool(
        RollPeriod.objects.filter(pk=period.pk, state=PeriodState.OPEN, revision=seen_revision).update(
            state=PeriodState.CLOSED, revision=F("revision") + 1
        )
    )


def open_period(period: RollPeriod) -> None:
    """Pulling back and sending back open the month's facts again."""
    RollPeriod.objects.filter(pk=period.pk).update(state=PeriodState.OPEN, revision=F("revision") + 1)
