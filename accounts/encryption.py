"""Encrypted model fields and their keyed blind index (trust.md CR-1, CR-2).

A stored value is ``key id (1 byte) | nonce (12) | AES-256-GCM ciphertext``. Its associated data
is ``table.column:uuid``, so a ciphertext copied to another row or column does not decrypt. The
UUID is made in Python before the insert. Values stay sealed until somebody reads the attribute,
so list pages that do not show a number never decrypt one.
"""

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

NONCE_BYTES = 12


class DecryptionError(Exception):
    """The stored bytes do not belong to this row and column, or the key is not there."""


@lru_cache(maxsize=8)
def _keyring(configured: str) -> dict[int, AESGCM]:
    ring = {}
    for part in configured.split(","):
        key_id, _, key = part.strip().partition(":")
        ring[int(key_id)] = AESGCM(bytes.fromhex(key))
    return ring


def _ring() -> dict[int, AESGCM]:
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("缺少字段加密密钥 BAOXUE_FIELD_KEYS。")
    return _keyring(settings.FIELD_KEYS)


def current_key_id() -> int:
    """Id of the key that new values are written with: the first one configured."""
    return next(iter(_ring()))


def encrypt(plain: bytes, context: str) -> bytes:
    """Seal *plain* for the place named by *context*."""
    key_id = current_key_id()
    nonce = os.urandom(NONCE_BYTES)
    return bytes([key_id]) + nonce + _ring()[key_id].encrypt(nonce, plain, context.encode())


def decrypt(sealed: bytes, context: str) -> bytes:
    """Open what ``encrypt`` sealed; DecryptionError for another place, key or altered bytes."""
    try:
        key = _ring()[sealed[0]]
        return key.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], context.encode())
    except (KeyError, IndexError, InvalidTag, ValueError) as error:
        raise DecryptionError("加密数据无法读取：密钥不对或数据被改动。") from error


def blind_index(purpose: str, value: str) -> str:
    """Keyed hash that finds equal values without revealing them; '' gives ''."""
    if not value:
        return ""
    key = bytes.fromhex(settings.FIELD_INDEX_KEY)
    return hmac.new(key, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


class Sealed(bytes):
    """Bytes as they stand in the database, not yet decrypted."""


class EncryptedAttribute(DeferredAttribute):
    """Decrypts on first reading and keeps the plain text on the instance."""

    field: "EncryptedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = decrypt(value, self.field.context_of(instance)).decode()
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        # Having a setter, the attribute comes before the instance's dictionary and can decrypt.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):
    """Text, encrypted at rest. '' is stored as NULL. Cannot be filtered on or set by update()."""

    descriptor_class = EncryptedAttribute
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(null=True, blank=True, editable=True)
        super().__init__(*args, **kwargs)

    def context_of(self, instance: models.Model) -> str:
        """The place a value is bound to: table, column and the row's UUID."""
        return f"{self.model._meta.db_table}.{self.column}:{instance.uuid}"  # type: ignore[attr-defined]

    def from_db_value(self, value: Any, *_: Any) -> str | Sealed:
        return Sealed(value) if value is not None else ""

    def to_python(self, value: Any) -> Any:
        return "" if value is None else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        if self.attname not in model_instance.__dict__:
            getattr(model_instance, self.attname)  # deferred: fetch it rather than write nothing over it
        value = model_instance.__dict__[self.attname]
        if isinstance(value, Sealed):
            return value
        if not value:
            return None
        return Sealed(encrypt(str(value).encode(), self.context_of(model_instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(
                f"{self.name} is encrypted: it is written by save(), never by update() or filter()"
            )
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether it is there, and (for key rotation) whether it is these very bytes."""
        return super().get_lookup(lookup_name) if lookup_name in {"isnull", "exact", "in"} else None

    def get_default(self) -> str:
        return ""

    def value_to_string(self, obj: models.Model) -> str:
        return ""

    def formfield(self, **_kwargs: Any) -> None:
        """Encrypted numbers are never pre-filled by a model form."""


class BlindIndexField(models.CharField):
    """Follows an encrypted field of the same model; NULL where that is empty, so it can be unique."""

    def __init__(self, *args: Any, source: str = "", purpose: str = "", **kwargs: Any) -> None:
        self.source, self.purpose = source, purpose
        kwargs.update(max_length=64, null=True, editable=False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["null"], kwargs["editable"]
        return name, path, args, {**kwargs, "source": self.source, "purpose": self.purpose}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        # A source that is sealed or deferred has not been changed, so neither has its index.
        raw = model_instance.__dict__.get(self.source, Sealed())
        if not isinstance(raw, Sealed):
            setattr(model_instance, self.attname, blind_index(self.purpose, raw or "") or None)
        return getattr(model_instance, self.attname)
