"""转学对接: in-county transfers that wait for the other school."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.wording import cn_date
from schools.calendar import add_working_days, working_days_between
from schools.models import Role, School
from schools.permissions import scope_of
from schools.queries import closures, schools_in, setting
from schools.settings import TRANSFER_DAYS
from students.models import Transfer, TransferSide, TransferState

READERS: Final = (Role.REVIEWER, Role.INSPECTOR, Role.CENTRAL_SCHOOL)


@dataclass(frozen=True)
class UnmetLine:
    """One transfer: both schools, whose turn, how long."""

    transfer: Transfer
    waiting_for: School
    what: str
    waited: int
    due: str
    is_over: bool


class UnmetTransfers:
    """Transfers of the reader's places that nobody has answered, the oldest first."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.today = timezone.localdate()
        self.limit = int(setting(user.county_id, TRANSFER_DAYS))
        self.closures = closures(user.county_id)

    @cached_property
    def waiting(self) -> list[Transfer]:
        schools = schools_in(scope_of(self.user, *READERS))
        return list(
            Transfer.objects.filter(state=TransferState.WAITING)
            .filter(Q(from_school__in=schools) | Q(to_school__in=schools))
            .select_related("student", "from_school__township", "to_school__township", "begun_by")
            .order_by("begun_at")
        )

    @cached_property
    def over(self) -> list[Transfer]:
        """Beyond the county's limit of working days."""
        return [transfer for transfer in self.waiting if self._waited(transfer) > self.limit]

    def segs(self, *, only_over: bool) -> list[dict[str, Any]]:
        return [
            {
                "label": f"超过 {self.limit} 个工作日",
                "count": len(self.over),
                "url": "?tab=over",
                "current": only_over,
                "urgent": bool(self.over),
            },
            {
                "label": "全部待对接",
                "count": len(self.waiting),
                "url": "?tab=all",
                "current": not only_over,
                "urgent": False,
            },
        ]

    def line(self, transfer: Transfer) -> UnmetLine:
        began = timezone.localtime(transfer.begun_at).date()
        waited = self._waited(transfer)
        out = transfer.begun_by_side == TransferSide.FROM
        return UnmetLine(
            transfer=transfer,
            waiting_for=transfer.waiting_for,
            what="已登记转出，等对方接收" if out else "已申请转入，等对方确认转出",
            waited=waited,
            due=cn_date(add_working_days(began, self.limit, self.closures)),
            is_over=waited > self.limit,
        )

    def _waited(self, transfer: Transfer) -> int:
        return working_days_between(timezone.localtime(transfer.begun_at).date(), self.today, self.closures)
