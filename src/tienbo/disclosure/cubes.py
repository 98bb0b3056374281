"""Cubes: counts by place, sort, sex and time, each a hierarchy of its own, with every total; and coarser ones.

A hierarchy says of each member which one it is part of; what is part of nothing is a top. Members of one parent add up
to it. Two hierarchies of the same dimension (communes by cluster and by priority area; quarters by year and cumulated)
are said with `also`: further sums over the members.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tienbo.disclosure.policy import Rule, small_share
from tienbo.disclosure.tables import Cell, Relation, Table

SEP = "|"


@dataclass(frozen=True)
class Dimension:
    """A hierarchy. `parents`: member → what it is part of ("" for a top); `also`: further totals → their members.
    `kind`: places have owners (each innermost place its own reporting unit), sorts may be all of one kind."""

    code: str
    parents: Mapping[str, str]
    kind: Literal["place", "sort", "time"] = "sort"
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def leaves(self) -> list[str]:
        above = set(self.parents.values())
        return [one for one in self.parents if one not in above]

    @property
    def members(self) -> list[str]:
        return [*self.parents, *self.also]

    def children(self, member: str) -> list[str]:
        if member in self.also:
            return list(self.also[member])
        return [one for one, parent in self.parents.items() if parent == member]

    def level(self, member: str) -> int:
        """How many steps above the innermost members: 0 for those."""
        below = self.children(member)
        return 1 + max(map(self.level, below)) if below else 0

    def under(self, member: str) -> list[str]:
        """The innermost members that make up a member."""
        below = self.children(member)
        return [leaf for one in below for leaf in self.under(one)] if below else [member]

    def coarser(self) -> Dimension | None:
        """The same without its innermost members; None where nothing is left above them."""
        leaves = set(self.leaves)
        kept = {one: parent for one, parent in self.parents.items() if one not in leaves}
        totals = {
            name: tuple(dict.fromkeys(self.parents[one] for one in parts if one in leaves))
            for name, parts in self.also.items()
        }
        also = {
            name: parts
            for name, parts in totals.items()
            if all(parts) and {leaf for part in parts for leaf in self.under(part)} == set(self.under(name))
        }
        return replace(self, parents=kept, also=also) if kept and len(kept) < len(self.parents) else None


@dataclass(frozen=True)
class Cube:
    """Counts of the innermost members of every dimension; what is not said is a reported zero. `largest`: what one unit
    below contributes most, by key."""

    dimensions: tuple[Dimension, ...]
    counts: Mapping[tuple[str, ...], int]
    largest: Mapping[str, int] = field(default_factory=dict)

    def table(
        self,
        printed: Callable[[tuple[str, ...]], bool] = lambda _members: True,
        owners: Mapping[str, str] | None = None,
    ) -> Table:
        """Every member by every other as cells, every sum as a relation. Keys are members joined by "|". `printed` says
        which are to be printed; `owners`: place → who knows its counts, where that is another unit today."""
        values = self._values()
        cells, relations, lines = [], [], []
        levels = [{one: made.level(one) for one in made.members} for made in self.dimensions]
        below = [{one: made.children(one) for one in made.members} for made in self.dimensions]
        place = next((n for n, made in enumerate(self.dimensions) if made.kind == "place"), None)
        for members, value in values.items():
            key = SEP.join(members)
            owner = "" if place is None or below[place][members[place]] else members[place]
            owner = owner if owners is None or place is None else owners.get(members[place], owner)
            level = sum(levels[n][one] for n, one in enumerate(members))
            cells.append(Cell(key, value, level, owner, printed(members), largest=self.largest.get(key, 0)))
            for n, made in enumerate(self.dimensions):
                parts = below[n][members[n]]
                if parts:
                    named = tuple(SEP.join((*members[:n], one, *members[n + 1 :])) for one in parts)
                    relations.append(Relation(key, named))
                    if made.kind == "sort":
                        lines.append(relations[-1])
        return Table.checked(cells, relations, (), lines)

    def _values(self) -> dict[tuple[str, ...], int]:
        """Every member by every other, added up one dimension after the other."""
        held = dict(self.counts)
        for n, made in enumerate(self.dimensions):
            added: dict[tuple[str, ...], int] = {}
            of: dict[str, list[str]] = {leaf: [] for leaf in made.leaves}
            for member in made.members:
                for leaf in made.under(member):
                    of[leaf].append(member)
            for members, value in held.items():
                for one in of[members[n]]:
                    key = (*members[:n], one, *members[n + 1 :])
                    added[key] = added.get(key, 0) + value
            held = added
        every = itertools.product(*(made.members for made in self.dimensions))
        return {key: held.get(key, 0) for key in every}

    def coarser(self, code: str) -> Cube | None:
        """The cube with one dimension less deep, its counts added up; None where it has one level only."""
        n = next(n for n, made in enumerate(self.dimensions) if made.code == code)
        made = self.dimensions[n].coarser()
        if made is None:
            return None
        counts: dict[tuple[str, ...], int] = {}
        for members, value in self.counts.items():
            key = (*members[:n], self.dimensions[n].parents[members[n]], *members[n + 1 :])
            counts[key] = counts.get(key, 0) + value
        return Cube((*self.dimensions[:n], made, *self.dimensions[n + 1 :]), counts)


def proposals(cube: Cube, rule: Rule, order: Sequence[str] = ()) -> Iterator[tuple[tuple[str, ...], Cube]]:
    """Coarser cubes in which few enough inner cells are small, those with the fewest steps first: (dimensions that
    lost a level, the cube). `order` says which dimension rather loses one: time, then sort, then place."""
    codes = [*order, *(one.code for one in cube.dimensions if one.code not in order)]
    seen: list[tuple[tuple[str, ...], Cube]] = [((), cube)]
    while seen:
        found, following = [], []
        for steps, made in seen:
            for code in codes:
                if steps and codes.index(code) < codes.index(steps[-1]):
                    continue
                coarse = made.coarser(code)
                if coarse is not None:
                    following.append(((*steps, code), coarse))
        for steps, made in following:
            small, inner = small_share(made.table(), rule)
            if small <= rule.coarsen_above * inner:
                found.append((steps, made))
        if found:
            yield from found
            return
        seen = following


def flat(code: str, members: Iterable[str], total: str, kind: Literal["place", "sort", "time"] = "sort") -> Dimension:
    """A hierarchy of one total over its members."""
    return Dimension(code, {total: "", **dict.fromkeys(members, total)}, kind)
