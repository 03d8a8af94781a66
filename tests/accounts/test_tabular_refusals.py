"""Files that must be refused, each saying what it is, before any reader has parsed it."""

import io
import random
import time
import zipfile

import pytest
import xlsxwriter

from accounts.tabular import FileProblem, read_tables
from accounts.tabular import reader as reader_module
from accounts.tabular.reader import read_content
from tests.files import (
    compound,
    edited_zip,
    label,
    pdf,
    picture,
    record,
    text_cell,
    with_raw_member_name,
    with_sheet_xml,
    xls,
    xlsx,
    xlsx_of_sheet_data,
    zip_with_false_sizes,
)

GOOD = xlsx([["姓名"], ["张三"]])


def zip_of(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name in names:
            new.writestr(name, b"<x/>")
    return out.getvalue()


def refused(content, filename="花名册.xlsx"):
    with pytest.raises(FileProblem) as caught:
        read_content(content, filename)
    return caught.value


@pytest.mark.parametrize(
    ("filename", "content", "code", "words"),
    [
        ("花名册.xlsx", b"", "empty", "0 字节"),
        ("花名册.xls", pdf(), "not_a_table", "PDF"),
        ("花名册.xls", "<html><table><tr><td>张三</td></tr></table></html>".encode(), "not_a_table", "网页文件"),
        ("花名册.xls", "\ufeff\n<TABLE><tr><td>张三</td></tr></TABLE>".encode(), "not_a_table", "网页文件"),
        ("花名册.xls", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "not_a_table", "XML 表格 2003"),
        ("花名册.xls", b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "not_a_table", "MHT"),
        ("花名册.xlsx", zip_of("[Content_Types].xml", "word/document.xml"), "not_a_table", "Word"),
        ("花名册.xlsx", zip_of("ppt/presentation.xml"), "not_a_table", "PPT"),
        ("花名册.xlsx", zip_of("xl/workbook.bin"), "not_a_table", "xlsb"),
        ("花名册.xlsx", zip_of("mimetype", "content.xml"), "not_a_table", "ods"),
        ("花名册.xlsx", zip_of("花名册.xlsx"), "not_a_table", "解压"),
        ("花名册.xlsx", picture(), "not_a_table", "JPEG"),
        ("花名册.xlsx", picture("PNG"), "not_a_table", "PNG"),
        ("花名册.xls", compound({"WordDocument": b"x"}), "not_a_table", "Word"),
        ("花名册.xls", compound({"PowerPoint Document": b"x"}), "not_a_table", "PPT"),
        ("花名册.xls", compound({"Something": b"x"}), "not_a_table", "别的 Office"),
        ("花名册.csv", b"Rar!\x1a\x07\x00", "not_a_table", "RAR"),
        ("花名册.csv", b"MZ\x90\x00\x03", "not_a_table", "可执行"),
        ("花名册.csv", b"abc\x00\x01\x02def", "not_a_table", "无法识别"),
        ("花名册.xlsx", compound({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "password", "取消密码"),
        ("花名册.xls", xls({"表": label(0, 0, "x")}, globals_extra=record(0x2F, bytes(6))), "password", "取消密码"),
        ("花名册.xls", xls({"表": label(0, 0, "x")}, streams=[("_VBA_PROJECT_CUR", b"x")]), "macros", "宏"),
        ("花名册.xlsm", edited_zip(GOOD, add=[("xl/vbaProject.bin", b"x")]), "macros", "宏"),
        ("花名册.xlsx", GOOD[: len(GOOD) // 2], "damaged", "没有传完"),
        ("花名册.xlsx", b"PK\x03\x04 nothing", "damaged", "没有传完"),
        ("花名册.xls", xls({"表": label(0, 0, "x")})[:1500], "damaged", "没有传完"),
        ("花名册.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged", "没有传完"),
        ("花名册.xlsx", edited_zip(GOOD, drop=["xl/worksheets/sheet1.xml"]), "damaged", "没有传完"),
        ("花名册.xlsx", edited_zip(GOOD, {"xl/workbook.xml": lambda xml: xml[:-30]}), "damaged", "没有传完"),
    ],
)  # fmt: skip
def test_what_is_no_readable_table_is_named(filename, content, code, words):
    problem = refused(content, filename)

    assert problem.code == code
    assert words in problem.message
    assert problem.message.startswith(f"“{filename}”")
    assert "文件没有保存到系统里。" in problem.message
    assert "。。" not in problem.message


@pytest.mark.parametrize("name", ["~$花名册.xlsx", ".~花名册.xlsx", "C:\\下载\\~$花名册.xlsx"])
def test_a_lock_file_is_recognised_by_its_name(name):
    with pytest.raises(FileProblem, match="这是临时锁文件|是临时锁文件") as caught:
        read_tables(b"\x05admin", name)

    assert caught.value.code == "lock_file"


def test_a_file_over_ten_megabytes_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_module, "run_limited", None)
    big = tmp_path / "big.xlsx"
    with big.open("wb") as out:
        out.truncate(10 * 1024 * 1024 + 1)

    for source in (big, big.read_bytes()):
        with pytest.raises(FileProblem, match="超过 10 MB"):
            read_tables(source, "big.xlsx")


# --- before parsing ---------------------------------------------------------------------------------


@pytest.fixture
def no_parsing(monkeypatch):
    """Fails the test when the spreadsheet library is handed the file at all."""

    def never(content):
        raise AssertionError("the reader was started")

    monkeypatch.setattr(reader_module, "_opened", never)


def padded(size):
    return with_sheet_xml(GOOD, lambda xml: xml + b" " * size)


def many_modest_members():
    """Each one small and poorly packed, together too much."""
    modest = random.Random(1).randbytes(150_000) + bytes(10_000_000)
    return edited_zip(GOOD, add=[(f"xl/media/{number}.bin", modest) for number in range(11)])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (padded(150 * 1024 * 1024), "zip_bomb"),
        (padded(20 * 1024 * 1024), "zip_bomb"),
        (many_modest_members(), "zip_bomb"),
        (edited_zip(GOOD, add=[(f"xl/media/{number}.bin", b"x") for number in range(600)]), "zip_bomb"),
        (zip_with_false_sizes(padded(20 * 1024 * 1024), "xl/worksheets/sheet1.xml", 400), "damaged"),
        (zip_with_false_sizes(edited_zip(GOOD, add=[("xl/x.bin", bytes(9**7))]), "xl/x.bin", 400), "damaged"),
        (edited_zip(GOOD, add=[("../evil.xml", b"x")]), "unsafe_path"),
        (edited_zip(GOOD, add=[("/etc/evil.xml", b"x")]), "unsafe_path"),
        (edited_zip(GOOD, add=[("xl\\..\\..\\evil", b"x")]), "unsafe_path"),
        (edited_zip(GOOD, add=[("C:/evil", b"x")]), "unsafe_path"),
        (with_raw_member_name(edited_zip(GOOD, add=[("xl/a-evil", b"x")]), b"xl/a-evil", b"xl/a\nevil"), "unsafe_path"),
        (with_sheet_xml(GOOD, lambda xml: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml), "unsafe_xml"),
        (edited_zip(GOOD, {"xl/styles.xml": lambda xml: b"<!DOCTYPE x>" + xml}), "unsafe_xml"),
        (edited_zip(GOOD, {"_rels/.rels": lambda xml: b'<!DOCTYPE x [<!ENTITY a "aa">]>' + xml}), "unsafe_xml"),
        (with_sheet_xml(GOOD, lambda xml: ("\ufeff<!DOCTYPE x>" + xml.decode()).encode("utf-16-le")), "unsafe_xml"),
        (with_sheet_xml(GOOD, lambda xml: b'<?xml version="1.0" encoding="UTF-7"?>' + xml), "unsafe_xml"),
        (with_raw_member_name(edited_zip(GOOD, add=[("xl/worksheets/sheet2.xml", b"x")]), b"sheet2", b"sheet1"), "damaged"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("no_parsing")
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bombs_entities_and_strange_paths_are_refused_before_parsing(content, code):
    start = time.perf_counter()

    assert refused(content).code == code
    assert time.perf_counter() - start < 2


@pytest.mark.usefixtures("no_parsing")
def test_a_stray_cell_far_away_is_named_instead_of_laid_out():
    rows = "".join(f'<row r="{number}">{text_cell(f"A{number}", "x")}</row>' for number in range(1, 1000))
    content = xlsx_of_sheet_data(f'{rows}<row r="1048576">{text_cell("XFD1048576", "x")}</row>')

    problem = refused(content)
    assert problem.code == "too_large"
    assert "XFD1048576" in problem.message


def test_styled_blank_cells_far_away_are_no_content():
    styled = '<row r="2"><c r="A2"><v>1</v></c><c r="XFD2" s="0"/></row>' * 1
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(3, 1000))

    assert len(read_content(xlsx_of_sheet_data(styled + rows), "a.xlsx").sheets[0].rows) == 999


@pytest.mark.usefixtures("no_parsing")
def test_rows_out_of_order_are_damage():
    assert (
        refused(xlsx_of_sheet_data('<row r="5"><c r="A5"><v>1</v></c></row><row r="1"/>')).code == "damaged"
    )


def test_stray_cell_of_an_old_workbook_is_named(monkeypatch):
    content = xls({"表": label(0, 0, "x") + label(65_535, 255, "x")})

    assert "IV65536" in refused(content, "a.xls").message


def rows_of(count):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet, bordered = book.add_worksheet(), book.add_format({"border": 1})
        for row in range(count):
            for column in range(20):
                if row < 3000:
                    sheet.write_string(row, column, f"值{row}", bordered)
                else:
                    sheet.write_blank(row, column, None, bordered)
    return out.getvalue()


def test_sixty_thousand_bordered_blank_rows_are_trimmed_in_seconds():
    content = rows_of(60_000)
    start = time.perf_counter()

    sheet = read_tables(content, "花名册.xlsx").sheets[0]

    assert (len(sheet.rows), len(sheet.rows[0])) == (3000, 20)
    assert time.perf_counter() - start < 5


def test_more_than_fifty_thousand_rows_are_refused():
    content = xlsx_of_sheet_data(
        "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 50_002))
    )

    problem = refused(content)
    assert problem.code == "too_large"
    assert "50001 行" in problem.message


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(reader_module, "MAX_CELLS", 3)

    assert refused(xlsx([["a", "b"], ["c", "d"]])).code == "too_large"


# --- through the child ------------------------------------------------------------------------------


def test_a_refusal_and_a_result_are_the_same_through_the_child():
    with pytest.raises(FileProblem) as caught:
        read_tables(pdf(), "花名册.xls")

    assert caught.value.message == refused(pdf(), "花名册.xls").message
    assert read_tables(GOOD, "花名册.xlsx") == read_content(GOOD, "花名册.xlsx")


def test_what_takes_too_long_or_too_much_becomes_a_refusal(monkeypatch):
    monkeypatch.setattr(reader_module, "SECONDS", 0.01)
    with pytest.raises(FileProblem) as slow:
        read_tables(GOOD, "花名册.xlsx")
    monkeypatch.setattr(reader_module, "SECONDS", 20)
    monkeypatch.setattr(reader_module, "MEMORY_MB", 40)
    with pytest.raises(FileProblem) as large:
        read_tables(rows_of(20_000), "花名册.xlsx")

    assert (slow.value.code, large.value.code) == ("too_slow", "zip_bomb")
