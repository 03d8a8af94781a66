"""A school's month as people live it: movements, a zero report, send-backs, a correction."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from monitoring.actions.common import find_return
from monitoring.models import FrozenReturn, ReturnState
from schools.models import ReportingMonth
from students.identity import make_id_number
from students.models import Enrolment, Movement, Transfer
from tests.cast import PASSWORD, fill
from tests.monitoring.filing import accept

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SEPTEMBER, OCTOBER = dt.date(2025, 9, 1), dt.date(2025, 10, 1)


@pytest.fixture(autouse=True)
def second_of_october():
    """The second of October: September is behind, October's cut-off was yesterday."""
    with time_machine.travel("2025-10-02 09:00+08:00", tick=True):
        yield


@pytest.fixture
def october(county):
    return ReportingMonth.objects.get(county=county, month=OCTOBER)


@pytest.fixture
def children(school, other_school, clerk, principal, reviewer):
    """Two schools with rolls; September of the first is accepted."""
    found = fill(school)
    fill(other_school)
    september = ReportingMonth.objects.get(county=school.county, month=SEPTEMBER)
    accept(school, september, clerk, principal, reviewer)
    return found


def month_page(school):
    return f"/returns/{school.pk}/2025-10/"


def confirm_password(page):
    field = page.get_by_label("登录密码")
    if field.count():
        field.fill(PASSWORD)


def submit_in_browser(page, school, button="送校长签字"):
    page.goto(month_page(school))
    page.get_by_role("link", name="检查并送校长签字").click()
    confirm_password(page)
    page.get_by_role("button", name=button).click()
    page.get_by_role("button", name="撤回").wait_for()


def figures(page, grade):
    """Figures of one grade as the screen shows them."""
    return [cell.strip() for cell in page.locator(f"#row-{grade} td").all_inner_texts()][:6]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_zero_month_is_filed_in_three_clicks(page_for, school, october, children, clerk):
    page = page_for(clerk)
    page.goto("/")
    clicks = 0

    for link in ("去核对", "检查并送校长签字"):
        found = page.get_by_role("link", name=link)
        if found.count():
            found.first.click()
            clicks += 1
    confirm_password(page)
    page.get_by_role("button", name="确认无变动，送校长签字").click()
    page.get_by_text("待校长签字").first.wait_for()

    assert clicks + 1 <= 3
    assert find_return(school, october).state == ReturnState.SUBMITTED


def depart(page, child):
    page.goto(reverse("students:movement-depart", args=[child.pk]))
    page.get_by_label("离校日期").fill("2025-09-20")
    page.get_by_label("转入学校或地点").fill("长治市潞州区")
    page.get_by_label("原因", exact=True).select_option(index=1)
    page.get_by_role("button", name="先保存，证明以后补").click()


def arrive(page, kind, name, number):
    page.goto(reverse("students:movement-arrive"))
    page.get_by_role("radio", name=kind).check()
    page.get_by_label("姓名").fill(name)
    page.get_by_label("身份证号或其他证件号码").fill(number)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("年级").select_option("4")
    page.locator("[name=happened_on]").fill("2025-09-22")
    page.get_by_label("原因", exact=True).select_option(index=1)
    if page.locator("[name=counterpart_text]").count():
        page.locator("[name=counterpart_text]").fill("长治市")
    later = page.get_by_role("button", name="先保存，证明以后补")
    (later if later.count() else page.get_by_role("button", name="登记").last).click()


def test_month_with_five_movements(page_for, school, other_school, october, children, clerk, other_clerk):
    page = page_for(clerk)
    depart(page, children[3][0])
    born = dt.date(2015, 11, 2)
    arrive(page, "转入", "马思齐", make_id_number("140499", born, 811))
    arrive(page, "补录", "陈思远", make_id_number("140499", born, 812))
    page.goto(reverse("students:absence-start", args=[children[5][1].pk]))
    page.get_by_role("link", name="旷课").click()
    page.get_by_label("首日").fill("2025-09-25")
    page.get_by_label("原因", exact=True).select_option("aversion")
    page.get_by_role("button", name="登记").last.click()
    page.goto(reverse("students:transfer-begin-out", args=[children[1][0].pk]))
    page.get_by_label("转入学校").select_option(str(other_school.pk))
    page.get_by_label("最后在校日").fill("2025-09-27")
    page.get_by_label("转入年级").select_option("1")
    page.get_by_label("原因", exact=True).select_option("moved")
    page.get_by_role("button", name="登记").last.click()
    page.wait_for_load_state("load")

    receiving = page_for(other_clerk)
    receiving.goto(reverse("students:transfer-detail", args=[Transfer.objects.get().pk]))
    receiving.get_by_label("到校日期").fill("2025-09-29")
    receiving.get_by_role("button", name="办理接收").click()
    receiving.get_by_text("已办结").first.wait_for()

    page.goto(month_page(school))
    assert [figures(page, grade)[2:] for grade in (1, 3, 4, 5)] == [
        ["0", "1", "0", "0"],
        ["0", "1", "0", "0"],
        ["1", "0", "0", "+1"],
        ["0", "0", "1", "0"],
    ]
    page.locator("#row-5 a.fig", has_text="1").last.click()
    page.locator(".behind").get_by_text(children[5][1].name).wait_for()
    submit_in_browser(page, school)

    assert Movement.objects.filter(period__month=october).count() == 5
    assert Enrolment.objects.filter(student=children[1][0], left_on__isnull=True).get().school == other_school


def test_sent_back_corrected_resubmitted_signed_and_accepted(
    page_for, school, october, children, clerk, principal, reviewer
):
    filling, signing, bureau = page_for(clerk), page_for(principal, phone=True), page_for(reviewer)
    submit_in_browser(filling, school, "确认无变动，送校长签字")

    signing.goto(f"{month_page(school)}sign/")
    signing.get_by_role("link", name="退回修改").click()
    signing.get_by_label("退回原因").fill("三年级转出漏报了")
    signing.locator("select[name$=-grade]").first.select_option("3")
    signing.locator("select[name$=-column]").first.select_option("transfer_out")
    signing.locator("[name$=-text]").first.fill("孙一已转走")
    signing.get_by_role("button", name="退回给").click()
    signing.get_by_text("您已退回").first.wait_for()

    depart(filling, children[3][0])
    filling.goto(month_page(school))
    filling.get_by_role("link", name="答复", exact=True).click()
    filling.get_by_label("已改").check()
    filling.get_by_role("button", name="保存答复").click()
    submit_in_browser(filling, school)

    signing.goto(f"{month_page(school)}sign/")
    assert fits(signing)
    confirm_password(signing)
    signing.get_by_role("button", name="签字").click()
    signing.get_by_text("已签章").first.wait_for()

    bureau.goto(f"{month_page(school)}review/")
    bureau.get_by_role("button", name="接收").click()
    bureau.get_by_text("已接收").first.wait_for()

    assert find_return(school, october).state == ReturnState.ACCEPTED
    assert FrozenReturn.objects.filter(edition__monthly_return__period__month=october).count() == 2


def test_reopened_month_is_corrected_and_accepted_as_second_edition(
    page_for, school, children, clerk, principal, reviewer
):
    september = ReportingMonth.objects.get(county=school.county, month=SEPTEMBER)
    address = f"/returns/{school.pk}/2025-09/"
    bureau, filling, signing = page_for(reviewer), page_for(clerk), page_for(principal)
    bureau.goto(f"{address}reopen/")
    bureau.locator("[name=reason]").fill("漏报转出")
    confirm_password(bureau)
    bureau.get_by_role("button", name="重开").click()
    bureau.get_by_text("已重开").first.wait_for()

    filling.goto(f"{address}correction/add/transfer_out/")
    filling.get_by_label("姓名或拼音首字母").fill("孙一")
    filling.get_by_role("button", name="查找").click()
    filling.locator("[name=student]").first.wait_for()
    choose(filling, children[3][0])
    filling.locator("[name=happened_on]").fill("2025-08-30")
    filling.locator("[name=reason_code]").select_option(index=1)
    filling.locator("[name=counterpart_text]").fill("长治市")
    filling.locator("[name=said]").fill("家长 8月30日 办的手续，当时未登记")
    filling.get_by_role("button", name="列入更正清单").click()
    filling.get_by_text("孙一").first.wait_for()
    filling.goto(f"{address}submit/")
    confirm_password(filling)
    filling.get_by_role("button", name="送校长签字").click()
    filling.get_by_role("button", name="撤回").wait_for()
    signing.goto(f"{address}sign/")
    confirm_password(signing)
    signing.get_by_role("button", name="签字").click()
    signing.get_by_text("已签章").first.wait_for()
    bureau.goto(f"{address}review/")
    bureau.get_by_role("button", name="接收").click()
    bureau.get_by_text("已接收").first.wait_for()

    found = find_return(school, september)
    assert (found.state, found.edition_number) == (ReturnState.ACCEPTED, 2)
    assert not Enrolment.objects.filter(student=children[3][0], left_on__isnull=True).exists()


def choose(page, child):
    """One child of the list that was found: radio cards or a select."""
    field = page.locator("[name=student]").first
    if field.evaluate("element => element.tagName") == "SELECT":
        field.select_option(str(child.pk))
    elif field.get_attribute("type") == "radio":
        page.locator(f"[name=student][value='{child.pk}']").check()


def test_second_tab_and_double_click_change_nothing(page_for, school, october, children, clerk):
    first, second = page_for(clerk), page_for(clerk)
    for page in (first, second):
        page.goto(f"{month_page(school)}submit/")
        confirm_password(page)
    first.get_by_role("button", name="确认无变动").dblclick()
    first.get_by_text("待校长签字").first.wait_for()

    second.get_by_role("button", name="确认无变动").click()
    second.wait_for_load_state("load")

    assert FrozenReturn.objects.filter(edition__monthly_return__period__month=october).count() == 1
    assert second.get_by_text("没有执行").or_(second.get_by_text("没有送签")).count() >= 1
