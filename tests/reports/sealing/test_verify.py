import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.sandbox import FileProblem
from accounts.storage import read_bytes
from monitoring.actions.reviewing import accept_return, reopen_return, send_back_as_bureau
from monitoring.models import FrozenLine, MonthlyReturn
from reports.actions.certificates import revoke_certificate
from reports.models import SealedDocument
from reports.queries.standing import Answer, standing_of
from reports.sealing import authority, verify
from reports.sealing.authority import Signer
from reports.sealing.drawing import Drawing
from reports.verifying import find_by_code, verify_file
from tests.conftest import triggers_lifted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def within_this_process(monkeypatch, request):
    """A child for each file would cost a second; the tests that are about the child keep it."""
    if "child" not in request.keywords:
        monkeypatch.setattr(
            "reports.verifying.run_limited", lambda _path, *arguments, **_: verify.examine(*arguments)
        )


@pytest.fixture
def original(sealed):
    return read_bytes(sealed[0].sealed_file)


def fresh(monthly_return):
    return MonthlyReturn.objects.get(pk=monthly_return.pk)


def accepted(monthly_return, reviewer):
    now = fresh(monthly_return)
    accept_return(now, actor=reviewer, seen_revision=now.revision)
    return now


# --- the six answers -----------------------------------------------------------------------------------------------


def test_a_signed_form_waits_and_an_accepted_one_is_valid(original, submitted, reviewer):
    waiting = verify_file(original)
    assert waiting.answer == Answer.WAITING
    accepted(submitted, reviewer)
    valid = verify_file(original)
    assert valid.answer == Answer.VALID
    assert valid.intact
    assert valid.trusted
    assert valid.standing.in_force
    assert [(one.name, one.role, one.good) for one in valid.signatures] == [
        ("郭晓燕", "填表人签字", True),
        (valid.document.school.name, "学校印章", True),
        ("申远志", "校长签字", True),
    ]


def test_sent_back_by_the_bureau_it_is_returned(original, submitted, reviewer):
    now = fresh(submitted)
    send_back_as_bureau(now, actor=reviewer, seen_revision=now.revision, reason="三年级不对", marks=[])
    assert verify_file(original).answer == Answer.RETURNED


def test_reopened_it_stays_valid_until_the_new_edition_is_accepted(original, submitted, reviewer):
    now = accepted(submitted, reviewer)
    now = fresh(now)
    reopen_return(now, actor=reviewer, seen_revision=now.revision, reason="漏报一人")
    verdict = verify_file(original)
    assert verdict.answer == Answer.VALID
    assert "重开" in verdict.message


def test_replaced_it_says_by_which_edition(sealed, submitted, reviewer):
    from monitoring.models import Edition

    accepted(submitted, reviewer)
    first = Edition.objects.get(in_force=True)
    Edition.objects.filter(pk=first.pk).update(in_force=False)
    Edition.objects.create(
        monthly_return=first.monthly_return,
        number=2,
        frozen=None,
    )
    second = Edition.objects.get(number=2)
    with triggers_lifted():
        from monitoring.models import FrozenReturn

        text = FrozenReturn.objects.get(pk=first.frozen_id)
        text.pk, text.uuid, text.edition = None, __import__("uuid").uuid4(), second
        text.save(force_insert=True)
    Edition.objects.filter(pk=second.pk).update(in_force=True, frozen=text, accepted_at=timezone.now())
    standing = standing_of(find_by_code(sealed[0].short))
    assert standing.label == "已被第2版取代"


def test_rows_that_no_longer_give_the_hash_break_the_seal(original, sealed):
    with triggers_lifted():
        FrozenLine.objects.filter(frozen=sealed[0].frozen, grade=1).update(remark="后来改的")
    assert verify_file(original).answer == Answer.ALTERED


def test_a_stranger_is_unknown():
    import weasyprint

    verdict = verify_file(weasyprint.HTML(string="<p>别处的文件").write_pdf())
    assert verdict.answer == Answer.UNKNOWN
    assert verdict.document is None


# --- tampering ------------------------------------------------------------------------------------------------------


def regions(pdf):
    """Offsets in every part of the file: each revision's objects, tables and trailers, each signature and its hole."""
    ends = [found.end() for found in re.finditer(rb"%%EOF", pdf)]
    holes = [found.start() + 12 for found in re.finditer(rb"/Contents <30", pdf)]
    tables = [found.start() + 3 for found in re.finditer(rb"startxref|xref|trailer", pdf)]
    spread = range(0, len(pdf), len(pdf) // 40)
    return sorted({*spread, *(end - 2 for end in ends), *holes, *tables})


def test_one_changed_byte_anywhere_is_found(original, submitted, reviewer):
    accepted(submitted, reviewer)
    assert verify_file(original).answer == Answer.VALID
    places = regions(original)
    assert len(places) > 45
    for place in places:
        altered = bytearray(original)
        altered[place] ^= 0x01
        try:
            verdict = verify_file(bytes(altered))
        except FileProblem:
            continue
        assert verdict.answer in (Answer.ALTERED, Answer.UNKNOWN), place
        assert not verdict.standing.in_force


def test_a_changed_figure_is_called_altered_and_names_the_document(original, sealed):
    place = original.index(b"stream") + 200
    altered = original[:place] + bytes([original[place] ^ 1]) + original[place + 1 :]
    verdict = verify_file(altered)
    assert verdict.answer == Answer.ALTERED
    assert verdict.document == sealed[0]
    assert not verdict.intact


def test_a_page_added_after_signing_is_altered(original):
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import PageObject

    writer = IncrementalPdfFileWriter(io.BytesIO(original))
    old = PdfFileReader(io.BytesIO(original)).root["/Pages"]["/Kids"][0]
    writer.insert_page(
        PageObject(
            contents=writer.add_object(__import__("pyhanko").pdf_utils.generic.StreamObject(stream_data=b"")),
            media_box=(0, 0, 595, 842),
        )
    )
    out = io.BytesIO()
    writer.write(out)
    verdict = verify_file(out.getvalue())
    assert old is not None
    assert verdict.answer == Answer.ALTERED
    assert not verdict.intact


def test_a_removed_signature_is_altered(original):
    ends = [found.end() for found in re.finditer(rb"%%EOF\r?\n?", original)]
    for end in ends[:-1]:
        verdict = verify_file(original[:end])
        assert verdict.answer == Answer.ALTERED, end


def test_a_foreign_authority_of_the_same_name_is_not_trusted(sealed, county):
    from reports.sealing import sign

    now = timezone.now()
    root = authority.make_root(county.name, county.bureau_name, now)
    issuing = authority.make_issuing(root, county.name, county.bureau_name, now)
    chain = (issuing.certificate, root.certificate)
    pdf = read_bytes(sealed[0].certified_file)
    for field, name in (("seal", sealed[0].seal.name), ("principal", "申远志")):
        forged = authority.issue(issuing, county.bureau_name, name, now)
        pdf = sign.sign(
            pdf,
            field,
            Signer(forged.certificate, forged.key, chain),
            drawing=Drawing(50, 20),
            reason="",
            address="",
        )
    verdict = verify_file(pdf)
    assert verdict.answer == Answer.ALTERED
    assert verdict.intact
    assert not verdict.trusted
    assert [one.good for one in verdict.signatures] == [True, False, False]


def test_the_bytes_that_wait_for_the_principal_are_not_a_document(submitted):
    certified = read_bytes(SealedDocument.objects.first().certified_file)
    assert verify_file(certified).answer in (Answer.ALTERED, Answer.UNKNOWN)


def test_revoked_before_signing_is_refused_and_revoked_later_is_not(original, sealed, administrator):
    certificate = sealed[0].signer_certificate
    revoke_certificate(certificate, actor=administrator, reason="手机丢失", blocks=True)
    assert verify_file(original).answer == Answer.WAITING
    type(certificate).objects.filter(pk=certificate.pk).update(
        revoked_at=sealed[0].sealed_at - timezone.timedelta(hours=1)
    )
    verdict = verify_file(original)
    assert verdict.answer == Answer.ALTERED
    assert not verdict.trusted


# --- limits, page, command -------------------------------------------------------------------------------------------


@pytest.mark.child
def test_the_limited_child_gives_the_same_answer(original):
    assert verify_file(original).answer == Answer.WAITING


@pytest.mark.child
def test_a_long_file_is_refused_and_garbage_is_unknown():
    import weasyprint

    long = weasyprint.HTML(string="<p style='break-after:page'>x" * 21).write_pdf()
    with pytest.raises(FileProblem, match="超过 20 页"):
        verify_file(long)
    assert verify_file(b"%PDF-1.7\n" + b"\x00garbage" * 1000).answer == Answer.UNKNOWN


def test_other_kinds_and_sizes_are_refused():
    with pytest.raises(FileProblem, match="不是 PDF"):
        verify_file(b"\xff\xd8\xff\xe0 a photo")
    with pytest.raises(FileProblem, match="超过 10 MB"):
        verify_file(b"%PDF-1.7" + b" " * (10 * 1024 * 1024))


def upload(content, name="form.pdf"):
    return Client().post(
        reverse("reports:verify"), {"file": SimpleUploadedFile(name, content, "application/pdf")}
    )


def test_the_page_answers_strangers_without_figures_or_names_of_children(
    original, submitted, reviewer, school
):
    accepted(submitted, reviewer)
    page = upload(original).content.decode()
    assert "文件是真的，没有被改动，是现行有效版本" in page
    assert school.name in page
    assert "郭晓燕" in page
    assert "赵一" not in page
    assert ">18<" not in page


def test_the_page_keeps_nothing(original, sealed):
    from accounts.models import AuditEntry, StoredFile

    before = StoredFile.objects.count(), AuditEntry.objects.count()
    assert upload(original).status_code == 200
    assert (StoredFile.objects.count(), AuditEntry.objects.count()) == before


def test_codes_from_paper_lead_to_the_books(sealed, client):
    document = sealed[0]
    typed = client.get(
        reverse("reports:verify"), {"code": f" {document.short[:4]}-{document.short[4:]} ".lower()}
    )
    assert typed.status_code == 302
    page = client.get(typed.url).content.decode()
    assert document.title in page
    assert "已签待审" in page
    scanned = client.get(f"/v/{document.code}?p=1/{document.pages}").content.decode()
    assert "您扫的是第 1 页" in scanned


def test_unknown_and_unsigned_codes_are_not_there(submitted, client):
    waiting = SealedDocument.objects.first()
    assert client.get(f"/v/{waiting.code}").status_code == 404
    assert client.get("/v/" + "0" * 26).status_code == 404
    assert client.get("/v/short").status_code == 404
    assert client.get(reverse("reports:verify"), {"code": "abc"}).status_code == 422


def test_a_bad_upload_is_answered_with_a_sentence(db):
    assert "还没有选文件" in Client().post(reverse("reports:verify")).content.decode()
    answer = upload(b"nothing like it")
    assert answer.status_code == 422
    assert "不是 PDF 文件" in answer.content.decode()


def test_asking_too_often_is_refused_for_a_minute(client, monkeypatch, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    monkeypatch.setattr("reports.rate.time.time", lambda: 1_800_000_000)
    answers = [client.get("/v/" + "0" * 26).status_code for _ in range(32)]
    assert answers[:30] == [404] * 30
    assert answers[30:] == [429] * 2


def test_the_command_says_the_same(original, tmp_path, capsys):
    path = tmp_path / "form.pdf"
    path.write_bytes(original)
    call_command("verify_document", str(path), "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["state"] == "已签待审"
    assert said["intact"] is True
    assert said["trusted"] is True
    assert said["in_force"] is False
    assert [one["role"] for one in said["signatures"]] == ["填表人签字", "学校印章", "校长签字"]
    path.write_bytes(original + b" ")
    with pytest.raises(SystemExit):
        call_command("verify_document", str(path), "--json")
    assert json.loads(capsys.readouterr().out)["state"] == "被改动"
    with pytest.raises(CommandError, match="读不了"):
        call_command("verify_document", str(tmp_path / "none.pdf"))
