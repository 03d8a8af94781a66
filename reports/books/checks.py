"""All rules of the books, one function each, and the run over counties."""

from collections.abc import Iterable
from typing import Final

from accounts.models import County
from reports.books import facts, months, rolls, texts, trail
from reports.books.rows import Books
from reports.books.trail import guards_are_in_place
from reports.books.violations import Check, Violation

BOOK_CHECKS: Final[tuple[Check, ...]] = (
    texts.lines_balance,
    texts.printed_equation_holds,
    texts.annexes_agree,
    texts.absences_have_names,
    texts.hashes_hold,
    months.months_chain,
    months.openings_are_cited,
    months.periods_are_closed_iff_submitted,
    months.one_edition_is_in_force,
    facts.lines_are_facts,
    facts.facts_count_where_they_belong,
    facts.facts_stay_in_order,
    facts.pairs_share_a_month,
    facts.confirmed_transfers_have_halves,
    facts.county_transfers_meet,
    facts.corrections_reverse,
    facts.locked_months_take_no_facts,
    rolls.closings_are_children,
    rolls.each_child_is_in_one_closing,
    rolls.absent_children_are_on_the_roll,
    rolls.absentees_point_to_their_spells,
    rolls.open_spells_are_listed,
    rolls.rolls_agree_with_books,
    trail.audit_chain_is_whole,
    trail.sealed_readings_are_whole,
)


def violations_of(county: County) -> list[Violation]:
    """Every lie in the books of one county."""
    books = Books(county)
    return [violation for check in BOOK_CHECKS for violation in check(books)]


def check_books(counties: Iterable[County]) -> list[Violation]:
    """Every lie in the books of these counties, and in the guards of the tables they share."""
    return [lie for county in counties for lie in violations_of(county)] + list(guards_are_in_place())
