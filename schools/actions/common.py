"""What all actions of this app share: who acts in which capacity, and refusals in words."""

from contextlib import AbstractContextManager

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.workflow import NotPermitted
from schools.models import Role, School
from schools.permissions import current_memberships, membership_for, signing_school

# Whoever holds several acts in the first of these.
_ACTING_ROLES = (Role.REVIEWER, Role.ADMINISTRATOR)


def require(allowed: bool, message: str) -> None:
    if not allowed:
        raise NotPermitted(message)


def acting_as(actor: User, school: School | None = None) -> str:
    """'基教股 · 平顺县': in which capacity somebody changes places and posts."""
    for role in _ACTING_ROLES:
        if membership := membership_for(actor, role):
            return str(membership)
    if school is not None:
        for role in (Role.PRINCIPAL, Role.CLERK):
            membership = membership_for(actor, role, school) or membership_for(
                actor, role, signing_school(school)
            )
            if membership:
                return str(membership)
    held = current_memberships(actor)
    return str(held[0]) if held else ""


def acting(
    actor: User | None, verb: str, county_id: int, school: School | None = None
) -> AbstractContextManager[AuditDraft]:
    """``audited`` with capacity and school filled in; *actor* is None for commands."""
    return audited(
        actor,
        verb,
        county_id=county_id,
        capacity=acting_as(actor, school) if actor is not None else "",
        school_id=school.pk if school is not None else None,
    )


def fields_of(error: ValidationError) -> dict[str, list[str]]:
    """Sentences of the model's constraints by field; those of no field under ''."""
    if hasattr(error, "error_dict"):
        return {
            ("" if name == NON_FIELD_ERRORS else name): sentences
            for name, sentences in error.message_dict.items()
        }
    return {"": error.messages}
