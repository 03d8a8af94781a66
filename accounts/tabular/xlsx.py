"""Workbooks of the .xlsx family: inspected member by member, then read by calamine."""

import posixpath
from dataclasses import dataclass
from typing import Any, Final

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

from accounts.sandbox import FileProblem
from accounts.tabular.archive import Archive, open_archive, refusal
from accounts.tabular.facts import SheetFacts, refuse_far_cells
from accounts.tabular.kinds import refuse_as_table
from accounts.tabular.sheet_xml import scan_sheet_xml

_WORKBOOK: Final = "xl/workbook.xml"
_STYLES: Final = "xl/styles.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"


@dataclass(slots=True)
class InspectedWorkbook:
    """Facts of the sheets that will be read, by name, and whether texts may hold control characters."""

    facts: dict[str, SheetFacts]
    has_escapes: bool
    comments: int = 0
    struck_styles: frozenset[bytes] = frozenset()


def inspect_xlsx(content: bytes) -> InspectedWorkbook:
    """Everything that must be known before a reader may touch the file."""
    archive = open_archive(content)
    _refuse_other_archives(archive)
    inspected = InspectedWorkbook({}, has_escapes=False)
    sheets = _visible_sheets(archive)
    for name in archive.members.keys() - {path for _, path in sheets}:
        data = archive.read(name)  # also what nothing reads: a lie about any size is found before parsing
        if name.startswith("xl/comments"):
            inspected.comments += data.count(b"<comment ")
        elif name == _STYLES:
            inspected.struck_styles = _struck_styles(data)
        elif name.endswith("haredStrings.xml"):
            inspected.has_escapes |= _has_escapes(data)
    for name, path in sheets:
        xml = archive.read(path)
        inspected.has_escapes |= _has_escapes(xml)
        inspected.facts[name] = scan_sheet_xml(xml, inspected.struck_styles)
        refuse_far_cells(inspected.facts[name], name)
    return inspected


def _struck_styles(data: bytes) -> frozenset[bytes]:
    """Numbers of the cell styles whose font is struck through; people strike out children who have left."""
    if b"strike" not in data:
        return frozenset()
    try:
        styles = fromstring(data)
    except (ParseError, DefusedXmlException):
        raise refusal("damaged") from None
    fonts = [part for group in _children(styles, "fonts") for part in group]
    struck = {
        str(number)
        for number, font in enumerate(fonts)
        if any(mark.get("val", "1") not in {"0", "false"} for mark in _children(font, "strike"))
    }
    formats = [part for group in _children(styles, "cellXfs") for part in group]
    return frozenset(
        str(number).encode() for number, one in enumerate(formats) if one.get("fontId") in struck
    )


def _children(element: Any, tag: str) -> list[Any]:
    return [child for child in element if child.tag.rpartition("}")[2] == tag]


def _has_escapes(xml: bytes) -> bool:
    """Whether a text may hold a control character: written as _x0000_ or as &#0;."""
    return b"_x" in xml or b"&#" in xml


def _refuse_other_archives(archive: Archive) -> None:
    if archive.has_folder("word/"):
        raise FileProblem(
            "not_a_table", "内容不是表格（实际是 Word 文档）。请把名单复制到 Excel 表格，另存为“.xlsx”后再传"
        )
    if archive.has_folder("ppt/"):
        raise FileProblem("not_a_table", "内容不是表格（实际是 PPT 演示文稿）。请把名单做成 Excel 表格后再传")
    if "xl/workbook.bin" in archive:
        raise FileProblem(
            "not_a_table", "是二进制的“.xlsb”表格，这里不读。请在 WPS 或 Excel 里另存为“.xlsx”后再传"
        )
    if "content.xml" in archive and "mimetype" in archive:
        raise FileProblem(
            "not_a_table", "是“.ods”开放文档，这里不读。请在 WPS 或 Excel 里另存为“.xlsx”后再传"
        )
    if _WORKBOOK not in archive or _RELATIONS not in archive:
        raise refuse_as_table("zip")
    if any(name.lower().endswith("vbaproject.bin") for name in archive.members):
        raise refusal("macros")


def _visible_sheets(archive: Archive) -> list[tuple[str, str]]:
    """Names and member paths of the sheets to read; hidden ones are not read unasked."""
    try:
        workbook, relations = fromstring(archive.read(_WORKBOOK)), fromstring(archive.read(_RELATIONS))
    except (ParseError, DefusedXmlException):
        raise refusal("damaged") from None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets: list[tuple[str, str]] = []
    for element in workbook.iter():
        if element.tag.rpartition("}")[2] != "sheet" or element.get("state", "visible") != "visible":
            continue
        identifier = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
        path = posixpath.normpath(posixpath.join("/xl", targets.get(identifier, ""))).lstrip("/")
        sheets.append((element.get("name", ""), path))
    if len({name for name, _ in sheets}) != len(sheets):
        raise refusal("damaged")
    return sheets
