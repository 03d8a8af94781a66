"""Where a transfer stands: how long it has waited, until when it may (product.md §4), in words."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from schools.calendar import Closure, add_working_days, working_days_between
from schools.queries import closures, setting
from schools.settings import TRANSFER_DAYS
from students.models import Transfer, TransferSide, TransferState


@dataclass(frozen=True)
class Waiting:
    """Calendar and limit of a county, read once a page."""

    today: dt.date
    days: int
    closures: Sequence[Closure]

    def begun_on(self, transfer: Transfer) -> dt.date:
        return timezone.localtime(transfer.begun_at).date()

    def days_of(self, transfer: Transfer) -> int:
        return working_days_between(self.begun_on(transfer), self.today, self.closures)

    def limit_of(self, transfer: Transfer) -> dt.date:
        return add_working_days(self.begun_on(transfer), self.days, self.closures)

    def is_over(self, transfer: Transfer) -> bool:
        return self.days_of(transfer) > self.days

    @property
    def limit_from_today(self) -> dt.date:
        return add_working_days(self.today, self.days, self.closures)

    @property
    def begun_before(self) -> dt.date:
        """Transfers begun on or before this day are over the limit: the oldest day that is not, minus one."""
        day = self.today
        while working_days_between(day, self.today, self.closures) <= self.days:
            day -= dt.timedelta(days=1)
        return day


def waiting_of(county_id: int) -> Waiting:
    return Waiting(timezone.localdate(), int(setting(county_id, TRANSFER_DAYS)), closures(county_id))


def state_of(transfer: Transfer, waiting: Waiting, *, may_answer: bool) -> dict[str, Any]:
    """Variables of components/state_bar.html."""
    state = TransferState(transfer.state)
    look = {TransferState.WAITING: "now" if may_answer else "wait", TransferState.CONFIRMED: "done"}.get(
        state, ""
    )
    shown: dict[str, Any] = {
        "label": state.label,
        "look": look,
        "sentence": "",
        "due": "",
        "due_at": "",
        "urgent": False,
        "late": "",
    }
    if state != TransferState.WAITING:
        return shown | {"sentence": decided_words(transfer)}
    limit = waiting.limit_of(transfer)
    if may_answer:
        shown["label"] = "待您答复"
        shown["sentence"] = (
            "学生到校后办理接收；不收的请写明原因。"
            if transfer.begun_by_side == TransferSide.FROM
            else "学生已去对方学校的，请确认转出；不属实的请写明原因。"
        )
    else:
        shown["sentence"] = (
            f"等{transfer.waiting_for_words}答复，已等 {waiting.days_of(transfer)} 个工作日。答复前学生仍由原学校负责。"
        )
    shown |= {"due": f"期限 {limit.month}月{limit.day}日", "urgent": may_answer and waiting.is_over(transfer)}
    if waiting.is_over(transfer):
        shown["late"] = f"已等 {waiting.days_of(transfer)} 个工作日"
        shown["look"] = "now"
    return shown


def decided_words(transfer: Transfer) -> str:
    moment = timezone.localtime(transfer.decided_at) if transfer.decided_at else None
    when = f"{moment.month}月{moment.day}日 " if moment else ""
    # The name of a clerk would say which school it is.
    is_hidden = transfer.state == TransferState.REFUSED and transfer.begun_by_side == TransferSide.TO
    who = transfer.origin_words if is_hidden else transfer.decided_by.name if transfer.decided_by else ""
    reason = f"，原因：{transfer.decision_reason}" if transfer.decision_reason else ""
    return {
        TransferState.CONFIRMED: f"{when}{who} 确认，两校的转出和转入已同时计入月报。",
        TransferState.REFUSED: f"{when}{who} 答复不予办理{reason}。学生仍在原学校。",
        TransferState.CANCELLED: f"{when}{who} 撤回{reason}。",
    }[TransferState(transfer.state)]
