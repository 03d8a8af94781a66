"""The demonstration accounts and their one password, as the login page shows them."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.queries import demo_accounts


class Command(BaseCommand):
    help = "列出演示账号和密码。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ACCOUNTS_SHOWN:
            raise CommandError("正式环境没有演示账号。")
        accounts = demo_accounts()
        password = settings.DEMO_PASSWORD if accounts else ""
        if options["json"]:
            rows = [
                {"username": a.username, "role": a.role, "place": a.place, "password": password}
                for a in accounts
            ]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        if not accounts:
            self.stdout.write("没有演示账号。请先运行 load_demo_county。")
            return
        self.stdout.write(f"演示账号（密码都是 {password}）：")
        for account in accounts:
            self.stdout.write(f"  {account.username:<24}{account.role}　{account.place}")
