"""What a read file looks like: workbook, sheets, cell values, addresses."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

type FileKind = Literal["xlsx", "xls", "csv"]
type Area = tuple[int, int, int, int]
"""First row, first column, last row, last column; indices into `Sheet.rows`, ends included."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell whose value cannot be known: #REF! and the like, or a formula never calculated."""

    kind: Literal["error", "formula_without_result"]
    text: str

    def __str__(self) -> str:
        return self.text if self.kind == "error" else f"={self.text}"


type CellValue = (
    str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | CellProblem | None
)


@dataclass(slots=True)
class Sheet:
    """One sheet; all rows have the same width, `rows[0][0]` is the cell at `first_row`, `first_column` (from 1)."""

    name: str
    rows: list[list[CellValue]]
    first_row: int = 1
    first_column: int = 1
    visible: bool = True
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    struck_rows: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Workbook:
    filename: str
    kind: FileKind
    sheets: list[Sheet]
    notices: list[str] = field(default_factory=list)
    encoding: str = ""

    @property
    def visible_sheets(self) -> list[Sheet]:
        return [sheet for sheet in self.sheets if sheet.visible]


def column_letter(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: bytes) -> int:
    """A → 0, AA → 26."""
    index = 0
    for letter in letters:
        index = index * 26 + (letter & 0x5F) - 64
    return index - 1


def cell_address(sheet: Sheet, row: int, column: int) -> str:
    """The address Excel and WPS show for `sheet.rows[row][column]`, e.g. D18."""
    return f"{column_letter(sheet.first_column - 1 + column)}{sheet.first_row + row}"


def is_blank(value: CellValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def fill_merged(sheet: Sheet) -> None:
    """Give every cell of a merged area the value of its first cell."""
    for top, left, bottom, right in sheet.merged:
        value = sheet.rows[top][left]
        for row in sheet.rows[top : bottom + 1]:
            row[left : right + 1] = [value] * (right + 1 - left)
