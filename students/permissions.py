"""Who may see and change what about a child. People and places only."""

from accounts.models import User
from accounts.workflow import NotPermitted
from schools.models import Klass, Role, School
from schools.permissions import holds_role, scope_of


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
