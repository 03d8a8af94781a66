"""Who may do what with a monthly return: people and places only, never the state."""

from django.db.models import Q, QuerySet

from accounts.models import User
from monitoring.models import MonthlyReturn
from schools.models import Role, School
from schools.permissions import holds_role, scope_of, signing_school

# monthly_return, view (permission matrix); leaders see totals only.
VIEWING_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER, Role.INSPECTOR)


# Seeing a return that is not signed yet; the bureau sees "not yet filed" only (trust.md §3.1).
DRAFT_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL)
PRINTING_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER)


def signs_for(user: User, school: School) -> bool:
    """The principal of the school, or of the parent that signs for a one-teacher point."""
    return holds_role(user, Role.PRINCIPAL, signing_school(school))


def may_view(user: User, school: School) -> bool:
    return _holds_any(user, VIEWING_ROLES, school) or signs_for(user, school)


def may_open_children(user: User, school: School) -> bool:
    """The pages of the children behind the figures: those who hold a role over the school itself."""
    return _holds_any(user, VIEWING_ROLES, school)


def may_see_drafts(user: User, school: School) -> bool:
    return _holds_any(user, DRAFT_ROLES, school) or signs_for(user, school)


def may_print(user: User, school: School) -> bool:
    """The forms as PDF and XLSX, with the contacts of Annex 2."""
    return _holds_any(user, PRINTING_ROLES, school) or signs_for(user, school)


def may_list_returns(user: User) -> bool:
    """Whether there is a list at all: ``schools_with_returns_for`` may still be empty."""
    return not scope_of(user, *VIEWING_ROLES).is_empty


def schools_with_returns_for(user: User) -> QuerySet[School]:
    """Schools whose returns *user* may open: the same people as ``may_view``."""
    condition = scope_of(user, *VIEWING_ROLES).of_schools()
    signing = scope_of(user, Role.PRINCIPAL).school_ids
    condition |= Q(signed_by_parent=True, parent_id__in=signing)
    return School.objects.filter(condition, county_id=user.county_id)


def may_prepare(user: User, monthly_return: MonthlyReturn) -> bool:
    """The school's clerk."""
    return holds_role(user, Role.CLERK, monthly_return.school)


def may_sign(user: User, monthly_return: MonthlyReturn) -> bool:
    """The principal of the school (of the parent at a one-teacher point), who must not have filled it in."""
    return monthly_return.submitted_by_id != user.pk and holds_role(
        user, Role.PRINCIPAL, signing_school(monthly_return.school)
    )


def may_send_back_as_principal(user: User, monthly_return: MonthlyReturn) -> bool:
    return holds_role(user, Role.PRINCIPAL, signing_school(monthly_return.school))


def may_review(user: User, monthly_return: MonthlyReturn) -> bool:
    """A reviewer of the county who is not a member of that school (trust.md SOD-2)."""
    if not holds_role(user, Role.REVIEWER, monthly_return.school):
        return False
    return monthly_return.school_id not in scope_of(user).school_ids


def may_see_board(user: User, _county: object = None) -> bool:
    return any(holds_role(user, role) for role in (Role.REVIEWER, Role.INSPECTOR, Role.CENTRAL_SCHOOL))


def may_remind(user: User, school: School) -> bool:
    return holds_role(user, Role.REVIEWER, school) or holds_role(user, Role.CENTRAL_SCHOOL, school)


def may_see_summary(user: User, _county: object = None) -> bool:
    """County totals (export, county summary of the matrix)."""
    return any(
        holds_role(user, role) for role in (Role.REVIEWER, Role.CENTRAL_SCHOOL, Role.LEADER, Role.AID_OFFICER)
    )


def _holds_any(user: User, roles: tuple[Role, ...], school: School) -> bool:
    return any(holds_role(user, role, school) for role in roles)
