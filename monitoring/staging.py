"""A correction that is being prepared: the text in force plus the changes staged with it (ledger.md REOPEN)."""

import json
from collections import defaultdict

from monitoring.lines import MonthFigures, build_lines, movement_counts
from monitoring.models import FrozenReturn, MonthlyReturn, StagedChange
from monitoring.readings import SpellFact
from monitoring.texts import text_in_force
from schools.calendar import school_year_of
from students.models import COLUMN_OF_KIND, Movement, MovementKind


def staged_changes(monthly_return: MonthlyReturn) -> list[StagedChange]:
    """Changes that wait for acceptance, in the order they were made; they outlive a send-back."""
    return list(
        StagedChange.objects.filter(
            edition__monthly_return=monthly_return, withdrawn_at__isnull=True, applied_at__isnull=True
        ).select_related("voids", "student")
    )


def with_staged_changes(figures: MonthFigures, monthly_return: MonthlyReturn) -> MonthFigures:
    """Opening, absences and citation of the text in force; movements with the staged ones applied."""
    text = text_in_force(monthly_return)
    if text is None:
        return figures
    changes = staged_changes(monthly_return)
    voided = _voided_ids(changes)
    added = [_as_movement(change, figures) for change in changes if change.voids_id is None]
    opening, corrections = _opening_of(text)
    absent, before = _absent_of(text, changes, added)
    figures.lines = build_lines(
        figures.school, opening, corrections, _moved(figures, voided, added), absent, before
    )
    figures.absent, figures.absent_before = absent, before
    figures.opens_from, figures.promoted, figures.corrections = text.opens_from, text.promoted, corrections
    figures.voided, figures.added = frozenset(voided), added
    return figures


def _voided_ids(changes: list[StagedChange]) -> set[int]:
    ids: set[int] = set()
    for change in changes:
        if change.voids is None:
            continue
        if change.voids.pair is None:
            ids.add(change.voids.pk)
        else:
            ids |= set(
                Movement.objects.filter(pair=change.voids.pair, voided_at__isnull=True).values_list(
                    "pk", flat=True
                )
            )
    return ids


def _as_movement(change: StagedChange, figures: MonthFigures) -> Movement:
    """The movement that the change will become, unsaved; its number is that of the change, negative."""
    assert change.grade is not None  # noqa: S101 -- an addition has a grade and a day (action stage_add)
    assert change.happened_on is not None  # noqa: S101 -- as above
    said = json.loads(change.arguments)
    return Movement(
        pk=-change.pk,
        student=change.student,
        school=figures.school,
        kind=change.kind,
        sign=change.sign,
        grade=change.grade,
        grade_year=school_year_of(figures.month.month),
        counting_grade=change.grade,
        happened_on=change.happened_on,
        late_for=None,
        reason_code=said["reason_code"],
        reason_text=change.summary,
        counterpart_text=said["counterpart_text"],
        # Marks the row as counted: see _movement_texts.
        period_id=0,
    )


def _opening_of(text: FrozenReturn) -> tuple[dict[int, int], dict[int, int]]:
    opening, corrections = {}, {}
    for line in text.lines.all():
        opening[line.grade] = line.opening - line.opening_correction
        if line.opening_correction:
            corrections[line.grade] = line.opening_correction
    return opening, corrections


def _absent_of(
    text: FrozenReturn, changes: list[StagedChange], added: list[Movement]
) -> tuple[list[SpellFact], list[SpellFact]]:
    """S and S0 of the text in force, without children that the correction takes off the roll."""
    gone = {move.student_id for move in added if move.sign < 0}
    gone |= {
        change.voids.student_id for change in changes if change.voids is not None and change.voids.sign > 0
    }
    absent, before = [], []
    for row in text.absentees.all():
        spell = SpellFact(row.absence_id, row.student_id, row.grade)
        if row.at_opening:
            before.append(spell)
        elif row.student_id not in gone:
            absent.append(spell)
    return absent, before


def _moved(figures: MonthFigures, voided: set[int], added: list[Movement]) -> dict[tuple[int, str, int], int]:
    counts: dict[tuple[int, str, int], int] = defaultdict(int)
    counts.update(movement_counts(figures.month, [figures.school]).get(figures.school.pk, {}))
    for move in Movement.objects.filter(pk__in=voided):
        counts[move.counting_grade or 0, COLUMN_OF_KIND[MovementKind(move.kind)], move.sign] -= 1
    for move in added:
        counts[move.counting_grade or 0, COLUMN_OF_KIND[MovementKind(move.kind)], move.sign] += 1
    return counts
