"""Changes that wait with a correcting edition, and what an accepted correction moved (ledger.md REOPEN)."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.encryption import EncryptedTextField
from accounts.models import User
from monitoring.models.returns import Edition
from schools.models import School
from students.models import Movement, Student


class StagedChange(models.Model):
    """Add or void a movement. It becomes a fact only when the edition is accepted."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="staged")
    voids = models.ForeignKey(Movement, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20, blank=True)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, null=True, related_name="+")
    sign = models.SmallIntegerField(default=0)
    grade = models.PositiveSmallIntegerField(null=True)
    happened_on = models.DateField(null=True)
    # Everything else that the action needs (new child, reason, place), as JSON, encrypted.
    arguments = EncryptedTextField()
    summary = models.CharField("说明", max_length=200)
    staged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    staged_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    became = models.ForeignKey(Movement, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "待生效更正"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="staged_adds_or_voids",
                condition=Q(voids__isnull=False, kind="")
                | (Q(voids__isnull=True, sign__in=[1, -1]) & ~Q(kind="")),
            ),
        ]


class CorrectionDelta(models.Model):
    """new − old closing of one grade, from the moment the correction was accepted."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="deltas")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()
    school_year = models.PositiveSmallIntegerField()
    grade = models.PositiveSmallIntegerField()
    delta = models.IntegerField()
    accepted_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "更正差额"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "grade"], name="delta_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "month"], name="delta_of_school")]
