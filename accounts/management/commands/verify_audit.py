"""Exit 1 and name the first bad row if the audit trail was tampered with."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import trail
from accounts.models import AuditHead


class Command(BaseCommand):
    help = "核对审计链、查看记录的封存和只增不改的触发器。有问题时退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出 JSON")
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="县:序号:哈希",
            help="另处抄存的链头；链里同一序号的哈希必须与它相同，可以给多个",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        counties = trail.counties_with_trail()
        breaks = [
            found for county in counties for found in (trail.verify_chain(county), trail.verify_seals(county))
        ]
        breaks += [trail.verify_anchor(*anchor.split(":")) for anchor in options["anchor"]]
        found = [asdict(broken) for broken in breaks if broken]
        report = {
            "ok": not found and not trail.missing_triggers(),
            "breaks": found,
            "missing_triggers": trail.missing_triggers(),
            "heads": list(AuditHead.objects.order_by("county_id").values("county_id", "seq", "hash")),
        }
        self.stdout.write(
            json.dumps(report, ensure_ascii=False, indent=2) if options["json"] else _words(report)
        )
        if not report["ok"]:
            sys.exit(1)


def _words(report: dict[str, Any]) -> str:
    lines = [f"县 {head['county_id']}：链头 {head['seq']} {head['hash']}" for head in report["heads"]]
    lines += [
        f"县 {bad['county_id']}：{bad['table']} 第 {bad['place']} 条：{bad['reason']}"
        for bad in report["breaks"]
    ]
    lines += [f"{table}：触发器不见了" for table in report["missing_triggers"]]
    return "\n".join([*lines, "审计链完整。" if report["ok"] else "审计链有问题。"])
