"""The file of a roster import: columns matched by hand, and the copy with its bad cells marked."""

import re
import uuid as uuids
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest
from accounts.step_views import press
from accounts.tabular.export import mark_errors_workbook
from accounts.tabular.model import Sheet, Workbook, column_index
from accounts.workflow import StepRefused
from schools.models import Role
from schools.permissions import capacity
from students.actions.roster_preview import choose_columns, preview_of, workbook_of
from students.forms.roster import RosterColumnsForm
from students.roster_import.reading import column_samples, guessed_columns
from students.views.roster import READ, find_row, open_row

_CELL: Final = re.compile(r"([A-Z]+)(\d+)")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
def roster_columns(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    """指定栏目: a person says which column is what."""
    row = open_row(request, uuid)
    workbook = workbook_of(row)
    sheets = [sheet for sheet in workbook.visible_sheets if sheet.rows]
    sheet = _chosen_sheet(sheets, request.POST.get("sheet") or request.GET.get("sheet", ""))
    heading_row, guesses = guessed_columns(sheet)
    samples = column_samples(sheet, heading_row)
    form = RosterColumnsForm(
        request.POST or None,
        sheet=sheet,
        columns=[column for column, *_ in samples],
        guesses=guesses,
        initial={"row": heading_row},
    )
    if request.method == "POST" and form.is_valid():
        return press(
            request,
            row,
            lambda row, **who: choose_columns(row, form.mapping, **who),
            done="已按您指定的栏目重新读取，请核对。",
            redirect_to=reverse("students:roster-detail", args=[row.uuid]),
        )
    log_access(request.user, READ, count=1, capacity=capacity(request.user, Role.CLERK, row.school))
    columns = [
        {"letter": letter, "heading": heading, "examples": examples, "field": form[f"column-{column}"]}
        for column, letter, heading, examples in samples
    ]
    context = {"row": row, "form": form, "columns": columns, "sheet": sheet, "sheets": sheets}
    return render(request, "students/roster_columns.html", context)


def _chosen_sheet(sheets: list[Sheet], name: str) -> Sheet:
    if not sheets:
        raise StepRefused("文件里没有可以读取的表。请重新导出后再传。")
    return next((sheet for sheet in sheets if sheet.name == name), sheets[0])


@require_safe
def roster_errors(request: UserRequest, uuid: uuids.UUID) -> HttpResponse:
    """The person's own file with the bad cells marked and a column 问题."""
    row = find_row(request, uuid)
    preview, workbook = preview_of(row), workbook_of(row)
    problems = [*preview.errors, *preview.to_confirm]
    content = mark_errors_workbook(
        workbook,
        [place for problem in problems if (place := _place(problem, workbook)) is not None],
        header_rows=preview.reading.headers,
    )
    who = capacity(request.user, Role.CLERK, row.school)
    log_access(request.user, "名册文件（含证件号码）", count=row.row_count, capacity=who)
    name = f"名册有错的行-{timezone.localdate():%Y-%m-%d}.xlsx"
    header = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": header})


def _place(problem: Any, workbook: Workbook) -> tuple[str, int, int | None, str] | None:
    """Indices of a problem's cell in the sheet as it was read."""
    sheet = next((sheet for sheet in workbook.visible_sheets if sheet.name == problem.sheet), None)
    if sheet is None or not problem.row:
        return None
    found = _CELL.fullmatch(problem.cell)
    column = column_index(found[1].encode()) - sheet.first_column + 1 if found else None
    return sheet.name, problem.row - sheet.first_row, column, f"{problem.why}。{problem.remedy}"
