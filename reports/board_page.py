"""The county board as a page and as a sheet: tabs, filters, sums, what is said in each row."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from accounts.wording import cn_date, cn_datetime
from monitoring.board import (
    ACCEPTED,
    CORRECTING,
    REVIEW,
    SENT_BACK,
    SUBMITTED,
    UNFILED,
    BoardRow,
    board_rows,
)
from monitoring.lateness import due_at
from monitoring.readings import PrintedLine
from monitoring.wording import Reader, Standing
from reports.documents.form_facts import FIGURE_KEYS
from reports.forms import BoardFilterForm
from schools.models import ReportingMonth, Requirement, Role, School, SchoolKind, Township
from schools.permissions import holds_role, scope_of
from schools.queries import schools_in

# Full names of kinds take half a column.
SHORT_KINDS: Final = {
    SchoolKind.PRIMARY: "小学",
    SchoolKind.JUNIOR: "初中",
    SchoolKind.NINE_YEAR: "九年制",
    SchoolKind.TEACHING_POINT: "教学点",
    SchoolKind.SPECIAL: "特教",
}
BOARD_ROLES: Final = (Role.REVIEWER, Role.INSPECTOR, Role.CENTRAL_SCHOOL)


@dataclass(frozen=True)
class Tab:
    """A state tab: which rows, and whether its number is red."""

    key: str
    label: str
    has: Callable[[BoardRow], bool]
    is_alarming: bool = False


TABS: Final = (
    Tab("all", "全部", lambda row: True),
    Tab("review", "待我复审", lambda row: row.step == REVIEW),
    Tab("late", "逾期", lambda row: row.is_late, is_alarming=True),
    Tab("sent_back", "已退回", lambda row: row.step == SENT_BACK),
    Tab("submitted", "待校长签字", lambda row: row.step == SUBMITTED),
    Tab("unfiled", "未报", lambda row: row.step == UNFILED),
    Tab("correcting", "已重开", lambda row: row.step == CORRECTING),
    Tab("accepted", "已接收", lambda row: row.step == ACCEPTED),
)


@dataclass(frozen=True)
class ShownRow:
    """One row of the table in the words of its reader."""

    row: BoardRow
    standing: Standing
    look: str
    when: str
    when_is_red: bool
    remarks: list[tuple[str, str]]
    verb: str
    may_remind: bool
    pick: str

    @property
    def kind(self) -> str:
        return SHORT_KINDS[SchoolKind(self.row.school.kind)]

    @property
    def why_not(self) -> str:
        return self.row.why_not_together


class Board:
    """One month of one reader's schools."""

    def __init__(self, user: User, month: ReportingMonth, query: QueryDict) -> None:
        self.user, self.month = user, month
        self.now = timezone.now()
        self.schools: QuerySet[School] = schools_in(scope_of(user, *BOARD_ROLES))
        self.is_reviewer = holds_role(user, Role.REVIEWER)
        self.is_central = holds_role(user, Role.CENTRAL_SCHOOL)
        self.reader = Reader.CENTRAL_SCHOOL if self.is_central and not self.is_reviewer else Reader.REVIEWER
        self.tab = next((tab for tab in TABS if tab.key == query.get("tab")), TABS[0])
        townships = Township.objects.filter(schools__in=self.schools).distinct().values_list("pk", "name")
        self.form = BoardFilterForm(query or None, townships=list(townships))

    @cached_property
    def rows(self) -> list[BoardRow]:
        """Every expected return, unfiltered: the numbers of the head and of the tabs."""
        return board_rows(self.month, self.schools, self.now)

    @cached_property
    def kept(self) -> list[BoardRow]:
        """Rows that pass the filters."""
        if not self.form.is_bound:
            return self.rows
        return [row for row in self.rows if self.form.keeps(row)]

    @cached_property
    def chosen(self) -> list[BoardRow]:
        """Rows that pass the filters and belong to the tab."""
        return [row for row in self.kept if self.tab.has(row)]

    @property
    def late(self) -> list[BoardRow]:
        return [row for row in self.rows if row.is_late]

    def segs(self, query: QueryDict) -> list[dict[str, Any]]:
        """Tabs with counts of the filtered rows; empty ones only where they are the chosen one."""
        segs = []
        for tab in TABS:
            count = sum(tab.has(row) for row in self.kept)
            if not count and tab.key not in ("all", "review", "late", self.tab.key):
                continue
            parameters = query.copy()
            parameters.pop("page", None)
            parameters["tab"] = tab.key
            label = "待复审" if tab.key == "review" and not self.is_reviewer else tab.label
            segs.append(
                {
                    "label": label,
                    "count": count,
                    "url": f"?{parameters.urlencode()}",
                    "current": tab is self.tab,
                    "urgent": tab.is_alarming and count > 0,
                }
            )
        return segs

    def pulse(self) -> dict[str, Any]:
        """The five numbers on top, of all rows."""
        steps = [row.step for row in self.rows]
        review = [row for row in self.rows if row.step == REVIEW]
        back = [row for row in self.rows if row.step == SENT_BACK]
        in_time = sum(
            row.monthly_return is not None
            and row.monthly_return.first_signed_at is not None
            and not row.timeliness.was_late
            for row in self.rows
        )
        late = self.late
        longest = max((_days_since(row, self.now) for row in back), default=0)
        return {
            "expected": len(self.rows),
            "in_time": in_time,
            "late_filed": sum(row.timeliness.was_late for row in self.rows),
            "late": len(late),
            "late_submitted": sum(row.step == SUBMITTED for row in late),
            "late_unfiled": sum(row.step != SUBMITTED for row in late),
            "review": len(review),
            "clean": sum(row.is_clean for row in review),
            "again": sum(row.is_again for row in review),
            "back": len(back),
            "back_days": longest,
            "accepted": steps.count(ACCEPTED),
            "parts": [
                {"label": "已接收", "value": steps.count(ACCEPTED), "look": "done"},
                {"label": "待复审", "value": len(review), "look": "doing"},
                {"label": "已退回或重开", "value": len(back) + steps.count(CORRECTING), "look": "wait"},
                {"label": "待校长签字", "value": steps.count(SUBMITTED), "look": "due"},
                {"label": "未报", "value": steps.count(UNFILED), "look": "now" if late else ""},
            ],
        }

    def shown(self, rows: Iterable[BoardRow]) -> list[ShownRow]:
        return [self._shown(row) for row in rows]

    def _shown(self, row: BoardRow) -> ShownRow:
        standing = row.standing(self.reader)
        found = row.monthly_return
        filed_at = found.first_signed_at if found else None
        if row.is_late:
            when = row.timeliness.words
        elif filed_at is not None:
            late = f"，{row.timeliness.words}" if row.timeliness.was_late else ""
            when = f"{cn_datetime(found.signed_at or filed_at if found else filed_at)}{late}"
        else:
            when = row.timeliness.words
        look = "now" if row.is_late else ""
        if (row.is_to_review and row.why_not_together and not row.is_again) or row.step == SENT_BACK:
            look = "wait"
        may_remind = (self.is_reviewer or self.is_central) and _can_be_reminded(row)
        may_pick = self.is_reviewer and row.is_clean and found is not None
        return ShownRow(
            row=row,
            standing=standing,
            look=look,
            when=when,
            when_is_red=row.is_late,
            remarks=_remarks(row, self.now),
            verb=_verb(row, is_reviewer=self.is_reviewer),
            may_remind=may_remind,
            pick=f"{found.pk}.{found.revision}" if may_pick and found else "",
        )

    def totals(self, rows: Sequence[BoardRow]) -> dict[str, Any]:
        """Sums of the rows that have filed, and how many have not."""
        filed = [row.figures for row in rows if row.figures is not None]
        return {
            "figures": sum_of(filed) if filed else None,
            "filed": len(filed),
            "expected": len(rows),
            "missing": len(rows) - len(filed),
        }

    @property
    def filter_words(self) -> str:
        """筛选：柏坪镇，逾期；60 所中 4 所."""
        words = self.form.words() if self.form.is_bound else []
        if self.tab.key != "all":
            words.append(self.tab.label)
        if not words:
            return f"筛选：无；共 {len(self.rows)} 所"
        return f"筛选：{'，'.join(words)}；{len(self.rows)} 所中 {len(self.chosen)} 所"

    @property
    def is_filtered(self) -> bool:
        return bool(self.form.is_bound and self.form.words())

    @property
    def due(self) -> str:
        if self.month.requirement != Requirement.REQUIRED:
            return "本月可报可不报"
        return f"截止 {cn_datetime(due_at(self.month))}"


def sum_of(figures: Sequence[PrintedLine]) -> PrintedLine:
    """Column sums, as a line of grade 0."""
    return PrintedLine(0, **{key: sum(getattr(line, key) for line in figures) for key in FIGURE_KEYS})


def _can_be_reminded(row: BoardRow) -> bool:
    """Late; or sent back and not sent again."""
    return row.is_late or row.step == SENT_BACK


def _verb(row: BoardRow, *, is_reviewer: bool) -> str:
    if row.step == REVIEW and is_reviewer:
        return "看改动" if row.is_again else "复审"
    return "查看"


def _days_since(row: BoardRow, now: dt.datetime) -> int:
    at = row.monthly_return.sent_back_at if row.monthly_return else None
    return (timezone.localtime(now).date() - timezone.localtime(at).date()).days if at else 0


def _remarks(row: BoardRow, now: dt.datetime) -> list[tuple[str, str]]:
    """(look, words): what stands out, why it cannot be accepted with others, what was done about a late one."""
    found = row.monthly_return
    said: list[tuple[str, str]] = [("warn", notice.words) for notice in row.notices]
    if row.is_again and found is not None:
        said.append(("new", f"第{found.edition_number}版，改后重报"))
    if row.is_to_review and row.held_up_by is not None:
        said.append(("warn", f"等 {row.held_up_by} 先接收"))
    if row.step == SENT_BACK:
        days = _days_since(row, now)
        marks = f"，批注 {row.open_marks} 处未答复" if row.open_marks else ""
        said.append(("", f"退回{f' {days} 天' if days else '，今天'}{marks}"))
    if row.step == CORRECTING and row.situation is not None and row.situation.expires_at:
        said.append(("", f"重开，期限 {cn_date(row.situation.expires_at)}"))
    if row.step == SUBMITTED and found is not None:
        said.append(("", f"等校长，送签 {cn_datetime(found.submitted_at)}"))
    if row.is_late and row.was_late_before:
        said.append(("", "上月也逾期"))
    if row.reminders and (row.is_late or row.step == SENT_BACK):
        said.append(("", f"已催 {len(row.reminders)} 次，{cn_datetime(row.reminders[0].sent_at)}"))
    if row.is_to_review and not said and row.figures is not None and _nothing_moved(row.figures):
        said.append(("", "无变动"))
    return said


def _nothing_moved(line: PrintedLine) -> bool:
    return not (line.transfer_in or line.transfer_out or line.absent or line.other)
