"""A page that was overtaken: what happened meanwhile, and the way to the latest state (ui.md §7.3 #11)."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import UserRequest, typed_text
from accounts.workflow import StepRefused
from monitoring.views.found import ReturnPage, find_page

CONFLICT = 409


def refused_page(request: UserRequest, page: ReturnPage, refused: StepRefused) -> HttpResponse:
    """409: what was not done and why, what stands now, and what the person had typed."""
    latest = find_page(request, page.school.pk, page.month.month)
    hidden = {"csrfmiddlewaretoken", "seen_revision", "token", "seen"}
    typed = [field for field in typed_text(request) if field["name"] not in hidden]
    context = latest.context(refused=refused, problems=refused.problems, typed=typed)
    return render(request, "monitoring/return_refused.html", context, status=CONFLICT)
