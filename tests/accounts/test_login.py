"""Signing in and out: one answer for every failure, limits on guessing, sessions that end on the server."""

import datetime as dt
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import UserSession
from tests.accounts.conftest import sign_in
from tests.accounts.people import PASSWORD, make_user

NOON = dt.datetime(2026, 11, 5, 4, 0, tzinfo=dt.UTC)  # 12:00 in Shanxi


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def guess(username, address="10.0.0.1", password="wrong"):
    return Client().post("/login/", {"username": username, "password": password}, REMOTE_ADDR=address)


def is_in(client):
    return client.get("/account/").status_code == 200


# --- who ---------------------------------------------------------------------------------------------------------


def test_the_right_password_leads_home(client, person):
    response = client.post("/login/", {"username": person.username, "password": PASSWORD})
    assert response["Location"] == "/account/"
    assert is_in(client)


def test_a_signed_in_person_is_not_asked_again(signed_in):
    assert signed_in.get("/login/").status_code == 302


def test_failures_all_look_the_same(person, county):
    closed = make_user(county, is_active=False)
    answers = [
        guess(person.username),
        guess("nobody"),
        guess(closed.username),
        guess(closed.username, "10.0.0.2", PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {200}
    errors = [answer.context["form"].non_field_errors() for answer in answers]
    assert errors[0] == errors[1] == errors[3] == ["账号或密码不对，还可以试 4 次。"]


def test_every_failure_costs_one_check(person, county, monkeypatch):
    closed = make_user(county, is_active=False)
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher.encode"
    costs = []
    for username in (person.username, "nobody", closed.username):
        calls = []
        original = __import__("django.contrib.auth.hashers", fromlist=["x"]).MD5PasswordHasher.encode
        with monkeypatch.context() as patch:
            patch.setattr(hasher, lambda self, *args, o=original, c=calls: (c.append(1), o(self, *args))[1])
            guess(username)
        costs.append(len(calls))
    assert costs == [1, 1, 1]


@pytest.mark.parametrize("password", ["字" * 40 + "密码口令", "x" * 100, "with  two  blanks ", "😀" * 20])
def test_long_and_foreign_passwords_are_neither_cut_nor_trimmed(client, person, password):
    actions.change_password(person, password)
    assert not is_in(sign_in(Client(), person, password[:-1]))
    assert is_in(sign_in(client, person, password))


@pytest.mark.parametrize("username", ["", "x" * 5000, "a\x00b", "' OR 1=1 --", "ａｄｍｉｎ"])
def test_odd_user_names_are_just_wrong(db, username):
    assert guess(username).status_code == 200


def test_demonstration_accounts_are_listed_only_where_they_are_shown(client, county, settings):
    actions.create_demo_user(county=county, username="demo_clerk_1", name="郭晓燕", note="填报员 · 柏坪学校")
    page = client.get("/login/").text
    assert "demo_clerk_1" in page
    assert "填报员" in page
    assert "柏坪学校" in page
    assert is_in(sign_in(Client(), get_user_model().objects.get(username="demo_clerk_1"), "demo-2026"))
    settings.DEMO_ACCOUNTS_SHOWN = False
    assert "demo_clerk_1" not in client.get("/login/").text


# --- where to ----------------------------------------------------------------------------------------------------

EVIL = """
https://evil.example/ //evil.example ///evil.example ////evil.example http:evil.example http:///evil.example
/\\evil.example \\\\evil.example \\/evil.example javascript:alert(1) JaVaScRiPt:alert(1) data:text/html,x
vbscript:x ftp://evil.example https:evil.example //evil.example/%2f.. https://testserver@evil.example
https://testserver.evil.example http://testserver:pw@evil.example //testserver@evil.example /%09//evil.example/..//x
https://evil.example#@testserver https://evil.example?testserver //[::1]/ http://127.0.0.1:9/ file:///etc/passwd
mailto:a@b.example \thttps://evil.example https://evil.example\\@testserver //evil.example\\x
""".split()


@pytest.mark.parametrize("target", [*EVIL, "\x00/account/", " https://evil.example", "\n//evil.example"])
def test_next_never_leads_away(client, person, target):
    response = client.post(
        f"/login/?next={quote(target)}", {"username": person.username, "password": PASSWORD}
    )
    assert response.status_code == 302
    host = response["Location"].split("/")[2] if "//" in response["Location"][:8] else ""
    assert host in {"", "testserver"}
    assert response["Location"].startswith("/")
    assert not response["Location"].startswith(("//", "/\\"))


def test_next_leads_within_the_site(client, person):
    target = "/account/password/?from=todo"
    response = client.post(
        f"/login/?next={quote(target)}", {"username": person.username, "password": PASSWORD}
    )
    assert response["Location"] == target


# --- guessing ----------------------------------------------------------------------------------------------------


def test_five_wrong_tries_lock_for_a_quarter_of_an_hour(person, clock):
    texts = [guess(person.username).text for _ in range(4)]
    assert "还可以试 4 次" in texts[0]
    assert "还可以试 1 次" in texts[3]
    locked = guess(person.username)
    assert locked.status_code == 429
    assert locked["Retry-After"] == "900"
    assert "12:15" in locked.text
    assert "还有 15 分钟" in locked.text
    clock.shift(dt.timedelta(minutes=14))
    still = guess(person.username, password=PASSWORD)
    assert still.status_code == 429
    assert "12:15" in still.text  # trying meanwhile has not moved it
    clock.shift(dt.timedelta(minutes=1, seconds=1))
    assert guess(person.username, password=PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("same_person", "same_address", "locked"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_only_that_person_at_that_address_is_locked(person, colleague, same_person, same_address, locked):
    for _ in range(6):
        guess(person.username, "10.0.0.1")
    who = person if same_person else colleague
    answer = guess(who.username, "10.0.0.1" if same_address else "10.0.0.2", PASSWORD)
    assert answer.status_code == (429 if locked else 302)


def test_an_unknown_name_is_locked_like_a_known_one(db):
    assert [guess("nobody").status_code for _ in range(5)] == [200] * 4 + [429]


def test_one_typist_does_not_hurt_forty_colleagues_behind_the_same_address(county):
    typist, *others = [make_user(county) for _ in range(41)]
    for _ in range(30):
        guess(typist.username)
    assert {guess(other.username, password=PASSWORD).status_code for other in others} == {302}


def test_a_hundred_failures_close_an_address_for_everybody_new(county, person, clock, settings):
    settings.ADDRESS_FAILURE_LIMIT = 12
    already_in = sign_in(Client(), person, REMOTE_ADDR="10.0.0.1")
    for number in range(12):
        guess(f"guess{number}")
    closed = guess(person.username, password=PASSWORD)
    assert closed.status_code == 429
    assert "网络地址" in closed.text
    assert "12:15" in closed.text
    assert is_in(already_in)
    assert guess(person.username, "10.0.0.2", PASSWORD).status_code == 302
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    assert guess(person.username, password=PASSWORD).status_code == 302


def test_the_right_password_starts_the_count_anew(person):
    for _ in range(4):
        guess(person.username)
    assert guess(person.username, password=PASSWORD).status_code == 302
    assert "还可以试 4 次" in guess(person.username).text


def test_an_administrator_can_unlock(person, colleague):
    for _ in range(5):
        guess(person.username)
    actions.unlock_account(person, actor=colleague)
    assert guess(person.username, password=PASSWORD).status_code == 302


def test_a_made_up_forwarding_header_does_not_escape_the_limit(person, settings):
    for number in range(5):
        Client().post(
            "/login/",
            {"username": person.username, "password": "wrong"},
            headers={"x-forwarded-for": f"10.1.1.{number}"},
        )
    answer = Client().post("/login/", {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 429


def test_behind_our_proxy_the_forwarded_address_counts(client, person, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    sign_in(client, person, headers={"x-forwarded-for": "6.6.6.6, 10.3.3.3"})
    client.get("/account/", headers={"x-forwarded-for": "6.6.6.6, 10.3.3.3"})
    assert UserSession.objects.get(user=person).address == "10.3.3.3"


# --- the first password ------------------------------------------------------------------------------------------


def test_a_first_password_must_be_changed_before_anything_else(client, county, colleague):
    account = actions.create_user(actor=colleague, county=county, username="new", name="新来的")
    sign_in(client, account.user, account.password)
    assert client.get("/account/")["Location"] == "/account/password/"
    assert client.post("/account/sessions/end/")["Location"] == "/account/password/"
    page = client.get("/account/password/")
    assert "别人代设" in page.text
    client.post(
        "/account/password/",
        {"new_password": "three quiet rivers", "new_password_again": "three quiet rivers"},
    )
    assert is_in(client)
    assert not is_in(sign_in(Client(), account.user, account.password))


def test_a_first_password_lasts_72_hours(client, county, colleague):
    account = actions.create_user(actor=colleague, county=county, username="new", name="新来的")
    with time_machine.travel(timezone.now() + dt.timedelta(hours=72, minutes=1)):
        response = client.post("/login/", {"username": "new", "password": account.password})
        assert "初始密码已过期" in response.text
        assert not is_in(client)


def test_a_session_begun_in_time_does_not_outlive_the_first_password(client, county, colleague):
    account = actions.create_user(actor=colleague, county=county, username="new", name="新来的")
    with time_machine.travel(timezone.now() + dt.timedelta(hours=71, minutes=50)) as clock:
        sign_in(client, account.user, account.password)
        clock.shift(dt.timedelta(minutes=15))
        assert "ended=expired" in client.get("/account/password/")["Location"]
