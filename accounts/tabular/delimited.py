"""Tables in text form: .csv and tab-separated exports in the encodings that schools really send."""

import codecs
import csv
import io
import re
from typing import Final

from accounts.sandbox import FileProblem
from accounts.tabular.kinds import refuse_as_table
from accounts.tabular.model import CellValue

_SAVE_AS: Final = "请用 WPS 或 Excel 打开，另存为“.xlsx”后再传"
_CJK: Final = re.compile("[\u2e80-\u9fff\uff00-\uffef\U00020000-\U0003ffff]")
_FORMULA_TEXT: Final = re.compile(r'^="(.*)"$', re.DOTALL)
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f]")
# A TAB after every value keeps Excel from making numbers of texts; it separates nothing.
_TRAILING_TAB: Final = re.compile(r"\t+(?=[,;\r\n])")
_SNIFFED_LINES: Final = 30
_MAX_LINES_IN_CELL: Final = 50


def read_delimited(content: bytes) -> tuple[list[list[CellValue]], str]:
    """Rows of texts, and the encoding they were in."""
    text, encoding = _decoded(content)
    if _CONTROL.search(text):
        raise refuse_as_table("unknown")
    text, separator = _separator(text)
    rows: list[list[CellValue]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for record in reader:
            rows.append([_unwrapped(value) for value in record])
            if any(
                value.count("\n") > _MAX_LINES_IN_CELL for value in record if len(value) > _MAX_LINES_IN_CELL
            ):
                raise _unclosed(len(rows))
    except csv.Error:
        raise _unclosed(len(rows) + 1) from None
    return rows, encoding


def _unclosed(record: int) -> FileProblem:
    return FileProblem("bad_quotes", f"第 {record} 行的引号没有配对，或格子太长，后面的行会错位。{_SAVE_AS}")


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return _strictly(content[len(mark) :], encoding), encoding
    if content.startswith(codecs.BOM_UTF8):
        content = content[len(codecs.BOM_UTF8) :]
        return _by_lines(content, "utf-8-sig")
    return _by_lines(content, "utf-8")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(encoding, "replace").count("\n") + 1
        raise _bad_line(line) from None


def _by_lines(content: bytes, name: str) -> tuple[str, str]:
    try:
        return content.decode("utf-8"), name
    except UnicodeDecodeError:
        pass
    lines = content.split(b"\n")
    utf8 = [number for number, line in enumerate(lines, 1) if _is_surely_utf8(line)]
    other = [number for number, line in enumerate(lines, 1) if not _decodes(line, "utf-8")]
    if utf8:  # two encodings in one file: name the first line of the rarer one
        raise _bad_line(min(utf8 if len(utf8) < len(other) else other))
    try:
        return content.decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        bad = next((number for number in other if not _decodes(lines[number - 1], "gb18030")), other[0])
        raise _bad_line(bad) from None


def _bad_line(line: int) -> FileProblem:
    return FileProblem("mixed_encoding", f"第 {line} 行的文字编码与其他行不同，读出来会是乱码。{_SAVE_AS}")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_surely_utf8(line: bytes) -> bool:
    """Chinese as UTF-8, and not by accident: common characters in GBK bytes would all be GB 2312."""
    return not line.isascii() and _decodes(line, "utf-8") and bool(
        _CJK.search(line.decode("utf-8"))
    ) and not _decodes(line, "gb2312")  # fmt: skip


def _separator(text: str) -> tuple[str, str]:
    """The text without a `sep=` line, and what separates its cells."""
    first, newline, rest = text.partition("\n")
    declared = first.strip("\r").strip('"')
    if declared.lower().startswith("sep=") and len(declared) == len("sep=") + 1:
        return newline and rest, declared[-1]
    sample = re.sub(r'"[^"]*"', "", "\n".join(text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES]))
    sample = _TRAILING_TAB.sub("", sample)
    return text, max(",\t;", key=lambda mark: (_commonest_count(sample, mark), mark == ","))


def _commonest_count(sample: str, mark: str) -> int:
    counts = sorted(line.count(mark) for line in sample.splitlines() if line.strip())
    return counts[len(counts) // 2] if counts else 0


def _unwrapped(value: str) -> CellValue:
    """`="1404…"` and a trailing TAB are tricks to keep Excel from turning an ID into a number."""
    value = value.rstrip("\t")
    found = _FORMULA_TEXT.match(value)
    return (found.group(1).replace('""', '"') if found else value) or None
