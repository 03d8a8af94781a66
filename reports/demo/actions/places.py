"""Founding of the synthetic county in bulk: calendar, townships, schools, classes, people.

Everything that happens afterwards goes through the actions of the application.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accounts.actions import create_demo_user, open_county
from accounts.audit import audited
from accounts.models import County, User
from reports.demo.places import CountyPlan, SchoolPlan
from reports.demo.school_calendar import closures_of, days_off, terms_of
from reports.demo.staff import Worker
from schools.calendar import (
    NOT_REQUIRED_MONTHS,
    OPTIONAL_MONTHS,
    Closure,
    default_cut_off,
    default_due,
    months_of_school_year,
)
from schools.models import (
    DEFAULT_GRADES,
    Holiday,
    Klass,
    Membership,
    ReportingMonth,
    Requirement,
    Role,
    School,
    SchoolKind,
    SchoolYear,
    Term,
    Township,
)
from schools.settings import DUE_DAYS

LARGEST_CLASS = 45
OPENED_ON = dt.date(2005, 9, 1)


@dataclass
class Founded:
    """The county with what the history needs at hand."""

    county: County
    plans: dict[int, SchoolPlan] = field(default_factory=dict)
    schools: list[School] = field(default_factory=list)
    users: dict[str, list[User]] = field(default_factory=lambda: defaultdict(list))
    clerks: dict[int, User] = field(default_factory=dict)
    principals: dict[int, User] = field(default_factory=dict)
    teachers: dict[int, tuple[User, int]] = field(default_factory=dict)

    def plan(self, school: School) -> SchoolPlan:
        return self.plans[school.pk]


def found_county(plan: CountyPlan, *, first_year: int, years: int) -> Founded:
    """The county with its calendar, townships, schools and classes."""
    county = open_county(code=plan.code, name=plan.name, is_demo=True)
    founded = Founded(county)
    with audited(None, "demo.found", county_id=county.pk) as entry:
        _make_calendar(county, first_year, years)
        townships = {
            town.name: town
            for town in Township.objects.bulk_create(
                Township(county=county, name=name) for name in plan.townships
            )
        }
        made: dict[str, School] = {}
        for group in ([p for p in plan.schools if not p.parent], [p for p in plan.schools if p.parent]):
            rows = [_school(county, one, plan.schools.index(one) + 1, townships, made) for one in group]
            made |= {school.name: school for school in School.objects.bulk_create(rows)}
        for one in plan.schools:
            school = made[f"{plan.name}{one.name}"]
            founded.schools.append(school)
            founded.plans[school.pk] = one
        Klass.objects.bulk_create(
            klass for school in founded.schools for klass in _klasses(school, founded.plan(school))
        )
        entry.about(county)
        entry.summary = f"建立演示县：{len(founded.schools)} 所学校"
    return founded


def appoint_staff(
    founded: Founded, workers: Sequence[Worker], numbers: dict[str, int], *, shown: bool
) -> None:
    """Accounts demo_<role>_<n> and their posts; *numbers* goes on counting from county to county."""
    county = founded.county
    schools = {founded.plan(school).name: school for school in founded.schools}
    towns = {town.name: town for town in Township.objects.filter(county=county)}
    listed = {Role.CLERK: 3, Role.PRINCIPAL: 3, Role.REVIEWER: 2}
    posts = []
    for worker in workers:
        numbers[worker.role] = number = numbers.get(worker.role, 0) + 1
        school, town = schools.get(worker.school), towns.get(worker.township)
        klass = _klass_of_teacher(school) if school and worker.has_class else None
        place = f"{school}{klass or ''}" if school else str(town or county)
        user = create_demo_user(
            county=county,
            username=f"demo_{worker.role}_{number}",
            name=worker.name,
            note=f"{worker.role.label} · {place}" if shown and number <= listed.get(worker.role, 1) else "",
        )
        posts.append(
            Membership(
                user=user,
                role=worker.role,
                county=county,
                school=school,
                township=town,
                klass=klass,
                started_on=OPENED_ON,
            )
        )
        founded.users[worker.role].append(user)
        if school is not None:
            _note_post(founded, worker.role, school, user, klass)
    with audited(None, "demo.appoint", county_id=county.pk) as entry:
        Membership.objects.bulk_create(posts)
        entry.about(county)
        entry.summary = f"任命 {len(posts)} 人"


def _make_calendar(county: County, first_year: int, years: int) -> None:
    """School years, terms, holidays, and months of filing with their cut-offs."""
    days = days_off(first_year, first_year + years)
    closures = closures_of(days)
    Holiday.objects.bulk_create(
        Holiday(county=county, name=name, first_day=first, last_day=last, is_workday=works)
        for name, first, last, works in days
    )
    for year in range(first_year, first_year + years):
        school_year = SchoolYear(county=county, start_year=year)
        school_year.save(force_insert=True)
        Term.objects.bulk_create(
            Term(school_year=school_year, number=number, first_day=first, last_day=last)
            for number, first, last in terms_of(year)
        )
    ReportingMonth.objects.bulk_create(
        _month(county, month, closures)
        for year in range(first_year, first_year + years)
        for month in months_of_school_year(year)
    )


def _month(county: County, month: dt.date, closures: list[Closure]) -> ReportingMonth:
    requirement, days = Requirement.REQUIRED, closures
    if month.month in NOT_REQUIRED_MONTHS:
        # Nobody files it; a day of its own keeps the calendar readable.
        requirement, days = Requirement.NONE, []
    elif month.month in OPTIONAL_MONTHS:
        requirement = Requirement.OPTIONAL
    cut_off = default_cut_off(month, days)
    due_on = default_due(cut_off, DUE_DAYS.default, days)
    return ReportingMonth(county=county, month=month, cut_off=cut_off, due_on=due_on, requirement=requirement)


def _school(
    county: County, plan: SchoolPlan, number: int, townships: dict[str, Township], made: dict[str, School]
) -> School:
    first, last = DEFAULT_GRADES[plan.kind]
    return School(
        county=county,
        township=townships[plan.township],
        code=f"39{county.code}{number:02d}",
        name=f"{county.name}{plan.name}",
        short_name=plan.short_name,
        kind=plan.kind,
        parent=made[f"{county.name}{plan.parent}"] if plan.parent else None,
        is_central=plan.is_central,
        signed_by_parent=plan.signed_by_parent,
        first_grade=first,
        last_grade=last,
        opened_on=OPENED_ON,
    )


def _klasses(school: School, plan: SchoolPlan) -> Iterable[Klass]:
    if plan.kind == SchoolKind.TEACHING_POINT:
        yield Klass(school=school, grade=school.first_grade, number=1, is_multigrade=True)
        return
    for grade in school.grades:
        for number in range(1, classes_a_grade(plan) + 1):
            yield Klass(school=school, grade=grade, number=number)


def classes_a_grade(plan: SchoolPlan) -> int:
    return -(-plan.per_grade // LARGEST_CLASS)


def _klass_of_teacher(school: School) -> Klass | None:
    """The last class of the grade that will be last but one after the rollover."""
    grade = max(school.first_grade, school.last_grade - 2)
    klasses = Klass.objects.filter(school=school, closed_on__isnull=True)
    return klasses.filter(grade=grade).order_by("-number").first() or klasses.first()


def _note_post(founded: Founded, role: Role, school: School, user: User, klass: Klass | None) -> None:
    if role == Role.CLERK:
        founded.clerks.setdefault(school.pk, user)
    elif role == Role.PRINCIPAL:
        founded.principals.setdefault(school.pk, user)
    elif klass is not None:
        founded.teachers.setdefault(school.pk, (user, klass.pk))
