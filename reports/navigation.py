"""The frame of every page: rail, tabs, person and place. Filled per role."""

from typing import Any

from django.http import HttpRequest


def frame(_request: HttpRequest) -> dict[str, Any]:
    """Context for base.html."""
    return {}
