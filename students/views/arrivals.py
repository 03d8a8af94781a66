"""Who comes onto the roll: first who it is, then where, when and why."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import log_access
from accounts.encryption import blind_index
from accounts.http import UserRequest, go
from accounts.step_views import refusal_text
from accounts.workflow import StepRefused
from schools.models import School
from students.actions.booking import Fact
from students.actions.movements import NO_MATCH, RECORDS_HERE, record_arrival, record_new_child
from students.effects import Half, counted_words
from students.forms.movements import ARRIVAL_KINDS, ArrivalCheckForm, ArrivalForm
from students.forms.people import PersonForm
from students.forms.transfers import TransferInForm
from students.models import IdType, Movement, MovementKind, Student
from students.permissions import require
from students.queries import current_enrolment, recording_schools, roll_year
from students.views.movement_pages import (
    METHODS,
    after_booking,
    arrival_steps,
    booked_before,
    child_of_token,
    child_token,
    day_in_address,
    follow_day,
    preview,
    proofs_of,
    typed_day,
)

CHECKED = "转入核对证件号码"


@sensitive_post_parameters()
@require_http_methods(METHODS)
def movement_arrive(request: UserRequest) -> HttpResponse:
    """转入 from outside the county, 新生入学, 补录, 升入. First step: who is it?"""
    schools = list(recording_schools(request.user))
    require(bool(schools), RECORDS_HERE)
    form = ArrivalCheckForm(
        request.POST or None, schools=schools, initial={"kind": request.GET.get("kind", "")}
    )
    if not form.is_valid():
        return _check_page(request, form)
    said = form.cleaned_data
    kind, school = MovementKind(said["kind"]), said["school"]
    known = _known(request, said["id_number"])
    if known is None:
        initial = {"name": said["name"], "id_number": said["id_number"]}
        if said["id_number"] and len(said["id_number"]) < 15:
            initial["id_type"] = IdType.PASSPORT
        return _book_page(request, school, kind, person=PersonForm(county=school.county, initial=initial))
    if known.name != said["name"]:
        form.add_error(None, NO_MATCH)
        return _check_page(request, form)
    return _known_child(request, form, known, school, kind)


@sensitive_post_parameters()
@require_http_methods(["POST"])
def movement_arrive_book(request: UserRequest) -> HttpResponse:
    """Second step: book the arrival of a new child, or of one known from before."""
    require(recording_schools(request.user).exists(), RECORDS_HERE)
    if booked := booked_before(request):
        return _booked(request, booked)
    kind = _kind(request.POST.get("kind", ""))
    if token := request.POST.get("child"):
        student, school = child_of_token(request, token)
        return _book_known(request, school, kind, student)
    school_pk = request.POST.get("school", "")
    school = get_object_or_404(
        recording_schools(request.user), pk=school_pk if school_pk.isdecimal() and len(school_pk) < 10 else 0
    )
    return _book_new(request, school, kind)


@require_safe
def movement_arrive_effect(request: UserRequest, school_pk: int) -> HttpResponse:
    """What the return would say, for the day and grade in the form."""
    require(recording_schools(request.user).exists(), RECORDS_HERE)
    school = get_object_or_404(recording_schools(request.user), pk=school_pk)
    kind = _kind(request.GET.get("kind", ""))
    grade = request.GET.get("grade", "")
    context = _preview(
        school, kind, int(grade) if grade in set("123456789") else None, day_in_address(request)
    )
    return render(request, "students/movement_effect.html", context)


def _check_page(request: UserRequest, form: ArrivalCheckForm) -> HttpResponse:
    return render(request, "students/movement_arrive.html", {"form": form, "steps": arrival_steps(0)})


def _kind(text: str) -> MovementKind:
    return MovementKind(text if text in ARRIVAL_KINDS else MovementKind.ADDED)


def _known(request: UserRequest, number: str) -> Student | None:
    """The child of the county with this number, whichever school; every look is written down."""
    if not number:
        return None
    known = Student.objects.filter(
        county_id=request.user.county_id, id_index=blind_index("id_number", number)
    ).first()
    log_access(request.user, CHECKED, student_id=known.pk if known else None)
    return known


def _known_child(
    request: UserRequest, form: ArrivalCheckForm, student: Student, school: School, kind: MovementKind
) -> HttpResponse:
    enrolment = current_enrolment(student)
    if enrolment is None:
        return _book_page(request, school, kind, student=student)
    if enrolment.school_id == school.pk:
        form.add_error(
            None, f"{student.name} 已在本校名册上（{enrolment.klass or '未分班'}），不用再登记转入。"
        )
        return _check_page(request, form)
    context = {
        "form": TransferInForm(school=school, kind="transfer_in"),
        "name": student.name,
        "school": school,
        "child": child_token(student, school, request),
    }
    return render(request, "students/transfer_begin_in.html", context)


def _book_new(request: UserRequest, school: School, kind: MovementKind) -> HttpResponse:
    person = PersonForm(request.POST, county=school.county)
    form = ArrivalForm(request.POST, kind=kind, school=school)
    if all([person.is_valid(), form.is_valid()]):
        try:
            movement = record_new_child(person.person, school, kind, **_said(request, form, kind))
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            return _booked(request, movement)
    return _book_page(request, school, kind, person=person, form=form)


def _book_known(request: UserRequest, school: School, kind: MovementKind, student: Student) -> HttpResponse:
    form = ArrivalForm(request.POST, kind=kind, school=school)
    if form.is_valid():
        try:
            movement = record_arrival(student, school, kind, **_said(request, form, kind))
        except StepRefused as refused:
            form.add_error(None, refusal_text(refused))
        else:
            return _booked(request, movement)
    return _book_page(request, school, kind, student=student, form=form)


def _said(request: UserRequest, form: ArrivalForm, kind: MovementKind) -> dict[str, Any]:
    said = form.cleaned_data
    fact = Fact(
        said["happened_on"],
        said["reason_code"],
        said["reason_text"],
        counterpart_text=said.get("counterpart_text", ""),
        evidence_pending=bool(proofs_of(kind)),
        token=said["token"],
    )
    return {"grade": said["grade"], "klass": said["klass"], "fact": fact, "actor": request.user}


def _book_page(
    request: UserRequest,
    school: School,
    kind: MovementKind,
    *,
    student: Student | None = None,
    person: PersonForm | None = None,
    form: ArrivalForm | None = None,
) -> HttpResponse:
    form = form or ArrivalForm(kind=kind, school=school)
    address = f"{reverse('students:movement-arrive-effect', args=[school.pk])}?kind={kind}"
    for name in ("happened_on", "grade"):
        follow_day(form, address, name)
        form.fields[name].widget.attrs["hx-include"] = "[name=happened_on],[name=grade]"
    grade = form.cleaned_data.get("grade") if form.is_bound else None
    context = {
        "form": form,
        "person": person,
        "student": student,
        "school": school,
        "kind": kind,
        "label": ARRIVAL_KINDS[kind],
        "short": str(kind.label),
        "steps": arrival_steps(1),
        "needs": proofs_of(kind),
        "child": child_token(student, school, request) if student else "",
        **_preview(school, kind, grade, typed_day(form), student=student),
    }
    return render(request, "students/movement_arrive_book.html", context)


def _preview(
    school: School, kind: MovementKind, grade: int | None, day: Any, student: Student | None = None
) -> dict[str, Any]:
    if grade is None or grade not in school.grades:
        return {"effect": None, "hint": "选好年级后显示。"}
    half = Half(kind, 1, grade, roll_year(school.county))
    return {"hint": "", **preview(school, [half], day, student=student)}


def _booked(request: UserRequest, movement: Movement) -> HttpResponse:
    messages.success(
        request, f"已登记 {movement.student.name} {movement.get_kind_display()}，{counted_words(movement)}。"
    )
    return go(request, after_booking(request, movement))
