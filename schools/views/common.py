"""What the pages share: paging, and forms that end in one action."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.http import UserRequest

ROWS_A_PAGE = 50


def page_of(request: UserRequest, rows: QuerySet[Any] | list[Any]) -> Page[Any]:
    """Fifty rows; a page number that does not exist shows the nearest one."""
    return Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))


def address_with(parameters: QueryDict, **values: str) -> str:
    """'?…' of this page with some parameters changed, the page number dropped; '' takes one away."""
    changed = parameters.copy()
    changed.pop("page", None)
    for name, value in values.items():
        if value:
            changed[name] = value
        else:
            changed.pop(name, None)
    return f"?{changed.urlencode()}"


def is_filtered(parameters: QueryDict, names: Iterable[str]) -> bool:
    return any(parameters.get(name) for name in names)
