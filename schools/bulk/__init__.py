"""Accounts and schools from a spreadsheet: rows as they were read, and what is wrong with each, by cell."""
