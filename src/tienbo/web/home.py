"""Home of a period: who has sent, who is late, what is wrong; how each target stands; what moved.

Whose home it is decides what is on it. The standing office and who inspects get the whole of it, the chair one screen
on a phone, a unit that only reports the state of its own return.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from tienbo.collection.draft_models import Draft
from tienbo.collection.history import told
from tienbo.collection.models import Campaign, Return
from tienbo.collection.standings import STATES, standings
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.acting import narrow_apart
from tienbo.papers.context import period_name
from tienbo.units.access import accessible_units
from tienbo.units.frames import roots_on, tree_on, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.binders import binder_for
from tienbo.web.links import link
from tienbo.web.maps import under
from tienbo.web.office import office
from tienbo.web.standing import TALLIED, TONES, moved, senders, targets_seen, unit_address, wrong
from tienbo.web.subject import Place, not_standing, place
from tienbo.web.tasks import issued_tally, owed_lines
from tienbo.web.unit_place import place_of

TELLING, MOVES = 6, 6
AT_A_GLANCE = 3
"""Rows of each kind on the chair's screen."""


@page("view", mapped=True)
def home(request: Asked, period: Period) -> HttpResponse:
    """The home that fits the seat; `?view=full` and `?view=brief` ask for the other one where there are both. Figures
    stand on the map that was chosen; returns are always those of the units of the period."""
    seat, held = request.seat, office()
    day = held.edition.calendar.last_day(period)
    chosen = request.map_day
    if not (roots_on(seat.unit.pk, chosen) if chosen else seat.unit.pk in tree_on(day)):
        return not_standing(request, chosen or day)
    about = place(request, period)
    view = _view(request, about)
    names, keys, today = unit_names(day), unit_keys(), timezone.localdate()
    half = period.last_half
    campaigns = campaigns_above(seat.unit, half, day)
    units = readable(request, half)
    rows = [
        row
        for one in campaigns
        for row in standings(
            root=one.root, edition=held.edition, period=half, tree=tree_on(day), today=today, units=units
        )
    ]
    sent = senders(
        rows, campaigns=campaigns, period=half, names=names, keys=keys, today=today, wanted=request.GET.get("state", "")
    )
    context: dict[str, Any] = {
        "asked": period,
        "span": held.edition.calendar.span(period),
        "last_day": day,
        "sent": sent,
        "about": about,
        "unit_page": unit_address(seat.unit.key, half),
        "addresses": {
            "targets": link("targets", period=period),
            "working": link("working_table", period=period, key=about.unit.key),
            "intake": link("intake", period=half) if seat.allows("accept") else "",
            "report": link("report", period=period),
            "take": link("committees", period=period) if seat.allows("elections") else "",
        },
    }
    with narrow_apart():  # much is read to be counted; what is shown of it is noted where it is put in words
        binder = binder_for(seat, about.unit, period, map_day=chosen, root=about.root)
    if view == "own":
        context |= {
            "owes": held.edition.form_for(seat.unit.kind, half) is not None,
            "told": told(unit=seat.unit, campaigns=campaigns, today=today).get(half),
            **_entry(request, half),
            "states": {state: _(words) for state, words in STATES.items()},
            "tones": TONES,
            "targets": targets_seen(binder, period, most=TELLING),
            "tallied": [_(words) for words in TALLIED],
            "moved": moved(binder, period, most=AT_A_GLANCE),
            "owed": owed_lines(seat.unit.pk, period),
        }
        return render(request, "web/home_own.html", context)
    most, moves = (TELLING, MOVES) if view == "full" else (AT_A_GLANCE, AT_A_GLANCE)
    context |= {
        "targets": targets_seen(binder, period, most=most),
        "moved": moved(binder, period, most=moves),
        "tallied": [_(words) for words in TALLIED],
        "earlier": _earlier(campaigns, half) if not sent.received else None,
        "has_both": seat.allows("conclude"),
        "tasks": issued_tally(seat.unit.pk, period),
    }
    if view == "brief":
        return render(request, "web/home_brief.html", context)
    context["wrong"] = wrong(rows, seat=seat, campaigns=campaigns, period=half, names=names, keys=keys)
    if request.headers.get("HX-Request"):
        return render(request, "web/parts/senders.html", context)
    context["reconciliation"] = link("intake_reconciliation", period=half) if seat.allows("accept") else ""
    return render(request, "web/home.html", context)


def _entry(request: Asked, half: Period) -> dict[str, Any]:
    """The way to the entry of the unit's return from its home, and how far it came: "entry" for whoever fills in,
    "handed" where it waits for the head."""
    own = place_of(request, request.seat.unit)
    if half not in own.campaigns:
        return {}
    own = replace(own, period=half)
    if not own.sees_content or own.form(half) is None:
        return {}
    where = {"key": own.unit.key, "period": half}
    handed = own.prepared if own.may_sign else None
    made = Draft.objects.filter(campaign=own.campaigns[half], unit=own.unit).exists()
    return {
        "entry": reverse("entry_step", kwargs={**where, "number": 1}) if own.may_enter else "",
        "is_begun": made,
        "handed": handed,
        "sending": reverse("entry_send", kwargs=where) if handed is not None else "",
        "approves": own.may_approve,
    }


def _view(request: Asked, about: Place) -> str:
    seat = request.seat
    if not about.tree.children.get(about.unit.pk):
        return "own"
    asked = request.GET.get("view")
    if asked in ("full", "brief"):
        return asked
    return "brief" if seat.allows("conclude") and not seat.allows("consolidate") else "full"


def campaigns_above(unit: Unit, half: Period, day: date) -> list[Campaign]:
    """The half-year as it was opened by the unit, or each of those it was formed of, or by the nearest one above; `day`
    is its last. For the office itself also what those opened that went wholly into its unit since."""
    tree, rows = tree_on(day), Campaign.objects.filter(period_code=half.code).select_related("root")
    opened = {row.root_id: row for row in rows}
    lines = [(root, *tree.ancestors(root)) for root in roots_on(unit.pk, day)]
    lines += [(one.pk,) for one in office().collectors(half) if unit == office().home]
    nearest = (next((opened[one] for one in line if one in opened), None) for line in lines)
    return list({one.pk: one for one in nearest if one is not None}.values())


def readable(request: Asked, half: Period) -> set[int]:
    """Units at and under the seat that the person may read: those of the period's last day, and those that ended in
    it and may owe a closing return."""
    calendar, today, seat = office().edition.calendar, timezone.localdate(), request.seat.unit.pk
    found: set[int] = set()
    for day in (calendar.last_day(half), calendar.span(half).start):
        allowed = accessible_units(request.user, need="view", on=day, acting_on=today)
        found |= allowed.intersection(under(seat, day))
    return found


def _earlier(campaigns: Sequence[Campaign], half: Period) -> tuple[Period, str] | None:
    """The newest half-year before this one in which returns were received, while this one has none."""
    rows = Return.objects.filter(campaign__root__in=[one.root_id for one in campaigns]).exclude(accepted=None)
    codes = rows.order_by().values_list("campaign__period_code", flat=True).distinct()
    before = max((one for one in map(Period.parse, codes) if one < half), default=None)
    return (before, period_name(before)) if before else None
