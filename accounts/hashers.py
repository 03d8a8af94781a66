"""Argon2id with settings that a small server survives on the first of the month."""

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

# A login storm otherwise takes every core and 19 MiB for each waiting person.
_gate = threading.BoundedSemaphore(2)


class CountyArgon2PasswordHasher(Argon2PasswordHasher):
    """OWASP minimum: 19 MiB, two passes, one lane; at most two checks at once in a process."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1

    def encode(self, password: str, salt: str) -> Any:
        with _gate:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _gate:
            return super().verify(password, encoded)
