"""The address under which people reach this installation, printed in QR codes."""

from django.conf import settings
from django.http import HttpRequest


def site_of(request: HttpRequest | None = None) -> str:
    """The configured public address; without one that of the request."""
    if settings.PUBLIC_ADDRESS:
        return str(settings.PUBLIC_ADDRESS).rstrip("/")
    if request is None:
        return "http://localhost:8000"
    return f"{request.scheme}://{request.get_host()}"
