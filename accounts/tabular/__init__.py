"""One reader for .xlsx .xls .csv: cells with their addresses; knows no domain. Writing is in `export`."""

from accounts.sandbox import FileProblem
from accounts.tabular.model import (
    CellProblem,
    CellValue,
    Sheet,
    Workbook,
    cell_address,
    column_letter,
    fill_merged,
    is_blank,
)
from accounts.tabular.reader import read_tables

__all__ = [
    "CellProblem",
    "CellValue",
    "FileProblem",
    "Sheet",
    "Workbook",
    "cell_address",
    "column_letter",
    "fill_merged",
    "is_blank",
    "read_tables",
]
