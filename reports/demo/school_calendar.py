"""A plausible Chinese school calendar: public holidays, made-up days, vacations and terms (pure)."""

import datetime as dt
from typing import Final

from schools.calendar import Closure

# (name, first day, last day, is a made-up school day)
type Days = tuple[str, dt.date, dt.date, bool]

_PUBLIC: Final = {
    2024: "中秋 0915-0917 国庆 1001-1007 上课 0914 上课 0929 上课 1012",
    2025: "元旦 0101-0101 清明 0404-0406 五一 0501-0505 端午 0531-0602 国庆 1001-1008 上课 0427 上课 0928 上课 1011",
    2026: "元旦 0101-0103 清明 0404-0406 五一 0501-0505 端午 0619-0621 中秋 0925-0927 国庆 1001-1007 上课 0104 上课 0509"
    " 上课 0920 上课 1010",
    2027: "元旦 0101-0103 清明 0403-0405 五一 0501-0505 端午 0607-0609 中秋 0915-0915 国庆 1001-1007 上课 0508 上课 0926",
}
# Years that nobody has announced yet: what has stayed the same from year to year.
_USUAL: Final = "元旦 0101-0101 清明 0404-0406 五一 0501-0505 国庆 1001-1007"
# Round the Spring Festival.
_WINTER: Final = {2025: ("0111", "0216"), 2026: ("0131", "0301"), 2027: ("0116", "0221")}
_USUAL_WINTER: Final = ("0118", "0223")
_SUMMER: Final = ("0704", "0831")


def days_off(first_year: int, last_year: int) -> list[Days]:
    """Of calendar years, both included."""
    days: list[Days] = []
    for year in range(first_year, last_year + 1):
        words = iter(_PUBLIC.get(year, _USUAL).split())
        for name, span in zip(words, words, strict=True):
            first, _, last = span.partition("-")
            days.append((name, _day(year, first), _day(year, last or first), name == "上课"))
        winter = _WINTER.get(year, _USUAL_WINTER)
        days.append(("寒假", _day(year, winter[0]), _day(year, winter[1]), False))
        days.append(("暑假", _day(year, _SUMMER[0]), _day(year, _SUMMER[1]), False))
    return [(f"{name}（调休）" if works else name, first, last, works) for name, first, last, works in days]


def closures_of(days: list[Days]) -> list[Closure]:
    return [Closure(first, last, works) for _, first, last, works in days]


def terms_of(school_year: int) -> list[tuple[int, dt.date, dt.date]]:
    """(number, first day, last day): between the vacations."""
    winter = _WINTER.get(school_year + 1, _USUAL_WINTER)
    one = dt.timedelta(days=1)
    return [
        (1, dt.date(school_year, 9, 1), _day(school_year + 1, winter[0]) - one),
        (2, _day(school_year + 1, winter[1]) + one, _day(school_year + 1, _SUMMER[0]) - one),
    ]


def _day(year: int, month_and_day: str) -> dt.date:
    return dt.date(year, int(month_and_day[:2]), int(month_and_day[2:]))
