"""Grades and classes in cells: 七年级, 初一, 2024级, 七（2）班, 7-2, 702; and the grade that a year of entry means."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from accounts.tabular.model import CellValue
from students.identity import normal_birth_range
from students.roster_import.problems import ValueProblem
from students.roster_import.values import NOTHING, text_of

NUMERALS: Final = "一二三四五六七八九"
MAX_CLASS: Final = 60
type Stage = Literal["", "primary", "junior"]

_DIGIT: Final = {
    **{word: index for index, word in enumerate(NUMERALS, 1)},
    **{str(n): n for n in range(1, 10)},
}
_G: Final = r"[一二三四五六七八九1-9]"
_STAGES: Final = {"小学": "primary", "初中": "junior", "小": "primary", "初": "junior", "": ""}
_GRADE: Final = re.compile(rf"(小学|初中|初|小)?(?:部)?({_G})(?:年级|年|级)?")
_COHORT: Final = re.compile(r"(小学|初中)?((?:19|20)\d\d)[级届]")
_SEP: Final = r"[\s（(\[【-]*"
_NUMBER: Final = r"(\d{1,2}|[一二三四五六七八九十]{1,3})"
_END: Final = r"[)）\]】]*班?"
_GRADE_AND_CLASS: Final = re.compile(rf"(小学|初中|初|小)?(?:部)?({_G})(?:年级|年|级)?{_SEP}{_NUMBER}{_END}")
_MARKED_GRADE_AND_CLASS: Final = re.compile(rf".*(?:年级|年|级|初|班|-|[(]).*|{_G}{_NUMBER}班")
_COHORT_AND_CLASS: Final = re.compile(rf"(小学|初中)?((?:19|20)\d\d)[级届]?{_SEP}(\d{{1,2}}){_END}")
_PLAIN: Final = re.compile(rf"第?{_NUMBER}班?")
_BRACKETED: Final = re.compile(rf"[(]{_NUMBER}[)](班?)")
_MULTIGRADE: Final = re.compile(rf"复式(?:班)?{_SEP}{_NUMBER}?{_END}")
_THREE_DIGITS: Final = re.compile(r"0?([1-9])(\d\d)班?")
_POINT: Final = re.compile(r"([1-9])\.(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Cohort:
    """小学2018级: a year of entry, and the stage where it is said."""

    year: int
    stage: Stage = ""


@dataclass(frozen=True, slots=True)
class ClassCell:
    """What a class cell says: perhaps a grade or cohort, a number; ``guessed`` when only a person can tell."""

    number: int | None = None
    grade: int | None = None
    cohort: Cohort | None = None
    guessed: bool = False
    multigrade: bool = False


def _word(raw: CellValue) -> str:
    return (
        re.sub(r"[\s'’‘`]", "", unicodedata.normalize("NFKC", text_of(raw)))
        .replace("—", "-")
        .replace("–", "-")
    )


def parse_grade(raw: CellValue) -> int | Cohort | ClassCell | None:
    """1–9, a cohort, or grade and class together; None when blank."""
    if isinstance(raw, dt.date):
        raise class_became_date(raw, "grade_date")
    word = _word(raw)
    if word.lower() in NOTHING:
        return None
    if found := _COHORT.fullmatch(word):
        return Cohort(int(found[2]), _STAGES[found[1] or ""])  # type: ignore[arg-type]  # the table's values
    if (found := _GRADE.fullmatch(word)) and (grade := _grade(found[1] or "", _DIGIT[found[2]])):
        return grade
    if (found := _GRADE.match(word)) and (rest := _after_grade(word, found)):
        return rest
    raise ValueProblem("grade_unknown", "年级只到九年级（也认 1–9、初一至初三）", "请改 {cell}。")


def _after_grade(word: str, found: re.Match[str]) -> "int | ClassCell | None":
    """初中一年级, 初中七年级, 七年级(2)班 in the grade column; None for 十年级 and 高一."""
    if (both := _GRADE_AND_CLASS.fullmatch(word)) and _MARKED_GRADE_AND_CLASS.fullmatch(word):
        grade = _grade(both[1] or "", _DIGIT[both[2]])
        number = _class_number(both[3])
        return ClassCell(number, grade) if grade and number else None
    return None


def _grade(stage: str, digit: int) -> int | None:
    """初一 is grade 7; 初中七年级 is grade 7 too; 小学七年级 does not exist."""
    if stage in ("初", "初中"):
        if digit <= 3:
            return digit + 6
        return digit if digit >= 7 else None
    if stage in ("小", "小学"):
        return digit if digit <= 6 else None
    return digit


def _class_number(text: str) -> int | None:
    if text.isdigit():
        number = int(text)
    elif text.startswith("十"):
        number = 10 + _DIGIT.get(text[1:], 0)
    elif text.endswith("十"):
        number = 10 * _DIGIT.get(text[:-1], 0)
    elif "十" in text:
        number = 10 * _DIGIT[text[0]] + _DIGIT[text[-1]]
    else:
        number = _DIGIT.get(text, 0)
    return number if 1 <= number <= MAX_CLASS else None


def parse_class(raw: CellValue) -> ClassCell | None:
    """The class cell; None when blank. What Excel turned into a date is an error with the likely text."""
    if isinstance(raw, dt.date):
        raise class_became_date(raw, "class_date")
    word = _word(raw)
    if word.lower() in NOTHING or word in {"未分班", "待分班"}:
        return None
    cell = _clear_class(word) or _guessed_class(word)
    if cell is None or (cell.number is None and cell.grade is None):
        raise ValueProblem("class_unknown", "看不出是几班", "请改成“七（2）班”或只填班号 2。")
    return cell


def _clear_class(word: str) -> ClassCell | None:
    if found := _PLAIN.fullmatch(word):
        number = _class_number(found[1])
        return ClassCell(number) if number else None
    if (found := _BRACKETED.fullmatch(word)) and found[2]:
        return ClassCell(_class_number(found[1]))
    if found := _MULTIGRADE.fullmatch(word):
        return ClassCell(_class_number(found[1]) if found[1] else 1, multigrade=True)
    if found := _COHORT_AND_CLASS.fullmatch(word):
        stage = _STAGES[found[1] or ""]
        return ClassCell(_class_number(found[3]), cohort=Cohort(int(found[2]), stage))  # type: ignore[arg-type]
    if (found := _GRADE_AND_CLASS.fullmatch(word)) and _MARKED_GRADE_AND_CLASS.fullmatch(word):
        grade = _grade(found[1] or "", _DIGIT[found[2]])
        return ClassCell(_class_number(found[3]), grade) if grade else None
    if found := _GRADE.fullmatch(word):  # 七年级 without a class
        return ClassCell(None, _grade(found[1] or "", _DIGIT[found[2]]))
    return None


def _guessed_class(word: str) -> ClassCell | None:
    """702, 7.2 and (2): understood, but only with a person's confirmation."""
    if found := _BRACKETED.fullmatch(word):
        return ClassCell(_class_number(found[1]), guessed=True)
    if found := _THREE_DIGITS.fullmatch(word) or _POINT.fullmatch(word):
        return ClassCell(_class_number(found[2]), int(found[1]), guessed=True)
    return None


def class_became_date(raw: dt.date, code: str) -> ValueProblem:
    return ValueProblem(
        code,
        f"被 Excel 变成了日期，原来多半是“{raw.month}-{raw.day}”",
        f"请把 {{column}} 列设为文本，改成“{raw.month}-{raw.day}”或“{NUMERALS[min(raw.month, 9) - 1]}（{raw.day}）班”。",
    )


def grades_of_cohort(cohort: Cohort, school_year: int, grades: range) -> list[int]:
    """Grades of this school that children who entered in that year are in now (domain.md §5.12)."""
    stages = {"primary": (1, 6), "junior": (7, 9)}
    found = []
    for stage, (first, last) in stages.items():
        grade = school_year - cohort.year + first
        if cohort.stage in ("", stage) and first <= grade <= last and grade in grades:
            found.append(grade)
    return found


def fitting_grade(candidates: list[int], born: dt.date, school_year: int) -> int:
    """Of several grades the one whose usual age the child is nearest to."""
    return min(candidates, key=lambda grade: years_off(grade, born, school_year))


def years_off(grade: int, born: dt.date, school_year: int) -> float:
    """How many years the birth date lies outside what is usual for the grade (domain.md §3.4)."""
    first, last = normal_birth_range(grade, school_year)
    if born < first:
        return (first - born).days / 365
    return max(0, (born - last).days) / 365
