"""Where everything stands in one sheet as it came back: found by its keys, remembered for the next workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from tienbo.core.faults import Fault
from tienbo.papers.workbook.design import MARKER, Place, RowDesign, SheetDesign, What, places_of
from tienbo.papers.workbook.marks import Merged
from tienbo.papers.workbook.numbers import Number

Grid = Sequence[Sequence[Any]]
_SEARCHED = 12
"""Rows and columns in which a sheet's first key is looked for: people insert one or two, not dozens."""


FEW = 2
"""Fewer lines are read one by one."""


class Spot(NamedTuple):
    """A cell to read: where it is, what it means, and what to call it."""

    row: int
    column: int
    place: str
    """ "Biểu 02!D14" """
    code: str
    number: Number = "count"
    label: object = ""


class FigureRow(NamedTuple):
    """The figures of a line or of a repeating row, with the cell that says how firm they are."""

    row: int
    qualifier: Spot
    figures: tuple[Spot, ...]
    block: str = ""
    key: str = ""
    name: Spot | None = None


class Picked(NamedTuple):
    """The figures of the lines of a sheet that ask for numbers, to be taken in one go from its cells laid end to
    end."""

    values: Callable[[Sequence[Any]], tuple[Any, ...]]
    words: Callable[[Sequence[Any]], tuple[Any, ...]]
    """What stands beside the lines of how firm they are."""
    addresses: tuple[str, ...]
    places: tuple[str, ...]
    others: tuple[FigureRow, ...]
    """The lines with an answer of yes or no."""


@dataclass(slots=True)
class Plan:
    """One sheet's cells by what they are; `faults` are what is wrong with its keys."""

    lines: list[FigureRow] = field(default_factory=list)
    picked: Picked | None = None
    """The same to be read at once; None where there are too few."""
    rows: list[FigureRow] = field(default_factory=list)
    restated: list[Spot] = field(default_factory=list)
    statements: list[Spot] = field(default_factory=list)
    texts: list[Spot] = field(default_factory=list)
    signers: list[Spot] = field(default_factory=list)
    as_of: Spot | None = None
    blocked: list[Spot] = field(default_factory=list)
    """Cells inside the form that take nothing."""
    strays: list[Spot] = field(default_factory=list)
    """Cells of rows and columns somebody inserted."""
    end: int = 0
    figured: list[int] = field(default_factory=list)
    """The column after the form's last, and the rows of figures: what stands there beyond it is not read."""
    faults: list[Fault] = field(default_factory=list)
    inputs: dict[tuple[int, int], Spot] = field(default_factory=dict)
    places: dict[tuple[What, str], str] = field(default_factory=dict)
    """Where a figure, a statement or the day is entered, by its address, block or name."""
    _merged: dict[tuple[Merged, ...], list[Fault]] = field(default_factory=dict)

    def merged_faults(self, sheet: str, merged: Sequence[Merged]) -> list[Fault]:
        """A fault for each merged range that swallowed cells to fill; remembered, as merged ranges seldom change."""
        key = tuple(merged)
        if key not in self._merged:
            if len(self._merged) > 64:
                self._merged.clear()
            self._merged[key] = list(self._swallowing(sheet, merged))
        return self._merged[key]

    def _swallowing(self, sheet: str, merged: Sequence[Merged]) -> Iterator[Fault]:
        for (top, left), (bottom, right) in merged:
            inside = [cell for cell in self.inputs if top <= cell[0] <= bottom and left <= cell[1] <= right]
            if len(inside) > 1:
                said = f"{cell_name(top, left)}:{cell_name(bottom, right)}"
                yield Fault("workbook.merged_cells", f"{sheet}!{cell_name(top, left)}", {"range": said})


class Signature(NamedTuple):
    """What a plan depends on: the sheet's name and its keys as they stand."""

    sheet: str
    key_row: int
    key_column: int
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]


def signature(name: str, grid: Grid) -> Signature | None:
    """The signature of a sheet of ours, None for another sheet."""
    first = grid[0][0] if grid and grid[0] else ""
    if first.__class__ is str and first.startswith(MARKER):
        return Signature(name, 0, 0, tuple([row[0] for row in grid]), tuple(grid[0]))
    for row, cells in enumerate(grid[:_SEARCHED]):
        for column, value in enumerate(cells[:_SEARCHED]):
            if isinstance(value, str) and value.startswith(MARKER):
                return Signature(name, row, column, tuple([cells[column] for cells in grid]), tuple(cells))
    return None


def cell_name(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def plan(sheet: SheetDesign, seen: Signature) -> Plan:
    """Find every cell of a sheet by its keys."""
    made = Plan()
    rows = _keyed_rows(sheet, seen, made.faults)
    columns = _keyed_columns(sheet, seen, made.faults)
    if made.faults:
        return made
    for row in sheet.rows:
        if row.key in rows:
            _plan_row(made, row, rows[row.key], columns, seen.sheet)
    made.strays = list(_strays(sheet, rows, columns, seen.sheet))
    made.end = max(columns.values()) + 1
    made.figured = sorted(rows[row.key] for row in sheet.rows if row.key in rows and row.kind in ("line", "row"))
    made.picked = _picked(made.lines, len(seen.columns))
    return made


def _picked(lines: Sequence[FigureRow], width: int) -> Picked | None:
    plain = [line for line in lines if all(spot.number != "yes_no" for spot in line.figures)]
    spots = [spot for line in plain for spot in line.figures]
    if min(len(plain), len(spots)) < FEW:
        return None
    return Picked(
        itemgetter(*(spot.row * width + spot.column for spot in spots)),
        itemgetter(*(line.row * width + line.qualifier.column for line in plain)),
        tuple(spot.code for spot in spots),
        tuple(spot.place for spot in spots),
        tuple(line for line in lines if line not in plain),
    )


def _keyed_rows(sheet: SheetDesign, seen: Signature, faults: list[Fault]) -> dict[str, int]:
    known = {row.key: row for row in sheet.rows}
    rows: dict[str, int] = {}
    for index, key in enumerate(seen.rows):
        if key == "":
            continue
        place = f"{seen.sheet}!{cell_name(index, seen.key_column)}"
        if key not in known:
            faults.append(Fault("workbook.unknown_key", place, {"key": str(key)[:40]}))
        elif key in rows and not _is_decoration(key):
            faults.append(Fault("workbook.row_twice", place, {"label": _row_label(known[key])}))
        else:
            rows.setdefault(key, index)
    for key, row in known.items():
        if key not in rows and not _is_decoration(key):
            faults.append(Fault("workbook.row_missing", seen.sheet, {"label": _row_label(row)}))
    return rows


def _is_decoration(key: str) -> bool:
    """Headings and notes: nothing is read from them, so nobody minds when they are gone."""
    return key.startswith(("d:", "h:", "n:"))


def _row_label(row: RowDesign) -> object:
    if row.line:
        return row.line.label
    if row.text:
        return row.text.label
    return row.block.title if row.block else row.key


def _keyed_columns(sheet: SheetDesign, seen: Signature, faults: list[Fault]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, key in enumerate(seen.columns):
        if key == "" or index == seen.key_column:
            continue
        place = f"{seen.sheet}!{cell_name(seen.key_row, index)}"
        if key not in sheet.columns:
            faults.append(Fault("workbook.unknown_key", place, {"key": str(key)[:40]}))
        elif key in columns:
            faults.append(Fault("workbook.column_twice", place))
        else:
            columns[key] = index
    if sheet.required_columns - columns.keys():
        faults.append(Fault("workbook.column_missing", seen.sheet))
    return columns


def _plan_row(made: Plan, row: RowDesign, index: int, columns: Mapping[str, int], sheet: str) -> None:
    by_what: dict[str, list[Spot]] = {}
    for at in places_of(row):
        if at.column in columns:
            spot = _spot(at, index, columns[at.column], sheet, _place_label(row, at))
            made.inputs[index, spot.column] = spot
            made.places.setdefault((at.what, at.code), spot.place)
            by_what.setdefault(at.what, []).append(spot)
    made.restated += by_what.get("restated", [])
    made.statements += by_what.get("statement", [])
    made.texts += by_what.get("text", [])
    made.signers += by_what.get("signer", [])
    made.as_of = next(iter(by_what.get("as_of", [])), made.as_of)
    if "qualifier" not in by_what:
        return
    qualifier = by_what["qualifier"][0]
    figures = tuple(by_what.get("figure", by_what.get("row_figure", [])))
    if row.block and row.kind == "row":
        name = by_what["row_name"][0]
        made.rows.append(FigureRow(index, qualifier, figures, row.block.code, f"r{row.index:02d}", name))
    else:
        made.lines.append(FigureRow(index, qualifier, figures))
    taken = {spot.column for spot in figures}
    for key, column in columns.items():
        if key[0] == "c" and key[1:] and column not in taken:
            made.blocked.append(Spot(index, column, f"{sheet}!{cell_name(index, column)}", row.key))


def _spot(at: Place, row: int, column: int, sheet: str, label: object) -> Spot:
    return Spot(row, column, f"{sheet}!{cell_name(row, column)}", at.part or at.code, at.number, label)


def _place_label(row: RowDesign, at: Place) -> object:
    if at.what == "row_figure" and row.block:
        return next(field.label for field in row.block.fields if field.code == at.part)
    return _row_label(row)


def _strays(sheet: SheetDesign, rows: Mapping[str, int], columns: Mapping[str, int], name: str) -> Iterator[Spot]:
    """Cells between the form's own that no key reaches: whatever stands there would be lost."""
    across = [columns[key] for key in sheet.required_columns]
    span = range(min(across), max(across) + 1)
    held, keyed = set(rows.values()), set(columns.values())
    for row in range(min(held), max(held) + 1):
        if row not in held:
            yield from (Spot(row, column, f"{name}!{cell_name(row, column)}", "") for column in span)
    inserted = [column for column in span if column not in keyed]
    for design in sheet.rows:
        if design.kind in ("block", "line", "row", "text") and inserted:
            row = rows[design.key]
            yield from (Spot(row, column, f"{name}!{cell_name(row, column)}", "") for column in inserted)
