"""Cells of a month's return before and after, for the preview of an offline sheet."""

from typing import Any

from accounts.wording import grade_name
from monitoring.lines import MonthFigures
from monitoring.readings import PrintedLine, printed, total
from schools.queries import setting
from schools.settings import ABSENT_RULE

FIGURES = {
    "transfer_in": "转入",
    "transfer_out": "转出",
    "absent": "未在校",
    "other": "其他",
    "closing": "本月",
}


def changed_cells(before: MonthFigures, after: MonthFigures) -> list[dict[str, Any]]:
    """Cells of the return that change."""
    rule = setting(before.school.county_id, ABSENT_RULE)
    changes = []
    pairs = [
        (printed(old, rule), printed(new, rule)) for old, new in zip(before.lines, after.lines, strict=True)
    ]
    for old, new in [*pairs, (printed(total(before.lines), rule), printed(total(after.lines), rule))]:
        changes += _differences(old, new)
    return changes


def _differences(old: PrintedLine, new: PrintedLine) -> list[dict[str, Any]]:
    place = grade_name(old.grade) if old.grade else "合计"
    return [
        {
            "label": f"{place} {label}",
            "before": getattr(old, name),
            "after": getattr(new, name),
            "is_signed": name == "other",
        }
        for name, label in FIGURES.items()
        if getattr(old, name) != getattr(new, name) and (old.grade or name == "closing")
    ]
