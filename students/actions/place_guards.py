"""What rolls and booked facts have against changes to schools, classes and months (schools.guards).

Loaded by ``StudentsConfig.ready``. Asked inside the transaction of the change.
"""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, F, Q, QuerySet

from accounts.wording import cn_full_date, grade_name
from schools.calendar import months_of_school_year
from schools.checks import SchoolFacts
from schools.guards import KLASS_CLOSING, MONTH_CHANGE, SCHOOL_CLOSING, SCHOOL_EDIT, MonthFacts
from schools.models import Klass, ReportingMonth, Requirement, School
from schools.queries import first_month
from students.models import (
    Absence,
    Enrolment,
    PeriodState,
    Rollover,
    RollPeriod,
    Transfer,
    TransferState,
)
from students.queries import live_movements


@SCHOOL_EDIT.objector
def children_outside_the_grades(school: School, facts: SchoolFacts) -> Iterator[str]:
    counts = (
        Enrolment.objects.filter(school=school, left_on__isnull=True)
        .exclude(grade__gte=facts.first_grade, grade__lte=facts.last_grade)
        .order_by("grade")
        .values_list("grade")
        .annotate(Count("pk"))
    )
    for grade, count in counts:
        yield f"{grade_name(grade)}还有 {count} 名学生在册，年级范围不能不含{grade_name(grade)}。"


@SCHOOL_EDIT.objector
def rollover_between_two_ranges(school: School, facts: SchoolFacts) -> Iterator[str]:
    """The rollover and September's opening must see the same top grade (ledger.md PROMOTE)."""
    if facts.last_grade == school.last_grade:
        return
    rollover = (
        Rollover.objects.filter(county_id=school.county_id, undone_at__isnull=True)
        .order_by("-to_year")
        .first()
    )
    if rollover is None:
        return
    september = months_of_school_year(rollover.to_year)[0]
    if not _closed_periods(school).filter(month__month__gte=september).exists():
        yield (
            "学年升级已经办了，9月月报还没有送签，这时不能改最高年级。"
            "请先送签 9月月报，或由基教股撤销学年升级，改好再升级。"
        )


@SCHOOL_EDIT.objector
def books_before_the_opening(school: School, facts: SchoolFacts) -> Iterator[str]:
    if facts.opened_on == school.opened_on:
        return
    if _closed_periods(school).exists():
        yield "这所学校已经送签过月报，开办日期不能再改。"
        return
    first = first_month(school.county_id)
    has_base = Enrolment.objects.filter(school=school, base_grade__isnull=False).exists()
    if has_base and first is not None and facts.opened_on > first.cut_off:
        yield f"名册是期初建账导入的，开办日期不能晚于 {cn_full_date(first.cut_off)}。"
    earliest = (
        live_movements()
        .filter(school=school, period__isnull=False, period__month__cut_off__lt=facts.opened_on)
        .select_related("period__month")
        .first()
    )
    if earliest is not None and earliest.period is not None:
        yield f"{earliest.period.month}已记有异动，开办日期不能晚于 {cn_full_date(earliest.period.month.cut_off)}。"


@SCHOOL_CLOSING.objector
def somebody_is_still_here(school: School, closed_on: dt.date) -> Iterator[str]:
    """Closing needs an empty roll and no open item (ledger.md, schools' life)."""
    count = Enrolment.objects.filter(school=school, left_on__isnull=True).count()
    if count:
        yield f"名册上还有 {count} 名学生。请先由填报员逐一登记转出，对方学校在“转学对接”里一次接收。"
    waiting = Transfer.objects.filter(state=TransferState.WAITING).filter(
        Q(from_school=school) | Q(to_school=school)
    )
    if waiting_count := waiting.count():
        yield f"还有 {waiting_count} 笔转学没有办结。请到“转学对接”接收或撤回。"
    absent = Absence.objects.filter(school=school, returned_on__isnull=True, voided_at__isnull=True).count()
    if absent:
        yield f"还有 {absent} 条未在校记录没有结束。"


@SCHOOL_CLOSING.objector
def last_fact_needs_a_return(school: School, closed_on: dt.date) -> Iterator[str]:
    """A school owes M if it was open after cut_off(M−1): the month of its last fact must be owed."""
    last = (
        live_movements()
        .filter(school=school, period__isnull=False)
        .select_related("period__month")
        .order_by("-period__month__month")
        .first()
    )
    if last is None or last.period is None:
        return
    before = (
        ReportingMonth.objects.filter(
            county_id=school.county_id, requirement=Requirement.REQUIRED, month__lt=last.period.month.month
        )
        .order_by("-month")
        .first()
    )
    if before is not None and closed_on <= before.cut_off:
        yield (
            f"最后一笔异动计入{last.period.month}，撤并日期要晚于 {cn_full_date(before.cut_off)}，"
            "否则这笔异动没有月报可记。"
        )


@KLASS_CLOSING.objector
def children_in_the_class(klass: Klass) -> Iterator[str]:
    count = Enrolment.objects.filter(klass=klass, left_on__isnull=True).count()
    if count:
        yield f"班里还有 {count} 名学生。请先把他们调到别的班。"


@MONTH_CHANGE.objector
def month_is_in_the_books(month: ReportingMonth, facts: MonthFacts) -> Iterator[str]:
    """The cut-off of a month that somebody has submitted stands; so do the months before it as a chain."""
    stored = ReportingMonth.objects.get(pk=month.pk)  # already written: *month* still holds what was before
    if (stored.cut_off, stored.requirement) == (month.cut_off, month.requirement):
        return
    # Pages that show the month by its old dates are stale from here on, and nobody submits meanwhile.
    RollPeriod.objects.filter(month=month, state=PeriodState.OPEN).update(revision=F("revision") + 1)
    filed = RollPeriod.objects.filter(month__county_id=month.county_id, state=PeriodState.CLOSED)
    if count := filed.filter(month=month).count():
        yield f"已有 {count} 所学校送签{month}月报，统计截止日和要求不能再改；报送期限可以改。"
    elif facts.requirement != month.requirement and filed.filter(month__month__gt=month.month).exists():
        yield f"{month}以后的月报已有学校送签，要求不能再改，否则月报接不上。"
    facts_here = live_movements().filter(period__month=month)
    if facts.requirement not in (Requirement.REQUIRED, month.requirement) and facts_here.exists():
        yield f"已有 {facts_here.count()} 笔异动计入{month}，这个月要照常报。"
    later = facts_here.filter(happened_on__gt=facts.cut_off).count()
    if later:
        yield f"{month}已计入 {later} 笔在 {cn_full_date(facts.cut_off)} 以后发生的异动，统计截止日不能提前到那一天。"


def _closed_periods(school: School) -> QuerySet[RollPeriod]:
    return RollPeriod.objects.filter(school=school, state=PeriodState.CLOSED)
