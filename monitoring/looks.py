"""W rules: what is to be looked at before signing and accepting; none of them blocks."""

from collections.abc import Iterable

from monitoring.content import ReturnContent
from monitoring.models import FrozenAbsentee, MonthlyReturn
from monitoring.problems import LOOK, Problem, named_grade
from monitoring.readings import printed, total
from schools.queries import setting
from schools.settings import JUMP_PERCENT
from students.models import Movement, MovementKind


def absent_two_months_running(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """W1: absent at two cut-offs running."""
    if content.opens_from is None:
        return
    before = set(
        FrozenAbsentee.objects.filter(frozen=content.opens_from, at_opening=False).values_list(
            "student_id", flat=True
        )
    )
    for row in content.rows:
        if row.is_absent and row.student_id in before:
            yield Problem(
                "W1",
                LOOK,
                row.grade,
                f"{named_grade(row.grade)}“未在校”：{row.student_name}连续两个月未在校。请写明劝返或跟踪情况。",
                "absent",
                absence_id=row.absence_id,
                student_id=row.student_id,
            )


def transfers_out_say_where(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """W2: 转出 with unknown destination, and facts that still lack their papers."""
    for row in content.rows:
        if row.counted and row.column == "transfer_out" and not row.printed.get("counterpart"):
            yield Problem(
                "W2",
                LOOK,
                row.grade,
                f"{named_grade(row.grade)}“转出”：{row.student_name}没有写去向。",
                "transfer_out",
                movement_id=row.movement_id,
                student_id=row.student_id,
            )
        elif row.counted and row.evidence_pending:
            yield Problem(
                "W2",
                LOOK,
                row.grade,
                f"{named_grade(row.grade)}：{row.student_name}（{row.kind}）待补证明。可以送签，但会一直提醒。",
                row.column,
                movement_id=row.movement_id,
                absence_id=row.absence_id,
                student_id=row.student_id,
            )


def in_county_transfers_meet(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """W3: a 转出 booked without its other half in the county."""
    out = Movement.objects.filter(
        pk__in=[
            row.movement_id
            for row in content.rows
            if row.column == "transfer_out" and (row.movement_id or 0) > 0
        ],
        counterpart_school__isnull=False,
    ).select_related("student")
    pairs = {move.pair for move in out}
    met = set(
        Movement.objects.filter(
            pair__in=pairs,
            kind__in=[MovementKind.TRANSFER_IN, MovementKind.PROMOTED_IN],
            voided_at__isnull=True,
        ).values_list("pair", flat=True)
    )
    for move in out:
        if move.pair not in met:
            yield Problem(
                "W3",
                LOOK,
                move.counting_grade or 0,
                f"{move.student.name} 转往县内学校，对方没有转入记录。请到“转学对接”核对。",
                "transfer_out",
                movement_id=move.pk,
                student_id=move.student_id,
            )


def no_large_jump(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """W4: month on month change above the county's limit (default 10 %)."""
    limit = setting(content.school.county_id, JUMP_PERCENT)
    line = printed(total(content.lines), content.rule)
    if (
        line.opening
        and not content.promoted
        and abs(line.closing - line.opening) * 100 > limit * line.opening
    ):
        change = abs(line.closing - line.opening) * 100 / line.opening
        yield Problem(
            "W4", LOOK, 0, f"全校人数比上月变动 {change:.1f}%，超过 {limit}%。请核对有没有漏记或重记。"
        )
