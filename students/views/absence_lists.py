"""未在校 as a list: open today, longest first, with days and label."""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import log_access
from accounts.http import UserRequest
from schools.queries import schools_in, settings_of
from schools.settings import DROPOUT_DAYS, SUSPECTED_DAYS
from students.codes import reason_label
from students.forms.absences import (
    AbsenceFilterForm,
)
from students.forms.search import is_number
from students.models import UNEXCUSED_KINDS, Absence, Enrolment
from students.permissions import require
from students.queries import absences_visible_to, naming_scope, recording_schools
from students.views.movement_pages import (
    PAGE_SIZE,
)

LIST_READ = "未在校"
TABS = {"open": "未在校", "suspected": "疑似辍学", "dropout": "辍学", "over": "已结束", "voided": "已作废"}


@require_safe
def absence_list(request: UserRequest) -> HttpResponse:
    """Open today, longest first, with days and label; ended and voided ones under their own tabs."""
    scope = naming_scope(request.user)
    require(not scope.is_empty, "未在校由学校、中心校和基教股使用，您的岗位不查看学生名单。")
    limits = limits_of(request.user.county_id)
    form = AbsenceFilterForm(request.GET, schools=list(schools_in(scope)))
    chosen = form.chosen()
    found = _narrowed(absences_visible_to(request.user), chosen)
    parts = _parts(found, limits)
    tab = request.GET.get("tab", "")
    tab = tab if tab in parts else "open"
    page = Paginator(_shown(parts[tab]), PAGE_SIZE).get_page(request.GET.get("page"))
    log_access(request.user, LIST_READ, count=len(page.object_list))
    own = set(recording_schools(request.user).values_list("pk", flat=True))
    context = {
        "rows": [_row(spell, limits, own, scope.klass_ids) for spell in page.object_list],
        "page_obj": page,
        "form": form,
        "tab": tab,
        "segs": _segs(request, parts, tab, page),
        "shows_school": "school" in form.fields,
        "may_start": bool(own or scope.klass_ids),
        "clear_url": f"{reverse('students:absence-list')}?tab={tab}" if chosen else "",
        "suspected_days": limits[0],
        "dropout_days": limits[1],
        "sought_number": is_number(request.GET.get("q", "")),
    }
    return render(request, "students/absence_list.html", context)


def limits_of(county_id: int) -> tuple[int, int]:
    values = settings_of(county_id)
    return int(values[SUSPECTED_DAYS.key]), int(values[DROPOUT_DAYS.key])


def is_dropping(spell: Absence, limits: tuple[int, int], today: dt.date) -> bool:
    return spell.kind in UNEXCUSED_KINDS and spell.label_on(today, *limits) != spell.get_kind_display()


def _narrowed(spells: QuerySet[Absence], chosen: dict[str, Any]) -> QuerySet[Absence]:
    if kind := chosen.get("kind"):
        spells = spells.filter(kind=kind)
    if school := chosen.get("school"):
        spells = spells.filter(school=school)
    if chosen.get("pending"):
        spells = spells.filter(evidence_pending=True)
    if (name := chosen.get("q")) and not is_number(name):
        spells = spells.filter(
            Q(student__name__icontains=name) | Q(student__initials__startswith=name.lower())
        )
    return spells


def _parts(spells: QuerySet[Absence], limits: tuple[int, int]) -> dict[str, QuerySet[Absence]]:
    """The tabs; days count from the first one, so day n was n − 1 days ago."""
    today = timezone.localdate()
    live = spells.filter(voided_at__isnull=True)
    still_open = live.filter(returned_on__isnull=True).order_by("first_day", "pk")
    unexcused = still_open.filter(kind__in=UNEXCUSED_KINDS)
    dropout = unexcused.filter(first_day__lte=today - dt.timedelta(days=limits[1] - 1))
    suspected = unexcused.filter(first_day__lte=today - dt.timedelta(days=limits[0])).exclude(
        pk__in=dropout.values("pk")
    )
    return {
        "open": still_open,
        "suspected": suspected,
        "dropout": dropout,
        "over": live.filter(returned_on__isnull=False).order_by("-returned_on", "-pk"),
        "voided": spells.filter(voided_at__isnull=False).order_by("-voided_at", "-pk"),
    }


def _shown(spells: QuerySet[Absence]) -> QuerySet[Absence]:
    current = Enrolment.objects.filter(left_on__isnull=True).select_related("klass")
    return (
        spells.select_related("student", "school")
        .prefetch_related(Prefetch("student__enrolments", queryset=current, to_attr="current_enrolments"))
        .defer("student__id_number", "student__roll_number", "student__address", "student__household_place")
    )


def _segs(
    request: UserRequest, parts: dict[str, QuerySet[Absence]], tab: str, page: Any
) -> list[dict[str, Any]]:
    segs = []
    for name, label in TABS.items():
        query = request.GET.copy()
        query.pop("page", None)
        query["tab"] = name
        count = page.paginator.count if name == tab else parts[name].count()
        urgent = name in ("suspected", "dropout") and bool(count)
        segs.append(
            {
                "label": label,
                "count": count,
                "url": f"?{query.urlencode()}",
                "current": name == tab,
                "urgent": urgent,
            }
        )
    return segs


def _row(spell: Absence, limits: tuple[int, int], own: set[int], klass_ids: frozenset[int]) -> dict[str, Any]:
    today = timezone.localdate()
    places: list[Enrolment] = spell.student.current_enrolments  # type: ignore[attr-defined]  # prefetched
    here = next((place for place in places if place.school_id == spell.school_id), None)
    is_open = spell.voided_at is None and spell.returned_on is None
    return {
        "absence": spell,
        "student": spell.student,
        "place": here,
        "days": spell.days_on(today),
        "label": spell.label_on(today, *limits),
        "is_open": is_open,
        "is_dropping": is_open and is_dropping(spell, limits, today),
        "is_due": bool(is_open and spell.expected_back_on and spell.expected_back_on < today),
        "reason": reason_label(spell.kind, spell.reason_code),
        "may_record": spell.school_id in own or (here is not None and here.klass_id in klass_ids),
    }
