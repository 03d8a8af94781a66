"""Addresses of pages by name."""

from django.urls import NoReverseMatch
from django.urls import reverse as strict


def reverse(view: str, args: list[object] | None = None) -> str:
    try:
        return strict(view, args=args)
    except NoReverseMatch:
        return ""
