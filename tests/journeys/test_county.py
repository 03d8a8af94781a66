"""The county's desk: the board, accepting several at once, reminding; and signing in for the first time."""

import pytest
import time_machine

from accounts.actions import create_user
from monitoring.actions.common import find_return
from monitoring.models import Reminder, ReturnState
from schools.models import Role
from tests.cast import PASSWORD, appoint, fill, make_school, make_user
from tests.monitoring.filing import SEPTEMBER, month_of, sign

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def eighth_of_september():
    with time_machine.travel("2025-09-08 09:00+08:00", tick=True):
        yield


def filed_school(county, **people):
    school = make_school(county)
    fill(school, 1)
    clerk = make_user(county, Role.CLERK, school)
    principal = make_user(county, Role.PRINCIPAL, school, **people)
    return school, sign(school, month_of(county, SEPTEMBER), clerk, principal)


def test_clean_returns_are_accepted_together_and_late_schools_reminded(page_for, county, reviewer):
    first, _ = filed_school(county)
    second, _ = filed_school(county)
    late = make_school(county)
    fill(late, 1)
    make_user(county, Role.CLERK, late)
    page = page_for(reviewer)
    page.goto("/board/2025-09/")
    for box in page.locator("tbody input[type=checkbox]:not([disabled])").all():
        box.check()
    page.get_by_role("button", name="接收所选").click()
    field = page.get_by_label("登录密码")
    if field.count():
        field.fill(PASSWORD)
    page.get_by_role("button", name="接收").last.click()
    page.get_by_text("已接收 2 份").first.wait_for()

    page.goto("/board/2025-09/")
    page.get_by_role("row", name=late.name).get_by_text("催办").click()
    page.wait_for_load_state("load")

    month = month_of(county, SEPTEMBER)
    assert {find_return(school, month).state for school in (first, second)} == {ReturnState.ACCEPTED}
    assert Reminder.objects.filter(school=late).count() == 1


def test_board_fits_a_phone_and_its_filters_stay_in_the_address(page_for, county, reviewer):
    school, _ = filed_school(county)
    page = page_for(reviewer, phone=True)
    page.goto(f"/board/2025-09/?q={school.name}")

    page.get_by_role("link", name=school.name).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_first_login_changes_the_password(page_for, county, school):
    account = create_user(county=county, username="guoxiaoyan", name="郭晓燕", actor=None)
    appoint(account.user, Role.CLERK, school)
    page = page_for(None)
    page.goto("/")
    page.get_by_label("账号").fill("guoxiaoyan")
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/account/password/**")

    for field in page.locator("input[type=password]").all():
        field.fill("青山绿水一百二十里路好走")
    page.locator("main button[type=submit], form .btn-main").last.click()
    page.get_by_role("heading", name="我的待办").wait_for()

    account.user.refresh_from_db()
    assert not account.user.must_change_password


def test_slash_focuses_the_search_and_a_name_finds_the_child(page_for, school, clerk):
    child = fill(school, 1)[3][0]
    page = page_for(clerk)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(child.name)
    page.keyboard.press("Enter")

    page.get_by_role("heading", name=child.name).first.wait_for()
    assert "q=" not in page.url
