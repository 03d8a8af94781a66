"""Everything that changes returns."""
