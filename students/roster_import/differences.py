"""One child, field by field: what the file says otherwise than the roll."""

import datetime as dt
from typing import Any, Final

from accounts.encryption import blind_index
from accounts.wording import class_label, grade_name
from students.codes import ETHNICITIES
from students.identity import mask_id
from students.models import Boarding, CircumstanceKind, Guardian, Sex
from students.roster_import.people import NAME_UNKNOWN
from students.roster_import.problems import shown_value
from students.roster_import.stored import KnownChild, Stored

type Change = list[str]
"""Key, label, before, after (both fit to be shown), mode: set (applied), ask (only if chosen), propose (told)."""

_KINDS: Final = dict(CircumstanceKind.choices)
_LEFT_BEHIND: Final = frozenset({CircumstanceKind.LEFT_BEHIND_ONE, CircumstanceKind.LEFT_BEHIND_BOTH})


def differences(
    child: dict[str, Any], known: KnownChild, stored: Stored, words: dict[str, str]
) -> list[Change]:
    """All differences; blank cells of the file never take anything away."""
    changes: list[Change] = []
    _identity(child, known, changes)
    _plain(child, known, changes)
    _grade_and_class(child, known, stored, changes)
    for position, member in enumerate(child.get("members", ())):
        _member(member, position, known, changes)
    _special(child, known, words, changes)
    return changes


def _identity(child: dict[str, Any], known: KnownChild, changes: list[Change]) -> None:
    student = known.student
    if child["name"] != student.name:
        changes.append(["name", "姓名", student.name, child["name"], "ask"])
    if child.get("sex") and child["sex"] != student.sex:
        changes.append(["sex", "性别", Sex(student.sex).label, Sex(child["sex"]).label, "propose"])
    born = child.get("birth_date")
    if born and born != student.birth_date.isoformat():
        changes.append(["birth_date", "出生日期", student.birth_date.isoformat(), born, "propose"])
    number = child.get("id_number")
    if number and not student.id_index:
        changes.append(["id_number", "证件号码", "无", mask_id(number), "set"])
    roll = child.get("roll_number")
    if roll and student.roll_index != blind_index("roll_number", roll):
        before = mask_id(student.roll_number) if student.roll_index else "无"
        changes.append(["roll_number", "学籍号", before, mask_id(roll), "set"])


def _plain(child: dict[str, Any], known: KnownChild, changes: list[Change]) -> None:
    student = known.student
    ethnicity = child.get("ethnicity")
    if ethnicity and ethnicity != student.ethnicity:
        before = ETHNICITIES.get(student.ethnicity, student.ethnicity)
        changes.append(["ethnicity", "民族", before, ETHNICITIES[ethnicity], "set"])
    boarding = child.get("boarding")
    if boarding and boarding != student.boarding:
        changes.append(
            ["boarding", "就读方式", Boarding(student.boarding).label, Boarding(boarding).label, "set"]
        )
    for key, label in (("address", "现住址"), ("household_place", "户口所在地")):
        value = child.get(key)
        if value:
            before = getattr(student, key)
            if value != before:
                changes.append([key, label, before or "无", value, "set"])


def _grade_and_class(child: dict[str, Any], known: KnownChild, stored: Stored, changes: list[Change]) -> None:
    """The grade is the base's while the base is open; afterwards it moves by 留级, 跳级 or the rollover only."""
    enrolment = known.enrolment
    if enrolment is None:
        return
    grade = child["grade"]
    if grade != enrolment.grade:
        may_set = stored.is_base and enrolment.base_grade is not None and not known.has_movements
        mode = "set" if may_set else "propose"
        changes.append(["grade", "年级", grade_name(enrolment.grade), grade_name(grade), mode])
        if not may_set:
            return
    number = child.get("class_no")
    klass = enrolment.klass
    if not number or (
        klass is not None and klass.number == number and (klass.is_multigrade or klass.grade == grade)
    ):
        return
    label = f"复式（{number}）班" if child.get("multigrade") else class_label(grade, number)
    changes.append(["class_no", "班级", str(klass) if klass else "未分班", label, "set"])


def match_guardian(member: dict[str, Any], position: int, guardians: list[Guardian]) -> Guardian | None:
    """The stored guardian a block of the file speaks of: by number, by name, else by phone or place."""
    number = member.get("id")
    if number:
        index = blind_index("id_number", number)
        for guardian in guardians:
            if guardian.id_index == index:
                return guardian
    if member["name"] != NAME_UNKNOWN:
        return next((guardian for guardian in guardians if guardian.name == member["name"]), None)
    phone = blind_index("phone", member.get("phone", ""))
    for guardian in guardians:
        if guardian.phone_index == phone:
            return guardian
    return guardians[position] if position < len(guardians) else None


def _member(member: dict[str, Any], position: int, known: KnownChild, changes: list[Change]) -> None:
    guardian = match_guardian(member, position, known.guardians)
    key = f"member{position}"
    if guardian is None:
        relation = f"（{member['relation']}）" if member.get("relation") else ""
        changes.append([key, "监护人", "无", f"{member['name']}{relation}", "set"])
        return
    if member["name"] not in (guardian.name, NAME_UNKNOWN):
        changes.append([f"{key}.name", "监护人姓名", guardian.name, member["name"], "set"])
    phone = member.get("phone")
    if phone and guardian.phone_index != blind_index("phone", phone):
        before = shown_value(guardian.phone, kind="phone") if guardian.phone_index else "无"
        changes.append([f"{key}.phone", "监护人电话", before, shown_value(phone, kind="phone"), "set"])
    number = member.get("id")
    if number and guardian.id_index != blind_index("id_number", number):
        before = mask_id(guardian.id_number) if guardian.id_index else "无"
        changes.append([f"{key}.id", "监护人身份证号", before, mask_id(number), "set"])
    for part, name, label in (("relation", "relation", "监护人关系"), ("works_at", "works_at", "监护人单位")):
        value = member.get(part)
        before = getattr(guardian, name)
        if value and value != before:
            changes.append([f"{key}.{part}", label, before or "无", value, "set"])
    is_guardian = member.get("is_guardian")
    if is_guardian is not None and is_guardian != guardian.is_guardian:
        words = ("否", "是")
        changes.append(
            [f"{key}.is_guardian", "是否监护人", words[guardian.is_guardian], words[is_guardian], "set"]
        )


def special_of(child: dict[str, Any], words: dict[str, str]) -> dict[str, str]:
    """Kinds with their detail, the words matched by hand included."""
    special: dict[str, str] = dict(child.get("special", ()))
    for word in child.get("words", ()):
        if words.get(word):
            special.setdefault(words[word], "")
    return special


def _special(child: dict[str, Any], known: KnownChild, words: dict[str, str], changes: list[Change]) -> None:
    for kind, detail in special_of(child, words).items():
        label = _KINDS.get(kind, kind)
        current = known.circumstances.get(kind)
        if current is None:
            others = [
                known.circumstances[other] for other in _LEFT_BEHIND - {kind} if other in known.circumstances
            ]
            if kind in _LEFT_BEHIND and others:
                changes.append(
                    [f"special.{kind}", "留守情况", others[0].get_kind_display(), label, "propose"]
                )
            else:
                changes.append([f"special.{kind}", label, "否", "是", "set"])
        elif detail and not current.detail.startswith(detail):
            changes.append([f"special.{kind}", f"{label}细类", current.detail or "无", detail, "propose"])
        elif kind == CircumstanceKind.DISABILITY and child.get("card") and not current.card_index:
            changes.append(
                [f"special.{kind}.card", "残疾人证号", "无", shown_value(child["card"], kind="card"), "set"]
            )


def born_of(child: dict[str, Any]) -> dt.date:
    return dt.date.fromisoformat(child["birth_date"])
