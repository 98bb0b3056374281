"""What the open cells of an annex may be for, by the words beside and above them; nothing is mapped unasked."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import render

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.core.words import number as printed_number
from tienbo.papers.workbook.annex import AnnexCell, AnnexSheet, Holds, Labels
from tienbo.release.filling import (
    Filling,
    fillings,
)
from tienbo.release.quantities import WHEN, What, propose
from tienbo.release.rounds import (
    Mapped,
    mapping_say,
    unit_in,
)
from tienbo.web.access import Asked, page
from tienbo.web.round_desk import RoundDesk, back_to, desk_of, number_in, when_of

OFFERED = 120
"""Cells on one screen of proposals."""


class Offer(NamedTuple):
    """An open cell whose words say what it may be for."""

    address: str
    labels: Labels
    unit: str
    options: list[tuple[str, str, str]]
    """(value of the field, words, figure now)"""


@page("consolidate", methods=("GET", "POST"), mapped=True)
def round_proposals(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """What the open cells of a sheet may be for, by the words beside and above them; nothing is mapped unasked."""
    desk = desk_of(request, period, round)
    given = request.POST if request.method == "POST" else request.GET
    number = number_in(given.get("sheet", ""), len(desk.annex.sheets))
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


def _offers(desk: RoundDesk, sheet: AnnexSheet) -> list[Offer]:
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


def _take(desk: RoundDesk, sheet: AnnexSheet, number: int) -> HttpResponseBase:
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
                what=What(quantity, "value", unit, when_of(when)),
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
    return back_to(desk, number, "")
