"""The table of ui.md §7.1: for every state and reader the badge, its look and the sentence (no queries)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils import timezone

from accounts.wording import cn_date, cn_datetime
from monitoring.lateness import due_at
from monitoring.models import MonthlyReturn
from schools.models import ReportingMonth, School

COMPOUND_SURNAMES: Final = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 申屠 公孙 慕容 "
    "钟离 长孙 宇文 司徒 鲜于 司空 令狐 呼延".split()
)


class Reader(StrEnum):
    """Whose words: the same state reads differently for those who act and those who wait."""

    CLERK = "clerk"
    PRINCIPAL = "principal"
    CENTRAL_SCHOOL = "central_school"
    REVIEWER = "reviewer"
    LEADER = "leader"


@dataclass(frozen=True)
class Situation:
    """A school's month and what must be known besides to speak about it; situations.py loads many at once."""

    school: School
    month: ReportingMonth
    monthly_return: MonthlyReturn | None
    principal: str = ""
    marks: int = 0
    marks_right: int = 0
    reason: str = ""
    expires_at: dt.datetime | None = None
    in_force: int = 0
    reminded_role: str = ""
    reminded_at: dt.datetime | None = None
    # How many cells differ from the last submission; None where nobody counted.
    changed_cells: int | None = None


# One row of ui.md §7.1 for one reader: label, look, sentence.
type Words = tuple[str, str, str]
type Say = Callable[[Situation], Words]
DONE, DOING, WAIT, NOW, PLAIN = "done", "doing", "wait", "now", ""


def surname(name: str) -> str:
    """申 of 申远志, 欧阳 of 欧阳修."""
    return name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[:1]


def month_not_required(month: ReportingMonth) -> str:
    """Why a month is not filed."""
    number = month.month.month
    names = {2: "寒假（2月）", 8: "暑假（8月）"}
    return names.get(number, f"按填报日历（{number}月）")


def _words(label: str, look: str, sentence: str) -> Say:
    return lambda _: (label, look, sentence)


def _principal(s: Situation) -> str:
    return f"{surname(s.principal)}校长" if s.principal else "校长"


def _return(s: Situation) -> MonthlyReturn:
    assert s.monthly_return is not None  # noqa: S101 -- rows of the table that ask for it have one
    return s.monthly_return


def _untouched_for_clerk(s: Situation) -> Words:
    return "未开始", PLAIN, f"请在 {cn_datetime(due_at(s.month))} 前核对本月异动并送校长签字。"


def _sent_back_for_clerk(label: str, then: str) -> Say:
    def say(s: Situation) -> Words:
        what = f" {s.marks} 处批注" if s.marks else "退回原因"
        return label, NOW, f"请按{what}修改{then}"

    return say


def _submitted_again_for_principal(s: Situation) -> Words:
    if not s.marks:
        return "改后待您签字", NOW, "请看改动后签字。"
    whose = "您" if _return(s).sent_back_from == "principal" else "县局"
    done = "已答复" if s.marks_right else "已改"
    return "改后待您签字", NOW, f"{whose}批注的 {s.marks} 处{done}，请看改动后签字。"


def _sent_back_for_reviewer(s: Situation) -> Words:
    sent_back_at = _return(s).sent_back_at
    days = (timezone.localdate() - timezone.localdate(sent_back_at)).days if sent_back_at else 0
    since = f"已 {days} 天" if days else "今天退回"
    return "已退回", WAIT, f"等学校改，{since}；超过 2 个工作日可再催。"


def _signed_again_for_reviewer(s: Situation) -> Words:
    where = "的地方" if s.changed_cells is None else f"的 {s.changed_cells} 处"
    return "改后待复审", DOING, f"只列与上次不同{where}，请复审。"


def _correcting_for_clerk(s: Situation) -> Words:
    found = _return(s)
    until = f"，{cn_date(s.expires_at)} 到期未报则作废本次更正" if s.expires_at else ""
    todo = f"请改好第{found.edition_number}版并送签"
    return "已重开", NOW, f"原因：{s.reason}。{todo}；第{s.in_force}版在新版接收前仍有效{until}。"


def _correcting_for_principal(s: Situation) -> Words:
    return "已重开", WAIT, f"填报员改好后请您签第{_return(s).edition_number}版。"


def _correcting_for_reviewer(s: Situation) -> Words:
    until = f"，期限 {cn_date(s.expires_at)}；到期自动作废" if s.expires_at else ""
    return "已重开", DOING, f"等学校重报{until}，第{s.in_force}版照旧。"


def _correcting_for_leader(s: Situation) -> Words:
    return "更正中", DOING, f"汇总仍用第{s.in_force}版。"


def _not_required(s: Situation) -> Words:
    return "本月免报", PLAIN, f"{month_not_required(s.month)}，不用填报。"


def _optional(s: Situation) -> Words:
    return "可不报", PLAIN, f"{s.month.month.month}月可报可不报；不报时，这个月的异动计入下一个月。"


TABLE: Final[dict[str, dict[Reader, Say]]] = {
    "untouched": {
        Reader.CLERK: _untouched_for_clerk,
        Reader.PRINCIPAL: _words("填报中", PLAIN, "填报员还没有开始，到期前 2 天会提醒您。"),
        Reader.CENTRAL_SCHOOL: _words("未开始", PLAIN, "由该校填报员办；逾期由您先催。"),
        Reader.REVIEWER: _words("未报", PLAIN, "由学校填报员办；到期后可催办。看不到草稿内容。"),
        Reader.LEADER: _words("未报", PLAIN, "等学校填报。"),
    },
    "draft": {
        Reader.CLERK: _words("草稿", PLAIN, "数字已算好，处理完检查项后送校长签字。"),
        Reader.PRINCIPAL: _words("填报中", DOING, "填报员正在核对，还不用您办。"),
        Reader.CENTRAL_SCHOOL: _words("填报中", DOING, "由填报员送签。"),
        Reader.REVIEWER: _words("未报", PLAIN, "学校还没有报来，由填报员办。"),
        Reader.LEADER: _words("未报", PLAIN, "等学校填报。"),
    },
    "submitted": {
        Reader.CLERK: lambda s: ("待校长签字", WAIT, f"已送{_principal(s)}，签字前可撤回修改。"),
        Reader.PRINCIPAL: _words("待您签字", NOW, "请核对本表后签字盖章，或批注退回。"),
        Reader.CENTRAL_SCHOOL: _words("待校长签字", WAIT, "由该校校长签；逾期由您催校长。"),
        Reader.REVIEWER: _words("待校长签字", WAIT, "等校长签字，逾期可催办校长。"),
        Reader.LEADER: _words("未报", PLAIN, "等校长签字。"),
    },
    "sent_back_by_principal": {
        Reader.CLERK: _sent_back_for_clerk("已退回（校长）", "，再送校长签字。"),
        Reader.PRINCIPAL: _words("您已退回", WAIT, "等填报员改，改好后回到您这里。"),
        Reader.CENTRAL_SCHOOL: _words("校内修改", DOING, "由填报员改。"),
        Reader.REVIEWER: _words("未报", PLAIN, "由学校填报员办。"),
        Reader.LEADER: _words("未报", PLAIN, "校内修改中。"),
    },
    "submitted_again": {
        Reader.CLERK: _words("改后待签", WAIT, "校长会看到改动的地方；签字前可撤回。"),
        Reader.PRINCIPAL: _submitted_again_for_principal,
        Reader.CENTRAL_SCHOOL: _words("待校长签字", WAIT, "由校长签。"),
        Reader.REVIEWER: _words("待校长签字", WAIT, "等校长签字，逾期可催办校长。"),
        Reader.LEADER: _words("未报", PLAIN, "等校长签字。"),
    },
    "signed": {
        Reader.CLERK: _words("已签章，待复审", DONE, "已报县局；现在不能改，要改请校长申请退回。"),
        Reader.PRINCIPAL: _words("已签章", DONE, "等基教股复审，有问题会退回给您和填报员。"),
        Reader.CENTRAL_SCHOOL: _words("已报", DONE, "等基教股复审，您不用办。"),
        Reader.REVIEWER: _words("待复审", DOING, "请核对后接收，或批注退回。"),
        Reader.LEADER: _words("已报", DONE, "等基教股复审。"),
    },
    "sent_back_by_bureau": {
        Reader.CLERK: _sent_back_for_clerk("已退回（县局）", "；改后须重新签章。"),
        Reader.PRINCIPAL: _words("已退回（县局）", WAIT, "填报员改好后请您重新签字，原签章已失效。"),
        Reader.CENTRAL_SCHOOL: _words("已退回", WAIT, "由学校改，请督促。"),
        Reader.REVIEWER: _sent_back_for_reviewer,
        Reader.LEADER: _words("修改中", PLAIN, "等学校重报。"),
    },
    "signed_again": {
        Reader.CLERK: _words("改后待复审", DONE, "基教股会看到改动的地方，您不用办。"),
        Reader.PRINCIPAL: _words("改后已签章", DONE, "等基教股复审。"),
        Reader.CENTRAL_SCHOOL: _words("已重报", DONE, "等基教股复审。"),
        Reader.REVIEWER: _signed_again_for_reviewer,
        Reader.LEADER: _words("已报", DONE, "等基教股复审。"),
    },
    "accepted": {
        Reader.CLERK: _words("已接收", DONE, "本月办结并锁定；要改请向基教股申请重开。"),
        Reader.PRINCIPAL: _words("已接收", DONE, "本月办结，可打印存档。"),
        Reader.CENTRAL_SCHOOL: _words("已接收", DONE, "本月办结。"),
        Reader.REVIEWER: _words("已接收", DONE, "已锁定；要改须写明原因重开，审计员会收到通知。"),
        Reader.LEADER: _words("已接收", DONE, "数字计入全县汇总。"),
    },
    "correcting": {
        Reader.CLERK: _correcting_for_clerk,
        Reader.PRINCIPAL: _correcting_for_principal,
        Reader.CENTRAL_SCHOOL: _words("更正中", DOING, "由学校办。"),
        Reader.REVIEWER: _correcting_for_reviewer,
        Reader.LEADER: _correcting_for_leader,
    },
    "not_required": {
        Reader.CLERK: _not_required,
        Reader.PRINCIPAL: _not_required,
        Reader.CENTRAL_SCHOOL: _not_required,
        Reader.REVIEWER: _words("免报", PLAIN, "按填报日历。"),
        Reader.LEADER: _words("免报", PLAIN, ""),
    },
    "optional": dict.fromkeys(Reader, _optional),
}
