"""Cross-checks of a return: one rule, one function (domain.md §3.3 as amended by ledger.md).

H and O rules block submission; W rules are to be looked at.
"""

from collections.abc import Callable, Iterable
from typing import Final

from django.utils import timezone

from accounts.wording import cn_datetime
from monitoring.content import ReturnContent
from monitoring.looks import (
    absent_two_months_running,
    in_county_transfers_meet,
    no_large_jump,
    transfers_out_say_where,
)
from monitoring.models import CellMark, MonthlyReturn, ReturnState
from monitoring.months import previous_months
from monitoring.problems import COLUMN_NAMES, MUST, Problem, named_grade
from monitoring.readings import COLUMNS, cells, printed
from schools.calendar import school_year_of
from students.models import Rollover

type Check = Callable[[ReturnContent, MonthlyReturn | None], Iterable[Problem]]


def printed_equation_holds(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H1: 本月 = 上月 + 转入 − 转出 (− 未在校) + 其他, per grade."""
    for line in content.lines:
        shown = printed(line, content.rule)
        if not shown.balances(content.rule):
            minus = "" if content.rule == "roll" else f" − 未在校 {shown.absent}"
            yield Problem(
                "H1",
                MUST,
                line.grade,
                f"{named_grade(line.grade)}：上月 {shown.opening} + 转入 {shown.transfer_in} − 转出 {shown.transfer_out}{minus}"
                f" + 其他 {shown.other}，与本月 {shown.closing} 人不符。点开数字核对名单。",
            )


def totals_are_sums(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H2: 合计 = sum of the columns."""
    shown = content.printed_total
    for name in ("opening", "closing", *COLUMNS):
        if getattr(shown, name) != sum(getattr(line, name) for line in content.printed_lines):
            yield Problem(
                "H2", MUST, 0, f"合计的“{COLUMN_NAMES.get(name, name)}”与各年级之和不符。请联系管理员。"
            )


def opens_with_last_closing(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H3: 上月学生数 = the closing figures it cites (promoted in September) + corrections since."""
    if content.opens_from is None:
        return
    step = school_year_of(content.month.month) - school_year_of(
        content.opens_from.edition.monthly_return.period.month.month
    )
    cited = {line.grade + step: line.closing for line in content.opens_from.lines.all()}
    for line in content.lines:
        expected = cited.get(line.grade, 0) + line.opening_correction
        if line.opening != expected:
            yield Problem(
                "H3",
                MUST,
                line.grade,
                f"{named_grade(line.grade)}：上月学生数 {line.opening}，应为 {expected}。请联系管理员。",
            )


def no_figure_is_negative(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H4."""
    for line in content.lines:
        for name, value in line.figures().items():
            if value < 0 and name != "opening_correction":
                yield Problem(
                    "H4",
                    MUST,
                    line.grade,
                    f"{named_grade(line.grade)}：有小于 0 的数（{value}）。请核对这个年级的异动。",
                )
                break


def absent_are_on_the_roll(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H5: 未在校 ≤ 本月学生数."""
    for line in content.lines:
        if line.absent > line.closing or line.absent_opening > line.opening:
            yield Problem(
                "H5",
                MUST,
                line.grade,
                f"{named_grade(line.grade)}：未在校 {line.absent} 人多于在籍 {line.closing} 人。请核对名单。",
            )


def figures_have_their_names(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H6: each cell of Annex 1 = signed count of the named rows of Annex 2."""
    named = cells(content.rows)
    for line in content.printed_lines:
        for column in COLUMNS:
            value, names = getattr(line, column), named.get((line.grade, column), 0)
            if value != names:
                yield Problem(
                    "H6",
                    MUST,
                    line.grade,
                    f"{named_grade(line.grade)}“{COLUMN_NAMES[column]}”{value} 人，名单 {names} 人，对不上。请联系管理员。",
                    column,
                )


def remark_explains(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H7: 备注 where other_in + other_out > 0 or absent > 0: a death is never invisible."""
    for line in content.lines:
        if (line.other_in + line.other_out > 0 or line.absent > 0) and not content.remarks.get(
            line.grade, ""
        ).strip():
            yield Problem(
                "H7",
                MUST,
                line.grade,
                f"{named_grade(line.grade)}有“其他”或“未在校”，备注是空的。请写明，或恢复自动备注。",
            )


def absence_has_a_reason(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """H8: every child not in school has a reason (ui.md §7.3 #10)."""
    for row in content.rows:
        if row.counted and row.reason_missing:
            yield Problem(
                "H8",
                MUST,
                row.grade,
                f"{named_grade(row.grade)}“未在校”：{row.student_name}没有变动原因。补填原因后才能送签。",
                "absent",
                absence_id=row.absence_id,
                student_id=row.student_id,
            )


def marks_are_answered(_: ReturnContent, monthly_return: MonthlyReturn | None) -> Iterable[Problem]:
    """H9: every marked cell is changed or answered."""
    if monthly_return is None or monthly_return.pk is None:
        return
    for mark in CellMark.objects.filter(monthly_return=monthly_return, answer=""):
        where = named_grade(mark.grade) if mark.grade else "合计"
        yield Problem(
            "H9",
            MUST,
            mark.grade,
            f"{where}的批注“{mark.text}”还没有答复。改了，或说明为什么对。",
            mark.column,
        )


def month_before_is_signed(content: ReturnContent, monthly_return: MonthlyReturn | None) -> Iterable[Problem]:
    """O1: M can be submitted when M−1 is signed (ledger.md ORDER)."""
    stand_in = monthly_return or MonthlyReturn(school=content.school)
    problem = _order(stand_in, content, {ReturnState.SIGNED, ReturnState.ACCEPTED, ReturnState.CORRECTING})
    if problem:
        yield Problem("O1", MUST, 0, problem)


def cut_off_has_passed(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """O2: the return shows the end of the cut-off day; it cannot be filed before that day."""
    if timezone.localdate() < content.month.cut_off:
        yield Problem("O2", MUST, 0, f"统计截止日是 {content.month.cut_off:%-m月%-d日}，到那天才能送签。")


def correction_is_in_time(_: ReturnContent, monthly_return: MonthlyReturn | None) -> Iterable[Problem]:
    """O4: a correction past its deadline is void; the edition in force stays (ledger.md REOPEN)."""
    if monthly_return is None or not monthly_return.correcting:
        return
    edition = monthly_return.editions.filter(number=monthly_return.edition_number).first()
    if edition is not None and edition.expires_at is not None and edition.expires_at < timezone.now():
        yield Problem(
            "O4",
            MUST,
            0,
            f"更正期限 {cn_datetime(edition.expires_at)} 已过，本次更正作废，原版照旧有效。请向基教股申请再次重开。",
        )


def rollover_is_done(content: ReturnContent, _: MonthlyReturn | None) -> Iterable[Problem]:
    """O3: September rests on promoted grades."""
    year = school_year_of(content.month.month)
    if (
        content.promoted
        and not Rollover.objects.filter(
            county_id=content.school.county_id, to_year__gte=year, undone_at__isnull=True
        ).exists()
    ):
        yield Problem("O3", MUST, 0, "县局还没有做学年升级，9 月月报暂不能送签。请联系基教股。")


RETURN_CHECKS: Final[tuple[Check, ...]] = (
    printed_equation_holds,
    totals_are_sums,
    opens_with_last_closing,
    no_figure_is_negative,
    absent_are_on_the_roll,
    figures_have_their_names,
    remark_explains,
    absence_has_a_reason,
    marks_are_answered,
    cut_off_has_passed,
    month_before_is_signed,
    rollover_is_done,
    correction_is_in_time,
    absent_two_months_running,
    transfers_out_say_where,
    in_county_transfers_meet,
    no_large_jump,
)


# What passes is named too, so that people see what was looked at.
CHECK_TITLES: Final = {
    "H1": "各年级平衡",
    "H2": "合计",
    "H3": "与上月衔接",
    "H4": "没有小于 0 的数",
    "H5": "未在校不多于在籍",
    "H6": "表一与表二人数一致",
    "H7": "备注齐全",
    "H8": "未在校有原因",
    "H9": "批注已答复",
    "O1": "上月已签字",
    "O2": "已到统计截止日",
    "O3": "学年升级",
    "O4": "更正期限",
    "W1": "连续两月未在校",
    "W2": "去向和证明",
    "W3": "县内转学对得上",
    "W4": "人数变动幅度",
}


def run_checks(content: ReturnContent, monthly_return: MonthlyReturn | None) -> list[Problem]:
    """All problems, those that block first."""
    problems = [problem for check in RETURN_CHECKS for problem in check(content, monthly_return)]
    return sorted(problems, key=lambda problem: (problem.level != MUST, problem.code, problem.grade))


def blocking_problems(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.level == MUST]


def order_problem(monthly_return: MonthlyReturn, target: str) -> str:
    """Why the month cannot be accepted yet: M−1 must be accepted (ledger.md ORDER). '' if it can."""
    allowed = (
        {ReturnState.ACCEPTED, ReturnState.CORRECTING} if target == ReturnState.ACCEPTED else set(ReturnState)
    )
    month = monthly_return.period.month
    previous = previous_months(month, [monthly_return.school]).get(monthly_return.school_id)
    if previous is None:
        return ""
    before = MonthlyReturn.objects.filter(school=monthly_return.school, period__month=previous).first()
    # A re-opened month stays accepted for those that rest on it: its old edition is in force.
    if before is not None and (before.state in allowed or before.correcting):
        return ""
    return f"{previous} 的月报还没有接收，请先接收上一个月。"


def _order(monthly_return: MonthlyReturn, content: ReturnContent, allowed: set[str]) -> str:
    previous = previous_months(content.month, [content.school]).get(content.school.pk)
    if previous is None:
        return ""
    before = MonthlyReturn.objects.filter(school=monthly_return.school, period__month=previous).first()
    if before is not None and (before.state in allowed or before.correcting):
        return ""
    return f"{previous} 的月报校长还没有签字，请先办完上一个月。"
