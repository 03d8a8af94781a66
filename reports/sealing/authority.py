"""The county's certificate authority: root, issuing certificate, certificates of people and seals, revocation list."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from reports.sealing.facts import SealingProblem

type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ROOT_YEARS: Final = 20
ISSUING_YEARS: Final = 10
HOLDER_YEARS: Final = 3
CRL_DAYS: Final = 30
_YEAR: Final = dt.timedelta(days=365)
# The clock of another machine may be slow.
_EARLIER: Final = dt.timedelta(minutes=5)
_SIGNS_CERTIFICATES: Final = ("key_cert_sign", "crl_sign")
_SIGNS_DOCUMENTS: Final = ("digital_signature", "content_commitment")
_USAGES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class Imported:
    """What a .p12 of a licensed authority holds."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate that can be used now: with its key, and the certificates up to the root."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()


def make_root(county: str, bureau: str, now: dt.datetime) -> Issued:
    """The root: its key goes offline as soon as it has signed the issuing certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(bureau, f"{county}教育系统根证书")
    builder = _builder(name, name, key, now, ROOT_YEARS * _YEAR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    return Issued(_signed(builder, key, key, _SIGNS_CERTIFICATES), key)


def make_issuing(root: Issued, county: str, bureau: str, now: dt.datetime) -> Issued:
    """The certificate that signs those of people and seals day by day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(bureau, f"{county}教育系统签发证书")
    end = min(ISSUING_YEARS * _YEAR, root.certificate.not_valid_after_utc - now)
    builder = _builder(name, root.certificate.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Issued(_signed(builder, key, root.key, _SIGNS_CERTIFICATES), key)


def issue(issuing: Issued, organisation: str, common_name: str, now: dt.datetime) -> Issued:
    """A certificate of a person or of a school's seal."""
    if issuing.certificate.not_valid_after_utc <= now:
        raise SealingProblem("县签发证书已到期，不能再发证书。请管理员用根证书更新签发证书。")
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(organisation, common_name)
    end = min(HOLDER_YEARS * _YEAR, issuing.certificate.not_valid_after_utc - now)
    builder = _builder(name, issuing.certificate.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return Issued(_signed(builder, key, issuing.key, _SIGNS_DOCUMENTS), key)


def revocation_list(issuing: Issued, revoked: Iterable[tuple[int, dt.datetime]], now: dt.datetime) -> bytes:
    """Serial numbers that count no longer, signed, in DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.certificate.subject)
        .last_update(now)
        .next_update(now + dt.timedelta(days=CRL_DAYS))
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(_authority_id(issuing.key), critical=False)
    )
    for serial, at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def read_p12(content: bytes, password: str, now: dt.datetime) -> Imported:
    """Certificate, key and chain of a .p12; SealingProblem says what is wrong with it."""
    try:
        key, certificate, more = pkcs12.load_key_and_certificates(content, password.encode())
    except ValueError:
        raise SealingProblem("证书文件打不开：口令不对，或不是 .p12/.pfx 文件。请核对后重新选择。") from None
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise SealingProblem(
            "证书文件里没有可用的证书和私钥（只认 RSA 和 ECDSA；SM2 证书要走省级电子印章平台）。"
        )
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < 2048:
        raise SealingProblem("证书的 RSA 密钥短于 2048 位，不安全，不能导入。请向发证机构换发。")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise SealingProblem(
            f"证书有效期是 {certificate.not_valid_before_utc:%Y-%m-%d} 至 "
            f"{certificate.not_valid_after_utc:%Y-%m-%d}，现在不能用。请换用有效的证书。"
        )
    _require_signing_use(certificate)
    return Imported(certificate, key, tuple(more))


def _require_signing_use(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise SealingProblem("这张证书不是签名证书（可能是加密证书），不能用来签字。请导入签名证书。")


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By its key, not by its name."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def to_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def from_pem(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def key_to_der(key: PrivateKey) -> bytes:
    """PKCS #8 without encryption: only ever in memory, or sealed by ``keys``."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def key_from_der(content: bytes) -> PrivateKey:
    key = serialization.load_der_private_key(content, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)  # noqa: S101 -- we stored it
    return key


def offline_root(root: Issued, password: str) -> bytes:
    """The root's key and certificate as a .p12 for a safe; it is stored nowhere else."""
    return pkcs12.serialize_key_and_certificates(
        b"root", root.key, root.certificate, None, serialization.BestAvailableEncryption(password.encode())
    )


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:60]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:60]),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, now: dt.datetime, life: dt.timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    builder: x509.CertificateBuilder, key: PrivateKey, by: PrivateKey, usages: tuple[str, ...]
) -> x509.Certificate:
    allowed = {usage: usage in usages for usage in _USAGES}
    builder = builder.add_extension(x509.KeyUsage(**allowed), critical=True)
    if key is not by:
        builder = builder.add_extension(_authority_id(by), critical=False)
    return builder.sign(by, hashes.SHA256())


def _authority_id(key: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
