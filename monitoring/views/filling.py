"""The clerk's work on a return: remarks, answers to marks, pulling back, beginning an optional month."""

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest, go, is_partial
from accounts.step_views import seen_revision
from accounts.wording import grade_name
from accounts.workflow import NotPermitted, StalePage, StepRefused
from monitoring.actions.filing import answer_mark, begin_optional_month, edit_remark, pull_back
from monitoring.forms import MarkAnswerForm, RemarkForm
from monitoring.models import CellMark, MonthlyReturn
from monitoring.models.marks import MarkAnswer
from monitoring.permissions import may_prepare
from monitoring.views.found import ReturnPage, find_existing, find_page
from monitoring.views.links import detail_url
from monitoring.views.refusing import CONFLICT, refused_page
from monitoring.views.sheet import place_name


@require_http_methods(["GET", "HEAD", "POST"])
def return_remark(request: UserRequest, school_pk: int, month: dt.date, grade: int) -> HttpResponse:
    """Edit one 备注, or bring the composed one back (an empty text)."""
    page = find_page(request, school_pk, month)
    _require_clerk(page)
    content = page.required_content
    if grade not in content.remarks:
        raise Http404
    if not page.is_live:
        messages.error(request, f"{page.standing.label}：备注已锁定。{page.standing.sentence}")
        return go(request, f"{detail_url(page)}#row-{grade}")
    remark = content.remarks[grade]
    form = RemarkForm(request.POST or None, initial={"text": remark, "seen": remark})
    status = 200
    if request.method == "POST" and form.is_valid():
        text = "" if "automatic" in request.POST else form.cleaned_data["text"]
        try:
            edit_remark(
                page.school,
                page.month,
                grade=grade,
                text=text,
                seen=form.cleaned_data["seen"],
                actor=request.user,
            )
        except StalePage as stale:
            # The person's own text stays in the field; saving again decides for it.
            form = RemarkForm({"text": form.cleaned_data["text"], "seen": remark})
            form.is_valid()
            form.add_error("text", str(stale))
            status = CONFLICT
        except StepRefused as refused:
            return refused_page(request, page, refused)
        else:
            messages.success(request, f"{grade_name(grade)}备注已保存。")
            return go(request, f"{detail_url(page)}#row-{grade}")
    context = page.context(
        form=form, grade=grade, composed=content.composed[grade], back_url=f"{detail_url(page)}#row-{grade}"
    )
    template = "parts/remark_form" if is_partial(request) else "return_remark"
    return render(request, f"monitoring/{template}.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def mark_answer(request: UserRequest, school_pk: int, month: dt.date, mark_pk: int) -> HttpResponse:
    """Answer one marked cell: changed, or why it is right."""
    page, monthly_return = find_existing(request, school_pk, month)
    _require_clerk(page)
    mark = get_object_or_404(
        CellMark.objects.select_related("made_by", "monthly_return__period__month", "monthly_return__school"),
        monthly_return=monthly_return,
        pk=mark_pk,
    )
    form = MarkAnswerForm(request.POST or None, initial={"answer": mark.answer, "text": mark.answer_text})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            answer_mark(mark, answer=MarkAnswer(said["answer"]), text=said["text"], actor=request.user)
        except StalePage as stale:
            return refused_page(request, page, stale)
        except StepRefused as refused:
            form.add_error("text" if said["answer"] == MarkAnswer.RIGHT else "answer", str(refused))
        else:
            messages.success(request, "已答复这处批注。")
            return go(request, f"{detail_url(page)}#marks")
    context = page.context(
        form=form, mark=mark, place=place_name(mark.grade, mark.column), back_url=f"{detail_url(page)}#marks"
    )
    return render(request, "monitoring/mark_answer.html", context)


@require_POST
def return_pull_back(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """撤回 until the principal has signed."""
    page, monthly_return = find_existing(request, school_pk, month)
    try:
        pull_back(monthly_return, actor=request.user, seen_revision=seen_revision(request))
    except StepRefused as refused:
        return refused_page(request, page, refused)
    messages.success(request, "已撤回，可以修改了。改好后再送校长签字。")
    return go(request, detail_url(page))


@require_POST
def return_begin_optional(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """File an optional month: from now on facts of its days count in it."""
    page = find_page(request, school_pk, month)
    try:
        begin_optional_month(page.school, page.month, actor=request.user)
    except StepRefused as refused:
        return refused_page(request, page, refused)
    messages.success(request, f"{page.month} 开始填报。")
    return go(request, detail_url(page))


def _require_clerk(page: ReturnPage) -> None:
    if not may_prepare(page.user, page.monthly_return or MonthlyReturn(school=page.school)):
        raise NotPermitted("月报由本校填报员填报，您可以查看。")
