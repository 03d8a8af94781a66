"""What apps to the right know against a change to a place or a month.

Schools, classes and reporting months carry rolls and returns of which this app must not know. Whoever does
registers an objection here (``AppConfig.ready``); the actions of this app ask before they write, so that no
page, file or command walks past it. An objection is a sentence for the person who pressed the button.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from schools.checks import SchoolFacts
from schools.models import Klass, ReportingMonth, School


@dataclass
class Guard[**P]:
    """A named question; every objector answers with sentences, none if it has nothing against it."""

    name: str
    objectors: list[Callable[P, Iterator[str]]] = field(default_factory=list)

    def objector(self, function: Callable[P, Iterator[str]]) -> Callable[P, Iterator[str]]:
        """Decorator: ask this function too. Registered once however often its module is loaded."""
        if function.__qualname__ not in {known.__qualname__ for known in self.objectors}:
            self.objectors.append(function)
        return function

    def objections(self, *args: P.args, **kwargs: P.kwargs) -> list[str]:
        return [sentence for ask in self.objectors for sentence in ask(*args, **kwargs)]


@dataclass(frozen=True)
class MonthFacts:
    """What a reporting month is to become."""

    cut_off: dt.date
    due_on: dt.date
    requirement: str


SCHOOL_EDIT: Guard[[School, SchoolFacts]] = Guard("school_edit")
SCHOOL_CLOSING: Guard[[School, dt.date]] = Guard("school_closing")
KLASS_CLOSING: Guard[[Klass]] = Guard("klass_closing")
MONTH_CHANGE: Guard[[ReportingMonth, MonthFacts]] = Guard("month_change")
