"""Values, addresses, merged and hidden parts of .xlsx, in this process."""

import datetime as dt

import pytest

from accounts.tabular import CellProblem, Sheet, cell_address, column_letter, fill_merged, is_blank
from accounts.tabular.reader import read_content
from tests.files import SYNTHETIC_ID, text_cell, with_sheet_xml, xlsx, xlsx_of_sheet_data


def first_sheet(content, filename="花名册.xlsx"):
    return read_content(content, filename).sheets[0]


def test_texts_come_digit_for_digit_and_numbers_as_numbers():
    sheet = first_sheet(xlsx([["身份证号", "班"], [SYNTHETIC_ID, 7], ["007", 7.5], [True, None], ["末", -3]]))

    assert sheet.rows == [["身份证号", "班"], [SYNTHETIC_ID, 7], ["007", 7.5], [True, None], ["末", -3]]
    assert [type(row[1]) for row in sheet.rows[1:3]] == [int, float]


def test_an_id_stored_as_a_number_arrives_as_a_number():
    sheet = first_sheet(xlsx_of_sheet_data(f'<row r="1"><c r="A1"><v>{SYNTHETIC_ID}</v></c></row>'))

    assert type(sheet.rows[0][0]) is float


def test_phone_numbers_stay_exact():
    assert first_sheet(xlsx([[13800000001, 14049920130101]])).rows == [[13800000001, 14049920130101]]


@pytest.mark.parametrize("date_1904", [False, True])
def test_dates_in_both_epochs(date_1904):
    rows = [[dt.date(2013, 1, 1), dt.datetime(2013, 1, 1, 8, 30)]]

    assert first_sheet(xlsx(rows, date_1904=date_1904)).rows == rows


def test_an_escaped_nul_is_taken_out():
    content = xlsx_of_sheet_data(
        f'<row r="1">{text_cell("A1", "张_x0000_三_x0007_")}{text_cell("B1", "a&#x1;b")}</row>'
    )

    row = first_sheet(content).rows[0]
    assert row[0] == "张三"
    assert "\0" not in row[1] and "\x01" not in row[1]


def test_rare_characters_and_rich_text_are_whole():
    rich = '<c r="B1" t="inlineStr"><is><r><t>张</t></r><r><rPr><strike/></rPr><t>三</t></r></is></c>'
    content = xlsx_of_sheet_data(f'<row r="1">{text_cell("A1", "䶮𠮷㛃𬭎")}{rich}</row>')

    assert first_sheet(content).rows == [["䶮𠮷㛃𬭎", "张三"]]


def test_a_very_long_text_arrives_whole():
    assert len(first_sheet(xlsx([["字" * 32_767]])).rows[0][0]) == 32_767


def test_formula_like_texts_are_texts():
    def as_text(book, sheet):
        sheet["A1"] = "=1+1"
        sheet["A1"].data_type = "s"

    assert first_sheet(xlsx(change=as_text)).rows == [["=1+1"]]


def test_formula_with_result_without_result_and_with_empty_result():
    content = xlsx_of_sheet_data(
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"x"</f><v>x</v></c>'
        '<c r="C1"><f>A1&amp;B1</f></c><c r="D1"><f>SUM(A1)</f><v/></c><c r="E1" t="str"><f>""</f><v></v></c>'
        '<c r="F1"><f t="shared" si="0"/></c></row>'
    )
    workbook = read_content(content, "a.xlsx")

    assert workbook.sheets[0].rows == [
        [
            2,
            "x",
            CellProblem("formula_without_result", "A1&B1"),
            CellProblem("formula_without_result", "SUM(A1)"),
            None,
            CellProblem("formula_without_result", ""),
        ]
    ]
    assert any("6 个格子是公式" in notice for notice in workbook.notices)


def test_openpyxl_formula_never_calculated_is_a_problem_at_its_cell():
    sheet = first_sheet(xlsx([["a", "b"], ["x", "=1+1"]]))

    assert sheet.rows[1][1] == CellProblem("formula_without_result", "1+1")
    assert str(sheet.rows[1][1]) == "=1+1"


@pytest.mark.parametrize("text", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_error_cells_keep_their_text_and_place(text):
    content = xlsx_of_sheet_data(
        f'<row r="2">{text_cell("A2", "x")}</row><row r="5"><c r="C5" s="0" t="e"><f>B1</f><v>{text}</v></c></row>'
    )
    sheet = first_sheet(content)

    assert sheet.rows[4] == [None, None, CellProblem("error", text)]
    assert cell_address(sheet, 4, 2) == "C5"


def test_addresses_count_blank_rows_and_columns_before_the_data():
    def far(book, sheet):
        sheet["D18"] = "值"

    sheet = first_sheet(xlsx(change=far))
    row, column = next(
        (r, c) for r, cells in enumerate(sheet.rows) for c, value in enumerate(cells) if value == "值"
    )

    assert cell_address(sheet, row, column) == "D18"
    assert cell_address(Sheet("表", [], first_row=3, first_column=2), 0, 0) == "B3"


def test_column_letters():
    assert [column_letter(index) for index in (0, 25, 26, 701, 702, 16_383)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    ]


def test_rows_have_one_width_and_blank_edges_are_trimmed():
    def blanks(book, sheet):
        sheet["F9"] = "  "

    sheet = first_sheet(xlsx([["a"], ["b", "c", "d"], [], ["e"]], change=blanks))

    assert sheet.rows == [["a", None, None], ["b", "c", "d"], [None] * 3, ["e", None, None]]


def test_merged_areas_are_reported_and_filled():
    def merge(book, sheet):
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("B1:C1")

    sheet = first_sheet(
        xlsx([["年级", "人数", None], ["七年级", 1, 2], [None, 3, 4], [None, 5, 6]], change=merge)
    )
    assert sorted(sheet.merged) == [(0, 1, 0, 2), (1, 0, 3, 0)]
    assert sheet.rows[2][0] is None

    fill_merged(sheet)
    assert [row[0] for row in sheet.rows] == ["年级", "七年级", "七年级", "七年级"]
    assert sheet.rows[0] == ["年级", "人数", "人数"]


def test_overlapping_giant_merges_cannot_cost_more_than_the_sheet():
    merges = "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 5000 + "</mergeCells>"
    sheet = first_sheet(
        xlsx_of_sheet_data(f'<row r="1">{text_cell("A1", "x")}{text_cell("B1", "y")}</row>', after=merges)
    )

    assert sheet.merged == [(0, 0, 0, 1)]


def test_hidden_rows_columns_and_filter_are_read_and_said():
    def hide(book, sheet):
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["B"].hidden = True
        sheet.auto_filter.ref = "A1:C3"

    workbook = read_content(xlsx([["a", "b", "c"], ["藏", 2, 3], ["x", 5, 6]], change=hide), "a.xlsx")
    sheet = workbook.sheets[0]

    assert sheet.rows[1] == ["藏", 2, 3]
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({1}, {1})
    assert any("1 行是隐藏的（筛选或隐藏）" in notice for notice in workbook.notices)
    assert any("1 列是隐藏的" in notice for notice in workbook.notices)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_named_and_not_read(state):
    def add(book, sheet):
        book.create_sheet("空表")
        secret = book.create_sheet("旧名单")
        secret["A1"] = "不该读到"
        secret.sheet_state = state
        book.create_sheet("说明")["A1"] = "填表说明"

    workbook = read_content(xlsx([["a"]], change=add), "a.xlsx")

    assert [(sheet.name, sheet.visible, sheet.rows) for sheet in workbook.sheets] == [
        ("学生花名册", True, [["a"]]),
        ("空表", True, []),
        ("旧名单", False, []),
        ("说明", True, [["填表说明"]]),
    ]
    assert any("“旧名单”是隐藏的" in notice for notice in workbook.notices)
    assert [sheet.name for sheet in workbook.visible_sheets] == ["学生花名册", "空表", "说明"]


def test_comments_are_mentioned():
    def comment(book, sheet):
        from openpyxl.comments import Comment

        sheet["A1"].comment = Comment("转走了", "班主任")

    assert any(
        "1 条批注" in notice for notice in read_content(xlsx([["张三"]], change=comment), "a.xlsx").notices
    )


def test_namespace_prefixes_are_understood():
    content = xlsx_of_sheet_data(
        '<x:row r="1" hidden="1"><x:c r="A1"><x:v>7</x:v></x:c><x:c r="B1" t="e"><x:v>#REF!</x:v></x:c></x:row>'
        '<x:row r="2"><x:c r="A2"><x:f>1+1</x:f></x:c></x:row>',
        namespace_prefix="x",
    )
    sheet = first_sheet(content)

    assert sheet.rows[0][1] == CellProblem("error", "#REF!")
    assert sheet.rows[1][0] == CellProblem("formula_without_result", "1+1")
    assert sheet.hidden_rows == {0}


def test_cells_without_addresses_are_counted():
    content = xlsx_of_sheet_data(
        "<row><c><v>1</v></c><c><v>2</v></c></row>"
        '<row><c t="inlineStr"><is><t>x</t></is></c><c t="e"><v>#N/A</v></c><c><f>A1</f></c></row>'
    )
    sheet = first_sheet(content)

    assert sheet.rows[0][:2] == [1, 2]
    assert sheet.rows[1] == ["x", CellProblem("error", "#N/A"), CellProblem("formula_without_result", "A1")]


def test_single_quoted_attributes_are_understood():
    content = xlsx_of_sheet_data(
        "<row r='1' hidden='1'><c r='A1'><v>1</v></c><c r='B1' t='e'><v>#N/A</v></c></row>"
    )
    sheet = first_sheet(content)

    assert sheet.rows == [[1, CellProblem("error", "#N/A")]]
    assert sheet.hidden_rows == {0}


def test_a_lying_dimension_is_ignored():
    content = with_sheet_xml(
        xlsx([["a", "b"]]), lambda xml: xml.replace(b'ref="A1:B1"', b'ref="A1:XFD1048576"')
    )

    assert first_sheet(content).rows == [["a", "b"]]


@pytest.mark.parametrize(
    ("value", "blank"), [(None, True), ("", True), (" \u3000", True), (0, False), ("x", False)]
)
def test_is_blank(value, blank):
    assert is_blank(value) is blank
