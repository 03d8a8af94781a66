"""Everything that happened to one child: what each reader may know of it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.wording import cn_date, cn_month, grade_name
from reports.child_timeline import ABSENCES, MOVES, Event
from reports.child_trail import (
    circumstance_events,
    paper_events,
    placement_events,
    reading_events,
    trail_events,
)
from students.codes import reason_label
from students.models import (
    Absence,
    EndedHow,
    Enrolment,
    Movement,
    MovementKind,
    Placement,
    RolloverLine,
    Student,
    Transfer,
    TransferState,
)
from students.permissions import ChildAccess
from students.proofs import circumstances_visible_to, evidence_visible_to
from students.queries import (
    absences_visible_to,
    enrolments_visible_to,
    movements_visible_to,
    transfers_visible_to,
)

TRANSFERS = "transfers"


def events_of(student: Student, user: User, access: ChildAccess) -> list[Event]:
    """All that *user* may see; of a pupil of the past only what happened at the own places."""
    present = access.is_present
    # A child takes the record along; the page of a fact stays with the school of the fact.
    readable = {
        kind: set(visible(user).filter(student=student).values_list("pk", flat=True))
        for kind, visible in (
            (MOVES, movements_visible_to),
            (ABSENCES, absences_visible_to),
            (TRANSFERS, transfers_visible_to),
        )
    }
    movements = (Movement.objects if present else movements_visible_to(user)).filter(student=student)
    absences = (Absence.objects if present else absences_visible_to(user)).filter(student=student)
    transfers = (Transfer.objects if present else transfers_visible_to(user)).filter(student=student)
    enrolments = (Enrolment.objects if present else enrolments_visible_to(user)).filter(student=student)
    papers = evidence_visible_to(user).filter(
        Q(movement__student=student)
        | Q(absence__student=student)
        | Q(transfer__student=student)
        | Q(circumstance__student=student)
    )
    events = [
        *_enrolled(enrolments.select_related("school", "klass")),
        *_moved(
            movements.select_related(
                "school", "period__month", "counterpart_school", "recorded_by", "voided_by", "reverses"
            ),
            readable[MOVES],
        ),
        *_absent(
            absences.select_related("school", "recorded_by", "ended_by", "voided_by"), readable[ABSENCES]
        ),
        *_transferred(
            transfers.select_related("from_school", "to_school", "begun_by", "decided_by"),
            readable[TRANSFERS],
        ),
        *paper_events(papers.select_related("file__uploaded_by", "circumstance")),
    ]
    if present:
        events += circumstance_events(
            circumstances_visible_to(user).filter(student=student).select_related("recorded_by", "voided_by")
        )
        events += trail_events(student)
    if access.disability:
        events += placement_events(Placement.objects.filter(student=student).select_related("recorded_by"))
    if access.readings:
        events += reading_events(student)
    return events


def _enrolled(enrolments: Any) -> Iterator[Event]:
    """期初建账 and 学年升级, which are not movements."""
    enrolments = list(enrolments)
    for enrolment in enrolments:
        if enrolment.base_grade is not None:
            yield Event(
                enrolment.joined_on,
                f"名册建账：{enrolment.school} {grade_name(enrolment.base_grade)}",
                "期初在籍，不算异动",
                order=-1.0,
            )
    lines = RolloverLine.objects.filter(
        enrolment__in=[enrolment.pk for enrolment in enrolments], rollover__undone_at__isnull=True
    ).select_related("rollover__committed_by", "enrolment__school")
    for line in lines:
        moment = timezone.localtime(line.rollover.committed_at)
        to = f"升入 {grade_name(line.to_grade)}" if line.to_grade else "毕业或升学离校"
        yield Event(
            moment.date(),
            f"学年升级：{to}",
            f"{line.enrolment.school} · 原 {grade_name(line.from_grade)}",
            order=moment.timestamp(),
        )


def _moved(movements: Any, readable: set[int]) -> Iterator[Event]:
    for movement in movements:
        what = _movement_words(movement)
        counted = f"计入 {movement.period.month}" if movement.period else "升级后超出本校年级，不计数"
        if movement.late_for:
            counted += f"（补报 {cn_month(movement.late_for)}）"
        said = [
            counted,
            "：".join(
                filter(None, [reason_label(movement.kind, movement.reason_code), movement.reason_text])
            ),
            f"{movement.recorded_by.name} {cn_date(movement.recorded_at)} 登记",
            "待补证明" if movement.evidence_pending and movement.is_live else "",
        ]
        if movement.kind == MovementKind.CORRECTION:
            said[1] = movement.reason_text
        if movement.voided_at:
            said = [f"{cn_date(movement.voided_at)} 作废：{movement.void_reason}", *said[1:3]]
        yield Event(
            movement.happened_on,
            what,
            " · ".join(filter(None, said)),
            url=reverse("students:movement-detail", args=[movement.pk]) if movement.pk in readable else "",
            order=movement.recorded_at.timestamp(),
        )


def _movement_words(movement: Movement) -> str:
    kind = movement.get_kind_display()
    place = movement.counterpart_school.name if movement.counterpart_school else movement.counterpart_text
    if movement.kind == MovementKind.CORRECTION and movement.reverses:
        what = f"更正 {cn_date(movement.reverses.happened_on)} 的{movement.reverses.get_kind_display()}"
    elif movement.kind in (MovementKind.RETAINED, MovementKind.SKIPPED):
        what = f"{kind}：{'离开' if movement.sign < 0 else '编入'} {grade_name(movement.grade)}"
    elif place:
        what = f"{kind}：{'由' if movement.sign > 0 else '去往'} {place}"
    else:
        what = f"{kind}：{movement.school} {movement.klass_label or grade_name(movement.grade)}"
    return f"{what}（已作废）" if movement.voided_at else what


def _absent(absences: Any, readable: set[int]) -> Iterator[Event]:
    words = {EndedHow.RETURNED: "返校", EndedHow.RESUMED: "复学", EndedHow.LEFT: "离校，未在校结束"}
    for spell in absences:
        kind = spell.get_kind_display()
        reason = "：".join(filter(None, [reason_label(spell.kind, spell.reason_code), spell.reason_text]))
        said = [reason, f"包联教师 {spell.responsible_teacher}" if spell.responsible_teacher else ""]
        said += [spell.follow_up, f"{spell.recorded_by.name} {cn_date(spell.recorded_at)} 登记"]
        voided = ""
        if spell.voided_at:
            voided = "（已作废）"
            said = [f"{cn_date(spell.voided_at)} 作废：{spell.void_reason}", *said]
        elif spell.evidence_pending:
            said.append("待补证明")
        is_open = spell.returned_on is None and not spell.voided_at
        yield Event(
            spell.first_day,
            f"开始未在校：{kind}{voided}",
            " · ".join(filter(None, said)),
            look="now" if is_open else "",
            tab=ABSENCES,
            url=reverse("students:absence-detail", args=[spell.pk]) if spell.pk in readable else "",
            order=spell.recorded_at.timestamp(),
        )
        if spell.returned_on and not spell.voided_at:
            ended = words[EndedHow(spell.ended_how)]
            who = f"{spell.ended_by.name} 登记" if spell.ended_by else ""
            span = f"{kind}，共 {spell.days_on(spell.returned_on) - 1} 天"
            yield Event(
                spell.returned_on, ended, " · ".join(filter(None, [span, who])), tab=ABSENCES, order=0.5
            )


def _transferred(transfers: Any, readable: set[int]) -> Iterator[Event]:
    for transfer in transfers:
        begun = timezone.localtime(transfer.begun_at)
        begun_here = transfer.from_school if transfer.begun_by_side == "from" else transfer.to_school
        is_waiting = transfer.state == TransferState.WAITING
        waiting = f"等 {transfer.waiting_for} 确认" if is_waiting else ""
        yield Event(
            begun.date(),
            f"发起县内转学：{transfer.from_school} → {transfer.to_school}",
            " · ".join(filter(None, [f"{begun_here} {transfer.begun_by.name}", waiting])),
            look="now" if is_waiting else "",
            url=reverse("students:transfer-detail", args=[transfer.pk]) if transfer.pk in readable else "",
            order=begun.timestamp(),
        )
        if transfer.decided_at and transfer.state != TransferState.CONFIRMED:
            decided = timezone.localtime(transfer.decided_at)
            yield Event(
                decided.date(),
                f"县内转学{transfer.get_state_display().removeprefix('对方')}",
                " · ".join(filter(None, [transfer.decision_reason, str(transfer.decided_by or "")])),
                order=decided.timestamp(),
            )
