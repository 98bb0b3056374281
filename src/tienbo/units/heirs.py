"""Who took a unit over: by the acts in force, where it is certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from tienbo.core.shares import WHOLE
from tienbo.units.extents import MEASURES
from tienbo.units.frames import acts, lives
from tienbo.units.versions import units_version


def heir(unit: int, by: date | None = None) -> int | None:
    """The unit that stands (or ended last) in the place of one that ended, all of which went into one, on and on.

    None for a unit that has not ended, that was divided, or that ended without a successor. `by`: the day of asking
    (today); an act that is recorded ahead of its day changes nobody's place yet.
    """
    asked = by or timezone.localdate()
    found, last, seen = _heirs(connection.alias, units_version()), unit, {unit}
    while last in found and found[last].day <= asked and found[last].unit not in seen:
        last = found[last].unit
        seen.add(last)
    return last if last != unit else None


class _Heir(NamedTuple):
    unit: int
    day: date


@lru_cache(maxsize=4)
def _heirs(_alias: str, _version: str) -> Mapping[int, _Heir]:
    """Unit that ended → the one that all of it went into on that day."""
    ends = {unit: life.end for unit, life in lives().items() if life.end is not None}
    went: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for act in acts():
        for link in act.links:
            if ends.get(link.predecessor) == act.day:
                whole = all(link.shares.get(measure) == WHOLE for measure in MEASURES)
                went[link.predecessor].append((link.successor, whole))
    alone = {unit: rows[0][0] for unit, rows in went.items() if len(rows) == 1 and rows[0][1]}
    return MappingProxyType({unit: _Heir(into, ends[unit]) for unit, into in alone.items()})
