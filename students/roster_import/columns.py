"""One column of a sheet: its parser, with everything already read remembered, and what was corrected by itself."""

import datetime as dt
import unicodedata
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from accounts.tabular.model import CellValue, column_letter
from accounts.wording import grade_name
from students.codes import ETHNICITIES
from students.models import Sex
from students.roster_import import circumstances, dates, grades, numbers, values
from students.roster_import.fields import FIELDS, Field
from students.roster_import.problems import ValueProblem, shown_value
from students.roster_import.values import Parser

_SPECIAL_PARSERS: Final[dict[str, Parser]] = {
    "name": values.parse_name,
    "id_type": values.parse_id_type,
    "sex": values.parse_sex,
    "birth_date": dates.parse_birth,
    "ethnicity": values.parse_ethnicity,
    "roll_number": numbers.parse_roll_number,
    "grade": grades.parse_grade,
    "klass": grades.parse_class,
    "klass_no": grades.parse_class,
    "entry": dates.parse_entry,
    "boarding": values.parse_boarding,
    "left_behind": circumstances.parse_left_behind,
    "disability": circumstances.parse_disability,
    "disability_level": circumstances.parse_level,
    "disability_card": numbers.parse_card,
    "poverty": circumstances.parse_poverty,
    "registered_poor": circumstances.parse_registered_poor,
    "hmt": circumstances.parse_hmt,
    "rural_left": values.parse_yes_no,
    "migrant": values.parse_yes_no,
    "migrant_any": values.parse_yes_no,
    "orphan": values.parse_yes_no,
    "martyr": values.parse_yes_no,
    "single_parent": values.parse_yes_no,
    "is_disabled": values.parse_yes_no,
}
_TEXTS: Final = frozenset(
    {"name", "id_number", "roll_number", "address", "household_place", "disability_card"}
)
_PEOPLE: Final = ("m1_", "m2_", "g_", "f_", "mo_")
# A blank name of these columns never keeps a child out: their problems become warnings.
_SOFT_PREFIXES: Final = _PEOPLE
_CELL_LIMIT: Final = 32_000


def parser_of(key: str, today: dt.date) -> Parser:
    """How the cells of a column are read."""
    if key in _SPECIAL_PARSERS:
        return _SPECIAL_PARSERS[key]
    if key == "id_number":
        return partial(numbers.parse_id, today=today)
    if not key.startswith(_PEOPLE):
        return values.text_of
    part = key.split("_", 1)[1]
    if part == "id":
        return partial(numbers.parse_member_id, today=today)
    return _PERSON_PARSERS.get(part, _workplace)


def _guardian_word(raw: CellValue) -> bool | None:
    return None if raw is None else values.parse_yes_no(raw)


def _person_name(raw: CellValue) -> str:
    name = values.parse_name(raw)
    return "" if name in values.NOTHING else name


def _workplace(raw: CellValue) -> str:
    return values.text_of(raw, longest=100)


_PERSON_PARSERS: Final[dict[str, Parser]] = {
    "name": _person_name,
    "phone": numbers.parse_phone,
    "relation": values.parse_relation,
    "is_guardian": _guardian_word,
}


@dataclass(slots=True)
class Column:
    """Reads the cells of one column. Every distinct cell is parsed once."""

    item: Field
    index: int
    letter: str
    parse: Parser
    memo: dict[Any, tuple[Any, str]] = field(default_factory=dict)
    wrong: dict[Any, ValueProblem] = field(default_factory=dict)

    def read(self, raw: CellValue) -> tuple[Any, str]:
        """The value, and what the cell said before it was corrected ('' where nothing was). ValueProblem else."""
        key = (raw.__class__, raw)
        found = self.memo.get(key)
        if found is not None:
            return found
        known = self.wrong.get(key)
        if known is not None:
            raise known
        try:
            value = self.parse(raw)
        except ValueProblem as problem:
            self.wrong[key] = self._softened(problem)
            raise self.wrong[key] from None
        found = self.memo[key] = (value, correction(self.item, raw, value))
        return found

    def _softened(self, problem: ValueProblem) -> ValueProblem:
        if problem.level == "error" and self.item.key.startswith(_SOFT_PREFIXES):
            return ValueProblem(
                problem.code,
                problem.why,
                "这一格没有导入，请改后再传。",
                level="warning",
                shown=problem.shown,
            )
        return problem


def make_column(key: str, index: int, first_column: int, today: dt.date) -> Column:
    return Column(FIELDS[key], index, column_letter(first_column - 1 + index), parser_of(key, today))


def correction(item: Field, raw: CellValue, value: Any) -> str:
    """What the cell looked like when its value is not simply what stands there; '' otherwise."""
    if not isinstance(raw, str) or not value:
        return ""
    if item.key in _TEXTS or item.kind == "phone" or item.key.endswith(("_name", "_id")):
        changed = value != raw
    else:
        changed = item.key in _STANDARD and _STANDARD[item.key](value) != raw
    return visible(raw) if changed else ""


def _standard_grade(value: Any) -> str:
    return grade_name(value) if isinstance(value, int) else ""


_STANDARD: Final[dict[str, Any]] = {
    "sex": lambda value: Sex(value).label,
    "ethnicity": lambda value: ETHNICITIES[value],
}


def visible(text: str) -> str:
    """Blanks and invisible characters made visible, long texts cut."""
    shown = "".join(_mark(character) for character in text[:60])
    return shown if len(text) <= 60 else f"{shown}…"


def _mark(character: str) -> str:
    if character in "\n\r":
        return "⏎"
    if character.isspace():
        return "␣"
    return "◌" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def corrected_value(item: Field, value: Any) -> str:
    """How the corrected value is shown: words as words, numbers masked."""
    if item.key in _STANDARD:
        return str(_STANDARD[item.key](value))
    return shown_value(value, kind=item.kind)
