"""Private keys locked with a password: Argon2id makes the key, AES-256-GCM closes the box.

What is locked here is stored in a field that is encrypted under the environment's key as well: the database
alone, or database and environment together, do not open a person's key without the person's password.
"""

import os
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reports.sealing.facts import WrongPassword

# OWASP minimum for Argon2id, as for sign-in: 19 MiB, two passes, one lane.
_MEMORY_KIB: Final = 19456
_PASSES: Final = 2
_SALT: Final = 16
_NONCE: Final = 12
_VERSION: Final = b"\x01"


def lock(content: bytes, password: str, place: str) -> bytes:
    """*content* that only *password* opens again, and only at *place*."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return _VERSION + salt + nonce + _box(password, salt).encrypt(nonce, content, place.encode())


def unlock(locked: bytes, password: str, place: str) -> bytes:
    """WrongPassword where it does not fit."""
    salt, nonce = locked[1 : 1 + _SALT], locked[1 + _SALT : 1 + _SALT + _NONCE]
    try:
        return _box(password, salt).decrypt(nonce, locked[1 + _SALT + _NONCE :], place.encode())
    except (InvalidTag, ValueError) as error:
        raise WrongPassword("密码不对，签字密钥没有打开。") from error


def _box(password: str, salt: bytes) -> AESGCM:
    return AESGCM(
        hash_secret_raw(
            password.encode(),
            salt,
            time_cost=_PASSES,
            memory_cost=_MEMORY_KIB,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        )
    )
