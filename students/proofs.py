"""Papers: which prove which fact, which are there, which are missing, who may see them."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from schools.models import School
from schools.permissions import Scope, scope_of
from schools.queries import setting
from schools.settings import EVIDENCE_DAYS
from students.codes import CIRCUMSTANCE_PROOFS, OTHER_PROOFS, REQUIRED_PROOFS
from students.models import (
    Absence,
    Enrolment,
    Evidence,
    Movement,
    PeriodState,
    RollPeriod,
    SpecialCircumstance,
    Student,
    Transfer,
    TransferState,
)
from students.models.circumstances import DISABILITY_KINDS, POVERTY_KINDS
from students.permissions import DISABILITY_ROLES, POVERTY_ROLES
from students.queries import (
    absences_visible_to,
    movements_visible_to,
    naming_scope,
    transfers_visible_to,
)

type Fact = Movement | Absence | Transfer | SpecialCircumstance

# Given by the other school's confirmation (domain.md §4.10), not by a paper.
CONFIRMED_BY_SCHOOL = "转入学校接收证明"


def fact_kind(fact: Fact) -> str:
    """The name of the field of Evidence, and of the part of an address: movement, absence, …"""
    return {
        Movement: "movement",
        Absence: "absence",
        Transfer: "transfer",
        SpecialCircumstance: "circumstance",
    }[type(fact)]


def live_evidence(fact: Fact) -> QuerySet[Evidence]:
    """Papers that prove *fact*: its own, those of its other half, those of the transfer it is a half of."""
    condition = Q(**{fact_kind(fact): fact})
    if isinstance(fact, Movement) and fact.pair is not None:
        condition |= Q(movement__pair=fact.pair, movement__school=fact.school_id)
        condition |= Q(transfer__pair=fact.pair)
    return Evidence.objects.filter(condition, withdrawn_at__isnull=True).select_related("file__uploaded_by")


def required_proofs(fact: Fact) -> tuple[str, ...]:
    """Kinds of papers that must be there."""
    if isinstance(fact, SpecialCircumstance):
        return CIRCUMSTANCE_PROOFS.get(fact.kind, ())
    if isinstance(fact, Transfer):
        return tuple(kind for kind in REQUIRED_PROOFS["transfer_out"] if kind != CONFIRMED_BY_SCHOOL)
    required = REQUIRED_PROOFS.get(fact.kind, ())
    if isinstance(fact, Movement) and fact.pair is not None:
        confirmed = Transfer.objects.filter(pair=fact.pair, state=TransferState.CONFIRMED)
        if CONFIRMED_BY_SCHOOL in required and confirmed.exists():
            return tuple(kind for kind in required if kind != CONFIRMED_BY_SCHOOL)
    return required


def proof_choices(fact: Fact) -> tuple[str, ...]:
    """What an upload may be called: the required papers first."""
    required = required_proofs(fact)
    return required + tuple(kind for kind in OTHER_PROOFS if kind not in required)


def missing_proofs(fact: Fact) -> list[str]:
    """Required papers that are not there; where none is required any paper will do."""
    present = set(live_evidence(fact).values_list("kind", flat=True))
    required = required_proofs(fact)
    if not required:
        return [] if present else ["证明材料"]
    return [kind for kind in required if kind not in present]


def locked_by(fact: Fact) -> RollPeriod | None:
    """The month whose return already names the papers of this fact: until it is opened again none is taken back."""
    closed = RollPeriod.objects.filter(state=PeriodState.CLOSED).select_related("month")
    if isinstance(fact, Movement):
        return closed.filter(movements=fact).first()
    if isinstance(fact, Absence):
        return closed.filter(school=fact.school_id, month__cut_off__gte=fact.first_day).last()
    if isinstance(fact, Transfer):
        return closed.filter(movements__pair=fact.pair, movements__voided_at__isnull=True).first()
    return None


def _now_at(scope: Scope) -> QuerySet[Student]:
    """Children on the roll at these places now; county-wide also those on no roll."""
    if scope.whole_county:
        return Student.objects.filter(county_id=scope.county_id)
    condition = scope.of_schools("school__")
    if scope.klass_ids:
        condition |= Q(klass_id__in=scope.klass_ids)
    current = Enrolment.objects.filter(condition, left_on__isnull=True)
    return Student.objects.filter(county_id=scope.county_id, pk__in=current.values("student_id"))


def circumstances_visible_to(user: User) -> QuerySet[SpecialCircumstance]:
    """Of children at the person's places now; disability and poverty only for the roles of the matrix."""
    restricted = DISABILITY_KINDS | POVERTY_KINDS
    condition = ~Q(kind__in=restricted) & Q(student__in=_now_at(naming_scope(user)))
    for kinds, roles in ((DISABILITY_KINDS, DISABILITY_ROLES), (POVERTY_KINDS, POVERTY_ROLES)):
        condition |= Q(kind__in=kinds, student__in=_now_at(scope_of(user, *roles)))
    return SpecialCircumstance.objects.filter(condition, student__county_id=user.county_id)


def evidence_visible_to(user: User) -> QuerySet[Evidence]:
    """Papers of facts at the person's places, and of the whole past of children who are there now."""
    present = _now_at(naming_scope(user))
    return Evidence.objects.filter(
        Q(movement__in=movements_visible_to(user))
        | Q(movement__student__in=present)
        | Q(absence__in=absences_visible_to(user))
        | Q(absence__student__in=present)
        | Q(transfer__in=transfers_visible_to(user))
        | Q(transfer__student__in=present)
        | Q(circumstance__in=circumstances_visible_to(user)),
        file__county_id=user.county_id,
    )


@dataclass(frozen=True)
class PendingProof:
    """A fact saved as 待补证明: it counts, and it nags."""

    fact: Movement | Absence
    due_on: dt.date

    @property
    def is_overdue(self) -> bool:
        return self.due_on < timezone.localdate()


def pending_proofs(
    schools: QuerySet[School], county_id: int, *, overdue_only: bool = False
) -> list[PendingProof]:
    """Facts of these schools whose papers are missing, the oldest first; three queries however many."""
    days = dt.timedelta(days=int(setting(county_id, EVIDENCE_DAYS)))
    waiting = Q(school__in=schools, evidence_pending=True, voided_at__isnull=True)
    if overdue_only:
        waiting &= Q(recorded_at__date__lt=timezone.localdate() - days)
    facts: list[Movement | Absence] = [
        *Movement.objects.filter(waiting).select_related("student", "school"),
        *Absence.objects.filter(waiting).select_related("student", "school"),
    ]
    facts.sort(key=lambda fact: fact.recorded_at)
    return [PendingProof(fact, timezone.localtime(fact.recorded_at).date() + days) for fact in facts]
