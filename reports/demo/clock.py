"""A clock for history: while it runs, the application's present is the moment that the story has reached.

Every action, and every ``auto_now_add``, asks ``django.utils.timezone``; so that one function is replaced
for the duration of the command, in this process only. Each reading is a millisecond later than the last:
what happened later also has the later time, as in life.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.utils import timezone

TICK = dt.timedelta(milliseconds=1)


class Clock:
    """Goes forward only."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment

    def read(self) -> dt.datetime:
        self.moment += TICK
        return self.moment

    def advance(self, moment: dt.datetime) -> None:
        self.moment = max(self.moment, moment)

    @contextmanager
    def running(self) -> Iterator[None]:
        with mock.patch.object(timezone, "now", self.read):
            yield


def local_time(day: dt.date, hour: int = 9, minute: int = 0) -> dt.datetime:
    """A moment of a day in the county."""
    return dt.datetime.combine(day, dt.time(hour, minute), timezone.get_default_timezone())
