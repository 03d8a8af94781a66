"""Who keeps keys and seals, and who may read the books about them: people and places only."""

from django.db.models import Q, QuerySet

from accounts.models import User
from reports.models import SealedDocument
from schools.models import Role, School
from schools.permissions import holds_role, scope_of, signing_school

REGISTER_ROLES = (
    Role.CLERK,
    Role.PRINCIPAL,
    Role.CENTRAL_SCHOOL,
    Role.REVIEWER,
    Role.INSPECTOR,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
DOCUMENT_ROLES = (Role.CLERK, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER)


def may_keep_certificates(user: User, _county: object = None) -> bool:
    """Issue, block, revoke."""
    return holds_role(user, Role.ADMINISTRATOR)


def may_keep_seal(user: User, school: School) -> bool:
    """The principal of the school whose seal it is."""
    return holds_role(user, Role.PRINCIPAL, school)


def schools_with_register_for(user: User) -> QuerySet[School]:
    """Schools whose 用印登记簿 *user* may read."""
    return School.objects.filter(scope_of(user, *REGISTER_ROLES).of_schools(), county_id=user.county_id)


def may_see_register(user: User, school: School) -> bool:
    return any(holds_role(user, role, school) for role in REGISTER_ROLES)


def documents_visible_to(user: User) -> QuerySet[SealedDocument]:
    """Documents of the forms that *user* may print; at a one-teacher point the parent's principal too."""
    condition = scope_of(user, *DOCUMENT_ROLES).of_schools("school__")
    signing = scope_of(user, Role.PRINCIPAL).school_ids
    condition |= Q(school__signed_by_parent=True, school__parent_id__in=signing)
    return SealedDocument.objects.filter(condition, county_id=user.county_id)


def may_return_paper(user: User, school: School) -> bool:
    """Send back the stamped paper: the school's clerk and who signs for it."""
    return holds_role(user, Role.CLERK, school) or holds_role(user, Role.PRINCIPAL, signing_school(school))


def may_pack(user: User, _county: object = None) -> bool:
    """The county's package of a month."""
    return holds_role(user, Role.REVIEWER)


def may_archive(user: User, school: School) -> bool:
    return holds_role(user, Role.REVIEWER, school) or holds_role(user, Role.PRINCIPAL, school)
