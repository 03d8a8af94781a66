"""What a fact would change in the monthly return, said before it is booked. Reads only."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, Sum

from accounts.wording import cn_month, grade_name
from schools.calendar import school_year_of
from schools.models import ReportingMonth, School
from schools.queries import setting
from schools.settings import ABSENT_RULE
from students.actions.periods import expected_month
from students.models import (
    COLUMN_OF_KIND,
    Enrolment,
    Movement,
    MovementKind,
    Placement,
    PlacementKind,
    Student,
)
from students.queries import absences_open_on, latest_counted_month, live_movements

COLUMN_LABELS = {"transfer_in": "转入", "transfer_out": "转出", "other": "其他"}


@dataclass(frozen=True)
class Half:
    """A plus or minus that is not booked yet."""

    kind: MovementKind
    sign: int
    grade: int
    grade_year: int


@dataclass(frozen=True)
class Change:
    """One cell of the return, before and after."""

    label: str
    before: int
    after: int
    is_signed: bool = False


@dataclass(frozen=True)
class Effect:
    """Month that the fact would count in, and its cells."""

    month: ReportingMonth
    late_for: dt.date | None
    counts: bool
    changes: list[Change]


def effect_of(
    school: School,
    halves: Sequence[Half],
    happened_on: dt.date,
    *,
    enrolment: Enrolment | None = None,
    student: Student | None = None,
    other_school: School | None = None,
) -> Effect | None:
    """What *halves* would change at *school*; None where the calendar has no month for them.

    *enrolment* is that of a child who is here now, *student* a child known from before.
    """
    schools = [school] if other_school is None else [school, other_school]
    child = enrolment.student if enrolment else student
    expected = expected_month(
        schools,
        happened_on,
        not_before=latest_counted_month(child) if child else None,
        grades=[(half.grade, half.grade_year, school.first_grade) for half in halves],
    )
    if expected is None:
        return None
    month, late_for = expected
    counted = [
        (half, half.grade + school_year_of(month.month) - half.grade_year)
        for half in halves
        if half.grade + school_year_of(month.month) - half.grade_year in school.grades
    ]
    book = _Book(school, month)
    changes = []
    for half, grade in counted:
        changes.append(book.column_change(grade, half.kind, half.sign))
    for half, grade in counted:
        changes.append(book.closing_change(grade, half.sign, enrolment))
    if counted and sum(half.sign for half, _ in counted):
        changes.append(book.total_change(sum(half.sign for half, _ in counted), enrolment))
    return Effect(month, late_for, bool(counted), changes)


class _Book:
    """Figures of one school's month as the facts give them now."""

    def __init__(self, school: School, month: ReportingMonth) -> None:
        self.school, self.month = school, month
        self.is_attending = setting(school.county_id, ABSENT_RULE) == "attending"
        self.closing = self._closing()
        self.absent = self._absent() if self.is_attending else {}
        self.moved: dict[tuple[int, str], int] = {}

    def column_change(self, grade: int, kind: MovementKind, sign: int) -> Change:
        column = COLUMN_OF_KIND[kind]
        kinds = [one for one, of in COLUMN_OF_KIND.items() if of == column]
        counted = live_movements().filter(
            period__school=self.school, period__month=self.month, counting_grade=grade, kind__in=kinds
        )
        net = counted.aggregate(net=Sum("sign"))["net"] or 0
        is_signed = column == "other"
        before = net if is_signed else abs(net)
        after = before + (sign if is_signed else 1)
        return Change(f"{grade_name(grade)} {COLUMN_LABELS[column]}", before, after, is_signed)

    def closing_change(self, grade: int, sign: int, enrolment: Enrolment | None) -> Change:
        before = self.closing.get(grade, 0) - len(self.absent.get(grade, ()))
        return Change(f"{grade_name(grade)} 本月", before, before + self._step(sign, enrolment))

    def total_change(self, sign: int, enrolment: Enrolment | None) -> Change:
        before = sum(self.closing.values()) - sum(len(children) for children in self.absent.values())
        return Change("合计 本月", before, before + self._step(sign, enrolment))

    def _step(self, sign: int, enrolment: Enrolment | None) -> int:
        """在校口径 does not count an absent child, so its leaving changes no 本月学生数."""
        is_absent = enrolment is not None and any(
            enrolment.student_id in children for children in self.absent.values()
        )
        return 0 if is_absent else sign

    def _closing(self) -> dict[int, int]:
        """The roll at the month's end: who is on it now, without what counts in later months."""
        year = school_year_of(self.month.month)
        closing: dict[int, int] = {}
        now = Enrolment.objects.filter(school=self.school, left_on__isnull=True)
        for grade, grade_year in now.values_list("grade", "grade_year"):
            closing[grade + year - grade_year] = closing.get(grade + year - grade_year, 0) + 1
        later = live_movements().filter(period__school=self.school, period__month__month__gt=self.month.month)
        for counted_in, sign, month in later.values_list("counting_grade", "sign", "period__month__month"):
            then = (counted_in or 0) + year - school_year_of(month)
            closing[then] = closing.get(then, 0) - sign
        return {grade: count for grade, count in closing.items() if grade in self.school.grades}

    def _absent(self) -> dict[int, set[int]]:
        """Children on the roll who are not in school at the cut-off, without those taught at home."""
        day, year = self.month.cut_off, school_year_of(self.month.month)
        at_home = Placement.objects.filter(
            kind=PlacementKind.HOME_TEACHING, voided_at__isnull=True, valid_from__lte=day
        ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        spells = absences_open_on(self.school, day).exclude(student_id__in=at_home.values("student_id"))
        rows = Enrolment.objects.filter(
            school=self.school, left_on__isnull=True, student_id__in=spells.values("student_id")
        ).values_list("grade", "grade_year", "student_id")
        absent: dict[int, set[int]] = {}
        for grade, grade_year, student_id in rows:
            absent.setdefault(grade + year - grade_year, set()).add(student_id)
        return absent


def counted_words(movement: Movement) -> str:
    """'计入 2026年11月月报，补报 2026年10月'."""
    if movement.period is None:
        return "按升级后的年级已不在本校学段，不计入月报"
    words = f"计入 {cn_month(movement.period.month.month)}月报"
    return f"{words}，补报 {cn_month(movement.late_for)}" if movement.late_for else words
