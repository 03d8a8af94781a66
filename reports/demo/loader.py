"""Loads synthetic counties, each one all or nothing."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from reports.demo.actions.children import enrol_base
from reports.demo.actions.places import Founded, appoint_staff, found_county
from reports.demo.clock import Clock, local_time
from reports.demo.facts import Facts
from reports.demo.filing import Filing
from reports.demo.history import History
from reports.demo.names import People
from reports.demo.places import CountyPlan
from reports.demo.present import Present
from reports.demo.staff import staff_of
from reports.demo.timeline import Timeline
from schools.calendar import school_year_of

# The story ends a little before now, so that what people do next comes after it.
PAUSE = dt.timedelta(minutes=10)


@dataclass
class Loaded:
    """What was made, and how often the rules refused something (by sentence)."""

    counties: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


def load(plans: Sequence[CountyPlan], seed: int, said: Callable[[str], None]) -> Loaded:
    """From September of the school year before this one up to now."""
    loaded, numbers = Loaded(), dict[str, int]()
    now = timezone.now() - PAUSE
    for plan in plans:
        with transaction.atomic():
            loaded.refused += _live(plan, seed, now, numbers, is_first=not loaded.counties)
        loaded.counties.append(plan.name)
        said(f"{plan.name}：{len(plan.schools)} 所学校，已写到今天。")
    return loaded


def _live(
    plan: CountyPlan, seed: int, now: dt.datetime, numbers: dict[str, int], *, is_first: bool
) -> Counter[str]:
    year = school_year_of(timezone.localdate(now)) - 1
    clock = Clock(local_time(dt.date(year, 8, 24)))
    people = People(f"{seed}-{plan.code}")
    with clock.running():
        founded = found_county(plan, first_year=year, years=3)
        appoint_staff(founded, staff_of(plan, people, is_first=is_first), numbers, shown=is_first)
        enrol_base(founded, people, year)
        timeline = Timeline(clock, now)
        _plan(founded, people, timeline, random.Random(f"{seed}-{plan.code}-history"))  # noqa: S311 -- repeatable
        timeline.run()
    return timeline.refused


def _plan(founded: Founded, people: People, timeline: Timeline, dice: random.Random) -> None:
    facts = Facts(founded, people, timeline, dice)
    filing = Filing(founded, facts, timeline, dice)
    history = History(founded, facts, filing, timeline, dice)
    history.plan()
    before = history.filed[-2] if len(history.filed) > 1 else None
    Present(founded, facts, filing, timeline, dice).plan(history.present_month, before)
