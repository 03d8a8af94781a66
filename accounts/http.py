"""Requests of signed-in people, where they come from, and the pages that refuse them."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.audit import origin
from accounts.models import User

# Never shown back, whatever the form: a page may stay open on a shared computer.
SECRET_FIELDS = ("password", "token", "secret")


class UserRequest(HttpRequest):
    """The request type of every view behind login."""

    user: User


def client_address(request: HttpRequest) -> str:
    """Where the request comes from; X-Forwarded-For counts only behind a proxy of ours."""
    address = request.META.get("REMOTE_ADDR", "")
    if (address or "unix") not in settings.TRUSTED_PROXIES:
        return address
    for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if hop.strip() in settings.TRUSTED_PROXIES:
            continue
        try:
            return str(ipaddress.ip_address(hop.strip()))
        except ValueError:
            break
    return address


def is_partial(request: HttpRequest) -> bool:
    """True when htmx asked for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def go(request: HttpRequest, to: str, *args: object, **kwargs: object) -> HttpResponse:
    """Redirect the whole page, also when htmx asked for a part of it."""
    address = resolve_url(to, *args, **kwargs)
    return HttpResponseClientRedirect(address) if is_partial(request) else HttpResponseRedirect(address)


def own_address(request: HttpRequest, candidate: str | None) -> str:
    """*candidate* without its host if it lies on this site, otherwise ''."""
    if not candidate or not url_has_allowed_host_and_scheme(
        candidate, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    parts = urlsplit(candidate)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def typed_text(request: HttpRequest) -> list[dict[str, str]]:
    """What the person had typed, to show it back after a refusal; no secrets, no files."""
    return [
        {"name": name, "value": value}
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in SECRET_FIELDS)
        for value in values
        if value.strip()
    ]


def refusal(
    request: HttpRequest | None,
    status: int,
    message: str,
    *,
    title: str = "没有执行",
    problems: Iterable[str] = (),
    typed: Iterable[dict[str, str]] = (),
) -> HttpResponse:
    """A page that says why not and gives back what was typed. Without *request* it asks the database nothing."""
    context = {
        "title": title,
        "message": message,
        "problems": list(problems),
        "typed": list(typed),
        "request_id": origin.get().request_id,
    }
    return HttpResponse(render_to_string("accounts/refused.html", context, request), status=status)
