"""What a file would do to what is stored: new, changed, unchanged, questions, and who is missing from it.

Grades, schools and roll status are never changed by an import once the base is closed: they are proposals.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.wording import cn_full_date, grade_name
from students.roster_import.differences import differences
from students.roster_import.problems import Problem
from students.roster_import.reading import Reading, row_problem
from students.roster_import.stored import KnownChild, Stored, past_enrolments

ELSEWHERE: Final = "该学生学籍不在本校"
NOT_THE_NAME: Final = "这个证件号码不能用于这名学生"
AHEAD_AT_LEAST: Final = 3


@dataclass(slots=True)
class Plan:
    """One item for each good row, as plain values: kind, index of the child, stored child, changes, note."""

    items: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    file_problems: list[Problem] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)

    def count(self, *kinds: str) -> int:
        return sum(item["kind"] in kinds for item in self.items)


@dataclass(slots=True)
class _Lookup:
    """Children of this roll by name and birth date, for rows without a number."""

    by_name: dict[tuple[str, str], list[KnownChild]]
    words: dict[str, str]
    matched: set[int] = field(default_factory=set)

    def same_name(self, child: dict[str, Any]) -> KnownChild | None:
        found = self.by_name.get((child["name"], child.get("birth_date", "")), [])
        return found[0] if len(found) == 1 else None


def compare(reading: Reading, stored: Stored, words: dict[str, str] | None = None) -> Plan:
    """Find every child, then say what would change. *words* are what a person matched to kinds."""
    plan = Plan()
    by_name: dict[tuple[str, str], list[KnownChild]] = defaultdict(list)
    for known in stored.roll.values():
        by_name[known.student.name, known.student.birth_date.isoformat()].append(known)
    lookup = _Lookup(by_name, words or {})
    for index, child in enumerate(reading.children):
        _place(index, child, reading, stored, lookup, plan)
    _note_past(plan, stored)
    ahead = _one_year_ahead(plan, reading, stored)
    if ahead:
        plan.file_problems.append(ahead)
    plan.missing = _missing(reading, stored, lookup.matched)
    return plan


def _place(
    index: int,
    child: dict[str, Any],
    reading: Reading,
    stored: Stored,
    lookup: _Lookup,
    plan: Plan,
) -> None:
    matched = lookup.matched
    known, refusal = _find(child, stored, lookup)
    if refusal:
        plan.problems.append(row_problem(reading.sheets, child, *refusal))
        if known is not None:
            matched.add(known.student.pk)
        return
    if known is not None and known.student.pk in stored.roll:
        if known.student.pk in matched:
            why = "与别的行是同一名学生"
            plan.problems.append(row_problem(reading.sheets, child, "id_twice", why, "请删去多余的一行。"))
            return
        matched.add(known.student.pk)
        changes = differences(child, known, stored, lookup.words)
        plan.items.append(_item("changed" if changes else "same", index, known, changes=changes))
    elif known is not None and known.enrolment is not None:
        plan.items.append(_item("elsewhere", index, known))
    elif child.get("no_id"):
        plan.items.append(_item("ask", index, known, no_id=True, base=stored.is_base))
    elif stored.is_base and (known is None or not known.has_movements):
        plan.items.append(_item("new", index, known))
    else:
        plan.items.append(_item("ask", index, known))


def _item(kind: str, index: int, known: KnownChild | None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "i": index, "student": known.student.pk if known else None, **more}


def _find(
    child: dict[str, Any], stored: Stored, lookup: _Lookup
) -> tuple[KnownChild | None, tuple[str, str, str] | None]:
    """The stored child of a row, or why the row cannot be taken. Nothing about another school is said."""
    number, roll = child.get("id_number"), child.get("roll_number")
    by_number = stored.by_number.get(stored.number_index[number]) if number else None
    by_roll = stored.by_roll_number.get(stored.roll_index[roll]) if roll else None
    if by_number is not None:
        if by_roll is not None and by_roll.student.pk != by_number.student.pk:
            return by_number, _ROLL_TAKEN
        if by_number.student.pk not in stored.roll:
            return _outside(by_number, child)
        return by_number, None
    if by_roll is not None:
        if by_roll.student.pk not in stored.roll:
            return None, _ROLL_TAKEN
        if number and by_roll.student.id_index:
            return by_roll, _ROLL_OF_ANOTHER
        return by_roll, None
    if not number:
        return lookup.same_name(child), None
    return stored.without_number.get((child["name"], child.get("birth_date", ""))), None


_ROLL_TAKEN: Final = (
    "roll_number_taken",
    "学籍号与系统里的登记不一致",
    "请对照学籍系统核对；确认无误的请联系基教股。",
)
_ROLL_OF_ANOTHER: Final = (
    "id_differs",
    "学籍号与名册里的学生相同，身份证号却不同",
    "请对照户口簿核对；确要更正的，请在学生页办“更正身份信息”。",
)


def _outside(known: KnownChild, child: dict[str, Any]) -> tuple[KnownChild, tuple[str, str, str] | None]:
    """Somebody whose number is known but who is not on this roll: only a full match may go on."""
    if known.student.name != child["name"]:
        return known, (
            "id_name_differs",
            NOT_THE_NAME,
            "请对照户口簿核对姓名和证件号码；确认无误的请联系基教股核实。",
        )
    if known.enrolment is not None and known.waiting:
        return known, ("elsewhere_waiting", f"{ELSEWHERE}，已有一笔转学在等确认", "请到“转学对接”查看。")
    return known, None


def _note_past(plan: Plan, stored: Stored) -> None:
    asked = {item["student"]: item for item in plan.items if item["kind"] == "ask" and item["student"]}
    for student_id, day in past_enrolments(stored.school, asked).items():
        asked[student_id]["note"] = f"曾在本校，{cn_full_date(day)} 离校"


def _one_year_ahead(plan: Plan, reading: Reading, stored: Stored) -> Problem | None:
    """Most of the known children a grade higher than stored: the rollover comes first (ledger.md)."""
    pairs = []
    for item in plan.items:
        known = stored.roll.get(item["student"]) if item["student"] else None
        if known is not None and known.enrolment is not None:
            pairs.append((reading.children[item["i"]]["grade"], known.enrolment.grade))
    ahead = sum(new == old + 1 for new, old in pairs)
    if ahead * 2 <= len(pairs) or (ahead < AHEAD_AT_LEAST and ahead < len(stored.roll)):
        return None
    example = next(new for new, old in pairs if new == old + 1)
    why = f"有 {ahead} 名学生的年级比名册高一级（如名册{grade_name(example - 1)}、文件{grade_name(example)}），像是下一学年的名册"
    return Problem(
        "error", "year_ahead", "", 0, "", "", "", "", why, "请先做学年升级（基教股办），再导入这个文件。"
    )


def _missing(reading: Reading, stored: Stored, matched: set[int]) -> list[dict[str, Any]]:
    """在库不在表. A child whose row only has errors is in the file all the same."""
    bad_numbers = {number for number, _ in reading.bad if number}
    bad_names = Counter(name for _, name in reading.bad)
    missing = []
    for pk, known in stored.roll.items():
        if pk in matched or known.enrolment is None:
            continue
        if bad_names[known.student.name] or (bad_numbers and known.student.id_number in bad_numbers):
            continue
        reason = stored.absent.get(pk) or ("转学在等对方确认" if known.waiting else "")
        missing.append(
            {
                "student": pk,
                "uuid": str(known.student.uuid),
                "name": known.student.name,
                "klass": class_of(known),
                "grade": known.enrolment.grade,
                "why": reason or "名册在籍，没有异动记录",
            }
        )
    return sorted(missing, key=lambda row: (row["grade"], row["klass"], row["name"]))


def class_of(known: KnownChild) -> str:
    """三（1）班, or the grade alone."""
    if known.enrolment is None:
        return ""
    klass = known.enrolment.klass
    return str(klass) if klass is not None else grade_name(known.enrolment.grade)
