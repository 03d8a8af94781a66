"""Pages about children and facts."""
