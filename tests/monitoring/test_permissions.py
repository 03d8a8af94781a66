"""Who may see, fill in, sign and review a return. The negative person is capable elsewhere."""

import pytest

from accounts.models import User
from monitoring.models import MonthlyReturn
from monitoring.permissions import (
    may_prepare,
    may_print,
    may_review,
    may_see_drafts,
    may_send_back_as_principal,
    may_sign,
    may_view,
    schools_with_returns_for,
    signs_for,
)
from monitoring.situations import reader_of
from monitoring.wording import Reader
from schools.models import Role, School, Township
from tests.cast import appoint, make_county, make_klass, make_school, make_user

VIEWERS = {"clerk", "principal", "central_school", "reviewer", "inspector"}
DRAFT_VIEWERS = {"clerk", "principal", "central_school"}
PRINTERS = {"clerk", "principal", "central_school", "reviewer"}


@pytest.fixture
def people(request, county, school):
    names = ("clerk", "principal", "central_school", "reviewer", "leader", "administrator")
    others = {
        "inspector": make_user(county, Role.INSPECTOR),
        "auditor": make_user(county, Role.AUDITOR),
        "aid_officer": make_user(county, Role.AID_OFFICER),
        "township": make_user(county, Role.TOWNSHIP, school.township),
        "class_teacher": make_user(county, Role.CLASS_TEACHER, make_klass(school)),
        "home_teacher": make_user(county, Role.HOME_TEACHER, school),
        "nobody": make_user(county),
    }
    elsewhere = {name: request.getfixturevalue(name) for name in ("other_clerk", "other_principal")}
    return others | elsewhere | {name: request.getfixturevalue(name) for name in names}


@pytest.mark.parametrize(
    ("rule", "expected"), [(may_view, VIEWERS), (may_see_drafts, DRAFT_VIEWERS), (may_print, PRINTERS)]
)
def test_exactly_these_people_see_and_print(rule, expected, people, school):
    assert {name for name, user in people.items() if rule(user, school)} == expected


def test_the_query_and_the_rule_name_the_same_people(people, school):
    for name, user in people.items():
        assert schools_with_returns_for(user).filter(pk=school.pk).exists() == may_view(user, school), name


def test_central_school_of_another_township_sees_nothing(county, school):
    elsewhere = Township.objects.create(county=county, name="石泉乡")
    stranger = make_user(county, Role.CENTRAL_SCHOOL, elsewhere)

    assert not may_view(stranger, school)
    assert not schools_with_returns_for(stranger).filter(pk=school.pk).exists()


def test_reviewer_of_another_county_sees_nothing(school):
    stranger = make_user(make_county(), Role.REVIEWER)

    assert not may_view(stranger, school)
    assert school not in schools_with_returns_for(stranger)


def test_a_role_that_has_ended_opens_nothing(clerk, school):
    clerk.memberships.update(ended_on="2025-09-01")
    clerk = User.objects.get(pk=clerk.pk)

    assert not may_view(clerk, school)


def test_only_the_clerk_of_the_school_prepares(people, school):
    stand_in = MonthlyReturn(school=school)

    assert {name for name, user in people.items() if may_prepare(user, stand_in)} == {"clerk"}


def test_only_the_principal_of_the_school_signs_and_sends_back(people, school):
    stand_in = MonthlyReturn(school=school)

    assert {name for name, user in people.items() if may_sign(user, stand_in)} == {"principal"}
    assert {name for name, user in people.items() if may_send_back_as_principal(user, stand_in)} == {
        "principal"
    }


def test_only_the_reviewer_reviews_unless_of_that_school(people, school, reviewer):
    stand_in = MonthlyReturn(school=school)
    assert {name for name, user in people.items() if may_review(user, stand_in)} == {"reviewer"}

    appoint(reviewer, Role.HOME_TEACHER, school)

    assert not may_review(User.objects.get(pk=reviewer.pk), stand_in)


def test_the_parent_school_signs_for_its_point_and_for_no_other(county, school, principal, other_principal):
    point = make_school(county, "teaching_point", parent=school, signed_by_parent=True)
    own = make_school(county, "teaching_point", parent=school)
    point_principal = make_user(county, Role.PRINCIPAL, point)

    assert signs_for(principal, point) and may_sign(principal, MonthlyReturn(school=point))
    assert not signs_for(principal, own)
    assert not signs_for(other_principal, point)
    assert not may_sign(point_principal, MonthlyReturn(school=point))
    assert set(schools_with_returns_for(principal)) == {school, point}


@pytest.mark.parametrize(
    ("person", "reader"),
    [
        ("clerk", Reader.CLERK),
        ("principal", Reader.PRINCIPAL),
        ("central_school", Reader.CENTRAL_SCHOOL),
        ("reviewer", Reader.REVIEWER),
        ("leader", Reader.LEADER),
        ("inspector", Reader.LEADER),
        ("other_clerk", Reader.LEADER),
    ],
)
def test_each_person_reads_in_own_words(person, reader, people, school):
    assert reader_of(people[person], School.objects.get(pk=school.pk)) == reader
