"""Generated histories of units: merges, splits, transfers, takings-in, renames, re-openings, ends and beginnings.

Each history knows its true shares and the persons of every unit on every day; `acts` may say less than the truth,
never anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st

from tienbo.core.spans import Span
from tienbo.core.succession import WHOLE, Act, Link, Quantity, Share
from tienbo.core.tree import Place, Tree

BEGIN = date(2000, 1, 1)
MEASURE = "population"
WITHOUT_SPLITS = ("merge", "take_in", "rename")
KEEPING = (*WITHOUT_SPLITS, "split", "transfer", "exchange", "reopen")
ALL = (*KEEPING, "end", "begin")


class History(NamedTuple):
    acts: tuple[Act, ...]
    """What is told: exact shares, bounds around the truth with or without an estimate, or nothing."""
    truth: tuple[Act, ...]
    """The same acts with their true shares."""
    lives: dict[int, Span]
    days: tuple[date, ...]
    """The first day, and the day of each act."""
    persons: dict[date, dict[int, Fraction]]
    """Day of `days` → unit alive → persons, moved by the true shares."""
    quantities: dict[int, list[Quantity]]
    """The same as they would be measured."""

    def alive(self, day: date) -> list[int]:
        return [unit for unit, life in self.lives.items() if life.contains(day)]


class _World:
    """A history while it is drawn."""

    def __init__(self, draw: st.DrawFn, size: int) -> None:
        self.draw = draw
        self.starts = dict.fromkeys(range(1, size + 1), BEGIN)
        self.ends: dict[int, date] = {}
        self.persons = {unit: Fraction(draw(st.integers(1, 50))) for unit in self.starts}
        self.merged: list[tuple[int, int]] = []

    def begin(self, day: date) -> int:
        unit = len(self.starts) + 1
        self.starts[unit] = day
        return unit

    def parts(self, count: int) -> list[Fraction]:
        sizes = [self.draw(st.integers(1, 6)) for _ in range(count)]
        return [Fraction(size, sum(sizes)) for size in sizes]

    def rows(self, kind: str, free: list[int], day: date) -> dict[int, dict[int, Fraction]]:
        """predecessor → successor → true share, of one act among the units of `free`; empty where it cannot be."""
        one = self.draw(st.sampled_from(free))
        others = [unit for unit in free if unit != one]
        made: Callable[[int, Sequence[int]], dict[int, dict[int, Fraction]]] = getattr(self, f"_{kind}")
        self.day = day
        return made(one, others)

    def _merge(self, one: int, others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        new = self.begin(self.day)
        gone = [one, *others[: self.draw(st.integers(0, 2))]]
        self.ends.update(dict.fromkeys(gone, self.day))
        self.merged += [(unit, new) for unit in gone]
        return {unit: {new: Fraction(1)} for unit in gone}

    def _take_in(self, one: int, others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        if not others:
            return {}
        self.ends[one] = self.day
        return {one: {others[0]: Fraction(1)}}

    def _rename(self, one: int, _others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        return {one: {one: Fraction(1)}}

    def _split(self, one: int, others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        """Into new units, and perhaps one that stays."""
        count = self.draw(st.integers(1, 3))
        heirs = [self.begin(self.day) for _ in range(count)] + list(others[: self.draw(st.integers(0, 1))])
        self.ends[one] = self.day
        return {one: dict(zip(heirs, self.parts(len(heirs)), strict=True))}

    def _transfer(self, one: int, others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        if not others:
            return {}
        return {one: dict(zip((one, others[0]), self.parts(2), strict=True))}

    def _exchange(self, one: int, others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        if not others:
            return {}
        other = others[0]
        return {
            one: dict(zip((one, other), self.parts(2), strict=True)),
            other: dict(zip((other, one), self.parts(2), strict=True)),
        }

    def _reopen(self, one: int, _others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        """What was merged into a unit comes out of it again, as a unit of its own and with another share."""
        if one not in {into for _, into in self.merged}:
            return {}
        return {one: dict(zip((one, self.begin(self.day)), self.parts(2), strict=True))}

    def _end(self, one: int, _others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        self.ends[one] = self.day
        return {}

    def _begin(self, _one: int, _others: Sequence[int]) -> dict[int, dict[int, Fraction]]:
        self.persons[self.begin(self.day)] = Fraction(self.draw(st.integers(0, 50)))
        return {}

    def alive(self, day: date) -> list[int]:
        return [unit for unit, start in self.starts.items() if start < day and unit not in self.ends]

    def move(self, rows: dict[int, dict[int, Fraction]]) -> None:
        moved = {unit: self.persons.pop(unit) for unit in rows}
        for unit, row in rows.items():
            for heir, share in row.items():
                self.persons[heir] = self.persons.get(heir, Fraction(0)) + moved[unit] * share
        for unit in self.ends:
            self.persons.pop(unit, None)


@st.composite
def histories(
    draw: st.DrawFn, *, kinds: Sequence[str] = KEEPING, unknown: bool = False, size: int = 6, length: int = 5
) -> History:
    """Up to `size` units at the beginning, up to `length` days of one or two acts. `unknown`: not all is told."""
    world = _World(draw, draw(st.integers(1, size)))
    days, acts, truth = [BEGIN], [], []
    persons = {BEGIN: dict(world.persons)}
    for number in range(draw(st.integers(0, length))):
        day = days[-1] + timedelta(days=draw(st.integers(1, 400)))
        touched: set[int] = set()
        rows: dict[int, dict[int, Fraction]] = {}
        for nth in range(draw(st.integers(1, 2))):
            free = draw(st.permutations([unit for unit in world.alive(day) if unit not in touched]))
            if not free:
                break
            made = world.rows(draw(st.sampled_from(kinds)), list(free), day)
            touched |= {unit for row in made.values() for unit in row} | set(made) | set(world.ends)
            rows |= made
            key = f"act-{number}-{nth}"
            exact = {unit: {heir: Share.of(share) for heir, share in row.items()} for unit, row in made.items()}
            truth.append(_act(key, day, exact))
            told = {unit: draw(_told(row)) for unit, row in made.items()} if unknown else exact
            acts.append(_act(key, day, told))
        world.move(rows)
        days.append(day)
        persons[day] = dict(world.persons)
    lives = {unit: Span(start, world.ends.get(unit)) for unit, start in world.starts.items()}
    quantities = {
        unit: [Quantity(day, known[unit]) for day, known in persons.items() if unit in known] for unit in lives
    }
    return History(tuple(acts), tuple(truth), lives, tuple(days), persons, quantities)


def _act(key: str, day: date, rows: dict[int, dict[int, Share | None]] | dict[int, dict[int, Share]]) -> Act:
    return Act(
        key,
        day,
        tuple(
            Link(unit, heir, {} if share is None else {MEASURE: share})
            for unit, row in rows.items()
            for heir, share in row.items()
        ),
    )


@st.composite
def _told(draw: st.DrawFn, row: dict[int, Fraction]) -> dict[int, Share | None]:
    how = draw(st.sampled_from(["exact", "estimate", "bounds", "untold"]))
    told: dict[int, Share | None] = {}
    for heir, share in row.items():
        low = share * Fraction(draw(st.integers(0, 4)), 4)
        bounds = Share(low, 1 - (1 - share) * Fraction(draw(st.integers(0, 4)), 4), None)
        told[heir] = {
            "exact": Share.of(share),
            "estimate": bounds._replace(best=share),
            "bounds": bounds,
            "untold": None,
        }[how]
    return told


@st.composite
def trees(draw: st.DrawFn, units: Sequence[int]) -> Tree:
    """The units as communes under provinces -1, -2, … under the country 0."""
    provinces = draw(st.integers(1, 3))
    places = [Place(0, None, "country"), *(Place(-number, 0, "province") for number in range(1, provinces + 1))]
    places += [Place(unit, -draw(st.integers(1, provinces)), "commune") for unit in units]
    return Tree(places)


def whole_acts(key: str, day: date, into: dict[int, Sequence[int]]) -> Act:
    """An act of whole units: successor → its predecessors."""
    return Act(key, day, tuple(Link(unit, heir, {MEASURE: WHOLE}) for heir, units in into.items() for unit in units))
