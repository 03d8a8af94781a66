"""How the county stands today: the present month in every state, what waits, and who is not in school."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

from reports.demo.actions.places import Founded
from reports.demo.clock import local_time
from reports.demo.facts import Facts
from reports.demo.filing import Filing
from reports.demo.places import (
    ACCEPTED,
    DRAFT,
    REOPENED,
    RETURNED,
    SENT_BACK,
    SIGNED,
    SUBMITTED,
    UNTOUCHED,
)
from reports.demo.timeline import Timeline
from schools.calendar import Closure, is_school_day, school_year_of
from schools.models import ReportingMonth, School, SchoolKind
from schools.queries import closures
from students.models import AbsenceKind, MovementKind

# Steps of the present month and the hour after the cut-off at which they are taken.
STEPS: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    ACCEPTED: ((4, "submit_now"), (9, "sign_now"), (30, "accept_now")),
    SIGNED: ((5, "submit_now"), (28, "sign_now")),
    SUBMITTED: ((29, "submit_now"),),
    SENT_BACK: ((6, "submit_now"), (27, "send_back_by_principal"), (31, "answer_one")),
    RETURNED: ((5, "submit_now"), (10, "sign_now"), (32, "send_back_by_bureau")),
    DRAFT: ((25, "edit_remark"),),
    UNTOUCHED: (),
    REOPENED: ((4, "submit_now"), (9, "sign_now"), (30, "accept_now")),
}
LONGEST: Final = 32
# Days not in school, and the kind: 旷课 beyond 7 days is 疑似辍学, from 28 on 辍学.
AWAY: Final = (
    (41, AbsenceKind.TRUANCY),
    (12, AbsenceKind.TRUANCY),
    (4, AbsenceKind.TRUANCY),
    (16, AbsenceKind.LONG_LEAVE),
    (9, AbsenceKind.NOT_REGISTERED),
)


@dataclass
class Present:
    """Planned last, happening in its time."""

    founded: Founded
    facts: Facts
    filing: Filing
    timeline: Timeline
    dice: random.Random

    def plan(self, month: ReportingMonth, before: ReportingMonth | None) -> None:
        self.closures: list[Closure] = closures(self.founded.county.pk)
        for school in self.founded.schools:
            self._plan_steps(school, month, self.founded.plan(school).standing)
        self._plan_correction(month, before)
        self._plan_transfers()
        for school in self.founded.schools[:1] + self.founded.schools[6::9]:
            self._plan_absences(school)
        if len(self.founded.schools) > 1:
            self._plan_missing_reason(month)

    def _plan_steps(self, school: School, month: ReportingMonth, standing: str) -> None:
        start = local_time(month.cut_off, 8)
        hours = (self.timeline.until - start) / dt.timedelta(hours=1)
        scale = min(1.0, max(0.0, hours) / (LONGEST + 2))
        for hour, step in STEPS[standing]:
            moment = start + dt.timedelta(hours=hour * scale, minutes=self.dice.random() * 30 * scale)
            self.timeline.at(moment, partial(self._take, step, school, month))

    def _take(self, step: str, school: School, month: ReportingMonth) -> None:
        if step == "answer_one":
            self.filing.answer_marks(self.filing.found(school, month), most=1)
            return
        steps: dict[str, Callable[[School, ReportingMonth], None]] = {
            "submit_now": self.filing.submit_now,
            "sign_now": self.filing.sign_now,
            "accept_now": self.filing.accept_now,
            "send_back_by_principal": self.filing.send_back_by_principal,
            "send_back_by_bureau": self.filing.send_back_by_bureau,
            "edit_remark": self.filing.edit_remark,
        }
        steps[step](school, month)

    def _plan_correction(self, month: ReportingMonth, before: ReportingMonth | None) -> None:
        """A month that is re-opened now, its change staged and its deadline running."""
        chosen = month
        if before is not None and school_year_of(before.month) == school_year_of(month.month):
            chosen = before
        for school in self.founded.schools:
            if self.founded.plan(school).standing == REOPENED:
                moment = max(self._ago(2), local_time(chosen.cut_off) + dt.timedelta(hours=LONGEST + 3))
                moment = min(moment, self.timeline.until - dt.timedelta(hours=6))
                self.timeline.at(moment, partial(self.filing.reopen, school, chosen, finish=False))

    def _plan_transfers(self) -> None:
        """Waiting ones: one for more than ten working days, one just begun, one asked for by the new school."""
        schools = [s for s in self.founded.schools if s.kind in (SchoolKind.PRIMARY, SchoolKind.NINE_YEAR)]
        if len(schools) < 2:
            return
        for days, (one, other) in zip((24, 5, 17, 8), pairwise([*schools[:4], schools[0]]), strict=False):
            day = self._school_day(days)
            self.timeline.on(day, self.dice, partial(self.facts.begin_transfer, one, other, day))
        self.timeline.at(self._ago(2), lambda: self.facts.ask_for_transfer(schools[-1], schools[0]))
        self.timeline.at(self._ago(3), lambda: self.facts.ask_for_transfer(schools[0], schools[1]))

    def _plan_absences(self, school: School) -> None:
        teacher = self.founded.teachers.get(school.pk)
        for number, (days, kind) in enumerate(AWAY):
            day = self._school_day(days)
            klass_id = teacher[1] if teacher is not None and number < 3 else None
            away = partial(self.facts.be_absent, school, kind, day, None, klass_id=klass_id)
            self.timeline.on(day, self.dice, away)
        day, longer = self._school_day(6), self._school_day(20)
        ill = partial(self.facts.be_absent, school, AbsenceKind.SUSPENSION, longer, None, pending=True)
        self.timeline.on(longer, self.dice, ill)
        self.timeline.at(self._ago(1), partial(self.facts.prove, school))
        gone = partial(self.facts.leave, school, MovementKind.TRANSFER_OUT, day, pending=True)
        self.timeline.on(day, self.dice, gone)

    def _plan_missing_reason(self, month: ReportingMonth) -> None:
        """In a draft somebody has still to say why a child is not in school."""
        for school in self.founded.schools:
            if self.founded.plan(school).standing == DRAFT:
                moment = min(local_time(month.cut_off, 16), self.timeline.until - dt.timedelta(hours=1))
                kind, day = AbsenceKind.LONG_LEAVE, month.cut_off
                away = partial(self.facts.be_absent, school, kind, day, None, reason="")
                self.timeline.at(moment, away)

    def _ago(self, days: int) -> dt.datetime:
        return self.timeline.until - dt.timedelta(days=days)

    def _school_day(self, days: int) -> dt.date:
        """So many days ago, or the last school day before."""
        day = self._ago(days).date()
        while not is_school_day(day, self.closures):
            day -= dt.timedelta(days=1)
        return day
