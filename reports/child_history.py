"""Everything that happened to one child, newest first: what each reader may know of it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLogEntry, AuditEntry, User
from accounts.wording import cn_date, cn_full_date, cn_month, grade_name
from reports.child_trail import AUDITED, audit_entry_words
from students.actions.reveal import REVEALED
from students.codes import circumstance_label, reason_label
from students.models import (
    Absence,
    EndedHow,
    Enrolment,
    Evidence,
    Movement,
    MovementKind,
    Placement,
    RolloverLine,
    SpecialCircumstance,
    Student,
    Transfer,
    TransferState,
)
from students.permissions import ChildAccess
from students.proofs import circumstances_visible_to, evidence_visible_to, fact_kind
from students.queries import (
    absences_visible_to,
    enrolments_visible_to,
    movements_visible_to,
    transfers_visible_to,
)

MOVES, ABSENCES, CIRCUMSTANCES, PAPERS, READINGS = "moves", "absences", "circumstances", "papers", "readings"
TABS = {
    "": "全部",
    MOVES: "异动",
    ABSENCES: "未在校",
    CIRCUMSTANCES: "特殊情况",
    PAPERS: "材料",
    READINGS: "谁看过",
}
MOST_READINGS = 100


@dataclass(frozen=True)
class Event:
    """One entry: *order* decides among those of one day."""

    day: dt.date
    what: str
    second: str = ""
    look: str = ""
    tab: str = MOVES
    url: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    order: float = 0.0


def timeline(events: Iterable[Event], tab: str) -> list[dict[str, Any]]:
    """As components/timeline.html takes it: months of this year, then whole years."""
    shown = [event for event in events if not tab or event.tab == tab]
    shown.sort(key=lambda event: (event.day, event.order), reverse=True)
    parts: list[dict[str, Any]] = []
    this_year = timezone.localdate().year
    for event in shown:
        head = cn_month(event.day) if event.day.year == this_year else f"{event.day.year}年"
        if not parts or parts[-1]["head"] != head:
            parts.append({"head": head, "entries": []})
        day = f"{event.day.month}月{event.day.day}日"
        parts[-1]["entries"].append({**vars(event), "day": day})
    return parts


def events_of(student: Student, user: User, access: ChildAccess) -> list[Event]:
    """All that *user* may see; of a pupil of the past only what happened at the own places."""
    present = access.is_present
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
            )
        ),
        *_absent(absences.select_related("school", "recorded_by", "ended_by", "voided_by")),
        *_transferred(transfers.select_related("from_school", "to_school", "begun_by", "decided_by")),
        *_proved(papers.select_related("file__uploaded_by", "circumstance")),
    ]
    if present:
        events += _circumstances(
            circumstances_visible_to(user).filter(student=student).select_related("recorded_by", "voided_by")
        )
        events += _trail(student)
    if access.disability:
        events += _placed(Placement.objects.filter(student=student).select_related("recorded_by"))
    if access.readings:
        events += _read(student)
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


def _moved(movements: Any) -> Iterator[Event]:
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
            url=reverse("students:evidence-list", args=[fact_kind(movement), movement.pk]),
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


def _absent(absences: Any) -> Iterator[Event]:
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
            url=reverse("students:evidence-list", args=[fact_kind(spell), spell.pk]),
            order=spell.recorded_at.timestamp(),
        )
        if spell.returned_on and not spell.voided_at:
            ended = words[EndedHow(spell.ended_how)]
            who = f"{spell.ended_by.name} 登记" if spell.ended_by else ""
            span = f"{kind}，共 {spell.days_on(spell.returned_on) - 1} 天"
            yield Event(
                spell.returned_on, ended, " · ".join(filter(None, [span, who])), tab=ABSENCES, order=0.5
            )


def _transferred(transfers: Any) -> Iterator[Event]:
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
            url=reverse("students:evidence-list", args=[fact_kind(transfer), transfer.pk]),
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


def _circumstances(circumstances: Iterable[SpecialCircumstance]) -> Iterator[Event]:
    for each in circumstances:
        label = circumstance_label(each.get_kind_display(), each.kind, each.detail)
        url = reverse("students:evidence-list", args=[fact_kind(each), each.pk])
        said = [each.basis, f"{each.recorded_by.name} {cn_date(each.recorded_at)} 登记"]
        if each.voided_at:
            said = [f"{cn_date(each.voided_at)} 作废", *said]
        yield Event(
            each.valid_from,
            f"特殊情况：{label}{'（已作废）' if each.voided_at else ''}",
            " · ".join(filter(None, said)),
            tab=CIRCUMSTANCES,
            url="" if each.voided_at else url,
            order=each.recorded_at.timestamp(),
        )
        if each.valid_to and each.valid_to <= timezone.localdate() and not each.voided_at:
            since = f"自 {cn_full_date(each.valid_from)}"
            yield Event(each.valid_to, f"特殊情况结束：{label}", since, tab=CIRCUMSTANCES)


def _placed(placements: Iterable[Placement]) -> Iterator[Event]:
    for each in placements:
        said = [each.basis, f"{each.recorded_by.name} {cn_date(each.recorded_at)} 登记"]
        yield Event(
            each.valid_from,
            f"安置：{each.get_kind_display()}{'（已作废）' if each.voided_at else ''}",
            " · ".join(filter(None, said)),
            tab=CIRCUMSTANCES,
            order=each.recorded_at.timestamp(),
        )


def _proved(papers: Iterable[Evidence]) -> Iterator[Event]:
    for paper in papers:
        moment = timezone.localtime(paper.file.uploaded_at)
        withdrawn = "（已撤下）" if paper.withdrawn_at else ""
        yield Event(
            moment.date(),
            f"上传材料：{paper.kind}{withdrawn}",
            paper.file.uploaded_by.name,
            look="doc",
            tab=PAPERS,
            url="" if withdrawn else reverse("students:evidence-show", args=[paper.pk]),
            order=moment.timestamp(),
        )


def _trail(student: Student) -> Iterator[Event]:
    """Changes of class and identity stand in the audit trail only."""
    for entry in AuditEntry.objects.filter(student_id=student.pk, verb__in=AUDITED):
        what, second = audit_entry_words(entry)
        moment = timezone.localtime(entry.at)
        yield Event(moment.date(), what, second, look="doc", order=moment.timestamp())


def _read(student: Student) -> Iterator[Event]:
    entries = AccessLogEntry.objects.filter(student_id=student.pk, what__in=REVEALED).order_by("-pk")
    for entry in entries[:MOST_READINGS]:
        moment = timezone.localtime(entry.at)
        yield Event(
            moment.date(),
            f"查看完整{entry.what}：{entry.user_name}",
            " · ".join(filter(None, [f"{moment:%H:%M}", entry.capacity, entry.reason])),
            look="look",
            tab=READINGS,
            order=moment.timestamp(),
        )
