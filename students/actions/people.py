"""Children as persons: create, edit, correct an identity, change of class."""

import datetime as dt
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.audit import AuditDraft, audited
from accounts.models import County, User
from accounts.wording import mask_id
from accounts.workflow import StalePage, StepRefused
from schools.models import Klass, Role, School
from schools.permissions import capacity
from students.identity import KNOWN_NUMBER, pinyin_of
from students.models import Boarding, Enrolment, IdType, PeriodState, RollPeriod, Student
from students.permissions import may_record, require
from students.queries import current_enrolment

RECORDS_HERE = "学生信息由学生所在学校的填报员登记和修改。"
STALE = "您打开这一页后，这名学生的信息已被别人改过，您的修改没有保存。请刷新后再看。"
NUMBER_FIELDS = frozenset({"id_number", "roll_number"})
# Encrypted without being a number: the trail says only that it changed.
HIDDEN_FIELDS = frozenset({"address", "household_place"})
EDITABLE = frozenset({"ethnicity", "boarding", "roll_number", "address", "household_place"})


@dataclass(frozen=True)
class Identity:
    """Who a child is; a number of '' means that there is none (and why)."""

    name: str
    sex: str
    birth_date: dt.date
    id_type: str = IdType.RESIDENT
    id_number: str = ""
    no_id_reason: str = ""


def build_student(
    county: County,
    *,
    name: str,
    sex: str,
    birth_date: dt.date,
    id_number: str = "",
    no_id_reason: str = "",
    roll_number: str = "",
    id_type: str = IdType.RESIDENT,
    ethnicity: str = "01",
    address: str = "",
    household_place: str = "",
    boarding: str = Boarding.DAY,
) -> Student:
    """An unsaved child with pinyin filled in; shared by the form and the roster import."""
    pinyin, initials = pinyin_of(name)
    return Student(
        county=county,
        name=name,
        pinyin=pinyin,
        initials=initials,
        sex=sex,
        birth_date=birth_date,
        id_type=id_type,
        id_number=id_number,
        no_id_reason=no_id_reason,
        roll_number=roll_number,
        ethnicity=ethnicity,
        address=address,
        household_place=household_place,
        boarding=boarding,
    )


def create_student(school: School, *, actor: User, **person: object) -> Student:
    """A child who is not known yet, on no roll; the arrival that follows belongs into the same ``audited``.

    *person* are the arguments of ``build_student``, as ``PersonForm.person`` gives them.
    """
    require(may_record(actor, school), RECORDS_HERE)
    with audit_by_clerk(actor, "student.create", school) as entry:
        student = build_student(school.county, **person)  # type: ignore[arg-type]
        _save(student)
        entry.about(student, student_id=student.pk)
        entry.change("id_number", None, mask_id(student.id_number) if student.id_number else "暂无证件")
    return student


def edit_student(student: Student, *, actor: User, seen_revision: int, **said: str) -> None:
    """Ordinary fields. A number left blank stays as it is: it is not in *said*."""
    if set(said) - EDITABLE:
        raise ValueError(sorted(set(said) - EDITABLE))
    enrolment = enrolment_here(student, actor)
    with audit_by_clerk(actor, "student.edit", enrolment.school) as entry:
        claim(student, seen_revision)
        entry.about(student, student_id=student.pk)
        changed = [name for name, value in said.items() if getattr(student, name) != value]
        for name in changed:
            _note(entry, name, getattr(student, name), said[name])
            setattr(student, name, said[name])
        _save(student, changed)
        note_change(enrolment.school)


def correct_identity(
    student: Student, identity: Identity, *, reason: str, actor: User, seen_revision: int
) -> None:
    """更正: name, number, birth date or sex were wrong. What was and what is stand in the trail, masked."""
    enrolment = enrolment_here(student, actor)
    if not reason.strip():
        raise StepRefused("更正身份信息要写明依据，例如“对照户口簿”。")
    with audit_by_clerk(actor, "student.correct_identity", enrolment.school) as entry:
        claim(student, seen_revision)
        changed = [name for name, value in vars(identity).items() if getattr(student, name) != value]
        if not changed:
            raise StepRefused("和现在登记的完全一样，没有要更正的。")
        entry.about(student, student_id=student.pk)
        entry.summary = reason.strip()
        for name in changed:
            _note(entry, name, getattr(student, name), getattr(identity, name))
            setattr(student, name, getattr(identity, name))
        student.pinyin, student.initials = pinyin_of(student.name)
        _save(student, [*changed, "pinyin", "initials"])
        note_change(enrolment.school)


def change_klass(student: Student, klass: Klass | None, *, actor: User, seen_revision: int) -> None:
    """调班 within the grade; a change of grade is 留级 or 跳级, which are movements."""
    enrolment = enrolment_here(student, actor)
    if klass is not None and (klass.school_id != enrolment.school_id or klass.closed_on is not None):
        raise StepRefused("所选班级不在本校或已撤销，请重新选择。")
    if klass is not None and not klass.is_multigrade and klass.grade != enrolment.grade:
        raise StepRefused(f"{klass} 不是这名学生的年级。换年级请登记留级或跳级。")
    with audit_by_clerk(actor, "student.change_klass", enrolment.school) as entry:
        claim(student, seen_revision)
        if klass == enrolment.klass:
            raise StepRefused("学生已经在这个班。")
        entry.about(student, student_id=student.pk)
        entry.change("klass", str(enrolment.klass or "未分班"), str(klass or "未分班"))
        Enrolment.objects.filter(pk=enrolment.pk).update(klass=klass)
        note_change(enrolment.school)


def enrolment_here(student: Student, actor: User) -> Enrolment:
    """The child's current place, if *actor* is its clerk; NotPermitted (403) otherwise."""
    enrolment = current_enrolment(student)
    require(enrolment is not None and may_record(actor, enrolment.school), RECORDS_HERE)
    assert enrolment is not None  # noqa: S101 -- narrows the type after require
    return enrolment


def claim(student: Student, seen_revision: int) -> None:
    """Go on only if nobody changed the person since the page was opened; a second press finds it changed."""
    if not Student.objects.filter(pk=student.pk, revision=seen_revision).update(revision=F("revision") + 1):
        raise StalePage(STALE)
    student.refresh_from_db()


def note_change(school: School) -> None:
    """Names, classes and papers are printed on the return: a page of an open month has become old."""
    RollPeriod.objects.filter(school=school, state=PeriodState.OPEN).update(revision=F("revision") + 1)


def audit_by_clerk(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        verb,
        county_id=school.county_id,
        capacity=capacity(actor, Role.CLERK, school),
        school_id=school.pk,
    )


def _note(entry: AuditDraft, name: str, before: object, after: object) -> None:
    if name in NUMBER_FIELDS:
        entry.change(name, *(mask_id(str(value)) if value else "" for value in (before, after)))
    elif name in HIDDEN_FIELDS:
        entry.change(name, *("有" if value else "" for value in (before, after)))
    else:
        entry.change(name, before, after)


def _save(student: Student, fields: list[str] | None = None) -> None:
    indexes = {"id_number": "id_index", "roll_number": "roll_index"}
    if fields is not None:
        fields = [*fields, *(indexes[name] for name in fields if name in indexes)]
    try:
        with transaction.atomic():
            student.save(update_fields=fields)
    except IntegrityError as error:
        raise StepRefused(KNOWN_NUMBER) from error
