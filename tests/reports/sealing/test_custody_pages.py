import datetime as dt
import io
import json

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageDraw

from accounts.models import AuditEntry
from accounts.storage import read_bytes
from accounts.workflow import StepRefused
from reports.models import Certificate, HandSignature, KeySource, Seal, SealUse
from reports.queries.trust import trusted_roots
from reports.sealing import appearance, authority
from reports.sealing.verify import examine
from schools.models import Role
from tests.cast import PASSWORD, make_user
from tests.reports.sealing.rooms import seal

pytestmark = pytest.mark.django_db


def page(client, user, view, *args, **query):
    client.force_login(user, backend="accounts.backends.AccountBackend")
    return client.get(reverse(f"reports:{view}", args=args), query)


def press(client, user, view, *args, **values):
    client.force_login(user, backend="accounts.backends.AccountBackend")
    return client.post(reverse(f"reports:{view}", args=args), values)


def red_seal():
    picture = Image.new("RGB", (500, 500), (250, 248, 240))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 40, 460, 460), outline=(200, 30, 40), width=14)
    draw.polygon([(250, 150), (300, 300), (170, 210), (330, 210), (200, 300)], fill=(205, 35, 40))
    draw.text((100, 20), "black print", fill=(20, 20, 20))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def black_signature():
    picture = Image.new("RGB", (900, 400), (235, 232, 225))
    draw = ImageDraw.Draw(picture)
    draw.line((120, 300, 300, 90, 420, 320, 700, 120), fill=(25, 25, 35), width=14)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


# --- the book ---------------------------------------------------------------------------------------------------------


def test_the_register_shows_each_use_to_the_school_and_not_to_others(
    client, sealed, principal, other_principal
):
    shown = page(client, principal, "seal-register").content.decode()
    year = timezone.localdate().year
    assert f"{year}-0001" in shown
    assert f"{year}-0002" in shown
    assert "已签待审" in shown
    assert reverse("reports:seal-detail", args=[sealed[0].school_id]) in shown
    elsewhere = page(client, other_principal, "seal-register").content.decode()
    assert "没有用印记录" in elsewhere
    assert page(client, other_principal, "seal-detail", sealed[0].school_id).status_code == 404


def test_leaders_have_no_register(client, sealed, leader):
    assert page(client, leader, "seal-register").status_code == 403


def test_the_register_filters_by_month_and_explains_a_bad_one(client, sealed, principal):
    assert "没有用印记录" in page(client, principal, "seal-register", month="2001-01").content.decode()
    assert "读不懂" in page(client, principal, "seal-register", month="13月").content.decode()


def test_the_month_of_a_book_prints(client, sealed, principal, school):
    from pypdf import PdfReader

    today = timezone.localdate()
    answer = page(client, principal, "seal-register-file", school.pk, today.year, today.month)
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert f"{today.year}-0002" in text
    assert "保管人签字" in text
    assert page(client, principal, "seal-register-file", school.pk, today.year, 13).status_code == 404


def test_the_register_takes_the_same_number_of_queries(
    client, sealed, principal, django_assert_max_num_queries
):
    page(client, principal, "seal-register")
    with django_assert_max_num_queries(30):
        page(client, principal, "seal-register")


# --- the seal ----------------------------------------------------------------------------------------------------------


def test_the_principal_names_a_custodian_who_is_neither_signer_nor_filler(
    client, sealed, school, principal, clerk
):
    keeper = make_user(school.county, Role.HOME_TEACHER, school, name="王保管")
    press(client, principal, "seal-custodian", school.pk, custodian=keeper.pk)
    assert Seal.objects.get().custodian == keeper
    press(client, principal, "seal-custodian", school.pk, custodian=clerk.pk)
    assert Seal.objects.get().custodian == keeper
    press(client, principal, "seal-custodian", school.pk, custodian=clerk.pk, waiver="全校只有两名教师")
    assert Seal.objects.get().custodian == clerk
    assert AuditEntry.objects.filter(verb="seal.custodian").count() == 2


def test_only_the_principal_keeps_the_seal(client, sealed, school, clerk, reviewer):
    for person in (clerk, reviewer):
        answer = press(client, person, "seal-scan", school.pk, password=PASSWORD)
        assert answer.status_code == 403
    assert Seal.objects.count() == 1


def test_a_scanned_seal_is_cut_from_its_paper_and_used(client, submitted, school, principal):
    picture = SimpleUploadedFile("seal.png", red_seal(), "image/png")
    answer = press(client, principal, "seal-scan", school.pk, password=PASSWORD, picture=picture)
    assert answer.status_code == 302, answer.content.decode()
    document = seal(submitted, principal)[0]
    assert document.seal.has_picture
    found = examine(read_bytes(document.sealed_file), *trusted_roots())
    assert found.intact


def test_background_and_print_leave_nothing_of_a_scan():
    cut = Image.open(io.BytesIO(appearance.seal_of_scan(red_seal())))
    assert cut.mode == "RGBA"
    assert cut.getpixel((2, 2))[3] == 0
    assert cut.getchannel("A").getextrema()[1] == 255
    assert cut.width == cut.height


@pytest.mark.parametrize("colour", [(255, 255, 255), (20, 20, 20)])
def test_a_picture_without_red_is_no_seal(client, sealed, school, principal, colour):
    out = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(out, "PNG")
    picture = SimpleUploadedFile("seal.png", out.getvalue(), "image/png")
    answer = press(client, principal, "seal-scan", school.pk, password=PASSWORD, picture=picture)
    assert "没有找到公章" in answer.content.decode()
    assert not Seal.objects.get().has_picture


def test_a_new_seal_ends_the_old_one_and_numbers_start_anew(client, sealed, school, principal):
    assert (
        press(client, principal, "seal-restart", school.pk, password=PASSWORD, reason="学校更名").status_code
        == 302
    )
    old, new = Seal.objects.order_by("pk")
    assert (old.ended_because, new.ended_on) == ("学校更名", None)
    assert SealUse.objects.filter(seal=old).count() == 2
    shown = page(client, principal, "seal-detail", school.pk).content.decode()
    assert "学校更名" in shown


def test_without_a_seal_in_use_nothing_is_sealed(client, submitted, sealed_later, principal):
    with pytest.raises(StepRefused, match="已停用"):
        seal(submitted, principal)
    assert not SealUse.objects.exists()


@pytest.fixture
def sealed_later(client, school, principal):
    from reports.actions.seals import end_seal, seal_in_use

    end_seal(seal_in_use(school), actor=principal, because="原章遗失")


# --- one's own signature -------------------------------------------------------------------------------------------


def strokes(points=12):
    return json.dumps({"strokes": [[[n * 50, 100 + n * 7] for n in range(points)]], "aspect": 3})


def test_a_written_signature_is_kept_and_drawn(client, submitted, principal):
    press(client, principal, "signature-strokes", strokes=strokes())
    assert HandSignature.objects.get().user == principal
    found = examine(read_bytes(seal(submitted, principal)[0].sealed_file), *trusted_roots())
    assert found.intact
    shown = page(client, principal, "signature-detail").content.decode()
    assert "已存手写签名（手写" in shown
    press(client, principal, "signature-forget")
    assert not HandSignature.objects.exists()


@pytest.mark.parametrize("sent", ["", "nonsense", "[]", '{"strokes": [[["a", 1]]], "aspect": 3}', strokes(2)])
def test_strokes_that_are_none_are_refused(client, county, principal, sent):
    answer = press(client, principal, "signature-strokes", strokes=sent)
    assert answer.status_code == 302
    assert not HandSignature.objects.exists()


def test_a_scanned_signature_is_cut_from_its_paper(client, submitted, principal):
    picture = SimpleUploadedFile("name.jpg", black_signature(), "image/jpeg")
    answer = press(client, principal, "signature-scan", password=PASSWORD, picture=picture)
    assert answer.status_code == 302, answer.content.decode()
    assert HandSignature.objects.get().is_scan
    found = examine(read_bytes(seal(submitted, principal)[0].sealed_file), *trusted_roots())
    assert found.intact


# --- certificates -------------------------------------------------------------------------------------------------


def test_the_administrator_revokes_and_allows_again(
    client, sealed, submitted, principal, administrator, clerk
):
    certificate = Certificate.objects.get(holder=principal)
    assert page(client, clerk, "certificate-list").status_code == 403
    shown = page(client, administrator, "certificate-list").content.decode()
    assert "申远志" in shown
    press(
        client, administrator, "certificate-revoke", certificate.pk,
        password=PASSWORD, reason="手机丢失", blocks="on",
    )  # fmt: skip
    certificate.refresh_from_db()
    assert certificate.revoked_because == "手机丢失"
    from reports.actions.certificates import key_of_person

    with pytest.raises(StepRefused, match="手机丢失"):
        key_of_person(principal, PASSWORD)
    press(client, administrator, "certificate-allow", certificate.pk)
    assert key_of_person(principal, PASSWORD).row != certificate


def test_the_revocation_list_names_what_was_revoked(client, sealed, principal, administrator):
    from cryptography import x509

    certificate = Certificate.objects.get(holder=principal)
    press(client, administrator, "certificate-revoke", certificate.pk, password=PASSWORD, reason="已调离")
    answer = page(client, administrator, "revocation-list")
    crl = x509.load_der_x509_crl(answer.content)
    assert crl.get_revoked_certificate_by_serial_number(int(certificate.serial, 16)) is not None
    assert b"BEGIN CERTIFICATE" in page(client, administrator, "root-certificate").content


def p12_of_another_authority(name="申远志", password=b"p12 secret", years_ago=0):
    now = timezone.now() - dt.timedelta(days=366 * years_ago)
    root = authority.make_root("持牌", "某持牌认证机构", now)
    issuing = authority.make_issuing(root, "持牌", "某持牌认证机构", now)
    issued = authority.issue(issuing, "某校", name, now)
    return pkcs12.serialize_key_and_certificates(
        b"k", issued.key, issued.certificate, [root.certificate, issuing.certificate],
        BestAvailableEncryption(password),
    )  # fmt: skip


def import_it(client, user, content, p12_password="p12 secret"):
    file = SimpleUploadedFile("me.p12", content, "application/x-pkcs12")
    return press(client, user, "key-import", password=PASSWORD, p12=file, p12_password=p12_password)


def test_an_imported_certificate_signs_and_is_trusted(client, submitted, principal):
    assert import_it(client, principal, p12_of_another_authority()).status_code == 302
    document = seal(submitted, principal)[0]
    assert document.signer_certificate.source == KeySource.IMPORTED
    found = examine(read_bytes(document.sealed_file), *trusted_roots())
    assert found.intact
    assert found.trusted


def test_a_bad_p12_says_what_is_wrong(client, room, principal):
    assert "口令不对" in import_it(client, principal, p12_of_another_authority(), "wrong").content.decode()
    assert "口令不对" in import_it(client, principal, b"not a file").content.decode()
    assert (
        "现在不能用" in import_it(client, principal, p12_of_another_authority(years_ago=5)).content.decode()
    )
    assert not Certificate.objects.exists()


def test_an_expired_import_is_refused_with_a_way_out(client, submitted, principal):
    import_it(client, principal, p12_of_another_authority())
    Certificate.objects.filter(holder=principal).update(valid_until=timezone.now() - dt.timedelta(days=1))
    with pytest.raises(StepRefused, match="到期"):
        seal(submitted, principal)
    assert not SealUse.objects.exists()


def test_an_own_certificate_that_expired_is_replaced(sealed, principal):
    from reports.actions.certificates import key_of_person

    old = Certificate.objects.get(holder=principal)
    Certificate.objects.filter(pk=old.pk).update(valid_until=timezone.now() - dt.timedelta(days=1))
    assert key_of_person(principal, PASSWORD).row != old


def test_no_page_gives_out_a_picture_of_seal_or_signature(
    client, submitted, sealed, school, principal, administrator
):
    from reports.urls import urlpatterns

    views = (
        "seal-detail",
        "seal-scan",
        "seal-restart",
        "signature-detail",
        "signature-scan",
        "seal-register",
    )
    assert set(views) <= {pattern.name for pattern in urlpatterns}
    for view in views:
        args = [school.pk] if view.startswith("seal-") and view != "seal-register" else []
        for person in (principal, administrator):
            answer = page(client, person, view, *args)
            assert b"data:image" not in answer.content
            assert not answer.get("Content-Type", "").startswith("image/")
