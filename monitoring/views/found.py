"""The return that a page is about: fetched within what the person may see, with what may be shown of it."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.http import UserRequest
from accounts.models import User
from accounts.workflow import available_steps
from monitoring.actions.common import PageToken, find_return, page_token
from monitoring.build import content_now, content_of
from monitoring.checks import run_checks
from monitoring.content import ReturnContent
from monitoring.differences import Difference, compare
from monitoring.models import CellMark, Edition, FrozenReturn, MonthlyReturn
from monitoring.models.returns import EDITABLE_STATES, FILED_STATES
from monitoring.months import owes_return
from monitoring.permissions import (
    may_open_children,
    may_prepare,
    may_print,
    may_see_drafts,
    schools_with_returns_for,
    signs_for,
)
from monitoring.problems import LOOK, Problem
from monitoring.situations import reader_of, situation_of
from monitoring.steps import steps_of
from monitoring.texts import current_text
from monitoring.wording import Reader, Situation, Standing, code_of, standing
from monitoring.workflow import RETURN_WORKFLOW
from schools.models import ReportingMonth, Requirement, School
from students.models import RollPeriod
from students.permissions import may_see_contacts


@dataclass
class ReturnPage:
    """One school's month as one person sees it. Nothing here writes: a return nobody has begun has no row."""

    user: User
    school: School
    month: ReportingMonth
    monthly_return: MonthlyReturn | None

    @cached_property
    def reader(self) -> Reader:
        return reader_of(self.user, self.school)

    @cached_property
    def situation(self) -> Situation:
        return situation_of(self.school, self.month, self.monthly_return)

    @cached_property
    def standing(self) -> Standing:
        situation = self.situation
        if self.reader == Reader.REVIEWER and code_of(situation) == "signed_again" and self.difference:
            situation = replace(situation, changed_cells=self.difference.count)
        return standing(self.reader, situation)

    @cached_property
    def sees_drafts(self) -> bool:
        return may_see_drafts(self.user, self.school)

    @cached_property
    def text(self) -> FrozenReturn | None:
        """The last text of the current edition, once it was submitted."""
        return current_text(self.monthly_return) if self.monthly_return is not None else None

    @property
    def is_filed(self) -> bool:
        return self.monthly_return is not None and self.monthly_return.state in FILED_STATES

    @property
    def is_live(self) -> bool:
        """Still to be filled in: the figures follow the facts."""
        if self.monthly_return is None:
            return self.month.requirement == Requirement.REQUIRED
        return self.monthly_return.state in EDITABLE_STATES

    @property
    def is_editable(self) -> bool:
        """By this person, now."""
        stand_in = self.monthly_return or MonthlyReturn(school=self.school)
        return self.is_live and may_prepare(self.user, stand_in)

    @property
    def sees_contacts(self) -> bool:
        return may_see_contacts(self.user, self.school) or signs_for(self.user, self.school)

    @property
    def opens_children(self) -> bool:
        return may_open_children(self.user, self.school)

    @property
    def may_print(self) -> bool:
        return may_print(self.user, self.school)

    @cached_property
    def content(self) -> ReturnContent | None:
        """What this person may read of it now; None where there is nothing, or nothing for the reader yet."""
        if self.monthly_return is None and self.month.requirement != Requirement.REQUIRED:
            return None
        if self.sees_drafts or self.is_filed:
            return content_now(self.school, self.month, self.monthly_return)
        return None

    @property
    def required_content(self) -> ReturnContent:
        """For pages that are nothing without it: 404 where the person may not read it."""
        if self.content is None:
            raise Http404
        return self.content

    @cached_property
    def previous_text(self) -> FrozenReturn | None:
        """What the reader saw last: the submission before this one; the bureau sees signed ones only."""
        if self.monthly_return is None:
            return None
        texts = FrozenReturn.objects.filter(edition__monthly_return=self.monthly_return)
        if not self.sees_drafts:
            texts = texts.filter(signed_edition__isnull=False)
        if self.text is not None and not self.is_live:
            texts = texts.filter(pk__lt=self.text.pk)
        return texts.select_related("edition__monthly_return").order_by("-pk").first()

    @cached_property
    def difference(self) -> Difference | None:
        """From the text before to what the page shows; None where there is no text before."""
        if self.previous_text is None or self.content is None:
            return None
        marked = {(mark.grade, mark.column) for mark in self.marks}
        return compare(content_of(self.previous_text), self.content, marked)

    @property
    def principal_shown(self) -> str:
        """Who has signed the text on the page."""
        found = self.monthly_return
        if found is None:
            return ""
        return (
            found.signed_by.name
            if found.signed_by is not None
            else "待签"
            if self.text and not self.is_live
            else ""
        )

    @property
    def filler_shown(self) -> str:
        found = self.monthly_return
        return found.submitted_by.name if found is not None and found.submitted_by is not None else ""

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything while the return can be changed; once it is sent only what is to be looked at."""
        found = run_checks(self.required_content, self.monthly_return)
        return found if self.is_live else [problem for problem in found if problem.level == LOOK]

    @cached_property
    def marks(self) -> list[CellMark]:
        """Marks of the last send-back, in the order they were made."""
        found = self.monthly_return
        if found is None or found.sent_back_at is None:
            return []
        return list(
            CellMark.objects.filter(monthly_return=found, made_at__gte=found.sent_back_at).select_related(
                "made_by", "answered_by"
            )
        )

    @cached_property
    def editions(self) -> list[Edition]:
        """Newest first."""
        if self.monthly_return is None:
            return []
        return list(
            Edition.objects.filter(monthly_return=self.monthly_return)
            .select_related("frozen", "opened_by")
            .order_by("-number")
        )

    @cached_property
    def steps(self) -> list[dict[str, str]]:
        return steps_of(self.situation, self.text.attempt if self.text else 0)

    @cached_property
    def can(self) -> set[str]:
        """Names of the steps that this person can take now."""
        if self.monthly_return is None:
            return set()
        return set(available_steps(RETURN_WORKFLOW, self.monthly_return, self.user))

    @property
    def period(self) -> RollPeriod | None:
        if self.monthly_return is not None:
            return self.monthly_return.period
        return RollPeriod.objects.filter(school=self.school, month=self.month).first()

    @property
    def token(self) -> PageToken:
        """What the page shows, for the form that submits it."""
        return page_token(self.monthly_return, self.period, self.required_content)

    @property
    def revision(self) -> int:
        return self.monthly_return.revision if self.monthly_return is not None else 0

    def context(self, **more: object) -> dict[str, object]:
        """What every page about a return shows."""
        return {
            "page": self,
            "school": self.school,
            "month": self.month,
            "state": self.standing,
            "steps": self.steps,
            **more,
        }


def find_page(request: UserRequest, school_pk: int, month: dt.date) -> ReturnPage:
    """404 for schools and months out of sight."""
    schools = schools_with_returns_for(request.user).select_related("parent", "county", "township")
    school = get_object_or_404(schools, pk=school_pk)
    reporting_month = get_object_or_404(ReportingMonth, county_id=school.county_id, month=month)
    found = find_return(school, reporting_month)
    if found is None and not owes_return(school, reporting_month):
        raise Http404
    return ReturnPage(request.user, school, reporting_month, found)


def find_existing(request: UserRequest, school_pk: int, month: dt.date) -> tuple[ReturnPage, MonthlyReturn]:
    """As ``find_page``, where somebody has begun the return; 404 otherwise."""
    page = find_page(request, school_pk, month)
    if page.monthly_return is None:
        raise Http404
    return page, page.monthly_return
