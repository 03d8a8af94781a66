"""Pages of the roster import: what they show, whom they refuse, what they keep."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLogEntry
from students.models import Enrolment, RosterImport, Student
from tests.files import xlsx
from tests.roster_files import SHORT, child, layout_file, short_file, short_rows

pytestmark = pytest.mark.django_db
FULL = [*SHORT, "困难类别", "成员1姓名", "成员1联系电话"]


@pytest.fixture(autouse=True)
def autumn(time_machine):
    time_machine.move_to("2025-09-20 09:00+08:00", tick=False)


@pytest.fixture
def signed_in(client, clerk):
    client.force_login(clerk)
    return client


def post_file(client, school, content, name="名册.xlsx"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("students:roster-upload"), {"school": school.pk, "file": file}, follow=True)


def act(client, step, **said):
    row = RosterImport.objects.latest("pk")
    url = reverse(f"students:roster-{step}", args=[row.uuid])
    return client.post(url, {"seen_revision": row.revision, **said}, follow=True)


def show(client, **query):
    return client.get(reverse("students:roster-detail", args=[RosterImport.objects.latest("pk").uuid]), query)


def import_all(client, school, children, headings=FULL):
    post_file(client, school, short_file(children, headings))
    return act(client, "confirm")


def test_clerk_uploads_checks_and_imports(signed_in, school):
    page = post_file(
        signed_in, school, layout_file("C", [child(n, n % 9 + 1) for n in range(30)], school=school)
    )
    assert "现在还没有写入任何数据" in page.text
    assert "导入 30 行" in page.text
    assert not Student.objects.exists()

    done = act(signed_in, "confirm")

    assert "已导入：新增 30" in done.text
    assert "名册导入：已完成" in done.text
    assert Enrolment.objects.filter(school=school).count() == 30


def test_same_file_again_says_that_nothing_is_to_be_imported(signed_in, school):
    content = short_file([child(1), child(2)], FULL)
    post_file(signed_in, school, content)
    act(signed_in, "confirm")
    page = post_file(signed_in, school, content)

    assert "文件与名册完全一致，没有要导入的内容。" in page.text
    assert "已经导入过" in page.text
    assert ">导入 2 行" not in page.text


def test_errors_stand_by_cell_with_reason_remedy_and_their_place(signed_in, school):
    page = post_file(signed_in, school, short_file([child(1), child(2, 身份证件号="1.40425E+17"), child(3)]))

    for text in (
        "D3",
        child(2)["姓名"],
        "1.40425E+17",
        "是科学计数法，后几位已经丢失",
        "D3 在文件中的位置",
        'class="bad"',
    ):
        assert text in page.text
    assert child(1)["身份证件号"] not in page.text
    assert "有错的 1 行不会导入" in page.text
    assert "导入 2 行…" in page.text


def test_leaving_bad_rows_out_is_an_explicit_choice(signed_in, school):
    post_file(signed_in, school, short_file([child(1), child(2, 身份证件号="1")]))
    refused = act(signed_in, "confirm")
    assert "还没有勾选。请先勾选，或改好文件再传。" in refused.text
    assert not Student.objects.exists()

    done = act(signed_in, "confirm", leave_out_errors="on")
    assert "有错的 1 行没有导入" in done.text
    assert Student.objects.count() == 1


def test_error_workbook_marks_the_cells_of_the_persons_own_file(signed_in, school):
    post_file(signed_in, school, short_file([child(1), child(2, 身份证件号="1.40425E+17")]))
    answer = signed_in.get(reverse("students:roster-errors", args=[RosterImport.objects.get().uuid]))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active

    assert sheet["I1"].value == "问题"
    assert sheet["I3"].value.startswith("是科学计数法，后几位已经丢失。请把 D 列设为文本")
    assert (sheet["D3"].value, sheet["D3"].fill.fgColor.rgb) == ("1.40425E+17", "FFFBE3DF")
    assert "2025-09-20.xlsx" in answer["Content-Disposition"]
    assert AccessLogEntry.objects.filter(what="名册文件（含证件号码）").count() == 1


def test_columns_by_hand(signed_in, school):
    rows = short_rows([child(1), child(2)], ["姓名", "身份证件号", "年级"])
    rows[0] = ["甲", "乙", "丙"]
    page = post_file(signed_in, school, xlsx(rows))
    assert "没有找到标题行" in page.text
    columns = signed_in.get(reverse("students:roster-columns", args=[RosterImport.objects.get().uuid]))
    assert child(1)["身份证件号"] not in columns.text
    assert child(1)["姓名"] in columns.text

    refused = act(signed_in, "columns", sheet="学生花名册", row="1", **{"column-0": "name"})
    assert "还没有指定：身份证号、年级（或班级、入学年月）" in refused.text
    twice = {"column-0": "name", "column-1": "name", "column-2": "grade"}
    assert "“姓名”选了 2 栏" in act(signed_in, "columns", sheet="学生花名册", row="1", **twice).text
    right = {"column-0": "name", "column-1": "id_number", "column-2": "grade"}
    done = act(signed_in, "columns", sheet="学生花名册", row="1", **right)

    assert "已按您指定的栏目重新读取" in done.text
    assert "导入 2 行" in done.text


def test_drop_g(signed_in, school):
    page = post_file(signed_in, school, short_file([child(1, 身份证件号="G" + child(1)["身份证件号"])]))
    assert "去掉开头的 G 再核对" in page.text
    assert "导入 1 行" in act(signed_in, "drop-g").text


def test_unknown_words_are_matched_by_the_person(signed_in, school):
    post_file(signed_in, school, short_file([child(1, 困难类别="很困难")], FULL))
    assert "很困难" in show(signed_in, view="notes").text
    act(signed_in, "answers", view="notes", **{"word-0": "P4"})
    act(signed_in, "confirm")

    assert Student.objects.get().circumstances.get().kind == "P4"


def test_transfer_question_uses_the_same_words_whichever_school(signed_in, school, other_school):
    from tests.cast import enrol, make_student
    from tests.roster_files import born_for

    student = make_student(school.county, child(1)["姓名"], born_for(1, 1), id_number=child(1)["身份证件号"])
    enrol(student, other_school, 1)
    post_file(signed_in, school, short_file([child(1)]))
    page = show(signed_in, view="new")

    assert "该学生学籍不在本校。请走“转学对接”，不能用名册导入。" in page.text
    assert other_school.name not in page.text
    act(signed_in, "answers", view="new", **{"do-0": "transfer"})
    assert (
        "发起转学"
        in signed_in.get(reverse("students:roster-confirm", args=[RosterImport.objects.get().uuid])).text
    )


def test_every_tab_of_a_nasty_file_shows(signed_in, school):
    import_all(signed_in, school, [child(1), child(9)])
    children = [
        child(1, 姓名="改名", 现住址="新址"),
        child(2, 身份证件号="1.40425E+17"),
        child(3, 性别="M" if child(3)["性别"] == "男" else "F", 班号="(2)"),
        child(4, 姓名="赵 一"),
        child(5, 身份证件号=""),
        child(6, 困难类别="很困难"),
    ]
    post_file(signed_in, school, short_file(children, FULL))
    for tab in ("", "errors", "new", "changed", "missing", "same", "notes", "nonsense"):
        assert show(signed_in, view=tab).status_code == 200
    assert "要核对" in show(signed_in, view="notes").text
    assert "改成文件里的姓名" in show(signed_in, view="changed").text
    assert child(9)["姓名"] in show(signed_in, view="missing").text


@pytest.mark.parametrize("tab", ["new", "changed", "missing", "errors"])
def test_constant_queries_for_one_and_for_fifty_rows(tab, signed_in, school):
    import_all(signed_in, school, [child(n) for n in range(60, 120)])
    used = []
    for count in (1, 55):
        change = {"现住址": "新址"} if tab == "changed" else {}
        shown = [child(60 + n, **change) for n in range(count if tab == "changed" else 1)]
        others = {"new": {}, "errors": {"身份证件号": "1"}}.get(tab)
        if others is not None:
            shown += [child(200 + n, **others) for n in range(count)]
        post_file(signed_in, school, short_file(shown, FULL))
        show(signed_in, view=tab)
        with CaptureQueriesContext(connection) as queries:
            page = show(signed_in, view=tab)
        assert page.status_code == 200
        used.append(len(queries))
    assert used[0] == used[1]


def test_paging_keeps_the_tab(signed_in, school):
    post_file(signed_in, school, short_file([child(n) for n in range(120)]))
    page = show(signed_in, view="new", page="2")

    assert "第 51–100 条，共 120 条" in page.text
    assert "view=new&amp;page=3" in page.text


def test_upload_says_what_is_wrong_with_the_file(signed_in, school):
    page = post_file(signed_in, school, b"%PDF-1.7", "名册.xlsx")
    assert "文件没有保存到系统里" in page.text
    none = signed_in.post(reverse("students:roster-upload"), {"school": school.pk})
    assert "还没有选文件" in none.text


def test_other_schools_clerk_finds_nothing(client, signed_in, school, other_school, other_clerk):
    post_file(signed_in, school, short_file([child(1)]))
    row = RosterImport.objects.get()
    client.force_login(other_clerk)
    for step in ("detail", "columns", "confirm", "errors"):
        assert client.get(reverse(f"students:roster-{step}", args=[row.uuid])).status_code == 404
    for step in ("answers", "drop-g", "compare", "confirm", "discard", "columns"):
        url = reverse(f"students:roster-{step}", args=[row.uuid])
        assert client.post(url, {"seen_revision": row.revision}).status_code == 404
    page = client.post(
        reverse("students:roster-upload"), {"school": school.pk, "file": SimpleUploadedFile("a.xlsx", b"x")}
    )
    assert page.status_code == 200
    row.refresh_from_db()
    assert (RosterImport.objects.count(), row.state, row.revision) == (1, "previewed", 1)


def test_people_without_a_roster_to_keep_are_refused(client, principal, reviewer, leader, administrator):
    for person in (principal, reviewer, leader, administrator):
        client.force_login(person)
        assert client.get(reverse("students:roster-upload")).status_code == 403


def test_second_press_and_stale_page(signed_in, school):
    post_file(signed_in, school, short_file([child(1)]))
    row = RosterImport.objects.get()
    act(signed_in, "confirm")
    again = act(signed_in, "confirm")
    assert "已经导入过了，没有再导入一次" in again.text
    stale = signed_in.post(
        reverse("students:roster-discard", args=[row.uuid]), {"seen_revision": row.revision}
    )
    assert stale.status_code == 409
    assert Student.objects.count() == 1


def test_discard(signed_in, school):
    post_file(signed_in, school, short_file([child(1)]))
    page = act(signed_in, "discard")
    assert "已放弃这次导入，名册没有改动。" in page.text
    assert "已放弃" in show(signed_in).text
    assert not Student.objects.exists()


def test_get_changes_nothing(signed_in, school):
    post_file(signed_in, school, short_file([child(1)]))
    row = RosterImport.objects.get()
    for step in ("answers", "drop-g", "compare", "discard"):
        assert signed_in.get(reverse(f"students:roster-{step}", args=[row.uuid])).status_code == 405
    signed_in.get(reverse("students:roster-confirm", args=[row.uuid]))
    assert not Student.objects.exists()
