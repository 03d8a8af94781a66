"""Looking at a file from outside: runs in the limited child, opens nothing but the bytes it is given."""

import datetime as dt
import io
import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from accounts.sandbox import FileProblem
from reports.sealing.codes import code_in
from reports.sealing.facts import Examination, SignatureFound

MAX_PAGES: Final = 20
MAX_SIGNATURES: Final = 10
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def examine(pdf: bytes, roots: Sequence[bytes], others: Sequence[bytes], own_pages: int = 0) -> Examination:
    """Signatures of *pdf*, trusted where they lead to one of *roots* (DER). FileProblem: too large to look at.

    *own_pages*: of a document whose bytes are known to be ours, which may be longer than a stranger's.
    """
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        pages = int(reader.root["/Pages"]["/Count"])
    except Exception:  # noqa: BLE001 -- a broken file raises anything
        return Examination(readable=False)
    if pages > max(MAX_PAGES, own_pages):
        raise FileProblem("too_many_pages", f"文件有 {pages} 页，超过 {MAX_PAGES} 页，不像本系统的表。")
    try:
        embedded = list(reader.embedded_regular_signatures)[:MAX_SIGNATURES]
        codes = sorted(set(_codes(reader, embedded)))
    except Exception:  # noqa: BLE001 -- as above
        return Examination(readable=False, pages=pages)
    found = [_found(signature, roots, others) for signature in embedded]
    return Examination(True, pages, tuple(found), tuple(codes))


def _found(
    signature: EmbeddedPdfSignature, roots: Sequence[bytes], others: Sequence[bytes]
) -> SignatureFound:
    try:
        return _judged(signature, roots, others)
    except Exception:  # noqa: BLE001 -- a signature that cannot even be read is no signature
        name = str(getattr(signature, "field_name", ""))
        return SignatureFound(
            name,
            "",
            "",
            None,
            intact=False,
            trusted=False,
            sound=False,
            accepted=False,
            covers_whole_file=False,
        )


def _judged(
    signature: EmbeddedPdfSignature, roots: Sequence[bytes], others: Sequence[bytes]
) -> SignatureFound:
    claimed = signature.self_reported_timestamp
    # At the time it was made: an expired certificate does not undo an old signature. Whether it was revoked
    # before that is said by the county's own records, with the time at which the file was received.
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root) for root in roots],
        other_certs=[asn1_x509.Certificate.load(other) for other in others],
        moment=claimed or dt.datetime.now(dt.UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    status = validate_pdf_signature(signature, context)
    certificate = signature.signer_cert
    return SignatureFound(
        field=str(signature.field_name),
        signer=str(certificate.subject.native.get("common_name", "")),
        fingerprint=certificate.sha256.hex(),
        signed_at=claimed,
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted),
        sound=bool(status.docmdp_ok) and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION,
        accepted=bool(status.bottom_line),
        covers_whole_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
    )


def _codes(reader: PdfFileReader, embedded: Sequence[EmbeddedPdfSignature]) -> Iterator[str]:
    """Codes that the file itself names: in its keywords and in its signatures."""
    texts: list[Any] = [signature.sig_object.get("/ContactInfo", "") for signature in embedded]
    trailer = reader.trailer_view
    if "/Info" in trailer:
        # Indexing follows the reference, get() would not.
        texts.append(trailer["/Info"].get("/Keywords", ""))
    for text in texts:
        if read := code_in(str(text)):
            yield read[0]
