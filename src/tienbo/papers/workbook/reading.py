"""A workbook that came back: opened safely, found by its keys, read cell by cell, checked; every fault at once."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain, compress, repeat
from operator import ne
from typing import Any

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, Layout, Qualifier, Row, Statement, check
from tienbo.core.faults import Fault, Level
from tienbo.core.periods import Period
from tienbo.core.words import clean, day_of, fold
from tienbo.papers.workbook import faults as _worded  # noqa: F401 - the sentences of the codes used here
from tienbo.papers.workbook.cells import line_of, pairs, text_of, wrong
from tienbo.papers.workbook.design import (
    LAYOUT_VERSION,
    META_MARKER,
    Design,
    SheetDesign,
    design,
    integrity_code,
)
from tienbo.papers.workbook.marks import Marks
from tienbo.papers.workbook.numbers import NotANumber, TwoReadings, number_spelled, number_stored
from tienbo.papers.workbook.opening import OpenedSheet, sheets_opened
from tienbo.papers.workbook.plan import FigureRow, Picked, Plan, Signature, Spot, cell_name, plan, signature
from tienbo.papers.workbook.safety import Unsafe
from tienbo.papers.workbook.vocabulary import QUALIFIERS_READ, STATEMENTS_READ

_WHOLE = {float(number): Decimal(number) for number in range(10_000)}
_WHOLE_OR_BLANK: dict[Any, Decimal] = {"": Decimal("NaN"), **_WHOLE}
_NUMBER_OR_BLANK = {float, str}
_MAKE: Callable[[tuple[Decimal, str, str]], Figure] = partial(tuple.__new__, Figure)
_QUALIFIERS_AS_WRITTEN: dict[str, Qualifier] = {"": "exact", "ước": "estimate", "trên": "at_least"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a workbook says, and what is wrong with it. `content` is None where it could not be told what the
    figures belong to; with errors among the faults it must not go further, but can be shown."""

    content: Content | None
    faults: list[Fault]


def workbook_read(
    data: bytes,
    *,
    name: str,
    editions: Callable[[str], Edition | None],
    seal: bytes,
    period: Period | None = None,
    unit: str | None = None,
    unit_name: str = "",
    checked: bool = True,
) -> Reading:
    """Read a workbook of a form (xlsx, xls, ods). `name` is only what faults of the whole file are placed at.

    `editions` finds an edition by its fingerprint; `seal` is the secret the workbook was written with. `period`
    and `unit` (a key; `unit_name` for the sentence) are what is expected, where something is. With `checked`,
    the faults of `returns.check` come along. Never raises for what a file may hold.
    """
    try:
        sheets = sheets_opened(data)
    except Unsafe as unsafe:
        return Reading(None, [unsafe.fault(name)])
    return _Workbook(sheets, name, seal, checked).read(editions, period, unit, unit_name)


@lru_cache(maxsize=512)
def _plan(_design: int, sheet: int, seen: Signature) -> Plan:
    return plan(_SHEETS[sheet], seen)


_SHEETS: dict[int, SheetDesign] = {}


def _planned(sheet: SheetDesign, seen: Signature) -> Plan:
    _SHEETS[id(sheet)] = sheet  # held, so that the id stays this sheet's
    return _plan(0, id(sheet), seen)


@dataclass(slots=True)
class _Said:
    """What has been read so far."""

    figures: dict[str, Figure] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    restated: dict[str, Figure] = field(default_factory=dict)
    signers: dict[str, str] = field(default_factory=dict)
    as_of: date | None = None


class _Workbook:
    """One workbook being read."""

    def __init__(self, sheets: list[OpenedSheet], name: str, seal: bytes, checked: bool) -> None:
        self.sheets, self.name, self.seal, self.checked = sheets, name, seal, checked
        self.faults: list[Fault] = []
        self.planned: list[Plan] = []
        self.unreadable: list[Spot] = []
        """Cells with a fault of their own, which need not be called empty as well."""
        self.said = _Said()
        self.grid: list[list[Any]] = []
        self.layout: Layout

    # --------------------------------------------------------------------------------------- what it is for

    def read(
        self, editions: Callable[[str], Edition | None], period: Period | None, unit: str | None, unit_name: str
    ) -> Reading:
        meta = self._meta()
        if not meta:
            return self._refused("workbook.not_ours")
        if meta.get("layout") != LAYOUT_VERSION:
            return self._refused("workbook.older_layout")
        edition = editions(meta.get("edition", ""))
        if edition is None:
            return self._refused("workbook.unknown_edition")
        made = self._sealed(edition, meta)
        if made is None:
            return self._refused("workbook.seal_broken")
        self.layout = made.layout
        if unit is not None and unit != meta["unit"]:
            got = meta.get("unit_name") or meta["unit"]
            self._fault("workbook.other_unit", self.name, got=got, expected=unit_name or unit)
        if period is not None and period != made.layout.period:
            self._fault("workbook.other_period", self.name, got=made.layout.period.code, expected=period.code)
        whole = self._read_sheets(made)
        content = self._content(meta) if whole else None
        if content is not None and self.checked:
            self.faults += self._checked(check(edition, content), made)
        return Reading(content, self.faults)

    def _refused(self, code: str) -> Reading:
        return Reading(None, [Fault(code, self.name)])

    def _fault(self, code: str, place: str, **fields: object) -> None:
        self.faults.append(Fault(code, place, fields))

    def _meta(self) -> dict[str, str]:
        for sheet in reversed(self.sheets):
            for row in sheet.grid[:3]:
                if any(isinstance(value, str) and value.startswith(META_MARKER) for value in row):
                    return pairs(sheet.grid)
        return {}

    def _sealed(self, edition: Edition, meta: dict[str, str]) -> Design | None:
        """The design the workbook was written with, None where its integrity code does not fit."""
        form, period = meta.get("form", ""), meta.get("period", "")
        if form not in edition.forms or not re.fullmatch(r"\d{4}-H[12]", period):
            return None
        made = design(edition, form, Period.parse(period))
        code = integrity_code(self.seal, made, edition=meta["edition"], unit=meta.get("unit", ""))
        return made if hmac.compare_digest(code.encode(), meta.get("code", "").encode()) else None

    # -------------------------------------------------------------------------------------------- the sheets

    def _read_sheets(self, made: Design) -> bool:
        """Read every sheet; whether all of them were there and whole."""
        found: dict[str, tuple[OpenedSheet, Signature]] = {}
        whole = True
        for sheet in self.sheets:
            seen = signature(sheet.name, sheet.grid)
            if seen is None:
                continue
            key = str(seen.rows[seen.key_row])
            if key in found:
                whole = False
                self._fault("workbook.sheet_twice", sheet.name, first=found[key][0].name)
            else:
                found[key] = (sheet, seen)
        for designed in made.sheets:
            held = found.pop(designed.rows[0].key, None)
            if held is None:
                whole = False
                self._fault("workbook.sheet_missing", self.name, sheet=designed.name)
                continue
            sheet, seen = held
            planned = _planned(designed, seen)
            if planned.faults:
                whole = False
                self.faults += planned.faults
                continue
            self._read_sheet(sheet, planned)
        for key, (sheet, seen) in found.items():
            whole = False
            place = f"{sheet.name}!{cell_name(seen.key_row, seen.key_column)}"
            self._fault("workbook.unknown_key", place, key=key[:40])
        return whole

    def _read_sheet(self, sheet: OpenedSheet, planned: Plan) -> None:
        self.grid = sheet.grid
        self.planned.append(planned)
        if sheet.merged:
            self.faults += planned.merged_faults(sheet.name, sheet.merged)
        if sheet.marks:
            self._apply(sheet.marks, planned)
        for spot in planned.statements:
            self._read_statement(spot)
        at_once = planned.picked is not None and self._read_at_once(planned.picked)
        self._read_lines(planned.picked.others if planned.picked and at_once else planned.lines)
        for row in planned.rows:
            self._read_row(row)
        for spot in planned.texts:
            text = text_of(self._at(spot))
            if text:
                self.said.texts[spot.code] = text
        for spot in planned.signers:
            self.said.signers[spot.code] = clean(text_of(self._at(spot)))
        if planned.as_of:
            self._read_as_of(planned.as_of)
        self._read_restated(planned.restated)
        for code, spots in (("workbook.not_asked_here", planned.blocked), ("workbook.outside_form", planned.strays)):
            for spot in spots:
                value = self._at(spot)
                if value != "" and clean(text_of(value)):
                    self._fault(code, spot.place, text=text_of(value)[:60])

        if len(self.grid[0]) > planned.end:
            self._tell_beside(sheet.name, planned)

    def _tell_beside(self, name: str, planned: Plan) -> None:
        """What somebody wrote to the right of the form is not read, which is told, at the first of it."""
        for row in planned.figured:
            for column, value in enumerate(self.grid[row][planned.end :], planned.end):
                if value != "" and (text := clean(text_of(value))):
                    place = f"{name}!{cell_name(row, column)}"
                    self.faults.append(Fault("workbook.beside_form", place, {"text": text[:60]}, Level.WARNING))
                    return

    def _at(self, spot: Spot) -> Any:
        return self.grid[spot.row][spot.column]

    def _apply(self, marks: Marks, planned: Plan) -> None:
        """Take what the parser hid: faulty cells are blanked after their fault, percentages become what is seen."""
        for code, cells in (
            ("workbook.error_cell", marks.errors),
            ("workbook.formula_without_value", marks.uncalculated),
        ):
            for cell in sorted(cells):
                spot = planned.inputs.get(cell)
                if spot is not None:
                    self._fault(code, spot.place, label=spot.label)
                    self.unreadable.append(spot)
                    self.grid[spot.row][spot.column] = ""
        for cell in marks.percents:
            spot = planned.inputs.get(cell)
            value = self._at(spot) if spot else None
            if spot is not None and isinstance(value, int | float) and not isinstance(value, bool):
                seen = number_stored(number_stored(value) * 100)
                text = f"{seen.normalize():f}".replace(".", ",") + "%"
                self.grid[spot.row][spot.column] = float(seen) if spot.number == "percent" else text

    # --------------------------------------------------------------------------------------------- the cells

    def _read_at_once(self, picked: Picked) -> bool:
        """The figures of lines together, where they are exact whole numbers or blank, as they nearly always are;
        otherwise nothing, and False. What every cell of every workbook passes does the least it can."""
        cells = list(chain.from_iterable(self.grid))
        if any(picked.words(cells)):
            return False
        values = picked.values(cells)
        if not set(map(type, values)) <= _NUMBER_OR_BLANK:
            return False
        try:
            exact = list(map(_WHOLE_OR_BLANK.__getitem__, values))
        except KeyError:
            return False
        figures = map(_MAKE, zip(exact, repeat("exact"), picked.places, strict=False))
        read = zip(picked.addresses, figures, strict=True)
        self.said.figures.update(compress(read, map(ne, values, repeat(""))))
        return True

    def _read_lines(self, lines: Sequence[FigureRow]) -> None:
        """The figures of lines: the loop that every cell of every workbook passes, so it does the least it can."""
        grid, figures, whole = self.grid, self.said.figures, _WHOLE
        make = tuple.__new__
        for row, qualifier, spots, *_ in lines:
            cells = grid[row]
            word = cells[qualifier[1]]
            common: Qualifier = "exact" if word == "" else self._qualifier(word, qualifier)
            for spot in spots:
                value = cells[spot[1]]
                kind = value.__class__
                if kind is float and spot[4] != "yes_no":
                    exact = whole.get(value)
                    if exact is not None:
                        figures[spot[3]] = make(Figure, (exact, common, spot[2]))
                        continue
                elif value == "":
                    continue
                figure = self._figure(value, spot, common)
                if figure is not None:
                    figures[spot[3]] = figure

    def _figure(self, value: Any, spot: Spot, common: Qualifier) -> Figure | None:
        """The figure a cell says, or None with a fault; None alone for a cell of blanks."""
        said: Qualifier | None = None
        if isinstance(value, str):
            text = clean(value)
            read = self._spelled(text, spot) if text else None
            if read is None:
                return None
            exact, said = read
        elif isinstance(value, int | float) and (not isinstance(value, bool) or spot.number == "yes_no"):
            exact = number_stored(float(value))
        else:
            exact = Decimal("NaN")
        code = wrong(exact, spot.number)
        if code:
            self._bad(spot, code, text_of(value))
            return None
        return Figure(exact, said or common, spot.place)

    def _spelled(self, text: str, spot: Spot) -> tuple[Decimal, Qualifier | None] | None:
        try:
            return number_spelled(text, spot.number)
        except TwoReadings as both:
            first, second = both.readings
            self.unreadable.append(spot)
            self._fault(
                "workbook.number_ambiguous", spot.place, label=spot.label, text=text[:60], first=first, second=second
            )
        except NotANumber:
            code = "workbook.not_yes_or_no" if spot.number == "yes_no" else "workbook.not_a_number"
            self._bad(spot, code, text)
        return None

    def _bad(self, spot: Spot, code: str, text: str) -> None:
        self.unreadable.append(spot)
        self._fault(code, spot.place, label=spot.label, text=text[:60])

    def _qualifier(self, value: Any, spot: Spot) -> Qualifier:
        known = _QUALIFIERS_AS_WRITTEN.get(value) if isinstance(value, str) else None
        if known is not None:
            return known
        text = text_of(value)
        found = QUALIFIERS_READ.get(fold(text)) if clean(text) else "exact"
        if found is None:
            self._fault("workbook.not_a_qualifier", spot.place, label=spot.label, text=text[:60])
            return "exact"
        return found

    def _read_statement(self, spot: Spot) -> None:
        text = clean(text_of(self._at(spot)))
        if not text:
            return
        found = STATEMENTS_READ.get(fold(text))
        if found is None:
            self._fault("workbook.not_a_statement", spot.place, block=spot.label, text=text[:60])
        else:
            self.said.statements[spot.code] = found

    def _read_row(self, row: FigureRow) -> None:
        cells = self.grid[row.row]
        assert row.name is not None  # noqa: S101 - a repeating row has a name
        name = clean(text_of(cells[row.name.column]))
        word = cells[row.qualifier.column]
        common: Qualifier = "exact" if word == "" else self._qualifier(word, row.qualifier)
        figures: dict[str, Figure] = {}
        faults = len(self.faults)
        for spot in row.figures:
            value = cells[spot.column]
            figure = None if value == "" else self._figure(value, spot, common)
            if figure is not None:
                figures[spot.code] = figure
        if not name and not figures:
            return
        if row.figures and not figures:
            if len(self.faults) == faults and row.block not in self.said.statements:
                self.faults.append(Fault("workbook.row_without_figures", row.name.place, {"name": name}, Level.WARNING))
            return
        self.said.rows.setdefault(row.block, []).append(Row(row.key, name, figures, row.name.place))

    def _read_restated(self, spots: Sequence[Spot]) -> None:
        grid = self.grid
        for spot in spots:
            value = grid[spot[0]][spot[1]]
            if value == "":
                continue
            figure = self._figure(value, spot, "exact")
            if figure is None:
                continue
            slot = self.layout.slots[spot.code]
            fields = {"label": slot.line.label, "column": slot.column.label, "value": figure.value}
            if figure.value < 0:
                self._fault("return.negative", spot.place, **fields)
            elif spot.number in ("count", "yes_no") and figure.value != figure.value.to_integral_value():
                self._fault("return.not_whole", spot.place, **fields)
            self.said.restated[spot.code] = figure

    def _read_as_of(self, spot: Spot) -> None:
        value = self._at(spot)
        if isinstance(value, datetime):
            self.said.as_of = value.date()
        elif isinstance(value, date):
            self.said.as_of = value
        elif clean(text_of(value)):
            self.said.as_of = day_of(clean(text_of(value))) if isinstance(value, str) else None
            if self.said.as_of is None:
                self._fault("workbook.not_a_date", spot.place, text=text_of(value)[:60])

    # ------------------------------------------------------------------------------------------- the content

    def _content(self, meta: dict[str, str]) -> Content:
        said = self.said
        return Content(
            form=meta["form"],
            edition=meta["edition"],
            unit=meta["unit"],
            period=self.layout.period,
            figures=said.figures,
            statements=said.statements,
            rows=said.rows,
            texts=said.texts,
            restated=said.restated,
            as_of=said.as_of,
            prepared_by=said.signers.get("prepared_by", ""),
            approved_by=said.signers.get("approved_by", ""),
        )

    def _checked(self, faults: Sequence[Fault], made: Design) -> Iterator[Fault]:
        """What the check found, at the cell it is about also where that cell is blank; a cell that could not be
        read is not called empty as well."""
        places = {key: place for planned in self.planned for key, place in planned.places.items()} if faults else {}
        unreadable = {spot.place for spot in self.unreadable}
        blocks = {id(block.title): block.code for block in made.layout.blocks}
        for fault in faults:
            place: str | None = None
            if fault.code == "return.not_filled_in":
                address = made.named.get((id(fault.fields["label"]), id(fault.fields["column"])), "")
                place = places.get(("figure", address))
                if place in unreadable or (place is None and self._is_unreadable(fault)):
                    continue
            elif fault.code in ("return.figures_beside_statement", "return.statement_not_allowed"):
                place = places.get(("statement", blocks.get(id(fault.fields["block"]), "")))
            elif fault.code in ("return.cut_off_outside_period", "return.estimate_needs_cut_off"):
                place = places.get(("as_of", "as_of"))
            yield replace(fault, place=place) if place else fault

    def _is_unreadable(self, fault: Fault) -> bool:
        """Whether the cell of a repeating row that the check calls empty holds something that could not be read."""
        column, line = fault.fields["column"], line_of(fault.place)
        return any(spot.label is column and line_of(spot.place) == line for spot in self.unreadable)
