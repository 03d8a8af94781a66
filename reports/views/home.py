"""我的待办: the first page; one for each kind of place."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest, go
from monitoring.models import Reminder
from monitoring.permissions import may_see_board, may_see_summary
from monitoring.situations import reader_of, situation_of
from reports import own_figures
from reports.board_page import Board
from reports.navigation import counts_of
from reports.overview_page import overview_context
from reports.places import active_place, choose_place, places_of
from reports.worklist import worklist_of
from reports.worklist.children import absent_in_classes
from reports.worklist.desk import Desk
from schools.models import Membership, Role, School
from schools.queries import current_month
from students.queries import absent_today


@require_safe
def home(request: UserRequest) -> HttpResponse:
    """What waits for this person, and below it the figures of the place."""
    place = active_place(request, request.user)
    role = place.role if place else ""
    if role == Role.LEADER:
        return render(
            request,
            "reports/overview.html",
            {**overview_context(request.user), "as_table": request.GET.get("trend") == "table"},
        )
    desk = Desk(request.user)
    worklist = worklist_of(desk)
    # The rail beside the list says the same numbers, without asking again.
    request.rail_counts = counts_of(worklist)  # type: ignore[attr-defined]
    context = {
        "worklist": worklist,
        "now": desk.now,
        "today": desk.today,
        "role": role,
        "place": place,
        "next_month": _next_month(desk),
        "reminders": _reminders(desk),
        **_below(desk, place),
    }
    return render(request, "reports/home.html", context)


@require_safe
def more(request: UserRequest) -> HttpResponse:
    """Everything that the bottom bar has no room for."""
    return render(request, "reports/more.html")


@require_http_methods(["GET", "HEAD", "POST"])
def places(request: UserRequest) -> HttpResponse:
    """Choose as whom to work now; it changes the page, never what one may do."""
    held = places_of(request.user)
    if request.method == "POST":
        chosen = next((one for one in held if str(one.pk) == request.POST.get("place")), None)
        if chosen is None:
            raise Http404
        choose_place(request, chosen)
        return go(request, "reports:home")
    return render(
        request, "reports/places.html", {"places": held, "active": active_place(request, request.user)}
    )


def _below(desk: Desk, place: Membership | None) -> dict[str, Any]:
    role = place.role if place else ""
    if place is not None and place.school is not None and role in (Role.CLERK, Role.PRINCIPAL):
        return _school(desk, place.school)
    if role == Role.CLASS_TEACHER:
        return _absent(desk, absent_in_classes(desk))
    return {
        "may_see_board": may_see_board(desk.user),
        "may_see_summary": may_see_summary(desk.user),
        **_board(desk),
    }


def _board(desk: Desk) -> dict[str, Any]:
    """How far the county or the township is this month, for those who read the board."""
    month = current_month(desk.user.county_id, desk.today)
    if month is None or not may_see_board(desk.user):
        return {"board": None}
    board = Board(desk.user, month, QueryDict())
    return {"board": board, "pulse": board.pulse(), "month": month}


def _school(desk: Desk, school: School) -> dict[str, Any]:
    month = own_figures.month_of_school(desk, school)
    reader = reader_of(desk.user, school)
    shown: dict[str, Any] = {
        "school": school,
        "figures": own_figures.school_figures(desk, school, month),
        **_absent(desk, absent_today(School.objects.filter(pk=school.pk))),
    }
    if month is not None:
        found = own_figures.return_of(school, month)
        shown["progress"] = own_figures.progress(desk, reader, situation_of(school, month, found))
        shown["earlier"] = own_figures.earlier_months(desk, school, month)
    return shown


def _absent(desk: Desk, absences: Any) -> dict[str, Any]:
    return {
        "absent": own_figures.absent_children(desk, absences),
        "absent_count": absences.count(),
        "absence_url": reverse("students:absence-list"),
    }


def _next_month(desk: Desk) -> Any:
    """The month whose filing begins next: what an empty worklist announces."""
    month = current_month(desk.user.county_id, desk.today)
    if month is not None and month.cut_off > desk.today:
        return month
    return own_figures.month_after(desk)


def _reminders(desk: Desk) -> list[Reminder]:
    """What the bureau or the central school has sent to this person and is still not done, the newest first."""
    wanted = Q(pk__in=[])
    for role, schools in ((Role.CLERK, desk.filling_schools), (Role.PRINCIPAL, desk.signing_schools)):
        for situation in desk.open_returns(schools):
            if situation.reminded_at is not None and own_figures.waits_for(role, situation):
                wanted |= Q(school=situation.school, month=situation.month, to_role=role)
    newest: dict[tuple[int, int, str], Reminder] = {}
    for reminder in (
        Reminder.objects.filter(wanted).select_related("school", "month", "sent_by").order_by("pk")
    ):
        newest[reminder.school_id, reminder.month_id, reminder.to_role] = reminder
    return sorted(newest.values(), key=lambda reminder: reminder.sent_at, reverse=True)
