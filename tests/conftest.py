"""What every test gets: a shut network, both databases, Hypothesis settings and a browser. People are in cast.py."""

import contextlib
import os
import random
import shutil
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import sync_playwright

# Playwright's synchronous interface keeps an event loop in the thread that also talks to the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytest_plugins = (
    ["tests.cast", "tests.access_world", "tests.planted_world"]
    if Path(__file__).with_name("cast.py").exists()
    else []
)

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 10_000
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that names an outside address must fail here as it would in the county's network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

# --- randomness that can be repeated -----------------------------------------------------------------------------

hypothesis_settings.register_profile(
    "default", deadline=None, derandomize=False, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# On a machine that starts from nothing there are no earlier examples to keep.
hypothesis_settings.register_profile("ci", hypothesis_settings.get_profile("default"), database=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    # Chosen here and not inside Hypothesis, so that it is printed before anything fails and equal in all workers.
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))


def pytest_report_header(config):
    return f"Using --hypothesis-seed={config.option.hypothesis_seed}; database: {connection.vendor}"


# --- no way out of this machine ----------------------------------------------------------------------------------

LOOPBACK = ("127.", "::1", "localhost")


class OutsideConnectionError(Exception):
    """A test tried to reach another machine."""


def _refuse_outside(event, arguments):
    # Audit hooks see every socket, also those that a library opens; they cannot be taken off again.
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"  # else a socket in the file system
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host and not str(host).startswith(LOOPBACK):
        raise OutsideConnectionError(f"tests must not leave this machine: {host}")


sys.addaudithook(_refuse_outside)


# --- databases ---------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items):
    if connection.vendor != "postgresql":
        elsewhere = pytest.mark.skip(reason="holds on PostgreSQL only")
        for item in items:
            if item.get_closest_marker("postgres"):
                item.add_marker(elsewhere)


@contextlib.contextmanager
def triggers_lifted():
    """Append-only tables refuse the emptying between two tests that commit."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                for _name, sql in triggers:
                    cursor.execute(sql)
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = origin")


_empty_tables = TransactionTestCase._fixture_teardown


def _empty_guarded_tables(self):
    with triggers_lifted():
        _empty_tables(self)


TransactionTestCase._fixture_teardown = _empty_guarded_tables


# --- the browser -------------------------------------------------------------------------------------------------


def find_chromium():
    """The system's browser; None lets Playwright look for one that it downloaded itself."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def session_cookie(user, url):
    """Logging in through the form costs a second; only the tests of the form do that."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    name = settings.SESSION_COOKIE_NAME
    return {
        "name": name,
        "value": client.cookies[name].value,
        "url": url,
        "httpOnly": True,
        "sameSite": "Lax",
    }


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):
    """Made before it, the server would share the connection of the settings, in memory, between threads."""
    return live_server


@pytest.fixture
def page_for(chromium, live_server):
    """page_for(user) is a page of a new browser in which that person is logged in; page_for(None) of a stranger.

    At the end the test fails if any page broke a script, the content security policy or a download of its parts.
    """
    contexts = []
    complaints = []

    def open_page(user=None, *, phone=False, **options):
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            is_mobile=phone,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=live_server.url,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on(
            "requestfailed", lambda request: complaints.append(f"not loaded: {request.url} {request.failure}")
        )
        page.on("console", lambda message: _note_console(complaints, message))
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A page left, or a download begun, aborts its own requests: no complaint.
    assert [text for text in complaints if "ERR_ABORTED" not in text] == []


def _note_console(complaints, message):
    # Answers 403, 404 and 422 are what some journeys look for; they appear here as "Failed to load resource".
    if message.type == "error" and "Failed to load resource" not in message.text:
        complaints.append(f"console: {message.text}")
