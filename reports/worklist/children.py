"""Children: transfers to answer, papers to bring, absences that nobody follows up."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.urls import reverse

from reports.worklist.desk import Desk, Todo, day_of, end_of, gathered
from schools.models import Role, School
from schools.permissions import scope_of
from schools.settings import DROPOUT_DAYS, SUSPECTED_DAYS, TRANSFER_DAYS
from students.models import UNEXCUSED_KINDS, Absence, Movement, Transfer, TransferSide
from students.proofs import fact_kind, pending_proofs
from students.queries import (
    absent_today,
    transfers_waiting_elsewhere,
    transfers_waiting_for,
)


def transfers_to_answer(desk: Desk) -> Iterator[Todo]:
    """In-county transfers that wait for the person's school."""
    days = int(desk.setting(TRANSFER_DAYS))
    for transfer in transfers_waiting_for(desk.schools_of(Role.CLERK)):
        due_on = desk.working_days_after(transfer.begun_at, days)
        incoming = transfer.begun_by_side == TransferSide.FROM
        name = transfer.student.name
        if incoming:
            title = f"转入待接收：{name}，来自 {transfer.from_school}"
            detail = "核对身份证号和年级后接收，或写明原因退回对方。"
        else:
            title = f"转出待确认：{name}，{transfer.to_school} 申请转入"
            detail = "核对最后在校日后确认转出，或写明原因不同意。"
        yield Todo(
            title=title,
            detail=detail,
            place="transfers",
            url=reverse("students:transfer-detail", args=[transfer.pk]),
            verb="办理接收" if incoming else "去确认",
            due_at=end_of(due_on),
            since_at=transfer.begun_at,
            due=_waited(desk, transfer.begun_at, due_on),
            since=f"期限 {desk.date(due_on)}",
            look=desk.look_of(due_on),
            is_urgent=desk.is_due(due_on),
        )


def transfers_at_the_other_school(desk: Desk) -> Iterator[Todo]:
    """Begun here; the other school has not answered."""
    days = int(desk.setting(TRANSFER_DAYS))
    for transfer in transfers_waiting_elsewhere(desk.schools_of(Role.CLERK)):
        due_on = desk.working_days_after(transfer.begun_at, days)
        waited = desk.waited_working_days(transfer.begun_at)
        yield Todo(
            title=_title_elsewhere(transfer),
            detail=_whose_turn(waited, days),
            place="transfers",
            url=reverse("students:transfer-detail", args=[transfer.pk]),
            verb="查看",
            due_at=end_of(due_on),
            since_at=transfer.begun_at,
            due=f"在{transfer.waiting_for_words}手里",
            since=f"期限 {desk.date(due_on)}",
            look="now" if waited > days else "",
            is_elsewhere=True,
        )


def papers_to_bring(desk: Desk) -> list[Todo]:
    """Facts saved as 待补证明; the most urgent ones by name."""
    todos = []
    for pending in pending_proofs(desk.schools_of(Role.CLERK), desk.user.county_id):
        fact = pending.fact
        is_movement = isinstance(fact, Movement)
        url = reverse("students:evidence-list", args=[fact_kind(fact), fact.pk])
        whither = f"，{_other_place(fact)}" if isinstance(fact, Movement) and _other_place(fact) else ""
        todos.append(
            Todo(
                title=f"{fact.get_kind_display()}待补证明：{fact.student.name}{whither}",
                detail="上传证明后这一条消失，可先拍照上传。",
                place="movements" if is_movement else "absences",
                url=url,
                verb="上传证明",
                due_at=end_of(pending.due_on),
                since_at=fact.recorded_at,
                due=f"已等 {(desk.today - day_of(fact.recorded_at)).days} 天"
                if pending.due_on >= desk.today
                else desk.due_words(pending.due_on),
                since=f"期限 {desk.date(pending.due_on)}",
                look=desk.look_of(pending.due_on),
                is_urgent=desk.is_due(pending.due_on),
            )
        )
    rest = Todo(
        "另有 {count} 笔待补证明", "逐笔上传，或在异动里写明不再需要的原因。", "movements",
        reverse("students:movement-list") + "?pending=on", "看全部",
    )  # fmt: skip
    return gathered(todos, rest, most=3)


def absences_to_follow_up(desk: Desk) -> list[Todo]:
    """Longer out of school than the county allows without a word on who did what, or past the expected day."""
    schools = desk.schools_of(Role.CLERK)
    return _follow_ups(desk, absent_today(schools))


def absences_of_the_class(desk: Desk) -> list[Todo]:
    """The same for the classes of a class teacher."""
    return _follow_ups(desk, absent_in_classes(desk))


def absent_in_classes(desk: Desk) -> QuerySet[Absence]:
    """Open spells of the children in the person's classes."""
    scope = scope_of(desk.user, Role.CLASS_TEACHER)
    schools = School.objects.filter(klasses__in=scope.klass_ids)
    return absent_today(schools).filter(
        student__enrolments__klass__in=scope.klass_ids, student__enrolments__left_on__isnull=True
    )


def _follow_ups(desk: Desk, absences: QuerySet[Absence]) -> list[Todo]:
    suspected, dropout = int(desk.setting(SUSPECTED_DAYS)), int(desk.setting(DROPOUT_DAYS))
    long_ago = desk.today - dt.timedelta(days=suspected - 1)
    needing = absences.filter(
        Q(kind__in=UNEXCUSED_KINDS, first_day__lt=long_ago, follow_up="") | Q(expected_back_on__lt=desk.today)
    )
    todos = []
    for absence in needing:
        days = absence.days_on(desk.today)
        label = absence.label_on(desk.today, suspected, dropout)
        unexcused = absence.kind in UNEXCUSED_KINDS and not absence.follow_up
        due_on = (
            absence.first_day + dt.timedelta(days=suspected) if unexcused else absence.expected_back_on
        ) or desk.today
        todos.append(
            Todo(
                title=f"{absence.student.name}（{class_of(absence)}）{label}"
                + ("，还没有跟踪情况" if unexcused else "，预计返校日已过"),
                detail="写明谁联系过、家长怎么说、下一步哪天做什么。"
                if unexcused
                else "回来了就登记返校；没有回来，请改预计返校日并写明情况。",
                place="absences",
                url=reverse("students:absence-detail", args=[absence.pk]),
                verb="写跟踪" if unexcused else "登记返校",
                due_at=end_of(due_on),
                since_at=end_of(absence.first_day),
                due=desk.due_words(due_on),
                since=f"未在校第 {days} 天",
                look="now" if unexcused else "wait",
                is_urgent=desk.is_due(due_on),
            )
        )
    rest = Todo(
        "另有 {count} 名学生未在校，等写跟踪情况", "逐人写明跟踪情况，或登记返校。", "absences",
        reverse("students:absence-list"), "看全部",
    )  # fmt: skip
    return gathered(todos, rest)


def class_of(absence: Absence) -> str:
    """八（2）班, else the grade; of the enrolments that absent_today loads."""
    current = getattr(absence.student, "current_enrolments", [])
    if not current:
        return "不在册"
    return str(current[0].klass) if current[0].klass else f"{'一二三四五六七八九'[current[0].grade - 1]}年级"


def _waited(desk: Desk, since: dt.datetime, due_on: dt.date) -> str:
    if due_on <= desk.today:
        return desk.due_words(due_on)
    waited = desk.waited_working_days(since)
    return f"已等 {waited} 个工作日" if waited else "今天收到"


def _title_elsewhere(transfer: Transfer) -> str:
    if transfer.begun_by_side == TransferSide.FROM:
        return f"转出待对方接收：{transfer.student.name}，去往 {transfer.to_school}"
    return f"转入待对方确认：{transfer.student.name}，等{transfer.origin_words}答复"


def _whose_turn(waited: int, days: int) -> str:
    if waited > days:
        return f"对方 {waited} 个工作日未办，已超过 {days} 个工作日，基教股能看到，会催两校。"
    return f"对方第 {max(1, waited)} 个工作日未办；超过 {days} 个工作日自动报基教股。"


def _other_place(movement: Movement) -> str:
    return movement.counterpart_text
