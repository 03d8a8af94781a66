"""转学对接 as a list, and many of them confirmed in one press."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest, go
from schools.models import School
from students.actions.movements import RECORDS_HERE
from students.actions.transfers import Reception, confirm_many
from students.forms.transfers import ManyForm, TransferFilterForm
from students.models import Transfer, TransferSide, TransferState
from students.permissions import require
from students.queries import (
    begun_by,
    naming_scope,
    recording_schools,
    to_be_answered_by,
    transfers_visible_to,
)
from students.views.movement_pages import METHODS, PAGE_SIZE
from students.waiting import Waiting, waiting_of

MOST_AT_ONCE = 100
LABELS = {"here": "待我校答复", "elsewhere": "等对方答复", "waiting": "等答复", "done": "已办结"}
NOTHING_CHOSEN = "没有选中还等您答复的转学。"


@require_safe
def transfer_list(request: UserRequest) -> HttpResponse:
    """To answer, waiting elsewhere, done; who oversees schools sees all that wait, the oldest first."""
    require(not naming_scope(request.user).is_empty, "转学对接由学校、中心校和基教股使用。")
    own = list(recording_schools(request.user))
    parts = _parts(request, own)
    tab = request.GET.get("tab", "")
    tab = tab if tab in parts else next(iter(parts))
    form = TransferFilterForm(request.GET)
    waiting = waiting_of(request.user.county_id)
    page = Paginator(_filtered(parts[tab], form.chosen(), waiting), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    mine = {school.pk for school in own}
    context = {
        "rows": [_row(transfer, waiting, mine) for transfer in page.object_list],
        "page_obj": page,
        "form": form,
        "tab": tab,
        "segs": [_seg(name, part, tab, waiting) for name, part in parts.items()],
        "is_clerk": bool(own),
        "days": waiting.days,
        "clear_url": f"?tab={tab}" if form.chosen() else "",
    }
    return render(request, "students/transfer_list.html", context)


@require_http_methods(METHODS)
def transfer_confirm_many(request: UserRequest) -> HttpResponse:
    """A list confirmed in one press: each with its day; those that cannot be are said by name."""
    own = list(recording_schools(request.user))
    require(bool(own), RECORDS_HERE)
    chosen = list(
        _shown(transfers_visible_to(request.user).filter(to_be_answered_by(own), pk__in=_picked(request)))
    )
    if request.method == "POST":
        return _confirm(request, chosen)
    chosen = [transfer for transfer in chosen if transfer.state == TransferState.WAITING]
    if not chosen:
        messages.warning(request, NOTHING_CHOSEN)
        return go(request, "students:transfer-list")
    return _many_page(request, [ManyForm(transfer=transfer) for transfer in chosen])


def _confirm(request: UserRequest, chosen: list[Transfer]) -> HttpResponse:
    forms = [ManyForm(request.POST, transfer=transfer) for transfer in chosen]
    if not all(form.is_valid() for form in forms):
        return _many_page(request, forms)
    receptions = [
        Reception(form.transfer, form.cleaned_data["seen_revision"], form.cleaned_data["arrived_on"])
        for form in forms
    ]
    confirmed, passed_over = confirm_many(receptions, actor=request.user)
    if confirmed:
        messages.success(request, f"已确认 {confirmed} 笔转学，两校的转出和转入同时计入月报。")
    for sentence in passed_over:
        messages.error(request, f"跳过 {sentence}")
    if not chosen:
        messages.warning(request, NOTHING_CHOSEN)
    return go(request, "students:transfer-list")


def _many_page(request: UserRequest, forms: list[ManyForm]) -> HttpResponse:
    wrong = sum(not form.is_valid() for form in forms if form.is_bound)
    return render(request, "students/transfer_confirm_many.html", {"forms": forms, "wrong": wrong})


def _picked(request: HttpRequest) -> list[int]:
    texts = (request.POST if request.method == "POST" else request.GET).getlist("pick")
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10][
        :MOST_AT_ONCE
    ]


def _parts(request: UserRequest, own: list[School]) -> dict[str, QuerySet[Transfer]]:
    visible = transfers_visible_to(request.user)
    waiting = visible.filter(state=TransferState.WAITING).order_by("begun_at", "pk")
    done = visible.exclude(state=TransferState.WAITING).order_by("-decided_at", "-pk")
    if not own:
        return {"waiting": waiting, "done": done}
    return {
        "here": waiting.filter(to_be_answered_by(own)),
        "elsewhere": waiting.filter(begun_by(own)),
        "done": done,
    }


def _filtered(part: QuerySet[Transfer], chosen: dict[str, Any], waiting: Waiting) -> QuerySet[Transfer]:
    if name := chosen.get("q"):
        part = part.filter(Q(student__name__icontains=name) | Q(student__initials__startswith=name.lower()))
    if chosen.get("overdue"):
        part = part.filter(state=TransferState.WAITING, begun_at__date__lte=waiting.begun_before)
    return _shown(part)


def _shown(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    return transfers.select_related("student", "from_school", "to_school", "begun_by", "decided_by").defer(
        "student__id_number", "student__roll_number", "student__address", "student__household_place"
    )


def _seg(name: str, part: QuerySet[Transfer], tab: str, waiting: Waiting) -> dict[str, Any]:
    count = None if name == "done" else part.count()
    return {
        "label": LABELS[name],
        "count": count,
        "url": f"?tab={name}",
        "current": name == tab,
        "urgent": bool(count) and part.filter(begun_at__date__lte=waiting.begun_before).exists(),
    }


def _row(transfer: Transfer, waiting: Waiting, own: set[int]) -> dict[str, Any]:
    is_waiting = transfer.state == TransferState.WAITING
    leaves_own = transfer.from_school_id in own
    # Who records for the old school, or oversees both, knows where the child is; the asking school does not.
    asks = transfer.begun_by_side == TransferSide.TO and transfer.to_school_id in own and not leaves_own
    decided = timezone.localtime(transfer.decided_at).date() if transfer.decided_at else None
    return {
        "transfer": transfer,
        "student": transfer.student,
        "origin": transfer.origin_words if asks else transfer.from_school.name,
        "direction": "转出" if leaves_own else ("转入" if transfer.to_school_id in own else ""),
        "is_mine": is_waiting and transfer.waiting_for.pk in own,
        "whose_turn": transfer.waiting_for_words if asks else transfer.waiting_for.name,
        "begun_on": waiting.begun_on(transfer),
        "days": waiting.days_of(transfer) if is_waiting else None,
        "limit": waiting.limit_of(transfer) if is_waiting else None,
        "is_over": is_waiting and waiting.is_over(transfer),
        "decided_on": decided,
    }
