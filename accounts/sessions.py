"""Sessions in the database that know whose they are (SESSION_ENGINE)."""

import datetime as dt
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

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
