import subprocess

import pytest

from accounts.models import StoredFile
from accounts.storage import folder, read_bytes
from accounts.workflow import NotPermitted, StalePage, StepRefused
from monitoring.models import MonthlyReturn, ReturnState
from reports.models import Certificate, SealCounter, SealedDocument, SealUse, SigningKey
from reports.queries.trust import trusted_roots
from reports.sealing.verify import examine
from tests.reports.sealing.rooms import seal, submit

pytestmark = pytest.mark.django_db


def examined(document):
    return examine(read_bytes(document.sealed_file), *trusted_roots())


def test_submitting_certifies_both_forms_with_the_fillers_key(submitted, clerk):
    documents = list(SealedDocument.objects.order_by("pk"))
    assert [document.form for document in documents] == ["annex1", "annex2"]
    for document in documents:
        assert document.sealed_file is None
        found = examine(read_bytes(document.certified_file), *trusted_roots())
        assert [signature.field for signature in found.signatures] == ["filler"]
        assert found.intact
        assert found.trusted
        assert found.codes == (document.code,)
        assert document.filler_certificate.holder == clerk
        assert document.text_hash == document.frozen.hash


def test_signing_adds_seal_and_principal_and_covers_the_whole_file(sealed, school):
    for document in sealed:
        found = examined(document)
        assert [signature.field for signature in found.signatures] == ["filler", "seal", "principal"]
        assert [signature.signer for signature in found.signatures] == [
            "郭晓燕",
            f"{school.name}（电子章）",
            "申远志",
        ]
        assert found.intact
        assert found.trusted
        assert [signature.covers_whole_file for signature in found.signatures] == [False, False, True]
        assert document.sealed_sha256 == document.sealed_file.sha256


def test_sealing_signs_the_return_and_enters_the_book(sealed, submitted, clerk, principal):
    assert MonthlyReturn.objects.get(pk=submitted.pk).state == ReturnState.SIGNED
    uses = list(SealUse.objects.order_by("number"))
    assert [use.number for use in uses] == [1, 2]
    assert {use.document_sha256 for use in uses} == {document.sealed_sha256 for document in sealed}
    assert {(use.asked_by, use.used_by_name) for use in uses} == {(clerk, "申远志")}
    assert SealCounter.objects.get().last == 2


def test_poppler_agrees_that_all_three_signatures_are_valid(sealed, tmp_path):
    path = tmp_path / "form.pdf"
    path.write_bytes(read_bytes(sealed[0].sealed_file))
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid") == 3
    assert said.count("- Total document signed") == 1


def test_without_an_authority_the_return_is_signed_as_a_record(school, month, clerk, principal):
    monthly_return = submit(school, month, clerk)
    assert seal(monthly_return, principal) == []
    assert MonthlyReturn.objects.get().state == ReturnState.SIGNED
    assert not Certificate.objects.exists()


def test_only_the_schools_own_people_submit_and_sign(
    room, school, month, clerk, other_clerk, other_principal
):
    with pytest.raises(NotPermitted):
        submit(school, month, other_clerk)
    monthly_return = submit(school, month, clerk)
    with pytest.raises(NotPermitted):
        seal(monthly_return, other_principal)
    assert not SealUse.objects.exists()


def test_a_page_that_is_old_seals_nothing_and_leaves_no_file(submitted, principal):
    before = set(folder().glob("*/*"))
    MonthlyReturn.objects.filter(pk=submitted.pk).update(revision=submitted.revision + 1)
    with pytest.raises(StalePage):
        seal(submitted, principal)
    assert set(folder().glob("*/*")) == before
    assert not SealUse.objects.exists()
    assert not SealCounter.objects.filter(last__gt=0).exists()


def test_two_presses_seal_once(submitted, principal, monkeypatch):
    from reports.actions import sealing

    first = sealing._sealed
    pressed = []

    def pressed_meanwhile(*arguments):
        if not pressed:
            pressed.append(True)
            seal(MonthlyReturn.objects.get(pk=submitted.pk), principal)
        return first(*arguments)

    monkeypatch.setattr(sealing, "_sealed", pressed_meanwhile)
    with pytest.raises(StalePage):
        seal(submitted, principal)
    assert SealUse.objects.count() == 2
    assert StoredFile.objects.count() == 4


def test_a_full_disk_leaves_everything_as_it_was(submitted, principal, monkeypatch):
    from accounts import storage

    monkeypatch.setattr(storage, "_put", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(StepRefused, match="磁盘"):
        seal(submitted, principal)
    assert MonthlyReturn.objects.get(pk=submitted.pk).state == ReturnState.SUBMITTED
    assert not SealUse.objects.exists()


def test_a_failure_at_the_very_end_takes_number_and_files_back(submitted, principal, monkeypatch):
    from reports.actions import sealing

    def fails(*_, **__):
        raise RuntimeError("power")

    before = set(folder().glob("*/*"))
    monkeypatch.setattr(sealing, "enter_use", fails)
    with pytest.raises(RuntimeError):
        seal(submitted, principal)
    monkeypatch.undo()
    assert set(folder().glob("*/*")) == before
    seal(MonthlyReturn.objects.get(pk=submitted.pk), principal)
    assert [use.number for use in SealUse.objects.order_by("number")] == [1, 2]


def test_another_environment_key_says_so_and_seals_nothing(submitted, principal, settings):
    settings.FIELD_KEYS = "2:" + "33" * 32
    with pytest.raises(StepRefused, match="密钥"):
        seal(submitted, principal)
    assert not SealUse.objects.exists()


def test_a_new_password_destroys_the_key_and_gives_a_new_certificate(sealed, school, clerk, principal):
    from accounts.actions import reset_password

    old = Certificate.objects.get(holder=principal)
    reset_password(principal, actor=None)
    key = SigningKey.objects.get(certificate=old)
    assert key.destroyed_at is not None
    assert key.sealed == ""
    old.refresh_from_db()
    assert not old.is_current
    assert old.revoked_at is None
    assert examined(sealed[0]).trusted


def test_a_wrong_password_does_not_open_the_key_of_another_person(submitted, principal, clerk):
    from reports.actions.certificates import key_of_person

    with_right = key_of_person(clerk, "correct horse staple")
    assert with_right.row == Certificate.objects.get(holder=clerk)
    again = key_of_person(clerk, "what the new one is")
    assert again.row != with_right.row
    assert SigningKey.objects.get(certificate=with_right.row).destroyed_at is not None
