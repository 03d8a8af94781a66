"""How long a session lasts, what ends it, when the password is asked again."""

import datetime as dt

import pytest
import time_machine
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import AuditEntry, UserSession
from accounts.sudo import password_confirmed
from tests.accounts.conftest import sign_in
from tests.accounts.people import PASSWORD, make_user

NEW_PASSWORD = "three quiet rivers"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def is_in(client):
    return client.get("/account/").status_code == 200


def minutes(number):
    return dt.timedelta(minutes=number)


# --- time --------------------------------------------------------------------------------------------------------


def test_half_an_hour_without_activity_ends_it(client, person, clock):
    sign_in(client, person)
    for _ in range(3):
        clock.shift(minutes(29))
        assert is_in(client)
    clock.shift(minutes(31))
    location = client.get("/account/?tab=1")["Location"]
    assert location == "/login/?ended=idle&next=%2Faccount%2F%3Ftab%3D1"
    assert "30 分钟没有操作" in client.get(location).text
    assert not UserSession.objects.filter(user=person).exists()


def test_twelve_hours_end_it_whatever_one_does(client, person, clock):
    sign_in(client, person)
    for _ in range(25):
        clock.shift(minutes(28))
        assert is_in(client)
    clock.shift(minutes(25))
    assert not is_in(client)


def test_what_was_typed_comes_back_when_the_session_has_ended(client, person, clock):
    sign_in(client, person)
    is_in(client)
    clock.shift(minutes(31))
    response = client.post("/account/password/", {"remark": "病假至16日", "new_password": "geheim", "x": " "})
    assert response.status_code == 403
    assert "病假至16日" in response.text
    assert "geheim" not in response.text
    assert not is_in(client)


def test_activity_is_written_once_a_minute_at_most(signed_in, clock):
    is_in(signed_in)

    with CaptureQueriesContext(connection) as queries:
        is_in(signed_in)

    assert [query["sql"] for query in queries if query["sql"].startswith("UPDATE")] == []


# --- what ends it ------------------------------------------------------------------------------------------------


def test_signing_out_ends_it_on_the_server(signed_in, another_browser):
    another_browser.cookies["sessionid"] = signed_in.cookies["sessionid"].value
    assert is_in(another_browser)
    response = signed_in.post("/logout/")
    assert '"cookies"' in response["Clear-Site-Data"]
    assert not is_in(another_browser)


def test_signing_out_is_never_a_link(signed_in):
    assert signed_in.get("/logout/").status_code == 405
    assert is_in(signed_in)


def test_the_key_changes_at_login(client, person):
    client.get("/login/")
    client.session.save()
    sign_in(client, person)
    first = client.session.session_key
    client.post("/logout/")
    sign_in(client, person)
    assert client.session.session_key != first


@pytest.mark.parametrize(
    "end",
    [
        lambda person, other: actions.deactivate_user(person, actor=other),
        lambda person, other: actions.reset_password(person, actor=other),
        lambda person, other: actions.change_password(person, NEW_PASSWORD),
        lambda person, other: actions.end_sessions(person, actor=other),
    ],
)
def test_what_happens_to_the_account_ends_it_at_the_next_request(signed_in, person, colleague, end):
    assert is_in(signed_in)
    end(person, colleague)
    assert not is_in(signed_in)
    assert not UserSession.objects.filter(user=person).exists()


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(signed_in, another_browser, person):
    sign_in(another_browser, person)
    signed_in.post("/account/password/", {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD})
    assert is_in(signed_in)
    assert not is_in(another_browser)


def test_one_sees_and_ends_ones_own_sessions_only(signed_in, another_browser, person, colleague):
    sign_in(another_browser, person, headers={"user-agent": "Mozilla Firefox Windows"})
    is_in(another_browser)
    theirs = sign_in(Client(), colleague)
    is_in(theirs)
    page = signed_in.get("/account/")
    rows = page.context["sessions"]
    assert [row.is_current for row in rows].count(True) == 1
    assert len(rows) == 2
    assert signed_in.session.session_key not in page.text
    other = next(row for row in rows if not row.is_current)
    their_digest = theirs.get("/account/").context["sessions"][0].digest
    assert signed_in.post(f"/account/sessions/{their_digest}/end/").status_code == 404
    signed_in.post(f"/account/sessions/{other.digest}/end/")
    assert not is_in(another_browser)
    assert is_in(theirs)
    assert is_in(signed_in)


def test_all_others_at_once(signed_in, another_browser, person):
    sign_in(another_browser, person)
    signed_in.post("/account/sessions/end/")
    assert is_in(signed_in)
    assert not is_in(another_browser)
    assert AuditEntry.objects.filter(verb="end_sessions", target_id=str(person.pk)).exists()


# --- the password again ------------------------------------------------------------------------------------------


def test_it_is_not_asked_within_ten_minutes_of_the_login(client, person, clock):
    sign_in(client, person)
    clock.shift(minutes(9))
    assert client.get("/account/confirm/?next=/account/")["Location"] == "/account/"
    clock.shift(minutes(2))
    assert client.get("/account/confirm/?next=/account/").status_code == 200
    client.post("/account/confirm/?next=/account/", {"password": PASSWORD})
    clock.shift(minutes(9))
    assert client.get("/account/confirm/?next=/account/").status_code == 302


def test_a_wrong_one_is_counted_and_locks(client, person, clock):
    sign_in(client, person)
    clock.shift(minutes(11))
    texts = [client.post("/account/confirm/", {"password": "wrong"}) for _ in range(5)]
    assert "密码不对，还可以试 4 次" in texts[0].text
    assert [response.status_code for response in texts] == [200] * 4 + [429]
    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 429


def test_somebody_elses_password_does_not_do(client, person, clock):
    other = make_user(person.county)
    actions.change_password(other, NEW_PASSWORD)
    sign_in(client, person)
    clock.shift(minutes(11))
    assert (
        client.post("/account/confirm/", {"password": NEW_PASSWORD, "username": other.username}).status_code
        == 200
    )


def test_changing_the_password_asks_for_the_old_one_later_on(client, person, clock):
    sign_in(client, person)
    clock.shift(minutes(11))
    typed = {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
    assert client.post("/account/password/", typed).context["form"].errors["password"]
    assert (
        client.post("/account/password/", {**typed, "password": "wrong"}).context["form"].errors["password"]
    )
    assert client.post("/account/password/", {**typed, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    "new_password",
    ["short", "password1234", "pingshunxian2026", "我爱平顺县的山和水啊啊啊", "baoxue-2026-strong", PASSWORD],
)
def test_weak_passwords_are_refused(signed_in, new_password):
    response = signed_in.post(
        "/account/password/", {"new_password": new_password, "new_password_again": new_password}
    )
    assert response.context["form"].errors["new_password"]


def test_the_two_new_passwords_must_agree(signed_in):
    response = signed_in.post(
        "/account/password/", {"new_password": NEW_PASSWORD, "new_password_again": "other"}
    )
    assert response.context["form"].errors["new_password_again"]


@pytest.fixture
def guarded(person):
    """guarded(given_ago) calls a view that needs the password, which was given so many seconds ago."""

    def call(given_at=None, method="get", **headers):
        request = getattr(RequestFactory(), method)("/secret/?x=1", headers=headers)
        request.user = person
        request.session = {} if given_at is None else {"password_at": given_at}
        request._messages = FallbackStorage(request)
        return password_confirmed(lambda request: HttpResponse("secret"))(request)

    return call


def test_a_guarded_view_leads_to_the_confirmation_and_back(guarded, clock):
    now = timezone.now().timestamp()
    assert guarded(now - 599).content == b"secret"
    for stale in (None, now - 601, now + 5):
        assert guarded(stale)["Location"] == "/account/confirm/?next=%2Fsecret%2F%3Fx%3D1"


def test_a_guarded_post_comes_back_to_the_page_it_was_sent_from(guarded):
    here = "http://testserver/page/?y=2"
    assert guarded(method="post", referer=here)["Location"] == "/account/confirm/?next=%2Fpage%2F%3Fy%3D2"
    assert guarded(method="post", referer="https://evil.example/")["Location"] == "/account/confirm/?next="
