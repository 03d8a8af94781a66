"""Pages of the calendar and of settings: by role, what they show and do."""

import datetime as dt
import re

import pytest
import time_machine
from django.urls import reverse

from accounts.models import County
from schools.models import CountySetting, Holiday, ReportingMonth, Role, Term
from schools.queries import setting
from schools.settings import ABSENT_RULE, ANNEX2_COLUMNS, ANNEX2_FIELDS, DUE_DAYS, FULL_ID_ON_PAPER
from students.models import PeriodState, RollPeriod
from tests.cast import make_county, make_user

NOW = dt.datetime(2026, 11, 3, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def bare_reviewer(db):
    county = County.objects.create(code="140999", name="云州县", bureau_name="云州县教育局")
    return make_user(county, Role.REVIEWER)


def test_everybody_reads_the_calendar_and_editors_change_it(browser, county, clerk, reviewer):
    Holiday.objects.create(
        county=county, name="国庆节", first_day=dt.date(2026, 10, 1), last_day=dt.date(2026, 10, 7)
    )
    url = reverse("schools:calendar")

    read = browser(clerk).get(url).content.decode()
    assert "填报日历 · 2026–2027学年" in read and "2026年10月1日 至 10月7日" in read
    assert "修改" not in read and "删去" not in read
    edited = browser(reviewer).get(url).content.decode()
    assert reverse("schools:month-edit", args=["2026-11"]) in edited and "删去" in edited


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("year-create", []),
        ("month-edit", ["2026-11"]),
        ("holiday-create", []),
        ("months-recalculate", []),
    ],
)
@pytest.mark.parametrize(
    ("who", "status"), [("reviewer", 200), ("administrator", 200), ("clerk", 403), ("central_school", 403)]
)
def test_calendar_forms_by_role(name, args, who, status, request, browser):
    person = request.getfixturevalue(who)
    assert browser(person).get(reverse(f"schools:{name}", args=args)).status_code == status


@pytest.mark.parametrize("slug", ["2026-13", "2031-01", "november", "202-11"])
def test_months_that_do_not_exist(slug, browser, reviewer):
    assert browser(reviewer).get(reverse("schools:month-edit", args=[slug])).status_code == 404


def test_years_that_do_not_exist(browser, reviewer):
    assert browser(reviewer).get(reverse("schools:calendar-year", args=[1999])).status_code == 404
    assert browser(reviewer).get(reverse("schools:calendar-year", args=[2025])).status_code == 200


def test_the_first_school_year_is_made_from_the_empty_page(browser, bare_reviewer):
    client = browser(bare_reviewer)
    assert "还没有填报日历" in client.get(reverse("schools:calendar")).content.decode()

    client.post(reverse("schools:year-create"), {"start_year": "2026", "with_usual_holidays": "on"})

    page = client.get(reverse("schools:calendar")).content.decode()
    assert "2026–2027学年" in page and "国庆节" in page and "第二学期" in page
    again = client.post(reverse("schools:year-create"), {"start_year": "2026"}).content.decode()
    assert "下一个是2027–2028学年" in again


def test_a_term_is_changed_on_its_page(browser, bare_reviewer):
    client = browser(bare_reviewer)
    client.post(reverse("schools:year-create"), {"start_year": "2026"})
    term = Term.objects.get(number=1)
    data = {"seen_first_day": "2026-09-01", "seen_last_day": "2027-01-20"}
    url = reverse("schools:term-edit", args=[term.pk])

    assert client.post(url, {**data, "first_day": "2026-09-01", "last_day": "2027-01-16"}).status_code == 302
    page = client.post(url, {**data, "first_day": "2026-09-01", "last_day": "2027-01-18"}).content.decode()
    assert "已被别人改过" in page
    assert browser(make_user(make_county(), Role.REVIEWER)).get(url).status_code == 404


def month_data(month, **changes):
    values = {"cut_off": month.cut_off, "due_on": month.due_on, "requirement": month.requirement}
    return {**values, **{f"seen_{name}": value for name, value in values.items()}, **changes}


def test_a_month_is_changed_and_a_submitted_one_says_why_not(browser, county, school, reviewer):
    month = ReportingMonth.objects.get(county=county, month=dt.date(2026, 11, 1))
    client, url = browser(reviewer), reverse("schools:month-edit", args=["2026-11"])

    assert client.post(url, month_data(month, cut_off="2026-11-04", due_on="2026-11-09")).status_code == 302
    month.refresh_from_db()
    RollPeriod.objects.create(school=school, month=month, state=PeriodState.CLOSED)
    page = client.post(url, month_data(month, cut_off="2026-11-05")).content.decode()

    assert "已有 1 所学校送签2026年11月月报" in page and 'value="2026-11-05"' in page
    assert "看不懂" in client.post(url, month_data(month, cut_off="下周")).content.decode()


def test_a_holiday_leads_to_the_comparison_and_changes_nothing_by_itself(browser, county, reviewer):
    client = browser(reviewer)
    response = client.post(
        reverse("schools:holiday-create"),
        {"name": "期初假", "first_day": "2027-03-01", "last_day": "2027-03-03", "is_workday": "off"},
    )
    march = ReportingMonth.objects.get(county=county, month=dt.date(2027, 3, 1))
    assert response.url == reverse("schools:months-recalculate") and march.cut_off == dt.date(2027, 3, 1)

    page = client.get(response.url).content.decode()
    assert "3月1日" in page and "3月4日" in page
    seen = re.findall(r'name="seen" value="([^"]+)"', page)
    client.post(response.url, {"seen": seen})

    march.refresh_from_db()
    assert march.cut_off == dt.date(2027, 3, 4)
    assert "没有要改的月份" in client.get(response.url).content.decode()
    assert "又变了" in client.post(response.url, {"seen": seen}, follow=True).content.decode()
    assert client.post(response.url, {"seen": ["x", "2026-11 a b"]}, follow=True).status_code == 200


def test_a_holiday_of_one_day_and_its_removal(browser, county, reviewer):
    client = browser(reviewer)
    client.post(
        reverse("schools:holiday-create"),
        {"name": "调课", "first_day": "2026-10-10", "last_day": "", "is_workday": "school"},
    )
    holiday = Holiday.objects.get()
    assert holiday.is_workday and holiday.last_day == holiday.first_day

    stranger = browser(make_user(make_county(), Role.REVIEWER))
    url = reverse("schools:holiday-remove", args=[holiday.pk])
    assert stranger.post(url).status_code == 404 and client.get(url).status_code == 405
    client.post(url)
    assert not Holiday.objects.exists()


# --- settings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["setting-list", "annex2-edit"])
@pytest.mark.parametrize(
    ("who", "status"), [("administrator", 200), ("reviewer", 200), ("principal", 403), ("leader", 403)]
)
def test_settings_by_role(name, who, status, request, browser):
    assert browser(request.getfixturevalue(who)).get(reverse(f"schools:{name}")).status_code == status


@pytest.mark.parametrize(
    ("spec", "typed", "stored"),
    [(DUE_DAYS, "6", 6), (FULL_ID_ON_PAPER, "yes", True), (ABSENT_RULE, "attending", "attending")],
)
def test_a_setting_of_each_kind_is_changed_with_a_reason(spec, typed, stored, browser, county, administrator):
    client, url = browser(administrator), reverse("schools:setting-edit", args=[spec.key])
    assert client.get(url).status_code == 200

    client.post(url, {"value": typed, "reason": "平教〔2026〕8号", "seen_id": "0"})

    assert setting(county.pk, spec) == stored
    assert "平教〔2026〕8号" in client.get(url).content.decode()
    assert "平教〔2026〕8号" in client.get(reverse("schools:setting-list")).content.decode()
    stale = client.post(
        url, {"value": "no" if typed == "yes" else spec.default, "reason": "x", "seen_id": "0"}
    )
    assert "已被别人改过" in stale.content.decode() and CountySetting.objects.count() == 1


@pytest.mark.parametrize("typed", ["", "x", "-1", "99", "4.5", "9" * 400])
def test_a_setting_refuses_nonsense(typed, browser, county, administrator):
    url = reverse("schools:setting-edit", args=["due_days"])
    response = browser(administrator).post(url, {"value": typed, "reason": "x", "seen_id": "0"})
    assert response.status_code == 200 and not CountySetting.objects.exists()


def test_a_reviewer_reads_the_history_and_changes_nothing(browser, county, reviewer):
    url = reverse("schools:setting-edit", args=["due_days"])

    assert "由县局管理员设定" in browser(reviewer).get(url).content.decode()
    assert browser(reviewer).post(url, {"value": "6", "reason": "x", "seen_id": "0"}).status_code == 403
    assert not CountySetting.objects.exists()


@pytest.mark.parametrize("key", ["annex2_columns/x", "salary"])
def test_settings_that_do_not_exist(key, browser, administrator):
    assert browser(administrator).get(f"/places/settings/{key}/").status_code == 404


# --- columns of Annex 2 ---------------------------------------------------------------------------------------


def layout_data(**changes):
    """The form as the page shows it."""
    data = {"order": [key for key, _ in ANNEX2_FIELDS], "seen_id": "0", "reason": ""}
    for key, title in ANNEX2_FIELDS:
        data[f"title-{key}"] = title
        data[f"show-{key}"] = "on"
    return {**data, **changes}


def order_on(page):
    return re.findall(r'name="order" value="([^"]+)"', page)


def test_moving_a_column_shows_the_new_order_and_stores_nothing(browser, county, reviewer):
    client, url = browser(reviewer), reverse("schools:annex2-edit")
    data = layout_data(move="down:seq", **{"title-remark": "说明"})
    del data["show-teacher"]

    page = client.post(url, data).content.decode()

    assert order_on(page)[:3] == ["name", "seq", "sex"] and "还没有保存" in page
    assert 'value="说明"' in page and 'name="show-teacher" checked' not in page
    assert not CountySetting.objects.exists()
    for move in ("up:seq", "down:remark", "up:nothing", "sideways:sex", ""):
        assert order_on(client.post(url, layout_data(move=move)).content.decode())[0] == "seq"


def test_the_layout_is_saved_as_it_stands(browser, county, reviewer):
    client, url = browser(reviewer), reverse("schools:annex2-edit")
    order = ["name", "seq", *(key for key, _ in ANNEX2_FIELDS[2:])]
    data = layout_data(order=order, reason="平教〔2026〕8号", **{"title-remark": "说明"})
    del data["show-teacher"], data["show-name"], data["show-kind"]  # the boxes of fixed columns are not sent

    assert client.post(url, data).status_code == 302

    layout = setting(county.pk, ANNEX2_COLUMNS)
    assert layout[0] == ["name", "学生姓名"] and layout[-1] == ["remark", "说明"] and len(layout) == 15
    assert order_on(client.get(url).content.decode())[-1] == "teacher"
    assert "说明" in client.get(reverse("schools:setting-list")).content.decode()


def test_a_layout_without_a_title_or_a_reason_is_not_saved(browser, county, reviewer):
    client, url = browser(reviewer), reverse("schools:annex2-edit")

    assert "form-errors" in client.post(url, layout_data()).content.decode()
    page = client.post(url, layout_data(reason="x", **{"title-remark": " "})).content.decode()
    assert "“备注”一栏没有标题" in page
    assert not CountySetting.objects.exists()


def test_the_default_layout_comes_back_for_saving(browser, county, reviewer):
    client, url = browser(reviewer), reverse("schools:annex2-edit")
    data = layout_data(order=["remark", "name"], default="1")

    assert order_on(client.post(url, data).content.decode()) == [key for key, _ in ANNEX2_FIELDS]
