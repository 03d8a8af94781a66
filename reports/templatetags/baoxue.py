"""Template filters and tags: thin wrappers over accounts.wording, and the few computed parts of components."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import wording

register = template.Library()

register.filter("cn_date", wording.cn_date)
register.filter("cn_full_date", wording.cn_full_date)
register.filter("cn_datetime", wording.cn_datetime)
register.filter("cn_month", wording.cn_month)
register.filter("weekday", wording.weekday)
register.filter("school_year", wording.school_year)
register.filter("thousands", wording.thousands)
register.filter("signed", wording.signed)
register.filter("rate", wording.rate)
register.filter("money", wording.money)
register.filter("file_size", wording.file_size)
register.filter("mask_id", wording.mask_id)
register.filter("mask_phone", wording.mask_phone)
register.filter("mask_account", wording.mask_account)
register.filter("mask_name", wording.mask_name)
register.filter("grade_name", wording.grade_name)
register.filter("class_label", wording.class_label)

# The drawing follows the word, so that navigation need not know of drawings.
TAB_ICONS = {
    "待办": "list",
    "学生": "person",
    "班级": "person",
    "应助": "person",
    "个案": "shield",
    "预警": "shield",
    "整改": "shield",
    "签字": "pen",
    "记送教": "pen",
    "看板": "bars",
    "概况": "bars",
    "趋势": "bars",
    "待发送": "send",
    "更多": "dots",
}


def _grey(text: str) -> SafeString:
    return format_html('<span class="zero">{}</span>', text)


@register.filter
def figure(number: int | None, unknown: str = wording.UNKNOWN) -> str | SafeString:
    """15,902; a grey 0; a grey — (or ／, when given) for what is unknown or does not apply."""
    if number is None:
        return _grey(unknown)
    return wording.thousands(number) if number else _grey("0")


@register.filter
def signed_figure(number: int | None, unknown: str = wording.UNKNOWN) -> str | SafeString:
    """As figure, with the sign of the column 其他."""
    if number is None:
        return _grey(unknown)
    return wording.signed(number) if number else _grey("0")


@register.filter
def add_class(field: BoundField, names: str) -> SafeString:
    """The control of a field with more classes: {{ form.day|add_class:"w-m" }}."""
    present = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{present} {names}".strip()})


@register.filter
def tab_icon(label: str) -> str:
    """The name of the drawing of a bottom tab."""
    return TAB_ICONS.get(label, "sheet")


@register.filter
def share(part: float | None, whole: float | None) -> str:
    """The width of a bar, "64%"; nothing of nothing is nothing."""
    if not part or not whole:
        return "0%"
    return f"{max(0.0, min(100.0, 100 * part / whole)):.4g}%"


@register.filter
def stacked(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parts {label, value, look} of a stacked bar, each with its start and width in percent."""
    whole = sum(part["value"] for part in parts)
    placed, start = [], 0
    for part in parts:
        if part["value"]:
            placed.append({**part, "start": share(start, whole), "width": share(part["value"], whole)})
        start += part["value"]
    return placed


@register.filter
def invalid_fields(form: BaseForm) -> list[BoundField]:
    """The visible fields of a form that must be changed, in reading order."""
    return [field for field in form.visible_fields() if field.errors]


@register.filter
def error_count(form: BaseForm) -> int:
    """How many places must be changed; an error of the whole form counts as one."""
    return len(invalid_fields(form)) + len(form.non_field_errors())


@register.filter
def page_numbers(page: Page) -> list[int | str]:
    """1 2 3 … 12, as short as it can be."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag(takes_context=True)
def kept_parameters(context: template.Context, form: BaseForm | None = None) -> list[tuple[str, str]]:
    """Parameters in the address that a filter form does not carry itself, except the page."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return []
    own: Iterable[str] = [field.html_name for field in form] if form is not None else []
    dropped = {"page", *own}
    return [(name, value) for name, values in request.GET.lists() if name not in dropped for value in values]
