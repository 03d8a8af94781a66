"""Rules about the raw facts: where they count, in which order, in pairs, and what a 更正 may reverse."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator

from reports.books.rows import Books
from reports.books.texts import line_counts
from reports.books.violations import Violation, lie
from schools.calendar import school_year_of
from students.models import (
    COLUMN_OF_KIND,
    Movement,
    MovementKind,
    PeriodState,
    Transfer,
    TransferState,
)


def lines_are_facts(books: Books) -> Iterator[Violation]:
    """LINE: a standing line = live facts of its period; the named rows are those facts, no more and no less."""
    for place, text in books.standing.items():
        school = books.schools[place[0]]
        facts = books.counted.get(books.returns[text.edition.monthly_return_id].period_id, [])
        counts = Counter((m.counting_grade or 0, COLUMN_OF_KIND[MovementKind(m.kind)], m.sign) for m in facts)
        told: Counter[tuple[int, str, int]] = Counter()
        for line in books.lines[text.pk]:
            told += line_counts(line)
        for key in sorted(counts.keys() | told.keys()):
            if counts[key] != told[key]:
                said = f"“{key[1]}”{key[2]:+d} 写的是 {told[key]}，异动有 {counts[key]} 笔"
                yield lie("facts", said, school=school, month=place[1], grade=key[0])
        named = {
            _movement_of(books, row.movement_id, row.staged_id) for row in books.rows[text.pk] if row.counted
        }
        if named - {None} != {fact.pk for fact in facts}:
            yield lie("facts", "信息表列出的异动与计入本月的异动不同", school=school, month=place[1])


def _movement_of(books: Books, movement_id: int | None, staged_id: int | None) -> int | None:
    if movement_id is not None or staged_id is None:
        return movement_id
    return books.staged[staged_id].became_id


def facts_count_where_they_belong(books: Books) -> Iterator[Violation]:
    """COUNTS IN and PROMOTE: own school, cut-off not before the day, booked grade promoted to the month's year."""
    for move in books.movements:
        if move.period_id is None:
            continue
        period = books.periods.get(move.period_id)
        if period is None or period.school_id != move.school_id:
            yield _about(books, "counts_in", "异动计入了别的学校的月份", move)
            continue
        month = books.month_of[period.month_id]
        if move.happened_on > month.cut_off:
            yield _about(books, "counts_in", f"{move.happened_on} 的异动计入了更早的 {month}", move)
        if move.counting_grade != move.grade + school_year_of(month.month) - move.grade_year:
            yield _about(books, "counts_in", f"计入年级 {move.counting_grade} 与登记年级不符", move)


def facts_stay_in_order(books: Books) -> Iterator[Violation]:
    """COUNTS IN: a later fact of a child never counts in an earlier month."""
    latest: dict[int, dt.date] = {}
    for move in books.movements:
        month = _month(books, move)
        if month is None:
            continue
        if month < latest.get(move.student_id, month):
            yield _about(books, "order", "计入的月份早于这名学生的上一笔异动", move)
        latest[move.student_id] = max(month, latest.get(move.student_id, month))


def pairs_share_a_month(books: Books) -> Iterator[Violation]:
    """Both halves of a transfer, of 留级 and 跳级, and of their 更正 count in one month."""
    pairs: dict[object, list[Movement]] = defaultdict(list)
    for move in books.movements:
        if move.pair is not None:
            pairs[move.pair].append(move)
    for halves in pairs.values():
        months = {_month(books, half) for half in halves} - {None}
        if len(halves) != 2 or {half.sign for half in halves} != {1, -1}:
            yield _about(books, "pair", "两半不齐", halves[0])
        elif len(months) > 1 or len({half.student_id for half in halves}) > 1:
            yield _about(books, "pair", "两半不在同一个月或不是同一名学生", halves[0])


def confirmed_transfers_have_halves(books: Books) -> Iterator[Violation]:
    """An in-county transfer that was confirmed left exactly two movements, living or undone."""
    pairs = Counter(
        Movement.objects.filter(school__county=books.county, pair__isnull=False).values_list(
            "pair", flat=True
        )
    )
    confirmed = Transfer.objects.filter(state=TransferState.CONFIRMED, from_school__county=books.county)
    for transfer in confirmed.only("pair", "from_school_id"):
        if pairs[transfer.pair] != 2:
            yield lie(
                "transfer",
                f"一笔已办结的县内转学有 {pairs[transfer.pair]} 笔异动",
                school=books.schools[transfer.from_school_id],
            )


def county_transfers_meet(books: Books) -> Iterator[Violation]:
    """COUNTY: where every school has filed, in-county 转出 = in-county 转入."""
    filed: dict[dt.date, set[int]] = defaultdict(set)
    sums: Counter[tuple[dt.date, str]] = Counter()
    moves = {move.pk: move for move in books.movements}
    for (school_id, month), text in books.standing.items():
        filed[month].add(school_id)
        for row in books.rows[text.pk]:
            move = moves.get(_movement_of(books, row.movement_id, row.staged_id) or 0)
            if row.counted and move is not None and move.pair is not None and move.counterpart_school_id:
                sums[month, row.column] += 1
    for calendar in books.months:
        owing = {pk for pk, school in books.schools.items() if school.opened_on <= calendar.cut_off}
        out, into = sums[calendar.month, "transfer_out"], sums[calendar.month, "transfer_in"]
        if owing <= filed[calendar.month] and out != into:
            yield lie("county_transfers", f"全县县内转出 {out} 人，转入 {into} 人", month=calendar.month)


def corrections_reverse(books: Books) -> Iterator[Violation]:
    """UNDO: opposite sign, same child, school and grade, only of a live fact of a closed month, all halves or none."""
    reversed_ids = {move.reverses_id for move in books.movements if move.reverses_id}
    for move in books.movements:
        if move.reverses is None:
            continue
        fact = move.reverses
        if problem := _reversal_problem(books, move, fact):
            yield _about(books, "reversal", problem, move)
        elif fact.pair is not None and any(
            half.pair == fact.pair and half.pk not in reversed_ids for half in books.movements
        ):
            yield _about(books, "reversal", "只更正了两半中的一半", move)


def _reversal_problem(books: Books, move: Movement, fact: Movement) -> str:
    if fact.voided_at is not None:
        return "更正的是一笔已作废的异动"
    if move.sign != -fact.sign:
        return "更正与原异动的增减不相反"
    if (move.student_id, move.school_id, move.grade) != (fact.student_id, fact.school_id, fact.grade):
        return "更正与原异动不是同一名学生、同一所学校、同一个年级"
    month, before = _month(books, move), _month(books, fact)
    if month is not None and before is not None and month < before:
        return "更正计入的月份早于原异动"
    return ""


def locked_months_take_no_facts(books: Books) -> Iterator[Violation]:
    """The lock of the books: nothing is booked in a month after its standing text was frozen, but by a correction."""
    became = {change.became_id for change in books.staged.values() if change.became_id}
    for move in books.movements:
        period = books.periods.get(move.period_id or 0)
        if period is None or period.state != PeriodState.CLOSED or move.pk in became:
            continue
        text = books.standing.get((period.school_id, books.month_of[period.month_id].month))
        if text is not None and move.recorded_at > text.frozen_at:
            yield _about(books, "lock", "异动登记在月报定稿之后，却计入了已锁的月份", move)


def _month(books: Books, move: Movement) -> dt.date | None:
    period = books.periods.get(move.period_id or 0)
    return books.month_of[period.month_id].month if period is not None else None


def _about(books: Books, code: str, message: str, move: Movement) -> Violation:
    return lie(
        code,
        f"{move.get_kind_display()}（编号 {move.pk}）{message}",
        school=books.schools[move.school_id],
        month=_month(books, move),
        grade=move.counting_grade or 0,
    )
