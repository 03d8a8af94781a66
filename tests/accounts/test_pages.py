"""Headers on every answer, and pages that say why something was not done."""

import pytest
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from accounts.http import UserRequest, client_address, go
from accounts.step_views import press
from accounts.workflow import NotPermitted, StalePage, StepRefused
from tests.accounts.conftest import sign_in
from tests.accounts.people import PASSWORD

RAISED = {
    "not-permitted": NotPermitted("您不能签字这份文件。"),
    "refused": StepRefused("还有问题没有处理。", ["四年级差 1 人。"]),
    "stale": StalePage("您打开这一页后，内容已被修改。"),
    "disk-full": OperationalError("database or disk is full"),
    "pg-disk-full": OperationalError("could not extend file: No space left on device"),
    "locked": OperationalError("database is locked"),
    "no-database": OperationalError("connection to server failed"),
    "too-many": TooManyFieldsSent(),
    "too-big": RequestDataTooBig(),
}
STATUS = {
    "not-permitted": 403,
    "refused": 409,
    "stale": 409,
    "disk-full": 507,
    "pg-disk-full": 507,
    "locked": 503,
    "no-database": 503,
    "too-many": 413,
    "too-big": 413,
}


def fail(request: UserRequest, how: str) -> HttpResponse:
    raise RAISED[how]


def step(request: UserRequest, how: str) -> HttpResponse:
    def action(document, *, actor, seen_revision, note="x"):
        if how in RAISED:
            raise RAISED[how]
        request.session["done"] = [document, actor.pk, seen_revision, note]

    return press(request, "paper", action, done="已送签。", redirect_to="/account/", note="备注")


urlpatterns = [
    path("", include("config.urls")),
    path("fail/<slug:how>/", fail),
    path("step/<slug:how>/", step),
    path("go/", lambda request: go(request, "accounts:profile")),
    path("post/", lambda request: HttpResponse(str(len(request.POST)))),
]
handler400 = "accounts.views.bad_request"


@pytest.fixture(autouse=True)
def own_addresses(settings):
    settings.ROOT_URLCONF = __name__


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["/account/", "/account/password/", "/no/such/page/", "/fail/refused/", "/fail/disk-full/", "/login/"],
)
def test_headers_of_every_answer(signed_in, address):
    headers = signed_in.get(address).headers
    assert "no-store" in headers["Cache-Control"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "'unsafe" not in headers["Content-Security-Policy"]
    assert len(headers["X-Request-ID"]) == 32


def test_strangers_get_the_same_headers_and_the_login_page(client, db):
    response = client.get("/account/")
    assert response["Location"] == "/login/?next=/account/"
    assert response["Cache-Control"] == "no-store"


def test_every_request_has_its_own_number(signed_in):
    assert signed_in.get("/account/")["X-Request-ID"] != signed_in.get("/account/")["X-Request-ID"]


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "expected"),
    [
        ("10.0.0.1", "6.6.6.6", [], "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6", ["10.0.0.9"], "10.0.0.1"),
        ("10.0.0.9", "6.6.6.6, 10.0.0.1", ["10.0.0.9"], "10.0.0.1"),
        ("10.0.0.9", "6.6.6.6, 10.0.0.1, 10.0.0.8", ["10.0.0.9", "10.0.0.8"], "10.0.0.1"),
        ("10.0.0.9", "6.6.6.6, not an address", ["10.0.0.9"], "10.0.0.9"),
        ("10.0.0.9", "", ["10.0.0.9"], "10.0.0.9"),
        ("", "10.0.0.1", ["unix"], "10.0.0.1"),
        ("10.0.0.9", "2001:db8::1", ["10.0.0.9"], "2001:db8::1"),
    ],
)
def test_the_client_address(rf, settings, remote, forwarded, proxies, expected):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR=remote)
    assert client_address(request) == expected


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", RAISED)
def test_refusals_are_pages_that_say_why_and_give_back_what_was_typed(signed_in, how):
    response = signed_in.post(f"/fail/{how}/", {"remark": "病假至16日", "password": "geheim"})
    assert response.status_code == STATUS[how]
    assert "<h1>" in response.text
    assert "geheim" not in response.text
    if STATUS[how] in {409, 503, 507}:
        assert "病假至16日" in response.text
    if how in {"not-permitted", "refused", "stale"}:
        assert str(RAISED[how]) in response.text
    assert response["X-Request-ID"] in response.text


def test_the_details_of_a_refusal_are_listed(signed_in):
    assert "四年级差 1 人。" in signed_in.get("/fail/refused/").text


def test_other_database_errors_stay_errors(signed_in, monkeypatch):
    monkeypatch.setitem(RAISED, "odd", OperationalError("no such column: x"))
    with pytest.raises(OperationalError):
        signed_in.get("/fail/odd/")


def test_too_many_fields_is_413(signed_in, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    response = signed_in.post("/post/", {f"field{number}": "x" for number in range(6)})
    assert response.status_code == 413
    assert "内容太多" in response.text


def test_too_many_bytes_is_413(signed_in, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    text = "x" * 200
    assert (
        signed_in.post("/post/", f"a={text}", content_type="application/x-www-form-urlencoded").status_code
        == 413
    )


def test_a_page_from_before_the_login_gives_back_what_was_typed(person):
    client = sign_in(Client(enforce_csrf_checks=False), person)
    client.handler.enforce_csrf_checks = True
    typed = {"remark": "病假 <b>16日</b>", "password": "geheim", "csrfmiddlewaretoken": "x" * 32}
    response = client.post("/account/password/", typed)
    assert response.status_code == 403
    assert "病假 &lt;b&gt;16日&lt;/b&gt;" in response.text
    assert "geheim" not in response.text
    assert "x" * 32 not in response.text


# --- parts of pages ----------------------------------------------------------------------------------------------

PART = {"HX-Request": "true", "HX-Current-URL": "http://testserver/account/?tab=2"}


def test_the_login_page_never_appears_inside_a_part(client, db):
    response = client.get("/account/", headers=PART)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/login/?next=%2Faccount%2F%3Ftab%3D2"


def test_redirects_take_the_whole_page_along(signed_in):
    assert signed_in.get("/go/")["Location"] == "/account/"
    assert signed_in.get("/go/", headers=PART)["HX-Redirect"] == "/account/"


# --- a button ----------------------------------------------------------------------------------------------------


def told(client):
    return client.get("/account/").text


def test_a_press_runs_the_action_and_says_so(signed_in, person):
    response = signed_in.post("/step/well/", {"seen_revision": "3"})
    assert response["Location"] == "/account/"
    assert signed_in.session["done"] == ["paper", person.pk, 3, "备注"]
    assert "已送签。" in told(signed_in)


def test_a_refused_press_says_why(signed_in):
    signed_in.post("/step/refused/", {"seen_revision": "3"})
    assert "还有问题没有处理。 四年级差 1 人。" in told(signed_in)


@pytest.mark.parametrize("seen", ["", "x", "-1", "１", "1" * 30])
def test_a_press_that_does_not_say_what_was_seen_does_nothing(signed_in, seen):
    signed_in.post("/step/well/", {"seen_revision": seen})
    assert "done" not in signed_in.session
    assert "请刷新后重新核对" in told(signed_in)


def test_a_press_that_is_not_permitted_is_403(signed_in):
    assert signed_in.post("/step/not-permitted/", {"seen_revision": "3"}).status_code == 403


def test_methods_that_a_page_does_not_know(signed_in):
    for address in ("/account/", "/account/password/", "/account/confirm/", "/logout/"):
        for method in ("put", "patch", "delete"):
            assert getattr(signed_in, method)(address).status_code == 405
    assert PASSWORD not in signed_in.get("/login/").text
