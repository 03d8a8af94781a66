"""Schools, townships and classes: opened, edited, closed, and refused."""

import dataclasses
import datetime as dt

import pytest

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.actions.klasses import close_klass, create_klass
from schools.actions.places import close_school, create_township, edit_school, open_school, rename_township
from schools.checks import FieldsRefused, SchoolFacts, grades_of
from schools.models import Klass, Role, School, SchoolKind, Township
from students.models import PeriodState, RollPeriod, Transfer, TransferSide
from tests.cast import appoint, enrol, make_county, make_klass, make_school, make_student, make_user


def facts_of(school, **changes):
    names = [fact.name for fact in dataclasses.fields(SchoolFacts)]
    return SchoolFacts(**{**{name: getattr(school, name) for name in names}, **changes})


def new_facts(county, **changes):
    values = {
        "code": "3114000999",
        "name": "平顺县柏坪学校",
        "kind": SchoolKind.NINE_YEAR,
        "township": Township.objects.get_or_create(county=county, name="柏坪镇")[0],
        "first_grade": 1,
        "last_grade": 9,
        "opened_on": dt.date(2010, 9, 1),
    }
    return SchoolFacts(**{**values, **changes})


def refused_fields(error):
    return set(error.value.fields)


def test_open_school_leaves_one_entry_in_the_capacity_of_the_reviewer(county, reviewer):
    school = open_school(county, new_facts(county), actor=reviewer)

    entry = AuditEntry.objects.get(verb="school.open")
    assert School.objects.get(pk=school.pk).name == "平顺县柏坪学校"
    assert (entry.actor_id, entry.capacity, entry.school_id) == (reviewer.pk, "基教股 · 平顺县", school.pk)


@pytest.mark.parametrize("role", [Role.CLERK, Role.PRINCIPAL, Role.LEADER, Role.AUDITOR])
def test_open_school_is_not_for(role, county, school):
    person = make_user(county, role, school if role in (Role.CLERK, Role.PRINCIPAL) else None)

    with pytest.raises(NotPermitted):
        open_school(county, new_facts(county), actor=person)
    assert not AuditEntry.objects.filter(verb="school.open").exists()


def test_open_school_in_another_county_is_refused(reviewer):
    with pytest.raises(NotPermitted):
        open_school(make_county(), new_facts(make_county()), actor=reviewer)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "12345"}, "code"),
        ({"code": "311400099X"}, "code"),
        ({"name": "校"}, "name"),
        ({"kind": "college"}, "kind"),
        ({"first_grade": 7, "last_grade": 6}, "last_grade"),
        ({"first_grade": 0}, "last_grade"),
        ({"last_grade": 10}, "last_grade"),
        ({"signed_by_parent": True}, "parent"),
    ],
)
def test_open_school_names_the_field(changes, field, county, reviewer):
    with pytest.raises(FieldsRefused) as error:
        open_school(county, new_facts(county, **changes), actor=reviewer)

    assert refused_fields(error) == {field}
    assert not School.objects.exists()


def test_open_school_refuses_a_code_in_use(county, reviewer, school):
    with pytest.raises(FieldsRefused) as error:
        open_school(county, new_facts(county, code=school.code), actor=reviewer)

    assert "标识码" in "".join(error.value.problems)
    assert School.objects.count() == 1


def test_open_school_refuses_places_of_another_county(county, reviewer):
    abroad = make_school(make_county())

    with pytest.raises(FieldsRefused) as error:
        open_school(county, new_facts(county, township=abroad.township, parent=abroad), actor=reviewer)
    assert refused_fields(error) == {"township", "parent"}


def test_a_point_cannot_have_points(county, reviewer, school):
    point = make_school(county, SchoolKind.TEACHING_POINT, parent=school)

    with pytest.raises(FieldsRefused, match="没有保存"):
        open_school(county, new_facts(county, parent=point), actor=reviewer)
    with pytest.raises(FieldsRefused) as error:
        edit_school(
            school,
            facts_of(school, parent=make_school(county)),
            actor=reviewer,
            seen_revision=school.revision,
        )
    assert refused_fields(error) == {"parent"}


def test_edit_school_writes_what_changed_and_says_from_to(school, reviewer):
    edit_school(school, facts_of(school, short_name="柏坪", is_central=True), actor=reviewer, seen_revision=1)

    stored = School.objects.get(pk=school.pk)
    assert (stored.short_name, stored.is_central, stored.revision) == ("柏坪", True, 2)
    changes = AuditEntry.objects.get(verb="school.edit").changes
    assert set(changes) == {"简称", "中心校"} and changes["中心校"] == [False, True]


def test_edit_school_refuses_a_stale_page(school, reviewer):
    edit_school(school, facts_of(school, short_name="甲"), actor=reviewer, seen_revision=1)

    with pytest.raises(StalePage):
        edit_school(school, facts_of(school, short_name="乙"), actor=reviewer, seen_revision=1)
    assert School.objects.get(pk=school.pk).short_name == "甲"


def test_edit_school_without_a_change_is_refused(school, reviewer):
    with pytest.raises(StepRefused, match="没有改动"):
        edit_school(school, facts_of(school), actor=reviewer, seen_revision=1)


def test_edit_school_is_not_for_its_principal(school, principal):
    with pytest.raises(NotPermitted):
        edit_school(school, facts_of(school, short_name="甲"), actor=principal, seen_revision=1)


def test_grades_with_children_or_classes_stay(school, reviewer):
    enrol(make_student(school.county), school, 9)
    make_klass(school, 8, 1)

    with pytest.raises(StepRefused) as error:
        edit_school(school, facts_of(school, last_grade=6), actor=reviewer, seen_revision=1)

    said = "".join(error.value.problems)
    assert "九年级还有 1 名学生" in said and "八（1）班" in said
    assert School.objects.get(pk=school.pk).last_grade == 9


def test_opening_day_stands_once_a_return_was_submitted(school, reviewer, county):
    month = county.reporting_months.first()
    RollPeriod.objects.create(school=school, month=month, state=PeriodState.CLOSED)

    with pytest.raises(StepRefused) as error:
        edit_school(school, facts_of(school, opened_on=dt.date(2025, 10, 1)), actor=reviewer, seen_revision=1)
    assert "开办日期不能再改" in error.value.problems[0]


# --- closing --------------------------------------------------------------------------------------------------


def close(school, actor, **changes):
    values = {
        "seen_revision": school.revision,
        "closed_on": dt.date(2026, 9, 20),
        "reason": "平教〔2026〕8号",
    }
    close_school(school, actor=actor, **{**values, **changes})


def test_close_school_closes_classes_and_names_who_signs_last(school, other_school, reviewer):
    klass = make_klass(school)

    close(school, reviewer, last_signed_by=other_school)

    stored = School.objects.get(pk=school.pk)
    assert (stored.closed_on, stored.parent, stored.signed_by_parent) == (
        dt.date(2026, 9, 20),
        other_school,
        True,
    )
    assert Klass.objects.get(pk=klass.pk).closed_on == dt.date(2026, 9, 20)
    assert AuditEntry.objects.get(verb="school.close").summary == "撤并：平教〔2026〕8号"


def test_close_school_needs_an_empty_roll(school, reviewer):
    enrol(make_student(school.county), school)

    with pytest.raises(StepRefused) as error:
        close(school, reviewer)

    assert "名册上还有 1 名学生" in error.value.problems[0]
    assert School.objects.get(pk=school.pk).closed_on is None


@pytest.mark.parametrize("side", ["from_school", "to_school"])
def test_close_school_needs_no_waiting_transfer(side, school, other_school, reviewer, clerk):
    child = make_student(school.county)
    other = {"from_school": "to_school", "to_school": "from_school"}[side]
    Transfer.objects.create(
        student=child,
        begun_by_side=TransferSide.FROM,
        grade=3,
        reason_code="move",
        begun_by=clerk,
        **{side: school, other: other_school},
    )

    with pytest.raises(StepRefused) as error:
        close(school, reviewer)
    assert error.value.problems == ["还有 1 笔转学没有办结。请到“转学对接”接收或撤回。"]


def test_close_school_needs_points_to_belong_elsewhere(county, school, reviewer):
    point = make_school(county, SchoolKind.TEACHING_POINT, parent=school)

    with pytest.raises(StepRefused) as error:
        close(school, reviewer)
    assert point.name in error.value.problems[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closed_on": dt.date(2009, 1, 1)}, "closed_on"),
        ({"closed_on": dt.date(2999, 1, 1)}, "closed_on"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_close_school_names_the_field(changes, field, school, reviewer):
    with pytest.raises(FieldsRefused) as error:
        close(school, reviewer, **changes)
    assert refused_fields(error) == {field}


def test_close_school_happens_once(school, reviewer):
    close(school, reviewer)

    with pytest.raises(StalePage):
        close(school, reviewer)
    assert AuditEntry.objects.filter(verb="school.close").count() == 1


def test_close_school_is_not_for_the_principal(school, principal):
    with pytest.raises(NotPermitted):
        close(school, principal)


# --- townships, classes ---------------------------------------------------------------------------------------


def test_township_is_made_and_renamed(county, reviewer):
    township = create_township(county, "青羊镇", actor=reviewer)
    rename_township(township, "青阳镇", actor=reviewer, seen_name="青羊镇")

    assert Township.objects.get(pk=township.pk).name == "青阳镇"
    with pytest.raises(StalePage):
        rename_township(township, "青石镇", actor=reviewer, seen_name="青羊镇")


def test_township_name_is_used_once(county, reviewer, school):
    with pytest.raises(FieldsRefused) as error:
        create_township(county, school.township.name, actor=reviewer)
    assert error.value.fields["name"] == ["已有同名乡镇。"]
    second = create_township(county, "青羊镇", actor=reviewer)
    with pytest.raises(FieldsRefused):
        rename_township(second, school.township.name, actor=reviewer, seen_name="青羊镇")


def test_township_is_not_for_the_clerk(county, clerk):
    with pytest.raises(NotPermitted):
        create_township(county, "青羊镇", actor=clerk)


def test_klass_is_made_by_the_clerk_of_the_school_only(school, clerk, other_clerk):
    klass = create_klass(school, grade=3, number=2, actor=clerk)

    assert str(klass) == "三（2）班"
    assert AuditEntry.objects.get(verb="klass.create").capacity.startswith("填报员")
    with pytest.raises(NotPermitted):
        create_klass(school, grade=3, number=3, actor=other_clerk)


def test_multigrade_klass_stands_beside_an_ordinary_one(school, clerk):
    create_klass(school, grade=1, number=1, actor=clerk)

    assert str(create_klass(school, grade=1, number=1, actor=clerk, is_multigrade=True)) == "复式（1）班"
    with pytest.raises(FieldsRefused) as error:
        create_klass(school, grade=1, number=1, actor=clerk)
    assert error.value.fields == {"number": ["这个班已经有了。"]}


@pytest.mark.parametrize(("grade", "number", "field"), [(7, 1, "grade"), (1, 0, "number"), (1, 61, "number")])
def test_klass_names_the_field(grade, number, field, county, reviewer):
    point = make_school(county, SchoolKind.TEACHING_POINT)

    with pytest.raises(FieldsRefused) as error:
        create_klass(point, grade=grade, number=number, actor=reviewer)
    assert refused_fields(error) == {field}


def test_klass_closes_without_children_and_ends_the_posts(school, clerk):
    klass = make_klass(school, 3, 1)
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)
    enrolment = enrol(make_student(school.county), school, 3, klass=klass)

    with pytest.raises(StepRefused) as error:
        close_klass(klass, actor=clerk)
    assert "班里还有 1 名学生" in error.value.problems[0]
    assert Klass.objects.get(pk=klass.pk).closed_on is None

    enrolment.klass = None
    enrolment.save()
    close_klass(klass, actor=clerk)
    assert teacher.memberships.get().ended_on is not None
    with pytest.raises(StepRefused, match="已经撤销"):
        close_klass(klass, actor=clerk)


def test_closed_school_has_no_new_klass(school, reviewer):
    close(school, reviewer)

    with pytest.raises(FieldsRefused):
        create_klass(school, grade=1, number=1, actor=reviewer)


@pytest.mark.parametrize(
    ("text", "grades"),
    [
        ("1-6", (1, 6)),
        ("一至六年级", (1, 6)),
        ("七年级—九年级", (7, 9)),
        (" 1 ~ 3 ", (1, 3)),
        ("四年级", (4, 4)),
        ("6-1", None),
        ("0-6", None),
        ("1-12", None),
        ("小学", None),
    ],
)
def test_grades_are_read_as_people_write_them(text, grades):
    assert grades_of(text) == grades


def test_grades_left_open_are_those_of_the_kind():
    assert grades_of("", SchoolKind.JUNIOR) == (7, 9)


def test_two_posts_act_in_the_one_that_permits(county, school):
    person = make_user(county, Role.CLERK, school)
    appoint(person, Role.REVIEWER)

    open_school(county, new_facts(county), actor=person)

    assert AuditEntry.objects.get(verb="school.open").capacity == "基教股 · 平顺县"
