"""Delete the content of roster files older than thirty days, county by county; run nightly."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import County
from students.actions.roster_preview import purge_old_files


class Command(BaseCommand):
    help = "删除保存满 30 天的名册文件和核对结果（计数和审计记录保留）。每晚运行一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        for county in County.objects.order_by("pk"):
            count = purge_old_files(county.pk)
            self.stdout.write(f"{county}：{f'删除 {count} 份' if count else '没有到期的文件'}")
