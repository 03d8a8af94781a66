"""Identity numbers in rosters: cases 1 to 11 and 44 of the bad-input catalogue."""

import pytest

from students.identity import make_id_number
from tests.files import with_sheet_xml, xlsx
from tests.roster_files import SHORT, born_for, child, codes, messages, read, read_one, short_rows

GOOD = child(1)["身份证件号"]
WIDE = str.maketrans("0123456789X-", "０１２３４５６７８９Ｘ－")


def one(number, **cells):
    reading, found = read_one(身份证件号=number, **cells)
    return reading, found


def test_full_width_digits_and_hyphens_are_normalised_and_listed():
    reading, found = one(
        f"{GOOD[:6]}-{GOOD[6:]}".translate(WIDE), 班号="０２班", 联系电话="１３８－００００－０００１"
    )

    assert found["id_number"] == GOOD
    assert found["class_no"] == 2
    assert found["members"][0]["phone"] == "13800000001"
    assert {cell for _, cell, *_ in reading.corrections} >= {"D2", "H2"}


@pytest.mark.parametrize("mark", ["'", "\u2019", "\u2018", "`", "\uff07", "\u2032"])
def test_leading_apostrophes_typed_as_text_are_stripped(mark):
    reading, found = one(mark + GOOD)

    assert found["id_number"] == GOOD
    assert reading.corrections[0][1] == "D2"


def test_the_spreadsheets_own_text_prefix_is_read_as_is():
    def prefix(_book, sheet):
        sheet["D2"].quotePrefix = True

    reading = read(xlsx(short_rows([child(1)]), change=prefix))

    assert (reading.children[0]["id_number"], reading.problems, reading.corrections) == (GOOD, [], [])


@pytest.mark.parametrize(
    "number", [int(GOOD[:15] + "000"), float(GOOD[:15] + "000"), int(GOOD.replace("X", "0"))]
)
def test_number_cell_is_an_error_whatever_its_digits(number):
    reading, found = one(number)

    assert found is None
    assert messages(reading) == [
        (
            "表“学生花名册” 第 2 行 D2 身份证号“1.40499E+17”：单元格是数字格式，后几位已经丢失。"
            "请把 D 列设为文本，从学籍系统重新导出或重新录入，不要直接改格式。"
        )
    ]


def test_exact_integer_written_by_other_software_is_an_error_even_if_it_would_pass():
    passing = make_id_number("140499", born_for(1), 11)
    assert passing.isdigit()
    content = with_sheet_xml(
        xlsx(short_rows([child(1)])),
        lambda xml: xml.replace(GOOD.encode(), b"?") if GOOD.encode() in xml else xml,
    )
    assert content
    reading, found = one(int(passing))

    assert found is None
    assert codes(reading) == ["id_number_cell"]


@pytest.mark.parametrize(
    ("number", "code", "why"),
    [
        ("1.40425E+17", "id_scientific", "是科学计数法，后几位已经丢失"),
        ("140499********0012", "id_masked", "中间几位被星号遮住了"),
        ("140499201901010", "id_old", "是 15 位旧号码"),
        ("999012345678901234", "id_temporary", "是 999 开头的临时编号，不是身份证号"),
        ("L14049920190101001X", "id_is_roll_number", "是 L 开头的临时学籍号，不是身份证号"),
        (GOOD[:17], "id_length", "有 17 位，身份证号应是 18 位"),
        (GOOD + "1", "id_length", "有 19 位，身份证号应是 18 位"),
        (GOOD[:7] + "O" + GOOD[8:], "id_letters", "里有字母 O、I 或 L，应是数字 0 或 1"),
        (GOOD[:6] + "20180230" + GOOD[14:], "id_birth", "第 7 到 14 位“20180230”不是日期"),
        (GOOD[:6] + "20290101" + GOOD[14:], "id_future", "里的出生日期 2029-01-01 在今天之后"),
        ("98" + GOOD[2:], "id_area", "开头的“98”不是省份代码"),
        (GOOD[:17] + ("1" if GOOD[17] != "1" else "2"), "id_check", "末位校验不对，多半是抄错了一位"),
        ("AB" + GOOD[2:], "id_characters", "只能是数字，末位可以是 X"),
        ("E12345678", "id_length", "有 9 位，身份证号应是 18 位；是护照等证件的，请在“证件类型”栏写明"),
    ],
)
def test_wrong_numbers_name_their_kind(number, code, why):
    reading, found = one(number)

    assert found is None
    assert codes(reading) == [code]
    assert reading.problems[0].why == why
    assert reading.problems[0].cell == "D2"
    assert GOOD not in reading.problems[0].message


def test_swapped_neighbours_are_named():
    place = next(at for at in range(14, 16) if GOOD[at] != GOOD[at + 1])
    swapped = GOOD[:place] + GOOD[place + 1] + GOOD[place] + GOOD[place + 2 :]
    reading, _ = one(swapped)

    assert reading.problems[0].code in {"id_swapped", "id_check"}
    assert "末位校验不对" in reading.problems[0].why


def test_school_roll_number_in_the_id_column_offers_to_drop_the_g():
    reading, found = one("G" + GOOD)

    assert found is None
    assert reading.problems[0].remedy == "请删去 D2 开头的 G，或在核对页选“去掉开头的 G”。"
    dropped = read(short_rows([child(1, 身份证件号="G" + GOOD)]), drop_g=True)
    assert dropped.children[0]["id_number"] == GOOD


@pytest.mark.parametrize("last", ["x", "\uff58", "\uff38", "\u0425", "\u0445", "×"])
def test_all_kinds_of_x_are_normalised(last):
    number = next(
        made for n in range(1, 200) if (made := make_id_number("140499", born_for(1), n * 2 + 1))[-1] == "X"
    )
    reading, found = one(number[:17] + last, 出生日期="", 性别="")

    assert found["id_number"] == number
    assert reading.corrections[0][1:3] == ["D2", "身份证号"]


def test_same_number_with_another_name_is_an_error_that_names_both_cells():
    reading = read(short_rows([child(1, 姓名="张若溪"), child(2), child(1, 姓名="张若希")]))

    assert [row["name"] for row in reading.children] == [child(2)["姓名"]]
    assert [problem.row for problem in reading.problems] == [2, 4]
    assert reading.problems[1].why == "D2 与 D4 是同一身份证号（张若溪、张若希）"
    assert reading.problems[1].remedy == "请留下正确的一行，删去另一行。"


def test_the_same_row_twice_is_taken_once_with_a_note():
    reading = read(short_rows([child(1), child(2), child(1)]))

    assert len(reading.children) == 2
    assert reading.problems == []
    assert reading.notices == [f"表“学生花名册”第 4 行与第 2 行完全相同（{child(1)['姓名']}），只取一次。"]


def test_permit_of_a_taiwan_child_passes_the_same_check():
    permit = "830000201403050033"
    reading, found = read_one(身份证件号=permit, 出生日期="2014-03-05", 性别="男", grade=6)

    assert found["id_number"] == permit
    assert reading.problems == []


def test_passport_is_taken_when_the_kind_of_paper_says_so():
    reading, found = read_one([*SHORT, "证件类型"], 身份证件号="E12345678", 证件类型="护照")

    assert (found["id_type"], found["id_number"]) == ("A", "E12345678")
    assert reading.problems == []


@pytest.mark.parametrize("blank", ["", "无", "暂无", "  ", "-"])
def test_without_a_number_nothing_is_made_up(blank):
    reading, found = one(blank)

    assert "id_number" not in found
    assert found["no_id"] is True
    assert found["id_type"] == "Z"
    assert reading.problems == []


def test_school_code_as_a_number_is_ours_and_one_without_its_zeros_is_not():
    headings = [*SHORT, "学校标识码"]
    ours, _ = read_one(headings, 学校标识码=3114000001)
    other, found = read_one(headings, 学校标识码="314000001")

    assert ours.problems == []
    assert found is None
    assert other.problems[0].why == "不是本校的学生"
