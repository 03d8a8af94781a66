"""The preview between upload and confirmation: made from a workbook, packed into one text, compared again."""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone

from accounts.sandbox import paused_collector
from accounts.tabular.model import Workbook
from schools.models import School
from students.queries import roll_year
from students.roster_import.compare import Plan, compare
from students.roster_import.problems import Problem
from students.roster_import.reading import Mapping, Reading, read_workbook
from students.roster_import.rows import Facts
from students.roster_import.stored import Stored, load_stored

# What a person may answer for a child of the file.
ARRIVALS: Final = ("transfer_in", "new_pupil", "added")
_FAST: Final = 1


@dataclass(slots=True)
class Options:
    """How the file is read: columns matched by hand, and whether a G before the number is dropped."""

    mapping: Mapping | None = None
    drop_g: bool = False


@dataclass(slots=True)
class Choices:
    """Answers of the person: by index of the child, by missing child, by unknown word."""

    children: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Preview:
    """Everything the page shows and the confirmation writes."""

    reading: Reading
    plan: Plan
    options: Options
    choices: Choices

    @property
    def file_problems(self) -> list[Problem]:
        return self.reading.file_problems + self.plan.file_problems

    @property
    def problems(self) -> list[Problem]:
        return self.reading.problems + self.plan.problems

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "error"]

    @property
    def to_confirm(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "confirm"]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "warning"]

    @property
    def bad_row_count(self) -> int:
        return len(self.reading.bad) + len(self.plan.problems)

    def answer(self, item: dict[str, Any]) -> dict[str, str]:
        return self.choices.children.get(str(item["i"]), {})

    def is_taken(self, item: dict[str, Any]) -> bool:
        """Whether the row will be in the roll after confirming: not while its question is open or left out."""
        if item["kind"] in {"new", "changed", "same"}:
            return True
        return self.answer(item).get("do", "") not in {"", "skip"}

    @property
    def open_questions(self) -> list[dict[str, Any]]:
        return [
            item
            for item in self.plan.items
            if item["kind"] in {"ask", "elsewhere"} and not self.answer(item).get("do")
        ]

    @property
    def taken_count(self) -> int:
        return sum(map(self.is_taken, self.plan.items))

    def writes(self, item: dict[str, Any]) -> bool:
        """Whether confirming changes anything for this row."""
        if item["kind"] == "same" or not self.is_taken(item):
            return False
        if item["kind"] != "changed":
            return True
        renames = self.answer(item).get("do") == "rename"
        return any(change[4] == "set" or (change[4] == "ask" and renames) for change in item["changes"])

    @property
    def changes_nothing(self) -> bool:
        return not any(map(self.writes, self.plan.items))


def facts_of(school: School, *, drop_g: bool = False) -> Facts:
    """What reading must know; a teaching point's children stand in the national system under its parent."""
    parent = school.parent
    schools = [school, parent] if parent is not None else [school]
    return Facts(
        today=timezone.localdate(),
        school_year=roll_year(school.county),
        grades=school.grades,
        school_codes=frozenset(each.code for each in schools),
        school_names=frozenset(name for each in schools for name in (each.name, each.short_name) if name),
        drop_g=drop_g,
    )


def make_preview(
    workbook: Workbook, school: School, options: Options | None = None, choices: Choices | None = None
) -> Preview:
    """Read the workbook and compare it with the roll; writes nothing."""
    options, choices = options or Options(), choices or Choices()
    with paused_collector():
        reading = read_workbook(workbook, facts_of(school, drop_g=options.drop_g), options.mapping)
        stored = load_stored(school, reading.children)
        return Preview(reading, compare(reading, stored, choices.words), options, choices)


def compared_again(preview: Preview, school: School) -> tuple[Stored, Plan]:
    """The same file against what is stored now."""
    with paused_collector():
        stored = load_stored(school, preview.reading.children)
        return stored, compare(preview.reading, stored, preview.choices.words)


def digest(plan: Plan) -> str:
    """Equal exactly when confirming would write the same."""
    text = json.dumps(
        [plan.items, [problem.message for problem in plan.problems + plan.file_problems]],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def pack(preview: Preview) -> str:
    """One compressed text, to be kept encrypted."""
    reading, plan = preview.reading, preview.plan
    content = {
        "reading": {
            **{name: getattr(reading, name) for name in _PLAIN_READING},
            "problems": _packed(reading.problems),
            "file_problems": _packed(reading.file_problems),
        },
        "plan": {
            "items": plan.items,
            "missing": plan.missing,
            "problems": _packed(plan.problems),
            "file_problems": _packed(plan.file_problems),
        },
        "options": [preview.options.mapping, preview.options.drop_g],
        "choices": [preview.choices.children, preview.choices.missing, preview.choices.words],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return packed_bytes(text.encode())


def unpack(text: str) -> Preview:
    with paused_collector():
        content = json.loads(unpacked_bytes(text))
    read, planned = content["reading"], content["plan"]
    reading = Reading(
        **{name: read[name] for name in _PLAIN_READING},
        problems=_unpacked(read["problems"]),
        file_problems=_unpacked(read["file_problems"]),
    )
    reading.bad = [(number, name) for number, name in reading.bad]
    plan = Plan(
        planned["items"],
        _unpacked(planned["problems"]),
        _unpacked(planned["file_problems"]),
        planned["missing"],
    )
    mapping, drop_g = content["options"]
    if mapping is not None:
        mapping = {name: (row, columns) for name, (row, columns) in mapping.items()}
    return Preview(reading, plan, Options(mapping, drop_g), Choices(*content["choices"]))


_PLAIN_READING: Final = (
    "children",
    "corrections",
    "correction_count",
    "ignored",
    "notices",
    "bad",
    "sheets",
    "id_letters",
    "headers",
    "recognised",
    "unused",
    "peeks",
    "total",
    "unsure",
)


def packed_bytes(content: bytes) -> str:
    """Bytes as a text fit for an encrypted field."""
    return base64.b64encode(zlib.compress(content, _FAST)).decode()


def unpacked_bytes(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _packed(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [problem.packed() for problem in problems]


def _unpacked(stored: list[dict[str, Any]]) -> list[Problem]:
    return [Problem.unpacked(one) for one in stored]
