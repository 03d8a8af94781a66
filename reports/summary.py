"""全县汇总: figures of filed editions by school or by grade, and honestly of how many schools."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from django.utils import timezone

from accounts.models import County, User
from accounts.wording import cn_datetime
from monitoring.board import expected_schools, returns_of
from monitoring.filed import FiledText, filed_texts
from monitoring.models import ReturnState
from monitoring.readings import PrintedLine
from reports.documents.form_facts import (
    FIGURE_KEYS,
    GRADES,
    SummaryFacts,
    SummaryHead,
    SummaryRow,
    sums_of,
)
from reports.documents.wording import GRADE_NAMES, annex1_footnotes, summary_title
from schools.models import ReportingMonth, Role, School
from schools.permissions import scope_of
from schools.queries import schools_in

type By = Literal["school", "grade"]
SUMMARY_ROLES: Final = (Role.REVIEWER, Role.CENTRAL_SCHOOL, Role.LEADER, Role.AID_OFFICER)
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Place:
    """Whose summary: the county, or the townships of a central school."""

    name: str
    scope_word: str


class Summary:
    """One month, for the places that the reader answers for."""

    def __init__(self, user: User, month: ReportingMonth) -> None:
        self.month = month
        self.county: County = user.county
        scope = scope_of(user, *SUMMARY_ROLES)
        self.schools = schools_in(scope)
        self.whole_county = scope.whole_county

    @cached_property
    def expected(self) -> list[School]:
        return sorted(
            expected_schools(self.month, self.schools),
            key=lambda school: (school.township.name, not school.is_central, school.code),
        )

    @cached_property
    def texts(self) -> dict[int, FiledText]:
        found = filed_texts([self.month], self.expected)
        return {school_id: text for (school_id, _), text in found.items()}

    @cached_property
    def accepted(self) -> int:
        """Editions in force: accepted, a later correction or not."""
        return sum(text.edition.in_force for text in self.texts.values())

    @property
    def missing(self) -> list[School]:
        return [school for school in self.expected if school.pk not in self.texts]

    @cached_property
    def states(self) -> dict[int, str]:
        """School → why it is missing or provisional, in one word."""
        words = {ReturnState.SUBMITTED: "待校长签字", ReturnState.SENT_BACK: "修改中"}
        return {
            one.school_id: words.get(ReturnState(one.state), "未报")
            for one in returns_of(self.month, self.expected)
        }

    @property
    def place(self) -> Place:
        if self.whole_county:
            return Place(self.county.name, "全县")
        townships = sorted({school.township.name for school in self.expected})
        return Place(f"{self.county.name}{'、'.join(townships)}", "全乡镇")

    @property
    def coverage_text(self) -> str:
        """全县已上报 46 / 60 所, and who is missing."""
        expected, filed = len(self.expected), len(self.texts)
        text = f"{self.place.scope_word}已上报 {filed} / {expected} 所，其中已接收 {self.accepted} 所"
        missing = self.missing
        if not missing:
            return f"{text}。"
        names = "、".join(school.name for school in missing[:NAMES_SHOWN])
        more = f" 等 {len(missing)} 所" if len(missing) > NAMES_SHOWN else ""
        return f"{text}；未计入：{names}{more}。"

    @property
    def is_complete(self) -> bool:
        return bool(self.expected) and self.accepted == len(self.expected)

    def facts(self, by: By) -> SummaryFacts:
        """What screen, PDF and XLSX print."""
        rows = self._by_school() if by == "school" else self._by_grade()
        return SummaryFacts(
            head=SummaryHead(
                title=summary_title(self.place.name, by),
                bureau_name=self.county.bureau_name,
                time_label=str(self.month),
                cut_off=self.month.cut_off,
                copy_note="" if self.is_complete else f"未齐，截至 {cn_datetime(timezone.now())}",
                is_draft=not self.is_complete,
                footnotes=self._footnotes(),
            ),
            by=by,
            rows=rows,
            total=_row("合计", "", sums_of(rows)),
            coverage_text=self.coverage_text,
        )

    def _by_school(self) -> tuple[SummaryRow, ...]:
        rows = []
        for school in self.expected:
            text = self.texts.get(school.pk)
            if text is None:
                rows.append(
                    SummaryRow(label=school.name, filed=False, remark=self.states.get(school.pk, "未报"))
                )
            else:
                remark = "" if text.edition.in_force else "待复审"
                rows.append(_row(school.name, remark, _figures(text.totals)))
        return tuple(rows)

    def _by_grade(self) -> tuple[SummaryRow, ...]:
        sums: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURE_KEYS, 0))
        schools: dict[int, int] = defaultdict(int)
        for text in self.texts.values():
            for line in text.printed_lines:
                schools[line.grade] += 1
                for key in FIGURE_KEYS:
                    sums[line.grade][key] += getattr(line, key)
        offered = {grade: sum(grade in school.grades for school in self.expected) for grade in GRADES}
        rows = []
        for grade in GRADES:
            name = GRADE_NAMES[grade - 1]
            if not offered[grade]:
                continue
            share = f"{schools[grade]} / {offered[grade]} 所"
            if not schools[grade]:
                rows.append(SummaryRow(label=name, filed=False, remark=share))
            else:
                remark = "" if schools[grade] == offered[grade] else share
                rows.append(_row(name, remark, sums[grade]))
        return tuple(rows)

    def _footnotes(self) -> tuple[str, ...]:
        """How to add up the lines, in each reading that a school has filed in."""
        rules = sorted({text.rule for text in self.texts.values()}) or ["roll"]
        notes: dict[str, None] = {}
        for rule in rules:
            for note in annex1_footnotes("roll" if rule == "roll" else "attending", self.month.month.month):
                notes[note] = None
        if len(rules) > 1:
            notes["本月各校口径不一，合计只供参考。"] = None
        return tuple(notes)


def _figures(line: PrintedLine) -> dict[str, int]:
    return {key: getattr(line, key) for key in FIGURE_KEYS}


def _row(label: str, remark: str, figures: Mapping[str, int]) -> SummaryRow:
    return SummaryRow(
        label=label,
        remark=remark,
        opening=figures["opening"],
        closing=figures["closing"],
        transfer_in=figures["transfer_in"],
        transfer_out=figures["transfer_out"],
        absent=figures["absent"],
        other=figures["other"],
    )
