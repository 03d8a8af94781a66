"""People, the county they belong to, and the record of who did what."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q


class County(models.Model):
    """The root of every scope: settings, calendar, numbering and audit chain belong to a county."""

    code = models.CharField("行政区划代码", max_length=6, unique=True)
    name = models.CharField("名称", max_length=40)
    bureau_name = models.CharField("教育局名称", max_length=60)
    is_demo = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "县"

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Looks people up by user name; creation goes through actions."""


class User(AbstractBaseUser):
    """A person. What they may do is said by their memberships (schools)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="users", verbose_name="县")
    username = models.CharField("账号", max_length=60, unique=True)
    name = models.CharField("姓名", max_length=60)
    is_active = models.BooleanField("启用", default=True)
    is_demo = models.BooleanField("演示账号", default=False)
    demo_note = models.CharField("演示账号说明", max_length=120, blank=True)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)
    password_changed_at = models.DateTimeField("改密码时间", null=True, blank=True)
    first_password_expires_at = models.DateTimeField("初始密码有效至", null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return self.name


class UserSession(AbstractBaseSession):
    """A session that knows whose it is, so that a person's sessions can be listed and ended."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    address = models.CharField("来源地址", max_length=45, blank=True)
    browser = models.CharField("浏览器", max_length=60, blank=True)
    started_at = models.DateTimeField("登录时间", null=True)
    seen_at = models.DateTimeField("最近活动", null=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = verbose_name_plural = "登录会话"


class AuditHead(models.Model):
    """The last link of a county's chain: locked and advanced as the last statement of a transaction."""

    county = models.OneToOneField(County, on_delete=models.PROTECT, related_name="audit_head")
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    class Meta:
        verbose_name = verbose_name_plural = "审计链头"


class AuditEntry(models.Model):
    """One action. No foreign keys: the trail outlives what it speaks of. Append-only by triggers."""

    county_id = models.BigIntegerField("县")
    seq = models.PositiveBigIntegerField("序号")
    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("操作人编号", null=True)
    actor_name = models.CharField("操作人", max_length=60)
    capacity = models.CharField("身份和地点", max_length=120)
    verb = models.CharField("动作", max_length=60)
    target_type = models.CharField("对象类别", max_length=60, blank=True)
    target_id = models.CharField("对象编号", max_length=40, blank=True)
    school_id = models.BigIntegerField("学校", null=True)
    student_id = models.BigIntegerField("学生", null=True)
    summary = models.CharField("说明", max_length=400, blank=True)
    changes = models.JSONField("前后", default=dict)
    request_id = models.CharField("请求号", max_length=32, blank=True)
    address = models.CharField("来源地址", max_length=45, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering: ClassVar = ["county_id", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["county_id", "seq"], name="audit_seq_once_per_county"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["student_id", "seq"], name="audit_by_student", condition=Q(student_id__isnull=False)
            ),
            models.Index(fields=["target_type", "target_id"], name="audit_by_target"),
        ]


class AccessLogSeal(models.Model):
    """Hash over a closed batch of readings, so that none can be taken out afterwards."""

    county = models.ForeignKey(County, on_delete=models.PROTECT)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "查看记录封存"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["county", "first_id"], name="access_log_sealed_once"),
        ]


class AccessLogEntry(models.Model):
    """Somebody read something sensitive: who, what, why; never the value. Append-only by triggers."""

    county_id = models.BigIntegerField("县")
    at = models.DateTimeField("时间", auto_now_add=True)
    user_id = models.BigIntegerField("查看人编号")
    user_name = models.CharField("查看人", max_length=60)
    capacity = models.CharField("身份和地点", max_length=120, blank=True)
    what = models.CharField("内容", max_length=40)
    student_id = models.BigIntegerField("学生", null=True)
    count = models.PositiveIntegerField("人数", default=1)
    reason = models.CharField("理由", max_length=200, blank=True)
    request_id = models.CharField("请求号", max_length=32, blank=True)
    address = models.CharField("来源地址", max_length=45, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "查看记录"
        indexes: ClassVar = [
            models.Index(fields=["student_id", "at"], name="access_by_student"),
            models.Index(fields=["user_id", "at"], name="access_by_user"),
        ]


class StoredFile(models.Model):
    """An upload, encrypted on disk under a name of ours; served only by views that check permission."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    county = models.ForeignKey(County, on_delete=models.PROTECT)
    label = models.CharField("名称", max_length=120)
    content_type = models.CharField("类型", max_length=60)
    size = models.PositiveIntegerField("大小")
    page_count = models.PositiveSmallIntegerField("页数", null=True)
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "附件"

    def __str__(self) -> str:
        return self.label
