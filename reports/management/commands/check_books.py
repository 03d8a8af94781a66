"""Exit 1 and name every lie in the books."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import County
from reports.books.checks import check_books


class Command(BaseCommand):
    help = "从原始异动重算每一条账目规则：月报各数、上下月衔接、名册、审计链。有一处不符，退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出 JSON：不符之处的列表")
        parser.add_argument("--county", metavar="代码", help="只核对一个县（行政区划代码）")

    def handle(self, *args: Any, **options: Any) -> None:
        counties = County.objects.order_by("code")
        if options["county"]:
            counties = counties.filter(code=options["county"])
            if not counties.exists():
                raise CommandError(f"没有代码为 {options['county']} 的县。")
        violations = check_books(counties)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in violations], ensure_ascii=False, indent=2))
        else:
            for one in violations:
                self.stdout.write(f"[{one.code}] {one.message}")
            self.stdout.write(f"账目有 {len(violations)} 处不符。" if violations else "账目全部相符。")
        if violations:
            sys.exit(1)
