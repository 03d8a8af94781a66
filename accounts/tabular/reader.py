"""From bytes to a `Workbook`: what the file is, inspection, reading, trimming."""

import io
from pathlib import Path
from typing import Final

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from accounts.sandbox import FileProblem, SandboxError, SandboxTimeout, paused_collector, run_limited
from accounts.tabular.archive import refusal
from accounts.tabular.delimited import read_delimited
from accounts.tabular.facts import MAX_CELLS, MAX_ROWS, SheetFacts, refuse_far_cells
from accounts.tabular.kinds import refuse_as_table, what_is
from accounts.tabular.model import CellValue, Sheet, Workbook
from accounts.tabular.tidy import tidy_sheet
from accounts.tabular.xls import inspect_xls
from accounts.tabular.xlsx import inspect_xlsx
from accounts.text import shown_filename

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
SECONDS: Final = 20
MEMORY_MB: Final = 512
_LOCK_FILE_MARKS: Final = ("~$", ".~")


def read_tables(source: bytes | Path, filename: str, *, in_child: bool = True) -> Workbook:
    """Read a spreadsheet; everything wrong with the file as a whole is a `FileProblem`.

    Uploads are read in a limited child process; `in_child=False` is for trusted files and measurements.
    """
    content = _content(source, filename)
    try:
        return run_limited(read_content, content, filename, seconds=SECONDS, memory_mb=MEMORY_MB) if in_child \
            else read_content(content, filename)  # fmt: skip
    except SandboxTimeout:
        raise _named(
            filename,
            FileProblem("too_slow", f"打不开：读了 {SECONDS} 秒还没读完。请只留名单这一张表，另存后再传"),
        ) from None
    except SandboxError:
        raise _named(filename, refusal("zip_bomb")) from None


def read_content(content: bytes, filename: str) -> Workbook:
    """The whole of inspection and reading, in whichever process."""
    try:
        with paused_collector():
            return _read(content, filename)
    except FileProblem as problem:
        raise _named(filename, problem) from None


def _content(source: bytes | Path, filename: str) -> bytes:
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if shown_filename(filename).startswith(_LOCK_FILE_MARKS):
        raise _named(
            filename,
            FileProblem(
                "lock_file",
                "是临时锁文件，不是表格本身。请先在 WPS 或 Excel 里保存并关闭，再选不带“~$”的那个文件",
            ),
        )
    if size > MAX_FILE_BYTES:
        raise _named(
            filename,
            FileProblem(
                "too_large",
                f"{size / 1024 / 1024:.1f} MB，超过 10 MB。请删去图片和多余的表，或分成几个文件再传",
            ),
        )
    return source.read_bytes() if isinstance(source, Path) else source


def _named(filename: str, problem: FileProblem) -> FileProblem:
    return FileProblem(problem.code, f"“{shown_filename(filename)}”{problem.message}。文件没有保存到系统里。")


def _read(content: bytes, filename: str) -> Workbook:
    kind = what_is(content)
    if kind == "zip":
        return _read_xlsx(content, filename)
    if kind == "ole":
        return _read_xls(content, filename)
    if kind != "text":
        raise refuse_as_table(kind)
    rows, encoding = read_delimited(content)
    notices: list[str] = []
    sheet = tidy_sheet(Path(shown_filename(filename)).stem, rows, SheetFacts(), notices)
    return _within_limits(Workbook(filename, "csv", [sheet], notices, encoding))


def _read_xlsx(content: bytes, filename: str) -> Workbook:
    inspected = inspect_xlsx(content)
    notices = _name_notice(filename, ".xlsx")
    if inspected.comments:
        notices.append(f"文件里有 {inspected.comments} 条批注，导入时不看批注，请自行核对。")
    workbook = Workbook(filename, "xlsx", [], notices)
    with _opened(content) as opened:
        for position, meta in enumerate(opened.sheets_metadata):
            facts = inspected.facts.get(meta.name)
            if meta.visible != SheetVisibleEnum.Visible or facts is None:
                _note_hidden_sheet(workbook, meta.name)
            elif meta.typ == SheetTypeEnum.WorkSheet:
                rows = _values(opened, position, facts)
                workbook.sheets.append(
                    tidy_sheet(meta.name, rows, facts, notices, has_escapes=inspected.has_escapes)
                )
    return _within_limits(workbook)


def _read_xls(content: bytes, filename: str) -> Workbook:
    all_facts = inspect_xls(content)
    notices = _name_notice(filename, ".xls", ".et")
    workbook = Workbook(filename, "xls", [], notices)
    for facts in all_facts:
        refuse_far_cells(facts, "")
    with _opened(content) as opened:
        for position, (meta, facts) in enumerate(zip(opened.sheets_metadata, all_facts, strict=False)):
            if meta.visible != SheetVisibleEnum.Visible:
                _note_hidden_sheet(workbook, meta.name)
            elif meta.typ == SheetTypeEnum.WorkSheet:
                rows = _values(opened, position, facts)
                workbook.sheets.append(tidy_sheet(meta.name, rows, facts, notices, has_escapes=True))
    return _within_limits(workbook)


def _opened(content: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        raise refusal("password") from None
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # noqa: BLE001 -- a Rust panic is not an Exception
        raise refusal("damaged") from None


def _values(opened: CalamineWorkbook, position: int, facts: SheetFacts) -> list[list[CellValue]]:
    """Cells from A1 on, as calamine gives them."""
    if facts.last_row < 0:
        return []
    try:
        sheet = opened.get_sheet_by_index(position)
        return sheet.to_python(skip_empty_area=False)  # type: ignore[return-value]  # list is invariant
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # noqa: BLE001 -- a Rust panic is not an Exception
        raise refusal("damaged") from None


def _name_notice(filename: str, *suffixes: str) -> list[str]:
    given = Path(shown_filename(filename)).suffix.lower()
    if given in suffixes:
        return []
    return [f"文件名的扩展名是“{given or '无'}”，内容其实是“{suffixes[0]}”表格，已按内容读取。"]


def _note_hidden_sheet(workbook: Workbook, name: str) -> None:
    workbook.sheets.append(Sheet(name, [], visible=False))
    workbook.notices.append(f"表“{name}”是隐藏的，没有读取。如需导入，请先取消隐藏。")


def _within_limits(workbook: Workbook) -> Workbook:
    for sheet in workbook.sheets:
        if len(sheet.rows) > MAX_ROWS:
            raise FileProblem(
                "too_large",
                f"打不开：表“{sheet.name}”有 {len(sheet.rows)} 行，一次最多 {MAX_ROWS} 行。请分成几个文件再传",
            )
    cells = sum(len(sheet.rows) * len(sheet.rows[0]) for sheet in workbook.sheets if sheet.rows)
    if cells > MAX_CELLS:
        raise FileProblem(
            "too_large",
            f"打不开：共有 {cells} 个格子，一次最多 {MAX_CELLS} 个。请只留名单这一张表，或分成几个文件再传",
        )
    return workbook
