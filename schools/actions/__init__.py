"""Everything that changes places, people's posts, the calendar and settings."""
