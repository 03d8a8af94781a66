"""A return to read: the form on screen, the names behind its figures, Annex 2, differences, old editions."""

import datetime as dt
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.audit import log_access
from accounts.http import UserRequest, is_partial
from accounts.wording import cn_date, grade_name, mask_id, mask_phone
from monitoring.build import content_of
from monitoring.content import DetailRow, ReturnContent
from monitoring.differences import compare
from monitoring.models import Edition
from monitoring.names import children_behind
from monitoring.views.found import ReturnPage, find_existing, find_page
from monitoring.views.links import child_url, detail_url, figure_url, record_url
from monitoring.views.panels import (
    checks_panel,
    correction_note,
    difference_shown,
    failed_cells,
    marks_shown,
    moved_children,
    named,
)
from monitoring.views.sheet import FIGURES, place_name, sheet_of
from monitoring.wording import edition_standing
from monitoring.workflow import SEND_BACK_BY_BUREAU, SEND_BACK_BY_PRINCIPAL
from schools.models import ReportingMonth

PAGE_ROWS = 50
# Columns of Annex 2 on screen; the address stands on paper only.
SCREEN_COLUMNS = (
    ("name", "学生姓名"),
    ("sex", "性别"),
    ("id_number", "证件号"),
    ("grade_class", "年级班级"),
    ("kind", "变动类别"),
    ("happened_on", "变动时间"),
    ("reason", "变动原因"),
    ("counterpart", "来源或去向"),
    ("guardian_name", "监护人"),
    ("guardian_phone", "联系电话"),
    ("evidence", "证明材料"),
    ("follow_up", "跟踪（劝返）情况"),
    ("teacher", "责任教师"),
    ("remark", "备注"),
)


@require_safe
def return_detail(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """Annex 1 on screen. Whoever may not read a draft sees who must act and until when."""
    page = find_page(request, school_pk, month)
    if page.content is None:
        return render(
            request, "monitoring/return_unfiled.html", page.context(editions=_signed_editions(page))
        )
    against = page.difference if page.marks or page.is_live else None
    sheet = sheet_of(
        page.content,
        lambda grade, column: figure_url(page, grade, column),
        marks=page.marks,
        bad=failed_cells(page),
    )
    context = page.context(
        content=page.content,
        sheet=sheet,
        checks=checks_panel(page),
        marks=marks_shown(page, against),
        moved=named(page, page.content.counted),
        moved_children=moved_children(page.content),
        record_url=record_url(page),
        correction_note=correction_note(page.content),
    )
    return render(request, "monitoring/return_detail.html", context)


@require_safe
def return_figure(
    request: UserRequest, school_pk: int, month: dt.date, grade: int, column: str
) -> HttpResponse:
    """The children behind one figure: in place for htmx, a page of its own otherwise."""
    page = find_page(request, school_pk, month)
    return _figure(request, page, page.required_content, grade, column)


@require_safe
def edition_figure(
    request: UserRequest, school_pk: int, month: dt.date, number: int, grade: int, column: str
) -> HttpResponse:
    """As ``return_figure``, of an edition that was signed."""
    page, _ = find_existing(request, school_pk, month)
    edition, content = _edition(page, number)
    return _figure(request, page, content, grade, column, edition)


@require_safe
def return_annex2(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """月报信息表（二） on screen, numbers masked."""
    page = find_page(request, school_pk, month)
    return _annex2(request, page, page.required_content, None)


@require_safe
def edition_annex2(request: UserRequest, school_pk: int, month: dt.date, number: int) -> HttpResponse:
    """As ``return_annex2``, of an edition that was signed."""
    page, _ = find_existing(request, school_pk, month)
    edition, content = _edition(page, number)
    return _annex2(request, page, content, edition)


@require_safe
def return_differences(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """Against the submission before, or against last month."""
    page = find_page(request, school_pk, month)
    content = page.required_content
    against = "month" if request.GET.get("against") == "month" or page.previous_text is None else "submission"
    context = page.context(
        content=content,
        against=against,
        difference=difference_shown(page.difference) if against == "submission" else None,
        counted=named(page, content.counted),
        uncounted=named(page, content.uncounted),
        lines=_against_last_month(content),
    )
    return render(request, "monitoring/return_differences.html", context)


@require_safe
def edition_detail(request: UserRequest, school_pk: int, month: dt.date, number: int) -> HttpResponse:
    """A signed edition, read only: the one in force, a void one, or one that was replaced."""
    page, _ = find_existing(request, school_pk, month)
    edition, content = _edition(page, number)
    before = _signed_before(page, edition)
    difference = compare(before, content) if before is not None else None
    sheet = sheet_of(
        content, lambda grade, column: figure_url(page, grade, column, edition.number), against=difference
    )
    context = page.context(
        edition=edition,
        content=content,
        sheet=sheet,
        difference=difference_shown(difference),
        edition_state=edition_standing(page.reader, page.situation, edition),
        moved=named(page, content.counted, edition.number),
        uncounted=named(page, content.uncounted, edition.number),
        correction_note=correction_note(content),
    )
    return render(request, "monitoring/edition_detail.html", context)


def _against_last_month(content: ReturnContent) -> list[dict[str, object]]:
    rows = [(grade_name(line.grade), line) for line in content.printed_lines]
    return [
        {
            "name": name,
            "opening": line.opening,
            "closing": line.closing,
            "change": line.closing - line.opening,
        }
        for name, line in [*rows, ("合计", content.printed_total)]
    ]


def _edition(page: ReturnPage, number: int) -> tuple[Edition, ReturnContent]:
    """Only signed editions are read by themselves; their text never changes."""
    editions = Edition.objects.select_related("frozen__edition", "monthly_return")
    edition = get_object_or_404(editions, monthly_return=page.monthly_return, number=number)
    if edition.frozen is None:
        raise Http404
    return edition, content_of(edition.frozen)


def _signed_before(page: ReturnPage, edition: Edition) -> ReturnContent | None:
    before = next((e for e in page.editions if e.number < edition.number and e.frozen is not None), None)
    return content_of(before.frozen) if before is not None and before.frozen is not None else None


def _signed_editions(page: ReturnPage) -> list[Edition]:
    return [edition for edition in page.editions if edition.frozen is not None]


def _figure(
    request: UserRequest,
    page: ReturnPage,
    content: ReturnContent,
    grade: int,
    column: str,
    edition: Edition | None = None,
) -> HttpResponse:
    if column not in FIGURES or (grade and grade not in {line.grade for line in content.lines}):
        raise Http404
    lines = {line.grade: line for line in content.printed_lines}
    line = lines[grade] if grade else content.printed_total
    number = edition.number if edition else None
    is_roll = column in ("opening", "closing")
    rows, roll = [], []
    if is_roll:
        roll = children_behind(content, grade, column)
    else:
        rows = content.rows_behind(grade, column)
    shown: Page[Any] = Paginator(roll or rows, PAGE_ROWS).get_page(request.GET.get("page"))
    context = page.context(
        edition=edition,
        grade=grade,
        column=column,
        place=place_name(grade, column),
        value=getattr(line, column),
        page_obj=shown,
        is_roll=is_roll,
        is_exact=not is_roll or len(roll) == getattr(line, column),
        names=[(name, child_url(page, name.student_id)) for name in shown] if is_roll else [],
        rows=named(page, list(shown), number) if rows else [],
        back_url=f"{detail_url(page)}#row-{grade}",
        figure_url=figure_url(page, grade, column, number),
        send_back_url=_send_back_url(page) if edition is None else "",
    )
    template = "parts/behind" if is_partial(request) else "return_figure"
    return render(request, f"monitoring/{template}.html", context)


def _send_back_url(page: ReturnPage) -> str:
    """Where a remark on this cell is written, for whoever can send the return back now."""
    for step, name in (
        (SEND_BACK_BY_PRINCIPAL, "monitoring:return-send-back-principal"),
        (SEND_BACK_BY_BUREAU, "monitoring:return-send-back-bureau"),
    ):
        if step in page.can:
            return reverse(name, args=[page.school.pk, page.month.month])
    return ""


def _annex2(
    request: UserRequest, page: ReturnPage, content: ReturnContent, edition: Edition | None
) -> HttpResponse:
    if content.rows:
        log_access(request.user, "return.annex2", count=len({row.student_id for row in content.rows}))
    columns = [pair for pair in SCREEN_COLUMNS if page.sees_contacts or not pair[0].startswith("guardian")]
    keys = [key for key, _ in columns]
    context = page.context(
        edition=edition,
        content=content,
        columns=columns,
        counted=[_screen_cells(row, page.month, keys) for row in content.counted],
        uncounted=[_screen_cells(row, page.month, keys) for row in content.uncounted],
    )
    return render(request, "monitoring/return_annex2.html", context)


def _screen_cells(row: DetailRow, month: ReportingMonth, keys: list[str]) -> list[tuple[str, str]]:
    """(key, text) of each column; numbers stay masked on screen whatever the paper says."""
    texts = {**row.printed, "happened_on": cn_date(row.happened_on, today=month.month)}
    return [(key, _masked(key, texts.get(key, ""))) for key in keys]


def _masked(key: str, text: str) -> str:
    if key == "guardian_phone" and text:
        return mask_phone(text)
    if key == "id_number" and "*" not in text and text[-1:].isalnum() and len(text) >= 15:
        return mask_id(text)
    return text
