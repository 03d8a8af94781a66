"""Old .xls and .et workbooks (BIFF): a pass over the records for what calamine leaves out."""

import struct
from collections.abc import Iterator
from typing import Final

from accounts.sandbox import FileProblem
from accounts.tabular.archive import refusal
from accounts.tabular.compound import CompoundFile, open_compound
from accounts.tabular.facts import SheetFacts
from accounts.tabular.model import CellProblem

_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_ROW, _COLINFO, _MERGED, _FILTER = 0x0208, 0x007D, 0x00E5, 0x009D
_FORMULA, _BOOLERR, _MULRK = 0x0006, 0x0205, 0x00BD
_CELLS: Final = {_FORMULA, _BOOLERR, _MULRK, 0x0203, 0x0204, 0x00FD, 0x027E, 0x00D6}
_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_WORD_PAIR: Final = struct.Struct("<HH")


def inspect_xls(content: bytes) -> list[SheetFacts]:
    """Facts of every sheet in the order of the workbook."""
    opened = open_compound(content)
    _refuse_other_files(opened)
    stream = opened.stream("Workbook" if "Workbook" in opened.entries else "Book")
    try:
        return [_scan_sheet(stream, position) for position in _sheet_positions(stream)]
    except struct.error:
        raise refusal("damaged") from None


def _refuse_other_files(opened: CompoundFile) -> None:
    names = opened.entries
    if "EncryptedPackage" in names:
        raise refusal("password")
    if "WordDocument" in names:
        raise FileProblem(
            "not_a_table", "内容不是表格（实际是 Word 文档）。请把名单复制到 Excel 表格，另存为“.xlsx”后再传"
        )
    if "PowerPoint Document" in names:
        raise FileProblem("not_a_table", "内容不是表格（实际是 PPT 演示文稿）。请把名单做成 Excel 表格后再传")
    if "_VBA_PROJECT_CUR" in names:
        raise refusal("macros")
    if "Workbook" not in names and "Book" not in names:
        raise FileProblem(
            "not_a_table",
            "内容不是表格（实际是别的 Office 文件）。请把名单做成 Excel 表格，另存为“.xlsx”后再传",
        )


def _records(stream: bytes, position: int) -> Iterator[tuple[int, int, int]]:
    """Kind, offset of the data and its length, up to the end of this part (charts inside are skipped)."""
    depth = 0
    while position + 4 <= len(stream):
        kind, length = _WORD_PAIR.unpack_from(stream, position)
        position += 4
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, position, length
        position += length
    raise refusal("damaged")


def _sheet_positions(stream: bytes) -> list[int]:
    positions = []
    for kind, data, _ in _records(stream, 0):
        if kind == _FILEPASS:
            raise refusal("password")
        if kind == _BOUNDSHEET:
            positions.append(struct.unpack_from("<I", stream, data)[0])
    return positions


def _scan_sheet(stream: bytes, position: int) -> SheetFacts:
    facts = SheetFacts()
    for kind, data, length in _records(stream, position):
        if kind in _CELLS:
            _note_cell(facts, stream, kind, data, length)
        elif kind == _ROW:
            if struct.unpack_from("<H", stream, data + 12)[0] & 0x20:
                facts.hidden_rows.add(struct.unpack_from("<H", stream, data)[0])
        elif kind == _COLINFO:
            first, last, _, _, options = struct.unpack_from("<5H", stream, data)
            if options & 1:
                facts.hidden_columns.append((first, min(last, 255)))
        elif kind == _MERGED:
            _note_merged(facts, stream, data)
        elif kind == _FILTER:
            facts.filtered = True
    return facts


def _note_cell(facts: SheetFacts, stream: bytes, kind: int, data: int, length: int) -> None:
    row, column = _WORD_PAIR.unpack_from(stream, data)
    last = struct.unpack_from("<H", stream, data + length - 2)[0] if kind == _MULRK else column
    facts.last_row = max(facts.last_row, row)
    facts.last_column = max(facts.last_column, last)
    error = None
    if kind == _FORMULA:
        facts.formulas += 1
        if stream[data + 6] == 2 and stream[data + 12 : data + 14] == b"\xff\xff":
            error = stream[data + 8]
    elif kind == _BOOLERR and stream[data + 7]:
        error = stream[data + 6]
    if error is not None:
        facts.problems[row, column] = CellProblem("error", _ERRORS.get(error, "#ERROR!"))


def _note_merged(facts: SheetFacts, stream: bytes, data: int) -> None:
    for index in range(struct.unpack_from("<H", stream, data)[0]):
        top, bottom, left, right = struct.unpack_from("<4H", stream, data + 2 + 8 * index)
        if top <= bottom and left <= right:
            facts.merged.append((top, left, bottom, right))
