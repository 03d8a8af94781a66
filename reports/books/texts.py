"""Rules that one frozen text must keep by itself: equations, the two annexes, its hash."""

import json
from collections import Counter
from collections.abc import Iterator

from accounts.encryption import DecryptionError
from monitoring.content import DetailRow, ReturnContent
from monitoring.models import FIGURES, FrozenLine, FrozenReturn, FrozenRow
from monitoring.readings import ATTENDING, COLUMNS, ROLL, Line, SpellFact, cells, printed
from reports.books.rows import Books
from reports.books.violations import Violation, lie


def lines_balance(books: Books) -> Iterator[Violation]:
    """CHECKS of the ledger: the roll, the absences, nothing negative, nobody absent who is not there."""
    for text in books.texts.values():
        for row in books.lines[text.pk]:
            if problem := _imbalance(row):
                yield _at(books, text, "line", f"{problem}（{_version(text)}）", row.grade)


def _imbalance(row: FrozenLine) -> str:
    if row.closing != row.opening + row.transfer_in - row.transfer_out + row.other_in - row.other_out:
        return "本月学生数不等于上月加减变动"
    if row.absent != row.absent_opening + row.absent_begun - row.absent_ended:
        return "未在校人数不等于上月未在校加减变动"
    if row.absent > row.closing or row.absent_opening > row.opening:
        return "未在校人数多于学生数"
    if any(getattr(row, name) < 0 for name in FIGURES if name != "opening_correction"):
        return "有小于 0 的数"
    return ""


def printed_equation_holds(books: Books) -> Iterator[Violation]:
    """PRINT: in both readings, whichever is in force."""
    for text in books.texts.values():
        for row in books.lines[text.pk]:
            for rule, name in ((ROLL, "在籍"), (ATTENDING, "在校")):
                if not printed(_line(row), rule).balances(rule):
                    yield _at(books, text, "printed", f"按{name}口径印出的等式不成立", row.grade)


def annexes_agree(books: Books) -> Iterator[Violation]:
    """ANNEX 2: each cell of Annex 1 is the sum of signs of the counted rows of its grade and column."""
    for text in books.texts.values():
        named = cells(books.rows[text.pk])
        shown = {}
        for row in books.lines[text.pk]:
            line = printed(_line(row), text.rule)
            shown.update({(row.grade, column): getattr(line, column) for column in COLUMNS})
        for grade, column in sorted(shown.keys() | named.keys()):
            figure, names = shown.get((grade, column), 0), named.get((grade, column), 0)
            if figure != names:
                yield _at(books, text, "annex", f"“{column}”是 {figure}，名单是 {names}", grade)


def absences_have_names(books: Books) -> Iterator[Violation]:
    """The four figures of absence are sizes of the sets S and S0, and the counted rows name the same children."""
    for text in books.texts.values():
        now, before = absent_pairs(books, text)
        for row in books.lines[text.pk]:
            then, later = ({c for c, g in pairs if g == row.grade} for pairs in (before, now))
            sizes = (len(then), len(later - then), len(then - later), len(later))
            stored = (row.absent_opening, row.absent_begun, row.absent_ended, row.absent)
            if sizes != stored:
                yield _at(books, text, "absent_names", f"未在校各数是 {stored}，名单是 {sizes}", row.grade)
        listed = {(r.student_id, r.grade) for r in books.rows[text.pk] if r.counted and r.column == "absent"}
        if listed != (now if text.rule == ROLL else now - before):
            yield _at(books, text, "absent_names", "信息表的未在校名单与定稿名单不同")


def hashes_hold(books: Books) -> Iterator[Violation]:
    """The frozen text gives the hash that was frozen with it, and its printed words can be read."""
    for text in books.texts.values():
        unreadable = [row for row in books.rows[text.pk] if not _readable(row)]
        for row in unreadable:
            yield _at(books, text, "hash", f"{_version(text)}第 {row.seq} 行的文字无法读取", row.grade)
        if not unreadable and _content(books, text).digest(text.edition.number) != text.hash:
            yield _at(books, text, "hash", f"{_version(text)}的内容与定稿时的指纹不符")


def absent_pairs(books: Books, text: FrozenReturn) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """S and S0 by (child, grade)."""
    now = {(a.student_id, a.grade) for a in books.absentees[text.pk] if not a.at_opening}
    before = {(a.student_id, a.grade) for a in books.absentees[text.pk] if a.at_opening}
    return now, before


def _content(books: Books, text: FrozenReturn) -> ReturnContent:
    """What was frozen, as far as the hash covers it."""
    school_id, month = books.place_of_text[text.pk]
    spells: dict[bool, list[SpellFact]] = {False: [], True: []}
    for absentee in books.absentees[text.pk]:
        spells[absentee.at_opening].append(
            SpellFact(absentee.absence_id, absentee.student_id, absentee.grade)
        )
    return ReturnContent(
        school=books.schools[school_id],
        month=next(one for one in books.months if one.month == month),
        rule=text.rule,
        lines=[_line(row) for row in books.lines[text.pk]],
        rows=[_row(row) for row in books.rows[text.pk]],
        absent=spells[False],
        absent_before=spells[True],
        opens_from=books.texts.get(text.opens_from_id) if text.opens_from_id else None,
        promoted=text.promoted,
        is_first=text.opens_from_id is None,
        remarks={row.grade: row.remark for row in books.lines[text.pk]},
    )


def _row(row: FrozenRow) -> DetailRow:
    return DetailRow(
        seq=row.seq,
        student_id=row.student_id,
        student_name="",
        grade=row.grade,
        column=row.column,
        sign=row.sign,
        counted=row.counted,
        kind=row.kind,
        happened_on=row.happened_on,
        late_for=row.late_for,
        movement_id=row.movement_id or (-row.staged_id if row.staged_id else None),
        absence_id=row.absence_id,
        printed=json.loads(row.printed),
    )


def _readable(row: FrozenRow) -> bool:
    try:
        return bool(row.printed)
    except DecryptionError:
        return False


def _line(row: FrozenLine) -> Line:
    return Line(row.grade, **{name: getattr(row, name) for name in FIGURES})


def _version(text: FrozenReturn) -> str:
    return f"第{text.edition.number}版第{text.attempt}次送签"


def _at(books: Books, text: FrozenReturn, code: str, message: str, grade: int = 0) -> Violation:
    school_id, month = books.place_of_text[text.pk]
    return lie(code, message, school=books.schools[school_id], month=month, grade=grade)


def line_counts(row: FrozenLine) -> Counter[tuple[int, str, int]]:
    """What the line says moved, by (grade, column, sign)."""
    return Counter(
        {
            (row.grade, "transfer_in", 1): row.transfer_in,
            (row.grade, "transfer_out", -1): row.transfer_out,
            (row.grade, "other", 1): row.other_in,
            (row.grade, "other", -1): row.other_out,
        }
    )
