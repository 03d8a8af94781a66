"""The bureau and the central school: returns to review, late schools, transfers that do not meet, the calendar."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Min, Q
from django.urls import reverse

from monitoring.lateness import due_at
from monitoring.models import Edition, MonthlyReturn, ReturnState
from monitoring.queries import overdue_months, unfiled_months
from reports.worklist.desk import Desk, Todo, day_of, end_of
from schools.calendar import school_year_label
from schools.models import ReportingMonth, Role, School
from schools.permissions import scope_of
from schools.queries import schools_in
from schools.settings import TRANSFER_DAYS
from students.models import Enrolment, Rollover, Transfer, TransferState

# From this month on the next school year's calendar should stand; the rollover follows in August.
CALENDAR_MONTH, ROLLOVER_MONTH = 6, 8
# A correction is announced this many days before it lapses.
CORRECTION_WARNING_DAYS = 3


def returns_to_review(desk: Desk) -> Iterator[Todo]:
    """Signed returns of the county, a line a month."""
    rows = (
        MonthlyReturn.objects.filter(
            school__in=schools_in(scope_of(desk.user, Role.REVIEWER)), state=ReturnState.SIGNED
        )
        .order_by()
        .values("period__month__month", "period__month__due_on")
        .annotate(
            schools=Count("pk"), again=Count("pk", filter=Q(edition_number__gt=1)), oldest=Min("signed_at")
        )
    )
    for row in rows:
        month: dt.date = row["period__month__month"]
        again = f"其中改后重报 {row['again']} 所；" if row["again"] else ""
        waited = max(0, (desk.today - day_of(row["oldest"])).days)
        yield Todo(
            title=f"{_month(desk, month)}：待复审 {row['schools']} 所",
            detail=f"{again}没有异常的可以一起接收，有异常的逐份查看。",
            place="board",
            url=board_url(month, "review"),
            verb="去复审",
            since_at=row["oldest"],
            due=f"最早的已等 {waited} 天" if waited else "今天报来",
            since=f"{desk.moment(row['oldest'])} 起",
            look="wait",
            count=row["schools"],
        )


def late_schools(desk: Desk) -> Iterator[Todo]:
    """Schools past the due time, a line a month; the bureau reminds."""
    yield from _late(desk, list(schools_in(scope_of(desk.user, Role.REVIEWER))))


def late_schools_of_the_township(desk: Desk) -> Iterator[Todo]:
    """The same for the township of a central school, and those that are still in time."""
    schools = list(schools_in(scope_of(desk.user, Role.CENTRAL_SCHOOL)))
    yield from _late(desk, schools)
    yield from _still_in_time(desk, schools)


def _late(desk: Desk, schools: list[School]) -> Iterator[Todo]:
    for month, owing in _by_month(overdue_months(schools, desk.user.county_id, desk.now), schools).items():
        days = max(1, (desk.today - month.due_on).days)
        yield Todo(
            title=f"{_month(desk, month.month)}：逾期 {len(owing)} 所",
            detail=f"{_names(owing)}。催办后对方的待办里会显示。",
            place="board",
            url=board_url(month.month, "late"),
            verb="去催办",
            due_at=due_at(month),
            since_at=end_of(month.cut_off),
            due=f"逾期 {days} 天",
            since=desk.moment(due_at(month)),
            look="now",
            is_urgent=True,
            count=len(owing),
        )


def _still_in_time(desk: Desk, schools: list[School]) -> Iterator[Todo]:
    for month, owing in _by_month(unfiled_months(schools, desk.user.county_id, desk.today), schools).items():
        if desk.now > due_at(month):
            continue
        yield Todo(
            title=f"{_month(desk, month.month)}：还没有报 {len(owing)} 所",
            detail=f"{_names(owing)}。到期未报由您先催。",
            place="board",
            url=board_url(month.month),
            verb="看进度",
            due_at=due_at(month),
            since_at=end_of(month.cut_off),
            due=desk.due_words(month.due_on),
            since=desk.moment(due_at(month)),
            look=desk.look_of(month.due_on),
            is_urgent=desk.is_due(month.due_on),
            is_elsewhere=True,
        )


def _by_month(
    owed: dict[int, list[ReportingMonth]], schools: list[School]
) -> dict[ReportingMonth, list[School]]:
    months: dict[ReportingMonth, list[School]] = defaultdict(list)
    for school in schools:
        for month in owed[school.pk]:
            months[month].append(school)
    return months


def _names(schools: list[School]) -> str:
    return "、".join(str(school) for school in schools[:3]) + (" 等" if len(schools) > 3 else "")


def unmet_transfers(desk: Desk) -> Iterator[Todo]:
    """In-county transfers that the other school has not answered in time: one line, both schools on its page."""
    days = int(desk.setting(TRANSFER_DAYS))
    waiting = (
        Transfer.objects.filter(state=TransferState.WAITING)
        .filter(
            Q(from_school__in=_places(desk)) | Q(to_school__in=_places(desk)),
        )
        .order_by("begun_at")
        .values_list("begun_at", flat=True)
    )
    over = [at for at in waiting if desk.waited_working_days(at) > days]
    if over:
        yield Todo(
            title=f"县内转学对不上：{len(over)} 笔超过 {days} 个工作日",
            detail="看是哪两所学校，催没有办的一方。",
            place="transfer-board",
            url=reverse("reports:transfer-board"),
            verb="去看",
            due_at=end_of(desk.working_days_after(over[0], days)),
            since_at=over[0],
            due=f"最早的已等 {desk.waited_working_days(over[0])} 个工作日",
            since=f"{desk.date(over[0])} 起",
            look="now",
            is_urgent=True,
            count=len(over),
        )


def corrections_expiring(desk: Desk) -> Iterator[Todo]:
    """Re-opened months whose time runs out: the school acts, the bureau knows."""
    until = desk.now + dt.timedelta(days=CORRECTION_WARNING_DAYS)
    editions = Edition.objects.filter(
        monthly_return__school__in=schools_in(scope_of(desk.user, Role.REVIEWER)),
        monthly_return__state__in=[
            ReturnState.CORRECTING, ReturnState.DRAFT, ReturnState.SENT_BACK, ReturnState.SUBMITTED,
        ],
        is_correction=True,
        discarded_at__isnull=True,
        accepted_at__isnull=True,
        expires_at__lte=until,
    ).select_related("monthly_return__school", "monthly_return__period__month")  # fmt: skip
    for edition in editions:
        found = edition.monthly_return
        expires = edition.expires_at or desk.now
        yield Todo(
            title=f"{found.school} {found.period.month} 重开：{desk.due_words(day_of(expires))}",
            detail=f"第{edition.number}版还没有报来，由学校办；到期自动作废，原版照旧有效。",
            place="board",
            url=reverse("monitoring:return-detail", args=[found.school_id, found.period.month.slug]),
            verb="查看",
            due_at=expires,
            since_at=edition.opened_at,
            due=desk.due_words(day_of(expires)),
            since=desk.moment(expires),
            look="now" if desk.is_due(day_of(expires)) else "wait",
            is_elsewhere=True,
        )


def rollover_due(desk: Desk) -> Iterator[Todo]:
    """In August and until September is filed: last year's grades still stand on the rolls."""
    year = desk.today.year
    if desk.today.month < ROLLOVER_MONTH:
        return
    county = desk.user.county_id
    done = Rollover.objects.filter(county_id=county, to_year__gte=year, undone_at__isnull=True).exists()
    if (
        done
        or not Enrolment.objects.filter(
            school__county_id=county, left_on__isnull=True, grade_year__lt=year
        ).exists()
    ):
        return
    due_on = dt.date(year, 9, 1)
    yield Todo(
        title=f"{school_year_label(year)} 学年升级还没有做",
        detail="先看升级后各年级人数，再办；9月月报要等升级后才能送签。",
        place="rollover",
        url=reverse("students:rollover-preview"),
        verb="去升级",
        due_at=end_of(due_on),
        since_at=end_of(dt.date(year, ROLLOVER_MONTH, 1)),
        due=desk.due_words(due_on),
        since=f"期限 {desk.date(due_on)}",
        look=desk.look_of(due_on),
        is_urgent=desk.is_due(due_on),
    )


def calendar_missing(desk: Desk) -> Iterator[Todo]:
    """No months of filing for the school year that is about to begin, or has begun."""
    year = desk.today.year if desk.today.month >= CALENDAR_MONTH else desk.today.year - 1
    september = dt.date(year, 9, 1)
    if ReportingMonth.objects.filter(county_id=desk.user.county_id, month__gte=september).exists():
        return
    yield Todo(
        title=f"{school_year_label(year)} 的填报日历还没有建",
        detail="建好学期、节假日和每月的截止日、报送期限；没有日历，学校不能登记 9 月以后的异动。",
        place="calendar",
        url=reverse("schools:calendar"),
        verb="去建日历",
        due_at=end_of(september),
        due=desk.due_words(september),
        since=f"期限 {desk.date(september)}",
        look=desk.look_of(september),
        is_urgent=desk.is_due(september),
    )


def board_url(month: dt.date, tab: str = "all") -> str:
    address = reverse("reports:board-month", args=[f"{month:%Y-%m}"])
    return address if tab == "all" else f"{address}?tab={tab}"


def _places(desk: Desk) -> list[int]:
    scope = scope_of(desk.user, Role.REVIEWER, Role.CENTRAL_SCHOOL)
    return list(schools_in(scope).values_list("pk", flat=True))


def _month(desk: Desk, month: dt.date) -> str:
    return f"{month.month}月月报" if month.year == desk.today.year else f"{month.year}年{month.month}月 月报"
