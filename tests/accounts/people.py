"""Counties and people for the tests of accounts, which know no school."""

from itertools import count

from django.contrib.auth.hashers import make_password

from accounts.audit import audited
from accounts.models import County, User

PASSWORD = "correct horse staple"
_numbers = count(1)


def make_county(**values):
    number = next(_numbers)
    values = {
        "code": f"{140000 + number % 10_000}",
        "name": "平顺县",
        "bureau_name": "平顺县教育局",
        **values,
    }
    return County.objects.create(**values)


def make_user(county=None, **values):
    number = next(_numbers)
    values = {"username": f"person{number}", "name": f"李{number}", "must_change_password": False, **values}
    user = User(county=county or make_county(), **values)
    user.password = make_password(PASSWORD)
    user.save()
    return user


def act(person, verb="test", **changes):
    with audited(person, verb, county_id=person.county_id) as draft:
        draft.about(person)
        for name, (before, after) in changes.items():
            draft.change(name, before, after)
