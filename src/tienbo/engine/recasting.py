"""Onto: what figures of other days need to be read on the units of one day, as plain rows for the engine.

A figure stays on the map of its own half-year; it is read on another map by shares. `core.succession` says which unit
of the map day takes which share of a unit; here the shares are rounded to what a DECIMAL holds and sorted into what
goes whole (added up as ever, one parent step a level) and what was divided (multiplied, straight to every ancestor).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tienbo.core.periods import Period
from tienbo.core.tree import Tree


class Weight(NamedTuple):
    """The share of a unit that one unit of the map day takes, 0 to 1 with nine places; `best` None where nobody knows
    it any nearer. Equal bounds are an exact share."""

    low: Decimal
    high: Decimal
    best: Decimal | None


@dataclass(frozen=True)
class Way:
    """How figures that travel by one measure go from the units of an era to the map day.

    `whole`: unit → the one unit that takes all of it. `divided`: every other unit → whoever takes some of it, and
    every ancestor of those → weight; the weights of the takers sum to one. `takers`: unit of `divided` → those of
    its keys that take some of it themselves; none for a unit that ended without a successor, whose figures stay with
    what it stood under.
    """

    whole: Mapping[int, int]
    divided: Mapping[int, Mapping[int, Weight]]
    takers: Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Onto:
    """The map of a day, and the way there from every half-year that is read.

    `eras`: half-year → its era; half-years between the same two acts share one. `act_days`: act → day in force.
    `fingerprint`: of the acts and quantities that the ways were made of.
    """

    day: date
    tree: Tree
    eras: Mapping[Period, Era]
    act_days: Mapping[str, date]
    fingerprint: str = ""
