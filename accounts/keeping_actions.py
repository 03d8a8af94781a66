"""Actions that a timer or an engineer runs: sealing the access log, changing keys."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from accounts import encryption
from accounts.audit import audited
from accounts.encryption import BlindIndexField, DecryptionError, EncryptedTextField, Sealed
from accounts.models import AccessLogEntry, AccessLogSeal
from accounts.trail import batch_hash, readings
from accounts.triggers import lifted

# Long enough for every transaction that took a smaller id to have ended.
SETTLED = dt.timedelta(minutes=10)
BATCH = 500


def seal_access_log(county_id: int, *, until: dt.datetime | None = None) -> AccessLogSeal | None:
    """Close the readings of a county up to ten minutes ago; None if there are none."""
    before = AccessLogSeal.objects.filter(county_id=county_id).order_by("-last_id").first()
    after_id, previous_hash = (before.last_id, before.hash) if before else (0, "")
    settled = AccessLogEntry.objects.filter(
        county_id=county_id, pk__gt=after_id, at__lte=until or timezone.now() - SETTLED
    )
    span = settled.aggregate(first=models.Min("pk"), last=models.Max("pk"))
    if span["last"] is None:
        return None
    rows = readings(county_id, after_id, span["last"])
    seal = AccessLogSeal(
        county_id=county_id, first_id=span["first"], last_id=span["last"], count=rows.count()
    )
    seal.hash = batch_hash(previous_hash, rows.iterator(2000))
    with audited(None, "seal_access_log", county_id=county_id) as draft:
        seal.save(force_insert=True)
        draft.about(seal)
        draft.summary = f"封存 {seal.count} 条查看记录"
        draft.change("hash", previous_hash, seal.hash)
    return seal


@dataclass
class Rotation:
    """What happened to one encrypted column."""

    column: str
    rewritten: int = 0
    already: int = 0
    unreadable: int = 0


def rotate_field_keys(*, with_index: bool = False) -> Iterator[Rotation]:
    """Write every encrypted value with the current key; safe to stop, repeat and run while people work."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield _rotate(model, field, with_index=with_index)


def _rotate(model: type[models.Model], field: EncryptedTextField, *, with_index: bool) -> Rotation:
    done = Rotation(f"{model._meta.db_table}.{field.column}")
    indexes = [
        other
        for other in model._meta.concrete_fields
        if with_index and isinstance(other, BlindIndexField) and other.source == field.attname
    ]
    filled = model._base_manager.filter(**{f"{field.attname}__isnull": False}).order_by("pk")
    last = None
    while True:
        rows = filled if last is None else filled.filter(pk__gt=last)
        batch = list(rows.only("pk", "uuid", field.attname)[:BATCH])
        if not batch:
            return done
        # Frozen rows keep their words under a new key; a failure puts the guard back with everything else.
        with transaction.atomic(), lifted(connection, model._meta.db_table):
            for row in batch:
                _rewrite(row, field, indexes, done)
        last = batch[-1].pk


def _rewrite(
    row: models.Model, field: EncryptedTextField, indexes: list[BlindIndexField], done: Rotation
) -> None:
    sealed: Sealed = row.__dict__[field.attname]
    is_current = sealed[:1] == bytes([encryption.current_key_id()])
    if is_current and not indexes:
        done.already += 1
        return
    context = field.context_of(row)
    try:
        plain = encryption.decrypt(sealed, context)
    except DecryptionError:
        done.unreadable += 1
        return
    values: dict[str, object] = {
        index.attname: encryption.blind_index(index.purpose, plain.decode()) for index in indexes
    }
    if not is_current:
        values[field.attname] = Sealed(encryption.encrypt(plain, context))
    # Somebody may have saved another value meanwhile: that one was written with the current key.
    same = type(row)._base_manager.filter(**{"pk": row.pk, field.attname: sealed})
    done.rewritten += same.update(**values)
