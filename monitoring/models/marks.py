"""Remarks tied to one cell, edited 备注, and reminders sent."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import User
from monitoring.models.returns import MonthlyReturn
from schools.models import ReportingMonth, School


class MarkAnswer(models.TextChoices):
    CHANGED = "changed", "已改"
    RIGHT = "right", "核对无误"


class CellMark(models.Model):
    """What the principal or the bureau says about one cell; every mark must be answered."""

    monthly_return = models.ForeignKey(MonthlyReturn, on_delete=models.PROTECT, related_name="marks")
    edition_number = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField()
    grade = models.PositiveSmallIntegerField("年级", help_text="0 = 合计行")
    column = models.CharField("栏目", max_length=20)
    text = models.CharField("批注", max_length=300)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    answer = models.CharField("答复", max_length=10, choices=MarkAnswer, blank=True)
    answer_text = models.CharField("说明", max_length=300, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "批注"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="mark_answer_is_stamped",
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
            models.CheckConstraint(name="mark_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="mark_right_says_why", condition=~Q(answer=MarkAnswer.RIGHT) | ~Q(answer_text="")
            ),
        ]


class DraftRemark(models.Model):
    """A 备注 edited by the clerk; where none is stored the one composed from the facts holds."""

    monthly_return = models.ForeignKey(MonthlyReturn, on_delete=models.PROTECT, related_name="draft_remarks")
    grade = models.PositiveSmallIntegerField()
    text = models.CharField("备注", max_length=300, blank=True)
    composed = models.CharField("当时自动生成的备注", max_length=300, blank=True)
    edited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "备注"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["monthly_return", "grade"], name="draft_remark_once"),
        ]


class Reminder(models.Model):
    """A 催办: to which school, about which month, by whom."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="reminders")
    month = models.ForeignKey(ReportingMonth, on_delete=models.PROTECT, related_name="+")
    to_role = models.CharField(max_length=20)
    text = models.CharField(max_length=300)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "催办"
        ordering: ClassVar = ["-pk"]
