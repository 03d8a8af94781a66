"""The columns of Annex 2 as data, and how an edited list of them flows onto A4 landscape."""

import math
import re
from collections.abc import Iterable

from reports.documents.form_facts import Column
from schools.settings import ANNEX2_FIELDS

# 297 mm less the margins of 12 mm on either side.
LANDSCAPE_MM = 273.0
POINT_MM = 25.4 / 72
SMALL_PT = 8.5
LARGE_PT = 10.5
# Padding and border of a cell.
CELL_EDGES_MM = 1.7
# Column heads stand closer to the lines.
TITLE_EDGES_MM = 0.8

# Field, least width in mm, share of the room that is left over. Fields and titles are those of the county's setting.
_WIDTHS = {
    "seq": (7.5, 0.0),
    "name": (15.0, 1.0),
    "sex": (7.5, 0.0),
    "id_number": (21.5, 1.0),
    "grade_class": (17.0, 0.5),
    "kind": (15.0, 1.0),
    "happened_on": (15.5, 0.5),
    "reason": (18.5, 3.0),
    "counterpart": (21.5, 3.0),
    "guardian_name": (15.0, 1.0),
    "guardian_phone": (20.5, 0.5),
    "address": (20.5, 3.0),
    "evidence": (21.5, 3.0),
    "follow_up": (28.5, 4.0),
    "teacher": (13.5, 1.0),
    "remark": (14.0, 3.0),
}
DEFAULT_LAYOUT = ANNEX2_FIELDS
LEFT_ALIGNED = frozenset({"reason", "counterpart", "address", "evidence", "follow_up", "remark"})
# A column that the bureau adds for writing by hand has no value of ours.
_UNKNOWN = (16.0, 1.0)


def columns_for(layout: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    """An ordered (key, title) list as columns that fill the sheet exactly."""
    listed = tuple(layout)
    least = [_WIDTHS.get(key, _UNKNOWN)[0] for key, _ in listed]
    shares = [_WIDTHS.get(key, _UNKNOWN)[1] for key, _ in listed]
    spare = LANDSCAPE_MM - sum(least)
    if spare < 0:
        widths = [width * LANDSCAPE_MM / sum(least) for width in least]
    else:
        # Columns of fixed content (序号, 性别) alone on the sheet have no share: spread by width.
        weights = shares if any(shares) else least
        widths = [width + spare * weight / sum(weights) for width, weight in zip(least, weights, strict=True)]
    return tuple(
        Column(key=key, title=title, width_mm=round(width, 2))
        for (key, title), width in zip(listed, widths, strict=True)
    )


DEFAULT_COLUMNS = columns_for(DEFAULT_LAYOUT)


def font_size_pt(columns: Iterable[Column]) -> float:
    """Few columns leave room for a size that is easier to read."""
    least = sum(_WIDTHS.get(column.key, _UNKNOWN)[0] for column in columns)
    return LARGE_PT if least * LARGE_PT / SMALL_PT <= LANDSCAPE_MM else SMALL_PT


def fitting(width_mm: float, size_pt: float, edges_mm: float = CELL_EDGES_MM) -> float:
    """How many characters stand side by side in a column."""
    return max(1.0, (width_mm - edges_mm) / (size_pt * POINT_MM))


def ems(text: str) -> float:
    """Width in characters; letters and digits take little more than half of one, the dot in a name a third."""
    return sum(0.3 if character == "·" else 0.55 if character.isascii() else 1.0 for character in text)


def title_lines(title: str, width_mm: float, size_pt: float) -> tuple[str, ...]:
    """A column head broken into even lines that fit: 学生/姓名, never 学生姓/名."""
    fits = fitting(width_mm, size_pt, TITLE_EDGES_MM)
    # Brackets stay with what they enclose: 包联 / （责任） / 教师.
    pieces = [piece for piece in re.split(r"(（[^（）]*）)", title) if piece]
    return tuple(packed([part for piece in pieces for part in even_parts(piece, fits)], fits))


def packed(pieces: Iterable[str], fits: float) -> list[str]:
    """The pieces in order, as many on a line as fit."""
    lines: list[str] = []
    for piece in pieces:
        if lines and ems(lines[-1]) + ems(piece) <= fits:
            lines[-1] += piece
        else:
            lines.append(piece)
    return lines


def even_parts(piece: str, fits: float) -> list[str]:
    """A word too long for one line, in halves or thirds: （疑似/辍学）."""
    if ems(piece) <= fits:
        return [piece]
    count = math.ceil(ems(piece) / math.floor(fits))
    per_line = math.ceil(len(piece) / count)
    return [piece[start : start + per_line] for start in range(0, len(piece), per_line)]
