"""学年升级: every child up a grade, the top grade leaves, classes move up; undone until September is submitted."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.audit import audited
from accounts.models import County, User
from accounts.workflow import StepRefused
from schools.calendar import months_of_school_year, school_year_label
from schools.models import Klass, ReportingMonth, Role, School
from schools.permissions import capacity
from students.models import Enrolment, PeriodState, Rollover, RolloverLine, RollPeriod
from students.permissions import may_roll_over, require
from students.queries import roll_year

BATCH = 1000


@dataclass(frozen=True)
class SchoolPreview:
    """Counts of one school before and after."""

    school: School
    children: int
    moving_up: int
    leaving: int


def preview_rollover(county: County) -> list[SchoolPreview]:
    """What the rollover would do, per school; writes nothing."""
    counts: dict[int, list[int]] = {}
    rows = Enrolment.objects.filter(school__county=county, left_on__isnull=True).values_list(
        "school_id", "grade", "school__last_grade"
    )
    for school_id, grade, last_grade in rows.iterator():
        row = counts.setdefault(school_id, [0, 0])
        row[0 if grade < last_grade else 1] += 1
    return [
        SchoolPreview(school, sum(counts.get(school.pk, (0, 0))), *counts.get(school.pk, (0, 0)))
        for school in School.objects.filter(county=county, closed_on__isnull=True)
    ]


def commit_rollover(county: County, *, to_year: int, actor: User) -> Rollover:
    """Move everybody up to school year *to_year*. Refused where it was done or a year is skipped."""
    require(may_roll_over(actor), "学年升级由基教股办。")
    with audited(
        actor, "rollover.commit", county_id=county.pk, capacity=capacity(actor, Role.REVIEWER)
    ) as entry:
        if to_year != roll_year(county) + 1:
            raise StepRefused(f"现在的名册是 {school_year_label(roll_year(county))}，只能升到下一学年。")
        try:
            with transaction.atomic():
                rollover = Rollover.objects.create(county=county, to_year=to_year, committed_by=actor)
        except IntegrityError as error:
            raise StepRefused("这个学年已经升级过了。") from error
        enrolments = list(
            Enrolment.objects.filter(school__county=county, left_on__isnull=True).select_related("school")
        )
        RolloverLine.objects.bulk_create(_lines(rollover, enrolments), batch_size=BATCH)
        moving = [e.pk for e in enrolments if e.grade < e.school.last_grade]
        leaving = [e.pk for e in enrolments if e.grade >= e.school.last_grade]
        for part in _parts(moving):
            Enrolment.objects.filter(pk__in=part).update(grade=F("grade") + 1, grade_year=to_year)
        today = timezone.localdate()
        for part in _parts(leaving):
            Enrolment.objects.filter(pk__in=part).update(left_on=today, graduated=True)
        _move_classes(county, 1)
        entry.about(rollover)
        entry.summary = f"升级 {len(moving)} 人，毕业或升学离校 {len(leaving)} 人"
    return rollover


def undo_rollover(rollover: Rollover, *, actor: User) -> None:
    """Possible until any school of the county has submitted September, and while nobody moved since."""
    county = rollover.county
    require(may_roll_over(actor), "学年升级由基教股办。")
    september = ReportingMonth.objects.filter(
        county=county, month=months_of_school_year(rollover.to_year)[0]
    ).first()
    with audited(
        actor, "rollover.undo", county_id=county.pk, capacity=capacity(actor, Role.REVIEWER)
    ) as entry:
        if september and RollPeriod.objects.filter(month=september, state=PeriodState.CLOSED).exists():
            raise StepRefused("已有学校送签 9 月月报，不能再撤销学年升级。个别学生用“更正”办。")
        changed = Rollover.objects.filter(pk=rollover.pk, undone_at__isnull=True).update(
            undone_at=timezone.now(), undone_by=actor
        )
        if not changed:
            raise StepRefused("这次学年升级已经撤销过了。")
        lines = list(rollover.lines.select_related("enrolment"))
        _refuse_if_moved(rollover, lines)
        for part in _parts([line.enrolment_id for line in lines if line.to_grade is not None]):
            Enrolment.objects.filter(pk__in=part).update(
                grade=F("grade") - 1, grade_year=rollover.to_year - 1
            )
        for part in _parts([line.enrolment_id for line in lines if line.to_grade is None]):
            Enrolment.objects.filter(pk__in=part).update(left_on=None, graduated=False)
        _move_classes(county, -1)
        entry.about(rollover)


def _refuse_if_moved(rollover: Rollover, lines: list[RolloverLine]) -> None:
    """A child enrolled, moved or regraded since would be put into a grade that it never was in."""
    since = Enrolment.objects.filter(
        school__county=rollover.county, grade_year__gte=rollover.to_year, left_on__isnull=True
    ).exclude(pk__in=[line.enrolment_id for line in lines])
    regraded = [line for line in lines if line.to_grade is not None and line.enrolment.grade != line.to_grade]
    departed = [line for line in lines if line.to_grade is not None and line.enrolment.left_on is not None]
    count = since.count() + len(regraded) + len(departed)
    if count:
        raise StepRefused(f"升级后已有 {count} 名学生登记了异动。请先撤销这些异动，再撤销学年升级。")


def _lines(rollover: Rollover, enrolments: Iterable[Enrolment]) -> Iterable[RolloverLine]:
    for enrolment in enrolments:
        stays = enrolment.grade < enrolment.school.last_grade
        yield RolloverLine(
            rollover=rollover,
            enrolment=enrolment,
            from_grade=enrolment.grade,
            to_grade=enrolment.grade + 1 if stays else None,
            klass_id=enrolment.klass_id,
        )


def _move_classes(county: County, step: int) -> None:
    """Ordinary classes move up with their children; those of the top grade are closed, or opened again."""
    today = timezone.localdate()
    klasses = Klass.objects.filter(school__county=county, is_multigrade=False)
    if step > 0:
        klasses.filter(closed_on__isnull=True, grade=F("school__last_grade")).update(closed_on=today)
        grades = range(9, 0, -1)
    else:
        grades = range(1, 10)
    for grade in grades:
        klasses.filter(closed_on__isnull=True, grade=grade).update(grade=grade + step)
    if step < 0:
        _reopen_top_classes(county)


def _reopen_top_classes(county: County) -> None:
    ids = (
        Enrolment.objects.filter(
            school__county=county,
            left_on__isnull=True,
            klass__closed_on__isnull=False,
            klass__is_multigrade=False,
        )
        .values_list("klass_id", flat=True)
        .distinct()
    )
    Klass.objects.filter(pk__in=list(ids)).update(closed_on=None)


def _parts(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
