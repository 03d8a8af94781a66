"""The child and the guardians. One child is one person for life: identity is the ID number."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.encryption import BlindIndexField, EncryptedTextField
from accounts.models import County


class Sex(models.TextChoices):
    MALE = "1", "男"
    FEMALE = "2", "女"


class IdType(models.TextChoices):
    """JY/T 1001 SFZJLX, those that pupils use (domain.md §5.4)."""

    RESIDENT = "1", "居民身份证"
    HONG_KONG = "6", "香港特区护照/身份证明"
    MACAU = "7", "澳门特区护照/身份证明"
    TAIWAN = "8", "台湾居民来往大陆通行证"
    FOREIGN_RESIDENT = "9", "境外永久居住证"
    PASSPORT = "A", "护照"
    OTHER = "Z", "其他（暂无证件）"


class Boarding(models.TextChoices):
    DAY = "1", "走读"
    BOARDER = "2", "住校"
    LODGER = "3", "借宿"


class Student(models.Model):
    """A child. Numbers and addresses are encrypted; what search needs is in clear."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="students")
    name = models.CharField("姓名", max_length=50)
    pinyin = models.CharField("拼音", max_length=120, blank=True)
    initials = models.CharField("拼音首字母", max_length=30, blank=True)
    sex = models.CharField("性别", max_length=1, choices=Sex)
    birth_date = models.DateField("出生日期")
    ethnicity = models.CharField("民族", max_length=2, default="01")
    id_type = models.CharField("证件类型", max_length=1, choices=IdType, default=IdType.RESIDENT)
    id_number = EncryptedTextField("证件号码")
    id_index = BlindIndexField(source="id_number", purpose="id_number")
    no_id_reason = models.CharField("暂无证件的原因", max_length=100, blank=True)
    roll_number = EncryptedTextField("学籍号")
    roll_index = BlindIndexField(source="roll_number", purpose="roll_number")
    address = EncryptedTextField("现住址")
    household_place = EncryptedTextField("户口所在地")
    boarding = models.CharField("就读方式", max_length=1, choices=Boarding, default=Boarding.DAY)
    created_at = models.DateTimeField(auto_now_add=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = verbose_name_plural = "学生"
        ordering: ClassVar = ["pinyin", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["county", "id_index"],
                name="student_id_number_once",
                violation_error_message="县内已有同一证件号码的学生。",
            ),
            models.UniqueConstraint(
                fields=["county", "roll_index"],
                name="student_roll_number_once",
                violation_error_message="县内已有同一学籍号的学生。",
            ),
            models.CheckConstraint(
                name="student_without_number_has_reason",
                condition=Q(id_index__isnull=False) | ~Q(no_id_reason=""),
                violation_error_message="没有证件号码的，要写明原因。",
            ),
            models.CheckConstraint(name="student_sex_known", condition=Q(sex__in=["1", "2"])),
        ]
        indexes: ClassVar = [
            models.Index(fields=["county", "name"], name="student_by_name"),
            models.Index(fields=["county", "initials"], name="student_by_initials"),
        ]

    def __str__(self) -> str:
        return self.name


class Guardian(models.Model):
    """A member of the family; ``is_guardian`` marks the legal guardian."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="guardians")
    position = models.PositiveSmallIntegerField("序", default=1)
    name = models.CharField("姓名", max_length=50)
    relation = models.CharField("关系", max_length=20, blank=True)
    is_guardian = models.BooleanField("监护人", default=True)
    phone = EncryptedTextField("联系电话")
    phone_index = BlindIndexField(source="phone", purpose="phone")
    id_number = EncryptedTextField("身份证号")
    id_index = BlindIndexField(source="id_number", purpose="id_number")
    works_at = models.CharField("工作单位或务工地", max_length=100, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "监护人"
        ordering: ClassVar = ["position", "pk"]
        indexes: ClassVar = [models.Index(fields=["id_index"], name="guardian_by_id")]

    def __str__(self) -> str:
        return self.name
