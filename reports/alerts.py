"""What the bureau's leaders must know of: children out of school, schools that do not file, transfers that do not land."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from accounts.models import User
from accounts.wording import cn_date, grade_name, mask_name
from monitoring.queries import overdue_months
from schools.calendar import Closure, add_working_days, working_days_between
from schools.models import Role, School
from schools.permissions import holds_role
from schools.queries import closures, settings_of
from schools.settings import DROPOUT_DAYS, EVIDENCE_DAYS, SUSPECTED_DAYS, TRANSFER_DAYS
from students.models import (
    UNEXCUSED_KINDS,
    Absence,
    Enrolment,
    Movement,
    MovementKind,
    Student,
    Transfer,
    TransferState,
)


@dataclass(frozen=True)
class Alert:
    """One line: what, about whom, where, for how long, in whose hands, until when."""

    kind: str
    key: int
    what: str
    look: str
    student: Student | None
    grade: int | None
    places: str
    days: int
    owner: str
    due_on: dt.date | None

    @property
    def whom(self) -> str:
        """The masked name: the full one only after a reasoned, logged reveal."""
        return self._about(mask_name(self.student.name)) if self.student else "—"

    @property
    def whom_in_full(self) -> str:
        return self._about(self.student.name) if self.student else "—"

    def _about(self, name: str) -> str:
        return f"{name}（{grade_name(self.grade)}）" if self.grade else name

    @property
    def is_over(self) -> bool:
        return self.due_on is not None and self.due_on <= timezone.localdate()

    @property
    def due(self) -> str:
        if self.due_on is None:
            return "—"
        over = (timezone.localdate() - self.due_on).days
        if over == 0:
            return "今天"
        return f"{cn_date(self.due_on)}，已过 {over} 天" if over > 0 else cn_date(self.due_on)

    @property
    def order(self) -> tuple[bool, dt.date, int]:
        return self.look != "now", self.due_on or dt.date.max, -self.days


def may_see_alerts(user: User) -> bool:
    """Leaders, masked; reviewers, by name (permission matrix: student, name behind an alert)."""
    return holds_role(user, Role.LEADER) or holds_role(user, Role.REVIEWER)


def may_see_alert_names(user: User) -> bool:
    return holds_role(user, Role.REVIEWER)


def alerts(county_id: int) -> list[Alert]:
    """All of a county, the most urgent first; a constant number of queries."""
    source = _Alerts(county_id)
    found = [*source.children(), *source.late_schools(), *source.transfers(), *source.not_landed()]
    return sorted(found, key=lambda alert: alert.order)


class _Alerts:
    def __init__(self, county_id: int) -> None:
        self.county_id = county_id
        self.today = timezone.localdate()
        self.settings = settings_of(county_id)

    @cached_property
    def closures(self) -> list[Closure]:
        return closures(self.county_id)

    def children(self) -> list[Alert]:
        """疑似辍学 and 辍学, computed from the days."""
        suspected, dropout = int(self.settings[SUSPECTED_DAYS.key]), int(self.settings[DROPOUT_DAYS.key])
        spells = list(
            Absence.objects.filter(
                school__county_id=self.county_id,
                kind__in=UNEXCUSED_KINDS,
                returned_on__isnull=True,
                voided_at__isnull=True,
                first_day__lte=self.today - dt.timedelta(days=suspected),
            ).select_related("student", "school")
        )
        grades = self._grades([spell.student_id for spell in spells])
        found = []
        for spell in spells:
            label = spell.label_on(self.today, suspected, dropout)
            due_on = spell.first_day + dt.timedelta(days=dropout - 1 if label == "疑似辍学" else suspected)
            found.append(
                Alert(
                    "absence",
                    spell.pk,
                    label,
                    "now",
                    spell.student,
                    grades.get(spell.student_id),
                    spell.school.name,
                    spell.days_on(self.today),
                    f"包联教师 {spell.responsible_teacher}" if spell.responsible_teacher else "学校填报员",
                    due_on,
                )
            )
        return found

    def late_schools(self) -> list[Alert]:
        """Two months running without a signed return."""
        schools = list(School.objects.filter(county_id=self.county_id).select_related("township"))
        months = overdue_months(schools, self.county_id, timezone.now())
        found = []
        for school in schools:
            late = months[school.pk]
            if len(late) >= 2:
                days = (self.today - late[0].due_on).days
                owner = f"{school.township.name}中心校"
                found.append(
                    Alert(
                        "school", school.pk, f"连续 {len(late)} 月逾期", "now", None, None,
                        school.name, days, owner, late[0].due_on,
                    )
                )  # fmt: skip
        return found

    def transfers(self) -> list[Alert]:
        """In-county transfers that the other school has not answered in time; both schools are named."""
        limit = int(self.settings[TRANSFER_DAYS.key])
        waiting = Transfer.objects.filter(
            state=TransferState.WAITING, student__county_id=self.county_id
        ).select_related("student", "from_school", "to_school")
        found = []
        for transfer in waiting:
            began = timezone.localtime(transfer.begun_at).date()
            if working_days_between(began, self.today, self.closures) > limit:
                found.append(
                    Alert(
                        "transfer",
                        transfer.pk,
                        "转学未对接",
                        "wait",
                        transfer.student,
                        transfer.grade,
                        f"{transfer.from_school} → {transfer.to_school}",
                        (self.today - began).days,
                        f"{transfer.waiting_for} 填报员",
                        add_working_days(began, limit, self.closures),
                    )
                )
        return found

    def not_landed(self) -> list[Alert]:
        """转出 whose proof of landing has not come in time."""
        days = int(self.settings[EVIDENCE_DAYS.key])
        movements = Movement.objects.filter(
            school__county_id=self.county_id,
            kind=MovementKind.TRANSFER_OUT,
            evidence_pending=True,
            voided_at__isnull=True,
            recorded_at__lt=timezone.now() - dt.timedelta(days=days),
        ).select_related("student", "school")
        return [
            Alert(
                "movement",
                movement.pk,
                "转出未落地",
                "wait",
                movement.student,
                movement.grade,
                movement.school.name,
                (self.today - timezone.localtime(movement.recorded_at).date()).days,
                "学校填报员",
                timezone.localtime(movement.recorded_at).date() + dt.timedelta(days=days),
            )
            for movement in movements
        ]

    def _grades(self, student_ids: list[int]) -> dict[int, int]:
        return dict(
            Enrolment.objects.filter(student__in=student_ids, left_on__isnull=True).values_list(
                "student_id", "grade"
            )
        )
