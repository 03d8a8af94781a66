"""Spells of absence: begin, follow up, end, void; days and labels; one spell for two presses."""

import datetime as dt

import pytest
import time_machine

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.models import Role
from students.actions.absences import edit_absence, end_absence, start_absence, void_absence
from students.actions.transfers import begin_transfer_out
from students.models import Absence, AbsenceKind, EndedHow, RollPeriod
from students.queries import current_enrolment
from tests.cast import enrol, make_klass, make_student, make_user
from tests.students.facts import SEPTEMBER, close, depart

FIRST_DAY = dt.date(2025, 9, 10)


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def klass(school):
    return make_klass(school, 3)


@pytest.fixture
def child(school, klass):
    student = make_student(school.county, "王佳怡")
    enrol(student, school, 3, klass=klass)
    return student


def start(child, actor, kind=AbsenceKind.TRUANCY, first_day=FIRST_DAY, **said):
    return start_absence(child, kind, first_day=first_day, actor=actor, **{"reason_code": "aversion", **said})


def test_spell_leaves_the_child_on_the_roll_and_touches_the_open_month(child, school, clerk):
    spell = start(child, clerk)

    assert current_enrolment(child).school == school
    assert (spell.school, spell.returned_on) == (school, None)
    assert RollPeriod.objects.get(school=school).revision == 2
    assert AuditEntry.objects.get().verb == "absence.start"


def test_class_teacher_records_the_own_class_only(child, school, klass):
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)
    stranger = make_user(school.county, Role.CLASS_TEACHER, make_klass(school, 3, number=2))
    with pytest.raises(NotPermitted):
        start(child, stranger)

    assert start(child, teacher).recorded_by == teacher


def test_clerk_of_another_school_may_not_record(child, other_clerk):
    with pytest.raises(NotPermitted):
        start(child, other_clerk)

    assert not Absence.objects.exists()


def test_second_press_finds_the_first_spell(child, clerk):
    first, second = start(child, clerk), start(child, clerk)

    assert first.pk == second.pk
    assert AuditEntry.objects.count() == 1


def test_second_spell_while_one_is_open_is_refused(child, clerk):
    start(child, clerk)

    with pytest.raises(StepRefused, match="自 9月10日 起已登记为旷课"):
        start(child, clerk, AbsenceKind.LONG_LEAVE, dt.date(2025, 9, 20))


def test_overlapping_spell_is_refused(child, clerk):
    spell = start(child, clerk)
    end_absence(spell, returned_on=dt.date(2025, 9, 20), actor=clerk, seen_revision=1)

    with pytest.raises(StepRefused, match="重叠"):
        start(child, clerk, first_day=dt.date(2025, 9, 19))

    assert start(child, clerk, first_day=dt.date(2025, 9, 20)).pk != spell.pk


@pytest.mark.parametrize(
    ("day", "message"), [(dt.date(2025, 10, 11), "在今天之后"), (dt.date(2021, 1, 1), "超过三年")]
)
def test_impossible_first_day_is_refused(child, clerk, day, message):
    with pytest.raises(StepRefused, match=message):
        start(child, clerk, first_day=day)


def test_in_transfer_is_not_recorded_by_hand(child, clerk):
    with pytest.raises(StepRefused, match="登记转出"):
        start(child, clerk, AbsenceKind.IN_TRANSFER)
    spell = start(child, clerk)
    with pytest.raises(StepRefused, match="类别不能改成它"):
        edit_absence(spell, actor=clerk, seen_revision=1, kind=AbsenceKind.IN_TRANSFER)


@pytest.mark.parametrize(
    ("kind", "how"),
    [(AbsenceKind.TRUANCY, EndedHow.RETURNED), (AbsenceKind.SUSPENSION, EndedHow.RESUMED)],
)
def test_day_back_ends_the_spell(child, clerk, kind, how):
    spell = start(child, clerk, kind)

    end_absence(spell, returned_on=dt.date(2025, 9, 20), actor=clerk, seen_revision=1)

    spell.refresh_from_db()
    assert (spell.returned_on, spell.ended_how, spell.ended_by) == (dt.date(2025, 9, 20), how, clerk)


@pytest.mark.parametrize(("day", "message"), [(FIRST_DAY, "晚于首日"), (dt.date(2025, 10, 11), "今天之后")])
def test_impossible_day_back_is_refused(child, clerk, day, message):
    spell = start(child, clerk)

    with pytest.raises(StepRefused, match=message):
        end_absence(spell, returned_on=day, actor=clerk, seen_revision=1)


def test_second_end_of_the_same_person_changes_nothing_another_day_is_stale(child, clerk):
    spell = start(child, clerk)
    end_absence(spell, returned_on=dt.date(2025, 9, 20), actor=clerk, seen_revision=1)
    entries = AuditEntry.objects.count()

    end_absence(spell, returned_on=dt.date(2025, 9, 20), actor=clerk, seen_revision=1)
    with pytest.raises(StalePage):
        end_absence(spell, returned_on=dt.date(2025, 9, 21), actor=clerk, seen_revision=1)

    spell.refresh_from_db()
    assert spell.returned_on == dt.date(2025, 9, 20)
    assert AuditEntry.objects.count() == entries


def test_spell_of_a_waiting_transfer_is_neither_ended_nor_voided(child, other_school, clerk):
    transfer = begin_transfer_out(
        child, other_school, last_attended_on=FIRST_DAY, grade=3, reason_code="moved", actor=clerk
    )
    with pytest.raises(StepRefused, match="转学还在等对方答复"):
        end_absence(transfer.absence, returned_on=dt.date(2025, 9, 20), actor=clerk, seen_revision=1)
    with pytest.raises(StepRefused, match="转学还在等对方答复"):
        void_absence(transfer.absence, reason="记错", actor=clerk, seen_revision=1)


def test_edit_keeps_what_was_and_asks_for_papers_of_the_new_kind(child, clerk):
    spell = start(child, clerk)

    edit_absence(
        spell,
        actor=clerk,
        seen_revision=1,
        kind=AbsenceKind.SUSPENSION,
        reason_code="illness",
        follow_up="已电话联系",
    )

    spell.refresh_from_db()
    assert (spell.kind, spell.follow_up, spell.evidence_pending) == ("suspension", "已电话联系", True)
    changes = AuditEntry.objects.latest("seq").changes
    assert changes["kind"] == ["truancy", "suspension"]
    assert changes["follow_up"] == ["", "已电话联系"]


def test_edit_from_an_old_page_is_refused(child, clerk):
    spell = start(child, clerk)
    edit_absence(spell, actor=clerk, seen_revision=1, follow_up="甲")

    with pytest.raises(StalePage, match="没有保存"):
        edit_absence(spell, actor=clerk, seen_revision=1, follow_up="乙")

    spell.refresh_from_db()
    assert spell.follow_up == "甲"


def test_void_needs_a_reason_and_the_clerk(child, school, clerk, klass):
    spell = start(child, clerk)
    with pytest.raises(StepRefused, match="写明原因"):
        void_absence(spell, reason="", actor=clerk, seen_revision=1)
    with pytest.raises(NotPermitted):
        void_absence(
            spell, reason="记错", actor=make_user(school.county, Role.CLASS_TEACHER, klass), seen_revision=1
        )

    void_absence(spell, reason="记错人", actor=clerk, seen_revision=1)

    spell.refresh_from_db()
    assert spell.voided_by == clerk
    assert start(child, clerk).pk != spell.pk


def test_departure_ends_the_spell(child, clerk):
    spell = start(child, clerk)
    depart(child, clerk, dt.date(2025, 9, 25))

    spell.refresh_from_db()
    assert (spell.returned_on, spell.ended_how) == (dt.date(2025, 9, 25), EndedHow.LEFT)


def test_spell_of_a_closed_month_touches_the_next_one(child, school, clerk):
    close(school, SEPTEMBER)
    closed = RollPeriod.objects.get(school=school)

    start(child, clerk, first_day=dt.date(2025, 9, 1))

    closed.refresh_from_db()
    assert closed.revision == 1
    assert RollPeriod.objects.exclude(pk=closed.pk).get().revision == 2


@pytest.mark.parametrize(
    ("kind", "days", "label"),
    [
        (AbsenceKind.TRUANCY, 7, "旷课"),
        (AbsenceKind.TRUANCY, 8, "疑似辍学"),
        (AbsenceKind.TRUANCY, 27, "疑似辍学"),
        (AbsenceKind.TRUANCY, 28, "辍学"),
        (AbsenceKind.NOT_REGISTERED, 28, "辍学"),
        (AbsenceKind.LONG_LEAVE, 60, "长假"),
    ],
)
def test_label_follows_the_days(kind, days, label):
    spell = Absence(kind=kind, first_day=FIRST_DAY)

    assert spell.days_on(FIRST_DAY) == 1
    assert spell.label_on(FIRST_DAY + dt.timedelta(days=days - 1), 7, 28) == label
