"""Alerts as work of a leader: counted, and read on their own page."""

from collections.abc import Iterator

from django.urls import reverse

from reports.alerts import Alert, alerts
from reports.worklist.desk import Desk, Todo, end_of


def alerts_of_the_county(desk: Desk) -> Iterator[Todo]:
    """One line an alert; names stay masked."""
    found: list[Alert] = alerts(desk.user.county_id)
    for alert in found:
        whom = f"：{alert.whom}" if alert.student else ""
        yield Todo(
            title=f"{alert.what}{whom}，{alert.places}",
            detail=f"现在由 {alert.owner} 办",
            place="alerts",
            url=reverse("reports:alert-list"),
            verb="看进展",
            due_at=end_of(alert.due_on) if alert.due_on else None,
            due=alert.due,
            since=f"已 {alert.days} 天",
            look=alert.look,
            is_urgent=alert.is_over,
        )
