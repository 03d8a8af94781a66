"""Certificates of people and seals: issued when first needed, renewed, imported, revoked; and the keys they open."""

import base64
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cryptography import x509
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.encryption import DecryptionError
from accounts.models import User
from accounts.wording import cn_date
from accounts.workflow import NotPermitted, StepRefused
from reports.actions.authority import LOCKED_OUT, chain_above, issuing_of
from reports.models import Certificate, HolderKind, KeySource, SigningKey
from reports.permissions import may_keep_certificates
from reports.queries.trust import block_on, chain_of, current_certificate
from reports.sealing.authority import (
    Imported,
    Issued,
    PrivateKey,
    Signer,
    fingerprint,
    from_pem,
    is_signed_by,
    issue,
    key_from_der,
    key_to_der,
    read_p12,
    to_pem,
)
from reports.sealing.facts import SealingProblem, WrongPassword
from reports.sealing.keys import lock, unlock
from schools.models import School

PASSWORD_REPLACED = "登录密码已更换"  # noqa: S105 -- a reason


@dataclass(frozen=True)
class OpenKey:
    """A certificate of ours with its key, open for one action."""

    row: Certificate
    key: PrivateKey

    @property
    def signer(self) -> Signer:
        """With the certificates above it, which go into each signature."""
        if self.row.source == KeySource.OWN:
            chain = [from_pem(pem) for pem in chain_above(self.row.county_id)]
        else:
            chain = chain_of(self.row.chain)
        return Signer(from_pem(self.row.pem), self.key, tuple(chain))


def key_of_person(user: User, password: str) -> OpenKey:
    """The key that *user* signs with. *password* was checked by the caller; it opens the key, or a new one is made.

    An own key that the password does not open belongs to a password that is no more: it is destroyed.
    """
    found = current_certificate(user)
    if found is not None and found.source == KeySource.IMPORTED:
        return OpenKey(found, _opened(found, password, user))
    if found is not None and _is_valid(found):
        try:
            return OpenKey(found, _opened(found, password, user))
        except WrongPassword:
            destroy_keys(user, because=PASSWORD_REPLACED)
    try:
        return _issued_to_person(user, password)
    except IntegrityError:  # another press of the same person was first
        found = current_certificate(user)
        if found is None:
            raise
        return OpenKey(found, _opened(found, password, user))


def key_of_seal(school: School) -> OpenKey:
    """The key of a school's seal; StepRefused where an administrator has revoked it for good."""
    found = current_certificate(school)
    if found is not None and _is_valid(found):
        return OpenKey(found, key_from_der(_stored(found)))
    _refuse_blocked(school, f"{school.name}的电子章证书")
    try:
        return _issued_to_seal(school)
    except IntegrityError:  # another return of the same school was first
        found = current_certificate(school)
        if found is None:
            raise
        return OpenKey(found, key_from_der(_stored(found)))


def _issued_to_seal(school: School) -> OpenKey:
    issued = issue(issuing_of(school.county_id), school.name, f"{school.name}（电子章）", timezone.now())
    with _audited(None, "certificate.issue", school.county_id) as entry:
        row = _store(issued, school=school)
        SigningKey.objects.create(certificate=row, sealed=_text(key_to_der(issued.key)))
        entry.about(row, school_id=school.pk)
        entry.summary = f"签发电子章证书 {row}"
    return OpenKey(row, issued.key)


def import_p12(user: User, content: bytes, *, p12_password: str, login_password: str) -> Certificate:
    """Sign with a certificate of a licensed authority from now on. SealingProblem says why not."""
    imported = read_p12(content, p12_password, timezone.now())
    row = _imported_row(user, imported)
    with _audited(user, "certificate.import", user.county_id) as entry:
        Certificate.objects.filter(holder=user, is_current=True).update(is_current=False)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise SealingProblem("这张证书已经导入过了。") from error
        sealed = lock(key_to_der(imported.key), login_password, str(row.uuid))
        SigningKey.objects.create(certificate=row, sealed=_text(sealed))
        entry.about(row)
        entry.summary = f"导入证书 {row}"
    return row


def destroy_keys(user: User, *, because: str) -> int:
    """Make every key of *user* unusable; the certificates stay and vouch for old signatures."""
    keys = SigningKey.objects.filter(certificate__holder=user, destroyed_at__isnull=True)
    rows = list(keys.select_related("certificate"))
    if not rows:
        return 0
    with _audited(None, "key.destroy", user.county_id) as entry:
        for key in rows:
            key.sealed, key.destroyed_at, key.destroyed_because = "", timezone.now(), because[:100]
            key.save()
        Certificate.objects.filter(holder=user, is_current=True).update(is_current=False)
        entry.about(user)
        entry.summary = f"{because}，销毁 {len(rows)} 个签字密钥"
    return len(rows)


def revoke_certificate(certificate: Certificate, *, actor: User, reason: str, blocks: bool) -> None:
    """吊销: signatures made before stay. *blocks*: no new one is issued until an administrator allows it."""
    if not may_keep_certificates(actor):
        raise NotPermitted("证书由管理员吊销。")
    if not reason.strip():
        raise StepRefused("吊销要写明原因，例如“手机丢失”“已调离”。")
    with _audited(actor, "certificate.revoke", certificate.county_id) as entry:
        changed = Certificate.objects.filter(pk=certificate.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now(),
            revoked_by=actor,
            revoked_because=reason.strip()[:200],
            is_current=False,
            blocks_renewal=blocks,
        )
        if not changed:
            raise StepRefused("这张证书已经吊销了。")
        for key in SigningKey.objects.filter(certificate=certificate, destroyed_at__isnull=True):
            key.sealed, key.destroyed_at, key.destroyed_because = "", timezone.now(), "证书已吊销"
            key.save()
        entry.about(certificate, school_id=certificate.school_id)
        entry.summary = f"吊销证书 {certificate}：{reason.strip()}"


def allow_renewal(certificate: Certificate, *, actor: User) -> None:
    """允许补发: the next signature gets a new certificate."""
    if not may_keep_certificates(actor):
        raise NotPermitted("证书由管理员补发。")
    with _audited(actor, "certificate.allow_renewal", certificate.county_id) as entry:
        if not Certificate.objects.filter(pk=certificate.pk, blocks_renewal=True).update(
            blocks_renewal=False
        ):
            raise StepRefused("这张证书没有停发，下次签字时会自动补发。")
        entry.about(certificate, school_id=certificate.school_id)
        entry.summary = f"允许补发 {certificate}"


def _issued_to_person(user: User, password: str) -> OpenKey:
    _refuse_blocked(user, "您的签字证书")
    issued = issue(issuing_of(user.county_id), user.county.bureau_name, user.name, timezone.now())
    with _audited(user, "certificate.issue", user.county_id) as entry:
        row = _store(issued, holder=user)
        sealed = lock(key_to_der(issued.key), password, str(row.uuid))
        SigningKey.objects.create(certificate=row, sealed=_text(sealed))
        entry.about(row)
        entry.summary = f"签发个人证书 {row}"
    return OpenKey(row, issued.key)


def _store(issued: Issued, *, holder: User | None = None, school: School | None = None) -> Certificate:
    place = {"holder": holder} if holder else {"school": school}
    county_id = holder.county_id if holder else school.county_id  # type: ignore[union-attr]  # one of them is given
    Certificate.objects.filter(**place, is_current=True).update(is_current=False)
    certificate = issued.certificate
    return Certificate.objects.create(
        county_id=county_id,
        kind=HolderKind.PERSON if holder else HolderKind.SEAL,
        subject=(holder or school).name,  # type: ignore[union-attr]  # as above
        serial=f"{certificate.serial_number:X}",
        fingerprint=fingerprint(certificate),
        pem=to_pem(certificate),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        **place,
    )


def _imported_row(user: User, imported: Imported) -> Certificate:
    certificate = imported.certificate
    names = certificate.subject.rfc4514_string()[:120]
    return Certificate(
        county_id=user.county_id,
        kind=HolderKind.PERSON,
        holder=user,
        source=KeySource.IMPORTED,
        subject=names,
        serial=f"{certificate.serial_number:X}"[:50],
        fingerprint=fingerprint(certificate),
        pem=to_pem(certificate),
        chain="".join(to_pem(link) for link in _in_order(imported)),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _in_order(imported: Imported) -> list[x509.Certificate]:
    """The chain from the issuer up to the root, whatever the order in the file."""
    ordered: list[x509.Certificate] = []
    below, rest = imported.certificate, list(imported.chain)
    while above := next((link for link in rest if is_signed_by(below, link)), None):
        ordered.append(above)
        rest.remove(above)
        below = above
    return ordered


def _is_valid(certificate: Certificate) -> bool:
    return certificate.valid_from <= timezone.now() < certificate.valid_until


def _opened(certificate: Certificate, password: str, user: User) -> PrivateKey:
    if not _is_valid(certificate):
        raise SealingProblem(
            f"您导入的证书已于{cn_date(certificate.valid_until)}到期，没有签章。"
            "请换用有效的证书，或在“我的签字”里改用本县证书。"
        )
    return key_from_der(unlock(_stored(certificate), password, str(certificate.uuid)))


def _stored(certificate: Certificate) -> bytes:
    try:
        return base64.b64decode(certificate.key.sealed)
    except DecryptionError as error:
        raise StepRefused(LOCKED_OUT) from error


def _refuse_blocked(holder: User | School, what: str) -> None:
    block = block_on(holder)
    if block is not None and block.revoked_at is not None:
        raise StepRefused(
            f"{what}已于{cn_date(block.revoked_at)}吊销（{block.revoked_because}），没有签章。请联系管理员补发。"
        )


def _audited(actor: User | None, verb: str, county_id: int) -> AbstractContextManager[AuditDraft]:
    return audited(actor, verb, county_id=county_id)


def _text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()
