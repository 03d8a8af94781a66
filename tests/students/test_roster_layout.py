"""Headings, merged cells, hidden parts, sheets and notes: cases 17 to 22, 27, 28 and 43 of the catalogue."""

import time

import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, Side

from tests.files import xlsx
from tests.roster_files import LAYOUTS, SHORT, child, codes, layout_rows, read, short_rows

CHILDREN = [child(n, n % 9 + 1) for n in range(1, 4)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_the_national_system_is_recognised(layout):
    rows = layout_rows(layout, CHILDREN)
    reading = read(rows)

    assert codes(reading) == []
    assert [row["name"] for row in reading.children] == [values["姓名"] for values in CHILDREN]
    assert [row["grade"] for row in reading.children] == [2, 3, 4]
    assert [len(row["members"]) for row in reading.children] == [2, 2, 2]
    assert reading.recognised > 20


def test_title_subtitle_stars_spaces_line_breaks_synonyms_and_another_order():
    headings = [
        "序号",
        "年 级★",
        "学生\n姓名（必填）",
        "公民身份号码＊",
        "性\u3000别",
        "出生\n年月日",
        "班级",
    ]
    rows = [
        ["平顺县柏坪学校学生花名册"],
        ["2025年9月20日 制表"],
        headings,
        *(
            [
                n,
                values["年级"],
                values["姓名"],
                values["身份证件号"],
                values["性别"],
                values["出生日期"],
                "1班",
            ]
            for n, values in enumerate(CHILDREN, 1)
        ),
    ]
    reading = read(rows)

    assert codes(reading) == []
    assert [row["name"] for row in reading.children] == [values["姓名"] for values in CHILDREN]
    assert reading.headers == {"学生花名册": 2}


def test_two_level_merged_headings():
    def merge(_book, sheet):
        for area in ("A1:H1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:H2"):
            sheet.merge_cells(area)

    values = CHILDREN[0]
    rows = [
        ["学生及家长信息表", *[""] * 7],
        ["姓名", "身份证号", "就读信息", "", "成员1", "", "成员2", ""],
        ["", "", "年级", "班级", "姓名", "联系电话", "姓名", "联系电话"],
        [
            values["姓名"],
            values["身份证件号"],
            values["年级"],
            "1班",
            "赵建国",
            "13900000001",
            "孙小梅",
            "13700000001",
        ],
    ]
    reading = read(xlsx(rows, change=merge))

    assert codes(reading) == []
    assert [(m["name"], m["phone"]) for m in reading.children[0]["members"]] == [
        ("赵建国", "13900000001"),
        ("孙小梅", "13700000001"),
    ]


def test_missing_column_is_a_file_error_that_names_it_and_its_synonyms():
    reading = read(short_rows(CHILDREN, ["姓名", "性别", "身份证件号"]))

    assert reading.unsure
    assert [problem.message for problem in reading.file_problems] == [
        (
            "表“学生花名册” 第 1 行：没有找到“年级”一栏（也认“所在年级”、“年级名称”、“就读年级”）。"
            "请补上标题，或点“指定栏目”手工对应。"
        )
    ]
    assert reading.children == []


def test_same_heading_twice_is_a_file_error_and_none_is_picked():
    reading = read(short_rows(CHILDREN, ["姓名", "身份证件号", "身份证号", "年级"]))

    assert [problem.why for problem in reading.file_problems] == [
        "“身份证号”一栏有 2 个：B1“身份证件号”、C1“身份证号”"
    ]
    assert reading.children == []


def test_unknown_headings_leave_it_to_a_person_who_maps_the_columns():
    rows = short_rows(CHILDREN, ["姓名", "身份证件号", "年级"])
    rows[0] = ["甲", "乙", "丙"]
    unsure = read(rows)
    mapped = read(rows, mapping={"学生花名册": (1, {"name": 0, "id_number": 1, "grade": 2})})

    assert codes(unsure) == ["header_not_found"]
    assert unsure.unsure
    assert [row["name"] for row in mapped.children] == [values["姓名"] for values in CHILDREN]


def test_cells_merged_over_rows_are_filled_down():
    def merge(_book, sheet):
        sheet.merge_cells("C2:C4")

    rows = short_rows([child(n, 3) for n in (1, 2, 3)], ["姓名", "身份证件号", "年级"])
    rows[2][2] = rows[3][2] = ""
    reading = read(xlsx(rows, change=merge))

    assert [row["grade"] for row in reading.children] == [3, 3, 3]


def test_hidden_rows_and_columns_are_read_and_said():
    def hide(_book, sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True
        sheet.auto_filter.ref = "A1:H4"

    reading = read(xlsx(short_rows(CHILDREN), change=hide))

    assert len(reading.children) == 3
    assert reading.notices == [
        "表“学生花名册”有 1 行是隐藏的（筛选或隐藏），也已读取。",
        "表“学生花名册”有 1 列是隐藏的，也已读取。",
    ]


def test_visible_sheets_are_read_hidden_ones_named_and_notes_left_alone():
    def more(book, _sheet):
        second = book.create_sheet("二年级名单")
        for row in short_rows([child(9, 2)]):
            second.append(row)
        book.create_sheet("填表说明").append(["请用学籍系统导出的文件"])
        book.create_sheet("空表")
        hidden = book.create_sheet("去年")
        hidden.append(["姓名", "身份证号", "年级"])
        hidden.sheet_state = "hidden"
        very = book.create_sheet("字典")
        very.append(["x"])
        very.sheet_state = "veryHidden"

    reading = read(xlsx(short_rows(CHILDREN), change=more))

    assert len(reading.children) == 4
    assert reading.sheets == ["学生花名册", "二年级名单"]
    assert reading.notices == [
        "表“去年”是隐藏的，没有读取。如需导入，请先取消隐藏。",
        "表“字典”是隐藏的，没有读取。如需导入，请先取消隐藏。",
        "表“填表说明”里没有找到名册的标题行，没有读取。",
    ]


def test_totals_signatures_notes_dates_and_blank_rows_are_ignored_and_listed():
    rows = short_rows(CHILDREN)
    rows[2:2] = [[None] * 8]
    rows += [
        ["合计", "3人"],
        [None] * 8,
        ["注：以上学生均在籍"],
        ["填表人：郭晓燕", None, None, "审核：申远志"],
        ["校长（签字）："],
        ["2025年9月20日"],
        ["以下空白"],
        SHORT,
    ]
    reading = read(rows)

    assert len(reading.children) == 3
    assert codes(reading) == []
    assert [text.split("：", 1)[1][:4] for text in reading.ignored] == [
        "合计 3", "注：以上", "填表人：", "校长（签", "2025", "以下空白", "姓名 性",
    ]  # fmt: skip


def test_struck_and_coloured_rows_and_rich_text_are_kept_and_comments_said():
    def style(_book, sheet):
        for cell in sheet[3]:
            cell.font = Font(strike=True)
        sheet["A2"].comment = Comment("转走了", "郭")

    reading = read(xlsx(short_rows(CHILDREN), change=style))

    assert len(reading.children) == 3
    assert [(p.level, p.cell, p.why) for p in reading.problems] == [("confirm", "A3", "所在的行带删除线")]
    assert "表“学生花名册”有 1 行带删除线，也已读取。" in reading.notices
    assert any("批注" in notice for notice in reading.notices)


def test_shifted_row_is_one_error():
    rows = short_rows(CHILDREN)
    rows[2] = ["", *rows[2][:-1]]
    reading = read(rows)

    assert len(reading.children) == 2
    assert [(problem.code, problem.why, problem.remedy) for problem in reading.problems] == [
        ("row_shifted", "疑似整行错位，身份证号出现在 E3", "请把第 3 行的格子移回各自的列。")
    ]


@pytest.mark.slow
def test_sixty_thousand_bordered_blank_rows_cost_seconds_and_no_errors():
    def border(_book, sheet):
        box = Border(left=Side("thin"), bottom=Side("thin"))
        for row in range(3002, 45_000):
            sheet.cell(row, 1).border = box

    content = xlsx(short_rows([child(n, n % 9 + 1) for n in range(3000)]), change=border)
    start = time.perf_counter()
    reading = read(content)

    assert len(reading.children) == 3000
    assert codes(reading) == []
    assert time.perf_counter() - start < 10
