"""学生名册: the list with its filters, the search box, the export."""

import re
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest, go, refusal
from accounts.tabular.export import write_table
from accounts.text import TextProblem, clean_number, clean_text
from schools.models import Role
from schools.permissions import scope_of
from students.actions.reveal import (
    TooMany,
    may_search_number,
    note_export,
    search_number,
    searches_with_reason,
)
from students.forms.search import (
    LONGEST_SEARCH,
    PlaceNotVisible,
    ReasonedSearchForm,
    StudentFilterForm,
    StudentSearchForm,
    is_number,
    name_condition,
)
from students.models import Absence, Enrolment
from students.permissions import EXPORT_ROLES, as_reader, require
from students.queries import enrolments_visible_to, listed_enrolments, naming_scope
from students.views.list_rows import EXPORT_HEADERS, exported_row, shown_rows

PAGE_SIZE = 50
LIST_READ = "学生名册"
STATES = {"roll": "在籍", "absent": "未在校", "left": "已离校", "all": "全部"}
NUMBERS = ("student__id_number", "student__roll_number", "student__address", "student__household_place")
NOT_YOURS = "学生名册由学校、中心校和基教股使用，您的岗位不查看学生名单。"


@require_safe
def student_list(request: UserRequest) -> HttpResponse:
    """Children at the places of this person; a class teacher sees the own class."""
    sought, form = _asked(request)
    if is_number(sought):
        return go(request, f"{reverse('students:student-search')}?number=1")
    state = request.GET.get("state", "roll")
    state = state if state in STATES else "roll"
    found = _states(request, form, sought)
    page = Paginator(_rows_of(found[state]), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = shown_rows(list(page.object_list), request.user.county_id)
    what = form.asks_for_sensitive or LIST_READ
    log_access(request.user, what, count=len(rows), capacity=as_reader(request.user))
    context = {
        "rows": rows,
        "page_obj": page,
        "form": form,
        "sought": sought,
        "segs": _segs(request, found, state, page),
        "kept": [(name, form.chosen(name)) for name in form.fields if form.chosen(name)],
        "shows_school": "school" in form.fields,
        "may_export": not scope_of(request.user, *EXPORT_ROLES).is_empty,
        "may_import": not scope_of(request.user, Role.CLERK).is_empty,
        "by_number": may_search_number(request.user),
        "words": "、".join(
            [
                *([STATES[state]] if state in ("absent", "left") else []),
                *([f"“{sought}”"] if sought else []),
                *form.words,
            ]
        ),
        "clear_url": reverse("students:student-list") if form.is_filtering or sought else "",
        "export_url": f"{reverse('students:student-export')}?{request.GET.urlencode()}",
        "facts": _facts(request),
    }
    return render(request, "students/student_list.html", context)


@require_safe
def student_export(request: UserRequest) -> HttpResponse:
    """The filtered list without numbers, contacts and circumstances."""
    sought, form = _asked(request)
    state = request.GET.get("state", "roll")
    state = state if state in STATES else "roll"
    scope = scope_of(request.user, *EXPORT_ROLES)
    may_leave = scope.of_schools("school__") | Q(klass_id__in=scope.klass_ids)
    if is_number(sought):
        raise Http404
    found = list(_rows_of(_states(request, form, sought)[state].filter(may_leave)))
    words = "、".join([STATES[state], *form.words, *(["按姓名"] if sought else [])])
    try:
        note_export(request.user, count=len(found), filters=words)
    except TooMany as too_many:
        return too_many_answer(request, too_many)
    rows = shown_rows(found, request.user.county_id)
    content = write_table("学生名册", EXPORT_HEADERS, [exported_row(row) for row in rows])
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(content, content_type=kind)
    name = f"roster-{timezone.localdate():%Y-%m-%d}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def student_search(request: UserRequest) -> HttpResponse:
    """The search box of every page: names lead to the list, a number to the child or to 本校没有."""
    require(not naming_scope(request.user).is_empty, NOT_YOURS)
    kind = ReasonedSearchForm if "reason_text" in request.POST else StudentSearchForm
    form = kind(request.POST or None)
    if not form.is_valid():
        return _search_page(request, form, from_address="number" in request.GET)
    if is_number(form.cleaned_data["q"]):
        return _by_number(request, form)
    sought = form.cleaned_data["q"]
    hits = listed_enrolments(request.user).filter(name_condition(sought)).values_list("student_id", flat=True)
    if len(only := hits.order_by()[:2]) == 1:
        return go(request, "reports:child", only[0])
    return go(request, f"{reverse('students:student-list')}?{_kept(request, sought)}")


def _by_number(request: UserRequest, form: StudentSearchForm) -> HttpResponse:
    number = clean_number(form.cleaned_data["q"])
    asks_reason = may_search_number(request.user) and searches_with_reason(request.user)
    if asks_reason and not isinstance(form, ReasonedSearchForm):
        return _search_page(request, ReasonedSearchForm(initial={"q": number}))
    reason = form.said if isinstance(form, ReasonedSearchForm) else ""
    try:
        found = search_number(request.user, number, reason=reason)
    except TooMany as too_many:
        return too_many_answer(request, too_many)
    if found is None:
        return _search_page(request, form, missed=True)
    return go(request, "reports:child", found.pk)


def _search_page(request: UserRequest, form: StudentSearchForm, **said: bool) -> HttpResponse:
    context = {
        "form": form,
        "missed": False,
        "from_address": False,
        "in_county": searches_with_reason(request.user),
        "by_number": may_search_number(request.user),
    }
    return render(request, "students/student_search.html", {**context, **said})


def too_many_answer(request: UserRequest, too_many: TooMany) -> HttpResponse:
    """429, with what was typed left out: it may be a number."""
    response = refusal(request, 429, str(too_many), title="看得太多了")
    response["Retry-After"] = str(too_many.retry_after)
    return response


def _asked(request: UserRequest) -> tuple[str, StudentFilterForm]:
    """What is sought and the filters; 403 for roles that list nobody, 404 for a place of others."""
    require(not naming_scope(request.user).is_empty, NOT_YOURS)
    try:
        sought = clean_text(request.GET.get("q"), max_length=LONGEST_SEARCH)
    except TextProblem:
        sought = clean_text(request.GET.get("q"))[:LONGEST_SEARCH]
    try:
        return sought, StudentFilterForm(request.GET, user=request.user)
    except PlaceNotVisible as error:
        raise Http404 from error


def _states(request: UserRequest, form: StudentFilterForm, sought: str) -> dict[str, QuerySet[Enrolment]]:
    """The same filters over those on the roll, absent, gone, and all."""
    everybody, current = listed_enrolments(request.user), enrolments_visible_to(request.user)
    out = Absence.objects.filter(
        student=OuterRef("student"),
        school=OuterRef("school"),
        returned_on__isnull=True,
        voided_at__isnull=True,
    )
    current = current.filter(left_on__isnull=True)
    states = {
        "roll": current,
        "absent": current.filter(Exists(out)),
        "left": everybody.filter(left_on__isnull=False),
        "all": everybody,
    }
    narrowed = {state: form.narrow(rows) for state, rows in states.items()}
    if sought:
        narrowed = {state: rows.filter(name_condition(sought)) for state, rows in narrowed.items()}
    return narrowed


def _rows_of(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """In the order of the register; numbers and addresses are not even fetched."""
    return (
        enrolments.select_related("student", "school", "klass")
        .defer(*NUMBERS)
        .order_by("school_id", "grade", "klass__number", "student__pinyin", "pk")
    )


def _segs(
    request: UserRequest, found: dict[str, QuerySet[Enrolment]], state: str, page: Any
) -> list[dict[str, Any]]:
    counts = {state: page.paginator.count}
    for name in ("roll", "absent", "left"):
        counts.setdefault(name, found[name].count())
    counts.setdefault("all", counts["roll"] + counts["left"])
    segs = []
    for name, label in STATES.items():
        query = request.GET.copy()
        query.pop("page", None)
        query["state"] = name
        segs.append(
            {
                "label": label,
                "count": counts[name],
                "url": f"?{query.urlencode()}",
                "current": name == state,
                "urgent": False,
            }
        )
    return segs


def _kept(request: UserRequest, sought: str) -> str:
    """The filters that the search box carried along, and what is sought now."""
    names = ("school", "grade", "klass", "boarding", "circumstance")
    kept = {
        name: request.POST[name] for name in names if re.fullmatch(r"\w{1,20}", request.POST.get(name, ""))
    }
    return urlencode({**kept, "q": sought, "state": "all"})


def _facts(request: UserRequest) -> str:
    places = naming_scope(request.user)
    return "您负责的班级" if places.klass_ids and not (places.school_ids or places.whole_county) else ""
