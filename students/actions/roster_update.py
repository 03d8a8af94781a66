"""One changed child of a roster import: only the fields that the preview named are written."""

import datetime as dt
from typing import Any, Final

from accounts.models import User
from accounts.workflow import StalePage
from schools.models import Klass
from students.identity import pinyin_of
from students.models import CircumstanceKind, Enrolment, Guardian, IdType, SpecialCircumstance, Student
from students.roster_import.differences import match_guardian, special_of
from students.roster_import.people import NAME_UNKNOWN
from students.roster_import.stored import KnownChild

BY_IMPORT: Final = "名册导入"
_STUDENT_FIELDS: Final = frozenset(
    {"name", "id_number", "roll_number", "ethnicity", "boarding", "address", "household_place"}
)


def apply_changes(
    known: KnownChild,
    child: dict[str, Any],
    names: list[str],
    *,
    klass: Klass | None,
    words: dict[str, str],
    recorder: User | None,
    today: dt.date,
) -> None:
    """Write the named differences of one child; callers hold the child's revision."""
    _update_student(known, child, names)
    _update_enrolment(known, child, names, klass)
    for position, member in enumerate(child.get("members", ())):
        key = f"member{position}"
        if any(name == key or name.startswith(f"{key}.") for name in names):
            _update_member(known, position, member)
    if recorder is not None:  # somebody must stand for such a statement; the command says so
        _update_circumstances(known, child, names, words, recorder, today)


def _update_student(known: KnownChild, child: dict[str, Any], names: list[str]) -> None:
    student, fields = known.student, [name for name in names if name in _STUDENT_FIELDS]
    for name in tuple(fields):
        setattr(student, name, child[name])
        if name == "name":
            student.pinyin, student.initials = pinyin_of(student.name)
            fields += ["pinyin", "initials"]
        elif name == "id_number":
            student.id_type, student.no_id_reason = child.get("id_type", IdType.RESIDENT), ""
            fields += ["id_index", "id_type", "no_id_reason"]
        elif name == "roll_number":
            fields.append("roll_index")
    if fields:
        student.save(update_fields=fields)


def _update_enrolment(
    known: KnownChild, child: dict[str, Any], names: list[str], klass: Klass | None
) -> None:
    """Class within the grade; the grade too while it is still the base's."""
    enrolment = known.enrolment
    values: dict[str, Any] = {}
    if "class_no" in names:
        values["klass"] = klass
    if "grade" in names:
        values |= {"grade": child["grade"], "base_grade": child["grade"], "klass": klass}
    if not values or enrolment is None:
        return
    unchanged = Enrolment.objects.filter(pk=enrolment.pk, grade=enrolment.grade, left_on__isnull=True)
    if not unchanged.update(**values):
        raise StalePage(f"{known.student.name} 的学籍刚刚被别人改过，这次没有导入。请重新核对后再导入。")


def _update_member(known: KnownChild, position: int, member: dict[str, Any]) -> None:
    guardian = match_guardian(member, position, known.guardians)
    if guardian is None:
        place = max((other.position for other in known.guardians), default=0) + 1
        guardian = build_guardian(known.student, place, member)
        guardian.save(force_insert=True)
        known.guardians.append(guardian)
        return
    for part, name in (
        ("name", "name"),
        ("phone", "phone"),
        ("id", "id_number"),
        ("relation", "relation"),
        ("works_at", "works_at"),
        ("is_guardian", "is_guardian"),
    ):
        if part in member and not (part == "name" and member["name"] == NAME_UNKNOWN):
            setattr(guardian, name, member[part])
    guardian.save()


def _update_circumstances(
    known: KnownChild,
    child: dict[str, Any],
    names: list[str],
    words: dict[str, str],
    recorder: User,
    today: dt.date,
) -> None:
    for kind, detail in special_of(child, words).items():
        if f"special.{kind}" in names:
            build_circumstance(known.student, kind, detail, child, recorder, today).save(force_insert=True)
        elif f"special.{kind}.card" in names:
            circumstance = known.circumstances[kind]
            circumstance.card_number = child["card"]
            circumstance.save(update_fields=["card_number", "card_index"])


def build_guardian(student: Student, position: int, member: dict[str, Any]) -> Guardian:
    """An unsaved guardian from a block of the file."""
    return Guardian(
        student=student,
        position=position,
        name=member["name"],
        relation=member.get("relation", ""),
        is_guardian=member.get("is_guardian", True),
        phone=member.get("phone", ""),
        id_number=member.get("id", ""),
        works_at=member.get("works_at", ""),
    )


def build_circumstance(
    student: Student, kind: str, detail: str, child: dict[str, Any], recorder: User, today: dt.date
) -> SpecialCircumstance:
    """An unsaved circumstance whose only basis so far is the file."""
    return SpecialCircumstance(
        student=student,
        kind=kind,
        detail=detail,
        card_number=child.get("card", "") if kind == CircumstanceKind.DISABILITY else "",
        basis=BY_IMPORT,
        valid_from=today,
        recorded_by=recorder,
    )
