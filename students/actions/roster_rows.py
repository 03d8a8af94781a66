"""Rows of a confirmed preview → children, guardians, circumstances, enrolments and classes, in batches."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from schools.models import Klass
from students.actions.booking import Fact, add_arrival
from students.actions.people import build_student
from students.actions.periods import Booking, book
from students.actions.roster_update import BY_IMPORT, apply_changes, build_circumstance, build_guardian
from students.actions.transfers import begin_transfer_in
from students.codes import REQUIRED_PROOFS
from students.models import (
    Enrolment,
    Guardian,
    MovementKind,
    SpecialCircumstance,
    Student,
)
from students.roster_import.differences import born_of, special_of
from students.roster_import.preview import Preview
from students.roster_import.stored import KnownChild, Stored

BATCH: Final = 1000
_REASONS: Final = {"transfer_in": "other", "new_pupil": "admission", "added": "missed"}


class Writer:
    """Writes the rows of one preview; callers stand inside ``audited``."""

    def __init__(self, preview: Preview, stored: Stored, recorder: User | None) -> None:
        self.preview, self.stored, self.recorder = preview, stored, recorder
        self.school, self.county = stored.school, stored.school.county
        self.today = timezone.localdate()
        self.known: dict[int, KnownChild] = {known.student.pk: known for known in stored.known()}

    def child(self, item: dict[str, Any]) -> dict[str, Any]:
        return self.preview.reading.children[item["i"]]

    def make_classes(self, items: Iterable[dict[str, Any]]) -> None:
        """Classes that the rows name and the school does not have yet."""
        wanted: dict[tuple[int, int, bool], Klass] = {}
        for item in items:
            child = self.child(item)
            number = child.get("class_no")
            if number and self.klass_of(child) is None:
                is_multigrade = bool(child.get("multigrade"))
                grade = self.school.first_grade if is_multigrade else child["grade"]
                wanted.setdefault(
                    (grade, number, is_multigrade),
                    Klass(school=self.school, grade=grade, number=number, is_multigrade=is_multigrade),
                )
        for klass in Klass.objects.bulk_create(wanted.values(), batch_size=BATCH):
            if klass.is_multigrade:
                self.stored.multigrade[klass.number] = klass
            else:
                self.stored.klasses[klass.grade, klass.number] = klass

    def klass_of(self, child: dict[str, Any]) -> Klass | None:
        number = child.get("class_no")
        if not number:
            return None
        if child.get("multigrade"):
            return self.stored.multigrade.get(number)
        return self.stored.klasses.get((child["grade"], number))

    def add_base(self, items: list[dict[str, Any]]) -> int:
        """期初建账: children of the base, which is not a movement."""
        students = self._add_students(items)
        year = self.stored.school_year
        Enrolment.objects.bulk_create(
            [
                Enrolment(
                    student=student,
                    school=self.school,
                    klass=self.klass_of(child),
                    grade=child["grade"],
                    grade_year=year,
                    joined_on=self._joined_on(child),
                    base_grade=child["grade"],
                    base_year=year,
                )
                for student, child in students
            ],
            batch_size=BATCH,
        )
        return len(students)

    def add_arrivals(self, items: list[dict[str, Any]]) -> int:
        """Later children arrive by a movement each; those without a past share the booking of their day."""
        bookings: dict[str, Booking] = {}
        grades = [
            (self.child(item)["grade"], self.stored.school_year, self.school.first_grade) for item in items
        ]
        for item, (student, child) in zip(items, self._add_students(items), strict=True):
            answer = self.preview.answer(item)
            day = dt.date.fromisoformat(answer["on"])
            if item["student"] is None and answer["on"] not in bookings:
                bookings[answer["on"]] = book([self.school], day, not_before=None, grades=grades)
            add_arrival(
                student,
                self.school,
                MovementKind(answer["do"]),
                grade=child["grade"],
                klass=self.klass_of(child),
                fact=self._arrival_fact(answer, day),
                actor=self._recorder(),
                booking=bookings[answer["on"]] if item["student"] is None else None,
            )
        return len(items)

    def _arrival_fact(self, answer: dict[str, str], day: dt.date) -> Fact:
        to_check = answer.get("to_check") == "yes"
        return Fact(
            day,
            _REASONS[answer["do"]],
            f"{BY_IMPORT}，待核" if to_check else BY_IMPORT,
            evidence_pending=to_check or answer["do"] in REQUIRED_PROOFS,
        )

    def begin_transfers(self, items: list[dict[str, Any]]) -> int:
        """转学: asked of the other school; nothing changes here until it confirms."""
        for item in items:
            child = self.child(item)
            begin_transfer_in(
                self.known[item["student"]].student,
                self.school,
                grade=child["grade"],
                reason_code="other",
                reason_text=f"{BY_IMPORT}时发起",
                actor=self._recorder(),
            )
        return len(items)

    def update(self, items: list[dict[str, Any]]) -> list[list[Any]]:
        """Changed children, each by compare-and-set; (id, names of the fields) for the audit entry."""
        details = []
        for item in items:
            known, child = self.known[item["student"]], self.child(item)
            renames = self.preview.answer(item).get("do") == "rename"
            changes = [
                change for change in item["changes"] if change[4] == "set" or (change[4] == "ask" and renames)
            ]
            self._take_revision(known.student)
            apply_changes(
                known,
                child,
                [change[0] for change in changes],
                klass=self.klass_of(child),
                words=self.preview.choices.words,
                recorder=self.recorder,
                today=self.today,
            )
            details.append([known.student.pk, self._fields(changes, item)])
        return details

    def _fields(self, changes: list[list[str]], item: dict[str, Any]) -> list[str]:
        names = [change[0] for change in changes]
        if "name" in names:
            change = next(change for change in changes if change[0] == "name")
            reason = self.preview.answer(item).get("reason", "")
            names[names.index("name")] = f"name: {change[2]} → {change[3]}（{reason}）"
        return names

    def _take_revision(self, student: Student) -> None:
        unchanged = Student.objects.filter(pk=student.pk, revision=student.revision)
        if not unchanged.update(revision=F("revision") + 1):
            raise StalePage(f"{student.name} 刚刚被别人改过，这次没有导入。请重新核对后再导入。")
        student.revision += 1

    def _add_students(self, items: list[dict[str, Any]]) -> list[tuple[Student, dict[str, Any]]]:
        """The child of every row: made, or the one already known, with guardians and circumstances."""
        pairs = []
        fresh = []
        for item in items:
            child = self.child(item)
            if item["student"] is not None:
                pairs.append((self.known[item["student"]].student, child))
                continue
            student = self._build(child, self.preview.answer(item).get("reason", ""))
            fresh.append((student, child))
            pairs.append((student, child))
        Student.objects.bulk_create([student for student, _ in fresh], batch_size=BATCH)
        Guardian.objects.bulk_create(
            [
                build_guardian(student, position, member)
                for student, child in fresh
                for position, member in enumerate(child.get("members", ()), start=1)
            ],
            batch_size=BATCH,
        )
        self._add_circumstances(fresh)
        return pairs

    def _build(self, child: dict[str, Any], reason: str) -> Student:
        student = build_student(
            self.county,
            name=child["name"],
            sex=child["sex"],
            birth_date=born_of(child),
            id_number=child.get("id_number", ""),
            no_id_reason=reason if "id_number" not in child else "",
            roll_number=child.get("roll_number", ""),
            id_type=child["id_type"],
            ethnicity=child.get("ethnicity", "01"),
            address=child.get("address", ""),
        )
        student.household_place = child.get("household_place", "")
        if "boarding" in child:
            student.boarding = child["boarding"]
        return student

    def _add_circumstances(self, fresh: list[tuple[Student, dict[str, Any]]]) -> None:
        if self.recorder is None:  # somebody must stand for such a statement; the command says so
            return
        words = self.preview.choices.words
        SpecialCircumstance.objects.bulk_create(
            [
                build_circumstance(student, kind, detail, child, self.recorder, self.today)
                for student, child in fresh
                for kind, detail in special_of(child, words).items()
            ],
            batch_size=BATCH,
        )

    def _recorder(self) -> User:
        if self.recorder is None:
            raise StepRefused("本校还没有填报员，不能登记新来的学生和特殊情况。请先建填报员账号。")
        return self.recorder

    def _joined_on(self, child: dict[str, Any]) -> dt.date:
        """Of the base only the year of joining is sure; never after today."""
        day = dt.date(self.stored.school_year, 9, 1)
        if "entry" in child:
            year, month = map(int, child["entry"].split("-"))
            day = dt.date(year, month, 1)
        return min(day, self.today)
