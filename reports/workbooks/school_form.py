"""Head and notes of a school's form on a sheet."""

from collections.abc import Iterable
from datetime import date

from reports.documents.form_facts import FormHead
from reports.documents.wording import long_date
from reports.workbooks.sheet import PrintedSheet, SheetProperties, lines_needed

# Room for a seal of 45 mm (128 points) over the school's name.
SEAL_ROWS = (3, 4, 5)
SEAL_ROW_POINTS = 44.0


def properties_of(head: FormHead) -> SheetProperties:
    return SheetProperties(
        title=f"{head.title}　{head.time_label}",
        author=head.school_name,
        made_on=head.principal_signed_on or head.cut_off,
        edition=head.edition,
        text_hash=head.text_hash,
    )


def write_head(sheet: PrintedSheet, head: FormHead, *, annex: str, split: int, last_column: int) -> int:
    """附件, title, school with room for the seal, signatures, time. Returns the next free row."""
    sheet.text(0, 0, annex, "annex")
    sheet.text(0, last_column, head.copy_note, "line_right")
    sheet.merged((1, 0), (1, last_column), head.title, "title")
    sheet.merged((SEAL_ROWS[0], 0), (SEAL_ROWS[-1], split - 1), f"学校（公章）：{head.school_name}", "line")
    lines = (
        _signature("校长签字", head.principal, head.principal_signed_on),
        _signature("填表人签字", head.filler, head.filler_signed_on),
        f"时间：{head.time_label}",
    )
    for row, text in zip(SEAL_ROWS, lines, strict=True):
        sheet.merged((row, split), (row, last_column), text, "line")
    sheet.heights({0: 20, 1: 32, 2: 6} | dict.fromkeys(SEAL_ROWS, SEAL_ROW_POINTS))
    return SEAL_ROWS[-1] + 1


def write_notes(
    sheet: PrintedSheet, row: int, notes: Iterable[str], *, last_column: int, width: float
) -> int:
    """One merged row each below the table. Returns the last row written."""
    for note in notes:
        sheet.merged((row, 0), (row, last_column), note, "note")
        sheet.heights({row: 4 + 15.0 * lines_needed(note, width)})
        row += 1
    return row - 1


def _signature(label: str, name: str, signed_on: date | None) -> str:
    return f"{label}：{name}" + (f"　{long_date(signed_on)}" if signed_on else "")
