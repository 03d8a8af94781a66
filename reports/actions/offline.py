"""Booking an offline sheet through the same actions as the pages: rehearsed for the preview, then all or nothing."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from monitoring.lines import figures_of
from reports.offline_changes import changed_cells
from reports.offline_entry import Entry, entry_words
from schools.models import ReportingMonth, Role, School
from schools.permissions import capacity
from students.actions.absences import end_absence, start_absence
from students.actions.booking import Fact
from students.actions.movements import RECORDS_HERE, change_grade, record_arrival_of, record_departure
from students.actions.transfers import begin_transfer_out
from students.codes import REQUIRED_PROOFS
from students.effects import counted_words
from students.models import Absence, AbsenceKind, Enrolment, Movement, MovementKind, Student, Transfer
from students.permissions import may_record, require
from students.queries import current_enrolment, open_absence

NEW, KNOWN, REFUSED = "new", "known", "refused"


@dataclass
class LineOutcome:
    """What became of one line: booked, known from before, or refused with the reason."""

    row: int
    label: str
    who: str
    words: str
    state: str
    told: str


@dataclass
class Outcome:
    """What a sheet does, or would do."""

    lines: list[LineOutcome] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def of(self, state: str) -> list[LineOutcome]:
        return [line for line in self.lines if line.state == state]

    @property
    def digest(self) -> str:
        """Two runs that do the same have the same digest."""
        said = [[line.row, line.label, line.who, line.state, line.told] for line in self.lines]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class _Rehearsed(Exception):  # noqa: N818 -- takes a transaction back that was only tried
    """Carries nothing; the outcome is already in hand."""


def rehearse(school: School, month: ReportingMonth, entries: Sequence[Entry], *, actor: User) -> Outcome:
    """What confirming would do now, by doing it and taking it back."""
    require(may_record(actor, school), RECORDS_HERE)
    outcome = Outcome()
    try:
        with _audit(actor, school):
            _run(school, month, entries, actor, outcome)
            raise _Rehearsed
    except _Rehearsed:
        return outcome


def book_sheet(
    school: School, month: ReportingMonth, entries: Sequence[Entry], *, actor: User, seen_digest: str
) -> Outcome:
    """Exactly what the preview showed, in one transaction with one audit entry; a second time nothing."""
    require(may_record(actor, school), RECORDS_HERE)
    outcome = Outcome()
    try:
        with _audit(actor, school) as entry:
            _run(school, month, entries, actor, outcome)
            if not outcome.of(NEW) and not outcome.of(REFUSED):
                raise _Rehearsed  # everything is there already: no entry for nothing
            if outcome.digest != seen_digest:
                raise StalePage("预览以后名册或异动又有变化，这次没有登记。请重新上传，看过新的预览再确认。")
            if refused := outcome.of(REFUSED):
                raise StepRefused(
                    "有不能登记的行，这次一行也没有登记。",
                    [f"第 {line.row} 行 {line.who}：{line.told}" for line in refused],
                )
            entry.about(month, school_id=school.pk)
            entry.summary = f"离线表 {month}，登记 {len(outcome.of(NEW))} 行"
    except _Rehearsed:
        pass
    return outcome


def _run(
    school: School, month: ReportingMonth, entries: Sequence[Entry], actor: User, outcome: Outcome
) -> None:
    before = figures_of(school, month)
    for entry in entries:
        outcome.lines.append(_try(school, entry, actor))
    if outcome.of(NEW):
        outcome.changes = changed_cells(before, figures_of(school, month))


def _try(school: School, entry: Entry, actor: User) -> LineOutcome:
    line = LineOutcome(entry.row, entry.word.label, entry.who, entry_words(entry), NEW, "")
    if told := _known(school, entry):
        line.state, line.told = KNOWN, told
        return line
    try:
        with transaction.atomic():
            line.told = _BOOK[entry.word.group](school, entry, actor)
    except StepRefused as refused:
        line.state, line.told = REFUSED, str(refused)
    return line


def _known(school: School, entry: Entry) -> str:
    """Why this line is not booked again; '' where it is new."""
    if entry.token is not None and (earlier := Movement.objects.filter(uuid=entry.token).first()):
        return "已登记过" if earlier.is_live else "已登记过，后来作废"
    student = entry.student or _newcomer(school, entry)
    if student is None:
        return ""
    facts = {
        "leave": Movement.objects.filter(
            student=student,
            school=school,
            kind=entry.word.kind,
            happened_on=entry.day,
            voided_at__isnull=True,
        ),
        "transfer": Transfer.objects.filter(
            student=student, from_school=school, to_school=entry.to_school, last_attended_on=entry.day
        ),
        "absent": Absence.objects.filter(
            student=student, school=school, kind=entry.word.kind, first_day=entry.day
        ),
        "back": Absence.objects.filter(
            student=student, school=school, returned_on=entry.day, voided_at__isnull=True
        ),
    }
    facts["regrade"] = facts["arrive"] = facts["leave"]
    return "已登记过" if facts[entry.word.group].exists() else ""


def _newcomer(school: School, entry: Entry) -> Student | None:
    """A child of this roll who is the one on the line."""
    here = Enrolment.objects.filter(
        school=school,
        left_on__isnull=True,
        student__name=entry.person["name"],
        student__birth_date=entry.person["birth_date"],
    ).select_related("student")
    number = entry.person["id_number"]
    return next((place.student for place in here if not number or place.student.id_number == number), None)


def _fact(entry: Entry, kind: str) -> Fact:
    return Fact(
        entry.day,
        entry.reason,
        entry.note,
        counterpart_text=entry.place,
        evidence_pending=bool(REQUIRED_PROOFS.get(kind)),
        token=entry.token,
    )


def _leave(school: School, entry: Entry, actor: User) -> str:
    kind = MovementKind(entry.word.kind)
    movement = record_departure(_child(school, entry), kind, fact=_fact(entry, kind), actor=actor)
    return counted_words(movement)


def _regrade(school: School, entry: Entry, actor: User) -> str:
    kind, student = MovementKind(entry.word.kind), _child(school, entry)
    place = current_enrolment(student)
    grade = (place.grade if place else 0) + (1 if kind == MovementKind.SKIPPED else -1)
    _, plus = change_grade(
        student, kind, to_grade=grade, klass=entry.klass, fact=_fact(entry, kind), actor=actor
    )
    return counted_words(plus)


def _arrive(school: School, entry: Entry, actor: User) -> str:
    kind = MovementKind(entry.word.kind)
    movement = record_arrival_of(
        entry.person,
        school,
        kind,
        grade=entry.grade or 0,
        klass=entry.klass,
        fact=_fact(entry, kind),
        actor=actor,
    )
    return counted_words(movement)


def _transfer(school: School, entry: Entry, actor: User) -> str:
    student = _child(school, entry)
    place = current_enrolment(student)
    assert entry.to_school is not None  # noqa: S101 -- the reader refuses a transfer without a school
    begin_transfer_out(
        student,
        entry.to_school,
        last_attended_on=entry.day,
        grade=entry.grade or (place.grade if place else 0),
        reason_code=entry.reason,
        reason_text=entry.note,
        actor=actor,
    )
    return f"等 {entry.to_school.name} 确认"


def _absent(school: School, entry: Entry, actor: User) -> str:
    start_absence(
        _child(school, entry),
        AbsenceKind(entry.word.kind),
        first_day=entry.day,
        reason_code=entry.reason,
        reason_text=entry.note,
        follow_up=entry.follow_up,
        evidence_pending=bool(REQUIRED_PROOFS.get(entry.word.kind)),
        actor=actor,
    )
    return "不减在籍"


def _back(school: School, entry: Entry, actor: User) -> str:
    spell = open_absence(_child(school, entry))
    if spell is None:
        raise StepRefused(f"{entry.who} 现在没有未在校记录，不用登记返校。")
    end_absence(spell, returned_on=entry.day, actor=actor, seen_revision=spell.revision)
    return f"{spell.get_kind_display()}结束"


_BOOK = {
    "leave": _leave,
    "regrade": _regrade,
    "arrive": _arrive,
    "transfer": _transfer,
    "absent": _absent,
    "back": _back,
}


def _child(school: School, entry: Entry) -> Student:
    """The child of the line, if it is on this roll now."""
    assert entry.student is not None  # noqa: S101 -- the reader refuses such a line without a child
    place = current_enrolment(entry.student)
    if place is None or place.school_id != school.pk:
        raise StepRefused(f"{entry.who} 已不在本校名册上。请核对是不是已经登记过离校。")
    return entry.student


def _audit(actor: User, school: School) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        "offline.book",
        county_id=school.county_id,
        capacity=capacity(actor, Role.CLERK, school),
        school_id=school.pk,
    )
