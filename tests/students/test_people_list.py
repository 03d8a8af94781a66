"""学生名册: who sees whom, filters, search, export, the log of readings, constant queries."""

import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLogEntry
from schools.models import Role
from students.models import Absence, AbsenceKind, CircumstanceKind, Enrolment, SpecialCircumstance
from tests.cast import enrol, make_klass, make_student, make_user
from tests.students.people import logged_in, page

LIST = reverse("students:student-list")
SEARCH = reverse("students:student-search")
EXPORT = reverse("students:student-export")


@pytest.fixture
def klass(school):
    return make_klass(school, 3, 1)


@pytest.fixture
def child(school, klass):
    student = make_student(school.county, "张若溪")
    enrol(student, school, 3, klass=klass)
    return student


@pytest.fixture
def stranger(other_school):
    student = make_student(other_school.county, "钱多多")
    enrol(student, other_school, 3)
    return student


def leave(student, on=dt.date(2025, 9, 20)):
    Enrolment.objects.filter(student=student, left_on__isnull=True).update(left_on=on)


def mark(student, kind, clerk, **values):
    return SpecialCircumstance.objects.create(
        student=student, kind=kind, recorded_by=clerk, **{"valid_from": dt.date(2025, 9, 1), **values}
    )


def test_clerk_sees_the_own_school_only(clerk, child, stranger):
    text = page(logged_in(clerk), LIST)

    assert "张若溪" in text
    assert "钱多多" not in text
    assert child.id_number not in text


def test_class_teacher_sees_the_own_class_only(school, klass, child):
    enrol(make_student(school.county, "李别班"), school, 3, klass=make_klass(school, 3, 2))
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)

    text = page(logged_in(teacher), LIST)

    assert "张若溪" in text
    assert "李别班" not in text


@pytest.mark.parametrize("role", [Role.LEADER, Role.ADMINISTRATOR, Role.AUDITOR, Role.AID_OFFICER])
def test_county_roles_without_names_get_403(county, child, role):
    client = logged_in(make_user(county, role))

    assert client.get(LIST).status_code == 403
    assert client.get(EXPORT).status_code == 403
    assert client.post(SEARCH, {"q": "张若溪"}).status_code == 403


def test_township_officer_gets_403(school, child):
    client = logged_in(make_user(school.county, Role.TOWNSHIP, school.township))

    assert client.get(LIST).status_code == 403


def test_filters_narrow_the_list(clerk, school, child):
    other = make_student(school.county, "王五年", boarding="2")
    enrol(other, school, 5)
    client = logged_in(clerk)

    assert "王五年" not in page(client, LIST, grade="3")
    assert "张若溪" not in page(client, LIST, boarding="2")
    assert "张若溪" not in page(client, LIST, q="wwn")
    assert "王五年" in page(client, LIST, q="wwn")
    assert "王五年" in page(client, LIST, q="wangwu")
    assert "王五年" in page(client, LIST, q="五年")
    assert "没有符合条件的学生" in page(client, LIST, q="查无此人")


def test_another_schools_place_in_a_filter_does_not_exist(clerk, child, other_school):
    client = logged_in(clerk)
    klass = make_klass(other_school, 1, 1)

    assert client.get(LIST, {"school": other_school.pk}).status_code == 404
    assert client.get(LIST, {"klass": klass.pk}).status_code == 404
    assert client.get(LIST, {"school": "abc"}).status_code == 404
    assert client.get(LIST, {"grade": "abc", "page": "zz", "state": "x"}).status_code == 200


def test_states_part_the_children(clerk, school, child):
    gone, out = make_student(school.county, "赵离校"), make_student(school.county, "孙旷课")
    enrol(gone, school, 4)
    leave(gone)
    enrol(out, school, 4)
    Absence.objects.create(
        student=out,
        school=school,
        kind=AbsenceKind.TRUANCY,
        first_day=dt.date(2025, 10, 9),
        recorded_by=clerk,
    )
    client = logged_in(clerk)

    with time_machine.travel("2025-10-20 09:00+08:00"):
        roll, absent, left, everybody = (
            page(client, LIST, state=s) for s in ("roll", "absent", "left", "all")
        )

    assert "赵离校" not in roll
    assert "疑似辍学 第 12 天" in roll
    assert "张若溪" not in absent
    assert "孙旷课" in absent
    assert "孙旷课" not in left
    assert "已离校 9月20日" in left
    assert all(name in everybody for name in ("张若溪", "赵离校", "孙旷课"))


def test_child_who_came_back_is_one_row(clerk, school, child):
    leave(child)
    enrol(child, school, 3, base=False, joined_on=dt.date(2025, 10, 8))

    text = page(logged_in(clerk), LIST, state="all")

    assert text.count(">张若溪</a>") == 1
    assert "已离校 9月" not in text


def test_disability_filter_only_where_permitted(clerk, school, klass, child):
    mark(child, CircumstanceKind.DISABILITY, clerk, detail="52")
    mark(child, CircumstanceKind.LEFT_BEHIND_BOTH, clerk)
    teacher = logged_in(make_user(school.county, Role.CLASS_TEACHER, klass))

    assert "张若溪" in page(logged_in(clerk), LIST, circumstance="disability")
    assert AccessLogEntry.objects.filter(user_id=clerk.pk, what="残疾情况", count=1).exists()
    offered = page(teacher, LIST)
    assert 'value="disability"' not in offered
    assert 'value="left_behind_both"' in offered
    # A word that is no choice narrows nothing, so it tells nothing.
    enrol(make_student(school.county, "吴健康"), school, 3, klass=klass)
    assert "吴健康" in page(teacher, LIST, circumstance="disability")
    assert "吴健康" not in page(teacher, LIST, circumstance="left_behind_both")


def test_inspector_filters_by_disability_but_not_by_poverty(county, clerk, child):
    mark(child, CircumstanceKind.P5, clerk)

    offered = page(logged_in(make_user(county, Role.INSPECTOR)), LIST)

    assert 'value="disability"' in offered
    assert 'value="P5"' not in offered


def test_number_in_an_address_is_not_searched(clerk, child):
    response = logged_in(clerk).get(LIST, {"q": child.id_number})

    assert response.status_code == 302
    assert child.id_number not in response["Location"]


def test_search_box_takes_names_to_the_list_and_one_hit_to_the_child(clerk, school, child):
    client = logged_in(clerk)

    assert client.post(SEARCH, {"q": "zrx"})["Location"] == reverse("reports:child", args=[child.pk])
    enrol(make_student(school.county, "张若希"), school, 3)
    several = client.post(SEARCH, {"q": "zrx", "grade": "3"})
    assert several["Location"] == f"{LIST}?grade=3&q=zrx&state=all"
    assert "请先输入" in client.post(SEARCH, {"q": " "}).content.decode()


def test_number_leads_to_the_child_and_the_reading_is_logged(clerk, child):
    client = logged_in(clerk)
    child.roll_number = f"G{child.id_number}"
    child.save()

    for number in (child.id_number, f" {child.id_number.lower()} ", child.roll_number):
        assert client.post(SEARCH, {"q": number})["Location"] == reverse("reports:child", args=[child.pk])
    entries = AccessLogEntry.objects.filter(what="按号码查找", student_id=child.pk)
    assert entries.count() == 3
    assert not any(child.id_number in entry.reason for entry in entries)


def test_number_of_a_child_elsewhere_is_answered_like_one_of_nobody(clerk, child, stranger):
    client = logged_in(clerk)
    nobody = "140499201809010015"

    elsewhere = client.post(SEARCH, {"q": stranger.id_number})
    nowhere = client.post(SEARCH, {"q": nobody})

    assert "本校没有这个号码的学生" in elsewhere.content.decode()
    assert stranger.name not in elsewhere.content.decode()

    def bare(response, number):
        text = response.content.decode().replace(number, "")
        return text[text.index("<main") : text.index("csrfmiddlewaretoken")]

    assert bare(elsewhere, stranger.id_number) == bare(nowhere, nobody)


def test_bureau_says_why_it_looks_for_a_number(reviewer, child):
    client = logged_in(reviewer)

    asked = client.post(SEARCH, {"q": child.id_number})
    assert "按号码查找的原因" in asked.content.decode()
    assert not AccessLogEntry.objects.filter(what="按号码查找").exists()
    unsaid = client.post(SEARCH, {"q": child.id_number, "reason": "other", "reason_text": ""})
    assert "请写明原因" in unsaid.content.decode()
    found = client.post(SEARCH, {"q": child.id_number, "reason": "register", "reason_text": ""})

    assert found["Location"] == reverse("reports:child", args=[child.pk])
    assert AccessLogEntry.objects.get(what="按号码查找").reason == "核对户口簿"


def test_class_teacher_may_not_search_by_number(school, klass, child):
    client = logged_in(make_user(school.county, Role.CLASS_TEACHER, klass))

    assert client.post(SEARCH, {"q": child.id_number}).status_code == 403
    assert client.post(SEARCH, {"q": "张若溪"}).status_code == 302


def test_sixty_searches_by_number_a_minute_are_enough(clerk, child):
    client = logged_in(clerk)
    for _ in range(60):
        client.post(SEARCH, {"q": "140499201809010015"})

    answer = client.post(SEARCH, {"q": "140499201809010015"})

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 60
    assert "140499201809010015" not in answer.content.decode()


def test_export_holds_the_filtered_rows_without_sensitive_fields(clerk, school, klass, child):
    enrol(make_student(school.county, "=王公式"), school, 5)

    answer = logged_in(clerk).get(EXPORT, {"grade": "3"})

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][3] == "姓名"
    assert [row[3] for row in rows[1:]] == ["张若溪"]
    assert rows[1][2] == "三（1）班"
    assert not any(child.id_number in str(value) for row in rows for value in row)
    entry = AccessLogEntry.objects.get(what="导出名册")
    assert (entry.count, entry.reason) == (1, "在籍、三年级")


def test_export_is_for_the_roles_of_the_matrix(county, clerk, child):
    inspector = logged_in(make_user(county, Role.INSPECTOR))

    assert "下载 .xlsx" not in page(inspector, LIST)
    assert inspector.get(EXPORT).status_code == 403
    assert inspector.get(EXPORT, {"grade": "3"}).status_code == 403


def test_five_exports_an_hour(clerk, child):
    client = logged_in(clerk)
    for _ in range(5):
        assert client.get(EXPORT).status_code == 200

    assert client.get(EXPORT).status_code == 429


def test_list_reads_are_logged_with_their_number(clerk, child):
    page(logged_in(clerk), LIST)

    assert AccessLogEntry.objects.get(user_id=clerk.pk, what="学生名册").count == 1


def test_list_asks_the_same_number_of_questions_however_long(clerk, school, klass, child):
    client = logged_in(clerk)
    page(client, LIST)
    with CaptureQueriesContext(
        connection,
    ) as one:
        page(client, LIST)
    for n in range(60):
        enrol(make_student(school.county, f"学生{n}"), school, 3, klass=klass)
    page(client, LIST)

    with CaptureQueriesContext(connection) as many:
        text = page(client, LIST)

    assert text.count('<th scope="row">') == 50
    assert len(many) == len(one)
    assert "第 1–50 人，共 61 人" in text
    assert text.count('<th scope="row">') == 50
    second = page(client, LIST, page="2", grade="3")
    assert second.count('<th scope="row">') == 11
    assert "grade=3" in second


def test_only_safe_methods_and_post_where_declared(clerk, child):
    client = logged_in(clerk)

    assert client.post(LIST).status_code == 405
    assert client.post(EXPORT).status_code == 405
    assert client.put(SEARCH).status_code == 405
    assert client.get(SEARCH).status_code == 200


def test_empty_lists_say_what_to_do(clerk, principal, school):
    assert "名册还是空的" in page(logged_in(clerk), LIST)
    assert reverse("students:roster-upload") not in page(logged_in(principal), LIST)
    enrol(make_student(school.county, "张若溪"), school, 3)
    nobody_out = page(logged_in(clerk), LIST, state="absent")
    assert "没有符合条件的学生" in nobody_out
    assert "当前条件：未在校" in nobody_out
