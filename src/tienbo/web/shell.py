"""What every page shows around its content: whose site it is, the seat, the period, where one can go."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.units.access import Need
from tienbo.web.access import Seat, seats_of
from tienbo.web.maps import map_choice
from tienbo.web.office import office


class Stop(NamedTuple):
    """A place in the menu: its page, its words, what the seat must allow."""

    name: str
    words: str
    need: Need


MENU = (
    Stop("home", N_("This period"), "view"),
    Stop("intake", N_("Intake"), "accept"),
    Stop("units", N_("Units"), "view"),
    Stop("registers", N_("Registers"), "view"),
    Stop("tasks", N_("Tasks"), "view"),
    Stop("targets", N_("Targets"), "visit"),
    Stop("report", N_("Report"), "view"),
    Stop("indicators", N_("Indicators"), "visit"),
    Stop("rounds", N_("Ad-hoc rounds"), "consolidate"),
    Stop("journal", N_("Journal"), "audit"),
)


UNDER = {
    "campaign": "intake",
    "accounts": "intake",
    "indicator": "indicators",
    "explanation": "indicators",
    "working": "targets",
    "norm": "targets",
    "norms": "targets",
    "unit": "units",
    "entry": "units",
    "register": "registers",
    "kind": "registers",
    "kinds": "registers",
    "plan": "tasks",
    "plans": "tasks",
    "cascade": "tasks",
    "task": "tasks",
    "release": "report",
    "releases": "report",
    "received": "report",
    "packet": "report",
    "packets": "report",
    "round": "rounds",
}
"""First word of a page's name → the place in the menu that it is under."""


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    held = office()
    seat: Seat | None = getattr(request, "seat", None)
    made: dict[str, Any] = {
        "office": held.settings,
        "language": language(),
        "seat": seat,
        "seats": seats_of(request.user) if seat is not None else [],  # type: ignore[arg-type]
        "here": request.get_full_path(),
    }
    if seat is None:
        return made
    if hasattr(request, "map_day"):
        made["maps"] = map_choice(request, seat.unit.pk)
    match = request.resolver_match
    period = (match.kwargs.get("period") if match else None) or getattr(request, "period", None)
    periods = held.periods()
    shown = period if isinstance(period, Period) and held.knows(period) else held.present()
    made["period"] = shown
    made["period_name"] = period_name(shown) if shown else ""
    made["periods"] = [(one, period_name(one)) for one in periods]
    at = (match.url_name or "") if match else ""
    stops = {stop.name for stop in MENU}
    if at not in stops:
        at = at.partition("_")[0]  # "intake_return" is a page of intake
        at = UNDER.get(at, at)
    made["at"] = at if at in stops else ""
    made["menu"] = [
        (reverse(stop.name, kwargs={"period": shown}), _(stop.words), stop.name == at)
        for stop in MENU
        if shown and seat.allows(stop.need)
    ]
    return made
