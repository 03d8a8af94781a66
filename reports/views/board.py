"""县月报看板: rows, export, reminders, acceptance of many, transfers that do not meet."""

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.wording import cn_datetime
from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.reminding import remind, remind_all, reminder_text
from monitoring.actions.reviewing import BulkResult, accept_many
from monitoring.board import BoardRow
from monitoring.permissions import may_remind, may_see_board
from reports.board_page import Board
from reports.documents.form_facts import FIGURE_KEYS
from reports.forms import AcceptForm
from reports.unmet import UnmetTransfers
from reports.views.downloads import download
from reports.views.months import month_or_404, neighbours
from reports.workbooks.board import BoardFacts, BoardLine, board_xlsx
from schools.models import Role
from students.models import Transfer

ROWS_A_PAGE = 50
NOT_YOURS = "县月报看板由基教股、中心校和督导查看。"


@require_safe
def board(request: UserRequest, month: dt.date | None = None) -> HttpResponse:
    """Every expected return of a month."""
    shown = _board(request, month)
    page = Paginator(shown.chosen, ROWS_A_PAGE).get_page(request.GET.get("page"))
    rows = shown.shown(page)
    context = {
        "board": shown,
        "month": shown.month,
        "pulse": shown.pulse(),
        "segs": shown.segs(request.GET),
        "form": shown.form,
        "page_obj": page,
        "rows": rows,
        "totals": shown.totals(shown.chosen),
        "may_pick": any(row.pick for row in rows),
        "may_remind": shown.is_reviewer or shown.is_central,
        "clear_url": request.path if shown.is_filtered else "",
        **neighbours(shown.month, "reports:board-month"),
    }
    return render(request, "reports/board.html", context)


@require_safe
def board_export(request: UserRequest, month: dt.date) -> HttpResponse:
    """The rows that the filters leave, all pages, with the filter printed."""
    shown = _board(request, month)
    totals = shown.totals(shown.chosen)
    facts = BoardFacts(
        title=f"{request.user.county.name}月报看板　{shown.month}",
        bureau_name=request.user.county.bureau_name,
        as_of=f"{shown.due}，数字截至 {cn_datetime(shown.now)}",
        filter_words=shown.filter_words,
        made_on=shown.now.date(),
        lines=[
            BoardLine(
                texts=(
                    line.row.school.township.name,
                    line.row.school.name,
                    line.row.school.get_kind_display(),
                    line.standing.label,
                    line.when,
                ),
                figures=_figures(line.row),
                remark="；".join(words for _, words in line.remarks),
            )
            for line in shown.shown(shown.chosen)
        ],
        total=tuple(getattr(totals["figures"], key) for key in FIGURE_KEYS) if totals["figures"] else None,
        total_words=f"已上报 {totals['filed']} / {totals['expected']} 所，{totals['missing']} 所未计入",
    )
    return download(board_xlsx(facts), f"月报看板-{shown.month.slug}.xlsx")


@require_POST
def board_remind(request: UserRequest, month: dt.date, school_pk: int) -> HttpResponse:
    """催办 one school."""
    shown = _board(request, month)
    school = get_object_or_404(shown.schools, pk=school_pk)
    try:
        reminder = remind(school, shown.month, actor=request.user)
    except StepRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, f"已催办 {school.name} 的{Role(reminder.to_role).label}，对方的待办里会显示。"
        )
    return go(request, "reports:board-month", shown.month.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def board_remind_all(request: UserRequest, month: dt.date) -> HttpResponse:
    """催办 all late schools: first who and with what words, then the press."""
    shown = _board(request, month)
    late = [row for row in shown.late if may_remind(request.user, row.school)]
    if not (shown.is_reviewer or shown.is_central):
        raise NotPermitted("催办由基教股或中心校办。")
    if request.method == "POST":
        result = remind_all([row.school for row in late], shown.month, actor=request.user)
        _say(
            request,
            f"已催办 {len(result.sent)} 所",
            [f"{name}：{reason}" for name, reason in result.skipped],
        )
        return go(request, "reports:board-month", shown.month.slug)
    lines = [
        {
            "row": row,
            "standing": row.standing(shown.reader),
            "text": reminder_text(shown.month, row.monthly_return),
        }
        for row in late
    ]
    return render(
        request, "reports/board_remind_all.html", {"board": shown, "month": shown.month, "lines": lines}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def board_accept(request: UserRequest, month: dt.date) -> HttpResponse:
    """接收 the chosen clean returns: a page that repeats what will happen, then the password and the press."""
    shown = _board(request, month)
    if not shown.is_reviewer:
        raise NotPermitted("接收月报由基教股办。")
    picks = (request.POST if request.method == "POST" else request.GET).getlist("pick")
    chosen = _picked(shown, picks)
    form = AcceptForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        result = _accept(shown, chosen, request)
        _say(
            request,
            f"已接收 {len(result.accepted)} 份",
            [f"{name}：{reason}" for name, reason in result.skipped],
            unit="份",
        )
        return go(request, "reports:board-month", shown.month.slug)
    clean = [row for row, _ in chosen if row.is_clean]
    context = {
        "board": shown,
        "month": shown.month,
        "form": form,
        "picks": picks,
        "clean": clean,
        "others": [row for row, _ in chosen if not row.is_clean],
        "children": sum(row.figures.closing for row in clean if row.figures),
    }
    return render(request, "reports/board_accept.html", context)


@require_safe
def transfer_board(request: UserRequest) -> HttpResponse:
    """In-county transfers that the other school has not answered, both schools named."""
    if not may_see_board(request.user):
        raise NotPermitted("转学对接总表由基教股、中心校和督导查看。")
    unmet = UnmetTransfers(request.user)
    only_over = request.GET.get("tab") != "all"
    transfers: list[Transfer] = unmet.over if only_over else unmet.waiting
    page = Paginator(transfers, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "unmet": unmet,
        "segs": unmet.segs(only_over=only_over),
        "page_obj": page,
        "lines": [unmet.line(transfer) for transfer in page],
    }
    return render(request, "reports/transfer_board.html", context)


def _board(request: UserRequest, month: dt.date | None) -> Board:
    if not may_see_board(request.user):
        raise NotPermitted(NOT_YOURS)
    return Board(request.user, month_or_404(request.user, month), request.GET)


def _figures(row: BoardRow) -> tuple[int, ...] | None:
    return tuple(getattr(row.figures, key) for key in FIGURE_KEYS) if row.figures else None


def _picked(shown: Board, picks: list[str]) -> list[tuple[BoardRow, int]]:
    """(row, revision seen) of each pick; one that is not of this board is not found."""
    rows = {row.monthly_return.pk: row for row in shown.rows if row.monthly_return}
    chosen = []
    for pick in dict.fromkeys(picks):
        pk, _, revision = pick.partition(".")
        if not (pk.isascii() and pk.isdigit() and revision.isascii() and revision.isdigit()):
            raise Http404
        if int(pk) not in rows:
            raise Http404
        chosen.append((rows[int(pk)], int(revision)))
    return chosen


def _accept(shown: Board, chosen: list[tuple[BoardRow, int]], request: UserRequest) -> BulkResult:
    """Only what is clean now; the rest is skipped and says why."""
    clean = [
        (row.monthly_return, revision) for row, revision in chosen if row.monthly_return and row.is_clean
    ]
    others = [
        (row.school.name, row.why_not_together or row.standing(shown.reader).label)
        for row, _ in chosen
        if not row.is_clean
    ]
    result = accept_many(clean, actor=request.user)
    result.skipped.extend(others)
    return result


def _say(request: UserRequest, done: str, skipped: list[str], unit: str = "所") -> None:
    """Good news alone is a toast; with something skipped it is a note that stays."""
    if skipped:
        messages.warning(request, f"{done}，跳过 {len(skipped)} {unit}：{'；'.join(skipped)}")
    else:
        messages.success(request, f"{done}。")
