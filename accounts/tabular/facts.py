"""What a spreadsheet says about a sheet besides its values, and the limits on its size."""

from dataclasses import dataclass, field
from typing import Final

from accounts.sandbox import FileProblem
from accounts.tabular.model import Area, CellProblem, column_letter

MAX_ROWS: Final = 50_000
MAX_CELLS: Final = 2_500_000
# The reader lays a sheet out from A1 to its last cell; a stray cell far away would cost gigabytes.
MAX_LAID_OUT_CELLS: Final = 5_000_000


@dataclass(slots=True)
class SheetFacts:
    """Indices are from 0 at A1; `last_row` and `last_column` are -1 when nothing has a value."""

    last_row: int = -1
    last_column: int = -1
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    problems: dict[tuple[int, int], CellProblem] = field(default_factory=dict)
    struck_rows: set[int] = field(default_factory=set)
    formulas: int = 0
    filtered: bool = False

    @property
    def laid_out_cells(self) -> int:
        return (self.last_row + 1) * (self.last_column + 1)


def refuse_far_cells(facts: SheetFacts, sheet_name: str) -> None:
    if facts.laid_out_cells <= MAX_LAID_OUT_CELLS:
        return
    corner = f"{column_letter(facts.last_column)}{facts.last_row + 1}"
    raise FileProblem(
        "too_large",
        f"打不开：表“{sheet_name}”一直用到 {corner}，范围太大。"
        f"多半是右侧或下方很远处有多余的内容，请删去多余的行和列再传；一次最多 {MAX_ROWS} 行",
    )
