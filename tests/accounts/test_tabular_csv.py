import pytest

from accounts.tabular import FileProblem, cell_address
from accounts.tabular.reader import read_content
from tests.files import SYNTHETIC_ID

TEXT = "姓名,身份证号\r\n张三,140499201301010013\r\n王䶮,140499201301010021\r\n"
ROWS = [["姓名", "身份证号"], ["张三", SYNTHETIC_ID], ["王䶮", "140499201301010021"]]


def read(content):
    workbook = read_content(content, "花名册.csv")
    assert workbook.kind == "csv"
    return workbook


def rows_of(text):
    return read(text.encode()).sheets[0].rows


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("gb18030"), "gb18030"),
        (
            TEXT.replace("䶮", "岩").encode("gbk").replace("岩".encode("gbk"), "䶮".encode("gb18030")),
            "gb18030",
        ),
        (b"\xff\xfe" + TEXT.replace(",", "\t").encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.replace(",", ";").encode(), "utf-8"),
        (TEXT.replace(",", "\t").encode("gb18030"), "gb18030"),
        (("sep=;\r\n" + TEXT.replace(",", ";")).encode(), "utf-8"),
        (TEXT.replace("\r\n", "\n").encode(), "utf-8"),
        (TEXT.replace("\r\n", "\r").encode(), "utf-8"),
    ],
)
def test_encodings_and_separators(content, encoding):
    workbook = read(content)

    assert workbook.sheets[0].rows == ROWS
    assert workbook.encoding == encoding


def test_gbk_lines_that_happen_to_be_utf8_are_not_taken_for_mixed():
    """These bytes are 大大 in UTF-8, and rarer characters in GB 2312; common characters of GBK are believed."""
    accident = b"\xe5\xa4\xa7\xe5\xa4\xa7"
    assert accident.decode() == "大大"

    rows = read("姓名\n联通\n".encode("gbk") + accident).sheets[0].rows

    assert [row[0] for row in rows] == ["姓名", "联通", accident.decode("gb18030")]


def test_quoted_line_breaks_separators_and_quotes():
    assert rows_of('姓名,备注\n张三,"第一行\n第二行,""引号"""\n李四,x\n') == [
        ["姓名", "备注"],
        ["张三", '第一行\n第二行,"引号"'],
        ["李四", "x"],
    ]


def test_tricks_against_scientific_notation_are_undone():
    text = f'姓名,身份证号\n张三,="{SYNTHETIC_ID}"\n李四,"=""{SYNTHETIC_ID}"""\n王五,{SYNTHETIC_ID}\t\n'

    assert [row[1] for row in rows_of(text)[1:]] == [SYNTHETIC_ID] * 3


def test_everything_stays_text_digit_for_digit():
    assert rows_of("a,b,c\n007,1.40499E+17,=1+1\n")[1] == ["007", "1.40499E+17", "=1+1"]


def test_blank_lines_keep_their_place_and_short_rows_are_filled():
    sheet = read(b"a,b\n\n1\n,,\n").sheets[0]

    assert sheet.rows == [["a", "b"], [None, None], ["1", None]]
    assert cell_address(sheet, 2, 0) == "A3"


def test_one_column_is_enough():
    assert rows_of("姓名\n张三\n") == [["姓名"], ["张三"]]


def test_commas_inside_quotes_do_not_choose_the_separator():
    assert rows_of('a;b\n"x,y,z";1\n"x,y,z";2\n')[1] == ["x,y,z", "1"]


@pytest.mark.parametrize(
    ("lines", "bad"),
    [
        (["姓名,地址".encode(), "张三,平顺县龙溪镇".encode(), "李四,平顺县".encode("gbk")], 3),
        (["姓名,地址".encode("gbk"), "张三,平顺县".encode("gbk"), "李四,石城镇中学".encode()], 3),
        (["姓名".encode(), b"\xff\xff\xff", "李四".encode()], 2),
        ([b"a,b", "张三".encode("gbk"), b"\xff\xff"], 3),
    ],
)
def test_mixed_encodings_are_refused_naming_the_line(lines, bad):
    with pytest.raises(FileProblem, match=f"第 {bad} 行") as caught:
        read(b"\n".join(lines))

    assert caught.value.code == "mixed_encoding"


def test_broken_utf16_names_the_line():
    with pytest.raises(FileProblem, match="第 2 行"):
        read(b"\xff\xfe" + "甲\n".encode("utf-16-le") + b"\x00\xd8\x00\x00")


def test_a_quote_never_closed_is_refused():
    with pytest.raises(FileProblem) as caught:
        read(("姓名,备注\n" + '张三,"没有关\n' + "李四,x\n" * 200).encode())

    assert caught.value.code == "bad_quotes"
    assert "第 2 行" in caught.value.message


def test_a_huge_field_is_refused():
    with pytest.raises(FileProblem) as caught:
        read(b"a,b\n" + b"x" * 200_000)

    assert caught.value.code == "bad_quotes"


def test_header_only_is_readable_and_has_no_rows():
    assert rows_of("姓名,身份证号\n") == [["姓名", "身份证号"]]
