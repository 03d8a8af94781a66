import pytest

from accounts.models import AuditEntry
from schools.models import Klass
from students.actions.roster import apply_roster
from students.actions.roster_preview import preview_of, upload_roster
from students.models import Enrolment, Guardian, Movement, RosterImport, Student
from tests.roster_files import child, layout_file


def upload(content, school, clerk, name="名册.xlsx"):
    return upload_roster(content, name, school, actor=clerk, in_child=False)


def children_of_all_grades(each=2, start=1):
    return [child(start + grade * 20 + n, grade) for grade in range(1, 10) for n in range(each)]


@pytest.mark.parametrize("layout", ["A", "B", "C"])
def test_first_import_of_each_layout_makes_the_base_roster(layout, school, clerk, time_machine):
    time_machine.move_to("2025-09-20 09:00+08:00")
    row = upload(layout_file(layout, children_of_all_grades(), school=school), school, clerk)

    assert preview_of(row).problems == []
    assert (row.new_count, row.error_count, row.row_count) == (18, 0, 18)
    assert not Student.objects.exists()
    outcome = apply_roster(row, actor=clerk, seen_revision=row.revision)

    assert outcome.created == 18
    assert Student.objects.count() == 18
    assert Guardian.objects.count() == 36
    assert Enrolment.objects.filter(base_grade__isnull=False, klass__isnull=False).count() == 18
    assert sorted(Enrolment.objects.values_list("grade", flat=True)) == sorted(list(range(1, 10)) * 2)
    assert Klass.objects.filter(school=school).count() == 9
    assert not Movement.objects.exists()
    entries = AuditEntry.objects.filter(verb="roster.import")
    assert entries.count() == 1
    assert RosterImport.objects.get().state == "confirmed"
