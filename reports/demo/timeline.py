"""What happens when: events in order of time, which may bring about later ones."""

import datetime as dt
import heapq
import random
from collections import Counter
from collections.abc import Callable
from itertools import count

from accounts.workflow import StepRefused
from reports.demo.clock import Clock, local_time


class Timeline:
    """Runs every event at its moment, up to *until*. What the rules refuse is counted and passed over."""

    def __init__(self, clock: Clock, until: dt.datetime) -> None:
        self.clock, self.until = clock, until
        self.refused: Counter[str] = Counter()
        self._order = count()
        self._events: list[tuple[dt.datetime, int, Callable[[], object]]] = []

    def at(self, moment: dt.datetime, event: Callable[[], object]) -> None:
        """Plan an event; one that lies after the present will not happen."""
        if moment <= self.until:
            heapq.heappush(self._events, (moment, next(self._order), event))

    def on(self, day: dt.date, dice: random.Random, event: Callable[[], object]) -> None:
        """Some time in the office hours of a day."""
        self.at(local_time(day, dice.randint(8, 17), dice.randint(0, 59)), event)

    def run(self) -> None:
        while self._events:
            moment, _, event = heapq.heappop(self._events)
            self.clock.advance(moment)
            try:
                event()
            except StepRefused as refusal:
                self.refused[str(refusal)] += 1
