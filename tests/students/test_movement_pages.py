"""Pages of movements: the list, leaving, arriving, changing grade, undoing; effect on the return; double clicks."""

import datetime as dt
import re
import uuid

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLogEntry, AuditEntry
from monitoring.lines import figures_of
from monitoring.readings import printed, total
from schools.models import CountySetting, Role
from students.actions.absences import start_absence
from students.effects import Half, effect_of
from students.identity import make_id_number
from students.models import AbsenceKind, Enrolment, Movement, MovementKind, Student
from students.queries import current_enrolment
from tests.cast import appoint, enrol, fill, make_county, make_klass, make_school, make_student, make_user
from tests.students.facts import NOVEMBER, OCTOBER, arrive, close, depart, month_of
from tests.students.people import logged_in, page

DAY = dt.date(2025, 10, 8)


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def child(school):
    student = make_student(school.county, "王佳怡", dt.date(2017, 1, 5))
    enrol(student, school, 3, klass=make_klass(school, 3))
    return student


def token_in(text):
    return re.search(r'name="token" value="([0-9a-f-]{36})"', text)[1]


def typed(**values):
    return {
        "happened_on": "2025-10-08",
        "counterpart_text": "河北省邯郸市涉县实验小学",
        "reason_code": "moved",
        "reason_text": "",
        "token": str(uuid.uuid4()),
        **values,
    }


def depart_url(child, kind="transfer_out"):
    return reverse("students:movement-depart", args=[child.pk]) + f"?kind={kind}"


# --- leaving -----------------------------------------------------------------------------------------------------


def test_page_says_what_the_return_will_show_before_saving(child, school, clerk):
    fill(school, 2)

    text = page(logged_in(clerk), reverse("students:movement-depart", args=[child.pk]))

    assert "三年级 转出" in text
    assert "三年级 本月" in text
    assert "计入 2025年11月月报" in text
    assert not Movement.objects.exists()
    before = figures_of(school, month_of(school, NOVEMBER)).line(3).closing
    assert before == 3
    shown = re.findall(r"</span>([−+\d]+)</(?:del|ins)>", text)
    assert shown == ["0", "1", "3", "2", "19", "18"]


@pytest.mark.parametrize("rule", ["roll", "attending"])
@pytest.mark.parametrize("is_absent", [False, True])
def test_effect_equals_the_lines_before_and_after(child, school, clerk, rule, is_absent):
    children = fill(school, 2)
    CountySetting.objects.create(county=school.county, key="absent_rule", value=rule, set_by=clerk)
    start_absence(children[3][0], AbsenceKind.TRUANCY, first_day=DAY, reason_code="aversion", actor=clerk)
    if is_absent:
        start_absence(child, AbsenceKind.TRUANCY, first_day=DAY, reason_code="aversion", actor=clerk)
    month = month_of(school, NOVEMBER)

    enrolment = current_enrolment(child)
    enrolment.student = child
    effect = effect_of(school, [Half(MovementKind.TRANSFER_OUT, -1, 3, 2025)], DAY, enrolment=enrolment)
    before = figures_of(school, month)
    depart(child, clerk, DAY)
    after = figures_of(school, month)

    assert effect.month == month
    expected = []
    for figures in (before, after):
        line = printed(figures.line(3), rule)
        expected.append((line.transfer_out, line.closing, printed(total(figures.lines), rule).closing))
    assert [(change.before, change.after) for change in effect.changes] == list(zip(*expected, strict=True))


def test_departure_is_booked_and_leads_to_the_papers(child, clerk):
    answer = logged_in(clerk).post(depart_url(child), typed())

    movement = Movement.objects.get()
    assert answer.status_code == 302
    assert answer.url == reverse("students:evidence-list", args=["movement", movement.pk])
    assert (movement.kind, movement.happened_on, movement.counterpart_text) == (
        "transfer_out",
        DAY,
        "河北省邯郸市涉县实验小学",
    )
    assert movement.evidence_pending
    assert AuditEntry.objects.get().verb == "movement.transfer_out"


def test_papers_may_come_later(child, clerk):
    answer = logged_in(clerk).post(depart_url(child, "death"), typed(reason_code="illness", later="1"))

    movement = Movement.objects.get()
    assert answer.url == reverse("students:movement-detail", args=[movement.pk])
    assert (movement.kind, movement.evidence_pending) == ("death", True)


def test_kind_without_required_papers_waits_for_none(child, clerk):
    logged_in(clerk).post(depart_url(child, "removed"), typed(reason_code="duplicate"))

    assert not Movement.objects.get().evidence_pending


def test_double_click_books_one_departure_and_ends_on_the_same_page(child, clerk):
    client, said = logged_in(clerk), typed()

    first, second = client.post(depart_url(child), said), client.post(depart_url(child), said)

    assert first.url == second.url
    assert Movement.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_each_opening_of_the_form_has_its_own_token(child, clerk):
    client = logged_in(clerk)

    assert token_in(page(client, depart_url(child))) != token_in(page(client, depart_url(child)))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"happened_on": "2025-10-11"}, "“2025年10月11日”在今天之后"),
        ({"happened_on": "2025-09-31"}, "不是日期"),
        ({"happened_on": ""}, "必填"),
        ({"counterpart_text": ""}, "必填"),
        ({"reason_code": "illness"}, "所选原因不在列表里"),
        ({"reason_code": "other"}, "请写一句是什么原因"),
        ({"reason_text": "长" * 201}, "200"),
        ({"token": "x"}, "UUID"),
        ({"happened_on": "2023-01-01"}, "超过一年"),
    ],
)
def test_bad_input_is_named_and_what_was_typed_stays(child, clerk, said, message):
    answer = logged_in(clerk).post(depart_url(child), typed(**said))

    text = answer.content.decode()
    assert answer.status_code == 200
    assert message in text
    if "counterpart_text" not in said:
        assert "河北省邯郸市涉县实验小学" in text
    assert not Movement.objects.exists()


def test_child_of_another_school_is_not_there(child, other_clerk):
    client = logged_in(other_clerk)

    assert client.get(depart_url(child)).status_code == 404
    assert client.post(depart_url(child), typed()).status_code == 404
    assert not Movement.objects.exists()


def test_principal_sees_the_child_but_may_not_book(child, principal):
    client = logged_in(principal)

    assert client.get(depart_url(child)).status_code == 403
    assert client.post(depart_url(child), typed()).status_code == 403
    assert not Movement.objects.exists()


def test_child_that_has_left_cannot_leave_again(child, clerk):
    depart(child, clerk, DAY)

    answer = logged_in(clerk).post(depart_url(child), typed())

    assert answer.status_code == 409
    assert "现在没有学籍" in answer.content.decode()
    assert Movement.objects.count() == 1


def test_effect_part_follows_the_day_and_changes_nothing(child, school, clerk):
    close(school, OCTOBER)
    url = reverse("students:movement-effect", args=[child.pk])

    text = page(logged_in(clerk), url, kind="death", happened_on="2025-09-20")

    assert "三年级 其他" in text
    assert "补报 2025年10月" in text
    assert page(logged_in(clerk), url, kind="x", happened_on="2025-13-99")
    assert not Movement.objects.exists()


def test_full_number_never_stands_on_the_page(child, clerk):
    text = page(logged_in(clerk), depart_url(child))

    assert child.id_number not in text
    assert f"{child.id_number[:6]}********{child.id_number[-4:]}" in text


# --- changing grade ----------------------------------------------------------------------------------------------


def test_retained_child_changes_grade_and_class(child, school, clerk):
    klass = make_klass(school, 2)
    url = reverse("students:movement-regrade", args=[child.pk]) + "?kind=retained"
    client, said = logged_in(clerk), typed(reason_code="illness", klass=klass.pk)
    assert "二年级 其他" in page(client, url)

    first, second = client.post(url, said), client.post(url, said)

    assert first.url == second.url
    assert Movement.objects.count() == 2
    now = current_enrolment(child)
    assert (now.grade, now.klass) == (2, klass)


def test_class_of_the_wrong_grade_is_not_offered(child, school, clerk):
    url = reverse("students:movement-regrade", args=[child.pk]) + "?kind=retained"

    answer = logged_in(clerk).post(url, typed(reason_code="illness", klass=make_klass(school, 5).pk))

    assert answer.status_code == 200
    assert not Movement.objects.exists()


def test_first_grade_offers_no_retention(school, clerk):
    student = make_student(school.county)
    enrol(student, school, 1)

    text = page(logged_in(clerk), reverse("students:movement-regrade", args=[student.pk]) + "?kind=retained")

    assert "登记跳级" in text
    assert "kind=retained" not in text


# --- undoing -----------------------------------------------------------------------------------------------------


def test_open_month_page_says_void_and_voids_once(child, clerk):
    movement = depart(child, clerk, DAY)
    url, client = reverse("students:movement-undo", args=[movement.pk]), logged_in(clerk)
    assert "这一笔将直接作废" in page(client, url)

    first, second = client.post(url, {"reason": "登记错人"}), client.post(url, {"reason": "登记错人"})

    movement.refresh_from_db()
    assert first.url == second.url == reverse("students:movement-detail", args=[movement.pk])
    assert movement.void_reason == "登记错人"
    assert AuditEntry.objects.filter(verb="movement.undo").count() == 1


def test_closed_month_page_says_correction_and_books_one(child, school, clerk):
    movement = depart(child, clerk, dt.date(2025, 10, 1))
    close(school, OCTOBER)
    url, client = reverse("students:movement-undo", args=[movement.pk]), logged_in(clerk)
    text = page(client, url)
    assert "2025年10月月报已送签，不能直接删除" in text
    assert "将在 2025年11月“其他”记一笔更正" in text

    client.post(url, {"reason": "没有走成"})
    client.post(url, {"reason": "没有走成"})

    assert Movement.objects.filter(kind="correction").count() == 1
    assert "已由" in page(client, reverse("students:movement-detail", args=[movement.pk]))


def test_undo_without_reason_is_refused(child, clerk):
    movement = depart(child, clerk, DAY)

    answer = logged_in(clerk).post(reverse("students:movement-undo", args=[movement.pk]), {"reason": " "})

    movement.refresh_from_db()
    assert answer.status_code == 200
    assert movement.is_live


def test_earlier_fact_names_the_later_one_and_offers_no_button(child, school, clerk):
    first = depart(child, clerk, DAY)
    second = arrive(child, school, clerk, DAY)

    text = page(logged_in(clerk), reverse("students:movement-undo", args=[first.pk]))

    assert "请先从最近的一笔撤起" in text
    assert reverse("students:movement-detail", args=[second.pk]) in text
    assert 'name="reason"' not in text


def test_undo_is_the_schools_own(child, clerk, other_clerk, principal):
    movement = depart(child, clerk, DAY)
    url = reverse("students:movement-undo", args=[movement.pk])

    assert logged_in(other_clerk).post(url, {"reason": "x"}).status_code == 404
    assert logged_in(principal).post(url, {"reason": "x"}).status_code == 403
    movement.refresh_from_db()
    assert movement.is_live


# --- the list ----------------------------------------------------------------------------------------------------


def test_list_filters_and_survives_odd_addresses(child, school, clerk):
    close(school, OCTOBER)
    late = depart(child, clerk, dt.date(2025, 9, 20))
    other = make_student(school.county, "李小明")
    arrive(other, school, clerk, DAY)
    client, url = logged_in(clerk), reverse("students:movement-list")

    assert {"王佳怡", "李小明"} <= set(re.findall(r">([\u4e00-\u9fff]{3})</a>", page(client, url)))
    for asked, present in (
        ({"late": "on"}, {"王佳怡"}),
        ({"kind": "added"}, {"李小明"}),
        ({"q": "lxm"}, {"李小明"}),
        ({"q": "王佳"}, {"王佳怡"}),
        ({"month": "2025-11"}, {"王佳怡", "李小明"}),
        ({"pending": "on"}, set()),
        ({"voided": "on"}, set()),
        ({"month": "2025-99", "kind": "x", "page": "9999"}, {"王佳怡", "李小明"}),
    ):
        text = page(client, url, **asked)
        assert {name for name in ("王佳怡", "李小明") if f">{name}</a>" in text} == present, asked
    logged_in(clerk).post(reverse("students:movement-undo", args=[late.pk]), {"reason": "错"})
    assert ">王佳怡</a>" in page(client, url, voided="on")


def test_number_is_not_searched_in_an_address(child, clerk):
    depart(child, clerk, DAY)

    text = page(logged_in(clerk), reverse("students:movement-list"), q="140499201701050010")

    assert "号码不能在这里查" in text


def test_list_shows_only_the_own_school(child, clerk, other_clerk, reviewer, leader):
    depart(child, clerk, DAY)
    url = reverse("students:movement-list")

    assert "王佳怡" not in page(logged_in(other_clerk), url)
    assert "王佳怡" in page(logged_in(reviewer), url)
    assert logged_in(leader).get(url).status_code == 403


def test_list_takes_the_same_queries_for_one_row_and_for_fifty(school, clerk):
    client, url = logged_in(clerk), reverse("students:movement-list")
    arrive(make_student(school.county, "甲"), school, clerk, DAY)
    page(client, url)
    with CaptureQueriesContext(connection) as one:
        page(client, url)
    for number in range(54):
        arrive(make_student(school.county, f"乙{number}"), school, clerk, DAY)
    page(client, url)
    with CaptureQueriesContext(connection) as fifty:
        text = page(client, url, kind="added")

    assert len(fifty) == len(one)
    assert "第 1–50 笔，共 55 笔" in text
    assert "kind=added&amp;page=2" in text


# --- choosing a child --------------------------------------------------------------------------------------------


def test_namesakes_are_told_apart_by_class_and_birth_date(child, school, other_school, clerk):
    twin = make_student(school.county, "王佳怡", dt.date(2018, 6, 7))
    enrol(twin, school, 2)
    stranger = make_student(school.county, "王佳怡", dt.date(2016, 2, 2))
    enrol(stranger, other_school, 4)
    url = reverse("students:movement-pick", args=["depart"])

    text = logged_in(clerk).post(url, {"q": "wjy"}).content.decode()

    assert "2017年1月5日" in text
    assert "三（1）班" in text
    assert "2018年6月7日" in text
    assert "2016年2月2日" not in text
    assert reverse("students:movement-depart", args=[twin.pk]) in text


def test_child_is_found_by_the_full_number_that_is_posted(child, clerk):
    text = (
        logged_in(clerk)
        .post(reverse("students:movement-pick", args=["depart"]), {"q": child.id_number})
        .content.decode()
    )

    assert reverse("students:movement-depart", args=[child.pk]) in text


def test_unknown_purpose_is_not_there_and_others_may_not_pick(clerk, principal):
    assert logged_in(clerk).get(reverse("students:movement-pick", args=["x"])).status_code == 404
    assert logged_in(principal).get(reverse("students:movement-pick", args=["depart"])).status_code == 403


# --- arriving ----------------------------------------------------------------------------------------------------

BOY = make_id_number("140499", dt.date(2017, 3, 4), 135)
CHECK = {"kind": "transfer_in", "name": "高思远", "id_number": BOY}
ELSEWHERE = "这名学生在县内已有学籍"


def check(client, **values):
    return client.post(reverse("students:movement-arrive"), {**CHECK, **values})


def booking(school, **values):
    return {
        "kind": "transfer_in",
        "school": school.pk,
        "name": "高思远",
        "id_type": "1",
        "id_number": BOY,
        "ethnicity": "01",
        "boarding": "1",
        "happened_on": "2025-10-08",
        "grade": "3",
        "counterpart_text": "河北省涉县第一小学",
        "reason_code": "work",
        "token": str(uuid.uuid4()),
        **values,
    }


def known(school, name="高思远", **values):
    return make_student(school.county, name, dt.date(2017, 3, 4), id_number=BOY, **values)


def test_unknown_number_leads_to_the_person_with_what_was_typed(school, clerk):
    text = check(logged_in(clerk)).content.decode()

    assert "县内还没有这名学生的档案" in text
    assert f'value="{BOY}"' in text
    assert AccessLogEntry.objects.filter(what="转入核对证件号码").count() == 1


def test_new_child_arrives_once_for_two_clicks(school, clerk):
    url, client, said = reverse("students:movement-arrive-book"), logged_in(clerk), booking(school)

    first, second = client.post(url, said), client.post(url, said)

    movement = Movement.objects.get()
    assert first.url == second.url == reverse("students:evidence-list", args=["movement", movement.pk])
    student = Student.objects.get()
    assert (student.name, student.id_number, student.birth_date) == ("高思远", BOY, dt.date(2017, 3, 4))
    assert current_enrolment(student).grade == 3
    assert BOY not in first.url


def test_both_halves_of_the_form_are_checked_at_once(school, clerk):
    said = booking(school, id_number=BOY[:-1] + "0", grade="", counterpart_text="")

    text = logged_in(clerk).post(reverse("students:movement-arrive-book"), said).content.decode()

    assert "末位校验不对" in text
    assert text.count("必填") >= 2
    assert not Student.objects.exists()


def test_child_known_without_a_roll_is_used_again(school, other_school, clerk, other_clerk):
    student = known(school)
    enrolment = enrol(student, other_school, 6)
    Enrolment.objects.filter(pk=enrolment.pk).update(left_on=dt.date(2025, 8, 1), graduated=True)
    client = logged_in(clerk)
    text = check(client, kind="promoted_in").content.decode()
    assert "接着用原来的" in text
    assert BOY not in text
    token = re.search(r'name="child" value="([^"]+)"', text)[1]

    said = booking(school, kind="promoted_in", child=token, grade="7", reason_code="promotion")
    answer = client.post(reverse("students:movement-arrive-book"), said)

    assert answer.status_code == 302
    assert Student.objects.count() == 1
    movement = Movement.objects.get()
    assert (movement.student, movement.kind, movement.counting_grade) == (student, "promoted_in", 7)


def test_number_with_another_name_is_refused_in_the_same_words(school, other_school, clerk):
    student = known(school)
    client, answers = logged_in(clerk), set()
    for enrolled in (None, other_school):
        if enrolled:
            enrol(student, enrolled, 3)
        text = check(client, name="高思圆").content.decode()
        answers.add(re.search(r"这个证件号码和姓名对不上[^<]+", text)[0])
        assert ELSEWHERE not in text

    assert len(answers) == 1
    assert not Movement.objects.exists()


def test_child_elsewhere_gets_the_same_words_whichever_school(school, other_school, clerk):
    third, pages = make_school(school.county), []
    student = known(school)
    enrolment = enrol(student, other_school, 3)
    for place in (other_school, third):
        Enrolment.objects.filter(pk=enrolment.pk).update(school=place)
        text = check(logged_in(clerk)).content.decode()
        assert place.name not in text
        assert "向原学校申请转入" in text
        pages.append(
            re.sub(r'(name="(?:child|csrfmiddlewaretoken)" value=")[^"]*|X-CSRFToken": "[^"]*', "", text)
        )

    assert pages[0] == pages[1]


def test_child_of_the_own_roll_needs_no_arrival(school, clerk):
    enrol(known(school), school, 3)

    text = check(logged_in(clerk)).content.decode()

    assert "已在本校名册上" in text


def test_child_of_another_county_is_unknown(school, clerk):
    make_student(make_county(), "高思远", dt.date(2017, 3, 4), id_number=BOY)

    assert "县内还没有这名学生的档案" in check(logged_in(clerk)).content.decode()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"id_number": ""}, "身份证号或其他证件号码必填"),
        ({"id_number": BOY[:-1]}, "有 17 位"),
        ({"without_number": "on"}, "请留下一个"),
        ({"name": ""}, "必填"),
        ({"name": "高?远"}, "生僻字"),
        ({"kind": "death"}, "death"),
    ],
)
def test_first_step_names_what_is_wrong(school, clerk, said, message):
    assert message in check(logged_in(clerk), **said).content.decode()


def test_token_of_a_child_belongs_to_the_person_who_got_it(school, other_school, clerk, other_clerk):
    known(school)
    token = re.search(r'name="child" value="([^"]+)"', check(logged_in(clerk)).content.decode())[1]

    answer = logged_in(other_clerk).post(
        reverse("students:movement-arrive-book"), booking(other_school, child=token)
    )

    assert answer.status_code == 409
    assert not Movement.objects.exists()


def test_arrival_at_a_school_of_others_is_not_there(school, other_clerk, principal):
    url = reverse("students:movement-arrive-book")

    assert logged_in(other_clerk).post(url, booking(school)).status_code == 404
    assert logged_in(principal).post(url, booking(school)).status_code == 403
    assert logged_in(principal).get(reverse("students:movement-arrive")).status_code == 403
    assert not Student.objects.exists()


def test_clerk_of_two_schools_says_which(school, other_school, clerk):
    appoint(clerk, Role.CLERK, other_school)
    client = logged_in(clerk)
    assert str(other_school) in page(client, reverse("students:movement-arrive"))

    text = check(client, school=other_school.pk).content.decode()

    assert f'name="school" value="{other_school.pk}"' in text


def test_effect_of_an_arrival(school, clerk):
    fill(school, 1)
    url = reverse("students:movement-arrive-effect", args=[school.pk])

    text = page(logged_in(clerk), url, kind="transfer_in", grade="3", happened_on="2025-10-08")

    assert "三年级 转入" in text
    assert re.findall(r"</span>([−+\d]+)</(?:del|ins)>", text) == ["0", "1", "1", "2", "9", "10"]
    assert "选好年级后显示" in page(logged_in(clerk), url, kind="transfer_in", grade="x")


def test_class_teacher_sees_movements_of_the_own_class(child, school, clerk):
    teacher = make_user(school.county, Role.CLASS_TEACHER, child.enrolments.get().klass)
    stranger = make_user(school.county, Role.CLASS_TEACHER, make_klass(school, 5))
    depart(child, clerk, DAY)

    assert "王佳怡" in page(logged_in(teacher), reverse("students:movement-list"))
    assert "王佳怡" not in page(logged_in(stranger), reverse("students:movement-list"))
