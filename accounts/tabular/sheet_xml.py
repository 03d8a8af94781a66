"""A light pass over one sheet's XML for what the fast reader leaves out.

That is: hidden rows and columns, merged areas, error cells, formulas without a result, and how far the
sheet really reaches (its own <dimension> may lie). It searches for rare marks instead of parsing every cell.
"""

import html
import re
from bisect import bisect_right
from functools import cached_property
from typing import Final

from accounts.tabular.archive import refusal
from accounts.tabular.facts import MAX_LAID_OUT_CELLS, SheetFacts
from accounts.tabular.model import Area, CellProblem, column_index

_ROOT: Final = re.compile(
    rb"<((?:[A-Za-z_][\w.-]*:)?)(worksheet|chartsheet|dialogsheet|xm:macrosheet|macrosheet)\b"
)
_SINGLE_QUOTED: Final = re.compile(rb"='([^'\"<>]*)'")
_ROW_NUMBER: Final = re.compile(rb'\br="(\d{1,8})"')
_HIDDEN: Final = re.compile(rb'\bhidden="(?:1|true)"')
_COLUMN_SPAN: Final = re.compile(rb'\b(min|max)="(\d{1,6})"')
_CELL_REFERENCE: Final = re.compile(rb'[^>]*?\sr="([A-Za-z]{1,3})\d{1,8}"')
_AREA: Final = re.compile(rb'\bref="([A-Z]{1,3})(\d{1,8}):([A-Z]{1,3})(\d{1,8})"')
MAX_COLUMN: Final = 16_383


def scan_sheet_xml(xml: bytes, struck_styles: frozenset[bytes] = frozenset()) -> SheetFacts:
    root = _ROOT.search(xml, 0, 4096)
    if root is None:
        raise refusal("damaged")
    if root.group(2) != b"worksheet":
        return SheetFacts()
    if _SINGLE_QUOTED.search(xml, root.start(), root.start() + 8192):
        xml = _SINGLE_QUOTED.sub(rb'="\1"', xml)
    scan = _Scan(xml, root.group(1))
    facts = scan.facts()
    for style in struck_styles:
        facts.struck_rows |= scan.rows_with_style(style)
    return facts


class _Scan:
    """Offsets of rows are found once; everything else is a search between them."""

    def __init__(self, xml: bytes, prefix: bytes) -> None:
        self.xml = xml
        self.prefix = prefix
        self.cell_mark = b"<" + prefix + b"c"
        self.cell_end = b"</" + prefix + b"c>"
        start = xml.find(b"<" + prefix + b"sheetData")
        end = xml.rfind(b"</" + prefix + b"sheetData")
        self.start = len(xml) if start < 0 else start
        self.end = max(self.start, end)
        self.offsets: list[int] = []
        self.numbers: list[int] = []
        self.hidden: set[int] = set()

    def facts(self) -> SheetFacts:
        self._find_rows()
        facts = SheetFacts(
            hidden_rows=self.hidden, hidden_columns=self._hidden_columns(), merged=self._merged()
        )
        facts.filtered = self.xml.find(b"<" + self.prefix + b"autoFilter", self.end) >= 0
        self._find_errors(facts)
        self._find_formulas(facts)
        self._measure(facts)
        return facts

    def rows_with_style(self, style: bytes) -> set[int]:
        """Rows in which a cell that is not blank has this style."""
        rows = set()
        for position in self._each(b' s="' + style + b'"'):
            close = self.xml.find(b">", position, self.end)
            if (
                self.xml[close - 1 : close] != b"/"
                and self.xml.rfind(self.cell_mark, self.start, position) >= 0
            ):
                row = bisect_right(self.offsets, position) - 1
                rows.add(self.numbers[row] if row >= 0 else 0)
        return rows

    def _find_rows(self) -> None:
        pattern = re.compile(b"<" + re.escape(self.prefix) + rb"row\b([^>]*)>")
        number = -1
        for found in pattern.finditer(self.xml, self.start, self.end):
            attributes = found.group(1)
            given = _ROW_NUMBER.search(attributes)
            following = int(given.group(1)) - 1 if given else number + 1
            if following <= number:
                raise refusal("damaged")  # rows out of order: Excel itself would call for repair
            number = following
            self.offsets.append(found.start())
            self.numbers.append(number)
            if b"hidden" in attributes and _HIDDEN.search(attributes):
                self.hidden.add(number)

    def _hidden_columns(self) -> list[tuple[int, int]]:
        spans = []
        for found in re.finditer(b"<" + re.escape(self.prefix) + rb"col\s([^>]*)>", self.xml[: self.start]):
            if _HIDDEN.search(found.group(1)):
                span = {key: int(value) for key, value in _COLUMN_SPAN.findall(found.group(1))}
                first = span.get(b"min", 1)
                spans.append((first - 1, min(span.get(b"max", first) - 1, MAX_COLUMN)))
        return spans

    def _merged(self) -> list[Area]:
        tail = self.xml[self.end :]
        return [
            (int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))
            for element in re.findall(b"<" + re.escape(self.prefix) + rb"mergeCell\s[^>]*>", tail)
            for left, top, right, bottom in _AREA.findall(element)
            if int(top) <= int(bottom) and column_index(left) <= column_index(right)
        ]

    def _find_errors(self, facts: SheetFacts) -> None:
        for position in self._each(b' t="e"'):
            start = self.xml.rfind(self.cell_mark, self.start, position)
            end = self.xml.find(self.cell_end, position, self.end)
            if start >= 0 and end >= 0:
                text = self._element(b"v", position, end) or "#ERROR!"
                facts.problems[self._cell_at(start)] = CellProblem("error", text)

    def _find_formulas(self, facts: SheetFacts) -> None:
        mark = b"<" + self.prefix + b"f"
        for position in self._each(mark):
            if self.xml[position + len(mark)] not in b"> /\r\n\t":
                continue
            facts.formulas += 1
            end = self.xml.find(self.cell_end, position, self.end)
            start = self.xml.rfind(self.cell_mark, self.start, position)
            if end < 0 or start < 0 or self._element(b"v", position, end):
                continue
            is_text = b't="str"' in self.xml[start:position]
            if is_text and self._element(b"v", position, end) is not None:
                continue  # a formula whose result is the empty text
            formula = html.unescape(self._element(b"f", position, end) or "")
            facts.problems[self._cell_at(start)] = CellProblem("formula_without_result", formula[:200])

    def _each(self, mark: bytes) -> "list[int]":
        positions = []
        position = self.xml.find(mark, self.start, self.end)
        while position >= 0:
            positions.append(position)
            position = self.xml.find(mark, position + len(mark), self.end)
        return positions

    def _element(self, name: bytes, start: int, end: int) -> str | None:
        """Text of the first such element; "" for an empty one, None when there is none."""
        pattern = self._patterns[name]
        found = pattern.search(self.xml, start, end)
        return (found.group(1) or b"").decode("utf-8", "replace").strip() if found else None

    @cached_property
    def _patterns(self) -> dict[bytes, re.Pattern[bytes]]:
        prefix = re.escape(self.prefix)
        return {
            name: re.compile(b"<" + prefix + name + rb"(?:\s[^>]*?)?(?:/>|>([^<]*)</)")
            for name in (b"v", b"f")
        }

    def _cell_at(self, start: int) -> tuple[int, int]:
        row = bisect_right(self.offsets, start) - 1
        return (self.numbers[row] if row >= 0 else 0, self._column_at(start, max(row, 0)))

    def _column_at(self, start: int, row: int) -> int:
        reference = _CELL_REFERENCE.match(self.xml, start, self.end)
        if reference:
            return min(column_index(reference.group(1)), MAX_COLUMN)
        begin = self.offsets[row] if row < len(self.offsets) else self.start  # no addresses: count the cells
        return (
            len(
                re.findall(
                    re.escape(self.cell_mark) + rb"[\s/>]", self.xml[begin : start + 1 + len(self.cell_mark)]
                )
            )
            - 1
        )

    def _measure(self, facts: SheetFacts) -> None:
        prefix = self.prefix
        last_value = max(self.xml.rfind(b"<" + prefix + name, self.start, self.end) for name in (b"v", b"is"))
        if last_value < 0 or not self.offsets:
            return
        last = bisect_right(self.offsets, last_value) - 1
        facts.last_row = self.numbers[last]
        ends = [
            *self.offsets[1 : last + 1],
            self.offsets[last + 1] if last + 1 < len(self.offsets) else self.end,
        ]
        marks = (self.cell_mark + b" ", self.cell_mark + b">")
        for row in range(last + 1):
            start = self.xml.rfind(marks[0], self.offsets[row], ends[row])
            if start < 0:
                start = self.xml.rfind(marks[1], self.offsets[row], ends[row])
            if start >= 0:
                facts.last_column = max(facts.last_column, self._column_at(start, row))
        if facts.laid_out_cells > MAX_LAID_OUT_CELLS:
            facts.last_column = self._last_column_with_value()  # styled blank cells at the right do not count

    def _last_column_with_value(self) -> int:
        pattern = re.compile(re.escape(self.cell_mark) + rb'\s[^>]*?\br="([A-Z]{1,3})\d+"[^>]*(?<!/)>(?!</)')
        columns = {found.group(1) for found in pattern.finditer(self.xml, self.start, self.end)}
        return min(max(map(column_index, columns), default=MAX_COLUMN), MAX_COLUMN)
