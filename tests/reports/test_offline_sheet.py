"""The offline sheet: what is in it, what is read back, the preview, all or nothing, and nothing twice."""

import datetime as dt
import io
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import AccessLogEntry, AuditEntry
from monitoring.lines import figures_of
from reports.offline_sheet import build_sheet, child_label
from reports.offline_words import COLUMNS, FACT_WORDS, Stamp, reasons_of
from schools.models import Role
from students.actions.absences import start_absence
from students.actions.movements import Fact, record_departure
from students.actions.undo import undo_movement
from students.identity import make_id_number
from students.models import Absence, AbsenceKind, Enrolment, Movement, MovementKind, Student, Transfer
from students.queries import current_enrolment
from tests.cast import appoint, enrol, make_klass, make_school, make_student, make_user
from tests.students.facts import NOVEMBER, OCTOBER, SEPTEMBER, close, depart, month_of
from tests.students.people import logged_in, page

BOY = make_id_number("140499", dt.date(2017, 3, 4), 135)
DAY = dt.date(2025, 10, 8)
KEYS = [column.key for column in COLUMNS]
UPLOAD, CONFIRM = "reports:offline-upload", "reports:offline-confirm"


@pytest.fixture(autouse=True)
def tenth_of_october():
    with time_machine.travel("2025-10-10 09:00+08:00"):
        yield


@pytest.fixture
def klass(school):
    return make_klass(school, 3)


@pytest.fixture
def child(school, klass):
    student = make_student(school.county, "王佳怡", dt.date(2017, 1, 5))
    enrol(student, school, 3, klass=klass)
    return student


@pytest.fixture
def other_child(school):
    student = make_student(school.county, "李小明", dt.date(2016, 2, 2))
    enrol(student, school, 4)
    return student


def sheet_bytes(school, month=NOVEMBER):
    return build_sheet(school, month_of(school, month), today=dt.date(2025, 10, 10))


def filled(content, *lines, first=4):
    """The downloaded file with lines typed into the sheet 异动; each line a dict by column key."""
    book = load_workbook(io.BytesIO(content))
    for row, line in enumerate(lines, start=first):
        for key, value in line.items():
            book["异动"].cell(row, KEYS.index(key) + 1, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def label(student):
    place = current_enrolment(student)
    return child_label(place.school, place)


def upload(client, content, name="离线表.xlsx"):
    answer = client.post(reverse(UPLOAD), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 200
    return answer.content.decode()


def confirm(client, text):
    sealed = re.search(r'name="sealed" value="([^"]+)"', text)[1]
    return client.post(reverse(CONFIRM), {"sealed": sealed}, follow=True).content.decode()


def leaving(student, **values):
    return {
        "word": "转出到县外",
        "day": DAY,
        "child": label(student),
        "reason": "随家庭迁居",
        "place": "河北省涉县第一小学",
        **values,
    }


def newcomer(**values):
    return {
        "word": "补录",
        "day": DAY,
        "reason": "期初漏录",
        "grade": "三年级",
        "name": "高思远",
        "id_number": BOY,
        **values,
    }


# --- the file ----------------------------------------------------------------------------------------------------


def test_sheet_holds_the_roll_without_any_number(child, other_child, school, clerk):
    content = sheet_bytes(school)

    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["说明", "异动", "名册", "已登记", "清单"]
    rows = list(book["名册"].iter_rows(values_only=True))
    assert rows[1][:3] == ("王佳怡", child.get_sex_display(), "三（1）班")
    assert rows[1][3].date() == dt.date(2017, 1, 5)
    assert rows[1][5] == label(child)
    everything = "".join(
        str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value
    )
    assert child.id_number not in everything
    assert child.id_number[-4:] not in everything


def test_sheet_offers_lists_for_kind_child_reason_and_school(child, other_school, school):
    book = load_workbook(io.BytesIO(sheet_bytes(school)))

    lists = {
        str(one.sqref).split(":")[0].rstrip("0123456789"): one.formula1
        for one in book["异动"].data_validations.dataValidation
    }
    assert lists["A"] == "清单!$A$1:$R$1"
    assert lists["C"] == "名册!$F$2:$F$2"
    assert "OFFSET(清单!" in lists["D"]
    assert lists["F"] == "清单!$A$30:$A$30"
    heads = [cell.value for cell in book["清单"][1]]
    assert heads == list(FACT_WORDS)
    for number, word in enumerate(FACT_WORDS.values()):
        column = [row[number] for row in book["清单"].iter_rows(min_row=2, max_row=20, values_only=True)]
        assert [value for value in column if value] == list(reasons_of(word).values())
    assert book["清单"]["A30"].value == other_school.name
    assert book["清单"].sheet_state == "hidden"


def test_sheet_shows_the_figures_and_what_is_recorded(child, other_child, school, clerk):
    depart(child, clerk, DAY)
    start_absence(other_child, AbsenceKind.TRUANCY, first_day=DAY, reason_code="aversion", actor=clerk)

    book = load_workbook(io.BytesIO(sheet_bytes(school)))

    known = [row[:3] for row in book["已登记"].iter_rows(min_row=2, values_only=True)]
    assert ("王佳怡", "三年级") in [row[:2] for row in known]
    assert ("李小明", "四年级") in [row[:2] for row in known]
    figures = [
        row[:7] for row in book["说明"].iter_rows(values_only=True) if row[0] in ("三年级", "四年级", "合计")
    ]
    assert figures == [("三年级", 1, 0, 0, 1, 0, 0), ("四年级", 1, 1, 0, 0, 1, 0), ("合计", 2, 1, 0, 1, 1, 0)]


def test_download_is_logged_and_needs_the_clerk_and_an_open_month(
    child, school, clerk, other_clerk, principal
):
    url = reverse("reports:offline-download", args=[school.pk, "2025-11"])

    answer = logged_in(clerk).get(url)

    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert AccessLogEntry.objects.get(what="离线表下载").count == 1
    assert logged_in(other_clerk).get(url).status_code == 404
    assert logged_in(principal).get(url).status_code == 403
    close(school, NOVEMBER)
    assert logged_in(clerk).get(url).status_code == 409


# --- preview and confirmation ------------------------------------------------------------------------------------


def test_preview_books_nothing_and_shows_what_would_change(child, other_child, school, clerk):
    content = filled(sheet_bytes(school), leaving(child), newcomer(grade="四年级"))
    before = AuditEntry.objects.count()

    text = upload(logged_in(clerk), content)

    assert "将登记的 2 行" in text
    assert "计入 2025年11月月报" in text
    assert "三年级 转出" in text
    assert "合计 本月" not in text  # one out, one in
    assert "四年级 本月" in text
    assert BOY not in text
    assert not Movement.objects.exists()
    assert not Student.objects.filter(name="高思远").exists()
    assert AuditEntry.objects.count() == before


def test_every_kind_of_line_is_booked_in_one_entry(school, other_school, clerk, klass):
    names = ("甲一", "乙二", "丙三", "丁四", "戊五", "己六")
    children = {}
    for name in names:
        children[name] = make_student(school.county, name, dt.date(2017, 1, 5))
        enrol(children[name], school, 3, klass=klass)
    start_absence(
        children["己六"], AbsenceKind.TRUANCY, first_day=dt.date(2025, 10, 1), reason_code="work", actor=clerk
    )
    second = make_klass(school, 2)
    content = filled(
        sheet_bytes(school),
        leaving(children["甲一"]),
        {"word": "转往本县学校", "day": DAY, "child": label(children["乙二"]), "reason": "就近入学", "place": other_school.name},
        {"word": "留级", "day": DAY, "child": label(children["丙三"]), "reason": "因病", "klass": "二（1）班"},
        {"word": "旷课", "day": "2025-10-08", "child": label(children["丁四"]), "reason": "厌学或学习困难", "follow_up": "已家访"},
        {"word": "死亡", "day": "2025年10月8日", "child": "戊五", "reason": "疾病"},
        {"word": "返校", "day": DAY, "child": label(children["己六"])},
        newcomer(klass="三（1）班"),
        newcomer(name="高念", id_number=None, no_id_reason="户口正在办理", sex="女", birth="2018.5.1", grade="一年级"),
    )  # fmt: skip
    entries = AuditEntry.objects.count()
    client = logged_in(clerk)

    text = confirm(client, upload(client, content))

    assert "已登记 8 行" in text
    assert AuditEntry.objects.count() == entries + 1
    entry = AuditEntry.objects.latest("seq")
    assert entry.verb == "offline.book"
    assert entry.changes["parts"] == {
        "movement.transfer_out": 1,
        "transfer.begin_out": 1,
        "movement.retained": 1,
        "absence.start": 1,
        "movement.death": 1,
        "absence.end": 1,
        "movement.added": 2,
        "student.create": 2,
    }
    assert Movement.objects.get(student=children["甲一"]).counterpart_text == "河北省涉县第一小学"
    assert Transfer.objects.get().to_school == other_school
    assert current_enrolment(children["丙三"]).klass == second
    spell = Absence.objects.get(student=children["丁四"])
    assert (spell.kind, spell.reason_code, spell.follow_up) == ("truancy", "aversion", "已家访")
    assert Movement.objects.get(student=children["戊五"]).kind == "death"
    assert Absence.objects.get(student=children["己六"]).returned_on == DAY
    new = Student.objects.get(name="高思远")
    assert (new.birth_date, current_enrolment(new).klass, new.id_number) == (dt.date(2017, 3, 4), klass, BOY)
    assert Student.objects.get(name="高念").birth_date == dt.date(2018, 5, 1)


def test_figures_of_the_preview_are_those_after_confirming(child, other_child, school, clerk):
    client = logged_in(clerk)
    text = upload(client, filled(sheet_bytes(school), leaving(child)))
    shown = dict(re.findall(r"<dt>([^<]+)</dt><dd>.*?改为</span>([−+\d]+)", text))

    confirm(client, text)

    line = figures_of(school, month_of(school, NOVEMBER)).line(3)
    assert shown == {
        "三年级 转出": str(line.transfer_out),
        "三年级 本月": str(line.closing),
        "合计 本月": "1",
    }


def test_second_upload_and_second_confirmation_change_nothing(child, other_child, school, clerk):
    content = filled(
        sheet_bytes(school),
        leaving(child),
        newcomer(),
        {"word": "旷课", "day": DAY, "child": label(other_child), "reason": "厌学或学习困难"},
    )
    client = logged_in(clerk)
    preview = upload(client, content)
    confirm(client, preview)
    entries = AuditEntry.objects.count()

    assert "已经登记过，没有重复登记" in confirm(client, preview)
    text = upload(client, content)

    assert "表里的 3 行都已经登记过" in text
    assert 'name="sealed"' not in text
    assert Movement.objects.count() == 2
    assert Absence.objects.count() == 1
    assert AuditEntry.objects.count() == entries


def test_line_voided_meanwhile_is_not_booked_again(child, school, clerk):
    content, client = filled(sheet_bytes(school), leaving(child)), logged_in(clerk)
    confirm(client, upload(client, content))
    undo_movement(Movement.objects.get(), reason="登记错", actor=clerk)

    assert "都已经登记过" in upload(client, content)


def test_one_bad_line_keeps_all_lines_out(child, other_child, school, clerk):
    content = filled(sheet_bytes(school), leaving(child), leaving(other_child, reason="疾病"))

    text = upload(logged_in(clerk), content)

    assert "有 1 行不能登记，这份表一行也没有登记" in text
    assert 'name="sealed"' not in text
    assert "可以登记的 1 行" in text


def test_refusal_by_the_rules_is_named_by_line(child, school, clerk):
    content = filled(sheet_bytes(school), leaving(child))
    record_departure(child, MovementKind.DEATH, fact=Fact(DAY, "illness"), actor=clerk)

    text = upload(logged_in(clerk), content)

    assert "第 4 行" in text
    assert "王佳怡 已不在本校名册上" in text


def test_preview_that_is_no_longer_true_books_nothing(child, other_child, school, clerk):
    client = logged_in(clerk)
    text = upload(client, filled(sheet_bytes(school), leaving(child), leaving(other_child)))
    record_departure(child, MovementKind.DEATH, fact=Fact(DAY, "illness"), actor=clerk)

    answer = confirm(client, text)

    assert "预览以后名册或异动又有变化" in answer
    assert not Movement.objects.filter(student=other_child).exists()


def test_preview_of_another_person_or_an_old_or_altered_one_books_nothing(child, school, other_school, clerk):
    client = logged_in(clerk)
    text = upload(client, filled(sheet_bytes(school), leaving(child)))
    colleague = make_user(school.county, Role.CLERK, school)

    assert "已经不能用了" in confirm(logged_in(colleague), text)
    assert "已经不能用了" in client.post(reverse(CONFIRM), {"sealed": "QUJD"}, follow=True).content.decode()
    assert "已经不能用了" in client.post(reverse(CONFIRM), {}, follow=True).content.decode()
    with time_machine.travel("2025-10-10 10:05+08:00"):
        assert "超过一小时" in confirm(logged_in(clerk), text)
    assert not Movement.objects.exists()


# --- problems at their cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "cell", "message"),
    [
        ({"word": None}, "A4", "没有选类别"),
        ({"word": "走了"}, "A4", "不在类别列表里"),
        ({"day": None}, "B4", "要填日期"),
        ({"day": "十月八日"}, "B4", "不是日期。请在 B4 按 2025-10-08 的写法填写"),
        ({"day": "2025-10"}, "B4", "看不出是哪一天"),
        ({"day": dt.date(2025, 10, 11)}, "B4", "在今天之后"),
        ({"child": None}, "C4", "要填学生"),
        ({"child": "王佳宜"}, "C4", "本校名册上没有这个名字"),
        ({"child": "王佳怡 三（1）班 2017-01-05 #AAAAAAAAAA"}, "C4", "编号不是本校学生的"),
        ({"reason": None}, "D4", "要填原因"),
        ({"reason": "疾病"}, "D4", "不是转出到县外的原因"),
        ({"reason": "其他"}, "E4", "原因选了“其他”"),
        ({"place": None}, "F4", "要填来源或去向"),
        ({"name": "高思远"}, "J4", "不填姓名"),
        ({"note": "长" * 201}, "E4", "最多 200 个字"),
        ({"word": "转往本县学校"}, "F4", "对不上本县的学校"),
        ({"word": "留级", "place": None, "reason": "因病", "klass": "二（9）班"}, "I4", "对不上本校的班级"),
    ],
)
def test_wrong_cell_of_a_child_here_is_named(child, school, clerk, values, cell, message):
    text = upload(logged_in(clerk), filled(sheet_bytes(school), leaving(child, **values)))

    assert f"<b>{cell}</b>" in text
    assert message in text
    assert 'name="sealed"' not in text


@pytest.mark.parametrize(
    ("values", "cell", "message"),
    [
        ({"id_number": BOY[:-1] + ("0" if BOY[-1] != "0" else "1")}, "K4", "末位校验不对"),
        ({"id_number": 140499201703041000}, "K4", "单元格是数字格式"),
        ({"id_number": BOY[:-1]}, "K4", "17 位"),
        ({"id_number": None}, "L4", "没有身份证号的，这一格必填"),
        ({"birth": dt.date(2017, 3, 5)}, "N4", "与身份证号中的 2017年3月4日 不一致"),
        ({"name": "高?远"}, "J4", "问号"),
        ({"name": None}, "J4", "要填姓名"),
        ({"grade": "十年级"}, "H4", "年级只到九年级"),
        ({"grade": None}, "H4", "要填年级"),
        ({"child": "王佳怡"}, "C4", "不填学生"),
    ],
)
def test_wrong_cell_of_a_newcomer_is_named_and_numbers_are_masked(
    child, school, clerk, values, cell, message
):
    text = upload(logged_in(clerk), filled(sheet_bytes(school), newcomer(**values)))

    assert f"<b>{cell}</b>" in text
    assert message in text
    assert BOY[:-1] not in text
    assert "140499201703041000" not in text


def test_namesakes_need_the_list(child, school, clerk):
    enrol(make_student(school.county, "王佳怡", dt.date(2018, 9, 9)), school, 2)

    text = upload(logged_in(clerk), filled(sheet_bytes(school), leaving(child, child="王佳怡")))

    assert "名册上有 2 人叫这个名字" in text


def test_newcomer_who_is_elsewhere_is_never_taken(school, other_school, clerk):
    student = make_student(school.county, "高思远", dt.date(2017, 3, 4), id_number=BOY)
    enrol(student, other_school, 3)

    text = upload(logged_in(clerk), filled(sheet_bytes(school), newcomer()))

    assert "在“转学对接”里申请转入" in text
    assert other_school.name not in text
    assert current_enrolment(student).school == other_school


def test_newcomer_known_from_before_is_used_again(school, other_school, clerk):
    student = make_student(school.county, "高思远", dt.date(2017, 3, 4), id_number=BOY)
    old = enrol(student, other_school, 6)
    Enrolment.objects.filter(pk=old.pk).update(left_on=dt.date(2025, 8, 1), graduated=True)
    client = logged_in(clerk)

    confirm(client, upload(client, filled(sheet_bytes(school), newcomer(grade="七年级"))))

    assert Student.objects.filter(name="高思远").count() == 1
    assert current_enrolment(student).school == school


# --- wrong files -------------------------------------------------------------------------------------------------


def test_file_of_another_school_is_refused(child, school, other_school, other_clerk):
    text = upload(logged_in(other_clerk), filled(sheet_bytes(school), leaving(child)))

    assert "这份离线表是别的学校的" in text
    assert school.name not in text
    assert not Movement.objects.exists()


def test_file_of_a_month_that_was_filed_is_refused(child, school, clerk):
    content = filled(sheet_bytes(school, OCTOBER), leaving(child))
    close(school, SEPTEMBER, OCTOBER)

    text = upload(logged_in(clerk), content)

    assert "这份离线表是 2025年10月的，那个月已经送签" in text
    assert "请下载 2025年11月的离线表" in text


def test_file_of_an_old_version_or_an_altered_stamp_is_refused(child, school, clerk):
    def stamped(text):
        book = load_workbook(io.BytesIO(sheet_bytes(school)))
        place = next(row for row in book["说明"].iter_rows() if row[0].value == "文件编号")
        place[1].value = text
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    client = logged_in(clerk)
    assert "旧版格式" in upload(client, stamped(Stamp(school.pk, "2025-11", "x", version=0).text()))
    good = Stamp(school.pk, "2025-11", "x").text()
    assert "文件编号被改过" in upload(client, stamped(good[:-1] + ("A" if good[-1] != "A" else "B")))
    assert "文件编号被改过" in upload(client, stamped(""))


def test_other_files_say_what_is_wrong_with_them(school, clerk):
    client = logged_in(clerk)
    book = Workbook()
    book.active.append(["姓名"])
    out = io.BytesIO()
    book.save(out)

    assert "这不是从系统下载的离线表" in upload(client, out.getvalue())
    assert "还没有选文件" in client.post(reverse(UPLOAD)).content.decode()
    for content in (b"", b"%PDF-1.7", b"PK\x03\x04broken"):
        text = upload(client, content)
        assert 'class="errmsg"' in text


def test_lost_heading_is_named(child, school, clerk):
    book = load_workbook(io.BytesIO(sheet_bytes(school)))
    book["异动"].delete_cols(KEYS.index("reason") + 1)
    out = io.BytesIO()
    book.save(out)

    assert "标题行少了 原因" in upload(logged_in(clerk), out.getvalue())


def test_empty_sheet_says_so(child, school, clerk):
    assert "没有填任何一行" in upload(logged_in(clerk), sheet_bytes(school))


def test_pages_are_the_clerks_own(principal, leader, school, other_school, clerk):
    for user in (principal, leader):
        assert logged_in(user).get(reverse(UPLOAD)).status_code == 403
        assert logged_in(user).post(reverse(CONFIRM), {"sealed": "x"}).status_code == 403
    appoint(clerk, Role.CLERK, other_school)
    text = page(logged_in(clerk), reverse(UPLOAD))
    assert {school.name, other_school.name} <= set(re.findall(r"<h3[^>]*>([^<]+)", text))
    assert "下载 2025年10月" in text


def test_sheet_of_a_school_with_nobody_is_a_sheet(county):
    assert load_workbook(io.BytesIO(sheet_bytes(make_school(county))))["名册"].max_row == 1
