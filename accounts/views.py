"""Signing in and out, one's own account, and the pages that answer errors."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.contrib.auth.views import LogoutView as DjangoLogoutView
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.defaults import bad_request as django_bad_request

from accounts import actions, queries
from accounts.forms import LoginForm, PasswordChangeForm, PasswordConfirmationForm
from accounts.http import UserRequest, go, own_address, refusal, typed_text
from accounts.middleware import TOO_MUCH, TOO_MUCH_TITLE
from accounts.sessions import begin_session
from accounts.sudo import note_password_given, sudo_confirmed

ENDED = {
    "idle": "30 分钟没有操作，已退出登录。重新登录后回到原来的页面。",
    "long": "登录已满 12 小时，请重新登录。登录后回到原来的页面。",
    "expired": "初始密码已过期（72 小时内有效），请联系管理员重置。",
}


class LoginView(DjangoLoginView):
    """The login page; ``next`` only within this site."""

    http_method_names = ("get", "head", "post")
    form_class = LoginForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if ended := ENDED.get(request.GET.get("ended", "")):
            messages.warning(request, ended)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        begin_session(self.request)
        note_password_given(self.request)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["demo_accounts"] = queries.demo_accounts()
        context["demo_password"] = settings.DEMO_PASSWORD
        return context


class LogoutView(DjangoLogoutView):
    """Ends the session on the server and clears what the browser kept."""

    http_method_names = ("post",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response


@require_safe
def profile(request: UserRequest) -> HttpResponse:
    """我的账号: who I am here, and where I am signed in."""
    sessions = queries.sessions_of(request.user, request.session.session_key)
    return render(request, "accounts/profile.html", {"account": request.user, "sessions": sessions})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: UserRequest) -> HttpResponse:
    """Choose a new password: at first login and whenever wanted."""
    form = PasswordChangeForm(request.POST or None, request=request)
    if not form.is_valid():
        context = {"form": form, "must_change": request.user.must_change_password}
        return render(request, "accounts/password_change.html", context)
    actions.change_password(request.user, form.cleaned_data["new_password"])
    update_session_auth_hash(request, request.user)
    note_password_given(request)
    messages.success(request, "密码已改，其他设备上的登录已结束。")
    return go(request, "/")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_confirm(request: UserRequest) -> HttpResponse:
    """Give the password again before something that matters."""
    target = own_address(request, request.GET.get("next")) or "/"
    form = PasswordConfirmationForm(request.POST or None, request=request)
    if sudo_confirmed(request) or form.is_valid():
        return go(request, target)
    return render(request, "accounts/confirm_password.html", {"form": form, "next": target})


@require_POST
def session_end(request: UserRequest, digest: str) -> HttpResponse:
    """Sign out one other browser of mine."""
    key = queries.session_key_of(request.user, digest)
    if not key or key == request.session.session_key:
        raise Http404
    actions.end_sessions(request.user, actor=request.user, only=key)
    messages.success(request, "已结束那个登录。")
    return go(request, "accounts:profile")


@require_POST
def other_sessions_end(request: UserRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    count = actions.end_sessions(request.user, actor=request.user, keep=request.session.session_key or "")
    messages.success(request, f"已结束其他 {count} 个登录。")
    return go(request, "accounts:profile")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page opened before signing in again: show what was typed, so that it can be copied."""
    typed = typed_text(request)
    message = (
        "这一页是重新登录之前打开的，或者放得太久了，这次提交没有执行。请点浏览器的“后退”，刷新那一页再填。"
    )
    if typed:
        message += "下面是您刚才填的内容，请先复制。"
    return refusal(request, 403, message, title="这一页放得太久了", typed=typed)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: too much at once is 413."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return refusal(None, 413, TOO_MUCH, title=TOO_MUCH_TITLE)
    return django_bad_request(request, exception)
