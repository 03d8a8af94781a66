"""Sessions in the database that know whose they are (SESSION_ENGINE)."""

import datetime as dt
import time
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest

from accounts.audit import origin
from accounts.models import UserSession

# Keys of the session; times are seconds since the epoch.
STARTED, SEEN, PASSWORD_GIVEN, ADDRESS, BROWSER = "started_at", "seen_at", "password_at", "address", "browser"


class SessionStore(DatabaseStore):
    """Copies owner, place and times out of the sealed data, where they can be asked for."""

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def create_model_instance(self, data: dict[str, Any]) -> UserSession:
        stored = cast(UserSession, super().create_model_instance(data))
        stored.user_id = data.get(SESSION_KEY)
        stored.address = data.get(ADDRESS, "")
        stored.browser = data.get(BROWSER, "")
        stored.started_at = _moment(data.get(STARTED))
        stored.seen_at = _moment(data.get(SEEN))
        return stored


def _moment(seconds: float | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds is not None else None


def begin_session(request: HttpRequest) -> None:
    """Note when and where a session begins."""
    now = time.time()
    request.session.update(
        {STARTED: now, SEEN: now, ADDRESS: origin.get().address, BROWSER: _browser(request)}
    )


def _browser(request: HttpRequest) -> str:
    """'Chrome · Windows': enough to recognise one's own sessions."""
    agent = request.headers.get("User-Agent", "")
    browsers = {
        "MicroMessenger": "微信",
        "Edg/": "Edge",
        "Firefox": "Firefox",
        "Chrome": "Chrome",
        "Safari": "Safari",
    }
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "Windows": "Windows",
        "Mac OS": "macOS",
        "Linux": "Linux",
    }
    found = [
        next((label for key, label in table.items() if key in agent), "") for table in (browsers, systems)
    ]
    return " · ".join(filter(None, found)) or "其他浏览器"
