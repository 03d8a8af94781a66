"""Numbers of screen, PDF and XLSX are equal; what is printed about signatures, editions and corrections."""

import datetime as dt
import io
import json
import re

import openpyxl
import pypdf
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEntry
from monitoring.actions.common import find_return
from monitoring.actions.correction import stage_add
from monitoring.actions.reviewing import accept_return, reopen_return, send_back_as_bureau, sign_return
from monitoring.models import MonthlyReturn
from reports.documents.form_facts import FIGURE_KEYS, figures_of
from reports.documents.monthly_return import (
    annex1_facts,
    annex2_facts,
    file_name,
    forms_now,
    forms_of_edition,
)
from reports.documents.wording import GRADE_NAMES
from schools.models import CountySetting, Role
from students.actions.absences import end_absence, start_absence
from students.actions.movements import Fact, change_grade, record_arrival, record_departure
from students.models import Absence, AbsenceKind, MovementKind
from tests.cast import fill, make_school, make_student, make_user
from tests.monitoring.filing import OCTOBER, SEPTEMBER, accept, month_of, sign, submit

NOVEMBER = dt.date(2025, 11, 1)
IN_SEPTEMBER, IN_OCTOBER, IN_NOVEMBER = (
    "2025-09-02 09:00+08:00",
    "2025-10-09 09:00+08:00",
    "2025-11-04 09:00+08:00",
)


@pytest.fixture
def children(school):
    return fill(school, 4)


def leave(child, clerk, day, where="长治市"):
    return record_departure(
        child, MovementKind.TRANSFER_OUT, fact=Fact(day, "moved", counterpart_text=where), actor=clerk
    )


@pytest.fixture(params=["roll", "attending"])
def november(request, school, children, clerk, principal, reviewer):
    """Two months filed, and a third with every kind of change, in each reading."""
    CountySetting.objects.create(county=school.county, key="absent_rule", value=request.param)
    with time_machine.travel(IN_SEPTEMBER):
        accept(school, month_of(school.county, SEPTEMBER), clerk, principal, reviewer)
    with time_machine.travel(IN_OCTOBER):
        for child, reason in (
            (children[5][1], "aversion"),
            (children[5][2], "work"),
            (children[8][0], "other"),
        ):
            start_absence(
                child, AbsenceKind.TRUANCY, first_day=dt.date(2025, 9, 20), reason_code=reason, actor=clerk
            )
        accept(school, month_of(school.county, OCTOBER), clerk, principal, reviewer)
    with time_machine.travel(IN_NOVEMBER):
        back = Absence.objects.get(student=children[5][2])
        end_absence(back, returned_on=dt.date(2025, 10, 20), actor=clerk, seen_revision=back.revision)
        leave(children[3][0], clerk, dt.date(2025, 10, 20))
        leave(children[8][0], clerk, dt.date(2025, 10, 21))
        for name, kind, grade in (("马思齐", MovementKind.ADDED, 4), ("张若溪", MovementKind.TRANSFER_IN, 1)):
            record_arrival(
                make_student(school.county, name),
                school,
                kind,
                grade=grade,
                klass=None,
                fact=Fact(dt.date(2025, 10, 22), "moved" if grade == 1 else "missed"),
                actor=clerk,
            )
        change_grade(
            children[7][0],
            MovementKind.RETAINED,
            to_grade=6,
            klass=None,
            fact=Fact(dt.date(2025, 10, 23), "illness"),
            actor=clerk,
        )
        start_absence(
            children[9][0],
            AbsenceKind.LONG_LEAVE,
            first_day=dt.date(2025, 10, 30),
            reason_code="illness",
            actor=clerk,
        )
        yield month_of(school.county, NOVEMBER)


def screen_figures(client, school, month):
    """Name of the row → six figures, as they stand in the page."""
    page = client.get(reverse("monitoring:return-detail", args=[school.pk, month.month])).content.decode()
    table = page[page.index('<table class="a1') : page.index("</table>", page.index('<table class="a1'))]
    rows = {}
    for row in re.findall(r"<tr[^>]*>(?:(?!</tr>).)*</tr>", table, re.DOTALL):
        head = re.search(r'<th scope="row">([^<]*)</th>', row)
        cells = re.findall(r"<td(?: class=\"(?!rem|open)[^\"]*\")?>(.*?)</td>", row, re.DOTALL)
        if head:
            rows[head[1]] = tuple(_number(re.sub(r"<[^>]+>", "", cell)) for cell in cells[:6])
    return rows


def _number(text):
    return int(text.replace("−", "-").replace("+", "").replace(",", ""))


def pdf_figures(data):
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    rows = {}
    for name in (*GRADE_NAMES, "合计"):
        found = re.search(rf"{name}\s+((?:[+−]?\d+\s+){{5}}[+−]?\d+)", text)
        rows[name] = tuple(_number(part) for part in found[1].split())
    return rows


def xlsx_figures(data):
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[0]
    names = {*GRADE_NAMES, "合计"}
    return {
        row[0].value: tuple(cell.value for cell in row[1:7])
        for row in sheet.iter_rows(max_col=8)
        if row[0].value in names
    }


def download(client, school, month, form, kind, **query):
    response = client.get(reverse("reports:return-form", args=[school.pk, month.month, form, kind]), query)
    assert response.status_code == 200
    return response.content


def test_screen_pdf_and_xlsx_show_the_same_numbers(client, school, november, clerk, principal):
    client.force_login(clerk)
    for _ in ("draft", "signed"):
        screen = screen_figures(client, school, november)
        facts = annex1_facts(forms_now(school, november, find_return(school, november)))
        expected = {GRADE_NAMES[row.grade - 1]: figures_of(row) for row in facts.rows}
        expected["合计"] = figures_of(facts.total)

        assert screen == expected
        assert pdf_figures(download(client, school, november, 1, "pdf")) == expected
        assert xlsx_figures(download(client, school, november, 1, "xlsx")) == expected
        if find_return(school, november) is None:
            sign(school, november, clerk, principal)


def test_every_figure_of_a_full_month_opens_as_many_children(client, school, november, clerk):
    client.force_login(clerk)
    forms = forms_now(school, november, None)
    lines = {line.grade: line for line in forms.content.printed_lines} | {0: forms.content.printed_total}
    for grade, line in lines.items():
        for column in FIGURE_KEYS:
            url = reverse("monitoring:return-figure", args=[school.pk, november.month, grade, column])
            response = client.get(url)
            value = getattr(line, column)
            if column == "other":
                named = sum(row.sign for row in forms.content.rows_behind(grade, column))
            else:
                named = response.context["page_obj"].paginator.count
            assert (response.status_code, named) == (200, value), (grade, column)


def test_annex2_rows_are_those_behind_annex1_on_paper_and_screen(client, school, november, clerk):
    client.force_login(clerk)
    facts = annex2_facts(forms_now(school, november, None))
    counted = [row for row in facts.rows if row.counted]
    sheet = openpyxl.load_workbook(io.BytesIO(download(client, school, november, 2, "xlsx"))).worksheets[0]
    texts = [[cell.value for cell in row] for row in sheet.iter_rows()]
    numbered = [row for row in texts if str(row[0]).isdigit()]
    page = client.get(reverse("monitoring:return-annex2", args=[school.pk, november.month]))
    pdf = "".join(
        part.extract_text()
        for part in pypdf.PdfReader(io.BytesIO(download(client, school, november, 2, "pdf"))).pages
    )

    assert [row[1] for row in numbered] == [row.values["name"] for row in counted]
    assert len(page.context["counted"]) == len(counted)
    assert facts.counted_note.startswith(f"计入表（一）{len(counted)} 行：转入 1　转出 2")
    assert f"计入表（一）{len(counted)}行" in re.sub(r"\s", "", pdf)
    assert any(not row.counted for row in facts.rows) and "以下不计数" in pdf


@pytest.fixture
def october(school, children, clerk, principal, reviewer):
    with time_machine.travel(IN_SEPTEMBER):
        accept(school, month_of(school.county, SEPTEMBER), clerk, principal, reviewer)
    with time_machine.travel(IN_OCTOBER):
        leave(children[3][0], clerk, dt.date(2025, 9, 20))
        yield month_of(school.county, OCTOBER)


def forms(school, month):
    return forms_now(school, month, find_return(school, month))


def test_copies_say_which_they_are_until_the_end(school, october, clerk, principal, reviewer):
    said = [forms(school, october).record]
    submitted = submit(school, october, clerk)
    said.append(forms(school, october).record)
    sign_return(submitted, actor=principal, seen_revision=submitted.revision)
    said.append(forms(school, october).record)
    send_back_as_bureau(submitted, actor=reviewer, seen_revision=submitted.revision, reason="核对", marks=[])
    said.append(forms_of_edition(submitted.editions.get(number=1)).record)
    said.append(forms(school, october).record)
    again = sign(school, october, clerk, principal)
    accept_return(again, actor=reviewer, seen_revision=again.revision)
    said.append(forms(school, october).record)

    assert [(record.edition, record.copy_note, record.is_draft) for record in said] == [
        (1, "草稿，未签字", True),
        (1, "草稿，待校长签字", True),
        (1, "已签字，第1版", False),
        (1, "第1版，签字已失效", False),
        (2, "草稿，未签字", True),
        (2, "已签字，第2版，现行有效", False),
    ]
    assert [record.principal for record in said] == ["", "", "申远志", "申远志", "", "申远志"]
    assert [record.filler for record in said] == ["", "郭晓燕", "郭晓燕", "郭晓燕", "", "郭晓燕"]


def test_names_on_paper_are_those_of_the_day_of_signing(school, october, clerk, principal):
    sign(school, october, clerk, principal)
    clerk.name, principal.name = "改名甲", "改名乙"
    clerk.save()
    principal.save()

    head = annex1_facts(forms(school, october)).head

    assert (head.filler, head.principal) == ("郭晓燕", "申远志")
    assert head.principal_signed_on == head.filler_signed_on == dt.date(2025, 10, 9)
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}", head.text_hash)


def test_draft_watermark_until_signed_and_titles_carry_the_county(school, october, clerk, principal, client):
    client.force_login(clerk)
    draft = pypdf.PdfReader(io.BytesIO(download(client, school, october, 1, "pdf"))).pages[0].extract_text()
    sign(school, october, clerk, principal)
    signed = pypdf.PdfReader(io.BytesIO(download(client, school, october, 1, "pdf"))).pages[0].extract_text()

    assert "草稿" in draft and "草稿" not in signed
    assert "平顺县中小学控辍保学动态监测月报表（一）" in signed
    assert "申远志" in signed and "郭晓燕" in signed and "在籍口径" in signed


def test_a_signed_edition_prints_the_same_bytes_whatever_happens_later(
    client, school, october, children, clerk, principal
):
    client.force_login(clerk)
    sign(school, october, clerk, principal)
    before = [download(client, school, october, form, kind) for form in (1, 2) for kind in ("pdf", "xlsx")]
    with time_machine.travel(IN_NOVEMBER):
        client.force_login(clerk)
        leave(children[6][0], clerk, dt.date(2025, 10, 20))
        children[3][0].name = "改了名"
        children[3][0].save()
        after = [download(client, school, october, form, kind) for form in (1, 2) for kind in ("pdf", "xlsx")]

    assert before == after


def test_an_accepted_correction_is_a_footnote_of_the_next_month_and_the_old_edition_prints_on(
    client, school, october, children, clerk, principal, reviewer
):
    found = accept(school, october, clerk, principal, reviewer)
    with time_machine.travel(IN_NOVEMBER):
        november = month_of(school.county, NOVEMBER)
        sign(school, november, clerk, principal)
        reopen_return(found, actor=reviewer, seen_revision=found.revision, reason="漏报")
        stage_add(
            find_return(school, october),
            children[4][0],
            MovementKind.TRANSFER_OUT,
            grade=4,
            happened_on=dt.date(2025, 9, 22),
            reason_code="moved",
            counterpart_text="太原市",
            summary="补记转出：漏报",
            actor=clerk,
        )
        again = sign(school, october, clerk, principal)
        accept_return(again, actor=reviewer, seen_revision=again.revision)
        client.force_login(clerk)
        old = pdf_figures(download(client, school, october, 1, "pdf", edition=1))
        new = pdf_figures(download(client, school, october, 1, "pdf"))
        signed_november = annex1_facts(forms(school, november)).head.footnotes
    with time_machine.travel("2025-12-02 09:00+08:00"):
        december = month_of(school.county, dt.date(2025, 12, 1))
        notes = annex1_facts(forms(school, december)).head.footnotes
        client.force_login(clerk)
        page = client.get(reverse("monitoring:return-detail", args=[school.pk, december.month]))

    assert (old["四年级"][1], new["四年级"][1]) == (4, 3)
    assert not any("更正" in note for note in signed_november)
    assert "上月学生数含以前月份更正：四年级 −1。" in notes
    assert "上月学生数含以前月份更正：四年级 −1。" in page.content.decode()


def test_september_says_that_its_base_is_promoted_but_the_first_month_does_not(school, children):
    first = annex1_facts(forms(school, month_of(school.county, SEPTEMBER))).head.footnotes
    next_year = annex1_facts(forms(school, month_of(school.county, dt.date(2026, 9, 1)))).head.footnotes

    assert "9月上月数为升级后基数。" not in first
    assert "9月上月数为升级后基数。" in next_year


def test_a_point_prints_whose_principal_signed(county, school, principal):
    point = make_school(county, "teaching_point", parent=school, signed_by_parent=True)
    with time_machine.travel(IN_SEPTEMBER):
        month = month_of(county, SEPTEMBER)
        sign(point, month, make_user(county, Role.CLERK, point), principal)
        head = annex1_facts(forms(point, month)).head

    assert head.principal == "申远志"
    assert f"本校由{school.name}校长签字，加盖该校公章。" in head.footnotes


def test_the_bureau_s_own_columns_are_printed_in_its_order(school, october):
    CountySetting.objects.create(
        county=school.county,
        key="annex2_columns",
        value=[["name", "姓名"], ["kind", "类别"], ["teacher", "教师"]],
    )
    facts = annex2_facts(forms(school, october))

    assert [(column.key, column.title) for column in facts.columns] == [
        ("name", "姓名"),
        ("kind", "类别"),
        ("teacher", "教师"),
    ]


def test_file_names_hold_school_month_form_and_edition(school, october, clerk, principal):
    assert file_name(forms(school, october), 1, "pdf") == f"{school}_2025-10_月报表（一）_草稿.pdf"
    sign(school, october, clerk, principal)
    assert file_name(forms(school, october), 2, "xlsx") == f"{school}_2025-10_月报信息表（二）_第1版.xlsx"


# --- commands ------------------------------------------------------------------------------------------------------


def run(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_compute_return_prints_the_json_that_outside_tools_rely_on(school, october):
    entries = AuditEntry.objects.count()
    said = json.loads(run("compute_return", school=school.code, month="2025-10", json=True))

    assert list(said) == [
        "school",
        "month",
        "edition",
        "status",
        "rule",
        "lines",
        "total",
        "details",
        "problems",
    ]
    assert [line["grade"] for line in said["lines"]] == list(range(1, 10))
    assert said["lines"][2] == {
        "grade": 3,
        "opening": 4,
        "closing": 3,
        "transfer_in": 0,
        "transfer_out": 1,
        "absent": 0,
        "other": 0,
        "remark": "转出1人（孙一）",
    }
    assert said["total"]["closing"] == 35
    assert said["details"] == [
        {
            "seq": 1,
            "name": "孙一",
            "grade": 3,
            "column": "transfer_out",
            "sign": 1,
            "counted": True,
            "kind": "转出",
            "happened_on": "2025-09-20",
            "late_for": None,
        }
    ]
    assert (said["school"], said["month"], said["edition"], said["status"], said["rule"]) == (
        school.code,
        "2025-10",
        1,
        "draft",
        "roll",
    )
    assert said["problems"] == []
    assert AuditEntry.objects.count() == entries and find_return(school, october) is None


def test_compute_return_prints_zeros_where_the_school_lacks_the_grade(county):
    primary = make_school(county, "primary")
    fill(primary)
    said = json.loads(run("compute_return", school=primary.code, month="2025-09", json=True))

    assert said["lines"][8] == {"grade": 9} | dict.fromkeys(FIGURE_KEYS, 0) | {"remark": ""}
    assert said["total"]["closing"] == 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"school": "0000000000", "month": "2025-10"}, "没有标识码为 0000000000 的学校"),
        ({"month": "2025-1"}, "月份“2025-1”不对"),
        ({"month": "2031-10"}, "填报日历里没有 2031-10"),
        ({"month": "2026-02"}, "免报"),
    ],
)
def test_commands_name_what_they_cannot_find(school, options, message):
    with pytest.raises(CommandError, match=message):
        run("compute_return", **({"school": school.code} | options))


@pytest.mark.parametrize(
    ("form", "kind", "start"),
    [(1, "pdf", b"%PDF-"), (1, "xlsx", b"PK"), (2, "pdf", b"%PDF-"), (2, "xlsx", b"PK")],
)
def test_export_form_writes_the_bytes_of_the_download(
    client, school, october, clerk, tmp_path, form, kind, start
):
    target = tmp_path / f"form.{kind}"
    target.write_bytes(b"older")

    said = run("export_form", form=form, school=school.code, month="2025-10", format=kind, output=str(target))

    client.force_login(clerk)
    assert target.read_bytes().startswith(start)
    assert target.read_bytes() == download(client, school, october, form, kind)
    assert "草稿，未签字" in said
    assert list(tmp_path.iterdir()) == [target]
    assert not MonthlyReturn.objects.filter(school=school, period__month=october).exists()


def test_export_form_says_where_it_cannot_write(school, october, tmp_path):
    with pytest.raises(CommandError, match="写不了"):
        run(
            "export_form",
            form=1,
            school=school.code,
            month="2025-10",
            format="xlsx",
            output=str(tmp_path / "missing" / "form.xlsx"),
        )
