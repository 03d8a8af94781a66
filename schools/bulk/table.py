"""From a spreadsheet to rows of known columns, found by their heads and never by position."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from accounts.tabular import CellProblem, CellValue, FileProblem, Sheet, cell_address, is_blank, read_tables
from accounts.text import TextProblem, clean_text, shown_filename

MAX_ROWS: Final = 1000
# A title and a note may stand above the heads.
_HEAD_WITHIN: Final = 10
_NOISE: Final = str.maketrans("", "", " *★＊:：()（）\n\t")


@dataclass(frozen=True)
class Column:
    """A column of the template; *aliases* are other heads that people use."""

    key: str
    title: str
    aliases: tuple[str, ...] = ()
    is_required: bool = False
    # How it is filled in, for the page.
    help: str = ""
    is_date: bool = False


@dataclass
class Row:
    """One row of the file as text by column, and where each cell stands."""

    number: int
    cells: dict[str, str]
    addresses: dict[str, str]
    unreadable: dict[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str:
        return self.cells.get(key, "")


@dataclass(frozen=True)
class RowProblem:
    """A cell that cannot stand: where, the value as read, why and what to do."""

    cell: str
    value: str
    message: str
    row: int


@dataclass
class Reading:
    """What was read from one file, small enough to be kept between two pages."""

    filename: str
    sheet: str
    rows: list[Row]
    notices: list[str]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Reading":
        return cls(data["filename"], data["sheet"], [Row(**row) for row in data["rows"]], data["notices"])


def read_rows(
    content: bytes, filename: str, columns: Sequence[Column], *, max_rows: int = MAX_ROWS
) -> Reading:
    """The first sheet that has the heads; FileProblem where there is none."""
    workbook = read_tables(content, filename)
    best: dict[str, int] = {}
    for sheet in workbook.visible_sheets:
        head, places = _find_heads(sheet, columns)
        if all(column.key in places for column in columns if column.is_required):
            rows = _rows(sheet, head, places, columns)
            name = shown_filename(filename)
            if not rows:
                raise FileProblem("no_rows", f"“{name}”表“{sheet.name}”的标题下面没有内容。请填好再传。")
            if len(rows) > max_rows:
                raise FileProblem(
                    "too_many_rows",
                    f"“{name}”有 {len(rows)} 行，一次最多 {max_rows} 行。请分成几个文件再传。",
                )
            return Reading(name, sheet.name, rows, workbook.notices)
        best = max(best, places, key=len)
    missing = "、".join(
        f"“{column.title}”" for column in columns if column.is_required and column.key not in best
    )
    raise FileProblem(
        "no_heads",
        f"“{shown_filename(filename)}”里没有找到{missing}栏。请下载模板，照模板的标题填好再传。",
    )


def _find_heads(sheet: Sheet, columns: Sequence[Column]) -> tuple[int, dict[str, int]]:
    known = {_plain(head): column.key for column in columns for head in (column.title, *column.aliases)}
    best, best_places = 0, dict[str, int]()
    for number, cells in enumerate(sheet.rows[:_HEAD_WITHIN]):
        places: dict[str, int] = {}
        for place, value in enumerate(cells):
            key = known.get(_plain(value)) if isinstance(value, str) else None
            if key is not None:
                places.setdefault(key, place)
        if len(places) > len(best_places):
            best, best_places = number, places
    return best, best_places


def _plain(head: str) -> str:
    return unicodedata.normalize("NFKC", head).translate(_NOISE)


def _rows(sheet: Sheet, head: int, places: dict[str, int], columns: Sequence[Column]) -> list[Row]:
    rows = []
    for number, cells in enumerate(sheet.rows[head + 1 :], start=head + 1):
        if all(is_blank(cells[place]) for place in places.values()):
            continue
        row = Row(sheet.first_row + number, {}, {})
        for column in columns:
            place = places.get(column.key)
            if place is not None:
                row.addresses[column.key] = cell_address(sheet, number, place)
                _take(row, column, cells[place])
        rows.append(row)
    return rows


def _take(row: Row, column: Column, value: CellValue) -> None:
    try:
        row.cells[column.key] = _text(value, column)
    except TextProblem as problem:
        row.cells[column.key] = clean_text(str(value))[:60]
        row.unreadable[column.key] = problem.message


def _text(value: CellValue, column: Column) -> str:
    if is_blank(value) or value is None:
        return ""
    if isinstance(value, CellProblem):
        raise TextProblem("formula", "这一格是公式错误或没有算出结果。请改成文字再传。")
    if isinstance(value, dt.datetime | dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        if column.is_date:
            return day.isoformat()
        raise TextProblem("date", "这一格成了日期格式。请把这一列设为文本，重新填写。")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float | dt.time | dt.timedelta):
        raise TextProblem("number", "这一格是数字格式，可能丢了后几位。请把这一列设为文本，重新填写。")
    return clean_text(str(value), max_length=200)
