"""Documents under signature and seal, and the paper originals that came back."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import County, StoredFile, User
from monitoring.models import FrozenReturn
from reports.models.keys import Certificate
from reports.models.seals import Seal
from schools.models import School


class FormCode(models.TextChoices):
    ANNEX1 = "annex1", "月报表（一）"
    ANNEX2 = "annex2", "月报信息表（二）"


class SealedDocument(models.Model):
    """One form of one frozen text: certified by the filler when submitted, sealed and signed by the principal.

    The bytes lie in encrypted files that were written before this row; ``certified_file`` is never served.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="sealed_documents")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="sealed_documents")
    form = models.CharField("表", max_length=10, choices=FormCode)
    title = models.CharField("名称", max_length=80)
    month = models.DateField("填报月")
    edition_number = models.PositiveSmallIntegerField("第几版")
    frozen = models.ForeignKey(FrozenReturn, on_delete=models.PROTECT, related_name="documents")
    text_hash = models.CharField("内容摘要", max_length=64)
    # 128 random bits, and their beginning for typing.
    code = models.CharField(max_length=26, unique=True)
    short = models.CharField("验证码", max_length=10, unique=True)
    pages = models.PositiveSmallIntegerField("页数")
    certified_file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    certified_at = models.DateTimeField("填表人签字时间")
    filler = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filler_name = models.CharField("填表人", max_length=60)
    filler_certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    sealed_file = models.OneToOneField(
        StoredFile, on_delete=models.PROTECT, null=True, related_name="sealed_document"
    )
    sealed_sha256 = models.CharField("文件摘要", max_length=64, blank=True, db_index=True)
    sealed_at = models.DateTimeField("签章时间", null=True)
    signer_name = models.CharField("校长", max_length=60, blank=True)
    signed_for = models.CharField("代签说明", max_length=120, blank=True)
    signer_certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, null=True, related_name="+")
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, null=True, related_name="documents")
    seal_certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "签章文件"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["frozen", "form"], name="sealed_document_once"),
            models.CheckConstraint(
                name="sealed_document_whole_or_not",
                condition=Q(
                    sealed_file__isnull=True,
                    sealed_at__isnull=True,
                    sealed_sha256="",
                    signer_name="",
                    signer_certificate__isnull=True,
                    seal__isnull=True,
                    seal_certificate__isnull=True,
                )
                | (
                    Q(
                        sealed_file__isnull=False,
                        sealed_at__isnull=False,
                        signer_certificate__isnull=False,
                        seal__isnull=False,
                        seal_certificate__isnull=False,
                    )
                    & ~Q(sealed_sha256="")
                    & ~Q(signer_name="")
                ),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "month"], name="sealed_document_of_month")]

    def __str__(self) -> str:
        return f"{self.school} {self.month:%Y-%m} {self.get_form_display()}"


class PaperScan(models.Model):
    """The signed and stamped paper of a document, complete, as the school sent it back."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey(SealedDocument, on_delete=models.PROTECT, related_name="paper_scans")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_by_name = models.CharField("上传人", max_length=60)
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    # Some page was put in its place by a person because its code could not be read.
    matched_by_hand = models.BooleanField("人工对应", default=False)
    replaced_at = models.DateTimeField("被替换时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "纸质原件"
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document"], condition=Q(replaced_at__isnull=True), name="paper_scan_one_in_force"
            ),
        ]


class PaperPage(models.Model):
    """One page of a paper original."""

    scan = models.ForeignKey(PaperScan, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField("页")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="paper_page")
    by_hand = models.BooleanField("人工对应", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "纸质原件页"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scan", "number"], name="paper_page_once"),
        ]
