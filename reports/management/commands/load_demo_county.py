"""A synthetic county with more than a year of history, for make run, demonstrations and measurements."""

import json
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import County
from accounts.queries import demo_accounts
from monitoring.models import MonthlyReturn
from reports.demo.loader import Loaded, load
from reports.demo.places import SCALES, counties_of
from schools.models import School
from students.models import Absence, Enrolment, Movement, Student, Transfer


class Command(BaseCommand):
    help = "生成演示县：虚构的学校、学生和一年多的异动与月报，全部经由与页面相同的操作。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale",
            choices=SCALES,
            default="demo",
            help="school 一所九年一贯制学校；demo 12 所、约 2000 人；county 60 所、约 12000 人；city 约 10 个县",
        )
        parser.add_argument("--seed", type=int, default=1, help="同一个数生成同样的内容")
        parser.add_argument("--if-empty", action="store_true", help="已有数据时什么也不做，正常结束")
        parser.add_argument("--json", action="store_true", help="输出 JSON：各类数量和演示账号")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ACCOUNTS_SHOWN:
            raise CommandError("正式环境不能生成演示数据。")
        if County.objects.exists():
            if options["if_empty"]:
                self._tell(options, {"status": "skipped"}, "已有数据，没有生成演示县。")
                return
            if School.objects.filter(county__is_demo=False).exists():
                raise CommandError("数据库里有真实的学校，不能混入演示数据。请换一个空的数据库。")
            raise CommandError("数据库里已有县。请换一个空的数据库，或加 --if-empty。")
        started = time.monotonic()
        quiet = options["json"] or options["verbosity"] == 0
        plans = counties_of(options["scale"])
        loaded = load(plans, options["seed"], lambda text: None if quiet else self.stdout.write(text))
        figures = _figures(loaded)
        seconds = round(time.monotonic() - started, 1)
        report = {"status": "loaded", "scale": options["scale"], "seed": options["seed"], "seconds": seconds}
        accounts = [
            {"username": a.username, "role": a.role, "place": a.place, "password": settings.DEMO_PASSWORD}
            for a in demo_accounts()
        ]
        self._tell(
            options,
            {**report, **figures, "accounts": accounts},
            f"演示县已建好：{figures['schools']} 所学校，在籍 {figures['enrolled']} 人，"
            f"异动 {figures['movements']} 笔，月报 {sum(figures['returns'].values())} 份，用时 {seconds:.0f} 秒。",
        )

    def _tell(self, options: dict[str, Any], report: dict[str, Any], sentence: str) -> None:
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2) if options["json"] else sentence)


def _figures(loaded: Loaded) -> dict[str, Any]:
    states: dict[str, int] = {}
    for state in MonthlyReturn.objects.values_list("state", flat=True):
        states[state] = states.get(state, 0) + 1
    return {
        "counties": len(loaded.counties),
        "schools": School.objects.count(),
        "students": Student.objects.count(),
        "enrolled": Enrolment.objects.filter(left_on__isnull=True).count(),
        "movements": Movement.objects.count(),
        "absences": Absence.objects.count(),
        "transfers": Transfer.objects.count(),
        "returns": states,
        "refused": dict(loaded.refused.most_common(20)),
    }
