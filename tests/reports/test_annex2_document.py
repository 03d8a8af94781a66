"""Annex 2 on paper: order of rows, breaks of pages and lines, the columns the bureau chose."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from reports.documents.annex2 import MAX_ROWS, annex2_pdf, cell_lines
from reports.documents.columns import DEFAULT_LAYOUT, LANDSCAPE_MM, columns_for, ems, packed, title_lines
from reports.documents.form_facts import (
    FormFactsInvalid,
)
from tests.reports.form_examples import annex2_facts, annex2_row


def _pages(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def _together(text):
    return re.sub(r"\s", "", text)


def test_annex2_prints_every_value_of_a_row():
    row = annex2_row(7, name="阿卜杜拉·买买提江", reason="𬭎㛃䶮", remark="=1+1")

    text = _together("".join(_pages(annex2_pdf(annex2_facts(rows=[row])))))

    for value in row.values.values():
        assert _together(value) in text


def test_annex2_counted_rows_come_first_numbered_and_the_others_below_the_band():
    text = "".join(_pages(annex2_pdf(annex2_facts(counted=3, uncounted=2))))

    order = re.findall(r"^(?:(\d+|—) (甲\d+)|(以下不计数))", text, re.MULTILINE)
    assert order == [
        ("1", "甲1", ""),
        ("2", "甲2", ""),
        ("3", "甲3", ""),
        ("", "", "以下不计数"),
        ("—", "甲900", ""),
        ("—", "甲901", ""),
    ]


@pytest.mark.parametrize(
    ("counted", "uncounted", "wanted", "unwanted"),
    [
        (0, 0, "本月无变动", "以下不计数"),
        (0, 1, "本月无计入表（一）的变动", "本月无变动"),
        (1, 0, "甲1", "本月无"),
    ],
)
def test_annex2_says_when_nothing_changed(counted, uncounted, wanted, unwanted):
    (text,) = _pages(annex2_pdf(annex2_facts(counted, uncounted)))

    assert wanted in text
    assert unwanted not in text


def test_annex2_of_sixty_rows_repeats_its_head_and_loses_no_row():
    pages = _pages(annex2_pdf(annex2_facts(60, 4)))

    assert len(pages) >= 4
    for number, page in enumerate(pages, start=1):
        assert "变动类别" in page
        assert f"第{number}页 共{len(pages)}页" in page
        assert ("（二）（续）" in page) is (number > 1)
        # The notice's head belongs to the first page.
        assert ("校长签字" in page) is (number == 1)
    names = re.findall(r"甲(\d+)", "".join(pages))
    assert [int(name) for name in names] == [*range(1, 61), *range(900, 904)]


@pytest.mark.parametrize("counted", range(8, 14))
def test_annex2_band_never_ends_a_page(counted):
    for page in _pages(annex2_pdf(annex2_facts(counted, 3))):
        if "以下不计数" in page:
            assert "甲90" in page.split("以下不计数")[1]


def test_annex2_layout_of_the_bureau_is_followed_in_order_and_words():
    columns = columns_for([("kind", "类别"), ("name", "姓名"), ("hand", "家长签字")])

    (text,) = _pages(annex2_pdf(annex2_facts(1, columns=columns)))

    assert "类别 姓名 家长签字\n转入 甲1" in text
    assert "13800001234" not in text


@pytest.mark.parametrize(
    "layout",
    [
        DEFAULT_LAYOUT,
        DEFAULT_LAYOUT[::-1],
        DEFAULT_LAYOUT[:3],
        [("seq", "序号"), ("sex", "性别")],
        [*DEFAULT_LAYOUT, ("x", "另一"), ("y", "再一")],
    ],
)
def test_columns_fill_the_sheet_exactly(layout):
    columns = columns_for(layout)

    assert [(column.key, column.title) for column in columns] == list(layout)
    assert sum(column.width_mm for column in columns) == pytest.approx(LANDSCAPE_MM, abs=0.1)


@pytest.mark.parametrize(
    ("title", "width", "lines"),
    [
        ("学生姓名", 13.5, ("学生姓名",)),
        ("学生姓名", 11.0, ("学生", "姓名")),
        ("包联（责任）教师", 13.5, ("包联", "（责任）", "教师")),
        ("来源或去向（学校/地点）", 21.5, ("来源或去向", "（学校/地点）")),
    ],
)
def test_column_head_breaks_between_words(title, width, lines):
    assert title_lines(title, width, 8.5) == lines


@pytest.mark.parametrize(
    ("key", "text", "lines"),
    [
        ("id_number", "140499201211150021", ["140499", "201211150021"]),
        ("id_number", "G140499201211150021", ["G140499", "201211150021"]),
        ("id_number", "140499********0021", ["140499", "********0021"]),
        ("name", "阿卜杜拉·买买提江", ["阿卜杜拉·", "买买提江"]),
        ("kind", "未在校 疑似辍学", ["未在校", "疑似辍学"]),
        ("guardian_name", "张某某（父）", ["张某某", "（父）"]),
    ],
)
def test_narrow_cells_break_at_words_only(key, text, lines):
    assert ["".join(piece for piece, _ in line) for line in cell_lines(key, text, 4.4)] == lines


def test_a_date_inside_a_text_is_not_torn():
    (line,) = cell_lines("follow_up", "已接收，10月13日编入班级", 8.0)

    assert line == [("已接收，", False), ("10月13日", True), ("编入班级", False)]


@given(st.lists(st.text("学生（）·a1", min_size=1, max_size=6)), st.floats(1, 12))
def test_packing_keeps_every_character_and_joins_only_what_fits(pieces, fits):
    lines = packed(pieces, fits)

    assert "".join(lines) == "".join(pieces)
    assert all(ems(line) <= fits or line in pieces for line in lines)


def test_annex2_beyond_the_limit_of_rows_is_refused():
    with pytest.raises(FormFactsInvalid, match="行"):
        annex2_pdf(annex2_facts(rows=[annex2_row()] * (MAX_ROWS + 1)))
