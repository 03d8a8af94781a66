"""Everything that changes children, the roll and absences."""
