"""Roster files: headings, values and rows → proposals and problems. Reads, compares, writes nothing."""
