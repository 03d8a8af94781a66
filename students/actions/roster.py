"""Confirming a roster import: exactly what the preview showed, in one transaction with one audit entry."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.sandbox import paused_collector
from accounts.workflow import StalePage, StepRefused
from schools.models import Role, School
from schools.permissions import capacity
from schools.queries import first_month
from students.actions.periods import lock_if_open, period_of
from students.actions.roster_preview import IMPORTS_HERE, compare_again, preview_of, take_revision
from students.actions.roster_rows import Writer
from students.models import RosterImport, RosterState
from students.permissions import may_record, require
from students.roster_import.compare import Plan
from students.roster_import.preview import Preview, compared_again, digest
from students.roster_import.stored import Stored

SHOWN_DIFFERENCES: Final = 5


class RollMoved(StalePage):
    """The roll is no longer what the preview was compared with."""


@dataclass(slots=True)
class Outcome:
    """What an import did."""

    created: int = 0
    updated: int = 0
    transfers: int = 0
    skipped: int = 0
    details: list[list[Any]] = field(default_factory=list)


def confirm_roster(row: RosterImport, *, actor: User, seen_revision: int, **said: bool) -> Outcome:
    """Apply; where the roll has moved on meanwhile, compare again, so that the page shows the new difference."""
    try:
        return apply_roster(row, actor=actor, seen_revision=seen_revision, **said)
    except RollMoved as moved:
        row.refresh_from_db()
        compare_again(row, actor=actor, seen_revision=row.revision)
        raise StalePage(
            "核对以后名册又有变动，这次没有导入。已按现在的名册重新核对，请看过再导入。", moved.problems
        ) from moved


def apply_roster(
    row: RosterImport,
    *,
    actor: User,
    seen_revision: int,
    leave_out_errors: bool = False,
    warnings_checked: bool = False,
) -> Outcome:
    """Write the good rows. StalePage, naming what changed, when the roll is no longer what the preview saw."""
    require(may_record(actor, row.school), IMPORTS_HERE)
    preview = preview_of(row)
    _refuse_unless_ready(preview, leave_out_errors, warnings_checked)
    with audited(
        actor,
        "roster.import",
        county_id=row.school.county_id,
        capacity=capacity(actor, Role.CLERK, row.school),
        school_id=row.school_id,
    ) as entry:
        take_revision(
            row,
            seen_revision,
            state=RosterState.CONFIRMED,
            decided_by=actor,
            decided_at=timezone.now(),
        )
        row.state = RosterState.CONFIRMED
        outcome = write_preview(preview, row.school, recorder=actor, entry=entry)
        _keep_outcome(row, outcome)
        entry.about(row)
        entry.change("sha256", None, row.sha256)
    return outcome


def _refuse_unless_ready(preview: Preview, leave_out_errors: bool, warnings_checked: bool) -> None:
    if preview.file_problems:
        raise StepRefused("这个文件还不能导入。", [problem.message for problem in preview.file_problems])
    if preview.changes_nothing:
        raise StepRefused("文件与名册完全一致，没有要导入的内容，名册没有改动。")
    if preview.bad_row_count and not leave_out_errors:
        raise StepRefused(
            f"有 {preview.bad_row_count} 行有错。请改好后再传，或勾选“有错的行不导入，先导入其余的”。"
        )
    if preview.to_confirm and not warnings_checked:
        raise StepRefused(f"有 {len(preview.to_confirm)} 处要您核对。请核对后勾选“已核对”。")


def write_preview(preview: Preview, school: School, *, recorder: User | None, entry: AuditDraft) -> Outcome:
    """Compare again inside the transaction, then write; callers stand inside ``audited``."""
    # Two imports of one school one after the other; facts of other people are not kept waiting.
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    stored, plan = compared_again(preview, school)
    if digest(plan) != digest(preview.plan):
        raise RollMoved(
            "核对以后名册又有变动，这次没有导入。请重新核对，看过新的差别再导入。",
            _what_changed(preview, plan),
        )
    if stored.is_base and any(item["kind"] == "new" for item in plan.items):
        _lock_base(school)
    with paused_collector():
        try:
            with transaction.atomic():
                outcome = _write(preview, stored, recorder)
        except IntegrityError as error:
            raise RollMoved("保存时发现名册刚刚被改动，这次没有导入。请重新核对后再导入。") from error
    entry.summary = (
        f"名册导入：新增 {outcome.created}，变更 {outcome.updated}，发起转学 {outcome.transfers}，"
        f"未导入 {outcome.skipped + preview.bad_row_count}"
    )
    entry.change("students", None, {"created": outcome.created, "updated": outcome.updated})
    if outcome.details:
        # Names of fields only: their values are encrypted where they are kept.
        entry.changes["fields"] = outcome.details
    return outcome


def _write(preview: Preview, stored: Stored, recorder: User | None) -> Outcome:
    outcome = Outcome()
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in preview.plan.items:
        if preview.writes(item):
            by_kind[item["kind"]].append(item)
        elif not preview.is_taken(item):
            outcome.skipped += 1
    writer = Writer(preview, stored, recorder)
    writer.make_classes([item for items in by_kind.values() for item in items])
    arrivals = [item for item in by_kind["ask"] if preview.answer(item)["do"] != "register"]
    base = by_kind["new"] + [item for item in by_kind["ask"] if preview.answer(item)["do"] == "register"]
    outcome.created = writer.add_base(base) + writer.add_arrivals(arrivals)
    outcome.transfers = writer.begin_transfers(by_kind["elsewhere"])
    outcome.details = writer.update(by_kind["changed"])
    outcome.updated = len(by_kind["changed"])
    return outcome


def _lock_base(school: School) -> None:
    """The first month must still be open: its opening is what is being written (ledger.md, the lock)."""
    month = first_month(school.county_id)
    period = period_of(school, month) if month is not None else None
    if period is None or not lock_if_open(period):
        raise RollMoved("第一个月的月报刚刚送签，期初建账已结束，这次没有导入。请重新核对。")


def _what_changed(preview: Preview, plan: Plan) -> list[str]:
    """The first rows whose meaning is another now."""
    before = {item["i"]: item for item in preview.plan.items}
    now = {item["i"]: item for item in plan.items}
    names = [
        f"{preview.reading.children[index]['name']}（第 {preview.reading.children[index]['at'][1]} 行）"
        for index in sorted(before.keys() | now.keys())
        if before.get(index) != now.get(index)
    ]
    if len(names) > SHOWN_DIFFERENCES:
        names = [*names[:SHOWN_DIFFERENCES], f"另有 {len(names) - SHOWN_DIFFERENCES} 名"]
    return [f"有变动：{'、'.join(names)}"] if names else []


def _keep_outcome(row: RosterImport, outcome: Outcome) -> None:
    row.created_count = outcome.created
    row.updated_count = outcome.updated
    row.transfer_count = outcome.transfers
    row.skipped_count = outcome.skipped
    row.save(update_fields=["created_count", "updated_count", "transfer_count", "skipped_count"])
