"""A whole workbook → children, problems and what must be said about it. Writes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.tabular.model import CellValue, Sheet, Workbook, column_letter, is_blank
from accounts.text import clean_text
from accounts.wording import grade_name
from students.roster_import.child import child_of, warn_of_phones
from students.roster_import.grades import Cohort, parse_grade
from students.roster_import.headers import Header, chosen_header, find_header, header_problems
from students.roster_import.problems import Problem, ValueProblem, shown_value
from students.roster_import.rows import MAX_LISTED, Facts, RowScan, SheetReader, SheetRows

type Mapping = dict[str, tuple[int, dict[str, int]]]
"""What a person has matched by hand: sheet name → number of the heading row, key → column index."""

PEEKED_ROWS: Final = 200
_PEEK_KEYS: Final = ("name", "id_number", "birth_date", "grade", "klass", "klass_no", "sex")
_PEEK_COLUMNS: Final = 4


@dataclass(slots=True)
class Reading:
    """Everything that was read. ``unsure`` asks for the page 指定栏目; ``file_problems`` stop the whole file."""

    children: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    file_problems: list[Problem] = field(default_factory=list)
    corrections: list[list[str]] = field(default_factory=list)
    correction_count: int = 0
    ignored: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    id_letters: list[str] = field(default_factory=list)
    headers: dict[str, int] = field(default_factory=dict)
    recognised: int = 0
    unused: list[str] = field(default_factory=list)
    peeks: dict[str, Any] = field(default_factory=dict)
    total: int = 0
    unsure: bool = False


def read_workbook(workbook: Workbook, facts: Facts, mapping: Mapping | None = None) -> Reading:
    """Every visible sheet with headings; sheets without are named and left alone."""
    reading = Reading(notices=list(workbook.notices))
    found = _headers(workbook, mapping, reading)
    if not found:
        reading.unsure = True
        reading.file_problems.append(
            _about_file("header_not_found", "没有找到标题行", "请点“指定栏目”，告诉系统哪一栏是什么。")
        )
        return reading
    for sheet, header in found:
        grade = None if header.says_grade else _grade_of_sheet(sheet.name)
        problems = header_problems(sheet, header, grade_by_sheet=grade is not None)
        if problems:
            reading.file_problems += problems
            reading.unsure = True
            continue
        if grade is not None:
            reading.notices.append(f"表“{sheet.name}”没有“年级”一栏，按表名当作{grade_name(grade)}。")
        _read_sheet(sheet, header, facts, grade, reading)
    _drop_doubles(reading)
    if not reading.total and not reading.file_problems:
        reading.file_problems.append(
            _about_file("no_rows", "只有标题，没有学生", "请从学籍系统重新导出名册。名册没有改动。")
        )
    return reading


def _headers(workbook: Workbook, mapping: Mapping | None, reading: Reading) -> list[tuple[Sheet, Header]]:
    """Sheets to read. A sheet is a roster when it has both name and number, or most of a roster's columns."""
    sheets = [sheet for sheet in workbook.visible_sheets if sheet.rows]
    if mapping is not None:
        return [
            (sheet, chosen_header(sheet, *mapping[sheet.name])) for sheet in sheets if sheet.name in mapping
        ]
    found = []
    for sheet in sheets:
        header = find_header(sheet)
        if header is not None and _is_roster(header):
            found.append((sheet, header))
    named = {sheet.name for sheet, _ in found}
    if found:
        reading.notices += [
            f"表“{sheet.name}”里没有找到名册的标题行，没有读取。"
            for sheet in sheets
            if sheet.name not in named
        ]
    return found


def _is_roster(header: Header) -> bool:
    known = header.columns.keys()
    return {"name", "id_number"} <= known or len(
        known & {"name", "id_number", "sex", "birth_date", "grade"}
    ) >= 3


def _grade_of_sheet(name: str) -> int | None:
    try:
        said = parse_grade(clean_text(name))
    except ValueProblem:
        return None
    if isinstance(said, int):
        return said
    return said.grade if said is not None and not isinstance(said, Cohort) else None


def _read_sheet(sheet: Sheet, header: Header, facts: Facts, grade: int | None, reading: Reading) -> None:
    reader = SheetReader(sheet, header, facts)
    phones = [(key, column.index) for key, column in reader.columns.items() if column.item.kind == "phone"]
    position = len(reading.sheets)
    reading.sheets.append(sheet.name)
    reading.id_letters.append(reader.id_column.letter)
    reading.headers[sheet.name] = header.bottom
    reading.recognised += len(header.columns)
    reading.unused += header.unused
    found: SheetRows = reader.found
    for scan in reader.scans():
        child = child_of(scan, facts, grade)
        warn_of_phones(scan, phones)
        _settle(reader, scan, child, position, reading)
    reading.total += found.total
    reading.corrections += found.corrections[: MAX_LISTED - len(reading.corrections)]
    reading.correction_count += found.correction_count
    reading.ignored += found.ignored


def _settle(
    reader: SheetReader, scan: RowScan, child: dict[str, Any], position: int, reading: Reading
) -> None:
    """A row with an error goes to the list of problems only; a shifted row with one problem only."""
    problems = scan.problems
    shifted = [found for found in problems if found[1].code == "row_shifted"]
    for key, problem in shifted or problems:
        reading.problems.append(reader.problem(key, scan, problem))
    if child.pop("birth_from_id", False):
        reader.note(
            "birth_date", scan.row, str(scan.raw[reader.columns["birth_date"].index]), child["birth_date"]
        )
    child["at"] = [position, scan.row]
    if scan.failed:
        reading.bad.append((child.get("id_number", ""), child["name"]))
        _keep_peek(reader, scan, reading)
    else:
        reading.children.append(child)


def _keep_peek(reader: SheetReader, scan: RowScan, reading: Reading) -> None:
    """The neighbourhood of a bad row, masked, as the page shows it."""
    if len(reading.peeks) >= PEEKED_ROWS:
        return
    sheet, wrong = reader.sheet, [key for key, _ in scan.problems if key in reader.columns]
    keys = list(dict.fromkeys([*wrong[:2], *(key for key in _PEEK_KEYS if key in reader.columns)]))
    shown = sorted(keys[:_PEEK_COLUMNS], key=lambda key: reader.columns[key].index)
    index = scan.row - sheet.first_row
    rows = [reader.header.bottom, *range(max(index - 1, reader.header.bottom + 1), index + 2)]
    reading.peeks[f"{sheet.name}:{scan.row}"] = {
        "columns": [reader.columns[key].letter for key in shown],
        "rows": [
            [
                sheet.first_row + row,
                [_peeked(sheet.rows[row], reader, key, is_head=row == reader.header.bottom) for key in shown],
            ]
            for row in rows
            if row < len(sheet.rows)
        ],
    }


def _peeked(raw: list[CellValue], reader: SheetReader, key: str, *, is_head: bool) -> str:
    column = reader.columns[key]
    return shown_value(raw[column.index], kind="" if is_head else column.item.kind)


def _drop_doubles(reading: Reading) -> None:
    """The same child twice: equal rows are one, others are errors that name both cells."""
    by_number: dict[str, list[dict[str, Any]]] = {}
    for child in reading.children:
        key = (
            child.get("id_number")
            or f"{child['name']}{child.get('birth_date')}{child.get('roll_number', '')}"
        )
        by_number.setdefault(key, []).append(child)
    out: set[int] = set()
    for group in by_number.values():
        if len(group) > 1:
            out |= _settle_double(group, reading)
    counts = Counter(
        child["roll_number"]
        for child in reading.children
        if child.get("roll_number") and id(child) not in out
    )
    for child in reading.children:
        if id(child) not in out and counts.get(child.get("roll_number", ""), 0) > 1:
            why = "与别的行是同一个学籍号"
            out |= {_refuse(child, "roll_number_twice", why, "请在学籍系统核对。", reading)}
    reading.children = [child for child in reading.children if id(child) not in out]


def _settle_double(group: list[dict[str, Any]], reading: Reading) -> set[int]:
    first, *others = group
    plain = {key: value for key, value in first.items() if key != "at"}
    same = [child for child in others if {k: v for k, v in child.items() if k != "at"} == plain]
    for child in same:
        place = f"表“{reading.sheets[child['at'][0]]}”第 {child['at'][1]} 行"
        reading.notices.append(f"{place}与第 {first['at'][1]} 行完全相同（{first['name']}），只取一次。")
    differing = [child for child in others if child not in same]
    if not differing:
        return {id(child) for child in same}
    children = (first, *differing)
    cells = [f"{reading.id_letters[child['at'][0]]}{child['at'][1]}" for child in children]
    if len({child["at"][0] for child in children}) > 1:
        cells = [f"表“{reading.sheets[c['at'][0]]}”{cell}" for c, cell in zip(children, cells, strict=True)]
    names = "、".join(dict.fromkeys(child["name"] for child in children))
    what = "是同一身份证号" if first.get("id_number") else "像是同一个人"
    why = f"{' 与 '.join(cells)} {what}（{names}）"
    for child in children:
        _refuse(child, "id_twice", why, "请留下正确的一行，删去另一行。", reading)
    return {id(child) for child in group}


def _refuse(child: dict[str, Any], code: str, why: str, remedy: str, reading: Reading) -> int:
    reading.problems.append(row_problem(reading.sheets, child, code, why, remedy))
    reading.bad.append((child.get("id_number", ""), child["name"]))
    return id(child)


def row_problem(sheets: list[str], child: dict[str, Any], code: str, why: str, remedy: str) -> Problem:
    """An error of a whole row."""
    position, row = child["at"]
    return Problem("error", code, sheets[position], row, "", child["name"], "", "", why, remedy)


def _about_file(code: str, why: str, remedy: str) -> Problem:
    return Problem("error", code, "", 0, "", "", "", "", why, remedy)


def guessed_columns(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """Where the page 指定栏目 begins: the likeliest heading row and what is known of it."""
    header = find_header(sheet)
    if header is not None:
        known = {key: column for key, column in header.columns.items() if key not in header.doubled}
        return sheet.first_row + header.bottom, known
    for index, row in enumerate(sheet.rows[:30]):
        if sum(not is_blank(cell) for cell in row) >= 3:
            return sheet.first_row + index, {}
    return sheet.first_row, {}


def column_samples(sheet: Sheet, row: int) -> list[tuple[int, str, str, list[str]]]:
    """Index, letter, heading and three masked examples of every column that is not blank."""
    samples = []
    start = row - sheet.first_row
    for column in range(len(sheet.rows[0]) if sheet.rows else 0):
        cells = [line[column] for line in sheet.rows[start + 1 : start + 40] if not is_blank(line[column])]
        heading = shown_value(sheet.rows[start][column]) if 0 <= start < len(sheet.rows) else ""
        if cells or heading:
            shown = [_sample(cell) for cell in cells[:3]]
            samples.append((column, column_letter(sheet.first_column - 1 + column), heading, shown))
    return samples


def _sample(cell: CellValue) -> str:
    text = shown_value(cell)
    digits = sum(character.isdigit() for character in text)
    return shown_value(cell, kind="id") if digits >= 7 else text
