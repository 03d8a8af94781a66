"""The county's certificate authority, certificates of people and seals, and their private keys."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.encryption import EncryptedTextField
from accounts.models import County, User
from schools.models import School


class Authority(models.Model):
    """Root and issuing certificate of a county. The root's key is not here: it lies in a safe."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    county = models.OneToOneField(County, on_delete=models.PROTECT, related_name="authority")
    root_certificate = models.TextField("根证书")
    issuing_certificate = models.TextField("签发证书")
    issuing_key = EncryptedTextField("签发私钥")
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "县证书机构"


class HolderKind(models.TextChoices):
    PERSON = "person", "个人签字"
    SEAL = "seal", "学校电子章"


class KeySource(models.TextChoices):
    OWN = "own", "本县签发"
    IMPORTED = "imported", "导入（持牌机构）"


class Certificate(models.Model):
    """Who a key belongs to and from when to when; kept for good, since old signatures stay."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="certificates")
    kind = models.CharField("类别", max_length=10, choices=HolderKind)
    holder = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="certificates", verbose_name="持有人"
    )
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, related_name="certificates", verbose_name="学校"
    )
    source = models.CharField("来源", max_length=10, choices=KeySource, default=KeySource.OWN)
    subject = models.CharField("名称", max_length=120)
    serial = models.CharField("证书序号", max_length=50)
    fingerprint = models.CharField("指纹", max_length=64, unique=True)
    pem = models.TextField()
    # Certificates up to the root of another authority; empty for our own.
    chain = models.TextField(blank=True)
    valid_from = models.DateTimeField("生效")
    valid_until = models.DateTimeField("到期")
    issued_at = models.DateTimeField("签发时间", auto_now_add=True)
    # The one that signs now; an earlier one still vouches for what it signed.
    is_current = models.BooleanField("在用", default=True)
    revoked_at = models.DateTimeField("吊销时间", null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_because = models.CharField("吊销原因", max_length=200, blank=True)
    # Until an administrator allows it again, no new one is issued in its place.
    blocks_renewal = models.BooleanField("暂不补发", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "证书"
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="certificate_of_person_or_seal",
                condition=Q(kind=HolderKind.PERSON, holder__isnull=False, school__isnull=True)
                | Q(kind=HolderKind.SEAL, holder__isnull=True, school__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["holder"],
                condition=Q(is_current=True, holder__isnull=False),
                name="certificate_current_of_person",
            ),
            models.UniqueConstraint(
                fields=["school"],
                condition=Q(is_current=True, school__isnull=False),
                name="certificate_current_of_school",
            ),
            models.CheckConstraint(
                name="certificate_revocation_is_stamped",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True, revoked_because="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_because="")),
            ),
            models.CheckConstraint(
                name="certificate_revoked_is_not_current",
                condition=Q(revoked_at__isnull=True) | Q(is_current=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.serial[-8:]}"


class SigningKey(models.Model):
    """The private key of a certificate: under the environment's key, and for a person also under the password."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="key")
    sealed = EncryptedTextField("私钥")
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField("销毁时间", null=True)
    destroyed_because = models.CharField("销毁原因", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "签字密钥"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="key_destroyed_is_gone",
                condition=Q(destroyed_at__isnull=True, sealed__isnull=False)
                | Q(destroyed_at__isnull=False, sealed__isnull=True),
            ),
        ]
