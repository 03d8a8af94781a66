"""Accounts and posts: who may give them, what is refused, what is left in the trail."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, User
from accounts.queries import account_stamp
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.actions import people as actions
from schools.checks import FieldsRefused, Post
from schools.models import Membership, Role, SchoolKind
from schools.queries import accounts_visible_to
from tests.cast import appoint, make_county, make_klass, make_school, make_user


def open_account(county, actor, *posts, username="bp_wang", name="王小红"):
    return actions.open_account(county, actor=actor, username=username, name=name, posts=posts)


def test_reviewer_opens_an_account_with_posts_in_one_entry(county, school, reviewer):
    township = school.township

    account = open_account(
        county, reviewer, Post(Role.PRINCIPAL, school=school), Post(Role.CENTRAL_SCHOOL, township=township)
    )

    assert account.user.check_password(account.password) and account.user.must_change_password
    assert set(account.user.memberships.values_list("role", "appointed_by")) == {
        ("principal", reviewer.pk),
        ("central_school", reviewer.pk),
    }
    entry = AuditEntry.objects.get(verb="account.open")
    assert entry.changes["任职"][1] == [f"校长 · {school}", "中心校 · 柏坪镇"]
    assert account.password not in str(entry.changes) + entry.summary
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("role", [Role.CLERK, Role.HOME_TEACHER])
def test_principal_opens_accounts_of_the_own_staff(role, county, school, principal):
    assert open_account(county, principal, Post(role, school=school)).user.memberships.get().role == role


def test_principal_appoints_at_the_point_signed_for(county, school, principal):
    point = make_school(county, SchoolKind.TEACHING_POINT, parent=school, signed_by_parent=True)

    account = open_account(county, principal, Post(Role.CLERK, school=point))

    assert accounts_visible_to(principal).filter(pk=account.user.pk).exists()


@pytest.mark.parametrize("role", [Role.PRINCIPAL, Role.REVIEWER, Role.ADMINISTRATOR])
def test_principal_gives_no_higher_role(role, county, school, principal):
    post = Post(role, school=school) if role == Role.PRINCIPAL else Post(role)

    with pytest.raises(NotPermitted):
        open_account(county, principal, post)
    assert not User.objects.filter(username="bp_wang").exists()


def test_principal_staffs_no_other_school(county, other_school, principal, other_clerk):
    with pytest.raises(NotPermitted):
        open_account(county, principal, Post(Role.CLERK, school=other_school))
    with pytest.raises(NotPermitted):
        actions.appoint(other_clerk, Post(Role.CLERK, school=other_school), actor=principal)
    with pytest.raises(NotPermitted):
        actions.dismiss(other_clerk.memberships.get(), actor=principal)


@pytest.mark.parametrize("role", [Role.CLERK, Role.CENTRAL_SCHOOL, Role.LEADER, Role.AUDITOR])
def test_others_open_no_accounts(role, county, school):
    places = {Role.CLERK: school, Role.CENTRAL_SCHOOL: school.township}
    person = make_user(county, role, places.get(role))

    with pytest.raises(NotPermitted):
        open_account(county, person, Post(Role.CLERK, school=school))


@pytest.mark.parametrize(
    "username", ["AB", "张三", "a b", "13812345678", "140499201301010013", "14049920130101001x", "x" * 31, ""]
)
def test_user_name_is_plain_and_no_number_of_a_person(username, county, school, reviewer):
    with pytest.raises(FieldsRefused) as error:
        open_account(county, reviewer, Post(Role.CLERK, school=school), username=username)
    assert set(error.value.fields) == {"username"}


def test_user_name_is_used_once(county, school, reviewer, clerk):
    User.objects.filter(pk=clerk.pk).update(username="bp_wang")

    with pytest.raises(FieldsRefused, match="没有建立") as error:
        open_account(county, reviewer, Post(Role.CLERK, school=school))
    assert "已有人用" in error.value.fields["username"][0]
    assert Membership.objects.filter(user=clerk).count() == 1


# --- posts ----------------------------------------------------------------------------------------------------


def test_nobody_appoints_or_dismisses_themselves(county, school, reviewer):
    with pytest.raises(StepRefused, match="不能给自己任职"):
        actions.appoint(reviewer, Post(Role.CLERK, school=school), actor=reviewer)
    with pytest.raises(StepRefused, match="不能免去自己"):
        actions.dismiss(reviewer.memberships.get(), actor=reviewer)
    with pytest.raises(IntegrityError, match=r"membership_not_self_appointed|CHECK"), transaction.atomic():
        Membership.objects.create(
            user=reviewer,
            role=Role.CLERK,
            county=county,
            school=school,
            started_on=dt.date(2026, 1, 1),
            appointed_by=reviewer,
        )


@pytest.mark.parametrize(
    ("held", "given"),
    [
        (Role.REVIEWER, Role.ADMINISTRATOR),
        (Role.ADMINISTRATOR, Role.REVIEWER),
        (Role.ADMINISTRATOR, Role.AUDITOR),
        (Role.AUDITOR, Role.LEADER),
        (Role.CLERK, Role.AUDITOR),
    ],
)
def test_separated_duties_do_not_meet_in_one_person(held, given, county, school, administrator):
    person = make_user(county, held, school if held == Role.CLERK else None)

    with pytest.raises(FieldsRefused) as error:
        actions.appoint(person, Post(given), actor=administrator)

    assert "不能兼任" in error.value.fields["role"][0]
    assert person.memberships.count() == 1


def test_a_former_administrator_may_become_reviewer(county, administrator):
    person = make_user(county, Role.ADMINISTRATOR)
    actions.dismiss(person.memberships.get(), actor=administrator)

    actions.appoint(person, Post(Role.REVIEWER), actor=administrator)

    assert person.memberships.filter(ended_on=None).get().role == Role.REVIEWER


def test_one_person_is_clerk_at_two_schools(county, school, other_school, reviewer, clerk):
    actions.appoint(clerk, Post(Role.CLERK, school=other_school), actor=reviewer)

    assert clerk.memberships.filter(ended_on=None).count() == 2
    with pytest.raises(FieldsRefused) as error:
        actions.appoint(clerk, Post(Role.CLERK, school=other_school), actor=reviewer)
    assert "已经是" in error.value.fields["role"][0]


@pytest.mark.parametrize(
    ("role", "field"),
    [(Role.CLERK, "school"), (Role.CENTRAL_SCHOOL, "township"), (Role.CLASS_TEACHER, "school")],
)
def test_a_post_without_its_place_names_the_field(role, field, county, clerk, reviewer):
    with pytest.raises(FieldsRefused) as error:
        actions.appoint(clerk, Post(role), actor=reviewer)
    assert set(error.value.fields) == {field}


def test_class_teacher_has_an_open_class_of_the_school(county, school, other_school, clerk, reviewer):
    elsewhere, closed = make_klass(other_school), make_klass(school, closed_on=dt.date(2026, 1, 1))

    for klass in (None, elsewhere, closed):
        with pytest.raises(FieldsRefused) as error:
            actions.appoint(clerk, Post(Role.CLASS_TEACHER, school=school, klass=klass), actor=reviewer)
        assert set(error.value.fields) == {"klass"}


def test_places_of_another_county_do_not_exist(clerk, reviewer):
    abroad = make_school(make_county())

    with pytest.raises(FieldsRefused):
        actions.appoint(clerk, Post(Role.CLERK, school=abroad), actor=reviewer)
    with pytest.raises(NotPermitted):
        actions.appoint(make_user(abroad.county), Post(Role.LEADER), actor=reviewer)


def test_dismissal_ends_at_once_and_once(school, clerk, principal):
    post = clerk.memberships.get()

    actions.dismiss(post, actor=principal)

    assert not Membership.objects.filter(pk=post.pk, ended_on=None).exists()
    assert AuditEntry.objects.get(verb="account.dismiss").changes == {"任职": [f"填报员 · {school}", None]}
    with pytest.raises(StepRefused, match="已经结束"):
        actions.dismiss(post, actor=principal)


def test_a_county_keeps_one_administrator(county, administrator, reviewer):
    post = administrator.memberships.get()

    with pytest.raises(StepRefused, match="唯一的管理员"):
        actions.dismiss(post, actor=reviewer)
    with pytest.raises(StepRefused, match="唯一的管理员"):
        actions.close_account(
            administrator, actor=reviewer, seen_stamp=account_stamp(administrator), reason="调离"
        )

    make_user(county, Role.ADMINISTRATOR)
    actions.dismiss(post, actor=reviewer)


# --- accounts -------------------------------------------------------------------------------------------------


def test_reset_gives_a_new_first_password_once(clerk, administrator):
    stamp = account_stamp(clerk)

    password = actions.reset_account(clerk, actor=administrator, seen_stamp=stamp)

    assert User.objects.get(pk=clerk.pk).check_password(password)
    with pytest.raises(StalePage):
        actions.reset_account(clerk, actor=administrator, seen_stamp=stamp)
    assert User.objects.get(pk=clerk.pk).check_password(password)
    assert AuditEntry.objects.filter(verb="account.reset").count() == 1


def test_reset_is_for_the_administrator_and_the_principal_of_the_staff(
    clerk, principal, other_principal, reviewer
):
    for person in (other_principal, reviewer, clerk):
        with pytest.raises(NotPermitted):
            actions.reset_account(clerk, actor=person, seen_stamp=account_stamp(clerk))

    assert actions.reset_account(clerk, actor=principal, seen_stamp=account_stamp(clerk))


def test_principal_does_not_touch_somebody_with_a_post_elsewhere(clerk, other_school, principal):
    appoint(clerk, Role.CLERK, other_school)

    for action in (actions.reset_account, actions.reopen_account, actions.unlock):
        with pytest.raises(NotPermitted):
            action(clerk, actor=principal, seen_stamp=account_stamp(clerk))


def test_closing_and_reopening_an_account(clerk, principal):
    actions.close_account(clerk, actor=principal, seen_stamp=account_stamp(clerk), reason="退休")
    clerk.refresh_from_db()
    assert not clerk.is_active

    with pytest.raises(StepRefused, match="已停用"):
        actions.reset_account(clerk, actor=principal, seen_stamp=account_stamp(clerk))
    password = actions.reopen_account(clerk, actor=principal, seen_stamp=account_stamp(clerk))

    clerk.refresh_from_db()
    assert clerk.is_active and clerk.check_password(password)


def test_nobody_closes_or_resets_the_own_account(administrator):
    stamp = account_stamp(administrator)

    with pytest.raises(StepRefused, match="自己"):
        actions.close_account(administrator, actor=administrator, seen_stamp=stamp, reason="x")
    with pytest.raises(NotPermitted):
        actions.reset_account(administrator, actor=administrator, seen_stamp=stamp)


def test_sessions_are_ended_by_the_administrator_only(clerk, principal, reviewer, administrator):
    for person in (principal, reviewer):
        with pytest.raises(NotPermitted):
            actions.end_all_sessions(clerk, actor=person, seen_stamp=account_stamp(clerk))

    assert actions.end_all_sessions(clerk, actor=administrator, seen_stamp=account_stamp(clerk)) == 0


def test_renaming_says_from_to(clerk, principal):
    actions.rename_account(clerk, "郭小燕", actor=principal, seen_stamp=account_stamp(clerk))

    assert AuditEntry.objects.get(verb="account.rename").changes["姓名"] == ["郭晓燕", "郭小燕"]


# --- who sees whom --------------------------------------------------------------------------------------------


def test_accounts_within_reach(county, school, clerk, other_clerk, principal, central_school, reviewer):
    abroad = make_user(make_county(), Role.REVIEWER)

    seen = {name: set(accounts_visible_to(person)) for name, person in _people(locals()).items()}

    assert seen["principal"] == {clerk, principal}
    assert seen["central_school"] == {clerk, principal, central_school}
    assert seen["reviewer"] == {clerk, other_clerk, principal, central_school, reviewer}
    assert seen["clerk"] == set()
    assert abroad not in seen["reviewer"]


def _people(found):
    return {name: found[name] for name in ("principal", "central_school", "reviewer", "clerk")}


def test_a_former_colleague_stays_visible_until_appointed_elsewhere(clerk, principal, other_school, reviewer):
    actions.dismiss(clerk.memberships.get(), actor=principal)
    assert clerk in accounts_visible_to(principal)

    actions.appoint(clerk, Post(Role.CLERK, school=other_school), actor=reviewer)
    assert clerk not in accounts_visible_to(principal)
