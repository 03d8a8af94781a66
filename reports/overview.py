"""全县概况: the county's figures of one month, each with whom it covers."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from accounts.wording import MINUS, thousands
from monitoring.board import expected_schools
from monitoring.filed import FiledText, filed_texts
from monitoring.readings import Line, total
from schools.calendar import months_of_school_year, school_year_of
from schools.models import ReportingMonth, Requirement, School
from schools.queries import months_with_returns, owed_by

# Fewer children than this in a cell are not shown to leaders as a figure.
SMALLEST_SHOWN = 3


@dataclass(frozen=True)
class TownshipLine:
    """One township: children absent per thousand on the roll, of the schools that have filed."""

    name: str
    on_roll: int
    absent: int
    filed: int
    expected: int

    @property
    def per_mille(self) -> float | None:
        return 1000 * self.absent / self.on_roll if self.on_roll else None

    @property
    def rate(self) -> str:
        return "—" if self.per_mille is None else f"{self.per_mille:.1f}‰"

    @property
    def shown(self) -> str:
        if not self.filed:
            return "未报"
        return f"＜{SMALLEST_SHOWN} 人" if 0 < self.absent < SMALLEST_SHOWN else f"{self.absent} 人"


@dataclass(frozen=True)
class MonthPoint:
    """One month of the trend; ``value`` is None where nobody has filed, never 0."""

    month: ReportingMonth
    value: int | None
    filed: int
    expected: int

    @property
    def is_partial(self) -> bool:
        return self.filed < self.expected


@dataclass
class Overview:
    """What the schools of a county have filed for a month."""

    month: ReportingMonth
    expected: list[School]
    texts: dict[tuple[int, dt.date], FiledText]
    year_months: list[ReportingMonth] = field(default_factory=list)

    @cached_property
    def filed(self) -> list[School]:
        return [school for school in self.expected if (school.pk, self.month.month) in self.texts]

    @property
    def missing(self) -> list[School]:
        return [school for school in self.expected if (school.pk, self.month.month) not in self.texts]

    @property
    def coverage(self) -> str:
        return f"{len(self.filed)} / {len(self.expected)} 校"

    @cached_property
    def line(self) -> Line:
        """The stored columns, summed over the schools that have filed."""
        return total(
            [line for school in self.filed for line in self.texts[school.pk, self.month.month].lines]
        )

    def tiles(self, missing_url: str) -> list[dict[str, Any]]:
        """在籍, 未在校, 转入, 转出: from filed returns, and they say of how many schools."""
        line, some = self.line, bool(self.filed)
        return [
            self._tile(
                "在籍学生", line.closing if some else None, _change(line.closing - line.opening), missing_url
            ),
            self._tile(
                "未在校",
                line.absent if some else None,
                _change(line.absent - line.absent_opening),
                missing_url,
            ),
            self._tile("本月转入", line.transfer_in if some else None, "", missing_url),
            self._tile("本月转出", line.transfer_out if some else None, "", missing_url),
        ]

    def _tile(self, name: str, value: int | None, change: str, missing_url: str) -> dict[str, Any]:
        partial = len(self.filed) < len(self.expected)
        return {
            "name": name,
            "value": value,
            "unit": "人",
            "change": change if value is not None else "还没有学校报来",
            "covered": len(self.filed),
            "total": len(self.expected),
            "coverage": self.coverage if partial else "完整",
            "missing_url": missing_url if partial else "",
            "url": "",
            "is_partial": partial,
            "is_urgent": False,
            "text_value": "",
        }

    def townships(self) -> list[TownshipLine]:
        """The highest rate first; those without a filed return last."""
        lines: dict[str, list[tuple[School, Line | None]]] = defaultdict(list)
        for school in self.expected:
            text = self.texts.get((school.pk, self.month.month))
            lines[school.township.name].append((school, total(text.lines) if text else None))
        found = []
        for name, schools in lines.items():
            filed = [line for _, line in schools if line is not None]
            found.append(
                TownshipLine(
                    name,
                    sum(line.closing for line in filed),
                    sum(line.absent for line in filed),
                    len(filed),
                    len(schools),
                )
            )
        return sorted(found, key=lambda one: (one.per_mille is None, -(one.per_mille or 0), one.name))

    def trend(self, schools_of_month: dict[int, int]) -> list[MonthPoint]:
        """未在校 of each month of the school year so far."""
        points = []
        for month in self.year_months:
            filed = [text for (_, day), text in self.texts.items() if day == month.month]
            points.append(
                MonthPoint(
                    month,
                    sum(total(text.lines).absent for text in filed) if filed else None,
                    len(filed),
                    schools_of_month[month.pk],
                )
            )
        return points


def overview_of(month: ReportingMonth, schools: QuerySet[School]) -> tuple[Overview, list[MonthPoint]]:
    """The month, and the trend of its school year up to it."""
    first = months_of_school_year(school_year_of(month.month))[0]
    required = list(
        months_with_returns(month.county_id).filter(month__lte=month.month, requirement=Requirement.REQUIRED)
    )
    before = dict(zip(required[1:], required, strict=False))
    months = [one for one in required if one.month >= first] or [month]
    everybody = list(schools.select_related("township", "parent", "county"))
    found = Overview(
        month, expected_schools(month, schools), filed_texts({month, *months}, everybody), months
    )
    owed = {one.pk: sum(owed_by(school, one, before.get(one)) for school in everybody) for one in months}
    return found, found.trend(owed)


def _change(change: int) -> str:
    if not change:
        return "与上月相同"
    return f"比上月 {'+' if change > 0 else MINUS}{thousands(abs(change))}"
