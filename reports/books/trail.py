"""Rules about the record of who did what: chain and head, sealed readings, guards of append-only tables."""

from collections.abc import Iterator

from accounts import trail
from reports.books.rows import Books
from reports.books.violations import Violation, lie


def audit_chain_is_whole(books: Books) -> Iterator[Violation]:
    broken = trail.verify_chain(books.county.pk)
    if broken is not None:
        yield lie("audit_chain", f"{books.county}审计记录第 {broken.place} 条：{broken.reason}")


def sealed_readings_are_whole(books: Books) -> Iterator[Violation]:
    broken = trail.verify_seals(books.county.pk)
    if broken is not None:
        yield lie("access_seal", f"{books.county}查看记录第 {broken.place} 条：{broken.reason}")


def guards_are_in_place() -> Iterator[Violation]:
    for table in trail.missing_triggers():
        yield lie("trigger", f"{table} 的只增不改触发器不见了")
