"""预警: read-only and masked for leaders; a name only with a reason, and the look is recorded."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest
from accounts.workflow import NotPermitted
from reports.alerts import Alert, alerts, may_see_alert_names, may_see_alerts
from reports.forms import RevealForm
from schools.models import Role
from schools.permissions import capacity

ROWS_A_PAGE = 50


@require_safe
def alert_list(request: UserRequest) -> HttpResponse:
    """All alerts of the county, the most urgent first."""
    found = _alerts(request)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "alerts": list(page),
        "alert_count": len(found),
        "alerts_over": sum(alert.is_over for alert in found),
        "shows_names": may_see_alert_names(request.user),
    }
    return render(request, "reports/alert_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def alert_reveal(request: UserRequest, kind: str, key: int) -> HttpResponse:
    """The name behind one alert: a reason first, then the name for a minute, and an entry in the access log."""
    alert = next((one for one in _alerts(request) if (one.kind, one.key) == (kind, key)), None)
    if alert is None or alert.student is None:
        raise Http404
    form = RevealForm(request.POST if request.method == "POST" else None)
    shown = ""
    if request.method == "POST" and form.is_valid():
        log_access(
            request.user,
            "alert.name",
            student_id=alert.student.pk,
            reason=form.reason_words(),
            capacity=capacity(request.user, Role.LEADER) or capacity(request.user, Role.REVIEWER),
        )
        shown = alert.whom_in_full
    return render(request, "reports/alert_reveal.html", {"alert": alert, "form": form, "shown": shown})


def _alerts(request: UserRequest) -> list[Alert]:
    if not may_see_alerts(request.user):
        raise NotPermitted("预警由局领导和基教股查看。")
    return alerts(request.user.county_id)
