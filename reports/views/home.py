"""我的待办: the first page."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import UserRequest


def home(request: UserRequest) -> HttpResponse:
    """What waits for this person."""
    return render(request, "reports/home.html", {})
