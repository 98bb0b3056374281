"""The units that a seat may read, with where their returns stand: found by name, code, kind or state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.collection.models import Campaign
from tienbo.collection.standings import STATES, Standing, standings
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, family
from tienbo.core.words import day_words
from tienbo.release.frozen import printed
from tienbo.units.access import access_matches, accessible_units
from tienbo.units.finding import found
from tienbo.units.frames import lives, tree_on, unit_codes, unit_keys, unit_names
from tienbo.units.models import GSO
from tienbo.web.access import Asked, page
from tienbo.web.families import FAMILIES, kind_words
from tienbo.web.maps import under
from tienbo.web.office import office
from tienbo.web.standing import TONES
from tienbo.web.unit_place import span_words

ROWS = 50
"""Units on one screen."""
MOST_ELSEWHEN = 20
"""Units of other days that are offered."""
LONGEST = 100
"""Letters of what is searched for."""


class Row(NamedTuple):
    """A unit on the list; `state` is empty for one that owes nothing, and says of one that did not stand in the period
    when it did."""

    name: str
    address: str
    kind: str
    code: str
    under: str
    state: str
    tone: str
    sent_at: datetime | None
    receipt: str


class Choice(NamedTuple):
    value: str
    words: str
    is_chosen: bool


@page("view", mapped=True)
def units(request: Asked, period: Period) -> HttpResponse:
    """The list of the units of the map that was chosen, else of the period's last day, sifted by ?q= (name, code),
    ?kind= (family) and ?state=. A return is that of the period."""
    held, half, today = office(), period.last_half, timezone.localdate()
    last = held.edition.calendar.last_day(period)
    day = request.map_day or last
    tree, names, codes = tree_on(day), unit_names(day), unit_codes(day, GSO)
    allowed = accessible_units(request.user, need="view", on=day, acting_on=today)
    seat = request.seat.unit.pk
    mine = allowed.intersection(under(seat, day))
    there = tree_on(last)
    told = {
        row.unit: row
        for one in Campaign.objects.filter(root__in=held.collectors(half), period_code=half.code).select_related("root")
        for row in standings(root=one.root, edition=held.edition, period=half, tree=there, today=today, units=mine)
    }
    text = request.GET.get("q", "")[:LONGEST].strip()
    families = [one for one in FAMILIES if any(family(tree.kinds[unit]) == one for unit in mine)]
    kind = request.GET.get("kind", "") if request.GET.get("kind") in families else ""
    state = request.GET.get("state", "") if request.GET.get("state") in STATES else ""
    wanted = {
        unit: names[unit]
        for unit in mine
        if unit in names
        and (not kind or family(tree.kinds[unit]) == kind)
        and (not state or (unit in told and told[unit].state == state))
    }
    listed = found(text, wanted, codes) if text else printed(wanted, tree, names)
    pages = Paginator(listed, ROWS)
    at = pages.get_page(request.GET.get("page"))
    rows = [
        _row(unit, period if unit in there or unit in told else None, tree, names, codes, told.get(unit))
        for unit in at.object_list
    ]
    kept = {name: value for name, value in {"q": text, "kind": kind, "state": state}.items() if value}
    context = {
        "rows": rows,
        "at": at,
        "pages": pages,
        "count": len(listed),
        "all": len(mine),
        "text": text,
        "query": urlencode(kept),
        "kinds": [Choice(one, _(FAMILIES[one]), one == kind) for one in families],
        "states": [Choice(one, _(words).capitalize(), one == state) for one, words in STATES.items()],
        "day": day,
        "may_cluster": request.seat.allows("consolidate"),
        "may_reorganise": request.seat.allows("reorganise"),
        "elsewhen": _on_other_days(request, text, set(listed)) if text and at.number == 1 else [],
        "many": len({tree.parents.get(unit) for unit in mine - {seat}}) > 1,
    }
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "web/parts/unit_rows.html" if part else "web/units.html", context)


def _lived(unit: int) -> str:
    """Why a unit of another map has nothing to do with the period: since or until when it stood."""
    life = lives()[unit]
    if life.last_day is not None:
        return _("ended on {day}").format(day=day_words(life.last_day)).capitalize()
    return _("began on {day}").format(day=day_words(life.start)).capitalize()


class Elsewhen(NamedTuple):
    """A unit that was called so, or held that code, on days that are not this map's; or that is not on it."""

    name: str
    under: str
    code: str
    days: str
    address: str


def _on_other_days(request: Asked, text: str, listed: set[int]) -> list[Elsewhen]:
    """Units of any day that the text can mean, beside those on the list: a code may have been another unit's."""
    found: dict[int, Elsewhen] = {}
    for match in access_matches(request.user, text, need="view", on=None, acting_on=timezone.localdate()):
        unit = match.unit
        if match.rank < 2 and unit.pk not in found and not (unit.pk in listed and len(listed) == 1):
            address = reverse("unit", kwargs={"key": unit.key})
            codes, under = ", ".join(match.codes), ", ".join(match.under)
            found[unit.pk] = Elsewhen(match.name, under, codes, span_words(match.span), address)
        if len(found) == MOST_ELSEWHEN:
            break
    return list(found.values()) if set(found) - listed else []


@page("view")
def search(request: Asked) -> HttpResponseBase:
    """The list of the newest period, with what is searched for: an address that does not name a period."""
    periods = office().periods()
    if not periods:
        return render(request, "web/no_period.html")
    address = reverse("units", kwargs={"period": periods[0]})
    query = request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


def _row(
    unit: int,
    period: Period | None,
    tree: Tree,
    names: Mapping[int, str],
    codes: Mapping[int, str],
    told: Standing | None,
) -> Row:
    parent = tree.parents.get(unit)
    address = reverse("unit", kwargs={"key": unit_keys()[unit]})
    return Row(
        name=names[unit],
        address=f"{address}?period={period.last_half.code}" if period else address,
        kind=kind_words(tree.kinds[unit]),
        code=codes.get(unit, ""),
        under=names.get(parent, "") if parent is not None else "",
        state=_(STATES[told.state]).capitalize() if told else "" if period else _lived(unit),
        tone=TONES.get(told.state, "") if told else "",
        sent_at=told.sent_at if told else None,
        receipt=told.receipt if told else "",
    )
