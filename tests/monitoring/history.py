"""Random histories of a small county, lived through the real actions, and the properties they must keep.

The properties are those named at the head of ledger.md: after every step the lines balance, the
printed equation holds, Annex 1 equals the signed count of Annex 2, months chain, county transfers
meet and no child is in two schools; and the books end where the rolls are.
"""

import datetime as dt
import random
from collections import Counter

import time_machine
from django.db.models import Count
from django.utils import timezone

from accounts.workflow import NotPermitted, StepRefused
from monitoring.actions.common import find_return, page_token
from monitoring.actions.correction import discard_correction, stage_add, stage_void
from monitoring.actions.filing import pull_back, submit_return
from monitoring.actions.reviewing import (
    Mark,
    accept_return,
    reopen_return,
    send_back_as_bureau,
    send_back_as_principal,
    sign_return,
)
from monitoring.build import content_now, content_of, live_content_as
from monitoring.lines import figures
from monitoring.models import CellMark, FrozenReturn, MonthlyReturn, ReturnState
from monitoring.readings import ATTENDING, COLUMNS, cells, printed
from schools.calendar import school_year_of
from schools.models import ReportingMonth, Requirement, Role, School, SchoolKind
from students.actions.absences import end_absence, start_absence, void_absence
from students.actions.movements import Fact, change_grade, record_arrival, record_departure
from students.actions.rollover import commit_rollover
from students.actions.transfers import (
    begin_transfer_in,
    begin_transfer_out,
    confirm_transfer,
    refuse_transfer,
)
from students.actions.undo import undo_movement
from students.models import (
    Absence,
    AbsenceKind,
    Enrolment,
    Movement,
    MovementKind,
    Placement,
    PlacementKind,
    Rollover,
    Student,
    Transfer,
    TransferState,
)
from students.queries import live_movements
from tests.cast import fill, make_county, make_school, make_student, make_user

LEAVING = [MovementKind.TRANSFER_OUT, MovementKind.DEATH, MovementKind.ABROAD, MovementKind.REMOVED]
JOINING = [MovementKind.TRANSFER_IN, MovementKind.ADDED, MovementKind.NEW_PUPIL]
SPELLS = [AbsenceKind.TRUANCY, AbsenceKind.LONG_LEAVE, AbsenceKind.SUSPENSION, AbsenceKind.GUEST_ELSEWHERE]


class World:
    """Four schools of four kinds, their people, and a clock that only goes forward."""

    def __init__(self, seed: int, months: int = 24) -> None:
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.months_to_live = months
        self.county = make_county(first_year=2025, years=4)
        primary = make_school(self.county, SchoolKind.PRIMARY)
        point = make_school(self.county, SchoolKind.TEACHING_POINT, parent=primary, signed_by_parent=True)
        self.schools = [primary, point, make_school(self.county, SchoolKind.JUNIOR), make_school(self.county)]
        self.clerks = {school.pk: make_user(self.county, Role.CLERK, school) for school in self.schools}
        self.principals = {
            school.pk: make_user(self.county, Role.PRINCIPAL, school) for school in self.schools
        }
        self.principals[point.pk] = self.principals[primary.pk]
        self.reviewer = make_user(self.county, Role.REVIEWER)
        for school in self.schools:
            fill(school, 3)
        self.today = dt.date(2025, 9, 1)

    # --- the course of time -----------------------------------------------------------------------------------

    def live(self) -> None:
        """Every required month: facts before its cut-off, then filing, with everything that can go wrong."""
        required = ReportingMonth.objects.filter(county=self.county, requirement=Requirement.REQUIRED)
        for month in list(required)[: self.months_to_live]:
            if month.month.month == 9 and month.month.year > 2025:
                self.at(dt.date(month.month.year, 8, 20), self.roll_over)
            for _ in range(self.random.randint(3, 9)):
                self.at(self.day_before(month.cut_off), self.random_fact)
            self.at(month.cut_off + dt.timedelta(days=1), self.file_everywhere, month)
            for _ in range(self.random.randint(1, 4)):
                self.at(self.today + dt.timedelta(days=1), self.random_trouble, month)
            self.at(self.today + dt.timedelta(days=1), self.catch_up, month)
            check_world(self)
        for text in FrozenReturn.objects.filter(edition__monthly_return__school__county=self.county):
            check_text(text)

    def at(self, day: dt.date, action, *arguments) -> None:
        self.today = max(self.today, day)
        with time_machine.travel(
            dt.datetime.combine(self.today, dt.time(9), timezone.get_current_timezone()), tick=True
        ):
            action(*arguments)

    def day_before(self, cut_off: dt.date) -> dt.date:
        return self.today + dt.timedelta(
            days=self.random.randint(0, max(0, (cut_off - self.today).days // 3))
        )

    def attempt(self, name: str, action, *arguments, **named):
        """An action that the rules may refuse; what went through is counted, so that a test can ask for it."""
        try:
            result = action(*arguments, **named)
        except (StepRefused, NotPermitted):
            self.done[f"{name} refused"] += 1
            return None
        self.done[name] += 1
        return result

    # --- facts --------------------------------------------------------------------------------------------------

    def random_fact(self) -> None:
        fact = self.random.choices(
            [
                self.leave,
                self.join,
                self.regrade,
                self.transfer,
                self.answer_transfer,
                self.be_absent,
                self.come_back,
                self.undo,
                self.void_spell,
                self.teach_at_home,
            ],
            weights=[4, 4, 2, 5, 6, 5, 4, 3, 1, 1],
        )[0]
        fact()

    def some_day(self) -> dt.date:
        """Today or up to 70 days ago: late facts are part of life."""
        return self.today - dt.timedelta(days=self.random.choice([0, 1, 3, 10, 30, 70]))

    def someone(self) -> Enrolment | None:
        ids = list(
            Enrolment.objects.filter(left_on__isnull=True, school__county=self.county).values_list(
                "pk", flat=True
            )
        )
        if not ids:
            return None
        return Enrolment.objects.select_related("student", "school").get(pk=self.random.choice(ids))

    def leave(self) -> None:
        enrolment = self.someone()
        kind = self.random.choice(LEAVING)
        fact = Fact(self.some_day(), "other", counterpart_text="长治市")
        self.attempt(
            kind.value,
            record_departure,
            enrolment.student,
            kind,
            fact=fact,
            actor=self.clerks[enrolment.school_id],
        )

    def join(self) -> None:
        school = self.random.choice(self.schools)
        known = list(
            Student.objects.filter(county=self.county)
            .exclude(enrolments__left_on__isnull=True)
            .order_by("pk")[:50]
        )
        old = bool(known) and self.random.random() < 0.5
        student = self.random.choice(known) if old else make_student(self.county)
        kind = MovementKind.PROMOTED_IN if old and self.random.random() < 0.5 else self.random.choice(JOINING)
        self.attempt(
            f"{kind.value}",
            record_arrival,
            student,
            school,
            kind,
            grade=self.random.choice(list(school.grades)),
            klass=None,
            fact=Fact(self.some_day(), "other", counterpart_text="长治市"),
            actor=self.clerks[school.pk],
        )

    def regrade(self) -> None:
        enrolment = self.someone()
        kind = self.random.choice([MovementKind.RETAINED, MovementKind.SKIPPED])
        to_grade = enrolment.grade + (-1 if kind == MovementKind.RETAINED else 1)
        self.attempt(
            kind.value,
            change_grade,
            enrolment.student,
            kind,
            to_grade=to_grade,
            klass=None,
            fact=Fact(self.some_day(), "other"),
            actor=self.clerks[enrolment.school_id],
        )

    def transfer(self) -> None:
        enrolment = self.someone()
        to_school = self.random.choice(self.schools)
        if self.random.random() < 0.6:
            self.attempt(
                "transfer begun",
                begin_transfer_out,
                enrolment.student,
                to_school,
                last_attended_on=self.some_day(),
                grade=enrolment.grade,
                reason_code="moved",
                actor=self.clerks[enrolment.school_id],
            )
        else:
            self.attempt(
                "transfer asked",
                begin_transfer_in,
                enrolment.student,
                to_school,
                grade=enrolment.grade,
                reason_code="moved",
                actor=self.clerks[to_school.pk],
            )

    def answer_transfer(self) -> None:
        transfer = Transfer.objects.filter(state=TransferState.WAITING, student__county=self.county).first()
        if transfer is None:
            return
        actor = self.clerks[transfer.waiting_for.pk]
        if self.random.random() < 0.15:
            self.attempt(
                "transfer refused",
                refuse_transfer,
                transfer,
                actor=actor,
                seen_revision=transfer.revision,
                reason="不收",
            )
            return
        earliest = (transfer.last_attended_on or self.today - dt.timedelta(days=20)) + dt.timedelta(days=1)
        arrived_on = min(self.today, earliest + dt.timedelta(days=self.random.randint(0, 5)))
        self.attempt(
            f"transfer confirmed by {transfer.begun_by_side}",
            confirm_transfer,
            transfer,
            actor=actor,
            seen_revision=transfer.revision,
            arrived_on=arrived_on,
        )

    def be_absent(self) -> None:
        enrolment = self.someone()
        self.attempt(
            "absent",
            start_absence,
            enrolment.student,
            self.random.choice(SPELLS),
            first_day=self.some_day(),
            reason_code="other",
            actor=self.clerks[enrolment.school_id],
        )

    def come_back(self) -> None:
        spell = Absence.objects.filter(
            returned_on__isnull=True, voided_at__isnull=True, school__county=self.county
        ).first()
        if spell is not None:
            self.attempt(
                "back",
                end_absence,
                spell,
                returned_on=self.some_day(),
                actor=self.clerks[spell.school_id],
                seen_revision=spell.revision,
            )

    def void_spell(self) -> None:
        spell = (
            Absence.objects.filter(voided_at__isnull=True, school__county=self.county)
            .exclude(ended_how="left")
            .last()
        )
        if spell is not None:
            self.attempt(
                "spell voided",
                void_absence,
                spell,
                reason="记错",
                actor=self.clerks[spell.school_id],
                seen_revision=spell.revision,
            )

    def undo(self) -> None:
        ids = list(live_movements().filter(school__county=self.county).values_list("pk", flat=True))
        if not ids:
            return
        movement = Movement.objects.select_related("school", "student", "period__month").get(
            pk=self.random.choice(ids[-4:])
        )
        corrections = self.attempt(
            "undo", undo_movement, movement, reason="记错", actor=self.clerks[movement.school_id]
        )
        if corrections is not None:
            self.done["corrected in a later month" if corrections else "voided"] += 1

    def teach_at_home(self) -> None:
        """送教上门 in force from today: on the roll and not 未在校."""
        enrolment = self.someone()
        if not Placement.objects.filter(student=enrolment.student).exists():
            Placement.objects.create(
                student=enrolment.student,
                kind=PlacementKind.HOME_TEACHING,
                valid_from=self.today,
                recorded_by=self.reviewer,
            )
            self.done["taught at home"] += 1

    def roll_over(self) -> None:
        commit_rollover(self.county, to_year=self.today.year, actor=self.reviewer)
        self.done["rollover"] += 1

    # --- filing -------------------------------------------------------------------------------------------------

    def file_everywhere(self, month: ReportingMonth) -> None:
        for school in self.random.sample(self.schools, len(self.schools)):
            if self.random.random() < 0.85:
                self.file(school, month, thoroughly=self.random.random() < 0.8)

    def file(self, school: School, month: ReportingMonth, *, thoroughly: bool = True) -> None:
        monthly_return = find_return(school, month)
        if monthly_return is None or monthly_return.state in (
            ReturnState.DRAFT,
            ReturnState.SENT_BACK,
            ReturnState.CORRECTING,
        ):
            self.answer_marks(monthly_return)
            if self.attempt("submit", self.submit, school, month) is None:
                return
        monthly_return = find_return(school, month)
        if monthly_return.state == ReturnState.SUBMITTED and thoroughly:
            self.attempt(
                "sign",
                sign_return,
                monthly_return,
                actor=self.principals[school.pk],
                seen_revision=monthly_return.revision,
            )
        if monthly_return.state == ReturnState.SIGNED and self.random.random() < 0.8:
            self.attempt(
                "accept",
                accept_return,
                monthly_return,
                actor=self.reviewer,
                seen_revision=monthly_return.revision,
            )

    def submit(self, school: School, month: ReportingMonth):
        monthly_return = find_return(school, month)
        content = content_now(school, month, monthly_return)
        check_content(content)
        if monthly_return is None or not monthly_return.correcting:
            check_content(live_content_as(school, month, ATTENDING))
        period = monthly_return.period if monthly_return else None
        return submit_return(
            school, month, actor=self.clerks[school.pk], seen=page_token(monthly_return, period, content)
        )

    def answer_marks(self, monthly_return: MonthlyReturn | None) -> None:
        if monthly_return is not None:
            CellMark.objects.filter(monthly_return=monthly_return, answer="").update(
                answer="right",
                answer_text="核对过",
                answered_by=self.clerks[monthly_return.school_id],
                answered_at=timezone.now(),
            )

    def random_trouble(self, month: ReportingMonth) -> None:
        trouble = self.random.choices(
            [
                self.pull_back,
                self.principal_sends_back,
                self.bureau_sends_back,
                self.reopen,
                self.work_on_correction,
                self.let_correction_expire,
                self.random_fact,
            ],
            weights=[2, 2, 3, 4, 5, 1, 4],
        )[0]
        trouble()

    def some_return(self, *states: str, **conditions) -> MonthlyReturn | None:
        ids = list(
            MonthlyReturn.objects.filter(
                school__county=self.county, state__in=states, **conditions
            ).values_list("pk", flat=True)
        )
        if not ids:
            return None
        chosen = MonthlyReturn.objects.select_related("school", "period__month").get(
            pk=self.random.choice(ids[-8:])
        )
        return find_return(chosen.school, chosen.period.month)

    def pull_back(self) -> None:
        found = self.some_return(ReturnState.SUBMITTED)
        if found:
            self.attempt(
                "pull back",
                pull_back,
                found,
                actor=self.clerks[found.school_id],
                seen_revision=found.revision,
            )

    def principal_sends_back(self) -> None:
        found = self.some_return(ReturnState.SUBMITTED)
        if found:
            self.attempt(
                "sent back by principal",
                send_back_as_principal,
                found,
                actor=self.principals[found.school_id],
                seen_revision=found.revision,
                reason="核对",
                marks=[Mark(found.school.first_grade, "transfer_out", "漏报")],
            )

    def bureau_sends_back(self) -> None:
        found = self.some_return(ReturnState.SIGNED)
        if found:
            self.attempt(
                "sent back by bureau",
                send_back_as_bureau,
                found,
                actor=self.reviewer,
                seen_revision=found.revision,
                reason="核对",
                marks=[Mark(0, "closing", "人数不对")],
            )

    def reopen(self) -> None:
        found = self.some_return(ReturnState.ACCEPTED)
        if found and self.attempt(
            "reopen", reopen_return, found, actor=self.reviewer, seen_revision=found.revision, reason="漏报"
        ):
            self.work_on_correction()

    def work_on_correction(self) -> None:
        found = self.some_return(
            ReturnState.CORRECTING, ReturnState.SENT_BACK, ReturnState.DRAFT, correcting=True
        )
        if found is None:
            return
        clerk = self.clerks[found.school_id]
        if self.random.random() < 0.5:
            movement = live_movements().filter(period=found.period).order_by("?").first()
            if movement:
                self.attempt("stage void", stage_void, found, movement, reason="多报", actor=clerk)
        if self.random.random() < 0.7:
            self.stage_forgotten(found, clerk)
        self.file(found.school, found.period.month)

    def stage_forgotten(self, found: MonthlyReturn, clerk) -> None:
        day = found.period.month.cut_off - dt.timedelta(days=2)
        if self.random.random() < 0.5:
            grade = self.random.choice(list(found.school.grades))
            self.attempt(
                "stage plus",
                stage_add,
                found,
                make_student(self.county),
                MovementKind.ADDED,
                grade=grade,
                happened_on=day,
                reason_code="missed",
                summary="漏报补录",
                actor=clerk,
            )
            return
        enrolment = Enrolment.objects.filter(school=found.school, left_on__isnull=True).order_by("?").first()
        if enrolment is None:
            return
        grade = enrolment.grade + school_year_of(found.period.month.month) - enrolment.grade_year
        self.attempt(
            "stage minus",
            stage_add,
            found,
            enrolment.student,
            MovementKind.TRANSFER_OUT,
            grade=grade,
            happened_on=day,
            reason_code="moved",
            summary="漏报转出",
            counterpart_text="长治市",
            actor=clerk,
        )

    def let_correction_expire(self) -> None:
        found = self.some_return(ReturnState.CORRECTING, ReturnState.SENT_BACK, correcting=True)
        if found:
            discard_correction(found, because="更正期限已过")
            self.done["correction expired"] += 1

    def catch_up(self, month: ReportingMonth) -> None:
        """Schools that lag file what they owe, oldest month first; sometimes they go on lagging."""
        required = ReportingMonth.objects.filter(
            county=self.county, requirement=Requirement.REQUIRED, month__lte=month.month
        )
        for school in self.schools:
            if self.random.random() < 0.75:
                for owed in required:
                    found = find_return(school, owed)
                    if found is None or found.state != ReturnState.ACCEPTED:
                        self.file(school, owed)


# --- properties -------------------------------------------------------------------------------------------------


def check_content(content) -> None:
    named = cells(content.rows)
    for line in content.lines:
        assert (
            line.closing
            == line.opening + line.transfer_in - line.transfer_out + line.other_in - line.other_out
        )
        assert line.absent == line.absent_opening + line.absent_begun - line.absent_ended
        assert 0 <= line.absent <= line.closing
        assert 0 <= line.absent_opening <= line.opening
        shown = printed(line, content.rule)
        assert shown.balances(content.rule), (content.month, shown)
        for column in COLUMNS:
            assert getattr(shown, column) == named.get((line.grade, column), 0), (
                content.month,
                column,
                shown,
            )
    assert {grade for grade, _ in named} <= set(content.school.grades)


def check_text(text: FrozenReturn) -> None:
    """A frozen text: its own equations, its chain to the month before, its hash."""
    content = content_of(text)
    check_content(content)
    assert text.hash == content.digest(text.edition.number)
    if text.opens_from is None:
        return
    before = text.opens_from
    step = school_year_of(content.month.month) - school_year_of(
        before.edition.monthly_return.period.month.month
    )
    closing = {
        line.grade + step: line.closing
        for line in before.lines.all()
        if line.grade + step <= content.school.last_grade
    }
    for line in content.lines:
        assert line.opening == closing.get(line.grade, 0) + line.opening_correction, (content.month, line)
    check_absent_at_opening(text, step)


def check_absent_at_opening(text: FrozenReturn, step: int) -> None:
    """S0 = S of the cited text, promoted, as far as these children were on the opening roll: by plain replay."""
    monthly_return = text.edition.monthly_return
    if text.edition.is_correction:
        return
    cited = {(a.student_id, a.grade + step) for a in text.opens_from.absentees.filter(at_opening=False)}
    named = {(a.student_id, a.grade) for a in text.absentees.filter(at_opening=True)}
    for student, grade in cited:
        # Facts booked since the text was frozen are not its business.
        at_opening = replayed_grade(monthly_return, student, text.frozen_at)
        assert ((student, grade) in named) == (at_opening == grade), (
            monthly_return,
            student,
            grade,
            at_opening,
        )
    assert named <= cited


def replayed_grade(monthly_return: MonthlyReturn, student: int, known_at: dt.datetime) -> int | None:
    """Grade on the opening roll, by reading the child's facts one after the other."""
    school, month = monthly_return.school, monthly_return.period.month.month
    base = Enrolment.objects.filter(student=student, school=school, base_grade__isnull=False).first()
    place = (base.base_grade, base.base_year) if base else None
    moves = Movement.objects.filter(
        student=student, school=school, period__month__month__lt=month, recorded_at__lt=known_at
    ).exclude(voided_at__lt=known_at)
    for move in moves.order_by("pk"):
        place = (move.counting_grade, school_year_of(move.period.month.month)) if move.sign > 0 else None
    if place is None:
        return None
    grade = place[0] + school_year_of(month) - place[1]
    return grade if grade <= school.last_grade else None


def check_world(world: World) -> None:
    """The whole county: rolls, transfers, texts and the books' last page."""
    current = Enrolment.objects.filter(school__county=world.county, left_on__isnull=True)
    assert current.count() == current.values("student").distinct().count()
    check_transfers_meet(world)
    check_order_of_facts(world)
    check_books_end_at_the_rolls(world)


def check_transfers_meet(world: World) -> None:
    """In every month: county 转出 with a counterpart school = county 转入 with one, child by child."""
    for month in ReportingMonth.objects.filter(county=world.county):
        moves = live_movements().filter(period__month=month, counterpart_school__isnull=False)
        out = Counter(moves.filter(kind=MovementKind.TRANSFER_OUT).values_list("student", flat=True))
        into = Counter(moves.filter(kind=MovementKind.TRANSFER_IN).values_list("student", flat=True))
        assert out == into, month


def check_order_of_facts(world: World) -> None:
    """A child's later fact never counts in an earlier month, and signs alternate on each roll."""
    rows = live_movements().filter(school__county=world.county, period__isnull=False).order_by("pk")
    last: dict[int, dt.date] = {}
    for student, month in rows.values_list("student_id", "period__month__month"):
        assert last.get(student, month) <= month
        last[student] = month


def check_books_end_at_the_rolls(world: World) -> None:
    """Beyond all facts, the live closing per school and grade is who is on the roll; texts follow it up to corrections."""
    year = Rollover.objects.filter(county=world.county, undone_at__isnull=True).order_by("-to_year").first()
    roll_year = year.to_year if year else 2025
    months = ReportingMonth.objects.filter(county=world.county, requirement=Requirement.REQUIRED)
    last = next(month for month in reversed(list(months)) if school_year_of(month.month) == roll_year)
    counts = Counter(
        {
            (school, grade): n
            for school, grade, n in Enrolment.objects.filter(
                school__county=world.county, left_on__isnull=True
            )
            .values_list("school_id", "grade")
            .annotate(n=Count("pk"))
        }
    )
    # A child of the top grade that leaves after June's cut-off counts nowhere: the books keep it until the rollover.
    for move in live_movements().filter(
        school__county=world.county, period__isnull=True, grade_year=roll_year
    ):
        counts[move.school_id, move.grade] -= move.sign
    beyond = live_movements().filter(school__county=world.county, period__month__month__gt=last.month)
    if beyond.exists():
        return
    for school_id, found in figures(last, world.schools).items():
        for line in found.lines:
            assert line.closing == counts[school_id, line.grade], (
                last,
                school_id,
                line,
                counts[school_id, line.grade],
            )
