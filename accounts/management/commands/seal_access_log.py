"""Close the readings so far, county by county; run nightly."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.keeping_actions import seal_access_log
from accounts.models import County


class Command(BaseCommand):
    help = "封存十分钟以前的查看记录，哈希记入审计链。每晚运行一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        for county in County.objects.order_by("pk"):
            seal = seal_access_log(county.pk)
            self.stdout.write(f"{county}：{f'封存 {seal.count} 条' if seal else '没有新的记录'}")
