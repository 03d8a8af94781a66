"""What is wrong with a cell, a row or a file: where, the value as read, why, what to do."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

from accounts.tabular.model import CellProblem, CellValue
from accounts.wording import mask_id, mask_phone

type Level = Literal["error", "confirm", "warning"]
"""An error keeps the row out; confirm needs the person's eye before confirming; a warning only tells."""

LONGEST_SHOWN: Final = 40
_FULL_ID: Final = 18
_LONG_NUMBER: Final = 7


class ValueProblem(Exception):  # noqa: N818 -- something about a file, not a fault of ours
    """A value that cannot stand: a stable code, why, and the way out ({cell} and {column} are filled in)."""

    def __init__(self, code: str, why: str, remedy: str, *, level: Level = "error", shown: str = "") -> None:
        super().__init__(why)
        self.code, self.why, self.remedy, self.level, self.shown = code, why, remedy, level, shown


@dataclass(slots=True)
class Problem:
    """One line of the list of problems. Numbers in ``value`` are masked; ``row`` is the sheet's own."""

    level: Level
    code: str
    sheet: str
    row: int
    cell: str
    name: str
    label: str
    value: str
    why: str
    remedy: str

    @property
    def sentence(self) -> str:
        """The reason with the column's name before it, unless it says that itself."""
        return self.why if self.why.startswith((self.label, "单元格")) else f"{self.label}{self.why}"

    @property
    def message(self) -> str:
        """The whole sentence, the same on screen, in the error workbook and on the command line."""
        place = f"表“{self.sheet}”" if self.sheet else ""
        line = f" 第 {self.row} 行" if self.row else ""
        what = f" {self.cell} {self.label}" if self.cell else (f" {self.name}" if self.name else "")
        value = f"“{self.value}”" if self.value and self.cell else ""
        return f"{place}{line}{what}{value}：{self.why}。{self.remedy}".lstrip(" ：")

    def packed(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def unpacked(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)


def shown_value(raw: CellValue, *, kind: str = "") -> str:
    """A cell as the list of problems shows it: numbers that identify somebody are masked."""
    if raw is None:
        return ""
    if isinstance(raw, CellProblem):
        return str(raw)
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, int | float) and kind in {"id", "card"}:
        return f"{raw:.5E}"  # as the spreadsheet itself shows it
    text = f"{raw:.15g}" if isinstance(raw, float) else str(raw).removesuffix(" 00:00:00")
    text = " ".join(text.split())
    if kind == "id" and len(text) >= _LONG_NUMBER:
        return masked_number(text)
    if kind == "card" and len(text) >= _LONG_NUMBER:
        return f"{text[:6]}**********{text[-2:]}"
    if kind == "phone":
        is_number = sum(map(str.isdigit, text)) >= _LONG_NUMBER
        return mask_phone(text) if is_number else text[:LONGEST_SHOWN]
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…（共 {len(text)} 字）"


def masked_number(text: str) -> str:
    """A number that may be too long, too short or already half hidden."""
    if len(text) == _FULL_ID:
        return mask_id(text)
    if "*" in text or "E+" in text.upper():
        return text[:LONGEST_SHOWN]
    return f"{text[:6]}****{text[-4:]}" if len(text) > 10 else f"{text[:2]}****"
