"""Rules about children by name: who is on which roll in each month, told by base, movements and rollovers only."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from monitoring.models import FrozenReturn
from reports.books.months import month_before
from reports.books.rows import Books, Place
from reports.books.texts import absent_pairs
from reports.books.violations import Violation, lie
from schools.calendar import school_year_of
from students.models import Absence, Movement, Placement, PlacementKind

type Roll = dict[int, int]
"""Child → grade."""


@dataclass(frozen=True)
class Position:
    """What the last fact says: on the roll or not, in which grade of which school year."""

    on_roll: bool
    grade: int
    year: int

    def grade_in(self, year: int, last_grade: int) -> int | None:
        grade = self.grade + year - self.year
        return grade if self.on_roll and grade <= last_grade else None


@lru_cache(maxsize=1)
def rolls_by_month(books: Books) -> dict[Place, Roll]:
    """The closing roll of every standing text, recounted from the base on."""
    positions = _base_positions(books)
    moved: dict[int, list[Movement]] = defaultdict(list)
    for period_id, moves in books.counted.items():
        moved[books.periods[period_id].month_id] += moves
    rolls: dict[Place, Roll] = {}
    for month in books.months:
        year = school_year_of(month.month)
        for move in sorted(moved[month.pk], key=lambda one: one.pk):
            positions[move.school_id][move.student_id] = Position(
                move.sign > 0, move.counting_grade or 0, year
            )
        for school_id, school in books.schools.items():
            if (school_id, month.month) in books.standing:
                rolls[school_id, month.month] = _roll(positions[school_id], year, school.last_grade)
    return rolls


def _base_positions(books: Books) -> dict[int, dict[int, Position]]:
    positions: dict[int, dict[int, Position]] = defaultdict(dict)
    for row in books.enrolments:
        if row.base_grade is not None:
            position = Position(on_roll=True, grade=row.base_grade, year=row.base_year or 0)
            positions[row.school_id][row.student_id] = position
    return positions


def _roll(positions: dict[int, Position], year: int, last_grade: int) -> Roll:
    grades = {child: position.grade_in(year, last_grade) for child, position in positions.items()}
    return {child: grade for child, grade in grades.items() if grade is not None}


def closings_are_children(books: Books) -> Iterator[Violation]:
    """A closing figure is a number of named children (with corrections accepted since, which it need not know)."""
    for (school_id, month), roll in rolls_by_month(books).items():
        school, text = books.schools[school_id], books.standing[school_id, month]
        counts = Counter(roll.values())
        later = _corrections_since(books, school_id, month, text)
        lines = {line.grade: line.closing for line in books.lines[text.pk]}
        for grade in sorted(counts.keys() | lines.keys() | later.keys()):
            told = lines.get(grade, 0) + later.get(grade, 0)
            if told != counts[grade]:
                said = f"本月学生数是 {told}，按期初和异动点名是 {counts[grade]}"
                yield lie("closing", said, school=school, month=month, grade=grade)


def _corrections_since(books: Books, school_id: int, month: dt.date, text: FrozenReturn) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for delta in books.deltas[school_id]:
        if delta.month < month and delta.accepted_at >= text.chain_at:
            grade = delta.grade + school_year_of(month) - delta.school_year
            if grade <= books.schools[school_id].last_grade:
                sums[grade] += delta.delta
    return sums


def each_child_is_in_one_closing(books: Books) -> Iterator[Violation]:
    """COUNTY: in no month is a child on the closing roll of two schools."""
    seen: dict[tuple[dt.date, int], int] = {}
    for (school_id, month), roll in rolls_by_month(books).items():
        for child, grade in roll.items():
            other = seen.setdefault((month, child), school_id)
            if other != school_id:
                said = f"有学生同时在 {books.schools[other].name} 的本月学生数里（编号 {child}）"
                yield lie("two_schools", said, school=books.schools[school_id], month=month, grade=grade)


def absent_children_are_on_the_roll(books: Books) -> Iterator[Violation]:
    """ABSENT: S lies on the closing roll; S0 = S of the cited text, promoted, as far as on the opening roll."""
    rolls = rolls_by_month(books)
    for (school_id, month), text in books.standing.items():
        school = books.schools[school_id]
        excused = _corrected_since(books, school_id, month, text)
        now, before = absent_pairs(books, text)
        for child, grade in sorted(now):
            if child not in excused and rolls[school_id, month].get(child) != grade:
                said = f"未在校名单里有人不在本月名册上（编号 {child}）"
                yield lie("absent_roll", said, school=school, month=month, grade=grade)
        due = _absent_before(books, rolls, school_id, month, text)
        for child, grade in sorted(before ^ due):
            if child not in excused:
                said = f"期初未在校名单与上月定稿不符（编号 {child}）"
                yield lie("absent_roll", said, school=school, month=month, grade=grade)


def _absent_before(
    books: Books, rolls: dict[Place, Roll], school_id: int, month: dt.date, text: FrozenReturn
) -> set[tuple[int, int]]:
    school = books.schools[school_id]
    cited, before = books.texts.get(text.opens_from_id or 0), month_before(books, school, month)
    if cited is None or before is None:
        return set()
    step = school_year_of(month) - school_year_of(before.month)
    opening = rolls.get((school_id, before.month), {})
    stayed = {(c, g) for c, g in absent_pairs(books, cited)[0] if opening.get(c) == g}
    return {(child, grade + step) for child, grade in stayed if grade + step <= school.last_grade}


def _corrected_since(books: Books, school_id: int, month: dt.date, text: FrozenReturn) -> set[int]:
    """Children whom a correction of an earlier month moved after *text* was written."""
    children = set()
    for change in books.staged.values():
        if change.applied_at is not None and change.applied_at >= text.chain_at:
            found = books.returns[change.edition.monthly_return_id]
            if found.school_id == school_id and books.place_of_return(found)[1] < month:
                children.add(change.student_id or 0)
    return children


def open_spells_are_listed(books: Books) -> Iterator[Violation]:
    """ABSENT: a spell that was open at the cut-off when the text was frozen, and untouched since, stands in S."""
    taught_at_home = set(
        Placement.objects.filter(student__county=books.county, kind=PlacementKind.HOME_TEACHING).values_list(
            "student_id", flat=True
        )
    )
    rolls = rolls_by_month(books)
    spells = defaultdict(list)
    for spell in books.absences.values():
        if spell.student_id not in taught_at_home:
            spells[spell.school_id].append(spell)
    for (school_id, month), text in books.standing.items():
        listed = {absentee.student_id for absentee in books.absentees[text.pk] if not absentee.at_opening}
        for spell in spells[school_id]:
            child = spell.student_id
            if child in listed or child not in rolls[school_id, month] or not _was_open(spell, text):
                continue
            said = f"{spell.first_day} 起的{spell.get_kind_display()}不在未在校名单里（编号 {child}）"
            yield lie("absent_listed", said, school=books.schools[school_id], month=month)


def _was_open(spell: Absence, text: FrozenReturn) -> bool:
    if spell.voided_at is not None or spell.recorded_at >= text.chain_at or spell.first_day > text.cut_off:
        return False
    if spell.returned_on is None:
        return spell.revision == 1
    return spell.revision == 2 and spell.returned_on > text.cut_off


def absentees_point_to_their_spells(books: Books) -> Iterator[Violation]:
    """Every name in S has a spell of that child at that school, begun by the cut-off."""
    for (school_id, month), text in books.standing.items():
        for absentee in books.absentees[text.pk]:
            spell = books.absences.get(absentee.absence_id)
            fits = spell is not None and (spell.student_id, spell.school_id) == (
                absentee.student_id,
                school_id,
            )
            if spell is None or not fits or spell.first_day > text.cut_off:
                said = f"未在校名单里有人没有对应的未在校记录（编号 {absentee.student_id}）"
                yield lie(
                    "absent_spell", said, school=books.schools[school_id], month=month, grade=absentee.grade
                )


def rolls_agree_with_books(books: Books) -> Iterator[Violation]:
    """Current enrolments = base + live movements + rollovers, by child, school and grade; one school a child."""
    if books.roll_year is None:
        return
    told, stored = _expected_now(books, books.roll_year), defaultdict(list)
    for row in books.enrolments:
        if row.left_on is None:
            stored[row.student_id].append((row.school_id, row.grade + books.roll_year - row.grade_year))
    for child in sorted(told.keys() | stored.keys()):
        due, found = sorted(told.get(child, [])), sorted(stored.get(child, []))
        if due != found:
            school_id, grade = (found or due)[0]
            said = f"学籍（编号 {child}）在 {len(found)} 所学校，与期初和异动推算的不符"
            yield lie("enrolment", said, school=books.schools[school_id], grade=grade)


def _expected_now(books: Books, year: int) -> dict[int, list[tuple[int, int]]]:
    positions = _base_positions(books)
    for move in books.movements:
        positions[move.school_id][move.student_id] = Position(move.sign > 0, move.grade, move.grade_year)
    expected = defaultdict(list)
    for school_id, children in positions.items():
        for child, grade in _roll(children, year, books.schools[school_id].last_grade).items():
            expected[child].append((school_id, grade))
    return expected
