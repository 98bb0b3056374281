"""The life of a unit by the acts on record: what it came from and went into, generation by generation; what stood, or
stands, on its ground on another day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from django.db import connection

from tienbo.core.shares import WHOLE, Share
from tienbo.core.succession import transition
from tienbo.units.extents import AREA, POPULATION
from tienbo.units.frames import acts, lives, unit_names
from tienbo.units.models import ADMINISTRATIVE, Extent, Placement, Reorganisation, Succession, Unit, UnitCode, UnitName
from tienbo.units.versions import units_version


class Went(NamedTuple):
    """Some or all of `before`, as named on the eve, into `after`, as named on the day; None: it ended without one."""

    before: int
    before_name: str
    after: int | None
    after_name: str
    extent: str
    words: str
    shares: tuple[tuple[str, Share], ...]


class Change(NamedTuple):
    """What changed of the unit itself on a day. `what`: name, code or parent; before "" where there was none."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """A day in the life of a unit: the act, where one is on record, what went where, what changed of the unit."""

    day: date
    act: Reorganisation | None
    went: tuple[Went, ...] = ()
    changes: tuple[Change, ...] = ()


class Ground(NamedTuple):
    """A unit of another day on the same ground; what share of the earlier of the two went into the later."""

    unit: int
    name: str
    population: Share
    area: Share


def life(unit: Unit) -> list[Step]:
    """Every day on which an act redrew the unit, what it came from or what it went into, and every day on which its
    name, code or superior changed; by day. Acts that are only planned or adopted are not among them."""
    before, after = _line(unit.pk)
    rows = Succession.objects.filter(
        withdrawn_by=None, reorganisation__stages__stage="in_force", predecessor_id__in=before | after | {unit.pk}
    )
    rows = rows.select_related("reorganisation").prefetch_related("reorganisation__stages", "shares").order_by("pk")
    steps: dict[tuple[date, int], list[Succession]] = defaultdict(list)
    for row in rows:
        into = row.successor_id
        if row.extent == Extent.UNCHANGED and row.predecessor_id != unit.pk:
            continue
        if row.predecessor_id in before and into not in before | {unit.pk}:
            continue  # what else became of what it came from is the life of others
        stages = {one.stage: one.effective_on for one in row.reorganisation.stages.all()}
        day = stages["in_force"]
        assert day is not None  # noqa: S101 - the database holds that an act in force has a day
        steps[day, row.reorganisation_id].append(row)
    changes = _changes(unit)
    made = [
        Step(day, held[0].reorganisation, tuple(_went(row, day) for row in held if row.extent != Extent.UNCHANGED),
             changes.pop(day, ()) if any(row.predecessor_id == unit.pk for row in held) else ())
        for (day, _act), held in steps.items()
    ]  # fmt: skip
    made += [Step(day, None, (), said) for day, said in changes.items()]
    return sorted(made, key=lambda step: (step.day, step.act is None))


def _went(row: Succession, day: date) -> Went:
    into = row.successor_id
    shares = tuple((one.measure, _share(one.low, one.high)) for one in row.shares.all())
    eve = unit_names(day - timedelta(days=1)).get(row.predecessor_id, "")
    return Went(
        row.predecessor_id,
        eve,
        into,
        "" if into is None else unit_names(day).get(into, ""),
        row.extent,
        row.words,
        shares,
    )


def _share(low: Decimal, high: Decimal) -> Share:
    return Share(Fraction(low), Fraction(high))


def _changes(unit: Unit) -> dict[date, tuple[Change, ...]]:
    """Day → what changed then of a unit that was there before."""
    found: dict[date, list[Change]] = defaultdict(list)
    names = UnitName.objects.filter(unit=unit, lang="vi").order_by("valid_from")
    codes = UnitCode.objects.filter(unit=unit).order_by("scheme", "valid_from")
    placed = Placement.objects.filter(unit=unit, line=ADMINISTRATIVE).order_by("valid_from")
    by_scheme: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for code in codes:
        by_scheme[code.scheme].append((code.valid_from, str(code)))
    parents = [(row.valid_from, unit_names(row.valid_from).get(row.parent_id, "")) for row in placed]
    told = [("name", [(row.valid_from, row.text) for row in names]), ("parent", parents)]
    told += [("code", rows) for rows in by_scheme.values()]
    for what, rows in told:
        for at, (day, value) in enumerate(rows):
            if day > unit.valid_from:
                found[day].append(Change(what, rows[at - 1][1] if at else "", value))
    return {day: tuple(said) for day, said in found.items()}


def ground_on(unit: Unit, day: date) -> list[Ground]:
    """The units of a day on whose ground the unit stands or stood, itself where it stood then; the largest share first.

    Only acts along its own line are asked, so this does not look at the rest of the map.
    """
    span = lives()[unit.pk]
    if span.contains(day):
        return [Ground(unit.pk, unit_names(day).get(unit.pk, ""), WHOLE, WHOLE)]
    earlier = day < span.start
    own = span.start if earlier else span.last_day
    assert own is not None  # noqa: S101 - a unit that is not there any more has a last day
    before, after = _line(unit.pk)
    line = (before if earlier else after) | {unit.pk}
    said = [act._replace(links=tuple(link for link in act.links if link.predecessor in line)) for act in acts()]
    said = [act for act in said if act.links]
    held = {one: lives()[one] for one in line | {link.successor for act in said for link in act.links}}
    source, target = (day, own) if earlier else (own, day)
    told = [
        transition(said, held, source=source, target=target, measure=measure).rows for measure in (POPULATION, AREA)
    ]
    names = unit_names(day)
    nothing = Share.of(0)
    if earlier:
        pairs = {one: [rows.get(one, {}).get(unit.pk, nothing) for rows in told] for one in line if one in names}
    else:
        into = set(chain.from_iterable(rows.get(unit.pk, {}) for rows in told))
        pairs = {one: [rows.get(unit.pk, {}).get(one, nothing) for rows in told] for one in into}
    found = [Ground(one, names.get(one, ""), *shares) for one, shares in pairs.items() if shares != [nothing] * 2]
    return sorted(found, key=lambda row: (-row.population.high, -row.area.high, row.name))


def _line(unit: int) -> tuple[set[int], set[int]]:
    """(what a unit came from, what it went into), over every generation; never itself."""
    came, went = _edges(connection.alias, units_version())
    return _reached(unit, came), _reached(unit, went)


def _reached(unit: int, edges: Mapping[int, Iterable[int]]) -> set[int]:
    found: set[int] = set()
    frontier = {unit}
    while frontier:
        frontier = {other for one in frontier for other in edges.get(one, ())} - found - {unit}
        found |= frontier
    return found


@lru_cache(maxsize=4)
def _edges(_alias: str, _version: str) -> tuple[Mapping[int, set[int]], Mapping[int, set[int]]]:
    """Successor → predecessors and predecessor → successors, of all acts in force."""
    came: dict[int, set[int]] = defaultdict(set)
    went: dict[int, set[int]] = defaultdict(set)
    for act in acts():
        for link in act.links:
            if link.predecessor != link.successor:
                came[link.successor].add(link.predecessor)
                went[link.predecessor].add(link.successor)
    return came, went
