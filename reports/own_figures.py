"""Below the worklist: how far this month is, who is not in school today, the place's own figures."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from monitoring.lines import figures_of
from monitoring.models import FrozenReturn, MonthlyReturn, ReturnState
from monitoring.models.returns import EDITABLE_STATES
from monitoring.readings import total
from monitoring.steps import steps_of
from monitoring.wording import Reader, Situation, standing
from reports.worklist.children import class_of
from reports.worklist.desk import Desk
from schools.models import ReportingMonth, Requirement, Role, School
from schools.queries import current_month
from schools.settings import DROPOUT_DAYS, SUSPECTED_DAYS
from students.codes import reason_label
from students.models import (
    UNEXCUSED_KINDS,
    Absence,
    Enrolment,
    Movement,
    Placement,
    PlacementKind,
    Transfer,
    TransferState,
)

SHOWN = 50


@dataclass(frozen=True)
class AbsentChild:
    """A line of 今天未在校的学生."""

    name: str
    url: str
    klass: str
    label: str
    tag: str
    since: str
    days: int
    next_step: str
    look: str


def absent_children(desk: Desk, absences: QuerySet[Absence]) -> list[AbsentChild]:
    """The longest absent first; 疑似辍学 and 辍学 by the county's days."""
    suspected, dropout = int(desk.setting(SUSPECTED_DAYS)), int(desk.setting(DROPOUT_DAYS))
    return [_absent_child(desk, absence, suspected, dropout) for absence in absences[:SHOWN]]


def _absent_child(desk: Desk, absence: Absence, suspected: int, dropout: int) -> AbsentChild:
    label = absence.label_on(desk.today, suspected, dropout)
    alarming = label in ("疑似辍学", "辍学")
    return AbsentChild(
        name=absence.student.name,
        url=reverse("reports:child", args=[absence.student_id]),
        klass=class_of(absence),
        label=label,
        tag="now" if alarming else "",
        since=desk.date(absence.first_day),
        days=absence.days_on(desk.today),
        next_step=_next_step(desk, absence),
        look="now" if alarming else "",
    )


def _next_step(desk: Desk, absence: Absence) -> str:
    """What happens next: overdue return, follow-up, missing paper, expected day."""
    if absence.expected_back_on and absence.expected_back_on < desk.today:
        return f"预计 {desk.date(absence.expected_back_on)} 返校，日子已过，请登记返校或改日期"
    if absence.kind in UNEXCUSED_KINDS and not absence.follow_up:
        return "还没有跟踪情况，请写明谁联系过、下一步"
    parts = [absence.follow_up] if absence.follow_up else []
    if absence.responsible_teacher:
        parts.append(f"包联教师 {absence.responsible_teacher}")
    if absence.expected_back_on:
        parts.append(f"预计 {desk.date(absence.expected_back_on)} 返校")
    if absence.evidence_pending:
        parts.append("待补证明")
    return "；".join(parts) or reason_label(absence.kind, absence.reason_code) or "补填原因"


def month_of_school(desk: Desk, school: School) -> ReportingMonth | None:
    """The month the school works on: the first one it owes, else the current one."""
    months = desk.unfiled.get(school.pk, [])
    return months[0] if months else current_month(desk.user.county_id, desk.today)


def progress(desk: Desk, reader: Reader, situation: Situation) -> dict[str, Any]:
    """The steps of one month, and where it stands."""
    found = situation.monthly_return
    attempt = (
        FrozenReturn.objects.filter(
            edition__monthly_return=found, edition__number=found.edition_number
        ).count()
        if found
        else 0
    )
    return {
        "month": situation.month,
        "standing": standing(reader, situation, desk.now),
        "steps": steps_of(situation, attempt),
        "url": reverse("monitoring:return-detail", args=[situation.school.pk, situation.month.slug]),
    }


def earlier_months(desk: Desk, school: School, month: ReportingMonth) -> list[str]:
    """10月月报：已接收（基教股 10月13日）: the two before the one in hand."""
    found = (
        MonthlyReturn.objects.filter(school=school, period__month__month__lt=month.month)
        .select_related("period__month")
        .order_by("-period__month__month")[:2]
    )
    lines = []
    for one in found:
        when = f"（{desk.date(one.accepted_at)}）" if one.accepted_at else ""
        word = {ReturnState.ACCEPTED: "已接收", ReturnState.SIGNED: "待复审"}.get(
            ReturnState(one.state), "办理中"
        )
        lines.append(f"{one.period.month.month.month}月月报：{word}{when}")
    return lines


def school_figures(desk: Desk, school: School, month: ReportingMonth | None) -> list[dict[str, Any]]:
    """本校数字: each is a door to its list."""
    on_roll = Enrolment.objects.filter(school=school, left_on__isnull=True).count()
    absent = _absent_now(desk, school)
    suspected = sum(
        1 for kind, days in absent if kind in UNEXCUSED_KINDS and days > int(desk.setting(SUSPECTED_DAYS))
    )
    taught_at_home = (
        Placement.objects.filter(
            kind=PlacementKind.HOME_TEACHING,
            voided_at__isnull=True,
            valid_from__lte=desk.today,
            student__enrolments__school=school,
            student__enrolments__left_on__isnull=True,
        )
        .exclude(valid_to__lt=desk.today)
        .count()
    )
    roster, list_absent = reverse("students:student-list"), reverse("students:absence-list")
    figures = [
        {"name": "在籍", "value": on_roll, "url": roster, "note": _change(month, school)},
        {
            "name": "在校",
            "value": on_roll - len(absent),
            "url": roster,
            "note": f"{100 * (on_roll - len(absent)) / on_roll:.1f}%" if on_roll else "名册还是空的",
        },
        {
            "name": "未在校",
            "value": len(absent),
            "url": list_absent,
            "note": f"疑似辍学 {suspected}" if suspected else "",
        },
    ]
    if taught_at_home:
        figures.append({"name": "送教上门", "value": taught_at_home, "url": roster, "note": "不计入未在校"})
    return figures + (_movements(school, month) if month else [])


def _absent_now(desk: Desk, school: School) -> list[tuple[str, int]]:
    taught_at_home = Placement.objects.filter(
        kind=PlacementKind.HOME_TEACHING, voided_at__isnull=True, valid_from__lte=desk.today
    ).exclude(valid_to__lt=desk.today)
    spells = Absence.objects.filter(
        school=school, returned_on__isnull=True, voided_at__isnull=True, first_day__lte=desk.today
    ).exclude(student__in=taught_at_home.values("student_id"))
    return [(spell.kind, spell.days_on(desk.today)) for spell in spells]


def _change(month: ReportingMonth | None, school: School) -> str:
    if month is None:
        return ""
    line = total(figures_of(school, month).lines)
    change = line.closing - line.opening
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{month.month.month}月截止日 {line.closing}，比上月 {sign}{abs(change)}"


def _movements(school: School, month: ReportingMonth) -> list[dict[str, Any]]:
    counted = Movement.objects.filter(period__school=school, period__month=month, voided_at__isnull=True)
    kinds = list(counted.values_list("kind", flat=True))
    waiting = Transfer.objects.filter(
        Q(from_school=school) | Q(to_school=school), state=TransferState.WAITING
    ).count()
    url = reverse("students:movement-list")
    label = f"{month.month.month}月转入 / 转出"
    return [
        {
            "name": label,
            "value": kinds.count("transfer_in"),
            "second": kinds.count("transfer_out"),
            "url": url,
            "note": f"待对接 {waiting}" if waiting else "",
        }
    ]


def return_of(school: School, month: ReportingMonth) -> MonthlyReturn | None:
    return (
        MonthlyReturn.objects.filter(school=school, period__month=month)
        .select_related("school__parent", "period__month", "submitted_by", "signed_by", "accepted_by")
        .first()
    )


def month_after(desk: Desk) -> ReportingMonth | None:
    """The next month whose cut-off has not come."""
    return (
        ReportingMonth.objects.filter(
            county_id=desk.user.county_id, requirement=Requirement.REQUIRED, cut_off__gt=desk.today
        )
        .order_by("month")
        .first()
    )


def waits_for(role: str, situation: Situation) -> bool:
    """Whether the return is in the hands of *role* now: a reminder lasts as long as its cause."""
    state = situation.monthly_return.state if situation.monthly_return else ReturnState.DRAFT
    return state == ReturnState.SUBMITTED if role == Role.PRINCIPAL else state in EDITABLE_STATES
