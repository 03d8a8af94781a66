"""Accounts and schools from a spreadsheet: good files, bad files, all or knowingly some, passwords once."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry, User
from schools.models import Membership, Role, School, SchoolKind, Township
from tests.cast import make_county, make_klass, make_school, make_user
from tests.files import xlsx

ACCOUNT_HEADS = ["姓名", "账号", "角色", "学校", "乡镇", "班级"]
SCHOOL_HEADS = [
    "标识码",
    "名称",
    "简称",
    "类别",
    "乡镇",
    "年级",
    "中心校",
    "所属中心校",
    "由所属学校校长签字",
    "开办日期",
]
PASSWORD_SHAPE = re.compile(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}")


def upload(client, kind, rows, *, filename="名单.xlsx", content=None):
    content = xlsx(rows) if content is None else content
    file = SimpleUploadedFile(filename, content)
    return client.post(reverse(f"schools:{kind}-import"), {"file": file}, follow=True)


def confirm(client, kind, page, **data):
    text = page.content.decode()
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', text)[1] for name in ("token", "seen")}
    return client.post(reverse(f"schools:{kind}-import-confirm"), {**hidden, **data}, follow=True)


def account_row(school, /, name="王小红", username="bp_wang", role="填报员", **places):
    return [
        name,
        username,
        role,
        places.get("school", school.code),
        places.get("township", ""),
        places.get("klass", ""),
    ]


# --- accounts -------------------------------------------------------------------------------------------------


def test_accounts_are_previewed_and_made_with_their_passwords(browser, client, school, reviewer):
    make_klass(school, 3, 2)
    bureau = browser(reviewer)
    page = upload(
        bureau,
        "account",
        [
            ["平顺县账号登记表"],
            ACCOUNT_HEADS,
            account_row(school, school=school.name),
            account_row(school, role="班主任", klass="三2班"),
            account_row(school, "马中心", "bp_ma", "中心校", school="", township=school.township.name),
            [],
            account_row(school, "杨局", "bp_yang", "局领导", school=""),
        ],
    )
    assert not User.objects.filter(username="bp_wang").exists()
    assert "建立 3 个账号" in page.content.decode()

    done = confirm(bureau, "account", page)

    text = done.content.decode()
    passwords = PASSWORD_SHAPE.findall(text)
    assert len(passwords) == 3 and User.objects.get(username="bp_wang").check_password(passwords[0])
    assert set(Membership.objects.filter(user__username="bp_wang").values_list("role", flat=True)) == {
        "clerk",
        "class_teacher",
    }
    assert AuditEntry.objects.filter(verb="account.import").get().summary == "从表格建立 3 个账号"
    assert not AuditEntry.objects.filter(verb="account.open").exists()
    assert not any(word in str(AuditEntry.objects.get(verb="account.import").changes) for word in passwords)
    assert client.post("/login/", {"username": "bp_wang", "password": passwords[0]}).status_code == 302

    signed = re.search(r'name="signed" value="([^"]+)"', text)[1]
    book = bureau.post(reverse("schools:first-passwords"), {"signed": signed})
    rows = list(openpyxl.load_workbook(io.BytesIO(book.content)).active.values)
    assert rows[0] == ("姓名", "账号", "初始密码", "岗位") and rows[1][2] == passwords[0]
    assert f"填报员 · {school}、班主任 · {school}三（2）班" == rows[1][3]


def test_a_confirmed_preview_is_used_up(browser, school, reviewer):
    client = browser(reviewer)
    page = upload(client, "account", [ACCOUNT_HEADS, account_row(school)])
    confirm(client, "account", page)

    again = confirm(client, "account", page)

    assert "已经用过" in again.content.decode() and PASSWORD_SHAPE.search(again.content.decode()) is None
    assert AuditEntry.objects.filter(verb="account.import").count() == 1


def test_first_passwords_go_to_whom_the_page_was_shown(browser, school, reviewer, administrator):
    client = browser(reviewer)
    done = confirm(client, "account", upload(client, "account", [ACCOUNT_HEADS, account_row(school)]))
    signed = re.search(r'name="signed" value="([^"]+)"', done.content.decode())[1]

    for other, value in ((browser(administrator), signed), (client, signed + "x"), (client, "")):
        response = other.post(reverse("schools:first-passwords"), {"signed": value}, follow=True)
        assert "下载的时间已过" in response.content.decode()


def test_every_bad_cell_is_named_at_once(browser, school, clerk, reviewer):
    rows = [
        ACCOUNT_HEADS,
        account_row(school, name="张?三", username="a1_ok"),
        account_row(school, username="A B"),
        account_row(school, username="13812345678"),
        account_row(school, username="b1_ok", role="校工"),
        account_row(school, username="c1_ok", school="没有这所"),
        account_row(school, username="d1_ok", role="班主任", klass="九（9）班"),
        account_row(school, username="e1_ok", role="乡镇干部"),
        account_row(school, username=clerk.username),
        account_row(school, username="f1_ok"),
        account_row(school, name="李四", username="f1_ok"),
        account_row(school, username="f1_ok"),
        account_row(school, username="g1_ok", role="基教股"),
        account_row(school, username="g1_ok", role="管理员"),
        account_row(school, name=None, username=None),
    ]

    page = upload(browser(reviewer), "account", rows)

    text = page.content.decode()
    problems = {problem.cell: problem.message for problem in page.context["page_obj"]}
    assert set(problems) == {
        "A2", "B3", "B4", "C5", "D6", "F7", "E8", "B9", "B11", "C12", "C14", "A15", "B15",
    }  # fmt: skip
    assert "138****5678" in text and "13812345678" not in text and "不要用手机号" in problems["B4"]
    assert "一人一号" in problems["B11"] and "不能兼任" in problems["C14"]
    assert page.context["good_count"] == 2


def test_bad_rows_are_left_out_only_when_asked(browser, school, reviewer):
    client = browser(reviewer)
    page = upload(client, "account", [ACCOUNT_HEADS, account_row(school), account_row(school, username="x")])

    refused = confirm(client, "account", page)
    assert "还有有错的行" in refused.content.decode() and not User.objects.filter(username="bp_wang").exists()

    confirm(client, "account", refused, partial="on")
    assert User.objects.filter(username="bp_wang").exists()


def test_a_person_with_one_bad_row_is_made_whole_or_not_at_all(browser, school, reviewer):
    client = browser(reviewer)
    rows = [ACCOUNT_HEADS, account_row(school), account_row(school, role="班主任", klass="九（9）班")]

    response = confirm(client, "account", upload(client, "account", rows), partial="on")

    assert "其中一行有错" in response.content.decode()
    assert not User.objects.filter(username="bp_wang").exists()


def test_a_preview_that_no_longer_holds_writes_nothing(browser, school, reviewer):
    client = browser(reviewer)
    page = upload(
        client, "account", [ACCOUNT_HEADS, account_row(school), account_row(school, "李四", "bp_li")]
    )
    make_user(school.county, username="bp_li")

    response = confirm(client, "account", page)

    assert "又变了" in response.content.decode() and not User.objects.filter(username="bp_wang").exists()


@pytest.mark.parametrize("who", ["principal", "clerk", "leader"])
@pytest.mark.parametrize("kind", ["account", "school"])
def test_bulk_is_for_the_county(kind, who, request, browser):
    client = browser(request.getfixturevalue(who))

    for page in (f"{kind}-import", f"{kind}-import-template", f"{kind}-import-check"):
        assert client.get(reverse(f"schools:{page}")).status_code == 403
    assert client.post(reverse(f"schools:{kind}-import-confirm")).status_code == 403


@pytest.mark.parametrize(
    ("rows", "content", "filename", "said"),
    [
        (None, b"", "a.xlsx", "0 字节"),
        (None, b"<html><table></table></html>", "a.xlsx", "网页文件"),
        (None, b"PK\x03\x04broken", "a.xlsx", "打不开"),
        (None, b"%PDF-1.7", "a.xlsx", "PDF"),
        ([["姓名", "单位"], ["王", "x"]], None, "a.xlsx", "没有找到“账号”、“角色”栏"),
        ([ACCOUNT_HEADS], None, "a.xlsx", "没有内容"),
        ([ACCOUNT_HEADS, *([["王", "u", "填报员"]] * 301)], None, "a.xlsx", "一次最多 300 行"),
    ],
)
def test_a_bad_file_says_what_it_is(rows, content, filename, said, browser, reviewer):
    page = upload(browser(reviewer), "account", rows, content=content, filename=filename)

    assert page.status_code == 200 and said in page.content.decode()


def test_no_file_says_so(browser, reviewer):
    response = browser(reviewer).post(reverse("schools:account-import"), {})
    assert response.status_code == 200 and "form-errors" in response.content.decode()


def test_cells_that_are_no_text_are_named(browser, school, reviewer):
    def change(_book, sheet):
        sheet["B2"] = 12.5
        sheet["C3"] = "=1/0"

    page = upload(
        browser(reviewer),
        "account",
        [],
        content=xlsx([ACCOUNT_HEADS, account_row(school), account_row(school)], change=change),
    )
    cells = {problem.cell for problem in page.context["page_obj"]}
    assert cells == {"B2", "C3"}


def test_a_csv_file_will_do(browser, school, reviewer):
    text = ",".join(ACCOUNT_HEADS) + "\n" + ",".join(account_row(school)) + "\n"

    page = upload(browser(reviewer), "account", None, content=text.encode("gb18030"), filename="名单.csv")
    assert page.context["good_count"] == 1


def test_the_template_is_read_back(browser, reviewer):
    client = browser(reviewer)
    for kind, heads in (("account", ACCOUNT_HEADS), ("school", SCHOOL_HEADS)):
        book = client.get(reverse(f"schools:{kind}-import-template"))
        assert list(next(openpyxl.load_workbook(io.BytesIO(book.content)).active.values)) == heads


# --- schools --------------------------------------------------------------------------------------------------


def school_row(code="2114000001", name="云岭镇中心小学", kind="小学", township="云岭镇", **more):
    keys = ("grades", "is_central", "parent", "signed", "opened_on")
    return [code, name, more.get("short", ""), kind, township, *(more.get(key, "") for key in keys)]


def test_schools_are_made_with_townships_and_parents_of_the_same_file(browser, county, reviewer):
    client = browser(reviewer)
    page = upload(
        client,
        "school",
        [
            SCHOOL_HEADS,
            school_row("2114000002", "云岭镇李家沟教学点", "教学点", parent="云岭镇中心小学", signed="是"),
            school_row(is_central="是", opened_on="1998-09-01"),
        ],
    )
    assert not School.objects.exists()

    confirm(client, "school", page)

    point = School.objects.get(code="2114000002")
    assert (point.parent.code, point.signed_by_parent, point.kind, point.last_grade) == (
        "2114000001",
        True,
        SchoolKind.TEACHING_POINT,
        3,
    )
    assert (point.opened_on.isoformat(), point.parent.opened_on.isoformat()) == ("2025-09-01", "1998-09-01")
    assert Township.objects.get().name == "云岭镇" and point.parent.is_central
    entry = AuditEntry.objects.get(verb="school.import")
    assert entry.changes["parts"] == {"school.open": 2, "township.create": 1}


def test_every_bad_cell_of_schools_is_named(browser, county, school, reviewer):
    rows = [
        SCHOOL_HEADS,
        school_row("12345"),
        school_row("2114000010", "校"),
        school_row("2114000011", kind="大学"),
        school_row("2114000012", grades="6-1"),
        school_row("2114000013", township=""),
        school_row("2114000014", parent="没有这所"),
        school_row("2114000015", signed="是"),
        school_row("2114000016", is_central="也许"),
        school_row("2114000017", opened_on="去年"),
        school_row(school.code),
        school_row("2114000018"),
        school_row("2114000018"),
    ]

    page = upload(browser(reviewer), "school", rows)

    assert {problem.cell for problem in page.context["page_obj"]} == {
        "A2", "B3", "D4", "F5", "E6", "H7", "I8", "G9", "J10", "A11", "A13",
    }  # fmt: skip
    assert page.context["good_count"] == 1


def test_a_code_read_as_a_number_is_a_code_and_a_short_one_says_what_was_lost(browser, county, reviewer):
    rows = [SCHOOL_HEADS, school_row(2114000001), school_row(114000002), school_row(2.114e9 + 0.5)]

    page = upload(browser(reviewer), "school", rows)

    problems = {problem.cell: problem.message for problem in page.context["page_obj"]}
    assert set(problems) == {"A3", "A4"} and "开头的 0 可能丢了" in problems["A3"]
    assert "设为文本" in problems["A4"]


def test_a_school_of_another_county_is_no_parent(browser, county, reviewer):
    abroad = make_school(make_county())

    page = upload(browser(reviewer), "school", [SCHOOL_HEADS, school_row(parent=abroad.code)])
    assert [problem.cell for problem in page.context["page_obj"]] == ["H2"]


def test_importing_the_same_schools_again_changes_nothing(browser, county, reviewer):
    client = browser(reviewer)
    rows = [SCHOOL_HEADS, school_row()]
    confirm(client, "school", upload(client, "school", rows))

    again = upload(client, "school", rows)

    assert again.context["good_count"] == 0 and "已被 云岭镇中心小学 使用" in again.content.decode()
    confirm(client, "school", again, partial="on")
    assert School.objects.count() == 1


def test_an_administrator_may_import_too(browser, county):
    client = browser(make_user(county, Role.ADMINISTRATOR))

    confirm(client, "school", upload(client, "school", [SCHOOL_HEADS, school_row()]))
    assert School.objects.count() == 1
