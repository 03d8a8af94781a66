import datetime as dt
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tabular import CellProblem
from accounts.tabular.export import as_text, csv_safe, mark_errors_workbook, sheet_name, write_table
from accounts.tabular.reader import read_content
from tests.files import SYNTHETIC_ID, xlsx

NASTY = [
    "=1+1",
    "+86",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "<b id=xss>{{7*7}}</b>",
    "_x0041_",
    "https://example.invalid",
    "007",
]


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def assert_no_formula_or_link(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                data = archive.read(name)
                assert b"<f>" not in data and b"<f " not in data and b"hyperlink" not in data


def test_write_table_round_trip():
    moment = dt.datetime(2026, 11, 3, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    content = write_table(
        "学生花名册",
        ["身份证号", "班", "日期", "时间", "金额", "是否", "空"],
        [[SYNTHETIC_ID, 7, dt.date(2013, 1, 1), moment, Decimal("1000.50"), True, None]],
    )
    sheet = read_content(content, "a.xlsx").sheets[0]

    assert sheet.name == "学生花名册"
    assert sheet.rows == [
        ["身份证号", "班", "日期", "时间", "金额", "是否", "空"],
        [SYNTHETIC_ID, 7, dt.date(2013, 1, 1), dt.datetime(2026, 11, 3, 8, 30), 1000.5, "是", None],
    ]


def test_an_id_given_as_an_integer_goes_out_digit_for_digit():
    assert read_content(write_table("表", ["号"], [[int(SYNTHETIC_ID)]]), "a.xlsx").sheets[0].rows[1] == [
        SYNTHETIC_ID
    ]


def test_formula_like_texts_go_out_as_texts():
    content = write_table("表", ["备注"], [[text] for text in NASTY])

    assert_no_formula_or_link(content)
    cells = [row[0] for row in opened(content).worksheets[0].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [row[0] for row in read_content(content, "a.xlsx").sheets[0].rows[1:]] == NASTY


def test_more_rows_than_the_sample_are_all_written():
    content = write_table("表", ["号"], ([f"第{number}行"] for number in range(120)))

    assert [row[0] for row in read_content(content, "a.xlsx").sheets[0].rows] == [
        "号",
        *(f"第{n}行" for n in range(120)),
    ]


@given(st.text(alphabet=st.characters(codec=None), max_size=30))
def test_any_text_can_be_written(text):
    read_content(write_table(text, [text], [[text]]), "a.xlsx")


def test_a_text_longer_than_a_cell_is_cut_and_not_lost():
    assert (
        len(read_content(write_table("表", ["a"], [["字" * 40_000]]), "a.xlsx").sheets[0].rows[1][0])
        == 32_767
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("学生[1]/表:2026*?", "学生 1  表 2026"),
        ("名" * 50, "名" * 31),
        ("'", "表"),
        ("", "表"),
        ("\\", "表"),
        ("𠮷" * 20, "𠮷" * 15),
    ],
)
def test_sheet_names(title, name):
    assert sheet_name(title) == name


@pytest.mark.parametrize(
    "value",
    ["=1", "+1", "-1", "@x", "\tx", "\rx", "\0x", "\nx", "＝1", "＋1", "－1", "＠x", " =1", "\ufeff=1"],
)
def test_csv_safe_quotes_what_a_spreadsheet_would_run(value):
    assert csv_safe(value) == f"'{value}"


@pytest.mark.parametrize(
    "value", ["张三", "", SYNTHETIC_ID, "7-2", "a=b", -5, 1.5, None, dt.date(2013, 1, 1)]
)
def test_csv_safe_leaves_the_rest(value):
    assert csv_safe(value) == value


def test_marked_copy_has_the_values_at_their_addresses_and_the_messages_beside():
    workbook = read_content(
        xlsx(
            [
                ["名单", None],
                ["姓名", "身份证号"],
                ["张三", 1.40499e17],
                ["=HYPERLINK(1)", SYNTHETIC_ID],
                ["李四", dt.date(2013, 1, 1)],
            ]
        ),
        "a.xlsx",
    )
    workbook.sheets[0].rows[4][0] = CellProblem("error", "#REF!")
    problems = [
        ("学生花名册", 2, 1, "B3 是数字格式，后几位已经丢失。"),
        ("学生花名册", 2, 0, "A3 与 A9 重复。"),
        ("学生花名册", 4, None, "疑似整行错位。"),
    ]
    content = mark_errors_workbook(workbook, problems, header_rows={"学生花名册": 1})
    sheet = opened(content)["学生花名册"]

    assert_no_formula_or_link(content)
    assert [cell.value for cell in sheet["C"]] == [
        None,
        "问题",
        "B3 是数字格式，后几位已经丢失。\nA3 与 A9 重复。",
        None,
        "疑似整行错位。",
    ]
    assert [cell.value for cell in sheet["B"]] == [
        None,
        "身份证号",
        "1.40499e+17",
        SYNTHETIC_ID,
        "2013-01-01",
    ]
    assert sheet["A5"].value == "#REF!"
    tinted = {
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFBE3DF"
    }
    assert tinted == {"A3", "B3"}
    assert sheet["B4"].number_format == "@"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


def test_a_marked_copy_can_be_corrected_and_read_again():
    workbook = read_content(xlsx([["姓名"], ["张三"]]), "a.xlsx")
    again = read_content(mark_errors_workbook(workbook, [("学生花名册", 1, 0, "坏")]), "b.xlsx")

    assert again.sheets[0].rows == [["姓名", "问题"], ["张三", "坏"]]


def test_sheets_whose_names_become_equal_stay_apart():
    def add(book, sheet):
        book.create_sheet("花名册" + "一" * 27)["A1"] = "乙"

    workbook = read_content(xlsx([["甲"]], change=add), "a.xlsx")
    workbook.sheets[0].name = "花名册" + "一" * 40
    workbook.sheets[1].name = "花名册" + "一" * 41

    assert len(opened(mark_errors_workbook(workbook, [])).sheetnames) == 2


def test_one_sheet_alone_can_be_marked():
    sheet = read_content("姓名\n张三\n".encode(), "花名册.csv").sheets[0]

    assert opened(mark_errors_workbook(sheet, [("花名册", 1, 0, "坏")]))["花名册"]["B2"].value == "坏"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (7, "7"),
        (7.5, "7.5"),
        (dt.datetime(2013, 1, 1), "2013-01-01"),
        (dt.time(8, 30), "08:30:00"),
    ],
)
def test_as_text(value, text):
    assert as_text(value) == text
