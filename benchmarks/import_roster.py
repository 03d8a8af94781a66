"""Roster import of 20,000 × 40 from open file to commit, beside the fastest reader with bulk_create of every row."""

import io
import os
import uuid
from collections.abc import Iterator

import xlsxwriter
from django.db import models, transaction
from import_export import resources
from import_export.formats.base_formats import XLSX
from python_calamine import CalamineWorkbook

from accounts.models import AuditEntry
from accounts.sandbox import paused_collector
from benchmarks.figure import Figure, seconds
from schools.models import Klass, Role
from students.actions.roster import apply_roster
from students.actions.roster_preview import upload_roster
from students.models import Enrolment, Guardian, RosterImport, SpecialCircumstance, Student
from tests.cast import make_county, make_school, make_user
from tests.roster_files import child

ROWS = int(os.environ.get("BENCH_ROWS", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LIMIT = 3.0
COLUMNS = (
    "编号 学校标识码 姓名 性别 出生日期 证件类型 身份证件号 民族 国籍/地区 港澳台侨外 健康状况 政治面貌 户口性质 "
    "户口所在地行政区划 年级 班号 入学年月 入学方式 就读方式 现住址 通信地址 家庭地址 联系电话 邮政编码 是否独生子女 "
    "是否受过学前教育 是否留守儿童 是否孤儿 上下学距离 上下学方式 是否需要乘坐校车 血型 "
    "成员1姓名 成员1关系 成员1联系电话 成员1是否监护人 成员2姓名 成员2关系 成员2联系电话 成员2是否监护人"
).split()
COMMON = {
    "证件类型": "居民身份证",
    "港澳台侨外": "否",
    "健康状况": "健康或良好",
    "政治面貌": "群众",
    "户口性质": "农业户口",
    "入学方式": "就近入学",
    "邮政编码": "047400",
    "是否独生子女": "否",
    "是否受过学前教育": "是",
    "上下学方式": "步行",
    "是否需要乘坐校车": "否",
    "血型": "未知血型",
}


def roster_file(code: str) -> bytes:
    """20,000 children in nine grades, every cell a text, as the national system exports them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("学生基础信息")
        sheet.write_row(0, 0, COLUMNS)
        for number in range(ROWS):
            values = {**child(number, number % 9 + 1), **COMMON, "编号": str(number + 1), "学校标识码": code}
            values["班号"] = f"{number // 9 % 45 + 1:02d}"
            values["上下学距离"] = str(number % 9)
            for column, heading in enumerate(COLUMNS):
                sheet.write_string(number + 1, column, values.get(heading, ""))
    return out.getvalue()


class Place:
    """A county of its own for every run: the same children again, and nothing to delete between runs."""

    def __init__(self) -> None:
        self.county = make_county(first_year=2025, years=3)
        self.school = make_school(self.county, code="3114000001")
        self.clerk = make_user(self.county, Role.CLERK, self.school)


def import_file(content: bytes, place: Place) -> RosterImport:
    row = upload_roster(content, "名册.xlsx", place.school, actor=place.clerk, in_child=False)
    apply_roster(row, actor=place.clerk, seen_revision=row.revision, warnings_checked=True)
    return row


def written_rows(row: RosterImport, place: Place) -> list[list[models.Model]]:
    """Everything an import wrote, table by table, as new rows of another county."""
    school = row.school
    klasses = {klass.pk: klass for klass in Klass.objects.filter(school=school)}
    students = {student.pk: student for student in Student.objects.filter(county=school.county)}
    enrolments = list(Enrolment.objects.filter(school=school))
    guardians = list(Guardian.objects.filter(student__county=school.county))
    circumstances = list(SpecialCircumstance.objects.filter(student__county=school.county))
    entries = list(AuditEntry.objects.filter(county_id=school.county_id, verb__startswith="roster."))
    imports = [RosterImport.objects.get(pk=row.pk)]
    for thing in (*students.values(), *guardians, *circumstances, *imports):
        for field in thing._meta.concrete_fields:
            getattr(thing, field.attname)  # opens what is encrypted, so that bulk_create seals it again
    for thing in (
        *klasses.values(),
        *students.values(),
        *enrolments,
        *guardians,
        *circumstances,
        *imports,
        *entries,
    ):
        thing.pk = None
        if hasattr(thing, "uuid"):
            thing.uuid = uuid.uuid4()
    for thing in (*enrolments, *guardians, *circumstances):
        thing.student = students[thing.student_id]
    for enrolment in enrolments:
        enrolment.klass = klasses.get(enrolment.klass_id)
        enrolment.school = place.school
    for klass in (*klasses.values(), *imports):
        klass.school = place.school
    for student in students.values():
        student.county = place.county
    for entry in entries:
        entry.county_id = place.county.pk
    return [
        list(klasses.values()), list(students.values()), guardians, circumstances, enrolments, imports, entries,
    ]  # fmt: skip


def floor(content: bytes, tables: list[list[models.Model]]) -> None:
    # Without the garbage collector, as the import runs too: the strictest floor.
    with paused_collector(), transaction.atomic():
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        for rows in tables:
            if rows:
                type(rows[0])._default_manager.bulk_create(rows, batch_size=1000)


class StudentResource(resources.ModelResource):
    """The nearest that django-import-export comes: children only, no guardians, no roll, no checks of ours."""

    class Meta:
        model = Student
        fields = ("name", "sex", "birth_date", "id_number", "address", "household_place")
        import_id_fields = ("id_number",)
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        force_init_instance = True
        clean_model_instances = False


def django_import_export(content: bytes, place: Place) -> None:
    headings = {
        "姓名": "name", "性别": "sex", "出生日期": "birth_date", "身份证件号": "id_number", "现住址": "address",
        "户口所在地行政区划": "household_place",
    }  # fmt: skip
    dataset = XLSX().create_dataset(content)
    dataset.headers = [headings.get(heading, heading) for heading in dataset.headers]

    class InCounty(StudentResource):
        def before_import_row(self, row: dict, **kwargs: object) -> None:
            born = row["birth_date"]
            row["birth_date"] = f"{born[:4]}-{born[4:6]}-{born[6:]}"
            row["sex"] = "1" if row["sex"] == "男" else "2"

        def after_init_instance(self, instance: Student, *args: object, **kwargs: object) -> None:
            instance.county = place.county

        class Meta(StudentResource.Meta):
            pass

    for dry_run in (True, False):  # its preview and its confirmation
        result = InCounty().import_data(dataset, dry_run=dry_run, raise_errors=True, use_transactions=True)
        assert not result.has_errors()


def figures() -> Iterator[Figure]:
    content = roster_file("3114000001")
    ours, floors = [], []
    for _ in range(ROUNDS):
        place, other = Place(), Place()
        rows: list[RosterImport] = []
        ours.append(seconds(lambda place=place, rows=rows: rows.append(import_file(content, place))))
        tables = written_rows(rows[0], other)
        assert len(tables[1]) == ROWS
        floors.append(seconds(lambda tables=tables: floor(content, tables)))
    yield Figure(f"import of {ROWS} x {len(COLUMNS)} / floor", min(ours), min(floors), limit=LIMIT)
    place = Place()
    peer = seconds(lambda: django_import_export(content, place))
    yield Figure("import / django-import-export (children only)", min(ours), peer)
    yield Figure("the same file again / first time", _again(content), min(ours))


def _again(content: bytes) -> float:
    place = Place()
    import_file(content, place)
    return seconds(
        lambda: upload_roster(content, "名册.xlsx", place.school, actor=place.clerk, in_child=False)
    )
