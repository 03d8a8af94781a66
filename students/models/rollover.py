"""学年升级: one county action that moves every child up a grade, and what is needed to undo it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import County, User
from schools.models import Klass
from students.models.roll import Enrolment


class Rollover(models.Model):
    """From school year ``to_year − 1`` to ``to_year``."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="rollovers")
    to_year = models.PositiveSmallIntegerField("新学年起始年")
    committed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    committed_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "学年升级"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["county", "to_year"],
                condition=Q(undone_at__isnull=True),
                name="rollover_once_a_year",
                violation_error_message="这个学年已经升级过了。",
            ),
            models.CheckConstraint(
                name="rollover_undo_is_stamped",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]


class RolloverLine(models.Model):
    """One child's step: ``to_grade`` null means that the child left the school at the top grade."""

    rollover = models.ForeignKey(Rollover, on_delete=models.CASCADE, related_name="lines")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="rollover_lines")
    from_grade = models.PositiveSmallIntegerField()
    to_grade = models.PositiveSmallIntegerField(null=True)
    klass = models.ForeignKey(Klass, on_delete=models.PROTECT, null=True)

    class Meta:
        verbose_name = verbose_name_plural = "升级明细"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rollover", "enrolment"], name="rollover_line_once"),
        ]
