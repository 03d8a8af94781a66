"""催办: shown on the first page of those who must act, and kept."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.utils import timezone

from accounts import wording
from accounts.audit import audited
from accounts.models import User
from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.common import find_return
from monitoring.lateness import due_at, timeliness
from monitoring.models import MonthlyReturn, Reminder, ReturnState
from monitoring.models.returns import FILED_STATES
from monitoring.permissions import may_remind
from schools.models import ReportingMonth, Role, School
from schools.permissions import capacity

# The second press of one button, or a colleague's, says nothing new.
PAUSE: Final = dt.timedelta(hours=1)


@dataclass
class Reminded:
    """What a press of 催办全部逾期 did: reminders sent, and (school, reason) for each one skipped."""

    sent: list[Reminder] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def remind(school: School, month: ReportingMonth, *, actor: User) -> Reminder:
    """Remind who must act now: the principal once submitted, otherwise the clerk."""
    if not may_remind(actor, school):
        raise NotPermitted("催办由基教股或中心校办。")
    role = Role.REVIEWER if capacity(actor, Role.REVIEWER, school) else Role.CENTRAL_SCHOOL
    with audited(
        actor,
        "return.remind",
        county_id=school.county_id,
        capacity=capacity(actor, role, school),
        school_id=school.pk,
    ) as entry:
        # Two presses at once take turns.
        School.objects.select_for_update().get(pk=school.pk)
        monthly_return = find_return(school, month)
        if monthly_return is not None and monthly_return.state in FILED_STATES:
            raise StepRefused(f"{school.name} {month} 的月报已经报来，不用催办。")
        to_role = reminded_role(monthly_return)
        _refuse_repetition(school, month, to_role)
        reminder = Reminder.objects.create(
            school=school,
            month=month,
            to_role=to_role,
            text=reminder_text(month, monthly_return),
            sent_by=actor,
        )
        entry.about(reminder)
        entry.summary = f"{month} 催办{Role(to_role).label}"
    return reminder


def remind_all(schools: Iterable[School], month: ReportingMonth, *, actor: User) -> Reminded:
    """One reminder a school; a refusal of one does not touch the others."""
    result = Reminded()
    for school in schools:
        try:
            result.sent.append(remind(school, month, actor=actor))
        except (StepRefused, NotPermitted) as refusal:
            result.skipped.append((school.name, str(refusal)))
    return result


def reminded_role(monthly_return: MonthlyReturn | None) -> str:
    """Who must act now."""
    submitted = monthly_return is not None and monthly_return.state == ReturnState.SUBMITTED
    return Role.PRINCIPAL if submitted else Role.CLERK


def reminder_text(month: ReportingMonth, monthly_return: MonthlyReturn | None) -> str:
    """What is read on the first page: what is late, until when it was due, what to do."""
    late = timeliness(month, monthly_return.first_signed_at if monthly_return else None)
    due = wording.cn_datetime(due_at(month))
    when = "，".join(filter(None, [late.words if late.is_overdue else "", f"期限 {due}"]))
    if monthly_return is not None and monthly_return.state == ReturnState.SUBMITTED:
        since = wording.cn_datetime(monthly_return.submitted_at)
        return f"{month} 月报 {since} 已送您签字，{when}。请核对后签字，或批注退回。"
    if monthly_return is not None and monthly_return.state == ReturnState.SENT_BACK:
        since = wording.cn_date(monthly_return.sent_back_at)
        return f"{month} 月报 {since} 退回，还没有重新送签，{when}。请按批注修改后送校长签字。"
    return f"{month} 月报还没有送签，{when}。请核对本月异动后送校长签字。"


def _refuse_repetition(school: School, month: ReportingMonth, to_role: str) -> None:
    last = Reminder.objects.filter(school=school, month=month, to_role=to_role).first()
    if last is not None and timezone.now() - last.sent_at < PAUSE:
        raise StepRefused(f"{school.name} {wording.cn_datetime(last.sent_at)} 刚催办过，1 小时内不重复催。")
