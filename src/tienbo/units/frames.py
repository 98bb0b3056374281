"""Units as plain rows for the engine: trees of a day over row ids, and maps between ids, keys and names.

What is returned is kept by (units version, arguments) and shared: read it, do not change it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from django.db import connection
from django.db.models import FilteredRelation, Q

from tienbo.core.tree import Place, Tree
from tienbo.units.models import ADMINISTRATIVE, Placement, Unit, UnitCode, UnitName, alive
from tienbo.units.versions import units_version


def tree_on(day: date, root: int | None = None, *, line: str = ADMINISTRATIVE) -> Tree:
    """The units alive on `day` as placed that day, over the ids of their rows; `root` keeps its subtree only.

    A unit without a parent that day is a root. ValueError for a root that is not alive that day.
    """
    alias, version = connection.alias, units_version()
    changes = _changes(alias, version, line)
    before = bisect_right(changes, day)
    since = changes[before - 1] if before else day
    whole = _tree(alias, version, since, line)
    if root is None:
        return whole
    if root not in whole:
        raise ValueError(f"the unit {root} is not alive on {day}")
    return _subtree(alias, version, since, root, line)


def trees_for(days: Iterable[date], root: int | None = None) -> dict[date, Tree]:
    """A tree for each day. With a root, only for the days on which it was alive."""
    found: dict[date, Tree] = {}
    for day in days:
        if root is None or root in tree_on(day):
            found[day] = tree_on(day, root)
    return found


@lru_cache(maxsize=4)
def _changes(_alias: str, _version: str, line: str) -> tuple[date, ...]:
    """The days on which a unit began, ended or moved: between two of them all days have one tree."""
    placed = Placement.objects.filter(line=line)
    fields = ((Unit.objects, "valid_from"), (Unit.objects, "valid_to"), (placed, "valid_from"), (placed, "valid_to"))
    first, *others = (rows.order_by().exclude(**{field: None}).values_list(field) for rows, field in fields)
    days = (day for (day,) in first.union(*others))
    return tuple(sorted(days))


@lru_cache(maxsize=64)
def _tree(_alias: str, _version: str, since: date, line: str) -> Tree:
    return Tree(places_on(since, line))


@lru_cache(maxsize=64)
def _subtree(alias: str, version: str, since: date, root: int, line: str) -> Tree:
    whole = _tree(alias, version, since, line)
    return Tree(
        Place(unit, whole.parents.get(unit) if unit != root else None, whole.kinds[unit])
        for unit in whole.subtree(root)
    )


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
