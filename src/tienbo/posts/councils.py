"""Whose council the figures of an election are of. A province tells the elections of its communes as one: what is told
at a place is of the council there. A constituency of the province's own council is of the province, wherever it lies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TypeVar

from django.db.models import Q

from tienbo.catalogue.loading import Edition
from tienbo.posts.election_models import Constituency, Election
from tienbo.units.models import Unit

Place = tuple[int, str]
"""A unit (row id) and the number of a constituency there; "" for the whole."""
Councils = Mapping[int, Mapping[Place, int]]
"""Election (row id) → place → the unit whose council is elected there."""


def elections_at(
    units: Collection[int], kinds: Collection[str], *, on: date | None = None, until: date | None = None
) -> list[Election]:
    """Elections of these kinds that were held at units or for them, the first first: of a day, or up to one."""
    rows = Election.objects.filter(
        Q(unit__in=units) | Q(constituencies__unit__in=units, constituencies__standing=1), kind__in=kinds
    ).select_related("unit")
    rows = rows.filter(day=on) if on is not None else rows.filter(day__lte=until)
    return list(rows.distinct().order_by("day", "pk"))


def councils_of(edition: Edition, elections: Collection[Election]) -> Councils:
    """The places of elections, each with the unit whose council it elects."""
    found: dict[int, dict[Place, int]] = {one.pk: {} for one in elections}
    held = {one.pk: one for one in elections}
    for part in Constituency.objects.filter(election__in=elections, standing=1).select_related("unit"):
        council = _council(edition, held[part.election_id], part.unit)
        if council is not None:
            found[part.election_id][part.unit_id, part.number] = council
    return found


def _council(edition: Edition, election: Election, place: Unit) -> int | None:
    kind = edition.election_kinds.get(election.kind)
    group = edition.count_groups.get(kind.deputies) if kind is not None and kind.deputies else None
    if group is None or not group.units or election.unit.kind in group.units:
        return election.unit_id
    return place.pk if place.kind in group.units else None


T = TypeVar("T")


def whole_or_parts(told: Mapping[Place, T], council: int, places: Mapping[Place, int]) -> list[T]:
    """What one source tells of a council: of the whole of it, else of all of its constituencies; nothing where one of
    them is missing."""
    if (council, "") in told:
        return [told[council, ""]]
    parts = {place: one for place, one in told.items() if place[1]}
    asked = {place for place, of in places.items() if of == council and place[1]}
    return list(parts.values()) if asked and set(parts) == asked else []
