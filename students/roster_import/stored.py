"""What is stored about the children of a file, read in a fixed number of queries for each thousand rows."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q

from accounts.encryption import blind_index
from schools.models import Klass, School
from students.models import (
    Absence,
    Enrolment,
    Guardian,
    Movement,
    SpecialCircumstance,
    Student,
    Transfer,
    TransferState,
)
from students.queries import base_may_change, roll_of, roll_year

CHUNK: Final = 900


@dataclass(slots=True)
class KnownChild:
    """A stored child with what the comparison needs."""

    student: Student
    enrolment: Enrolment | None = None
    guardians: list[Guardian] = field(default_factory=list)
    circumstances: dict[str, SpecialCircumstance] = field(default_factory=dict)
    waiting: bool = False
    has_movements: bool = False


@dataclass(slots=True)
class Stored:
    """The state that a file is compared with."""

    school: School
    is_base: bool
    school_year: int
    by_number: dict[str, KnownChild] = field(default_factory=dict)
    by_roll_number: dict[str, KnownChild] = field(default_factory=dict)
    roll: dict[int, KnownChild] = field(default_factory=dict)
    without_number: dict[tuple[str, str], KnownChild] = field(default_factory=dict)
    klasses: dict[tuple[int, int], Klass] = field(default_factory=dict)
    multigrade: dict[int, Klass] = field(default_factory=dict)
    absent: dict[int, str] = field(default_factory=dict)
    number_index: dict[str, str] = field(default_factory=dict)
    roll_index: dict[str, str] = field(default_factory=dict)

    def known(self) -> Iterator[KnownChild]:
        seen: set[int] = set()
        for child in (*self.roll.values(), *self.by_number.values(), *self.by_roll_number.values()):
            if child.student.pk not in seen:
                seen.add(child.student.pk)
                yield child


def load_stored(school: School, children: Iterable[dict[str, Any]]) -> Stored:
    """Children of the file wherever they are in the county, and everybody on this school's roll."""
    children = list(children)
    stored = Stored(school, base_may_change(school), roll_year(school.county))
    _load_roll(stored)
    stored.number_index = _indexes("id_number", children)
    stored.roll_index = _indexes("roll_number", children)
    _load_elsewhere(
        stored,
        set(stored.number_index.values()) - stored.by_number.keys(),
        set(stored.roll_index.values()) - stored.by_roll_number.keys(),
    )
    _load_details(stored)
    _load_classes(stored)
    return stored


def _indexes(key: str, children: list[dict[str, Any]]) -> dict[str, str]:
    return {child[key]: blind_index(key, child[key]) for child in children if key in child}


def _load_roll(stored: Stored) -> None:
    for enrolment in roll_of(stored.school):
        known = KnownChild(enrolment.student, enrolment)
        stored.roll[enrolment.student_id] = known
        _index(stored, known)


def _index(stored: Stored, known: KnownChild) -> None:
    student = known.student
    if student.id_index:
        stored.by_number[student.id_index] = known
    elif known.enrolment is not None and known.enrolment.school_id == stored.school.pk:
        stored.without_number[student.name, student.birth_date.isoformat()] = known
    if student.roll_index:
        stored.by_roll_number[student.roll_index] = known


def _load_elsewhere(stored: Stored, numbers: set[str], rolls: set[str]) -> None:
    county = stored.school.county_id
    found: dict[int, KnownChild] = {}
    for field_name, wanted in (("id_index", numbers), ("roll_index", rolls)):
        for part in _parts(sorted(wanted)):
            for student in Student.objects.filter(Q(**{f"{field_name}__in": part}), county_id=county):
                if student.pk not in stored.roll:
                    found.setdefault(student.pk, KnownChild(student))
    for ids in _parts(sorted(found)):
        for enrolment in Enrolment.objects.filter(student_id__in=ids, left_on__isnull=True):
            found[enrolment.student_id].enrolment = enrolment
    for known in found.values():
        _index(stored, known)


def _load_details(stored: Stored) -> None:
    everybody = {known.student.pk: known for known in stored.known()}
    for part in _parts(sorted(everybody)):
        for guardian in Guardian.objects.filter(student_id__in=part, removed_at__isnull=True):
            everybody[guardian.student_id].guardians.append(guardian)
        for circumstance in SpecialCircumstance.objects.filter(
            student_id__in=part, valid_to__isnull=True, voided_at__isnull=True
        ):
            everybody[circumstance.student_id].circumstances[circumstance.kind] = circumstance
        waiting = Transfer.objects.filter(student_id__in=part, state=TransferState.WAITING)
        for pk in waiting.values_list("student_id", flat=True):
            everybody[pk].waiting = True
        moved = Movement.objects.filter(student_id__in=part, voided_at__isnull=True)
        for pk in moved.values_list("student_id", flat=True):
            everybody[pk].has_movements = True
    for absence in Absence.objects.filter(
        school=stored.school, returned_on__isnull=True, voided_at__isnull=True
    ):
        stored.absent[absence.student_id] = f"{absence.get_kind_display()}，{_day(absence.first_day)}起"


def _load_classes(stored: Stored) -> None:
    for klass in Klass.objects.filter(school=stored.school, closed_on__isnull=True):
        if klass.is_multigrade:
            stored.multigrade[klass.number] = klass
        else:
            stored.klasses[klass.grade, klass.number] = klass


def past_enrolments(school: School, student_ids: Iterable[int]) -> dict[int, dt.date]:
    """Who of these children was here before, and left when; of several times the last."""
    left: dict[int, dt.date] = {}
    for part in _parts(sorted(student_ids)):
        past = Enrolment.objects.filter(school=school, student_id__in=part, left_on__isnull=False)
        left |= {row.student_id: row.left_on for row in past.order_by("left_on") if row.left_on}
    return left


def _day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _parts[T](values: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
