"""Entries of a child's page and the order in which they stand: newest first, this year by month."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.wording import cn_month

MOVES, ABSENCES, CIRCUMSTANCES, PAPERS, READINGS = "moves", "absences", "circumstances", "papers", "readings"
TABS = {
    "": "全部",
    MOVES: "异动",
    ABSENCES: "未在校",
    CIRCUMSTANCES: "特殊情况",
    PAPERS: "材料",
    READINGS: "谁看过",
}


@dataclass(frozen=True)
class Event:
    """One entry: *order* decides among those of one day."""

    day: dt.date
    what: str
    second: str = ""
    look: str = ""
    tab: str = MOVES
    url: str = ""
    order: float = 0.0


def timeline(events: Iterable[Event], tab: str) -> list[dict[str, Any]]:
    """As components/timeline.html takes it: months of this year, then whole years."""
    shown = [event for event in events if not tab or event.tab == tab]
    shown.sort(key=lambda event: (event.day, event.order), reverse=True)
    parts: list[dict[str, Any]] = []
    this_year = timezone.localdate().year
    for event in shown:
        head = cn_month(event.day) if event.day.year == this_year else f"{event.day.year}年"
        if not parts or parts[-1]["head"] != head:
            parts.append({"head": head, "entries": []})
        day = f"{event.day.month}月{event.day.day}日"
        parts[-1]["entries"].append({**vars(event), "day": day})
    return parts
