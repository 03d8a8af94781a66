"""Special circumstances and placements: what may be said, who may see it, what it does to the return."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEntry
from monitoring.build import content_now
from schools.models import ReportingMonth, Role
from students.actions import circumstances as actions
from students.codes import circumstance_label
from students.models import (
    Absence,
    AbsenceKind,
    CircumstanceKind,
    Placement,
    PlacementKind,
    RollPeriod,
    SpecialCircumstance,
)
from students.proofs import circumstances_visible_to
from tests.cast import enrol, make_klass, make_student, make_user
from tests.students.people import logged_in, page

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
    student = make_student(school.county, "张若溪", dt.date(2016, 3, 12))
    enrol(student, school, 3, klass=klass)
    return student


def add_address(child, kind=""):
    address = reverse("students:circumstance-add", args=[child.pk])
    return f"{address}?kind={kind}" if kind else address


def disability(child, **values):
    return {
        "category": "5",
        "grade": "2",
        "card_number": f"{child.id_number}52",
        "valid_from": "2025-09-01",
        **values,
    }


def test_kinds_are_offered_and_those_held_say_so(clerk, child):
    actions.add_circumstance(child, CircumstanceKind.P5, valid_from=FIRST, actor=clerk)

    text = page(logged_in(clerk), add_address(child))

    assert 'href="?kind=disability"' in text
    assert 'href="?kind=P5"' not in text
    assert "已登记" in text
    assert all(f'kind={kind}"' in text for kind in CircumstanceKind.values if kind != "P5")


def test_disability_is_stored_with_card_and_words(clerk, child):
    answer = logged_in(clerk).post(add_address(child, "disability"), disability(child))

    stored = SpecialCircumstance.objects.get()
    assert answer["Location"] == reverse("students:evidence-list", args=["circumstance", stored.pk])
    assert (stored.detail, stored.card_number) == ("52", f"{child.id_number}52")
    assert circumstance_label(stored.get_kind_display(), stored.kind, stored.detail) == "残疾（智力二级）"
    entry = AuditEntry.objects.get(verb="circumstance.add")
    assert child.id_number not in str(entry.changes)
    assert entry.student_id == child.pk


def test_reissued_card_is_accepted(clerk, child):
    logged_in(clerk).post(
        add_address(child, "disability"), disability(child, card_number=f"{child.id_number}52B1")
    )

    assert SpecialCircumstance.objects.get().card_number.endswith("52B1")


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("{own}5", "有 19 位"),
        ("{own}82", "应是 20 位"),
        ("{own}53", "证号写的是“三级”，这里选的是“二级”"),
        ("{own}42", "证号写的是“肢体”，这里选的是“智力”"),
        ("14049920180901001552", "不是这名学生的身份证号"),
    ],
)
def test_card_must_be_the_childs_own_and_agree(clerk, child, card, said):
    answer = logged_in(clerk).post(
        add_address(child, "disability"), disability(child, card_number=card.format(own=child.id_number))
    )

    assert said in answer.content.decode()
    assert not SpecialCircumstance.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"valid_from": "2025-10-21"}, "在今天之后"),
        ({"valid_from": "2010-01-01"}, "早于学生的出生日期"),
        ({"valid_to": "2025-08-31"}, "结束日期早于开始日期"),
        ({"valid_from": ""}, "必填"),
    ],
)
def test_validity_is_checked(clerk, child, values, said):
    answer = logged_in(clerk).post(add_address(child, "migrant"), {"valid_from": "2025-09-01", **values})

    assert said in answer.content.decode()
    assert not SpecialCircumstance.objects.exists()


@pytest.mark.parametrize("kind", CircumstanceKind.values)
def test_every_kind_can_be_recorded(clerk, child, kind):
    said = disability(child) if kind == "disability" else {"valid_from": "2025-09-01", "basis": "县文件"}

    logged_in(clerk).post(add_address(child, kind), said)

    assert SpecialCircumstance.objects.get().kind == kind


def test_only_one_of_a_kind_at_a_time_also_when_pressed_twice(clerk, child):
    client, said = logged_in(clerk), {"valid_from": "2025-09-01"}
    client.post(add_address(child, "left_behind_one"), said)

    again = client.post(add_address(child, "left_behind_one"), said)
    both = client.post(add_address(child, "left_behind_both"), said)

    assert "请先结束或作废那一条" in again.content.decode()
    assert "请先结束或作废那一条" in both.content.decode()
    assert SpecialCircumstance.objects.count() == 1
    assert AuditEntry.objects.filter(verb="circumstance.add").count() == 1


def test_circumstance_ends_and_another_begins(clerk, child):
    client = logged_in(clerk)
    stored = actions.add_circumstance(child, CircumstanceKind.P5, valid_from=FIRST, actor=clerk)
    address = reverse("students:circumstance-end", args=[stored.pk])

    assert "早于开始日期" in client.post(address, {"valid_to": "2025-08-01"}).content.decode()
    client.post(address, {"valid_to": "2025-10-10"})

    stored.refresh_from_db()
    assert stored.valid_to == dt.date(2025, 10, 10)
    assert AuditEntry.objects.get(verb="circumstance.end").changes["valid_to"] == [None, "2025-10-10"]
    actions.add_circumstance(child, CircumstanceKind.P5, valid_from=dt.date(2025, 10, 11), actor=clerk)


def test_void_needs_a_reason_and_happens_once(clerk, child):
    client = logged_in(clerk)
    stored = actions.add_circumstance(child, CircumstanceKind.P6, valid_from=FIRST, actor=clerk)
    address = reverse("students:circumstance-void", args=[stored.pk])

    assert "必填" in client.post(address, {"reason": " "}).content.decode()
    client.post(address, {"reason": "登记到了同名学生名下"})

    stored.refresh_from_db()
    assert stored.voided_by == clerk
    assert AuditEntry.objects.get(verb="circumstance.void").summary == "登记到了同名学生名下"
    assert client.post(address, {"reason": "再来"}).status_code == 404


def test_matrix_of_who_sees_which_kind(
    county, school, klass, clerk, principal, central_school, reviewer, child
):
    for kind in (CircumstanceKind.DISABILITY, CircumstanceKind.P5, CircumstanceKind.MIGRANT):
        actions.add_circumstance(child, kind, valid_from=FIRST, actor=clerk)
    everything = {"disability", "P5", "migrant"}
    seen = {
        clerk: everything,
        principal: everything,
        central_school: everything,
        reviewer: everything,
        make_user(county, Role.INSPECTOR): {"disability", "migrant"},
        make_user(county, Role.CLASS_TEACHER, klass): {"migrant"},
        make_user(county, Role.LEADER): set(),
        make_user(county, Role.ADMINISTRATOR): set(),
    }

    for user, kinds in seen.items():
        assert set(circumstances_visible_to(user).values_list("kind", flat=True)) == kinds, (
            user.memberships.all()
        )


@pytest.mark.parametrize("view", ["circumstance-end", "circumstance-void"])
def test_what_is_not_seen_is_404_and_what_is_not_ones_work_403(
    view, school, klass, clerk, principal, other_clerk, child
):
    stored = actions.add_circumstance(child, CircumstanceKind.P5, valid_from=FIRST, actor=clerk)
    address, said = reverse(f"students:{view}", args=[stored.pk]), {"valid_to": "2025-10-10", "reason": "x"}
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)

    assert logged_in(other_clerk).post(address, said).status_code == 404
    assert logged_in(teacher).post(address, said).status_code == 404
    assert logged_in(principal).post(address, said).status_code == 403
    stored.refresh_from_db()
    assert (stored.valid_to, stored.voided_at) == (None, None)


def test_add_is_for_the_clerk_of_the_school(principal, other_clerk, child):
    said = {"valid_from": "2025-09-01"}

    assert logged_in(other_clerk).post(add_address(child, "migrant"), said).status_code == 404
    assert logged_in(principal).post(add_address(child, "migrant"), said).status_code == 403
    assert not SpecialCircumstance.objects.exists()


# --- placements -------------------------------------------------------------------------------------


def absent_in(school):
    october = ReportingMonth.objects.get(county=school.county, month=dt.date(2025, 10, 1))
    content = content_now(school, october, None)
    return content.total.absent


def test_home_teaching_takes_a_child_off_the_absent_and_touches_the_month(clerk, school, child):
    spell = Absence.objects.create(
        student=child,
        school=school,
        kind=AbsenceKind.LONG_LEAVE,
        first_day=dt.date(2025, 9, 15),
        recorded_by=clerk,
    )
    october = ReportingMonth.objects.get(county=school.county, month=dt.date(2025, 10, 1))
    period = RollPeriod.objects.create(school=school, month=october)
    assert spell.first_day <= october.cut_off
    assert absent_in(school) == 1

    logged_in(clerk).post(
        reverse("students:placement-set", args=[child.pk]),
        {"kind": "home_teaching", "valid_from": "2025-09-20", "basis": "专家委员会评估"},
    )

    assert absent_in(school) == 0
    period.refresh_from_db()
    assert period.revision == 2
    placement = Placement.objects.get()
    logged_in(clerk).post(reverse("students:placement-end", args=[placement.pk]), {"valid_to": "2025-09-25"})
    assert absent_in(school) == 1
    period.refresh_from_db()
    assert period.revision == 3


def test_new_placement_ends_the_one_before_and_void_brings_it_back(clerk, child):
    first = actions.set_placement(child, PlacementKind.INCLUSIVE, valid_from=FIRST, actor=clerk)
    second = actions.set_placement(
        child, PlacementKind.HOME_TEACHING, valid_from=dt.date(2025, 10, 1), actor=clerk
    )
    first.refresh_from_db()
    assert first.valid_to == dt.date(2025, 9, 30)

    logged_in(clerk).post(reverse("students:placement-void", args=[second.pk]), {"reason": "没有办成"})

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.valid_to is None
    assert second.voided_by == clerk
    assert AuditEntry.objects.get(verb="placement.void").summary == "没有办成"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "inclusive"}, "现在已经是随班就读"),
        ({"valid_from": "2025-08-01"}, "要晚于这一天"),
        ({"valid_from": "2025-10-21"}, "在今天之后"),
        ({"kind": "nowhere"}, "nowhere"),
    ],
)
def test_wrong_placements_are_refused(clerk, child, values, said):
    actions.set_placement(child, PlacementKind.INCLUSIVE, valid_from=FIRST, actor=clerk)

    answer = logged_in(clerk).post(
        reverse("students:placement-set", args=[child.pk]),
        {"kind": "home_teaching", "valid_from": "2025-10-01", **values},
    )

    assert said in answer.content.decode()
    assert Placement.objects.count() == 1


def test_placements_of_other_schools_children_do_not_exist(clerk, principal, other_clerk, child):
    placement = actions.set_placement(child, PlacementKind.INCLUSIVE, valid_from=FIRST, actor=clerk)
    said = {"valid_to": "2025-10-10", "reason": "x", "kind": "waiting", "valid_from": "2025-10-01"}
    addresses = [
        reverse("students:placement-set", args=[child.pk]),
        reverse("students:placement-end", args=[placement.pk]),
        reverse("students:placement-void", args=[placement.pk]),
    ]

    for address in addresses:
        assert logged_in(other_clerk).post(address, said).status_code == 404
        assert logged_in(principal).post(address, said).status_code == 403
    placement.refresh_from_db()
    assert (placement.valid_to, placement.voided_at) == (None, None)
    assert Placement.objects.count() == 1
