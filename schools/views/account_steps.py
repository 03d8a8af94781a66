"""What is done to an account: rename, reset, close, reopen, unlock, sign out everywhere."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest, go
from accounts.models import User
from accounts.queries import account_stamp
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.actions import people as actions
from schools.actions.common import require
from schools.forms.common import refusals_in
from schools.forms.people import AccountCloseForm, RenameForm, StampForm
from schools.permissions import may_disable, may_reset
from schools.views.accounts import password_page, visible_account


@require_http_methods(["GET", "HEAD", "POST"])
def account_rename(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    require(may_disable(request.user, account), actions.NOT_YOURS)
    form = RenameForm(
        request.POST or None, initial={"name": account.name, "seen_stamp": account_stamp(account)}
    )
    if form.is_valid():
        with refusals_in(form):
            data = form.cleaned_data
            actions.rename_account(account, data["name"], actor=request.user, seen_stamp=data["seen_stamp"])
            messages.success(request, f"姓名已改为 {account.name}。")
            return go(request, "schools:account-detail", account.uuid)
    return render(request, "schools/account_rename.html", {"form": form, "account": account})


@require_http_methods(["GET", "HEAD", "POST"])
def account_close(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    require(may_disable(request.user, account), actions.NOT_YOURS)
    form = AccountCloseForm(request.POST or None, initial={"seen_stamp": account_stamp(account)})
    if form.is_valid():
        with refusals_in(form):
            actions.close_account(account, actor=request.user, **form.cleaned_data)
            messages.success(request, f"{account.name} 的账号已停用。")
            return go(request, "schools:account-detail", account.uuid)
    return render(request, "schools/account_close.html", {"form": form, "account": account})


@require_http_methods(["GET", "HEAD", "POST"])
def account_reset(request: UserRequest, uuid: UUID) -> HttpResponse:
    """Says what will happen; the press is answered by the first password."""
    account = visible_account(request, uuid)
    require(
        may_reset(request.user, account),
        "重置密码由县局管理员办；本校的填报员、班主任和送教教师也可由校长办。",
    )
    return _with_password(request, account, actions.reset_account, "schools/account_reset.html", "密码已重置")


@require_http_methods(["GET", "HEAD", "POST"])
def account_reopen(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    require(may_disable(request.user, account), actions.NOT_YOURS)
    return _with_password(
        request, account, actions.reopen_account, "schools/account_reopen.html", "账号已重新启用"
    )


@require_POST
def account_unlock(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    return _press(request, account, actions.unlock, f"{account.name} 现在可以再试登录。")


@require_POST
def account_sessions_end(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    return _press(request, account, actions.end_all_sessions, f"{account.name} 的登录已全部结束。")


def _with_password(
    request: UserRequest, account: User, action: Callable[..., str], template: str, done: str
) -> HttpResponse:
    form = StampForm(request.POST or None, initial={"seen_stamp": account_stamp(account)})
    if form.is_valid():
        with refusals_in(form):
            password = action(account, actor=request.user, seen_stamp=form.cleaned_data["seen_stamp"])
            return password_page(request, account, password, done)
    return render(request, template, {"form": form, "account": account})


def _press(request: UserRequest, account: User, action: Callable[..., Any], done: str) -> HttpResponse:
    try:
        action(account, actor=request.user, seen_stamp=request.POST.get("seen_stamp", ""))
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, done)
    return go(request, "schools:account-detail", account.uuid)
