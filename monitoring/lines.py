"""The lines of a month for many schools at once, from the raw facts (ledger.md LINE, OPENING, ABSENT)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q

from monitoring.models import CorrectionDelta, FrozenReturn
from monitoring.months import previous_months
from monitoring.readings import Line, SpellFact
from monitoring.roll import Histories
from monitoring.texts import Texts, citable_texts
from schools.calendar import school_year_of
from schools.models import ReportingMonth, School
from students.models import (
    COLUMN_OF_KIND,
    Absence,
    Enrolment,
    Movement,
    MovementKind,
    Placement,
    PlacementKind,
)


@dataclass
class MonthFigures:
    """One school's month as the facts give it now."""

    school: School
    month: ReportingMonth
    lines: list[Line]
    absent: list[SpellFact]
    absent_before: list[SpellFact]
    opens_from: FrozenReturn | None
    promoted: bool
    is_first: bool
    corrections: dict[int, int] = field(default_factory=dict)
    # Of a correction that is being prepared: facts it voids, and facts it adds (unsaved, numbered −staged id).
    voided: frozenset[int] = frozenset()
    added: list[Movement] = field(default_factory=list)

    def line(self, grade: int) -> Line:
        return next((line for line in self.lines if line.grade == grade), Line(grade))


@dataclass
class _Opening:
    counts: dict[int, int]
    absent: list[SpellFact]
    text: FrozenReturn | None = None
    promoted: bool = False
    is_first: bool = False
    corrections: dict[int, int] = field(default_factory=dict)


def figures_of(school: School, month: ReportingMonth) -> MonthFigures:
    """One school's month."""
    return figures(month, [school])[school.pk]


def figures(month: ReportingMonth, schools: Collection[School]) -> dict[int, MonthFigures]:
    """Lines, S(M) and S0(M) of every school, in a constant number of queries per month not yet frozen."""
    openings = _openings(month, schools)
    moved = movement_counts(month, schools)
    spells = _spells_at(month, schools)
    candidates = {spell.student_id for group in spells.values() for spell in group}
    candidates |= {spell.student_id for opening in openings.values() for spell in opening.absent}
    histories = Histories(schools, candidates)
    result = {}
    for school in schools:
        opening = openings[school.pk]
        absent = _placed(histories, school, month.month, spells.get(school.pk, []))
        before = [
            spell
            for spell in opening.absent
            if histories.grade_at(school.pk, spell.student_id, month.month, before=True) == spell.grade
        ]
        result[school.pk] = MonthFigures(
            school=school,
            month=month,
            lines=build_lines(
                school, opening.counts, opening.corrections, moved.get(school.pk, {}), absent, before
            ),
            absent=absent,
            absent_before=before,
            opens_from=opening.text,
            promoted=opening.promoted,
            is_first=opening.is_first,
            corrections=opening.corrections,
        )
    return result


def build_lines(
    school: School,
    opening: dict[int, int],
    corrections: dict[int, int],
    moved: dict[tuple[int, str, int], int],
    absent: Sequence[SpellFact],
    before: Sequence[SpellFact],
) -> list[Line]:
    """Nine figures a grade from counts of facts: *moved* is (grade, column, sign) → children."""
    now = _by_grade(absent)
    then = _by_grade(before)
    lines = []
    for grade in school.grades:
        start = opening.get(grade, 0) + corrections.get(grade, 0)
        t_in, t_out = moved.get((grade, "transfer_in", 1), 0), moved.get((grade, "transfer_out", -1), 0)
        o_in, o_out = moved.get((grade, "other", 1), 0), moved.get((grade, "other", -1), 0)
        lines.append(
            Line(
                grade=grade,
                opening=start,
                opening_correction=corrections.get(grade, 0),
                transfer_in=t_in,
                transfer_out=t_out,
                other_in=o_in,
                other_out=o_out,
                closing=start + t_in - t_out + o_in - o_out,
                absent_opening=len(then[grade]),
                absent_begun=len(now[grade] - then[grade]),
                absent_ended=len(then[grade] - now[grade]),
                absent=len(now[grade]),
            )
        )
    return lines


def _openings(month: ReportingMonth, schools: Collection[School]) -> dict[int, _Opening]:
    previous = previous_months(month, schools)
    firsts = [school for school in schools if school.pk not in previous]
    openings = _base_openings(month, firsts)
    groups: dict[ReportingMonth, list[School]] = defaultdict(list)
    for school in schools:
        if school.pk in previous:
            groups[previous[school.pk]].append(school)
    for before, group in groups.items():
        texts = citable_texts(before, group)
        openings |= _cited_openings(month, before, [s for s in group if s.pk in texts.of_school], texts)
        openings |= _live_openings(month, before, [s for s in group if s.pk not in texts.of_school])
    return openings


def _base_openings(month: ReportingMonth, schools: Sequence[School]) -> dict[int, _Opening]:
    """期初建账: the imported roster, in the school year of the month."""
    openings = {school.pk: _Opening({}, [], is_first=True) for school in schools}
    if not schools:
        return openings
    last = {school.pk: school.last_grade for school in schools}
    rows = (
        Enrolment.objects.filter(school__in=schools, base_grade__isnull=False)
        .order_by()
        .values_list("school_id", "base_grade", "base_year")
        .annotate(children=Count("school_id"))
    )
    for school_id, grade, year, children in rows:
        now = (grade or 0) + school_year_of(month.month) - (year or 0)
        if now <= last[school_id]:
            counts = openings[school_id].counts
            counts[now] = counts.get(now, 0) + children
    return openings


def _cited_openings(
    month: ReportingMonth, before: ReportingMonth, schools: Sequence[School], texts: Texts
) -> dict[int, _Opening]:
    step = school_year_of(month.month) - school_year_of(before.month)
    corrections = _corrections(month, before, schools, texts)
    return {
        school.pk: _Opening(
            counts=_promote(texts.closing(school.pk), step, school),
            absent=_promote_spells(texts.absent(school.pk), step, school),
            text=texts.of_school[school.pk],
            promoted=step > 0,
            corrections=corrections.get(school.pk, {}),
        )
        for school in schools
    }


def _live_openings(
    month: ReportingMonth, before: ReportingMonth, schools: Sequence[School]
) -> dict[int, _Opening]:
    """The month before is not frozen yet: a preview from its own live figures."""
    if not schools:
        return {}
    step = school_year_of(month.month) - school_year_of(before.month)
    live = figures(before, schools)
    return {
        school.pk: _Opening(
            counts=_promote({line.grade: line.closing for line in live[school.pk].lines}, step, school),
            absent=_promote_spells(live[school.pk].absent, step, school),
            promoted=step > 0,
        )
        for school in schools
    }


def _corrections(
    month: ReportingMonth, before: ReportingMonth, schools: Sequence[School], texts: Texts
) -> dict[int, dict[int, int]]:
    """Σ (new − old closing) over earlier months re-opened since the cited edition was frozen.

    A correction of M−1 itself is in the cited text; one of an earlier month is in it if the text's
    chain was frozen after the correction was accepted.
    """
    sums: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    last = {school.pk: school.last_grade for school in schools}
    for delta in CorrectionDelta.objects.filter(school__in=schools, month__lt=before.month):
        if texts.of_school[delta.school_id].chain_at > delta.accepted_at:
            continue
        grade = delta.grade + school_year_of(month.month) - delta.school_year
        if grade <= last[delta.school_id]:
            sums[delta.school_id][grade] += delta.delta
    return {school_id: {g: n for g, n in grades.items() if n} for school_id, grades in sums.items()}


def movement_counts(
    month: ReportingMonth, schools: Collection[School]
) -> dict[int, dict[tuple[int, str, int], int]]:
    rows = (
        Movement.objects.filter(period__month=month, period__school__in=schools, voided_at__isnull=True)
        .order_by()
        .values_list("school_id", "counting_grade", "kind", "sign")
        .annotate(children=Count("school_id"))
    )
    counts: dict[int, dict[tuple[int, str, int], int]] = defaultdict(lambda: defaultdict(int))
    for school_id, grade, kind, sign, children in rows:
        counts[school_id][grade or 0, COLUMN_OF_KIND[MovementKind(kind)], sign] += children
    return counts


def _spells_at(month: ReportingMonth, schools: Collection[School]) -> dict[int, list[SpellFact]]:
    """Spells open at the end of the cut-off day, without children taught at home."""
    taught_at_home = Placement.objects.filter(
        kind=PlacementKind.HOME_TEACHING, voided_at__isnull=True, valid_from__lte=month.cut_off
    ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=month.cut_off))
    rows = (
        Absence.objects.filter(school__in=schools, voided_at__isnull=True, first_day__lte=month.cut_off)
        .filter(Q(returned_on__isnull=True) | Q(returned_on__gt=month.cut_off))
        .exclude(student_id__in=taught_at_home.values("student_id"))
        .values_list("school_id", "pk", "student_id")
    )
    spells: dict[int, list[SpellFact]] = defaultdict(list)
    for school_id, absence_id, student_id in rows:
        spells[school_id].append(SpellFact(absence_id, student_id, 0))
    return spells


def _placed(
    histories: Histories, school: School, month: dt.date, spells: Sequence[SpellFact]
) -> list[SpellFact]:
    placed = []
    for spell in spells:
        grade = histories.grade_at(school.pk, spell.student_id, month)
        if grade is not None:
            placed.append(SpellFact(spell.absence_id, spell.student_id, grade))
    return sorted(placed, key=lambda spell: (spell.grade, spell.student_id))


def _by_grade(spells: Sequence[SpellFact]) -> dict[int, set[int]]:
    grades: dict[int, set[int]] = defaultdict(set)
    for spell in spells:
        grades[spell.grade].add(spell.student_id)
    return grades


def _promote(counts: dict[int, int], step: int, school: School) -> dict[int, int]:
    """(c, g) → (c, g+1) where g < last grade; the others leave the base; the lowest grade starts at 0."""
    return {grade + step: count for grade, count in counts.items() if grade + step <= school.last_grade}


def _promote_spells(spells: Sequence[SpellFact], step: int, school: School) -> list[SpellFact]:
    return [
        SpellFact(spell.absence_id, spell.student_id, spell.grade + step)
        for spell in spells
        if spell.grade + step <= school.last_grade
    ]
