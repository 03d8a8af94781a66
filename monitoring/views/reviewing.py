"""Sending back, accepting and re-opening: the principal's and the bureau's pages."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import seen_revision
from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.reviewing import (
    Mark,
    accept_return,
    reopen_return,
    send_back_as_bureau,
    send_back_as_principal,
)
from monitoring.checks import order_problem
from monitoring.forms import MarkFormSet, ReopenForm, SendBackForm
from monitoring.models import MonthlyReturn, ReturnState
from monitoring.permissions import may_review, may_send_back_as_principal
from monitoring.views.found import ReturnPage, find_existing
from monitoring.views.links import detail_url, figure_url
from monitoring.views.panels import (
    checks_panel,
    correction_note,
    difference_shown,
    marks_shown,
    moved_children,
    named,
)
from monitoring.views.refusing import not_now, refused_page
from monitoring.views.sheet import sheet_of
from monitoring.workflow import REOPEN, RETURN_WORKFLOW, SEND_BACK_BY_BUREAU, SEND_BACK_BY_PRINCIPAL
from schools.queries import setting
from schools.settings import CORRECTION_DAYS


def signing_context(page: ReturnPage) -> dict[str, object]:
    """What stands on every page where a text is decided on: form, names, differences, marks, open matters."""
    content = page.required_content
    sheet = sheet_of(
        content,
        lambda grade, column: figure_url(page, grade, column),
        marks=page.marks,
        against=page.difference,
        shows_moved=True,
    )
    return page.context(
        content=content,
        sheet=sheet,
        difference=difference_shown(page.difference),
        moved=named(page, content.counted),
        uncounted=named(page, content.uncounted),
        moved_children=moved_children(content),
        marks=marks_shown(page, page.difference),
        checks=checks_panel(page),
        correction_note=correction_note(content),
    )


@require_safe
def return_review(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """复审: the form, what changed since the bureau saw it last, marks and answers; accept or send back."""
    page, monthly_return = find_existing(request, school_pk, month)
    if not may_review(request.user, monthly_return):
        raise NotPermitted("月报由县局基教股复审；本校的人不能复审本校的月报。")
    if not page.is_filed:
        return not_now(request, page)
    context = signing_context(page)
    context["order_problem"] = order_problem(monthly_return, ReturnState.ACCEPTED)
    return render(request, "monitoring/return_review.html", context)


@require_POST
def return_accept(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """接收 one return."""
    page, monthly_return = find_existing(request, school_pk, month)
    try:
        accept_return(monthly_return, actor=request.user, seen_revision=seen_revision(request))
    except StepRefused as refused:
        return refused_page(request, page, refused)
    messages.success(request, f"已接收 {page.school} {page.month}，已锁定。")
    return go(request, detail_url(page))


@require_http_methods(["GET", "HEAD", "POST"])
def return_send_back_principal(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """退回 by the principal, to the clerk."""
    page, monthly_return = find_existing(request, school_pk, month)
    if not may_send_back_as_principal(request.user, monthly_return):
        raise NotPermitted("校内退回由校长办。")
    return _send_back(request, page, monthly_return, SEND_BACK_BY_PRINCIPAL)


@require_http_methods(["GET", "HEAD", "POST"])
def return_send_back_bureau(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """退回 by the bureau, to the school."""
    page, monthly_return = find_existing(request, school_pk, month)
    if not may_review(request.user, monthly_return):
        raise NotPermitted("县局退回由基教股办；本校的人不能退回本校的月报。")
    return _send_back(request, page, monthly_return, SEND_BACK_BY_BUREAU)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def return_reopen(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """重开 an accepted month: a page of its own with the reason and the password."""
    page, monthly_return = find_existing(request, school_pk, month)
    if not may_review(request.user, monthly_return):
        raise NotPermitted("重开由县局基教股办；本校的人不能重开本校的月报。")
    if monthly_return.state not in RETURN_WORKFLOW[REOPEN].sources:
        return not_now(request, page)
    form = ReopenForm(
        request.POST or None, request=request, initial={"seen_revision": monthly_return.revision}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            edition = reopen_return(
                monthly_return,
                actor=request.user,
                seen_revision=said["seen_revision"],
                reason=said["reason"],
            )
        except StepRefused as refused:
            return refused_page(request, page, refused)
        messages.success(request, f"已重开 {page.school} {page.month}，开第{edition.number}版。")
        return go(request, detail_url(page))
    days = dt.timedelta(days=setting(page.school.county_id, CORRECTION_DAYS))
    highest = max((edition.number for edition in page.editions), default=0)
    context = page.context(
        form=form,
        back_url=detail_url(page),
        next_edition=highest + 1,
        expires_on=timezone.localdate() + days,
    )
    return render(request, "monitoring/return_reopen.html", context)


def _send_back(
    request: UserRequest, page: ReturnPage, monthly_return: MonthlyReturn, step: str
) -> HttpResponse:
    """One page for both: reason, and up to five marked cells."""
    if monthly_return.state not in RETURN_WORKFLOW[step].sources:
        return not_now(request, page)
    grades = list(page.school.grades)
    form = SendBackForm(request.POST or None, initial={"seen_revision": monthly_return.revision})
    marks: BaseFormSet[Any] = MarkFormSet(
        request.POST or None, form_kwargs={"grades": grades}, initial=_first_mark(request), prefix="mark"
    )
    if request.method == "POST" and form.is_valid() and marks.is_valid():
        chosen = [
            Mark(said["grade"], said["column"], said["text"])
            for said in marks.cleaned_data
            if said.get("text")
        ]
        send = send_back_as_principal if step == SEND_BACK_BY_PRINCIPAL else send_back_as_bureau
        try:
            send(
                monthly_return,
                actor=request.user,
                seen_revision=form.cleaned_data["seen_revision"],
                reason=form.cleaned_data["reason"],
                marks=chosen,
            )
        except StepRefused as refused:
            return refused_page(request, page, refused)
        whom = monthly_return.submitted_by.name if monthly_return.submitted_by else "填报员"
        messages.success(request, f"已退回给 {whom}，批注 {len(chosen)} 处。改好后会回到您这里。")
        return go(request, detail_url(page))
    context = signing_context(page) | {
        "form": form,
        "mark_forms": marks,
        "is_bureau": step == SEND_BACK_BY_BUREAU,
        "back_url": detail_url(page),
    }
    return render(request, "monitoring/return_send_back.html", context)


def _first_mark(request: UserRequest) -> list[dict[str, str]]:
    """?grade=3&column=transfer_out from a figure that was being looked at."""
    grade, column = request.GET.get("grade", ""), request.GET.get("column", "")
    if not column or not grade.isdigit():
        return []
    return [{"grade": grade, "column": column}]
