"""Workbooks and CSV values that we hand out: every text stays a text, never a formula."""

import datetime as dt
import io
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from accounts.tabular.model import CellValue, Sheet, Workbook

PROBLEM_HEADER: Final = "问题"
MAX_CELL_TEXT: Final = 32_767
_MAX_SHEET_NAME: Final = 31
_MAX_EXACT: Final = 10**15
_WIDEST: Final = 40
_SAMPLE_ROWS: Final = 50
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_SHEET_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_STARTS_LIKE_FORMULA: Final = re.compile(
    "^[\\s\ufeff\u200b]*[=+\\-@\t\r\n\x00＝＋－\uff20﹢﹣﹦﹫−]|^[\t\r\n\x00]"
)
_OPTIONS: Final = {
    "in_memory": False, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True,
}  # fmt: skip

type Problem = tuple[str, int, int | None, str]
"""Sheet name, row and column as indices into `Sheet.rows` (no column: the whole row), message."""


def write_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One sheet with a header row: texts as text, numbers as numbers, dates as dates."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {**_OPTIONS}) as book:
        sheet = book.add_worksheet(sheet_name(title))
        formats = _formats(book)
        kept = iter(rows)
        sample = list(islice(kept, _SAMPLE_ROWS))
        for column, header in enumerate(headers):
            shown = [
                header,
                *(str(row[column]) for row in sample if column < len(row) and row[column] is not None),
            ]
            sheet.set_column(column, column, min(_WIDEST, max(map(_display_width, shown)) + 2))
            sheet.write_string(0, column, _text(header), formats["header"])
        sheet.freeze_panes(1, 0)
        for source, start in ((sample, 1), (kept, len(sample) + 1)):
            for number, row in enumerate(source, start):
                for column, value in enumerate(row):
                    _write_value(sheet, number, column, value, formats)
    return out.getvalue()


def mark_errors_workbook(
    source: Workbook | Sheet, problems: Iterable[Problem], *, header_rows: dict[str, int] | None = None
) -> bytes:
    """The rows as they were read, all as text at their own addresses, bad cells tinted, a column 问题 at the right.

    `header_rows` says by sheet name in which row (index) the heading of that column goes; the first otherwise.
    """
    sheets = source.visible_sheets if isinstance(source, Workbook) else [source]
    by_sheet: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_sheet[problem[0]].append(problem)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {**_OPTIONS}) as book:
        formats = _formats(book)
        taken: set[str] = set()
        for sheet in sheets:
            name = sheet_name(sheet.name, taken)
            taken.add(name.lower())
            _write_marked(
                book.add_worksheet(name),
                sheet,
                by_sheet[sheet.name],
                formats,
                (header_rows or {}).get(sheet.name, 0),
            )
    return out.getvalue()


def _write_marked(
    target: Worksheet, sheet: Sheet, problems: list[Problem], formats: dict[str, Format], header_row: int
) -> None:
    bad = {(row, column) for _, row, column, _ in problems}
    messages: dict[int, list[str]] = defaultdict(list)
    for _, row, _, message in problems:
        messages[row].append(message)
    down, right = sheet.first_row - 1, sheet.first_column - 1
    width = len(sheet.rows[0]) if sheet.rows else 0
    target.set_column(right + width, right + width, 60)
    for row, values in enumerate(sheet.rows):
        for column, value in enumerate(values):
            style = formats["bad"] if (row, column) in bad else formats["text"]
            if value is not None or style is formats["bad"]:
                target.write_string(down + row, right + column, _text(as_text(value)), style)
        if row in messages:
            target.write_string(
                down + row, right + width, _text("\n".join(messages[row])), formats["problem"]
            )
        elif row == header_row:
            target.write_string(down + row, right + width, PROBLEM_HEADER, formats["header"])


def as_text(value: CellValue) -> str:
    """A cell as a person would read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def csv_safe(value: object) -> object:
    """A CSV field that no spreadsheet takes for a formula; numbers and dates pass unchanged."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if _STARTS_LIKE_FORMULA.match(value) else value


def sheet_name(title: str, taken: Container[str] = ()) -> str:
    """A title within what spreadsheets allow as the name of a sheet; `taken` holds names in lower case."""
    plain = _NOT_IN_SHEET_NAMES.sub(" ", title).strip().strip("'")
    name = _cut(plain, _MAX_SHEET_NAME).strip().strip("'") or "表"
    number = 2
    while name.lower() in taken:
        name = f"{_cut(plain, _MAX_SHEET_NAME - 4).strip()}_{number}"
        number += 1
    return name


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    return {
        "header": book.add_format(
            {"bold": True, "num_format": "@", "bg_color": "#E6EEF0", "border": 1, "text_wrap": True}
        ),
        "text": book.add_format({"num_format": "@"}),
        "bad": book.add_format(
            {"num_format": "@", "bg_color": "#FBE3DF", "border": 1, "border_color": "#B3402E"}
        ),
        "problem": book.add_format({"num_format": "@", "font_color": "#B3402E", "text_wrap": True}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "money": book.add_format({"num_format": "0.00"}),
    }


def _write_value(sheet: Worksheet, row: int, column: int, value: object, formats: dict[str, Format]) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, _text(value), formats["text"])
    elif value is None:
        return
    elif isinstance(value, bool):
        sheet.write_string(row, column, "是" if value else "否", formats["text"])
    elif isinstance(value, int | float) and abs(value) < _MAX_EXACT:
        sheet.write_number(row, column, value)
    elif isinstance(value, Decimal) and abs(value) < _MAX_EXACT:
        sheet.write_number(row, column, float(value), formats["money"])
    elif isinstance(value, dt.datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), formats["moment"])
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, value, formats["date"])
    else:
        sheet.write_string(row, column, _text(str(value)), formats["text"])


def _text(value: str) -> str:
    if value.isprintable() and len(value) * 2 <= MAX_CELL_TEXT:
        return value
    return _cut(_CONTROL.sub("", value), MAX_CELL_TEXT)


def _display_width(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text[:_WIDEST])


def _cut(text: str, units: int) -> str:
    """At most so many UTF-16 units, which is how spreadsheets count."""
    if len(text) * 2 <= units:
        return text
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore")
