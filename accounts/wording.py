"""How dates, figures, names and masked numbers are written; pure functions, no database."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from django.utils import timezone

MINUS = "\u2212"
UNKNOWN = "—"
NOT_APPLICABLE = "／"
GRADE_NUMERALS = "一二三四五六七八九"
WEEKDAYS = "一二三四五六日"
FULL_ID_LENGTH = 18
SHORT_ID_LENGTH = 15
MOBILE_LENGTH = 11


class HasMonth(Protocol):
    """A date, or a month of reporting."""

    @property
    def year(self) -> int: ...
    @property
    def month(self) -> int: ...


def local_day(moment: date | datetime) -> date:
    """The calendar day in the county's time zone."""
    if isinstance(moment, datetime):
        return timezone.localtime(moment).date() if timezone.is_aware(moment) else moment.date()
    return moment


def cn_date(moment: date | datetime | None, *, today: date | None = None) -> str:
    """11月24日 in the current year, 2026年11月24日 otherwise."""
    if moment is None:
        return UNKNOWN
    day = local_day(moment)
    if day.year == (today or timezone.localdate()).year:
        return f"{day.month}月{day.day}日"
    return cn_full_date(day)


def cn_full_date(moment: date | datetime | None) -> str:
    """2026年11月24日 always, for headings, paper and anything that is kept."""
    if moment is None:
        return UNKNOWN
    day = local_day(moment)
    return f"{day.year}年{day.month}月{day.day}日"


def cn_datetime(moment: datetime | None, *, today: date | None = None) -> str:
    """11月5日 16:48; the year is added when it is not the current one."""
    if moment is None:
        return UNKNOWN
    if timezone.is_aware(moment):
        moment = timezone.localtime(moment)
    return f"{cn_date(moment, today=today)} {moment:%H:%M}"


def cn_month(month: HasMonth | str | None) -> str:
    """2026年11月 from a date, "2026-11", or anything that has a year and a month."""
    if month is None:
        return UNKNOWN
    if isinstance(month, str):
        year, number = (int(part) for part in month.split("-")[:2])
    else:
        if isinstance(month, datetime):
            month = local_day(month)
        year, number = month.year, month.month
    return f"{year}年{number}月"


def weekday(moment: date | datetime | None) -> str:
    """星期三."""
    return UNKNOWN if moment is None else f"星期{WEEKDAYS[local_day(moment).weekday()]}"


def school_year(first_year: int | None) -> str:
    """2026–2027学年 from the year in which it begins."""
    return UNKNOWN if first_year is None else f"{first_year}–{first_year + 1}学年"


def thousands(number: int | None) -> str:
    """15,902; a negative number takes the real minus sign."""
    if number is None:
        return UNKNOWN
    sign = MINUS if number < 0 else ""
    return f"{sign}{abs(number):,}"


def signed(number: int | None) -> str:
    """+1, −2, and 0 without a sign."""
    if number is None:
        return UNKNOWN
    return f"+{number:,}" if number > 0 else thousands(number)


def rate(fraction: float | Decimal | None) -> str:
    """99.4% from 0.994; one decimal, rounded as people do by hand."""
    if fraction is None:
        return UNKNOWN
    percent = (Decimal(str(fraction)) * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{percent}%".replace("-", MINUS)


def money(amount: Decimal | int | None) -> str:
    """1,000.00 元."""
    if amount is None:
        return UNKNOWN
    value = Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{value:,.2f} 元".replace("-", MINUS)


def file_size(size: int | None) -> str:
    """0.4 MB; under 0.1 MB in KB."""
    if size is None:
        return UNKNOWN
    megabytes = size / 1024 / 1024
    return f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{max(1, round(size / 1024))} KB"


def mask_id(number: str | None) -> str:
    """140425********1234; a student number (G and 18 digits) keeps its first five and last four."""
    text = (number or "").strip()
    if not text:
        return UNKNOWN
    if len(text) > FULL_ID_LENGTH:
        return f"{text[:5]}********{text[-4:]}"
    if len(text) == FULL_ID_LENGTH:
        return f"{text[:6]}********{text[-4:]}"
    if len(text) == SHORT_ID_LENGTH:
        return f"{text[:6]}*****{text[-4:]}"
    return f"{text[:2]}{'*' * 4}{text[-2:]}" if len(text) >= 8 else "*" * len(text)


def mask_phone(number: str | None) -> str:
    """138****1234; any other number keeps only its last four digits."""
    text = "".join((number or "").split())
    if not text:
        return UNKNOWN
    if len(text) == MOBILE_LENGTH and text.isdigit():
        return f"{text[:3]}****{text[-4:]}"
    return f"****{text[-4:]}" if len(text) >= 8 else "****"


def mask_account(number: str | None) -> str:
    """尾号 1234, for bank accounts."""
    text = "".join((number or "").split())
    return f"尾号 {text[-4:]}" if len(text) >= 8 else (UNKNOWN if not text else "****")


def mask_name(name: str | None) -> str:
    """杨一鸣 → 杨**, 郭某 → 郭*; a long name does not give away its length."""
    text = (name or "").strip()
    if not text:
        return UNKNOWN
    return "*" if len(text) == 1 else text[0] + "*" * min(len(text) - 1, 2)


def grade_name(grade: int | None) -> str:
    """1 → 一年级 … 9 → 九年级."""
    if grade is None:
        return UNKNOWN
    return f"{GRADE_NUMERALS[grade - 1]}年级" if 1 <= grade <= len(GRADE_NUMERALS) else f"{grade}年级"


def class_label(grade: int | None, number: int | str | None) -> str:
    """八（2）班; without a class number the grade alone."""
    if grade is None:
        return UNKNOWN
    if number in (None, ""):
        return grade_name(grade)
    return f"{grade_name(grade).removesuffix('年级')}（{number}）班"
