"""What a check finds: a lie in the books, by school, month and grade."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reports.books.rows import Books
from schools.models import School


@dataclass(frozen=True)
class Violation:
    """``school`` is a code, ``month`` YYYY-MM, ``grade`` 0 where it is not about one grade."""

    code: str
    school: str
    month: str
    grade: int
    message: str


type Check = Callable[[Books], Iterator[Violation]]


def lie(
    code: str, message: str, *, school: School | None = None, month: dt.date | None = None, grade: int = 0
) -> Violation:
    """A violation; the sentence begins with where it is."""
    place = "，".join(filter(None, [school.name if school else "", _month(month), _grade(grade)]))
    return Violation(
        code=code,
        school=school.code if school else "",
        month=month.strftime("%Y-%m") if month else "",
        grade=grade,
        message=f"{place}：{message}" if place else message,
    )


def _month(month: dt.date | None) -> str:
    return f"{month.year}年{month.month}月" if month else ""


def _grade(grade: int) -> str:
    return f"{'一二三四五六七八九'[grade - 1]}年级" if 1 <= grade <= 9 else ""
