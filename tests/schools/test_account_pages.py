"""Pages of accounts: who is listed for whom, the first password shown once, presses and their refusals."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from accounts.queries import account_stamp
from schools.models import Membership, Role
from tests.cast import appoint, make_county, make_klass, make_user

PASSWORD_SHAPE = re.compile(r"(?<![\w-])[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}(?![\w-])")


def page_of(client, name, *args, **query):
    return client.get(reverse(f"schools:{name}", args=args), query).content.decode()


def press(client, view, account, **data):
    return client.post(
        reverse(f"schools:{view}", args=[account.uuid]),
        {"seen_stamp": account_stamp(account), **data},
        follow=True,
    )


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("reviewer", 200),
        ("administrator", 200),
        ("principal", 200),
        ("central_school", 200),
        ("clerk", 403),
        ("leader", 403),
    ],
)
def test_the_list_by_role(who, status, request, browser):
    assert browser(request.getfixturevalue(who)).get(reverse("schools:account-list")).status_code == status


def test_a_principal_lists_the_own_school(browser, principal, clerk, other_clerk, reviewer):
    page = page_of(browser(principal), "account-list")

    assert clerk.username in page and other_clerk.username not in page and reviewer.username not in page
    assert "从表格导入" not in page


def test_an_auditor_looks_and_changes_nothing(browser, county, clerk):
    client = browser(make_user(county, Role.AUDITOR))

    page = page_of(client, "account-detail", clerk.uuid)
    assert clerk.username in page and "重置密码" not in page and "停用…" not in page and "免去" not in page
    for name in ("account-create", "account-import"):
        assert client.get(reverse(f"schools:{name}")).status_code == 403
    for name in ("account-reset", "account-close", "account-unlock", "account-sessions-end"):
        assert client.post(
            reverse(f"schools:{name}", args=[clerk.uuid]), {"seen_stamp": account_stamp(clerk)}
        ).status_code in (403, 405)
    assert User.objects.get(pk=clerk.pk).is_active


@pytest.mark.parametrize(
    "name",
    [
        "account-detail",
        "account-appoint",
        "account-rename",
        "account-reset",
        "account-close",
        "account-reopen",
    ],
)
def test_an_account_out_of_reach_does_not_exist(name, browser, principal, other_clerk, reviewer):
    abroad = make_user(make_county(), Role.LEADER)

    assert browser(principal).get(reverse(f"schools:{name}", args=[other_clerk.uuid])).status_code == 404
    assert browser(reviewer).get(reverse(f"schools:{name}", args=[abroad.uuid])).status_code == 404


def test_tabs_and_filters(browser, county, school, clerk, other_clerk, administrator):
    clerk.is_active = False
    clerk.save()
    postless = make_user(county)
    client = browser(administrator)

    assert clerk.username not in page_of(client, "account-list")
    assert clerk.username in page_of(client, "account-list", state="closed")
    assert postless.username in page_of(client, "account-list", state="postless")
    assert other_clerk.username in page_of(
        client, "account-list", role="clerk", school=other_clerk.memberships.get().school_id
    )
    found = page_of(client, "account-list", role="principal")
    assert other_clerk.username not in found and "没有符合条件的账号" in found
    assert other_clerk.username in page_of(client, "account-list", q=other_clerk.name)
    for query in ({"role": "x"}, {"school": "x"}, {"state": "x"}, {"page": "-1"}):
        assert client.get(reverse("schools:account-list"), query).status_code == 200


def test_the_list_costs_the_same_for_one_and_for_fifty(browser, county, school, administrator):
    client = browser(administrator)
    page_of(client, "account-list")
    with CaptureQueriesContext(connection) as one:
        page_of(client, "account-list")
    for number in range(55):
        person = make_user(county, Role.CLERK, school)
        appoint(person, Role.CLASS_TEACHER, make_klass(school, 1, number + 1))
    page_of(client, "account-list")
    with CaptureQueriesContext(connection) as many:
        page_of(client, "account-list")

    assert len(many) == len(one)


# --- a new account --------------------------------------------------------------------------------------------


def account_data(**changes):
    return {
        "name": "王小红",
        "username": "BP_wang",
        "role": "clerk",
        "school": "",
        "klass": "",
        "township": "",
        **changes,
    }


def test_the_first_password_is_shown_once_and_works(browser, client, school, reviewer):
    bureau = browser(reviewer)
    response = bureau.post(reverse("schools:account-create"), account_data(school=school.pk))

    page = response.content.decode()
    password = PASSWORD_SHAPE.search(page)[0]
    account = User.objects.get(username="bp_wang")
    assert response["Cache-Control"] == "no-store" and account.check_password(password)
    assert password not in page_of(bureau, "account-detail", account.uuid)
    login = client.post("/login/", {"username": "bp_wang", "password": password})
    assert login.status_code == 302
    again = bureau.post(reverse("schools:account-create"), account_data(school=school.pk)).content.decode()
    assert "已有人用" in again and PASSWORD_SHAPE.search(again) is None
    assert User.objects.filter(username="bp_wang").count() == 1


def test_a_principal_is_offered_the_staff_roles_of_the_own_school(browser, school, other_school, principal):
    client = browser(principal)
    page = page_of(client, "account-create")

    assert "填报员" in page and "基教股" not in page.split('name="role"')[1].split("</select>")[0]
    assert other_school.name not in page
    for changes in ({"role": "reviewer", "school": school.pk}, {"school": other_school.pk}):
        response = client.post(reverse("schools:account-create"), account_data(**changes))
        assert response.status_code == 200
    assert not User.objects.filter(username="bp_wang").exists()


def test_a_class_teacher_is_given_a_class_by_its_name(browser, school, principal):
    klass = make_klass(school, 3, 2)
    client, url = browser(principal), reverse("schools:account-create")

    wrong = client.post(
        url, account_data(role="class_teacher", school=school.pk, klass="三5班")
    ).content.decode()
    assert "没有“三5班”。现有：三（2）班" in wrong
    assert (
        "班主任要写明哪个班"
        in client.post(url, account_data(role="class_teacher", school=school.pk)).content.decode()
    )
    client.post(url, account_data(role="class_teacher", school=school.pk, klass="3年级(2)班"))

    assert Membership.objects.get(user__username="bp_wang").klass == klass


def test_a_link_says_which_post_is_to_be_filled(browser, school, reviewer):
    page = page_of(
        browser(reviewer), "account-create", role="class_teacher", school=school.pk, klass="三（2）班"
    )

    assert (
        '<option value="class_teacher" selected>' in page and f'<option value="{school.pk}" selected>' in page
    )
    assert 'value="三（2）班"' in page


@pytest.mark.parametrize(("role", "said"), [("clerk", "要选本县的学校"), ("township", "要选本县的乡镇")])
def test_a_post_without_a_place_says_what_to_choose(role, said, browser, reviewer):
    page = browser(reviewer).post(reverse("schools:account-create"), account_data(role=role)).content.decode()

    assert said in page and 'value="BP_wang"' in page
    assert not User.objects.filter(username="bp_wang").exists()


# --- posts and presses ----------------------------------------------------------------------------------------


def test_a_post_is_added_and_ended(browser, clerk, other_school, reviewer):
    client = browser(reviewer)
    client.post(
        reverse("schools:account-appoint", args=[clerk.uuid]),
        {"role": "clerk", "school": other_school.pk, "klass": "", "township": ""},
    )
    post = clerk.memberships.get(school=other_school)

    client.post(reverse("schools:post-end", args=[clerk.uuid, post.pk]))

    post.refresh_from_db()
    assert post.ended_on is not None
    assert "以前：" in page_of(client, "account-detail", clerk.uuid)


def test_the_post_of_another_person_does_not_exist_here(browser, clerk, other_clerk, reviewer):
    post = other_clerk.memberships.get()

    assert browser(reviewer).post(reverse("schools:post-end", args=[clerk.uuid, post.pk])).status_code == 404


def test_a_principal_cannot_end_a_post_that_the_bureau_gave(browser, school, principal):
    second = make_user(school.county, Role.PRINCIPAL, school)

    response = browser(principal).post(
        reverse("schools:post-end", args=[second.uuid, second.memberships.get().pk])
    )
    assert response.status_code == 403 and second.memberships.get().ended_on is None


def test_one_s_own_page_says_who_else_must_act(browser, reviewer):
    page = page_of(browser(reviewer), "account-detail", reviewer.uuid)

    assert "要由另一位管理员或基教股办" in page and "免去" not in page and "加一个岗位" not in page
    response = browser(reviewer).post(
        reverse("schools:post-end", args=[reviewer.uuid, reviewer.memberships.get().pk]), follow=True
    )
    assert "不能免去自己的任职" in response.content.decode()


def test_reset_answers_with_the_password_and_a_second_press_does_not(browser, clerk, administrator):
    client, stamp = browser(administrator), account_stamp(clerk)
    url = reverse("schools:account-reset", args=[clerk.uuid])
    assert "重置密码" in client.get(url).content.decode()

    first = client.post(url, {"seen_stamp": stamp}).content.decode()
    second = client.post(url, {"seen_stamp": stamp}).content.decode()

    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD_SHAPE.search(first)[0])
    assert PASSWORD_SHAPE.search(second) is None and "已被别人改过" in second


def test_an_account_is_closed_and_opened_again(browser, clerk, principal):
    client, own = browser(principal), browser(clerk)
    assert own.get(reverse("schools:school-list")).status_code == 200

    assert "停用" in press(client, "account-close", clerk, reason="退休").content.decode()
    assert own.get(reverse("schools:school-list")).status_code == 302
    clerk.refresh_from_db()
    page = press(client, "account-reopen", clerk).content.decode()

    clerk.refresh_from_db()
    assert clerk.is_active and clerk.check_password(PASSWORD_SHAPE.search(page)[0])


def test_a_locked_person_is_unlocked(browser, client, clerk, administrator):
    for _ in range(5):
        client.post("/login/", {"username": clerk.username, "password": "wrong"})
    bureau = browser(administrator)
    assert clerk.username in page_of(bureau, "account-list", state="locked")
    assert "解除锁定" in page_of(bureau, "account-detail", clerk.uuid)

    press(bureau, "account-unlock", clerk)

    assert clerk.username not in page_of(bureau, "account-list", state="locked")
    assert AuditEntry.objects.filter(verb="account.unlock").count() == 1


def test_sessions_are_ended_by_the_administrator(browser, clerk, administrator):
    own, bureau = browser(clerk), browser(administrator)
    own.get(reverse("schools:school-list"))

    press(bureau, "account-sessions-end", clerk)

    assert own.get(reverse("schools:school-list")).status_code == 302


def test_a_name_is_corrected(browser, clerk, principal):
    press(browser(principal), "account-rename", clerk, name="郭小燕")

    clerk.refresh_from_db()
    assert clerk.name == "郭小燕"
    assert "有问号" in press(browser(principal), "account-rename", clerk, name="郭?燕").content.decode()
