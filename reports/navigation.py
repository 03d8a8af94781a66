"""The frame of every page: rail, tabs, person and place. Filled per role, and only when a page asks for it."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import AuditHead, User
from reports.places import active_place, places_of
from reports.rail import HOME, OVERVIEW, RAILS, SEARCHING, TABS, Entry
from reports.worklist import Worklist, worklist_of
from reports.worklist.desk import Desk
from schools.models import Role

# Counts are good until somebody in the county does something, and no longer than this.
COUNTS_SECONDS = 15 * 60

type Counts = tuple[dict[str, int], set[str], int]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; a page that never shows it asks the database nothing."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User) and not getattr(user, "is_authenticated", False):
        return {}
    assert user is not None  # noqa: S101 -- somebody is signed in
    place = active_place(request, user)
    county = place.county if place else user.county
    role = place.role if place else ""
    return {
        "home_url": reverse("reports:home"),
        "county": county.name,
        "is_demo": county.is_demo,
        "person": user.name,
        "role": place.get_role_display() if place else "没有任职",
        "place": place.place if place else "",
        "places_url": reverse("reports:places") if len(places_of(user)) > 1 else "",
        "search_url": reverse("students:student-search") if role in SEARCHING else "",
        "search_hint": "查找：姓名、拼音首字母、学籍号",
        "logout_url": reverse("accounts:logout"),
        "idle_seconds": settings.SESSION_IDLE_SECONDS,
        "more_url": reverse("reports:more"),
        **_places(request, user, role),
    }


def _places(request: HttpRequest, user: User, role: str) -> dict[str, Any]:
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    counts: Counts = getattr(request, "rail_counts", None) or _counts(user)
    groups = RAILS.get(role, ((HOME,),))
    rail = [[_shown(entry, entry.label, view_name, counts) for entry in group] for group in groups]
    tabs = [_shown(entry, entry.short, view_name, counts) for entry in TABS.get(role, (HOME,))]
    return {"rail": rail, "tabs": tabs, "more_current": not any(tab["current"] for tab in tabs)}


def _shown(entry: Entry, label: str, view_name: str, counts: Counts) -> dict[str, Any]:
    numbers, urgent, waiting = counts
    if entry is HOME:
        count, is_urgent = waiting, bool(urgent)
    else:
        count, is_urgent = numbers.get(entry.counts, 0), entry.counts in urgent
    return {
        "label": label,
        "url": reverse(entry.view),
        "count": count,
        "urgent": is_urgent,
        "current": entry.is_at(view_name) or (entry is OVERVIEW and view_name == HOME.view),
    }


def _counts(user: User) -> Counts:
    """From the worklist. Every action moves the county's audit chain, so its number says whether they still hold."""
    head = AuditHead.objects.filter(county_id=user.county_id).values_list("seq", flat=True).first() or 0
    now = timezone.localtime()
    # Deadlines pass on the hour.
    key = f"rail:{user.uuid}:{head}:{now:%Y%m%d%H}"
    counts: Counts | None = cache.get(key)
    if counts is None:
        counts = counts_of(worklist_of(Desk(user)))
        cache.set(key, counts, COUNTS_SECONDS)
    return counts


def counts_of(worklist: Worklist) -> Counts:
    """Per place how much, where something is due, and how many lines wait in all."""
    numbers, urgent = worklist.counts()
    return numbers, urgent, worklist.count


def role_of(request: HttpRequest, user: User) -> str:
    """The role in which the person works now; '' without any."""
    place = active_place(request, user)
    return Role(place.role) if place else ""
