"""Is the audit trail whole? Walks chains, seals and triggers; changes nothing."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.audit import entry_hash
from accounts.models import AccessLogEntry, AccessLogSeal, AuditEntry, AuditHead
from accounts.triggers import GUARDED_TABLES


@dataclass(frozen=True)
class Break:
    """The first row of a chain that is not as it was written."""

    county_id: int
    table: str
    place: int
    reason: str


def counties_with_trail() -> list[int]:
    counties = set(AuditHead.objects.values_list("county_id", flat=True))
    counties |= set(AuditEntry.objects.order_by().values_list("county_id", flat=True).distinct())
    counties |= set(AccessLogSeal.objects.values_list("county_id", flat=True))
    return sorted(counties)


def verify_chain(county_id: int) -> Break | None:
    """The first bad entry of a county, or None."""

    def broken(place: int, reason: str) -> Break:
        return Break(county_id, AuditEntry._meta.db_table, place, reason)

    seq, last_hash = 0, ""
    for entry in AuditEntry.objects.filter(county_id=county_id).order_by("seq").iterator(2000):
        if entry.seq != seq + 1:
            return broken(seq + 1, "这一条不见了")
        if entry.previous_hash != last_hash:
            return broken(entry.seq, "与前一条接不上")
        if entry_hash(entry) != entry.hash:
            return broken(entry.seq, "内容被改过")
        seq, last_hash = entry.seq, entry.hash
    head = AuditHead.objects.filter(county_id=county_id).first()
    head_seq, head_hash = (head.seq, head.hash) if head else (0, "")
    if head_seq > seq:
        return broken(seq + 1, f"末尾缺了 {head_seq - seq} 条")
    if head_seq < seq:
        return broken(head_seq + 1, "这一条是链外添加的")
    return None if head_hash == last_hash else broken(seq, "与链头不符")


def verify_seals(county_id: int) -> Break | None:
    """The first batch of readings that is not as it was sealed, or None."""

    def broken(place: int, reason: str) -> Break:
        return Break(county_id, AccessLogEntry._meta.db_table, place, reason)

    seals = AccessLogSeal.objects.filter(county_id=county_id).order_by("last_id")
    announced = AuditEntry.objects.filter(county_id=county_id, verb="seal_access_log")
    hashes = [_announced_hash(entry.changes) for entry in announced.order_by("seq")]
    last_id, last_hash = 0, ""
    for number, seal in enumerate(seals):
        rows = readings(county_id, last_id, seal.last_id)
        if rows.count() != seal.count:
            return broken(seal.first_id, f"第 {number + 1} 批应有 {seal.count} 条，现有 {rows.count()} 条")
        if batch_hash(last_hash, rows.iterator(2000)) != seal.hash:
            return broken(seal.first_id, f"第 {number + 1} 批的内容被改过")
        if number >= len(hashes) or hashes[number] != seal.hash:
            return broken(seal.first_id, f"第 {number + 1} 批的封存没有记入审计链")
        last_id, last_hash = seal.last_id, seal.hash
    if len(hashes) > len(seals):
        return broken(last_id + 1, f"少了 {len(hashes) - len(seals)} 批封存")
    return None


def _announced_hash(changes: Any) -> str:
    """The hash that the trail names for a seal; '' where the entry was altered beyond reading."""
    try:
        return str(changes["hash"][1])
    except (KeyError, IndexError, TypeError):
        return ""


def readings(county_id: int, after_id: int, last_id: int) -> QuerySet[AccessLogEntry]:
    """Readings of a county after one id up to another."""
    return AccessLogEntry.objects.filter(county_id=county_id, pk__gt=after_id, pk__lte=last_id).order_by("pk")


def batch_hash(previous: str, rows: Iterable[AccessLogEntry]) -> str:
    """SHA-256 over the seal before and every column of every row."""
    digest = hashlib.sha256(previous.encode())
    names = [field.attname for field in AccessLogEntry._meta.concrete_fields if field.attname != "at"]
    for row in rows:
        values = [getattr(row, name) for name in names] + [round(row.at.timestamp() * 1_000_000)]
        digest.update(repr(values).encode())
    return digest.hexdigest()


def missing_triggers() -> list[str]:
    """Tables whose guard has been taken away."""
    present = set(_trigger_names())
    wanted = ("no_update", "no_delete") if connection.vendor == "sqlite" else ("no_change", "no_truncate")
    return sorted(table for table in GUARDED_TABLES if not {f"{table}_{name}" for name in wanted} <= present)


def _trigger_names() -> Iterator[str]:
    question = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        # A trigger that was switched off is as good as gone.
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        yield from (name for (name,) in cursor.fetchall())


def verify_anchor(county: str, seq: str, head_hash: str) -> Break | None:
    """A head that was copied down elsewhere must still lie on the chain."""
    entry = AuditEntry.objects.filter(county_id=int(county), seq=int(seq), hash=head_hash)
    if entry.exists():
        return None
    return Break(int(county), AuditEntry._meta.db_table, int(seq), "与另处抄存的链头不符")
