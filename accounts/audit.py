"""The audit trail: one entry per action, chained by hash per county.

``audited`` opens the transaction of an action. When the outermost one ends, its entry is written
and the county's head row is locked and advanced as the last statement before commit: locked
early it would serialise the county, without it the chain would fork. Actions called inside
another are part of that one and leave no entry of their own.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import AccessLogEntry, AuditEntry, AuditHead, User


@dataclass
class Origin:
    """Where a request comes from; set by middleware, empty for commands."""

    request_id: str = ""
    address: str = ""
    capacity: str = ""


@dataclass
class AuditDraft:
    """What an action says about itself while it runs."""

    actor: User | None
    verb: str
    county_id: int
    capacity: str = ""
    target_type: str = ""
    target_id: str = ""
    school_id: int | None = None
    student_id: int | None = None
    summary: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    parts: Counter[str] = field(default_factory=Counter)

    def about(
        self, target: models.Model, *, school_id: int | None = None, student_id: int | None = None
    ) -> None:
        """Name the thing that was changed."""
        self.target_type = target._meta.label
        self.target_id = str(target.pk)
        self.school_id = school_id if school_id is not None else self.school_id
        self.student_id = student_id if student_id is not None else self.student_id

    def change(self, name: str, before: Any, after: Any) -> None:
        """Note one field from → to. For encrypted fields pass masked values only."""
        self.changes[name] = [_plain(before), _plain(after)]


origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 -- never mutated, only replaced
_running: ContextVar[AuditDraft | None] = ContextVar("running_action", default=None)


@contextmanager
def audited(
    actor: User | None, verb: str, *, county_id: int, capacity: str = "", school_id: int | None = None
) -> Iterator[AuditDraft]:
    """Run the body of an action in one transaction and leave one chained entry for it."""
    outer = _running.get()
    draft = AuditDraft(actor, verb, county_id, capacity or origin.get().capacity, school_id=school_id)
    if outer is not None:
        with transaction.atomic():
            yield draft
        outer.parts[verb] += 1
        return
    token = _running.set(draft)
    try:
        with transaction.atomic():
            yield draft
            _append(draft)
    finally:
        _running.reset(token)


def _append(draft: AuditDraft) -> None:
    if draft.parts:
        draft.changes["parts"] = dict(draft.parts)
    entry = AuditEntry(
        county_id=draft.county_id,
        at=timezone.now(),
        actor_id=draft.actor.pk if draft.actor else None,
        actor_name=draft.actor.name if draft.actor else "系统",
        capacity=draft.capacity[:120],
        verb=draft.verb,
        target_type=draft.target_type,
        target_id=draft.target_id,
        school_id=draft.school_id,
        student_id=draft.student_id,
        summary=draft.summary[:400],
        changes=json.loads(json.dumps(draft.changes)),  # as it will be read back: keys are text
        request_id=origin.get().request_id,
        address=origin.get().address,
    )
    head, _ = AuditHead.objects.select_for_update().get_or_create(county_id=draft.county_id)
    entry.seq = head.seq + 1
    entry.previous_hash = head.hash
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    AuditHead.objects.filter(pk=head.pk).update(seq=entry.seq, hash=entry.hash)


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the entry's canonical text and the hash before it."""
    text = json.dumps(
        [
            entry.previous_hash,
            entry.county_id,
            entry.seq,
            entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            entry.actor_id,
            entry.actor_name,
            entry.capacity,
            entry.verb,
            entry.target_type,
            entry.target_id,
            entry.school_id,
            entry.student_id,
            entry.summary,
            entry.changes,
            entry.request_id,
            entry.address,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def log_access(
    user: User,
    what: str,
    *,
    student_id: int | None = None,
    count: int = 1,
    reason: str = "",
    capacity: str = "",
) -> None:
    """Record that *user* read something sensitive. *what* is a kind, never a value."""
    here = origin.get()
    AccessLogEntry.objects.create(
        county_id=user.county_id,
        user_id=user.pk,
        user_name=user.name,
        capacity=capacity or here.capacity,
        what=what,
        student_id=student_id,
        count=count,
        reason=reason[:200],
        request_id=here.request_id,
        address=here.address,
    )


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | bool | list | dict):
        return value
    return str(value)
