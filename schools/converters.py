"""Months in addresses: <month:month> is 2025-10 outside and the first day of the month inside."""

import datetime as dt

from django.urls import register_converter

from schools.calendar import parse_month


class MonthConverter:
    """2025-10; anything else is not found."""

    regex = r"20\d{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> dt.date:
        return parse_month(value)

    def to_url(self, value: dt.date | str) -> str:
        return value if isinstance(value, str) else f"{value:%Y-%m}"


register_converter(MonthConverter, "month")
