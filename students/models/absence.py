"""Absence spells: a first day and the first day back. They never change the roll (ledger.md ABSENT)."""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from schools.models import School
from students.models.person import Student


class AbsenceKind(models.TextChoices):
    """Why a child on the roll is not in school. 疑似辍学 and 辍学 are computed from days, never stored."""

    SUSPENSION = "suspension", "休学"
    LONG_LEAVE = "long_leave", "长假"
    NOT_REGISTERED = "not_registered", "未报到"
    TRUANCY = "truancy", "旷课"
    SPECIAL_SCHOOL = "special_school", "专门学校"
    GUEST_ELSEWHERE = "guest_elsewhere", "借读"
    IN_TRANSFER = "in_transfer", "转学途中"


UNEXCUSED_KINDS = frozenset({AbsenceKind.TRUANCY, AbsenceKind.NOT_REGISTERED})


class EndedHow(models.TextChoices):
    RETURNED = "returned", "返校"
    LEFT = "left", "离校"
    RESUMED = "resumed", "复学"


class Absence(models.Model):
    """Open on day D when first_day ≤ D and (returned_on is null or returned_on > D)."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="absences")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="absences")
    kind = models.CharField("类别", max_length=20, choices=AbsenceKind)
    first_day = models.DateField("首日")
    returned_on = models.DateField("返校日", null=True, blank=True)
    ended_how = models.CharField("结束方式", max_length=10, choices=EndedHow, blank=True)
    expected_back_on = models.DateField("预计返校日", null=True, blank=True)
    reason_code = models.CharField("原因", max_length=20, blank=True)
    reason_text = models.CharField("原因说明", max_length=200, blank=True)
    responsible_teacher = models.CharField("包联教师", max_length=50, blank=True)
    follow_up = models.CharField("跟踪情况", max_length=200, blank=True)
    evidence_pending = models.BooleanField("待补证明", default=False)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    voided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废原因", max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = verbose_name_plural = "未在校"
        ordering: ClassVar = ["first_day", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(returned_on__isnull=True, voided_at__isnull=True),
                name="absence_one_open",
                violation_error_message="这名学生已有一段未结束的未在校记录。",
            ),
            models.CheckConstraint(
                name="absence_ends_after_it_begins",
                condition=Q(returned_on__isnull=True) | Q(returned_on__gt=F("first_day")),
                violation_error_message="返校日要晚于首日。",
            ),
            models.CheckConstraint(
                name="absence_end_is_stamped",
                condition=Q(returned_on__isnull=True, ended_how="", ended_by__isnull=True)
                | (Q(returned_on__isnull=False, ended_by__isnull=False) & ~Q(ended_how="")),
            ),
            models.CheckConstraint(
                name="absence_void_is_stamped",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True)
                | Q(voided_at__isnull=False, voided_by__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "first_day"], name="absence_of_school"),
            models.Index(
                fields=["school"],
                name="absence_open",
                condition=Q(returned_on__isnull=True, voided_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def days_on(self, day: dt.date) -> int:
        """Days out of school up to *day*, the first one included."""
        return (min(day, self.returned_on or day) - self.first_day).days + 1

    def label_on(self, day: dt.date, suspected_days: int, dropout_days: int) -> str:
        """旷课 and 未报到 become 疑似辍学 and 辍学 by the number of days (product.md §5)."""
        if self.kind in UNEXCUSED_KINDS:
            if self.days_on(day) >= dropout_days:
                return "辍学"
            if self.days_on(day) > suspected_days:
                return "疑似辍学"
        return self.get_kind_display()
