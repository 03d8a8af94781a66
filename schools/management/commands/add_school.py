"""One school from the command line, through the same action as the page."""

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.actions import open_county
from accounts.models import County
from accounts.text import TextProblem
from accounts.workflow import StepRefused
from schools.actions.calendar import make_school_year
from schools.actions.places import create_township, open_school
from schools.checks import SchoolFacts, grades_of, kind_of, plain_text
from schools.models import School, SchoolKind, Township
from schools.queries import county_of_code, next_start_year, school_years, usual_opening_day

# The county whose notice this product answers; used only where there is none yet.
FIRST_COUNTY = ("140425", "平顺县")
NEEDED = {"code": "--code", "name": "--name", "kind": "--kind", "township": "--township"}


class Command(BaseCommand):
    help = "建立一所学校，乡镇没有的一起建立。还没有县和填报日历时也一起建立。成功时退出码为 0。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--code", help="学校标识码，10 位数字")
        parser.add_argument("--name", help="学校名称")
        parser.add_argument(
            "--kind", help="类别：" + "、".join(f"{k.value}（{k.label}）" for k in SchoolKind)
        )
        parser.add_argument("--grades", default="", help="年级范围，如 1-6；不写按类别")
        parser.add_argument("--township", help="乡镇名称")
        parser.add_argument("--short-name", default="", help="简称")
        parser.add_argument("--parent", default="", help="所属中心校的标识码")
        parser.add_argument(
            "--signed-by-parent", action="store_true", help="月报由所属学校校长签字（一师一校）"
        )
        parser.add_argument("--opened-on", default="", help="开办日期，如 2026-09-01；不写是填报日历的第一天")
        parser.add_argument("--county", default="", help="县的行政区划代码；只有一个县时不用写")
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                school, notes = add_school(options)
        except (StepRefused, TextProblem) as refused:
            self._refuse(refused, as_json=options["json"])
        else:
            self._tell(school, notes, as_json=options["json"])

    def _tell(self, school: School, notes: list[str], *, as_json: bool) -> None:
        grades = f"{school.first_grade}-{school.last_grade}"
        message = f"已建立 {school.name}（{school.code}），{school.township.name}，{grades} 年级。"
        report = {
            "ok": True,
            "code": school.code,
            "name": school.name,
            "kind": school.kind,
            "grades": grades,
            "township": school.township.name,
            "county": school.county.code,
            "opened_on": school.opened_on.isoformat(),
            "notes": notes,
            "message": message,
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False) if as_json else "\n".join([*notes, message]))

    def _refuse(self, refused: Exception, *, as_json: bool) -> None:
        problems = list(getattr(refused, "problems", []))
        if as_json:
            report = {"ok": False, "message": str(refused), "problems": problems}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self.stderr.write("\n".join([str(refused), *problems]))
        sys.exit(1)


def add_school(options: dict[str, Any]) -> tuple[School, list[str]]:
    """The school and what had to be made before it. The caller's transaction takes all back at a refusal."""
    missing = [flag for name, flag in NEEDED.items() if not (options[name] or "").strip()]
    if missing:
        raise StepRefused(f"还缺 {'、'.join(missing)}。")
    kind, grades = _kind_and_grades(options)
    opened_on = _day(options["opened_on"])
    code = plain_text(options["code"], "标识码", 20)
    name = plain_text(options["name"], "学校名称", 60)
    short_name = plain_text(options["short_name"], "简称", 20)
    township_name = plain_text(options["township"], "乡镇", 40)
    notes: list[str] = []
    county = _county(options["county"], notes)
    _refuse_known_code(county, code)
    _make_calendar(county, notes)
    township = _township(county, township_name, notes)
    facts = SchoolFacts(
        code=code,
        name=name,
        short_name=short_name,
        kind=kind,
        township=township,
        first_grade=grades[0],
        last_grade=grades[1],
        parent=_parent(county, options["parent"]),
        signed_by_parent=options["signed_by_parent"],
        opened_on=opened_on or usual_opening_day(county.pk),
    )
    return open_school(county, facts, actor=None), notes


def _kind_and_grades(options: dict[str, Any]) -> tuple[str, tuple[int, int]]:
    kind = kind_of(options["kind"].strip())
    if kind is None:
        raise StepRefused(f"类别“{options['kind']}”不认识。请从 {'、'.join(SchoolKind.values)} 里选。")
    grades = grades_of(options["grades"], kind)
    if grades is None:
        raise StepRefused(f"年级“{options['grades']}”看不懂。请写成 1-6 这样，在 1 到 9 之间，从低到高。")
    return kind, grades


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise StepRefused(f"开办日期“{text}”看不懂。请写成 2026-09-01 这样。") from error


def _county(code: str, notes: list[str]) -> County:
    if code:
        county = county_of_code(code)
        if county is None:
            raise StepRefused(f"没有行政区划代码是“{code}”的县。请先用 create_first_administrator 建立。")
        return county
    counties = list(County.objects.order_by("pk")[:2])
    if len(counties) > 1:
        raise StepRefused("这里有几个县，请用 --county 写明行政区划代码。")
    if counties:
        return counties[0]
    county = open_county(code=FIRST_COUNTY[0], name=FIRST_COUNTY[1])
    notes.append(f"还没有县，已建立 {county.name}（{county.code}）。")
    return county


def _refuse_known_code(county: County, code: str) -> None:
    known = School.objects.filter(county=county, code=code).first()
    if known is not None:
        raise StepRefused(f"标识码 {code} 已被 {known.name} 使用，没有建立。")


def _make_calendar(county: County, notes: list[str]) -> None:
    if not school_years(county.pk).exists():
        year = make_school_year(county, next_start_year(county.pk), actor=None)
        notes.append(f"还没有填报日历，已建立{year}的。")


def _township(county: County, name: str, notes: list[str]) -> Township:
    township = Township.objects.filter(county=county, name=name).first()
    if township is None:
        township = create_township(county, name, actor=None)
        notes.append(f"已建立乡镇 {name}。")
    return township


def _parent(county: County, code: str) -> School | None:
    if not code:
        return None
    parent = School.objects.filter(county=county, code=code).first()
    if parent is None:
        raise StepRefused(f"没有标识码是“{code}”的学校，不能作为所属中心校。")
    return parent
