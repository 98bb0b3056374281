"""Which row and column of which sheet holds what: the keys that writer and reader share.

Every row has a key in the hidden column A and every column one in the hidden first row, so that a sheet may be
renamed, moved, and given further rows or columns. An integrity code over the keys and what the workbook is for
(HMAC-SHA256) tells a workbook of ours from one that was altered or made elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Block, Column, Line, RowField, Sheet, TextLine
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Layout, Slot, layout
from tienbo.core.periods import Period
from tienbo.papers.workbook.numbers import Number
from tienbo.papers.workbook.vocabulary import statements_allowed

LAYOUT_VERSION = "1"
"""Grows when keys change their meaning; a workbook of another version is refused, not misread."""
MARKER = "tienbo|"
"""Begins the first cell of each sheet of a form; its code follows."""
META_SHEET = "tienbo_meta"
META_MARKER = "tienbo_meta|"
META_KEYS = ("layout", "form", "edition", "unit", "unit_name", "period", "code")
FEW_PAGES = 2
"""Pages a form should have at most: sheets share a page for the sake of this, no further."""
PAGE = 86
"""Lines of print that one A4 page holds and can still be read: short sheets of a form share a page up to here."""

What = Literal["figure", "qualifier", "statement", "text", "as_of", "signer", "row_name", "row_figure", "restated"]
RowKind = Literal[
    "marker", "mast", "title", "subtitle", "period", "as_of", "help", "block", "head", "note", "line", "row", "total",
    "text", "space", "signers", "sign", "names",
]  # fmt: skip


class Place(NamedTuple):
    """A cell to fill, by its keys. `code` is an address, a block, a text; `part` a field of a repeating row."""

    row: str
    column: str
    what: What
    code: str
    part: str = ""
    number: Number = "count"


@dataclass(frozen=True, slots=True)
class RowDesign:
    """One row of a sheet. `slots` stand under the block's columns, None where a line is not asked. A head names
    the columns of `block`, which those of the blocks after it may share."""

    key: str
    kind: RowKind
    sheet: Sheet | None = None
    block: Block | None = None
    line: Line | None = None
    slots: tuple[Slot | None, ...] = ()
    text: TextLine | None = None
    index: int = 0


@dataclass(frozen=True)
class SheetDesign:
    """A sheet of the workbook, one printed page: its rows in order and how many columns of figures it has. It holds
    one sheet of the form, or several short ones."""

    code: str
    name: str
    rows: tuple[RowDesign, ...]
    width: int

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Column keys from A on. "d" is the unit of measure, "q" how firm a figure is, "g" a gap, "p" the period
        before, "o" official figures for its estimates, "v" what the sheet itself checks."""
        figures = range(1, self.width + 1)
        return (
            "a", "b", "c", "d", *(f"c{i}" for i in figures), "q", "g",
            *(f"p{i}" for i in figures), *(f"o{i}" for i in figures), "v",
        )  # fmt: skip

    @cached_property
    def required_columns(self) -> frozenset[str]:
        return frozenset(("b", "c", "d", "q", *(f"c{i}" for i in range(1, self.width + 1))))


@dataclass(frozen=True)
class Design:
    """A form of one half-year as a workbook."""

    layout: Layout
    sheets: tuple[SheetDesign, ...]

    @cached_property
    def keys(self) -> str:
        """The key layout in canonical JSON: what the integrity code covers beside what the workbook is for."""
        rows = [[sheet.code, [row.key for row in sheet.rows], sheet.columns] for sheet in self.sheets]
        return json.dumps(rows, separators=(",", ":"))

    @cached_property
    def named(self) -> Mapping[tuple[int, int], str]:
        """The address of a figure by the names a fault tells it by: those of its line and column, as objects."""
        return {(id(slot.line.label), id(slot.column.label)): slot.address for slot in self.layout.slots.values()}


def integrity_code(secret: bytes, design: Design, *, edition: str, unit: str) -> str:
    """HMAC-SHA256 (hex) of what the workbook is for and of its keys."""
    form, period = design.layout.form.code, design.layout.period.code
    said = "\n".join((LAYOUT_VERSION, form, edition, unit, period, design.keys))
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()


_DESIGNS: dict[tuple[int, str, Period], tuple[Edition, Design]] = {}


def design(edition: Edition, form: str, period: Period) -> Design:
    """The workbook of a form in a half-year; made once for each edition object."""
    key = (id(edition), form, period)
    held = _DESIGNS.get(key)
    if held is None or held[0] is not edition:
        if len(_DESIGNS) > 256:
            _DESIGNS.clear()
        held = (edition, _design(layout(edition, form, period)))
        _DESIGNS[key] = held
    return held[1]


def _design(shape: Layout) -> Design:
    asked = {block.code for block in shape.blocks}
    parts = [
        (sheet, tuple(_sheet_rows(shape, sheet, asked)))
        for sheet in shape.form.sheets
        if any(block.code in asked for block in sheet.blocks)
    ]
    pages = _pages(parts)
    made = []
    for index, page in enumerate(pages):
        sheets = [sheet for sheet, _rows in page]
        code = "+".join(sheet.code for sheet in sheets)
        rows = (
            *_opening(code, first=index == 0),
            *(row for _sheet, held in page for row in held),
            *(_closing() if index == len(pages) - 1 else ()),
        )
        widths = [len(row.slots) if row.line else len(figure_fields(row.block)) for row in rows if row.block]
        made.append(SheetDesign(code, _page_name(sheets), rows, max([2, *widths])))
    return Design(shape, tuple(made))


_Part = tuple[Sheet, tuple[RowDesign, ...]]


def _pages(parts: Sequence[_Part]) -> list[Sequence[_Part]]:
    """The sheets of a form on as few pages as hold them, in order and as evenly as can be."""
    lengths = [sum(_LINES.get(row.kind, 1.0) for row in rows) for _sheet, rows in parts]
    opening, closing = 9.0, 9.0

    def longest(cuts: tuple[int, ...]) -> float:
        spans = list(pairwise((0, *cuts, len(parts))))
        pages = [sum(lengths[start:end]) + 2 for start, end in spans]
        pages[0] += opening
        pages[-1] += closing
        return max((page for page, (start, end) in zip(pages, spans, strict=True) if end - start > 1), default=0.0)

    for count in range(FEW_PAGES, len(parts)):
        cuts = min(combinations(range(1, len(parts)), count - 1), key=longest)
        if longest(cuts) <= PAGE:
            return [parts[start:end] for start, end in pairwise((0, *cuts, len(parts)))]
    return [[part] for part in parts]


_LINES = {"text": 2.2, "subtitle": 1.4, "note": 1.2}
"""Heights of rows in lines of print, where they are not one."""


def _page_name(sheets: Sequence[Sheet]) -> str:
    """What the tab of a page says: "Biểu 02", or "Biểu 01-03" where it holds several."""
    first, last = sheets[0].number, sheets[-1].number
    if first == last:
        return first
    head, _space, number = last.rpartition(" ")
    return f"{first}-{number}" if head and first.startswith(head + " ") else f"{first}-{last}"


def _opening(code: str, *, first: bool) -> Iterator[RowDesign]:
    yield RowDesign(MARKER + code, "marker")
    yield RowDesign("d:mast1", "mast", index=1)
    if first:
        yield RowDesign("d:mast2", "mast", index=2)
        yield RowDesign("d:title", "title")
        yield RowDesign("d:period", "period")
        yield RowDesign("m:as_of", "as_of")
        yield RowDesign("d:help", "help")


def _closing() -> Iterator[RowDesign]:
    yield RowDesign("d:space", "space")
    yield RowDesign("d:signers", "signers")
    yield RowDesign("d:sign", "sign")
    yield RowDesign("m:names", "names")


def _sheet_rows(shape: Layout, sheet: Sheet, asked: set[str]) -> Iterator[RowDesign]:
    yield RowDesign(f"d:{sheet.code}", "subtitle", sheet)
    blocks = [block for block in sheet.blocks if block.code in asked]
    headed: tuple[str, ...] = ()
    for index, block in enumerate(blocks):
        yield RowDesign(f"s:{block.code}", "block", block=block)
        if block.note:
            yield RowDesign(f"n:{block.code}", "note", block=block)
        if block.fields:
            yield RowDesign(f"h:{block.code}", "head", block=block)
            headed = ()
        elif block.lines and (not headed or block.columns != headed[: len(block.columns)]):
            widest = _widest(blocks[index:])
            headed = widest.columns
            yield RowDesign(f"h:{block.code}", "head", block=widest)
        yield from _block_rows(shape, block)


def _widest(blocks: Sequence[Block]) -> Block:
    """The block whose column heads do for as many of the blocks from the first one on as can be."""
    widest = blocks[0]
    for block in blocks[1:]:
        shorter, longer = sorted((widest, block), key=lambda one: len(one.columns))
        if not block.lines or longer.columns[: len(shorter.columns)] != shorter.columns:
            break
        widest = longer
    return widest


def figure_fields(block: Block) -> tuple[RowField, ...]:
    """The fields of a repeating row that take figures; the other one is its name."""
    return tuple(field for field in block.fields if field.kind != "name")


def _block_rows(shape: Layout, block: Block) -> Iterator[RowDesign]:
    for line in shape.lines(block):
        slots = tuple(shape.slots.get(f"{line.code}:{column}") for column in block.columns)
        yield RowDesign(f"l:{line.code}", "line", block=block, line=line, slots=slots)
    for index in range(1, block.rows + 1):
        yield RowDesign(f"r:{block.code}:r{index:02d}", "row", block=block, index=index)
    if block.rows and figure_fields(block):
        yield RowDesign(f"d:total:{block.code}", "total", block=block)
    for text in block.texts:
        yield RowDesign(f"t:{text.code}", "text", block=block, text=text)


def places_of(row: RowDesign) -> Iterator[Place]:
    """The cells of a row that may be filled."""
    if row.kind == "as_of":
        yield Place(row.key, "d", "as_of", "as_of")
    elif row.kind == "names":
        yield Place(row.key, "b", "signer", "prepared_by")
        yield Place(row.key, "d", "signer", "approved_by")
    elif row.kind == "block" and row.block and statements_allowed(row.block):
        yield Place(row.key, "c1", "statement", row.block.code)
    elif row.kind == "text" and row.text:
        yield Place(row.key, "d", "text", row.text.code)
    elif row.kind == "line":
        yield Place(row.key, "q", "qualifier", row.key)
        for index, slot in enumerate(row.slots, 1):
            if slot is not None:
                yield Place(row.key, f"c{index}", "figure", slot.address, number=number_of(slot))
                yield Place(row.key, f"o{index}", "restated", slot.address, number=number_of(slot))
    elif row.kind == "row" and row.block:
        yield Place(row.key, "c", "row_name", row.block.code)
        yield Place(row.key, "q", "qualifier", row.key)
        for index, field in enumerate(figure_fields(row.block), 1):
            number: Number = "yes_no" if field.kind == "yes_no" else "count"
            yield Place(row.key, f"c{index}", "row_figure", row.block.code, field.code, number)


def number_of(slot: Slot) -> Number:
    """What a slot takes; a decimal measured in per cent is a percentage."""
    if slot.line.answer == "decimal" and slot.element.measure == "percent":
        return "percent"
    return slot.line.answer


def block_columns(shape: Layout, block: Block) -> tuple[Column, ...]:
    return tuple(shape.form.column(code) for code in block.columns)
