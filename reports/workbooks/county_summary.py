"""全县汇总表 as a sheet, with the columns of Annex 1."""

import io

from reports.documents.county_summary import LABEL_TITLES
from reports.documents.form_facts import SummaryFacts
from reports.documents.wording import NOT_FILED, long_date
from reports.workbooks.figures import REMARK_COLUMN, write_heading, write_lines, write_total
from reports.workbooks.school_form import write_notes
from reports.workbooks.sheet import PrintedSheet, SheetProperties, printed_workbook

WIDTHS = {
    "school": (30.0, 10.0, 10.0, 8.0, 8.0, 9.0, 8.0, 20.0),
    "grade": (11.0, 11.0, 11.0, 8.0, 8.0, 9.0, 8.0, 28.0),
}
HEADING_ROW = 3


def county_summary_xlsx(facts: SummaryFacts) -> bytes:
    """The list as .xlsx; equal facts give equal bytes."""
    buffer = io.BytesIO()
    widths = WIDTHS[facts.by]
    with printed_workbook(buffer, "汇总表", _properties(facts)) as sheet:
        sheet.widths(dict(enumerate(widths)))
        _write_head(sheet, facts)
        write_heading(sheet, HEADING_ROW, LABEL_TITLES[facts.by])
        first = HEADING_ROW + 2
        lines = [(row.label, row, "" if row.filed else NOT_FILED) for row in facts.rows]
        total = write_lines(sheet, first, lines, widths[-1])
        write_total(sheet, total, first, facts.total)
        last = write_notes(
            sheet, total + 1, facts.head.footnotes, last_column=REMARK_COLUMN, width=sum(widths)
        )
        sheet.page(
            landscape=False,
            heading_rows=(HEADING_ROW, HEADING_ROW + 1),
            last=(last, REMARK_COLUMN),
            foot=f"截止日 {long_date(facts.head.cut_off)}",
        )
    return buffer.getvalue()


def _properties(facts: SummaryFacts) -> SheetProperties:
    head = facts.head
    return SheetProperties(
        title=f"{head.title}　{head.time_label}",
        author=head.bureau_name,
        made_on=head.cut_off,
        text_hash=head.text_hash,
    )


def _write_head(sheet: PrintedSheet, facts: SummaryFacts) -> None:
    head = facts.head
    sheet.merged((0, 0), (0, REMARK_COLUMN), head.title, "title")
    sheet.merged((1, 0), (1, 2), f"单位：{head.bureau_name}", "line")
    sheet.merged((1, 3), (1, REMARK_COLUMN - 1), head.copy_note, "line")
    sheet.text(1, REMARK_COLUMN, f"时间：{head.time_label}", "line_right")
    sheet.merged((2, 0), (2, REMARK_COLUMN), facts.coverage_text, "line")
    sheet.heights({0: 34, 1: 24, 2: 22})
