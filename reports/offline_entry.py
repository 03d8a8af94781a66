"""One fact of an offline sheet, and how it travels from the preview to the confirmation."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.wording import grade_name
from reports.offline_words import FACT_WORDS, FactWord, Stamp, reasons_of, row_key
from schools.models import Klass, School
from students.models import Enrolment, Student


@dataclass
class Entry:
    """One line as a fact to book."""

    row: int
    word: FactWord
    day: dt.date
    token: uuid.UUID | None
    who: str
    student: Student | None = None
    reason: str = ""
    note: str = ""
    place: str = ""
    to_school: School | None = None
    grade: int | None = None
    klass: Klass | None = None
    follow_up: str = ""
    person: dict[str, Any] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """As it travels from the preview to the confirmation."""
        person = {**self.person}
        if person:
            person["birth_date"] = person["birth_date"].isoformat()
        return {
            "row": self.row,
            "word": self.word.label,
            "day": self.day.isoformat(),
            "token": str(self.token),
            "who": self.who,
            "student": str(self.student.uuid) if self.student else "",
            "reason": self.reason,
            "note": self.note,
            "place": self.place,
            "to_school": self.to_school.pk if self.to_school else None,
            "grade": self.grade,
            "klass": self.klass.pk if self.klass else None,
            "follow_up": self.follow_up,
            "person": person,
        }


class Knowledge:
    """What lines are read against: the children, classes and neighbours of the school."""

    def __init__(self, school: School, stamp: Stamp) -> None:
        self.school, self.stamp, self.today = school, stamp, timezone.localdate()
        places = list(
            Enrolment.objects.filter(school=school).select_related("student", "klass").order_by("pk")
        )
        self.by_key = {row_key(school, place.student): place.student for place in places}
        self.on_roll = [place for place in places if place.left_on is None]
        self.klasses = list(Klass.objects.filter(school=school, closed_on__isnull=True))
        self.schools: dict[str, School] = {}
        others = School.objects.filter(county_id=school.county_id, closed_on__isnull=True)
        for other in others.exclude(pk=school.pk):
            self.schools |= {other.name: other, **({other.short_name: other} if other.short_name else {})}


def unpacked(stored: Iterable[dict[str, Any]], county_id: int) -> list[Entry]:
    """What ``packed`` gave, with children, classes and schools read again; KeyError where one is gone."""
    lines = list(stored)
    students = {
        str(student.uuid): student
        for student in Student.objects.filter(
            county_id=county_id, uuid__in=[line["student"] for line in lines if line["student"]]
        )
    }
    klasses = Klass.objects.in_bulk([line["klass"] for line in lines if line["klass"]])
    schools = School.objects.in_bulk([line["to_school"] for line in lines if line["to_school"]])
    return [_unpacked(line, students, klasses, schools) for line in lines]


def _unpacked(
    line: dict[str, Any], students: dict[str, Student], klasses: dict[int, Klass], schools: dict[int, School]
) -> Entry:
    person = {**line["person"]}
    if person:
        person["birth_date"] = dt.date.fromisoformat(person["birth_date"])
    return Entry(
        row=line["row"],
        word=FACT_WORDS[line["word"]],
        day=dt.date.fromisoformat(line["day"]),
        token=uuid.UUID(line["token"]),
        who=line["who"],
        student=students[line["student"]] if line["student"] else None,
        reason=line["reason"],
        note=line["note"],
        place=line["place"],
        to_school=schools[line["to_school"]] if line["to_school"] else None,
        grade=line["grade"],
        klass=klasses[line["klass"]] if line["klass"] else None,
        follow_up=line["follow_up"],
        person=person,
    )


def entry_words(entry: Entry) -> str:
    """What a line of the preview says about the fact, without any number."""
    parts = [entry.place or (entry.to_school.name if entry.to_school else "")]
    if entry.grade and entry.word.group == "arrive":
        parts.append(str(entry.klass) if entry.klass else grade_name(entry.grade))
    if entry.reason:
        parts.append(reasons_of(entry.word).get(entry.reason, ""))
    return "，".join(part for part in [*parts, entry.note] if part)
