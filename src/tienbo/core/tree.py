"""Units in a tree on one day: parents, ancestors, subtrees, levels. Rows in, rows out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple


class Place(NamedTuple):
    """One unit on the tree's day. `kind` is dotted: "commune", "department.health"."""

    unit: int
    parent: int | None
    kind: str


class Tree:
    """The placements of one day. Units are the small integers of their rows; keys stay outside.

    Raises ValueError for a second parent, an unknown parent or a circle: the database refuses these too, but
    a tree may also come from a file.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self.kinds: dict[int, str] = {}
        self.parents: dict[int, int] = {}
        rows = list(places)
        for place in rows:
            if place.unit in self.kinds:
                raise ValueError(f"unit {place.unit} stands twice in one tree")
            self.kinds[place.unit] = place.kind
        for place in rows:
            if place.parent is not None:
                if place.parent not in self.kinds:
                    raise ValueError(f"the parent {place.parent} of unit {place.unit} is not in the tree")
                self.parents[place.unit] = place.parent
        self.levels = self._levels()

    def _levels(self) -> dict[int, int]:
        """Steps from the root: 0 for a unit without a parent."""
        levels: dict[int, int] = {}
        for unit in self.kinds:
            path: list[int] = []
            node: int | None = unit
            while node is not None and node not in levels:
                if len(path) > len(self.kinds):
                    raise ValueError(f"the tree has a circle through unit {unit}")
                path.append(node)
                node = self.parents.get(node)
            depth = -1 if node is None else levels[node]
            for step in reversed(path):
                depth += 1
                levels[step] = depth
        return levels

    @cached_property
    def children(self) -> Mapping[int, tuple[int, ...]]:
        found: dict[int, list[int]] = defaultdict(list)
        for unit, parent in self.parents.items():
            found[parent].append(unit)
        return {parent: tuple(units) for parent, units in found.items()}

    def height(self, units: Iterable[int]) -> int:
        """Steps from any of these units down to the deepest one placed under it; 0 where nothing is. Units that do not
        stand in the tree do not count."""
        tops = [unit for unit in units if unit in self.children]
        return max((self.levels[one] - self.levels[top] for top in tops for one in self.subtree(top)), default=0)

    @property
    def roots(self) -> tuple[int, ...]:
        return tuple(unit for unit in self.kinds if unit not in self.parents)

    def __contains__(self, unit: int) -> bool:
        return unit in self.kinds

    def __len__(self) -> int:
        return len(self.kinds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.kinds == other.kinds and self.parents == other.parents

    def __hash__(self) -> int:
        return hash((len(self.kinds), tuple(sorted(self.parents.items()))))

    def ancestors(self, unit: int) -> Iterator[int]:
        """From the parent up to the root."""
        node = self.parents.get(unit)
        while node is not None:
            yield node
            node = self.parents.get(node)

    def subtree(self, unit: int) -> Iterator[int]:
        """The unit itself, then everything placed under it."""
        pending = [unit]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(self.children.get(node, ())))

    def closure(self) -> Iterator[tuple[int, int]]:
        """(ancestor-or-self, unit) for every unit."""
        for unit in self.kinds:
            yield unit, unit
            for ancestor in self.ancestors(unit):
                yield ancestor, unit

    def of_kind(self, kinds: Iterable[str], *, under: int | None = None) -> list[int]:
        """Units of any of `kinds` ("department" also finds "department.health"), in the tree's order."""
        wanted = tuple(kinds)
        inside = self.kinds if under is None else self.subtree(under)
        return [unit for unit in inside if is_kind(self.kinds[unit], wanted)]


def family(kind: str) -> str:
    """The first word of a dotted kind: "department" of "department.health"."""
    return kind.partition(".")[0]


def is_kind(kind: str, wanted: Iterable[str]) -> bool:
    """Whether a dotted kind is one of `wanted` or stands below one of them."""
    return any(kind == one or kind.startswith(one + ".") for one in wanted)
