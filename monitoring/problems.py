"""What a check finds: one sentence that says where, what and why, and what it is about (pure)."""

from dataclasses import dataclass
from typing import Final

GRADE_NAMES: Final = "一二三四五六七八九"
COLUMN_NAMES: Final = {"transfer_in": "转入", "transfer_out": "转出", "absent": "未在校", "other": "其他"}
MUST: Final = "must"
LOOK: Final = "look"


@dataclass(frozen=True)
class Problem:
    """``level`` is must or look; ``grade`` 0 means the whole return; ``link`` names where it is mended."""

    code: str
    level: str
    grade: int
    message: str
    column: str = ""
    movement_id: int | None = None
    absence_id: int | None = None
    student_id: int | None = None


def named_grade(grade: int) -> str:
    """三年级; 合计 for grade 0."""
    return f"{GRADE_NAMES[grade - 1]}年级" if grade else "合计"
