"""Units as plain rows for the engine: trees of a day over row ids, maps between ids, keys and names, the acts that
redrew the map.

What is returned is kept by (units version, arguments) and shared: read it, do not change it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from django.db import connection
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from tienbo.core.acts import Act, Link, Quantity
from tienbo.core.shares import Share
from tienbo.core.spans import Span
from tienbo.core.succession import WHOLE, transition
from tienbo.core.tree import Place, Tree, family
from tienbo.units.extents import SHARES
from tienbo.units.models import (
    ADMINISTRATIVE,
    Extent,
    Placement,
    ReorganisationStage,
    Succession,
    SuccessionShare,
    Unit,
    UnitCode,
    UnitName,
    UnitPoint,
    UnitQuantity,
    alive,
)
from tienbo.units.versions import units_version


def tree_on(day: date, root: int | None = None, *, line: str = ADMINISTRATIVE) -> Tree:
    """The units alive on `day` as placed that day, over the ids of their rows; `root` keeps its subtree only.

    A unit without a parent that day is a root. ValueError for a root that is not alive that day.
    """
    alias, version = connection.alias, units_version()
    since = _since(alias, version, day, line)
    whole = _tree(alias, version, since, line)
    if root is None:
        return whole
    if root not in whole:
        raise ValueError(f"the unit {root} is not alive on {day}")
    return _subtree(alias, version, since, root, line)


def map_since(day: date, line: str = ADMINISTRATIVE) -> date:
    """The first of the days up to `day` on which the tree was what it is then; `day` itself before any change."""
    return _since(connection.alias, units_version(), day, line)


def _since(alias: str, version: str, day: date, line: str) -> date:
    changes = _changes(alias, version, line)
    before = bisect_right(changes, day)
    return changes[before - 1] if before else day


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


def unit_called(unit: int, day: date) -> str:
    """What a unit (row id) is called on a day: by its last name where it had ended, by its first before it began."""
    life = lives().get(unit)
    if life is None:
        return ""
    return unit_names(max(life.start, min(day, life.last_day or day))).get(unit, "")


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


def acts(known: datetime | None = None) -> tuple[Act, ...]:
    """The acts in force with their successions as they stand, by day and key. An act that is only planned or adopted
    is none. A correction is no act of its own: what it gave belongs to the act it corrects, under that act's key.

    `known`: as it was on record at that moment, to say again what was said then.
    """
    return _acts(connection.alias, units_version(), known)


def lives() -> Mapping[int, Span]:
    """Row id → the days of every unit there ever was."""
    return _lives(connection.alias, units_version())


def ends() -> Mapping[int, str]:
    """Row id → key of the act in force that ended the unit without a successor."""
    return _ends(connection.alias, units_version())


def quantities(measure: str) -> Mapping[int, tuple[Quantity, ...]]:
    """Row id → what was measured of it, by day; of two sources of one day the later recorded."""
    return _quantities(connection.alias, units_version(), measure)


def points() -> Mapping[int, tuple[float, float]]:
    """Row id → latitude and longitude of a point that stands for the unit; of two the later recorded."""
    return _points(connection.alias, units_version())


@lru_cache(maxsize=4)
def _acts(_alias: str, _version: str, known: datetime | None) -> tuple[Act, ...]:
    stages = ReorganisationStage.objects.filter(stage=ReorganisationStage.Stage.IN_FORCE)
    standing = Succession.objects.exclude(extent__in=(Extent.NONE, Extent.UNCHANGED))
    if known is None:
        standing = standing.filter(withdrawn_by=None)
    else:
        stages = stages.filter(recorded_at__lte=known)
        standing = standing.filter(Q(given_by=None) | Q(given_by__recorded_at__lte=known))
        standing = standing.filter(Q(withdrawn_by=None) | Q(withdrawn_by__recorded_at__gt=known))
    days = dict(stages.values_list("reorganisation__key", "effective_on"))
    told = _stated()
    links: dict[str, list[Link]] = {key: [] for key in days}
    fields = ("pk", "reorganisation__key", "predecessor_id", "successor_id", "extent")
    for pk, key, before, after, extent in standing.order_by("pk").values_list(*fields):
        if key in links:
            shares = SHARES[extent]
            links[key].append(Link(before, after, MappingProxyType({**shares, **told[pk]}) if pk in told else shares))
    found = (Act(key, day, tuple(links[key])) for key, day in days.items() if day is not None)
    return tuple(sorted(found, key=lambda act: (act.day, act.key)))


def _stated() -> Mapping[int, dict[str, Share]]:
    """Succession → measure → the share on record for it."""
    found: dict[int, dict[str, Share]] = defaultdict(dict)
    fields = ("succession_id", "measure", "low", "high", "share")
    for succession, measure, low, high, best in SuccessionShare.objects.values_list(*fields):
        stated = None if best is None else Fraction(best)
        found[succession][measure] = Share(Fraction(low), Fraction(high), Fraction(low) if low == high else stated)
    return found


def forerunners(unit: int, day: date, by: date | None = None) -> tuple[int, ...]:
    """Units of a day, of the same family of kinds, all of whose people went into `unit` since, when it began or when
    it took them in and kept its key: whose figures of that day it answers for. `by`: the day of asking (today); what
    goes over later has not gone yet."""
    known = _took_in(connection.alias, units_version()).get(unit, ())
    days = tuple(one for one in known if day < one <= (by or timezone.localdate()))
    return _forerunners(connection.alias, units_version(), unit, day, days) if days else ()


def roots_on(unit: int, day: date, by: date | None = None) -> tuple[int, ...]:
    """The unit itself where it stands on a day, and those that went wholly into it since; none where neither is."""
    return (*((unit,) if unit in tree_on(day) else ()), *forerunners(unit, day, by))


@lru_cache(maxsize=4)
def _took_in(_alias: str, _version: str) -> Mapping[int, tuple[date, ...]]:
    """Row id → the days on which others passed something on to it."""
    days: dict[int, set[date]] = defaultdict(set)
    for act in acts():
        for link in act.links:
            if link.predecessor != link.successor:
                days[link.successor].add(act.day)
    return MappingProxyType({unit: tuple(sorted(held)) for unit, held in days.items()})


@lru_cache(maxsize=256)
def _forerunners(_alias: str, _version: str, unit: int, day: date, days: tuple[date, ...]) -> tuple[int, ...]:
    tree, found = tree_on(day), {}
    for taken in days:
        after = tree_on(taken)
        alike = family(after.kinds[unit])
        moved = transition(acts(), lives(), source=day, target=taken, measure="population", quantities={})
        for one, row in moved.rows.items():
            whole = row.get(unit) == WHOLE and one not in moved.lost
            if whole and one in tree and one not in after and family(tree.kinds[one]) == alike:
                found[one] = taken
    return tuple(found)


@lru_cache(maxsize=4)
def _lives(_alias: str, _version: str) -> Mapping[int, Span]:
    rows = Unit.objects.values_list("id", "valid_from", "valid_to")
    return MappingProxyType({unit: Span(start, end) for unit, start, end in rows})


@lru_cache(maxsize=4)
def _ends(_alias: str, _version: str) -> Mapping[int, str]:
    rows = Succession.objects.filter(
        extent=Extent.NONE, withdrawn_by=None, reorganisation__stages__stage=ReorganisationStage.Stage.IN_FORCE
    )
    return MappingProxyType(dict(rows.values_list("predecessor_id", "reorganisation__key")))


@lru_cache(maxsize=8)
def _quantities(_alias: str, _version: str, measure: str) -> Mapping[int, tuple[Quantity, ...]]:
    found: dict[int, dict[date, Quantity]] = defaultdict(dict)
    rows = UnitQuantity.objects.filter(measure=measure).order_by("day", "pk")
    for unit, day, value in rows.values_list("unit_id", "day", "value"):
        found[unit][day] = Quantity(day, value)
    return MappingProxyType({unit: tuple(by_day.values()) for unit, by_day in found.items()})


@lru_cache(maxsize=4)
def _points(_alias: str, _version: str) -> Mapping[int, tuple[float, float]]:
    rows = UnitPoint.objects.order_by("pk").values_list("unit_id", "latitude", "longitude")
    return MappingProxyType({unit: (float(latitude), float(longitude)) for unit, latitude, longitude in rows})
