"""附件2 as a sheet: the bureau's columns in its order, every cell text."""

import io

from reports.documents.annex2 import cell_text, empty_text
from reports.documents.columns import LEFT_ALIGNED
from reports.documents.form_facts import Annex2Facts, Annex2Row
from reports.documents.head import school_foot
from reports.documents.wording import NOT_COUNTED, SEAL_NOTE
from reports.workbooks.school_form import properties_of, write_head, write_notes
from reports.workbooks.sheet import PrintedSheet, lines_needed, printed_workbook

# A column width of Excel is one digit of the standard font, about 1.9 mm on paper.
MM_PER_WIDTH = 1.9
LINE_POINTS = 15.5
# Text and look.
type Cell = tuple[str, str]


def annex2_xlsx(facts: Annex2Facts) -> bytes:
    """The form as .xlsx; equal facts give equal bytes."""
    buffer = io.BytesIO()
    # The head needs two columns side by side even where the table has one.
    last_column = max(len(facts.columns) - 1, 1)
    with printed_workbook(buffer, "月报信息表（二）", properties_of(facts.head)) as sheet:
        widths = _widths(facts)
        sheet.widths(dict(enumerate(widths)))
        split = max(1, (last_column + 1) // 2)
        heading = write_head(sheet, facts.head, annex="附件2", split=split, last_column=last_column)
        _write_heading(sheet, heading, facts, widths)
        row = _write_rows(sheet, heading + 1, facts, widths)
        notes = (SEAL_NOTE, *facts.head.footnotes)
        last = write_notes(sheet, row, notes, last_column=last_column, width=sum(widths))
        sheet.page(
            landscape=True,
            heading_rows=(heading, heading),
            last=(last, last_column),
            foot=school_foot(facts.head),
        )
    return buffer.getvalue()


def _widths(facts: Annex2Facts) -> list[float]:
    """IDs and phones stay on one line here, so no column is narrower than its longest word needs."""
    least = {"id_number": 21.0, "guardian_phone": 13.5, "seq": 5.5, "sex": 5.5}
    return [max(column.width_mm / MM_PER_WIDTH, least.get(column.key, 9.0)) for column in facts.columns]


def _write_heading(sheet: PrintedSheet, row: int, facts: Annex2Facts, widths: list[float]) -> None:
    for column, (described, width) in enumerate(zip(facts.columns, widths, strict=True)):
        sheet.text(row, column, described.title, "heading")
        needed = lines_needed(described.title, width)
        sheet.heights({row: 34.0} if needed <= 2 else {row: LINE_POINTS * needed + 4})


def _write_rows(sheet: PrintedSheet, row: int, facts: Annex2Facts, widths: list[float]) -> int:
    counted = [line for line in facts.rows if line.counted]
    uncounted = [line for line in facts.rows if not line.counted]
    if text := empty_text(facts):
        row = _write_band(sheet, row, text, len(widths), "text")
    for place, line in enumerate(counted, start=1):
        row = _write_line(sheet, row, _cells(facts, line, str(place)), widths)
    if facts.counted_note:
        row = _write_band(sheet, row, facts.counted_note, len(widths), "band")
    if uncounted:
        row = _write_band(sheet, row, NOT_COUNTED, len(widths), "band")
    for line in uncounted:
        row = _write_line(sheet, row, _cells(facts, line, "—"), widths)
    return row


def _write_band(sheet: PrintedSheet, row: int, text: str, columns: int, look: str) -> int:
    sheet.merged((row, 0), (row, columns - 1), text, look)
    sheet.heights({row: 24})
    return row + 1


def _write_line(sheet: PrintedSheet, row: int, cells: list[Cell], widths: list[float]) -> int:
    needed = 1
    for column, ((text, look), width) in enumerate(zip(cells, widths, strict=True)):
        sheet.text(row, column, text, look)
        needed = max(needed, lines_needed(text, width))
    sheet.heights({row: max(24.0, 4 + LINE_POINTS * needed)})
    return row + 1


def _cells(facts: Annex2Facts, line: Annex2Row, place: str) -> list[Cell]:
    return [
        (cell_text(column, line, place), "text_left" if column.key in LEFT_ALIGNED else "text")
        for column in facts.columns
    ]
