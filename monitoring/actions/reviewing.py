"""The principal's and the bureau's steps: sign, send back, accept, reopen."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from accounts.workflow import NotPermitted, StalePage, StepRefused, take_step
from monitoring.actions.common import audit_step, note_event
from monitoring.actions.correction import accept_correction
from monitoring.checks import order_problem
from monitoring.models import CellMark, Edition, MonthlyReturn, ReturnState
from monitoring.texts import current_text
from monitoring.workflow import (
    ACCEPT,
    REOPEN,
    RETURN_WORKFLOW,
    SEND_BACK_BY_BUREAU,
    SEND_BACK_BY_PRINCIPAL,
    SIGN,
)
from schools.calendar import school_year_of
from schools.models import Role
from schools.permissions import signing_school
from schools.queries import setting
from schools.settings import CORRECTION_DAYS
from students.actions.periods import open_period
from students.models import PeriodState, RollPeriod


@dataclass(frozen=True)
class Mark:
    """A remark on one cell: grade 0 is 合计."""

    grade: int
    column: str
    text: str


def sign_return(monthly_return: MonthlyReturn, *, actor: User, seen_revision: int) -> None:
    """签字: binds the frozen text of the current edition. The signer is not the filler."""
    with audit_step(monthly_return, SIGN, actor, Role.PRINCIPAL) as entry:
        before, now = monthly_return.state, timezone.now()
        take_step(
            RETURN_WORKFLOW,
            SIGN,
            monthly_return,
            actor=actor,
            seen_revision=seen_revision,
            signed_by=actor,
            signed_at=now,
            first_signed_at=monthly_return.first_signed_at or now,
        )
        text = current_text(monthly_return)
        if text is None:
            raise StepRefused("没有找到送签的定稿，不能签字。请联系管理员。")
        if monthly_return.correcting and text.edition.expires_at and text.edition.expires_at < now:
            raise StepRefused("更正期限已过，本次更正作废，原版照旧有效。请向基教股申请再次重开。")
        Edition.objects.filter(pk=text.edition_id).update(
            frozen=text, signed_by_name=actor.name, signed_for=signature_note(monthly_return), signed_at=now
        )
        note_event(monthly_return, SIGN, before, actor)
        entry.about(monthly_return)
        entry.change("state", before, monthly_return.state)
        entry.change("hash", None, text.hash)


def signature_note(monthly_return: MonthlyReturn) -> str:
    """Printed with the signature where the principal of the parent school signs (ledger.md, schools' life)."""
    school = monthly_return.school
    return f"{signing_school(school).name}校长" if signing_school(school) != school else ""


def send_back_as_principal(
    monthly_return: MonthlyReturn, *, actor: User, seen_revision: int, reason: str, marks: Sequence[Mark]
) -> None:
    """退回 to the clerk, with a reason and marked cells; the month's facts are open again."""
    with audit_step(monthly_return, SEND_BACK_BY_PRINCIPAL, actor, Role.PRINCIPAL) as entry:
        before = monthly_return.state
        _send_back(
            monthly_return,
            SEND_BACK_BY_PRINCIPAL,
            actor,
            seen_revision,
            reason=reason,
            marks=marks,
            side="principal",
        )
        note_event(monthly_return, SEND_BACK_BY_PRINCIPAL, before, actor, reason)
        entry.about(monthly_return)
        entry.summary = reason


def send_back_as_bureau(
    monthly_return: MonthlyReturn, *, actor: User, seen_revision: int, reason: str, marks: Sequence[Mark]
) -> None:
    """退回 a signed return: a new edition begins, and the school's later un-accepted months come back too."""
    with audit_step(monthly_return, SEND_BACK_BY_BUREAU, actor, Role.REVIEWER) as entry:
        before = monthly_return.state
        _send_back(
            monthly_return,
            SEND_BACK_BY_BUREAU,
            actor,
            seen_revision,
            reason=reason,
            marks=marks,
            side="bureau",
        )
        _new_edition(monthly_return, actor, f"县局退回：{reason}")
        if not monthly_return.correcting:
            _send_back_later_months(monthly_return, actor)
        note_event(monthly_return, SEND_BACK_BY_BUREAU, before, actor, reason)
        entry.about(monthly_return)
        entry.summary = reason


def accept_return(monthly_return: MonthlyReturn, *, actor: User, seen_revision: int) -> None:
    """接收: the edition is in force from now on; the month before must have been accepted."""
    with audit_step(monthly_return, ACCEPT, actor, Role.REVIEWER) as entry:
        before, now = monthly_return.state, timezone.now()
        problem = order_problem(monthly_return, ReturnState.ACCEPTED)
        if problem:
            raise StepRefused(problem)
        take_step(
            RETURN_WORKFLOW,
            ACCEPT,
            monthly_return,
            actor=actor,
            seen_revision=seen_revision,
            accepted_by=actor,
            accepted_at=now,
        )
        edition = Edition.objects.get(monthly_return=monthly_return, number=monthly_return.edition_number)
        if monthly_return.correcting:
            accept_correction(monthly_return, edition, actor, now)
        Edition.objects.filter(monthly_return=monthly_return, in_force=True).update(in_force=False)
        Edition.objects.filter(pk=edition.pk).update(in_force=True, accepted_at=now)
        note_event(monthly_return, ACCEPT, before, actor)
        entry.about(monthly_return)
        entry.change("state", before, monthly_return.state)


@dataclass(frozen=True)
class BulkResult:
    """What a bulk acceptance did: accepted returns, and (school, reason) for each one skipped."""

    accepted: list[MonthlyReturn]
    skipped: list[tuple[str, str]]


def accept_many(choices: Sequence[tuple[MonthlyReturn, int]], *, actor: User) -> BulkResult:
    """Accept each (return, seen revision) on its own; a refusal of one does not touch the others."""
    result = BulkResult([], [])
    for monthly_return, seen_revision in choices:
        try:
            accept_return(monthly_return, actor=actor, seen_revision=seen_revision)
        except (StepRefused, NotPermitted) as refusal:
            result.skipped.append((monthly_return.school.name, str(refusal)))
        else:
            result.accepted.append(monthly_return)
    return result


def reopen_return(monthly_return: MonthlyReturn, *, actor: User, seen_revision: int, reason: str) -> Edition:
    """重开 an accepted month of the current school year: edition n+1, its changes staged, with a deadline."""
    if not reason.strip():
        raise StepRefused("重开要写明原因，学校和审计员会看到。")
    with audit_step(monthly_return, REOPEN, actor, Role.REVIEWER) as entry:
        before = monthly_return.state
        _refuse_last_school_year(monthly_return)
        take_step(
            RETURN_WORKFLOW, REOPEN, monthly_return, actor=actor, seen_revision=seen_revision, correcting=True
        )
        edition = _new_edition(monthly_return, actor, reason.strip())
        note_event(monthly_return, REOPEN, before, actor, reason)
        entry.about(monthly_return)
        entry.summary = reason.strip()
        entry.change("state", before, monthly_return.state)
    return edition


def _send_back(
    monthly_return: MonthlyReturn,
    step: str,
    actor: User,
    seen_revision: int,
    *,
    reason: str,
    marks: Sequence[Mark],
    side: str,
) -> None:
    if not reason.strip():
        raise StepRefused("退回要写明原因。")
    text = current_text(monthly_return)
    take_step(
        RETURN_WORKFLOW,
        step,
        monthly_return,
        actor=actor,
        seen_revision=seen_revision,
        sent_back_by=actor,
        sent_back_at=timezone.now(),
        sent_back_from=side,
        sent_back_reason=reason.strip()[:300],
    )
    CellMark.objects.bulk_create(
        CellMark(
            monthly_return=monthly_return,
            edition_number=monthly_return.edition_number,
            attempt=text.attempt if text else 0,
            grade=mark.grade,
            column=mark.column,
            text=mark.text.strip()[:300],
            made_by=actor,
        )
        for mark in marks
    )
    if not monthly_return.correcting:
        open_period(monthly_return.period)


def _new_edition(monthly_return: MonthlyReturn, actor: User, because: str) -> Edition:
    """A correction has a deadline; sent back by the bureau it gets the same time again."""
    days = dt.timedelta(days=setting(monthly_return.school.county_id, CORRECTION_DAYS))
    highest = monthly_return.editions.aggregate(highest=Max("number"))["highest"] or 0
    edition = Edition.objects.create(
        monthly_return=monthly_return,
        number=highest + 1,
        is_correction=monthly_return.correcting,
        opened_by=actor,
        opened_because=because[:300],
        expires_at=timezone.now() + days if monthly_return.correcting else None,
    )
    MonthlyReturn.objects.filter(pk=monthly_return.pk).update(edition_number=edition.number)
    monthly_return.edition_number = edition.number
    return edition


def _send_back_later_months(monthly_return: MonthlyReturn, actor: User) -> None:
    """ledger.md ORDER: what rests on a month that is open again cannot stay submitted or signed."""
    month = monthly_return.period.month
    later = MonthlyReturn.objects.filter(
        school=monthly_return.school,
        period__month__month__gt=month.month,
        state__in=[ReturnState.SUBMITTED, ReturnState.SIGNED],
    ).select_related("period__month", "school")
    for other in later:
        before = other.state
        changed = MonthlyReturn.objects.filter(pk=other.pk, revision=other.revision, state=before).update(
            state=ReturnState.SENT_BACK,
            revision=other.revision + 1,
            signed_by=None,
            signed_at=None,
            sent_back_by=actor,
            sent_back_at=timezone.now(),
            sent_back_from="bureau",
            sent_back_reason=f"{month} 已退回，本月随之退回，改好后重新送签。",
        )
        if not changed:
            raise StalePage("后面月份的月报刚被改过，没有退回。请刷新后再办。")
        other.state, other.revision = ReturnState.SENT_BACK, other.revision + 1
        open_period(other.period)
        if before == ReturnState.SIGNED:
            _new_edition(other, actor, f"{month} 退回")
        note_event(other, "send_back_with_earlier", before, actor, f"{month} 已退回")


def _refuse_last_school_year(monthly_return: MonthlyReturn) -> None:
    """After September is submitted last year's months are closed for good (ledger.md REOPEN)."""
    year = school_year_of(monthly_return.period.month.month)
    september = dt.date(year + 1, 9, 1)
    closed = RollPeriod.objects.filter(
        school=monthly_return.school, month__month__gte=september, state=PeriodState.CLOSED
    ).exists()
    if closed:
        raise StepRefused("新学年 9 月已送签，上学年的月报不能再重开。请在当前月份用“更正”办。")
