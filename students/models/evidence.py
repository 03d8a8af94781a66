"""Which stored file proves which fact."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import StoredFile
from students.models.absence import Absence
from students.models.circumstances import SpecialCircumstance
from students.models.movement import Movement, Transfer


class Evidence(models.Model):
    """One proof of exactly one fact."""

    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField("材料", max_length=60)
    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, null=True, related_name="evidence")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, null=True, related_name="evidence")
    absence = models.ForeignKey(Absence, on_delete=models.PROTECT, null=True, related_name="evidence")
    circumstance = models.ForeignKey(
        SpecialCircumstance, on_delete=models.PROTECT, null=True, related_name="evidence"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "证明材料"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="evidence_of_one_fact",
                condition=Q(
                    movement__isnull=False,
                    transfer__isnull=True,
                    absence__isnull=True,
                    circumstance__isnull=True,
                )
                | Q(
                    movement__isnull=True,
                    transfer__isnull=False,
                    absence__isnull=True,
                    circumstance__isnull=True,
                )
                | Q(
                    movement__isnull=True,
                    transfer__isnull=True,
                    absence__isnull=False,
                    circumstance__isnull=True,
                )
                | Q(
                    movement__isnull=True,
                    transfer__isnull=True,
                    absence__isnull=True,
                    circumstance__isnull=False,
                ),
            ),
        ]
