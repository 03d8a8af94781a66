"""Who holds which role where, today. People and places only; no states."""

from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from schools.models import Membership, Role, School
from schools.settings import ANNEX2_COLUMNS


@dataclass(frozen=True)
class Scope:
    """Places at which a person holds any of some roles."""

    county_id: int
    whole_county: bool = False
    township_ids: frozenset[int] = frozenset()
    school_ids: frozenset[int] = frozenset()
    klass_ids: frozenset[int] = frozenset()
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_empty(self) -> bool:
        return not (self.whole_county or self.township_ids or self.school_ids or self.klass_ids)

    def of_schools(self, path: str = "") -> Q:
        """A condition on schools: *path* leads from the queried model to the school, e.g. 'school__'."""
        if self.whole_county:
            return Q(**{f"{path}county_id": self.county_id})
        condition = Q(pk__in=[])
        if self.school_ids:
            condition |= Q(**{f"{path}pk__in": self.school_ids})
        if self.township_ids:
            condition |= Q(**{f"{path}township_id__in": self.township_ids})
        return condition


def current_memberships(user: User) -> list[Membership]:
    """Memberships in force today; read once per user object, that is once per request."""
    cached: list[Membership] | None = getattr(user, "current_memberships", None)
    if cached is None:
        today = timezone.localdate()
        cached = list(
            Membership.objects.filter(user=user, started_on__lte=today)
            .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
            .select_related("county", "township", "school", "klass", "klass__school")
        )
        user.current_memberships = cached  # type: ignore[attr-defined]  # a cache of this request
    return cached


def scope_of(user: User, *roles: Role) -> Scope:
    """Where *user* holds one of *roles* (any role if none is named)."""
    held = [m for m in current_memberships(user) if user.is_active and (not roles or m.role in roles)]
    return Scope(
        county_id=user.county_id,
        whole_county=any(m.school_id is None and m.township_id is None for m in held),
        township_ids=frozenset(m.township_id for m in held if m.township_id),
        school_ids=frozenset(m.school_id for m in held if m.school_id and not m.klass_id),
        klass_ids=frozenset(m.klass_id for m in held if m.klass_id),
        roles=frozenset(m.role for m in held),
    )


def holds_role(user: User, role: Role, school: School | None = None) -> bool:
    """Whether *user* holds *role* at *school*, or over it; without a school: anywhere in the county."""
    return membership_for(user, role, school) is not None


def membership_for(user: User, role: Role, school: School | None = None) -> Membership | None:
    """The membership by which *user* holds *role* over *school*."""
    if not user.is_active:
        return None
    for membership in current_memberships(user):
        if membership.role != role:
            continue
        if school is None or _covers(membership, school):
            return membership
    return None


def _covers(membership: Membership, school: School) -> bool:
    if membership.school_id:
        return membership.school_id == school.pk
    if membership.township_id:
        return membership.township_id == school.township_id
    return membership.county_id == school.county_id


def capacity(user: User, role: Role, school: School | None = None) -> str:
    """'填报员 · 柏坪学校', for the audit trail."""
    membership = membership_for(user, role, school)
    return str(membership) if membership else ""


def signing_school(school: School) -> School:
    """Whose principal signs: the parent's at a one-teacher point (ledger.md, schools' life)."""
    return school.parent if school.signed_by_parent and school.parent else school


def may_edit_schools(user: User, _county: object = None) -> bool:
    """Schools are edited by the bureau; the administrator sets up the county before it starts."""
    return holds_role(user, Role.REVIEWER) or holds_role(user, Role.ADMINISTRATOR)


def may_edit_klasses(user: User, school: School) -> bool:
    """Who edits schools, and the school's own clerk and principal."""
    return may_edit_schools(user) or any(
        holds_role(user, role, school) for role in (Role.CLERK, Role.PRINCIPAL)
    )


def may_administer(user: User, _county: object = None) -> bool:
    return holds_role(user, Role.ADMINISTRATOR)


def may_see_settings(user: User, _county: object = None) -> bool:
    return may_administer(user) or holds_role(user, Role.REVIEWER)


def may_change_setting(user: User, key: str) -> bool:
    """The administrator; the layout of a form also the bureau that reads it."""
    return may_administer(user) or (key == ANNEX2_COLUMNS.key and holds_role(user, Role.REVIEWER))


# --- people ---------------------------------------------------------------------------------------------------

# Appointed by the principal of the school; all others by the bureau (permission matrix, users).
STAFF_ROLES = frozenset({Role.CLERK, Role.CLASS_TEACHER, Role.HOME_TEACHER})
# Separated duties (trust.md SOD-5, 三员): together with any other role they would see children's data.
LONELY_ROLES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


def may_staff_county(user: User) -> bool:
    """Opens, closes and appoints accounts of the whole county."""
    return holds_role(user, Role.REVIEWER) or holds_role(user, Role.ADMINISTRATOR)


def may_staff_school(user: User, school: School) -> bool:
    """The county's people, and the principal who answers for the school."""
    return may_staff_county(user) or holds_role(user, Role.PRINCIPAL, signing_school(school))


def may_open_accounts(user: User, _county: object = None) -> bool:
    return may_staff_county(user) or holds_role(user, Role.PRINCIPAL)


def may_appoint(user: User, role: str, school: School | None = None) -> bool:
    """Whether *user* may give or take away *role* (at *school* where the role belongs to one)."""
    if may_staff_county(user):
        return True
    return role in STAFF_ROLES and school is not None and may_staff_school(user, school)


def may_list_accounts(user: User, _county: object = None) -> bool:
    return sees_all_accounts(user) or any(
        holds_role(user, role) for role in (Role.PRINCIPAL, Role.CENTRAL_SCHOOL)
    )


def sees_all_accounts(user: User) -> bool:
    return any(holds_role(user, role) for role in (Role.ADMINISTRATOR, Role.REVIEWER, Role.AUDITOR))


def may_disable(user: User, account: User) -> bool:
    """Close and reopen an account: the bureau; a principal only somebody whose every role is the principal's to give."""
    if user.pk == account.pk or user.county_id != account.county_id:
        return False
    if may_staff_county(user):
        return True
    return all(
        may_appoint(user, held.role, held.school) for held in current_memberships(account)
    ) and holds_role(user, Role.PRINCIPAL)


def may_reset(user: User, account: User) -> bool:
    """A forgotten password: the administrator; the principal for the own staff."""
    if user.pk == account.pk or user.county_id != account.county_id:
        return False
    return may_administer(user) or (holds_role(user, Role.PRINCIPAL) and may_disable(user, account))


def may_end_sessions(user: User, account: User) -> bool:
    return may_administer(user) and user.county_id == account.county_id
