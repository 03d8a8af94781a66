"""Special circumstances of a child, each with proof and validity (domain.md §5.9–5.13)."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.encryption import BlindIndexField, EncryptedTextField
from accounts.models import User
from students.models.person import Student


class CircumstanceKind(models.TextChoices):
    LEFT_BEHIND_ONE = "left_behind_one", "单亲留守（一方外出）"
    LEFT_BEHIND_BOTH = "left_behind_both", "双亲留守（双方外出）"
    LEFT_BEHIND_CIVIL = "left_behind_civil", "民政口径留守儿童"
    SINGLE_PARENT = "single_parent", "单亲家庭"
    MIGRANT = "migrant", "进城务工人员随迁子女"
    DISABILITY = "disability", "残疾"
    HMT_FOREIGN = "hmt_foreign", "港澳台侨外"
    P1 = "P1", "脱贫家庭"
    P2 = "P2", "脱贫不稳定家庭"
    P3 = "P3", "边缘易致贫家庭"
    P4 = "P4", "突发严重困难家庭"
    P5 = "P5", "城乡低保家庭"
    P6 = "P6", "孤儿"
    P7 = "P7", "特困救助供养"
    P8 = "P8", "残疾人家庭子女"
    P9 = "P9", "残疾学生"
    P10 = "P10", "烈士子女"
    X1 = "X1", "事实无人抚养"
    X2 = "X2", "父母双方重度残疾家庭"
    X9 = "X9", "其他经批准的特别困难"


DISABILITY_KINDS = frozenset({CircumstanceKind.DISABILITY, CircumstanceKind.P9})
POVERTY_KINDS = frozenset(
    {kind for kind in CircumstanceKind if kind.value[0] in "PX"} - {CircumstanceKind.P9}
) | {CircumstanceKind.SINGLE_PARENT}


class SpecialCircumstance(models.Model):
    """One recorded circumstance. ``detail`` is a code of the kind, e.g. 残疾类别+等级 "52"."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="circumstances")
    kind = models.CharField("类别", max_length=20, choices=CircumstanceKind)
    detail = models.CharField("细类", max_length=20, blank=True)
    card_number = EncryptedTextField("证件号")
    card_index = BlindIndexField(source="card_number", purpose="card_number")
    basis = models.CharField("认定依据", max_length=120, blank=True)
    valid_from = models.DateField("自")
    valid_to = models.DateField("至", null=True, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    voided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "特殊情况"
        ordering: ClassVar = ["kind", "-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["student", "kind"],
                condition=Q(valid_to__isnull=True, voided_at__isnull=True),
                name="circumstance_one_in_force",
                violation_error_message="这一类已有一条现行记录，请先结束它。",
            ),
            models.CheckConstraint(
                name="circumstance_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="结束日期不能早于开始日期。",
            ),
            models.CheckConstraint(
                name="circumstance_void_is_stamped",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True)
                | Q(voided_at__isnull=False, voided_by__isnull=False),
            ),
        ]


class PlacementKind(models.TextChoices):
    """Where a disabled child is taught (domain.md §5.10)."""

    SPECIAL_SCHOOL = "special_school", "特教学校"
    SPECIAL_CLASS = "special_class", "普校特教班"
    INCLUSIVE = "inclusive", "随班就读"
    HOME_TEACHING = "home_teaching", "送教上门"
    INSTITUTION = "institution", "机构（康复、福利）"
    DEFERRED = "deferred", "延缓入学"
    WAITING = "waiting", "待安置"


class Placement(models.Model):
    """A dated placement. A child with 送教上门 in force is on the roll and not 未在校."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="placements")
    kind = models.CharField("安置方式", max_length=20, choices=PlacementKind)
    valid_from = models.DateField("自")
    valid_to = models.DateField("至", null=True, blank=True)
    basis = models.CharField("依据", max_length=120, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    voided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "安置"
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(valid_to__isnull=True, voided_at__isnull=True),
                name="placement_one_in_force",
                violation_error_message="已有现行安置，请先结束它。",
            ),
            models.CheckConstraint(
                name="placement_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message="结束日期不能早于开始日期。",
            ),
            models.CheckConstraint(
                name="placement_void_is_stamped",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True)
                | Q(voided_at__isnull=False, voided_by__isnull=False),
            ),
        ]
