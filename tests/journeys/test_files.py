"""Files that people bring: a roster with errors, and the month's sheet filled without a network."""

import datetime as dt
import io

import pytest
import time_machine
from openpyxl import load_workbook

from students.models import Enrolment, Movement
from tests.cast import fill
from tests.reports.test_offline_sheet import filled, leaving
from tests.roster_files import child, short_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def second_of_september():
    with time_machine.travel("2025-09-02 09:00+08:00", tick=True):
        yield


def upload(page, content, name="学生花名册.xlsx"):
    page.goto("/students/roster/")
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="上传并核对").click()
    page.wait_for_url("**/roster/*-*/")


def confirm(page, rows):
    page.get_by_role("button", name=f"导入 {rows} 行").or_(
        page.get_by_role("link", name=f"导入 {rows} 行")
    ).first.click()
    page.wait_for_load_state("load")
    if page.url.endswith("/confirm/"):
        for box in page.locator("main input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name=f"导入 {rows} 行").click()
    page.get_by_text("已完成").first.wait_for()


def test_roster_is_imported_after_its_errors_are_mended(page_for, school, clerk):
    good, wrong = [child(number) for number in (1, 2)], child(3)
    number = wrong["身份证件号"]
    wrong["身份证件号"] = number[:-1] + ("1" if number[-1] != "1" else "2")
    page = page_for(clerk)

    upload(page, short_file([*good, wrong]))
    page.get_by_text("末位校验").first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有错的行").first.click()
    marked = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert "问题" in [cell.value for row in marked.active.iter_rows() for cell in row]

    upload(page, short_file([child(number) for number in (1, 2, 3)]))
    confirm(page, 3)
    assert Enrolment.objects.filter(school=school, base_grade__isnull=False).count() == 3

    upload(page, short_file([child(number) for number in (1, 2, 3)]))
    page.get_by_text("文件与名册完全一致").first.wait_for()
    assert Enrolment.objects.filter(school=school).count() == 3


def test_wrong_file_is_refused_with_its_reason(page_for, school, clerk):
    page = page_for(clerk)
    page.goto("/students/roster/")
    page.locator("input[type=file]").set_input_files(
        {"name": "花名册.xlsx", "mimeType": "application/octet-stream", "buffer": b"%PDF-1.7\n%%EOF"}
    )
    page.get_by_role("button", name="上传并核对").click()

    assert "PDF" in page.locator(".errmsg").first.inner_text()


def test_offline_sheet_goes_out_and_comes_back(page_for, school, clerk):
    children = fill(school)
    page = page_for(clerk)
    page.goto("/offline/")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 2025年9月").click()
    content = filled(download.value.path().read_bytes(), leaving(children[3][0], day=dt.date(2025, 9, 1)))

    page.goto("/offline/")
    page.locator("input[type=file]").set_input_files(
        {"name": "离线表.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="上传").click()
    page.get_by_role("button", name="确认登记 1 行").click()
    page.wait_for_load_state("load")

    assert Movement.objects.get().student == children[3][0]
