"""An uploaded roster file between its preview and its confirmation."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.encryption import EncryptedTextField
from accounts.models import User
from schools.models import School


class RosterState(models.TextChoices):
    UNMAPPED = "unmapped", "待指定栏目"
    PREVIEWED = "previewed", "待确认"
    CONFIRMED = "confirmed", "已导入"
    DISCARDED = "discarded", "已放弃"


class RosterImport(models.Model):
    """One file for one school. File and preview are kept encrypted in the row: with a backup they come back together.

    ``file`` is emptied after 30 days, and ``preview`` with it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="roster_imports")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    label = models.CharField("文件名", max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField("大小")
    state = models.CharField(max_length=10, choices=RosterState, default=RosterState.PREVIEWED)
    row_count = models.PositiveIntegerField("行数", default=0)
    new_count = models.PositiveIntegerField("新增", default=0)
    changed_count = models.PositiveIntegerField("变更", default=0)
    same_count = models.PositiveIntegerField("不变", default=0)
    missing_count = models.PositiveIntegerField("在库不在表", default=0)
    error_count = models.PositiveIntegerField("有错的行", default=0)
    file = EncryptedTextField("文件")
    preview = EncryptedTextField("核对结果")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("确认或放弃时间", null=True)
    created_count = models.PositiveIntegerField("导入新增", default=0)
    updated_count = models.PositiveIntegerField("导入变更", default=0)
    transfer_count = models.PositiveIntegerField("发起转学", default=0)
    skipped_count = models.PositiveIntegerField("未导入", default=0)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = verbose_name_plural = "名册导入"
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="roster_decision_is_stamped",
                condition=Q(state__in=["unmapped", "previewed"], decided_at__isnull=True)
                | Q(state__in=["confirmed", "discarded"], decided_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "-id"], name="roster_of_school")]

    def __str__(self) -> str:
        return self.label
