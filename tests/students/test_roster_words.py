"""Texts, names, words, phones and special circumstances: cases 23 to 26 and 34 to 37 of the catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tabular.model import CellProblem, Sheet, Workbook
from students.roster_import.fields import FIELDS
from students.roster_import.reading import read_workbook
from tests.files import text_cell, xlsx, xlsx_of_sheet_data
from tests.roster_files import SHORT, child, codes, csv_bytes, facts, messages, read, read_one, short_rows

GOOD = child(1)["身份证件号"]


def read_text(**cells):
    """Through a .csv: openpyxl would make a formula of a text that begins with =."""
    return read(csv_bytes(short_rows([child(1) | cells])), "名册.csv")


def test_formula_with_its_cached_value_is_read():
    values = child(1)
    heads = "".join(text_cell(f"{c}1", t) for c, t in zip("ABC", ["姓名", "身份证号", "年级"], strict=True))
    cells = text_cell("A2", values["姓名"]) + text_cell("B2", GOOD)
    formula = '<c r="C2" t="str"><f>"一"&amp;"年级"</f><v>一年级</v></c>'
    reading = read(xlsx_of_sheet_data(f'<row r="1">{heads}</row><row r="2">{cells}{formula}</row>'))

    assert reading.children[0]["grade"] == 1


def test_formula_without_a_result_and_broken_formulas_are_errors():
    reading = read(xlsx([["姓名", "身份证号", "年级"], ["=A1", GOOD, "=1/0"], ["#N/A", "=#REF!", "一年级"]]))

    assert "formula_without_result" in codes(reading)
    assert any("公式没有结果" in message for message in messages(reading))


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!"])
def test_error_cells_say_what_they_show(error):
    sheet = Sheet(
        "表", [["姓名", "身份证号", "年级"], [child(1)["姓名"], CellProblem("error", error), "一年级"]]
    )
    reading = read_workbook(Workbook("a.xlsx", "xlsx", [sheet]), facts())

    assert messages(reading) == [
        f"表“表” 第 2 行 B2 身份证号“{error}”：公式出错，显示为 {error}。请把 B2 改成真正的内容后再导入。"
    ]


@pytest.mark.parametrize(
    "name", ["=1+1", "@SUM(A1)", "+86", "<script>alert(1)</script>", "{{7*7}}", "a;drop table"]
)
def test_formula_and_script_texts_are_no_names(name):
    reading = read_text(姓名=name)

    assert reading.children == []
    assert codes(reading) == ["not_a_name"]


@pytest.mark.parametrize("text", ["=1+1", "<script>", "{{7*7}}", "'; DROP TABLE students;--"])
def test_injection_in_other_texts_stays_text(text):
    reading = read_text(现住址=text)

    assert reading.children[0]["address"] == text
    assert reading.problems == []


@pytest.mark.parametrize(
    "name",
    ["张 伟", "张\u3000伟", "张\u00a0伟", "\u200b张伟", "\ufeff张伟", "张\u202e伟", "张\n伟", " 张伟 "],
)
def test_blanks_and_invisible_characters_are_removed_and_listed(name):
    reading, found = read_one(姓名=name)

    assert found["name"] == "张伟"
    assert [(cell, label, after) for _, cell, label, _, after in reading.corrections] == [
        ("A2", "姓名", "张伟")
    ]


@pytest.mark.parametrize("name", ["䶮𠮷", "㛃𬭎", "买买提·吐尔逊"])
def test_rare_characters_are_kept_exactly(name):
    reading, found = read_one(姓名=name)

    assert (found["name"], reading.corrections) == (name, [])


@pytest.mark.parametrize("dot", "•．・‧")
def test_dots_of_minority_names_are_unified(dot):
    _, found = read_one(姓名=f"买买提{dot}吐尔逊")

    assert found["name"] == "买买提·吐尔逊"


def test_name_with_a_lost_character_is_an_error():
    reading, found = read_one(姓名="王?测")

    assert found is None
    assert messages(reading) == [
        "表“学生花名册” 第 2 行 A2 姓名“王?测”：姓名里有问号，多半是生僻字在转存时丢失了。请对照户口簿在 A2 重新输入这个字。"
    ]


def test_cells_of_full_length_are_too_long():
    reading, found = read_one(现住址="山" * 32_767)

    assert found is None
    assert reading.problems[0].why == "有 32767 个字，最多 200 个字"


def test_control_characters_in_a_cell_are_dropped():
    _, found = read_one(现住址="南庄村_x0000_1号_x0007_")

    assert found["address"] == "南庄村1号"


@pytest.mark.parametrize("word", ["M", "1", "男性", "male", 1])
def test_words_for_sex(word):
    number = next(child(n)["身份证件号"] for n in range(1, 9) if child(n)["性别"] == "男")
    reading, found = read_one(身份证件号=number, 性别=word, 出生日期="")

    assert (found["sex"], reading.problems) == ("1", [])


def test_unknown_words_for_sex_and_ethnic_group_are_errors():
    reading, found = read_one([*SHORT, "民族"], 性别="不详", 民族="火星族")

    assert found is None
    assert sorted(codes(reading)) == ["ethnicity_unknown", "sex_unknown"]


@pytest.mark.parametrize(
    ("word", "code"), [("汉", "01"), ("汉族", "01"), ("01", "01"), ("回", "03"), ("维吾尔族", "05")]
)
def test_ethnic_groups(word, code):
    assert read_one([*SHORT, "民族"], 民族=word)[1]["ethnicity"] == code


@pytest.mark.parametrize(
    ("word", "is_there"),
    [("是", True), ("√", True), ("1", True), ("Y", True), ("否", False), ("", False), ("0", False)],
)
def test_yes_and_no(word, is_there):
    _, found = read_one([*SHORT, "是否孤儿"], 是否孤儿=word)

    assert (["P6", ""] in found.get("special", [])) is is_there


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (13812345678, "13812345678"),
        (13812345678.0, "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("0355-8901234", "03558901234"),
        ("355-8901234", "03558901234"),
        ("8901234", "8901234"),
        ("13812345678/13987654321", "13812345678"),
    ],
)
def test_phones_are_normalised(written, stored):
    _, found = read_one(联系电话=written)

    assert found["members"][0]["phone"] == stored


def test_two_phones_and_short_phones_only_warn():
    two, found = read_one(联系电话="13812345678/13987654321")
    short, child_without = read_one(联系电话="12345")

    assert [(p.level, p.code) for p in two.problems] == [("warning", "phone_many")]
    assert [(p.level, p.code) for p in short.problems] == [("warning", "phone_unknown")]
    assert found and child_without
    assert "members" not in child_without


def test_hardship_in_free_words_several_at_once_and_old_terms():
    _, found = read_one([*SHORT, "困难类别"], 困难类别="建档立卡、低保；孤儿")

    assert found["special"] == [["P1", ""], ["P5", ""], ["P6", ""]]


def test_unknown_hardship_words_are_asked_about():
    reading, found = read_one([*SHORT, "困难类别", "是否留守儿童"], 困难类别="很困难", 是否留守儿童="是")

    assert found["words"] == ["留守：是", "很困难"]
    assert {(p.level, p.code) for p in reading.problems} == {("warning", "word_unknown")}


@pytest.mark.parametrize(
    ("word", "detail"),
    [("听力三级", "23"), ("肢体残疾", "4"), ("52", "52"), ("智力、言语", "7"), ("其他残疾", "9")],
)
def test_disability_words(word, detail):
    _, found = read_one([*SHORT, "残疾类型"], 残疾类型=word)

    assert found["special"] == [["disability", detail]]


def test_disability_card_gives_category_and_grade():
    _, found = read_one([*SHORT, "残疾人证号"], 残疾人证号=GOOD + "44B1")

    assert found["special"] == [["disability", "44"]]
    assert found["card"] == GOOD + "44B1"


def test_disability_card_as_a_number_or_of_another_person_is_an_error():
    as_number, found = read_one([*SHORT, "残疾人证号"], 残疾人证号=float(GOOD[:15] + "00044"))
    other, found_too = read_one([*SHORT, "残疾人证号"], 残疾人证号=child(2)["身份证件号"] + "44")

    assert found is None
    assert found_too is None
    assert codes(as_number) == ["card_number_cell"]
    assert codes(other) == ["card_differs"]


ANY_CELL = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.sampled_from([GOOD, "G" + GOOD, "七年级(2)班", "7-2", "2018-03-12", "男", "是", "=1+1", "1.4E+17"]),
    st.builds(CellProblem, st.sampled_from(["error", "formula_without_result"]), st.text(max_size=9)),
)
HEADINGS = [field.label for field in FIELDS.values()]


@given(st.lists(st.lists(ANY_CELL, min_size=len(HEADINGS), max_size=len(HEADINGS)), max_size=4))
def test_no_cell_whatever_it_holds_breaks_the_reading(rows):
    sheet = Sheet("表", [list(HEADINGS), *map(list, rows)])
    reading = read_workbook(Workbook("a.xlsx", "xlsx", [sheet]), facts())

    for problem in reading.problems + reading.file_problems:
        assert problem.message
    for found in reading.children:
        assert found["name"]
        assert found["sex"] in "12"
        assert found["grade"] in range(1, 10)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_number_that_is_no_day_is_a_problem_of_its_cell(number):
    said = child(1) | {"出生日期": number, "入学年月": number}

    rows = [list(said), list(said.values())]
    reading = read_workbook(Workbook("a.xlsx", "xlsx", [Sheet("表", rows)]), facts())

    assert "birth_unknown" in codes(reading)


@given(st.lists(st.lists(ANY_CELL, min_size=5, max_size=5), min_size=1, max_size=8))
def test_no_sheet_whatever_it_holds_breaks_the_search_for_headings(rows):
    read_workbook(Workbook("a.xlsx", "xlsx", [Sheet("表", rows)]), facts())


def test_short_rows_helper_has_every_column():
    assert short_rows([child(1)])[0] == SHORT
