"""A clean county has clean books; one planted lie of each kind is found and named."""

import datetime as dt
import json
from contextlib import contextmanager
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import triggers
from accounts.audit import log_access
from accounts.keeping_actions import seal_access_log
from accounts.models import AuditEntry, County, User
from monitoring.models import (
    Edition,
    FrozenAbsentee,
    FrozenLine,
    FrozenReturn,
    FrozenRow,
    MonthlyReturn,
    StagedChange,
)
from reports.books.checks import check_books, violations_of
from reports.books.rows import Books
from reports.demo.loader import load
from reports.demo.places import ACCEPTED, CountyPlan, SchoolPlan
from schools.models import SchoolKind
from students.actions.undo import undo_movement
from students.models import Absence, Enrolment, Movement, RollPeriod, Transfer

pytestmark = pytest.mark.django_db
NOW = "2025-10-24 10:00+08:00"
PLAN = CountyPlan(
    "140499",
    "平顺县",
    (
        SchoolPlan("柏坪镇九年一贯制学校", "柏坪学校", "柏坪镇", SchoolKind.NINE_YEAR, 9, ACCEPTED),
        SchoolPlan("云岭镇中心小学", "云岭中心小学", "云岭镇", SchoolKind.PRIMARY, 12, ACCEPTED),
        SchoolPlan("云岭镇初级中学", "云岭初中", "云岭镇", SchoolKind.JUNIOR, 12, ACCEPTED),
    ),
    ("柏坪镇", "云岭镇"),
)


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker):
    """A county that lived through fourteen months, taken back after the last test of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOW, tick=True):
            load([PLAN], seed=3, said=lambda _: None)
            reverse_something()
        yield County.objects.get(code="140499")
        transaction.set_rollback(True)


def reverse_something():
    """更正 of a closed month, so that there is one to lie about."""
    done = Movement.objects.filter(
        kind="new_pupil", period__state="closed", pair=None, voided_at=None, reversed_by=None
    )
    for movement in done.order_by("-pk"):
        later = Movement.objects.filter(student=movement.student, pk__gt=movement.pk, voided_at=None)
        if not later.exists():
            undo_movement(movement, reason="登记错了", actor=movement.recorded_by)
            return


@pytest.fixture
def county(lived):
    return lived


def run(*arguments):
    """(exit code, what was said)."""
    out = StringIO()
    try:
        call_command("check_books", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


# --- ways round the guards -----------------------------------------------------------------------------------------


def raw(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount == 1, "the lie was not planted"


@contextmanager
def unguarded(*tables):
    """Without triggers and without the checks of the database, as only its owner could."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for name in ("line_roll_balances", "line_absence_balances"):
                cursor.execute(f"ALTER TABLE monitoring_frozenline DROP CONSTRAINT {name}")
    for table in tables:
        triggers.remove(connection, table)
    try:
        yield
    finally:
        for table in tables:
            triggers.install(connection, table)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


def standing_texts(county):
    """In order of months, as the checks see them."""
    return list(Books(county).standing.values())


def last_text(county, **line):
    """The newest standing text with such a line."""
    texts = [text.pk for text in standing_texts(county)]
    return FrozenLine.objects.filter(frozen__in=texts, **line).order_by("frozen_id").last()


def settled_movement(**values):
    """A live fact that an accepted return counts and no correction brought in."""
    settled = Movement.objects.filter(period__monthly_return__state="accepted", voided_at=None, **values)
    staged = StagedChange.objects.filter(became__isnull=False).values("became_id")
    return settled.exclude(pk__in=staged).order_by("pk").first()


# --- the lies ----------------------------------------------------------------------------------------------------


def closing_that_does_not_add_up(county):
    line = last_text(county, closing__gt=3)
    with unguarded("monitoring_frozenline"):
        raw("UPDATE monitoring_frozenline SET closing = closing + 1 WHERE id = %s", line.pk)


def absence_that_does_not_add_up(county):
    line = last_text(county, closing__gt=3)
    with unguarded("monitoring_frozenline"):
        raw("UPDATE monitoring_frozenline SET absent = absent + 1 WHERE id = %s", line.pk)


def row_with_the_other_sign(county):
    row = FrozenRow.objects.filter(counted=True, column="other", sign=1).first()
    with unguarded("monitoring_frozenrow"):
        raw("UPDATE monitoring_frozenrow SET sign = -1 WHERE id = %s", row.pk)


def absent_child_taken_off_the_list(county):
    absentee = FrozenAbsentee.objects.filter(at_opening=False).first()
    with unguarded("monitoring_frozenabsentee"):
        raw("DELETE FROM monitoring_frozenabsentee WHERE id = %s", absentee.pk)


def remark_rewritten(county):
    with unguarded("monitoring_frozenline"):
        raw("UPDATE monitoring_frozenline SET remark = '没有这回事' WHERE id = %s", last_text(county).pk)


def printed_words_exchanged(county):
    one, other = FrozenRow.objects.order_by("pk")[:2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT printed FROM monitoring_frozenrow WHERE id = %s", [other.pk])
        (words,) = cursor.fetchone()
    with unguarded("monitoring_frozenrow"):
        raw("UPDATE monitoring_frozenrow SET printed = %s WHERE id = %s", words, one.pk)


def opening_from_two_months_ago(county):
    text = standing_texts(county)[-1]
    raw_before = FrozenReturn.objects.get(pk=text.opens_from_id).opens_from_id
    with unguarded("monitoring_frozenreturn"):
        raw("UPDATE monitoring_frozenreturn SET opens_from_id = %s WHERE id = %s", raw_before, text.pk)


def signature_taken_from_the_month_before(county):
    text = standing_texts(county)[-1]
    cited = FrozenReturn.objects.get(pk=text.opens_from_id)
    raw("UPDATE monitoring_edition SET signed_at = NULL WHERE id = %s", cited.edition_id)


def children_added_to_opening_and_closing(county):
    line = last_text(county, closing__gt=3)
    with unguarded("monitoring_frozenline"):
        raw(
            "UPDATE monitoring_frozenline SET opening = opening + 1, closing = closing + 1 WHERE id = %s",
            line.pk,
        )


def submitted_month_unlocked(county):
    period = RollPeriod.objects.filter(state="closed").first()
    raw("UPDATE students_rollperiod SET state = 'open' WHERE id = %s", period.pk)


def month_locked_without_a_return(county):
    period = RollPeriod.objects.filter(state="open", monthly_return=None).first()
    raw("UPDATE students_rollperiod SET state = 'closed' WHERE id = %s", period.pk)


def edition_no_longer_in_force(county):
    edition = Edition.objects.filter(in_force=True).first()
    raw("UPDATE monitoring_edition SET in_force = %s WHERE id = %s", False, edition.pk)


def edition_with_the_text_of_another(county):
    mine, other = Edition.objects.filter(in_force=True).order_by("pk")[:2]
    text_id = other.frozen_id
    raw(
        "UPDATE monitoring_edition SET frozen_id = NULL, signed_at = NULL, in_force = %s WHERE id = %s",
        False,
        other.pk,
    )
    raw("UPDATE monitoring_edition SET frozen_id = %s WHERE id = %s", text_id, mine.pk)


def accepted_return_set_back_to_signed(county):
    found = MonthlyReturn.objects.filter(state="accepted").order_by("pk").first()
    raw(
        "UPDATE monitoring_monthlyreturn SET state = 'signed', accepted_by_id = NULL, accepted_at = NULL WHERE id = %s",
        found.pk,
    )


def counted_fact_voided(county):
    move = settled_movement(kind="transfer_out", pair=None, reversed_by=None)
    raw(
        "UPDATE students_movement SET voided_at = recorded_at, voided_by_id = recorded_by_id WHERE id = %s",
        move.pk,
    )


def counted_fact_moved_to_another_grade(county):
    move = settled_movement(kind="transfer_out", pair=None)
    raw(
        "UPDATE students_movement SET counting_grade = counting_grade + 1, grade = grade + 1 WHERE id = %s",
        move.pk,
    )


def fact_counted_before_it_happened(county):
    move = settled_movement()
    day = move.period.month.cut_off + dt.timedelta(days=1)
    raw("UPDATE students_movement SET happened_on = %s WHERE id = %s", day, move.pk)


def fact_counted_in_another_school(county):
    move = settled_movement()
    other = RollPeriod.objects.filter(month=move.period.month).exclude(school=move.school).first()
    raw("UPDATE students_movement SET period_id = %s WHERE id = %s", other.pk, move.pk)


def later_fact_in_an_earlier_month(county):
    for later in Movement.objects.filter(voided_at=None, period__isnull=False).order_by("-pk"):
        before = Movement.objects.filter(
            student=later.student, school=later.school, pk__lt=later.pk, voided_at=None, period__isnull=False
        ).last()
        earlier = RollPeriod.objects.filter(
            school=later.school, month__month__lt=before.period.month.month if before else dt.date.min
        ).last()
        if earlier is not None:
            raw("UPDATE students_movement SET period_id = %s WHERE id = %s", earlier.pk, later.pk)
            return
    pytest.fail("no child with two facts")


def half_of_a_pair_voided(county):
    move = settled_movement(kind="transfer_in", pair__isnull=False)
    raw(
        "UPDATE students_movement SET voided_at = recorded_at, voided_by_id = recorded_by_id WHERE id = %s",
        move.pk,
    )


def half_of_a_transfer_on_its_own(county):
    transfer = Transfer.objects.filter(state="confirmed").first()
    move = Movement.objects.filter(pair=transfer.pair, sign=1).get()
    raw("UPDATE students_movement SET pair = NULL WHERE id = %s", move.pk)


def transfer_into_the_county_from_nowhere(county):
    filed = {month for _, month in Books(county).standing}
    move = settled_movement(kind="transfer_in", pair__isnull=False, period__month__month__in=filed)
    raw("UPDATE students_movement SET counterpart_school_id = NULL WHERE id = %s", move.pk)


def correction_of_the_same_sign(county):
    move = Movement.objects.get(kind="correction", voided_at=None)
    raw("UPDATE students_movement SET sign = -sign WHERE id = %s", move.pk)


def correction_of_another_child(county):
    move = Movement.objects.get(kind="correction", voided_at=None)
    other = Movement.objects.filter(reversed_by=None, sign=-move.sign, voided_at=None, pair=None)
    other = other.exclude(student=move.student).filter(kind="new_pupil").first()
    raw("UPDATE students_movement SET reverses_id = %s WHERE id = %s", other.pk, move.pk)


def fact_slipped_into_a_locked_month(county):
    move = settled_movement()
    raw("UPDATE students_movement SET recorded_at = %s WHERE id = %s", timezone.now(), move.pk)


def child_on_two_rolls(county):
    one = Enrolment.objects.filter(base_grade=1, left_on=None, school__kind="nine_year").first()
    other = Enrolment.objects.filter(school__kind="primary").first().school_id
    raw(
        "INSERT INTO students_enrolment (student_id, school_id, grade, grade_year, joined_on, left_on, graduated, "
        "base_grade, base_year) VALUES (%s, %s, 1, 2024, %s, %s, %s, 1, 2024)",
        one.student_id,
        other,
        one.joined_on,
        one.joined_on,
        False,
    )


def absent_child_in_another_grade(county):
    texts = [text.pk for text in standing_texts(county)]
    absentee = FrozenAbsentee.objects.filter(frozen__in=texts, at_opening=False).first()
    grade = absentee.grade % 6 + 1
    with unguarded("monitoring_frozenabsentee"):
        raw("UPDATE monitoring_frozenabsentee SET grade = %s WHERE id = %s", grade, absentee.pk)


def absent_child_without_a_spell(county):
    texts = [text.pk for text in standing_texts(county)]
    absentee = FrozenAbsentee.objects.filter(frozen__in=texts).first()
    other = Absence.objects.exclude(student=absentee.student).first()
    with unguarded("monitoring_frozenabsentee"):
        raw("UPDATE monitoring_frozenabsentee SET absence_id = %s WHERE id = %s", other.pk, absentee.pk)


def spell_that_the_return_left_out(county):
    spell = (
        Absence.objects.filter(returned_on=None, voided_at=None, revision=1)
        .exclude(kind="in_transfer")
        .last()
    )
    text = [t for t in standing_texts(county) if t.edition.monthly_return.school_id == spell.school_id][-1]
    raw(
        "UPDATE students_absence SET first_day = %s, recorded_at = %s WHERE id = %s",
        text.cut_off,
        text.chain_at - dt.timedelta(minutes=1),
        spell.pk,
    )


def child_in_another_grade_than_the_books_say(county):
    child = Enrolment.objects.filter(left_on=None, grade=2).first()
    raw("UPDATE students_enrolment SET grade = 3 WHERE id = %s", child.pk)


def child_gone_without_a_fact(county):
    child = Enrolment.objects.filter(left_on=None).first()
    raw("UPDATE students_enrolment SET left_on = joined_on WHERE id = %s", child.pk)


def audit_entry_rewritten(county):
    entry = AuditEntry.objects.filter(county_id=county.pk).order_by("seq")[5]
    with unguarded("accounts_auditentry"):
        raw("UPDATE accounts_auditentry SET actor_name = '别人' WHERE id = %s", entry.pk)


def head_of_the_trail_moved(county):
    raw("UPDATE accounts_audithead SET seq = seq - 1 WHERE county_id = %s", county.pk)


def reading_taken_out(county):
    for _ in range(2):
        log_access(User.objects.filter(county=county).first(), "id_number")
    seal = seal_access_log(county.pk, until=timezone.now())
    with unguarded("accounts_accesslogentry"):
        raw("DELETE FROM accounts_accesslogentry WHERE id = %s", seal.first_id)


def guard_taken_away(county):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection, "monitoring_frozenline")


LIES = {
    closing_that_does_not_add_up: {"line", "printed"},
    absence_that_does_not_add_up: {"line", "printed", "absent_names"},
    row_with_the_other_sign: {"annex", "hash"},
    absent_child_taken_off_the_list: {"absent_names"},
    remark_rewritten: {"hash"},
    printed_words_exchanged: {"hash"},
    opening_from_two_months_ago: {"chain"},
    signature_taken_from_the_month_before: {"chain"},
    children_added_to_opening_and_closing: {"opening", "closing"},
    submitted_month_unlocked: {"period"},
    month_locked_without_a_return: {"period"},
    edition_no_longer_in_force: {"edition"},
    edition_with_the_text_of_another: {"edition"},
    accepted_return_set_back_to_signed: {"chain", "edition"},
    counted_fact_voided: {"facts"},
    counted_fact_moved_to_another_grade: {"facts"},
    fact_counted_before_it_happened: {"counts_in"},
    fact_counted_in_another_school: {"counts_in"},
    later_fact_in_an_earlier_month: {"order"},
    half_of_a_pair_voided: {"pair"},
    half_of_a_transfer_on_its_own: {"transfer", "pair"},
    transfer_into_the_county_from_nowhere: {"county_transfers"},
    correction_of_the_same_sign: {"reversal"},
    correction_of_another_child: {"reversal"},
    fact_slipped_into_a_locked_month: {"lock"},
    child_on_two_rolls: {"two_schools", "closing"},
    absent_child_in_another_grade: {"absent_roll"},
    absent_child_without_a_spell: {"absent_spell"},
    spell_that_the_return_left_out: {"absent_listed"},
    child_in_another_grade_than_the_books_say: {"enrolment"},
    child_gone_without_a_fact: {"enrolment"},
    audit_entry_rewritten: {"audit_chain"},
    head_of_the_trail_moved: {"audit_chain"},
    reading_taken_out: {"access_seal"},
    guard_taken_away: {"trigger"},
}


def test_books_of_a_county_that_lived_through_a_year_are_clean(county):
    assert violations_of(county) == []
    assert run() == (0, "账目全部相符。\n")
    assert run("--json", "--county", "140499") == (0, "[]\n")


@pytest.mark.parametrize("plant", LIES, ids=lambda plant: plant.__name__)
def test_a_planted_lie_is_found_and_named(county, plant):
    plant(county)

    code, said = run("--json")

    violations = json.loads(said)
    assert code == 1
    assert {one["code"] for one in violations} >= LIES[plant]
    assert all(set(one) == {"code", "school", "month", "grade", "message"} for one in violations)


def test_a_lie_is_told_by_school_month_and_grade(county):
    line = last_text(county, closing__gt=3)
    children_added_to_opening_and_closing(county)
    monthly_return = line.frozen.edition.monthly_return

    found = next(one for one in check_books([county]) if one.code == "opening")

    assert (found.school, found.grade) == (monthly_return.school.code, line.grade)
    assert found.month == monthly_return.period.month.slug
    assert found.message.startswith(monthly_return.school.name)
    code, said = run()
    assert code == 1 and "[opening]" in said and "处不符" in said


def test_every_rule_has_a_planted_lie():
    """What a rule calls its finding, read from its source, is what some lie above is found by."""
    import inspect
    import re

    from reports.books import facts, months, rolls, texts, trail

    source = "".join(inspect.getsource(module) for module in (facts, months, rolls, texts, trail))
    named = set(re.findall(r'(?:lie\(|_at\(\s*books, text, |_about\(\s*books, )\s*"(\w+)"', source))
    assert named == set().union(*LIES.values())


def test_an_unknown_county_is_refused(db):
    with pytest.raises(CommandError, match="999999"):
        call_command("check_books", "--county", "999999")
