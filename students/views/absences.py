"""未在校: who is not in school and since when; begin, follow up, end, void."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.wording import cn_date
from accounts.workflow import StalePage, StepRefused
from students.actions.absences import (
    RECORDS_HERE,
    edit_absence,
    end_absence,
    start_absence,
    void_absence,
)
from students.codes import reason_label
from students.forms.absences import (
    START_KINDS,
    AbsenceEditForm,
    AbsenceEndForm,
    AbsenceStartForm,
    AbsenceVoidForm,
)
from students.models import UNEXCUSED_KINDS, Absence, AbsenceKind, Enrolment
from students.permissions import may_record, may_record_absence, require
from students.queries import absences_visible_to, current_enrolment
from students.views.absence_lists import is_dropping, limits_of
from students.views.movement_pages import (
    METHODS,
    child_card,
    chosen_kind,
    kind_segs,
    place_of,
    proofs_of,
    visible_child,
)


@require_http_methods(METHODS)
def absence_start(request: UserRequest, student_pk: int) -> HttpResponse:
    """A child on the roll is not in school from a day on."""
    student = visible_child(request, student_pk)
    enrolment = place_of(request, student)
    require(may_record_absence(request.user, enrolment.school, enrolment.klass), RECORDS_HERE)
    kind = chosen_kind(request, START_KINDS)
    form = AbsenceStartForm(request.POST or None, kind=kind)
    needs = proofs_of(kind)
    if form.is_valid():
        try:
            spell = start_absence(
                student,
                AbsenceKind(kind),
                first_day=form.cleaned_data["first_day"],
                actor=request.user,
                evidence_pending=bool(needs),
                **form.said,
            )
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, f"已登记 {student.name} 自 {cn_date(spell.first_day)} 起{spell}。")
            if needs and "later" not in request.POST:
                return go(request, "students:evidence-list", "absence", spell.pk)
            return go(request, "students:absence-detail", spell.pk)
    context = {
        "form": form,
        "student": student,
        "kind": kind,
        "label": START_KINDS[kind],
        "segs": kind_segs(request, START_KINDS, kind),
        "needs": needs,
        "card": child_card(request, enrolment),
        "unexcused": kind in UNEXCUSED_KINDS,
        "limits": limits_of(request.user.county_id),
    }
    return render(request, "students/absence_start.html", context)


@require_safe
def absence_detail(request: UserRequest, pk: int) -> HttpResponse:
    """One spell: days, label, reason, follow-up, papers; the buttons of who records it."""
    spell = _spell(request, pk)
    enrolment = _enrolment_of(spell)
    limits = limits_of(request.user.county_id)
    today = timezone.localdate()
    is_live = spell.voided_at is None
    recorder = may_record_absence(request.user, spell.school, enrolment.klass if enrolment else None)
    context = {
        "absence": spell,
        "student": spell.student,
        "days": spell.days_on(today),
        "label": spell.label_on(today, *limits),
        "is_open": is_live and spell.returned_on is None,
        "is_dropping": is_dropping(spell, limits, today),
        "reason": reason_label(spell.kind, spell.reason_code),
        "may_edit": is_live and recorder,
        "may_void": is_live and may_record(request.user, spell.school),
        "card": child_card(request, enrolment) if enrolment else None,
        "needs": proofs_of(spell.kind),
    }
    return render(request, "students/absence_detail.html", context)


@require_http_methods(METHODS)
def absence_edit(request: UserRequest, pk: int) -> HttpResponse:
    """Kind, reason, follow-up, teacher, expected day back."""
    spell = _recorded_spell(request, pk)
    form = AbsenceEditForm(request.POST or None, absence=spell)

    def save() -> None:
        edit_absence(spell, actor=request.user, seen_revision=form.cleaned_data["seen_revision"], **form.said)

    return _step_page(request, spell, form, save, "students/absence_edit.html", done="已保存。")


@require_http_methods(METHODS)
def absence_end(request: UserRequest, pk: int) -> HttpResponse:
    """返校 or 复学: the first day back."""
    spell = _recorded_spell(request, pk)
    form = AbsenceEndForm(request.POST or None, absence=spell)

    def save() -> None:
        said = form.cleaned_data
        end_absence(
            spell,
            returned_on=said["returned_on"],
            actor=request.user,
            seen_revision=said["seen_revision"],
        )

    word = "复学" if spell.kind == AbsenceKind.SUSPENSION else "返校"
    return _step_page(
        request,
        spell,
        form,
        save,
        "students/absence_end.html",
        done=f"已登记 {spell.student.name} {word}。",
        word=word,
    )


@require_http_methods(METHODS)
def absence_void(request: UserRequest, pk: int) -> HttpResponse:
    """The spell never was."""
    spell = _spell(request, pk)
    require(may_record(request.user, spell.school), "作废未在校记录由本校填报员办。")
    form = AbsenceVoidForm(request.POST or None, absence=spell)

    def save() -> None:
        said = form.cleaned_data
        void_absence(spell, reason=said["reason"], actor=request.user, seen_revision=said["seen_revision"])

    return _step_page(request, spell, form, save, "students/absence_void.html", done="已作废。")


def _step_page(
    request: UserRequest, spell: Absence, form: Any, save: Any, template: str, *, done: str, **context: Any
) -> HttpResponse:
    if form.is_valid():
        try:
            save()
        except StalePage as stale:
            messages.error(request, refusal_text(stale))
            return go(request, "students:absence-detail", spell.pk)
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, done)
            return go(request, "students:absence-detail", spell.pk)
    return render(request, template, {"form": form, "absence": spell, "student": spell.student, **context})


def _spell(request: UserRequest, pk: int) -> Absence:
    visible = absences_visible_to(request.user).select_related(
        "student", "school__county", "recorded_by", "ended_by", "voided_by"
    )
    return get_object_or_404(visible, pk=pk)


def _recorded_spell(request: UserRequest, pk: int) -> Absence:
    spell = _spell(request, pk)
    enrolment = _enrolment_of(spell)
    require(
        may_record_absence(request.user, spell.school, enrolment.klass if enrolment else None), RECORDS_HERE
    )
    return spell


def _enrolment_of(spell: Absence) -> Enrolment | None:
    """The child's place at the school of the spell, if it is still there."""
    enrolment = current_enrolment(spell.student)
    if enrolment is None or enrolment.school_id != spell.school_id:
        return None
    enrolment.student = spell.student
    return enrolment
