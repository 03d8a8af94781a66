"""What a return says: lines, rows and remarks, live from the facts or from a frozen text."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field

from monitoring.models import FrozenReturn
from monitoring.readings import Line, PrintedLine, SpellFact, printed, total
from schools.models import ReportingMonth, School


@dataclass
class DetailRow:
    """One row of Annex 2. ``printed`` maps column keys to their text."""

    seq: int
    student_id: int
    student_name: str
    grade: int
    column: str
    sign: int
    counted: bool
    kind: str
    happened_on: dt.date
    late_for: dt.date | None
    movement_id: int | None
    absence_id: int | None
    printed: dict[str, str]
    is_absent: bool = False
    evidence_pending: bool = False
    reason_missing: bool = False


@dataclass
class ReturnContent:
    """The whole return of one school and month, in one reading."""

    school: School
    month: ReportingMonth
    rule: str
    lines: list[Line]
    rows: list[DetailRow]
    absent: list[SpellFact]
    absent_before: list[SpellFact]
    opens_from: FrozenReturn | None
    promoted: bool
    is_first: bool
    composed: dict[int, str] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    text: FrozenReturn | None = None

    @property
    def printed_lines(self) -> list[PrintedLine]:
        return [printed(line, self.rule) for line in self.lines]

    @property
    def printed_total(self) -> PrintedLine:
        return printed(total(self.lines), self.rule)

    @property
    def total(self) -> Line:
        return total(self.lines)

    @property
    def counted(self) -> list[DetailRow]:
        return [row for row in self.rows if row.counted]

    @property
    def uncounted(self) -> list[DetailRow]:
        return [row for row in self.rows if not row.counted]

    def rows_behind(self, grade: int, column: str) -> list[DetailRow]:
        """The children behind one figure; grade 0 is 合计."""
        return [row for row in self.counted if row.column == column and grade in (0, row.grade)]

    @property
    def is_zero(self) -> bool:
        """Nothing moved and nobody is absent: 零报告."""
        return not self.counted

    def digest(self, edition: int = 0) -> str:
        """SHA-256 over the canonical text: edition, lines, remarks, rows with every printed word, rule, opening."""
        text = {
            "edition": edition,
            "school": self.school.code,
            "month": self.month.slug,
            "rule": self.rule,
            "opens_from": str(self.opens_from.uuid) if self.opens_from else None,
            "promoted": self.promoted,
            "lines": [
                [line.grade, *line.figures().values(), self.remarks.get(line.grade, "")]
                for line in self.lines
            ],
            "rows": [
                [
                    row.student_id,
                    row.grade,
                    row.column,
                    row.sign,
                    row.counted,
                    row.movement_id,
                    row.absence_id,
                    row.kind[:30],  # as it is stored
                    str(row.happened_on),
                    str(row.late_for or ""),
                    row.printed,
                ]
                for row in self.rows
            ],
        }
        canonical = json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
