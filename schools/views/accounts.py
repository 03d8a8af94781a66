"""账号: the list, one account with its posts, opening one, giving and taking posts."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.lockout import locked_usernames
from accounts.models import User
from accounts.passwords import FIRST_PASSWORD_HOURS
from accounts.queries import account_stamp, sessions_of
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.actions import people as actions
from schools.actions.common import require
from schools.forms.common import refusals_in
from schools.forms.people import AccountFilterForm, AccountForm, PostForm
from schools.models import Membership
from schools.permissions import (
    may_appoint,
    may_disable,
    may_end_sessions,
    may_list_accounts,
    may_open_accounts,
    may_reset,
    may_staff_county,
)
from schools.queries import accounts_for_list, accounts_visible_to, in_force
from schools.views.common import address_with, is_filtered, page_of

LISTED_FOR = "账号由管理员、基教股、审计员、中心校和校长查看。"
# Tabs above the list: key, label.
STATES = (
    ("", "启用"),
    ("new", "还没登录过"),
    ("locked", "登录锁定"),
    ("postless", "没有岗位"),
    ("closed", "已停用"),
)


@require_safe
def account_list(request: UserRequest) -> HttpResponse:
    require(may_list_accounts(request.user), LISTED_FOR)
    form = AccountFilterForm(request.GET, actor=request.user)
    locked = locked_usernames()
    state = request.GET.get("state", "")
    found = _filtered(accounts_for_list(request.user), form)
    segs = [
        {
            "label": label,
            "count": _in_state(found, key, locked).count(),
            "url": address_with(request.GET, state=key),
            "current": key == state,
            "urgent": key == "locked" and bool(locked),
        }
        for key, label in STATES
    ]
    page = page_of(request, _in_state(found, state, locked))
    context = {
        "form": form,
        "segs": segs,
        "page_obj": page,
        "rows": [{"account": account, "state": state_of(account, locked)} for account in page],
        "is_filtered": is_filtered(request.GET, form.fields),
        "may_open": may_open_accounts(request.user),
        "may_import": may_staff_county(request.user),
    }
    return render(request, "schools/account_list.html", context)


@require_safe
def account_detail(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    actor = request.user
    posts = (
        Membership.objects.filter(user=account)
        .select_related(
            "county", "township", "school", "school__parent", "klass", "klass__school", "appointed_by"
        )
        .order_by("ended_on", "pk")
    )
    today = timezone.localdate()
    current = [post for post in posts if post.ended_on is None or post.ended_on > today]
    context = {
        "account": account,
        "state": state_of(account, locked_usernames()),
        "stamp": account_stamp(account),
        "posts": [
            {"post": post, "may_end": post.user_id != actor.pk and may_appoint(actor, post.role, post.school)}
            for post in current
        ],
        "former": [post for post in posts if post not in current],
        "is_self": account.pk == actor.pk,
        "may_appoint": account.pk != actor.pk and may_open_accounts(actor),
        "may_disable": may_disable(actor, account),
        "may_reset": may_reset(actor, account),
        "is_locked": account.username in locked_usernames(),
        "sessions": sessions_of(account, None) if may_end_sessions(actor, account) else None,
    }
    return render(request, "schools/account_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def account_create(request: UserRequest) -> HttpResponse:
    """Ends in the page that shows the first password: once, for it is stored nowhere."""
    require(may_open_accounts(request.user), actions.NOT_YOURS)
    form = AccountForm(request.POST or None, actor=request.user, initial=_asked_post(request))
    if form.is_valid():
        with refusals_in(form):
            data = form.cleaned_data
            account = actions.open_account(
                request.user.county,
                actor=request.user,
                username=data["username"],
                name=data["name"],
                posts=[form.post()],
            )
            return password_page(request, account.user, account.password, "账号已建立")
    return render(request, "schools/account_create.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def account_appoint(request: UserRequest, uuid: UUID) -> HttpResponse:
    account = visible_account(request, uuid)
    require(may_open_accounts(request.user), actions.NOT_YOURS)
    form = PostForm(request.POST or None, actor=request.user)
    if form.is_valid():
        with refusals_in(form):
            post = form.post()
            actions.appoint(account, post, actor=request.user)
            messages.success(request, f"{account.name} 任 {post.label}，下一次打开页面就生效。")
            return go(request, "schools:account-detail", account.uuid)
    return render(request, "schools/account_appoint.html", {"form": form, "account": account})


@require_POST
def post_end(request: UserRequest, uuid: UUID, pk: int) -> HttpResponse:
    account = visible_account(request, uuid)
    post = get_object_or_404(
        Membership.objects.select_related("user", "county", "school", "school__parent", "township", "klass"),
        pk=pk,
        user=account,
    )
    try:
        actions.dismiss(post, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, f"{account.name} 不再任 {post}。")
    if accounts_visible_to(request.user).filter(pk=account.pk).exists():
        return go(request, "schools:account-detail", account.uuid)
    return go(request, "schools:account-list")


def visible_account(request: UserRequest, uuid: UUID) -> User:
    require(may_list_accounts(request.user), LISTED_FOR)
    account: User = get_object_or_404(accounts_visible_to(request.user).select_related("county"), uuid=uuid)
    return account


def password_page(request: UserRequest, account: User, password: str, done: str) -> HttpResponse:
    """The answer to a press, never a page of its own: coming back to it shows nothing."""
    context = {"account": account, "password": password, "done": done, "hours": FIRST_PASSWORD_HOURS}
    return render(request, "schools/account_password.html", context)


def state_of(account: User, locked: set[str]) -> dict[str, str]:
    """Label and look of the badge, and what happens next."""
    if not account.is_active:
        return {"label": "已停用", "look": "done", "next": "不能登录，要用请重新启用。"}
    if account.username in locked:
        return {
            "label": "登录锁定",
            "look": "wait",
            "next": "密码连续错了 5 次，15 分钟后自行解除，也可以现在解除。",
        }
    expires = account.first_password_expires_at
    if account.must_change_password and expires is not None and expires < timezone.now():
        return {
            "label": "初始密码过期",
            "look": "wait",
            "next": "72 小时内没有登录，请重置密码后再发给本人。",
        }
    if account.must_change_password and account.last_login is None:
        return {"label": "还没登录过", "look": "", "next": "等本人用初始密码登录并改密码。"}
    if account.must_change_password:
        return {"label": "等本人改密码", "look": "doing", "next": "密码重置过，等本人登录并改密码。"}
    return {"label": "启用", "look": "done", "next": "可以正常登录。"}


def _asked_post(request: UserRequest) -> dict[str, str]:
    """A link from a school's page says which post is to be filled."""
    return {
        name: request.GET[name] for name in ("role", "school", "klass", "township") if name in request.GET
    }


def _filtered(accounts: QuerySet[User], form: AccountFilterForm) -> QuerySet[User]:
    if not form.is_valid():
        return accounts
    data = form.cleaned_data
    posts = Membership.objects.filter(in_force(), user=OuterRef("pk"))
    if data["role"]:
        accounts = accounts.filter(Exists(posts.filter(role=data["role"])))
    if data.get("school"):
        accounts = accounts.filter(Exists(posts.filter(school=data["school"])))
    if data["q"]:
        accounts = accounts.filter(Q(name__icontains=data["q"]) | Q(username__icontains=data["q"]))
    return accounts


def _in_state(accounts: QuerySet[User], state: str, locked: set[str]) -> QuerySet[User]:
    if state == "closed":
        return accounts.filter(is_active=False)
    active = accounts.filter(is_active=True)
    if state == "new":
        return active.filter(last_login__isnull=True)
    if state == "locked":
        return active.filter(username__in=locked)
    if state == "postless":
        return active.filter(~Exists(Membership.objects.filter(in_force(), user=OuterRef("pk"))))
    return active
