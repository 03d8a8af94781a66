"""A page that was overtaken: what happened meanwhile, and the way to the latest state (ui.md §7.3 #11)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import UserRequest, go, typed_text
from accounts.workflow import StalePage, StepRefused
from monitoring.views.found import ReturnPage, find_page
from monitoring.views.links import detail_url

CONFLICT = 409


def refused_page(request: UserRequest, page: ReturnPage, refused: StepRefused) -> HttpResponse:
    """409: what was not done and why, what stands now, and what the person had typed."""
    latest = find_page(request, page.school.pk, page.month.month)
    hidden = {"csrfmiddlewaretoken", "seen_revision", "token", "seen"}
    typed = [field for field in typed_text(request) if field["name"] not in hidden]
    context = latest.context(refused=refused, problems=refused.problems, typed=typed)
    return render(request, "monitoring/return_refused.html", context, status=CONFLICT)


def not_now(request: UserRequest, page: ReturnPage) -> HttpResponse:
    """The page was opened too early or too late: say where the return stands."""
    if request.method == "POST":
        moved_on = StalePage("您打开这一页后，状态已经变了，这次操作没有执行。请看最新状态再决定。")
        return refused_page(request, page, moved_on)
    messages.warning(request, f"现在不能办这一步。{page.standing.label}：{page.standing.sentence}")
    return go(request, detail_url(page))
