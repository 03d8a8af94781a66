"""The cast: a small county with its calendar, schools and people; fixtures for every test of a domain app."""

import datetime as dt
from itertools import count

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import County, User
from schools.calendar import default_cut_off, default_due, months_of_school_year
from schools.models import (
    DEFAULT_GRADES,
    Klass,
    Membership,
    ReportingMonth,
    Requirement,
    Role,
    School,
    SchoolKind,
    SchoolYear,
    Township,
)
from students.actions.people import build_student
from students.identity import make_id_number
from students.models import Enrolment

PASSWORD = "correct horse staple"
_numbers = count(1)


def make_county(first_year=2025, years=3, **values):
    """A county with reporting months from September *first_year*; no holidays."""
    number = next(_numbers)
    county = County.objects.create(
        **{"code": f"14{number % 10_000:04d}", "name": "平顺县", "bureau_name": "平顺县教育局", **values}
    )
    for year in range(first_year, first_year + years):
        SchoolYear.objects.create(county=county, start_year=year)
        for month in months_of_school_year(year):
            make_month(county, month)
    return county


def make_month(county, month, **values):
    requirement = {2: Requirement.NONE, 8: Requirement.NONE, 7: Requirement.OPTIONAL}.get(
        month.month, Requirement.REQUIRED
    )
    cut_off = default_cut_off(month, [])
    return ReportingMonth.objects.create(
        county=county,
        month=month,
        **{"cut_off": cut_off, "due_on": default_due(cut_off, 4, []), "requirement": requirement, **values},
    )


def make_school(county, kind=SchoolKind.NINE_YEAR, township=None, **values):
    number = next(_numbers)
    first, last = DEFAULT_GRADES[kind]
    return School.objects.create(
        county=county,
        township=township or Township.objects.get_or_create(county=county, name="柏坪镇")[0],
        **{
            "code": f"3114{number:06d}",
            "name": f"平顺县第{number}学校",
            "short_name": f"第{number}学校",
            "kind": kind,
            "first_grade": first,
            "last_grade": last,
            "opened_on": dt.date(2010, 9, 1),
            **values,
        },
    )


def make_user(county, role=None, place=None, **values):
    """A person, with a role at *place* (school, class, township or None for the county)."""
    number = next(_numbers)
    user = User(
        county=county,
        **{"username": f"person{number}", "name": f"李{number}", "must_change_password": False, **values},
    )
    user.password = make_password(PASSWORD)
    user.save()
    if role is not None:
        appoint(user, role, place)
    return user


def appoint(user, role, place=None):
    places = {}
    if isinstance(place, Klass):
        places = {"klass": place, "school": place.school}
    elif isinstance(place, School):
        places = {"school": place}
    elif isinstance(place, Township):
        places = {"township": place}
    return Membership.objects.create(
        user=user, role=role, county=user.county, started_on=dt.date(2020, 1, 1), **places
    )


def make_klass(school, grade=1, number=1, **values):
    return Klass.objects.create(school=school, grade=grade, number=number, **values)


def make_student(county, name="张若溪", born=dt.date(2016, 3, 12), **values):
    """A child with a synthetic ID number (area 140499), not on any roll."""
    number = next(_numbers)
    sequence = number % 999 + 1
    values = {
        "sex": "1" if sequence % 2 else "2",
        "id_number": make_id_number("140499", born, sequence),
        "birth_date": born,
        **values,
    }
    student = build_student(county, name=name, **values)
    student.save()
    return student


def enrol(student, school, grade=1, *, year=2025, klass=None, base=True, joined_on=dt.date(2024, 9, 1)):
    """On the roll as part of the base (期初建账) unless *base* is False."""
    return Enrolment.objects.create(
        student=student,
        school=school,
        klass=klass,
        grade=grade,
        grade_year=year,
        joined_on=joined_on,
        base_grade=grade if base else None,
        base_year=year if base else None,
    )


def fill(school, per_grade=2, *, year=2025):
    """Children in every grade of the base roster; {grade: [students]}."""
    return {
        grade: [
            _enrolled(
                school, f"{'赵钱孙李周吴郑王冯'[grade - 1]}{'一二三四五六七八九十'[n % 10]}", grade, year
            )
            for n in range(per_grade)
        ]
        for grade in school.grades
    }


def _enrolled(school, name, grade, year):
    born = dt.date(year - 6 - grade, 12, 1) + dt.timedelta(days=next(_numbers) % 200)
    student = make_student(school.county, name, born)
    enrol(student, school, grade, year=year)
    return student


@pytest.fixture
def county(db):
    return make_county()


@pytest.fixture
def school(county):
    return make_school(county)


@pytest.fixture
def other_school(county):
    return make_school(county, township=Township.objects.get_or_create(county=county, name="云岭镇")[0])


@pytest.fixture
def clerk(school):
    return make_user(school.county, Role.CLERK, school, name="郭晓燕")


@pytest.fixture
def other_clerk(other_school):
    return make_user(other_school.county, Role.CLERK, other_school, name="钱小梅")


@pytest.fixture
def principal(school):
    return make_user(school.county, Role.PRINCIPAL, school, name="申远志")


@pytest.fixture
def other_principal(other_school):
    return make_user(other_school.county, Role.PRINCIPAL, other_school, name="马建国")


@pytest.fixture
def reviewer(county):
    return make_user(county, Role.REVIEWER, name="李红梅")


@pytest.fixture
def leader(county):
    return make_user(county, Role.LEADER, name="杨局长")


@pytest.fixture
def administrator(county):
    return make_user(county, Role.ADMINISTRATOR, name="管理员")


@pytest.fixture
def central_school(school):
    return make_user(school.county, Role.CENTRAL_SCHOOL, school.township, name="中心校长")
