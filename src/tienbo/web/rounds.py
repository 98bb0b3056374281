"""Ad-hoc rounds: an annex of the Ministry uploaded once, its cells mapped to what is known, filled in each time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.release.filling import (
    filled_of,
    releases_for,
    round_fill,
)
from tienbo.release.models import Release, Round, RoundFile, RoundFilled
from tienbo.release.quantities import PARTS, What
from tienbo.release.rounds import (
    file_of,
    mappings_of,
    round_open,
    rounds_of,
)
from tienbo.web.access import Asked, page, reader_for
from tienbo.web.office import office
from tienbo.web.round_desk import RoundDesk, desk_of, file_sent
from tienbo.web.round_page import shown

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOLD = 60
"""Cells on one screen of what was filled in."""
_ORDER = {"unfit": 0, "nothing": 1, "figure": 2}
"""What is to be looked at comes first."""

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


@page("consolidate", methods=("GET", "POST"), mapped=True)
def rounds(request: Asked, period: Period) -> HttpResponseBase:
    """Every round of the seat's unit; a new one begins with its annex."""
    if request.method != "POST":
        return _rounds(request, period)
    try:
        made = round_open(
            unit=request.seat.unit,
            name=request.POST.get("name", ""),
            file=file_sent(request),
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


# ------------------------------------------------------------------------------------------------------ filling in


@page("consolidate", methods=("POST",), mapped=True)
def round_filling(request: Asked, period: Period, round: str) -> HttpResponseBase:
    """Fill the annex in for the period: one click, each time."""
    desk = desk_of(request, period, round)
    wanted = request.POST.get("release", "")
    release: Release | None = None
    if wanted:
        release = next((one for one in releases_for(desk.round, period, request.map_day) if one.key == wanted), None)
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
            map_day=request.map_day,
        )
    except Refused as refused:
        return shown(desk, refused.faults, {})
    return redirect("round_filled", period=period, round=desk.round.key, filled=made.key)


def _filled(desk: RoundDesk, key: str) -> RoundFilled:
    found = desk.round.filled.filter(key=key).select_related("file", "release").first()
    if found is None:
        raise Http404
    return found


@page("consolidate")
def round_filled(request: Asked, period: Period, round: str, filled: str) -> HttpResponse:
    """What was filled in, cell by cell, and the file."""
    desk = desk_of(request, period, round)
    made = _filled(desk, filled)
    cells = json.loads(made.cells_json)
    pages = Paginator(sorted(cells, key=lambda one: _ORDER[one["state"]]), TOLD)
    at = pages.get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "round": desk.round,
        "made": made,
        "map_note": made.map_note.splitlines(),
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
    desk = desk_of(request, period, round)
    made = _filled(desk, filled)
    stem = made.file.name.rpartition(".")[0] or made.file.name
    return _download(office().stores.files.get(made.sha256), f"{stem} – {made.period_code}.xlsx")


@page("consolidate")
def round_annex(request: Asked, period: Period, round: str) -> HttpResponse:
    """The annex as it came."""
    desk = desk_of(request, period, round)
    return _download(office().stores.files.get(desk.file.upload.sha256), desk.file.name)


def _download(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return answer
