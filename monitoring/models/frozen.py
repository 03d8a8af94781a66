"""What a return said at the moment it was submitted. Append-only: a new submission freezes anew."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.encryption import EncryptedTextField
from accounts.models import User
from monitoring.models.returns import AbsentRule, Edition
from students.models import Absence, Movement, Student

# LINE of ledger.md, in its order.
FIGURES = (
    "opening",
    "opening_correction",
    "transfer_in",
    "transfer_out",
    "other_in",
    "other_out",
    "closing",
    "absent_opening",
    "absent_begun",
    "absent_ended",
    "absent",
)


class FrozenReturn(models.Model):
    """The frozen text of one submission of one edition."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="texts")
    attempt = models.PositiveSmallIntegerField("第几次送签")
    rule = models.CharField("口径", max_length=10, choices=AbsentRule)
    opens_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="continued_by", verbose_name="上月数出自"
    )
    promoted = models.BooleanField("升级后基数", default=False)
    # When the month's first edition was frozen: which corrections its opening had to take in (ledger.md OPENING).
    chain_at = models.DateTimeField()
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filler_name = models.CharField("填表人", max_length=60)
    cut_off = models.DateField("统计截止日")
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "月报定稿"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "attempt"], name="frozen_once"),
        ]


def _not_negative(*names: str) -> Q:
    condition = Q()
    for name in names:
        condition &= Q(**{f"{name}__gte": 0})
    return condition


class FrozenLine(models.Model):
    """One grade. The CHECKS of ledger.md stand in the database."""

    frozen = models.ForeignKey(FrozenReturn, on_delete=models.PROTECT, related_name="lines")
    grade = models.PositiveSmallIntegerField("年级")
    opening = models.IntegerField("上月学生数")
    opening_correction = models.IntegerField("上月数更正", default=0)
    transfer_in = models.IntegerField("转入")
    transfer_out = models.IntegerField("转出")
    other_in = models.IntegerField("其他增加")
    other_out = models.IntegerField("其他减少")
    closing = models.IntegerField("本月学生数")
    absent_opening = models.IntegerField("上月未在校")
    absent_begun = models.IntegerField("新增未在校")
    absent_ended = models.IntegerField("结束未在校")
    absent = models.IntegerField("未在校")
    remark = models.CharField("备注", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "月报行"
        ordering: ClassVar = ["grade"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["frozen", "grade"], name="line_once"),
            models.CheckConstraint(name="line_grade_known", condition=Q(grade__gte=1, grade__lte=9)),
            models.CheckConstraint(
                name="line_roll_balances",
                condition=Q(
                    closing=F("opening")
                    + F("transfer_in")
                    - F("transfer_out")
                    + F("other_in")
                    - F("other_out")
                ),
            ),
            models.CheckConstraint(
                name="line_absence_balances",
                condition=Q(absent=F("absent_opening") + F("absent_begun") - F("absent_ended")),
            ),
            models.CheckConstraint(
                name="line_absent_on_the_roll",
                condition=Q(absent__lte=F("closing"), absent_opening__lte=F("opening")),
            ),
            models.CheckConstraint(
                name="line_not_negative",
                condition=_not_negative(*(name for name in FIGURES if name != "opening_correction")),
            ),
        ]


class FrozenAbsentee(models.Model):
    """S(M) of ledger.md by name: (child, grade) absent at the cut-off; ``at_opening`` marks S0(M)."""

    frozen = models.ForeignKey(FrozenReturn, on_delete=models.PROTECT, related_name="absentees")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    grade = models.PositiveSmallIntegerField()
    absence = models.ForeignKey(Absence, on_delete=models.PROTECT, related_name="+")
    at_opening = models.BooleanField("期初", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "定稿未在校名单"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["frozen", "student", "at_opening"], name="absentee_once"),
        ]


class FrozenRow(models.Model):
    """One row of Annex 2 as it was frozen. ``printed`` holds the text of all columns, encrypted."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    frozen = models.ForeignKey(FrozenReturn, on_delete=models.PROTECT, related_name="rows")
    seq = models.PositiveIntegerField("序号")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, null=True, related_name="frozen_rows")
    absence = models.ForeignKey(Absence, on_delete=models.PROTECT, null=True, related_name="frozen_rows")
    # In a correcting edition a fact may still be waiting to become one.
    staged = models.ForeignKey(
        "monitoring.StagedChange", on_delete=models.PROTECT, null=True, related_name="frozen_rows"
    )
    grade = models.PositiveSmallIntegerField("年级")
    column = models.CharField("计入栏目", max_length=12, blank=True)
    sign = models.SmallIntegerField("增减", default=0)
    counted = models.BooleanField("计数")
    kind = models.CharField("变动类别", max_length=30)
    happened_on = models.DateField("变动时间")
    late_for = models.DateField("补报的月份", null=True)
    printed = EncryptedTextField("各栏文字")

    class Meta:
        verbose_name = verbose_name_plural = "信息表行"
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["frozen", "seq"], name="row_once"),
            models.CheckConstraint(
                name="row_counts_in_a_column",
                condition=Q(counted=True, sign__in=[1, -1]) & ~Q(column="")
                | Q(counted=False, column="", sign=0),
            ),
            models.CheckConstraint(
                name="row_of_one_fact",
                condition=Q(movement__isnull=False, absence__isnull=True, staged__isnull=True)
                | Q(movement__isnull=True, absence__isnull=False, staged__isnull=True)
                | Q(movement__isnull=True, absence__isnull=True, staged__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["student"], name="row_of_student")]
