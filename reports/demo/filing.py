"""The month of a school from the clerk's desk to the bureau's, through the steps of the return."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from accounts.models import User
from accounts.workflow import StepRefused
from monitoring.actions.common import find_return, page_token
from monitoring.actions.correction import stage_add
from monitoring.actions.filing import answer_mark, begin_optional_month, edit_remark, submit_return
from monitoring.actions.reviewing import (
    Mark,
    accept_return,
    reopen_return,
    send_back_as_bureau,
    send_back_as_principal,
    sign_return,
)
from monitoring.build import content_now
from monitoring.models import CellMark, MonthlyReturn
from monitoring.models.marks import MarkAnswer
from reports.demo.actions.places import Founded
from reports.demo.facts import Facts
from reports.demo.timeline import Timeline
from schools.calendar import school_year_of
from schools.models import ReportingMonth, Role, School
from schools.permissions import signing_school
from students.models import Enrolment, MovementKind
from students.queries import latest_counted_month

ATTEMPTS: Final = 12
MARKS: Final = (
    ("transfer_out", "这个年级上周有学生转走，请核对是否漏报"),
    ("absent", "请写明已经做过的劝返工作"),
    ("other", "补录的学生请注明原来在哪里就读"),
    ("closing", "与上月相比变化较大，请核对"),
)


@dataclass
class Filing:
    """Steps of one county's returns; what has to wait for another school's or month's step tries again."""

    founded: Founded
    facts: Facts
    timeline: Timeline
    dice: random.Random

    # --- plans --------------------------------------------------------------------------------------------------

    def plan_month(self, school: School, month: ReportingMonth) -> None:
        """An ordinary month: mostly in time, now and then sent back."""
        late = self.dice.random() < 0.05
        day = month.cut_off + dt.timedelta(days=self.dice.randint(6, 9) if late else self.dice.randint(1, 3))
        luck = self.dice.random()
        self.timeline.on(day, self.dice, lambda: self.submit(school, month, luck=luck))

    def submit(self, school: School, month: ReportingMonth, *, luck: float = 1.0, attempt: int = 1) -> None:
        """送签; the principal acts the same day or the next."""
        monthly_return = find_return(school, month)
        self.answer_marks(monthly_return)
        try:
            self.submit_now(school, month)
        except StepRefused:
            if attempt >= ATTEMPTS:
                raise
            self._tomorrow(lambda: self.submit(school, month, luck=luck, attempt=attempt + 1))
            return
        if luck < 0.06:
            self._later(lambda: self.send_back_by_principal(school, month))
            self._tomorrow(lambda: self.submit(school, month), days=2)
        else:
            self._later(lambda: self.sign(school, month, luck=luck))

    def sign(self, school: School, month: ReportingMonth, *, luck: float = 1.0) -> None:
        self.sign_now(school, month)
        if luck < 0.10:
            self._tomorrow(lambda: self.send_back_by_bureau(school, month))
            self._tomorrow(lambda: self.submit(school, month), days=3)
        else:
            self._tomorrow(lambda: self.accept(school, month))

    def accept(self, school: School, month: ReportingMonth, attempt: int = 1) -> None:
        try:
            self.accept_now(school, month)
        except StepRefused:  # the month before has still to be accepted
            if attempt >= ATTEMPTS:
                raise
            self._tomorrow(lambda: self.accept(school, month, attempt + 1), days=2)

    # --- steps --------------------------------------------------------------------------------------------------

    def submit_now(self, school: School, month: ReportingMonth) -> None:
        monthly_return = find_return(school, month)
        content = content_now(school, month, monthly_return)
        period = monthly_return.period if monthly_return else None
        seen = page_token(monthly_return, period, content)
        submit_return(school, month, actor=self.facts.clerk(school), seen=seen)

    def sign_now(self, school: School, month: ReportingMonth) -> None:
        found = self.found(school, month)
        sign_return(found, actor=self._principal(school), seen_revision=found.revision)

    def accept_now(self, school: School, month: ReportingMonth) -> None:
        found = self.found(school, month)
        accept_return(found, actor=self._reviewer(), seen_revision=found.revision)

    def send_back_by_principal(self, school: School, month: ReportingMonth) -> None:
        found = self.found(school, month)
        send_back_as_principal(
            found,
            actor=self._principal(school),
            seen_revision=found.revision,
            reason="有两处和实际对不上，改好后再送我签",
            marks=self._marks(school, 2),
        )

    def send_back_by_bureau(self, school: School, month: ReportingMonth) -> None:
        found = self.found(school, month)
        send_back_as_bureau(
            found,
            actor=self._reviewer(),
            seen_revision=found.revision,
            reason="未在校学生的跟踪情况没有写清楚，请补充后重新送签",
            marks=self._marks(school, 1),
        )

    def answer_marks(self, monthly_return: MonthlyReturn | None, most: int | None = None) -> None:
        if monthly_return is None:
            return
        open_marks = CellMark.objects.filter(monthly_return=monthly_return, answer="").select_related(
            "monthly_return__school", "monthly_return__period"
        )
        for mark in list(open_marks)[:most]:
            mark.monthly_return.refresh_from_db()
            answer_mark(
                mark,
                answer=MarkAnswer.RIGHT,
                text="已与班主任逐一核对，名单无误",
                actor=self.facts.clerk(monthly_return.school),
            )

    def edit_remark(self, school: School, month: ReportingMonth) -> None:
        """The clerk adds a sentence of the own to the composed 备注."""
        content = content_now(school, month, find_return(school, month))
        grade = next((g for g, text in content.remarks.items() if text), school.first_grade)
        seen = content.remarks[grade]
        text = "；".join(filter(None, [seen, "班主任已家访"]))
        edit_remark(school, month, grade=grade, text=text, seen=seen, actor=self.facts.clerk(school))

    def file_optional_month(self, school: School, month: ReportingMonth) -> None:
        begin_optional_month(school, month, actor=self.facts.clerk(school))
        self.submit(school, month)

    # --- corrections ----------------------------------------------------------------------------------------------

    def reopen(self, school: School, month: ReportingMonth, *, finish: bool) -> None:
        """重开 an accepted month: a forgotten departure is staged, and with *finish* carried to acceptance."""
        found = self.found(school, month)
        reopen_return(
            found, actor=self._reviewer(), seen_revision=found.revision, reason="学校反映漏报一名转出学生"
        )
        self._later(lambda: self.stage_forgotten_departure(school, month))
        if finish:
            self._tomorrow(lambda: self.submit(school, month), days=2)

    def stage_forgotten_departure(self, school: School, month: ReportingMonth) -> None:
        """Of a child that nothing has happened to since."""
        found = self.found(school, month)
        rows = Enrolment.objects.filter(school=school, left_on__isnull=True, base_grade__isnull=False)
        quiet = rows.filter(student__movements__isnull=True, student__absences__isnull=True)
        child = quiet.select_related("student").order_by("pk").last()
        if child is None or latest_counted_month(child.student) is not None:
            return
        stage_add(
            found,
            child.student,
            MovementKind.TRANSFER_OUT,
            grade=child.grade + school_year_of(month.month) - child.grade_year,
            happened_on=month.cut_off - dt.timedelta(days=3),
            reason_code="work",
            summary="随父母去太原就读，当时漏报",
            counterpart_text="太原市小店区",
            actor=self.facts.clerk(school),
        )

    # --- who and when -----------------------------------------------------------------------------------------------

    def found(self, school: School, month: ReportingMonth) -> MonthlyReturn:
        found = find_return(school, month)
        if found is None:
            raise StepRefused(f"{school} 还没有开始填 {month}。")
        return found

    def _principal(self, school: School) -> User:
        return self.founded.principals[signing_school(school).pk]

    def _reviewer(self) -> User:
        return self.dice.choice(self.founded.users[Role.REVIEWER])

    def _marks(self, school: School, count: int) -> list[Mark]:
        return [
            Mark(self.dice.choice(school.grades), column, text)
            for column, text in self.dice.sample(MARKS, count)
        ]

    def _later(self, event: Callable[[], object]) -> None:
        self.timeline.at(self.timeline.clock.moment + dt.timedelta(hours=self.dice.randint(1, 5)), event)

    def _tomorrow(self, event: Callable[[], object], days: int = 1) -> None:
        self.timeline.at(
            self.timeline.clock.moment + dt.timedelta(days=days, minutes=self.dice.randint(0, 90)), event
        )
