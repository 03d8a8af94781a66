"""Rules between months: what opens from what, which month is closed, which edition is in force."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from monitoring.models import Edition, FrozenReturn, MonthlyReturn
from reports.books.rows import Books
from reports.books.violations import Violation, lie
from schools.calendar import school_year_of
from schools.models import ReportingMonth, Requirement, School
from students.models import PeriodState

CLOSED_STATES = frozenset({"submitted", "signed", "accepted"})
SIGNED_STATES = frozenset({"signed", "accepted"})


def months_chain(books: Books) -> Iterator[Violation]:
    """ORDER: every standing text rests on the signed text of the month before, an accepted one on an accepted."""
    states = {books.place_of_return(found): found for found in books.returns.values()}
    for (school_id, month), text in books.standing.items():
        school = books.schools[school_id]
        before = month_before(books, school, month)
        if before is None:
            if text.opens_from_id is not None:
                yield lie("chain", "第一个月不应有上月", school=school, month=month)
            continue
        cited = books.texts.get(text.opens_from_id or 0)
        if cited is None or books.place_of_text[cited.pk] != (school_id, before.month):
            yield lie("chain", f"上月数不是出自 {before} 的月报", school=school, month=month)
        elif not _was_signed(books, cited):
            yield lie("chain", f"上月数出自 {before} 一份没有签字的定稿", school=school, month=month)
        elif not _in_order(states[school_id, month], states.get((school_id, before.month))):
            yield lie("chain", f"{before} 的月报还没有办到这一步", school=school, month=month)


def _was_signed(books: Books, text: FrozenReturn) -> bool:
    return any(
        edition.frozen_id == text.pk and edition.signed_at is not None
        for edition in books.editions[text.edition.monthly_return_id]
    )


def _in_order(this: MonthlyReturn, before: MonthlyReturn | None) -> bool:
    if before is None:
        return False
    if this.state == "accepted" or this.correcting:
        return before.state == "accepted" or before.correcting
    return before.state in SIGNED_STATES or before.correcting


def openings_are_cited(books: Books) -> Iterator[Violation]:
    """OPENING: promoted closing of the cited text + corrections since; in the first month the base."""
    for (school_id, month), text in books.standing.items():
        school = books.schools[school_id]
        cited = books.texts.get(text.opens_from_id or 0)
        start = (
            _base(books, school, month) if cited is None else _promoted_closing(books, school, cited, month)
        )
        fixed = corrections_between(books, school, month, cited, text) if cited is not None else {}
        if text.promoted != (cited is not None and _year(books, cited) < school_year_of(month)):
            yield lie("opening", "是否升级后基数标错了", school=school, month=month)
        lines = {line.grade: line for line in books.lines[text.pk]}
        for grade in sorted(lines.keys() | start.keys() | fixed.keys()):
            line = lines.get(grade)
            stored = (line.opening - line.opening_correction, line.opening_correction) if line else (0, 0)
            due = (start.get(grade, 0), fixed.get(grade, 0))
            if stored != due:
                yield lie(
                    "opening",
                    f"上月学生数 {stored[0]}、更正 {stored[1]}，应为 {due[0]}、{due[1]}",
                    school=school,
                    month=month,
                    grade=grade,
                )


def _base(books: Books, school: School, month: dt.date) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for enrolment in books.enrolments:
        if enrolment.school_id == school.pk and enrolment.base_grade is not None:
            counts[enrolment.base_grade + school_year_of(month) - (enrolment.base_year or 0)] += 1
    return {grade: count for grade, count in counts.items() if grade <= school.last_grade}


def _promoted_closing(books: Books, school: School, cited: FrozenReturn, month: dt.date) -> dict[int, int]:
    step = school_year_of(month) - _year(books, cited)
    closing = {line.grade + step: line.closing for line in books.lines[cited.pk]}
    return {grade: count for grade, count in closing.items() if grade <= school.last_grade and count}


def corrections_between(
    books: Books, school: School, month: dt.date, cited: FrozenReturn, text: FrozenReturn
) -> dict[int, int]:
    """Σ (new − old closing) of months before the cited one, accepted after it and before *text* was frozen."""
    sums: dict[int, int] = defaultdict(int)
    cited_month = books.place_of_text[cited.pk][1]
    for delta in books.deltas[school.pk]:
        if delta.month < cited_month and cited.chain_at <= delta.accepted_at < text.chain_at:
            sums[delta.grade + school_year_of(month) - delta.school_year] += delta.delta
    return {grade: count for grade, count in sums.items() if grade <= school.last_grade and count}


def periods_are_closed_iff_submitted(books: Books) -> Iterator[Violation]:
    """The lock of the books."""
    for period in books.periods.values():
        found = books.return_of_period.get(period.pk)
        filed = found is not None and (found.state in CLOSED_STATES or found.correcting)
        if filed != (period.state == PeriodState.CLOSED):
            said = "月报已送出，但这个月还能记异动" if filed else "月报没有送出，但这个月已经锁上"
            place = books.month_of[period.month_id].month
            yield lie("period", said, school=books.schools[period.school_id], month=place)


def one_edition_is_in_force(books: Books) -> Iterator[Violation]:
    """An accepted return has exactly one edition in force, the newest accepted one, and shows its own text."""
    for found in books.returns.values():
        problem = _edition_problem(books, found)
        if problem:
            school_id, month = books.place_of_return(found)
            yield lie("edition", problem, school=books.schools[school_id], month=month)


def _edition_problem(books: Books, found: MonthlyReturn) -> str:
    editions = books.editions[found.pk]
    in_force = [edition for edition in editions if edition.in_force]
    if len(in_force) != (found.state == "accepted" or found.correcting):
        return f"现行版有 {len(in_force)} 个"
    if any(not _own_text(books, edition) for edition in editions):
        return "版次所签的定稿不属于这一版"
    if found.edition_number not in {edition.number for edition in editions}:
        return f"没有第{found.edition_number}版"
    if in_force and in_force[0].number != max(e.number for e in editions if e.accepted_at is not None):
        return "现行版不是最后接收的一版"
    if found.state == "accepted" and in_force[0].number != found.edition_number:
        return "已接收的版次不是现行版"
    if found.signed_by_id is not None and found.signed_by_id == found.submitted_by_id:
        return "签字人就是填表人"
    return ""


def _own_text(books: Books, edition: Edition) -> bool:
    if edition.frozen_id is None:
        return edition.signed_at is None
    text = books.texts.get(edition.frozen_id)
    return text is not None and text.edition_id == edition.pk


def month_before(books: Books, school: School, month: dt.date) -> ReportingMonth | None:
    """M−1: the last earlier month that the school owed, or an optional one that it began."""
    for other in reversed(books.months):
        if other.month >= month or other.requirement == Requirement.NONE or other.cut_off < school.opened_on:
            continue
        if other.requirement == Requirement.REQUIRED or (school.pk, other.month) in books.begun:
            return other
    return None


def _year(books: Books, text: FrozenReturn) -> int:
    return school_year_of(books.place_of_text[text.pk][1])
