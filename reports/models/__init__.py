"""Keys and certificates, seals and their custody, sealed documents and their paper originals."""

from reports.models.documents import FormCode, PaperPage, PaperScan, SealedDocument
from reports.models.keys import Authority, Certificate, HolderKind, KeySource, SigningKey
from reports.models.seals import HandSignature, Seal, SealCounter, SealUse

__all__ = [
    "Authority",
    "Certificate",
    "FormCode",
    "HandSignature",
    "HolderKind",
    "KeySource",
    "PaperPage",
    "PaperScan",
    "Seal",
    "SealCounter",
    "SealUse",
    "SealedDocument",
    "SigningKey",
]
