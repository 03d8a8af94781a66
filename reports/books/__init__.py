"""The checks of check_books: every invariant of the ledger, recomputed from the raw facts."""
