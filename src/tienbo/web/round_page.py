"""One ad-hoc round: its annex as a grid, what each cell is filled with, and the choice for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.papers.workbook.annex import AnnexCell, AnnexSheet, Holds, Labels
from tienbo.release.filling import (
    Filling,
    filled_of,
    fillings,
    releases_for,
)
from tienbo.release.quantities import PARTS, WHEN, Quantity, What, propose, quantities, search
from tienbo.release.rounds import (
    Mapped,
    file_add,
    mapping_say,
    mappings_move,
    moves,
    rows_of_units,
    unit_in,
)
from tienbo.web.access import Asked, page
from tienbo.web.office import office
from tienbo.web.round_desk import RoundDesk, back_to, desk_of, file_sent, number_in, when_of

ROWS = 100
"""Rows of a sheet on one screen."""
EACH_ROW = "rows"
"""Said of a unit in the form: each unit by the name in its row."""


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


@page("consolidate", mapped=True)
def round_page(request: Asked, period: Period, round: str) -> HttpResponse:
    """The annex as a grid: what each cell is filled with, and the choice for one of them."""
    return shown(desk_of(request, period, round))


def shown(desk: RoundDesk, faults: Sequence[Fault] = (), said: Mapping[str, str] | None = None) -> HttpResponse:
    request, annex = desk.request, desk.annex
    asked = {**request.GET.dict(), **(said or {})}
    number = number_in(asked.get("sheet", ""), len(annex.sheets))
    sheet = annex.sheets[number]
    cell = sheet.at(asked.get("cell", ""))
    if cell is not None and not sheet.can_be_filled(cell) and not faults:
        faults = [_closed(sheet, cell)]
    pages = max(1, -(-sheet.rows // ROWS))
    at = (cell.row - 1) // ROWS + 1 if cell else number_in(asked.get("rows", ""), pages, base=1)
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
        "releases": releases_for(desk.round, desk.period, request.map_day),
        "tally": _tally(desk.fillings),
        "map_note": desk.map_note,
        **_unfit(desk),
        **(_choosing(desk, sheet, cell, states, asked) if cell and sheet.can_be_filled(cell) else {}),
    }
    return render(request, "web/round.html", context, status=422 if said is not None else 200)


def _unfit(desk: RoundDesk) -> dict[str, Any]:
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


def _letter(column: int) -> str:
    made = ""
    while column:
        column, rest = divmod(column - 1, 26)
        made = chr(65 + rest) + made
    return made


def _count(desk: RoundDesk, sheet: AnnexSheet) -> int:
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
    desk: RoundDesk,
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
    whats = [What(key, "value", unit if unit in dict(desk.units) else "", when_of(said_when)) for key in keys]
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


def _told(when: str, period: Period) -> str:
    return period_name(What("", when=when_of(when)).period(period))


def _offered(
    desk: RoundDesk, cell: AnnexCell, labels: Labels, chosen: str, text: str, *, is_unit: bool
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


@page("consolidate", methods=("POST",), mapped=True)
def round_cell(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """Say what a cell is filled with, or that it is not."""
    desk = desk_of(request, period, round)
    said = {name: str(held) for name, held in request.POST.items()}
    number = number_in(said.get("sheet", ""), len(desk.annex.sheets))
    sheet = desk.annex.sheets[number]
    if said.get("act") == "move":
        count = mappings_move(round=desk.round, annex=desk.annex, edition=desk.edition, actor=actor_of(request.user))
        told = ngettext(
            "{count} cell is mapped where it is now.", "{count} cells are mapped where they are now.", count
        )
        messages.success(request, told.format(count=count))
        return back_to(desk, number, "")
    if "gone" in said:  # of a sheet that the annex no longer has
        _forget(desk, said["gone"], said.get("cell", ""))
        return back_to(desk, number, "")
    cell = sheet.at(said.get("cell", ""))
    if cell is None:
        return shown(desk, [Fault("round.no_cell", sheet.name, {"cell": said.get("cell", "")[:10]})], said)
    try:
        if said.get("act") == "forget":
            _forget(desk, sheet.name, cell.address)
            messages.success(request, _("{cell} is no longer filled in.").format(cell=cell.address))
        else:
            _map(desk, sheet, cell, said)
    except Refused as refused:
        return shown(desk, refused.faults, said)
    return back_to(desk, number, cell.address)


def _forget(desk: RoundDesk, sheet: str, cell: str) -> None:
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


def _map(desk: RoundDesk, sheet: AnnexSheet, cell: AnnexCell, said: Mapping[str, str]) -> None:
    """Map the cell, and those below it where it is done for each unit by its row. Refused with every reason."""
    unit = said.get("unit", "")
    try:
        what = What.from_json({**said, "unit": "" if unit == EACH_ROW else unit})
    except (KeyError, ValueError) as wrong:
        raise Refused(Fault("round.nothing_chosen")) from wrong
    if what.unit and what.unit not in dict(desk.units):
        if desk.request.map_day:
            raise Refused(Fault("round.no_unit_on", "", {"day": desk.request.map_day}))
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


@page("consolidate", methods=("POST",), mapped=True)
def round_file(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """The annex as it is sent now, in the place of the one before; what is mapped stays where it still fits."""
    desk = desk_of(request, period, round)
    try:
        file_add(
            round=desk.round, file=file_sent(request), actor=actor_of(request.user), store=office().stores.files
        )  # fmt: skip
    except Refused as refused:
        return shown(desk, refused.faults, {})
    messages.success(request, _("The new annex is kept. Cells that no longer fit are listed below."))
    return redirect("round", period=period, round=desk.round.key)
