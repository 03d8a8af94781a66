"""Forms of places, people, calendar and settings."""
