"""Which row and column of which sheet holds what: the keys that writer and reader share.

Every row has a key in the hidden column A and every column one in the hidden first row, so that a sheet may be
renamed, moved, and given further rows or columns. An integrity code over the keys and what the workbook is for
(HMAC-SHA256) tells a workbook of ours from one that was altered or made elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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

What = Literal["figure", "qualifier", "statement", "text", "as_of", "signer", "row_name", "row_figure", "restated"]
RowKind = Literal[
    "marker", "mast", "title", "subtitle", "period", "as_of", "help", "block", "head", "note", "line", "row", "text",
    "space", "signers", "sign", "names",
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
    """One row of a sheet. `slots` stand under the block's columns, None where a line is not asked."""

    key: str
    kind: RowKind
    block: Block | None = None
    line: Line | None = None
    slots: tuple[Slot | None, ...] = ()
    text: TextLine | None = None
    index: int = 0


@dataclass(frozen=True)
class SheetDesign:
    """A sheet: its rows in order and how many columns of figures it has."""

    code: str
    number: str
    sheet: Sheet
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
    kept = [sheet for sheet in shape.form.sheets if any(block.code in asked for block in sheet.blocks)]
    sheets = []
    for sheet in kept:
        rows = tuple(_rows(shape, sheet, asked, first=sheet is kept[0], last=sheet is kept[-1]))
        widths = [len(row.slots) if row.line else len(figure_fields(row.block)) for row in rows if row.block]
        sheets.append(SheetDesign(sheet.code, sheet.number, sheet, rows, max([2, *widths])))
    return Design(shape, tuple(sheets))


def figure_fields(block: Block) -> tuple[RowField, ...]:
    """The fields of a repeating row that take figures; the other one is its name."""
    return tuple(field for field in block.fields if field.kind != "name")


def _rows(shape: Layout, sheet: Sheet, asked: set[str], *, first: bool, last: bool) -> Iterator[RowDesign]:
    yield RowDesign(MARKER + sheet.code, "marker")
    yield RowDesign("d:mast1", "mast", index=1)
    yield RowDesign("d:mast2", "mast", index=2)
    if first:
        yield RowDesign("d:title", "title")
    yield RowDesign("d:subtitle", "subtitle")
    yield RowDesign("d:period", "period")
    if first:
        yield RowDesign("m:as_of", "as_of")
        yield RowDesign("d:help", "help")
    headed: tuple[str, ...] = ()
    for block in sheet.blocks:
        if block.code not in asked:
            continue
        yield RowDesign(f"s:{block.code}", "block", block)
        if block.note:
            yield RowDesign(f"n:{block.code}", "note", block)
        if block.fields or (block.lines and block.columns != headed):
            yield RowDesign(f"h:{block.code}", "head", block)
        headed = () if block.fields else block.columns if block.lines else headed
        yield from _block_rows(shape, block)
    if last:
        yield RowDesign("d:space", "space")
        yield RowDesign("d:signers", "signers")
        yield RowDesign("d:sign", "sign")
        yield RowDesign("m:names", "names")


def _block_rows(shape: Layout, block: Block) -> Iterator[RowDesign]:
    for line in shape.lines(block):
        slots = tuple(shape.slots.get(f"{line.code}:{column}") for column in block.columns)
        yield RowDesign(f"l:{line.code}", "line", block, line, slots)
    for index in range(1, block.rows + 1):
        yield RowDesign(f"r:{block.code}:r{index:02d}", "row", block, index=index)
    for text in block.texts:
        yield RowDesign(f"t:{text.code}", "text", block, text=text)


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
