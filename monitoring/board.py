"""Every expected return of one month, missing ones too, in a constant number of queries."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone

from monitoring.filed import FiledText, filed_texts, lines_of
from monitoring.lateness import Timeliness, timeliness
from monitoring.models import (
    CellMark,
    Edition,
    FrozenReturn,
    MonthlyReturn,
    Reminder,
    ReturnState,
)
from monitoring.months import previous_months
from monitoring.noticed import Notice, notices
from monitoring.readings import PrintedLine
from monitoring.situations import situations
from monitoring.wording import Reader, Situation, Standing, standing
from schools.models import ReportingMonth, Requirement, School
from schools.queries import owed_by, setting
from schools.settings import JUMP_PERCENT

# What the reviewer does with a row, in the order of the board: own work first, then the late ones.
REVIEW, LATE, SENT_BACK, CORRECTING, SUBMITTED, UNFILED, ACCEPTED = (
    "review",
    "late",
    "sent_back",
    "correcting",
    "submitted",
    "unfiled",
    "accepted",
)
GROUPS = (REVIEW, LATE, SENT_BACK, CORRECTING, SUBMITTED, UNFILED, ACCEPTED)


@dataclass
class BoardRow:
    """One school's return of the month, as the bureau sees it. ``monthly_return`` is None where nobody began it."""

    school: School
    month: ReportingMonth
    monthly_return: MonthlyReturn | None
    timeliness: Timeliness
    filed: FiledText | None = None
    notices: list[Notice] = field(default_factory=list)
    open_marks: int = 0
    reminders: list[Reminder] = field(default_factory=list)
    situation: Situation | None = None
    was_late_before: bool = False
    held_up_by: ReportingMonth | None = None

    @property
    def state(self) -> str:
        return self.monthly_return.state if self.monthly_return else ReturnState.DRAFT

    @property
    def is_to_review(self) -> bool:
        return self.state == ReturnState.SIGNED

    @property
    def is_again(self) -> bool:
        """Signed once more after the bureau sent it back or re-opened it."""
        return (
            self.is_to_review and self.monthly_return is not None and self.monthly_return.edition_number > 1
        )

    @property
    def step(self) -> str:
        """Where the return stands for the bureau; a draft and what happens inside the school are one."""
        monthly_return = self.monthly_return
        if self.is_to_review:
            return REVIEW
        if self.state == ReturnState.ACCEPTED:
            return ACCEPTED
        if monthly_return is not None and monthly_return.correcting:
            return CORRECTING
        if self.state == ReturnState.SUBMITTED:
            return SUBMITTED
        if monthly_return is not None and self.state == ReturnState.SENT_BACK and _by_bureau(monthly_return):
            return SENT_BACK
        return UNFILED

    @property
    def is_late(self) -> bool:
        return self.timeliness.is_overdue

    @property
    def is_clean(self) -> bool:
        """Signed, nothing to look at, nothing in the way, not a second edition that has to be compared."""
        return self.is_to_review and not self.why_not_together

    @property
    def why_not_together(self) -> str:
        """Why a return to review is not accepted together with others; '' where it can be."""
        if self.held_up_by is not None:
            return f"{self.held_up_by} 还没有接收，请先接收上一个月"
        if self.is_again:
            return "改后重报，须看改动后单独接收"
        if self.notices:
            return "有要看的地方，须逐份查看"
        return ""

    @property
    def figures(self) -> PrintedLine | None:
        return self.filed.totals if self.filed else None

    def standing(self, reader: Reader) -> Standing:
        """Badge and sentence in the words of this reader."""
        assert self.situation is not None  # noqa: S101 -- board_rows gives every row one
        return standing(reader, self.situation)


def board_rows(
    month: ReportingMonth, schools: QuerySet[School], now: dt.datetime | None = None
) -> list[BoardRow]:
    """Own work first, then the late ones, then the rest; inside each by township and name."""
    now = now or timezone.now()
    expected = expected_schools(month, schools)
    returns = {row.school_id: row for row in returns_of(month, expected)}
    rows = {
        school.pk: BoardRow(
            school,
            month,
            returns.get(school.pk),
            timeliness(month, returns[school.pk].first_signed_at if school.pk in returns else None, now),
        )
        for school in expected
    }
    _add_figures(rows, month)
    _add_previous_month(rows, month)
    _add_notices(rows, month)
    _add_marks(rows)
    _add_reminders(rows, month)
    places = [(row.school, month, row.monthly_return) for row in rows.values()]
    for row, situation in zip(rows.values(), situations(places), strict=True):
        row.situation = situation
    return sorted(rows.values(), key=_order)


def expected_schools(month: ReportingMonth, schools: QuerySet[School]) -> list[School]:
    """Schools that owe the month; of an optional month those that have begun it."""
    if month.requirement != Requirement.REQUIRED:
        begun = schools.filter(periods__month=month)
        return list(begun.select_related("township", "parent", "county"))
    previous = (
        ReportingMonth.objects.filter(
            county_id=month.county_id, requirement=Requirement.REQUIRED, month__lt=month.month
        )
        .order_by("-month")
        .first()
    )
    return [
        school
        for school in schools.select_related("township", "parent", "county")
        if owed_by(school, month, previous)
    ]


def returns_of(month: ReportingMonth, schools: Collection[School]) -> QuerySet[MonthlyReturn]:
    return MonthlyReturn.objects.filter(period__month=month, school__in=schools).select_related(
        "school__parent", "school__county", "period__month", "submitted_by", "signed_by", "sent_back_by"
    )


def _add_figures(rows: dict[int, BoardRow], month: ReportingMonth) -> None:
    texts = filed_texts([month], [row.school for row in rows.values()])
    for (school_id, _), text in texts.items():
        rows[school_id].filed = text


def _add_previous_month(rows: dict[int, BoardRow], month: ReportingMonth) -> None:
    """Whether the month before was late too, and whether its acceptance is still to come (ledger.md ORDER)."""
    before = previous_months(month, [row.school for row in rows.values()])
    wanted = {(school_id, previous.pk) for school_id, previous in before.items()}
    found = {
        (one.school_id, one.period.month_id): one
        for one in MonthlyReturn.objects.filter(
            school__in=rows, period__month__in={previous.pk for previous in before.values()}
        ).select_related("period__month")
    }
    for school_id, month_id in wanted:
        row, one = rows[school_id], found.get((school_id, month_id))
        accepted = one is not None and (
            one.correcting or one.state in (ReturnState.ACCEPTED, ReturnState.CORRECTING)
        )
        row.held_up_by = None if accepted else before[school_id]
        late = timeliness(before[school_id], one.first_signed_at if one else None)
        row.was_late_before = late.is_overdue or late.was_late


def _add_notices(rows: dict[int, BoardRow], month: ReportingMonth) -> None:
    """Of the texts that wait for review; a second edition is judged by its own text, not by the one in force."""
    waiting = [row.monthly_return.pk for row in rows.values() if row.monthly_return and row.is_to_review]
    texts: dict[int, FrozenReturn] = {}
    for edition in (
        Edition.objects.filter(monthly_return__in=waiting, frozen__isnull=False)
        .select_related("frozen", "monthly_return")
        .order_by("number")
    ):
        if edition.number == edition.monthly_return.edition_number and edition.frozen is not None:
            texts[edition.monthly_return.school_id] = edition.frozen
    found = notices(
        list(texts.values()),
        lines_of([text.pk for text in texts.values()]),
        setting(month.county_id, JUMP_PERCENT),
    )
    for school_id, text in texts.items():
        rows[school_id].notices = found.get(text.pk, [])


def _add_marks(rows: dict[int, BoardRow]) -> None:
    returns = {row.monthly_return.pk: row for row in rows.values() if row.monthly_return}
    waiting = CellMark.objects.filter(monthly_return__in=returns, answer="")
    for return_id, count in Counter(waiting.values_list("monthly_return_id", flat=True)).items():
        returns[return_id].open_marks = count


def _add_reminders(rows: dict[int, BoardRow], month: ReportingMonth) -> None:
    sent: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in Reminder.objects.filter(month=month, school__in=rows).select_related("sent_by"):
        sent[reminder.school_id].append(reminder)
    for school_id, reminders in sent.items():
        rows[school_id].reminders = reminders


def _by_bureau(monthly_return: MonthlyReturn) -> bool:
    return monthly_return.sent_back_from == "bureau"


def _order(row: BoardRow) -> tuple[int, int, str, str]:
    group = GROUPS.index(LATE) if row.is_late else GROUPS.index(row.step)
    within = 0
    if row.is_to_review:
        within = 0 if row.is_again else 1 if row.why_not_together else 2
    elif row.is_late:
        within = 0 if row.step == UNFILED else 1
    return (group, within, row.school.township.name, row.school.code)
