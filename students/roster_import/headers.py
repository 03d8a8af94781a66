"""Where the headings are and which column is which: by normalised alias, title rows and two levels included."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from accounts.tabular.model import CellValue, Sheet, cell_address, column_letter
from accounts.text import clean_text
from students.roster_import.fields import FIELDS, GRADE_SOURCES
from students.roster_import.problems import Problem

SEARCHED_ROWS: Final = 30
_IN_BRACKETS: Final = re.compile(r"[(\[【<][^)\]】>]*[)\]】>]")
_MARKS: Final = re.compile(r"[\s*★☆※●◆▲△■□#'\"‘’“”:：、.。_\-—]+")
_GROUP_WORDS: Final = re.compile(r"(?:基本)?(?:信息|情况|资料)$")
_OTHER_PERSON: Final = re.compile("成员|监护人|家长|父亲|母亲|父母")
_BY_ALIAS: Final = {alias.lower(): item.key for item in FIELDS.values() for alias in item.aliases}
REQUIRED: Final = ("name", "id_number")


@dataclass(slots=True)
class Header:
    """The headings of one sheet: rows ``top`` to ``bottom`` (indices), key → column index."""

    sheet: str
    top: int
    bottom: int
    columns: dict[str, int]
    unused: list[str] = field(default_factory=list)
    doubled: dict[str, list[int]] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return len(self.columns) + 3 * sum(key in self.columns for key in REQUIRED)

    @property
    def says_grade(self) -> bool:
        """A number of a class alone may or may not say the grade."""
        return any(key in self.columns for key in GRADE_SOURCES if key != "klass_no")

    @property
    def has_grade(self) -> bool:
        return any(key in self.columns for key in GRADE_SOURCES)


@lru_cache(maxsize=4096)
def normalised(heading: str) -> str:
    """姓 名★（必填） → 姓名."""
    text = unicodedata.normalize("NFKC", clean_text(heading)).lower()
    return _MARKS.sub("", _IN_BRACKETS.sub("", text)) or _MARKS.sub("", text)


def field_of(heading: str, group: str = "") -> str | None:
    """The key of a heading, perhaps under a group heading (成员1 over 姓名); None when it is not ours."""
    own, above = normalised(heading), normalised(group)
    if not above or above == own:
        return _BY_ALIAS.get(own)
    above = _GROUP_WORDS.sub("", above)
    joined = _BY_ALIAS.get(above + own)
    if joined is not None or _OTHER_PERSON.search(above):
        return joined
    return _BY_ALIAS.get(own)


def find_header(sheet: Sheet) -> Header | None:
    """The best row, or pair of rows, among the first thirty; None where nothing looks like headings."""
    best: Header | None = None
    for row in range(min(SEARCHED_ROWS, len(sheet.rows))):
        for candidate in _candidates(sheet, row):
            if best is None or candidate.score > best.score:
                best = candidate
    return best if best is not None and best.columns else None


def _candidates(sheet: Sheet, row: int) -> list[Header]:
    texts = _texts(sheet.rows[row])
    if sum(map(bool, texts)) == 0:
        return []
    single = _match(sheet, row, row, [""] * len(texts), texts)
    if row + 1 >= len(sheet.rows) or not _may_be_group(sheet, row):
        return [single]
    below = _texts(sheet.rows[row + 1])
    merged = [low or high for high, low in zip(texts, below, strict=True)]
    return [single, _match(sheet, row, row + 1, _spread(sheet, row, texts), merged)]


def _may_be_group(sheet: Sheet, row: int) -> bool:
    """Two levels are only believed where a cell of the upper row is merged."""
    return any(top == row and right > left for top, left, _, right in sheet.merged)


def _spread(sheet: Sheet, row: int, texts: list[str]) -> list[str]:
    spread = list(texts)
    for top, left, bottom, right in sheet.merged:
        if top == row == bottom:
            spread[left : right + 1] = [texts[left]] * (right + 1 - left)
    return spread


def _texts(values: list[CellValue]) -> list[str]:
    return [value if isinstance(value, str) else "" for value in values]


def _match(sheet: Sheet, top: int, bottom: int, groups: list[str], texts: list[str]) -> Header:
    found: dict[str, list[int]] = defaultdict(list)
    unused = []
    for column, text in enumerate(texts):
        if not text.strip():
            continue
        key = field_of(text, groups[column])
        if key is None:
            unused.append(f"{column_letter(sheet.first_column - 1 + column)} {clean_text(text)[:20]}")
        else:
            found[key].append(column)
    columns = {key: places[0] for key, places in found.items() if len(places) == 1}
    doubled = {key: places for key, places in found.items() if len(places) > 1}
    header = Header(sheet.name, top, bottom, columns, unused, doubled)
    if doubled:  # still the heading row: the doubt is about which column, not about which row
        header.columns.update({key: places[0] for key, places in doubled.items()})
    return header


def header_problems(sheet: Sheet, header: Header, *, grade_by_sheet: bool) -> list[Problem]:
    """Why the columns of this sheet cannot be trusted: one is missing, or one stands there twice."""
    row = sheet.first_row + header.bottom
    problems = [
        _file_problem(
            "header_twice",
            sheet,
            row,
            f"“{FIELDS[key].label}”一栏有 {len(places)} 个："
            + "、".join(
                f"{cell_address(sheet, header.bottom, column)}“{_heading(sheet, header, column)}”"
                for column in places
            ),
            "请删去多余的一栏，或点“指定栏目”选用哪一栏。",
        )
        for key, places in header.doubled.items()
        if key != "serial"
    ]
    missing = [key for key in REQUIRED if key not in header.columns]
    if not header.has_grade and not grade_by_sheet:
        missing.append("grade")
    return problems + [_missing(sheet, row, key) for key in missing]


def _missing(sheet: Sheet, row: int, key: str) -> Problem:
    item = FIELDS[key]
    others = "、".join(f"“{alias}”" for alias in item.aliases[1:4])
    return _file_problem(
        "header_missing",
        sheet,
        row,
        f"没有找到“{item.label}”一栏（也认{others}）",
        "请补上标题，或点“指定栏目”手工对应。",
    )


def _file_problem(code: str, sheet: Sheet, row: int, why: str, remedy: str) -> Problem:
    return Problem("error", code, sheet.name, row, "", "", "", "", why, remedy)


def _heading(sheet: Sheet, header: Header, column: int) -> str:
    value = sheet.rows[header.bottom][column]
    return clean_text(value)[:20] if isinstance(value, str) else ""


def chosen_header(sheet: Sheet, row: int, columns: dict[str, int]) -> Header:
    """Headings as a person has matched them by hand: *row* is the sheet's own number, columns are indices."""
    width = len(sheet.rows[0]) if sheet.rows else 0
    known = {key: column for key, column in columns.items() if key in FIELDS and 0 <= column < width}
    bottom = min(max(row - sheet.first_row, 0), max(len(sheet.rows) - 1, 0))
    return Header(sheet.name, bottom, bottom, known)
