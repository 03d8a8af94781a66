"""Who may see and change what about a child. People and places only."""

from dataclasses import dataclass

from accounts.models import User
from accounts.workflow import NotPermitted
from schools.models import Klass, Role, School
from schools.permissions import current_memberships, holds_role, scope_of
from students.models import CircumstanceKind
from students.models.circumstances import DISABILITY_KINDS, POVERTY_KINDS

# The permission matrix, by resource: student.disability, student.poverty, search by number, exports, readings.
DISABILITY_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER, Role.INSPECTOR)
POVERTY_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER)
NUMBER_SEARCH_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER)
EXPORT_ROLES = (Role.CLERK, Role.CLASS_TEACHER, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER)
READINGS_ROLES = (Role.PRINCIPAL, Role.CENTRAL_SCHOOL)
COUNTY_WIDE = frozenset({Role.REVIEWER, Role.INSPECTOR})


def require(allowed: bool, message: str) -> None:
    """Raise NotPermitted (403) with a sentence that says whose work it is."""
    if not allowed:
        raise NotPermitted(message)


def may_record(user: User, school: School) -> bool:
    """Movements, absences and children's data are recorded by the school's clerk."""
    return holds_role(user, Role.CLERK, school)


def may_record_absence(user: User, school: School, klass: Klass | None = None) -> bool:
    """The clerk, and the class teacher for the own class."""
    if may_record(user, school):
        return True
    return klass is not None and klass.pk in scope_of(user, Role.CLASS_TEACHER).klass_ids


def may_see_roll(user: User, school: School) -> bool:
    """Names on the whole roll of a school: who works at it, or oversees it."""
    roles = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER, Role.INSPECTOR)
    return any(holds_role(user, role, school) for role in roles)


def may_reveal_number(user: User, school: School | None) -> bool:
    """Full ID number, with a reason, logged: clerk and principal of the school, the bureau's reviewer."""
    if holds_role(user, Role.REVIEWER):
        return True
    return school is not None and (
        holds_role(user, Role.CLERK, school) or holds_role(user, Role.PRINCIPAL, school)
    )


def may_see_contacts(user: User, school: School | None) -> bool:
    """Guardian's phone and address."""
    if holds_role(user, Role.REVIEWER):
        return True
    if school is None:
        return False
    return any(
        holds_role(user, role, school)
        for role in (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.CLASS_TEACHER)
    )


def may_see_disability(user: User, school: School | None) -> bool:
    """student.disability of the matrix: class teachers do not see it."""
    if holds_role(user, Role.REVIEWER) or holds_role(user, Role.INSPECTOR):
        return True
    return school is not None and any(
        holds_role(user, role, school) for role in (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL)
    )


def may_see_poverty(user: User, school: School | None) -> bool:
    """student.poverty of the matrix."""
    if holds_role(user, Role.REVIEWER):
        return True
    return school is not None and any(
        holds_role(user, role, school) for role in (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL)
    )


def may_roll_over(user: User, _county: object = None) -> bool:
    """学年升级 is one county action of the bureau."""
    return holds_role(user, Role.REVIEWER)


@dataclass(frozen=True)
class ChildAccess:
    """What one person may see and do on one child's page; all False for a pupil of the past."""

    is_present: bool
    contacts: bool = False
    contacts_need_reason: bool = False
    disability: bool = False
    poverty: bool = False
    reveal_number: bool = False
    edit: bool = False
    absences: bool = False
    readings: bool = False

    @property
    def kinds(self) -> frozenset[CircumstanceKind]:
        """Circumstances that may be seen."""
        if not self.is_present:
            return frozenset()
        return frozenset(
            kind
            for kind in CircumstanceKind
            if (self.disability or kind not in DISABILITY_KINDS)
            and (self.poverty or kind not in POVERTY_KINDS)
        )


def child_access(user: User, school: School | None, klass: Klass | None) -> ChildAccess:
    """By where the child is on the roll now. Only the county's own roles see all of one on no roll."""
    covers_school = _holds_one_of(user, DISABILITY_ROLES, school)
    own_class = klass is not None and klass.pk in scope_of(user, Role.CLASS_TEACHER).klass_ids
    if not (covers_school or own_class):
        return ChildAccess(is_present=False)
    inspects_only = not own_class and not may_see_contacts(user, school)
    return ChildAccess(
        is_present=True,
        contacts=not inspects_only,
        contacts_need_reason=not own_class and not _at_school(user, school),
        disability=covers_school,
        poverty=covers_school and may_see_poverty(user, school),
        reveal_number=covers_school and may_reveal_number(user, school),
        edit=school is not None and may_record(user, school),
        absences=school is not None and may_record_absence(user, school, klass),
        readings=_holds_one_of(user, READINGS_ROLES, school),
    )


def _holds_one_of(user: User, roles: tuple[Role, ...], school: School | None) -> bool:
    """Over *school*; where there is none, only county-wide roles count."""
    return any(holds_role(user, role, school) for role in roles if school is not None or role in COUNTY_WIDE)


def _at_school(user: User, school: School | None) -> bool:
    return school is not None and any(
        holds_role(user, role, school) for role in (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL)
    )


def as_reader(user: User) -> str:
    """In which roles and where somebody reads, for the log of readings."""
    return "、".join(str(membership) for membership in current_memberships(user))[:120]
