"""The return of one school for one month, its state, its editions and the steps it went through."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from schools.models import School
from students.models import RollPeriod


class ReturnState(models.TextChoices):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待校长签字"
    SENT_BACK = "sent_back", "已退回"
    SIGNED = "signed", "已签字"
    ACCEPTED = "accepted", "已接收"
    CORRECTING = "correcting", "已重开"


FILED_STATES = frozenset({ReturnState.SIGNED, ReturnState.ACCEPTED})
EDITABLE_STATES = frozenset({ReturnState.DRAFT, ReturnState.SENT_BACK, ReturnState.CORRECTING})


class AbsentRule(models.TextChoices):
    """在籍口径: 本月学生数 is the roll. 在校口径: it is who is in school (ledger.md PRINT)."""

    ROLL = "roll", "在籍口径"
    ATTENDING = "attending", "在校口径"


class MonthlyReturn(models.Model):
    """Where a school's return stands. The figures live in frozen editions, never here."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="returns")
    period = models.OneToOneField(RollPeriod, on_delete=models.PROTECT, related_name="monthly_return")
    state = models.CharField("状态", max_length=10, choices=ReturnState, default=ReturnState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    edition_number = models.PositiveSmallIntegerField("第几版", default=1)
    # A re-opened accepted return: the month stays closed and changes are staged until acceptance.
    correcting = models.BooleanField("更正中", default=False)
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField("送签时间", null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField("签字时间", null=True)
    first_signed_at = models.DateTimeField("首次签字时间", null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField("接收时间", null=True)
    sent_back_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    sent_back_at = models.DateTimeField("退回时间", null=True)
    sent_back_from = models.CharField("退回方", max_length=10, blank=True)
    sent_back_reason = models.CharField("退回原因", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "月报表"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="return_submission_matches_state",
                condition=Q(
                    state__in=["submitted", "signed", "accepted"],
                    submitted_by__isnull=False,
                    submitted_at__isnull=False,
                )
                | Q(state__in=["draft", "sent_back", "correcting"]),
                violation_error_message="送签信息与状态不一致。",
            ),
            models.CheckConstraint(
                name="return_signature_matches_state",
                condition=Q(
                    state__in=["signed", "accepted"], signed_by__isnull=False, signed_at__isnull=False
                )
                | (~Q(state__in=["signed", "accepted"]) & Q(signed_by__isnull=True, signed_at__isnull=True)),
                violation_error_message="签字信息与状态不一致。",
            ),
            models.CheckConstraint(
                name="return_acceptance_matches_state",
                condition=Q(state="accepted", accepted_by__isnull=False, accepted_at__isnull=False)
                | (~Q(state="accepted") & Q(accepted_by__isnull=True, accepted_at__isnull=True)),
                violation_error_message="接收信息与状态不一致。",
            ),
            # Nobody signs what they filled in alone (product.md §2).
            models.CheckConstraint(
                name="return_signer_is_not_the_filler",
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("submitted_by")),
                violation_error_message="签字人不能是填表人本人。",
            ),
            models.CheckConstraint(
                name="return_sent_back_has_reason",
                condition=~Q(state="sent_back") | (~Q(sent_back_reason="") & Q(sent_back_by__isnull=False)),
                violation_error_message="退回要写明原因。",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "state"], name="return_by_state")]

    def __str__(self) -> str:
        return f"{self.period}"


class Edition(models.Model):
    """第n版: one row per text that was or will be signed."""

    monthly_return = models.ForeignKey(MonthlyReturn, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField("版次")
    is_correction = models.BooleanField("更正版", default=False)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    opened_because = models.CharField("起因", max_length=300, blank=True)
    expires_at = models.DateTimeField("更正期限", null=True)
    discarded_at = models.DateTimeField("作废时间", null=True)
    frozen = models.OneToOneField(
        "monitoring.FrozenReturn", on_delete=models.PROTECT, null=True, related_name="signed_edition"
    )
    signed_by_name = models.CharField("签字人", max_length=60, blank=True)
    signed_for = models.CharField("代签说明", max_length=120, blank=True)
    signed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    in_force = models.BooleanField("现行", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "月报版次"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["monthly_return", "number"], name="edition_once"),
            models.UniqueConstraint(
                fields=["monthly_return"], condition=Q(in_force=True), name="edition_one_in_force"
            ),
            models.CheckConstraint(
                name="edition_in_force_is_accepted",
                condition=Q(in_force=False) | Q(accepted_at__isnull=False, frozen__isnull=False),
            ),
            models.CheckConstraint(
                name="edition_signature_has_text",
                condition=Q(signed_at__isnull=True) | Q(frozen__isnull=False),
            ),
            models.CheckConstraint(
                name="edition_correction_has_reason",
                condition=Q(is_correction=False) | ~Q(opened_because=""),
            ),
        ]


class ReturnEvent(models.Model):
    """A step that was taken, for the steps shown on the page; the audit trail has the same and more."""

    monthly_return = models.ForeignKey(MonthlyReturn, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=30)
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    edition_number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "月报经过"
        ordering: ClassVar = ["pk"]
