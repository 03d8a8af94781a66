"""What each step of a return changes, records and refuses."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from monitoring.actions.common import find_return
from monitoring.actions.correction import stage_add, stage_new_child, stage_void, withdraw_staged
from monitoring.actions.filing import answer_mark, begin_optional_month, edit_remark, pull_back
from monitoring.actions.reviewing import (
    Mark,
    accept_return,
    reopen_return,
    send_back_as_bureau,
    send_back_as_principal,
    sign_return,
)
from monitoring.build import content_now, content_of
from monitoring.models import (
    CellMark,
    CorrectionDelta,
    DraftRemark,
    Edition,
    MonthlyReturn,
    ReturnState,
    StagedChange,
)
from monitoring.models.marks import MarkAnswer
from monitoring.texts import current_text, text_in_force
from schools.models import Role
from students.actions.movements import Fact, record_departure
from students.models import Enrolment, Movement, MovementKind, PeriodState, RollPeriod, Student
from students.queries import current_enrolment
from tests.cast import fill, make_school, make_user
from tests.monitoring.filing import OCTOBER, SEPTEMBER, accept, month_of, sign, submit

NOVEMBER = dt.date(2025, 11, 1)
IN_SEPTEMBER, IN_OCTOBER, IN_NOVEMBER = (
    "2025-09-02 09:00+08:00",
    "2025-10-09 09:00+08:00",
    "2025-11-04 09:00+08:00",
)


@pytest.fixture
def children(school):
    return fill(school)


@pytest.fixture
def october(school, children, clerk, principal, reviewer):
    """September is accepted; October is open."""
    with time_machine.travel(IN_SEPTEMBER):
        accept(school, month_of(school.county, SEPTEMBER), clerk, principal, reviewer)
    with time_machine.travel(IN_OCTOBER):
        yield month_of(school.county, OCTOBER)


def leave(child, clerk, day=dt.date(2025, 9, 20)):
    return record_departure(
        child, MovementKind.TRANSFER_OUT, fact=Fact(day, "moved", counterpart_text="长治市"), actor=clerk
    )


def remark_of(school, month, grade):
    return content_now(school, month, find_return(school, month)).remarks[grade]


def last_entry():
    return AuditEntry.objects.order_by("-seq").first()


# --- remarks -----------------------------------------------------------------------------------------------------


def test_a_remark_is_stored_once_and_brought_back(school, children, october, clerk):
    leave(children[3][0], clerk)
    composed = remark_of(school, october, 3)

    edit_remark(school, october, grade=3, text=" 孙一随父母去长治 ", seen=composed, actor=clerk)

    assert remark_of(school, october, 3) == "孙一随父母去长治"
    assert (last_entry().verb, last_entry().actor_id) == ("return.edit_remark", clerk.pk)

    edit_remark(school, october, grade=3, text="", seen="孙一随父母去长治", actor=clerk)

    assert remark_of(school, october, 3) == composed == "转出1人（孙一）"
    assert not DraftRemark.objects.exists()


def test_a_remark_begins_the_return_in_one_audited_action(school, october, clerk):
    entries = AuditEntry.objects.count()

    edit_remark(school, october, grade=3, text="无变动", seen="", actor=clerk)

    assert find_return(school, october).state == ReturnState.DRAFT
    assert AuditEntry.objects.count() == entries + 1


def test_what_another_editor_wrote_is_not_overwritten(school, october, clerk):
    colleague = make_user(school.county, Role.CLERK, school, name="李红")
    edit_remark(school, october, grade=5, text="病假至20日", seen="", actor=colleague)

    with pytest.raises(StalePage, match="李红 10月9日 09:00 已改为“病假至20日”"):
        edit_remark(school, october, grade=5, text="病假至16日", seen="", actor=clerk)

    assert remark_of(school, october, 5) == "病假至20日"


def test_remarks_are_refused_to_others_and_after_submission(school, october, clerk, other_clerk, principal):
    for person in (other_clerk, principal):
        with pytest.raises(NotPermitted):
            edit_remark(school, october, grade=3, text="x", seen="", actor=person)
    assert find_return(school, october) is None
    submit(school, october, clerk)

    with pytest.raises(StepRefused, match="已送出"):
        edit_remark(school, october, grade=3, text="x", seen="", actor=clerk)

    assert not DraftRemark.objects.exists()


def test_a_grade_that_the_school_lacks_is_refused(county, clerk, october):
    primary = make_school(county, "primary")
    its_clerk = make_user(county, Role.CLERK, primary)

    with pytest.raises(StepRefused, match="没有这个年级"):
        edit_remark(primary, october, grade=8, text="x", seen="", actor=its_clerk)

    assert find_return(primary, october) is None


# --- marks and answers -------------------------------------------------------------------------------------------


@pytest.fixture
def marked(school, october, clerk, principal):
    """Sent back by the principal with one mark on 三年级 · 转出."""
    submitted = submit(school, october, clerk)
    send_back_as_principal(
        submitted,
        actor=principal,
        seen_revision=submitted.revision,
        reason="漏报",
        marks=[Mark(3, "transfer_out", "孙一已经走了")],
    )
    return CellMark.objects.select_related("monthly_return__school", "monthly_return__period__month").get()


def test_an_unanswered_mark_keeps_the_return_from_being_sent(school, october, clerk, marked):
    with pytest.raises(StepRefused) as refusal:
        submit(school, october, clerk)

    assert any("孙一已经走了" in problem for problem in refusal.value.problems)


def test_a_cell_that_did_not_change_cannot_be_called_changed(marked, clerk):
    with pytest.raises(StepRefused, match="都还没有变"):
        answer_mark(marked, answer=MarkAnswer.CHANGED, text="", actor=clerk)

    marked.refresh_from_db()
    assert marked.answer == ""


def test_a_changed_cell_is_answered_and_the_return_sent_again(school, october, children, marked, clerk):
    leave(children[3][0], clerk)

    answer_mark(marked, answer=MarkAnswer.CHANGED, text="", actor=clerk)
    submit(school, october, clerk)

    marked.refresh_from_db()
    assert (marked.answer, marked.answered_by) == (MarkAnswer.CHANGED, clerk)
    assert find_return(school, october).state == ReturnState.SUBMITTED


def test_right_as_it_is_needs_a_sentence(marked, clerk, other_clerk):
    with pytest.raises(StepRefused, match="写一句"):
        answer_mark(marked, answer=MarkAnswer.RIGHT, text=" ", actor=clerk)
    with pytest.raises(NotPermitted):
        answer_mark(marked, answer=MarkAnswer.RIGHT, text="对", actor=other_clerk)

    answer_mark(marked, answer=MarkAnswer.RIGHT, text="与点名册核对过", actor=clerk)

    marked.refresh_from_db()
    assert marked.answer_text == "与点名册核对过"


# --- signing, sending back, accepting ----------------------------------------------------------------------------


def test_the_signature_names_the_text_and_the_hash_covers_every_word(
    school, october, children, clerk, principal
):
    leave(children[3][0], clerk)
    signed = sign(school, october, clerk, principal)

    text = current_text(signed)
    edition = Edition.objects.get(monthly_return=signed)
    content = content_of(text)
    assert (edition.frozen, edition.signed_by_name, edition.signed_for) == (text, "申远志", "")
    assert content.digest(1) == text.hash
    content.rows[0].printed["reason"] = "另有原因"
    assert content.digest(1) != text.hash


def test_the_parent_principal_signs_for_the_point_and_it_is_printed_so(county, school, principal):
    point = make_school(county, "teaching_point", parent=school, signed_by_parent=True)
    point_clerk = make_user(county, Role.CLERK, point)
    with time_machine.travel(IN_SEPTEMBER):
        sign(point, month_of(county, SEPTEMBER), point_clerk, principal)

    assert Edition.objects.get(monthly_return__school=point).signed_for == f"{school.name}校长"


def test_pulling_back_opens_the_books_again(school, october, clerk):
    submitted = submit(school, october, clerk)
    assert RollPeriod.objects.get(school=school, month=october).state == PeriodState.CLOSED

    pull_back(submitted, actor=clerk, seen_revision=submitted.revision)

    assert RollPeriod.objects.get(school=school, month=october).state == PeriodState.OPEN
    assert find_return(school, october).state == ReturnState.DRAFT


def test_a_second_press_of_the_same_page_is_stale(school, october, clerk, principal):
    submitted = submit(school, october, clerk)
    seen = submitted.revision
    sign_return(submitted, actor=principal, seen_revision=seen)
    events = submitted.events.count()

    with pytest.raises(StalePage):
        sign_return(find_return(school, october), actor=principal, seen_revision=seen)

    assert submitted.events.count() == events


def test_sending_back_by_the_bureau_opens_an_edition_and_later_months_come_back(
    school, october, clerk, principal, reviewer
):
    signed = sign(school, october, clerk, principal)
    with time_machine.travel(IN_NOVEMBER):
        later = sign(school, month_of(school.county, NOVEMBER), clerk, principal)
        send_back_as_bureau(signed, actor=reviewer, seen_revision=signed.revision, reason="请核对", marks=[])

    later.refresh_from_db()
    signed.refresh_from_db()
    assert (signed.state, signed.edition_number) == (ReturnState.SENT_BACK, 2)
    assert (later.state, later.edition_number) == (ReturnState.SENT_BACK, 2)
    assert signed.signed_by is None and Edition.objects.get(monthly_return=signed, number=1).signed_at


def test_a_month_is_accepted_only_after_the_one_before(school, october, clerk, principal, reviewer):
    sign(school, october, clerk, principal)
    with time_machine.travel(IN_NOVEMBER):
        later = sign(school, month_of(school.county, NOVEMBER), clerk, principal)
        with pytest.raises(StepRefused, match="2025年10月 的月报还没有接收"):
            accept_return(later, actor=reviewer, seen_revision=later.revision)


@pytest.mark.parametrize("send_back", [send_back_as_principal, send_back_as_bureau])
def test_sending_back_needs_a_reason(school, october, clerk, principal, reviewer, send_back):
    if send_back is send_back_as_principal:
        found, actor = submit(school, october, clerk), principal
    else:
        found, actor = sign(school, october, clerk, principal), reviewer

    with pytest.raises(StepRefused, match="写明原因"):
        send_back(found, actor=actor, seen_revision=found.revision, reason="  ", marks=[])

    assert not CellMark.objects.exists()


# --- optional months, months not owed ------------------------------------------------------------------------------


@time_machine.travel("2026-07-09 09:00+08:00")
def test_an_optional_month_is_begun_by_its_clerk_only(school, clerk, other_clerk):
    july = month_of(school.county, dt.date(2026, 7, 1))
    with pytest.raises(NotPermitted):
        begin_optional_month(school, july, actor=other_clerk)

    begin_optional_month(school, july, actor=clerk)
    begin_optional_month(school, july, actor=clerk)

    assert MonthlyReturn.objects.filter(school=school, period__month=july).count() == 1
    with pytest.raises(StepRefused, match="不是可报月份"):
        begin_optional_month(school, month_of(school.county, dt.date(2026, 6, 1)), actor=clerk)


@time_machine.travel(IN_OCTOBER)
def test_a_closed_school_owes_no_more_returns(county):
    closed = make_school(county, closed_on=dt.date(2025, 8, 20))
    its_clerk = make_user(county, Role.CLERK, closed)

    with pytest.raises(StepRefused, match="不用填报"):
        edit_remark(closed, month_of(county, OCTOBER), grade=1, text="x", seen="", actor=its_clerk)


# --- corrections ---------------------------------------------------------------------------------------------------


@pytest.fixture
def correcting(school, october, children, clerk, principal, reviewer):
    """October with one leaver accepted, then re-opened on 9 October."""
    leave(children[3][0], clerk)
    found = accept(school, october, clerk, principal, reviewer)
    reopen_return(found, actor=reviewer, seen_revision=found.revision, reason="漏报转出")
    return find_return(school, october)


def sign_correction(school, month, clerk, principal):
    submitted = submit(school, month, clerk)
    sign_return(submitted, actor=principal, seen_revision=submitted.revision)
    return submitted


def stage_leave(found, child, clerk, **said):
    values = {
        "grade": 4,
        "happened_on": dt.date(2025, 9, 22),
        "reason_code": "moved",
        "counterpart_text": "太原市",
        "summary": "补记转出：当时未登记",
    }
    return stage_add(found, child, MovementKind.TRANSFER_OUT, actor=clerk, **(values | said))


def test_reopening_clears_the_earlier_send_back(correcting):
    assert (correcting.state, correcting.edition_number, correcting.correcting) == ("correcting", 2, True)
    assert correcting.sent_back_at is None and correcting.sent_back_reason == ""


def test_a_staged_leaver_shows_with_reason_and_destination(school, october, children, correcting, clerk):
    stage_leave(correcting, children[4][0], clerk)

    row = next(r for r in content_now(school, october, find_return(school, october)).counted if r.grade == 4)

    assert row.printed["counterpart"] == "太原市"
    assert row.printed["reason"].startswith("随家庭迁居")
    assert current_enrolment(children[4][0]) is not None


def test_an_accepted_correction_becomes_fact_and_moves_the_closing(
    school, october, children, correcting, clerk, principal, reviewer
):
    stage_leave(correcting, children[4][0], clerk)
    found = sign_correction(school, october, clerk, principal)

    accept_return(found, actor=reviewer, seen_revision=found.revision)

    assert current_enrolment(children[4][0]) is None
    change = StagedChange.objects.get()
    assert change.became == Movement.objects.latest("pk") and change.applied_at is not None
    assert [(d.grade, d.delta) for d in CorrectionDelta.objects.all()] == [(4, -1)]
    assert text_in_force(found).edition.number == 2


def test_a_new_child_is_staged_and_on_no_roll_until_acceptance(
    school, october, correcting, clerk, principal, reviewer
):
    person = {
        "name": "马思齐",
        "sex": "1",
        "birth_date": dt.date(2016, 3, 12),
        "no_id_reason": "户口正在办理",
    }
    stage_new_child(
        correcting,
        MovementKind.ADDED,
        person,
        grade=4,
        happened_on=dt.date(2025, 9, 22),
        reason_code="missed",
        summary="补记补录：漏录",
        actor=clerk,
    )
    student = Student.objects.get(name="马思齐")
    assert not Enrolment.objects.filter(student=student).exists()
    found = sign_correction(school, october, clerk, principal)

    accept_return(found, actor=reviewer, seen_revision=found.revision)

    assert current_enrolment(student).grade == 4


def test_staging_refuses_what_does_not_belong(school, children, correcting, clerk, other_clerk, principal):
    movement = Movement.objects.get()
    for person in (other_clerk, principal):
        with pytest.raises(NotPermitted):
            stage_leave(correcting, children[4][0], person)
        with pytest.raises(NotPermitted):
            stage_void(correcting, movement, reason="没走成", actor=person)
    with pytest.raises(StepRefused, match="截止日"):
        stage_leave(correcting, children[4][0], clerk, happened_on=dt.date(2025, 10, 5))
    with pytest.raises(StepRefused, match="写明为什么"):
        stage_void(correcting, movement, reason=" ", actor=clerk)
    stage_void(correcting, movement, reason="没走成", actor=clerk)
    with pytest.raises(StepRefused, match="已在更正清单"):
        stage_void(correcting, movement, reason="没走成", actor=clerk)

    assert StagedChange.objects.count() == 1


def test_a_withdrawn_change_leaves_the_edition_unchanged_and_it_cannot_be_sent(
    school, october, children, correcting, clerk
):
    change = stage_leave(correcting, children[4][0], clerk)
    withdraw_staged(change, actor=clerk)
    with pytest.raises(StepRefused):
        withdraw_staged(change, actor=clerk)

    with pytest.raises(StepRefused, match="第2版与现行版完全相同"):
        submit(school, october, clerk)


def test_an_expired_correction_cannot_be_sent_or_signed_and_is_discarded(
    school, october, children, correcting, clerk, principal
):
    stage_leave(correcting, children[4][0], clerk)
    submitted = submit(school, october, clerk)
    with time_machine.travel("2025-10-25 09:00+08:00"):
        with pytest.raises(StepRefused, match="期限已过"):
            sign_return(submitted, actor=principal, seen_revision=submitted.revision)
        submitted = find_return(school, october)
        pull_back(submitted, actor=clerk, seen_revision=submitted.revision)
        with pytest.raises(StepRefused) as refusal:
            submit(school, october, clerk)
        out = StringIO()
        call_command("expire_corrections", stdout=out)
        call_command("expire_corrections", stdout=StringIO())

    found = find_return(school, october)
    assert any("更正期限" in problem for problem in refusal.value.problems)
    assert "作废 1 份更正。" in out.getvalue()
    assert (found.state, found.edition_number, found.correcting) == (ReturnState.ACCEPTED, 1, False)
    assert Edition.objects.get(monthly_return=found, number=2).discarded_at is not None
    assert current_enrolment(children[4][0]) is not None
    assert last_entry().verb == "return.discard_correction"


def test_a_correction_signed_in_time_waits_for_the_bureau(
    school, october, children, correcting, clerk, principal
):
    stage_leave(correcting, children[4][0], clerk)
    sign_correction(school, october, clerk, principal)
    with time_machine.travel("2025-10-25 09:00+08:00"):
        call_command("expire_corrections", stdout=StringIO())

    assert find_return(school, october).state == ReturnState.SIGNED


def test_a_correction_sent_back_by_the_bureau_gets_its_time_again(
    school, october, children, correcting, clerk, principal, reviewer
):
    stage_leave(correcting, children[4][0], clerk)
    found = sign_correction(school, october, clerk, principal)
    with time_machine.travel("2025-10-25 09:00+08:00"):
        send_back_as_bureau(found, actor=reviewer, seen_revision=found.revision, reason="再核", marks=[])
        edition = Edition.objects.get(monthly_return=found, number=3)
        assert edition.expires_at.date() == dt.date(2025, 11, 4)
        sign_correction(school, october, clerk, principal)

    assert find_return(school, october).state == ReturnState.SIGNED


def test_last_school_year_stays_closed_once_september_is_submitted(
    school, october, children, clerk, principal, reviewer
):
    found = accept(school, october, clerk, principal, reviewer)
    RollPeriod.objects.create(
        school=school, month=month_of(school.county, dt.date(2026, 9, 1)), state=PeriodState.CLOSED
    )

    with pytest.raises(StepRefused, match="上学年的月报不能再重开"):
        reopen_return(found, actor=reviewer, seen_revision=found.revision, reason="漏报")
