"""--school CODE --month YYYY-MM of the commands about returns."""

from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from monitoring.actions.common import find_return
from monitoring.models import MonthlyReturn
from schools.calendar import parse_month
from schools.models import ReportingMonth, Requirement, School


@dataclass(frozen=True)
class SchoolMonth:
    school: School
    month: ReportingMonth
    monthly_return: MonthlyReturn | None


def add_school_month(parser: CommandParser) -> None:
    parser.add_argument("--school", required=True, metavar="标识码", help="学校标识码")
    parser.add_argument("--month", required=True, metavar="年-月", help="填报月，例如 2025-10")
    parser.add_argument("--county", metavar="代码", help="几个县有同一标识码时，县的行政区划代码")


def find_school_month(options: dict[str, Any]) -> SchoolMonth:
    """CommandError names what was not found."""
    schools = School.objects.filter(code=options["school"]).select_related("county", "parent", "township")
    if options["county"]:
        schools = schools.filter(county__code=options["county"])
    found = list(schools[:2])
    if not found:
        raise CommandError(f"没有标识码为 {options['school']} 的学校。")
    if len(found) > 1:
        raise CommandError(f"有几个县的学校标识码都是 {options['school']}，请用 --county 指明。")
    try:
        day = parse_month(options["month"])
    except ValueError as error:
        raise CommandError(f"月份“{options['month']}”不对，请写成 2025-10 这样。") from error
    month = ReportingMonth.objects.filter(county=found[0].county, month=day).first()
    if month is None:
        raise CommandError(f"填报日历里没有 {options['month']}。")
    monthly_return = find_return(found[0], month)
    if monthly_return is None and month.requirement == Requirement.NONE:
        raise CommandError(f"{month} 免报，没有月报表。")
    return SchoolMonth(found[0], month, monthly_return)
