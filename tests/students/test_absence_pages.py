"""Pages of absences: who is not in school and since when; begin, follow up, end, void."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from schools.models import Role
from students.actions.absences import end_absence, start_absence, void_absence
from students.actions.transfers import begin_transfer_out
from students.models import Absence, AbsenceKind
from tests.cast import enrol, make_klass, make_student, make_user
from tests.students.people import logged_in, page

TODAY = dt.date(2025, 10, 10)


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def klass(school):
    return make_klass(school, 3)


@pytest.fixture
def child(school, klass):
    student = make_student(school.county, "王佳怡", dt.date(2017, 1, 5))
    enrol(student, school, 3, klass=klass)
    return student


def url(name, *args):
    return reverse(f"students:absence-{name}", args=args)


def start(child, actor, days=1, kind=AbsenceKind.TRUANCY, **said):
    first_day = TODAY - dt.timedelta(days=days - 1)
    return start_absence(child, kind, first_day=first_day, actor=actor, **{"reason_code": "aversion", **said})


def typed(**values):
    return {
        "first_day": "2025-10-08",
        "reason_code": "aversion",
        "reason_text": "",
        "expected_back_on": "",
        "responsible_teacher": "李老师",
        "follow_up": "已电话联系家长",
        **values,
    }


def test_spell_is_recorded_with_its_follow_up(child, clerk):
    client = logged_in(clerk)
    assert "厌学或学习困难" in page(client, url("start", child.pk))

    answer = client.post(url("start", child.pk), typed())

    spell = Absence.objects.get()
    assert answer.url == url("detail", spell.pk)
    assert (spell.kind, spell.first_day, spell.responsible_teacher, spell.follow_up) == (
        "truancy",
        dt.date(2025, 10, 8),
        "李老师",
        "已电话联系家长",
    )
    assert "第 3 天" in page(client, url("detail", spell.pk))


def test_suspension_asks_for_its_papers(child, clerk):
    address = url("start", child.pk) + "?kind=suspension"
    client = logged_in(clerk)
    assert "休学申请表" in page(client, address)

    answer = client.post(address, typed(reason_code="illness"))

    spell = Absence.objects.get()
    assert answer.url == reverse("students:evidence-list", args=["absence", spell.pk])
    assert (spell.kind, spell.evidence_pending) == ("suspension", True)


def test_double_click_records_one_spell(child, clerk):
    client = logged_in(clerk)

    first, second = client.post(url("start", child.pk), typed()), client.post(url("start", child.pk), typed())

    assert first.url == second.url
    assert Absence.objects.count() == 1
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"first_day": "2025-10-11"}, "在今天之后"),
        ({"first_day": "2025-02-30"}, "不是日期"),
        ({"expected_back_on": "2025-10-08"}, "不晚于首日 10月8日"),
        ({"reason_code": ""}, "必填"),
        ({"reason_code": "other"}, "请写一句"),
        ({"follow_up": "长" * 201}, "200"),
    ],
)
def test_bad_input_is_named_and_what_was_typed_stays(child, clerk, said, message):
    text = logged_in(clerk).post(url("start", child.pk), typed(**said)).content.decode()

    assert message in text
    assert "李老师" in text
    assert not Absence.objects.exists()


def test_child_already_absent_is_told_so(child, clerk):
    start(child, clerk, days=5)

    text = logged_in(clerk).post(url("start", child.pk), typed()).content.decode()

    assert "自 10月6日 起已登记为旷课" in text


def test_who_may_record(child, school, other_clerk, principal, klass):
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)
    other_teacher = make_user(school.county, Role.CLASS_TEACHER, make_klass(school, 5))

    assert logged_in(other_clerk).post(url("start", child.pk), typed()).status_code == 404
    assert logged_in(other_teacher).post(url("start", child.pk), typed()).status_code == 404
    assert logged_in(principal).post(url("start", child.pk), typed()).status_code == 403
    assert not Absence.objects.exists()
    assert logged_in(teacher).post(url("start", child.pk), typed()).status_code == 302
    assert "王佳怡" in page(logged_in(teacher), url("list"))
    assert "王佳怡" not in page(logged_in(other_teacher), url("list"))


def test_teacher_finds_children_of_the_own_class_to_record(child, school, klass):
    other = make_student(school.county, "王佳佳")
    enrol(other, school, 5)
    teacher = logged_in(make_user(school.county, Role.CLASS_TEACHER, klass))

    text = teacher.post(reverse("students:movement-pick", args=["absence"]), {"q": "wj"}).content.decode()

    assert url("start", child.pk) in text
    assert url("start", other.pk) not in text
    assert teacher.get(reverse("students:movement-pick", args=["depart"])).status_code == 403


def test_day_back_ends_the_spell_once_for_two_clicks(child, clerk):
    spell, client = start(child, clerk, days=5), logged_in(clerk)
    assert "登记返校" in page(client, url("end", spell.pk))
    said = {"returned_on": "2025-10-10", "seen_revision": 1}

    first, second = client.post(url("end", spell.pk), said), client.post(url("end", spell.pk), said)

    spell.refresh_from_db()
    assert first.url == second.url
    assert spell.returned_on == TODAY
    assert AuditEntry.objects.filter(verb="absence.end").count() == 1


@pytest.mark.parametrize(
    ("day", "message"),
    [("2025-10-06", "不晚于首日 10月6日"), ("2025-10-11", "在今天之后"), ("x", "不是日期")],
)
def test_impossible_day_back_is_named(child, clerk, day, message):
    spell = start(child, clerk, days=5)

    text = (
        logged_in(clerk).post(url("end", spell.pk), {"returned_on": day, "seen_revision": 1}).content.decode()
    )

    assert message in text
    spell.refresh_from_db()
    assert spell.returned_on is None


def test_edit_changes_kind_and_reason_together(child, clerk):
    spell, client = start(child, clerk), logged_in(clerk)
    assert 'value="truancy:aversion" selected' in page(client, url("edit", spell.pk))

    client.post(url("edit", spell.pk), typed(reason_code="long_leave:illness", seen_revision=1))

    spell.refresh_from_db()
    assert (spell.kind, spell.reason_code, spell.revision) == ("long_leave", "illness", 2)


def test_edit_from_an_old_page_is_told_so(child, clerk):
    spell, client = start(child, clerk), logged_in(clerk)
    client.post(url("edit", spell.pk), typed(reason_code="truancy:work", seen_revision=1))

    answer = client.post(
        url("edit", spell.pk), typed(reason_code="truancy:poverty", seen_revision=1), follow=True
    )

    assert "没有保存" in answer.content.decode()
    spell.refresh_from_db()
    assert spell.reason_code == "work"


def test_in_transfer_keeps_its_kind(child, other_school, clerk):
    transfer = begin_transfer_out(
        child, other_school, last_attended_on=TODAY, grade=3, reason_code="moved", actor=clerk
    )
    address, client = url("edit", transfer.absence_id), logged_in(clerk)
    assert "truancy:" not in page(client, address)

    client.post(address, typed(reason_code="in_transfer:transfer", seen_revision=1))

    spell = Absence.objects.get()
    assert (spell.kind, spell.follow_up) == ("in_transfer", "已电话联系家长")


def test_void_needs_a_reason_and_happens_once(child, clerk):
    spell, client = start(child, clerk), logged_in(clerk)
    assert client.post(url("void", spell.pk), {"reason": "", "seen_revision": 1}).status_code == 200
    said = {"reason": "记错人", "seen_revision": 1}

    first, second = client.post(url("void", spell.pk), said), client.post(url("void", spell.pk), said)

    assert first.url == second.url
    spell.refresh_from_db()
    assert spell.void_reason == "记错人"
    assert AuditEntry.objects.filter(verb="absence.void").count() == 1


def test_steps_of_a_spell_are_the_schools_own(child, clerk, other_clerk, principal):
    spell = start(child, clerk)
    said = {"reason": "x", "returned_on": "2025-10-10", "seen_revision": 1}

    for name in ("edit", "end", "void"):
        assert logged_in(other_clerk).post(url(name, spell.pk), said).status_code == 404
        assert logged_in(principal).post(url(name, spell.pk), said).status_code == 403
    assert page(logged_in(principal), url("detail", spell.pk))
    spell.refresh_from_db()
    assert (spell.revision, spell.returned_on, spell.voided_at) == (1, None, None)


def test_list_labels_by_the_countys_days(school, clerk):
    for name, days, kind in (
        ("甲一", 7, AbsenceKind.TRUANCY),
        ("乙二", 8, AbsenceKind.TRUANCY),
        ("丙三", 28, AbsenceKind.NOT_REGISTERED),
        ("丁四", 40, AbsenceKind.LONG_LEAVE),
    ):
        student = make_student(school.county, name)
        enrol(student, school, 3)
        start(student, clerk, days=days, kind=kind)
    client = logged_in(clerk)

    def names(tab):
        text = page(client, url("list"), tab=tab)
        return {name for name in ("甲一", "乙二", "丙三", "丁四") if f">{name}</a>" in text}

    assert names("open") == {"甲一", "乙二", "丙三", "丁四"}
    assert names("suspected") == {"乙二"}
    assert names("dropout") == {"丙三"}
    assert names("over") == names("voided") == set()


def test_list_keeps_ended_and_voided_apart_and_filters(child, school, clerk):
    other = make_student(school.county, "李小明")
    enrol(other, school, 3)
    ended, voided = start(child, clerk, days=5), start(other, clerk, days=5)
    end_absence(ended, returned_on=TODAY, actor=clerk, seen_revision=1)
    void_absence(voided, reason="错", actor=clerk, seen_revision=1)
    client = logged_in(clerk)

    assert ">王佳怡</a>" in page(client, url("list"), tab="over")
    assert ">李小明</a>" in page(client, url("list"), tab="voided")
    assert ">王佳怡</a>" not in page(client, url("list"), tab="over", q="lxm")
    assert ">王佳怡</a>" not in page(client, url("list"), tab="over", kind="suspension")
    assert "号码不能在这里查" in page(client, url("list"), q="140499201701050010")


def test_list_takes_the_same_queries_for_one_row_and_for_fifty(school, clerk):
    client = logged_in(clerk)

    def start_some(count):
        for number in range(count):
            student = make_student(school.county, f"甲{number}")
            enrol(student, school, 3)
            start(student, clerk, days=9)

    start_some(1)
    page(client, url("list"))
    with CaptureQueriesContext(connection) as one:
        page(client, url("list"))
    start_some(54)
    page(client, url("list"))
    with CaptureQueriesContext(connection) as fifty:
        text = page(client, url("list"))

    assert len(fifty) == len(one)
    assert "共 55 人" in text
