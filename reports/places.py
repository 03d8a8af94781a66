"""As whom a person works now: with several appointments one is active, and the page head says which."""

from django.http import HttpRequest

from accounts.models import User
from schools.models import Membership, Role
from schools.permissions import current_memberships

ACTIVE_PLACE = "active_place"
# Whose rail is shown first where nothing was chosen: daily work before oversight.
FIRST = (
    Role.CLERK,
    Role.PRINCIPAL,
    Role.REVIEWER,
    Role.CENTRAL_SCHOOL,
    Role.LEADER,
    Role.CLASS_TEACHER,
    Role.HOME_TEACHER,
    Role.AID_OFFICER,
    Role.TOWNSHIP,
    Role.INSPECTOR,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)


def places_of(user: User) -> list[Membership]:
    """Appointments in force, in the order of the switch."""
    return sorted(current_memberships(user), key=lambda held: (FIRST.index(Role(held.role)), held.pk))


def active_place(request: HttpRequest, user: User) -> Membership | None:
    """The one chosen in this session while it is in force, else the first."""
    held = places_of(user)
    chosen = request.session.get(ACTIVE_PLACE)
    return next((one for one in held if one.pk == chosen), held[0] if held else None)


def choose_place(request: HttpRequest, membership: Membership) -> None:
    """Only the page changes: what a person may do never depends on the choice."""
    request.session[ACTIVE_PLACE] = membership.pk
