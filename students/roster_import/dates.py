"""Dates in cells: everything a birth date may be written as, and the month of admission."""

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from accounts.tabular.model import CellValue
from students.roster_import.problems import ValueProblem
from students.roster_import.values import NOTHING, text_of

_EPOCH: Final = dt.date(1899, 12, 30)
# 1990 to 2060: a number outside is no serial number of a child's birth.
_SERIALS: Final = range(32_874, 58_806)
_YEAR_FIRST: Final = re.compile(r"((?:19|20)\d\d)[-/.年\\ ](\d{1,2})[-/.月\\ ](\d{1,2})日?(?:[ tT].*)?")
_COMPACT: Final = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_MONTH: Final = re.compile(r"((?:19|20)\d\d)[-/.年](\d{1,2})月?|((?:19|20)\d\d)(\d\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)?\d\d)(?:[ tT].*)?")
_YEAR_ONLY: Final = re.compile(r"((?:19|20)\d\d)年?")
_EDGES: Final = "'\u2018\u2019\u00b4\u2032` 。."  # apostrophes that keep a spreadsheet from reading a number
_TIME: Final = re.compile(r"[ tT]\d{1,2}:\d{2}.*$")


@dataclass(frozen=True, slots=True)
class Written:
    """What a cell may mean: days, or only months (year, month)."""

    days: tuple[dt.date, ...] = ()
    months: tuple[tuple[int, int], ...] = ()


def parse_birth(raw: CellValue) -> Written | None:
    """All readings of a birth date; None when blank."""
    if isinstance(raw, dt.datetime):
        return Written((raw.date(),))
    if isinstance(raw, dt.date):
        return Written((raw,))
    text = unicodedata.normalize("NFKC", text_of(raw)).strip(_EDGES)
    if text.lower() in NOTHING:
        return None
    if isinstance(raw, int | float) and not isinstance(raw, bool) and _is_serial(raw):
        return Written((_EPOCH + dt.timedelta(days=int(raw)),))
    written = _written(text)
    if not written.days and not written.months:
        raise ValueProblem("birth_unknown", "不是日期", "请在 {cell} 按 2016-03-12 的写法填出生日期。")
    return written


def _is_serial(number: float) -> bool:
    # A broken file may hold NaN or infinity, which no comparison turns into a day.
    return math.isfinite(number) and int(number) in _SERIALS


def _written(text: str) -> Written:
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return Written(_days([(int(found[1]), int(found[2]), int(found[3]))]))
    if text.isdecimal() and len(text) == 5 and int(text) in _SERIALS:
        return Written((_EPOCH + dt.timedelta(days=int(text)),))
    if found := _MONTH.fullmatch(text):
        year, month = int(found[1] or found[3]), found[2] or found[4]
        months = [int(month)]
        if month == "1" and "." in text:
            months.append(10)  # the spreadsheet shows 2013.10 as 2013.1
        return Written((), tuple((year, number) for number in months if 1 <= number <= 12))
    if found := _YEAR_LAST.fullmatch(_TIME.sub("", text)):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        year += 2000 if year < 100 else 0
        return Written(_days([(year, first, second), (year, second, first)]))
    return Written()


def _days(parts: list[tuple[int, int, int]]) -> tuple[dt.date, ...]:
    days = []
    for year, month, day in parts:
        try:
            days.append(dt.date(year, month, day))
        except ValueError:
            continue
    return tuple(dict.fromkeys(days))


def settled_birth(written: Written | None, from_id: dt.date | None) -> tuple[dt.date | None, str]:
    """The birth date that cell and ID number agree on, and how it was found ('' when simply equal).

    None when neither says one. ValueProblem when they disagree or the cell can be read in two ways.
    """
    if written is None:
        return from_id, "from_id" if from_id else ""
    if from_id is not None:
        if from_id in written.days:
            return from_id, ""
        if (from_id.year, from_id.month) in written.months:
            return from_id, "month_only"
    if len(written.days) == 1 and from_id is None:
        return written.days[0], ""
    if from_id is None:
        raise ValueProblem(
            "birth_ambiguous",
            "只写到月份" if written.months else "可以读成两个日期",
            "请在 {cell} 按 2016-03-12 的写法填出生日期。",
        )
    raise ValueProblem(
        "birth_differs",
        f"与 {{id_cell}} 身份证号中的 {from_id.year}年{from_id.month}月{from_id.day}日 不一致",
        "以户口簿为准，改其中一处。",
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """入学年月; month 0 when only the year is said."""

    year: int
    month: int = 0


def parse_entry(raw: CellValue) -> Entry | None:
    """None when blank or unreadable years are said; the grade column then decides."""
    if isinstance(raw, dt.date):
        return Entry(raw.year, raw.month)
    text = unicodedata.normalize("NFKC", text_of(raw)).strip(_EDGES)
    if text.lower() in NOTHING:
        return None
    if isinstance(raw, int | float) and not isinstance(raw, bool) and _is_serial(raw):
        day = _EPOCH + dt.timedelta(days=int(raw))
        return Entry(day.year, day.month)
    if found := _YEAR_ONLY.fullmatch(text.removesuffix("级")):
        return Entry(int(found[1]))
    written = _written(text)
    if written.days:
        return Entry(written.days[0].year, written.days[0].month)
    if written.months:
        year, month = written.months[-1]
        return Entry(year, month)
    raise ValueProblem(
        "entry_unknown", "不是年月", "这一格没有导入，请按 201809 的写法填写。", level="warning"
    )
