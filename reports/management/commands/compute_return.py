"""The return of one school and month as it stands; computes, writes nothing."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from monitoring.build import content_now
from monitoring.checks import run_checks
from monitoring.content import DetailRow, ReturnContent
from monitoring.models import ReturnState
from monitoring.problems import Problem
from monitoring.readings import PrintedLine
from reports.management.school_month import SchoolMonth, add_school_month, find_school_month

FIGURES = ("opening", "closing", "transfer_in", "transfer_out", "absent", "other")
HEAD = ("年级", "上月", "本月", "转入", "转出", "未在校", "其他", "备注")
GRADES = range(1, 10)


class Command(BaseCommand):
    help = "算出一所学校一个月的月报表：各年级数字、名单、检查结果；只算不写。"

    def add_arguments(self, parser: CommandParser) -> None:
        add_school_month(parser)
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        place = find_school_month(options)
        content = content_now(place.school, place.month, place.monthly_return)
        problems = run_checks(content, place.monthly_return)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(place, content, problems), ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{place.school.name} {place.month}")
        self.stdout.write("\t".join(HEAD))
        for line in content.printed_lines:
            remark = content.remarks.get(line.grade, "")
            self.stdout.write("\t".join([str(line.grade), *_figures(line), remark]))
        self.stdout.write("\t".join(["合计", *_figures(content.printed_total)]))
        for problem in problems:
            self.stdout.write(f"[{problem.code}] {problem.message}")


def as_json(place: SchoolMonth, content: ReturnContent, problems: list[Problem]) -> dict[str, Any]:
    """The shape that outside tools rely on (product.md §11)."""
    found = place.monthly_return
    lines = {line.grade: line for line in content.printed_lines}
    return {
        "school": place.school.code,
        "month": place.month.slug,
        "edition": found.edition_number if found else 1,
        "status": found.state if found else ReturnState.DRAFT.value,
        "rule": content.rule,
        "lines": [
            _line(grade, lines.get(grade)) | {"remark": content.remarks.get(grade, "")} for grade in GRADES
        ],
        "total": {name: getattr(content.printed_total, name) for name in FIGURES},
        "details": [_detail(row) for row in content.rows],
        "problems": [
            {
                "code": problem.code,
                "level": problem.level,
                "grade": problem.grade,
                "message": problem.message,
            }
            for problem in problems
        ],
    }


def _line(grade: int, line: PrintedLine | None) -> dict[str, Any]:
    """As printed; 0 where the school lacks the grade."""
    return {"grade": grade} | {name: getattr(line, name) if line else 0 for name in FIGURES}


def _detail(row: DetailRow) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "name": row.student_name,
        "grade": row.grade,
        "column": row.column,
        "sign": row.sign,
        "counted": row.counted,
        "kind": row.kind,
        "happened_on": row.happened_on.isoformat(),
        "late_for": row.late_for.isoformat() if row.late_for else None,
    }


def _figures(line: PrintedLine) -> list[str]:
    return [str(getattr(line, name)) for name in FIGURES]
