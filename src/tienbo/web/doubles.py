"""Classes that two units may both have counted: the unit lists its classes, the office is asked which are one."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render

from tienbo.accounts.actors import actor_of
from tienbo.collection.doubles import (
    OVERTAKEN,
    class_list_say,
    class_lists,
    classes_of,
    double_decide,
    doubles,
    list_read,
    list_write,
)
from tienbo.collection.models import DoubleDecision
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.units.frames import unit_keys
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page, unit_page
from tienbo.web.intake import desk_of
from tienbo.web.office import office
from tienbo.web.unit_place import place_of


@unit_page("view", methods=("GET", "POST"))
def unit_classes(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """The unit's list of classes of a half-year, pasted from a sheet; by whoever fills in for it or takes its return
    in by hand."""
    place = place_of(request, unit, period)
    if period not in place.campaigns or not (place.may_enter or place.may_decide):
        raise Http404
    span, text = office().edition.calendar.span(period), request.POST.get("rows", "")
    faults: Sequence[Fault] = ()
    if request.method == "POST":
        try:
            rows = list_read(text, span, own=place.name)
            if class_list_say(unit=unit, period=period, rows=rows, actor=actor_of(request.user)):
                said = ngettext("The list is kept: {count} class.", "The list is kept: {count} classes.", len(rows))
                messages.success(request, said.format(count=len(rows)))
            else:
                messages.info(request, _("The list says this already; nothing was changed."))
            return redirect("unit_classes", key=unit.key, period=period)
        except Refused as refused:
            faults = refused.faults
    held = class_lists(period=period, units=[unit.pk]).get(unit.pk, [])
    context = {
        "unit": unit,
        "name": place.name,
        "asked": period,
        "asked_name": period_name(period),
        "held": held,
        "led": sum(not row.lead for row in held),
        "text": text if faults else list_write(held),
        "faults": faults,
    }
    return render(request, "web/unit_classes.html", context, status=422 if faults else 200)


@page("accept", methods=("GET", "POST"))
def intake_doubles(request: Asked, period: Period) -> HttpResponseBase:
    """Pairs that may be one class, with both rows; what was decided, by whom and why."""
    desk = desk_of(request, period)
    units = [one.unit for one in desk.standings]
    found = doubles(edition=desk.edition, period=period, units=units)
    faults: Sequence[Fault] = ()
    if request.method == "POST":
        said = request.POST
        double = next((one for one in found if one.pair == said.get("pair")), None)
        seen, act = said.get("seen", ""), said.get("act", "")
        try:
            if double is None or act not in DoubleDecision.Act.values or not seen.isdecimal() or len(seen) > 12:
                raise Refused(Fault("doubles.gone"))
            note = said.get("note", "")[:2000]
            actor = actor_of(request.user)
            if double_decide(double=double, seen=int(seen), act=act, note=note, period=period, actor=actor):
                messages.success(request, _("The decision was recorded. No figure was changed by it."))
            else:
                messages.info(request, _("That was decided already; nothing was changed."))
            return redirect("intake_doubles", period=period)
        except Refused as refused:
            faults = refused.faults
    keys = unit_keys()
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "rows": [
            (one, [(keys[unit], desk.names.get(unit, ""), row) for unit, row in zip(one.units, one.rows, strict=True)])
            for one in found
        ],
        "open": sum(one.decided is None for one in found),
        "listed": len(classes_of(edition=desk.edition, period=period, units=units)),
        "faults": faults,
        "typed": request.POST.get("note", ""),
        "typed_at": request.POST.get("pair", ""),
    }
    overtaken = any(fault.code in OVERTAKEN for fault in faults)
    status = HTTPStatus.CONFLICT if overtaken else HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/intake_doubles.html", context, status=status)
