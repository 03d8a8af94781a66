"""Verification of an uploaded file, the same for the page and the command. Nothing is kept."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accounts.sandbox import FileProblem, SandboxError, run_limited
from reports.documents.final import FIELD_TITLES
from reports.models import Certificate, SealedDocument
from reports.queries.standing import Answer, DocumentStanding, sealed_documents, standing_of
from reports.queries.trust import trusted_roots
from reports.sealing.codes import SHORT_LENGTH, sha256
from reports.sealing.facts import Examination, SignatureFound

MAX_BYTES: Final = 10 * 1024 * 1024
SECONDS: Final = 20
# Address space, not memory: the libraries alone map some 300 MB.
MEMORY_MB: Final = 768
MESSAGES: Final = {
    Answer.VALID: "文件是真的，没有被改动，是现行有效版本。",
    Answer.WAITING: "文件是真的，没有被改动；学校已签章，县局还没有接收。",
    Answer.RETURNED: "文件是真的，但已被退回，签章不再有效。",
    Answer.REPLACED: "文件是真的，但已被新版取代。",
    Answer.ALTERED: "文件在签章之后被改动过，不能使用。请向出具单位要原件。",
    Answer.UNKNOWN: "不是本系统签章的文件。可能是打印件的扫描件，扫描件请用表上的验证码查。",
}


@dataclass(frozen=True)
class SignatureShown:
    """Who signed as what and when."""

    name: str
    role: str
    signed_at: dt.datetime | None
    covers_whole_file: bool
    good: bool


@dataclass(frozen=True)
class Verdict:
    """The answer about one file. *document* only where the file is ours, as it is or altered."""

    standing: DocumentStanding
    message: str
    sha256: str
    document: SealedDocument | None = None
    signatures: Sequence[SignatureShown] = ()
    intact: bool = False
    trusted: bool = False

    @property
    def answer(self) -> Answer:
        return self.standing.answer


def verify_file(pdf: bytes) -> Verdict:
    """FileProblem where the file cannot be looked at; never an exception of a decoder."""
    if len(pdf) > MAX_BYTES:
        raise FileProblem("too_large", f"文件 {len(pdf) / 1024 / 1024:.1f} MB，超过 10 MB，不像本系统的表。")
    if not pdf.lstrip()[:5].startswith(b"%PDF-"):
        raise FileProblem(
            "not_pdf", "这不是 PDF 文件。请选择系统下载的 PDF 原件；照片和扫描件请用表上的验证码查。"
        )
    digest = sha256(pdf)
    own = sealed_documents().filter(sealed_sha256=digest).first()
    examination = _examined(pdf, own)
    if own is not None:
        return _verdict_of_own(own, examination, digest)
    return _verdict_of_other(examination, digest)


def find_by_code(code: str) -> SealedDocument | None:
    """A sealed document by its whole code or by the short one that is printed."""
    field = "short" if len(code) == SHORT_LENGTH else "code"
    return sealed_documents().filter(**{field: code}, sealed_at__isnull=False).first()


def recorded_signatures(document: SealedDocument) -> list[SignatureShown]:
    """As the books have them, for the page behind the QR code."""
    seal = document.seal.name if document.seal else ""
    signed_for = f"（{document.signed_for}）" if document.signed_for else ""
    rows = (
        (document.filler_name, "填表人签字", document.certified_at),
        (seal, "学校电子章", document.sealed_at),
        (document.signer_name, f"校长签字{signed_for}", document.sealed_at),
    )
    return [SignatureShown(name, role, at, covers_whole_file=False, good=True) for name, role, at in rows]


def _examined(pdf: bytes, own: SealedDocument | None) -> Examination:
    roots, others = trusted_roots()
    pages = own.pages if own else 0
    try:
        found: Examination = run_limited(
            "reports.sealing.verify:examine", pdf, roots, others, pages, seconds=SECONDS, memory_mb=MEMORY_MB
        )
    except SandboxError as error:
        raise FileProblem(
            "too_costly", "文件异常复杂，核对不了。本系统的表不会这样，请向出具单位要原件。"
        ) from error
    return found


def _verdict_of_own(document: SealedDocument, examination: Examination, digest: str) -> Verdict:
    """The very bytes that were stored; the signatures themselves must say so as well."""
    expected = [
        (field, certificate.fingerprint)
        for field, certificate in zip(FIELD_TITLES, _certificates(document), strict=True)
        if certificate is not None
    ]
    found = [(signature.field, signature.fingerprint) for signature in examination.signatures]
    whole = bool(examination.signatures) and examination.signatures[-1].covers_whole_file
    intact = examination.intact and examination.trusted and found == expected and whole
    revoked = any(_was_revoked(certificate, document) for certificate in _certificates(document))
    standing = standing_of(document) if intact and not revoked else DocumentStanding(Answer.ALTERED)
    message = MESSAGES[standing.answer]
    if revoked:
        message = "文件没有被改动，但签章所用的证书在签章之前已吊销，不能使用。请向出具单位要原件。"
    return Verdict(
        standing,
        message + standing.note,
        digest,
        document,
        _shown(examination.signatures, document),
        intact=intact,
        trusted=examination.trusted and not revoked,
    )


def _verdict_of_other(examination: Examination, digest: str) -> Verdict:
    """Bytes we never gave out: altered where they claim to be ours, unknown otherwise."""
    document = sealed_documents().filter(code__in=examination.codes, sealed_at__isnull=False).first()
    prints = [signature.fingerprint for signature in examination.signatures]
    ours = document is not None or Certificate.objects.filter(fingerprint__in=prints).exists()
    answer = Answer.ALTERED if ours else Answer.UNKNOWN
    return Verdict(
        DocumentStanding(answer),
        MESSAGES[answer],
        digest,
        document,
        _shown(examination.signatures, document) if ours else (),
        intact=examination.intact,
        trusted=examination.trusted,
    )


def _shown(found: Sequence[SignatureFound], document: SealedDocument | None) -> list[SignatureShown]:
    known = {
        certificate.fingerprint: certificate.subject
        for certificate in (_certificates(document) if document else ())
        if certificate is not None
    }
    return [
        SignatureShown(
            known.get(one.fingerprint, one.signer),
            FIELD_TITLES.get(one.field, "签章"),
            one.signed_at,
            one.covers_whole_file,
            good=one.intact and one.sound and one.trusted and one.accepted,
        )
        for one in found
    ]


def _certificates(document: SealedDocument) -> tuple[Certificate | None, ...]:
    return (document.filler_certificate, document.seal_certificate, document.signer_certificate)


def _was_revoked(certificate: Certificate | None, document: SealedDocument) -> bool:
    if certificate is None or certificate.revoked_at is None:
        return False
    used_at = document.certified_at if certificate == document.filler_certificate else document.sealed_at
    return used_at is not None and certificate.revoked_at <= used_at
