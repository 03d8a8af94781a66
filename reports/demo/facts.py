"""What happens to the children of a school, through the actions that its clerk uses."""

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Final

from accounts.models import User
from reports.demo.actions.children import add_families, person_of
from reports.demo.actions.places import Founded
from reports.demo.names import People
from reports.demo.papers import paper
from reports.demo.timeline import Timeline
from schools.models import Klass, School
from students.actions.absences import end_absence, start_absence
from students.actions.evidence import attach_proof
from students.actions.movements import Fact, change_grade, record_arrival, record_departure, record_new_child
from students.actions.transfers import (
    begin_transfer_in,
    begin_transfer_out,
    confirm_transfer,
    refuse_transfer,
)
from students.actions.undo import undo_movement
from students.codes import REASONS
from students.models import (
    Absence,
    AbsenceKind,
    Enrolment,
    Movement,
    MovementKind,
    Transfer,
    TransferState,
)
from students.proofs import missing_proofs
from students.queries import roll_year

ELSEWHERE: Final = (
    "太原市小店区",
    "长治市潞州区",
    "河南省林州市",
    "河北省涉县",
    "晋城市城区",
    "郑州市金水区",
)
FOLLOW_UPS: Final = (
    "电话联系家长，答应下周送回", "班主任家访一次，家长同意再劝", "两次家访，学生不愿返校", "已请村委会一同家访",
)  # fmt: skip
ONE_DAY: Final = dt.timedelta(days=1)


@dataclass
class Facts:
    """Moves, absences and transfers of one county."""

    founded: Founded
    people: People
    timeline: Timeline
    dice: random.Random
    teachers: dict[int, list[str]] = field(default_factory=dict)

    def clerk(self, school: School) -> User:
        return self.founded.clerks[school.pk]

    def someone(
        self, school: School, *, klass_id: int | None = None, grades: range | None = None
    ) -> Enrolment | None:
        """A child on the roll with nothing under way."""
        rows = Enrolment.objects.filter(school=school, left_on__isnull=True)
        if klass_id is not None:
            rows = rows.filter(klass_id=klass_id)
        if grades is not None:
            rows = rows.filter(grade__in=grades)
        rows = rows.exclude(
            student__in=Absence.objects.filter(
                school=school, returned_on__isnull=True, voided_at__isnull=True
            ).values("student_id")
        ).exclude(student__in=Transfer.objects.filter(state=TransferState.WAITING).values("student_id"))
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if not ids:
            return None
        return Enrolment.objects.select_related("student", "school__county", "klass").get(
            pk=self.dice.choice(ids)
        )

    # --- to and from the roll -------------------------------------------------------------------------------------

    def leave(
        self, school: School, kind: MovementKind, day: dt.date, *, pending: bool = False
    ) -> Movement | None:
        child = self.someone(school)
        if child is None:
            return None
        where = self.dice.choice(ELSEWHERE) if kind == MovementKind.TRANSFER_OUT else ""
        reason = self.dice.choice([code for code in REASONS[kind.value] if code != "other"])
        fact = Fact(day, reason, counterpart_text=where, evidence_pending=pending)
        return record_departure(child.student, kind, fact=fact, actor=self.clerk(school))

    def join(self, school: School, kind: MovementKind, grade: int, day: dt.date) -> Movement:
        """A child unknown to the county."""
        child = self.people.child(
            grade, roll_year(school.county), f"{school.township.name}{self.dice.choice(['东', '西'])}街"
        )
        reason = self.dice.choice([code for code in REASONS[kind.value] if code != "other"])
        where = self.dice.choice(ELSEWHERE) if kind == MovementKind.TRANSFER_IN else ""
        movement = record_new_child(
            person_of(child),
            school,
            kind,
            grade=grade,
            klass=self.klass_for(school, grade),
            fact=Fact(day, reason, counterpart_text=where),
            actor=self.clerk(school),
        )
        add_families(school, [(movement.student, child)], self.clerk(school))
        return movement

    def move_up(self, enrolment: Enrolment, school: School, day: dt.date) -> Movement:
        """升入: who finished at the old school arrives at the next one."""
        grade = enrolment.grade + 1
        fact = Fact(
            day, "promotion", counterpart_school=enrolment.school, counterpart_text=enrolment.school.name
        )
        return record_arrival(
            enrolment.student,
            school,
            MovementKind.PROMOTED_IN,
            grade=grade,
            klass=self.klass_for(school, grade),
            fact=fact,
            actor=self.clerk(school),
        )

    def regrade(self, school: School, kind: MovementKind, day: dt.date) -> None:
        first, last = school.first_grade, school.last_grade
        grades = range(first + 1, last + 1) if kind == MovementKind.RETAINED else range(first, last)
        child = self.someone(school, grades=grades)
        if child is not None:
            to_grade = child.grade + (-1 if kind == MovementKind.RETAINED else 1)
            reason = self.dice.choice([code for code in REASONS[kind.value] if code != "other"])
            change_grade(
                child.student,
                kind,
                to_grade=to_grade,
                klass=self.klass_for(school, to_grade),
                fact=Fact(day, reason),
                actor=self.clerk(school),
            )

    def mistake(self, school: School, day: dt.date) -> None:
        """Booked for the wrong child and voided an hour later."""
        movement = self.leave(school, MovementKind.TRANSFER_OUT, day)
        if movement is not None:
            self.timeline.at(
                self.timeline.clock.moment + dt.timedelta(hours=1),
                lambda: undo_movement(movement, reason="选错了学生", actor=self.clerk(school)),
            )

    def correct_closed_month(self, school: School) -> None:
        """更正 of a departure that did not take place after all."""
        done = Movement.objects.filter(
            school=school, kind=MovementKind.TRANSFER_OUT, pair=None, voided_at__isnull=True, reversed_by=None
        )
        movement = done.filter(period__state="closed", student__enrolments__left_on__isnull=False).last()
        if movement is not None:
            undo_movement(movement, reason="家长改变主意，没有转走", actor=self.clerk(school))

    def prove(self, school: School, most: int = 2) -> None:
        """The papers of the latest departures from the county are handed in."""
        done = Movement.objects.filter(
            school=school, sign=-1, pair=None, voided_at=None, evidence_pending=False, evidence=None
        )
        for movement in done.select_related("student", "school").order_by("-pk")[:most]:
            for kind in missing_proofs(movement):
                lines = [
                    f"学生：{movement.student.name}",
                    f"学校：{school.name}",
                    f"日期：{movement.happened_on}",
                ]
                attach_proof(movement, kind, paper(kind, lines), f"{kind}.png", actor=self.clerk(school))

    # --- transfers inside the county --------------------------------------------------------------------------------

    def begin_transfer(self, school: School, to_school: School, last_day: dt.date) -> Transfer | None:
        child = self.someone(school, grades=self._common_grades(school, to_school))
        if child is None:
            return None
        return begin_transfer_out(
            child.student,
            to_school,
            last_attended_on=last_day,
            grade=child.grade,
            reason_code=self.dice.choice(["moved", "work", "near"]),
            actor=self.clerk(school),
        )

    def ask_for_transfer(self, school: School, to_school: School) -> Transfer | None:
        child = self.someone(school, grades=self._common_grades(school, to_school))
        if child is None:
            return None
        return begin_transfer_in(
            child.student, to_school, grade=child.grade, reason_code="moved", actor=self.clerk(to_school)
        )

    def transfer(self, school: School, to_school: School, last_day: dt.date) -> None:
        """Begun by the old school, answered by the new one some days later."""
        transfer = self.begin_transfer(school, to_school, last_day)
        if transfer is not None:
            days = self.dice.randint(1, 6)
            answer = self.refuse if self.dice.random() < 0.08 else self.confirm
            self.timeline.on(
                last_day + dt.timedelta(days=days), self.dice, lambda: answer(transfer, last_day)
            )

    def confirm(self, transfer: Transfer, last_day: dt.date) -> None:
        transfer.refresh_from_db()
        confirm_transfer(
            transfer,
            actor=self.clerk(transfer.waiting_for),
            seen_revision=transfer.revision,
            arrived_on=last_day + ONE_DAY,
            klass=self.klass_for(transfer.to_school, transfer.grade),
        )

    def refuse(self, transfer: Transfer, _last_day: dt.date) -> None:
        transfer.refresh_from_db()
        refuse_transfer(
            transfer,
            actor=self.clerk(transfer.waiting_for),
            seen_revision=transfer.revision,
            reason="该年级班额已满，请联系附近学校",
        )
        spell_id = transfer.absence_id
        if spell_id is not None:
            day = self.timeline.clock.moment.date() + ONE_DAY
            self.timeline.on(day, self.dice, lambda: self.come_back(spell_id, day))

    def _common_grades(self, school: School, to_school: School) -> range:
        return range(
            max(school.first_grade, to_school.first_grade), min(school.last_grade, to_school.last_grade) + 1
        )

    # --- absences ---------------------------------------------------------------------------------------------------

    def be_absent(
        self,
        school: School,
        kind: AbsenceKind,
        first_day: dt.date,
        days: int | None,
        *,
        klass_id: int | None = None,
        reason: str | None = None,
        pending: bool = False,
    ) -> Absence | None:
        """Not in school from a day on; back after *days*, or not yet."""
        child = self.someone(school, klass_id=klass_id)
        if child is None:
            return None
        codes = [code for code in REASONS[kind.value] if code != "other"]
        spell = start_absence(
            child.student,
            kind,
            first_day=first_day,
            reason_code=self.dice.choice(codes) if reason is None else reason,
            responsible_teacher=self._teacher(school, child),
            follow_up=self.dice.choice(FOLLOW_UPS) if kind == AbsenceKind.TRUANCY else "",
            expected_back_on=first_day + dt.timedelta(days=days)
            if days and kind != AbsenceKind.TRUANCY
            else None,
            evidence_pending=pending,
            actor=self.clerk(school),
        )
        if days is not None:
            back = first_day + dt.timedelta(days=days)
            self.timeline.on(back, self.dice, lambda: self.come_back(spell.pk, back))
        return spell

    def come_back(self, absence_id: int, day: dt.date) -> None:
        spell = Absence.objects.select_related("student", "school").get(pk=absence_id)
        if spell.returned_on is None and spell.voided_at is None:
            end_absence(spell, returned_on=day, actor=self.clerk(spell.school), seen_revision=spell.revision)

    def _teacher(self, school: School, child: Enrolment) -> str:
        own = self.founded.teachers.get(school.pk)
        if own is not None and own[1] == child.klass_id:
            return own[0].name
        names = self.teachers.setdefault(school.pk, [self.people.adult() for _ in range(4)])
        return names[(child.klass_id or 0) % len(names)]

    def klass_for(self, school: School, grade: int) -> Klass | None:
        rows = Klass.objects.filter(school=school, closed_on__isnull=True)
        klasses = list(rows.filter(is_multigrade=True) | rows.filter(grade=grade, is_multigrade=False))
        return self.dice.choice(klasses) if klasses else None

    def pupils(self, school: School) -> int:
        return Enrolment.objects.filter(school=school, left_on__isnull=True).count()
