"""The pages of a return in Chromium: lists open in place, remarks are edited in their cell, nothing scrolls sideways."""

import datetime as dt

import pytest
import time_machine

from monitoring.actions.common import find_return
from monitoring.models import ReturnState
from students.actions.movements import Fact, record_departure
from students.models import MovementKind
from tests.cast import PASSWORD, fill
from tests.monitoring.filing import SEPTEMBER, month_of, sign, submit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = "2025-09-03 09:00+08:00"


@pytest.fixture
def september(school, clerk):
    with time_machine.travel(NOW, tick=True):
        children = fill(school)
        record_departure(
            children[3][0],
            MovementKind.TRANSFER_OUT,
            fact=Fact(dt.date(2025, 9, 1), "moved", counterpart_text="长治市"),
            actor=clerk,
        )
        yield month_of(school.county, SEPTEMBER)


def base(school):
    return f"/returns/{school.pk}/2025-09/"


def test_a_figure_opens_its_children_in_place_and_escape_returns_to_it(page_for, school, september, clerk):
    page = page_for(clerk)
    page.goto(base(school))
    door = page.get_by_role("link", name="三年级 转出 1 人，打开名单")

    door.click()
    page.locator(".behind").get_by_text("孙一").wait_for()
    assert page.url.endswith(base(school)) and door.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")

    assert page.locator(".behind").count() == 0
    assert door.evaluate("element => element === document.activeElement")


def test_a_remark_is_edited_in_its_cell(page_for, school, september, clerk):
    page = page_for(clerk)
    page.goto(base(school))
    page.locator("#row-3 a.edit-remark").click()
    page.get_by_label("三年级备注", exact=True).fill("孙一随父母去长治")
    page.get_by_role("button", name="保存").click()

    page.locator("#row-3", has_text="孙一随父母去长治").wait_for()
    assert page.locator(".toast-bx", has_text="三年级备注已保存。").count() == 1


def test_sent_by_the_clerk_and_signed_by_the_principal_on_a_phone(
    page_for, school, september, clerk, principal
):
    filling = page_for(clerk, phone=True)
    filling.goto(base(school))
    filling.get_by_role("link", name="检查并送校长签字").click()
    filling.get_by_label("登录密码").fill(PASSWORD)
    filling.get_by_role("button", name="送校长签字").click()
    filling.get_by_text("待校长签字").first.wait_for()

    signing = page_for(principal, phone=True)
    signing.goto(base(school))
    signing.get_by_role("link", name="核对并签字").click()
    signing.get_by_label("登录密码").fill(PASSWORD)
    signing.get_by_role("button", name="签字，报县局").click()
    signing.get_by_text("已签章").first.wait_for()

    assert find_return(school, september).state == ReturnState.SIGNED


def test_pages_work_without_script(page_for, school, september, clerk):
    page = page_for(clerk, java_script_enabled=False)
    page.goto(base(school))
    page.get_by_role("link", name="三年级 转出 1 人，打开名单").click()
    assert page.locator("h1", has_text="三年级 · 转出 1 人").count() == 1
    page.go_back()
    page.locator("#row-3 a.edit-remark").click()
    assert page.get_by_label("三年级备注", exact=True).count() == 1


def test_nothing_scrolls_sideways(page_for, school, september, clerk, principal, reviewer):
    submit(school, september, clerk)
    home = base(school)
    for person, addresses in (
        (clerk, ["", "annex2/", "figure/0/closing/", "preview/1/", "preview/2/"]),
        (principal, ["sign/", "send-back/principal/"]),
        (reviewer, [""]),
    ):
        for phone in (False, True):
            page = page_for(person, phone=phone)
            for address in addresses:
                page.goto(home + address)
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                assert wide <= 0, (address, phone, wide)


def test_the_bureau_s_pages_do_not_scroll_sideways(page_for, school, september, clerk, principal, reviewer):
    sign(school, september, clerk, principal)
    for phone in (False, True):
        page = page_for(reviewer, phone=phone)
        for address in ("", "review/", "send-back/bureau/", "editions/1/", "differences/"):
            page.goto(base(school) + address)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, (address, phone, wide)
