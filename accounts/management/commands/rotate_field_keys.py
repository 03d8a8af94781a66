"""Write all encrypted values again with the first key of BAOXUE_FIELD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.encryption import current_key_id
from accounts.keeping_actions import rotate_field_keys
from accounts.storage import rewrite_with_current_key


class Command(BaseCommand):
    help = "用当前密钥重写全部加密字段和附件文件；可以中断后再来，也可以在使用中运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--index", action="store_true", help="同时用当前索引密钥重算检索索引")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"当前密钥编号 {current_key_id()}")
        unreadable = 0
        for done in rotate_field_keys(with_index=options["index"]):
            unreadable += done.unreadable
            self.stdout.write(
                f"{done.column}：重写 {done.rewritten}，已是当前密钥 {done.already}，读不出 {done.unreadable}"
            )
        rewritten, already, lost = rewrite_with_current_key()
        unreadable += lost
        self.stdout.write(f"附件文件：重写 {rewritten}，已是当前密钥 {already}，读不出 {lost}")
        if unreadable:
            raise CommandError(f"有 {unreadable} 个值读不出：旧密钥不在 BAOXUE_FIELD_KEYS 里，或数据被改动。")
