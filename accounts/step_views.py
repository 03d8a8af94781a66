"""One button press: run one action, say how it went, go back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse

from accounts.http import UserRequest, go
from accounts.workflow import StalePage, StepRefused

MANY_PROBLEMS = 5


def seen_revision(request: UserRequest) -> int:
    """The revision that the page showed; StalePage when it does not say."""
    text = request.POST.get("seen_revision", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise StalePage("这一页没有写明看到的是哪一版，这次操作没有执行。请刷新后重新核对。")
    return int(text)


def press(
    request: UserRequest,
    document: Any,
    action: Callable[..., Any],
    *,
    done: str,
    redirect_to: str,
    **facts: Any,
) -> HttpResponse:
    """``action(document, actor=…, seen_revision=…, **facts)``, then *done* or why not.

    NotPermitted passes through and becomes the 403 page. *facts* are named as the action names them.
    """
    try:
        action(document, actor=request.user, seen_revision=seen_revision(request), **facts)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, done)
    return go(request, redirect_to)


def refusal_text(refused: StepRefused) -> str:
    """The sentence and the first details of a refusal, on one line."""
    if not refused.problems:
        return str(refused)
    rest = len(refused.problems) - MANY_PROBLEMS
    more = f"；另有 {rest} 项" if rest > 0 else ""
    return f"{refused} {'；'.join(refused.problems[:MANY_PROBLEMS])}{more}"
