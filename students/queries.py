"""Questions about children and facts that more than one caller asks."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.encryption import blind_index
from accounts.models import County, User
from accounts.text import clean_number
from schools.calendar import school_year_of
from schools.models import Membership, ReportingMonth, Role, School
from schools.permissions import Scope, scope_of
from schools.queries import schools_in
from students.models import (
    Absence,
    Enrolment,
    Movement,
    PeriodState,
    Rollover,
    RollPeriod,
    SpecialCircumstance,
    Student,
    Transfer,
    TransferSide,
    TransferState,
)

# Shorter ones are no numbers of a person.
SHORTEST_NUMBER = 8

# Roles that may list children by name (permission matrix, student.basic); a leader sees totals only.
NAMING_ROLES = (
    Role.CLERK,
    Role.CLASS_TEACHER,
    Role.PRINCIPAL,
    Role.CENTRAL_SCHOOL,
    Role.REVIEWER,
    Role.INSPECTOR,
)


def naming_scope(user: User) -> Scope:
    """Places whose children *user* may see by name."""
    return scope_of(user, *NAMING_ROLES)


def enrolments_visible_to(user: User) -> QuerySet[Enrolment]:
    """Enrolments at the places of the person; for a class teacher those of the class."""
    scope = naming_scope(user)
    condition = scope.of_schools("school__")
    if scope.klass_ids:
        condition |= Q(klass_id__in=scope.klass_ids)
    return Enrolment.objects.filter(condition, school__county_id=user.county_id)


def students_visible_to(user: User) -> QuerySet[Student]:
    """Children with an enrolment, present or past, at a place of the person."""
    return Student.objects.filter(
        county_id=user.county_id, pk__in=enrolments_visible_to(user).values("student_id")
    )


def current_enrolment(student: Student) -> Enrolment | None:
    return (
        Enrolment.objects.filter(student=student, left_on__isnull=True)
        .select_related("school", "klass")
        .first()
    )


def roll_of(school: School) -> QuerySet[Enrolment]:
    """Who is on the roll now."""
    return Enrolment.objects.filter(school=school, left_on__isnull=True).select_related("student", "klass")


def roll_year(county: County) -> int:
    """The school year that grades of current enrolments are of: the last rollover's, else by date."""
    rollover = Rollover.objects.filter(county=county, undone_at__isnull=True).order_by("-to_year").first()
    if rollover is not None:
        return rollover.to_year
    base = (
        Enrolment.objects.filter(school__county=county, base_year__isnull=False).order_by("base_year").first()
    )
    if base is not None and base.base_year is not None:
        return base.base_year
    return school_year_of(timezone.localdate())


def live_movements() -> QuerySet[Movement]:
    return Movement.objects.filter(voided_at__isnull=True)


def latest_live_movement(student: Student) -> Movement | None:
    """The child's latest live fact: the only one that can be undone."""
    return live_movements().filter(student=student).order_by("-pk").first()


def latest_counted_month(student: Student) -> dt.date | None:
    """Month of the child's latest live fact that counts: a later fact never counts earlier."""
    return (
        live_movements()
        .filter(student=student, period__isnull=False)
        .order_by("-pk")
        .values_list("period__month__month", flat=True)
        .first()
    )


def open_absence(student: Student) -> Absence | None:
    return Absence.objects.filter(student=student, returned_on__isnull=True, voided_at__isnull=True).first()


def absences_open_on(school: School, day: dt.date) -> QuerySet[Absence]:
    """Spells open at the end of *day* (ledger.md ABSENT)."""
    return Absence.objects.filter(school=school, voided_at__isnull=True, first_day__lte=day).filter(
        Q(returned_on__isnull=True) | Q(returned_on__gt=day)
    )


def absent_today(schools: QuerySet[School]) -> QuerySet[Absence]:
    """Open spells of children of these schools, longest first."""
    return (
        Absence.objects.filter(school__in=schools, returned_on__isnull=True, voided_at__isnull=True)
        .select_related("student", "school")
        .prefetch_related(
            Prefetch(
                "student__enrolments",
                queryset=Enrolment.objects.filter(left_on__isnull=True).select_related("klass"),
                to_attr="current_enrolments",
            )
        )
        .order_by("first_day")
    )


def transfers_waiting_for(schools: QuerySet[School]) -> QuerySet[Transfer]:
    """Transfers that one of these schools has to confirm."""
    return (
        Transfer.objects.filter(state=TransferState.WAITING)
        .filter(to_be_answered_by(schools))
        .select_related("student", "from_school", "to_school", "begun_by")
        .order_by("begun_at")
    )


def transfers_waiting_elsewhere(schools: QuerySet[School]) -> QuerySet[Transfer]:
    """Transfers begun here that the other school has not answered."""
    return (
        Transfer.objects.filter(state=TransferState.WAITING)
        .filter(begun_by(schools))
        .select_related("student", "from_school", "to_school", "begun_by")
        .order_by("begun_at")
    )


def base_may_change(school: School) -> bool:
    """期初建账 is possible until the school's first return was submitted, in the county's first month."""
    first = ReportingMonth.objects.filter(county_id=school.county_id, requirement="required").first()
    if first is None or school.opened_on > first.cut_off:
        return False
    return not RollPeriod.objects.filter(school=school, state=PeriodState.CLOSED).exists()


def recording_schools(user: User) -> QuerySet[School]:
    """Schools whose movements this person records, without closed ones."""
    return schools_in(scope_of(user, Role.CLERK)).filter(closed_on__isnull=True)


def movements_visible_to(user: User) -> QuerySet[Movement]:
    """Movements at the places of the person; for a class teacher those of the class."""
    scope = naming_scope(user)
    condition = scope.of_schools("school__")
    if scope.klass_ids:
        condition |= Q(enrolment__klass_id__in=scope.klass_ids)
    return Movement.objects.filter(condition, school__county_id=user.county_id)


def absences_visible_to(user: User) -> QuerySet[Absence]:
    """Spells at the places of the person; for a class teacher those of the children in class now."""
    scope = naming_scope(user)
    condition = scope.of_schools("school__")
    if scope.klass_ids:
        in_class = Enrolment.objects.filter(klass_id__in=scope.klass_ids, left_on__isnull=True)
        condition |= Q(student_id__in=in_class.values("student_id"))
    return Absence.objects.filter(condition, school__county_id=user.county_id)


def transfers_visible_to(user: User) -> QuerySet[Transfer]:
    """Transfers from or to a place of the person."""
    scope = naming_scope(user)
    return Transfer.objects.filter(
        scope.of_schools("from_school__") | scope.of_schools("to_school__"), student__county_id=user.county_id
    )


def children_on_roll(
    schools: QuerySet[School], sought: str, klass_ids: Collection[int] = ()
) -> QuerySet[Enrolment]:
    """Children on the roll of these schools (or in these classes) whose name, initials or number is *sought*."""
    here = Q(school__in=schools) | Q(klass_id__in=klass_ids)
    roll = Enrolment.objects.filter(here, left_on__isnull=True)
    number = clean_number(sought)
    condition = Q(student__name__icontains=sought) | Q(student__initials__startswith=sought.lower())
    if len(number) >= SHORTEST_NUMBER:
        condition |= Q(student__id_index=blind_index("id_number", number))
        condition |= Q(student__roll_index=blind_index("roll_number", number))
    return (
        roll.filter(condition)
        .select_related("student", "school", "klass")
        .order_by("grade", "klass__number", "student__pinyin", "pk")
    )


def listed_enrolments(user: User) -> QuerySet[Enrolment]:
    """One row for each child the person may see: the current enrolment, else the latest one there."""
    visible = enrolments_visible_to(user)
    same_child = visible.filter(student=OuterRef("student"))
    newer = same_child.filter(Q(left_on__isnull=True) | Q(pk__gt=OuterRef("pk")))
    return visible.filter(Q(left_on__isnull=True) | ~Exists(newer))


def student_by_number(user: User, number: str, roles: tuple[Role, ...]) -> Student | None:
    """The child with exactly this ID number or 学籍号, if at a place where the person holds one of *roles*."""
    scope = scope_of(user, *roles)
    places = Enrolment.objects.filter(scope.of_schools("school__"), school__county_id=user.county_id)
    return Student.objects.filter(
        Q(id_index=blind_index("id_number", number)) | Q(roll_index=blind_index("roll_number", number)),
        county_id=user.county_id,
        pk__in=places.values("student_id"),
    ).first()


def circumstances_in_force(day: dt.date | None = None) -> QuerySet[SpecialCircumstance]:
    """Recorded circumstances that hold on *day* (today)."""
    day = day or timezone.localdate()
    return SpecialCircumstance.objects.filter(voided_at__isnull=True, valid_from__lte=day).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    )


def recorder_of(school: School) -> User | None:
    """Who stands for facts that a command books: the clerk who has been at the school the longest."""
    today = timezone.localdate()
    membership = (
        Membership.objects.filter(school=school, role=Role.CLERK, started_on__lte=today, user__is_active=True)
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
        .select_related("user")
        .order_by("started_on", "pk")
        .first()
    )
    return membership.user if membership is not None else None


def to_be_answered_by(schools: Collection[School] | QuerySet[School]) -> Q:
    """Of transfers: those in which it is (or was) the turn of one of these schools."""
    return Q(begun_by_side=TransferSide.FROM, to_school__in=schools) | Q(
        begun_by_side=TransferSide.TO, from_school__in=schools
    )


def begun_by(schools: Collection[School] | QuerySet[School]) -> Q:
    """Of transfers: those that one of these schools began."""
    return Q(begun_by_side=TransferSide.FROM, from_school__in=schools) | Q(
        begun_by_side=TransferSide.TO, to_school__in=schools
    )
