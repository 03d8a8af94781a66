"""Papers: stored encrypted, judged one by one, seen by those who may, taken back until a return names them."""

import datetime as dt
import io
import os

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image

from accounts import storage
from accounts.models import AccessLogEntry, AuditEntry, StoredFile
from monitoring.build import content_now
from schools.models import ReportingMonth, Role
from students.actions.absences import start_absence
from students.actions.circumstances import add_circumstance
from students.actions.movements import Fact, record_departure
from students.actions.transfers import begin_transfer_out, confirm_transfer
from students.models import (
    AbsenceKind,
    CircumstanceKind,
    Evidence,
    Movement,
    MovementKind,
    PeriodState,
    RollPeriod,
)
from students.proofs import missing_proofs, pending_proofs
from tests.cast import enrol, make_klass, make_student, make_user
from tests.students.people import logged_in, page

MORNING = "2025-09-25 09:00+08:00"


@pytest.fixture(autouse=True)
def _september(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def klass(school):
    return make_klass(school, 3, 1)


@pytest.fixture
def child(school, klass):
    student = make_student(school.county, "张若溪")
    enrol(student, school, 3, klass=klass)
    return student


@pytest.fixture
def movement(child, clerk):
    fact = Fact(dt.date(2025, 9, 20), "moved", counterpart_text="长治市", evidence_pending=True)
    return record_departure(child, MovementKind.TRANSFER_OUT, fact=fact, actor=clerk)


def photo(colour="red", name="photo.png"):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def pdf(name="proof.pdf", mark=b""):
    body = (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\n%" + mark + b"\n"
        b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"
    )
    return SimpleUploadedFile(name, body, "application/pdf")


def attach(client, fact, *files, kind="转学申请表", of="movement"):
    address = reverse("students:evidence-attach", args=[of, fact.pk])
    return client.post(address, {"kind": kind, "papers": list(files)})


def test_paper_is_stored_encrypted_and_read_back(clerk, movement):
    client, picture = logged_in(clerk), photo()

    answer = attach(client, movement, picture)

    assert answer["Location"] == reverse("students:evidence-list", args=["movement", movement.pk])
    stored = StoredFile.objects.get()
    path = storage.path_of(stored.uuid)
    sealed = path.read_bytes()
    assert path.is_relative_to(settings.MEDIA_ROOT)
    assert path.stat().st_mode & 0o077 == 0
    assert b"PNG" not in sealed
    assert storage.read_bytes(stored).startswith(b"\x89PNG")
    entry = AuditEntry.objects.get(verb="evidence.attach")
    assert entry.changes == {"kind": [None, "转学申请表"], "sha256": [None, stored.sha256]}
    assert entry.student_id == movement.student_id


def test_paper_of_another_name_does_not_open(clerk, movement):
    client = logged_in(clerk)
    attach(client, movement, photo("red"))
    attach(client, movement, photo("blue"), kind="其他材料")
    first, second = StoredFile.objects.order_by("pk")
    storage.path_of(first.uuid).write_bytes(storage.path_of(second.uuid).read_bytes())

    with pytest.raises(storage.FileMissing):
        storage.read_bytes(first)
    answer = client.get(reverse("students:evidence-show", args=[Evidence.objects.first().pk]))
    assert answer.status_code == 503
    assert "文件不在了或已损坏" in answer.content.decode()


def test_mark_goes_when_the_papers_are_complete_and_comes_back(clerk, movement):
    client = logged_in(clerk)
    attach(client, movement, photo())
    movement.refresh_from_db()
    assert movement.evidence_pending
    text = page(client, reverse("students:evidence-list", args=["movement", movement.pk]))
    assert "转入学校接收证明" in text
    assert "待补证明" in text

    attach(client, movement, pdf(), kind="转入学校接收证明")
    movement.refresh_from_db()
    assert not movement.evidence_pending

    second = Evidence.objects.get(kind="转入学校接收证明")
    client.post(reverse("students:evidence-withdraw", args=[second.pk]))
    movement.refresh_from_db()
    assert movement.evidence_pending
    second.refresh_from_db()
    assert second.withdrawn_at
    assert AuditEntry.objects.filter(verb="evidence.withdraw").count() == 1
    assert storage.path_of(second.file.uuid).exists()
    assert client.get(reverse("students:evidence-show", args=[second.pk])).status_code == 404


def test_each_file_is_judged_by_itself(clerk, movement):
    bad = SimpleUploadedFile("证明.pdf", b"<html>not a pdf</html>", "application/pdf")
    empty = SimpleUploadedFile("空.png", b"", "image/png")

    answer = attach(logged_in(clerk), movement, photo("red"), bad, empty, pdf())
    text = answer.content.decode()

    assert answer.status_code == 200
    assert "内容不是 PDF" in text
    assert "是空的" in text
    assert "其他 2 个文件已存好" in text
    assert Evidence.objects.count() == 2
    assert len(list((settings.MEDIA_ROOT / "files").glob("*/*"))) == 2


def test_too_large_file_is_refused_without_the_others(clerk, movement):
    large = SimpleUploadedFile("大.png", b"\x89PNG" + b"0" * (10 * 1024 * 1024 + 1), "image/png")

    text = attach(logged_in(clerk), movement, large, photo()).content.decode()

    assert "超过 10 MB" in text
    assert Evidence.objects.count() == 1


def test_same_paper_twice_is_one(clerk, movement):
    client = logged_in(clerk)
    attach(client, movement, photo())

    text = attach(client, movement, photo()).content.decode()

    assert "已经传过了" in text
    assert Evidence.objects.count() == 1


def test_nothing_chosen_and_wrong_name_are_said(clerk, movement):
    client = logged_in(clerk)

    assert "还没有选文件" in attach(client, movement).content.decode()
    assert not Evidence.objects.exists()
    attach(client, movement, photo(), kind="结婚证")
    assert not Evidence.objects.exists()


def test_number_in_a_file_name_is_not_kept(clerk, movement):
    attach(logged_in(clerk), movement, photo(name="张若溪140499201603120018申请.png"))

    assert StoredFile.objects.get().label == "张若溪＊申请.png"


def test_paper_is_served_apart_and_every_look_is_logged(clerk, movement):
    client = logged_in(clerk)
    attach(client, movement, pdf())
    evidence = Evidence.objects.get()

    for times in (1, 2):
        answer = client.get(reverse("students:evidence-show", args=[evidence.pk]))
        looks = AccessLogEntry.objects.filter(what="证明材料", student_id=movement.student_id)
        assert looks.count() == times

    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="paper-{evidence.pk}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"


def test_who_may_see_and_add_the_papers_of_a_movement(
    county, school, klass, clerk, principal, reviewer, other_clerk, movement
):
    attach(logged_in(clerk), movement, photo())
    evidence = Evidence.objects.get()
    show = reverse("students:evidence-show", args=[evidence.pk])
    listed = reverse("students:evidence-list", args=["movement", movement.pk])
    readers = [
        principal,
        reviewer,
        make_user(county, Role.INSPECTOR),
        make_user(county, Role.CLASS_TEACHER, klass),
    ]
    strangers = [
        other_clerk,
        *(make_user(county, role) for role in (Role.LEADER, Role.ADMINISTRATOR, Role.AUDITOR)),
    ]

    for user in readers:
        client = logged_in(user)
        assert client.get(show).status_code == 200
        assert "上传材料</h2>" not in page(client, listed)
        assert attach(client, movement, photo("blue")).status_code == 403
        assert client.post(reverse("students:evidence-withdraw", args=[evidence.pk])).status_code == 403
    for user in strangers:
        client = logged_in(user)
        assert client.get(show).status_code == 404
        assert client.get(listed).status_code == 404
        assert attach(client, movement, photo("blue")).status_code == 404
        assert client.post(reverse("students:evidence-withdraw", args=[evidence.pk])).status_code == 404
    assert Evidence.objects.count() == 1
    evidence.refresh_from_db()
    assert evidence.withdrawn_at is None


def test_papers_of_poverty_are_hidden_from_the_class_teacher(school, klass, clerk, child):
    circumstance = add_circumstance(child, CircumstanceKind.P5, valid_from=dt.date(2025, 9, 1), actor=clerk)
    attach(logged_in(clerk), circumstance, photo(), kind="低保证", of="circumstance")
    evidence = Evidence.objects.get()
    teacher = logged_in(make_user(school.county, Role.CLASS_TEACHER, klass))

    assert logged_in(clerk).get(reverse("students:evidence-show", args=[evidence.pk])).status_code == 200
    assert teacher.get(reverse("students:evidence-show", args=[evidence.pk])).status_code == 404
    assert (
        teacher.get(reverse("students:evidence-list", args=["circumstance", circumstance.pk])).status_code
        == 404
    )


def test_class_teacher_adds_a_paper_to_an_absence_of_the_class(school, klass, clerk, child):
    spell = start_absence(
        child,
        AbsenceKind.SUSPENSION,
        first_day=dt.date(2025, 9, 10),
        actor=clerk,
        reason_code="illness",
        evidence_pending=True,
    )
    teacher = make_user(school.county, Role.CLASS_TEACHER, klass)

    attach(logged_in(teacher), spell, photo(), kind="休学申请表", of="absence")
    attach(logged_in(teacher), spell, pdf(), kind="县级以上医院证明或相关部门证明", of="absence")

    spell.refresh_from_db()
    assert not spell.evidence_pending
    assert AuditEntry.objects.filter(verb="evidence.attach", capacity__startswith="班主任").count() == 2


def test_papers_are_locked_once_the_month_is_closed(clerk, school, movement):
    client = logged_in(clerk)
    attach(client, movement, photo())
    evidence = Evidence.objects.get()
    RollPeriod.objects.filter(pk=movement.period_id).update(state=PeriodState.CLOSED)

    text = client.post(
        reverse("students:evidence-withdraw", args=[evidence.pk]), follow=True
    ).content.decode()

    assert "10月月报已送签" in text
    assert "不能撤下" in text
    assert reverse("students:evidence-withdraw", args=[evidence.pk]) not in text
    evidence.refresh_from_db()
    assert evidence.withdrawn_at is None
    attach(client, movement, pdf(), kind="转入学校接收证明")
    movement.refresh_from_db()
    assert not movement.evidence_pending


def test_upload_makes_a_page_of_the_open_month_old(clerk, movement):
    before = RollPeriod.objects.get(pk=movement.period_id).revision

    attach(logged_in(clerk), movement, photo())

    assert RollPeriod.objects.get(pk=movement.period_id).revision > before


def test_paper_of_a_transfer_serves_both_halves(clerk, other_clerk, principal, other_school, child):
    transfer = begin_transfer_out(
        child,
        other_school,
        grade=3,
        last_attended_on=dt.date(2025, 9, 18),
        reason_code="moved",
        actor=clerk,
    )
    attach(logged_in(clerk), transfer, photo(), of="transfer")
    with time_machine.travel("2025-09-26 09:00+08:00"):
        halves = confirm_transfer(
            transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 9, 22)
        )

    assert [missing_proofs(half) for half in halves] == [[], []]
    show = reverse("students:evidence-show", args=[Evidence.objects.get().pk])
    assert logged_in(other_clerk).get(show).status_code == 200
    assert logged_in(principal).get(show).status_code == 200


def test_unknown_facts_do_not_exist(clerk, movement):
    client = logged_in(clerk)

    assert client.get(reverse("students:evidence-list", args=["movement", 999999])).status_code == 404
    assert client.get(reverse("students:evidence-list", args=["nothing", movement.pk])).status_code == 404
    assert client.get(reverse("students:evidence-attach", args=["movement", movement.pk])).status_code == 405


# --- the disk -----------------------------------------------------------------------------------------


def test_row_that_is_not_inserted_leaves_no_file(clerk, movement, monkeypatch):
    def fails(*_args, **_kwargs):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(Evidence.objects, "create", fails)

    with pytest.raises(RuntimeError):
        attach(logged_in(clerk), movement, photo())

    assert not StoredFile.objects.exists()
    assert list((settings.MEDIA_ROOT / "files").glob("*/*")) == []


def test_full_disk_is_said_and_nothing_is_half_stored(clerk, movement, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    text = attach(logged_in(clerk), movement, photo()).content.decode()

    assert "磁盘写不进去" in text
    assert not Evidence.objects.exists()
    assert [path for path in (settings.MEDIA_ROOT / "files").glob("*/*") if path.is_file()] == []


def test_sweep_takes_orphans_only_when_they_have_settled(clerk, movement, capsys):
    attach(logged_in(clerk), movement, photo())
    kept = storage.path_of(StoredFile.objects.get().uuid)
    old, young = kept.with_name("0" * 32 + ".sealed"), kept.with_name("1" * 32 + ".sealed")
    part = kept.with_suffix(".part")
    for path in (old, young, part):
        path.write_bytes(b"left over")
    hour_ago = dt.datetime.now(dt.UTC).timestamp() - 7200
    for path in (old, part, kept):
        os.utime(path, (hour_ago, hour_ago))
    os.utime(young, (hour_ago + 7100, hour_ago + 7100))

    call_command("sweep_orphan_files", dry_run=True)
    assert old.exists()
    call_command("sweep_orphan_files")

    assert (old.exists(), part.exists(), young.exists(), kept.exists()) == (False, False, True, True)
    assert "已清理 2 个" in capsys.readouterr().out


def test_sweep_names_rows_without_bytes(clerk, movement):
    attach(logged_in(clerk), movement, photo())
    stored = StoredFile.objects.get()
    storage.remove_bytes(stored.uuid)

    with pytest.raises(CommandError, match=f"编号 {stored.pk}"):
        call_command("sweep_orphan_files")


def test_files_are_written_again_with_a_new_key(clerk, movement, settings):
    attach(logged_in(clerk), movement, photo())
    stored = StoredFile.objects.get()
    plain = storage.read_bytes(stored)
    settings.FIELD_KEYS = "2:" + "33" * 32 + "," + settings.FIELD_KEYS

    assert storage.rewrite_with_current_key() == (1, 0, 0)
    assert storage.rewrite_with_current_key() == (0, 1, 0)
    settings.FIELD_KEYS = "2:" + "33" * 32

    assert storage.read_bytes(stored) == plain


# --- what nags ------------------------------------------------------------------------------------------


def test_facts_past_their_days_are_overdue(clerk, school, child, movement):
    schools = type(school).objects.filter(pk=school.pk)

    assert [proof.fact for proof in pending_proofs(schools, school.county_id)] == [movement]
    assert pending_proofs(schools, school.county_id, overdue_only=True) == []
    with time_machine.travel("2025-10-26 23:30+08:00"):
        assert pending_proofs(schools, school.county_id, overdue_only=True) == []
    with time_machine.travel("2025-10-27 00:30+08:00"):
        late = pending_proofs(schools, school.county_id, overdue_only=True)
        assert [(proof.fact, proof.due_on, proof.is_overdue) for proof in late] == [
            (movement, dt.date(2025, 10, 26), True)
        ]
    Movement.objects.filter(pk=movement.pk).update(voided_at=dt.datetime.now(dt.UTC), voided_by=clerk)
    assert pending_proofs(schools, school.county_id) == []


def test_month_of_the_movement_is_the_one_expected(movement):
    assert movement.period.month == ReportingMonth.objects.get(
        county=movement.school.county, month=dt.date(2025, 10, 1)
    )


def test_papers_of_a_transfer_are_printed_on_annex_2(clerk, other_clerk, school, other_school, child):
    transfer = begin_transfer_out(
        child,
        other_school,
        grade=3,
        last_attended_on=dt.date(2025, 9, 18),
        reason_code="moved",
        actor=clerk,
    )
    confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 9, 22))
    october = ReportingMonth.objects.get(county=school.county, month=dt.date(2025, 10, 1))
    books = RollPeriod.objects.filter(month=october).order_by("pk")
    revisions = list(books.values_list("revision", flat=True))

    attach(logged_in(other_clerk), transfer, photo(), of="transfer")

    for place in (school, other_school):
        (row,) = content_now(place, october, None).rows
        assert row.printed["evidence"] == "有：转学申请表"
    after = books.values_list("revision", flat=True)
    assert [new - old for new, old in zip(after, revisions, strict=True)] == [1, 1]
