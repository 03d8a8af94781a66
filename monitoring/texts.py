"""Frozen texts: which one the next month opens from, and which one a return shows."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from monitoring.models import FrozenAbsentee, FrozenLine, FrozenReturn, MonthlyReturn, ReturnState
from monitoring.readings import SpellFact
from schools.models import ReportingMonth, School


@dataclass
class Texts:
    """Frozen texts of one month with their closing figures and absent children, per school."""

    of_school: dict[int, FrozenReturn] = field(default_factory=dict)
    closings: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    absences: dict[int, list[SpellFact]] = field(default_factory=lambda: defaultdict(list))

    def closing(self, school_id: int) -> dict[int, int]:
        """Closing figures by grade."""
        return self.closings[school_id]

    def absent(self, school_id: int) -> list[SpellFact]:
        return self.absences[school_id]


def citable_texts(month: ReportingMonth, schools: Collection[School]) -> Texts:
    """What the next month opens from: the edition in force, else the text of a submitted or signed return."""
    texts = Texts()
    school_of_text: dict[int, int] = {}
    frozen = (
        FrozenReturn.objects.filter(
            edition__monthly_return__period__month=month, edition__monthly_return__school__in=schools
        )
        .select_related("edition__monthly_return")
        .order_by("pk")
    )
    for text in frozen:
        if _is_citable(text, texts.of_school.get(text.edition.monthly_return.school_id)):
            texts.of_school[text.edition.monthly_return.school_id] = text
    school_of_text = {text.pk: school_id for school_id, text in texts.of_school.items()}
    for line in FrozenLine.objects.filter(frozen__in=school_of_text).values_list(
        "frozen_id", "grade", "closing"
    ):
        texts.closings[school_of_text[line[0]]][line[1]] = line[2]
    absent = FrozenAbsentee.objects.filter(frozen__in=school_of_text, at_opening=False).values_list(
        "frozen_id", "absence_id", "student_id", "grade"
    )
    for frozen_id, absence_id, student_id, grade in absent:
        texts.absences[school_of_text[frozen_id]].append(SpellFact(absence_id, student_id, grade))
    return texts


def _is_citable(text: FrozenReturn, chosen: FrozenReturn | None) -> bool:
    edition = text.edition
    if edition.in_force:
        return edition.frozen_id == text.pk
    if chosen is not None and chosen.edition.in_force:
        return False
    return edition.number == edition.monthly_return.edition_number and edition.monthly_return.state in (
        ReturnState.SUBMITTED,
        ReturnState.SIGNED,
    )


def current_text(monthly_return: MonthlyReturn) -> FrozenReturn | None:
    """The text that the return's current edition shows: frozen at its last submission."""
    return (
        FrozenReturn.objects.filter(
            edition__monthly_return=monthly_return, edition__number=monthly_return.edition_number
        )
        .select_related("edition")
        .order_by("-pk")
        .first()
    )


def text_in_force(monthly_return: MonthlyReturn) -> FrozenReturn | None:
    """The text of the edition in force."""
    return FrozenReturn.objects.filter(
        signed_edition__monthly_return=monthly_return, signed_edition__in_force=True
    ).first()
