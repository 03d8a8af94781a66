"""Limits on guessing: five tries per person and address, a hundred per address, in a quarter of an hour.

Nobody behind the single address of a school is locked out by one colleague who mistypes.
"""

import datetime as dt
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_username, get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.http import refusal

ADDRESS_LOCKED = (
    "这个网络地址上密码错得太多，登录暂停到 {hour}（还有 {minutes} 分钟）。已经登录的人不受影响。"
)


class CountyAxesHandler(AxesDatabaseHandler):
    """Adds the limit of a whole address to the one of a person at an address."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return super().is_locked(request, credentials) or _address_free_at(request) is not None


def _recent(request: HttpRequest, **parameters: str) -> QuerySet[Any]:
    address = request.axes_ip_address  # type: ignore[attr-defined]
    since = get_cool_off_threshold(request)
    return AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=since, **parameters)


def _address_free_at(request: HttpRequest) -> dt.datetime | None:
    """When enough failures of this address are old enough; None while it is under its limit."""
    rows = _recent(request).order_by("attempt_time").values_list("attempt_time", "failures_since_start")
    attempts = list(rows)
    excess = sum(count for _, count in attempts) - settings.ADDRESS_FAILURE_LIMIT
    for at, count in attempts if excess >= 0 else []:
        excess -= count
        if excess < 0:
            return at + get_cool_off(request)
    return None


def tries_left(request: HttpRequest) -> int:
    """How many tries remain after one that failed in this request."""
    failed = getattr(request, "axes_failures_since_start", None) or 0
    return max(settings.AXES_FAILURE_LIMIT - failed, 0)


def locked_until(request: HttpRequest, username: str) -> dt.datetime:
    """When this person may try again from this address."""
    latest = _recent(request, username=username).order_by("-attempt_time").first()
    ends = [_address_free_at(request), latest.attempt_time + get_cool_off(request) if latest else None]
    return max((end for end in ends if end), default=timezone.now())


def forgive(request: HttpRequest, username: str) -> None:
    """Forget the failures of a person at this address, after the right password."""
    AxesProxyHandler.update_request(request)
    _recent(request, username=username).delete()


def unlock(username: str) -> None:
    """Forget the failures of a person at every address."""
    AxesProxyHandler.reset_attempts(username=username)


def locked_usernames() -> set[str]:
    """Who is locked out now, at whatever address."""
    since = timezone.now() - get_cool_off(None)
    attempts = AccessAttempt.objects.filter(
        attempt_time__gt=since, failures_since_start__gte=settings.AXES_FAILURE_LIMIT
    )
    return set(attempts.values_list("username", flat=True))


def locked_out(
    request: HttpRequest, original: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The page for somebody who guessed too often (AXES_LOCKOUT_CALLABLE)."""
    until = locked_until(request, get_client_username(request, credentials) or "")
    seconds = max(1, round((until - timezone.now()).total_seconds()))
    hour, minutes = f"{timezone.localtime(until):%H:%M}", -(-seconds // 60)
    if _address_free_at(request):
        response = refusal(request, 429, ADDRESS_LOCKED.format(hour=hour, minutes=minutes), title="登录暂停")
    else:
        response = render(
            request, "accounts/locked_out.html", {"until": hour, "minutes": minutes}, status=429
        )
    response["Retry-After"] = str(seconds)
    return response
