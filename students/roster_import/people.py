"""Guardians of a row: the blocks 成员1, 成员2, or 监护人, or 父亲 and 母亲."""

from typing import Any, Final

MEMBER_PARTS: Final = ("name", "relation", "phone", "is_guardian", "id", "works_at")
NAME_UNKNOWN: Final = "姓名未填"


def members_of(values: dict[str, Any]) -> list[dict[str, Any]]:
    """At most two people, in the order of the file; empty parts left out."""
    members = [member for number in "12" if (member := _block(values, f"m{number}_"))]
    if not members:
        members = [
            member for member in (_parent(values, "f_", "父亲"), _parent(values, "mo_", "母亲")) if member
        ]
    own = _block(values, "g_")
    if own and not members:
        own.setdefault("is_guardian", True)
        members = [own]
    elif own.get("phone") and not any(member.get("phone") for member in members):
        members[0]["phone"] = own["phone"]
    for member in members:
        member.setdefault("name", NAME_UNKNOWN)
    return members[:2]


def _block(values: dict[str, Any], prefix: str) -> dict[str, Any]:
    member = {}
    for part in MEMBER_PARTS:
        value = values.get(prefix + part)
        if value not in (None, ""):
            member[part] = value
    return member if member.keys() - {"is_guardian", "relation"} else {}


def _parent(values: dict[str, Any], prefix: str, relation: str) -> dict[str, Any]:
    member = _block(values, prefix)
    return {**member, "relation": relation} if member else {}
