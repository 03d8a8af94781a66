"""送签 and 签字, where a return becomes a signed document; print preview and downloads of its forms."""

import datetime as dt
from typing import Any, Literal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest, go
from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.common import PageToken
from monitoring.models import Edition, MonthlyReturn, ReturnState
from monitoring.permissions import may_prepare, may_sign
from monitoring.views.found import ReturnPage, find_existing, find_page
from monitoring.views.links import detail_url, record_url
from monitoring.views.panels import checks_panel, marks_shown, moved_children
from monitoring.views.refusing import not_now, refused_page
from monitoring.views.reviewing import signing_context
from reports.actions.sealing import documents_to_sign, sign_and_seal, submit_signed
from reports.documents.annex1 import annex1_paper
from reports.documents.annex2 import annex2_paper
from reports.documents.form_facts import FormFactsInvalid
from reports.documents.monthly_return import (
    ReturnForms,
    annex1_facts,
    annex2_facts,
    file_name,
    forms_now,
    forms_of_edition,
)
from reports.queries.trust import authority_of
from reports.return_files import return_file
from reports.sealing_forms import SealedSignForm, SealedSubmitForm
from reports.site import site_of

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def return_submit(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """检查并送校长签字: what still must be done, or the last look before it is sent; zero reports in one press."""
    page = find_page(request, school_pk, month)
    if not may_prepare(request.user, page.monthly_return or MonthlyReturn(school=page.school)):
        raise NotPermitted("月报由本校填报员送校长签字。")
    if not page.is_live:
        return not_now(request, page)
    content = page.required_content
    form = SealedSubmitForm(
        request.POST or None,
        request=request,
        opens_key=authority_of(page.school.county_id) is not None,
        initial={"token": str(page.token)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            seen = PageToken.parse(form.cleaned_data["token"])
            submit_signed(
                page.school,
                page.month,
                actor=request.user,
                seen=seen,
                password=form.key_password,
                site=site_of(request),
            )
        except StepRefused as refused:
            return refused_page(request, page, refused)
        messages.success(request, f"{page.month}月报已送校长签字。")
        return go(request, detail_url(page))
    context = page.context(
        form=form,
        content=content,
        checks=checks_panel(page),
        marks=marks_shown(page, page.difference),
        moved_children=moved_children(content),
        record_url=record_url(page),
        back_url=detail_url(page),
    )
    return render(request, "reports/return_submit.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def return_sign(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """The form is the signing page: what is signed is the text shown here, and no other."""
    page, monthly_return = find_existing(request, school_pk, month)
    if not may_sign(request.user, monthly_return):
        raise NotPermitted(_who_signs(page, monthly_return, request))
    if monthly_return.state != ReturnState.SUBMITTED:
        return not_now(request, page)
    seals = bool(documents_to_sign(monthly_return))
    form = SealedSignForm(
        request.POST or None,
        request=request,
        opens_key=seals,
        initial={"seen_revision": monthly_return.revision},
    )
    if request.method == "POST" and form.is_valid():
        try:
            sign_and_seal(
                monthly_return,
                actor=request.user,
                seen_revision=form.cleaned_data["seen_revision"],
                password=form.key_password,
                site=site_of(request),
            )
        except StepRefused as refused:
            return refused_page(request, page, refused)
        messages.success(request, f"已签字{'盖章' if seals else ''}，{page.month}月报已报县局。")
        return go(request, detail_url(page))
    context = signing_context(page) | {"form": form, "text": page.text, "seals": seals}
    return render(request, "reports/return_sign.html", context)


@require_safe
def return_preview(request: UserRequest, school_pk: int, month: dt.date, form: int) -> HttpResponse:
    """The paper on screen, as it prints."""
    page = find_page(request, school_pk, month)
    number, forms = _forms(request, page, form)
    if number == 1:
        paper = _paper(lambda: annex1_paper(annex1_facts(forms)))
    else:
        paper = _paper(lambda: annex2_paper(annex2_facts(forms)))
        _log(request, forms, "return.annex2.preview")
    context: dict[str, Any] = {
        "page": page,
        "school": page.school,
        "month": page.month,
        "form": number,
        "copy_note": forms.record.copy_note,
        "query": f"?edition={request.GET['edition']}" if request.GET.get("edition") else "",
        "sheet_template": f"reports/pdf/annex{number}_sheet.html",
        "label_title": "年级",
        "on_screen": True,
        **paper,
    }
    return render(request, "reports/return_preview.html", context)


@require_safe
def return_form(request: UserRequest, school_pk: int, month: dt.date, form: int, kind: str) -> HttpResponse:
    """One form as PDF or XLSX; 草稿 across the page until it is signed. ?edition=n: an older one."""
    if kind not in CONTENT_TYPES:
        raise Http404
    page = find_page(request, school_pk, month)
    number, forms = _forms(request, page, form)
    data = _bytes(forms, number, kind)
    if number == 2:
        _log(request, forms, f"return.annex2.{kind}")
    name = file_name(forms, number, kind)
    return HttpResponse(
        data,
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
    )


def _forms(request: UserRequest, page: ReturnPage, form: int) -> tuple[Literal[1, 2], ReturnForms]:
    """The text to print: the one on the page, or a signed edition that is asked for."""
    if form not in (1, 2):
        raise Http404
    if not page.may_print:
        raise NotPermitted("月报表由学校、中心校和基教股打印、下载，您可以在网页上查看。")
    number: Literal[1, 2] = 1 if form == 1 else 2
    asked = request.GET.get("edition", "")
    if asked:
        if not (asked.isascii() and asked.isdigit() and len(asked) < 5):
            raise Http404
        editions = Edition.objects.select_related("frozen__edition", "monthly_return")
        edition = get_object_or_404(editions, monthly_return=page.monthly_return, number=int(asked))
        forms = forms_of_edition(edition)
        if forms is None:
            raise Http404
        return number, forms
    if page.content is None:
        raise Http404
    return number, forms_now(page.school, page.month, page.monthly_return)


def _bytes(forms: ReturnForms, form: int, kind: str) -> bytes:
    try:
        return return_file(forms, form, kind)
    except FormFactsInvalid as invalid:
        raise StepRefused(f"这份表现在不能打印：{invalid}。请先核对月报的检查项。") from invalid


def _paper(build: Any) -> dict[str, object]:
    try:
        paper: dict[str, object] = build()
    except FormFactsInvalid as invalid:
        raise StepRefused(f"这份表现在不能打印：{invalid}。请先核对月报的检查项。") from invalid
    return paper


def _log(request: UserRequest, forms: ReturnForms, what: str) -> None:
    children = len({row.student_id for row in forms.content.rows})
    if children:
        log_access(request.user, what, count=children)


def _who_signs(page: ReturnPage, monthly_return: MonthlyReturn, request: UserRequest) -> str:
    """ui.md §7.3 #17."""
    if monthly_return.submitted_by_id == request.user.pk:
        return "这份月报是您自己送签的，不能由您签字。请由本校另一位校长签字。"
    who = f" {page.situation.principal} " if page.situation.principal else ""
    return f"这份月报由{who}校长签字，您不能代签。"
