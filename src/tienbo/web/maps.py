"""The map that a page reads figures on: each period's own, or that of one day ("Theo địa giới hành chính tại ngày …").

The choice stands in the address (?map=2025-07-01), so that a link shows to everybody what it showed to whoever sent
it; an address without it gets the one chosen last in the session. ?map= goes back to each period's own map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from tienbo.core.words import day_of
from tienbo.units.frames import acts, lives, roots_on, tree_on
from tienbo.units.versions import units_version

PARAMETER = "map"


def choose_map(request: HttpRequest) -> HttpResponse | None:
    """Put the day of the map on the request (`map_day`, None: each period's own); a redirect where the session knows
    one that the address does not say and a page is asked for: what is sent is never sent on. 404 for what is no day."""
    given = request.GET.get(PARAMETER)
    if given is None:
        kept = request.session.get(PARAMETER, "")
        if kept and request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
            return redirect(f"{request.path}{query(request, **{PARAMETER: kept})}")
        given = kept
    day = day_asked(given)
    if given != request.session.get(PARAMETER, ""):
        request.session[PARAMETER] = given
    request.map_day = day  # type: ignore[attr-defined]
    return None


def query(request: HttpRequest, **given: str) -> str:
    """The query as it was asked with some parts changed, "?unit=…"; "" without any."""
    kept: QueryDict = request.GET.copy()
    for name, value in given.items():
        kept[name] = value
    return f"?{kept.urlencode()}" if kept else ""


def day_asked(text: str) -> date | None:
    """A day of a map as an address writes it, None for none; 404 for what is no day, or lies before every unit."""
    if not text:
        return None
    day = day_of(text)
    if day is None or day < min((life.start for life in lives().values()), default=day):
        raise Http404
    return day


class Choice(NamedTuple):
    """A day to choose; `is_before`: the last day before an act, else the first one under it."""

    day: date
    is_before: bool
    is_chosen: bool


@dataclass(frozen=True)
class MapChoice:
    """The control of a page. `kept`: the other parts of the query, which the choice must not lose."""

    day: date | None
    """The day that was chosen; None: each period's own map."""
    choices: tuple[Choice, ...]
    kept: tuple[tuple[str, str], ...]

    @property
    def also(self) -> str:
        """The choice as a further part of a query."""
        return f"&{PARAMETER}={self.day.isoformat()}" if self.day else ""

    @property
    def is_other(self) -> bool:
        """Whether a day was chosen that is not among those offered."""
        return self.day is not None and not any(one.is_chosen for one in self.choices)


def map_choice(request: HttpRequest, unit: int) -> MapChoice:
    """The days on which the ground of a unit was redrawn, the newest first."""
    day: date | None = getattr(request, "map_day", None)
    choices = (
        Choice(one, before, one == day)
        for act in sorted(redrawn(unit), reverse=True)
        for one, before in ((act, False), (act - timedelta(days=1), True))
    )
    dropped = (PARAMETER, "page", "unit")  # the unit need not stand on the other day
    kept = tuple((name, str(value)) for name, value in request.GET.items() if name not in dropped)
    return MapChoice(day, tuple(choices), kept)


def redrawn(unit: int) -> frozenset[date]:
    """The days in force of the acts that touched what stands, or ever stood, under a unit or those it was formed of."""
    return _redrawn(connection.alias, units_version(), unit)


@lru_cache(maxsize=64)
def _redrawn(_alias: str, _version: str, unit: int) -> frozenset[date]:
    known = acts()
    life = lives()[unit]
    days = sorted({act.day for act in known})
    held: set[int] = set()
    for day in (*(one - timedelta(days=1) for one in days), *days, life.start):
        tree = tree_on(day)
        for root in roots_on(unit, day):
            held.update(tree.subtree(root))
    return frozenset(act.day for act in known if any({one.predecessor, one.successor} & held for one in act.links))


def root_above(unit: int, seat: int, day: date) -> int | None:
    """As which unit a seat reads another on a day: its own, or the one of those it was formed of, at or above it; None
    where neither is."""
    tree = tree_on(day)
    line = {unit, *tree.ancestors(unit)} if unit in tree else {unit}
    return next((one for one in roots_on(seat, day) if one in line), None)


def under(unit: int, day: date) -> Iterator[int]:
    """Everything at and under a unit, or those it was formed of, on a day."""
    tree = tree_on(day)
    for root in roots_on(unit, day):
        yield from tree.subtree(root)
