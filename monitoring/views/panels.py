"""What stands beside the form: checks, movements of the month, marks, names behind a figure, differences."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.wording import cn_date, grade_name, signed, thousands
from monitoring.checks import CHECK_TITLES
from monitoring.content import DetailRow, ReturnContent
from monitoring.differences import CellChange, Difference, RemarkChange
from monitoring.models import CellMark
from monitoring.problems import LOOK, MUST, Problem
from monitoring.views.found import ReturnPage
from monitoring.views.links import child_url, figure_url, mend, mend_row
from monitoring.views.sheet import place_name
from schools.settings import ANNEX2_FIELDS

COLUMN_TAGS = {"transfer_in": "转入", "transfer_out": "转出", "absent": "未在校", "other": "其他"}
WORD_TITLES = dict(ANNEX2_FIELDS)
EMPTY = "（空）"
DROPOUT_WORDS = ("疑似辍学", "辍学")


@dataclass(frozen=True)
class ChecksPanel:
    checks: Sequence[dict[str, str]]
    must: int
    look: int
    passed: str


@dataclass(frozen=True)
class Named:
    """A child in a list: what happened, when, why, and what is missing."""

    row: DetailRow
    url: str
    figure_url: str
    tag: str
    day: str
    days: str
    words: str
    look: str
    mend_url: str = ""
    mend_verb: str = ""


@dataclass(frozen=True)
class MarkShown:
    number: int
    mark: CellMark
    place: str
    changes: Sequence[tuple[str, int, int]]
    url: str


@dataclass(frozen=True)
class CellShown:
    place: str
    before: str
    after: str
    is_same: bool
    added: Sequence[DetailRow]
    removed: Sequence[DetailRow]
    follows: bool = False


@dataclass(frozen=True)
class TextShown:
    place: str
    before: str
    after: str
    is_private: bool = False


@dataclass(frozen=True)
class DifferenceShown:
    """Marked cells with what follows from them, and 未标注的改动."""

    count: int
    marked: Sequence[CellShown]
    following: Sequence[CellShown]
    marked_remarks: Sequence[TextShown]
    unmarked: Sequence[CellShown]
    unmarked_texts: Sequence[TextShown]
    added: Sequence[DetailRow]
    removed: Sequence[DetailRow]

    @property
    def has_unmarked(self) -> bool:
        return bool(self.unmarked or self.unmarked_texts or self.added or self.removed)


def difference_shown(difference: Difference | None) -> DifferenceShown | None:
    if difference is None:
        return None
    asked = {change.grade for change in difference.cells if change.is_marked}
    with_marked = [c for c in difference.cells if c.follows and not c.is_marked and c.grade in asked]
    alone = [c for c in difference.cells if not c.is_marked and c not in with_marked]
    words = [
        TextShown(
            f"信息表（二） {word.row.student_name} · {WORD_TITLES.get(word.field, word.field)}",
            word.before or EMPTY,
            word.after or EMPTY,
            word.is_private,
        )
        for word in difference.words
    ]
    answered = [change for change in difference.remarks if change.is_marked or change.grade in asked]
    others = [change for change in difference.remarks if change not in answered]
    return DifferenceShown(
        count=difference.count,
        marked=[_cell_shown(change) for change in difference.cells if change.is_marked],
        following=[_cell_shown(change) for change in with_marked],
        marked_remarks=[_remark_shown(change) for change in answered],
        unmarked=[_cell_shown(change) for change in alone],
        unmarked_texts=[_remark_shown(change) for change in others] + words,
        added=difference.uncounted_added,
        removed=difference.uncounted_removed,
    )


def _cell_shown(change: CellChange) -> CellShown:
    written = signed if change.column == "other" else thousands
    return CellShown(
        place_name(change.grade, change.column),
        written(change.before),
        written(change.after),
        change.before == change.after,
        change.added,
        change.removed,
        change.follows,
    )


def _remark_shown(change: RemarkChange) -> TextShown:
    return TextShown(f"{grade_name(change.grade)} · 备注", change.before or EMPTY, change.after or EMPTY)


def checks_panel(page: ReturnPage) -> ChecksPanel:
    """What blocks, what to look at, and what passed."""
    found = {problem.code for problem in page.problems}
    passed = [title for code, title in CHECK_TITLES.items() if code not in found]
    return ChecksPanel(
        checks=[_check(page, problem) for problem in page.problems],
        must=sum(problem.level == MUST for problem in page.problems),
        look=sum(problem.level == LOOK for problem in page.problems),
        passed="、".join(passed) if page.is_live else "",
    )


def failed_cells(page: ReturnPage) -> frozenset[tuple[int, str]]:
    """Cells that a blocking check speaks of; marks have their own frames."""
    return frozenset(
        (problem.grade, problem.column or ("remark" if problem.code == "H7" else ""))
        for problem in page.problems
        if problem.level == MUST and problem.code != "H9"
    )


def _check(page: ReturnPage, problem: Problem) -> dict[str, str]:
    url, verb = mend(page, problem)
    look = "must" if problem.level == MUST else "look"
    return {"look": look, "text": problem.message, "url": url, "verb": verb}


def named(page: ReturnPage, rows: Sequence[DetailRow], edition: int | None = None) -> list[Named]:
    return [_named(page, row, edition) for row in rows]


def _named(page: ReturnPage, row: DetailRow, edition: int | None) -> Named:
    words = row.printed.get("counterpart", "")
    direction = {"transfer_in": "来自", "transfer_out": "去往"}.get(row.column, "")
    parts = [f"{direction} {words}".strip() if words else "", row.printed.get("reason", "")]
    look = "now" if row.kind in DROPOUT_WORDS else ""
    mend_url, mend_verb = mend_row(page, row) if edition is None else ("", "")
    since = "自 " if row.is_absent else ""
    return Named(
        row=row,
        url=child_url(page, row.student_id),
        figure_url=figure_url(page, row.grade, row.column, edition) if row.counted else "",
        tag=COLUMN_TAGS.get(row.column, row.kind),
        day=f"{since}{cn_date(row.happened_on, today=page.month.cut_off)}",
        days=f"第 {(page.month.cut_off - row.happened_on).days + 1} 天" if row.is_absent else "",
        words="，".join(part for part in parts if part),
        look=look,
        mend_url=mend_url,
        mend_verb=mend_verb,
    )


def marks_shown(page: ReturnPage, against: Difference | None) -> list[MarkShown]:
    return [
        MarkShown(
            n, mark, place_name(mark.grade, mark.column), _changes(mark, against), _mark_url(page, mark)
        )
        for n, mark in enumerate(page.marks, start=1)
    ]


def _mark_url(page: ReturnPage, mark: CellMark) -> str:
    return "" if mark.column == "remark" else figure_url(page, mark.grade, mark.column)


def _changes(mark: CellMark, against: Difference | None) -> list[tuple[str, int, int]]:
    """转出 0 → 1, and 本月学生数 with it."""
    if against is None or not mark.grade:
        return []
    columns = dict.fromkeys([mark.column, "closing"])
    found = [against.at(mark.grade, column) for column in columns]
    return [
        (place_name(change.grade, change.column).split(" · ")[1], change.before, change.after)
        for change in found
        if change is not None and change.before != change.after
    ]


def moved_children(content: ReturnContent) -> int:
    """How many children the counted rows speak of."""
    return len({row.student_id for row in content.counted})


def correction_note(content: ReturnContent) -> str:
    """opening_correction as a footnote: by grade, because grades may cancel out."""
    parts = [
        f"{grade_name(line.grade)} {signed(line.opening_correction)}"
        for line in content.lines
        if line.opening_correction
    ]
    return f"上月学生数含以前月份更正：{'，'.join(parts)}。" if parts else ""
