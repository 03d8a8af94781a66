"""Kinds of files and encodings: cases 38 to 42 and 45 of the catalogue, as the import meets them."""

import io

import pytest
from django.core.management import call_command

from accounts.models import AuditEntry
from accounts.sandbox import FileProblem
from students.actions.roster_preview import preview_of, upload_roster
from students.models import RosterImport
from tests.files import edited_zip, label, pdf, xls, xlsx
from tests.roster_files import child, csv_bytes, short_file, short_rows

pytestmark = pytest.mark.django_db
ROWS = short_rows([child(n, n) for n in (1, 2, 3)])


@pytest.fixture(autouse=True)
def autumn(time_machine):
    time_machine.move_to("2025-09-20 09:00+08:00", tick=False)


def upload(content, school, clerk, name="名册.xlsx"):
    return upload_roster(content, name, school, actor=clerk, in_child=False)


def xls_rows(rows):
    cells = [label(r, c, str(text)) for r, row in enumerate(rows) for c, text in enumerate(row)]
    return xls({"学生花名册": b"".join(cells)})


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (csv_bytes(ROWS, "gbk"), "名册.csv"),
        (csv_bytes(ROWS, "gb18030"), "名册.csv"),
        (csv_bytes(ROWS, "utf-8"), "名册.csv"),
        (csv_bytes(ROWS, "utf-8-sig"), "名册.csv"),
        (csv_bytes(ROWS, "utf-16", "\t"), "名册.txt"),
        (csv_bytes(ROWS, "gbk", ";"), "名册.csv"),
        (b"sep=;\r\n" + csv_bytes(ROWS, "gbk", ";"), "名册.csv"),
        (csv_bytes([[f'="{cell}"' for cell in row] for row in ROWS]), "名册.csv"),
        (csv_bytes([[f"{cell}\t" for cell in row] for row in ROWS]), "名册.csv"),
        (xlsx(ROWS), "名册.xls"),
        (xls_rows(ROWS), "名册.xls"),
        (xls_rows(ROWS), "名册.xlsx"),
        (xls_rows(ROWS), "名册.et"),
    ],
)
def test_every_kind_of_table_is_read_by_its_content(content, name, school, clerk):
    row = upload(content, school, clerk, name)

    assert (row.row_count, row.new_count, row.error_count) == (3, 3, 0)
    assert preview_of(row).problems == []


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "名册.xlsx", "是空的（0 字节）"),
        (xlsx(ROWS)[:900], "名册.xlsx", "损坏"),
        (pdf(), "名册.xlsx", "实际是PDF 文件"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "名册.xls", "实际是网页文件"),
        (edited_zip(xlsx(ROWS), add=[("xl/vbaProject.bin", b"x")]), "名册.xlsm", "宏"),
        (xlsx(ROWS), "~$名册.xlsx", "是临时锁文件"),
        (csv_bytes(ROWS, "utf-8") + csv_bytes(ROWS, "gbk"), "名册.csv", "第 5 行的文字编码与其他行不同"),
    ],
)
def test_unreadable_files_are_refused_and_nothing_is_kept(content, name, says, school, clerk):
    with pytest.raises(FileProblem, match="文件没有保存到系统里") as refusal:
        upload(content, school, clerk, name)

    assert says in refusal.value.message
    assert not RosterImport.objects.exists()


def test_file_with_headings_only_must_not_empty_the_roster(school, clerk):
    row = upload(short_file([]), school, clerk)
    preview = preview_of(row)

    assert [problem.message for problem in preview.file_problems] == [
        "只有标题，没有学生。请从学籍系统重新导出名册。名册没有改动。"
    ]


def test_file_is_kept_encrypted_for_thirty_days(school, clerk, time_machine):
    from django.db import connection

    row = upload(short_file([child(1)]), school, clerk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT file, preview FROM students_rosterimport")
        stored = b"".join(bytes(part) for part in cursor.fetchone())
    assert child(1)["身份证件号"].encode() not in stored
    assert child(1)["姓名"].encode() not in stored

    time_machine.move_to("2025-10-21 09:00+08:00", tick=False)
    call_command("purge_roster_files", stdout=io.StringIO())
    row.refresh_from_db()

    assert AuditEntry.objects.get(verb="roster.purge").summary == "删除 1 份保存满 30 天的名册文件"

    assert (row.file, row.preview, row.row_count) == ("", "", 1)
