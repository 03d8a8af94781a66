"""What changes an account, what it leaves in the trail, and the commands around accounts."""

import datetime as dt
from io import StringIO

import pytest
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import actions, checks, hashers
from accounts.models import AuditEntry, User
from accounts.passwords import FIRST_PASSWORD_LETTERS, first_password
from accounts.workflow import NotPermitted, StepRefused
from tests.accounts.people import make_county, make_user


def last_entry():
    return AuditEntry.objects.latest("pk")


def test_a_new_account_has_a_password_for_one_use(county, colleague):
    account = actions.create_user(
        actor=colleague, county=county, username="new", name="新来的", capacity="管理员"
    )
    user = User.objects.get(username="new")
    assert check_password(account.password, user.password)
    assert user.must_change_password
    assert user.first_password_expires_at - timezone.now() > dt.timedelta(hours=71)
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.target_id, entry.capacity) == (
        "create_user",
        colleague.pk,
        str(user.pk),
        "管理员",
    )


def test_no_password_stands_in_the_trail(county, colleague):
    account = actions.create_user(actor=colleague, county=county, username="new", name="新来的")
    passwords = [account.password, actions.reset_password(account.user, actor=colleague)]
    actions.deactivate_user(account.user, actor=colleague)
    passwords.append(actions.reactivate_user(account.user, actor=colleague))
    actions.change_password(account.user, "three quiet rivers")
    written = repr(list(AuditEntry.objects.values()))
    assert len(set(passwords)) == 3
    assert not any(
        password in written for password in [*passwords, "three quiet rivers", account.user.password]
    )


def test_first_passwords_are_random_and_readable():
    passwords = {first_password() for _ in range(1000)}
    assert len(passwords) == 1000
    assert set("".join(passwords)) <= set(FIRST_PASSWORD_LETTERS + "-")
    assert not set(FIRST_PASSWORD_LETTERS) & set("0o1li")


def test_a_demonstration_account_needs_no_change_and_is_refused_in_production(county, settings):
    user = actions.create_demo_user(
        county=county, username="demo_clerk_1", name="郭晓燕", note="填报员 · 柏坪学校"
    )
    assert user.is_demo
    assert not user.must_change_password
    settings.DEMO_ACCOUNTS_SHOWN = False
    with pytest.raises(StepRefused):
        actions.create_demo_user(county=county, username="demo_2", name="x", note="")


@pytest.mark.parametrize(
    "act",
    [
        lambda user, actor: actions.rename_user(user, actor=actor, name="x"),
        lambda user, actor: actions.reset_password(user, actor=actor),
        lambda user, actor: actions.deactivate_user(user, actor=actor),
        lambda user, actor: actions.reactivate_user(user, actor=actor),
        lambda user, actor: actions.unlock_account(user, actor=actor),
        lambda user, actor: actions.end_sessions(user, actor=actor),
        lambda user, actor: actions.create_user(actor=actor, county=user.county, username="x", name="x"),
    ],
)
def test_nobody_touches_accounts_of_another_county(person, act):
    before = User.objects.filter(pk=person.pk).values().get()
    with pytest.raises(NotPermitted):
        act(person, make_user(make_county()))
    assert User.objects.filter(pk=person.pk).values().get() == before
    assert not AuditEntry.objects.exists()


def test_renaming_keeps_the_user_name_and_notes_both_names(person, colleague):
    before = person.name
    actions.rename_user(person, actor=colleague, name="李改名")
    person.refresh_from_db()
    assert person.name == "李改名"
    assert last_entry().changes == {"name": [before, "李改名"]}


def test_closing_and_opening(person, colleague):
    actions.deactivate_user(person, actor=colleague, reason="调离")
    assert "调离" in last_entry().summary
    with pytest.raises(StepRefused, match="已经停用"):
        actions.deactivate_user(person, actor=colleague)
    password = actions.reactivate_user(person, actor=colleague)
    person.refresh_from_db()
    assert person.is_active
    assert person.must_change_password
    assert check_password(password, person.password)
    with pytest.raises(StepRefused, match="已经是启用"):
        actions.reactivate_user(person, actor=colleague)


def test_nobody_closes_the_account_they_sit_in(person):
    with pytest.raises(StepRefused, match="自己"):
        actions.deactivate_user(person, actor=person)


def test_a_county_begins_with_its_chain(db):
    county = actions.open_county(code="140425", name="平顺县")
    assert county.bureau_name == "平顺县教育局"
    assert last_entry().county_id == county.pk


# --- hashing -----------------------------------------------------------------------------------------------------


def test_the_county_hasher_is_argon2_with_small_settings():
    hasher = hashers.CountyArgon2PasswordHasher()
    encoded = hasher.encode("three quiet rivers", hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify("three quiet rivers", encoded)
    assert not hasher.verify("three quiet river", encoded)
    assert not hasher.must_update(encoded)


def test_at_most_two_checks_run_at_once(monkeypatch):
    import threading
    import time

    running, most = 0, 0
    lock = threading.Lock()

    def slow(self, password, salt):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return ""

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "encode", slow)
    hasher = hashers.CountyArgon2PasswordHasher()
    threads = [threading.Thread(target=hasher.encode, args=("x", "y" * 22)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


# --- the start of production, and unused accounts ----------------------------------------------------------------


def test_production_does_not_start_with_a_demonstration_account(county, settings):
    settings.DEMO_ACCOUNTS_SHOWN = False
    checks.refuse_demo_accounts_in_production()
    assert checks.no_demo_accounts(databases=["default"]) == []
    make_user(county, is_demo=True, username="demo_clerk_1")
    with pytest.raises(ImproperlyConfigured, match="demo_clerk_1"):
        checks.refuse_demo_accounts_in_production()
    assert checks.no_demo_accounts(databases=["default"])[0].id == "accounts.E001"
    assert checks.no_demo_accounts() == []


def test_a_database_before_its_first_migration_is_no_obstacle(db, settings, monkeypatch):
    settings.DEMO_ACCOUNTS_SHOWN = False
    monkeypatch.setattr(connection.introspection, "table_names", list)
    checks.refuse_demo_accounts_in_production()


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_accounts_unused_for_ninety_days_are_listed_and_closed(county):
    long_ago = timezone.now() - dt.timedelta(days=91)
    used = make_user(county, last_login=timezone.now())
    fresh = make_user(county)
    unused = make_user(county, last_login=long_ago)
    never = make_user(county)
    User.objects.filter(pk__in=[used.pk, never.pk]).update(created_at=long_ago)
    listed = run("check_accounts")
    assert [user.username in listed for user in (used, fresh, unused, never)] == [False, False, True, True]
    assert User.objects.filter(is_active=True).count() == 4
    run("check_accounts", "--disable")
    assert set(User.objects.filter(is_active=False)) == {unused, never}
    assert last_entry().verb == "deactivate_user"
