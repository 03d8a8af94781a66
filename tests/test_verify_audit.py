"""Tampering by somebody who can take the guards away: verify_audit names the first bad row."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from accounts import keeping_actions, trail
from accounts.audit import entry_hash, log_access
from accounts.models import AccessLogEntry, AccessLogSeal, AuditEntry, AuditHead
from accounts.triggers import GUARDED_TABLES, install, remove
from tests.accounts.people import act, make_county, make_user


@pytest.fixture
def county(db):
    return make_county()


@pytest.fixture
def person(county):
    return make_user(county)


@pytest.fixture
def chain(county, person):
    """Ten entries, five readings of which the first three are sealed; the guards are gone."""
    for number in range(9):
        act(person, note=("", str(number)))
    for number in range(5):
        log_access(person, "id_number", student_id=number)
        if number == 2:
            keeping_actions.seal_access_log(county.pk, until=AccessLogEntry.objects.latest("pk").at)
    for table in GUARDED_TABLES:
        remove(connection, table)
    return AuditEntry.objects.filter(county_id=county.pk)


def verify(*options):
    """What the command prints, and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("verify_audit", *options, "--json", stdout=out)
    except SystemExit as stopped:
        code = stopped.code
    return json.loads(out.getvalue()), code


def guard_again():
    for table in GUARDED_TABLES:
        install(connection, table)


def first_break():
    guard_again()
    report, code = verify()
    assert code == 1
    assert not report["ok"]
    return report["breaks"][0]["place"], report["breaks"][0]["reason"]


def test_an_untouched_trail_is_whole(chain):
    guard_again()
    report, code = verify()
    assert (report["ok"], code, report["heads"][0]["seq"]) == (True, 0, 10)


def test_missing_guards_are_reported(chain):
    report, code = verify()
    assert code == 1
    assert report["missing_triggers"] == sorted(GUARDED_TABLES)
    assert report["breaks"] == []


EDITS = {
    "actor_name": "别人",
    "verb": "other",
    "summary": "没有的事",
    "target_id": "999",
    "address": "10.9.9.9",
    "actor_id": 12345,
    "changes": {"note": ["", "x"]},
}


@pytest.mark.parametrize("seq", [1, 5, 10])
@pytest.mark.parametrize("column", EDITS)
def test_an_edited_entry_is_named(chain, seq, column):
    chain.filter(seq=seq).update(**{column: EDITS[column]})
    assert first_break() == (seq, "内容被改过")


@pytest.mark.parametrize(("seq", "reason"), [(1, "这一条不见了"), (5, "这一条不见了"), (10, "末尾缺了 1 条")])
def test_a_deleted_entry_is_named(chain, seq, reason):
    chain.filter(seq=seq).delete()
    assert first_break() == (seq, reason)


def test_two_entries_with_their_numbers_swapped_are_named(chain):
    chain.filter(seq=4).update(seq=99)
    chain.filter(seq=5).update(seq=4)
    chain.filter(seq=99).update(seq=5)
    assert first_break()[0] == 4


def test_an_entry_put_in_is_named(chain):
    forged = chain.get(seq=10)
    forged.pk, forged.seq, forged.previous_hash = None, 11, forged.hash
    forged.save()
    assert first_break() == (11, "内容被改过")


def test_an_entry_put_in_with_a_right_hash_does_not_fit_the_head(chain):
    forged = chain.get(seq=10)
    forged.pk, forged.seq, forged.previous_hash = None, 11, forged.hash
    forged.hash = entry_hash(forged)
    forged.save()
    assert first_break() == (11, "这一条是链外添加的")


def test_a_chain_written_anew_to_its_end_does_not_fit_a_head_kept_elsewhere(chain, county):
    kept = AuditHead.objects.get(county=county)
    anchor = f"{county.pk}:{kept.seq}:{kept.hash}"
    previous = ""
    for entry in chain.order_by("seq"):
        entry.actor_name, entry.previous_hash = "别人", previous
        entry.hash = previous = entry_hash(entry)
        entry.save()
    AuditHead.objects.filter(county=county).update(hash=previous)
    AccessLogSeal.objects.all().delete()  # so that only the anchor can tell
    guard_again()
    assert (
        verify(f"--anchor={county.pk}:{kept.seq}:{previous}")[0]["breaks"][0]["table"]
        == "accounts_accesslogentry"
    )
    assert verify(f"--anchor={anchor}")[0]["breaks"][-1]["reason"] == "与另处抄存的链头不符"


def test_a_missing_head_is_noticed(chain, county):
    AuditHead.objects.filter(county=county).delete()
    assert first_break() == (1, "这一条是链外添加的")


@pytest.mark.parametrize("column", ["user_id", "what", "reason", "student_id", "at"])
def test_an_edited_reading_is_named(chain, column):
    reading = AccessLogEntry.objects.earliest("pk")
    value = {"at": AccessLogEntry.objects.latest("pk").at, "what": "x", "reason": "x"}.get(column, 12345)
    AccessLogEntry.objects.filter(pk=reading.pk).update(**{column: value})
    assert first_break() == (reading.pk, "第 1 批的内容被改过")


def test_a_deleted_reading_is_named(chain):
    reading = AccessLogEntry.objects.earliest("pk")
    reading.delete()
    assert first_break()[1] == "第 1 批应有 3 条，现有 2 条"


def test_a_deleted_seal_is_noticed(chain):
    AccessLogSeal.objects.all().delete()
    assert first_break()[1] == "少了 1 批封存"


def test_sealing_goes_on_where_it_stopped(chain, county):
    seal = keeping_actions.seal_access_log(county.pk, until=AccessLogEntry.objects.latest("pk").at)
    assert seal.count == 2
    assert trail.verify_seals(county.pk) is None
    assert keeping_actions.seal_access_log(county.pk) is None


def test_fresh_readings_wait(county, person):
    log_access(person, "id_number")
    call_command("seal_access_log")
    assert not AccessLogSeal.objects.exists()
