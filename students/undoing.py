"""How a fact would be undone now, and why so: said on the page before it is done. Reads only."""

from dataclasses import dataclass

from django.utils import timezone

from schools.models import ReportingMonth
from students.actions.periods import expected_month
from students.actions.undo import halves_of
from students.models import Movement, PeriodState
from students.queries import latest_counted_month, latest_live_movement


@dataclass(frozen=True)
class UndoOutlook:
    """*is_void*: the month is open and the fact is struck out; otherwise 更正 in *month*."""

    halves: list[Movement]
    is_undone: bool
    is_latest: bool
    is_void: bool
    closed: Movement | None
    month: ReportingMonth | None
    later: Movement | None

    @property
    def is_possible(self) -> bool:
        return not self.is_undone and self.is_latest and (self.is_void or self.month is not None)


def undo_outlook(movement: Movement) -> UndoOutlook:
    """What ``undo_movement`` would do with it now."""
    halves = halves_of(movement) or [movement]
    latest = latest_live_movement(movement.student)
    is_latest = latest is not None and latest.pk in {half.pk for half in halves}
    closed = next((half for half in halves if half.period and half.period.state == PeriodState.CLOSED), None)
    expected = None
    if closed is not None:
        expected = expected_month(
            [half.school for half in halves],
            timezone.localdate(),
            not_before=latest_counted_month(movement.student),
            grades=[(half.grade, half.grade_year, half.school.first_grade) for half in halves],
        )
    return UndoOutlook(
        halves=halves,
        is_undone=movement.voided_at is not None or hasattr(movement, "reversed_by"),
        is_latest=is_latest,
        is_void=closed is None,
        closed=closed,
        month=expected[0] if expected else None,
        later=None if is_latest else latest,
    )
