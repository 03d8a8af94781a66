"""Pages that are seen across applications."""
