"""What changed between two texts of a return: cells with the names behind them, remarks, words of Annex 2 (pure)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from monitoring.content import DetailRow, ReturnContent
from monitoring.readings import COLUMNS, PrintedLine

FIGURE_COLUMNS: Final = ("opening", "closing", *COLUMNS)
REMARK: Final = "remark"
# What a 转入, 转出, 其他 does to 本月学生数; 未在校 only in 在校口径.
_EFFECT: Final = {"transfer_in": 1, "transfer_out": -1, "other": 1}
# Contacts never stand in a list of differences.
_PRIVATE: Final = frozenset({"id_number", "guardian_phone", "address"})

# A cell of Annex 1: grade (0 is 合计) and column.
type Place = tuple[int, str]


@dataclass(frozen=True)
class CellChange:
    """A figure that changed, or stayed while the children behind it changed."""

    grade: int
    column: str
    before: int
    after: int
    added: tuple[DetailRow, ...] = ()
    removed: tuple[DetailRow, ...] = ()
    is_marked: bool = False
    # 本月学生数 that moved only because other cells of its grade did.
    follows: bool = False

    @property
    def place(self) -> Place:
        return self.grade, self.column


@dataclass(frozen=True)
class RemarkChange:
    grade: int
    before: str
    after: str
    is_marked: bool = False


@dataclass(frozen=True)
class WordChange:
    """One field of one row of Annex 2; ``is_private`` fields name only what changed."""

    row: DetailRow
    field: str
    before: str
    after: str
    is_private: bool = False


@dataclass(frozen=True)
class Difference:
    cells: tuple[CellChange, ...] = ()
    remarks: tuple[RemarkChange, ...] = ()
    words: tuple[WordChange, ...] = ()
    uncounted_added: tuple[DetailRow, ...] = ()
    uncounted_removed: tuple[DetailRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.cells or self.remarks or self.words or self.uncounted_added or self.uncounted_removed
        )

    def at(self, grade: int, column: str) -> CellChange | None:
        return next((change for change in self.cells if change.place == (grade, column)), None)

    @property
    def count(self) -> int:
        """Cells and remarks that differ."""
        return len(self.cells) + len(self.remarks)

    def touches(self, grade: int, column: str) -> bool:
        """Whether a marked cell changed: its figure, the children behind it, what is said of them, its remark."""
        if column == REMARK:
            return any(grade in (0, change.grade) for change in self.remarks)
        if any(word.row.column == column and grade in (0, word.row.grade) for word in self.words):
            return True
        return any(change.column == column and grade in (0, change.grade) for change in self.cells)


def compare(before: ReturnContent, after: ReturnContent, marked: Collection[Place] = ()) -> Difference:
    """From the earlier text to the later one; *marked* cells were asked about."""
    old, new = _by_grade(before.printed_lines), _by_grade(after.printed_lines)
    cells = []
    for grade in sorted(old.keys() | new.keys()):
        changes = list(_cell_changes(grade, old, new, before, after, marked))
        cells += [_with_follows(change, changes, after.rule) for change in changes]
    matched, gone, come = _matched(before.rows, after.rows)
    return Difference(
        cells=tuple(cells),
        remarks=tuple(_remark_changes(before, after, marked)),
        words=tuple(_word_changes(matched)),
        uncounted_added=tuple(row for row in come if not row.counted),
        uncounted_removed=tuple(row for row in gone if not row.counted),
    )


def _by_grade(lines: Iterable[PrintedLine]) -> dict[int, PrintedLine]:
    return {line.grade: line for line in lines}


def _figure(lines: dict[int, PrintedLine], grade: int, column: str) -> int:
    return getattr(lines[grade], column) if grade in lines else 0


def _cell_changes(
    grade: int,
    old: dict[int, PrintedLine],
    new: dict[int, PrintedLine],
    before: ReturnContent,
    after: ReturnContent,
    marked: Collection[Place],
) -> Iterator[CellChange]:
    for column in FIGURE_COLUMNS:
        was, now = _figure(old, grade, column), _figure(new, grade, column)
        _, gone, come = _matched(before.rows_behind(grade, column), after.rows_behind(grade, column))
        if was != now or gone or come:
            is_marked = (grade, column) in marked or (0, column) in marked
            yield CellChange(grade, column, was, now, tuple(come), tuple(gone), is_marked)


def _with_follows(change: CellChange, changes: list[CellChange], rule: str) -> CellChange:
    if change.column != "closing" or change.is_marked:
        return change
    effect = dict(_EFFECT)
    if rule != "roll":
        effect["absent"] = -1
    moved = sum(effect.get(other.column, 0) * (other.after - other.before) for other in changes)
    follows = moved == change.after - change.before
    return CellChange(change.grade, change.column, change.before, change.after, follows=follows)


def _matched(
    before: Iterable[DetailRow], after: Iterable[DetailRow]
) -> tuple[list[tuple[DetailRow, DetailRow]], list[DetailRow], list[DetailRow]]:
    """Rows in both texts, only in the first, only in the second: by child, cell and sign."""
    waiting: dict[tuple[object, ...], list[DetailRow]] = {}
    for row in before:
        waiting.setdefault(_key(row), []).append(row)
    matched, come = [], []
    for row in after:
        found = waiting.get(_key(row))
        if found:
            matched.append((found.pop(0), row))
        else:
            come.append(row)
    return matched, [row for rows in waiting.values() for row in rows], come


def _key(row: DetailRow) -> tuple[object, ...]:
    what = row.column if row.counted else row.kind
    return row.student_id, row.grade, row.counted, what, row.sign


def _remark_changes(
    before: ReturnContent, after: ReturnContent, marked: Collection[Place]
) -> Iterator[RemarkChange]:
    for grade in sorted(before.remarks.keys() | after.remarks.keys()):
        was, now = before.remarks.get(grade, ""), after.remarks.get(grade, "")
        if was != now:
            yield RemarkChange(grade, was, now, (grade, REMARK) in marked or (0, REMARK) in marked)


def _word_changes(matched: Iterable[tuple[DetailRow, DetailRow]]) -> Iterator[WordChange]:
    for was, now in matched:
        for name in sorted({*was.printed, *now.printed} - {"seq"}):
            old, new = was.printed.get(name, ""), now.printed.get(name, "")
            if old != new:
                yield WordChange(now, name, old, new, name in _PRIVATE)
