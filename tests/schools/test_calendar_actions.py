"""School years, terms, holidays and months: made, changed, and refused once the books hold them."""

import datetime as dt

import pytest
import time_machine

from accounts.models import AuditEntry, County
from accounts.workflow import NotPermitted, StalePage, StepRefused
from schools.actions import calendar as actions
from schools.checks import FieldsRefused
from schools.guards import KLASS_CLOSING, MONTH_CHANGE, SCHOOL_CLOSING, SCHOOL_EDIT, MonthFacts
from schools.models import Holiday, ReportingMonth, Requirement, Role, SchoolYear, Term
from schools.queries import (
    months_of_year,
    months_to_recalculate,
    next_start_year,
    school_years,
    term_on,
    terms_of,
)
from students.models import Movement, MovementKind, PeriodState, RollPeriod
from tests.cast import enrol, make_county, make_school, make_student, make_user


@pytest.fixture
def bare_county(db):
    """A county without a calendar."""
    return County.objects.create(code="140999", name="云州县", bureau_name="云州县教育局")


@pytest.fixture
def bare_reviewer(bare_county):
    return make_user(bare_county, Role.REVIEWER)


@pytest.fixture
def november(county):
    return ReportingMonth.objects.get(county=county, month=dt.date(2026, 11, 1))


def month_facts(month, **changes):
    values = {"cut_off": month.cut_off, "due_on": month.due_on, "requirement": month.requirement}
    return MonthFacts(**{**values, **changes})


def test_a_school_year_has_two_terms_and_twelve_months(bare_county, bare_reviewer):
    year = actions.make_school_year(bare_county, 2026, actor=bare_reviewer)

    months = {month.slug: month for month in months_of_year(bare_county.pk, 2026)}
    assert next(iter(months)) == "2026-09" and len(months) == 12
    assert {slug for slug, month in months.items() if month.requirement == Requirement.NONE} == {
        "2027-02",
        "2027-08",
    }
    assert months["2027-07"].requirement == Requirement.OPTIONAL
    # 9月 is the 1st; 10月 the first day after the holiday, due four days later moved past the weekend.
    assert (months["2026-09"].cut_off, months["2026-10"].cut_off, months["2026-10"].due_on) == (
        dt.date(2026, 9, 1),
        dt.date(2026, 10, 8),
        dt.date(2026, 10, 12),
    )
    assert [term.number for term in terms_of(bare_county.pk, 2026)] == [1, 2]
    assert term_on(bare_county.pk, dt.date(2026, 11, 1)) == year.terms.first()
    assert term_on(bare_county.pk, dt.date(2027, 2, 1)) is None
    assert AuditEntry.objects.get(verb="calendar.make_year").summary == "建立2026–2027学年填报日历"


def test_a_school_year_without_the_usual_holidays(bare_county, bare_reviewer):
    actions.make_school_year(bare_county, 2026, actor=bare_reviewer, with_usual_holidays=False)

    assert not Holiday.objects.exists()
    assert ReportingMonth.objects.get(month=dt.date(2026, 10, 1)).cut_off == dt.date(2026, 10, 1)


def test_school_years_follow_one_another(bare_county, bare_reviewer):
    actions.make_school_year(bare_county, 2026, actor=bare_reviewer)

    for wrong in (2025, 2026, 2028):
        with pytest.raises(StepRefused, match="2027–2028学年"):
            actions.make_school_year(bare_county, wrong, actor=bare_reviewer)
    assert [year.start_year for year in school_years(bare_county.pk)] == [2026]


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (dt.date(2026, 6, 30), 2025),
        (dt.date(2026, 7, 1), 2026),
        (dt.date(2026, 9, 1), 2026),
        (dt.date(2027, 1, 5), 2026),
    ],
)
def test_the_first_calendar_is_that_of_the_time_of_year(today, start, bare_county):
    assert next_start_year(bare_county.pk, today) == start


@pytest.mark.parametrize("who", ["clerk", "principal", "leader"])
def test_the_calendar_is_not_for(who, request, county, november):
    person = request.getfixturevalue(who)

    with pytest.raises(NotPermitted):
        actions.make_school_year(county, 2028, actor=person)
    with pytest.raises(NotPermitted):
        actions.edit_month(november, month_facts(november), actor=person, seen=month_facts(november))
    with pytest.raises(NotPermitted):
        actions.recalculate_months(county, actor=person, seen=[])
    assert not SchoolYear.objects.filter(county=county, start_year=2028).exists()


def test_another_county_s_reviewer_changes_nothing(november):
    stranger = make_user(make_county(), Role.REVIEWER)

    with pytest.raises(NotPermitted):
        actions.edit_month(november, month_facts(november), actor=stranger, seen=month_facts(november))


# --- terms, holidays ------------------------------------------------------------------------------------------


def test_a_term_is_changed_if_nobody_else_did(bare_county, bare_reviewer):
    actions.make_school_year(bare_county, 2026, actor=bare_reviewer)
    term = Term.objects.get(number=2)
    seen = (term.first_day, term.last_day)
    new = {"first_day": dt.date(2027, 2, 27), "last_day": dt.date(2027, 7, 5)}

    actions.edit_term(term, **new, actor=bare_reviewer, seen=seen)

    assert Term.objects.get(number=2).first_day == dt.date(2027, 2, 27)
    with pytest.raises(StalePage):
        actions.edit_term(term, **new, actor=bare_reviewer, seen=seen)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (dt.date(2026, 2, 1), dt.date(2027, 7, 1), "first_day"),
        (dt.date(2027, 3, 1), dt.date(2027, 3, 1), "last_day"),
        (dt.date(2027, 3, 1), dt.date(2027, 9, 5), "last_day"),
        (dt.date(2027, 1, 10), dt.date(2027, 7, 1), "first_day"),
    ],
)
def test_a_term_names_the_field(first, last, field, bare_county, bare_reviewer):
    actions.make_school_year(bare_county, 2026, actor=bare_reviewer)
    term = Term.objects.get(number=2)

    with pytest.raises(FieldsRefused) as error:
        actions.edit_term(
            term, first_day=first, last_day=last, actor=bare_reviewer, seen=(term.first_day, term.last_day)
        )
    assert set(error.value.fields) == {field}


def add_holiday(county, actor, first, last, *, is_workday=False, name="秋假"):
    return actions.add_holiday(
        county, name=name, first_day=first, last_day=last, is_workday=is_workday, actor=actor
    )


def test_a_holiday_and_a_made_up_day_may_meet_but_not_two_holidays(county, reviewer):
    add_holiday(county, reviewer, dt.date(2026, 10, 1), dt.date(2026, 10, 7), name="国庆节")
    add_holiday(county, reviewer, dt.date(2026, 10, 10), dt.date(2026, 10, 10), is_workday=True)

    with pytest.raises(FieldsRefused) as error:
        add_holiday(county, reviewer, dt.date(2026, 10, 7), dt.date(2026, 10, 8))
    assert "国庆节" in error.value.fields["first_day"][0]


@pytest.mark.parametrize(
    ("first", "last"),
    [(dt.date(2026, 10, 7), dt.date(2026, 10, 1)), (dt.date(2026, 10, 1), dt.date(2027, 10, 1))],
)
def test_a_holiday_ends_after_it_begins_and_soon(first, last, county, reviewer):
    with pytest.raises(FieldsRefused) as error:
        add_holiday(county, reviewer, first, last)
    assert set(error.value.fields) == {"last_day"}


def test_a_holiday_is_removed_once(county, reviewer):
    holiday = add_holiday(county, reviewer, dt.date(2026, 10, 1), dt.date(2026, 10, 7))
    twin = Holiday.objects.get(pk=holiday.pk)

    actions.remove_holiday(holiday, actor=reviewer)

    with pytest.raises(StepRefused, match="已经删去"):
        actions.remove_holiday(twin, actor=reviewer)
    assert AuditEntry.objects.get(verb="calendar.remove_holiday").summary.startswith("删去 秋假 2026-10-01")


# --- months ---------------------------------------------------------------------------------------------------


def test_a_month_is_changed_if_nobody_else_did(november, reviewer):
    seen = month_facts(november)
    wanted = month_facts(november, cut_off=dt.date(2026, 11, 5), due_on=dt.date(2026, 11, 9))

    actions.edit_month(november, wanted, actor=reviewer, seen=seen)

    assert ReportingMonth.objects.get(pk=november.pk).cut_off == dt.date(2026, 11, 5)
    assert AuditEntry.objects.get(verb="calendar.edit_month").changes["统计截止日"] == [
        str(seen.cut_off),
        "2026-11-05",
    ]
    with pytest.raises(StalePage):
        actions.edit_month(
            november, month_facts(november, due_on=dt.date(2026, 11, 12)), actor=reviewer, seen=seen
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cut_off": dt.date(2026, 12, 1)}, "cut_off"),
        ({"cut_off": dt.date(2026, 10, 31)}, "cut_off"),
        ({"due_on": dt.date(2026, 11, 1)}, "due_on"),
        ({"due_on": dt.date(2027, 1, 1)}, "due_on"),
        ({"requirement": "maybe"}, "requirement"),
    ],
)
def test_a_month_names_the_field(changes, field, november, reviewer):
    with pytest.raises(FieldsRefused) as error:
        actions.edit_month(
            november, month_facts(november, **changes), actor=reviewer, seen=month_facts(november)
        )
    assert set(error.value.fields) == {field}


def test_a_submitted_month_keeps_its_cut_off_but_may_be_due_later(november, school, reviewer):
    RollPeriod.objects.create(school=school, month=november, state=PeriodState.CLOSED)
    seen = month_facts(november)

    for changes in ({"cut_off": dt.date(2026, 11, 5)}, {"requirement": Requirement.NONE}):
        with pytest.raises(StepRefused) as error:
            actions.edit_month(november, month_facts(november, **changes), actor=reviewer, seen=seen)
        assert "已有 1 所学校送签2026年11月月报" in error.value.problems[0]
        assert month_facts(ReportingMonth.objects.get(pk=november.pk)) == seen

    actions.edit_month(
        november, month_facts(november, due_on=dt.date(2026, 11, 12)), actor=reviewer, seen=seen
    )


def test_a_new_cut_off_makes_open_pages_stale(november, school, reviewer):
    period = RollPeriod.objects.create(school=school, month=november)

    actions.edit_month(
        november,
        month_facts(november, cut_off=dt.date(2026, 11, 5)),
        actor=reviewer,
        seen=month_facts(november),
    )

    assert RollPeriod.objects.get(pk=period.pk).revision == period.revision + 1


def _fact_on(school, month, day, clerk):
    period = RollPeriod.objects.get_or_create(school=school, month=month)[0]
    child = make_student(school.county)
    enrolment = enrol(child, school, 1, base=False)
    return Movement.objects.create(
        student=child,
        school=school,
        enrolment=enrolment,
        kind=MovementKind.TRANSFER_IN,
        sign=1,
        grade=1,
        grade_year=2026,
        happened_on=day,
        period=period,
        counting_grade=1,
        reason_code="move",
        recorded_by=clerk,
    )


def test_a_cut_off_does_not_move_before_booked_facts(november, school, clerk, reviewer):
    ReportingMonth.objects.filter(pk=november.pk).update(
        cut_off=dt.date(2026, 11, 5), due_on=dt.date(2026, 11, 9)
    )
    november.refresh_from_db()
    _fact_on(school, november, dt.date(2026, 11, 4), clerk)

    with pytest.raises(StepRefused) as error:
        actions.edit_month(
            november,
            month_facts(november, cut_off=dt.date(2026, 11, 3)),
            actor=reviewer,
            seen=month_facts(november),
        )
    assert "1 笔在 2026年11月3日 以后发生的异动" in error.value.problems[0]
    with pytest.raises(StepRefused, match="不能这样改"):
        actions.edit_month(
            november,
            month_facts(november, requirement=Requirement.NONE),
            actor=reviewer,
            seen=month_facts(november),
        )


def test_a_month_before_a_submitted_one_stays_in_the_chain(county, november, school, reviewer):
    december = ReportingMonth.objects.get(county=county, month=dt.date(2026, 12, 1))
    RollPeriod.objects.create(school=school, month=december, state=PeriodState.CLOSED)

    with pytest.raises(StepRefused) as error:
        actions.edit_month(
            november,
            month_facts(november, requirement=Requirement.NONE),
            actor=reviewer,
            seen=month_facts(november),
        )
    assert "接不上" in error.value.problems[0]


# --- recalculation --------------------------------------------------------------------------------------------


def seen_of(found):
    return [(one.month.slug, one.cut_off, one.due_on) for one in found]


@pytest.fixture
def coming_holiday(county, reviewer, time_machine_at):
    return add_holiday(county, reviewer, dt.date(2027, 3, 1), dt.date(2027, 3, 3), name="期初假")


@pytest.fixture
def time_machine_at():
    with time_machine.travel(dt.datetime(2026, 11, 3, 4, tzinfo=dt.UTC), tick=False):
        yield


def test_recalculation_touches_months_to_come_only(county, reviewer, coming_holiday):
    add_holiday(county, reviewer, dt.date(2026, 10, 1), dt.date(2026, 10, 7), name="国庆节")

    found = months_to_recalculate(county.pk)
    assert [one.month.slug for one in found] == ["2027-03"]
    done, skipped = actions.recalculate_months(county, actor=reviewer, seen=seen_of(found))

    assert (done, skipped) == (1, [])
    assert ReportingMonth.objects.get(county=county, month=dt.date(2027, 3, 1)).cut_off == dt.date(2027, 3, 4)
    assert ReportingMonth.objects.get(county=county, month=dt.date(2026, 10, 1)).cut_off == dt.date(
        2026, 10, 1
    )
    assert months_to_recalculate(county.pk) == []


def test_recalculation_does_what_the_page_showed_or_nothing(county, reviewer, coming_holiday):
    found = months_to_recalculate(county.pk)
    actions.remove_holiday(coming_holiday, actor=reviewer)

    with pytest.raises(StalePage):
        actions.recalculate_months(county, actor=reviewer, seen=seen_of(found))
    assert not AuditEntry.objects.filter(verb="calendar.recalculate").exists()


def test_recalculation_passes_over_months_in_the_books(county, school, reviewer, coming_holiday):
    march = ReportingMonth.objects.get(county=county, month=dt.date(2027, 3, 1))
    RollPeriod.objects.create(school=school, month=march, state=PeriodState.CLOSED)

    with pytest.raises(StepRefused) as error:
        actions.recalculate_months(county, actor=reviewer, seen=seen_of(months_to_recalculate(county.pk)))
    assert "已有 1 所学校送签2027年3月月报" in error.value.problems[0]


def test_every_guard_has_its_objectors():
    for guard in (SCHOOL_EDIT, SCHOOL_CLOSING, KLASS_CLOSING, MONTH_CHANGE):
        assert guard.objectors, guard.name


def test_closing_day_must_leave_a_return_for_the_last_fact(county, november, clerk, reviewer):
    school = make_school(county)
    _fact_on(school, november, dt.date(2026, 10, 20), clerk)
    october = ReportingMonth.objects.get(county=county, month=dt.date(2026, 10, 1))

    said = SCHOOL_CLOSING.objections(school, october.cut_off)
    assert any("最后一笔异动计入2026年11月" in sentence for sentence in said)
    said = SCHOOL_CLOSING.objections(school, october.cut_off + dt.timedelta(days=1))
    assert not any("最后一笔异动" in sentence for sentence in said)
