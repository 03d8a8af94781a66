"""The facts are on the paper: figures, names and marks read back from the PDF text."""

import dataclasses
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from reports.documents.annex1 import annex1_paper, annex1_pdf
from reports.documents.annex2 import annex2_pdf
from reports.documents.county_summary import county_summary_pdf
from reports.documents.form_facts import (
    Annex1Facts,
    Annex1Row,
    FormFactsInvalid,
    SummaryRow,
    figures_of,
    sums_of,
)
from reports.documents.wording import GRADE_NAMES, annex1_footnotes, signed
from tests.reports.form_examples import annex1_facts, annex2_facts, annex2_row, form_head, summary_facts

FIGURES = r"((?:[+−]?\d+|／|—)(?: (?:[+−]?\d+|／|—)){5})"


def _pages(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def _together(text):
    return re.sub(r"\s", "", text)


def _printed_figures(text, label):
    found = re.search(rf"^{label} {FIGURES}", text, re.MULTILINE)
    assert found, f"no line {label}"
    return tuple(int(mark.replace("−", "-")) if mark[-1].isdigit() else mark for mark in found[1].split())


def _size_mm(pdf):
    box = PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    return round(float(box.width) * 25.4 / 72), round(float(box.height) * 25.4 / 72)


# --- 附件1 -------------------------------------------------------------------------------------------------------


def test_annex1_prints_the_figures_of_each_grade_and_the_total():
    facts = annex1_facts()

    (text,) = _pages(annex1_pdf(facts))

    for row in facts.rows:
        assert _printed_figures(text, GRADE_NAMES[row.grade - 1]) == figures_of(row)
    assert _printed_figures(text, "合计") == figures_of(facts.total) == (945, 1845, 45, 135, 225, 0)


def test_annex1_grade_the_school_lacks_prints_a_stroke_and_zero_prints_zero():
    facts = annex1_facts(offered=range(1, 7))

    (text,) = _pages(annex1_pdf(facts))

    assert _printed_figures(text, "七年级") == ("／",) * 6
    assert _printed_figures(text, "五年级")[-1] == 0


def test_annex1_other_is_signed_with_a_real_minus():
    (text,) = _pages(annex1_pdf(annex1_facts()))

    assert re.search(r"^一年级 .* −4$", text, re.MULTILINE)
    assert re.search(r"^九年级 .* \+4$", text, re.MULTILINE)


def test_annex1_head_carries_title_school_names_and_dates():
    (text,) = _pages(annex1_pdf(annex1_facts()))

    for piece in (
        "附件1",
        "测试县中小学控辍保学动态监测月报表（一）",
        "学校（公章）：测试县柏坪镇九年一贯制学校",
        "校长签字：申远志 2026年11月4日",
        "填表人签字：郭晓燕 2026年11月3日",
        "时间：2026年11月",
        "注：表格要求学校盖章、校长和填表人签字。",
        "已签字，第3版",
        "第3版　截止日 2026年11月2日　校验",
        "校验 5T8C-2WHN-6R",
        "第1页 共1页",
    ):
        assert piece in text


def test_unsigned_form_leaves_the_signatures_empty():
    facts = annex1_facts(principal="", principal_signed_on=None, filler="", filler_signed_on=None)

    (text,) = _pages(annex1_pdf(facts))

    assert re.search(r"校长签字：\s*\n填表人签字：\s*\n时间", text)


def test_annex1_long_remark_is_printed_whole():
    remark = "杨一鸣疑似辍学，已家访2次；何家乐随父母外出探亲，请长假；" * 4

    text = "".join(_pages(annex1_pdf(annex1_facts(remarks={8: remark}))))

    assert remark in _together(text)


def test_annex1_with_all_footnotes_and_remarks_of_two_lines_stays_on_one_page():
    remarks = dict.fromkeys(range(1, 10), "某某某病假，预计11月16日返校；某某某休学")
    facts = annex1_facts(remarks=remarks, footnotes=annex1_footnotes("attending", 9, -2))

    pages = _pages(annex1_pdf(facts))

    assert len(pages) == 1
    assert "9月上月数为升级后基数。" in pages[0]
    assert "更正 −2 人" in pages[0]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 9999)] * 5, st.integers(-999, 999)),
        min_size=9,
        max_size=9,
    )
)
def test_annex1_any_figures_survive_the_way_to_paper(numbers):
    keys = ("opening", "closing", "transfer_in", "transfer_out", "absent", "other")
    rows = tuple(
        Annex1Row(grade=g, **dict(zip(keys, line, strict=True))) for g, line in enumerate(numbers, start=1)
    )
    facts = Annex1Facts(head=form_head(), rows=rows, total=Annex1Row(grade=0, **sums_of(rows)))

    (text,) = _pages(annex1_pdf(facts))

    assert [_printed_figures(text, GRADE_NAMES[row.grade - 1]) for row in rows] == [
        figures_of(row) for row in rows
    ]
    assert _printed_figures(text, "合计") == tuple(sum(column) for column in zip(*numbers, strict=True))


def test_facts_that_contradict_each_other_never_become_a_form():
    facts = annex1_facts()
    without_third = (*facts.rows[:2], dataclasses.replace(facts.rows[2], offered=False), *facts.rows[3:])

    with pytest.raises(FormFactsInvalid, match="合计"):
        dataclasses.replace(facts, total=dataclasses.replace(facts.total, absent=facts.total.absent + 1))
    with pytest.raises(FormFactsInvalid, match="9 行"):
        dataclasses.replace(facts, rows=facts.rows[:8])
    with pytest.raises(FormFactsInvalid, match="没有3年级"):
        dataclasses.replace(facts, rows=without_third)


def test_markup_typed_into_a_remark_is_printed_and_not_obeyed():
    remark = '<img src="file:///x">&amp;{{ head }}'

    (text,) = _pages(annex1_pdf(annex1_facts(remarks={2: remark})))

    assert _together(remark) in _together(text)


# --- copies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pages_wanted", [1, 3])
def test_draft_is_marked_on_each_page_and_a_signed_form_on_none(pages_wanted):
    count = {1: 2, 3: 25}[pages_wanted]

    draft = _pages(annex2_pdf(annex2_facts(count, is_draft=True, copy_note="未签字")))
    signed_form = _pages(annex2_pdf(annex2_facts(count)))

    assert len(draft) == len(signed_form) == pages_wanted
    assert all("草稿" in _together(page) for page in draft)
    assert not any("草稿" in _together(page) for page in signed_form)


def test_form_bytes_depend_on_the_facts_alone():
    assert annex1_pdf(annex1_facts()) == annex1_pdf(annex1_facts())
    assert annex1_pdf(annex1_facts()) != annex1_pdf(annex1_facts(edition=4))


def test_pdf_properties_name_form_and_school_but_no_child():
    facts = annex2_facts(rows=[annex2_row(name="李小雨")])

    properties = PdfReader(io.BytesIO(annex2_pdf(facts))).metadata

    assert properties["/Title"] == "测试县中小学生动态监测情况月报信息表（二）　2026年11月"
    assert properties["/Author"] == "测试县柏坪镇九年一贯制学校"
    assert "李小雨" not in str(properties)


def test_annex1_stands_upright_and_annex2_lies_on_a4():
    assert _size_mm(annex1_pdf(annex1_facts())) == (210, 297)
    assert _size_mm(annex2_pdf(annex2_facts())) == (297, 210)


# --- 全县汇总表 --------------------------------------------------------------------------------------------------


def test_summary_prints_each_school_and_shows_the_missing_one_without_figures():
    facts = summary_facts(4, unfiled={3})

    (text,) = _pages(county_summary_pdf(facts))

    for row in facts.rows:
        assert _printed_figures(text, row.label) == (figures_of(row) if row.filed else ("—",) * 6)
    assert _printed_figures(text, "合计") == figures_of(facts.total)
    assert "应报 4 所，已接收 3 所。" in text
    assert "校长签字" not in text


def test_summary_of_a_whole_county_repeats_its_head():
    pages = _pages(county_summary_pdf(summary_facts(60)))

    assert len(pages) > 1
    assert all("变动情况" in page for page in pages)
    assert re.findall(r"^第(\d+)小学", "".join(pages), re.MULTILINE) == [str(n) for n in range(1, 61)]


def test_summary_with_figures_for_a_school_that_has_not_filed_is_refused():
    facts = summary_facts(2)

    with pytest.raises(FormFactsInvalid, match="未报"):
        dataclasses.replace(facts, rows=(*facts.rows, SummaryRow(label="某校", filed=False, absent=1)))


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (3, "+3"), (-12, "−12")])
def test_signed_numbers(number, text):
    assert signed(number) == text


def test_footnotes_name_the_reading_in_force_and_only_what_applies():
    (roll,) = annex1_footnotes("roll", 11)
    attending, correction, september = annex1_footnotes("attending", 9, 2)

    assert roll == (
        "在籍口径：本月学生数=上月学生数+转入−转出±其他；未在校为在籍而截止日不在校的人数，不从本月学生数中扣除。"
    )
    assert attending.startswith("在校口径：本月学生数=上月学生数+转入−转出−未在校±其他")
    assert "+2 人" in correction
    assert september == "9月上月数为升级后基数。"


def test_sheet_for_the_screen_has_the_same_words_as_the_paper():
    facts = annex1_facts(offered=range(1, 7))

    paper = annex1_paper(facts)

    assert paper["lines"][6]["figures"] == ["／"] * 6
    assert paper["lines"][0]["figures"] == ["101", "201", "1", "11", "21", "−4"]
