"""Every address × every role has the answer of tests/access_matrix.py; reading and refused presses change nothing."""

import re

import pytest
from django.db import connection

from tests.access_addresses import addresses, prepare
from tests.access_matrix import CONFLICT, DENIED, DONE, HIDDEN, LOGIN, MATRIX, METHOD, SHOWS_ONLY
from tests.access_presses import form_of
from tests.access_world import ROLES, rolled_back

pytestmark = pytest.mark.django_db

# Writing these is not a change of anybody's data: sessions, lock-out counters, the log of readings.
HARMLESS = re.compile(
    r'"(django_session|accounts_usersession|axes_\w+|accounts_accesslogentry)"', re.IGNORECASE
)
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class Writes:
    """Statements that changed something."""

    def __init__(self):
        self.seen = []

    def __call__(self, execute, sql, params, many, context):
        if WRITES.match(sql) and not HARMLESS.search(sql.split("SET")[0].split("VALUES")[0][:200]):
            self.seen.append(sql[:120])
        return execute(sql, params, many, context)

    def watching(self):
        return connection.execute_wrapper(self)


def answer(world, role, method, address, data=None):
    """The letter of one cell, and what was written on the way; all of it is undone."""
    writes = Writes()
    for value in (data or {}).values():
        if hasattr(value, "seek"):
            value.seek(0)  # a file that another role has sent
    with rolled_back(), writes.watching():
        response = getattr(world.client(role), method)(address, data)
    return letter(response), writes.seen


def letter(response):
    if response.status_code in (301, 302) and response["Location"].startswith("/login/"):
        return LOGIN
    letters = {403: DENIED, 404: HIDDEN, 405: METHOD, 409: CONFLICT, 200: DONE, 302: DONE, 422: DONE}
    return letters.get(response.status_code, str(response.status_code))


def test_every_address_is_in_the_matrix():
    assert sorted(addresses()) == sorted({name for name, _ in MATRIX})


@pytest.mark.parametrize(("name", "method"), sorted(MATRIX), ids=lambda value: value)
def test_every_role_gets_the_expected_answer(world, name, method):
    expected = dict(zip(ROLES, MATRIX[name, method], strict=True))
    got, wrote = {}, {}

    with rolled_back():
        address = prepare(world, name)
        may = next((role for role in ROLES if expected[role] == DONE), "clerk")
        data = form_of(world, name, address, may) if method == "post" else None
        for role in ROLES:
            got[role], wrote[role] = answer(world, role, method, address, data)

    assert got == expected
    quiet = [role for role in ROLES if method == "get" or got[role] != DONE]
    assert {role: wrote[role] for role in quiet if wrote[role]} == {}
    # The control: where a refused press changed nothing, an allowed one does.
    is_refused = {DENIED, HIDDEN} & set(got.values())
    if method == "post" and is_refused and name not in SHOWS_ONLY:
        assert any(wrote.values())


@pytest.mark.parametrize("name", sorted(addresses()))
def test_other_methods_are_not_answered(world, name):
    with rolled_back():
        address = prepare(world, name)
        # Who is signed in is led away from the login page.
        role = "anonymous" if name == "accounts:login" else "clerk"
        for method in ("get", "post", "put", "patch", "delete", "trace", "options"):
            if (name, method) not in MATRIX:
                assert answer(world, role, method, address)[0] == METHOD, method


@pytest.mark.parametrize("name", sorted(name for name, method in MATRIX if method == "get"))
def test_head_is_answered_as_get(world, name):
    with rolled_back():
        address = prepare(world, name)
        for role in ("clerk", "other_clerk"):
            head, wrote = answer(world, role, "head", address)
            assert (head, wrote) == (MATRIX[name, "get"][ROLES.index(role)], []), role
