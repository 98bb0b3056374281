"""A return cell by cell, as texts: what a person typed, whether or not it can be read yet.

Cells are named by what they are: `figure/members:women`, `official/members:women` (in place of an estimate of the
period before), `say/council` (a statement), `row/agencies/r03/staff`, `text/highlight`, `why/<fault>` (the sentence
that explains a warning), `proof/<block>/<hash>` (a document), `as_of`, `prepared_by`, `approved_by`. An empty cell is
not there. Each has its place in the workbook too ("Biểu 01!D14"), so that a page and a workbook that say the same are
the same return.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import Block, RowField
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import STATEMENTS, Content, Figure, Layout, Row, Statement, check, layout
from tienbo.core.faults import Fault, Level
from tienbo.core.periods import Period
from tienbo.core.words import clean, day_of, day_words, nfc
from tienbo.papers.workbook.blanks import gathered
from tienbo.papers.workbook.cells import wrong
from tienbo.papers.workbook.design import design, number_of, places_of
from tienbo.papers.workbook.numbers import NotANumber, Number, TwoReadings, number_spelled
from tienbo.papers.workbook.plan import cell_name

Cells = Mapping[str, str]

LONGEST = 8_000
"""Letters of one cell: two pages of a text."""
ROWS = 60
"""Repeating rows of one block, which a page may have more of than a sheet prints."""

_ROW = re.compile(r"row/(?P<block>[a-z0-9_.]+)/(?P<row>r[0-9]{2})/(?P<field>[a-z0-9_.]+)")
_PROOF = re.compile(r"proof/(?P<block>[a-z0-9_.]+)/(?P<mark>[0-9a-f]{16})")
_WHY = re.compile(r"why/[a-z_.]+@[^/]{0,80}")
_ALONE = ("as_of", "prepared_by", "approved_by")


def canonical(cells: Cells) -> str:
    """One text for one set of cells, the same that a browser makes."""
    return json.dumps(
        {name: text for name, text in sorted(cells.items()) if text}, ensure_ascii=False, separators=(",", ":")
    )


def cells_hash(cells: Cells) -> str:
    return hashlib.sha256(canonical(cells).encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------------------------------------- what there is


@dataclass(frozen=True)
class Sheets:
    """The cells of a form in a half-year, and where each stands in its workbook."""

    layout: Layout
    numbers: Mapping[str, Number]
    """Cell → what it takes, of the cells that take a number; of repeating rows, `row/<block>//<field>`."""
    places: Mapping[str, str]

    def number(self, cell: str) -> Number | None:
        found = _ROW.fullmatch(cell)
        return self.numbers.get(f"row/{found['block']}//{found['field']}" if found else cell)

    def knows(self, cell: str) -> bool:
        """Whether the form has such a cell."""
        kind, _slash, rest = cell.partition("/")
        if found := _ROW.fullmatch(cell):
            names = {f"row/{block.code}//{field.code}" for block in self.layout.blocks for field in block.fields}
            return f"row/{found['block']}//{found['field']}" in names and 0 < int(found["row"][1:]) <= ROWS
        if found := _PROOF.fullmatch(cell):
            return any(block.code == found["block"] for block in self.layout.blocks)
        if kind in ("figure", "official"):
            return rest in self.layout.slots
        if kind == "say":
            return any(block.code == rest for block in self.layout.blocks)
        if kind == "text":
            return rest in self.layout.texts
        return cell in _ALONE or _WHY.fullmatch(cell) is not None

    def place(self, cell: str) -> str:
        return self.places.get(cell, cell)


_SHEETS: dict[tuple[int, str, Period], tuple[Edition, Sheets]] = {}


def sheets(edition: Edition, form: str, period: Period) -> Sheets:
    """Made once for each edition object."""
    key = (id(edition), form, period)
    held = _SHEETS.get(key)
    if held is None or held[0] is not edition:
        held = _SHEETS[key] = (edition, _sheets(edition, form, period))
    return held[1]


def _sheets(edition: Edition, form: str, period: Period) -> Sheets:
    shape = layout(edition, form, period)
    numbers: dict[str, Number] = {}
    for address, slot in shape.slots.items():
        numbers[f"figure/{address}"] = numbers[f"official/{address}"] = number_of(slot)
    for block in shape.blocks:
        for field in block.fields:
            if field.kind != "name":
                numbers[f"row/{block.code}//{field.code}"] = _row_number(field)
    return Sheets(shape, numbers, dict(_places(edition, form, period)))


def _row_number(field: RowField) -> Number:
    return "yes_no" if field.kind == "yes_no" else "count"


def _places(edition: Edition, form: str, period: Period) -> Iterator[tuple[str, str]]:
    for sheet in design(edition, form, period).sheets:
        for index, row in enumerate(sheet.rows):
            for at in places_of(row):
                place = f"{sheet.name}!{cell_name(index, sheet.columns.index(at.column))}"
                if at.what in ("figure", "text"):
                    yield f"{at.what}/{at.code}", place
                elif at.what == "restated":
                    yield f"official/{at.code}", place
                elif at.what == "statement":
                    yield f"say/{at.code}", place
                elif at.what in ("as_of", "signer"):
                    yield at.code, place
                elif at.what == "row_name":
                    yield f"row/{at.code}/r{row.index:02d}/name", place
                elif at.what == "row_figure":
                    yield f"row/{at.code}/r{row.index:02d}/{at.part}", place


# ---------------------------------------------------------------------------------------------- one cell


def tidy(text: str, number: Number | None) -> str:
    """The one spelling of what a cell says: a figure that can be read in one way as plain digits with what stands
    before it ("ước 1234", "trên 12,5"), anything else as it was typed."""
    if number is None:
        return nfc(text).replace("\r\n", "\n").strip()
    plain = clean(text)
    if not plain:
        return ""
    try:
        value, qualifier = number_spelled(plain, number)
    except (NotANumber, TwoReadings):
        return plain
    return _BEFORE[qualifier or "exact"] + digits(value)


_BEFORE = {"exact": "", "estimate": "ước ", "at_least": "trên "}


def digits(value: Decimal) -> str:
    """A number in plain digits with a comma, written so that it is read in one way only."""
    text = f"{value.normalize():f}" if value else "0"
    whole, _dot, rest = text.partition(".")
    if not rest:
        return whole
    return f"{whole},{rest}0" if len(rest) == 3 else f"{whole},{rest}"


def cells_of(content: Content) -> dict[str, str]:
    """The cells that say what a content says."""
    cells = {f"figure/{address}": _figure_out(figure) for address, figure in content.figures.items()}
    cells |= {f"official/{address}": _figure_out(figure) for address, figure in content.restated.items()}
    cells |= {f"say/{block}": statement for block, statement in content.statements.items()}
    cells |= {f"text/{code}": tidy(text, None) for code, text in content.texts.items()}
    cells |= {f"why/{what}": text for what, text in content.explained.items()}
    for block, rows in content.rows.items():
        for row in rows:
            cells |= {f"row/{block}/{row.key}/{code}": _figure_out(figure) for code, figure in row.figures.items()}
            cells[f"row/{block}/{row.key}/name"] = row.name
    cells["as_of"] = day_words(content.as_of)
    cells["prepared_by"], cells["approved_by"] = content.prepared_by, content.approved_by
    return {cell: text for cell, text in cells.items() if text}


def _figure_out(figure: Figure) -> str:
    return _BEFORE[figure.qualifier] + digits(figure.value)


# ---------------------------------------------------------------------------------------------- all of them


@dataclass(frozen=True)
class Read:
    """Cells as a return, with every fault, and the cell each fault is about where it is about one."""

    content: Content
    faults: tuple[Fault, ...]
    cells: Mapping[str, str]
    """Place → cell."""

    def cell(self, fault: Fault) -> str:
        return self.cells.get(fault.place, "")


def why(fault: Fault) -> str:
    """The cell for the sentence that explains a warning."""
    return f"why/{fault.code}@{fault.place}"


def cells_read(cells: Cells, *, edition: Edition, form: str, unit: str, period: Period) -> Read:
    """The return that cells say, checked as a workbook is: unreadable cells are faults and are left out of it."""
    known = sheets(edition, form, period)
    made = _Reading(known, cells)
    figures = {address: figure for address in known.layout.slots if (figure := made.figure(f"figure/{address}"))}
    official = {address: figure for address in known.layout.slots if (figure := made.figure(f"official/{address}"))}
    content = Content(
        form=form,
        edition=fingerprint(edition),
        unit=unit,
        period=period,
        figures=figures,
        statements=dict(made.statements()),
        rows={
            block.code: rows for block in known.layout.blocks if block.fields and (rows := list(made.rows(block.code)))
        },
        texts={code: text for code in known.layout.texts if (text := cells.get(f"text/{code}"))},
        restated=official,
        as_of=made.day("as_of"),
        prepared_by=cells.get("prepared_by", ""),
        approved_by=cells.get("approved_by", ""),
    )
    unreadable = {fault.place for fault in made.faults}
    faults = [*made.faults, *_placed(check(edition, content), known, unreadable)]
    faults = gathered([*faults, *_official(known, official)])
    explained = {
        cell.removeprefix("why/"): text
        for fault in faults
        if fault.level is Level.WARNING and (text := cells.get(cell := why(fault)))
    }
    where = {known.place(cell): cell for cell in _named(known, cells)}
    return Read(replace(content, explained=explained), tuple(faults), where)


def _named(known: Sheets, cells: Cells) -> Iterable[str]:
    rows = (cell for cell in cells if cell.startswith("row/"))
    return (*known.places, *rows)


class _Reading:
    def __init__(self, known: Sheets, cells: Cells) -> None:
        self.known, self.cells = known, cells
        self.faults: list[Fault] = []

    def figure(self, cell: str) -> Figure | None:
        text = clean(self.cells.get(cell, ""))
        number = self.known.number(cell)
        if not text or number is None:
            return None
        place = self.known.place(cell)
        try:
            value, qualifier = number_spelled(text, number)
        except TwoReadings as both:
            first, second = both.readings
            fields = {"label": self._label(cell), "text": text[:60], "first": first, "second": second}
            self.faults.append(Fault("workbook.number_ambiguous", place, fields))
        except NotANumber:
            code = "workbook.not_yes_or_no" if number == "yes_no" else "workbook.not_a_number"
            self.faults.append(Fault(code, place, {"label": self._label(cell), "text": text[:60]}))
        else:
            code = wrong(value, number)
            if not code:
                return Figure(value, qualifier or "exact", place)
            self.faults.append(Fault(code, place, {"label": self._label(cell), "text": text[:60]}))
        return None

    def rows(self, block: str) -> Iterator[Row]:
        shape = self.known.layout.block(block)
        found = (_ROW.fullmatch(cell) for cell in self.cells if cell.startswith(f"row/{block}/"))
        for key in sorted({match["row"] for match in found if match}):
            at = f"row/{block}/{key}/"
            figures = {
                field.code: figure
                for field in shape.fields
                if field.kind != "name" and (figure := self.figure(at + field.code))
            }
            name = clean(self.cells.get(f"{at}name", ""))
            if figures:
                yield Row(key, name, figures, self.known.place(f"{at}name"))
            elif name and not any(self.cells.get(at + field.code) for field in shape.fields if field.kind != "name"):
                place = self.known.place(f"{at}name")
                if not self.cells.get(f"say/{block}"):
                    self.faults.append(Fault("workbook.row_without_figures", place, {"name": name}, Level.WARNING))

    def statements(self) -> Iterator[tuple[str, Statement]]:
        for block in self.known.layout.blocks:
            said = self.cells.get(f"say/{block.code}")
            yield from ((block.code, one) for one in STATEMENTS if one == said)

    def day(self, cell: str) -> date | None:
        text = self.cells.get(cell, "")
        day = day_of(text) if text else None
        if text and day is None:
            self.faults.append(Fault("workbook.not_a_date", self.known.place(cell), {"text": text[:60]}))
        return day

    def _label(self, cell: str) -> object:
        if found := _ROW.fullmatch(cell):
            block = self.known.layout.block(found["block"])
            return next(field.label for field in block.fields if field.code == found["field"])
        return self.known.layout.slots[cell.partition("/")[2]].line.label


def _placed(faults: Iterable[Fault], known: Sheets, unreadable: set[str]) -> Iterator[Fault]:
    """What the check found, at the cell it is about also where that cell is empty; a cell that could not be read is not
    called empty as well."""
    shape = known.layout
    slots = {(id(slot.line.label), id(slot.column.label)): address for address, slot in shape.slots.items()}
    blocks = {id(block.title): block for block in shape.blocks}
    for fault in faults:
        cell = ""
        if fault.code == "return.not_filled_in":
            label, column, block = (fault.fields[name] for name in ("label", "column", "block"))
            address = slots.get((id(label), id(column)))
            cell = f"figure/{address}" if address else _row_cell(known, blocks.get(id(block)), fault.place, column)
        elif fault.code in ("return.figures_beside_statement", "return.statement_not_allowed"):
            found = blocks.get(id(fault.fields["block"]))
            cell = f"say/{found.code}" if found else ""
        elif fault.code in ("return.cut_off_outside_period", "return.estimate_needs_cut_off"):
            cell = "as_of"
        place = known.place(cell) if cell else fault.place
        if fault.code != "return.not_filled_in" or place not in unreadable:
            yield replace(fault, place=place)


def _row_cell(known: Sheets, block: Block | None, place: str, column: object) -> str:
    """The cell of a repeating row under a column, from the place of the row's name."""
    if block is None:
        return ""
    field = next((field.code for field in block.fields if field.label is column), "name")
    rows = (f"r{index:02d}" for index in range(1, ROWS + 1))
    row = next((row for row in rows if known.place(f"row/{block.code}/{row}/name") == place), None)
    return f"row/{block.code}/{row}/{field}" if row else ""


def _official(known: Sheets, official: Mapping[str, Figure]) -> Iterator[Fault]:
    """The faults of official figures that can be seen without the return they go to."""
    for address, figure in official.items():
        slot = known.layout.slots[address]
        fields = {"label": slot.line.label, "column": slot.column.label, "value": figure.value}
        if figure.value < 0:
            yield Fault("return.negative", figure.cell, fields)
        elif slot.line.answer != "decimal" and figure.value != figure.value.to_integral_value():
            yield Fault("return.not_whole", figure.cell, fields)
