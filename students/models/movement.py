"""Movements: signed facts about one child on one roll; and the in-county transfer with its two ends."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from schools.models import School
from students.models.absence import Absence
from students.models.person import Student
from students.models.roll import Enrolment, RollPeriod


class MovementKind(models.TextChoices):
    """ledger.md KINDS: movements of the roll. Absence kinds are not among them."""

    TRANSFER_IN = "transfer_in", "转入"
    TRANSFER_OUT = "transfer_out", "转出"
    NEW_PUPIL = "new_pupil", "新生入学"
    ADDED = "added", "补录"
    PROMOTED_IN = "promoted_in", "升入"
    DEATH = "death", "死亡"
    ABROAD = "abroad", "出国（境）"
    REMOVED = "removed", "删除"
    RETAINED = "retained", "留级"
    SKIPPED = "skipped", "跳级"
    CORRECTION = "correction", "更正"


PLUS_KINDS = frozenset(
    {MovementKind.TRANSFER_IN, MovementKind.NEW_PUPIL, MovementKind.ADDED, MovementKind.PROMOTED_IN}
)
MINUS_KINDS = frozenset(
    {MovementKind.TRANSFER_OUT, MovementKind.DEATH, MovementKind.ABROAD, MovementKind.REMOVED}
)
BOTH_KINDS = frozenset({MovementKind.RETAINED, MovementKind.SKIPPED, MovementKind.CORRECTION})
COLUMN_OF_KIND = dict.fromkeys(MovementKind, "other") | {
    MovementKind.TRANSFER_IN: "transfer_in",
    MovementKind.TRANSFER_OUT: "transfer_out",
}


class Movement(models.Model):
    """One child, one school, one grade, +1 or −1. Never edited: voided, or reversed by 更正."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="movements")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="movements")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField("类别", max_length=20, choices=MovementKind)
    sign = models.SmallIntegerField("增减")
    grade = models.PositiveSmallIntegerField("年级（登记时）")
    grade_year = models.PositiveSmallIntegerField("年级所属学年")
    klass_label = models.CharField("班级", max_length=30, blank=True)
    happened_on = models.DateField("发生日期")
    period = models.ForeignKey(
        RollPeriod, on_delete=models.PROTECT, null=True, related_name="movements", verbose_name="计入月份"
    )
    counting_grade = models.PositiveSmallIntegerField("计入年级", null=True)
    late_for = models.DateField("补报的月份", null=True, blank=True)
    pair = models.UUIDField("同一笔", null=True, blank=True)
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name="更正的对象",
    )
    reason_code = models.CharField("原因", max_length=20)
    reason_text = models.CharField("原因说明", max_length=200, blank=True)
    counterpart_school = models.ForeignKey(
        School,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="来源或去向学校",
    )
    counterpart_text = models.CharField("来源或去向", max_length=100, blank=True)
    evidence_pending = models.BooleanField("待补证明", default=False)
    ended_absence = models.ForeignKey(
        Absence, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)
    voided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "学籍异动"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="movement_sign_fits_kind",
                condition=Q(sign=1, kind__in=sorted(PLUS_KINDS))
                | Q(sign=-1, kind__in=sorted(MINUS_KINDS))
                | Q(sign__in=[1, -1], kind__in=sorted(BOTH_KINDS)),
            ),
            models.CheckConstraint(
                name="movement_correction_reverses",
                condition=Q(kind=MovementKind.CORRECTION, reverses__isnull=False)
                | (~Q(kind=MovementKind.CORRECTION) & Q(reverses__isnull=True)),
            ),
            models.CheckConstraint(name="movement_grade_known", condition=Q(grade__gte=1, grade__lte=9)),
            models.CheckConstraint(
                name="movement_counts_with_a_grade",
                condition=Q(period__isnull=True, counting_grade__isnull=True)
                | Q(period__isnull=False, counting_grade__gte=1, counting_grade__lte=9),
            ),
            models.CheckConstraint(
                name="movement_void_is_stamped",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True)
                | Q(voided_at__isnull=False, voided_by__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["period", "counting_grade"], name="movement_counted"),
            models.Index(fields=["student", "id"], name="movement_of_student"),
            models.Index(fields=["pair"], name="movement_pair", condition=Q(pair__isnull=False)),
            models.Index(fields=["school", "-id"], name="movement_of_school"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sign:+d}"

    @property
    def column(self) -> str:
        """Column of Annex 1 that the fact counts in."""
        return COLUMN_OF_KIND[MovementKind(self.kind)]

    @property
    def is_live(self) -> bool:
        return self.voided_at is None


class TransferSide(models.TextChoices):
    FROM = "from", "转出学校"
    TO = "to", "转入学校"


class TransferState(models.TextChoices):
    WAITING = "waiting", "待对方确认"
    CONFIRMED = "confirmed", "已办结"
    REFUSED = "refused", "对方不予接收"
    CANCELLED = "cancelled", "已撤回"


class Transfer(models.Model):
    """An in-county transfer: one record, begun by either school, confirmed by the other."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="transfers")
    from_school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="transfers_out")
    to_school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="transfers_in")
    begun_by_side = models.CharField(max_length=4, choices=TransferSide)
    state = models.CharField(max_length=10, choices=TransferState, default=TransferState.WAITING)
    revision = models.PositiveIntegerField(default=1)
    last_attended_on = models.DateField("最后在校日", null=True, blank=True)
    arrived_on = models.DateField("到校日期", null=True, blank=True)
    grade = models.PositiveSmallIntegerField("转入年级")
    reason_code = models.CharField("原因", max_length=20)
    reason_text = models.CharField("原因说明", max_length=200, blank=True)
    absence = models.ForeignKey(
        Absence, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="转学途中"
    )
    pair = models.UUIDField(default=uuid.uuid4, editable=False)
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField("理由", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "县内转学"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(state=TransferState.WAITING),
                name="transfer_one_waiting",
                violation_error_message="这名学生已有一笔待确认的转学。",
            ),
            models.CheckConstraint(
                name="transfer_between_two_schools", condition=~Q(from_school=F("to_school"))
            ),
            models.CheckConstraint(
                name="transfer_decision_is_stamped",
                condition=Q(state=TransferState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state=TransferState.WAITING) & Q(decided_at__isnull=False, decided_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="transfer_refusal_has_reason",
                condition=~Q(state=TransferState.REFUSED) | ~Q(decision_reason=""),
                violation_error_message="不予接收要写明原因。",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["to_school", "state"], name="transfer_to"),
            models.Index(fields=["from_school", "state"], name="transfer_from"),
        ]

    @property
    def waiting_for(self) -> School:
        """The school whose turn it is."""
        return self.to_school if self.begun_by_side == TransferSide.FROM else self.from_school

    @property
    def begun_at_school(self) -> School:
        """The school that began it and may take it back."""
        return self.from_school if self.begun_by_side == TransferSide.FROM else self.to_school

    @property
    def origin_words(self) -> str:
        """The old school, once both know: a school that asks for a child must not learn where the child is."""
        is_known = self.begun_by_side == TransferSide.FROM or self.state == TransferState.CONFIRMED
        return self.from_school.name if is_known else "原学校"

    @property
    def waiting_for_words(self) -> str:
        """Whose turn it is, as the school that began it may read it."""
        return self.to_school.name if self.begun_by_side == TransferSide.FROM else self.origin_words
