"""From a reader's raw grid to a `Sheet`: blanks as None, whole numbers as int, errors in place, trimmed."""

import re
from typing import Final

from accounts.tabular.facts import SheetFacts
from accounts.tabular.model import Area, CellValue, Sheet, is_blank

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EXACT: Final = 1e15  # from here a float no longer shows every digit; it stays a float and looks like one


def tidy_sheet(
    name: str,
    rows: list[list[CellValue]],
    facts: SheetFacts,
    notices: list[str],
    *,
    has_escapes: bool = False,
) -> Sheet:
    _place_problems(rows, facts)
    _convert(rows, has_escapes=has_escapes)
    _trim(rows)
    width = len(rows[0]) if rows else 0
    sheet = Sheet(name, rows)
    sheet.hidden_rows = {row for row in facts.hidden_rows if row < len(rows)}
    sheet.struck_rows = {row for row in facts.struck_rows if row < len(rows)}
    for first, last in facts.hidden_columns:
        sheet.hidden_columns.update(range(first, min(last + 1, width)))
    sheet.merged = _clipped(facts.merged, len(rows), width)
    _describe(sheet, facts, notices)
    return sheet


def _place_problems(rows: list[list[CellValue]], facts: SheetFacts) -> None:
    """The reader shows these cells as blank, and may leave them out at the edge."""
    if not facts.problems:
        return
    height = max(row for row, _ in facts.problems) + 1
    rows.extend([] for _ in range(height - len(rows)))
    for (row, column), problem in facts.problems.items():
        cells = rows[row]
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = problem


def _convert(rows: list[list[CellValue]], *, has_escapes: bool) -> None:
    for index, row in enumerate(rows):
        kinds = set(map(type, row))
        if kinds != {str}:
            rows[index] = [_number(value) if type(value) is float else value for value in row]
        if has_escapes and str in kinds:
            rows[index] = [_CONTROL.sub("", value) if type(value) is str else value for value in rows[index]]
        if "" in rows[index]:
            rows[index] = [None if value == "" else value for value in rows[index]]


def _number(value: float) -> int | float:
    return int(value) if abs(value) < _EXACT and value.is_integer() else value


def _trim(rows: list[list[CellValue]]) -> None:
    """Drop blank rows below and blank columns at the right; make all rows the same width."""
    while rows and all(map(is_blank, rows[-1])):
        rows.pop()
    width = 0
    for row in rows:
        last = len(row)
        while last > width and is_blank(row[last - 1]):
            last -= 1
        width = max(width, last)
    for row in rows:
        if len(row) != width:
            row[width:] = [None] * (width - len(row))


def _clipped(areas: list[Area], height: int, width: int) -> list[Area]:
    """Areas inside the rows that were kept; overlapping ones (never made by Excel) end at the sheet's own size."""
    kept: list[Area] = []
    room = height * width
    for top, left, bottom, right in areas:
        area = (top, left, min(bottom, height - 1), min(right, width - 1))
        cells = (area[2] - top + 1) * (area[3] - left + 1)
        if top < height and left < width and 1 < cells <= room:
            kept.append(area)
            room -= cells
    return kept


def _describe(sheet: Sheet, facts: SheetFacts, notices: list[str]) -> None:
    hidden = len(sheet.hidden_rows)
    if hidden:
        why = "（筛选或隐藏）" if facts.filtered else ""
        notices.append(f"表“{sheet.name}”有 {hidden} 行是隐藏的{why}，也已读取。")
    if sheet.hidden_columns:
        notices.append(f"表“{sheet.name}”有 {len(sheet.hidden_columns)} 列是隐藏的，也已读取。")
    if sheet.struck_rows:
        notices.append(f"表“{sheet.name}”有 {len(sheet.struck_rows)} 行带删除线，也已读取。")
    if facts.formulas:
        notices.append(f"表“{sheet.name}”有 {facts.formulas} 个格子是公式，按文件里已算出的结果读取。")
