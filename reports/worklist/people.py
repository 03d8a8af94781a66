"""Accounts and the keeping of records: what the administrator looks after."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import QuerySet
from django.urls import reverse

from accounts.lockout import locked_usernames
from accounts.models import AccessLogEntry, AccessLogSeal, User
from reports.worklist.desk import Desk, Todo

# Sealing runs every night; two days without it is a fault.
UNSEALED_AFTER = dt.timedelta(days=2)


def accounts_locked(desk: Desk) -> Iterator[Todo]:
    """Locked out by wrong passwords: they open by themselves, and sooner by hand."""
    locked = list(_users(desk).filter(username__in=locked_usernames()).values_list("name", flat=True))
    if locked:
        yield Todo(
            title=f"{len(locked)} 个账号因密码多次不对被锁定",
            detail=f"{_names(locked)}。先确认是不是本人，再重置密码或解锁；15 分钟后会自动解锁。",
            place="accounts",
            url=reverse("schools:account-list"),
            verb="去处理",
            look="now",
            due="现在被锁",
            is_urgent=True,
            count=len(locked),
        )


def first_passwords_expired(desk: Desk) -> Iterator[Todo]:
    """Never used and no longer good: the person cannot sign in."""
    expired = list(
        _waiting_for_first_login(desk)
        .filter(first_password_expires_at__lt=desk.now)
        .values_list("name", flat=True)
    )
    if expired:
        yield Todo(
            title=f"{len(expired)} 个账号的初始密码已过期",
            detail=f"{_names(expired)}。本人还没有登录过，请重置初始密码后当面或用信封交给本人。",
            place="accounts",
            url=reverse("schools:account-list"),
            verb="去重置",
            look="wait",
            due="72 小时内没有登录",
            count=len(expired),
        )


def first_passwords_unused(desk: Desk) -> Iterator[Todo]:
    """Handed out and not used yet."""
    unused = (
        _waiting_for_first_login(desk)
        .filter(first_password_expires_at__gte=desk.now)
        .order_by("first_password_expires_at")
    )
    rows = list(unused.values_list("name", "first_password_expires_at"))
    if rows:
        first = rows[0][1]
        yield Todo(
            title=f"{len(rows)} 个新账号还没有登录过",
            detail=f"{_names([name for name, _ in rows])}。由本人登录并改密码；过期后要重置。",
            place="accounts",
            url="",
            verb="",
            due_at=first,
            due=f"最早 {desk.moment(first)} 过期",
            is_elsewhere=True,
        )


def demo_accounts_left(desk: Desk) -> Iterator[Todo]:
    """Everybody knows their password."""
    left = _users(desk).filter(is_demo=True, is_active=True).count()
    if left and not desk.user.county.is_demo:
        yield Todo(
            title=f"还有 {left} 个演示账号没有停用",
            detail="演示账号的密码是公开的，正式使用前必须停用。",
            place="accounts",
            url=reverse("schools:account-list"),
            verb="去停用",
            look="now",
            due="现在就办",
            is_urgent=True,
            count=left,
        )


def access_log_unsealed(desk: Desk) -> Iterator[Todo]:
    """Readings of sensitive values that no seal covers."""
    last = AccessLogSeal.objects.filter(county_id=desk.user.county_id).order_by("-last_id").first()
    oldest = (
        AccessLogEntry.objects.filter(
            county_id=desk.user.county_id,
            pk__gt=last.last_id if last else 0,
            at__lt=desk.now - UNSEALED_AFTER,
        )
        .order_by("pk")
        .first()
    )
    if oldest is not None:
        yield Todo(
            title="查看记录没有按时封存",
            detail="每晚的封存任务（seal_access_log）没有运行，请检查服务器的定时任务。",
            place="",
            url="",
            verb="",
            since_at=oldest.at,
            due=f"最早的一条 {desk.moment(oldest.at)}",
            look="now",
            is_urgent=True,
        )


def _users(desk: Desk) -> QuerySet[User]:
    return User.objects.filter(county_id=desk.user.county_id)


def _waiting_for_first_login(desk: Desk) -> QuerySet[User]:
    return _users(desk).filter(
        is_active=True, is_demo=False, must_change_password=True, last_login__isnull=True
    )


def _names(names: list[str]) -> str:
    return "、".join(names[:3]) + (f" 等 {len(names)} 人" if len(names) > 3 else "")
