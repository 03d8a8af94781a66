"""附件1 as a sheet: the layout of the paper, numbers as numbers, 合计 as formulas."""

import io

from reports.documents.form_facts import Annex1Facts
from reports.documents.head import school_foot
from reports.documents.wording import GRADE_NAMES, NOT_OFFERED, SEAL_NOTE
from reports.workbooks.figures import REMARK_COLUMN, write_heading, write_lines, write_total
from reports.workbooks.school_form import properties_of, write_head, write_notes
from reports.workbooks.sheet import printed_workbook

WIDTHS = (11.0, 11.0, 11.0, 8.0, 8.0, 9.0, 8.0, 28.0)
# The signatures begin above 转出.
SPLIT_COLUMN = 4


def annex1_xlsx(facts: Annex1Facts) -> bytes:
    """The form as .xlsx; equal facts give equal bytes."""
    buffer = io.BytesIO()
    with printed_workbook(buffer, "月报表（一）", properties_of(facts.head)) as sheet:
        sheet.widths(dict(enumerate(WIDTHS)))
        heading = write_head(sheet, facts.head, annex="附件1", split=SPLIT_COLUMN, last_column=REMARK_COLUMN)
        write_heading(sheet, heading, "年级")
        first = heading + 2
        lines = [(GRADE_NAMES[row.grade - 1], row, "" if row.offered else NOT_OFFERED) for row in facts.rows]
        total = write_lines(sheet, first, lines, WIDTHS[-1])
        write_total(sheet, total, first, facts.total)
        notes = (SEAL_NOTE, *facts.head.footnotes)
        last = write_notes(sheet, total + 1, notes, last_column=REMARK_COLUMN, width=sum(WIDTHS))
        sheet.page(
            landscape=False,
            heading_rows=(heading, heading + 1),
            last=(last, REMARK_COLUMN),
            foot=school_foot(facts.head),
        )
    return buffer.getvalue()
