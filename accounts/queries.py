"""Questions about accounts and sessions."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User, UserSession


@dataclass(frozen=True)
class DemoAccount:
    """A line of the login page; ``User.demo_note`` is "role · place"."""

    username: str
    role: str
    place: str


@dataclass(frozen=True)
class SessionRow:
    """One signed-in browser, named by a digest: the key itself never reaches a page."""

    digest: str
    browser: str
    address: str
    started_at: dt.datetime | None
    seen_at: dt.datetime | None
    is_current: bool


def demo_accounts() -> list[DemoAccount]:
    """What the login page of a demonstration lists: those with a note; empty in production."""
    if not settings.DEMO_ACCOUNTS_SHOWN:
        return []
    noted = User.objects.filter(is_demo=True, is_active=True).exclude(demo_note="")
    shown = noted.order_by("pk").values_list("username", "demo_note")
    return [DemoAccount(username, *note.partition(" · ")[::2]) for username, note in shown]


def sessions_of(user: User, current_key: str | None) -> list[SessionRow]:
    """The living sessions of a person, the newest first."""
    living = UserSession.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-started_at")
    return [
        SessionRow(
            session_digest(row.session_key),
            row.browser,
            row.address,
            row.started_at,
            row.seen_at,
            row.session_key == current_key,
        )
        for row in living
    ]


def session_key_of(user: User, digest: str) -> str:
    """The key behind a digest, or ''."""
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    return next((key for key in keys if session_digest(key) == digest), "")


def session_digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def unused_accounts(days: int = 90) -> QuerySet[User]:
    """Open accounts that nobody has signed in to for so long."""
    since = timezone.now() - dt.timedelta(days=days)
    used = Q(last_login__gte=since) | Q(last_login__isnull=True, created_at__gte=since)
    return User.objects.filter(is_active=True).exclude(used)


def account_stamp(user: User) -> str:
    """Changes with every new password and every closing: what a page about an account has seen."""
    return hashlib.sha256(f"{user.password} {user.is_active}".encode()).hexdigest()[:16]
