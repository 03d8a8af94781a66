"""Reading what is masked: one value, for a coded reason, written down before it is shown."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from accounts.audit import log_access
from accounts.models import AccessLogEntry, User
from accounts.workflow import StepRefused
from schools.models import Role
from schools.permissions import scope_of
from students.codes import REVEAL_REASONS
from students.models import Guardian, Student
from students.permissions import EXPORT_ROLES, NUMBER_SEARCH_ROLES, ChildAccess, as_reader, require
from students.queries import student_by_number

REVEALS_PER_HOUR = 30
SEARCHES_PER_MINUTE = 60
EXPORTS_PER_HOUR = 5
NUMBER_SEARCH = "按号码查找"
EXPORT = "导出名册"


class TooMany(StepRefused):
    """More than the limit in the time; answered as 429 with ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Hidden:
    """One masked value of a child's page: what the log calls it, and where it stands."""

    key: str
    what: str
    label: str
    guardian: Guardian | None = None

    def read(self, student: Student) -> str:
        field = self.key.rpartition("-")[2]
        return str(getattr(self.guardian or student, field))


# What the log of readings calls a revealed value; a plain look at the page has other names.
REVEALED = frozenset({"身份证号", "学籍号", "现住址", "家长电话", "家长身份证号"})


def hidden_values(student: Student, guardians: list[Guardian], access: ChildAccess) -> list[Hidden]:
    """What this person may reveal on this page; only what there is."""
    found: list[Hidden] = []
    if access.reveal_number:
        found += [Hidden("id_number", "身份证号", "身份证号"), Hidden("roll_number", "学籍号", "学籍号")]
    if access.contacts and access.contacts_need_reason:
        found.append(Hidden("address", "现住址", "现住址"))
    for guardian in guardians:
        who = f"{guardian.relation or '家庭成员'} {guardian.name}"
        if access.contacts:
            found.append(Hidden(f"{guardian.pk}-phone", "家长电话", f"{who} 的电话", guardian))
        if access.reveal_number:
            found.append(Hidden(f"{guardian.pk}-id_number", "家长身份证号", f"{who} 的身份证号", guardian))
    return [value for value in found if value.read(student)]


def reveal(
    student: Student, value: Hidden, allowed: list[Hidden], *, reason: str, reason_text: str, actor: User
) -> str:
    """The full value, after it was written down who reads it and why."""
    require(value in allowed, "您的岗位不能查看这个完整号码。")
    if reason not in REVEAL_REASONS or (reason == "other" and not reason_text.strip()):
        raise StepRefused("查看完整号码要选原因；选“其他”的要写明。")
    refuse_too_many(actor, REVEALED, REVEALS_PER_HOUR, dt.timedelta(hours=1), "查看完整号码")
    said = "：".join(filter(None, [REVEAL_REASONS[reason].partition("（")[0], reason_text.strip()]))
    log_access(actor, value.what, student_id=student.pk, reason=said, capacity=as_reader(actor))
    return value.read(student)


def refuse_too_many(user: User, kinds: frozenset[str], limit: int, span: dt.timedelta, what: str) -> None:
    """TooMany when *user* read *kinds* as often as allowed within *span*; the log itself is the counter."""
    since = timezone.now() - span
    recent = AccessLogEntry.objects.filter(user_id=user.pk, what__in=kinds, at__gte=since).order_by("-pk")
    times = list(recent.values_list("at", flat=True)[:limit])
    if len(times) < limit:
        return
    free_at = times[-1] + span
    minutes = round(span.total_seconds() / 60)
    often = f"{minutes // 60} 小时" if minutes >= 60 else f"{minutes} 分钟"
    raise TooMany(
        f"{often}内{what}最多 {limit} 次，已经到了。请在 {timezone.localtime(free_at):%H:%M} 以后再来；"
        "工作上确实需要更多的，请联系县局。",
        max(1, int((free_at - timezone.now()).total_seconds())),
    )


def search_number(user: User, number: str, *, reason: str = "") -> Student | None:
    """The child with this number, if here; that somebody looked is written down, the number is not."""
    require(may_search_number(user), "您的岗位可以按姓名查找，不能按号码查找。")
    refuse_too_many(
        user, frozenset({NUMBER_SEARCH}), SEARCHES_PER_MINUTE, dt.timedelta(minutes=1), "按号码查找"
    )
    found = student_by_number(user, number, NUMBER_SEARCH_ROLES)
    log_access(
        user,
        NUMBER_SEARCH,
        student_id=found.pk if found else None,
        count=1 if found else 0,
        reason=reason,
        capacity=as_reader(user),
    )
    return found


def may_search_number(user: User) -> bool:
    return not scope_of(user, *NUMBER_SEARCH_ROLES).is_empty


def searches_with_reason(user: User) -> bool:
    """The bureau says why it looks for a number (permission matrix, suffix r)."""
    return scope_of(user, Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL).is_empty


def note_export(user: User, *, count: int, filters: str) -> None:
    """Before the rows leave: how many, and which."""
    require(not scope_of(user, *EXPORT_ROLES).is_empty, "您的岗位可以查看名册，不能导出。")
    refuse_too_many(user, frozenset({EXPORT}), EXPORTS_PER_HOUR, dt.timedelta(hours=1), "导出名册")
    log_access(user, EXPORT, count=count, reason=filters, capacity=as_reader(user))
