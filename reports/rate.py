"""How often one address may ask: counted in the cache of this process, so the limit holds per process."""

import time

from django.core.cache import cache
from django.http import HttpRequest

from accounts.http import client_address


def is_allowed(request: HttpRequest, what: str, *, times: int, seconds: int) -> bool:
    """False from the (times + 1)th call within a window of *seconds*."""
    window = int(time.time()) // seconds
    key = f"rate:{what}:{client_address(request) or 'unix'}:{window}"
    cache.add(key, 0, seconds * 2)
    try:
        return cache.incr(key) <= times
    except ValueError:  # thrown out in between
        return True
