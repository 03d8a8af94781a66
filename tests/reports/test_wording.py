"""How dates, figures, names and masked numbers are written, in Python and in templates."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template

from accounts import wording
from reports.templatetags import baoxue

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (date(2026, 11, 4), "11月4日"),
        (date(2025, 11, 4), "2025年11月4日"),
        (None, "—"),
        # 23:30 in Greenwich is already tomorrow in the county
        (datetime(2026, 11, 4, 23, 30, tzinfo=UTC), "11月5日"),
        (datetime(2026, 11, 4, 23, 30), "11月4日"),
    ],
)
def test_date_names_the_year_only_when_it_is_another(moment, written):
    assert wording.cn_date(moment, today=TODAY) == written


def test_datetime_is_in_the_county_s_time():
    assert wording.cn_datetime(datetime(2026, 11, 5, 8, 48, tzinfo=UTC), today=TODAY) == "11月5日 16:48"
    assert wording.cn_datetime(datetime(2025, 11, 5, 8, 48, tzinfo=UTC), today=TODAY) == "2025年11月5日 16:48"
    assert wording.cn_datetime(None) == "—"


@pytest.mark.parametrize(
    "month",
    [
        "2026-11",
        date(2026, 11, 30),
        SimpleNamespace(year=2026, month=11),
        datetime(2026, 10, 31, 16, tzinfo=UTC),
    ],
)
def test_month_is_read_from_anything_with_a_year_and_a_month(month):
    assert wording.cn_month(month) == "2026年11月"


def test_weekday_and_school_year():
    assert wording.weekday(date(2026, 11, 4)) == "星期三"
    assert wording.school_year(2026) == "2026–2027学年"


@pytest.mark.parametrize(
    ("number", "plain", "with_sign"),
    [
        (0, "0", "0"),
        (1, "1", "+1"),
        (-2, "\u22122", "\u22122"),
        (999, "999", "+999"),
        (15902, "15,902", "+15,902"),
        (-1234, "\u22121,234", "\u22121,234"),
        (None, "—", "—"),
    ],
)
def test_figures_have_thousands_and_a_real_minus(number, plain, with_sign):
    assert wording.thousands(number) == plain
    assert wording.signed(number) == with_sign


@pytest.mark.parametrize(
    ("fraction", "written"),
    [(0.994, "99.4%"), (Decimal("0.99449"), "99.4%"), (0.9945, "99.5%"), (1, "100.0%"), (None, "—")],
)
def test_rate_has_one_decimal(fraction, written):
    assert wording.rate(fraction) == written


def test_money_and_file_size():
    assert wording.money(1000) == "1,000.00 元"
    assert wording.money(Decimal("-0.5")) == "\u22120.50 元"
    assert wording.file_size(19_293_798) == "18.4 MB"
    assert wording.file_size(12) == "1 KB"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("140425201601011234", "140425********1234"),
        ("14042520160101123X", "140425********123X"),
        ("G140425201305113317", "G1404********3317"),
        ("140425160101123", "140425*****1123"),
        ("E12345678", "E1****78"),
        ("12345", "*****"),
        ("", "—"),
        (None, "—"),
    ],
)
def test_identity_number_never_shows_the_birth_date(number, masked):
    assert wording.mask_id(number) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812341234", "138****1234"),
        ("138 1234 1234", "138****1234"),
        ("0355-8926001", "****6001"),
        ("110", "****"),
        ("", "—"),
    ],
)
def test_phone_keeps_its_last_four_digits(number, masked):
    assert wording.mask_phone(number) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [("杨一鸣", "杨**"), ("郭某", "郭*"), ("欧阳娜娜", "欧**"), ("杨", "*"), ("", "—"), (None, "—")],
)
def test_name_keeps_its_first_character(name, masked):
    assert wording.mask_name(name) == masked


def test_bank_account_keeps_its_last_four_digits():
    assert wording.mask_account("6217 0001 2345 6789") == "尾号 6789"
    assert wording.mask_account("12") == "****"
    assert wording.mask_account(None) == "—"


def test_grades_and_classes():
    assert [wording.grade_name(grade) for grade in (1, 9, 10, None)] == ["一年级", "九年级", "10年级", "—"]
    assert wording.class_label(8, 2) == "八（2）班"
    assert wording.class_label(8, None) == "八年级"
    assert wording.class_label(None, 2) == "—"


@pytest.mark.parametrize(
    ("number", "html"),
    [
        (478, "478"),
        (15902, "15,902"),
        (0, '<span class="zero">0</span>'),
        (None, '<span class="zero">—</span>'),
    ],
)
def test_zero_and_unknown_figures_are_grey(number, html):
    assert baoxue.figure(number) == html


def test_figure_that_does_not_apply_is_a_slash():
    assert baoxue.figure(None, "／") == '<span class="zero">／</span>'
    assert baoxue.signed_figure(None, "／") == '<span class="zero">／</span>'
    assert baoxue.signed_figure(-1) == "\u22121"
    assert baoxue.signed_figure(0) == '<span class="zero">0</span>'


def test_filters_are_there_without_loading_them():
    page = Template("{{ n|signed }} {{ grade|class_label:2 }} {{ id_number|mask_id }}")

    assert page.render(Context({"n": -2, "grade": 8, "id_number": "140425201601011234"})) == (
        "\u22122 八（2）班 140425********1234"
    )


def test_bar_widths_stay_between_nothing_and_everything():
    assert [baoxue.share(*pair) for pair in ((38, 60), (0, 60), (61, 60), (1, 0), (None, 5))] == [
        "63.33%",
        "0%",
        "100%",
        "0%",
        "0%",
    ]
    assert baoxue.stacked(
        [{"value": 3, "look": "done"}, {"value": 0, "look": "wait"}, {"value": 1, "look": "now"}]
    ) == [
        {"value": 3, "look": "done", "start": "0%", "width": "75%"},
        {"value": 1, "look": "now", "start": "75%", "width": "25%"},
    ]


class MovementForm(forms.Form):
    day = forms.DateField(label="离校日期", help_text="以离校当天为准")
    kind = forms.ChoiceField(
        label="类别", choices=[("in", "转入"), ("out", "转出")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="说明", required=False, widget=forms.Textarea)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)


def test_field_puts_its_error_between_help_and_control():
    html = str(MovementForm({"day": "云岭", "seen_version": "3"}))

    assert html.index("以离校当天为准") < html.index('id="id_day_error"') < html.index('id="id_day"')
    assert 'aria-describedby="id_day_helptext id_day_error"' in html
    assert "有 2 处需要修改" in html
    assert 'href="#id_day"' in html
    assert 'value="云岭"' in html


def test_form_marks_optional_fields_and_draws_few_options_as_cards():
    html = str(MovementForm())

    assert html.count("（选填）") == 1
    assert 'class="radios"' in html
    assert 'type="hidden" name="seen_version"' in html
    assert "需要修改" not in html
    assert "style=" not in html


def test_added_classes_join_the_class_of_the_control():
    html = baoxue.add_class(MovementForm()["note"], "w-m")

    assert 'class="inp w-m"' in html


def test_pager_keeps_the_filters_in_the_address(rf):
    request = rf.get("/board/", {"town": "柏坪", "state": "late", "page": "2"})
    page = Paginator(range(60), 20).page(2)
    template = Template('{% include "components/pager.html" with page_obj=page unit="所" %}')

    context = Context({"page": page})
    context.request = request

    html = template.render(context)

    assert "第 21–40 所，共 60 所" in html
    assert "state=late" in html
    assert "page=3" in html


def test_filter_form_keeps_what_it_does_not_ask(rf):
    class TownForm(forms.Form):
        town = forms.CharField(required=False)

    context = Context({"request": rf.get("/board/", {"town": "柏坪", "state": "late", "page": "2"})})

    assert baoxue.kept_parameters(context, TownForm()) == [("state", "late")]
    assert baoxue.kept_parameters(Context({})) == []
