"""Ad-hoc rounds: an annex of the Ministry uploaded once, its cells mapped to what is known, filled in each time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import language, ngettext
from tienbo.core.periods import Period
from tienbo.core.words import number as printed_number
from tienbo.papers.context import period_name
from tienbo.papers.workbook.annex import Annex, AnnexCell, AnnexSheet, Holds, Labels
from tienbo.papers.workbook.safety import FILE_LIMIT
from tienbo.release.frozen import printed
from tienbo.release.models import Release, Round, RoundFile, RoundFilled
from tienbo.release.quantities import PARTS, WHEN, Quantity, What, propose, quantities, search
from tienbo.release.rounds import (
    Filling,
    Mapped,
    Source,
    annex_of,
    file_add,
    file_of,
    filled_of,
    fillings,
    mapping_say,
    mappings_move,
    mappings_of,
    moves,
    names_of_units,
    releases_for,
    round_fill,
    round_find,
    round_open,
    rounds_of,
    rows_of_units,
    source_now,
    unit_in,
)
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.units.versions import units_version
from tienbo.web.access import Asked, page, reader_for
from tienbo.web.figures import version_of
from tienbo.web.office import office

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = 100
"""Rows of a sheet on one screen."""
TOLD = 60
"""Cells on one screen of what was filled in."""
OFFERED = 120
"""Cells on one screen of proposals."""
_ORDER = {"unfit": 0, "nothing": 1, "figure": 2}
"""What is to be looked at comes first."""
EACH_ROW = "rows"
"""Said of a unit in the form: each unit by the name in its row."""


@dataclass(frozen=True)
class Desk:
    """A round as its office sees it for a period."""

    request: Asked
    period: Period
    round: Round

    @cached_property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def file(self) -> RoundFile:
        found = file_of(self.round)
        if found is None:
            raise Http404
        return found

    @cached_property
    def annex(self) -> Annex:
        return annex_of(self.file, office().stores.files)

    @cached_property
    def mapped(self) -> Mapping[tuple[str, str], Mapped]:
        return mappings_of(self.round)

    @cached_property
    def fillings(self) -> list[Filling]:
        """Mapped cells with what they would be filled with, sheet by sheet as the annex has them."""
        order = {sheet.name: number for number, sheet in enumerate(self.annex.sheets)}
        held = sorted(self.mapped.values(), key=lambda one: (order.get(one.sheet, len(order)), _place(self.annex, one)))
        source = self.source([one.what for one in held])
        return fillings(annex=self.annex, mapped=held, source=source, unit=self.round.unit, period=self.period)

    def source(self, whats: Sequence[What]) -> Source:
        """Figures of now, kept as long as nothing they rest on has changed."""
        reader = reader_for(self.request.seat)
        asked = tuple(sorted({json.dumps(one.as_json(), sort_keys=True) for one in whats}))
        key = (version_of(reader), units_version(), self.request.seat.unit.pk, self.period, asked, language())
        found = _kept.get(key)
        if found is None:
            found = source_now(reader=reader, unit=self.round.unit, period=self.period, whats=whats)
            while len(_kept) >= _KEPT:
                _kept.pop(next(iter(_kept)), None)
            _kept[key] = found
        return found

    @cached_property
    def units(self) -> list[tuple[str, str]]:
        """(key, name) of the units under the seat that may be read, in the order papers print them."""
        day = self.edition.calendar.last_day(self.period)
        tree, names, keys = tree_on(day), unit_names(day), unit_keys()
        seat = self.request.seat.unit.pk
        if seat not in tree:
            return []
        allowed = accessible_units(self.request.user, need="view", on=day, acting_on=timezone.localdate())
        below = [one for one in tree.subtree(seat) if one in allowed and one != seat]
        return [(keys[one], names.get(one, "")) for one in printed(below, tree, names)]

    @cached_property
    def named(self) -> Mapping[str, str]:
        """Folded name → key of those units."""
        numbers = {key: number for number, key in unit_keys().items()}
        below = {numbers[key]: name for key, name in self.units}
        return names_of_units(below, below)


_kept: dict[Any, Source] = {}
_KEPT = 64


def _place(annex: Annex, one: Mapped) -> tuple[int, int]:
    sheet = annex.sheet(one.sheet)
    cell = sheet.at(one.cell) if sheet else None
    return (cell.row, cell.column) if cell else (10**6, 0)


def _desk(request: Asked, period: Period, key: str) -> Desk:
    found = round_find(request.seat.unit, key)
    if found is None:
        raise Http404
    return Desk(request, period, found)


def _sent(request: Asked) -> tuple[str, bytes] | None:
    """The file that was chosen; one byte more than is allowed says that it is too large without reading on."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return None
    return file.name or "phụ lục.xlsx", file.read(FILE_LIMIT + 1)


# ---------------------------------------------------------------------------------------------------- the rounds


class Line(NamedTuple):
    """A round in the list of them."""

    round: Round
    file: RoundFile | None
    mapped: int
    last: RoundFilled | None
    last_period: str
    is_filled: bool
    """Whether it was filled in for the period that is shown."""


@page("consolidate", methods=("GET", "POST"))
def rounds(request: Asked, period: Period) -> HttpResponseBase:
    """Every round of the seat's unit; a new one begins with its annex."""
    if request.method != "POST":
        return _rounds(request, period)
    try:
        made = round_open(
            unit=request.seat.unit,
            name=request.POST.get("name", ""),
            file=_sent(request),
            actor=actor_of(request.user),
            store=office().stores.files,
        )
    except Refused as refused:
        return _rounds(request, period, refused.faults)
    return redirect("round", period=period, round=made.key)


def _rounds(request: Asked, period: Period, faults: Sequence[Fault] = ()) -> HttpResponse:
    lines = []
    for one in rounds_of(request.seat.unit):
        done = filled_of(one)
        last = done[0] if done else None
        said = period_name(Period.parse(last.period_code)) if last else ""
        here = any(filled.period_code == period.code for filled in done)
        lines.append(Line(one, file_of(one), len(mappings_of(one)), last, said, here))
    context = {"lines": lines, "faults": faults, "name": request.POST.get("name", "")}
    return render(request, "web/rounds.html", context, status=422 if faults else 200)


# ------------------------------------------------------------------------------------------------------ one round


class GridCell(NamedTuple):
    """A cell of the grid as it is shown; `None` stands for one that is covered."""

    cell: AnnexCell
    address: str
    is_open: bool
    filling: Filling | None
    is_chosen: bool

    @property
    def look(self) -> str:
        """The class of the cell: how it is drawn."""
        if self.filling is not None:
            return f"tb-is-{self.filling.state}"
        if self.is_open:
            return "tb-is-open" if self.cell.holds is Holds.NOTHING else "tb-is-held"
        return "tb-words" if len(self.cell.text) > 24 and self.cell.columns == 1 else ""


class GridRow(NamedTuple):
    number: int
    cells: list[GridCell]


class Choice(NamedTuple):
    """A quantity that can be chosen for a cell, with its figure now."""

    quantity: Quantity
    filling: Filling | None
    is_chosen: bool


@page("consolidate")
def round_page(request: Asked, period: Period, round: str) -> HttpResponse:
    """The annex as a grid: what each cell is filled with, and the choice for one of them."""
    return _round(_desk(request, period, round))


def _round(desk: Desk, faults: Sequence[Fault] = (), said: Mapping[str, str] | None = None) -> HttpResponse:
    request, annex = desk.request, desk.annex
    asked = {**request.GET.dict(), **(said or {})}
    number = _number(asked.get("sheet", ""), len(annex.sheets))
    sheet = annex.sheets[number]
    cell = sheet.at(asked.get("cell", ""))
    if cell is not None and not sheet.can_be_filled(cell) and not faults:
        faults = [_closed(sheet, cell)]
    pages = max(1, -(-sheet.rows // ROWS))
    at = (cell.row - 1) // ROWS + 1 if cell else _number(asked.get("rows", ""), pages, base=1)
    states = {(one.mapped.sheet, one.mapped.cell): one for one in desk.fillings}
    first = (at - 1) * ROWS
    rows = [
        GridRow(first + n + 1, [_grid_cell(sheet, one, states, cell) for one in row if one is not None])
        for n, row in enumerate(sheet.in_rows[first : first + ROWS])
    ]
    context = {
        "desk": desk,
        "round": desk.round,
        "sheets": [(n, one, n == number, _count(desk, one)) for n, one in enumerate(annex.sheets)],
        "sheet": sheet,
        "number": number,
        "letters": [_letter(column) for column in range(1, sheet.columns + 1)],
        "grid": rows,
        "pages": range(1, pages + 1) if pages > 1 else (),
        "at": at,
        "faults": faults,
        "filled": filled_of(desk.round),
        "releases": releases_for(desk.round, desk.period),
        "tally": _tally(desk.fillings),
        **_unfit(desk),
        **(_choosing(desk, sheet, cell, states, asked) if cell and sheet.can_be_filled(cell) else {}),
    }
    return render(request, "web/round.html", context, status=422 if said is not None else 200)


def _unfit(desk: Desk) -> dict[str, Any]:
    """Mapped cells that do not fit the annex as it is, each with where it is now."""
    unfit = [one for one in desk.fillings if one.faults]
    found = moves(desk.annex, desk.mapped.values(), desk.edition) if unfit else {}
    return {"unfit": [(one, found.get((one.mapped.sheet, one.mapped.cell))) for one in unfit], "moved": len(found)}


def _closed(sheet: AnnexSheet, cell: AnnexCell) -> Fault:
    code = "round.words"
    if cell.is_part:
        code = "round.formula_of_many"
    elif cell.format.is_date:
        code = "round.a_date"
    return Fault(code, f"{sheet.name}!{cell.address}")


def _number(text: str, most: int, *, base: int = 0) -> int:
    """A number in an address, of those there are; anything else is the first."""
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < 6 and base <= int(text) < most + base else base
    )


def _letter(column: int) -> str:
    made = ""
    while column:
        column, rest = divmod(column - 1, 26)
        made = chr(65 + rest) + made
    return made


def _count(desk: Desk, sheet: AnnexSheet) -> int:
    return sum(one.sheet == sheet.name for one in desk.mapped.values())


def _tally(held: Sequence[Filling]) -> dict[str, int]:
    return {state: sum(one.state == state for one in held) for state in ("figure", "nothing", "unfit")}


def _grid_cell(
    sheet: AnnexSheet, cell: AnnexCell, states: Mapping[tuple[str, str], Filling], chosen: AnnexCell | None
) -> GridCell:
    filling = states.get((sheet.name, cell.address))
    is_open = sheet.can_be_filled(cell) and (filling is not None or cell is chosen or any(sheet.labels(cell)))
    return GridCell(cell, cell.address, is_open, filling, cell is chosen)


def _choosing(
    desk: Desk,
    sheet: AnnexSheet,
    cell: AnnexCell,
    states: Mapping[tuple[str, str], Filling],
    asked: Mapping[str, str],
) -> dict[str, Any]:
    """What the panel of a chosen cell shows."""
    labels = sheet.labels(cell)
    current = desk.mapped.get((sheet.name, cell.address))
    here = unit_in(labels.row, desk.named)
    text = asked.get("q", "")[:100]
    chosen = asked.get("quantity", current.what.quantity if current else "")
    keys, when = _offered(desk, cell, labels, chosen, text, is_unit=here is not None)
    said_unit = asked.get("unit", current.what.unit if current else EACH_ROW if here else "")
    said_when = asked.get("when", current.what.when if current else when)
    unit = here or "" if said_unit == EACH_ROW else said_unit
    whats = [What(key, "value", unit if unit in dict(desk.units) else "", _when(said_when)) for key in keys]
    trial = [Mapped(sheet.name, cell.address, what, labels.row, labels.column, cell.text[:500]) for what in whats]
    source = desk.source(whats)
    shown = fillings(annex=desk.annex, mapped=trial, source=source, unit=desk.round.unit, period=desk.period)
    offered = quantities(desk.edition)
    return {
        "cell": cell,
        "address": cell.address,
        "labels": labels,
        "current": states.get((sheet.name, cell.address)),
        "current_what": current.what if current else None,
        "holds": cell.holds is not Holds.NOTHING,
        "is_percent": cell.format.is_percent,
        "may_replace": bool(asked.get("may_replace")) or bool(current and current.over),
        "q": text,
        "choices": [
            Choice(offered[key], filling, key == chosen)
            for key, filling in zip(keys, shown, strict=True)
        ],
        "parts": [(code, _(words), code == asked.get("part", current.what.part if current else "value"))
                  for code, words in PARTS.items()],
        "whens": [(code, _(words), _told(code, desk.period), code == said_when) for code, words in WHEN.items()],
        "unit": said_unit,
        "row_unit": dict(desk.units).get(here or "", ""),
    }  # fmt: skip


def _when(text: str) -> Any:
    return text if text in WHEN else "this"


def _told(when: str, period: Period) -> str:
    return period_name(What("", when=_when(when)).period(period))


def _offered(
    desk: Desk, cell: AnnexCell, labels: Labels, chosen: str, text: str, *, is_unit: bool
) -> tuple[list[str], str]:
    """(keys to choose from, the time the column speaks of)."""
    row = "" if is_unit else labels.row
    found = propose(desk.edition, row, labels.column, is_percent=cell.format.is_percent)
    when = found[0].when if found else "this"
    keys = [one.key for one in search(desk.edition, text)] if text.strip() else [one.quantity.key for one in found]
    if chosen in quantities(desk.edition) and not text.strip():
        keys = [chosen, *(key for key in keys if key != chosen)]
    return keys, when


# ------------------------------------------------------------------------------------------------- mapping a cell


@page("consolidate", methods=("POST",))
def round_cell(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """Say what a cell is filled with, or that it is not."""
    desk = _desk(request, period, round)
    said = {name: str(held) for name, held in request.POST.items()}
    number = _number(said.get("sheet", ""), len(desk.annex.sheets))
    sheet = desk.annex.sheets[number]
    if said.get("act") == "move":
        count = mappings_move(round=desk.round, annex=desk.annex, edition=desk.edition, actor=actor_of(request.user))
        told = ngettext(
            "{count} cell is mapped where it is now.", "{count} cells are mapped where they are now.", count
        )
        messages.success(request, told.format(count=count))
        return _back(desk, number, "")
    if "gone" in said:  # of a sheet that the annex no longer has
        _forget(desk, said["gone"], said.get("cell", ""))
        return _back(desk, number, "")
    cell = sheet.at(said.get("cell", ""))
    if cell is None:
        return _round(desk, [Fault("round.no_cell", sheet.name, {"cell": said.get("cell", "")[:10]})], said)
    try:
        if said.get("act") == "forget":
            _forget(desk, sheet.name, cell.address)
            messages.success(request, _("{cell} is no longer filled in.").format(cell=cell.address))
        else:
            _map(desk, sheet, cell, said)
    except Refused as refused:
        return _round(desk, refused.faults, said)
    return _back(desk, number, cell.address)


def _back(desk: Desk, number: int, cell: str) -> HttpResponseBase:
    address = reverse("round", kwargs={"period": desk.period, "round": desk.round.key})
    asked = urlencode([("sheet", number), ("cell", cell)] if cell else [("sheet", number)])
    return redirect(f"{address}?{asked}{f'#at-{cell}' if cell else ''}")


def _forget(desk: Desk, sheet: str, cell: str) -> None:
    mapping_say(
        round=desk.round,
        annex=desk.annex,
        sheet=sheet,
        cell=cell,
        what=None,
        may_replace=False,
        edition=desk.edition,
        actor=actor_of(desk.request.user),
    )


def _map(desk: Desk, sheet: AnnexSheet, cell: AnnexCell, said: Mapping[str, str]) -> None:
    """Map the cell, and those below it where it is done for each unit by its row. Refused with every reason."""
    unit = said.get("unit", "")
    try:
        what = What.from_json({**said, "unit": "" if unit == EACH_ROW else unit})
    except (KeyError, ValueError) as wrong:
        raise Refused(Fault("round.nothing_chosen")) from wrong
    if what.unit and what.unit not in dict(desk.units):
        raise Refused(Fault("round.no_unit", "", {"period": period_name(desk.period)}))
    places = rows_of_units(sheet, cell, desk.named) if unit == EACH_ROW else [(cell, what.unit)]
    if not places or places[0][0] is not cell:
        raise Refused(Fault("round.no_unit_in_row", f"{sheet.name}!{cell.address}", {"label": sheet.labels(cell).row}))
    faults: list[Fault] = []
    count = 0
    for at, key in places:
        try:
            mapping_say(
                round=desk.round,
                annex=desk.annex,
                sheet=sheet.name,
                cell=at.address,
                what=What(what.quantity, what.part, key, what.when),
                may_replace=bool(said.get("may_replace")),
                edition=desk.edition,
                actor=actor_of(desk.request.user),
            )
            count += 1
        except Refused as refused:
            faults += refused.faults
    if faults and not count:
        raise Refused(*faults)
    told = ngettext("{count} cell is filled in from now on.", "{count} cells are filled in from now on.", count)
    messages.success(desk.request, told.format(count=count))
    for fault in faults:
        messages.warning(desk.request, f"{fault.place}: {fault.sentence()}")


@page("consolidate", methods=("POST",))
def round_file(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """The annex as it is sent now, in the place of the one before; what is mapped stays where it still fits."""
    desk = _desk(request, period, round)
    try:
        file_add(
            round=desk.round, file=_sent(request), actor=actor_of(request.user), store=office().stores.files
        )  # fmt: skip
    except Refused as refused:
        return _round(desk, refused.faults, {})
    messages.success(request, _("The new annex is kept. Cells that no longer fit are listed below."))
    return redirect("round", period=period, round=desk.round.key)


# ------------------------------------------------------------------------------------------------------ proposals


class Offer(NamedTuple):
    """An open cell whose words say what it may be for."""

    address: str
    labels: Labels
    unit: str
    options: list[tuple[str, str, str]]
    """(value of the field, words, figure now)"""


@page("consolidate", methods=("GET", "POST"))
def round_proposals(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """What the open cells of a sheet may be for, by the words beside and above them; nothing is mapped unasked."""
    desk = _desk(request, period, round)
    given = request.POST if request.method == "POST" else request.GET
    number = _number(given.get("sheet", ""), len(desk.annex.sheets))
    sheet = desk.annex.sheets[number]
    if request.method == "POST":
        return _take(desk, sheet, number)
    offers = _offers(desk, sheet)
    context = {
        "desk": desk,
        "round": desk.round,
        "sheet": sheet,
        "number": number,
        "offers": offers[:OFFERED],
        "more": len(offers) > OFFERED,
    }
    return render(request, "web/round_proposals.html", context)


def _offers(desk: Desk, sheet: AnnexSheet) -> list[Offer]:
    found: list[tuple[AnnexCell, Labels, str, list[Any]]] = []
    for cell in sheet.cells.values():
        taken = (sheet.name, cell.address) in desk.mapped
        if taken or cell.holds is not Holds.NOTHING or not sheet.can_be_filled(cell):
            continue
        labels = sheet.labels(cell)
        unit = unit_in(labels.row, desk.named)
        if not labels.column or not labels.row:
            continue
        made = propose(
            desk.edition, "" if unit else labels.row, labels.column, is_percent=cell.format.is_percent, most=3
        )
        if made:
            found.append((cell, labels, unit or "", made))
    found = found[: OFFERED + 1]
    trials = [
        Mapped(sheet.name, cell.address, What(one.quantity.key, "value", unit, one.when), labels.row, labels.column, "")
        for cell, labels, unit, made in found
        for one in made
    ]
    source = desk.source([one.what for one in trials])
    shown = iter(fillings(annex=desk.annex, mapped=trials, source=source, unit=desk.round.unit, period=desk.period))
    offers = []
    for cell, labels, unit, made in found:
        options = []
        for one, filling in zip(made, shown, strict=False):
            words = f"{one.quantity.name}, {_(WHEN[one.when])}" if one.when != "this" else one.quantity.name
            if not filling.faults:
                options.append((f"{one.quantity.key}|{one.when}", words, figure(filling)))
        if options:
            offers.append(Offer(cell.address, labels, dict(desk.units).get(unit, ""), options))
    return offers


def figure(one: Filling) -> str:
    """What a cell would show, or why nothing."""
    return printed_number(one.value, one.places) if one.value is not None else one.why


def _take(desk: Desk, sheet: AnnexSheet, number: int) -> HttpResponseBase:
    """Map the cells for which a proposal was chosen."""
    faults: list[Fault] = []
    count = 0
    for name, chosen in desk.request.POST.items():
        cell = sheet.at(name.removeprefix("cell-")) if name.startswith("cell-") and chosen else None
        if cell is None:
            continue
        quantity, _bar, when = str(chosen).rpartition("|")
        unit = unit_in(sheet.labels(cell).row, desk.named) or ""
        try:
            mapping_say(
                round=desk.round,
                annex=desk.annex,
                sheet=sheet.name,
                cell=cell.address,
                what=What(quantity, "value", unit, _when(when)),
                may_replace=False,
                edition=desk.edition,
                actor=actor_of(desk.request.user),
            )
            count += 1
        except Refused as refused:
            faults += refused.faults
    if count:
        told = ngettext("{count} cell is filled in from now on.", "{count} cells are filled in from now on.", count)
        messages.success(desk.request, told.format(count=count))
    elif not faults:
        messages.info(desk.request, _("No proposal was chosen, so nothing was changed."))
    for fault in faults:
        messages.warning(desk.request, f"{fault.place}: {fault.sentence()}")
    return _back(desk, number, "")


# ------------------------------------------------------------------------------------------------------ filling in


@page("consolidate", methods=("POST",))
def round_filling(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """Fill the annex in for the period: one click, each time."""
    desk = _desk(request, period, round)
    wanted = request.POST.get("release", "")
    release: Release | None = None
    if wanted:
        release = next((one for one in releases_for(desk.round, period) if one.key == wanted), None)
        if release is None:
            raise Http404
    try:
        made = round_fill(
            round=desk.round,
            period=period,
            reader=reader_for(request.seat),
            store=office().stores.files,
            actor=actor_of(request.user),
            release=release,
        )
    except Refused as refused:
        return _round(desk, refused.faults, {})
    return redirect("round_filled", period=period, round=desk.round.key, filled=made.key)


def _filled(desk: Desk, key: str) -> RoundFilled:
    found = desk.round.filled.filter(key=key).select_related("file", "release").first()
    if found is None:
        raise Http404
    return found


@page("consolidate")
def round_filled(request: Asked, period: Period, round: str, filled: str) -> HttpResponse:
    """What was filled in, cell by cell, and the file."""
    desk = _desk(request, period, round)
    made = _filled(desk, filled)
    cells = json.loads(made.cells_json)
    pages = Paginator(sorted(cells, key=lambda one: _ORDER[one["state"]]), TOLD)
    at = pages.get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "round": desk.round,
        "made": made,
        "when": period_name(Period.parse(made.period_code)),
        "cells": [_cell_told(one) for one in at.object_list],
        "pages": pages,
        "at": at,
        "tally": {state: sum(one["state"] == state for one in cells) for state in ("figure", "nothing", "unfit")},
        "percent": any(one["percent_cell"] and one["written"] is not None for one in cells),
    }
    return render(request, "web/round_filled.html", context)


def _cell_told(one: Mapping[str, Any]) -> dict[str, Any]:
    what = What.from_json(one["what"])
    return {
        **one,
        "value": None if one["value"] is None else Decimal(one["value"]),
        "written": None if one["written"] is None else Decimal(one["written"]),
        "when": period_name(Period.parse(one["period"])),
        "part": _(PARTS[what.part]) if what.part != "value" else "",
    }


@page("consolidate")
def round_filled_file(request: Asked, period: Period, round: str, filled: str) -> HttpResponse:
    """The filled annex as a file, under the name it came with."""
    desk = _desk(request, period, round)
    made = _filled(desk, filled)
    stem = made.file.name.rpartition(".")[0] or made.file.name
    return _download(office().stores.files.get(made.sha256), f"{stem} – {made.period_code}.xlsx")


@page("consolidate")
def round_annex(request: Asked, period: Period, round: str) -> HttpResponse:
    """The annex as it came."""
    desk = _desk(request, period, round)
    return _download(office().stores.files.get(desk.file.upload.sha256), desk.file.name)


def _download(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return answer
