"""What stands out in signed returns, for many schools at once: the W rules of checks.py in short words."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from monitoring.models import FrozenAbsentee, FrozenReturn, FrozenRow
from monitoring.readings import Line, printed, total
from students.models import Movement, MovementKind


@dataclass(frozen=True)
class Notice:
    """One thing to look at before accepting; *code* is that of the rule in checks.py."""

    code: str
    words: str


def notices(
    texts: Collection[FrozenReturn], lines: dict[int, list[Line]], jump_percent: int
) -> dict[int, list[Notice]]:
    """Frozen text → what to look at. A constant number of queries however many schools there are."""
    found: dict[int, list[Notice]] = defaultdict(list)
    rows = _rows(texts)
    for source in (
        _absent_twice(texts),
        _unknown_destinations(rows),
        _pending_papers(rows),
        _unmet_transfers(rows),
        _jumps(texts, lines, jump_percent),
    ):
        for frozen_id, notice in source:
            found[frozen_id].append(notice)
    return found


def _absent_twice(texts: Collection[FrozenReturn]) -> Iterator[tuple[int, Notice]]:
    """W1: absent at this cut-off and at the one it opens from."""
    cited = {text.pk: text.opens_from_id for text in texts if text.opens_from_id}
    names: dict[int, set[int]] = defaultdict(set)
    for frozen_id, student_id in FrozenAbsentee.objects.filter(
        frozen__in={*cited, *cited.values()}, at_opening=False
    ).values_list("frozen_id", "student_id"):
        names[frozen_id].add(student_id)
    for frozen_id, before in cited.items():
        twice = len(names[frozen_id] & names[before or 0])
        if twice:
            yield frozen_id, Notice("W1", f"连续两月未在校 {twice} 人")


def _rows(texts: Collection[FrozenReturn]) -> list[FrozenRow]:
    return list(
        FrozenRow.objects.filter(frozen__in=texts, counted=True)
        .select_related("movement", "absence", "staged")
        .defer("printed")
    )


def _unknown_destinations(rows: list[FrozenRow]) -> Iterator[tuple[int, Notice]]:
    """W2, first half: 转出 that does not say where."""
    unknown = Counter(
        row.frozen_id
        for row in rows
        if row.column == "transfer_out"
        and (
            row.movement is None or not (row.movement.counterpart_school_id or row.movement.counterpart_text)
        )
    )
    for frozen_id, count in unknown.items():
        yield frozen_id, Notice("W2", f"转出 {count} 人没有写去向")


def _pending_papers(rows: list[FrozenRow]) -> Iterator[tuple[int, Notice]]:
    """W2, second half: facts whose papers are still missing today."""
    pending = Counter(
        row.frozen_id
        for row in rows
        if (row.movement is not None and row.movement.evidence_pending)
        or (row.absence is not None and row.absence.evidence_pending)
    )
    for frozen_id, count in pending.items():
        yield frozen_id, Notice("W2", f"待补证明 {count} 份")


def _unmet_transfers(rows: list[FrozenRow]) -> Iterator[tuple[int, Notice]]:
    """W3: 转出 to a school of the county that has no arrival."""
    out = [
        row
        for row in rows
        if row.column == "transfer_out" and row.movement is not None and row.movement.counterpart_school_id
    ]
    met = set(
        Movement.objects.filter(
            pair__in={row.movement.pair for row in out if row.movement and row.movement.pair},
            kind__in=[MovementKind.TRANSFER_IN, MovementKind.PROMOTED_IN],
            voided_at__isnull=True,
        ).values_list("pair", flat=True)
    )
    unmet = Counter(row.frozen_id for row in out if row.movement and row.movement.pair not in met)
    for frozen_id, count in unmet.items():
        yield frozen_id, Notice("W3", f"转出 {count} 人无对应转入")


def _jumps(
    texts: Collection[FrozenReturn], lines: dict[int, list[Line]], limit: int
) -> Iterator[tuple[int, Notice]]:
    """W4: month on month, above the county's limit."""
    for text in texts:
        line = printed(total(lines.get(text.pk, [])), text.rule)
        change = line.closing - line.opening
        if line.opening and not text.promoted and abs(change) * 100 > limit * line.opening:
            sign = "+" if change > 0 else "−"
            yield text.pk, Notice("W4", f"比上月 {sign}{abs(change) * 100 / line.opening:.1f}%")
