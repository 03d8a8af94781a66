"""The child's page: who sees what, the timeline, readings of masked values."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLogEntry
from schools.models import Role
from students.actions.absences import end_absence, start_absence
from students.actions.circumstances import add_circumstance, set_placement
from students.actions.movements import Fact, record_departure
from students.actions.people import Identity, change_klass, correct_identity
from students.actions.transfers import begin_transfer_out, confirm_transfer
from students.actions.undo import undo_movement
from students.models import (
    Absence,
    AbsenceKind,
    CircumstanceKind,
    MovementKind,
    PeriodState,
    PlacementKind,
    RollPeriod,
    Student,
)
from tests.cast import PASSWORD, enrol, make_klass, make_student, make_user
from tests.students.people import logged_in, make_guardian, page

MORNING = "2025-10-20 09:00+08:00"
FIRST = dt.date(2025, 9, 1)


@pytest.fixture(autouse=True)
def _october():
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def klass(school):
    return make_klass(school, 3, 1)


@pytest.fixture
def child(school, klass):
    student = make_student(
        school.county,
        "张若溪",
        dt.date(2016, 3, 12),
        address="柏坪镇河西村七组",
        household_place="石泉乡上庄村",
    )
    student.roll_number = f"G{student.id_number}"
    student.save()
    enrol(student, school, 3, klass=klass)
    return student


@pytest.fixture
def guardian(child):
    return make_guardian(child, id_number="140499198809010013", works_at="长治市某厂")


def at(child):
    return reverse("reports:child", args=[child.pk])


def reveal(client, child, value="id_number", reason="register", **said):
    address = reverse("reports:child-reveal", args=[child.pk])
    return client.post(
        address, {"value": value, "reason": reason, "reason_text": "", "password": PASSWORD, **said}
    )


def test_page_shows_the_child_masked(clerk, child, guardian):
    text = page(logged_in(clerk), at(child))

    assert "张若溪" in text
    assert "9 岁，三（1）班" in text
    assert f"{child.id_number[:6]}********{child.id_number[-4:]}" in text
    assert "138****1234" in text
    assert "柏坪镇河西村七组" in text
    assert child.id_number not in text
    assert guardian.phone not in text
    assert guardian.id_number not in text
    assert AccessLogEntry.objects.filter(user_id=clerk.pk, student_id=child.pk, what="学生页").count() == 1


def test_who_sees_what_by_the_matrix(
    county, school, klass, clerk, principal, central_school, reviewer, child, guardian
):
    add_circumstance(child, CircumstanceKind.DISABILITY, valid_from=FIRST, detail="52", actor=clerk)
    add_circumstance(child, CircumstanceKind.P5, valid_from=FIRST, detail="rural", actor=clerk)
    add_circumstance(child, CircumstanceKind.MIGRANT, valid_from=FIRST, actor=clerk)
    teacher, inspector = make_user(county, Role.CLASS_TEACHER, klass), make_user(county, Role.INSPECTOR)
    signs = {
        "contacts": "138****1234",
        "address": "柏坪镇河西村七组",
        "disability": "残疾（智力二级）",
        "poverty": "城乡低保家庭（农村低保）",
        "migrant": "随迁子女",
        "reveal": "查看完整号码",
        "edit": reverse("students:student-correct", args=[child.pk]),
        "readings": "谁看过</h2>",
    }
    everything = set(signs)
    expected = {
        clerk: everything - {"readings"},
        principal: everything - {"edit"},
        central_school: everything - {"edit"},
        reviewer: everything - {"edit", "address", "readings"},
        teacher: {"contacts", "address", "migrant", "reveal"},
        inspector: {"disability", "migrant"},
    }

    for user, sees in expected.items():
        text = page(logged_in(user), at(child))
        assert {name for name, sign in signs.items() if sign in text} == sees, user.memberships.first()


@pytest.mark.parametrize("role", [Role.LEADER, Role.ADMINISTRATOR, Role.AUDITOR, Role.AID_OFFICER])
def test_county_roles_without_names_find_no_child(county, child, role):
    client = logged_in(make_user(county, role))

    assert client.get(at(child)).status_code == 404
    assert reveal(client, child).status_code == 404


def test_other_school_class_and_township_find_no_child(school, other_clerk, child):
    other_class = make_user(school.county, Role.CLASS_TEACHER, make_klass(school, 3, 2))
    township = make_user(school.county, Role.TOWNSHIP, school.township)

    for user in (other_clerk, other_class, township):
        assert logged_in(user).get(at(child)).status_code == 404
        assert reveal(logged_in(user), child).status_code == 404


def test_reading_of_disability_and_poverty_is_logged(clerk, school, klass, child):
    page(logged_in(clerk), at(child))
    assert not AccessLogEntry.objects.filter(what__in=["残疾情况", "困难情况"]).exists()
    add_circumstance(child, CircumstanceKind.P9, valid_from=FIRST, actor=clerk)
    add_circumstance(child, CircumstanceKind.X1, valid_from=FIRST, actor=clerk)
    page(logged_in(clerk), at(child))
    page(logged_in(make_user(school.county, Role.CLASS_TEACHER, klass)), at(child))

    for what in ("残疾情况", "困难情况"):
        assert AccessLogEntry.objects.get(what=what).user_id == clerk.pk


def test_past_school_keeps_basic_data_of_its_own_time(
    clerk, principal, other_clerk, school, other_school, child, guardian
):
    add_circumstance(child, CircumstanceKind.MIGRANT, valid_from=FIRST, actor=clerk)
    transfer = begin_transfer_out(
        child, other_school, grade=3, last_attended_on=dt.date(2025, 10, 9), reason_code="moved", actor=clerk
    )
    confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 10, 13))
    later = start_absence(
        child, AbsenceKind.TRUANCY, first_day=dt.date(2025, 10, 16), actor=other_clerk, reason_code="aversion"
    )

    for user in (clerk, principal):
        text = page(logged_in(user), at(child))
        assert "离开" in text
        assert f"转出：去往 {other_school.name}" in text
        for hidden in (
            "138****",
            child.id_number[-4:],
            "河西村",
            "随迁子女",
            "旷课",
            "厌学",
            "查看完整号码",
            "谁看过",
        ):
            assert hidden not in text, hidden
        assert reveal(logged_in(user), child).status_code == 403
    new = page(logged_in(other_clerk), at(child))
    assert all(
        shown in new for shown in ("138****1234", "随迁子女", "旷课 第 5 天", "河西村七组", "转出：去往")
    )
    assert reverse("students:absence-detail", args=[later.pk]) in new
    # The page of the old school's half stays with the old school.
    assert reverse("students:movement-detail", args=[child.movements.first().pk]) not in new


def test_departed_child_is_whole_for_the_bureau_only(clerk, reviewer, child, guardian):
    record_departure(child, MovementKind.ABROAD, fact=Fact(dt.date(2025, 10, 9), "settled"), actor=clerk)

    assert "138****1234" in page(logged_in(reviewer), at(child))
    old = page(logged_in(clerk), at(child))
    assert "138****" not in old
    assert "已离校" in old
    assert "撤销或更正" in old


@pytest.mark.parametrize(
    ("kind", "first_day", "badge", "is_red"),
    [
        (AbsenceKind.TRUANCY, dt.date(2025, 10, 14), "旷课 第 7 天", False),
        (AbsenceKind.TRUANCY, dt.date(2025, 10, 13), "疑似辍学 第 8 天", True),
        (AbsenceKind.NOT_REGISTERED, dt.date(2025, 9, 24), "疑似辍学 第 27 天", True),
        (AbsenceKind.TRUANCY, dt.date(2025, 9, 23), "辍学 第 28 天", True),
        (AbsenceKind.LONG_LEAVE, dt.date(2025, 9, 2), "长假 第 49 天", False),
    ],
)
def test_absence_is_named_by_its_days(clerk, school, child, kind, first_day, badge, is_red):
    Absence.objects.create(student=child, school=school, kind=kind, first_day=first_day, recorded_by=clerk)

    text = page(logged_in(clerk), at(child))

    look = "now" if is_red else "wait"
    assert f'<span class="badge-s {look}">{badge}</span>' in text
    assert "登记返校" in text


def test_buttons_follow_the_role(clerk, school, klass, principal, child):
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)

    assert all(
        word in page(logged_in(clerk), at(child))
        for word in ("登记离校", "转往本县学校", "登记未在校", "调班")
    )
    assert "登记未在校" in page(logged_in(teacher), at(child))
    assert "登记离校" not in page(logged_in(teacher), at(child))
    assert "登记未在校" not in page(logged_in(principal), at(child))


def test_timeline_tells_everything_newest_first(clerk, principal, school, child):
    with time_machine.travel("2025-09-10 09:00+08:00"):
        spell = start_absence(
            child, AbsenceKind.SUSPENSION, first_day=dt.date(2025, 9, 8), actor=clerk, reason_code="illness"
        )
        add_circumstance(child, CircumstanceKind.LEFT_BEHIND_BOTH, valid_from=FIRST, actor=clerk)
        set_placement(child, PlacementKind.INCLUSIVE, valid_from=dt.date(2025, 9, 3), actor=clerk)
    with time_machine.travel("2025-09-26 09:00+08:00"):
        end_absence(spell, returned_on=dt.date(2025, 9, 22), actor=clerk, seen_revision=1)
        change_klass(child, make_klass(school, 3, 2), actor=clerk, seen_revision=1)
    with time_machine.travel("2025-10-10 09:00+08:00"):
        child.refresh_from_db()
        identity = Identity("张若曦", child.sex, child.birth_date, child.id_type, child.id_number)
        correct_identity(child, identity, reason="对照户口簿", actor=clerk, seen_revision=child.revision)
    reveal(logged_in(principal), child)

    text = page(logged_in(principal), at(child))

    order = [
        "查看完整身份证号：申远志",
        "更正身份信息：姓名 张若溪 → 张若曦",
        "调班：三（1）班 → 三（2）班",
        "复学",
        "开始未在校：休学",
        "安置：随班就读",
        "特殊情况：双亲留守",
        "名册建账",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "休学，共 14 天" in text
    assert "对照户口簿" in text
    only = page(logged_in(principal), at(child), show="absences")
    assert "开始未在校：休学" in only
    assert "调班：" not in only
    # Readings are the principal's to know, not the clerk's.
    assert "查看完整身份证号：" not in page(logged_in(clerk), at(child), show="readings")


def test_corrections_stand_beside_what_they_correct(clerk, child):
    fact = Fact(dt.date(2025, 10, 9), "moved", counterpart_text="长治市")
    voided = record_departure(child, MovementKind.TRANSFER_OUT, fact=fact, actor=clerk)
    undo_movement(voided, reason="没有走成", actor=clerk)
    kept = record_departure(child, MovementKind.TRANSFER_OUT, fact=fact, actor=clerk)
    RollPeriod.objects.filter(pk=kept.period_id).update(state=PeriodState.CLOSED)
    undo_movement(kept, reason="又回来了", actor=clerk)

    text = page(logged_in(clerk), at(child))

    assert "转出：去往 长治市（已作废）" in text
    assert "作废：没有走成" in text
    assert "更正 10月9日 的转出" in text
    assert "计入 2025年11月" in text
    assert "计入 2025年12月" in text


def test_reveal_shows_once_for_a_reason_and_is_logged(clerk, child):
    client = logged_in(clerk)

    answer = reveal(client, child)

    text = answer.content.decode()
    assert text.count(child.id_number) == 1
    assert "此次查看已记录" in text
    assert answer["Cache-Control"] == "no-store"
    entry = AccessLogEntry.objects.get(what="身份证号")
    assert (entry.user_id, entry.student_id, entry.reason) == (clerk.pk, child.pk, "核对户口簿")
    assert child.id_number not in page(client, at(child))


def test_reveal_asks_for_reason_password_and_a_value_of_this_page(clerk, child, other_school):
    stranger = make_guardian(make_student(other_school.county), phone="13900009999")

    for said in (
        {"reason": ""},
        {"reason": "nosy"},
        {"reason": "other"},
        {"password": "wrong"},
        {"value": f"{stranger.pk}-phone"},
        {"value": "uuid"},
    ):
        text = reveal(logged_in(clerk), child, **said).content.decode()
        assert child.id_number not in text
        assert "13900009999" not in text
        assert "需要修改" in text
    assert not AccessLogEntry.objects.exclude(what="学生页").exists()


def test_reveal_does_not_ask_for_the_password_again_within_ten_minutes(clerk, child):
    client = logged_in(clerk)
    reveal(client, child)

    assert 'name="password"' not in page(client, at(child))
    assert child.id_number in reveal(client, child, password="").content.decode()
    with time_machine.travel("2025-10-20 09:11+08:00"):
        assert 'name="password"' in page(client, at(child))


def test_contacts_are_revealed_by_who_may_see_them(school, klass, reviewer, child, guardian):
    teacher = logged_in(make_user(school.county, Role.CLASS_TEACHER, klass))

    assert (
        "13800001234"
        in reveal(teacher, child, value=f"{guardian.pk}-phone", reason="contact").content.decode()
    )
    assert child.id_number not in reveal(teacher, child).content.decode()
    assert guardian.id_number not in reveal(teacher, child, value=f"{guardian.pk}-id_number").content.decode()
    assert "河西村" not in page(logged_in(reviewer), at(child))
    assert "柏坪镇河西村七组" in reveal(logged_in(reviewer), child, value="address").content.decode()
    assert set(AccessLogEntry.objects.values_list("what", flat=True)) == {"家长电话", "学生页", "现住址"}


def test_inspector_reveals_nothing(county, child):
    inspector = logged_in(make_user(county, Role.INSPECTOR))

    assert reveal(inspector, child).status_code == 403
    assert inspector.get(reverse("reports:child-reveal", args=[child.pk])).status_code == 405


def test_thirty_reveals_an_hour(clerk, child):
    client = logged_in(clerk)
    for _ in range(30):
        assert child.id_number in reveal(client, child).content.decode()

    answer = reveal(client, child)

    assert answer.status_code == 429
    assert "1 小时内查看完整号码最多 30 次" in answer.content.decode()
    assert "10:00 以后" in answer.content.decode()
    assert child.id_number not in answer.content.decode()
    with time_machine.travel("2025-10-20 10:01+08:00"):
        assert child.id_number in reveal(logged_in(clerk), child).content.decode()


def test_page_asks_the_same_number_of_questions_however_long_the_history(clerk, school, child):
    client = logged_in(clerk)
    add_circumstance(child, CircumstanceKind.P9, valid_from=FIRST, actor=clerk)
    for n in range(2):
        _spell(child, school, clerk, n)
    page(client, at(child))
    with CaptureQueriesContext(connection) as short:
        page(client, at(child))
    for n in range(2, 30):
        _spell(child, school, clerk, n)
    for kind in (CircumstanceKind.MIGRANT, CircumstanceKind.P5, CircumstanceKind.P6):
        add_circumstance(child, kind, valid_from=FIRST, actor=clerk)
    page(client, at(child))

    with CaptureQueriesContext(connection) as long:
        page(client, at(child))

    # One more insert: poverty is now read, too.
    assert len(long) == len(short) + 1


def _spell(child, school, clerk, n):
    Absence.objects.create(
        student=child,
        school=school,
        kind=AbsenceKind.LONG_LEAVE,
        first_day=dt.date(2025, 1, 1) + dt.timedelta(days=4 * n),
        returned_on=dt.date(2025, 1, 3) + dt.timedelta(days=4 * n),
        ended_how="returned",
        ended_by=clerk,
        recorded_by=clerk,
    )


def test_names_are_shown_as_text(clerk, school):
    child = Student.objects.get(pk=make_student(school.county, "<b>甲</b>{{7*7}}").pk)
    enrol(child, school, 3)

    text = page(logged_in(clerk), at(child))

    assert "<b>甲" not in text
    assert "&lt;b&gt;甲" in text
    assert "{{7*7}}" in text


def test_who_looked_is_listed_for_the_principal(clerk, principal, child):
    for _ in range(3):
        page(logged_in(clerk), at(child))

    text = page(logged_in(principal), at(child))

    looks = text[text.index("谁看过</h2>") :]
    assert looks.count("郭晓燕") == 1
    assert "10月20日 09:00 学生页" in looks
