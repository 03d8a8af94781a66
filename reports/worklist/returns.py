"""Monthly returns: what the clerk files and the principal signs, and what lies in other hands."""

from collections.abc import Iterator
from dataclasses import replace

from django.urls import reverse

from monitoring.lateness import due_at, timeliness
from monitoring.models import ReturnState
from monitoring.models.returns import EDITABLE_STATES
from monitoring.wording import Reader, Situation, Standing, standing
from reports.worklist.desk import Desk, Todo, day_of, end_of
from schools.models import Requirement, Role

NOT_SENT = {"untouched": "还没有开始", "draft": "草稿还没有送签", "optional": "还没有送签"}


def returns_to_file(desk: Desk) -> Iterator[Todo]:
    """The first month that is owed, returns sent back, corrections: each until it is sent to the principal."""
    for situation in desk.open_returns(desk.filling_schools):
        found = situation.monthly_return
        if found is None or found.state in EDITABLE_STATES:
            said = standing(Reader.CLERK, situation, desk.now)
            yield _todo(desk, situation, said, _what_to_file(situation, said), _rest(desk, situation, said))


def returns_at_the_principal(desk: Desk) -> Iterator[Todo]:
    """Sent, and still to be signed; signed, and still to be reviewed."""
    for situation in desk.open_returns(desk.filling_schools):
        found = situation.monthly_return
        if found is not None and found.state in (ReturnState.SUBMITTED, ReturnState.SIGNED):
            yield _waiting(desk, situation, Reader.CLERK)


def returns_to_sign(desk: Desk) -> Iterator[Todo]:
    """Submitted by somebody else, to be signed by this principal."""
    for situation in desk.open_returns(desk.signing_schools):
        found = situation.monthly_return
        if found is None or found.state != ReturnState.SUBMITTED:
            continue
        said = standing(Reader.PRINCIPAL, situation, desk.now)
        if found.submitted_by_id == desk.user.pk:
            yield _todo(
                desk, situation, said, "等签字", "是您自己送签的，须由另一位校长签字。", elsewhere=True
            )
            continue
        what = "改后等您签字" if said.code == "submitted_again" else "等您签字"
        since = f"{found.submitted_by} {desk.moment(found.submitted_at)} 送签" if found.submitted_by else ""
        yield _todo(desk, situation, said, what, said.sentence, since=since, to_sign=True)


def returns_late_at_the_clerk(desk: Desk) -> Iterator[Todo]:
    """The principal answers for the school: a late return that nobody has sent yet."""
    for situation in desk.open_returns(desk.signing_schools):
        found = situation.monthly_return
        if situation.school in desk.filling_schools:
            continue
        late = timeliness(situation.month, found.first_signed_at if found else None, desk.now)
        if late.is_overdue and (found is None or found.state in EDITABLE_STATES):
            said = standing(Reader.PRINCIPAL, situation, desk.now)
            again = found is not None and found.state == ReturnState.SENT_BACK
            what = "退回后填报员还没有重新送签" if again else "填报员还没有送签"
            detail = "请催填报员按批注改好后送您签字。" if again else "请催填报员核对本月异动后送您签字。"
            yield replace(_todo(desk, situation, said, f"{late.words}，{what}", detail), verb="看月报")


def returns_elsewhere_for_the_principal(desk: Desk) -> Iterator[Todo]:
    """Sent back and being changed, or signed and being reviewed."""
    for situation in desk.open_returns(desk.signing_schools):
        found = situation.monthly_return
        if found is None or situation.school in desk.filling_schools:
            continue
        late = timeliness(situation.month, found.first_signed_at, desk.now)
        in_change = found.state in (ReturnState.SENT_BACK, ReturnState.CORRECTING) and not late.is_overdue
        if in_change or found.state == ReturnState.SIGNED:
            yield _waiting(desk, situation, Reader.PRINCIPAL)


def month_words(desk: Desk, situation: Situation) -> str:
    """11月月报; another year is named."""
    month = situation.month
    return f"{month.month.month}月月报" if month.month.year == desk.today.year else f"{month} 月报"


def return_url(situation: Situation) -> str:
    return reverse("monitoring:return-detail", args=[situation.school.pk, situation.month.slug])


def _what_to_file(situation: Situation, said: Standing) -> str:
    found = situation.monthly_return
    if found is None or said.code in NOT_SENT:
        return NOT_SENT[said.code]
    if said.code == "correcting":
        return f"已重开，要报第{found.edition_number}版"
    by = "县局退回" if found.sent_back_from == "bureau" else "校长退回"
    open_marks = getattr(found, "open_marks", 0)
    return f"{by}，还有 {open_marks} 处要改" if open_marks else f"{by}，改好后重新送签"


def _rest(desk: Desk, situation: Situation, said: Standing) -> str:
    """The sentence of the state, the reason of a send-back, and how many months wait behind this one."""
    found = situation.monthly_return
    parts = [said.sentence.rstrip("。")]
    if found is not None and found.state == ReturnState.SENT_BACK and found.sent_back_reason:
        parts.insert(0, f"原因：{found.sent_back_reason.rstrip('。')}")
    months = desk.unfiled.get(situation.school.pk, [])
    if months and months[0] == situation.month and len(months) > 1:
        parts.append(f"办完后还有 {len(months) - 1} 个月要报")
    return "；".join(parts)


def _todo(
    desk: Desk,
    situation: Situation,
    said: Standing,
    what: str,
    detail: str,
    *,
    since: str = "",
    to_sign: bool = False,
    elsewhere: bool = False,
) -> Todo:
    found, month = situation.monthly_return, situation.month
    filed_once = found is not None and found.first_signed_at is not None
    due = due_at(month) if month.requirement == Requirement.REQUIRED and not filed_once else None
    words = timeliness(month, found.first_signed_at if found else None, desk.now).words if due else ""
    if situation.expires_at is not None:
        due = situation.expires_at
        words = desk.due_words(day_of(due))
    look = desk.look_of(day_of(due)) if due else "now" if said.look == "now" else "wait"
    sent_back_at = found.sent_back_at if found and found.state == ReturnState.SENT_BACK else None
    began = found.submitted_at if to_sign and found else sent_back_at
    if not words and began:
        words = f"已等 {max(0, (desk.today - day_of(began)).days)} 天"
    if to_sign:
        url = reverse("reports:return-sign", args=[situation.school.pk, month.slug])
    else:
        url = return_url(situation)
    return Todo(
        title=desk.named(situation.school, f"{month_words(desk, situation)}：{what}"),
        detail=detail,
        place="sign" if to_sign else "returns",
        url=url,
        verb="去签字" if to_sign else _verb(situation),
        due_at=due,
        since_at=began or end_of(month.cut_off),
        due=words,
        since=_reminder(desk, situation)
        or since
        or (desk.moment(due) if due else _sent_back(desk, situation)),
        look=look,
        is_urgent=due is not None and desk.is_due(day_of(due)),
        is_elsewhere=elsewhere,
    )


def _waiting(desk: Desk, situation: Situation, reader: Reader) -> Todo:
    """In somebody else's hands: who, since when, until when."""
    found = situation.monthly_return
    assert found is not None  # noqa: S101 -- callers have looked
    said = standing(reader, situation, desk.now)
    late = timeliness(situation.month, found.first_signed_at, desk.now)
    at = found.signed_at or found.sent_back_at or found.submitted_at
    whom = {ReturnState.SUBMITTED: situation.principal or "校长", ReturnState.SIGNED: "基教股"}
    hands = whom.get(ReturnState(found.state), "填报员")
    until = desk.moment(due_at(situation.month)) if found.first_signed_at is None else ""
    return Todo(
        title=desk.named(situation.school, f"{month_words(desk, situation)}：{said.label}"),
        detail=said.sentence,
        place="returns",
        url=return_url(situation),
        verb="查看",
        due_at=due_at(situation.month) if until else None,
        since_at=at,
        due=late.words if late.is_overdue else f"在{hands}手里",
        since="，".join(
            filter(None, [f"{desk.date(at)} 起" if at else "", f"期限 {until}" if until else ""])
        ),
        look="now" if late.is_overdue else "",
        is_elsewhere=True,
    )


def _verb(situation: Situation) -> str:
    found = situation.monthly_return
    if found is not None and found.state == ReturnState.SENT_BACK:
        return "去修改"
    return "去核对" if found is None or found.state == ReturnState.DRAFT else "去填报"


def _reminder(desk: Desk, situation: Situation) -> str:
    if situation.reminded_at is None or situation.reminded_role not in (
        Role.CLERK.label,
        Role.PRINCIPAL.label,
    ):
        return ""
    return f"{desk.moment(situation.reminded_at)} 催办{situation.reminded_role}"


def _sent_back(desk: Desk, situation: Situation) -> str:
    found = situation.monthly_return
    return f"{desk.date(found.sent_back_at)} 退回" if found and found.sent_back_at else ""
