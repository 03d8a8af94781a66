"""The child and the family as persons: edit, correct, class, guardians."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest, go
from accounts.step_views import press, refusal_text
from accounts.workflow import StepRefused
from students.actions import guardians as guardian_actions
from students.actions.people import (
    Identity,
    change_klass,
    correct_identity,
    edit_student,
    enrolment_here,
)
from students.forms.people import GuardianForm, IdentityForm, KlassForm, StudentEditForm
from students.models import Guardian, Student
from students.queries import students_visible_to

METHODS = ["GET", "HEAD", "POST"]


@sensitive_post_parameters()
@require_http_methods(METHODS)
def student_edit(request: UserRequest, pk: int) -> HttpResponse:
    """Ordinary fields."""
    student = _child(request, pk)
    form = StudentEditForm(request.POST or None, student=student)

    def save() -> None:
        edit_student(
            student, actor=request.user, seen_revision=form.cleaned_data["seen_revision"], **form.said
        )

    return _form_page(request, form, save, "students/student_edit.html", student, done="已保存。")


@sensitive_post_parameters()
@require_http_methods(METHODS)
def student_correct(request: UserRequest, pk: int) -> HttpResponse:
    """更正身份信息, with the reason."""
    student = _child(request, pk)
    form = IdentityForm(request.POST or None, student=student)

    def save() -> None:
        said = form.cleaned_data
        identity = Identity(
            name=said["name"],
            sex=said["sex"],
            birth_date=said["birth_date"],
            id_type=said["id_type"],
            id_number=said["id_number"],
            no_id_reason=said.get("no_id_reason", ""),
        )
        correct_identity(
            student,
            identity,
            reason=said["reason"],
            actor=request.user,
            seen_revision=said["seen_revision"],
        )

    return _form_page(
        request, form, save, "students/student_correct.html", student, done="身份信息已更正，前后都留有记录。"
    )


@require_http_methods(METHODS)
def student_klass(request: UserRequest, pk: int) -> HttpResponse:
    """调班."""
    student = _child(request, pk)
    enrolment = enrolment_here(student, request.user)
    enrolment.student = student
    form = KlassForm(request.POST or None, enrolment=enrolment)

    def save() -> None:
        change_klass(
            student,
            form.cleaned_data["klass"],
            actor=request.user,
            seen_revision=form.cleaned_data["seen_revision"],
        )

    return _form_page(
        request, form, save, "students/student_klass.html", student, done="已调班。", enrolment=enrolment
    )


@sensitive_post_parameters()
@require_http_methods(METHODS)
def guardian_add(request: UserRequest, pk: int) -> HttpResponse:
    student = _child(request, pk)
    form = GuardianForm(request.POST or None, student=student)

    def save() -> None:
        guardian_actions.add_guardian(
            student, actor=request.user, seen_revision=form.cleaned_data["seen_revision"], **form.said
        )

    return _form_page(
        request, form, save, "students/guardian_edit.html", student, done="已登记。", guardian=None
    )


@sensitive_post_parameters()
@require_http_methods(METHODS)
def guardian_edit(request: UserRequest, pk: int) -> HttpResponse:
    guardian = _guardian(request, pk)
    student = guardian.student
    form = GuardianForm(request.POST or None, student=student, guardian=guardian)

    def save() -> None:
        guardian_actions.edit_guardian(
            guardian, actor=request.user, seen_revision=form.cleaned_data["seen_revision"], **form.said
        )

    return _form_page(
        request, form, save, "students/guardian_edit.html", student, done="已保存。", guardian=guardian
    )


@require_POST
def guardian_remove(request: UserRequest, pk: int) -> HttpResponse:
    guardian = _guardian(request, pk)
    return press(
        request,
        guardian,
        guardian_actions.remove_guardian,
        done=f"已移除 {guardian.name}，以前的记录还在。",
        redirect_to=child_address(guardian.student),
    )


def child_address(student: Student) -> str:
    """The page of the child, which shows what every app knows and so belongs to reports."""
    return reverse("reports:child", args=[student.pk])


def _child(request: UserRequest, pk: int) -> Student:
    """404 for a child out of sight, 403 for one in sight whose data another school keeps."""
    student = get_object_or_404(students_visible_to(request.user).select_related("county"), pk=pk)
    enrolment_here(student, request.user)
    return student


def _guardian(request: UserRequest, pk: int) -> Guardian:
    living = Guardian.objects.filter(removed_at__isnull=True, student__in=students_visible_to(request.user))
    guardian = get_object_or_404(living.select_related("student__county"), pk=pk)
    enrolment_here(guardian.student, request.user)
    return guardian


def _form_page(
    request: UserRequest,
    form: Form,
    save: Callable[[], None],
    template: str,
    student: Student,
    *,
    done: str,
    **context: Any,
) -> HttpResponse:
    """Show the form; save what was typed and go to the child; a refusal keeps the typed text."""
    if form.is_valid():
        try:
            save()
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            messages.success(request, done)
            return go(request, child_address(student))
    return render(request, template, {"form": form, "student": student, **context})
