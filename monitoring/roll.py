"""Who is on a school's roll at the end of a month, and in which grade: from facts, not from the present.

Only a few named children are asked about (the absent ones), so the cost does not grow with history.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from schools.calendar import school_year_of
from schools.models import School
from students.models import Enrolment, Movement
from students.queries import live_movements


@dataclass(frozen=True)
class Position:
    """The last thing that the books say about a child at a school."""

    month: dt.date | None
    on_roll: bool
    grade: int
    school_year: int


class Histories:
    """Movements and base rows of some children, to place them at any month."""

    def __init__(self, schools: Collection[School], student_ids: Iterable[int]) -> None:
        ids = set(student_ids)
        self._schools = {school.pk: school for school in schools}
        self._moves: dict[tuple[int, int], list[Position]] = {}
        self._bases: dict[tuple[int, int], Position] = {}
        if not ids:
            return
        for move in _counted_movements(self._schools, ids):
            month = move.period.month.month  # type: ignore[union-attr]  # filtered on period
            position = Position(month, move.sign > 0, move.counting_grade or 0, school_year_of(month))
            self._moves.setdefault((move.school_id, move.student_id), []).append(position)
        bases = Enrolment.objects.filter(
            school_id__in=self._schools, student_id__in=ids, base_grade__isnull=False
        ).values_list("school_id", "student_id", "base_grade", "base_year")
        for school_id, student_id, grade, year in bases:
            self._bases[school_id, student_id] = Position(None, True, grade or 0, year or 0)

    def grade_at(
        self, school_id: int, student_id: int, month: dt.date, *, before: bool = False
    ) -> int | None:
        """Grade on the closing roll of *month* (``before``: of the months before it); None if not on it."""
        moves = self._moves.get((school_id, student_id), [])
        known = [
            move
            for move in moves
            if move.month is not None and (move.month < month or (move.month == month and not before))
        ]
        # Booked later never counts earlier, so the last booked one of these is the last one (COUNTS IN).
        position = known[-1] if known else self._bases.get((school_id, student_id))
        if position is None or not position.on_roll:
            return None
        grade = position.grade + school_year_of(month) - position.school_year
        return grade if grade <= self._schools[school_id].last_grade else None


def _counted_movements(schools: Collection[int], student_ids: set[int]) -> Iterable[Movement]:
    return (
        live_movements()
        .filter(school_id__in=schools, student_id__in=student_ids, period__isnull=False)
        .select_related("period__month")
        .only("school_id", "student_id", "sign", "counting_grade", "period__month__month")
        .order_by("pk")
    )
