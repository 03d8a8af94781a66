"""Was the password given in the last ten minutes?

* A page that only shows something sensitive: decorate its view with ``password_confirmed``.
* A step that is pressed (POST): let its form take ``PasswordConfirmationMixin`` (accounts.forms),
  so that what was typed is not lost on the way through another page.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts import lockout
from accounts.http import go, own_address
from accounts.sessions import PASSWORD_GIVEN


def sudo_confirmed(request: HttpRequest) -> bool:
    """True for ten minutes after the password was given; the login counts."""
    given: float = request.session.get(PASSWORD_GIVEN, 0)
    return 0 <= time.time() - given <= settings.SUDO_SECONDS


def note_password_given(request: HttpRequest) -> None:
    request.session[PASSWORD_GIVEN] = time.time()


def give_password_again(request: HttpRequest, password: str) -> bool:
    """Check the password of the person signed in; wrong tries count towards the lock-out."""
    username = request.user.get_username()
    if authenticate(request, username=username, password=password) != request.user:
        return False
    lockout.forgive(request, username)
    note_password_given(request)
    return True


def password_confirmed[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Lead to the confirmation page first; from there back to the page one came from."""

    @wraps(view)
    def confirmed(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request: Any = args[0]
        if sudo_confirmed(request):
            return view(*args, **kwargs)
        here = request.get_full_path() if request.method == "GET" else request.headers.get("Referer")
        return go(
            request,
            f"{reverse('accounts:password-confirm')}?{urlencode({'next': own_address(request, here)})}",
        )

    return confirmed
