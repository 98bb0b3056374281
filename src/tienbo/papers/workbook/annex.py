"""An annex of others: an xlsx of any layout as a grid that a person can point into, with the words beside each cell.

It is looked over by `safety` before anything parses it. Nothing that counts is read from it; it is read to be filled
(`annex_filling`) and to tell whether a cell is still the one that was meant.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.worksheet import Worksheet

from tienbo.core.apart import Overrun
from tienbo.core.faults import worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, day_words, number
from tienbo.papers.foreign import foreign
from tienbo.papers.workbook.safety import COLUMN_LIMIT, ROW_LIMIT, Unsafe, screen, screen_whole

ROWS, COLUMNS = 2000, 60
"""As much of a sheet as is shown and can be pointed into."""
WIDE = 0.6
"""A merged cell over more of the columns than this is a title of the table, not the head of a column."""
LONGEST = 300
"""Letters of a label that are kept."""

worded(
    {
        "annex.not_xlsx": N_("An annex is filled in as an Excel workbook. Save it as “Excel Workbook (.xlsx)” first."),
        "annex.no_cells": N_("The workbook has no sheet with cells."),
    }
)


class Holds(StrEnum):
    """What a cell holds as it came."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"
    FORMULA = "formula"


class Format(NamedTuple):
    """A number format as far as it matters here. `places` None: it does not fix them (General)."""

    is_percent: bool
    is_date: bool
    places: int | None


class AnnexCell(NamedTuple):
    """A cell, or the first of merged ones. `rows` and `columns` are how many it covers."""

    row: int
    column: int
    holds: Holds
    text: str
    format: Format
    rows: int = 1
    columns: int = 1
    is_part: bool = False
    """Whether its formula is one with other cells' (an array, a data table): it cannot go alone."""
    exact: Decimal | None = None
    """The number it holds."""

    @property
    def address(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"


class Labels(NamedTuple):
    """The words that say what a cell is for: beside it in its row, above it in its column."""

    row: str
    column: str


@dataclass(frozen=True)
class AnnexSheet:
    """A sheet within its used part. `cells` has every cell that is not covered by a merged one."""

    name: str
    rows: int
    columns: int
    cells: Mapping[tuple[int, int], AnnexCell]
    covered: Mapping[tuple[int, int], tuple[int, int]]
    """A place under merged cells → the place of the first of them."""
    is_hidden: bool = False
    is_cut: bool = False
    """Whether there is more of the sheet than is shown."""

    def at(self, address: str) -> AnnexCell | None:
        """The cell at "D9", or the merged one it lies under; None outside the sheet."""
        found = re.fullmatch(r"\s*([A-Za-z]{1,3})([1-9]\d{0,6})\s*", address)
        if found is None:
            return None
        letters, row = coordinate_from_string(f"{found[1].upper()}{found[2]}")
        place = (row, column_index_from_string(letters))
        return self.cells.get(self.covered.get(place, place))

    def labels(self, cell: AnnexCell) -> Labels:
        """The longest text to the left of a cell and the one its group has, the heads above it from the top down."""
        return Labels(self._beside(cell), self._above(cell))

    def _beside(self, cell: AnnexCell) -> str:
        words: list[str] = []
        for column in range(1, cell.column):
            found = self._held(cell.row, column)
            if found is not None and _is_words(found) and found.text not in words:
                words.append(found.text)
        return " – ".join(words)[:LONGEST]

    def _above(self, cell: AnnexCell) -> str:
        words: list[str] = []
        for row in range(cell.row - 1, 0, -1):
            found = self._held(row, cell.column)
            if found is None or not _is_words(found) or found.text in words:
                continue
            if found.columns > max(2, self.columns * WIDE):
                continue
            words.append(found.text)
        return " – ".join(reversed(words))[:LONGEST]

    def _held(self, row: int, column: int) -> AnnexCell | None:
        return self.cells.get(self.covered.get((row, column), (row, column)))

    @cached_property
    def in_rows(self) -> tuple[tuple[AnnexCell | None, ...], ...]:
        """Row by row, None where a cell is covered."""
        return tuple(
            tuple(self.cells.get((row, column)) for column in range(1, self.columns + 1))
            for row in range(1, self.rows + 1)
        )

    def can_be_filled(self, cell: AnnexCell) -> bool:
        """Whether a figure may be put there at all, asked or not: words of the form stay words."""
        return cell.holds is not Holds.TEXT and not cell.is_part and not cell.format.is_date


@dataclass(frozen=True)
class Annex:
    sheets: tuple[AnnexSheet, ...] = field(default=())

    def sheet(self, name: str) -> AnnexSheet | None:
        return next((one for one in self.sheets if one.name == name), None)


def annex_open(data: bytes) -> Annex:
    """The grids of an xlsx, read in a process apart. Raises Unsafe for what may not be opened, is another format, has
    no cells, or cannot be read within bounds of memory and time."""
    made: Annex = annex_asked("tienbo.papers.workbook.annex:annex_read", data)
    return made


def annex_asked(does: str, *args: Any) -> Any:
    try:
        return foreign(does, *args)
    except Overrun as over:
        raise Unsafe(over.code("workbook.too_heavy"), why=over.why) from over


def annex_read(data: bytes) -> Annex:
    """In the process apart."""
    if screen(data).format != "xlsx":
        raise Unsafe("annex.not_xlsx")
    screen_whole(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl cannot keep does not matter: it writes nothing here
            book = load_workbook(BytesIO(data))
        sheets = tuple(_sheet(one) for one in book.worksheets)
    except Exception as broken:  # what a dozen programs write as xlsx fails in a hundred ways
        raise Unsafe("workbook.unreadable", reason=type(broken).__name__) from broken
    if not any(sheet.cells for sheet in sheets):
        raise Unsafe("annex.no_cells")
    return Annex(sheets)


def _sheet(sheet: Worksheet) -> AnnexSheet:
    used = [one for one in sheet._cells.values() if one.value is not None or one.border.bottom.style]
    merged = [one.bounds for one in sheet.merged_cells.ranges]
    far_row = max((one.row for one in used), default=0)
    far_column = max((one.column for one in used), default=0)
    rows, columns = min(far_row, ROWS, ROW_LIMIT), min(far_column, COLUMNS, COLUMN_LIMIT)
    covered: dict[tuple[int, int], tuple[int, int]] = {}
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    for left, top, right, bottom in merged:
        if top > rows or left > columns:
            continue
        spans[top, left] = (min(bottom, rows) - top + 1, min(right, columns) - left + 1)
        for row in range(top, min(bottom, rows) + 1):
            for column in range(left, min(right, columns) + 1):
                if (row, column) != (top, left):
                    covered[row, column] = (top, left)
    parts = set(_array_cells(sheet))
    cells = {}
    for row in range(1, rows + 1):
        for column in range(1, columns + 1):
            if (row, column) not in covered:
                held = sheet._cells.get((row, column))
                span = spans.get((row, column), (1, 1))
                cells[row, column] = _cell(row, column, held, span, (row, column) in parts)
    cut = far_row > rows or far_column > columns
    return AnnexSheet(sheet.title, rows, columns, cells, covered, sheet.sheet_state != "visible", cut)


def _array_cells(sheet: Worksheet) -> Iterator[tuple[int, int]]:
    """Places whose formula is one with others'."""
    for held in list(sheet._cells.values()):
        if isinstance(held.value, (ArrayFormula, DataTableFormula)):
            for row in sheet[held.value.ref] if ":" in held.value.ref else ((held,),):
                yield from ((one.row, one.column) for one in (row if isinstance(row, tuple) else (row,)))


def _cell(row: int, column: int, held: Any, span: tuple[int, int], is_part: bool) -> AnnexCell:
    if held is None:
        return AnnexCell(row, column, Holds.NOTHING, "", _GENERAL, *span, is_part)
    holds, text = _told(held.value, held.data_type)
    exact = Decimal(repr(held.value)) if holds is Holds.NUMBER else None
    return AnnexCell(row, column, holds, text, format_of(held.number_format), *span, is_part, exact)


def _told(value: Any, kind: str) -> tuple[Holds, str]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return Holds.NOTHING, ""
    if isinstance(value, (ArrayFormula, DataTableFormula)):
        return Holds.FORMULA, f"{{{value.text or value.ref}}}" if isinstance(value, ArrayFormula) else "{…}"
    if kind == "f":
        return Holds.FORMULA, str(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Holds.NUMBER, number(Decimal(repr(value)))
    return Holds.TEXT, day_words(value) if isinstance(value, date) else clean(str(value))


def _is_words(cell: AnnexCell) -> bool:
    """Whether a cell says something: "Số lớp tập huấn", and neither "1.1" nor "(3)" nor "II"."""
    if cell.holds is not Holds.TEXT:
        return False
    return re.fullmatch(r"[\W\d_]*|[IVXLC]+\.?|[A-Za-zĐđ]\)?\.?|STT|TT", cell.text) is None


# ------------------------------------------------------------------------------------------------- number formats

_GENERAL = Format(False, False, None)
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def format_of(text: str | None) -> Format:
    """What a number format does to a figure: "0.0%" → per cent, one place; "General" fixes no places."""
    if not text or text in ("General", "@"):
        return _GENERAL
    if is_date_format(text):
        return Format(False, True, None)
    first = _LITERAL.sub("", text.split(";")[0])
    percent = "%" in first
    found = re.fullmatch(r"[^0#?.,]*[0#?,]*?[0#?](?P<places>\.[0#?]*)?[^0#?.,]*", first)
    if found is None or "E" in first.upper() or "/" in first:
        return Format(percent, False, None)  # scaled, scientific, fractions: the figure keeps its own places
    return Format(percent, False, len(found["places"] or ".") - 1)
