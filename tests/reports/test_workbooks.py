"""The facts are in the sheets: read back with openpyxl and, for the stored results, with calamine."""

import io

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from reports.documents.columns import columns_for
from reports.documents.form_facts import FIGURE_KEYS, figures_of
from reports.documents.wording import GRADE_NAMES, annex1_footnotes
from reports.workbooks.annex1 import annex1_xlsx
from reports.workbooks.annex2 import annex2_xlsx
from reports.workbooks.county_summary import county_summary_xlsx
from tests.reports.form_examples import annex1_facts, annex2_facts, annex2_row, summary_facts

ID_NUMBER = "140499201211150021"


def _sheet(data, *, results=False):
    return openpyxl.load_workbook(io.BytesIO(data), data_only=results).worksheets[0]


def _row_of(sheet, label):
    (row,) = [row for row in sheet.iter_rows(max_col=8) if row[0].value == label]
    return row


def _figures(sheet, label):
    return tuple(cell.value for cell in _row_of(sheet, label)[1:7])


def _calamine_rows(data):
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    return {row[0]: tuple(row[1:7]) for row in rows}


def _texts(sheet):
    return [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]


# --- 附件1 -------------------------------------------------------------------------------------------------------


def test_annex1_figures_are_numbers_equal_to_the_facts():
    facts = annex1_facts(offered=range(1, 7), remarks={2: "病假"})

    sheet = _sheet(annex1_xlsx(facts))

    for row in facts.rows[:6]:
        cells = _row_of(sheet, GRADE_NAMES[row.grade - 1])
        assert tuple(cell.value for cell in cells[1:7]) == figures_of(row)
        assert {cell.data_type for cell in cells[1:7]} == {"n"}
    assert _row_of(sheet, "二年级")[7].value == "病假"
    assert _figures(sheet, "七年级") == ("／",) * 6


def test_annex1_total_is_a_formula_whose_stored_result_other_readers_show():
    facts = annex1_facts()
    data = annex1_xlsx(facts)

    first = _row_of(_sheet(data), "一年级")[0].row
    formulas = _figures(_sheet(data), "合计")

    assert formulas == tuple(f"=SUM({column}{first}:{column}{first + 8})" for column in "BCDEFG")
    assert _figures(_sheet(data, results=True), "合计") == figures_of(facts.total)
    assert _calamine_rows(data)["合计"] == figures_of(facts.total)
    assert _calamine_rows(data)["四年级"] == figures_of(facts.rows[3])


def test_annex1_other_shows_its_sign():
    sheet = _sheet(annex1_xlsx(annex1_facts()))

    for label in ("一年级", "合计"):
        assert _row_of(sheet, label)[6].number_format == '+0;"−"0;0'
        assert _row_of(sheet, label)[5].number_format == "0"


def test_annex1_has_the_merged_head_and_words_of_the_paper():
    facts = annex1_facts(footnotes=annex1_footnotes("roll", 9))

    sheet = _sheet(annex1_xlsx(facts))

    changes = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "变动情况")
    assert f"D{changes.row}:G{changes.row}" in {str(area) for area in sheet.merged_cells.ranges}
    for text in (
        "附件1",
        "测试县中小学控辍保学动态监测月报表（一）",
        "学校（公章）：测试县柏坪镇九年一贯制学校",
        "校长签字：申远志　2026年11月4日",
        "填表人签字：郭晓燕　2026年11月3日",
        "时间：2026年11月",
        "已签字，第3版",
        "注：表格要求学校盖章、校长和填表人签字。",
        "9月上月数为升级后基数。",
    ):
        assert text in _texts(sheet)


@pytest.mark.parametrize(
    ("data", "orientation"),
    [(annex1_xlsx(annex1_facts()), "portrait"), (annex2_xlsx(annex2_facts(2)), "landscape")],
)
def test_sheet_is_ready_to_print(data, orientation):
    sheet = _sheet(data)

    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, orientation)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    # One page wide is what a sheet without the attribute means.
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows
    assert sheet.print_area
    assert sheet.oddFooter.right.text == "第&P页 共&N页"


def test_file_properties_tell_title_edition_and_hash():
    book = openpyxl.load_workbook(io.BytesIO(annex1_xlsx(annex1_facts())))

    assert book.properties.title == "测试县中小学控辍保学动态监测月报表（一）　2026年11月"
    assert {item.name: item.value for item in book.custom_doc_props.props} == {
        "edition": 3,
        "content_hash": "5T8C-2WHN-6R",
    }


def test_equal_facts_give_equal_bytes():
    assert annex1_xlsx(annex1_facts()) == annex1_xlsx(annex1_facts())
    assert annex1_xlsx(annex1_facts()) != annex1_xlsx(annex1_facts(edition=4))


# --- 附件2 -------------------------------------------------------------------------------------------------------


def test_annex2_numbers_of_identity_and_phone_stay_text():
    sheet = _sheet(annex2_xlsx(annex2_facts(1)))

    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    for value in (ID_NUMBER, "13800001234"):
        assert cells[value].data_type == "s"
        assert cells[value].number_format == "@"
    rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(annex2_xlsx(annex2_facts(1))))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert ID_NUMBER in [value for row in rows for value in row]


@pytest.mark.parametrize(
    "typed", ["=1+1", "+8613800001234", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "{=1}", "http://x"]
)
def test_text_that_looks_like_a_formula_stays_text(typed):
    for data in (
        annex2_xlsx(annex2_facts(rows=[annex2_row(remark=typed)])),
        annex1_xlsx(annex1_facts(remarks={1: typed})),
    ):
        (cell,) = [cell for row in _sheet(data).iter_rows() for cell in row if cell.value == typed]
        assert cell.data_type == "s"
        assert cell.hyperlink is None


def test_annex2_order_of_rows_is_that_of_the_paper():
    facts = annex2_facts(counted=2, uncounted=1, counted_note="计入表（一）2 行：转入 2")

    rows = [tuple(row) for row in _sheet(annex2_xlsx(facts)).iter_rows(values_only=True)]

    start = next(place for place, row in enumerate(rows) if row[0] == "序号")
    assert [row[:2] for row in rows[start + 1 : start + 6]] == [
        ("1", "甲1"),
        ("2", "甲2"),
        ("计入表（一）2 行：转入 2", None),
        ("以下不计数", None),
        ("—", "甲900"),
    ]


@pytest.mark.parametrize(("counted", "wanted"), [(0, True), (1, False)])
def test_annex2_empty_month_has_one_row_that_says_so(counted, wanted):
    assert ("本月无变动" in _texts(_sheet(annex2_xlsx(annex2_facts(counted))))) is wanted


@pytest.mark.parametrize("layout", [[("kind", "类别"), ("name", "姓名")], [("name", "姓名")]])
def test_annex2_follows_the_layout_of_the_bureau(layout):
    sheet = _sheet(annex2_xlsx(annex2_facts(1, columns=columns_for(layout))))

    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    titles = [title for _, title in layout]
    values = {"kind": "转入", "name": "甲1"}
    heading = next(place for place, row in enumerate(rows) if row[0] == titles[0])
    assert [title for title in rows[heading] if title] == titles
    assert [value for value in rows[heading + 1] if value] == [values[key] for key, _ in layout]


# --- 全县汇总表 --------------------------------------------------------------------------------------------------


def test_summary_sheet_sums_what_was_filed():
    facts = summary_facts(4, unfiled={3})
    data = county_summary_xlsx(facts)

    assert _figures(_sheet(data), "第3小学") == ("—",) * len(FIGURE_KEYS)
    assert _figures(_sheet(data), "第4小学") == figures_of(facts.rows[3])
    assert _figures(_sheet(data, results=True), "合计") == figures_of(facts.total)
    assert _calamine_rows(data)["合计"] == figures_of(facts.total)
    assert all(str(formula).startswith("=SUM(") for formula in _figures(_sheet(data), "合计"))


def test_summary_sheet_of_no_school_has_plain_zeroes():
    assert _figures(_sheet(county_summary_xlsx(summary_facts(0))), "合计") == (0,) * 6
