"""Annex 1 as the screen shows it: the paper's rows, with doors, marks, pins and what changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from accounts.wording import GRADE_NUMERALS, grade_name
from monitoring.content import ReturnContent
from monitoring.differences import Difference
from monitoring.models import CellMark
from monitoring.readings import PrintedLine

HEADS = {
    "opening": "上月学生数",
    "closing": "本月学生数",
    "transfer_in": "转入",
    "transfer_out": "转出",
    "absent": "未在校",
    "other": "其他",
    "remark": "备注",
}
FIGURES = ("opening", "closing", "transfer_in", "transfer_out", "absent", "other")
GRADES = range(1, len(GRADE_NUMERALS) + 1)

# Address of the list behind a figure.
type DoorOf = Callable[[int, str], str]


@dataclass(frozen=True)
class Pin:
    """A numbered remark on a cell."""

    number: int
    look: str
    title: str


@dataclass(frozen=True)
class Cell:
    column: str
    value: int | None
    name: str
    url: str
    look: str
    pin: Pin | None
    was: int | None

    @property
    def is_signed(self) -> bool:
        return self.column == "other"


@dataclass(frozen=True)
class FormRow:
    """A grade, or 合计 (grade 0); a grade the school does not have shows ／."""

    grade: int
    name: str
    is_offered: bool
    cells: Sequence[Cell]
    remark: str = ""
    remark_was: str | None = None
    remark_look: str = ""
    remark_pin: Pin | None = None
    is_edited: bool = False


@dataclass(frozen=True)
class Sheet:
    rows: Sequence[FormRow]
    total: FormRow
    shows_moved: bool = False


def sheet_of(
    content: ReturnContent,
    door: DoorOf,
    *,
    marks: Iterable[CellMark] = (),
    against: Difference | None = None,
    shows_moved: bool = False,
    bad: frozenset[tuple[int, str]] = frozenset(),
) -> Sheet:
    """*against*: what differs from the text the reader saw last. *bad*: cells of failed checks."""
    pins = {(mark.grade, mark.column): _pin(n, mark) for n, mark in enumerate(marks, start=1)}
    builder = _Builder(content, door, pins, against, shows_moved, bad)
    lines = {line.grade: line for line in content.printed_lines}
    rows = [builder.row(grade, lines.get(grade)) for grade in GRADES]
    return Sheet(rows, builder.row(0, content.printed_total), shows_moved)


def place_name(grade: int, column: str) -> str:
    """三年级 · 转出"""
    return f"{grade_name(grade) if grade else '合计'} · {HEADS.get(column, column)}"


def _pin(number: int, mark: CellMark) -> Pin:
    answered = mark.get_answer_display() if mark.answer else "待答复"
    return Pin(number, "fixed" if mark.answer else "", f"批注{number}，{answered}")


@dataclass(frozen=True)
class _Builder:
    content: ReturnContent
    door: DoorOf
    pins: dict[tuple[int, str], Pin]
    against: Difference | None
    shows_moved: bool
    bad: frozenset[tuple[int, str]]

    def row(self, grade: int, line: PrintedLine | None) -> FormRow:
        name = grade_name(grade) if grade else "合计"
        if line is None:
            return FormRow(grade, name, False, ())
        cells = [self._cell(grade, column, getattr(line, column), line) for column in FIGURES]
        if not grade:
            return FormRow(0, name, True, cells)
        remark = self.content.remarks.get(grade, "")
        change = next((c for c in self.against.remarks if c.grade == grade), None) if self.against else None
        pin = self.pins.get((grade, "remark"))
        look = "marked" if pin and not pin.look else "fixed" if pin or change else ""
        return FormRow(
            grade,
            name,
            True,
            cells,
            remark,
            change.before if change else None,
            "bad" if (grade, "remark") in self.bad else look,
            pin,
            remark != self.content.composed.get(grade, remark),
        )

    def _cell(self, grade: int, column: str, value: int, line: PrintedLine) -> Cell:
        name = f"{grade_name(grade) if grade else '合计'} {HEADS[column]}"
        url = self.door(grade, column) if value else ""
        pin = self.pins.get((grade, column))
        return Cell(
            column,
            value,
            name,
            url,
            self._look(grade, column, value, line, pin),
            pin,
            self._was(grade, column),
        )

    def _look(self, grade: int, column: str, value: int, line: PrintedLine, pin: Pin | None) -> str:
        if (grade, column) in self.bad:
            return "bad"
        if pin is not None:
            return pin.look or "marked"
        if not grade:
            return ""
        if self.against is not None and self.against.at(grade, column) is not None:
            return "fixed"
        if not self.shows_moved or column == "opening":
            return ""
        moved = line.closing != line.opening if column == "closing" else value != 0
        return "moved" if moved else ""

    def _was(self, grade: int, column: str) -> int | None:
        """The figure of the text before, where it was another one."""
        if self.against is None:
            return None
        if grade:
            change = self.against.at(grade, column)
            return change.before if change is not None and change.before != change.after else None
        moved = sum(c.after - c.before for c in self.against.cells if c.column == column)
        return getattr(self.content.printed_total, column) - moved if moved else None
