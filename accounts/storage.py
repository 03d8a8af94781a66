"""Bytes of stored files on disk: encrypted, under a name of ours, whole or absent.

A file is written, flushed to the disk and renamed *before* its row is inserted: a crash in between leaves an
orphan (found by ``orphan_paths``), never a row without its file.
"""

import os
import time
import uuid as uuids
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from accounts.encryption import DecryptionError, current_key_id, decrypt, encrypt
from accounts.models import StoredFile

SUFFIX = ".sealed"
PART = ".part"
FOLDER = "files"
# Longer than any transaction: a younger file may belong to one that has not committed yet.
SETTLED_SECONDS = 3600


class FileMissing(Exception):  # noqa: N818 -- shown to the user, not a fault of the program
    """The row is there, the bytes are not, or they are not what was stored."""


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / FOLDER


def path_of(uuid: uuids.UUID) -> Path:
    """Two hexadecimal digits of the name make a folder, so that none grows too large."""
    return folder() / uuid.hex[:2] / f"{uuid.hex}{SUFFIX}"


def context_of(uuid: uuids.UUID) -> str:
    """A ciphertext copied under another name does not open."""
    return f"file:{uuid}"


def write_bytes(uuid: uuids.UUID, content: bytes) -> None:
    """Seal *content* and put it on the disk for good."""
    path = path_of(uuid)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _put(path, encrypt(content, context_of(uuid)))


def read_bytes(stored: StoredFile) -> bytes:
    """The plain bytes; FileMissing where they are gone or altered."""
    try:
        sealed = path_of(stored.uuid).read_bytes()
        return decrypt(sealed, context_of(stored.uuid))
    except (OSError, DecryptionError) as error:
        raise FileMissing("文件不在了或已损坏，请请管理员从备份恢复，或重新上传一份。") from error


def remove_bytes(uuid: uuids.UUID) -> None:
    """Take back what was written for a row that was never inserted."""
    with suppress(OSError):
        path_of(uuid).unlink()


def orphan_paths(settled_seconds: int = SETTLED_SECONDS) -> Iterator[Path]:
    """Files that no row speaks of, and writings that never ended."""
    before = time.time() - settled_seconds
    known = set(StoredFile.objects.values_list("uuid", flat=True))
    for path in sorted(folder().glob("*/*")):
        name = _uuid_of(path)
        if path.is_file() and path.stat().st_mtime <= before and (name is None or name not in known):
            yield path


def missing_files() -> Iterator[StoredFile]:
    """Rows whose bytes are not on the disk."""
    for stored in StoredFile.objects.iterator():
        if not path_of(stored.uuid).is_file():
            yield stored


def rewrite_with_current_key() -> tuple[int, int, int]:
    """(rewritten, already current, unreadable); safe to repeat and to run while people work."""
    rewritten = already = unreadable = 0
    for uuid in StoredFile.objects.values_list("uuid", flat=True).iterator():
        path = path_of(uuid)
        try:
            sealed = path.read_bytes()
            if sealed[:1] == bytes([current_key_id()]):
                already += 1
                continue
            _put(path, encrypt(decrypt(sealed, context_of(uuid)), context_of(uuid)))
            rewritten += 1
        except (OSError, DecryptionError):
            unreadable += 1
    return rewritten, already, unreadable


def _put(path: Path, sealed: bytes) -> None:
    part = path.with_suffix(PART)
    try:
        with part.open("wb") as file:
            part.chmod(0o600)
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)  # a full disk: nothing half written stays
        raise
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """The new name itself must survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _uuid_of(path: Path) -> uuids.UUID | None:
    if path.suffix != SUFFIX:
        return None
    try:
        return uuids.UUID(hex=path.stem)
    except ValueError:
        return None
