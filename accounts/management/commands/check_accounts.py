"""Accounts that nobody uses, and accounts that should not be here."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.actions import deactivate_user
from accounts.checks import refused_demo_account
from accounts.queries import unused_accounts


class Command(BaseCommand):
    help = "列出 90 天没有登录的账号；--disable 同时停用。正式环境有演示账号时退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--disable", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        unused = list(unused_accounts(days).exclude(is_demo=True))
        for user in unused:
            last = f"最后登录 {user.last_login:%Y-%m-%d}" if user.last_login else "从未登录"
            self.stdout.write(f"{user.username}\t{user.name}\t{last}")
            if options["disable"]:
                deactivate_user(user, actor=None, reason=f"{days} 天没有登录")
        self.stdout.write(
            f"{len(unused)} 个账号 {days} 天没有登录{'，已停用' if options['disable'] else ''}。"
        )
        if username := refused_demo_account():
            self.stderr.write(f"正式环境里有演示账号 {username}。")
            sys.exit(1)
