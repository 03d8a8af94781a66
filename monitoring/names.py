"""The children behind 上月学生数 and 本月学生数: who was on the roll, by name, from facts and counted rows."""

from collections import Counter
from dataclasses import dataclass

from monitoring.content import ReturnContent
from monitoring.readings import ATTENDING
from monitoring.roll import Histories
from schools.models import School
from students.models import Enrolment, Student
from students.queries import live_movements

# A child in a grade.
type Pupil = tuple[int, int]


@dataclass(frozen=True)
class RollName:
    student_id: int
    name: str
    grade: int
    klass: str


def children_behind(content: ReturnContent, grade: int, column: str) -> list[RollName]:
    """Those counted in ``opening`` or ``closing`` of a grade (0: of the school), by class and name."""
    pupils = opening_roll(content)
    if column == "closing":
        pupils = _closing(content, pupils)
    if content.rule == ATTENDING:
        absent = content.absent if column == "closing" else content.absent_before
        pupils -= {(spell.student_id, spell.grade) for spell in absent}
    return _named(content.school, {pupil for pupil in pupils if grade in (0, pupil[1])})


def opening_roll(content: ReturnContent) -> set[Pupil]:
    """Who was on the roll before the month's own facts, in the grade of the month."""
    school = content.school
    ids = set(
        Enrolment.objects.filter(school=school, base_grade__isnull=False).values_list("student_id", flat=True)
    )
    ids |= set(live_movements().filter(school=school).values_list("student_id", flat=True))
    histories = Histories([school], ids)
    found = ((pk, histories.grade_at(school.pk, pk, content.month.month, before=True)) for pk in ids)
    return {(pk, grade) for pk, grade in found if grade is not None}


def _closing(content: ReturnContent, pupils: set[Pupil]) -> set[Pupil]:
    """The opening roll with the counted movements of this very text, staged ones included."""
    balance: Counter[Pupil] = Counter(pupils)
    for row in content.counted:
        if row.movement_id is not None:
            leaves = row.column == "transfer_out" or row.sign < 0
            balance[row.student_id, row.grade] += -1 if leaves else 1
    return {pupil for pupil, count in balance.items() if count > 0}


def _named(school: School, pupils: set[Pupil]) -> list[RollName]:
    ids = [pk for pk, _ in pupils]
    klasses = {student_id: str(klass or "") for student_id, klass in _klasses(school, ids)}
    students = Student.objects.filter(pk__in=ids).in_bulk()
    names = [
        (students[pk].pinyin, RollName(pk, students[pk].name, grade, klasses.get(pk, "")))
        for pk, grade in pupils
    ]
    return [name for _, name in sorted(names, key=lambda pair: (pair[1].grade, pair[1].klass, pair[0]))]


def _klasses(school: School, ids: list[int]) -> list[tuple[int, object]]:
    """The last class of each child at the school."""
    rows = Enrolment.objects.filter(school=school, student_id__in=ids).select_related("klass").order_by("pk")
    return [(row.student_id, row.klass) for row in rows]
