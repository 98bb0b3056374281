"""Onto: what figures of other days need to be read on the units of one day, as plain rows for the engine.

A figure stays on the map of its own half-year; it is read on another map by shares. `core.succession` says which unit
of the map day takes which share of a unit; here the shares are rounded to what a DECIMAL holds and sorted into what
goes whole (added up as ever, one parent step a level) and what was divided (multiplied, straight to every ancestor).
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.succession import Act, Quantity, Share, onto, rounded, transition
from tienbo.core.tree import Tree, is_kind

PLACES = 9
"""Decimal places of a share."""
POPULATION = "population"


class Weight(NamedTuple):
    """The share of a unit that one unit of the map day takes, 0 to 1 with nine places; `best` None where nobody knows
    it any nearer. Equal bounds are an exact share."""

    low: Decimal
    high: Decimal
    best: Decimal | None

    @property
    def is_whole(self) -> bool:
        return self.low == 1


@dataclass(frozen=True, eq=False)
class Way:
    """How figures that travel by one measure go from the units of an era to the map day's `tree`.

    `whole`: unit → the one unit that takes all of it. `divided`: every other unit → whoever takes some of it, and
    every ancestor of those → weight; the weights of the takers sum to one. `takers`: unit of `divided` → those of
    its keys that take some of it themselves; none for a unit that ended without a successor, whose figures stay with
    what it stood under.
    """

    tree: Tree
    whole: Mapping[int, int]
    divided: Mapping[int, Mapping[int, Weight]]
    takers: Mapping[int, tuple[int, ...]]

    def reached(self, unit: int) -> Iterable[int]:
        """Every unit of the map day that holds some of the unit, ancestors included."""
        taker = self.whole.get(unit)
        return self.divided.get(unit, {}) if taker is None else (taker, *self.tree.ancestors(taker))

    def taking(self, unit: int) -> tuple[int, ...]:
        """Those that take some of the unit themselves."""
        taker = self.whole.get(unit)
        return self.takers.get(unit, ()) if taker is None else (taker,)

    def weight(self, unit: int, target: int) -> Weight:
        return WHOLE if unit in self.whole else self.divided[unit][target]

    @cached_property
    def sources(self) -> Mapping[int, Sequence[int]]:
        """Unit of the map day → units of the era that reach it, those that reach what stands under it included."""
        found: dict[int, list[int]] = defaultdict(list)
        for unit in (*self.whole, *self.divided):
            for target in self.reached(unit):
                found[target].append(unit)
        return found

    @cached_property
    def is_certain(self) -> bool:
        """Whether every share is known exactly."""
        return all(one.low == one.high for row in self.divided.values() for one in row.values())

    @cached_property
    def whole_columns(self) -> tuple[pa.Array, pa.Array]:
        """Units that go whole, and who takes them."""
        return pa.array(list(self.whole), pa.int32()), pa.array(list(self.whole.values()), pa.int32())

    @cached_property
    def gone_columns(self) -> tuple[pa.Array, pa.Array]:
        """The same, and each divided unit as if it were taken by itself: by its number below zero, which is no
        unit's of the map day."""
        units, takers = self.whole_columns
        divided = pa.array(list(self.divided), pa.int32())
        return pa.concat_arrays([units, divided]), pa.concat_arrays([takers, pc.negate(divided)])

    @cached_property
    def divided_columns(self) -> tuple[pa.Array, ...]:
        """unit, taker, low, high, best: one row a unit and whoever reaches some of it."""
        rows = [(unit, target, *one) for unit, row in self.divided.items() for target, one in row.items()]
        kinds = (pa.int32(), pa.int32(), *[pa.decimal128(10, PLACES)] * 3)
        columns = zip(*rows, strict=True) if rows else ((),) * len(kinds)
        return tuple(pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True))


WHOLE = Weight(Decimal(1), Decimal(1), Decimal(1))


@dataclass(frozen=True, eq=False)
class Era:
    """A span of days between two acts, and the ways from its units to the map day.

    `ways` by measure ("population", "area", "members"). `acts`: unit → keys of the acts it passes, in order. `ended`:
    unit without a successor → key of the act that ended it. `people`: unit → population, where it is known.
    """

    tree: Tree
    ways: Mapping[str, Way]
    acts: Mapping[int, tuple[str, ...]]
    ended: Mapping[int, str]
    people: Mapping[int, Decimal]

    @cached_property
    def _held(self) -> dict[object, Mapping[int, Sequence[int]]]:
        return {}

    def owing(self, way: Way, kinds: frozenset[str], *, direct: bool = False) -> Mapping[int, Sequence[int]]:
        """Unit of the map day → units of these kinds with some share in it; `direct`: in itself, not in what stands
        under it."""
        key = (id(way), kinds, direct)
        if key not in self._held:
            found: dict[int, list[int]] = defaultdict(list)
            for unit, kind in self.tree.kinds.items():
                if is_kind(kind, kinds):
                    for target in way.taking(unit) if direct else way.reached(unit):
                        found[target].append(unit)
            self._held[key] = found
        return self._held[key]

    @cached_property
    def _passed(self) -> dict[int, Mapping[int, frozenset[str]]]:
        return {}

    def acts_into(self, way: Way) -> Mapping[int, frozenset[str]]:
        """Unit of the map day → the acts that figures of this era pass on their way into it."""
        if id(way) not in self._passed:
            found: dict[int, set[str]] = defaultdict(set)
            for unit, keys in self.acts.items():
                for target in way.reached(unit):
                    found[target].update(keys)
            self._passed[id(way)] = {unit: frozenset(keys) for unit, keys in found.items()}
        return self._passed[id(way)]


@dataclass(frozen=True, eq=False)
class Onto:
    """The map of a day, and the way there from every half-year that is read.

    `eras`: half-year → its era; half-years between the same two acts share one. `absent`: unit that is not there on
    the day → key of the act that ended it before, or founded it after ("" where unknown). `act_days`: act → day in
    force. `fingerprint`: of the acts that the ways were made of.
    """

    day: date
    tree: Tree
    eras: Mapping[Period, Era]
    absent: Mapping[int, str]
    act_days: Mapping[str, date]
    fingerprint: str = ""

    def in_order(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Acts by their day."""
        return tuple(sorted(set(keys) - {""}, key=lambda key: (self.act_days.get(key, self.day), key)))


# ------------------------------------------------------------------------------------------------------- made of


@dataclass(frozen=True, eq=False)
class History:
    """What the ways are made of: acts in force, days of every unit, what was measured of units, ends without a
    successor (unit → act), keys of units. What is made of it is kept with it."""

    acts: Sequence[Act]
    lives: Mapping[int, Span]
    quantities: Callable[[str], Mapping[int, Sequence[Quantity]]]
    ends: Mapping[int, str]
    keys: Mapping[int, str]

    @cached_property
    def act_days(self) -> Mapping[str, date]:
        return {act.key: act.day for act in self.acts}

    @cached_property
    def _absent(self) -> dict[date, Mapping[int, str]]:
        return {}

    def absent(self, day: date) -> Mapping[int, str]:
        """Unit that is not there on a day → the act that ended it before, or founded it after."""
        if day not in self._absent:
            self._absent[day] = self._missing(day)
        return self._absent[day]

    def _missing(self, day: date) -> dict[int, str]:
        ended: dict[tuple[int, date], str] = {}
        founded: dict[tuple[int, date], str] = {}
        for act in self.acts:
            for link in act.links:
                ended[link.predecessor, act.day] = founded[link.successor, act.day] = act.key
        found: dict[int, str] = {}
        for unit, life in self.lives.items():
            if life.start > day:
                found[unit] = founded.get((unit, life.start), "")
            elif life.end is not None and life.end <= day:
                found[unit] = ended.get((unit, life.end), "") or self.ends.get(unit, "")
        return found

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the acts, units by their keys."""
        keys = self.keys
        rows = [
            [
                act.key,
                act.day.isoformat(),
                sorted(
                    [
                        keys.get(link.predecessor, ""),
                        keys.get(link.successor, ""),
                        sorted([measure, *map(str, share)] for measure, share in link.shares.items()),
                    ]
                    for link in act.links
                ),
            ]
            for act in self.acts
        ]
        return hashlib.sha256(json.dumps(sorted(rows), separators=(",", ":")).encode()).hexdigest()


def era_onto(
    history: History, *, source: date, source_tree: Tree, target: date, tree: Tree, measures: Iterable[str]
) -> Era:
    """The ways from the units of a source day to those of a target day, by each measure."""
    ways: dict[str, Way] = {}
    for measure in dict.fromkeys((*measures, POPULATION)):
        moved = rounded(
            transition(
                history.acts,
                history.lives,
                source=source,
                target=target,
                measure=measure,
                quantities=history.quantities(measure),
            ),
            PLACES,
        )
        whole = {unit: next(iter(row)) for unit, row in moved.rows.items() if len(row) == 1 and _first(row).low == 1}
        parted = moved._replace(rows={unit: row for unit, row in moved.rows.items() if unit not in whole})
        divided = {
            unit: {target: _weight(share) for target, share in row.items() if share.high > 0}
            for unit, row in onto(parted, tree).items()
        }
        takers = {
            unit: tuple(target for target, share in row.items() if share.high > 0) for unit, row in parted.rows.items()
        }
        way = Way(tree, whole, divided, takers)
        for unit in source_tree.kinds:
            if unit not in whole and unit not in divided:
                divided[unit], takers[unit] = _stays(unit, way, source_tree), ()
        ways[measure] = way
    acts = {unit: keys for unit, keys in moved.acts.items() if unit in source_tree}
    ended = {unit: key or history.ends.get(unit, "") for unit, key in moved.lost.items() if unit in source_tree}
    for unit, key in ended.items():
        if key and key not in acts.get(unit, ()):
            acts[unit] = (*acts.get(unit, ()), key)
    return Era(source_tree, ways, acts, ended, _people(history.quantities(POPULATION), source))


def onto_day(
    day: date,
    tree: Tree,
    sources: Mapping[Period, tuple[date, Tree]],
    *,
    history: History,
    era: Callable[[date, Tree], Era],
) -> Onto:
    """The map of a day, and the way there from each half-year: `sources` gives its last day and the map of that day.
    `era` makes the ways from a day (era_onto, or one that keeps what it made)."""
    days = sorted(set(history.act_days.values()))
    made: dict[tuple[int, int], Era] = {}
    eras: dict[Period, Era] = {}
    for period, (source, source_tree) in sources.items():
        key = (id(source_tree), bisect_right(days, source))
        if key not in made:
            made[key] = era(source, source_tree)
        eras[period] = made[key]
    return Onto(day, tree, eras, history.absent(day), history.act_days, history.fingerprint)


def _first(row: Mapping[int, Share]) -> Share:
    return next(iter(row.values()))


def _weight(share: Share) -> Weight:
    step = 10**PLACES
    low, high = Decimal(floor(share.low * step)), Decimal(ceil(share.high * step))
    point = share.point
    best = None if point is None else Decimal(round(point * step)).scaleb(-PLACES)
    if share.exact and best is not None:
        return Weight(best, best, best)
    return Weight(low.scaleb(-PLACES), high.scaleb(-PLACES), best)


def _stays(unit: int, way: Way, source_tree: Tree) -> dict[int, Weight]:
    """Where the figures of a unit without a successor are found: with whatever took all of what it stood under;
    where that was divided, nobody knows in which part."""
    for above in source_tree.ancestors(unit):
        if above in way.whole:
            return dict.fromkeys(way.reached(above), WHOLE)
        if way.takers.get(above):
            unknown = Weight(Decimal(0), Decimal(1), None)
            return {target: one if one.is_whole else unknown for target, one in way.divided[above].items()}
    return {}


def _people(quantities: Mapping[int, Sequence[Quantity]], day: date) -> dict[int, Decimal]:
    """The population last measured by a day, or first after it."""
    found = {}
    for unit, measured in quantities.items():
        before = [one for one in measured if one.day <= day]
        chosen = max(before, key=lambda one: one.day) if before else min(measured, key=lambda one: one.day)
        found[unit] = Decimal(round(Fraction(chosen.value) * 10**4)).scaleb(-4)
    return found
