import datetime as dt
import random
import struct

import pytest

from accounts.tabular import CellProblem, FileProblem
from accounts.tabular.reader import read_content
from tests.files import (
    SYNTHETIC_ID,
    compound,
    error,
    hidden_columns,
    hidden_row,
    label,
    merged,
    number,
    record,
    xls,
    xlsx,
)

ROSTER = label(0, 0, "姓名") + label(0, 1, "身份证号") + label(1, 0, "张三") + label(1, 1, SYNTHETIC_ID)


def read(content, filename="花名册.xls"):
    return read_content(content, filename)


def test_texts_numbers_and_dates():
    records = ROSTER + number(2, 0, 7) + number(2, 1, float(SYNTHETIC_ID)) + number(2, 2, 41275, style=1)
    workbook = read(xls({"花名册": records}))

    assert workbook.kind == "xls"
    assert workbook.notices == []
    assert workbook.sheets[0].rows == [
        ["姓名", "身份证号", None],
        ["张三", SYNTHETIC_ID, None],
        [7, float(SYNTHETIC_ID), dt.date(2013, 1, 1)],
    ]
    assert type(workbook.sheets[0].rows[2][1]) is float


def test_the_1904_date_system():
    content = xls(
        {"表": number(0, 0, 41275 - 1462, style=1)}, globals_extra=record(0x22, struct.pack("<H", 1))
    )

    assert read(content).sheets[0].rows == [[dt.date(2013, 1, 1)]]


def test_hidden_rows_columns_merged_areas_and_errors():
    records = hidden_columns(1, 1) + hidden_row(1) + ROSTER + error(2, 1, 0x17) + merged(1, 2, 0, 0)
    workbook = read(xls({"表": records}))
    sheet = workbook.sheets[0]

    assert sheet.rows[2] == [None, CellProblem("error", "#REF!")]
    assert (sheet.hidden_rows, sheet.hidden_columns, sheet.merged) == ({1}, {1}, [(1, 0, 2, 0)])
    assert len(workbook.notices) == 2


def test_a_formula_with_an_error_as_result():
    formula = struct.pack("<HHH", 0, 1, 0) + b"\x02\0\x2a\0\0\0\xff\xff" + bytes(8)
    sheet = read(xls({"表": label(0, 0, "x") + record(0x06, formula)})).sheets[0]

    assert sheet.rows == [["x", CellProblem("error", "#N/A")]]


@pytest.mark.parametrize("visibility", [1, 2])
def test_hidden_sheets_are_named_and_not_read(visibility):
    workbook = read(xls({"新": ROSTER, "旧": (ROSTER, visibility)}))

    assert [(sheet.name, sheet.visible, len(sheet.rows)) for sheet in workbook.sheets] == [
        ("新", True, 2),
        ("旧", False, 0),
    ]
    assert any("“旧”是隐藏的" in notice for notice in workbook.notices)


@pytest.mark.parametrize(
    ("content", "filename", "kind", "notice"),
    [
        (xlsx([["姓名"]]), "花名册.xls", "xlsx", "其实是“.xlsx”"),
        (xls({"表": ROSTER}), "花名册.xlsx", "xls", "其实是“.xls”"),
        (xls({"表": ROSTER}), "花名册.et", "xls", None),
        (xls({"表": ROSTER}), "花名册", "xls", "扩展名是“无”"),
        ("姓名,班\n张三,1\n".encode("gbk"), "花名册.xls", "csv", None),
    ],
)
def test_content_decides_and_not_the_name(content, filename, kind, notice):
    workbook = read(content, filename)

    assert workbook.kind == kind
    assert workbook.sheets[0].rows[0][0] == "姓名"
    assert any(notice in said for said in workbook.notices) if notice else not workbook.notices


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "make", [lambda: xlsx([["姓名", 1, "=1+1"], ["张三", 2.5]]), lambda: xls({"表": ROSTER + hidden_row(1)})]
)
def test_damaged_files_are_read_or_refused_and_nothing_else(make, seed):
    """Bytes changed, cut out or cut off at random: never another exception, never a hang."""
    chance = random.Random(seed)
    original = make()
    for _ in range(150):
        damaged = bytearray(original)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            read(bytes(damaged))
        except FileProblem as problem:
            assert problem.message


def test_loops_in_the_sector_table_end():
    content = bytearray(xls({"表": ROSTER}))
    first_word_of_table = len(content) - 512
    struct.pack_into("<I", content, first_word_of_table, 0)

    with pytest.raises(FileProblem):
        read(bytes(content))


def test_a_large_compound_file_is_followed_through_its_table():
    rows = b"".join(label(row, column, f"格子{row}-{column}") for row in range(3000) for column in range(20))
    content = xls({"表": rows})
    assert len(content) > 1_000_000

    sheet = read(content).sheets[0]
    assert (len(sheet.rows), sheet.rows[2999][19]) == (3000, "格子2999-19")


def test_small_streams_in_the_mini_container_are_no_crash():
    with pytest.raises(FileProblem):
        read(compound({"Workbook": b"\x09\x08\x00"}))
