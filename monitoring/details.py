"""Rows of Annex 2 with the text of every column (domain.md §4.2), and 备注 composed from them."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db.models import Prefetch, Q, QuerySet

from accounts.wording import grade_name
from monitoring.content import DetailRow
from monitoring.lines import MonthFigures
from monitoring.readings import MovementFact, Row, counted_rows, uncounted_rows
from schools.models import School
from schools.queries import settings_of
from schools.settings import DROPOUT_DAYS, FULL_ID_ON_PAPER, SUSPECTED_DAYS
from students.codes import reason_label
from students.identity import mask_id
from students.models import (
    Absence,
    EndedHow,
    Enrolment,
    Evidence,
    Guardian,
    Movement,
    MovementKind,
    Student,
)

COLUMN_ORDER = {"transfer_in": 0, "transfer_out": 1, "absent": 2, "other": 3, "": 4}


def month_rows(figures: MonthFigures, rule: str) -> list[DetailRow]:
    """Counted rows, then the uncounted ones, in the order of the paper."""
    movements = [move for move in _movements(figures) if move.pk not in figures.voided] + figures.added
    facts = [MovementFact(m.pk, m.student_id, m.counting_grade or 0, m.column, m.sign) for m in movements]
    rows = counted_rows(facts, figures.absent, figures.absent_before, rule)
    rows += uncounted_rows(figures.absent, figures.absent_before, rule)
    rows += _over_already(figures, rows)
    nowhere = list(_counting_nowhere(figures))
    rows += [
        Row(m.student_id, m.grade, "", 0, counted=False, what="nowhere", movement_id=m.pk) for m in nowhere
    ]
    return write_rows(figures, rows, movements + nowhere)


def write_rows(figures: MonthFigures, rows: Sequence[Row], movements: Sequence[Movement]) -> list[DetailRow]:
    """Fill in the printed text of every row, in a constant number of queries."""
    moves = {movement.pk: movement for movement in movements}
    spells = {
        spell.pk: spell
        for spell in Absence.objects.filter(pk__in=[row.absence_id for row in rows if row.absence_id])
    }
    context = _Context(figures.school, [row.student_id for row in rows], movements, list(spells))
    ordered = sorted(
        rows,
        key=lambda row: (
            not row.counted,
            row.grade,
            COLUMN_ORDER[row.column],
            _date(row, moves, spells),
            row.student_id,
            row.movement_id or 0,
        ),
    )
    result = []
    for seq, row in enumerate(ordered, start=1):
        move = moves.get(row.movement_id) if row.movement_id else None
        spell = spells.get(row.absence_id) if row.absence_id else None
        result.append(_detail(seq, row, move, spell, context, figures.month.cut_off))
    return result


def compose_remarks(rows: Sequence[DetailRow], grades: range, home_taught: dict[int, int]) -> dict[int, str]:
    """备注 per grade: 新生入学3人；病假1人（孙子轩）; in 在校口径 also those still absent, whom H7 asks for."""
    said: dict[int, Counter[str]] = defaultdict(Counter)
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in rows:
        if row.counted or row.is_absent:
            kind = row.kind if row.counted else f"{row.kind}（上月起）"
            said[row.grade][kind] += 1
            names[row.grade, kind].append(row.student_name)
    remarks = {}
    for grade in grades:
        parts = []
        for kind, count in said[grade].items():
            who = names[grade, kind]
            parts.append(f"{kind}{count}人（{'、'.join(who)}）" if count <= 3 else f"{kind}{count}人")
        if home_taught.get(grade):
            parts.append(f"含送教上门{home_taught[grade]}人")
        remarks[grade] = "；".join(parts)[:300]
    return remarks


class _Context:
    """Everything that the rows print about children, loaded at once."""

    def __init__(
        self, school: School, student_ids: list[int], movements: Sequence[Movement], absence_ids: list[int]
    ) -> None:
        guardians = Guardian.objects.filter(removed_at__isnull=True)
        self.students = {
            student.pk: student
            for student in Student.objects.filter(pk__in=student_ids).prefetch_related(
                Prefetch("guardians", queryset=guardians, to_attr="living_guardians")
            )
        }
        self.klasses: dict[int, str] = {}
        enrolments = Enrolment.objects.filter(school=school, student_id__in=student_ids).select_related(
            "klass"
        )
        for enrolment in enrolments.order_by("pk"):
            self.klasses[enrolment.student_id] = str(enrolment.klass or "")
        self.proofs: dict[tuple[str, int], list[str]] = defaultdict(list)
        # The papers of a transfer prove the half that was booked here.
        halves = {movement.pair: movement.pk for movement in movements if movement.pair is not None}
        papers = Evidence.objects.filter(withdrawn_at__isnull=True).filter(
            Q(movement_id__in=[movement.pk for movement in movements])
            | Q(absence_id__in=absence_ids)
            | Q(transfer__pair__in=list(halves))
        )
        for kind, movement_id, absence_id, pair in papers.values_list(
            "kind", "movement_id", "absence_id", "transfer__pair"
        ):
            movement_id = halves[pair] if pair is not None else movement_id
            key = ("m", movement_id) if movement_id is not None else ("a", absence_id)
            self.proofs[key].append(kind)
        values = settings_of(school.county_id)
        self.full_id = bool(values[FULL_ID_ON_PAPER.key])
        self.suspected_days = int(values[SUSPECTED_DAYS.key])
        self.dropout_days = int(values[DROPOUT_DAYS.key])


def _movements(figures: MonthFigures) -> QuerySet[Movement]:
    return (
        Movement.objects.filter(
            period__month=figures.month, period__school=figures.school, voided_at__isnull=True
        )
        .select_related("counterpart_school", "reverses")
        .order_by("pk")
    )


def _counting_nowhere(figures: MonthFigures) -> QuerySet[Movement]:
    """Facts beyond the top grade count nowhere and are listed (ledger.md PROMOTE)."""
    since = figures.opens_from.cut_off if figures.opens_from else dt.date.min
    return Movement.objects.filter(
        school=figures.school,
        period__isnull=True,
        voided_at__isnull=True,
        happened_on__gt=since,
        happened_on__lte=figures.month.cut_off,
    ).select_related("counterpart_school", "reverses")


def _over_already(figures: MonthFigures, rows: Sequence[Row]) -> list[Row]:
    """Spells that ended between the cut-offs, or were recorded late and are over already."""
    shown = {row.absence_id for row in rows if row.absence_id}
    text = figures.opens_from
    ended = Q(returned_on__lte=figures.month.cut_off)
    if text is not None:
        ended &= Q(returned_on__gt=text.cut_off) | Q(recorded_at__gt=text.frozen_at)
    spells = (
        Absence.objects.filter(ended, school=figures.school, voided_at__isnull=True)
        .exclude(ended_how=EndedHow.LEFT)
        .exclude(pk__in=shown)
    )
    placed = {
        e.student_id: e.grade
        for e in Enrolment.objects.filter(school=figures.school, student__absences__in=spells)
    }
    return [
        Row(
            s.student_id,
            placed.get(s.student_id, figures.school.first_grade),
            "",
            0,
            counted=False,
            what="over",
            absence_id=s.pk,
        )
        for s in spells
    ]


def _date(row: Row, moves: dict[int, Movement], spells: dict[int, Absence]) -> dt.date:
    if row.movement_id:
        return moves[row.movement_id].happened_on
    return spells[row.absence_id].first_day  # type: ignore[index]


def _detail(
    seq: int, row: Row, move: Movement | None, spell: Absence | None, context: _Context, cut_off: dt.date
) -> DetailRow:
    student = context.students[row.student_id]
    late_for = move.late_for if move is not None else None
    if move is not None:
        happened_on, texts = move.happened_on, _movement_texts(move, context)
    else:
        assert spell is not None  # noqa: S101 -- a row is of a movement or of a spell (constraint)
        happened_on, texts = _spell_texts(row, spell, context, cut_off)
    printed = {**_child_texts(seq, row, student, context), **texts}
    if late_for is not None:
        printed["remark"] = "；".join(filter(None, [f"补报（{late_for.month}月）", printed["remark"]]))
    return DetailRow(
        seq=seq,
        student_id=row.student_id,
        student_name=student.name,
        grade=row.grade,
        column=row.column,
        sign=row.sign,
        counted=row.counted,
        kind=printed["kind"],
        happened_on=happened_on,
        late_for=late_for,
        movement_id=row.movement_id,
        absence_id=row.absence_id,
        printed=printed,
        is_absent=row.what in ("absent", "still_absent"),
        evidence_pending=(move or spell).evidence_pending,  # type: ignore[union-attr]
        reason_missing=row.column == "absent"
        and spell is not None
        and not (spell.reason_code or spell.reason_text),
    )


def _child_texts(seq: int, row: Row, student: Student, context: _Context) -> dict[str, str]:
    guardian = next(iter(student.living_guardians), None)  # type: ignore[attr-defined]
    number = student.id_number
    shown = (number if context.full_id else mask_id(number)) if number else "无证件"
    return {
        "seq": str(seq),
        "name": student.name,
        "sex": student.get_sex_display(),
        "id_number": shown,
        "grade_class": context.klasses.get(student.pk) or grade_name(row.grade),
        "guardian_name": guardian.name if guardian else "",
        "guardian_phone": guardian.phone if guardian else "",
        "address": student.address,
        "follow_up": "",
        "teacher": "",
        "remark": "",
    }


def _movement_texts(move: Movement, context: _Context) -> dict[str, str]:
    kind = move.get_kind_display()
    if move.kind == MovementKind.CORRECTION and move.reverses:
        kind = f"更正（{move.reverses.get_kind_display()}）"
    elif move.kind in (MovementKind.RETAINED, MovementKind.SKIPPED):
        kind = f"{kind}{'减' if move.sign < 0 else '增'}"
    reason = reason_label(move.kind, move.reason_code)
    texts = {
        "kind": kind,
        "happened_on": f"{move.happened_on:%Y-%m-%d}",
        "reason": "：".join(filter(None, [reason, move.reason_text])),
        "counterpart": str(
            move.counterpart_school.name if move.counterpart_school else move.counterpart_text
        ),
        "evidence": _proof_text(context.proofs.get(("m", move.pk), []), move.evidence_pending),
    }
    if move.klass_label:
        texts["grade_class"] = move.klass_label
    if move.period_id is None:
        texts["remark"] = "升级后超出本校最高年级，不计数"
    return texts


def _spell_texts(
    row: Row, spell: Absence, context: _Context, cut_off: dt.date
) -> tuple[dt.date, dict[str, str]]:
    """The day the row speaks of (first day, or day back) and its words."""
    label = spell.label_on(cut_off, context.suspected_days, context.dropout_days)
    back = row.what in ("back", "over")
    day = spell.first_day
    remark = ""
    if back:
        day = spell.returned_on or spell.first_day
        words: dict[str, str] = {EndedHow.RESUMED: "复学", EndedHow.LEFT: "未在校生离校冲减"}
        word = words.get(spell.ended_how, "返校")
        remark = f"{label}自{spell.first_day:%-m月%-d日}"
        label = word if spell.returned_on else "未在校名单变动冲减"
    return day, {
        "kind": label,
        "happened_on": f"{day:%Y-%m-%d}",
        "reason": "：".join(filter(None, [reason_label(spell.kind, spell.reason_code), spell.reason_text])),
        "counterpart": "",
        "evidence": _proof_text(context.proofs.get(("a", spell.pk), []), spell.evidence_pending),
        "follow_up": spell.follow_up,
        "teacher": spell.responsible_teacher,
        "remark": remark,
    }


def _proof_text(kinds: list[str], pending: bool) -> str:
    if kinds:
        return "有：" + "、".join(kinds) + ("（待补齐）" if pending else "")
    return "待补证明" if pending else "无"
