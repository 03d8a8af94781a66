"""From the values of a row to one child: what the cells say together."""

import datetime as dt
from typing import Any, Final

from accounts.wording import class_label, grade_name
from students.identity import birth_date_of, sex_of
from students.models import CircumstanceKind, IdType, Sex
from students.roster_import.circumstances import UnknownWord
from students.roster_import.dates import Entry, settled_birth
from students.roster_import.grades import (
    ClassCell,
    Cohort,
    fitting_grade,
    grades_of_cohort,
    years_off,
)
from students.roster_import.numbers import phones_in
from students.roster_import.people import members_of
from students.roster_import.problems import ValueProblem
from students.roster_import.rows import PAPERS, Facts, RowScan

_PLAIN_KEYS: Final = ("ethnicity", "boarding", "household_place")
_IN_SCHOOL: Final = ("在读", "正常", "在校", "在籍", "复学", "01", "1", "05", "5")
USUAL_YEARS: Final = 1.0


def child_of(scan: RowScan, facts: Facts, sheet_grade: int | None) -> dict[str, Any]:
    """The child as a dict of plain values; problems go to the scan."""
    values = scan.values
    _check_school(scan, facts)
    child: dict[str, Any] = {"name": values.get("name", "")}
    if not child["name"] and not _has_problem(scan, "name"):
        scan.problems.append(("name", ValueProblem("name_missing", "没有姓名", "请对照户口簿填 {cell}。")))
    _take_identity(scan, child)
    _take_grade(scan, child, facts, sheet_grade)
    for key in _PLAIN_KEYS:
        if values.get(key):
            child[key] = values[key]
    for key in ("address", "home_address", "mail_address"):
        if values.get(key):
            child["address"] = values[key]
            break
    if values.get("roll_number"):
        child["roll_number"] = values["roll_number"]
    entry = values.get("entry")
    if isinstance(entry, Entry) and entry.month:
        child["entry"] = f"{entry.year}-{entry.month:02d}"
    members = members_of(values)
    if members:
        child["members"] = members
    _take_circumstances(scan, child)
    _warn(scan, child, facts)
    return child


def _has_problem(scan: RowScan, key: str) -> bool:
    return any(where == key for where, _ in scan.problems)


def _check_school(scan: RowScan, facts: Facts) -> None:
    """A row of another school: refused, and nothing is said about that school."""
    code = str(scan.values.get("school_code", "")).strip()
    name = str(scan.values.get("school_name", "")).strip()
    key = "school_code" if code else "school_name"
    foreign = code not in facts.school_codes if code else bool(name) and not _is_ours(name, facts)
    if foreign:
        scan.problems.append(
            (key, ValueProblem("other_school", "不是本校的学生", "请删去这一行，由所在学校导入。"))
        )


def _is_ours(name: str, facts: Facts) -> bool:
    return any(own and (own in name or name in own) for own in facts.school_names)


def _take_identity(scan: RowScan, child: dict[str, Any]) -> None:
    """Number, kind of paper, sex and birth date, which must agree with one another."""
    values = scan.values
    number = values.get("id_number", "")
    paper = values.get("id_type", "")
    child["id_type"] = (
        paper if number and paper in PAPERS else str(IdType.RESIDENT if number else IdType.OTHER)
    )
    if number:
        child["id_number"] = number
    elif not _has_problem(scan, "id_number"):
        child["no_id"] = True
    checked = number if child["id_type"] not in PAPERS else ""
    born = birth_date_of(checked) if checked else None
    _take_sex(scan, child, sex_of(checked) if checked else "")
    try:
        birth, how = settled_birth(values.get("birth_date"), born)
    except ValueProblem as problem:
        scan.problems.append(("birth_date", problem))
        return
    if birth is not None:
        child["birth_date"] = birth.isoformat()
        if how == "month_only":
            child["birth_from_id"] = True
    elif not _has_problem(scan, "birth_date") and not _has_problem(scan, "id_number"):
        scan.problems.append(
            ("birth_date", ValueProblem("birth_missing", "没有出生日期", "请在 {cell} 填出生日期。"))
        )


def _take_sex(scan: RowScan, child: dict[str, Any], from_id: str) -> None:
    sex = scan.values.get("sex", "")
    if sex and from_id and sex != from_id:
        scan.problems.append(
            (
                "sex",
                ValueProblem(
                    "sex_differs",
                    f"与 {{id_cell}} 身份证号中的“{Sex(from_id).label}”不一致",
                    "以户口簿为准，改其中一处。",
                ),
            )
        )
    elif sex or from_id:
        child["sex"] = sex or from_id
    elif not _has_problem(scan, "sex") and not _has_problem(scan, "id_number"):
        scan.problems.append(("sex", ValueProblem("sex_missing", "没有性别", "请在 {cell} 填男或女。")))


def _take_grade(scan: RowScan, child: dict[str, Any], facts: Facts, sheet_grade: int | None) -> None:
    """Grade from its own column, else from the class, else from the year of entry; class beside it."""
    values = scan.values
    said = values.get("grade")
    cells = [cell for cell in (values.get("klass"), values.get("klass_no")) if isinstance(cell, ClassCell)]
    if isinstance(said, ClassCell):
        cells, said = [said, *cells], said.grade
    klass = next((cell for cell in cells if cell.number or cell.multigrade), None)
    by_class = next((cell.grade for cell in cells if cell.grade), None)
    grade = said if isinstance(said, int) else None
    if grade and by_class and grade != by_class:
        key = "klass" if "klass" in values else "klass_no"
        why = f"班级写的是{grade_name(by_class)}，年级写的是{grade_name(grade)}"
        scan.problems.append((key, ValueProblem("class_grade_differs", why, "请改其中一处。")))
        return
    grade = grade or by_class
    if grade is None and not _has_problem(scan, "grade") and not _class_failed(scan):
        cohort = said if isinstance(said, Cohort) else _cohort(values, cells)
        grade = _by_cohort(scan, child, facts, cohort) if cohort else sheet_grade
    if grade is None:
        _no_grade(scan)
        return
    if grade not in facts.grades:
        scan.problems.append((_grade_key(scan), _not_here(grade, facts)))
    child["grade"] = grade
    _take_class(scan, child, klass, grade)


def _class_failed(scan: RowScan) -> bool:
    return _has_problem(scan, "klass") and "grade" not in scan.values and "entry" not in scan.values


def _grade_key(scan: RowScan) -> str:
    return next((key for key in ("grade", "klass", "entry", "klass_no") if scan.values.get(key)), "grade")


def _not_here(grade: int, facts: Facts) -> ValueProblem:
    first, last = facts.grades.start, facts.grades.stop - 1
    return ValueProblem(
        "grade_not_here",
        f"本校没有{grade_name(grade)}，只有{grade_name(first)}到{grade_name(last)}",
        "请核对年级，或由基教股改学校的年级范围。",
    )


def _no_grade(scan: RowScan) -> None:
    if not any(_has_problem(scan, key) for key in ("grade", "klass", "klass_no", "entry")):
        scan.problems.append(
            ("grade", ValueProblem("grade_missing", "看不出是几年级", "请在“年级”栏填一年级到九年级。"))
        )


def _cohort(values: dict[str, Any], cells: list[ClassCell]) -> Cohort | None:
    for cell in cells:
        if cell.cohort is not None:
            return cell.cohort
    entry = values.get("entry")
    return Cohort(entry.year) if isinstance(entry, Entry) else None


def _by_cohort(scan: RowScan, child: dict[str, Any], facts: Facts, cohort: Cohort) -> int | None:
    candidates = grades_of_cohort(cohort, facts.school_year, facts.grades)
    if not candidates:
        why = f"按 {cohort.year} 年入学推算，现在不在本校的年级里"
        key = "entry" if scan.values.get("entry") else "grade"
        scan.problems.append((key, ValueProblem("grade_by_entry", why, "请核对入学年月，或加一栏“年级”。")))
        return None
    if len(candidates) == 1 or "birth_date" not in child:
        return candidates[0]
    return fitting_grade(candidates, dt.date.fromisoformat(child["birth_date"]), facts.school_year)


def _take_class(scan: RowScan, child: dict[str, Any], klass: ClassCell | None, grade: int) -> None:
    if klass is None or not klass.number:
        return
    child["class_no"] = klass.number
    if klass.multigrade:
        child["multigrade"] = True
    if klass.guessed:
        key = "klass" if scan.values.get("klass") is klass else "klass_no"
        label = class_label(grade, klass.number)
        why = f"当作“{label}”"
        scan.problems.append(
            (key, ValueProblem("class_guessed", why, f"不对的话请改成“{label}”这样的写法。", level="confirm"))
        )


def _take_circumstances(scan: RowScan, child: dict[str, Any]) -> None:
    """Kinds with detail, and the words that a person has to match."""
    values = scan.values
    found: dict[str, str] = {}
    words: list[str] = []
    for key in ("left_behind", "poverty", "registered_poor"):
        kinds, unknown = values.get(key) or ([], [])
        found.update(kinds)
        for word in unknown:
            words.append(word)
            why = f"不认识“{word}”"
            scan.problems.append((key, UnknownWord(word, why)))
    for key, kind in _YES_KINDS.items():
        if values.get(key):
            found.setdefault(str(kind), "")
    if values.get("hmt"):
        found[str(CircumstanceKind.HMT_FOREIGN)] = values["hmt"][:20]
    words += [
        problem.word
        for key, problem in scan.problems
        if key == "disability" and isinstance(problem, UnknownWord)
    ]
    _take_disability(scan, child, found)
    if found:
        child["special"] = sorted([kind, detail] for kind, detail in found.items())
    if words:
        child["words"] = words


_YES_KINDS: Final = {
    "rural_left": CircumstanceKind.LEFT_BEHIND_CIVIL,
    "migrant": CircumstanceKind.MIGRANT,
    "migrant_any": CircumstanceKind.MIGRANT,
    "orphan": CircumstanceKind.P6,
    "martyr": CircumstanceKind.P10,
    "single_parent": CircumstanceKind.SINGLE_PARENT,
    "is_disabled": CircumstanceKind.DISABILITY,
}


def _take_disability(scan: RowScan, child: dict[str, Any], found: dict[str, str]) -> None:
    values = scan.values
    detail = str(values.get("disability") or "")
    card = values.get("disability_card", "")
    if card:
        number = child.get("id_number", "")
        if number and card[:18] != number:
            why = "残疾人证号的前 18 位与 {id_cell} 身份证号不一致，多半是别人的证"
            scan.problems.append(
                ("disability_card", ValueProblem("card_differs", why, "请对照残疾人证改 {cell}。"))
            )
            return
        child["card"] = card
        detail = detail if len(detail) == 2 else card[18:20]
    if detail and len(detail) == 1:
        detail += values.get("disability_level", "")
    if detail or card:
        found[str(CircumstanceKind.DISABILITY)] = detail


def _warn(scan: RowScan, child: dict[str, Any], facts: Facts) -> None:
    if "grade" in child and "birth_date" in child:
        born = dt.date.fromisoformat(child["birth_date"])
        if years_off(child["grade"], born, facts.school_year) > USUAL_YEARS:
            why = f"与{grade_name(child['grade'])}的年龄不相称"
            key = "birth_date" if "birth_date" in scan.values else "id_number"
            scan.problems.append(
                (
                    key,
                    ValueProblem(
                        "age_unusual", why, "确实如此就不用改；否则请改年级或出生日期。", level="confirm"
                    ),
                )
            )
    state = str(scan.values.get("roll_state", "")).strip()
    if state and not any(word in state for word in _IN_SCHOOL):
        scan.problems.append(
            (
                "roll_state",
                ValueProblem(
                    "roll_state", "导入不改学籍状态", "休学、转出等请在“学籍异动”登记。", level="warning"
                ),
            )
        )
    roll, number = child.get("roll_number", ""), child.get("id_number", "")
    if roll[:1] == "G" and number and roll[1:] != number and child["id_type"] == IdType.RESIDENT:
        scan.problems.append(
            (
                "roll_number",
                ValueProblem("roll_differs", "与身份证号对不上", "请在学籍系统核对。", level="warning"),
            )
        )


def warn_of_phones(scan: RowScan, phone_columns: list[tuple[str, int]]) -> None:
    """Two numbers in one cell: the first is taken."""
    for key, index in phone_columns:
        cell = scan.raw[index]
        if isinstance(cell, str) and len(cell) > 13 and phones_in(cell) > 1:
            why = "有两个号码，只导入第一个"
            scan.problems.append(
                (key, ValueProblem("phone_many", why, "另一个请在学生页补。", level="warning"))
            )
