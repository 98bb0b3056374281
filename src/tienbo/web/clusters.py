"""Clusters of communes: which stand on a day, what is in none, and the sheet by which the office tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_of
from tienbo.disclosure.files import LEAST
from tienbo.units.clusters import clusters_keep, clusters_on, clusters_read, clusters_sheet, clusters_table
from tienbo.units.frames import unit_codes, unit_names
from tienbo.units.models import GSO
from tienbo.web.access import Asked, page
from tienbo.web.downloads import csv_streamed

__all__ = ["clusters", "clusters_csv", "clusters_take"]


class Member(NamedTuple):
    code: str
    name: str


class Shown(NamedTuple):
    """A cluster as the page shows it; `is_used`: that it is large enough."""

    name: str
    members: Sequence[Member]
    is_used: bool


@page("consolidate")
def clusters(request: Asked) -> HttpResponseBase:
    """The clusters of the day asked for, today's where none is."""
    return _page(request)


def _day(request: Asked) -> tuple[date, bool]:
    """(the day asked for, whether what was asked is one)."""
    text = request.GET.get("on", "").strip()
    found = day_of(text)
    return found or timezone.localdate(), found is not None or not text


def _page(request: Asked, faults: Sequence[Fault] = (), status: int = 200) -> HttpResponse:
    unit, (day, is_day) = request.seat.unit, _day(request)
    names, codes, standing = unit_names(day), unit_codes(day, GSO), clusters_on(unit, day)

    def members(units: Sequence[int]) -> list[Member]:
        return [Member(codes.get(pk, ""), names.get(pk, "")) for pk in units]

    both = [*((*one, True) for one in standing.clusters.items()), *((*one, False) for one in standing.small.items())]
    context = {
        "day": day,
        "wrong_day": "" if is_day else request.GET.get("on", "")[:40],
        "sheet": clusters_sheet(unit),
        "clusters": [Shown(name, members(units), is_used) for name, units, is_used in both],
        "contested": members(standing.contested),
        "alone": members(standing.alone),
        "least": LEAST,
        "faults": faults,
    }
    return render(request, "web/clusters.html", context, status=status)


@page("consolidate", methods=("POST",))
def clusters_take(request: Asked) -> HttpResponseBase:
    """Take in a sheet: all of it, or none and every fault."""
    unit, sent = request.seat.unit, request.FILES.get("file")
    name, content = (sent.name or "", sent.read()) if sent else ("–", b"")
    try:
        rows = clusters_read(unit, name, content)
    except Refused as refused:
        return _page(request, refused.faults, 422)
    clusters_keep(unit=unit, name=name, rows=rows, actor=actor_of(request.user))
    told = _("The sheet of clusters was taken in: {count} communes in {clusters} clusters.")
    messages.success(
        request, told.format(count=len({one.unit for one in rows}), clusters=len({one[0] for one in rows}))
    )
    return redirect("clusters")


@page("consolidate")
def clusters_csv(request: Asked) -> HttpResponseBase:
    """The sheet that counts, with the communes that are in no cluster under it."""
    return csv_streamed("cum-xa.csv", clusters_table(request.seat.unit, _day(request)[0]))
