"""What every page shows around its content: whose site it is, the seat, the period, where one can go."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from tienbo.accounts.models import User
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.acting import narrow_has_hidden, narrow_has_kept
from tienbo.papers.context import period_name
from tienbo.units.access import Need
from tienbo.web.access import Seat, seats_of
from tienbo.web.fresh import confirm_address, why_asked
from tienbo.web.idle import SEEN, idle_minutes
from tienbo.web.maps import map_choice
from tienbo.web.office import office
from tienbo.web.sign_in import factor_asked, used_factor


class Stop(NamedTuple):
    """A place in the menu: its page, its words, what the seat must allow."""

    name: str
    words: str
    need: Need
    dated: bool = True
    """Whether its address names a period."""
    foot: Need | None = None
    """Whoever may this finds it at the foot of the page: their menu is long enough."""


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
    Stop("elections", N_("Elections"), "elections"),
    Stop("committees", N_("How many women it takes"), "elections"),
    Stop("journal", N_("Journal"), "audit", foot="view"),
    Stop("access", N_("Who may what"), "oversee", dated=False),
    Stop("protection", N_("Personal data and incidents"), "watch", dated=False, foot="view"),
)


UNDER = {
    "campaign": "intake",
    "accounts": "intake",
    "indicator": "indicators",
    "explanation": "indicators",
    "projections": "indicators",
    "working": "targets",
    "pipeline": "targets",
    "vacancies": "targets",
    "norm": "targets",
    "norms": "targets",
    "unit": "units",
    "clusters": "units",
    "posts": "units",
    "counts": "units",
    "election": "elections",
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
    "committee": "committees",
    "lists": "committees",
    "forecast": "committees",
    "forecasts": "committees",
}
"""First word of a page's name → the place in the menu that it is under."""


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    held = office()
    seat: Seat | None = getattr(request, "seat", None)
    # An error page may stand in for a request that nothing has looked at yet.
    who = getattr(request, "user", None)
    user = who if isinstance(who, User) else None
    made: dict[str, Any] = {
        "office": held.settings,
        "language": language(),
        "seat": seat,
        "seats": seats_of(request.user) if seat is not None else [],  # type: ignore[arg-type]
        "here": request.get_full_path(),
        "identity_name": settings.IDENTITY_NAME,
        "idle_minutes": idle_minutes(user) if user is not None and SEEN in request.session else 0,
        "left_out": confirm_address(request.get_full_path(), "figures") if narrow_has_hidden() else "",
        "kept_out": narrow_has_kept(),
        "why_asked": why_asked(request),
        "factor_owed": user is not None and factor_asked(user) and not used_factor(request),
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
    for place in ("menu", "foot"):
        made[place] = [
            (reverse(stop.name, kwargs={"period": shown} if stop.dated else {}), _(stop.words), stop.name == at)
            for stop in MENU
            if (shown or not stop.dated) and seat.allows(stop.need)
            if (place == "foot") == (stop.foot is not None and seat.allows(stop.foot))
        ]
    return made
