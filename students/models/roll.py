"""Who is on which roll, and the lock that says whether a month still takes facts (ledger.md)."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from schools.models import Klass, ReportingMonth, School
from students.models.person import Student


class PeriodState(models.TextChoices):
    OPEN = "open", "可记"
    CLOSED = "closed", "已关"


class RollPeriod(models.Model):
    """One school's month. The only place that knows whether the month takes facts."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="periods")
    month = models.ForeignKey(ReportingMonth, on_delete=models.PROTECT, related_name="periods")
    state = models.CharField(max_length=6, choices=PeriodState, default=PeriodState.OPEN)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = verbose_name_plural = "学籍月"
        ordering: ClassVar = ["month__month"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "month"], name="period_once"),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.month}"


class Enrolment(models.Model):
    """A child on a school's roll. ``grade`` holds for the school year ``grade_year``.

    ``base_grade`` marks a child of the opening roster (期初建账), which is not a movement.
    """

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="enrolments")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="enrolments")
    klass = models.ForeignKey(
        Klass, on_delete=models.PROTECT, null=True, blank=True, related_name="enrolments"
    )
    grade = models.PositiveSmallIntegerField("年级")
    grade_year = models.PositiveSmallIntegerField("年级所属学年")
    joined_on = models.DateField("入校日期")
    left_on = models.DateField("离校日期", null=True, blank=True)
    graduated = models.BooleanField("毕业或升学离校", default=False)
    base_grade = models.PositiveSmallIntegerField("期初年级", null=True, blank=True)
    base_year = models.PositiveSmallIntegerField("期初学年", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "学籍"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(left_on__isnull=True),
                name="enrolment_one_current",
                violation_error_message="这名学生已有学籍。",
            ),
            models.UniqueConstraint(
                fields=["student", "school"],
                condition=Q(base_grade__isnull=False),
                name="enrolment_base_once",
            ),
            models.CheckConstraint(name="enrolment_grade_known", condition=Q(grade__gte=1, grade__lte=9)),
            models.CheckConstraint(
                name="enrolment_base_complete",
                condition=Q(base_grade__isnull=True, base_year__isnull=True)
                | Q(base_grade__isnull=False, base_year__isnull=False),
            ),
            models.CheckConstraint(
                name="enrolment_leaves_after_joining",
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
                violation_error_message="离校日期不能早于入校日期。",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["school", "grade"], name="enrolment_current", condition=Q(left_on__isnull=True)
            ),
            models.Index(
                fields=["school", "base_grade"], name="enrolment_base", condition=Q(base_grade__isnull=False)
            ),
        ]
