"""Pages of schools, townships and classes: by role, what they show, what they do, how many queries they cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools.models import Klass, Role, School, Township
from tests.cast import enrol, make_county, make_klass, make_school, make_student, make_user

EDITORS_ONLY = (
    "school-create",
    "school-edit",
    "school-close",
    "township-list",
    "township-create",
    "township-rename",
)


def address(name, school):
    places = {
        "school-edit": [school.pk],
        "school-close": [school.pk],
        "school-detail": [school.pk],
        "klass-create": [school.pk],
        "township-rename": [school.township_id],
    }
    return reverse(f"schools:{name}", args=places.get(name))


def school_data(school, **changes):
    values = {
        "name": "平顺县青羊小学",
        "short_name": "",
        "code": "2114000123",
        "kind": "primary",
        "township": school.township_id,
        "first_grade": "",
        "last_grade": "",
        "opened_on": "2010-09-01",
        "parent": "",
    }
    return {**values, **changes}


@pytest.mark.parametrize("name", EDITORS_ONLY)
@pytest.mark.parametrize(
    ("who", "status"),
    [("reviewer", 200), ("administrator", 200), ("clerk", 403), ("principal", 403), ("central_school", 403)],
)
def test_pages_of_editors(name, who, status, request, browser, school):
    assert browser(request.getfixturevalue(who)).get(address(name, school)).status_code == status


@pytest.mark.parametrize("name", ["school-detail", "school-edit", "school-close", "klass-create"])
def test_another_school_does_not_exist(name, browser, school, other_clerk):
    stranger = make_user(make_county(), Role.REVIEWER)

    assert browser(other_clerk).get(address(name, school)).status_code == 404
    assert browser(stranger).get(address(name, school)).status_code == 404


def test_township_of_another_county_does_not_exist(browser, school):
    stranger = make_user(make_county(), Role.REVIEWER)

    assert browser(stranger).get(address("township-rename", school)).status_code == 404


def test_list_shows_what_is_within_reach(browser, school, other_school, clerk, reviewer):
    own = browser(clerk).get(reverse("schools:school-list")).content.decode()
    all_of_them = browser(reviewer).get(reverse("schools:school-list")).content.decode()

    assert school.name in own and other_school.name not in own and "建一所学校" not in own
    assert school.name in all_of_them and other_school.name in all_of_them and clerk.name in all_of_them


def test_list_filters_survive_and_closed_schools_have_their_tab(
    browser, county, school, other_school, reviewer
):
    School.objects.filter(pk=other_school.pk).update(closed_on="2026-03-01")
    client = browser(reviewer)

    open_ones = client.get(reverse("schools:school-list"), {"township": school.township_id, "q": "第"})
    closed = client.get(reverse("schools:school-list"), {"state": "closed"}).content.decode()

    page = open_ones.content.decode()
    assert school.name in page and other_school.name not in page
    assert f"?township={school.township_id}&amp;q=%E7%AC%AC&amp;state=closed" in page
    assert other_school.name in closed and "2026年3月1日" in closed
    nothing = client.get(reverse("schools:school-list"), {"q": "没有这所"}).content.decode()
    assert "没有符合条件的学校" in nothing


def test_list_takes_any_parameters(browser, reviewer, school):
    client = browser(reviewer)
    for query in (
        {"township": "x"},
        {"kind": "x"},
        {"page": "x"},
        {"page": "999"},
        {"q": "%' --"},
        {"state": "x"},
    ):
        assert client.get(reverse("schools:school-list"), query).status_code == 200


def test_list_costs_the_same_for_one_and_for_fifty(browser, county, school, reviewer):
    client = browser(reviewer)
    client.get(reverse("schools:school-list"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(reverse("schools:school-list"))
    for _ in range(55):
        another = make_school(county)
        make_klass(another)
        make_user(county, Role.PRINCIPAL, another)
        make_user(county, Role.CLERK, another)
    client.get(reverse("schools:school-list"))
    with CaptureQueriesContext(connection) as many:
        response = client.get(reverse("schools:school-list"))

    assert len(response.context["page_obj"]) == 50
    assert len(many) == len(one)


def test_school_is_made_with_the_grades_of_its_kind(browser, school, reviewer):
    response = browser(reviewer).post(reverse("schools:school-create"), school_data(school))

    made = School.objects.get(code="2114000123")
    assert response.url == reverse("schools:school-detail", args=[made.pk])
    assert (made.first_grade, made.last_grade) == (1, 6)


def test_refused_school_keeps_what_was_typed(browser, school, reviewer):
    response = browser(reviewer).post(
        reverse("schools:school-create"), school_data(school, code=school.code, opened_on="去年")
    )

    page = response.content.decode()
    assert response.status_code == 200 and "日期“去年”看不懂" in page and 'value="平顺县青羊小学"' in page
    response = browser(reviewer).post(reverse("schools:school-create"), school_data(school, code=school.code))
    assert "标识码已被别的学校使用" in response.content.decode()
    assert School.objects.count() == 1


def test_school_form_offers_no_place_of_another_county(browser, school, reviewer):
    abroad = make_school(make_county())

    response = browser(reviewer).post(
        reverse("schools:school-create"), school_data(school, township=abroad.township_id)
    )
    assert response.status_code == 200 and not School.objects.filter(code="2114000123").exists()


def test_school_is_edited_and_a_stale_page_is_not(browser, school, reviewer):
    client, url = browser(reviewer), reverse("schools:school-edit", args=[school.pk])
    data = school_data(
        school, code=school.code, kind="nine_year", first_grade="1", last_grade="9", seen_revision="1"
    )

    assert client.post(url, data).status_code == 302
    response = client.post(url, {**data, "name": "平顺县青阳小学"})

    assert "已被别人改过" in response.content.decode()
    school.refresh_from_db()
    assert school.name == "平顺县青羊小学"


def test_closing_lists_what_is_in_the_way(browser, school, reviewer):
    enrolment = enrol(make_student(school.county), school)
    client, url = browser(reviewer), reverse("schools:school-close", args=[school.pk])
    data = {
        "closed_on": "2026-09-20",
        "reason": "平教〔2026〕8号",
        "seen_revision": "1",
        "last_signed_by": "",
    }

    page = client.post(url, data).content.decode()
    assert "名册上还有 1 名学生" in page and "平教〔2026〕8号" in page

    enrolment.left_on = "2026-09-01"
    enrolment.save()
    assert client.post(url, data).status_code == 302
    assert "已撤并" in client.get(reverse("schools:school-detail", args=[school.pk])).content.decode()


def test_clerk_makes_and_closes_classes_of_the_own_school(browser, school, other_school, clerk):
    client = browser(clerk)

    made = client.post(reverse("schools:klass-create", args=[school.pk]), {"grade": "3", "number": "2"})
    klass = Klass.objects.get()
    assert made.status_code == 302 and klass.grade == 3
    page = client.get(reverse("schools:school-detail", args=[school.pk])).content.decode()
    assert "三（2）班" in page and "撤销" in page

    elsewhere = make_klass(other_school)
    assert client.post(reverse("schools:klass-close", args=[elsewhere.pk])).status_code == 404
    client.post(reverse("schools:klass-close", args=[klass.pk]))
    klass.refresh_from_db()
    assert klass.closed_on is not None


def test_class_with_children_says_why_it_stays(browser, school, clerk):
    klass = make_klass(school, 3, 1)
    enrol(make_student(school.county), school, 3, klass=klass)

    response = browser(clerk).post(reverse("schools:klass-close", args=[klass.pk]), follow=True)
    assert "班里还有 1 名学生" in response.content.decode()


def test_class_closing_is_a_press_not_a_link(browser, school, clerk):
    assert browser(clerk).get(reverse("schools:klass-close", args=[make_klass(school).pk])).status_code == 405


def test_townships_are_made_and_renamed(browser, school, reviewer):
    client = browser(reviewer)

    client.post(reverse("schools:township-create"), {"name": "青羊 镇"})
    township = Township.objects.exclude(pk=school.township_id).get()
    url = reverse("schools:township-rename", args=[township.pk])
    client.post(url, {"name": "青阳镇", "seen_name": township.name})

    township.refresh_from_db()
    assert township.name == "青阳镇"
    assert (
        "已有同名乡镇" in client.post(reverse("schools:township-create"), {"name": "青阳镇"}).content.decode()
    )


def test_anonymous_people_are_led_to_the_login(client, school):
    for name in (*EDITORS_ONLY, "school-list", "school-detail", "klass-create"):
        response = client.get(address(name, school))
        assert response.status_code == 302 and response.url.startswith("/login/")
