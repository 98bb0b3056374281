"""Home of a period: who has sent, who is late, what is wrong; how each target stands; what moved.

Whose home it is decides what is on it. The standing office and who inspects get the whole of it, the chair one screen
on a phone, a unit that only reports the state of its own return.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tienbo.collection.history import told
from tienbo.collection.models import Campaign, Return
from tienbo.collection.standings import STATES, standings
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.papers.context import period_name
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.binders import binder_for
from tienbo.web.links import link
from tienbo.web.office import office
from tienbo.web.standing import TALLIED, TONES, moved, senders, targets_seen, unit_address, wrong
from tienbo.web.subject import not_standing

TELLING, MOVES = 6, 6
AT_A_GLANCE = 3
"""Rows of each kind on the chair's screen."""


@page("view")
def home(request: Asked, period: Period) -> HttpResponse:
    """The home that fits the seat; `?view=full` and `?view=brief` ask for the other one where there are both."""
    seat, held = request.seat, office()
    day = held.edition.calendar.last_day(period)
    tree = tree_on(day)
    if seat.unit.pk not in tree:
        return not_standing(request, day)
    view = _view(request, tree)
    names, keys, today = unit_names(day), unit_keys(), timezone.localdate()
    half = period.last_half
    campaign = campaign_above(seat.unit, half, tree)
    units = readable(request, half)
    rows = (
        standings(root=campaign.root, edition=held.edition, period=half, tree=tree, today=today, units=units)
        if campaign
        else []
    )
    sent = senders(
        rows, campaign=campaign, period=half, names=names, keys=keys, today=today, wanted=request.GET.get("state", "")
    )
    context: dict[str, Any] = {
        "asked": period,
        "span": held.edition.calendar.span(period),
        "last_day": day,
        "sent": sent,
        "unit_page": unit_address(seat.unit.key, half),
        "addresses": {
            "targets": link("targets", period=period),
            "working": link("working_table", period=period, key=seat.unit.key),
            "intake": link("intake", period=half) if seat.allows("accept") else "",
            "report": link("report", period=period),
        },
    }
    binder = binder_for(seat, seat.unit, period)
    if view == "own":
        owes = held.edition.form_for(tree.kinds[seat.unit.pk], half) is not None
        context |= {
            "owes": owes,
            "told": told(unit=seat.unit, campaigns=[campaign], today=today).get(half) if campaign else None,
            "states": {state: _(words) for state, words in STATES.items()},
            "tones": TONES,
            "targets": targets_seen(binder, period, most=TELLING),
            "tallied": [_(words) for words in TALLIED],
            "moved": moved(binder, period, most=AT_A_GLANCE),
        }
        return render(request, "web/home_own.html", context)
    most, moves = (TELLING, MOVES) if view == "full" else (AT_A_GLANCE, AT_A_GLANCE)
    context |= {
        "targets": targets_seen(binder, period, most=most),
        "moved": moved(binder, period, most=moves),
        "tallied": [_(words) for words in TALLIED],
        "earlier": _earlier(campaign, half) if not sent.received else None,
        "has_both": seat.allows("conclude"),
    }
    if view == "brief":
        return render(request, "web/home_brief.html", context)
    context["wrong"] = wrong(rows, seat=seat, campaign=campaign, period=half, names=names, keys=keys)
    if request.headers.get("HX-Request"):
        return render(request, "web/parts/senders.html", context)
    context["reconciliation"] = link("intake_reconciliation", period=half) if seat.allows("accept") else ""
    return render(request, "web/home.html", context)


def _view(request: Asked, tree: Tree) -> str:
    seat = request.seat
    if not tree.children.get(seat.unit.pk):
        return "own"
    asked = request.GET.get("view")
    if asked in ("full", "brief"):
        return asked
    return "brief" if seat.allows("conclude") and not seat.allows("consolidate") else "full"


def campaign_above(unit: Unit, half: Period, tree: Tree) -> Campaign | None:
    """The half-year as it was opened by the unit or by the nearest one above it; else by the site's own office."""
    line = [unit.pk, *tree.ancestors(unit.pk)]
    found = {
        row.root_id: row for row in Campaign.objects.filter(period_code=half.code, root__in=line).select_related("root")
    }
    return next((found[one] for one in line if one in found), None)


def readable(request: Asked, half: Period) -> set[int]:
    """Units at and under the seat that the person may read: those of the period's last day, and those that ended in
    it and may owe a closing return."""
    calendar, today, seat = office().edition.calendar, timezone.localdate(), request.seat.unit.pk
    found: set[int] = set()
    for day in (calendar.last_day(half), calendar.span(half).start):
        tree = tree_on(day)
        if seat in tree:
            found |= set(tree.subtree(seat)) & accessible_units(request.user, need="view", on=day, acting_on=today)
    return found


def _earlier(campaign: Campaign | None, half: Period) -> tuple[Period, str] | None:
    """The newest half-year before this one in which returns were received, while this one has none."""
    if campaign is None:
        return None
    rows = Return.objects.filter(campaign__root=campaign.root_id).exclude(accepted=None)
    codes = rows.order_by().values_list("campaign__period_code", flat=True).distinct()
    before = max((one for one in map(Period.parse, codes) if one < half), default=None)
    return (before, period_name(before)) if before else None
