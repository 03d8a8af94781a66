"""Import a roster file for one school; the same reading, checks and writing as the pages."""

import dataclasses
import json
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import User
from accounts.tabular.reader import MAX_FILE_BYTES
from schools.models import School
from students.actions.roster_file import Report, import_roster_file, refused_file
from students.queries import recorder_of

HELP = """导入一所学校的名册（.xlsx、.xls、.csv）。有错的行不导入，其余照常导入；同一文件再导入一次不会改动任何数据。

第一次报送月报以前是期初建账；以后文件里新出现的学生记为“补录，待核”，年级、学校和学籍状态从不由导入改变。
学籍在别校的学生、没有证件号码的学生不导入，请在页面上办理。

退出码：0 全部行都导入或没有变化（accepted）；1 有行未导入（partly、rejected）或文件不能导入（file_rejected）。
JSON：file, status, rows, created, updated, unchanged, rejected, students, errors, warnings, message。
students 的 sex 为“男”或“女”，grade 为 1–9，class_no 为数字或 null；身份证号完整输出，请妥善保管。"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="名册文件")
        parser.add_argument("--school", metavar="CODE", required=True, help="学校标识码")
        parser.add_argument("--county", metavar="CODE", help="行政区划代码；几个县有同一学校标识码时要写")
        parser.add_argument("--clerk", metavar="USERNAME", help="登记人的账号；不写就用本校的填报员")
        parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")
        parser.add_argument("--json", action="store_true", help="在标准输出给出 JSON")
        parser.add_argument("--all-or-nothing", action="store_true", help="有一行有错就整个文件都不导入")

    def handle(self, *args: Any, **options: Any) -> None:
        report = self._report(options)
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=2))
        else:
            self._say(report)
        if report.status != "accepted":
            sys.exit(1)

    def _report(self, options: dict[str, Any]) -> Report:
        path: Path = options["file"]
        report = Report(path.name)
        schools = School.objects.filter(code=options["school"]).select_related("county", "parent")
        if options["county"]:
            schools = schools.filter(county__code=options["county"])
        found = list(schools[:2])
        if len(found) != 1:
            why = "没有这所学校" if not found else "有几个县都有，请加 --county"
            return refused_file(report, "school_not_found", f"学校标识码 {options['school']}：{why}。")
        recorder = recorder_of(found[0])
        if options["clerk"]:
            recorder = User.objects.filter(
                username=options["clerk"], county_id=found[0].county_id, is_active=True
            ).first()
            if recorder is None:
                return refused_file(report, "clerk_not_found", f"没有账号 {options['clerk']}，或不在这个县。")
        try:
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)  # enough for the reader to refuse it as too large
        except OSError as error:
            return refused_file(report, "not_readable", f"“{path.name}”打不开：{error.strerror}。")
        return import_roster_file(
            content,
            path.name,
            found[0],
            recorder=recorder,
            dry_run=options["dry_run"],
            all_or_nothing=options["all_or_nothing"],
        )

    def _say(self, report: Report) -> None:
        for line in report.errors:
            self.stderr.write(line["message"])
        for line in report.warnings:
            self.stdout.write(f"提醒：{line['message']}")
        self.stdout.write(report.message)
