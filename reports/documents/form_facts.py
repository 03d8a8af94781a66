"""What stands on a form, as plain values: the one description behind PDF, XLSX and screen."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

# The six figure columns of Annex 1 in the notice's order; the county summary repeats them.
FIGURE_KEYS = ("opening", "closing", "transfer_in", "transfer_out", "absent", "other")
GRADES = tuple(range(1, 10))


class FormFactsInvalid(ValueError):
    """The facts contradict each other; such a form must never reach paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormHead:
    """Title, names and marks around the table. `title` carries the county's name, a setting."""

    title: str
    school_name: str
    time_label: str
    cut_off: date
    edition: int
    copy_note: str
    is_draft: bool
    principal: str = ""
    principal_signed_on: date | None = None
    filler: str = ""
    filler_signed_on: date | None = None
    footnotes: tuple[str, ...] = ()
    serial: str = ""
    text_hash: str = ""
    verify_url: str | None = None
    # 7K3M-9QPD-2F, and the address in the QR code; only on the final text of a form.
    verify_code: str = ""
    verify_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex1Row:
    """One grade; `other` is signed (in minus out). A grade the school lacks is not offered."""

    grade: int
    offered: bool = True
    opening: int = 0
    closing: int = 0
    transfer_in: int = 0
    transfer_out: int = 0
    absent: int = 0
    other: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex1Facts:
    """附件1 《控辍保学动态监测月报表（一）》: nine grades and 合计."""

    head: FormHead
    rows: tuple[Annex1Row, ...]
    total: Annex1Row

    def __post_init__(self) -> None:
        if tuple(row.grade for row in self.rows) != GRADES:
            raise FormFactsInvalid("月报表（一）应有一至九年级共 9 行")
        for row in self.rows:
            if not row.offered and any(figures_of(row)):
                raise FormFactsInvalid(f"学校没有{row.grade}年级，不能有人数")
        require_total(self.rows, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of Annex 2; key names the value, title is what the bureau calls it."""

    key: str
    title: str
    width_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex2Row:
    """One line of Annex 2; counted lines are those behind the figures of Annex 1."""

    values: dict[str, str]
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex2Facts:
    """附件2 《中小学生动态监测情况月报信息表（二）》: one line per child and change."""

    head: FormHead
    columns: tuple[Column, ...]
    rows: tuple[Annex2Row, ...]
    # 计入表（一）9 行：转入 2 转出 3 …; printed below the counted lines when given.
    counted_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryHead:
    """Head of the county summary: no school, no seal of a school."""

    title: str
    bureau_name: str
    time_label: str
    cut_off: date
    copy_note: str = ""
    is_draft: bool = False
    footnotes: tuple[str, ...] = ()
    text_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One school or grade; a school that has not filed is a line without figures, not an absence."""

    label: str
    filed: bool = True
    opening: int = 0
    closing: int = 0
    transfer_in: int = 0
    transfer_out: int = 0
    absent: int = 0
    other: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryFacts:
    """全县汇总表, by school or by grade, in the columns of Annex 1."""

    head: SummaryHead
    by: Literal["school", "grade"]
    rows: tuple[SummaryRow, ...]
    total: SummaryRow
    coverage_text: str = field(default="")

    def __post_init__(self) -> None:
        for row in self.rows:
            if not row.filed and any(figures_of(row)):
                raise FormFactsInvalid(f"{row.label}未报，不能有人数")
        require_total(self.rows, self.total)


type FigureRow = Annex1Row | SummaryRow


def figures_of(row: FigureRow) -> tuple[int, ...]:
    """The six figures of a line in the order of FIGURE_KEYS."""
    return tuple(getattr(row, key) for key in FIGURE_KEYS)


def sums_of(rows: Iterable[FigureRow]) -> dict[str, int]:
    """Column sums by key: `Annex1Row(grade=0, **sums_of(rows))` is the 合计 line."""
    listed = tuple(rows)
    return {key: sum(getattr(row, key) for row in listed) for key in FIGURE_KEYS}


def require_total(rows: Iterable[FigureRow], total: FigureRow) -> None:
    """Check H2 of the balance: column sums equal 合计, on paper too."""
    if dict(zip(FIGURE_KEYS, figures_of(total), strict=True)) != sums_of(rows):
        raise FormFactsInvalid("合计与各行之和不符")
