"""What a parser hides about cells: errors, formulas that were never calculated, percentages, merged ranges.

calamine gives an error cell as '' and a formula without a value as 0 or '', which would read as "nothing entered"
and "none". So the file itself is asked, by format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from posixpath import normpath
from xml.etree import ElementTree
from xml.parsers import expat

from tienbo.papers.workbook.safety import COLUMN_LIMIT, ROW_LIMIT, Unsafe

Cell = tuple[int, int]
"""(row, column), from 0."""
Merged = tuple[Cell, Cell]


@dataclass(slots=True)
class Marks:
    """The marked cells of one sheet."""

    errors: set[Cell] = field(default_factory=set)
    uncalculated: set[Cell] = field(default_factory=set)
    percents: set[Cell] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.errors or self.uncalculated or self.percents)


NO_MARKS = Marks()


def column_index(letters: str) -> int:
    """ "A" → 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


# ------------------------------------------------------------------------------------------------------- xlsx

_ODD = re.compile(rb'<c(?! r="(?:[A-Z]|[A-H][A-Z]|I[A-V])[1-9]\d{0,3}"|[a-zA-Z])')
"""A cell whose tag does not begin with a reference, or whose reference lies beyond row 9,999 or column IV. One look
at a sheet: it is most of what a sheet costs here."""
_FAR = re.compile(rb'<c r="(?:[A-Z]*[1-9]\d{4}|[A-Z]{3}|[J-Z][A-Z]|I[W-Z])')
_PREFIXED = re.compile(rb":(?:c|row)[\s/>]")
"""A cell or a row of a writer that puts a prefix before its words."""
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"([^>]*?)(/?)>')
_STYLE = re.compile(rb'\bs="(\d+)"')
_NO_VALUE = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)(?:</c>|<v/>|<v></v>|<v />)")


def xlsx_marks(parts: Mapping[str, bytes]) -> list[Marks]:
    """The marks of each sheet, in the order of the workbook. Raises Unsafe for a sheet too far-flung to lay out."""
    percents = _percent_styles(parts.get("xl/styles.xml", b""))
    paths = _xlsx_paths(parts["xl/workbook.xml"], parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))
    return [_xlsx_sheet(parts[path], percents) if path in parts else NO_MARKS for path in paths]


@lru_cache(maxsize=16)
def _xlsx_paths(workbook: bytes, relating: bytes) -> tuple[str, ...]:
    """The part of each sheet in order: the same two texts in every workbook of a form."""
    return tuple(_paths(workbook, relating))


def _paths(workbook: bytes, relating: bytes) -> Iterator[str]:
    try:
        relations = ElementTree.fromstring(relating)  # noqa: S314
        book = ElementTree.fromstring(workbook)  # noqa: S314 - DOCTYPE was refused
    except (
        ElementTree.ParseError,
        LookupError,
        ValueError,
    ) as broken:  # an encoding that nobody knows, a letter that is none
        raise Unsafe("workbook.unreadable", reason=str(broken)) from broken
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
        target = targets.get(key, "")
        yield target.lstrip("/") if target.startswith("/") else normpath("xl/" + target)


@lru_cache(maxsize=16)
def _percent_styles(styles: bytes) -> frozenset[int]:
    """Which cell formats show a percentage: what is seen as 41,5 % is stored as 0.415."""
    custom = {int(n) for n, code in re.findall(rb'numFmtId="(\d+)"\s+formatCode="([^"]*)"', styles) if b"%" in code}
    formats = re.search(rb"<cellXfs.*?</cellXfs>", styles, re.DOTALL)
    if not formats:
        return frozenset()
    ids = [int(n) for n in re.findall(rb'<xf\s[^>]*?numFmtId="(\d+)"', formats.group())]
    return frozenset(index for index, number in enumerate(ids) if number in (9, 10) or number in custom)


def _xlsx_sheet(whole: bytes, percents: frozenset[int]) -> Marks:
    # Cells end where the word that closes them stands last; validations, often most of a sheet, come after.
    xml = whole[: whole.rfind(b"sheetData") + 1] or whole
    if _ODD.search(xml):
        if _FAR.search(xml):
            raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)
        return _unusual_sheet(whole, percents)
    # One byte is found twenty times as fast as two, and most sheets have no apostrophe at all.
    if (b"'" in xml and b"='" in xml) or _PREFIXED.search(xml):
        return _unusual_sheet(whole, percents)
    has_error = b't="e"' in xml
    has_bare = b"<f" in xml and _NO_VALUE.search(xml) is not None
    if not (has_error or has_bare or percents):
        return NO_MARKS
    marks = Marks()
    for found in _CELL.finditer(xml):
        where = (int(found[2]) - 1, column_index(found[1].decode()))
        if b't="e"' in found[3]:
            marks.errors.add(where)
        if percents:
            style = _STYLE.search(found[3])
            if style and int(style[1]) in percents:
                marks.percents.add(where)
        if has_bare and not found[4] and b't="str"' not in found[3] and _NO_VALUE.match(xml, found.end()):
            marks.uncalculated.add(where)
    return marks


class _Sheet:
    """A sheet's XML read event by event: for writers that use prefixes, other quotes or no references."""

    def __init__(self, percents: frozenset[int]) -> None:
        self.percents, self.marks = percents, Marks()
        self.row = self.column = -1
        self.attributes: Mapping[str, str] = {}
        self.formula = self.value = self.in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
                self.column = -1
            case "c":
                found = re.fullmatch(r"([A-Z]+)(\d+)", attributes.get("r", ""))
                if found:
                    self.row, self.column = int(found[2]) - 1, column_index(found[1])
                else:
                    self.column += 1
                if self.row >= ROW_LIMIT or self.column >= COLUMN_LIMIT:
                    raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)
                self.attributes, self.formula, self.value = attributes, False, False
            case "f":
                self.formula = True
            case "v":
                self.in_value = True

    def text(self, _text: str) -> None:
        self.value = self.value or self.in_value

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v":
                self.in_value = False
            case "c":
                where, kind = (self.row, self.column), self.attributes.get("t")
                if kind == "e":
                    self.marks.errors.add(where)
                elif self.formula and not self.value and kind != "str":
                    self.marks.uncalculated.add(where)
                if int(self.attributes.get("s", "-1")) in self.percents:
                    self.marks.percents.add(where)


def _unusual_sheet(xml: bytes, percents: frozenset[int]) -> Marks:
    sheet, parser = _Sheet(percents), expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    parser.EndElementHandler = sheet.end
    parser.CharacterDataHandler = sheet.text
    _parse(parser, xml)
    return sheet.marks


def _parse(parser: expat.XMLParserType, xml: bytes) -> None:
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as broken:
        raise Unsafe("workbook.unreadable", reason=str(broken)) from broken


# -------------------------------------------------------------------------------------------------------- ods

_VALUES = ("office:value", "office:string-value", "office:date-value", "office:boolean-value", "office:time-value")


class _Tables:
    """The tables of an OpenDocument spreadsheet, read event by event."""

    def __init__(self) -> None:
        self.sheets: list[Marks] = []
        self.row = self.column = 0
        self.rows = self.columns = 1
        self.depth = 0
        self.cell: dict[str, str] | None = None
        self.filled = self.row_filled = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.depth += 1
            if self.depth == 1:
                self.sheets.append(Marks())
                self.row = 0
        elif self.depth != 1:
            return
        elif name == "table:table-row":
            self.rows = int(attributes.get("table:number-rows-repeated", "1"))
            self.column, self.row_filled = 0, False
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.columns = int(attributes.get("table:number-columns-repeated", "1"))
            self.cell, self.filled = attributes, False
        elif self.cell is not None and name == "text:p":
            self.filled = True

    def end(self, name: str) -> None:
        if name == "table:table":
            self.depth -= 1
        elif self.depth != 1:
            return
        elif name in ("table:table-cell", "table:covered-table-cell") and self.cell is not None:
            self._cell(self.cell)
            self.column += self.columns
            self.cell = None
        elif name == "table:table-row":
            if self.row_filled and self.row + self.rows > ROW_LIMIT:
                raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)
            self.row += self.rows

    def _cell(self, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("office:value-type")
        if kind is not None or self.filled or "table:formula" in attributes:
            self.row_filled = True
            if self.column + self.columns > COLUMN_LIMIT or self.row > ROW_LIMIT:
                raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)
        marks = self.sheets[-1]
        spanned = (
            int(attributes.get("table:number-rows-spanned", "1")),
            int(attributes.get("table:number-columns-spanned", "1")),
        )
        if spanned != (1, 1):
            last = (self.row + spanned[0] - 1, self.column + spanned[1] - 1)
            marks.merged.append(((self.row, self.column), last))
        if self.row > ROW_LIMIT:
            return
        error = attributes.get("calcext:value-type") == "error"
        bare = "table:formula" in attributes and not any(value in attributes for value in _VALUES) and not self.filled
        for row in range(self.row, self.row + self.rows) if error or bare or kind == "percentage" else ():
            for column in range(self.column, self.column + self.columns):
                if error:
                    marks.errors.add((row, column))
                elif bare:
                    marks.uncalculated.add((row, column))
                else:
                    marks.percents.add((row, column))


def ods_marks(parts: Mapping[str, bytes]) -> list[Marks]:
    """The marks of each table in order. Raises Unsafe for repeated cells that would not fit a grid."""
    tables, parser = _Tables(), expat.ParserCreate()
    parser.StartElementHandler = tables.start
    parser.EndElementHandler = tables.end
    _parse(parser, parts["content.xml"])
    return tables.sheets
