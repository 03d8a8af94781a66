"""The rows of one sheet → children as dicts, and every problem with its cell. Writes nothing."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.tabular.model import CellValue, Sheet, cell_address, is_blank
from accounts.text import clean_number, clean_text
from students.identity import ID_PATTERN, birth_date_of, check_character
from students.roster_import import numbers
from students.roster_import.columns import Column, corrected_value, make_column
from students.roster_import.headers import Header, field_of
from students.roster_import.problems import Problem, ValueProblem, shown_value

_FOOT: Final = re.compile(
    r"合\s*计|总\s*计|小\s*计|共\s*计|注\s*[:：].*|备\s*注.*|说\s*明.*|填\s*表.*|制\s*表.*|审\s*核.*|负\s*责\s*人.*|校\s*长.*|"
    r"班\s*主\s*任\s*[（(签:：].*|以下空白.*|以下无.*|经办.*|.*[(（]?(?:盖章|公章|签字|签名)[)）]?.*|.*\d{4}\s*年.*月.*日.*"
)
_CHILD_NAME: Final = re.compile(r"[^\W\d_]{2,25}|[^\W\d_]+(?:[·. ][^\W\d_]+){1,6}")
_SEEN_WITH_A_CHILD: Final = ("sex", "birth_date", "grade", "klass", "klass_no", "roll_number", "ethnicity")
_SHIFT_REACH: Final = 3
PAPERS: Final = frozenset("678A9")
MAX_LISTED: Final = 300


_STRUCK: Final = ValueProblem(
    "row_struck",
    "所在的行带删除线",
    "还在校就不用改；已离校的请从文件里删去这一行，再登记异动。",
    level="confirm",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reading of a file must know of the school and the day."""

    today: dt.date
    school_year: int
    grades: range
    school_codes: frozenset[str]
    school_names: frozenset[str]
    drop_g: bool = False


@dataclass(slots=True)
class SheetRows:
    """What one sheet gave; ``bad`` holds (number, name) of rows that will not be taken."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    corrections: list[list[str]] = field(default_factory=list)
    correction_count: int = 0
    ignored: list[str] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    total: int = 0


class RowScan:
    """One row while it is read: raw cells, values so far, problems so far."""

    __slots__ = ("at", "problems", "raw", "row", "values")

    def __init__(self, raw: list[CellValue], row: int) -> None:
        self.raw, self.row = raw, row
        self.values: dict[str, Any] = {}
        self.problems: list[tuple[str, ValueProblem]] = []

    @property
    def failed(self) -> bool:
        return any(problem.level == "error" for _, problem in self.problems)


class SheetReader:
    """Reads the data rows under a header."""

    def __init__(self, sheet: Sheet, header: Header, facts: Facts) -> None:
        self.sheet, self.header, self.facts = sheet, header, facts
        self.columns: dict[str, Column] = {
            key: make_column(key, index, sheet.first_column, facts.today)
            for key, index in header.columns.items()
        }
        self.plain = [
            (key, column.index, column.read)
            for key, column in self.columns.items()
            if key not in {"id_number", "serial"}
        ]
        self.id_column = self.columns["id_number"]
        self.paper = make_column("id_number", self.id_column.index, sheet.first_column, facts.today)
        self.paper.parse = numbers.parse_paper_number
        if facts.drop_g:
            self.id_column.parse = self._without_g
        self.found = SheetRows()

    def scans(self) -> Iterator[RowScan]:
        """Rows that are children, each read cell by cell."""
        self._fill_down()
        first = self.sheet.first_row
        for index in range(self.header.bottom + 1, len(self.sheet.rows)):
            raw = self.sheet.rows[index]
            if self._is_no_child(raw, first + index):
                continue
            self.found.total += 1
            scan = RowScan(raw, first + index)
            self._read_cells(scan)
            if index in self.sheet.struck_rows:
                scan.problems.append(("name", _STRUCK))
            yield scan

    def _read_cells(self, scan: RowScan) -> None:
        raw, values = scan.raw, scan.values
        for key, index, read in self.plain:
            cell = raw[index]
            if cell is None:
                continue
            try:
                values[key], before = read(cell)
            except ValueProblem as problem:
                scan.problems.append((key, problem))
                continue
            if before:
                self.note(key, scan.row, before, values[key])
        column = (
            self.paper if values.get("id_type", "") in PAPERS and values.get("id_type") else self.id_column
        )
        try:
            values["id_number"], before = column.read(raw[column.index])
            if before:
                self.note("id_number", scan.row, before, values["id_number"])
        except ValueProblem as problem:
            if not self._shifted(scan):
                scan.problems.insert(0, ("id_number", problem))

    def _without_g(self, raw: CellValue) -> Any:
        text = numbers.id_text(raw)
        number = text[1:] if text[:1] == "G" and ID_PATTERN.fullmatch(text[1:]) else raw
        return numbers.parse_id(number, today=self.facts.today)

    def _shifted(self, scan: RowScan) -> bool:
        """A good ID number one to three columns away: the whole row has slipped, which is one error."""
        place = self.id_column.index
        others = {column.index for key, column in self.columns.items() if key.endswith("_id")}
        for index in range(max(0, place - _SHIFT_REACH), min(len(scan.raw), place + _SHIFT_REACH + 1)):
            cell = scan.raw[index]
            if index == place or index in others or not isinstance(cell, str):
                continue
            number = clean_number(cell)
            if ID_PATTERN.fullmatch(number) and birth_date_of(number) and _fits(number):
                address = cell_address(self.sheet, scan.row - self.sheet.first_row, index)
                scan.problems = [
                    (
                        "id_number",
                        ValueProblem(
                            "row_shifted",
                            f"疑似整行错位，身份证号出现在 {address}",
                            f"请把第 {scan.row} 行的格子移回各自的列。",
                        ),
                    )
                ]
                return True
        return False

    def note(self, key: str, row: int, before: str, value: Any) -> None:
        self.found.correction_count += 1
        if len(self.found.corrections) < MAX_LISTED:
            column = self.columns[key]
            if column.item.kind and len(before) > 6:
                before = shown_value(before, kind=column.item.kind)
            after = corrected_value(column.item, value)
            self.found.corrections.append(
                [self.sheet.name, f"{column.letter}{row}", column.item.label, before, after]
            )

    def _fill_down(self) -> None:
        """Cells merged over several rows belong to each of them."""
        for top, left, bottom, right in self.sheet.merged:
            if top > self.header.bottom and bottom > top:
                value = self.sheet.rows[top][left]
                for row in self.sheet.rows[top : bottom + 1]:
                    row[left : right + 1] = [value] * (right + 1 - left)

    def _is_no_child(self, raw: list[CellValue], row: int) -> bool:
        """Blank rows, repeated headings, totals, signatures and notes: by structure, and listed."""
        number = raw[self.id_column.index]
        name_at = self.columns["name"].index
        if isinstance(number, str) and len(number) >= 15 and not is_blank(raw[name_at]):
            return False
        texts = [clean_text(str(cell)) for cell in raw if cell is not None and not is_blank(cell)]
        if not texts:
            return True
        given = raw[name_at]
        name = clean_text(given) if isinstance(given, str) else ""
        repeated = field_of(name) == "name" if name else False
        if repeated or self._is_foot(raw, texts, name):
            if len(self.found.ignored) < MAX_LISTED:
                text = " ".join(texts)
                self.found.ignored.append(f"表“{self.sheet.name}”第 {row} 行：{text[:40]}")
            return True
        return False

    def _is_foot(self, raw: list[CellValue], texts: list[str], name: str) -> bool:
        number = raw[self.id_column.index]
        has_number = not is_blank(number) and (
            not isinstance(number, str) or len(clean_number(number)) >= 8 or number.strip() in {"无", "暂无"}
        )
        if _FOOT.fullmatch(texts[0]) and not (has_number and isinstance(number, str)):
            return True
        if has_number or (not is_blank(number) and name):
            return False
        if _FOOT.fullmatch(name) or not _CHILD_NAME.fullmatch(name):
            return len(set(texts)) < 4 or not any(self._filled(raw, key) for key in _SEEN_WITH_A_CHILD)
        return not any(self._filled(raw, key) for key in _SEEN_WITH_A_CHILD)

    def _filled(self, raw: list[CellValue], key: str) -> bool:
        column = self.columns.get(key)
        return column is not None and not is_blank(raw[column.index])

    def address(self, key: str, row: int) -> str:
        column = self.columns.get(key)
        return f"{column.letter}{row}" if column else ""

    def problem(self, key: str, scan: RowScan, why: ValueProblem) -> Problem:
        """A value's problem at its place in the sheet."""
        column = self.columns.get(key)
        cell = self.address(key, scan.row)
        named = {
            "cell": cell,
            "column": column.letter if column else "",
            "id_cell": self.address("id_number", scan.row),
        }
        raw = scan.raw[column.index] if column else None
        name = scan.raw[self.columns["name"].index]
        return Problem(
            why.level,
            why.code,
            self.sheet.name,
            scan.row,
            cell,
            clean_text(name)[:20] if isinstance(name, str) else "",
            column.item.label if column else "",
            why.shown or shown_value(raw, kind=column.item.kind if column else ""),
            _filled_in(why.why, named),
            _filled_in(why.remedy, named),
        )


def _filled_in(text: str, named: dict[str, str]) -> str:
    """Only our own marks: what stands in a cell may hold braces."""
    for key, value in named.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _fits(number: str) -> bool:
    return check_character(number[:17]) == number[17]
