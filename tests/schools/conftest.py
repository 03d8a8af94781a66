"""A browser of each person, without the form."""

import pytest
from django.conf import settings
from django.test import Client


@pytest.fixture
def browser():
    """browser(user) is signed in as that person."""

    def sign_in(user):
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    return sign_in
