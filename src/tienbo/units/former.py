"""From which province of before each unit comes, where the province that stands now was formed of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType

from django.db import connection

from tienbo.core.words import sort_key
from tienbo.units.frames import acts, tree_on, unit_names
from tienbo.units.versions import units_version


def former_provinces(units: Collection[int], province: int) -> Mapping[int, tuple[str, ...]]:
    """Unit → the names of the provinces its ground belonged to on the eve of the last act that formed `province` of
    several; nothing for a unit that has no forerunner then, and nothing at all where no act did."""
    found = _former(connection.alias, units_version(), province)
    return {unit: found[unit] for unit in units if unit in found}


@lru_cache(maxsize=16)
def _former(_alias: str, _version: str, province: int) -> Mapping[int, tuple[str, ...]]:
    forming = [
        act.day
        for act in acts()
        if any(link.successor == province and link.predecessor != province for link in act.links)
    ]
    if not forming:
        return MappingProxyType({})
    day = max(forming)
    eve = day - timedelta(days=1)
    before, names = tree_on(eve), unit_names(eve)
    came: dict[int, set[int]] = defaultdict(set)
    for act in acts():
        if act.day == day:
            for link in act.links:
                if link.successor is not None:
                    came[link.successor].add(link.predecessor)
    found = {}
    for unit in {*came, *before.kinds}:
        there = came[unit] or {unit}
        above = {
            names.get(one, "")
            for forerunner in there
            if forerunner in before
            for one in before.ancestors(forerunner)
            if before.kinds[one] == "province"
        }
        if above:
            found[unit] = tuple(sorted(above, key=sort_key))
    return MappingProxyType(found)
