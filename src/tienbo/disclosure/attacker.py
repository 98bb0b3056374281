"""The attacker: what can be worked out from what is printed. Written apart from the protector and sharing none of its
steps: it looks for bounds (the smallest and the largest a hidden count can be), the protector for other tables.

Outsiders and reporting units that know their own counts are tried; bounds by linear programmes, in whole numbers where
they are narrowest, and by going through every table where there are few (security.md §5.6, A1 to A4, A8).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds as Box
from scipy.optimize import LinearConstraint, linprog, milp
from scipy.sparse.csgraph import connected_components

from tienbo.disclosure.tables import Relation, Share

_NEAR = 1e-6


class Interval(NamedTuple):
    """A count lies between the two, both included; `high` None where nothing bounds it."""

    low: int
    high: int | None

    @property
    def width(self) -> float:
        return math.inf if self.high is None else self.high - self.low


class Target(NamedTuple):
    """A count somebody wants to know: it must not be found exactly, nor to be below `k` (None: exactly only)."""

    key: str
    k: int | None
    owner: str = ""


class Breach(NamedTuple):
    """What was found, and by whom: "" an outsider, else a unit, or two with a "+" between."""

    key: str
    who: str
    interval: Interval


@dataclass(frozen=True)
class View:
    """What a reader holds: counts that are printed, counts that are not with the least each can be (None: no least),
    the sums and printed shares that bind them."""

    printed: Mapping[str, int]
    unknown: Mapping[str, int | None]
    relations: Sequence[Relation]
    shares: Sequence[Share] = ()
    own: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Unit → the hidden counts it knows, its own."""

    def knowing(self, more: Mapping[str, int]) -> View:
        """The same to somebody who knows some of the hidden counts."""
        unknown = {key: least for key, least in self.unknown.items() if key not in more}
        return replace(self, printed={**self.printed, **more}, unknown=unknown)


@dataclass(frozen=True)
class _Room:
    """Unknown counts that are bound to each other: A·x = b, S·x ≤ c."""

    keys: tuple[str, ...]
    a: Any
    b: Any
    s: Any
    c: Any
    least: Any

    def bound(self, place: int, sign: int) -> float | None:
        """The least (sign 1) or the most (−1) a count can be; None where nothing bounds it."""
        price = np.zeros(len(self.keys))
        price[place] = sign
        result = linprog(
            price,
            A_eq=self.a if self.a.shape[0] else None,
            b_eq=self.b if self.a.shape[0] else None,
            A_ub=self.s if self.s.shape[0] else None,
            b_ub=self.c if self.s.shape[0] else None,
            bounds=np.column_stack([self.least, np.full(len(self.keys), np.inf)]),
            method="highs",
        )
        if result.status in (0, 3):
            return float(result.fun) * sign if result.status == 0 else None
        raise ValueError(f"what is printed contradicts itself near {self.keys[place]}")

    def whole(self, place: int, sign: int) -> int | None:
        """The same among tables of whole numbers. Where the search is cut off, the best table that was found."""
        price = np.zeros(len(self.keys))
        price[place] = sign
        rows = [LinearConstraint(self.a, self.b, self.b)] if self.a.shape[0] else []
        rows += [LinearConstraint(self.s, -np.inf, self.c)] if self.s.shape[0] else []
        result = milp(
            price,
            constraints=rows,
            integrality=np.ones(len(self.keys)),
            bounds=Box(self.least, np.full(len(self.keys), np.inf)),
            options={"node_limit": 2_000},
        )
        return None if result.x is None else round(result.x[place])

    def interval(self, place: int) -> Interval:
        low, high = self.bound(place, 1), self.bound(place, -1)
        return Interval(
            -(2**40) if low is None else math.ceil(low - _NEAR), None if high is None else math.floor(high + _NEAR)
        )


def _rooms(view: View) -> list[_Room]:
    keys = list(view.unknown)
    at = {key: n for n, key in enumerate(keys)}
    sums = [[(total, Fraction(1)), *((part, Fraction(-1)) for part in parts)] for total, parts in view.relations]
    equal, equal_to = _system(sums, at, view)
    most, most_of = _system(list(_bounds_of(view.shares)), at, view)
    both = sparse.vstack([equal, most]) if most.shape[0] else equal
    if both.shape[0]:
        _count, room_of = connected_components(abs(both.T) @ abs(both), directed=False)
    else:
        room_of = np.arange(len(keys))
    rooms = []
    order = np.argsort(room_of, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(room_of[order])) + 1) if keys else []:
        a, b = _part(equal, equal_to, places)
        s, c = _part(most, most_of, places)
        least = np.array([-np.inf if (held := view.unknown[keys[n]]) is None else held for n in places], dtype=float)
        rooms.append(_Room(tuple(keys[n] for n in places), a, b, s, c, least))
    return rooms


def _part(rows: Any, right: Any, places: Any) -> tuple[Any, Any]:
    part = rows[:, places]
    some = np.diff(part.indptr) > 0
    return part[some], right[some]


def _system(rows: Sequence[Sequence[tuple[str, Fraction]]], at: Mapping[str, int], view: View) -> tuple[Any, Any]:
    """Rows over the unknown counts, what is printed taken to the right."""
    data, down, across, right = [], [], [], []
    for n, row in enumerate(rows):
        right.append(-float(sum(weight * view.printed[key] for key, weight in row if key not in at)))
        for key, weight in row:
            if key in at:
                data.append(float(weight))
                down.append(n)
                across.append(at[key])
    return sparse.csr_array((data, (down, across)), shape=(len(rows), len(at))), np.array(right)


def _bounds_of(shares: Iterable[Share]) -> Iterable[list[tuple[str, Fraction]]]:
    for share in shares:
        low, high = (Fraction(one) for one in share.bounds)
        if low > 0:
            yield [(share.denominator, low), (share.numerator, Fraction(-1))]
        yield [(share.numerator, Fraction(1)), (share.denominator, -high)]


def intervals(view: View, targets: Collection[str] | None = None, *, narrowest: int = 12) -> dict[str, Interval]:
    """Bounds of hidden counts, all or some, those of the `narrowest` in whole numbers."""
    found: dict[str, Interval] = {}
    rooms = _rooms(view)
    place_of = {key: (room, n) for room in rooms for n, key in enumerate(room.keys)}
    for key in view.unknown if targets is None else targets:
        if key in place_of:
            room, n = place_of[key]
            found[key] = room.interval(n)
    for key in sorted(found, key=lambda one: (found[one].width, one))[:narrowest]:
        room, n = place_of[key]
        low, high = found[key]
        held = room.whole(n, 1), room.whole(n, -1) if high is not None else None
        found[key] = Interval(low if held[0] is None else held[0], high if held[1] is None else held[1])
    return found


def attack(
    view: View, targets: Sequence[Target], *, insiders: bool = True, pairs: bool = False, narrowest: int = 12
) -> list[Breach]:
    """Everything that an outsider, each single unit and, where asked, each two units together find out."""
    breaches = _breaches(view, targets, "", narrowest)
    if insiders:
        rows = two_way(view)
        for unit, own in view.own.items():
            held = view.knowing(own)
            wanted = [one for one in targets if one.owner != unit and one.key in held.unknown]
            if rows is not None and (quick := _bridged(rows, held, wanted)):
                breaches += _by_print(view, own, _breaches(held, quick, unit, 0))
                wanted = [one for one in wanted if one not in quick]
            found = _breaches(held, wanted, unit, narrowest if len(held.unknown) < 200 else 2)
            breaches += _by_print(view, own, found)
    if pairs:
        for one, two in combinations(view.own, 2):
            own = {**view.own[one], **view.own[two]}
            held = view.knowing(own)
            wanted = [made for made in targets if made.owner not in (one, two) and made.key in held.unknown]
            breaches += _by_print(view, own, _breaches(held, wanted, f"{one}+{two}", 0))
    return breaches


def attacked(view: View, targets: Sequence[Target]) -> tuple[list[Breach], int, int]:
    """What an outsider and each unit alone find; how many counts two of them together would find besides, and how many
    pairs were tried: all of them where units are few."""
    few = len(view.own) <= FEW_UNITS
    found = attack(view, targets, pairs=few)
    alone = [one for one in found if "+" not in one.who]
    known = {one.key for one in alone}
    together = {one.key for one in found if "+" in one.who} - known
    return alone, len(together), len(view.own) * (len(view.own) - 1) // 2 if few else 0


FEW_UNITS = 16
"""Units of a table up to which every pair of them is tried: 120 pairs."""


def _by_print(view: View, own: Mapping[str, int], found: list[Breach]) -> list[Breach]:
    """Of what a unit found, what it would not know if nothing were printed but zeros: a total to which nobody else adds
    is its own, whoever prints it."""
    if not found:
        return []
    zeros = {key: value for key, value in view.printed.items() if value == 0}
    blank = dict.fromkeys((key for key, value in view.printed.items() if value), 0)
    alone = replace(view, printed=zeros, unknown={**view.unknown, **blank}, shares=()).knowing(own)
    without = intervals(alone, [one.key for one in found], narrowest=0)
    return [one for one in found if without[one.key] != one.interval]


def _breaches(view: View, targets: Sequence[Target], who: str, narrowest: int) -> list[Breach]:
    known: list[Breach] = []
    found = intervals(view, [one.key for one in targets], narrowest=narrowest)
    for one in targets:
        held = found.get(one.key)
        if held is None:
            continue
        if held.width < 1 or (one.k is not None and held.high is not None and held.high < one.k):
            known.append(Breach(one.key, who, held))
    return known


# ----------------------------------------------------------------------------------------------- two-way tables

Edge = tuple[str, str, str]


def two_way(view: View) -> list[Edge] | None:
    """The hidden counts as edges between the sums they stand in, where each stands in two sums at most; None where
    that is not so. A sum of which nothing else is hidden ties its count to nothing."""
    stands: dict[str, list[str]] = {key: [] for key in view.unknown}
    if view.shares:
        return None
    for n, row in enumerate(view.relations):
        for key in (row.total, *row.parts):
            if key in stands:
                stands[key].append(str(n))
    if any(len(rows) > 2 for rows in stands.values()):
        return None
    free = "free"
    return [(key, *(*rows, free, free)[:2]) for key, rows in stands.items()]  # type: ignore[misc]


def bridges(edges: Iterable[Edge]) -> set[str]:
    """Edges that lie on no circle: each is given by the sums alone, for nothing else can move with it."""
    around: dict[str, list[tuple[str, str]]] = {}
    for key, one, other in edges:
        around.setdefault(one, []).append((key, other))
        around.setdefault(other, []).append((key, one))
    seen: dict[str, int] = {}
    low: dict[str, int] = {}
    found: set[str] = set()
    for start, ways in around.items():
        if start in seen:
            continue
        seen[start] = low[start] = len(seen)
        stack = [(start, "", iter(ways))]
        while stack:
            node, came, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[node])
                    if low[node] > seen[above]:
                        found.add(came)
                continue
            key, other = step
            if key == came:
                continue
            if other in seen:
                low[node] = min(low[node], seen[other])
            else:
                seen[other] = low[other] = len(seen)
                stack.append((other, key, iter(around[other])))
    return found


def _bridged(edges: list[Edge], view: View, targets: Sequence[Target]) -> list[Target]:
    exact = bridges(edge for edge in edges if edge[0] in view.unknown)
    return [one for one in targets if one.key in exact]


# ------------------------------------------------------------------------------------------ every table there is


def every_table(view: View, most: int = 200_000) -> dict[str, set[int]]:
    """What each hidden count is in some table of whole numbers, by going through all of them. For small tables: raises
    OverflowError after `most` steps, ValueError where a count is not bounded."""
    keys = list(view.unknown)
    rows = []
    for row in view.relations:
        weights = dict.fromkeys((row.total,), 1) | dict.fromkeys(row.parts, -1)
        right = -sum(weight * view.printed[key] for key, weight in weights.items() if key not in view.unknown)
        rows.append(({key: w for key, w in weights.items() if key in view.unknown}, right))
    bounds = intervals(view, narrowest=0)
    if any(one.high is None for one in bounds.values()):
        raise ValueError("not bounded")
    found: dict[str, set[int]] = {key: set() for key in keys}
    steps = 0

    def fits(held: Mapping[str, int]) -> bool:
        for weights, right in rows:
            low = high = 0
            for key, weight in weights.items():
                span = (held[key],) * 2 if key in held else (bounds[key].low, bounds[key].high or 0)
                ends = sorted(weight * one for one in span)
                low, high = low + ends[0], high + ends[1]
            if not low <= right <= high:
                return False
        return True

    def told(held: Mapping[str, int]) -> bool:
        whole = {**view.printed, **held}
        for share in view.shares:
            low, high = share.bounds
            if not low * whole[share.denominator] <= whole[share.numerator] <= high * whole[share.denominator]:
                return False
        return True

    def go(n: int, held: dict[str, int]) -> None:
        nonlocal steps
        steps += 1
        if steps > most:
            raise OverflowError("too many tables")
        if n == len(keys):
            if told(held):
                for key, value in held.items():
                    found[key].add(value)
            return
        for value in range(bounds[keys[n]].low, (bounds[keys[n]].high or 0) + 1):
            held[keys[n]] = value
            if fits(held):
                go(n + 1, held)
        held.pop(keys[n], None)

    go(0, {})
    return found
