"""What people type about children: shape and validity of each field."""
