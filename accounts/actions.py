"""Everything that changes an account. Nobody can see a password that somebody else uses."""

import datetime as dt
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import lockout
from accounts.audit import AuditDraft, audited
from accounts.models import County, User, UserSession
from accounts.passwords import FIRST_PASSWORD_HOURS, first_password
from accounts.signals import password_replaced
from accounts.workflow import NotPermitted, StepRefused


@dataclass(frozen=True)
class NewAccount:
    """A fresh account and the first password, which is shown once and stored nowhere."""

    user: User
    password: str


@dataclass(frozen=True)
class PreparedPassword:
    """A first password with its hash: hashing takes time that a transaction of many accounts must not."""

    password: str
    hashed: str


def prepare_password() -> PreparedPassword:
    password = first_password()
    return PreparedPassword(password, make_password(password))


def open_county(*, code: str, name: str, bureau_name: str = "", is_demo: bool = False) -> County:
    """Make a county with its audit chain."""
    county = County(code=code, name=name, bureau_name=bureau_name or f"{name}教育局", is_demo=is_demo)
    county.save(force_insert=True)
    with audited(None, "open_county", county_id=county.pk) as draft:
        draft.about(county)
        draft.summary = f"建立{name}"
    return county


def create_user(
    *,
    actor: User | None,
    county: County,
    username: str,
    name: str,
    capacity: str = "",
    prepared: PreparedPassword | None = None,
) -> NewAccount:
    """Open an account with a random first password: one use, 72 hours, to be changed at first login."""
    _same_county(actor, county.pk)
    prepared = prepared or prepare_password()
    user = User(county=county, username=username, name=name)
    _give_first_password(user, prepared)
    with audited(actor, "create_user", county_id=county.pk, capacity=capacity) as draft:
        user.save(force_insert=True)
        _about(draft, user, f"建立账号 {username}（{name}）")
    return NewAccount(user, prepared.password)


def create_demo_user(*, county: County, username: str, name: str, note: str) -> User:
    """Open a demonstration account: the shown password, no change at first login. Never in production."""
    if not settings.DEMO_ACCOUNTS_SHOWN:
        raise StepRefused("正式环境不能建立演示账号。")
    user = User(county=county, username=username, name=name, is_demo=True, demo_note=note)
    user.password = make_password(settings.DEMO_PASSWORD)
    user.must_change_password = False
    with audited(None, "create_demo_user", county_id=county.pk) as draft:
        user.save(force_insert=True)
        _about(draft, user, f"建立演示账号 {username}")
    return user


def rename_user(user: User, *, actor: User, name: str, capacity: str = "") -> None:
    """Correct the name of a person; the user name stays."""
    with _changing(user, actor, "rename_user", capacity) as draft:
        draft.change("name", user.name, name)
        user.name = name
        user.save(update_fields=["name"])
        _about(draft, user, "改姓名")


def reset_password(user: User, *, actor: User | None, capacity: str = "") -> str:
    """Replace a forgotten password by a new first password; ends all sessions of that person."""
    prepared = prepare_password()
    with _changing(user, actor, "reset_password", capacity) as draft:
        _give_first_password(user, prepared)
        user.save(update_fields=["password", "must_change_password", "first_password_expires_at"])
        _drop_sessions(user)
        lockout.unlock(user.username)
        password_replaced.send(User, user=user)
        _about(draft, user, "重置密码")
    return prepared.password


def change_password(user: User, new_password: str, *, keep_session: str = "") -> None:
    """A person chooses a password; ends that person's other sessions."""
    with audited(user, "change_password", county_id=user.county_id) as draft:
        user.password = make_password(new_password)
        user.must_change_password = False
        user.first_password_expires_at = None
        user.password_changed_at = timezone.now()
        user.save(
            update_fields=[
                "password",
                "must_change_password",
                "first_password_expires_at",
                "password_changed_at",
            ]
        )
        _drop_sessions(user, keep=keep_session)
        password_replaced.send(User, user=user)
        _about(draft, user, "修改密码")


def deactivate_user(user: User, *, actor: User | None, reason: str = "", capacity: str = "") -> None:
    """Close an account; the person is out at the next request."""
    if actor is not None and actor.pk == user.pk:
        raise StepRefused("不能停用自己的账号，请由另一位管理员办理。")
    with _changing(user, actor, "deactivate_user", capacity) as draft:
        _set_active(user, active=False, draft=draft)
        _drop_sessions(user)
        _about(draft, user, f"停用账号：{reason}" if reason else "停用账号")


def reactivate_user(user: User, *, actor: User, capacity: str = "") -> str:
    """Open a closed account again, with a new first password."""
    prepared = prepare_password()
    with _changing(user, actor, "reactivate_user", capacity) as draft:
        _set_active(user, active=True, draft=draft)
        _give_first_password(user, prepared)
        user.save(update_fields=["password", "must_change_password", "first_password_expires_at"])
        password_replaced.send(User, user=user)
        _about(draft, user, "重新启用账号")
    return prepared.password


def unlock_account(user: User, *, actor: User, capacity: str = "") -> None:
    """Let a person try again before the quarter of an hour is over."""
    with _changing(user, actor, "unlock_account", capacity) as draft:
        lockout.unlock(user.username)
        _about(draft, user, "解除登录锁定")


def end_sessions(
    user: User, *, actor: User | None, keep: str = "", only: str = "", capacity: str = ""
) -> int:
    """Sign a person out everywhere, or everywhere but in session *keep*, or only in session *only*."""
    with _changing(user, actor, "end_sessions", capacity) as draft:
        count = _drop_sessions(user, keep=keep, only=only)
        _about(draft, user, f"结束 {count} 个登录")
    return count


def _changing(user: User, actor: User | None, verb: str, capacity: str) -> AbstractContextManager[AuditDraft]:
    _same_county(actor, user.county_id)
    return audited(actor, verb, county_id=user.county_id, capacity=capacity)


def _same_county(actor: User | None, county_id: int) -> None:
    if actor is not None and actor.county_id != county_id:
        raise NotPermitted("这个账号不在您的县。")


def _about(draft: AuditDraft, user: User, summary: str) -> None:
    draft.about(user)
    draft.summary = summary


def _give_first_password(user: User, prepared: PreparedPassword) -> None:
    user.password = prepared.hashed
    user.must_change_password = True
    user.first_password_expires_at = timezone.now() + dt.timedelta(hours=FIRST_PASSWORD_HOURS)


def _set_active(user: User, *, active: bool, draft: AuditDraft) -> None:
    if user.is_active == active:
        raise StepRefused("这个账号已经是启用的。" if active else "这个账号已经停用了。")
    draft.change("is_active", user.is_active, active)
    user.is_active = active
    user.save(update_fields=["is_active"])


def _drop_sessions(user: User, *, keep: str = "", only: str = "") -> int:
    sessions = UserSession.objects.filter(user=user).exclude(session_key=keep)
    if only:
        sessions = sessions.filter(session_key=only)
    return sessions.delete()[0]
