"""Whom a county's signatures lead to, and the certificate that somebody signs with now."""

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db.models import Q, QuerySet

from accounts.models import User
from reports.models import Authority, Certificate, KeySource
from reports.sealing.authority import from_pem
from schools.models import School

# Far more than expire or are revoked in a county; older ones are known by the documents they signed.
MOST_CHAINS = 200


def authority_of(county_id: int) -> Authority | None:
    """None until the county has set up its own."""
    return Authority.objects.filter(county_id=county_id).first()


def current_certificate(holder: User | School) -> Certificate | None:
    """The one *holder* signs with now."""
    return _of(holder).filter(is_current=True).select_related("key").first()


def block_on(holder: User | School) -> Certificate | None:
    """A revoked certificate that an administrator has not allowed to be replaced."""
    return _of(holder).filter(blocks_renewal=True).first()


def certificates_of(county_id: int, text: str = "") -> QuerySet[Certificate]:
    rows = Certificate.objects.filter(county_id=county_id).select_related("holder", "school", "revoked_by")
    return rows.filter(Q(subject__icontains=text) | Q(serial__iexact=text)) if text else rows


def revoked_serials(county_id: int) -> Iterator[Certificate]:
    return Certificate.objects.filter(
        county_id=county_id, source=KeySource.OWN, revoked_at__isnull=False
    ).iterator()


def trusted_roots() -> tuple[list[bytes], list[bytes]]:
    """(roots, intermediates) of all counties here and of the imported certificates, in DER."""
    roots: set[bytes] = set()
    between: set[bytes] = set()
    for root, issuing in Authority.objects.values_list("root_certificate", "issuing_certificate"):
        roots.add(_der(from_pem(root)))
        between.add(_der(from_pem(issuing)))
    imported = Certificate.objects.filter(source=KeySource.IMPORTED)
    for pem, chain in imported.values_list("pem", "chain").distinct()[:MOST_CHAINS]:
        certificates = chain_of(chain) or [from_pem(pem)]
        roots.add(_der(certificates[-1]))
        between.update(_der(certificate) for certificate in certificates[:-1])
    return sorted(roots), sorted(between)


def chain_of(text: str) -> list[x509.Certificate]:
    """Certificates of a stored chain, the root last."""
    return x509.load_pem_x509_certificates(text.encode()) if text else []


def _of(holder: User | School) -> QuerySet[Certificate]:
    if isinstance(holder, User):
        return Certificate.objects.filter(holder=holder)
    return Certificate.objects.filter(school=holder)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
