"""The monthly return, its editions, what was frozen in each, marks and staged corrections."""

from monitoring.models.correction import CorrectionDelta, StagedChange
from monitoring.models.frozen import FIGURES, FrozenAbsentee, FrozenLine, FrozenReturn, FrozenRow
from monitoring.models.marks import CellMark, DraftRemark, Reminder
from monitoring.models.returns import AbsentRule, Edition, MonthlyReturn, ReturnEvent, ReturnState

__all__ = [
    "FIGURES",
    "AbsentRule",
    "CellMark",
    "CorrectionDelta",
    "DraftRemark",
    "Edition",
    "FrozenAbsentee",
    "FrozenLine",
    "FrozenReturn",
    "FrozenRow",
    "MonthlyReturn",
    "Reminder",
    "ReturnEvent",
    "ReturnState",
    "StagedChange",
]
