"""What becomes of units when the law redraws them: shares that travel from the units of one day to those of another.

Originals are never changed; a figure of one day is recast onto the units of another by the acts in force between
the two. A share is 0..1; what is not known has bounds, and bounds hold: whatever the true shares, the true result
lies inside. Totals travel by shares, ratios through their two parts, and an average or a rank does not travel.
Source: the register of communes of the Swiss statistical office (acts as edges), and the rules of this project.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import NamedTuple

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_, gettext
from tienbo.core.spans import Span
from tienbo.core.tree import Tree


class Share(NamedTuple):
    """How much of one unit goes to another by one measure: 0..1, between `low` and `high`; equal bounds are exact.

    `best` is a number somebody stated inside the bounds; an exact share needs none.
    """

    low: Fraction
    high: Fraction
    best: Fraction | None = None

    @classmethod
    def of(cls, exact: Fraction | Decimal | int | str) -> Share:
        """An exact share."""
        share = Fraction(exact)
        return cls(share, share, share)

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def point(self) -> Fraction | None:
        """The one number to reckon with: the exact share or the stated one; None where there are bounds only."""
        return self.low if self.low == self.high else self.best


WHOLE = Share.of(1)
NOTHING = Share.of(0)
UNKNOWN = Share(Fraction(0), Fraction(1))

Row = Mapping[int, Share]
"""What becomes of one unit: unit → share."""


class Link(NamedTuple):
    """One line of an act. A unit that keeps its key through a new border is one of its own successors."""

    predecessor: int
    successor: int
    shares: Mapping[str, Share]
    """Measure ("population", "area") → share. A measure that is not told is unknown."""


class Act(NamedTuple):
    """An act of law in force: on `day` its successors are there, on the eve its predecessors. Planned ones stay out."""

    key: str
    day: date
    links: tuple[Link, ...]


class Quantity(NamedTuple):
    """What was measured of a unit on a day: persons, km²."""

    day: date
    value: Fraction | Decimal | int


class Transition(NamedTuple):
    """What becomes, on a target day, of the units alive on a source day."""

    rows: Mapping[int, Row]
    """Source unit → target unit → share, none of them 0. The shares of a row sum to 1 unless its unit is in `lost`."""
    acts: Mapping[int, tuple[str, ...]]
    """Source unit → keys of the acts passed, in the order of passing; a unit that passed none is absent."""
    lost: Mapping[int, str]
    """Source unit that has no successor for the whole or a part → key of the act that ended it; "" where unknown."""


class Recast(NamedTuple):
    """A total on a target unit, certainly between `low` and `high`."""

    value: Fraction | None
    """None where some share has bounds only."""
    low: Fraction
    high: Fraction
    exact: Fraction
    """The part that came whole."""
    estimated: Fraction | None
    """The part that came through shares other than 0 and 1: value − exact."""


class AnyAll(NamedTuple):
    """Whether a property holds of all, and of any, of the units that said so and went into a target unit."""

    all: bool
    any: bool


class Tally(NamedTuple):
    """How many units under a unit have a property by the two rules, of how many of which anything is known."""

    all: int
    any: int
    of: int


def check(acts: Iterable[Act], lives: Mapping[int, Span], *, named: Callable[[int], str] = str) -> list[Fault]:
    """Everything that is wrong with acts as one history; each fault's place is the key of its act."""
    raise NotImplementedError


def transition(
    acts: Iterable[Act],
    lives: Mapping[int, Span],
    *,
    source: date,
    target: date,
    measure: str,
    quantities: Mapping[int, Sequence[Quantity]] = MappingProxyType({}),
) -> Transition:
    """The units of `source` on those of `target`, earlier or later, by one measure."""
    raise NotImplementedError


def compose(first: Transition, second: Transition) -> Transition:
    """First one, then the other: the target day of `first` is the source day of `second`."""
    raise NotImplementedError


def onto(moved: Transition, tree: Tree) -> Mapping[int, Row]:
    """Source unit → target unit and each of its ancestors in the target day's tree → share."""
    raise NotImplementedError


def recast(values: Mapping[int, Decimal], weights: Mapping[int, Row]) -> dict[int, Recast]:
    """Totals of source units on target units: `weights` are the rows of a transition, or those of `onto`."""
    raise NotImplementedError


def any_all(flags: Mapping[int, bool], moved: Transition) -> dict[int, AnyAll]:
    """A property of source units on target units by both rules."""
    raise NotImplementedError


def tallies(found: Mapping[int, AnyAll], tree: Tree) -> dict[int, Tally]:
    """Totals of `any_all` for each unit of the tree and its ancestors."""
    raise NotImplementedError


def components(
    acts: Iterable[Act], lives: Mapping[int, Span], day_a: date, day_b: date
) -> list[tuple[frozenset[int], frozenset[int]]]:
    """The smallest areas that are the same on both days: (units of day_a, units of day_b)."""
    raise NotImplementedError


def rounded(moved: Transition, places: int = 9) -> Transition:
    """The same with shares of so many decimal places whose rows still sum to what they did."""
    raise NotImplementedError


def apportion(parts: Mapping[int, Fraction], places: int = 0) -> dict[int, Decimal]:
    """Parts rounded so that they still sum to their rounded total, by largest remainders."""
    raise NotImplementedError
