"""Roster import: upload, columns by hand, preview with its answers, confirmation, the marked workbook."""

import uuid as uuids
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest, go
from accounts.sandbox import FileProblem
from accounts.step_views import press, refusal_text, seen_revision
from accounts.tabular.reader import MAX_FILE_BYTES
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.models import Role
from schools.permissions import capacity
from students.actions.roster import confirm_roster
from students.actions.roster_preview import (
    compare_again,
    discard_roster,
    drop_leading_g,
    preview_of,
    save_answers,
    upload_roster,
)
from students.forms.roster import (
    ARRIVAL_WORDS,
    KIND_CHOICES,
    MISSING_WORDS,
    RosterConfirmForm,
    RosterUploadForm,
    answers_of,
)
from students.models import RosterImport, RosterState
from students.queries import recording_schools
from students.roster_import.preview import Preview
from students.views.roster_page import TABS, Page, first_steps

PAGE_SIZE: Final = 50
RECENT: Final = 10
NOT_YOURS: Final = "名册由学校填报员导入，您的岗位不办这件事。"
READ: Final = "名册导入核对"


@require_http_methods(["GET", "HEAD", "POST"])
def roster_upload(request: UserRequest) -> HttpResponse:
    """Choose a file; what was uploaded lately stands below."""
    schools = recording_schools(request.user)
    if not schools.exists():
        raise NotPermitted(NOT_YOURS)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = RosterUploadForm(*posted, schools=schools)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            content = file.read(MAX_FILE_BYTES + 1)  # enough for the reader to refuse it as too large
            row = upload_roster(content, file.name, form.cleaned_data["school"], actor=request.user)
        except FileProblem as problem:
            form.add_error("file", problem.message)
        else:
            return go(request, "students:roster-detail", row.uuid)
    recent = _visible(request).order_by("-pk").defer("file", "preview")[:RECENT]
    context = {"form": form, "recent": recent, "several": schools.count() > 1, "steps": first_steps()}
    return render(request, "students/roster_upload.html", context)


@require_safe
def roster_detail(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    """The preview, one tab at a time; after confirming what was done."""
    row = find_row(request, uuid)
    if not row.preview:
        return render(request, "students/roster_closed.html", {"row": row})
    preview = preview_of(row)
    page = Page(row, preview)
    if preview.file_problems:
        return render(request, "students/roster_refused.html", {"row": row, "page": page, "preview": preview})
    first = page.first_tab()
    tab = request.GET.get("view", "")
    tab = tab if tab in TABS else first
    lines = page.lines(tab)
    page_obj = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = page.shown(tab, list(page_obj.object_list))
    log_access(request.user, READ, count=len(rows), capacity=capacity(request.user, Role.CLERK, row.school))
    context = _detail(row, page, tab, is_first=tab == first and page_obj.number == 1)
    context |= {"page_obj": page_obj, "rows": rows, "done": row.state == RosterState.CONFIRMED}
    if tab == "errors":
        context["peek"] = page.peek(request.GET.get("at", ""), rows)
    return render(request, "students/roster_detail.html", context)


def _detail(row: RosterImport, page: Page, tab: str, *, is_first: bool) -> dict[str, Any]:
    preview = page.preview
    return {
        "row": row,
        "tab": tab,
        "segs": page.tabs(tab),
        "steps": page.steps(),
        "panels": page.panels(tab) if is_first else [],
        "sheets": "、".join(f"“{name}”" for name in preview.reading.sheets),
        "taken": preview.taken_count,
        "open_questions": len(preview.open_questions),
        "fillable": sum(i["kind"] == "ask" and not i.get("no_id") for i in preview.open_questions),
        "must_ask": bool(preview.bad_row_count or preview.to_confirm or preview.open_questions),
        "nothing": preview.changes_nothing,
        "imported_before": _imported_before(row),
        "bad_rows": preview.bad_row_count,
        "offers_drop_g": row.state == RosterState.PREVIEWED and page.offers_drop_g(),
        "reading": preview.reading,
        "hidden": [notice for notice in preview.reading.notices if "隐藏" in notice or "删除线" in notice],
        "to_confirm": len(preview.to_confirm),
        "words": page.words() if tab == "notes" else [],
        "kinds": KIND_CHOICES,
        "arrivals": ARRIVAL_WORDS,
        "missing_words": MISSING_WORDS,
        "today": timezone.localdate().isoformat(),
        "gone": page.gone(),
        "is_open": row.state == RosterState.PREVIEWED,
    }


@require_POST
def roster_answers(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    """Keep the choices of one page of the preview."""
    row = open_row(request, uuid)
    answers = answers_of(request.POST, preview_of(row))
    tab = request.POST.get("view", "")
    page = request.POST.get("page", "1")
    query = f"?view={tab}&page={page}" if tab in TABS and page.isdigit() else ""
    return press(
        request,
        row,
        lambda row, **who: save_answers(row, answers, **who),
        done="已保存选择，还没有写入名册。",
        redirect_to=reverse("students:roster-detail", args=[row.uuid]) + query,
    )


@require_POST
def roster_drop_g(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    return press(
        request,
        open_row(request, uuid),
        drop_leading_g,
        done="已去掉身份证号开头的 G，重新核对过了。",
        redirect_to=reverse("students:roster-detail", args=[uuid]),
    )


@require_POST
def roster_compare(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    return press(
        request,
        open_row(request, uuid),
        compare_again,
        done="已按现在的名册重新核对。",
        redirect_to=reverse("students:roster-detail", args=[uuid]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def roster_confirm(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    """What will be written and what is left out; then the import itself."""
    row = find_row(request, uuid)
    if row.state == RosterState.CONFIRMED:
        if request.method == "POST":
            messages.info(request, "这个文件已经导入过了，没有再导入一次。")
        return go(request, "students:roster-detail", row.uuid)
    preview = preview_of(open_row(request, uuid))
    form = RosterConfirmForm(request.POST if request.method == "POST" else None, preview=preview)
    if request.method == "POST" and form.is_valid():
        said = {name: bool(value) for name, value in form.cleaned_data.items()}
        try:
            outcome = confirm_roster(row, actor=request.user, seen_revision=seen_revision(request), **said)
        except StepRefused as refused:
            messages.error(request, refusal_text(refused))
        else:
            messages.success(request, f"已导入：新增 {outcome.created}，变更 {outcome.updated}。")
        return go(request, "students:roster-detail", row.uuid)
    context = {"row": row, "form": form, "preview": preview, **_numbers(preview)}
    return render(request, "students/roster_confirm.html", context)


def _numbers(preview: Preview) -> dict[str, int]:
    """What confirming does, in figures."""
    written = [item for item in preview.plan.items if preview.writes(item)]
    changed = sum(item["kind"] == "changed" for item in written)
    transfers = sum(item["kind"] == "elsewhere" for item in written)
    base = sum(
        item["kind"] == "new" or (item["kind"] == "ask" and preview.answer(item).get("do") == "register")
        for item in written
    )
    return {
        "taken": preview.taken_count,
        "base": base,
        "arrivals": len(written) - changed - transfers - base,
        "changed": changed,
        "transfers": transfers,
        "unchanged": preview.taken_count - len(written),
        "left_out": sum(not preview.is_taken(item) for item in preview.plan.items),
        "open_questions": len(preview.open_questions),
        "missing": len(preview.plan.missing),
    }


@require_POST
def roster_discard(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    return press(
        request,
        open_row(request, uuid),
        discard_roster,
        done="已放弃这次导入，名册没有改动。",
        redirect_to=reverse("students:roster-upload"),
    )


def _visible(request: UserRequest) -> Any:
    """Imports of the schools whose roster this person keeps."""
    return RosterImport.objects.filter(school__in=recording_schools(request.user)).select_related(
        "school", "school__county", "school__parent", "uploaded_by", "decided_by"
    )


def find_row(request: UserRequest, uuid: uuids.UUID) -> RosterImport:
    row: RosterImport = get_object_or_404(_visible(request), uuid=uuid)
    return row


def open_row(request: UserRequest, uuid: uuids.UUID) -> RosterImport:
    row = find_row(request, uuid)
    if row.state == RosterState.DISCARDED:
        raise Http404
    if row.state == RosterState.CONFIRMED:
        raise StalePage("这个文件已经导入过了，刚才的操作没有执行。")
    return row


def _imported_before(row: RosterImport) -> RosterImport | None:
    """The same file, confirmed earlier."""
    same = RosterImport.objects.filter(school=row.school_id, sha256=row.sha256, state=RosterState.CONFIRMED)
    return same.exclude(pk=row.pk).defer("file", "preview").order_by("-pk").first()
