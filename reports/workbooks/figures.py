"""The seven columns with the merged 变动情况 head, shared by Annex 1 and the county summary."""

from collections.abc import Iterable

from xlsxwriter.utility import xl_col_to_name

from reports.documents.form_facts import FIGURE_KEYS, FigureRow, figures_of
from reports.documents.wording import TOTAL_NAME
from reports.workbooks.sheet import PrintedSheet, lines_needed

REMARK_COLUMN = len(FIGURE_KEYS) + 1
LINE_POINTS = 14.0
type FigureLine = tuple[str, FigureRow, str]


def write_heading(sheet: PrintedSheet, row: int, label_title: str) -> None:
    """Two rows of column heads in the notice's own words."""
    for column, title in (
        (0, label_title),
        (1, "上月\n学生数"),
        (2, "本月\n学生数"),
        (REMARK_COLUMN, "备注"),
    ):
        sheet.merged((row, column), (row + 1, column), title, "heading")
    sheet.merged((row, 3), (row, REMARK_COLUMN - 1), "变动情况", "heading")
    for column, title in enumerate(("转入", "转出", "未在校", "其他"), start=3):
        sheet.text(row + 1, column, title, "heading")
    sheet.heights({row: 24, row + 1: 24})


def write_lines(sheet: PrintedSheet, row: int, lines: Iterable[FigureLine], remark_width: float) -> int:
    """One row each: label, six numbers (or one mark in all six), remark. Returns the next free row."""
    for label, figures, mark in lines:
        sheet.text(row, 0, label, "text" if len(label) <= 3 else "text_left")
        for column, (key, number) in enumerate(zip(FIGURE_KEYS, figures_of(figures), strict=True), start=1):
            if mark:
                sheet.text(row, column, mark, "text")
            else:
                sheet.number(row, column, number, "signed" if key == "other" else "number")
        sheet.text(row, REMARK_COLUMN, figures.remark, "remark")
        sheet.heights({row: max(30.0, 6 + LINE_POINTS * lines_needed(figures.remark, remark_width * 1.15))})
        row += 1
    return row


def write_total(sheet: PrintedSheet, row: int, first_row: int, total: FigureRow) -> None:
    """合计 as SUM over the lines, with the facts' own sums as stored results."""
    sheet.text(row, 0, TOTAL_NAME, "total")
    for column, (key, number) in enumerate(zip(FIGURE_KEYS, figures_of(total), strict=True), start=1):
        name = xl_col_to_name(column)
        look = "total_signed" if key == "other" else "total_number"
        # Without a line above there is nothing to add up.
        if row > first_row:
            sheet.formula(row, column, f"=SUM({name}{first_row + 1}:{name}{row})", look, result=number)
        else:
            sheet.number(row, column, number, look)
    sheet.text(row, REMARK_COLUMN, total.remark, "remark")
    sheet.heights({row: 30})
