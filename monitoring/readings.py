"""The two readings of a return, from the same stored columns (ledger.md LINE, PRINT, ANNEX 2; pure).

在籍口径: 本月学生数 is the roll and 未在校 the children on it who are not in school at the cut-off.
在校口径: 本月学生数 is who is in school and 未在校 the newly absent. Proof that both balance: subtract
the absence equation from the roll equation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, Protocol

ROLL: Final = "roll"
ATTENDING: Final = "attending"
COLUMNS: Final = ("transfer_in", "transfer_out", "absent", "other")


@dataclass(frozen=True)
class Line:
    """One grade of one school and month; children."""

    grade: int
    opening: int = 0
    opening_correction: int = 0
    transfer_in: int = 0
    transfer_out: int = 0
    other_in: int = 0
    other_out: int = 0
    closing: int = 0
    absent_opening: int = 0
    absent_begun: int = 0
    absent_ended: int = 0
    absent: int = 0

    def figures(self) -> dict[str, int]:
        """The stored columns without the grade."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "grade"}


@dataclass(frozen=True)
class PrintedLine:
    """One grade as the paper shows it. ``other`` carries its sign."""

    grade: int
    opening: int
    closing: int
    transfer_in: int
    transfer_out: int
    absent: int
    other: int

    def balances(self, rule: str) -> bool:
        """The equation that is printed under the table."""
        flow = self.opening + self.transfer_in - self.transfer_out + self.other
        return self.closing == (flow if rule == ROLL else flow - self.absent)


def printed(line: Line, rule: str) -> PrintedLine:
    """The columns of the paper for one grade."""
    other = line.other_in - line.other_out
    if rule == ROLL:
        return PrintedLine(
            line.grade, line.opening, line.closing, line.transfer_in, line.transfer_out, line.absent, other
        )
    return PrintedLine(
        line.grade,
        line.opening - line.absent_opening,
        line.closing - line.absent,
        line.transfer_in,
        line.transfer_out,
        line.absent_begun,
        other + line.absent_ended,
    )


def total(lines: list[Line]) -> Line:
    """合计, as a line of grade 0."""
    sums = {field.name: sum(getattr(line, field.name) for line in lines) for field in fields(Line)}
    return Line(**{**sums, "grade": 0})


@dataclass(frozen=True)
class MovementFact:
    """A movement as far as Annex 2 needs it; ``grade`` is the counting grade."""

    id: int
    student_id: int
    grade: int
    column: str
    sign: int


@dataclass(frozen=True)
class SpellFact:
    """A child absent at a cut-off."""

    absence_id: int
    student_id: int
    grade: int


@dataclass(frozen=True)
class Row:
    """One row of Annex 2. ``sign`` is what the row adds to the cell of its grade and column."""

    student_id: int
    grade: int
    column: str
    sign: int
    counted: bool
    what: str
    movement_id: int | None = None
    absence_id: int | None = None


def counted_rows(
    movements: list[MovementFact], absent: list[SpellFact], absent_before: list[SpellFact], rule: str
) -> list[Row]:
    """One per movement; 在籍: one per absent child; 在校: one per newly absent, one (+1, 其他) per child back."""
    rows = [_movement_row(fact) for fact in movements]
    if rule == ROLL:
        return rows + [_spell_row(spell, "absent", 1, "absent") for spell in absent]
    now, before = _pairs(absent), _pairs(absent_before)
    rows += [_spell_row(spell, "absent", 1, "absent") for spell in absent if _pair(spell) not in before]
    rows += [_spell_row(spell, "other", 1, "back") for spell in absent_before if _pair(spell) not in now]
    return rows


def uncounted_rows(absent: list[SpellFact], absent_before: list[SpellFact], rule: str) -> list[Row]:
    """返校 in 在籍, still absent in 在校: printed below 以下不计数."""
    now, before = _pairs(absent), _pairs(absent_before)
    if rule == ROLL:
        chosen = [(spell, "back") for spell in absent_before if _pair(spell) not in now]
    else:
        chosen = [(spell, "still_absent") for spell in absent if _pair(spell) in before]
    return [
        Row(s.student_id, s.grade, "", 0, counted=False, what=what, absence_id=s.absence_id)
        for s, what in chosen
    ]


class CountedRow(Protocol):
    """What a row must say to be counted."""

    @property
    def grade(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def sign(self) -> int: ...
    @property
    def counted(self) -> bool: ...


def cells(rows: Iterable[CountedRow]) -> dict[tuple[int, str], int]:
    """Σ signs of the counted rows per (grade, column): must equal the printed lines (H6)."""
    sums: dict[tuple[int, str], int] = {}
    for row in rows:
        if row.counted:
            sums[row.grade, row.column] = sums.get((row.grade, row.column), 0) + row.sign
    return sums


def _movement_row(fact: MovementFact) -> Row:
    # 转出 prints as a positive number in a column of its own; 其他 is a net of signs.
    sign = fact.sign if fact.column == "other" else 1
    return Row(
        fact.student_id, fact.grade, fact.column, sign, counted=True, what="movement", movement_id=fact.id
    )


def _spell_row(spell: SpellFact, column: str, sign: int, what: str) -> Row:
    return Row(
        spell.student_id, spell.grade, column, sign, counted=True, what=what, absence_id=spell.absence_id
    )


def _pair(spell: SpellFact) -> tuple[int, int]:
    return spell.student_id, spell.grade


def _pairs(spells: list[SpellFact]) -> set[tuple[int, int]]:
    return {_pair(spell) for spell in spells}
