"""Units as plain rows for the engine: trees of a day over row ids, and maps between ids, keys and names.

What is returned is kept by (units version, arguments) and shared: read it, do not change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from django.db import connection
from django.db.models import FilteredRelation, Q

from tienbo.core.tree import Place, Tree
from tienbo.units.models import ADMINISTRATIVE, Unit, UnitCode, UnitName, alive
from tienbo.units.versions import units_version


def tree_on(day: date, root: int | None = None, *, line: str = ADMINISTRATIVE) -> Tree:
    """The units alive on `day` as placed that day, over the ids of their rows; `root` keeps its subtree only.

    A unit without a parent that day is a root. ValueError for a root that is not alive that day.
    """
    return _tree(connection.alias, units_version(), day, root, line)


def trees_for(days: Iterable[date], root: int | None = None) -> dict[date, Tree]:
    """A tree for each day. With a root, only for the days on which it was alive."""
    found: dict[date, Tree] = {}
    for day in days:
        if root is None or root in tree_on(day):
            found[day] = tree_on(day, root)
    return found


@lru_cache(maxsize=64)
def _tree(_alias: str, version: str, day: date, root: int | None, line: str) -> Tree:
    if root is None:
        return _tree_of(tuple(places_on(day, line)))
    whole = _tree(_alias, version, day, None, line)
    if root not in whole:
        raise ValueError(f"the unit {root} is not alive on {day}")
    return _tree_of(
        tuple(
            Place(unit, whole.parents.get(unit) if unit != root else None, whole.kinds[unit])
            for unit in whole.subtree(root)
        )
    )


@lru_cache(maxsize=64)
def _tree_of(places: tuple[Place, ...]) -> Tree:
    """One tree for all days on which the units stood alike: years in which nothing moved are asked as one map."""
    return Tree(places)


def places_on(day: date, line: str = ADMINISTRATIVE) -> list[Place]:
    """(unit, parent, kind) of every unit alive on a day, as it stands in the database."""
    placed = FilteredRelation("placements", condition=Q(placements__line=line) & alive(day, "placements__"))
    rows = Unit.objects.on(day).annotate(place=placed).order_by("id").values_list("id", "place__parent_id", "kind")
    return [Place(*row) for row in rows]


def unit_keys() -> Mapping[int, str]:
    """Row id → key, of every unit there ever was."""
    return _keys(connection.alias, units_version())


def unit_ids() -> Mapping[str, int]:
    """Key → row id, of every unit there ever was."""
    return _ids(connection.alias, units_version())


def unit_names(day: date, lang: str = "vi") -> Mapping[int, str]:
    """Row id → full official name on a day, of the units alive and named then."""
    return _names(connection.alias, units_version(), day, lang)


def unit_codes(day: date, scheme: str) -> Mapping[int, str]:
    """Row id → code in a scheme on a day."""
    return _codes(connection.alias, units_version(), day, scheme)


@lru_cache(maxsize=4)
def _keys(_alias: str, _version: str) -> Mapping[int, str]:
    return MappingProxyType(dict(Unit.objects.values_list("id", "key")))


@lru_cache(maxsize=4)
def _ids(alias: str, version: str) -> Mapping[str, int]:
    return MappingProxyType({key: row for row, key in _keys(alias, version).items()})


@lru_cache(maxsize=32)
def _names(_alias: str, _version: str, day: date, lang: str) -> Mapping[int, str]:
    rows = UnitName.objects.on(day).filter(alive(day, "unit__"), lang=lang)
    return MappingProxyType(dict(rows.values_list("unit_id", "text")))


@lru_cache(maxsize=32)
def _codes(_alias: str, _version: str, day: date, scheme: str) -> Mapping[int, str]:
    rows = UnitCode.objects.on(day).filter(scheme=scheme)
    return MappingProxyType(dict(rows.values_list("unit_id", "code")))
