"""Remove uploaded bytes that no row speaks of, and name rows whose bytes are gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.storage import SETTLED_SECONDS, missing_files, orphan_paths


class Command(BaseCommand):
    help = "清理没有登记的附件文件（一小时以前写下的），并列出登记了却找不到文件的附件。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="只列出，不删除")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = 0
        for path in orphan_paths(SETTLED_SECONDS):
            self.stdout.write(f"没有登记：{path.name}")
            if not options["dry_run"]:
                path.unlink(missing_ok=True)
                removed += 1
        self.stdout.write(f"已清理 {removed} 个没有登记的文件。")
        missing = [stored.pk for stored in missing_files()]
        if missing:
            raise CommandError(
                f"有 {len(missing)} 个附件的文件不在了（编号 {'、'.join(map(str, missing))}），请从备份恢复。"
            )
