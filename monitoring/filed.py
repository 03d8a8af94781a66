"""Figures that a school has answered for: of the edition in force, else of the one its principal has signed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import F, Q

from monitoring.models import FIGURES, Edition, FrozenLine, ReturnState
from monitoring.readings import Line, PrintedLine, printed, total
from schools.models import ReportingMonth, School


@dataclass
class FiledText:
    """What one school has filed for one month."""

    edition: Edition
    rule: str
    lines: list[Line] = field(default_factory=list)

    @property
    def totals(self) -> PrintedLine:
        return printed(total(self.lines), self.rule)

    @property
    def printed_lines(self) -> list[PrintedLine]:
        return [printed(line, self.rule) for line in self.lines]


def filed_texts(
    months: Collection[ReportingMonth], schools: Collection[School]
) -> dict[tuple[int, dt.date], FiledText]:
    """(school, month) → what is filed, in two queries. A draft, a sent-back return and a missing one are not there."""
    editions = (
        Edition.objects.filter(
            monthly_return__period__month__in=months, monthly_return__school__in=schools, frozen__isnull=False
        )
        .filter(
            Q(in_force=True)
            | Q(monthly_return__state=ReturnState.SIGNED, number=F("monthly_return__edition_number"))
        )
        .select_related("frozen", "monthly_return__period__month")
        .order_by("in_force")  # the one in force comes last and stays
    )
    texts: dict[tuple[int, dt.date], FiledText] = {}
    for edition in editions:
        key = (edition.monthly_return.school_id, edition.monthly_return.period.month.month)
        texts[key] = FiledText(edition, edition.frozen.rule)  # type: ignore[union-attr]  # filtered above
    lines = lines_of([text.edition.frozen_id for text in texts.values() if text.edition.frozen_id])
    for text in texts.values():
        text.lines = lines[text.edition.frozen_id or 0]
    return texts


def lines_of(frozen_ids: Collection[int]) -> dict[int, list[Line]]:
    """Lines of many frozen texts in one query."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for frozen_id, grade, *figures in FrozenLine.objects.filter(frozen__in=frozen_ids).values_list(
        "frozen_id", "grade", *FIGURES
    ):
        lines[frozen_id].append(Line(grade, **dict(zip(FIGURES, figures, strict=True))))
    return lines
