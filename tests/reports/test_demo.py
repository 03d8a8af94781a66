"""The commands that load and list the demonstration, and the parts that the synthetic county is made of."""

import datetime as dt
import json
from dataclasses import replace
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import County, User
from reports.demo.clock import Clock, local_time
from reports.demo.loader import load
from reports.demo.names import People
from reports.demo.places import DEMO_SCHOOLS, TOWNSHIPS, CountyPlan, counties_of
from reports.demo.school_calendar import closures_of, days_off, terms_of
from reports.demo.timeline import Timeline
from schools.calendar import default_cut_off, default_due
from students.models import Movement, Student
from tests.cast import make_county, make_school


def call(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def shape_of_history():
    """What happened, without the keys of the database."""
    moves = Movement.objects.order_by("pk").values_list(
        "student__name", "school__name", "kind", "happened_on"
    )
    return list(moves), list(Student.objects.order_by("pk").values_list("name", "birth_date"))


# --- commands ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_school_is_loaded_by_the_command_and_its_books_are_clean():
    report = json.loads(call("load_demo_county", "--scale", "school", "--seed", "7", "--json"))

    assert (report["schools"], report["seed"], report["scale"]) == (1, 7, "school")
    assert report["students"] == Student.objects.count() > 250
    assert {account["password"] for account in report["accounts"]} == {"demo-2026"}
    assert sum(account["username"].startswith("demo_clerk_") for account in report["accounts"]) == 3
    assert json.loads(call("check_books", "--json")) == []


@pytest.mark.django_db
@time_machine.travel("2025-10-24 10:00+08:00", tick=True)
def test_the_same_seed_tells_the_same_story_and_another_seed_another():
    plan = CountyPlan("140499", "平顺县", (replace(DEMO_SCHOOLS[0], per_grade=3),), TOWNSHIPS[:1])
    told = []
    for seed in (5, 5, 6):
        with transaction.atomic():
            load([plan], seed, said=lambda _: None)
            told.append(shape_of_history())
            transaction.set_rollback(True)

    assert told[0] == told[1] != told[2]


@pytest.mark.django_db
def test_real_schools_are_left_alone():
    make_school(make_county())
    with pytest.raises(CommandError, match="真实的学校"):
        call("load_demo_county")
    assert "没有生成" in call("load_demo_county", "--if-empty")
    assert not User.objects.filter(is_demo=True).exists()


@pytest.mark.django_db
def test_production_has_neither_the_county_nor_its_accounts(settings):
    settings.DEMO_ACCOUNTS_SHOWN = False
    for command in ("load_demo_county", "demo_accounts"):
        with pytest.raises(CommandError, match="正式环境"):
            call(command)
    assert not County.objects.exists()


@pytest.mark.django_db
def test_without_a_county_the_list_says_what_to_do():
    assert "load_demo_county" in call("demo_accounts")


# --- parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "counties", "schools", "least", "most"),
    [("school", 1, 1, 200, 300), ("demo", 1, 12, 1900, 2200), ("county", 1, 60, 11_000, 13_000)],
)
def test_scales_have_the_size_they_promise(scale, counties, schools, least, most):
    plans = counties_of(scale)
    assert len(plans) == counties
    assert sum(len(plan.schools) for plan in plans) == schools
    assert least <= sum(s.per_grade * len(s.grades) for plan in plans for s in plan.schools) <= most
    names = [school.name for school in plans[0].schools]
    assert len(set(names)) == len(names)
    assert all(school.parent in names for school in plans[0].schools if school.parent)


def test_a_city_has_ten_counties_of_their_own_codes():
    plans = counties_of("city")
    assert len({plan.code for plan in plans}) == len({plan.name for plan in plans}) == 10


def test_people_have_rare_characters_and_dotted_names_and_no_number_twice():
    people = People("1")
    children = [people.child(1 + n % 9, 2025, "柏坪镇南庄村") for n in range(700)]

    names = "".join(child.name for child in children)
    assert all(character in names for character in "𬭎㛃䶮·")
    assert len({child.id_number for child in children}) == 700
    assert all(child.guardians for child in children)


@pytest.mark.parametrize(
    ("month", "cut_off", "due_on"),
    [
        ("2025-09-01", "2025-09-01", "2025-09-05"),
        ("2025-10-01", "2025-10-09", "2025-10-13"),
        ("2026-01-01", "2026-01-04", "2026-01-08"),
        ("2026-03-01", "2026-03-02", "2026-03-06"),
        ("2026-05-01", "2026-05-06", "2026-05-11"),
        ("2026-10-01", "2026-10-08", "2026-10-12"),
        ("2026-11-01", "2026-11-02", "2026-11-06"),
    ],
)
def test_holidays_move_cut_offs_and_deadlines(month, cut_off, due_on):
    holidays = closures_of(days_off(2025, 2027))
    found = default_cut_off(dt.date.fromisoformat(month), holidays)
    assert str(found) == cut_off
    assert str(default_due(found, 4, holidays)) == due_on


def test_years_that_nobody_has_announced_have_a_calendar_too():
    assert {name for name, *_ in days_off(2031, 2031)} >= {"元旦", "国庆", "寒假", "暑假"}
    assert [number for number, *_ in terms_of(2031)] == [1, 2]


def test_the_clock_only_goes_forward_and_is_put_back():
    clock = Clock(local_time(dt.date(2025, 9, 1)))
    with clock.running():
        first, second = timezone.now(), timezone.now()
        clock.advance(local_time(dt.date(2025, 8, 1)))
        assert first < second < timezone.now()
        assert timezone.localdate() == dt.date(2025, 9, 1)
    assert timezone.now() > local_time(dt.date(2026, 1, 1))


def test_events_after_the_present_do_not_happen():
    clock = Clock(local_time(dt.date(2025, 9, 1)))
    timeline, told = Timeline(clock, local_time(dt.date(2025, 9, 3))), []
    for day in (4, 3, 2):
        timeline.at(local_time(dt.date(2025, 9, day), 1), lambda day=day: told.append(day))
    timeline.run()
    assert told == [2, 3]
