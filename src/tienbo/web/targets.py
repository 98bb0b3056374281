"""Targets of a period: how each stands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tienbo.core.periods import Period
from tienbo.web.access import Asked, page
from tienbo.web.figures import figures
from tienbo.web.office import office


@page("visit")
def targets(request: Asked, period: Period) -> HttpResponse:
    values = figures(request.seat, [period], units=[request.seat.unit.pk])
    rows = [
        (target, values.get(target.indicator, request.seat.unit.key, period.code))
        for target in office().edition.targets.values()
        if not target.example
    ]
    return render(request, "web/targets.html", {"rows": rows})
