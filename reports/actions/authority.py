"""Setting up the county's certificate authority, and its key when something is to be signed with it."""

import base64
from dataclasses import dataclass

from cryptography.x509 import load_pem_x509_certificate
from django.db import IntegrityError
from django.utils import timezone

from accounts.audit import audited
from accounts.encryption import DecryptionError
from accounts.models import County, User
from accounts.workflow import StepRefused
from reports.models import Authority
from reports.queries.trust import authority_of, revoked_serials
from reports.sealing.authority import (
    Issued,
    from_pem,
    key_from_der,
    key_to_der,
    make_issuing,
    make_root,
    offline_root,
    revocation_list,
    to_pem,
)

LOCKED_OUT = (
    "签字密钥打不开：服务器的加密密钥换过，或数据被改动。没有签章，请管理员恢复原来的密钥（见运维手册）。"
)


@dataclass(frozen=True)
class NewAuthority:
    """The root's .p12 is handed out once, for a safe; nothing here keeps its key."""

    authority: Authority
    offline_root: bytes


def set_up_authority(county: County, *, offline_password: str, actor: User | None = None) -> NewAuthority:
    """Make root and issuing certificate of a county. StepRefused where it has them already."""
    if authority_of(county.pk) is not None:
        raise StepRefused(f"{county.name}已有证书机构，没有重建：重建会使以前的签章都失去依据。")
    now = timezone.now()
    root = make_root(county.name, county.bureau_name, now)
    issuing = make_issuing(root, county.name, county.bureau_name, now)
    authority = Authority(
        county=county,
        root_certificate=to_pem(root.certificate),
        issuing_certificate=to_pem(issuing.certificate),
        issuing_key=base64.b64encode(key_to_der(issuing.key)).decode(),
    )
    try:
        with audited(actor, "authority.set_up", county_id=county.pk, capacity="系统") as entry:
            authority.save(force_insert=True)
            entry.about(authority)
            entry.summary = f"建立{county.name}证书机构"
    except IntegrityError as error:
        raise StepRefused(f"{county.name}的证书机构刚刚已建好。") from error
    return NewAuthority(authority, offline_root(root, offline_password))


def set_up_for_demo(county: County) -> Authority:
    """For the demonstration county: its root's key is thrown away."""
    found = authority_of(county.pk)
    return found or set_up_authority(county, offline_password="unused").authority  # noqa: S106 -- not kept


def issuing_of(county_id: int) -> Issued:
    """What signs certificates now; StepRefused without an authority or with another environment key."""
    authority = authority_of(county_id)
    if authority is None:
        raise StepRefused("本县还没有建立证书机构，不能签发证书。请系统管理员运行 init_authority。")
    try:
        key = key_from_der(base64.b64decode(authority.issuing_key))
    except DecryptionError as error:
        raise StepRefused(LOCKED_OUT) from error
    return Issued(from_pem(authority.issuing_certificate), key)


def chain_above(county_id: int) -> tuple[str, str]:
    """Issuing certificate and root as PEM, to go into each signature."""
    authority = authority_of(county_id)
    assert authority is not None  # noqa: S101 -- asked by issuing_of before
    return authority.issuing_certificate, authority.root_certificate


def current_revocation_list(county_id: int) -> bytes:
    """The county's CRL as it stands now."""
    revoked = [
        (load_pem_x509_certificate(row.pem.encode()).serial_number, row.revoked_at)
        for row in revoked_serials(county_id)
        if row.revoked_at is not None
    ]
    return revocation_list(issuing_of(county_id), revoked, timezone.now())
