"""Pages of places, people, calendar and settings."""
