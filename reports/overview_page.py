"""What the page 全县概况 shows, put together."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reports.alerts import Alert, alerts
from reports.charts import line_chart
from reports.overview import MonthPoint, Overview, overview_of
from schools.models import Role
from schools.permissions import scope_of
from schools.queries import current_month, schools_in

ALERTS_SHOWN = 6


def overview_context(user: User) -> dict[str, Any]:
    """Figures of filed returns with their coverage, the trend, the townships, the first alerts."""
    found = alerts(user.county_id)
    month = current_month(user.county_id)
    context: dict[str, Any] = {
        "now": timezone.now(),
        "month": month,
        "alerts": found[:ALERTS_SHOWN],
        "alert_count": len(found),
        "alerts_over": sum(alert.is_over for alert in found),
        "overview": None,
        "tiles": [],
    }
    if month is None:
        return context
    schools = schools_in(scope_of(user, Role.LEADER))
    overview, points = overview_of(month, schools)
    missing_url = f"{reverse('reports:summary-month', args=['school', month.slug])}#missing"
    return context | {
        "overview": overview,
        "tiles": [*overview.tiles(missing_url), *_dropout_tiles(found)],
        "missing": _missing(overview),
        "missing_url": missing_url,
        "townships": overview.townships(),
        "highest": max((line.per_mille or 0 for line in overview.townships()), default=0),
        "points": points,
        "chart": line_chart([(f"{p.month.month.month}月", p.value, p.is_partial) for p in points]),
        "finding": _finding(points),
        "spoken": _spoken(points),
    }


def _dropout_tiles(found: list[Alert]) -> list[dict[str, Any]]:
    """疑似辍学 and 辍学 are counted from what the schools have recorded, to the day."""
    tiles = []
    for name in ("疑似辍学", "辍学"):
        count = sum(alert.what == name for alert in found)
        tiles.append(
            {
                "name": name, "value": count, "unit": "人", "change": "今天，按登记的天数", "covered": 0, "total": 0,
                "coverage": "完整，来自未在校登记", "missing_url": "", "url": reverse("reports:alert-list"),
                "is_partial": False, "is_urgent": count > 0, "text_value": "",
            }
        )  # fmt: skip
    return tiles


def _missing(overview: Overview) -> str:
    names = [school.name for school in overview.missing]
    if not names:
        return ""
    return "、".join(names[:3]) + (f" 等 {len(names)} 所" if len(names) > 3 else "")


def _finding(points: list[MonthPoint]) -> str:
    """The title of the chart is what it shows."""
    known = [point for point in points if point.value is not None]
    if not known:
        return "还没有学校报来"
    last = known[-1]
    name = f"{last.month.month.month}月未在校 {last.value} 人"
    if len(known) < 2:
        return name
    change = (last.value or 0) - (known[-2].value or 0)
    before = f"{known[-2].month.month.month}月"
    if not change:
        return f"{name}，与{before}相同"
    return f"{name}，比{before}{'多' if change > 0 else '少'} {abs(change)} 人"


def _spoken(points: list[MonthPoint]) -> str:
    """The chart for those who do not see it."""
    parts = [
        f"{point.month.month.month}月{'没有数据' if point.value is None else f'{point.value}人'}"
        for point in points
    ]
    partial = [f"{p.month.month.month}月缺{p.expected - p.filed}校" for p in points if p.is_partial]
    return f"未在校人数：{'，'.join([*parts, *partial])}。"
