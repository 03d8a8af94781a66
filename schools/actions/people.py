"""Accounts and posts: who works here, in which role, at which place. Nobody does this for themselves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions as accounts
from accounts.actions import NewAccount, PreparedPassword
from accounts.audit import AuditDraft
from accounts.models import County, User
from accounts.queries import account_stamp
from accounts.workflow import StalePage, StepRefused
from schools.actions.common import acting, require
from schools.checks import FieldsRefused, Post, username_problem
from schools.models import (
    COUNTY_ROLES,
    SCHOOL_ROLES,
    TOWNSHIP_ROLES,
    Membership,
    Role,
)
from schools.permissions import (
    LONELY_ROLES,
    may_appoint,
    may_disable,
    may_end_sessions,
    may_open_accounts,
    may_reset,
)
from schools.queries import accounts_visible_to

NOT_YOURS = "校长只管本校的填报员、班主任和送教教师；其他人员由基教股或管理员办。"


def open_account(
    county: County,
    *,
    actor: User | None,
    username: str,
    name: str,
    posts: Sequence[Post],
    prepared: PreparedPassword | None = None,
) -> NewAccount:
    """A person with at least one post; the first password is in the answer and nowhere else."""
    require(actor is None or (actor.county_id == county.pk and may_open_accounts(actor)), NOT_YOURS)
    if sentence := username_problem(username):
        raise FieldsRefused("账号没有建立。", {"username": [sentence]})
    with acting(actor, "account.open", county.pk, posts[0].school) as entry:
        try:
            account = accounts.create_user(
                actor=actor, county=county, username=username, name=name, prepared=prepared
            )
        except IntegrityError as error:
            raise FieldsRefused(
                "账号没有建立。", {"username": [f"账号“{username}”已有人用，请换一个。"]}
            ) from error
        for post in posts:
            _add_post(account.user, post, actor)
        entry.about(account.user)
        entry.change("账号", None, username)
        entry.change("姓名", None, name)
        entry.change("任职", None, [post.label for post in posts])
        entry.summary = f"建立账号 {username}（{name}）"
    return account


def appoint(user: User, post: Post, *, actor: User) -> Membership:
    """One more post for a person. Nobody appoints themselves (trust.md AZ-9)."""
    _refuse_self(user, actor, "不能给自己任职，请由另一位基教股或管理员办。")
    require(accounts_visible_to(actor).filter(pk=user.pk).exists(), NOT_YOURS)
    with acting(actor, "account.appoint", user.county_id, post.school) as entry:
        membership = _add_post(user, post, actor)
        entry.about(user)
        entry.change("任职", None, post.label)
        entry.summary = f"{user.name} 任 {post.label}"
    return membership


def dismiss(membership: Membership, *, actor: User) -> None:
    """The post ends at once; the account stays."""
    user = membership.user
    _refuse_self(user, actor, "不能免去自己的任职，请由另一位基教股或管理员办。")
    require(
        user.county_id == actor.county_id and may_appoint(actor, membership.role, membership.school),
        NOT_YOURS,
    )
    with acting(actor, "account.dismiss", user.county_id, membership.school) as entry:
        _refuse_last_administrator(user, {membership.pk})
        ended = Membership.objects.filter(pk=membership.pk, ended_on__isnull=True)
        if not ended.update(ended_on=timezone.localdate()):
            raise StepRefused("这项任职已经结束了。")
        entry.about(user)
        entry.change("任职", str(membership), None)
        entry.summary = f"{user.name} 不再任 {membership}"
    forget_memberships(user)


def rename_account(user: User, name: str, *, actor: User, seen_stamp: str) -> None:
    with _changing(user, actor, "account.rename", may_disable, seen_stamp) as entry:
        if user.name == name:
            raise StepRefused("姓名没有改，不用保存。")
        entry.change("姓名", user.name, name)
        accounts.rename_user(user, actor=actor, name=name)


def close_account(user: User, *, actor: User, seen_stamp: str, reason: str) -> None:
    """The person is out at the next request; posts stay on record and count no more."""
    _refuse_self(user, actor, "不能停用自己的账号，请由另一位管理员办理。")
    with _changing(user, actor, "account.close", may_disable, seen_stamp) as entry:
        _refuse_last_administrator(user, None)
        accounts.deactivate_user(user, actor=actor, reason=reason)
        entry.summary = f"停用 {user.username}（{user.name}）：{reason}"


def reopen_account(user: User, *, actor: User, seen_stamp: str) -> str:
    """Open again, with a new first password."""
    with _changing(user, actor, "account.reopen", may_disable, seen_stamp) as entry:
        entry.summary = f"重新启用 {user.username}（{user.name}）"
        return accounts.reactivate_user(user, actor=actor)


def reset_account(user: User, *, actor: User, seen_stamp: str) -> str:
    """A forgotten password is replaced by a first password, which also lifts a lock-out."""
    with _changing(user, actor, "account.reset", may_reset, seen_stamp) as entry:
        if not user.is_active:
            raise StepRefused("账号已停用，请先重新启用，启用时会给出新的初始密码。")
        entry.summary = f"重置 {user.username}（{user.name}）的密码"
        return accounts.reset_password(user, actor=actor)


def unlock(user: User, *, actor: User, seen_stamp: str) -> None:
    with _changing(user, actor, "account.unlock", may_reset, seen_stamp) as entry:
        entry.summary = f"解除 {user.username}（{user.name}）的登录锁定"
        accounts.unlock_account(user, actor=actor)


def end_all_sessions(user: User, *, actor: User, seen_stamp: str) -> int:
    with _changing(user, actor, "account.end_sessions", may_end_sessions, seen_stamp) as entry:
        count = accounts.end_sessions(user, actor=actor)
        entry.summary = f"结束 {user.username}（{user.name}）的 {count} 个登录"
        return count


@contextmanager
def _changing(
    user: User, actor: User, verb: str, permits: Callable[[User, User], bool], seen_stamp: str
) -> Iterator[AuditDraft]:
    """Permission, one entry, and the account locked and unchanged since the page was opened."""
    visible = accounts_visible_to(actor).filter(pk=user.pk).exists()
    require(visible and permits(actor, user), NOT_YOURS)
    with acting(actor, verb, user.county_id) as entry:
        fresh = User.objects.select_for_update().get(pk=user.pk)
        if account_stamp(fresh) != seen_stamp:
            raise StalePage("您打开这一页后，这个账号已被别人改过，这次操作没有执行。请刷新后再看。")
        user.is_active = fresh.is_active
        entry.about(user)
        yield entry


def _add_post(user: User, post: Post, actor: User | None) -> Membership:
    if actor is not None:
        require(user.county_id == actor.county_id and may_appoint(actor, post.role, post.school), NOT_YOURS)
    fields = _place_of(user, post)
    # The row of the person is the lock: two roles that exclude each other cannot be given side by side.
    User.objects.select_for_update().get(pk=user.pk)
    _refuse_pair(user, post.role)
    membership = Membership(user=user, started_on=timezone.localdate(), appointed_by=actor, **fields)
    try:
        with transaction.atomic():
            membership.save(force_insert=True)
    except IntegrityError as error:
        raise FieldsRefused("任职没有办成。", {"role": [f"{user.name} 已经是 {post.label}。"]}) from error
    forget_memberships(user)
    return membership


def _place_of(user: User, post: Post) -> dict[str, Any]:
    """Role and place as a membership holds them; FieldsRefused where they do not fit."""
    county_id = user.county_id
    fields: dict[str, Any] = {"role": post.role, "county_id": county_id}
    if post.role in COUNTY_ROLES:
        return fields
    label = Role(post.role).label
    if post.role in TOWNSHIP_ROLES:
        if post.township is None or post.township.county_id != county_id:
            raise FieldsRefused("任职没有办成。", {"township": [f"{label}要选本县的乡镇。"]})
        return fields | {"township": post.township}
    if post.school is None or post.school.county_id != county_id:
        raise FieldsRefused("任职没有办成。", {"school": [f"{label}要选本县的学校。"]})
    if post.school.closed_on is not None and post.role not in {Role.CLERK, Role.PRINCIPAL}:
        # The last return of a closed school still has to be filed and signed.
        raise FieldsRefused("任职没有办成。", {"school": [f"{post.school.name} 已撤并。"]})
    if post.role in SCHOOL_ROLES:
        return fields | {"school": post.school}
    klass = post.klass
    if klass is None or klass.school_id != post.school.pk or klass.closed_on is not None:
        raise FieldsRefused("任职没有办成。", {"klass": [f"{label}要选本校一个在办的班。"]})
    return fields | {"school": post.school, "klass": klass}


def _refuse_pair(user: User, role: str) -> None:
    """Separated duties: the administrator and the auditor hold no other role (trust.md SOD-5)."""
    held = set(Membership.objects.filter(user=user, ended_on__isnull=True).values_list("role", flat=True)) - {
        role
    }
    lonely = next((Role(one) for one in (role, *sorted(held)) if one in LONELY_ROLES), None)
    if held and lonely is not None:
        other = Role(role) if lonely != role else Role(min(held))
        sentence = (
            f"{lonely.label}不能兼任{other.label}：管账号和管审计的人看不到学生资料。"
            f"请先免去{user.name}的其他任职，或换一个人。"
        )
        raise FieldsRefused("任职没有办成。", {"role": [sentence]})


def _refuse_self(user: User, actor: User, sentence: str) -> None:
    if user.pk == actor.pk:
        raise StepRefused(sentence)


def _refuse_last_administrator(user: User, ending: set[int] | None) -> None:
    """A county that nobody administers could not be helped any more. *ending* None: all posts of the person."""
    posts = Membership.objects.filter(
        county_id=user.county_id, role=Role.ADMINISTRATOR, ended_on__isnull=True, user__is_active=True
    )
    # Locked, so that two administrators cannot dismiss each other in the same moment.
    rows = list(posts.select_for_update(of=("self",)).values_list("pk", "user_id"))
    left = [pk for pk, user_id in rows if (pk not in ending if ending is not None else user_id != user.pk)]
    if rows and not left:
        raise StepRefused("这是全县唯一的管理员。请先任命另一位管理员，再办这一步。")


def forget_memberships(user: User) -> None:
    """The next question reads the posts anew."""
    user.__dict__.pop("current_memberships", None)
