"""附件2 《中小学生动态监测情况月报信息表（二）》 on paper."""

import re
from collections.abc import Iterable

from reports.documents.columns import (
    LANDSCAPE_MM,
    LEFT_ALIGNED,
    SMALL_PT,
    ems,
    even_parts,
    fitting,
    font_size_pt,
    packed,
    title_lines,
)
from reports.documents.form_facts import Annex2Facts, Annex2Row, Column, FormFactsInvalid
from reports.documents.head import head_lines
from reports.documents.wording import NO_CHANGE, NO_COUNTED_CHANGE, NOT_COUNTED, SEAL_NOTE
from reports.rendering import render_pdf

TEMPLATE = "reports/pdf/annex2.html"
# 2,000 lines take ten seconds to set; the largest school of a county has some sixty changes a month.
MAX_ROWS = 1000
# Never torn at the end of a line: a date. Broken only here: an ID or roll number (6 + 12), and the words
# of the narrow columns, 未在校 / 疑似辍学, 张某某 / （父）, 阿卜杜拉· / 买买提江.
_DATE = re.compile(r"(\d{1,2}月\d{1,2}日)")
_NUMBER = re.compile(r"^([GL]?[0-9*]{6})([0-9*]{11}[0-9X*])$")
_WORDS = re.compile(r"\s*([^\s（）·]+·?|（[^（）]+）)")
WORD_COLUMNS = frozenset({"name", "kind", "guardian_name", "teacher"})

# Text, and whether it must stay on one line.
type Piece = tuple[str, bool]
type Line = list[Piece]


def annex2_pdf(facts: Annex2Facts) -> bytes:
    """The form as PDF; equal facts give equal bytes."""
    return render_pdf(TEMPLATE, annex2_paper(facts))


def annex2_paper(facts: Annex2Facts) -> dict[str, object]:
    """Everything the template prints, as text; screens include the same sheet with it."""
    if len(facts.rows) > MAX_ROWS:
        raise FormFactsInvalid(f"月报信息表（二）超过 {MAX_ROWS} 行，请分开打印")
    size_pt = font_size_pt(facts.columns)
    counted = [row for row in facts.rows if row.counted]
    uncounted = [row for row in facts.rows if not row.counted]
    return {
        "head": head_lines(facts.head, annex="附件2"),
        "columns": [_column_head(column, size_pt) for column in facts.columns],
        "size_class": "paper-small" if size_pt == SMALL_PT else "paper-large",
        "counted": [
            _cells(facts.columns, row, str(place), size_pt) for place, row in enumerate(counted, start=1)
        ],
        "empty_text": empty_text(facts),
        "counted_note": facts.counted_note,
        "uncounted": [_cells(facts.columns, row, "—", size_pt) for row in uncounted],
        "section_text": NOT_COUNTED,
        "notes": (SEAL_NOTE, *facts.head.footnotes),
    }


def empty_text(facts: Annex2Facts) -> str:
    """The one line printed where no change counts; "" when some do."""
    if any(row.counted for row in facts.rows):
        return ""
    return NO_COUNTED_CHANGE if facts.rows else NO_CHANGE


def cell_text(column: Column, row: Annex2Row, place: str) -> str:
    """The value under a column; 序号 is ours unless the facts number the lines themselves."""
    return row.values.get(column.key, place if column.key == "seq" else "")


def _column_head(column: Column, size_pt: float) -> dict[str, object]:
    return {
        "lines": title_lines(column.title, column.width_mm, size_pt),
        # Text, not a number: a localised decimal comma would break the style sheet.
        "width": f"{column.width_mm:.2f}mm",
        # On screen, where the security policy allows no style of an element.
        "share": f"{100 * column.width_mm / LANDSCAPE_MM:.2f}%",
    }


def _cells(columns: Iterable[Column], row: Annex2Row, place: str, size_pt: float) -> list[dict[str, object]]:
    return [
        {
            "lines": cell_lines(column.key, cell_text(column, row, place), fitting(column.width_mm, size_pt)),
            "left": column.key in LEFT_ALIGNED,
        }
        for column in columns
    ]


def cell_lines(key: str, text: str, fits: float) -> list[Line]:
    """The text with its breaks; the renderer breaks further where a line is still too long."""
    if ems(text) <= fits:
        return [[(text, False)]]
    if found := _NUMBER.match(text):
        return [[(half, False)] for half in found.groups()]
    if key in WORD_COLUMNS:
        words = [part for word in _WORDS.findall(text) for part in even_parts(word, fits)]
        return [[(line, False)] for line in packed(words, fits)]
    # A piece kept whole costs as much as a cell: only where there is a date to keep.
    pieces = [(piece, place % 2 == 1 and ems(piece) <= fits) for place, piece in enumerate(_DATE.split(text))]
    return [[(piece, whole) for piece, whole in pieces if piece]]
