"""Builders shared by the tests of children as persons."""

import datetime as dt

from django.test import Client

from students.models import Guardian

TODAY = dt.date(2025, 10, 20)


def logged_in(user):
    client = Client()
    client.force_login(user, backend="accounts.backends.AccountBackend")
    return client


def make_guardian(student, **values):
    guardian = Guardian(
        student=student, **{"name": "张建军", "relation": "父亲", "phone": "13800001234", **values}
    )
    guardian.save()
    return guardian


def page(client, address, **data):
    """The text of a page that must be there."""
    response = client.get(address, data)
    assert response.status_code == 200, response.status_code
    return response.content.decode()
