"""What holds for every request: where it comes from, how long a session lasts, how refusals look."""

import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.audit import Origin, origin
from accounts.http import client_address, go, is_partial, own_address, refusal, typed_text
from accounts.models import User
from accounts.sessions import SEEN, STARTED, begin_session
from accounts.workflow import NotPermitted, StepRefused

type Handler = Callable[[HttpRequest], HttpResponse]

# Activity is written at most once a minute: a session then ends up to a minute early, never late.
SEEN_STEP_SECONDS = 60
TOO_MUCH_TITLE = "内容太多"
TOO_MUCH = "一次提交的内容太多，没有保存。请分几次提交，或换小一点的文件。"
DISK_FULL = "服务器磁盘已满，刚才的内容没有保存。请保留本页，通知管理员清理磁盘后再试。"
BUSY = "现在办事的人太多，刚才的内容没有保存。请过一会儿再试。"
NO_DATABASE = "数据库暂时连不上，刚才的内容没有保存。请过一会儿再试；一直这样请通知管理员。"


class PrivateResponseMiddleware:
    """Names each request and keeps its answer out of shared and stored places."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        here = Origin(request_id=uuid.uuid4().hex, address=client_address(request)[:45])
        token = origin.set(here)
        try:
            response = self.get_response(request)
        finally:
            origin.reset(token)
        response["X-Request-ID"] = here.request_id
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Cache-Control", "no-store")
        return response


class SessionRulesMiddleware:
    """Ends sessions that are idle or too old, and leads to the password page who must go there."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            refused = _ended_session(request) or _owed_password(request, request.user)
            if refused is not None:
                return refused
        response = self.get_response(request)
        return _whole_page_login(request, response)


def _ended_session(request: HttpRequest) -> HttpResponse | None:
    now = time.time()
    session = request.session
    if STARTED not in session:
        begin_session(request)
    if now - session[STARTED] > settings.SESSION_COOKIE_AGE:
        return _sign_out(request, "long")
    if now - session[SEEN] > settings.SESSION_IDLE_SECONDS:
        return _sign_out(request, "idle")
    if now - session[SEEN] > SEEN_STEP_SECONDS:
        session[SEEN] = now
    return None


def _sign_out(request: HttpRequest, reason: str) -> HttpResponse:
    typed = typed_text(request) if request.method == "POST" else []
    back = _page_of(request)
    logout(request)
    if typed and not is_partial(request):
        message = "登录已过期，这次提交没有执行。下面是您刚才填的内容，请先复制，重新登录后再填回去。"
        return refusal(request, 403, message, title="登录已过期", typed=typed)
    return go(request, f"{reverse('accounts:login')}?{urlencode({'ended': reason, 'next': back})}")


def _owed_password(request: HttpRequest, user: User) -> HttpResponse | None:
    if not user.must_change_password or user.is_demo:
        return None
    expires = user.first_password_expires_at
    if expires is not None and expires < timezone.now():
        return _sign_out(request, "expired")
    if request.path_info in {reverse("accounts:password-change"), reverse("accounts:logout")}:
        return None
    return go(request, "accounts:password-change")


def _whole_page_login(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The login page must not appear inside a part of a page."""
    login = resolve_url(settings.LOGIN_URL)
    if is_partial(request) and response.status_code == 302 and response["Location"].split("?")[0] == login:
        return go(request, f"{login}?{urlencode({'next': _page_of(request)})}")
    return response


def _page_of(request: HttpRequest) -> str:
    """The page a person looks at: for parts and posts the one they were sent from."""
    if is_partial(request):
        return own_address(request, request.headers.get("HX-Current-URL"))
    if request.method not in {"GET", "HEAD"}:
        return own_address(request, request.headers.get("Referer"))
    return request.get_full_path()


class RefusalMiddleware:
    """Turns what actions raise into pages that say what happened and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotPermitted):
            return refusal(request, 403, str(error) or "您的岗位不能做这一步。", title="这件事不由您办")
        if isinstance(error, StepRefused):
            return refusal(request, 409, str(error), problems=error.problems, typed=typed_text(request))
        if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
            return refusal(request, 413, TOO_MUCH, title=TOO_MUCH_TITLE)
        if isinstance(error, OperationalError):
            return database_refusal(request, error)
        return None


def database_refusal(request: HttpRequest, error: OperationalError) -> HttpResponse | None:
    """Full disk 507, waited too long or no connection 503; anything else stays an error."""
    text = str(error).lower()
    typed = typed_text(request) if request.method == "POST" else []
    if "disk is full" in text or "no space left" in text:
        return refusal(None, 507, DISK_FULL, title="磁盘已满，未保存", typed=typed)
    if "database is locked" in text or "deadlock detected" in text or "lock timeout" in text:
        return _retry_later(refusal(None, 503, BUSY, title="请稍后再试", typed=typed))
    if "unable to open database" in text or "connection" in text or "could not connect" in text:
        return _retry_later(refusal(None, 503, NO_DATABASE, title="请稍后再试", typed=typed))
    return None


def _retry_later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = "30"
    return response
