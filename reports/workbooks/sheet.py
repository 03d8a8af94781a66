"""What every printed sheet has in common: looks, text cells that stay text, page set-up, properties."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

A4 = 9
# The signed number of 其他 prints with the minus sign of the paper form.
SIGNED_FORMAT = '+0;"−"0;0'
FONT = "宋体"
HEAD_FONT = "黑体"

_CELL = {
    "font_name": FONT,
    "font_size": 12,
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
    "num_format": "@",
}
_BOXED = {**_CELL, "border": 1}
LOOKS: dict[str, dict[str, object]] = {
    "annex": {"font_name": HEAD_FONT, "font_size": 12, "valign": "vcenter", "num_format": "@"},
    "title": {**_CELL, "font_size": 18, "bold": True, "text_wrap": False},
    "line": {**_CELL, "align": "left", "text_wrap": False},
    "line_right": {**_CELL, "align": "right", "text_wrap": False},
    "heading": {**_BOXED, "bold": True},
    "text": _BOXED,
    "text_left": {**_BOXED, "align": "left"},
    "remark": {**_BOXED, "align": "left", "font_size": 10},
    "number": {**_BOXED, "num_format": "0"},
    "signed": {**_BOXED, "num_format": SIGNED_FORMAT},
    "total": {**_BOXED, "bold": True},
    "total_number": {**_BOXED, "bold": True, "num_format": "0"},
    "total_signed": {**_BOXED, "bold": True, "num_format": SIGNED_FORMAT},
    "band": {**_BOXED, "align": "left", "bold": True},
    "note": {**_CELL, "align": "left", "font_size": 11},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetProperties:
    """What the file says about itself; `made_on` comes from the facts, so equal facts give equal bytes."""

    title: str
    author: str
    made_on: date
    edition: int | None = None
    text_hash: str = ""


class PrintedSheet:
    """One worksheet with named looks; text is always written as text, whatever it begins with."""

    def __init__(self, worksheet: Worksheet, formats: Mapping[str, Format]) -> None:
        self.worksheet = worksheet
        self._formats = formats

    def text(self, row: int, column: int, text: str, look: str) -> None:
        """A string cell: an ID stays 18 digits, =1+1 stays what somebody typed."""
        self.worksheet.write_string(row, column, text, self._formats[look])

    def number(self, row: int, column: int, number: int, look: str) -> None:
        self.worksheet.write_number(row, column, number, self._formats[look])

    def formula(self, row: int, column: int, formula: str, look: str, *, result: int) -> None:
        """The result is stored beside the formula: readers that do not calculate show it too."""
        self.worksheet.write_formula(row, column, formula, self._formats[look], result)

    def merged(self, first: tuple[int, int], last: tuple[int, int], text: str, look: str) -> None:
        """One text over several cells; a single cell cannot be merged."""
        if first != last:
            self.worksheet.merge_range(*first, *last, "", self._formats[look])
        self.text(*first, text, look)

    def heights(self, heights: Mapping[int, float]) -> None:
        for row, height in heights.items():
            self.worksheet.set_row(row, height)

    def widths(self, widths: Mapping[int, float]) -> None:
        for column, width in widths.items():
            self.worksheet.set_column(column, column, width)

    def page(
        self, *, landscape: bool, heading_rows: tuple[int, int], last: tuple[int, int], foot: str
    ) -> None:
        """A4, one page wide, column heads on each page, 第x页 共y页."""
        sheet = self.worksheet
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        sheet.repeat_rows(*heading_rows)
        sheet.print_area(0, 0, *last)
        # & starts a code in a header.
        sheet.set_footer(f"&L&9{foot.replace('&', '&&')}&R&9第&P页 共&N页")
        sheet.hide_gridlines(2)


@contextmanager
def printed_workbook(
    buffer: io.BytesIO, sheet_name: str, properties: SheetProperties
) -> Iterator[PrintedSheet]:
    """A workbook of one printed sheet, complete in the buffer when the block ends."""
    workbook = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    made_at = datetime.combine(properties.made_on, datetime.min.time())
    workbook.set_properties({"title": properties.title, "author": properties.author, "created": made_at})
    if properties.edition is not None:
        workbook.set_custom_property("edition", properties.edition, "number")
    if properties.text_hash:
        workbook.set_custom_property("content_hash", properties.text_hash, "text")
    formats = {name: workbook.add_format(look) for name, look in LOOKS.items()}
    yield PrintedSheet(workbook.add_worksheet(sheet_name), formats)
    workbook.close()


def lines_needed(text: str, width: float) -> int:
    """How many lines a text takes in a column of so many half-width characters."""
    units = sum(1 if character.isascii() else 2 for character in text)
    return max(1, -(-units // max(1, int(width) - 1)))
