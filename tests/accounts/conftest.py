"""Pages of accounts lead home; here home is one's own account."""

import pytest
from django.test import Client

from tests.accounts.people import PASSWORD, make_county, make_user


@pytest.fixture(autouse=True)
def home_is_here(settings):
    settings.LOGIN_REDIRECT_URL = "accounts:profile"


@pytest.fixture
def county(db):
    return make_county()


@pytest.fixture
def person(county):
    return make_user(county)


@pytest.fixture
def colleague(county):
    return make_user(county)


@pytest.fixture
def signed_in(person, client):
    """A browser that came in through the form."""
    return sign_in(client, person)


def sign_in(client, user, password=PASSWORD, **extra):
    client.post("/login/", {"username": user.username, "password": password}, **extra)
    return client


@pytest.fixture
def another_browser():
    return Client()
