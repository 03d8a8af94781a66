"""Lines of 100 schools beside raw SQL for the same figures; one month at 12 and at 120 months of history."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.figure import Figure, seconds
from monitoring.build import live_content
from monitoring.lines import figures as lines_of
from monitoring.models import Edition, FrozenAbsentee, FrozenLine, FrozenReturn, MonthlyReturn
from monitoring.readings import Line
from schools.calendar import next_month, school_year_of
from schools.models import ReportingMonth, Role, School
from students.models import Absence, Enrolment, Movement, PeriodState, RollPeriod, Student
from tests.cast import make_county, make_month, make_school, make_user

SCHOOLS, MOVES, ABSENT, GRADES = 100, 216, 6, range(1, 10)
ROUNDS = 5


def figures() -> Iterator[Figure]:
    """Both figures; the raw SQL gives the same lines, or the benchmark fails."""
    with transaction.atomic():
        month, schools = _county_of_facts()
        ours = {school_id: found.lines for school_id, found in lines_of(month, schools).items()}
        assert ours == _raw_lines(month, schools)
        yield Figure(
            f"lines of {SCHOOLS} schools, {SCHOOLS * MOVES:,} movements",
            min(seconds(lambda: lines_of(month, schools)) for _ in range(ROUNDS)),
            min(seconds(lambda: _raw_lines(month, schools)) for _ in range(ROUNDS)),
            limit=1.5,
        )
        transaction.set_rollback(True)
    with transaction.atomic():
        yield _month_after_long_history()
        transaction.set_rollback(True)


def _county_of_facts() -> tuple[ReportingMonth, list[School]]:
    county = make_county(first_year=2025, years=1)
    clerk = make_user(county, Role.CLERK, make_school(county))
    september = ReportingMonth.objects.get(county=county, month=dt.date(2025, 9, 1))
    october = ReportingMonth.objects.get(county=county, month=dt.date(2025, 10, 1))
    schools = [make_school(county) for _ in range(SCHOOLS)]
    for school in schools:
        children = _children(county, school, 270)
        text = _frozen(school, september, clerk, dict.fromkeys(GRADES, 30))
        period = RollPeriod.objects.create(school=school, month=october)
        _move(school, period, children[:MOVES], clerk)
        spells = _absent(school, children[-ABSENT:], clerk)
        FrozenAbsentee.objects.bulk_create(
            FrozenAbsentee(frozen=text, student_id=spell.student_id, grade=9, absence=spell)
            for spell in spells[:3]
        )
    return october, schools


def _children(county, school, count):
    students = Student.objects.bulk_create(
        Student(county=county, name="张若溪", sex="1", birth_date=dt.date(2015, 1, 1), no_id_reason="测")
        for _ in range(count)
    )
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            student=student, school=school, grade=n * 9 // count + 1, grade_year=2025, joined_on=dt.date(2024, 9, 1),
            base_grade=n * 9 // count + 1, base_year=2025,
        )
        for n, student in enumerate(students)
    )  # fmt: skip
    return list(zip(students, enrolments, strict=True))


def _frozen(school, month, clerk, closing):
    period = RollPeriod.objects.create(school=school, month=month, state=PeriodState.CLOSED)
    now = timezone.now()
    stamps = {"submitted_by": clerk, "submitted_at": now}
    found = MonthlyReturn.objects.create(school=school, period=period, state="submitted", **stamps)
    edition = Edition.objects.create(monthly_return=found, number=1)
    text = FrozenReturn.objects.create(
        edition=edition, attempt=1, rule="roll", chain_at=now, frozen_at=now, frozen_by=clerk, filler_name="郭晓燕",
        cut_off=month.cut_off, hash="0" * 64,
    )  # fmt: skip
    zero = dict.fromkeys(Line(0).figures(), 0)
    FrozenLine.objects.bulk_create(
        FrozenLine(frozen=text, grade=grade, **{**zero, "opening": count, "closing": count})
        for grade, count in closing.items()
    )
    return text


def _move(school, period, children, clerk):
    """Each child out and in again, so that nobody is missing in the end."""
    moves = []
    for n, (student, enrolment) in enumerate(children):
        kind, sign = (("transfer_out", -1), ("added", 1))[n % 2]
        moves.append(
            Movement(
                student=student, school=school, enrolment=enrolment, kind=kind, sign=sign, grade=enrolment.grade,
                grade_year=2025, happened_on=dt.date(2025, 9, 20), period=period, counting_grade=enrolment.grade,
                reason_code="moved", recorded_by=clerk,
            )
        )  # fmt: skip
    Movement.objects.bulk_create(moves)


def _absent(school, children, clerk):
    return Absence.objects.bulk_create(
        Absence(student=s, school=school, kind="truancy", first_day=dt.date(2025, 8, 30), recorded_by=clerk)
        for s, _ in children
    )


def _rows(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _raw_lines(month, schools):
    """The same lines with hand-written SQL and as little Python as they allow."""
    ids = [school.pk for school in schools]
    marks = ",".join(["%s"] * len(ids))
    before = ReportingMonth.objects.filter(county_id=month.county_id, month__lt=month.month).last()
    texts = dict(_rows(
        "SELECT r.school_id, MAX(f.id) FROM monitoring_frozenreturn f JOIN monitoring_edition e ON e.id = f.edition_id"
        " JOIN monitoring_monthlyreturn r ON r.id = e.monthly_return_id JOIN students_rollperiod p ON p.id = r.period_id"
        f" WHERE p.month_id = %s AND r.school_id IN ({marks}) AND e.number = r.edition_number"
        " AND r.state IN ('submitted','signed') GROUP BY r.school_id", before.pk, *ids,
    ))  # fmt: skip
    of_text = {text: school for school, text in texts.items()}
    text_marks = ",".join(["%s"] * len(of_text))
    opening, then, now = {}, defaultdict(set), defaultdict(set)
    for text, grade, closing in _rows(
        f"SELECT frozen_id, grade, closing FROM monitoring_frozenline WHERE frozen_id IN ({text_marks})",
        *of_text,
    ):
        opening[of_text[text], grade] = closing
    for text, grade, student in _rows(
        "SELECT frozen_id, grade, student_id FROM monitoring_frozenabsentee"
        f" WHERE frozen_id IN ({text_marks}) AND NOT at_opening", *of_text,
    ):  # fmt: skip
        then[of_text[text], grade].add(student)
    moved = {
        (school, grade, kind, sign): count
        for school, grade, kind, sign, count in _rows(
            "SELECT m.school_id, m.counting_grade, m.kind, m.sign, COUNT(*) FROM students_movement m"
            " JOIN students_rollperiod p ON p.id = m.period_id"
            f" WHERE p.month_id = %s AND p.school_id IN ({marks}) AND m.voided_at IS NULL"
            " GROUP BY m.school_id, m.counting_grade, m.kind, m.sign", month.pk, *ids,
        )
    }  # fmt: skip
    for school, student, grade in _rows(
        "SELECT a.school_id, a.student_id, e.base_grade FROM students_absence a"
        " JOIN students_enrolment e ON e.student_id = a.student_id AND e.school_id = a.school_id AND e.base_grade IS NOT NULL"
        f" WHERE a.school_id IN ({marks}) AND a.voided_at IS NULL AND a.first_day <= %s"
        " AND (a.returned_on IS NULL OR a.returned_on > %s)"
        " AND NOT EXISTS (SELECT 1 FROM students_placement h WHERE h.student_id = a.student_id"
        "   AND h.kind = 'home_teaching' AND h.voided_at IS NULL AND h.valid_from <= %s"
        "   AND (h.valid_to IS NULL OR h.valid_to >= %s))"
        " AND NOT EXISTS (SELECT 1 FROM students_movement m WHERE m.student_id = a.student_id"
        "   AND m.school_id = a.school_id AND m.voided_at IS NULL AND m.period_id IS NOT NULL)",
        *ids, month.cut_off, month.cut_off, month.cut_off, month.cut_off,
    ):  # fmt: skip
        now[school, grade].add(student)
    result = {}
    for school in ids:
        result[school] = [
            _raw_line(
                grade, opening.get((school, grade), 0), moved, school, then[school, grade], now[school, grade]
            )
            for grade in GRADES
        ]
    return result


def _raw_line(grade, start, moved, school, then, now):
    t_out = moved.get((school, grade, "transfer_out", -1), 0)
    o_in = moved.get((school, grade, "added", 1), 0)
    return Line(
        grade,
        start,
        0,
        0,
        t_out,
        o_in,
        0,
        start - t_out + o_in,
        len(then),
        len(now - then),
        len(then - now),
        len(now),
    )


def _month_after_long_history() -> Figure:
    """A small school with 120 months behind it, and one with 12: movements in every month, texts in the last."""
    times = {}
    for months in (12, 120):
        county = make_county(first_year=2025, years=0)
        clerk = make_user(county, Role.CLERK, school := make_school(county))
        last = _history(county, school, clerk, months)
        live_content(school, last)
        times[months] = min(
            seconds(lambda school=school, last=last: live_content(school, last)) for _ in range(4 * ROUNDS)
        )
    return Figure("one month at 120 and at 12 months of history", times[120], times[12], limit=1.1)


def _history(county, school, clerk, months):
    month, made = dt.date(2010, 9, 1), []
    while len(made) < months + 1:
        stored = make_month(county, month)
        if stored.requirement == "required":
            made.append(stored)
        month = next_month(month)
    student = Student(
        county=county, name="张若溪", sex="1", birth_date=dt.date(2010, 1, 1), no_id_reason="测"
    )
    student.save()
    enrolment = Enrolment.objects.create(
        student=student,
        school=school,
        grade=1,
        grade_year=2010,
        joined_on=dt.date(2010, 9, 1),
        left_on=dt.date(2011, 9, 1),
    )
    for stored in made[:-1]:
        period = RollPeriod.objects.create(school=school, month=stored, state=PeriodState.CLOSED)
        Movement.objects.bulk_create(_pair(student, school, enrolment, period, clerk) for _ in range(20))
    _frozen_last(school, made[-2], clerk)
    _absent_now(county, school, clerk, made[-1])
    return made[-1]


def _pair(student, school, enrolment, period, clerk):
    return Movement(
        student=student, school=school, enrolment=enrolment, kind="added", sign=1, grade=1,
        grade_year=school_year_of(period.month.month), happened_on=period.month.cut_off, period=period, counting_grade=1,
        reason_code="missed", recorded_by=clerk, pair=uuid.uuid4(),
    )  # fmt: skip


def _frozen_last(school, month, clerk):
    period = RollPeriod.objects.get(school=school, month=month)
    now = timezone.now()
    found = MonthlyReturn.objects.create(
        school=school, period=period, state="submitted", submitted_by=clerk, submitted_at=now
    )
    text = FrozenReturn.objects.create(
        edition=Edition.objects.create(monthly_return=found, number=1), attempt=1, rule="roll", chain_at=now, frozen_at=now,
        frozen_by=clerk, filler_name="郭晓燕", cut_off=month.cut_off, hash="0" * 64,
    )  # fmt: skip
    zero = dict.fromkeys(Line(0).figures(), 0)
    FrozenLine.objects.bulk_create(
        FrozenLine(frozen=text, grade=g, **{**zero, "opening": 30, "closing": 30}) for g in GRADES
    )


def _absent_now(county, school, clerk, month):
    """Five children absent in the month, and twenty movements in it: the work that the month itself brings."""
    period = RollPeriod.objects.create(school=school, month=month)
    year = school_year_of(month.month)
    for n in range(25):
        student = Student(
            county=county, name="李思", sex="1", birth_date=dt.date(2010, 1, 1), no_id_reason="测"
        )
        student.save()
        enrolment = Enrolment.objects.create(
            student=student,
            school=school,
            grade=3,
            grade_year=year,
            joined_on=month.month,
            base_grade=3,
            base_year=year,
        )
        if n < 5:
            Absence.objects.create(
                student=student,
                school=school,
                kind="truancy",
                first_day=month.month - dt.timedelta(days=9),
                recorded_by=clerk,
            )
        else:
            Movement.objects.bulk_create([_pair(student, school, enrolment, period, clerk)])
