"""What every address of the site needs: its arguments, and the stage on which it is visited."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import UserSession
from accounts.queries import session_digest
from tests.access_world import NOVEMBER, OCTOBER, SEPTEMBER

# --- all addresses ------------------------------------------------------------------------------------------------


@cache
def addresses() -> dict[str, set[str]]:
    """Every address of the site: {namespaced name: parameters}. One without a name has the name of its view."""
    found: dict[str, set[str]] = {}

    def walk(resolver: URLResolver, namespace: str, outer: set[str]) -> None:
        for entry in resolver.url_patterns:
            parameters = outer | set(entry.pattern.converters)
            if isinstance(entry, URLResolver):
                walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace, parameters)
            elif isinstance(entry, URLPattern) and entry.name:
                found[f"{namespace}{entry.name}"] = parameters
            else:
                # The same page with a slash at the end.
                assert entry.callback in named_views(resolver), entry

    walk(get_resolver(), "", set())
    return found


def named_views(resolver: URLResolver) -> set[Callable]:
    return {entry.callback for entry in resolver.url_patterns if isinstance(entry, URLPattern) and entry.name}


# --- arguments: things of the clerk's school ----------------------------------------------------------------------

# First match wins: the beginning of the address' name, and the attribute of the world that its pk names.
THINGS = (
    ("schools:klass-close", "empty_klass"), ("schools:township", "county"), ("schools:school", "school"), ("schools:klass-create", "school"),
    ("schools:term", "term"), ("schools:holiday", "holiday"), ("schools:post-end", "post"),
    ("students:guardian-edit", "guardian"), ("students:guardian-remove", "guardian"),
    ("students:circumstance-add", "student"), ("students:circumstance", "circumstance"),
    ("students:placement-set", "student"), ("students:placement", "placement"),
    ("students:evidence-list", "movement"), ("students:evidence-attach", "movement"), ("students:evidence", "evidence"),
    ("students:movement", "movement"), ("students:absence", "absence"), ("students:transfer", "transfer"),
    ("students:", "student"), ("reports:certificate", "certificate"), ("reports:child", "student"),
)  # fmt: skip

PLAIN = {
    "month": OCTOBER, "grade": 3, "column": "absent", "number": 1, "form": 1, "by": "school", "year": 2025,
    "slug": "2026-04", "key": "due_days", "kind": "pdf", "purpose": "depart"
}  # fmt: skip

SPECIAL: dict[str, Callable] = {
    "schools:township-rename": lambda world: {"pk": world.school.township_id},
    "students:evidence-list": lambda world: {"kind": "movement"},
    "students:evidence-attach": lambda world: {"kind": "movement"},
    "reports:alert-reveal": lambda world: {"kind": "absence", "key": world.absence.pk},
    "reports:seal-register-file": lambda world: {"month": 10},
    "reports:summary-file": lambda world: {"form": "xlsx"},
    "monitoring:staged-add": lambda world: {"month": SEPTEMBER, "kind": "added"},
    "monitoring:staged-void": lambda world: {"month": SEPTEMBER, "movement_pk": world.counted.pk},
    "monitoring:staged-withdraw": lambda world: {"month": SEPTEMBER, "change_pk": world.staged.pk},
    "monitoring:correction-detail": lambda world: {"month": SEPTEMBER},
    "monitoring:return-reopen": lambda world: {"month": SEPTEMBER},
    "monitoring:return-begin-optional": lambda world: {"month": NOVEMBER},
    "reports:board-accept": lambda world: {"month": SEPTEMBER},
    "reports:remind-all": lambda world: {"month": SEPTEMBER},
}


def arguments(world, name: str) -> dict[str, object]:
    parameters = addresses()[name]
    values = {parameter: _value(world, name, parameter) for parameter in parameters if parameter not in PLAIN}
    plain = {parameter: PLAIN[parameter] for parameter in parameters if parameter in PLAIN}
    return values | plain | SPECIAL.get(name, lambda world: {})(world)


def _value(world, name: str, parameter: str):
    if parameter in FROM_WORLD:
        return FROM_WORLD[parameter](world)
    if parameter == "uuid":
        return world.roster.uuid if name.startswith("students:roster") else world.account.uuid
    thing = next(thing for beginning, thing in THINGS if name.startswith(beginning))
    return getattr(world, thing).pk


def _other_session(world) -> str:
    keys = UserSession.objects.filter(user=world.people["clerk"]).values_list("session_key", flat=True)
    here = world.client("clerk").cookies[settings.SESSION_COOKIE_NAME].value
    return next((session_digest(key) for key in keys if key != here), "0" * 16)


FROM_WORLD: dict[str, Callable] = {
    "school_pk": lambda world: world.school.pk,
    "student_pk": lambda world: world.student.pk,
    "movement_pk": lambda world: world.movement.pk,
    "mark_pk": lambda world: world.mark.pk,
    "change_pk": lambda world: getattr(world, "staged", world.mark).pk,
    "digest": _other_session,
    "code": lambda world: world.document.short,
}


# --- stages -------------------------------------------------------------------------------------------------------

STAGES = {
    "monitoring:return-pull-back": "submitted",
    "monitoring:return-send-back-principal": "submitted",
    "reports:return-sign": "submitted",
    "monitoring:return-send-back-bureau": "signed",
    "monitoring:return-accept": "signed",
    "monitoring:return-review": "signed",
    "monitoring:return-detail": "signed",
    "monitoring:return-annex2": "signed",
    "monitoring:return-differences": "signed",
    "monitoring:return-figure": "signed",
    "reports:return-preview": "signed",
    "reports:return-form": "signed",
    "reports:board-accept": "clean",
    "reports:return-submit": "answered",
    "monitoring:correction-detail": "correcting",
    "monitoring:staged-add": "correcting",
    "monitoring:staged-void": "correcting",
    "monitoring:staged-withdraw": "correcting",
    "monitoring:return-begin-optional": "optional",
    "schools:account-reopen": "closed_account",
    "students:rollover-undo": "rolled_over",
    "reports:verify-code": "sealed",
    "reports:certificate-list": "sealing_room",
    "reports:certificate-revoke": "sealing_room",
    "reports:certificate-allow": "blocked_certificate",
    "reports:root-certificate": "sealing_room",
    "reports:revocation-list": "sealing_room",
    "reports:key-import": "sealing_room",
    "reports:seal-custodian": "sealing_room",
    "reports:seal-end": "sealing_room",
    "reports:seal-scan": "sealing_room",
    "reports:seal-restart": "sealing_room",
    "students:roster-confirm": "answered_roster",
    "accounts:session-end": "second_browser",
    "accounts:other-sessions-end": "second_browser",
}


# Without it the page only offers a choice.
QUERIES = {"students:circumstance-add": "?kind=P5", "students:transfer-confirm-many": "?pick={0.transfer.pk}"}


def prepare(world, name: str) -> str:
    """Bring the world to the stage of this address; the address."""
    if name in STAGES:
        getattr(world, STAGES[name])()
    return address_of(world, name)


def address_of(world, name: str) -> str:
    return reverse(name, kwargs=arguments(world, name)) + QUERIES.get(name, "").format(world)
