"""The trail: one chained entry for an action, nothing for a failed one, no change without trace."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import keeping_actions, trail
from accounts.audit import Origin, audited, log_access, origin
from accounts.models import AccessLogEntry, AccessLogSeal, AuditEntry, AuditHead
from tests.accounts.people import act, make_county, make_user

GUARDED_MODELS = [AuditEntry, AccessLogEntry, AccessLogSeal]


@pytest.fixture
def county(db):
    return make_county()


@pytest.fixture
def person(county):
    return make_user(county)


def entries(county):
    return list(AuditEntry.objects.filter(county_id=county.pk))


# --- what an action leaves ---------------------------------------------------------------------------------------


def test_an_entry_says_who_did_what_to_whom_from_where(county, person):
    token = origin.set(Origin(request_id="r1", address="10.0.0.7", capacity="填报员 · 柏坪学校"))
    act(person, "rename_user", name=("李一", "李二"))
    origin.reset(token)
    (entry,) = entries(county)
    assert (entry.seq, entry.actor_id, entry.actor_name) == (1, person.pk, person.name)
    assert (entry.verb, entry.target_type, entry.target_id) == (
        "rename_user",
        "accounts.User",
        str(person.pk),
    )
    assert (entry.capacity, entry.request_id, entry.address) == ("填报员 · 柏坪学校", "r1", "10.0.0.7")
    assert entry.changes == {"name": ["李一", "李二"]}


def test_entries_are_chained_and_counties_are_apart(county, person):
    other = make_user()
    act(person)
    act(other)
    act(person)
    first, second = entries(county)
    assert [first.seq, second.seq] == [1, 2]
    assert second.previous_hash == first.hash
    assert [entry.seq for entry in entries(other.county)] == [1]
    assert AuditHead.objects.get(county=county).hash == second.hash


def test_actions_inside_an_action_are_part_of_it(county, person):
    with audited(person, "import_roster", county_id=county.pk):
        for _ in range(3):
            act(person, "enrol")
    (entry,) = entries(county)
    assert entry.verb == "import_roster"
    assert entry.changes["parts"] == {"enrol": 3}


def test_a_failed_part_that_was_caught_is_not_counted(county, person):
    with audited(person, "import_roster", county_id=county.pk):
        act(person, "enrol")
        with pytest.raises(ValueError), audited(person, "enrol", county_id=county.pk):
            raise ValueError
    assert entries(county)[0].changes["parts"] == {"enrol": 1}


def test_an_action_that_fails_leaves_nothing(county, person):
    with pytest.raises(ValueError), audited(person, "test", county_id=county.pk):
        person.name = "没有改成"
        person.save()
        raise ValueError
    person.refresh_from_db()
    assert person.name != "没有改成"
    assert entries(county) == []
    act(person)  # the next one is an action of its own again
    assert [entry.seq for entry in entries(county)] == [1]


def test_what_is_hashed_is_what_is_read_back(county, person):
    act(person, odd=({2: "a", 10: "b"}, ["七（1）班", None, True]))
    assert trail.verify_chain(county.pk) is None


# --- append-only -------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(county, person):
    act(person)
    log_access(person, "id_number", student_id=7, reason="核对")
    keeping_actions.seal_access_log(county.pk, until=AccessLogEntry.objects.get().at)
    connection.check_constraints()  # PostgreSQL truncates nothing that still waits for a check


def refused(statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def replace_or_truncate(table, row_id):
    if connection.vendor == "sqlite":
        return f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = {row_id}"
    return f"TRUNCATE {table}"


@pytest.mark.parametrize("model", GUARDED_MODELS)
def test_rows_cannot_be_changed_removed_or_replaced(filled, model):
    table, row = model._meta.db_table, model.objects.first()
    refused(f"UPDATE {table} SET county_id = county_id WHERE id = {row.pk}")
    refused(f"DELETE FROM {table} WHERE id = {row.pk}")
    refused(replace_or_truncate(table, row.pk))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()
    assert model.objects.get(pk=row.pk) == row


def test_sqlite_checks_what_the_guards_need(db):
    if connection.vendor != "sqlite":
        pytest.skip("pragmas of SQLite")
    wanted = {"recursive_triggers": 1, "foreign_keys": 1, "synchronous": 2, "journal_mode": "wal"}
    with connection.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted


# --- many at once ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_people_at_once_do_not_fork_the_chain():
    person = make_user()

    def work(number):
        try:
            for _ in range(25):
                act(person, f"thread_{number}")
                log_access(person, "id_number", student_id=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert AccessLogEntry.objects.count() == 200
    assert [entry.seq for entry in entries(person.county)] == list(range(1, 201))
    assert trail.verify_chain(person.county_id) is None
