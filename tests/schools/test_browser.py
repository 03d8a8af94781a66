"""What only a browser shows: nothing scrolls sideways on a phone, and Enter does what the main button does."""

import pytest
from django.urls import reverse

from schools.models import CountySetting, SchoolKind
from tests.cast import fill, make_klass, make_school

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pages_fit_a_phone(page_for, county, school, clerk, reviewer, administrator):
    make_school(county, SchoolKind.TEACHING_POINT, parent=school, name="平顺县石城镇东寺头村阳高联合教学点")
    make_klass(school, 3, 2)
    fill(school, 1)
    pages = [
        *(
            (name, [])
            for name in ("school-list", "school-create", "township-list", "calendar", "annex2-edit")
        ),
        *((name, [school.pk]) for name in ("school-detail", "school-close", "klass-create")),
        *((name, []) for name in ("account-list", "account-create", "account-import", "school-import")),
        *((name, []) for name in ("setting-list", "holiday-create", "year-create", "months-recalculate")),
        ("month-edit", ["2026-11"]),
        ("setting-edit", ["absent_rule"]),
        ("account-detail", [clerk.uuid]),
    ]
    page = page_for(reviewer, phone=True)
    addresses = [reverse(f"schools:{name}", args=args) for name, args in pages]
    wide = []

    for address in (*addresses, reverse("students:rollover-preview")):
        assert page.goto(address).status == 200
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(address)

    assert wide == []


def test_enter_in_a_title_saves_the_columns(page_for, county, reviewer):
    page = page_for(reviewer)
    page.goto(reverse("schools:annex2-edit"))
    page.locator('button[value="down:seq"]').click()
    page.get_by_text("还没有保存").wait_for()
    page.get_by_label("为什么改").fill("平教〔2026〕8号")

    page.locator("#title-remark").press("Enter")

    page.wait_for_url("**/places/settings/")
    assert [key for key, _ in CountySetting.objects.get().value][:2] == ["name", "seq"]
