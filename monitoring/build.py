"""Builds the content of a return: live, frozen, or of a correction that is being prepared."""

import json

from monitoring.content import DetailRow, ReturnContent
from monitoring.details import compose_remarks, month_rows
from monitoring.lines import MonthFigures, figures_of
from monitoring.models import DraftRemark, FrozenReturn, FrozenRow, MonthlyReturn, ReturnState
from monitoring.readings import Line, SpellFact
from monitoring.staging import with_staged_changes
from monitoring.texts import current_text
from schools.calendar import school_year_of
from schools.models import ReportingMonth, School
from schools.queries import setting
from schools.settings import ABSENT_RULE
from students.models import Enrolment, Placement, PlacementKind

LIVE_STATES = frozenset({ReturnState.DRAFT, ReturnState.SENT_BACK, ReturnState.CORRECTING})


def content_now(school: School, month: ReportingMonth, monthly_return: MonthlyReturn | None) -> ReturnContent:
    """What the return says now: the frozen text once submitted, the facts while it can be changed."""
    if monthly_return is not None and monthly_return.state not in LIVE_STATES:
        text = current_text(monthly_return)
        if text is not None:
            return content_of(text)
    return live_content(school, month, monthly_return)


def live_content(
    school: School, month: ReportingMonth, monthly_return: MonthlyReturn | None = None
) -> ReturnContent:
    """From the facts as they stand, in the reading the county has in force."""
    rule = setting(school.county_id, ABSENT_RULE)
    figures = figures_of(school, month)
    if monthly_return is not None and monthly_return.correcting:
        figures = with_staged_changes(figures, monthly_return)
    rows = month_rows(figures, rule)
    return _content(figures, rows, rule, monthly_return)


def live_content_as(school: School, month: ReportingMonth, rule: str) -> ReturnContent:
    """In a given reading: for tests and for check_books."""
    figures = figures_of(school, month)
    return _content(figures, month_rows(figures, rule), rule, None)


def _content(
    figures: MonthFigures, rows: list[DetailRow], rule: str, monthly_return: MonthlyReturn | None
) -> ReturnContent:
    composed = compose_remarks(rows, figures.school.grades, _home_taught(figures.school, figures.month))
    edited = {}
    if monthly_return is not None:
        edited = dict(DraftRemark.objects.filter(monthly_return=monthly_return).values_list("grade", "text"))
    return ReturnContent(
        school=figures.school,
        month=figures.month,
        rule=rule,
        lines=figures.lines,
        rows=rows,
        absent=figures.absent,
        absent_before=figures.absent_before,
        opens_from=figures.opens_from,
        promoted=figures.promoted,
        is_first=figures.is_first,
        composed=composed,
        remarks={grade: edited.get(grade, text) for grade, text in composed.items()},
    )


def content_of(text: FrozenReturn) -> ReturnContent:
    """Exactly what was frozen."""
    monthly_return = text.edition.monthly_return
    lines, remarks = [], {}
    for line in text.lines.all():
        lines.append(Line(line.grade, **{name: getattr(line, name) for name in Line(0).figures()}))
        remarks[line.grade] = line.remark
    absent = [SpellFact(a.absence_id, a.student_id, a.grade) for a in text.absentees.filter(at_opening=False)]
    return ReturnContent(
        school=monthly_return.school,
        month=monthly_return.period.month,
        rule=text.rule,
        lines=lines,
        rows=[_frozen_row(row, {spell.absence_id for spell in absent}) for row in text.rows.all()],
        absent=absent,
        absent_before=[
            SpellFact(a.absence_id, a.student_id, a.grade) for a in text.absentees.filter(at_opening=True)
        ],
        opens_from=text.opens_from,
        promoted=text.promoted,
        is_first=text.opens_from_id is None,
        composed=dict(remarks),
        remarks=remarks,
        text=text,
    )


def _frozen_row(row: FrozenRow, absent: set[int]) -> DetailRow:
    """What the checks ask about a row is read back from what it says."""
    printed = json.loads(row.printed)
    return DetailRow(
        seq=row.seq,
        student_id=row.student_id,
        student_name=printed["name"],
        grade=row.grade,
        column=row.column,
        sign=row.sign,
        counted=row.counted,
        kind=row.kind,
        happened_on=row.happened_on,
        late_for=row.late_for,
        movement_id=row.movement_id or (-row.staged_id if row.staged_id else None),
        absence_id=row.absence_id,
        printed=printed,
        is_absent=row.absence_id in absent and row.column in ("absent", ""),
        evidence_pending="待补" in printed["evidence"],
        reason_missing=row.column == "absent" and not printed["reason"],
    )


def _home_taught(school: School, month: ReportingMonth) -> dict[int, int]:
    """Children on the roll who are taught at home at the cut-off, per grade."""
    placed = Placement.objects.filter(
        kind=PlacementKind.HOME_TEACHING, voided_at__isnull=True, valid_from__lte=month.cut_off
    ).exclude(valid_to__lt=month.cut_off)
    counts: dict[int, int] = {}
    rows = Enrolment.objects.filter(
        school=school, left_on__isnull=True, student_id__in=placed.values("student_id")
    ).values_list("grade", "grade_year")
    for grade, year in rows:
        then = grade + school_year_of(month.month) - year
        counts[then] = counts.get(then, 0) + 1
    return counts


def frozen_line_values(content: ReturnContent) -> list[dict[str, object]]:
    """Values for FrozenLine rows."""
    return [
        {"grade": line.grade, **line.figures(), "remark": content.remarks.get(line.grade, "")}
        for line in content.lines
    ]
