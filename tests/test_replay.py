"""What belongs to another school or county does not exist: every press is repeated by strangers, and by hidden fields."""

import re
import uuid

import pytest
from django.core import signing
from django.urls import reverse

from monitoring.models import CellMark
from schools.models import Role, Township
from students.models import Guardian
from students.views.movement_pages import CHILD_SALT
from tests.access_addresses import addresses, arguments, prepare
from tests.access_matrix import DONE, MATRIX
from tests.access_presses import form_of
from tests.access_world import ROLES, SEPTEMBER, rolled_back
from tests.cast import fill, make_county, make_klass, make_school, make_user
from tests.test_access import Writes, letter

pytestmark = pytest.mark.django_db

# Parameters that name a thing of one school, and the name of one that is not there.
NOTHING = {
    "pk": 999_999, "school_pk": 999_999, "student_pk": 999_999, "movement_pk": 999_999, "mark_pk": 999_999,
    "change_pk": 999_999, "key": 999_999, "uuid": uuid.UUID(int=7), "digest": "f" * 16,
}  # fmt: skip
# What differs from one answer to the next anyway.
NOISE = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|请求号 \w+|<code>\w{32}</code>|\b[0-9a-f]{32}\b'
)
FAR = ("far_clerk", "far_principal", "far_teacher", "far_central_school")
ABROAD = ("abroad_clerk", "abroad_principal", "abroad_reviewer", "abroad_administrator", "abroad_auditor")


@pytest.fixture(scope="module")
def strangers(world):
    """People who do the same work at another school of the county, and in another county."""
    for prefix, county in (("far", world.county), ("abroad", make_county(first_year=2025, years=1))):
        township = Township.objects.create(county=county, name="远乡")
        school = make_school(county, township=township)
        fill(school, 1)
        klass = make_klass(school, 3)
        world.admit(f"{prefix}_clerk", make_user(county, Role.CLERK, school))
        world.admit(f"{prefix}_principal", make_user(county, Role.PRINCIPAL, school))
        world.admit(f"{prefix}_teacher", make_user(county, Role.CLASS_TEACHER, klass))
        world.admit(f"{prefix}_central_school", make_user(county, Role.CENTRAL_SCHOOL, township))
        for role in (Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR):
            world.admit(f"{prefix}_{role}", make_user(county, role))
    return (*FAR, *ABROAD)


def seen(world, role, method, address, data):
    """Letter, body without noise, and what was written."""
    writes = Writes()
    for value in (data or {}).values():
        if hasattr(value, "seek"):
            value.seek(0)
    with rolled_back(), writes.watching():
        response = getattr(world.client(role), method)(address, data)
    body = b"".join(response) if response.streaming else response.content
    return letter(response), NOISE.sub("", body.decode(errors="replace")).replace(address, ""), writes.seen


WITH_THINGS = [
    (name, method)
    for name, method in sorted(MATRIX)
    if set(NOTHING) & addresses()[name] and "setting" not in name
]


@pytest.mark.parametrize(("name", "method"), WITH_THINGS, ids=lambda value: value)
def test_a_strangers_thing_is_answered_as_one_that_is_not_there(world, strangers, name, method):
    with rolled_back():
        address = prepare(world, name)
        may = next((role for role in ROLES if MATRIX[name, method][ROLES.index(role)] == DONE), "clerk")
        data = form_of(world, name, address, may) if method == "post" else None
        given = arguments(world, name)
        for parameter in set(NOTHING) & set(given):
            missing = reverse(name, kwargs={**given, parameter: NOTHING[parameter]})
            for role in strangers:
                *there, wrote = seen(world, role, method, address, data)
                *nowhere, _ = seen(world, role, method, missing, data)
                assert there == nowhere, (role, parameter)
                assert there[0] != DONE, role
                assert wrote == [], role


# --- things of others in filters, hidden fields and second places of an address -----------------------------------

LISTS = sorted(name for name, method in MATRIX if method == "get" and not addresses()[name])


@pytest.mark.parametrize("name", LISTS)
def test_filters_never_show_what_belongs_to_others(world, strangers, name):
    asked = [
        {"school": world.school.pk, "month": "2025-10"},
        {"klass": world.klass.pk, "grade": 3},
        {"township": world.school.township_id, "role": "clerk"},
        {"pick": world.transfer.pk, "student": world.student.pk, "place": world.post.pk},
        {"state": "all", "tab": "done", "show": "readings", "order": "student__id_number", "sort": "-name"},
        {"q": "马思齐"},
        {"q": "新来的", "state": "all"},
        {"q": "新填报员"},
    ]
    with rolled_back():
        address = prepare(world, name)
        for role in ("far_clerk", "abroad_reviewer"):
            for query in asked:
                _, body, _ = seen(world, role, "get", address, query)
                body = body.replace(f'value="{query.get("q", "")}"', "").replace(
                    f"“{query.get('q', '')}”", ""
                )
                assert not re.search("马思齐|新来的|新填报员|人class_teacher", body), (role, query)


def _their_mark(world):
    for step in (world.file, world.sign):
        step(SEPTEMBER, world.other_school)
    return CellMark.objects.create(
        monthly_return=world.found(SEPTEMBER, world.other_school), made_by=world.people["reviewer"],
        made_at=world.mark.made_at, grade=3, column="transfer_out", text="别校", edition_number=1, attempt=1,
    )  # fmt: skip


def _with(world, name, **foreign):
    return reverse(name, kwargs={**arguments(world, name), **foreign})


MIXED = {
    "monitoring:mark-answer": lambda world: {"mark_pk": _their_mark(world).pk},
    "monitoring:staged-void": lambda world: {"movement_pk": _their_movement(world).pk},
    "schools:post-end": lambda world: {"pk": world.people["other_clerk"].memberships.get().pk},
}


def _their_movement(world):
    return world.arrival("别校的", world.counted.happened_on, school=world.other_school)


@pytest.mark.parametrize("name", MIXED)
def test_a_strangers_thing_below_an_own_one_is_not_found(world, name):
    role = "principal" if name == "schools:post-end" else "clerk"
    with rolled_back():
        own = prepare(world, name)
        foreign = _with(world, name, **MIXED[name](world))
        data = form_of(world, name, own, role)
        letters = [seen(world, role, "post", address, data)[0] for address in (own, foreign)]
    assert letters == ["Y", "H"]


def _token_of_another(world):
    """What the same clerk could copy from a colleague's page."""
    named = {
        "child": str(world.other_children[2][0].uuid),
        "school": world.school.pk,
        "user": world.people["other_clerk"].pk,
    }
    return signing.dumps(named, salt=CHILD_SALT)


def _their_guardian(world):
    child = world.other_children[2][0]
    return Guardian.objects.create(student=child, name="别家", relation="父亲", phone="19911112222")


# What the clerk's (principal's) own form may be made to say about the other school: field and value.
HIDDEN_FIELDS = {
    "schools:account-create": ("principal", lambda world: {"school": world.other_school.pk}),
    "schools:account-appoint": ("principal", lambda world: {"school": world.other_school.pk}),
    "students:movement-arrive": ("clerk", lambda world: {"school": world.other_school.pk}),
    "students:movement-arrive-book": ("clerk", lambda world: {"school": world.other_school.pk}),
    "students:roster-upload": ("clerk", lambda world: {"school": world.other_school.pk}),
    "students:student-klass": ("clerk", lambda world: {"klass": make_klass(world.other_school, 3).pk}),
    "students:transfer-begin-in": ("clerk", lambda world: {"child": _token_of_another(world)}),
    "reports:seal-custodian": ("principal", lambda world: {"custodian": world.people["other_clerk"].pk}),
    "reports:child-reveal": ("clerk", lambda world: {"value": f"{_their_guardian(world).pk}-phone"}),
    "reports:places": ("clerk", lambda world: {"place": world.people["principal"].memberships.get().pk}),
}


@pytest.mark.parametrize("name", HIDDEN_FIELDS)
def test_hidden_fields_do_not_reach_another_school(world, name):
    role, foreign = HIDDEN_FIELDS[name]
    with rolled_back():
        address = prepare(world, name)
        data = form_of(world, name, address, role) | foreign(world)
        _, body, wrote = seen(world, role, "post", address, data)
    assert wrote == []
    assert "19911112222" not in body
