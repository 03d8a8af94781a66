"""The county's calendar: school years, terms, holidays, months of filing with cut-off and due day."""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import County, User
from accounts.workflow import StalePage, StepRefused
from schools.actions.common import acting, fields_of, require
from schools.calendar import (
    NOT_REQUIRED_MONTHS,
    OPTIONAL_MONTHS,
    months_of_school_year,
    next_month,
    school_year_label,
)
from schools.checks import FieldsRefused
from schools.guards import MONTH_CHANGE, MonthFacts
from schools.models import Holiday, ReportingMonth, Requirement, SchoolYear, Term
from schools.permissions import may_edit_schools
from schools.queries import (
    closures,
    default_dates,
    months_to_recalculate,
    next_start_year,
    school_years,
    setting,
)
from schools.settings import DUE_DAYS

NOT_YOURS = "填报日历由基教股或管理员维护。"
# First and last month-day of the terms of a school year; the bureau corrects them when its notice comes.
USUAL_TERMS = (((0, 9, 1), (1, 1, 20)), ((1, 3, 1), (1, 7, 10)))
# Days off fixed by the sun; 春节 lies in the winter holidays, the others come with the State Council's notice.
USUAL_HOLIDAYS = (
    ("国庆节", (0, 10, 1), (0, 10, 7)),
    ("元旦", (1, 1, 1), (1, 1, 1)),
    ("劳动节", (1, 5, 1), (1, 5, 5)),
)


def make_school_year(
    county: County, start_year: int, *, actor: User | None, with_usual_holidays: bool = True
) -> SchoolYear:
    """A school year with two terms and twelve months of filing. Years follow one another without a gap."""
    _allow(actor, county)
    with acting(actor, "calendar.make_year", county.pk) as entry:
        if school_years(county.pk).exists() and start_year != next_start_year(county.pk):
            wanted = school_year_label(next_start_year(county.pk))
            raise StepRefused(f"学年要一年接一年地建，下一个是{wanted}。")
        try:
            with transaction.atomic():
                year = SchoolYear.objects.create(county=county, start_year=start_year)
        except IntegrityError as error:
            raise StepRefused(f"{school_year_label(start_year)}已经建好了。") from error
        if with_usual_holidays:
            _add_usual_holidays(county, start_year)
        _make_terms(year)
        _make_months(year)
        entry.about(year)
        entry.summary = f"建立{year}填报日历"
    return year


def edit_term(
    term: Term, *, first_day: dt.date, last_day: dt.date, actor: User, seen: tuple[dt.date, dt.date]
) -> None:
    county = term.school_year.county
    _allow(actor, county)
    _refuse_bad_term(term, first_day, last_day)
    with acting(actor, "calendar.edit_term", county.pk) as entry:
        unchanged = Term.objects.filter(pk=term.pk, first_day=seen[0], last_day=seen[1])
        if not unchanged.update(first_day=first_day, last_day=last_day):
            raise StalePage("您打开这一页后，学期日期已被别人改过，这次没有保存。请刷新后再看。")
        entry.about(term)
        entry.change(f"{term.get_number_display()}开学", seen[0], first_day)
        entry.change(f"{term.get_number_display()}放假", seen[1], last_day)
    term.first_day, term.last_day = first_day, last_day


def add_holiday(
    county: County, *, name: str, first_day: dt.date, last_day: dt.date, is_workday: bool, actor: User
) -> Holiday:
    """Days off, or made-up school days. Months already made keep their dates until they are recalculated."""
    _allow(actor, county)
    holiday = Holiday(county=county, name=name, first_day=first_day, last_day=last_day, is_workday=is_workday)
    _refuse_bad_holiday(holiday)
    with acting(actor, "calendar.add_holiday", county.pk) as entry:
        holiday.save(force_insert=True)
        entry.about(holiday)
        entry.summary = f"{_holiday_words(holiday)}"
    return holiday


def remove_holiday(holiday: Holiday, *, actor: User) -> None:
    county = holiday.county
    _allow(actor, county)
    with acting(actor, "calendar.remove_holiday", county.pk) as entry:
        entry.about(holiday)
        entry.summary = f"删去 {_holiday_words(holiday)}"
        if not Holiday.objects.filter(pk=holiday.pk).delete()[0]:
            raise StepRefused("这一条已经删去了。")


def edit_month(month: ReportingMonth, facts: MonthFacts, *, actor: User, seen: MonthFacts) -> None:
    """Cut-off, due day, requirement of one month, while rolls and returns allow it."""
    _allow(actor, month.county)
    _refuse_bad_month(month, facts)
    with acting(actor, "calendar.edit_month", month.county_id) as entry:
        _change_month(month, facts, seen)
        entry.about(month)
        entry.change("统计截止日", seen.cut_off, facts.cut_off)
        entry.change("报送期限", seen.due_on, facts.due_on)
        entry.change("要求", Requirement(seen.requirement).label, Requirement(facts.requirement).label)
        entry.summary = f"改{month}填报日历"


def recalculate_months(
    county: County, *, actor: User, seen: Sequence[tuple[str, dt.date, dt.date]]
) -> tuple[int, list[str]]:
    """Give months to come the dates that the page showed; how many, and why others were left as they are."""
    _allow(actor, county)
    found = months_to_recalculate(county.pk)
    if sorted((one.month.slug, one.cut_off, one.due_on) for one in found) != sorted(seen):
        raise StalePage("您打开这一页后，节假日或参数又变了，没有改任何月份。请看最新的对照再决定。")
    skipped: list[str] = []
    with acting(actor, "calendar.recalculate", county.pk) as entry:
        for one in found:
            facts = MonthFacts(one.cut_off, one.due_on, one.month.requirement)
            before = facts_of(one.month)
            try:
                with transaction.atomic():
                    _change_month(one.month, facts, before)
            except StepRefused as refused:
                skipped.extend(refused.problems or [f"{one.month}：{refused}"])
            else:
                entry.change(
                    str(one.month),
                    [str(before.cut_off), str(before.due_on)],
                    [str(one.cut_off), str(one.due_on)],
                )
        entry.about(county)
        entry.summary = f"按节假日重算 {len(entry.changes)} 个月"
        if not entry.changes:
            raise StepRefused("没有可以改的月份。", skipped)
        done = len(entry.changes)
    return done, skipped


def facts_of(month: ReportingMonth) -> MonthFacts:
    return MonthFacts(month.cut_off, month.due_on, month.requirement)


def _allow(actor: User | None, county: County) -> None:
    require(actor is None or (actor.county_id == county.pk and may_edit_schools(actor)), NOT_YOURS)


def _change_month(month: ReportingMonth, facts: MonthFacts, seen: MonthFacts) -> None:
    if facts == seen:
        raise StepRefused("没有改动，不用保存。")
    unchanged = ReportingMonth.objects.filter(
        pk=month.pk, cut_off=seen.cut_off, due_on=seen.due_on, requirement=seen.requirement
    )
    # First the row, then the questions: a month that is filed meanwhile waits for this row or is seen.
    written = unchanged.update(cut_off=facts.cut_off, due_on=facts.due_on, requirement=facts.requirement)
    if not written:
        raise StalePage(f"您打开这一页后，{month} 已被别人改过，这次没有保存。请刷新后再看。")
    if objections := MONTH_CHANGE.objections(month, facts):
        raise StepRefused(f"{month} 不能这样改。", objections)
    month.cut_off, month.due_on, month.requirement = facts.cut_off, facts.due_on, facts.requirement


def _refuse_bad_month(month: ReportingMonth, facts: MonthFacts) -> None:
    fields: dict[str, list[str]] = {}
    if not month.month <= facts.cut_off < next_month(month.month):
        fields["cut_off"] = [f"统计截止日“{facts.cut_off:%Y-%m-%d}”不在{month}。请选当月的一天。"]
    elif facts.due_on < facts.cut_off:
        fields["due_on"] = [f"报送期限“{facts.due_on:%Y-%m-%d}”早于统计截止日。请选截止日当天或以后。"]
    elif facts.due_on >= next_month(next_month(month.month)):
        fields["due_on"] = [f"报送期限“{facts.due_on:%Y-%m-%d}”太晚，会和下个月的月报撞在一起。"]
    if facts.requirement not in Requirement.values:
        fields["requirement"] = ["请从必报、可报、免报里选。"]
    if fields:
        raise FieldsRefused(f"{month}没有保存。", fields)


def _refuse_bad_term(term: Term, first_day: dt.date, last_day: dt.date) -> None:
    start = term.school_year.start_year
    fields: dict[str, list[str]] = {}
    low, high = dt.date(start, 8, 1), dt.date(start + 1, 8, 31)
    if not low <= first_day <= high:
        fields["first_day"] = [f"开学“{first_day:%Y-%m-%d}”不在{term.school_year}里。"]
    if not first_day < last_day <= high:
        fields["last_day"] = [f"放假“{last_day:%Y-%m-%d}”要在开学以后、{high:%Y年%-m月%-d日}以前。"]
    others = Term.objects.filter(school_year=term.school_year).exclude(pk=term.pk)
    if not fields and others.filter(first_day__lte=last_day, last_day__gte=first_day).exists():
        fields["first_day"] = ["和另一个学期的日期重叠。"]
    if fields:
        raise FieldsRefused("学期没有保存。", fields)


def _refuse_bad_holiday(holiday: Holiday) -> None:
    fields: dict[str, list[str]] = {}
    try:
        holiday.full_clean()
    except ValidationError as error:
        fields = fields_of(error)
        fields["last_day"] = [*fields.pop("last_day", []), *fields.pop("", [])]
    if not fields and (holiday.last_day - holiday.first_day).days > 70:
        fields["last_day"] = ["一次最多 70 天。请核对年份。"]
    same_kind = Holiday.objects.filter(
        county=holiday.county,
        is_workday=holiday.is_workday,
        first_day__lte=holiday.last_day,
        last_day__gte=holiday.first_day,
    )
    if not fields and (other := same_kind.first()):
        fields["first_day"] = [f"和“{other.name}”的日期重叠。请改日期，或先删去那一条。"]
    if fields:
        raise FieldsRefused("节假日没有保存。", {name: texts for name, texts in fields.items() if texts})


def _holiday_words(holiday: Holiday) -> str:
    what = "调休上课" if holiday.is_workday else "放假"
    return f"{holiday.name} {holiday.first_day} 至 {holiday.last_day} {what}"


def _make_terms(year: SchoolYear) -> None:
    Term.objects.bulk_create(
        Term(
            school_year=year,
            number=number,
            first_day=_day(year.start_year, first),
            last_day=_day(year.start_year, last),
        )
        for number, (first, last) in enumerate(USUAL_TERMS, start=1)
    )


def _make_months(year: SchoolYear) -> None:
    county_id = year.county_id
    closed_days, due_days = closures(county_id), setting(county_id, DUE_DAYS)
    months = []
    for month in months_of_school_year(year.start_year):
        cut_off, due_on = default_dates(month, closed_days, due_days)
        months.append(
            ReportingMonth(
                county_id=county_id,
                month=month,
                cut_off=cut_off,
                due_on=due_on,
                requirement=usual_requirement(month),
            )
        )
    ReportingMonth.objects.bulk_create(months)


def usual_requirement(month: dt.date) -> Requirement:
    """ledger.md: 2 and 8 are not required, 7 is optional."""
    if month.month in NOT_REQUIRED_MONTHS:
        return Requirement.NONE
    return Requirement.OPTIONAL if month.month in OPTIONAL_MONTHS else Requirement.REQUIRED


def _add_usual_holidays(county: County, start_year: int) -> None:
    for name, first, last in USUAL_HOLIDAYS:
        first_day, last_day = _day(start_year, first), _day(start_year, last)
        overlapping = Holiday.objects.filter(
            county=county, is_workday=False, first_day__lte=last_day, last_day__gte=first_day
        )
        if not overlapping.exists():
            Holiday.objects.create(county=county, name=name, first_day=first_day, last_day=last_day)


def _day(start_year: int, offset: tuple[int, int, int]) -> dt.date:
    years, month, day = offset
    return dt.date(start_year + years, month, day)
