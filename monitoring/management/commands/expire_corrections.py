"""Discards corrections whose deadline has passed; the edition in force stays (ledger.md REOPEN)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import F
from django.utils import timezone

from accounts.wording import cn_datetime
from accounts.workflow import StepRefused
from monitoring.actions.correction import discard_correction
from monitoring.models import Edition, ReturnState

# Signed in time, a correction waits for the bureau and does not expire.
UNSIGNED = (ReturnState.CORRECTING, ReturnState.DRAFT, ReturnState.SENT_BACK, ReturnState.SUBMITTED)


class Command(BaseCommand):
    help = "作废到期未报的更正，原版照旧有效"

    def handle(self, *args: Any, **options: Any) -> None:
        expired = Edition.objects.filter(
            is_correction=True,
            discarded_at__isnull=True,
            accepted_at__isnull=True,
            number=F("monthly_return__edition_number"),
            monthly_return__correcting=True,
            monthly_return__state__in=UNSIGNED,
            expires_at__lt=timezone.now(),
        ).select_related("monthly_return__school", "monthly_return__period__month")
        count = 0
        for edition in expired:
            found = edition.monthly_return
            try:
                discard_correction(found, because=f"更正期限 {cn_datetime(edition.expires_at)} 已过")
            except StepRefused as refused:
                self.stderr.write(f"{found.school} {found}：{refused}")
                continue
            count += 1
            self.stdout.write(f"{found.school} {found.period.month}：第{edition.number}版更正已作废")
        self.stdout.write(f"作废 {count} 份更正。")
