"""Seals, the book of their use, and signatures written by hand."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.encryption import EncryptedTextField
from accounts.models import User
from schools.models import School


class Seal(models.Model):
    """A school's electronic seal from one day on. Its picture is drawn from the name, or scanned."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="seals", verbose_name="学校")
    name = models.CharField("印文", max_length=60)
    # PNG with alpha in base64; empty: drawn from the name. Never sent to anybody.
    picture = EncryptedTextField("印模")
    has_picture = models.BooleanField("扫描印模", default=False)
    custodian = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="seals_kept", verbose_name="保管人"
    )
    custodian_waiver = models.CharField("保管人由签字人兼任的理由", max_length=200, blank=True)
    started_on = models.DateField("启用")
    ended_on = models.DateField("停用", null=True)
    ended_because = models.CharField("停用原因", max_length=200, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "学校电子章"
        ordering: ClassVar = ["school_id", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school"], condition=Q(ended_on__isnull=True), name="seal_one_in_use"
            ),
            models.CheckConstraint(
                name="seal_end_has_reason", condition=Q(ended_on__isnull=True) | ~Q(ended_because="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SealCounter(models.Model):
    """The last number given, per seal and year: advanced inside the transaction that seals."""

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="counters")
    year = models.PositiveSmallIntegerField("年")
    last = models.PositiveIntegerField("最后编号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "用印计数"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seal", "year"], name="seal_counter_once"),
        ]


class SealUse(models.Model):
    """One line of the 用印登记簿. Append-only by triggers."""

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="uses")
    year = models.PositiveSmallIntegerField("年")
    number = models.PositiveIntegerField("编号")
    document = models.OneToOneField(
        "reports.SealedDocument", on_delete=models.PROTECT, related_name="seal_use", verbose_name="文件"
    )
    purpose = models.CharField("事由", max_length=120)
    document_sha256 = models.CharField("文件摘要", max_length=64)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="申请人")
    asked_by_name = models.CharField("申请人姓名", max_length=60)
    used_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="批准人")
    used_by_name = models.CharField("批准人姓名", max_length=60)
    custodian_name = models.CharField("保管人", max_length=60, blank=True)
    used_at = models.DateTimeField("用印时间")

    class Meta:
        verbose_name = verbose_name_plural = "用印登记"
        ordering: ClassVar = ["seal_id", "year", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seal", "year", "number"], name="seal_use_number_once"),
            models.CheckConstraint(name="seal_use_number_counts", condition=Q(number__gte=1)),
        ]


class HandSignature(models.Model):
    """How a person's signature looks: strokes or a scan, in base64. Never sent to anybody."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="hand_signature")
    # JSON {"strokes": …, "aspect": …} or {"picture": base64 PNG}.
    drawn = EncryptedTextField("手写签名")
    is_scan = models.BooleanField("扫描", default=False)
    made_at = models.DateTimeField("存入时间", auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "手写签名"
