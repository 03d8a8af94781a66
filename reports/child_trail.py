"""Entries of the audit trail about one child, in words."""

from typing import Any

from accounts.models import AuditEntry
from students.models import IdType, Sex

AUDITED = ("student.change_klass", "student.correct_identity", "student.edit")
FIELDS = {
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "no_id_reason": "无证件原因",
    "roll_number": "学籍号",
    "ethnicity": "民族",
    "boarding": "就读方式",
    "address": "现住址",
    "household_place": "户口所在地",
}
WORDS: dict[str, dict[str, str]] = {
    "sex": {value: str(label) for value, label in Sex.choices},
    "id_type": {value: str(label) for value, label in IdType.choices},
}
# Numbers are masked in the trail and shown so; of these only that they changed.
UNSAID = frozenset({"address", "household_place", "ethnicity", "boarding"})


def audit_entry_words(entry: AuditEntry) -> tuple[str, str]:
    """What was done, and who did it and why."""
    changes = {name: pair for name, pair in entry.changes.items() if isinstance(pair, list)}
    who = f"{entry.actor_name} {entry.capacity}".strip()
    if entry.verb == "student.change_klass":
        before, after = changes.get("klass", ["", ""])
        return f"调班：{before} → {after}", who
    said = "；".join(_difference(name, *pair) for name, pair in changes.items() if name in FIELDS)
    verb = "更正身份信息" if entry.verb == "student.correct_identity" else "修改"
    return f"{verb}：{said}" if said else verb, " · ".join(filter(None, [entry.summary, who]))


def _difference(name: str, before: Any, after: Any) -> str:
    if name in UNSAID:
        return FIELDS[name]
    words = WORDS.get(name, {})
    old, new = (words.get(str(value), str(value or "空")) for value in (before, after))
    return f"{FIELDS[name]} {old} → {new}"
