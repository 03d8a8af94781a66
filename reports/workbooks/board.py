"""县月报看板 as a sheet, with the filter that was in force."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.documents.form_facts import FIGURE_KEYS
from reports.workbooks.sheet import PrintedSheet, SheetProperties, printed_workbook

HEADINGS = (
    "乡镇", "学校", "类别", "状态", "上报时间", "上月", "本月", "转入", "转出", "未在校", "其他", "异常与说明",
)  # fmt: skip
WIDTHS = (12.0, 28.0, 14.0, 14.0, 20.0, 8.0, 8.0, 7.0, 7.0, 8.0, 7.0, 36.0)
FIRST_FIGURE = 5
HEADING_ROW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """One school; ``figures`` in the order of FIGURE_KEYS, None where nothing is filed."""

    texts: tuple[str, str, str, str, str]
    figures: tuple[int, ...] | None
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFacts:
    """What the sheet prints."""

    title: str
    bureau_name: str
    as_of: str
    filter_words: str
    made_on: date
    lines: Sequence[BoardLine]
    total: tuple[int, ...] | None
    total_words: str


def board_xlsx(facts: BoardFacts) -> bytes:
    """The list as .xlsx; a school that has not filed shows —, never 0."""
    buffer = io.BytesIO()
    properties = SheetProperties(title=facts.title, author=facts.bureau_name, made_on=facts.made_on)
    last = len(HEADINGS) - 1
    with printed_workbook(buffer, "看板", properties) as sheet:
        sheet.widths(dict(enumerate(WIDTHS)))
        sheet.merged((0, 0), (0, last), facts.title, "title")
        sheet.merged((1, 0), (1, last), f"单位：{facts.bureau_name}　{facts.as_of}", "line")
        sheet.merged((2, 0), (2, last), facts.filter_words, "line")
        sheet.heights({0: 34, 1: 22, 2: 22, HEADING_ROW: 24})
        for column, heading in enumerate(HEADINGS):
            sheet.text(HEADING_ROW, column, heading, "heading")
        row = HEADING_ROW
        for line in facts.lines:
            row += 1
            for column, text in enumerate(line.texts):
                sheet.text(row, column, text, "text_left")
            _figures(sheet, row, line.figures, "")
            sheet.text(row, last, line.remark, "remark")
        row += 1
        sheet.merged((row, 0), (row, FIRST_FIGURE - 1), facts.total_words, "total")
        _figures(sheet, row, facts.total, "total_")
        sheet.text(row, last, "", "remark")
        sheet.page(
            landscape=True, heading_rows=(HEADING_ROW, HEADING_ROW), last=(row, last), foot=facts.filter_words
        )
    return buffer.getvalue()


def _figures(sheet: PrintedSheet, row: int, figures: tuple[int, ...] | None, prefix: str) -> None:
    for place, key in enumerate(FIGURE_KEYS):
        column = FIRST_FIGURE + place
        if figures is None:
            sheet.text(row, column, "—", "text")
        else:
            sheet.number(row, column, figures[place], prefix + ("signed" if key == "other" else "number"))
