"""Writes one form of one school and month to a file; the same bytes as the page's download."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.documents.form_facts import FormFactsInvalid
from reports.documents.monthly_return import forms_now
from reports.management.school_month import add_school_month, find_school_month
from reports.return_files import FORMATS, return_file


class Command(BaseCommand):
    help = "导出一所学校一个月的月报表（一）或信息表（二），PDF 或 XLSX。没签字的印“草稿”。"

    def add_arguments(self, parser: CommandParser) -> None:
        add_school_month(parser)
        parser.add_argument(
            "--form", required=True, type=int, choices=(1, 2), help="1 月报表（一），2 信息表（二）"
        )
        parser.add_argument("--format", required=True, choices=FORMATS)
        parser.add_argument("--output", required=True, metavar="文件")

    def handle(self, *args: Any, **options: Any) -> None:
        place = find_school_month(options)
        forms = forms_now(place.school, place.month, place.monthly_return)
        try:
            data = return_file(forms, options["form"], options["format"])
        except FormFactsInvalid as invalid:
            raise CommandError(f"这份表现在不能打印：{invalid}。") from invalid
        target = Path(options["output"])
        partial = target.with_name(f"{target.name}.part")
        try:
            partial.write_bytes(data)
            os.replace(partial, target)  # noqa: PTH105 -- whole or not at all, over an older file too
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise CommandError(f"写不了 {target}：{error.strerror}。请换一个位置。") from error
        self.stdout.write(f"已写入 {target}（{len(data):,} 字节，{forms.record.copy_note}）。")
