"""The frame: what each role finds in the rail, the counts beside it, the switch between places."""

import dataclasses

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.navigation import counts_of, frame
from reports.rail import RAILS, TABS
from reports.worklist import Worklist
from reports.worklist.desk import Todo
from schools.models import Role
from tests.cast import appoint, fill, make_school, make_user
from tests.monitoring.filing import SEPTEMBER, month_of, submit

LOCAL_CACHE = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "rail"}}


def rail_of(response):
    return {place["label"]: place for group in response.context["frame"]["rail"] for place in group}


def test_every_role_has_a_rail_of_pages_that_exist():
    assert set(RAILS) == set(TABS) == set(Role)
    for groups in [*RAILS.values(), *((tabs,) for tabs in TABS.values())]:
        for entry in (entry for group in groups for entry in group):
            assert reverse(entry.view)


def test_the_bottom_bar_has_at_most_three_places_and_more():
    assert all(1 <= len(tabs) <= 3 for tabs in TABS.values())


@time_machine.travel("2025-09-03 09:00+08:00")
def test_clerk_sees_counts_and_where_one_stands(client, school, clerk):
    fill(school)
    client.force_login(clerk)

    rail = rail_of(client.get(reverse("reports:home")))

    assert list(rail)[:3] == ["我的待办", "月报表", "学生名册"]
    assert (rail["我的待办"]["count"], rail["我的待办"]["urgent"], rail["我的待办"]["current"]) == (
        1,
        False,
        True,
    )
    assert (rail["月报表"]["count"], rail["月报表"]["urgent"]) == (1, False)
    assert rail["学生名册"]["count"] == 0


@pytest.mark.parametrize(("now", "urgent"), [("2025-09-04 23:00", False), ("2025-09-05 00:01", True)])
def test_counts_are_red_from_the_due_day_on(client, school, clerk, now, urgent):
    fill(school)
    with time_machine.travel(f"{now}+08:00"):
        client.force_login(clerk)
        assert rail_of(client.get(reverse("reports:home")))["月报表"]["urgent"] is urgent


def test_counts_add_up_what_lines_gather():
    todo = Todo("", "", "movements", "", "")
    late = dataclasses.replace(todo, place="returns", is_urgent=True)

    numbers, urgent, waiting = counts_of(Worklist([todo, dataclasses.replace(todo, count=4), late], [todo]))

    assert (numbers, urgent, waiting) == ({"movements": 5, "returns": 1}, {"returns"}, 3)


@time_machine.travel("2025-09-03 09:00+08:00")
def test_counts_are_kept_until_somebody_does_something(client, settings, school, clerk, principal):
    settings.CACHES = LOCAL_CACHE
    fill(school)
    client.force_login(clerk)
    page = reverse("reports:more")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(page)
        return len(queries), rail_of(response)["月报表"]["count"]

    first, kept = asked(), asked()
    submit(school, month_of(school.county, SEPTEMBER), clerk)
    after = asked()

    assert first[1] == kept[1] == 1
    assert kept[0] <= 4 < first[0]
    assert after[1] == 0


def test_a_page_that_shows_no_frame_asks_nothing(clerk):
    request = RequestFactory().get("/")
    request.user = clerk

    with CaptureQueriesContext(connection) as queries:
        assert "frame" in frame(request)

    assert len(queries) == 0


def test_a_stranger_has_no_frame(client, db):
    assert client.get(reverse("accounts:login")).status_code == 200


def test_one_of_several_places_is_active_and_can_be_changed(client, county, school):
    other = make_school(county)
    person = make_user(county, Role.CLERK, school)
    second = appoint(person, Role.PRINCIPAL, other)
    client.force_login(person)
    before = client.get(reverse("reports:more")).context["frame"]

    response = client.post(reverse("reports:places"), {"place": second.pk}, follow=True)
    after = response.context["frame"]

    assert (before["role"], before["place"]) == ("填报员", str(school))
    assert before["places_url"] == reverse("reports:places")
    assert (after["role"], after["place"]) == ("校长", str(other))
    assert "本校月报" in rail_of(response)


def test_a_place_of_somebody_else_cannot_be_chosen(client, county, school, other_clerk):
    person = make_user(county, Role.CLERK, school)
    theirs = other_clerk.memberships.get()
    client.force_login(person)

    assert client.post(reverse("reports:places"), {"place": theirs.pk}).status_code == 404
    assert client.get(reverse("reports:more")).context["frame"]["place"] == str(school)


def test_with_one_place_there_is_no_switch(client, clerk):
    client.force_login(clerk)

    assert client.get(reverse("reports:more")).context["frame"]["places_url"] == ""


def test_more_lists_everything_that_the_rail_has(client, clerk):
    client.force_login(clerk)

    response = client.get(reverse("reports:more"))
    page = response.content.decode()

    assert all(f'href="{place["url"]}"' in page for place in rail_of(response).values())
    assert "退出" in page
    assert response.context["frame"]["more_current"] is True
