"""What every step of a return shares: starting the row, the token of a page, the audit entry."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.workflow import StalePage, StepRefused
from monitoring.content import ReturnContent
from monitoring.models import Edition, MonthlyReturn, ReturnEvent
from monitoring.months import owes_return
from schools.models import ReportingMonth, Role, School
from schools.permissions import capacity
from students.actions.periods import period_of
from students.models import RollPeriod


@dataclass(frozen=True)
class PageToken:
    """What a person saw: revision of the return, revision of the month's facts, digest of the content."""

    return_revision: int
    period_revision: int
    digest: str

    def __str__(self) -> str:
        return f"{self.return_revision}.{self.period_revision}.{self.digest[:16]}"

    @classmethod
    def parse(cls, text: str) -> "PageToken":
        """StalePage where the text is not a token of ours."""
        try:
            first, second, digest = text.split(".")
            return cls(int(first), int(second), digest)
        except ValueError as error:
            raise StalePage("这一页已经过时，请刷新后再办。") from error


def page_token(
    monthly_return: MonthlyReturn | None, period: RollPeriod | None, content: ReturnContent
) -> PageToken:
    """The token a page carries in its forms."""
    return PageToken(
        monthly_return.revision if monthly_return else 0,
        period.revision if period else 0,
        content.digest()[:16],
    )


def find_return(school: School, month: ReportingMonth) -> MonthlyReturn | None:
    """The stored return of a month, or None where nobody has begun it."""
    return (
        MonthlyReturn.objects.filter(school=school, period__month=month)
        .select_related("school__parent", "school__county", "period__month", "submitted_by", "signed_by")
        .first()
    )


def start_return(school: School, month: ReportingMonth) -> MonthlyReturn:
    """The row of the return, made on the first change; callers stand inside ``audited``."""
    found = find_return(school, month)
    if found is not None:
        return found
    period = period_of(school, month) if owes_return(school, month) else None
    if period is None:
        raise StepRefused(f"{month} 不用填报。")
    try:
        with transaction.atomic():
            created = MonthlyReturn.objects.create(school=school, period=period)
            Edition.objects.create(monthly_return=created, number=1)
    except IntegrityError:  # the other tab was first
        pass
    found = find_return(school, month)
    if found is None:
        raise StepRefused(f"{month} 的月报表没有建成，请重试。")
    return found


def audit_step(
    monthly_return: MonthlyReturn, verb: str, actor: User | None, role: Role
) -> AbstractContextManager[AuditDraft]:
    """The audit context of one step; without an actor it is the system's."""
    school = monthly_return.school
    return audited(
        actor,
        f"return.{verb}",
        county_id=school.county_id,
        capacity=(capacity(actor, role, school) or capacity(actor, role)) if actor else "系统",
        school_id=school.pk,
    )


def note_event(monthly_return: MonthlyReturn, step: str, before: str, actor: User, reason: str = "") -> None:
    """One line of the return's history."""
    ReturnEvent.objects.create(
        monthly_return=monthly_return,
        step=step,
        from_state=before,
        to_state=monthly_return.state,
        edition_number=monthly_return.edition_number,
        by=actor,
        reason=reason[:300],
    )
