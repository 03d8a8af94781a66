"""Fields that clean what is typed in the one way that importers use too (accounts.text)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.text import TextProblem, clean_name, clean_number, clean_text


class TextField(forms.CharField):
    """One line of text without control characters."""

    def to_python(self, value: Any) -> str:
        return _cleaned(lambda: clean_text(str(value or ""), max_length=self.max_length))


class NameField(forms.CharField):
    """A person's name."""

    def to_python(self, value: Any) -> str:
        return _cleaned(lambda: clean_name(str(value or ""), max_length=self.max_length))


class NumberField(forms.CharField):
    """An identifier or a phone. Never filled in beforehand: a number on a form is one typed just now."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"autocomplete": "off", "class": "w-m", "spellcheck": "false"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return clean_number(str(value or ""))


class DayField(forms.DateField):
    """A day, chosen or typed in any of the ways people write it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"])
        super().__init__(**kwargs)
        self.error_messages["invalid"] = "不是日期。请填年月日，例如 2014-03-12。"

    def to_python(self, value: Any) -> dt.date | None:
        day = super().to_python(clean_text(value) if isinstance(value, str) else value)
        if day is not None and not 1900 <= day.year <= 2100:
            raise ValidationError(f"“{day.year}年”不对。请核对年份。", code="year")
        return day


def choices_of(labels: Mapping[Any, str], empty: str | None = None) -> Sequence[tuple[str, str]]:
    """Choices of a select, with a first line that chooses nothing."""
    return [*([("", empty)] if empty is not None else []), *labels.items()]


def _cleaned(clean: Any) -> str:
    try:
        return str(clean())
    except TextProblem as problem:
        raise ValidationError(problem.message, code=problem.code) from problem
