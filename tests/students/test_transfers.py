"""The in-county transfer: begun by either school, confirmed by the other, both halves in one month."""

import datetime as dt

import pytest
import time_machine

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.models import Role, SchoolKind
from students.actions.transfers import (
    Reception,
    begin_transfer_in,
    begin_transfer_out,
    cancel_transfer,
    confirm_many,
    confirm_transfer,
    refuse_transfer,
)
from students.models import AbsenceKind, EndedHow, Movement, MovementKind, Transfer, TransferState
from students.queries import current_enrolment, open_absence
from tests.cast import enrol, make_klass, make_school, make_student, make_user
from tests.students.facts import NOVEMBER, OCTOBER, close, depart

LAST_DAY, FIRST_DAY = dt.date(2025, 9, 20), dt.date(2025, 9, 22)


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def child(school):
    student = make_student(school.county, "王佳怡")
    enrol(student, school, 3)
    return student


def begin(child, to_school, actor, **said):
    said = {"last_attended_on": LAST_DAY, "grade": 3, "reason_code": "moved", **said}
    return begin_transfer_out(child, to_school, actor=actor, **said)


def test_child_stays_on_the_old_roll_marked_in_transfer(child, school, other_school, clerk):
    transfer = begin(child, other_school, clerk)

    assert transfer.state == TransferState.WAITING
    assert transfer.waiting_for == other_school
    assert current_enrolment(child).school == school
    assert not Movement.objects.exists()
    spell = open_absence(child)
    assert (spell.kind, spell.first_day) == (AbsenceKind.IN_TRANSFER, dt.date(2025, 9, 21))


def test_confirmation_books_both_halves_in_one_month(child, school, other_school, clerk, other_clerk):
    transfer = begin(child, other_school, clerk)
    klass = make_klass(other_school, 3)

    out, into = confirm_transfer(
        transfer, actor=other_clerk, seen_revision=1, arrived_on=FIRST_DAY, klass=klass
    )

    assert (out.school, out.kind, out.sign) == (school, MovementKind.TRANSFER_OUT, -1)
    assert (into.school, into.kind, into.sign) == (other_school, MovementKind.TRANSFER_IN, 1)
    assert out.period.month == into.period.month
    assert out.pair == into.pair == transfer.pair
    now = current_enrolment(child)
    assert (now.school, now.klass) == (other_school, klass)
    assert child.absences.get().ended_how == EndedHow.LEFT
    assert AuditEntry.objects.filter(verb="transfer.confirm").count() == 1


def test_both_halves_count_in_the_first_month_open_for_both(child, school, other_school, clerk, other_clerk):
    close(school, OCTOBER)

    out, into = confirm_transfer(
        begin(child, other_school, clerk), actor=other_clerk, seen_revision=1, arrived_on=FIRST_DAY
    )

    assert out.period.month.month == into.period.month.month == NOVEMBER
    assert out.late_for == into.late_for == OCTOBER


def test_school_that_began_still_owes_the_application(child, other_school, clerk, other_clerk):
    out, into = confirm_transfer(
        begin(child, other_school, clerk), actor=other_clerk, seen_revision=1, arrived_on=FIRST_DAY
    )

    assert (out.evidence_pending, into.evidence_pending) == (True, False)


def test_new_school_asks_and_the_old_one_confirms(child, school, other_school, clerk, other_clerk):
    transfer = begin_transfer_in(child, other_school, grade=3, reason_code="near", actor=other_clerk)
    assert transfer.waiting_for == school
    assert open_absence(child) is None

    out, into = confirm_transfer(transfer, actor=clerk, seen_revision=1, arrived_on=FIRST_DAY)

    assert (out.school, into.school) == (school, other_school)


def test_the_school_that_began_may_not_confirm(child, other_school, clerk):
    transfer = begin(child, other_school, clerk)

    with pytest.raises(NotPermitted) as refused:
        confirm_transfer(transfer, actor=clerk, seen_revision=1, arrived_on=FIRST_DAY)

    assert other_school.name not in str(refused.value)
    assert not Movement.objects.exists()


def test_third_school_may_neither_begin_nor_answer(child, school, other_school, clerk):
    third = make_school(school.county)
    stranger = make_user(school.county, Role.CLERK, third)
    with pytest.raises(NotPermitted):
        begin(child, third, stranger)
    transfer = begin(child, other_school, clerk)
    for press in (
        lambda: confirm_transfer(transfer, actor=stranger, seen_revision=1, arrived_on=FIRST_DAY),
        lambda: refuse_transfer(transfer, actor=stranger, seen_revision=1, reason="不收"),
        lambda: cancel_transfer(transfer, actor=stranger, seen_revision=1),
    ):
        with pytest.raises(NotPermitted):
            press()

    transfer.refresh_from_db()
    assert transfer.state == TransferState.WAITING


@pytest.mark.parametrize(
    ("day", "message"),
    [(LAST_DAY, "晚于最后在校日"), (dt.date(2025, 10, 11), "在今天之后")],
)
def test_impossible_first_day_is_refused(child, other_school, clerk, other_clerk, day, message):
    transfer = begin(child, other_school, clerk)

    with pytest.raises(StepRefused, match=message):
        confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=day)

    transfer.refresh_from_db()
    assert transfer.state == TransferState.WAITING


def test_second_confirmation_of_the_same_person_returns_the_same_halves(
    child, other_school, clerk, other_clerk
):
    transfer = begin(child, other_school, clerk)
    said = {"actor": other_clerk, "seen_revision": 1, "arrived_on": FIRST_DAY}

    first = confirm_transfer(transfer, **said)
    second = confirm_transfer(transfer, **said)

    assert [half.pk for half in first] == [half.pk for half in second]
    assert Movement.objects.count() == 2


def test_page_from_before_the_answer_is_stale(child, other_school, clerk, other_clerk):
    transfer = begin(child, other_school, clerk)
    cancel_transfer(transfer, actor=clerk, seen_revision=1, reason="不走了")

    with pytest.raises(StalePage):
        confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=FIRST_DAY)

    assert not Movement.objects.exists()


def test_same_transfer_begun_twice_is_one(child, other_school, clerk):
    first, second = begin(child, other_school, clerk), begin(child, other_school, clerk)

    assert first.pk == second.pk
    assert AuditEntry.objects.filter(verb="transfer.begin_out").count() == 1


def test_two_schools_cannot_both_be_waiting(child, school, other_school, clerk):
    begin(child, other_school, clerk)

    with pytest.raises(StepRefused, match="已有一笔转学在等确认"):
        begin(child, make_school(school.county), clerk)

    assert Transfer.objects.count() == 1


def test_refusal_needs_a_reason_and_leaves_the_child_where_it_is(
    child, school, other_school, clerk, other_clerk
):
    transfer = begin(child, other_school, clerk)
    with pytest.raises(StepRefused, match="写明原因"):
        refuse_transfer(transfer, actor=other_clerk, seen_revision=1, reason=" ")

    refuse_transfer(transfer, actor=other_clerk, seen_revision=1, reason="学生没有来")

    transfer.refresh_from_db()
    assert (transfer.state, transfer.decision_reason) == (TransferState.REFUSED, "学生没有来")
    assert current_enrolment(child).school == school
    assert open_absence(child).kind == AbsenceKind.IN_TRANSFER


def test_departure_out_of_the_county_waits_for_the_transfer(child, other_school, clerk):
    begin(child, other_school, clerk)

    with pytest.raises(StepRefused, match="请先撤回那一笔"):
        depart(child, clerk, FIRST_DAY)


def test_grade_that_the_other_school_has_not_is_refused(child, school, clerk):
    junior = make_school(school.county, SchoolKind.JUNIOR)

    with pytest.raises(StepRefused, match="没有3年级"):
        begin(child, junior, clerk)


def test_closed_school_is_refused(child, other_school, clerk):
    other_school.closed_on = dt.date(2025, 8, 31)
    other_school.save()

    with pytest.raises(StepRefused, match="已撤并"):
        begin(child, other_school, clerk)


def test_list_is_confirmed_in_one_press_and_says_who_was_passed_over(
    school, other_school, clerk, other_clerk
):
    transfers = []
    for name in ("甲一", "乙二", "丙三"):
        student = make_student(school.county, name)
        enrol(student, school, 3)
        transfers.append(begin(student, other_school, clerk))
    cancel_transfer(transfers[1], actor=clerk, seen_revision=1)

    confirmed, passed_over = confirm_many(
        [Reception(transfer, 1, FIRST_DAY) for transfer in transfers], actor=other_clerk
    )

    assert confirmed == 2
    assert [sentence.split("：")[0] for sentence in passed_over] == ["乙二"]
    assert Movement.objects.count() == 4


def test_old_school_is_hidden_from_the_asking_one_until_it_confirms(
    child, school, other_school, clerk, other_clerk
):
    transfer = begin_transfer_in(child, other_school, grade=3, reason_code="near", actor=other_clerk)
    assert transfer.origin_words == transfer.waiting_for_words == "原学校"

    confirm_transfer(transfer, actor=clerk, seen_revision=1, arrived_on=FIRST_DAY)

    transfer.refresh_from_db()
    assert transfer.origin_words == school.name
