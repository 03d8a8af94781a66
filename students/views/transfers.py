"""转学对接: begin, answer and take back a transfer inside the county."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from students.actions.movements import RECORDS_HERE
from students.actions.transfers import (
    ANSWERED_THERE,
    begin_transfer_in,
    begin_transfer_out,
    cancel_transfer,
    confirm_transfer,
    refuse_transfer,
)
from students.codes import reason_label
from students.effects import Half
from students.forms.transfers import (
    CancelForm,
    ConfirmForm,
    RefuseForm,
    TransferInForm,
    TransferOutForm,
    first_day,
)
from students.models import MovementKind, Transfer, TransferSide, TransferState
from students.permissions import may_record, may_see_roll, require
from students.proofs import required_proofs
from students.queries import (
    current_enrolment,
    open_absence,
    recording_schools,
    roll_year,
    transfers_visible_to,
)
from students.views.movement_pages import (
    METHODS,
    child_card,
    child_of_token,
    place_of,
    preview,
    typed_day,
    visible_child,
)
from students.waiting import state_of, waiting_of


@require_http_methods(METHODS)
def transfer_begin_out(request: UserRequest, student_pk: int) -> HttpResponse:
    """The old school says where the child goes; nothing leaves the roll until the other confirms."""
    student = visible_child(request, student_pk)
    enrolment = place_of(request, student)
    require(may_record(request.user, enrolment.school), "登记转出由学生所在学校的填报员办。")
    form = TransferOutForm(request.POST or None, enrolment=enrolment)
    if form.is_valid():
        said = form.cleaned_data
        try:
            transfer = begin_transfer_out(
                student,
                said["to_school"],
                last_attended_on=said["last_attended_on"],
                grade=said["grade"],
                reason_code=said["reason_code"],
                reason_text=said["reason_text"],
                actor=request.user,
            )
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(
                request,
                f"已登记，等 {transfer.to_school.name} 确认。对方接收前，{student.name} 仍由本校负责。",
            )
            return _after_beginning(request, transfer)
    half = Half(MovementKind.TRANSFER_OUT, -1, enrolment.grade, enrolment.grade_year)
    context = {
        "form": form,
        "student": student,
        "card": child_card(request, enrolment),
        "waiting": waiting_of(request.user.county_id),
        "needs": [{"label": label, "is_there": False, "note": ""} for label in required_proofs(Transfer())],
        **preview(enrolment.school, [half], typed_day(form, "last_attended_on"), enrolment=enrolment),
    }
    return render(request, "students/transfer_begin_out.html", context)


@require_http_methods(METHODS)
def transfer_begin_in(request: UserRequest) -> HttpResponse:
    """The new school asks for a child that ``movement_arrive`` has found elsewhere in the county."""
    require(recording_schools(request.user).exists(), RECORDS_HERE)
    if request.method != "POST":
        return go(request, f"{reverse('students:movement-arrive')}?kind=transfer_in")
    token = request.POST.get("child", "")
    student, school = child_of_token(request, token)
    form = TransferInForm(request.POST, school=school, kind="transfer_in")
    if form.is_valid():
        said = form.cleaned_data
        try:
            transfer = begin_transfer_in(
                student,
                school,
                grade=said["grade"],
                reason_code=said["reason_code"],
                reason_text=said["reason_text"],
                actor=request.user,
            )
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, f"已申请 {student.name} 转入，等原学校确认。")
            return _after_beginning(request, transfer)
    context = {"form": form, "name": student.name, "school": school, "child": token}
    return render(request, "students/transfer_begin_in.html", context)


@require_safe
def transfer_detail(request: UserRequest, pk: int) -> HttpResponse:
    """One transfer: where it stands, whose turn it is, until when; the buttons of who is to act."""
    transfer = _transfer(request, pk)
    return _detail_page(request, transfer)


@require_POST
def transfer_confirm(request: UserRequest, pk: int) -> HttpResponse:
    """办理接收 or 确认转出: both halves are booked in one month."""
    transfer = _transfer(request, pk)
    require(may_record(request.user, transfer.waiting_for), ANSWERED_THERE)
    form = ConfirmForm(request.POST, transfer=transfer)
    if not form.is_valid():
        return _detail_page(request, transfer, confirm=form)
    said = form.cleaned_data
    try:
        out, _ = confirm_transfer(
            transfer,
            actor=request.user,
            seen_revision=said["seen_revision"],
            arrived_on=said["arrived_on"],
            klass=said.get("klass"),
        )
    except StepRefused as refused:
        return _refused(request, pk, "confirm", form, refused)
    month = f"两校都计入 {out.period.month}月报" if out.period else "按升级后的年级，原学校不计转出"
    messages.success(request, f"已确认 {transfer.student.name} 的转学，{month}。")
    return go(request, "students:transfer-detail", pk)


@require_POST
def transfer_refuse(request: UserRequest, pk: int) -> HttpResponse:
    """不予接收 or 不同意转出, with the reason."""
    transfer = _transfer(request, pk)
    require(may_record(request.user, transfer.waiting_for), ANSWERED_THERE)
    form = RefuseForm(request.POST, transfer=transfer)
    return _answer(
        request,
        transfer,
        form,
        refuse_transfer,
        "refuse",
        TransferState.REFUSED,
        done="已答复对方，学生仍在原学校。",
    )


@require_POST
def transfer_cancel(request: UserRequest, pk: int) -> HttpResponse:
    """撤回 before the other school has answered."""
    transfer = _transfer(request, pk)
    require(may_record(request.user, transfer.begun_at_school), "撤回转学由发起学校的填报员办。")
    form = CancelForm(request.POST, transfer=transfer)
    return _answer(
        request, transfer, form, cancel_transfer, "cancel", TransferState.CANCELLED, done="这笔转学已撤回。"
    )


def _answer(
    request: UserRequest,
    transfer: Transfer,
    form: Any,
    action: Any,
    name: str,
    state: TransferState,
    *,
    done: str,
) -> HttpResponse:
    if transfer.state == state and transfer.decided_by_id == request.user.pk:
        return _answered(request, transfer, done)  # a second press of the same button
    if form.is_valid():
        said = form.cleaned_data
        try:
            action(transfer, actor=request.user, seen_revision=said["seen_revision"], reason=said["reason"])
        except StepRefused as refused:
            return _refused(request, transfer.pk, name, form, refused)
        return _answered(request, transfer, done)
    return _detail_page(request, transfer, **{name: form})


def _refused(request: UserRequest, pk: int, name: str, form: Any, refused: StepRefused) -> HttpResponse:
    """What was typed stays while the transfer still waits; otherwise the page shows how it ended."""
    transfer = _transfer(request, pk)
    if transfer.state != TransferState.WAITING:
        messages.error(request, refusal_text(refused))
        return go(request, "students:transfer-detail", pk)
    form.add_error(None, refusal_text(refused))
    return _detail_page(request, transfer, **{name: form})


def _answered(request: UserRequest, transfer: Transfer, done: str) -> HttpResponse:
    messages.success(request, done)
    spell = open_absence(transfer.student)
    if spell is not None and spell.pk == transfer.absence_id and may_record(request.user, spell.school):
        messages.warning(
            request,
            f"{transfer.student.name} 仍登记为“转学途中”。已返校的请登记返校；没有离开过的请作废那一条。",
        )
        return go(request, "students:absence-detail", spell.pk)
    return go(request, "students:transfer-detail", transfer.pk)


def _transfer(request: UserRequest, pk: int) -> Transfer:
    visible = transfers_visible_to(request.user).select_related(
        "student", "from_school__county", "to_school__county", "begun_by", "decided_by", "absence"
    )
    return get_object_or_404(visible, pk=pk)


def _after_beginning(request: UserRequest, transfer: Transfer) -> HttpResponse:
    if transfer.begun_by_side == TransferSide.FROM and "later" not in request.POST:
        return go(request, "students:evidence-list", "transfer", transfer.pk)
    return go(request, "students:transfer-detail", transfer.pk)


def _detail_page(request: UserRequest, transfer: Transfer, **forms: Any) -> HttpResponse:
    waiting = waiting_of(request.user.county_id)
    is_waiting = transfer.state == TransferState.WAITING
    may_answer = is_waiting and may_record(request.user, transfer.waiting_for)
    may_cancel = is_waiting and may_record(request.user, transfer.begun_at_school)
    context = {
        "transfer": transfer,
        "student": transfer.student,
        "state": state_of(transfer, waiting, may_answer=may_answer),
        "is_incoming": transfer.begun_by_side == TransferSide.FROM,
        "origin": _origin(request, transfer),
        "reason": reason_label("transfer_out", transfer.reason_code),
        "begun_by": transfer.begun_by.name,
        "confirm": None,
        "refuse": None,
        "cancel": None,
        "card": _card(request, transfer, may_answer=may_answer),
        "effect": None,
        "may_attach": may_record(request.user, transfer.from_school)
        or may_record(request.user, transfer.to_school),
    }
    if may_answer:
        context["confirm"] = forms.get("confirm") or ConfirmForm(transfer=transfer)
        context["refuse"] = forms.get("refuse") or RefuseForm(transfer=transfer, auto_id="refuse_%s")
        context |= _answer_preview(transfer)
    if may_cancel:
        context["cancel"] = forms.get("cancel") or CancelForm(transfer=transfer, auto_id="cancel_%s")
    return render(request, "students/transfer_detail.html", context)


def _answer_preview(transfer: Transfer) -> dict[str, Any]:
    """What the answering school's return will say."""
    enrolment = current_enrolment(transfer.student)
    if enrolment is None:
        return {"effect": None}
    here, there = transfer.waiting_for, transfer.begun_at_school
    if here.pk == transfer.to_school_id:
        half = Half(MovementKind.TRANSFER_IN, 1, transfer.grade, roll_year(here.county))
    else:
        half = Half(MovementKind.TRANSFER_OUT, -1, enrolment.grade, enrolment.grade_year)
    leaving = enrolment if half.sign < 0 else None
    return preview(
        here, [half], first_day(transfer), student=transfer.student, enrolment=leaving, other_school=there
    )


def _card(request: UserRequest, transfer: Transfer, *, may_answer: bool) -> dict[str, Any] | None:
    """The child: for the school where it is, and for the one that has to receive it."""
    enrolment = current_enrolment(transfer.student)
    if enrolment is None:
        return None
    enrolment.student = transfer.student
    if may_answer or may_see_roll(request.user, enrolment.school):
        return child_card(request, enrolment)
    return None


def _origin(request: UserRequest, transfer: Transfer) -> str:
    if may_see_roll(request.user, transfer.from_school):
        return transfer.from_school.name
    return transfer.origin_words
