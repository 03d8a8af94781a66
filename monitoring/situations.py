"""What the words about returns need to know, for many school months at once (a constant number of queries)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import User
from monitoring.models import CellMark, Edition, MonthlyReturn, Reminder
from monitoring.models.marks import MarkAnswer
from monitoring.permissions import signs_for
from monitoring.wording import Reader, Situation
from schools.models import Membership, ReportingMonth, Role, School
from schools.permissions import holds_role, signing_school

# A school's month and its return, where somebody has begun one.
type SchoolMonth = tuple[School, ReportingMonth, MonthlyReturn | None]


@dataclass
class _Known:
    marks: dict[int, tuple[int, int]] = field(default_factory=dict)
    editions: dict[int, Edition] = field(default_factory=dict)
    in_force: dict[int, int] = field(default_factory=dict)
    reminders: dict[tuple[int, int], Reminder] = field(default_factory=dict)
    principals: dict[int, str] = field(default_factory=dict)


def situations(places: Sequence[SchoolMonth]) -> list[Situation]:
    """One for each school month, in the order given; schools come with ``parent`` loaded."""
    known = _load(places)
    return [_situation(place, known) for place in places]


def situation_of(school: School, month: ReportingMonth, monthly_return: MonthlyReturn | None) -> Situation:
    """One school month."""
    return situations([(school, month, monthly_return)])[0]


def reader_of(user: User, school: School) -> Reader:
    """In whose words *user* reads about returns of *school*."""
    if holds_role(user, Role.CLERK, school):
        return Reader.CLERK
    if signs_for(user, school):
        return Reader.PRINCIPAL
    if holds_role(user, Role.REVIEWER, school):
        return Reader.REVIEWER
    if holds_role(user, Role.CENTRAL_SCHOOL, school):
        return Reader.CENTRAL_SCHOOL
    return Reader.LEADER


def _load(places: Sequence[SchoolMonth]) -> _Known:
    returns = [found.pk for _, _, found in places if found is not None]
    schools = {school.pk for school, _, _ in places}
    months = {month.pk for _, month, _ in places}
    signing = {signing_school(school).pk for school, _, _ in places}
    known = _Known(principals=_principals(signing))
    if returns:
        known.marks = _marks(returns)
        for edition in Edition.objects.filter(monthly_return__in=returns).select_related("monthly_return"):
            if edition.in_force:
                known.in_force[edition.monthly_return_id] = edition.number
            if edition.number == edition.monthly_return.edition_number:
                known.editions[edition.monthly_return_id] = edition
    for reminder in Reminder.objects.filter(school__in=schools, month__in=months).order_by("pk"):
        known.reminders[reminder.school_id, reminder.month_id] = reminder
    return known


def _marks(returns: list[int]) -> dict[int, tuple[int, int]]:
    """Marks of the last send-back per return: all of them, and those answered "it is right"."""
    rows = (
        CellMark.objects.filter(monthly_return__in=returns, made_at__gte=F("monthly_return__sent_back_at"))
        .order_by()
        .values_list("monthly_return_id")
        .annotate(all=Count("pk"), right=Count("pk", filter=Q(answer=MarkAnswer.RIGHT)))
    )
    return {pk: (every, right) for pk, every, right in rows}


def _principals(schools: set[int]) -> dict[int, str]:
    today = timezone.localdate()
    rows = (
        Membership.objects.filter(
            role=Role.PRINCIPAL, school__in=schools, started_on__lte=today, user__is_active=True
        )
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
        .order_by("-pk")
        .values_list("school_id", "user__name")
    )
    return dict(rows)


def _situation(place: SchoolMonth, known: _Known) -> Situation:
    school, month, found = place
    pk = found.pk if found is not None else 0
    edition = known.editions.get(pk)
    marks, right = known.marks.get(pk, (0, 0))
    reminder = known.reminders.get((school.pk, month.pk))
    return Situation(
        school=school,
        month=month,
        monthly_return=found,
        principal=known.principals.get(signing_school(school).pk, ""),
        marks=marks,
        marks_right=right,
        reason=edition.opened_because if edition else "",
        expires_at=edition.expires_at if edition else None,
        in_force=known.in_force.get(pk, 0),
        reminded_role=Role(reminder.to_role).label if reminder and reminder.to_role in Role else "",
        reminded_at=reminder.sent_at if reminder else None,
    )
