"""Reads a filled offline sheet: whose it is, and its filled lines with their cells. Knows no child."""

from dataclasses import dataclass, field

from accounts.tabular import Sheet, Workbook, cell_address, is_blank
from accounts.tabular.model import CellValue
from accounts.text import clean_text
from accounts.workflow import StepRefused
from reports.offline_words import COLUMN_OF, COLUMNS, SHEET_FACTS, SHEET_HELP, STAMP_LABEL, VERSION, Stamp
from students.roster_import.dates import Written, parse_birth
from students.roster_import.problems import ValueProblem

MOST_ROWS = 500
HEADING_WITHIN = 10
NOT_OURS = (
    "这不是从系统下载的离线表，或者“说明”表里的文件编号被改过。请重新下载本月离线表，把填好的行抄过去再上传。"
)


@dataclass(frozen=True)
class Line:
    """One filled line: its number on the sheet, the addresses of its cells and what stands in them."""

    row: int
    cells: dict[str, str]
    values: dict[str, CellValue] = field(compare=False, repr=False, default_factory=dict)


def stamp_of(book: Workbook) -> Stamp:
    """Where the file is from; StepRefused for a file that is not ours or too old."""
    for sheet in book.sheets:
        if sheet.name.strip() != SHEET_HELP:
            continue
        for row in sheet.rows:
            if row and isinstance(row[0], str) and row[0].strip() == STAMP_LABEL:
                texts = [value.strip() for value in row[1:] if isinstance(value, str) and value.strip()]
                stamp = Stamp.read(texts[0]) if texts else None
                if stamp is None:
                    raise StepRefused(NOT_OURS)
                if stamp.version != VERSION:
                    raise StepRefused(
                        "这份离线表是旧版格式，系统已不收。请重新下载本月离线表，把填好的行抄过去。"
                    )
                return stamp
    raise StepRefused(NOT_OURS)


def lines_of(book: Workbook) -> list[Line]:
    """The filled lines of the sheet 异动; StepRefused where the sheet or a heading is missing."""
    sheet = next((one for one in book.sheets if one.name.strip() == SHEET_FACTS), None)
    if sheet is None:
        raise StepRefused(f"没有找到“{SHEET_FACTS}”这张表。请不要改表名，重新下载本月离线表再填。")
    top, columns = _heading(sheet)
    lines = []
    for index, row in enumerate(sheet.rows[top + 1 :], start=top + 1):
        values = {key: row[number] for key, number in columns.items()}
        if all(is_blank(value) for value in values.values()):
            continue
        cells = {key: cell_address(sheet, index, number) for key, number in columns.items()}
        lines.append(Line(sheet.first_row + index, cells, values))
    if len(lines) > MOST_ROWS:
        raise StepRefused(f"“{SHEET_FACTS}”表有 {len(lines)} 行，一次最多 {MOST_ROWS} 行。请分成几份上传。")
    return lines


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]]:
    by_label = {column.label: column.key for column in COLUMNS}
    for index, row in enumerate(sheet.rows[:HEADING_WITHIN]):
        labels = [clean_text(value) if isinstance(value, str) else "" for value in row]
        if COLUMN_OF["word"].label in labels and COLUMN_OF["day"].label in labels:
            columns = {by_label[label]: number for number, label in enumerate(labels) if label in by_label}
            missing = [column.label for column in COLUMNS if column.key not in columns]
            if missing:
                raise StepRefused(
                    f"“{SHEET_FACTS}”表的标题行少了 {'、'.join(missing)}。请不要删改标题，重新下载本月离线表再填。"
                )
            return index, columns
    raise StepRefused(
        f"“{SHEET_FACTS}”表没有标题行（类别、日期……）。请不要删改标题，重新下载本月离线表再填。"
    )


def parse_day(raw: CellValue) -> Written | None:
    """The readings of a day; None when blank."""
    try:
        return parse_birth(raw)
    except ValueProblem as problem:
        raise ValueProblem(problem.code, problem.why, "请在 {cell} 按 2025-10-08 的写法填写。") from None
