import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from students.models import Enrolment, RosterImport, Student
from tests.roster_files import child, layout_file, short_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def autumn(time_machine):
    time_machine.move_to("2025-09-20 09:00+08:00", tick=False)


def post_file(client, school, content, name="名册.xlsx"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("students:roster-upload"), {"school": school.pk, "file": file})


def act(client, row, step, **said):
    row.refresh_from_db()
    return client.post(
        reverse(f"students:roster-{step}", args=[row.uuid]),
        {"seen_revision": row.revision, **said},
        follow=True,
    )


def test_clerk_uploads_checks_and_imports(client, school, clerk):
    client.force_login(clerk)
    response = post_file(
        client, school, layout_file("C", [child(n, n % 9 + 1) for n in range(30)], school=school)
    )
    row = RosterImport.objects.get()
    assert response.url == reverse("students:roster-detail", args=[row.uuid])

    page = client.get(response.url)
    assert "现在还没有写入任何数据" in page.text
    assert "导入 30 行" in page.text
    assert not Student.objects.exists()
    done = act(client, row, "confirm")

    assert "已导入：新增 30" in done.text
    assert Enrolment.objects.filter(school=school).count() == 30


def test_every_tab_of_a_nasty_file_shows(client, school, clerk):
    client.force_login(clerk)
    children = [
        child(1, 1),
        child(2, 1, 身份证件号="1.40425E+17"),
        child(3, 1, 性别="M", 班号="(2)"),
        child(4, 1, 姓名="赵 一"),
        child(5, 1, 身份证件号=""),
        child(6, 8, born=child(6, 1).pop("x", None) or __import__("datetime").date(2018, 10, 1)),
    ]
    response = post_file(client, school, short_file(children))
    for tab in ("", "errors", "new", "changed", "missing", "same", "notes"):
        page = client.get(response.url, {"view": tab})
        assert page.status_code == 200
