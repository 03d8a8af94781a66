"""What the pages of movements, absences and transfers share: whose child, whom to pick, what the return will say."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from accounts.http import UserRequest
from accounts.text import TextProblem, clean_text
from accounts.workflow import StepRefused
from schools.models import ReportingMonth, School
from students.codes import REQUIRED_PROOFS
from students.effects import Half, effect_of
from students.models import Enrolment, Guardian, Movement, Student
from students.permissions import may_see_contacts
from students.queries import (
    current_enrolment,
    enrolments_visible_to,
    movements_visible_to,
    recording_schools,
    students_visible_to,
)

PAGE_SIZE = 50
METHODS = ["GET", "HEAD", "POST"]
CHILD_SALT = "students.arriving-child"
TOKEN_SECONDS = 30 * 60


def chosen_kind(request: HttpRequest, kinds: Mapping[str, str]) -> str:
    """The kind named in the address, else the first."""
    asked = request.GET.get("kind", "")
    return asked if asked in kinds else next(iter(kinds))


def kind_segs(request: HttpRequest, kinds: Mapping[str, str], chosen: str) -> list[dict[str, Any]]:
    """The kinds as tabs: reasons, papers and effect depend on them, also without script."""
    return [
        {"label": label, "count": None, "url": f"?kind={kind}", "current": kind == chosen, "urgent": False}
        for kind, label in kinds.items()
    ]


def visible_child(request: UserRequest, pk: int) -> Student:
    return get_object_or_404(students_visible_to(request.user), pk=pk)


def place_of(request: UserRequest, student: Student) -> Enrolment:
    """Where the child is now; 404 where that is out of sight, a refusal where there is none."""
    enrolment = current_enrolment(student)
    if enrolment is None:
        raise StepRefused(f"{student.name} 现在没有学籍，不能登记。")
    if not enrolments_visible_to(request.user).filter(pk=enrolment.pk).exists():
        raise Http404
    enrolment.student = student
    return enrolment


def booked_before(request: UserRequest) -> Movement | None:
    """What an earlier press of the same form booked."""
    try:
        token = uuid.UUID(request.POST.get("token", ""))
    except ValueError:
        return None
    return movements_visible_to(request.user).filter(uuid=token, recorded_by=request.user).first()


def typed_day(form: Any, name: str = "happened_on") -> dt.date:
    """The day as far as it is known: what was typed if it is a day, else today."""
    if form.is_bound and isinstance(day := getattr(form, "cleaned_data", {}).get(name), dt.date):
        return day
    return timezone.localdate()


def day_in_address(request: HttpRequest) -> dt.date:
    try:
        day = dt.date.fromisoformat(request.GET.get("happened_on", ""))
    except ValueError:
        return timezone.localdate()
    return day if 1900 <= day.year <= 2100 else timezone.localdate()


def preview(
    school: School,
    halves: Sequence[Half],
    day: dt.date,
    **child: Any,
) -> dict[str, Any]:
    """Context of students/movement_effect.html. *child*: see ``effect_of``."""
    return {"effect": effect_of(school, halves, min(day, timezone.localdate()), **child)}


def follow_day(form: Any, address: str, name: str = "happened_on") -> None:
    """With script the effect follows the chosen day."""
    form.fields[name].widget.attrs |= {"hx-get": address, "hx-target": "#effect", "hx-trigger": "change"}


def child_card(request: UserRequest, enrolment: Enrolment) -> dict[str, Any]:
    """Context of students/movement_child.html: enough to be sure that it is this child."""
    guardian = None
    if may_see_contacts(request.user, enrolment.school):
        guardian = Guardian.objects.filter(
            student=enrolment.student, is_guardian=True, removed_at__isnull=True
        ).first()
    return {
        "enrolment": enrolment,
        "student": enrolment.student,
        "guardian": guardian,
        "is_linked": students_visible_to(request.user).filter(pk=enrolment.student_id).exists(),
    }


def arrival_steps(at: int) -> list[dict[str, str]]:
    """Variables of components/steps.html."""
    labels = ("核对是谁", "入校登记", "上传证明")
    looks = ["done" if number < at else "now" if number == at else "" for number in range(len(labels))]
    return [{"label": label, "small": "", "look": look} for label, look in zip(labels, looks, strict=True)]


def proofs_of(kind: str) -> list[dict[str, Any]]:
    """Papers that this kind needs, known before anything is uploaded."""
    return [{"label": label, "is_there": False, "note": ""} for label in REQUIRED_PROOFS.get(kind, ())]


def after_booking(request: UserRequest, movement: Movement) -> str:
    """Where to go: to the papers if some are missing and the person wants to bring them now."""
    if movement.evidence_pending and "later" not in request.POST:
        return reverse("students:evidence-list", args=["movement", movement.pk])
    return reverse("students:movement-detail", args=[movement.pk])


def child_token(student: Student, school: School, request: UserRequest) -> str:
    """Names a child in a hidden field for this person and school: an address or a number would say too much."""
    named = {"child": str(student.uuid), "school": school.pk, "user": request.user.pk}
    return signing.dumps(named, salt=CHILD_SALT)


def child_of_token(request: UserRequest, token: str) -> tuple[Student, School]:
    """What ``child_token`` named; a refusal when it is old, somebody else's or altered."""
    try:
        named = signing.loads(token, salt=CHILD_SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        named = {}
    if named.get("user") != request.user.pk:
        raise StepRefused("这一页已经过期，没有登记。请从“学籍异动”重新核对学生。")
    school = get_object_or_404(recording_schools(request.user), pk=named["school"])
    return get_object_or_404(Student, uuid=named["child"], county_id=request.user.county_id), school


def months_of(movements: QuerySet[Movement]) -> list[dt.date]:
    """Months in which any of these count, newest first."""
    return list(
        ReportingMonth.objects.filter(periods__movements__in=movements)
        .order_by("-month")
        .values_list("month", flat=True)
        .distinct()
    )


def short_text(text: str | None, limit: int) -> str:
    """Cleaned, and cut where it is too long to be meant."""
    try:
        return clean_text(text, max_length=limit)
    except TextProblem:
        return clean_text(text)[:limit]
