"""Where the tiles of a schematic stand: every unit one cell of a grid, near the units it is near on the ground.

Points are spread until they stand about one cell apart, those far from their neighbours are drawn in, and each then
takes a cell close by. Nothing is drawn by chance, and no border is claimed: only who is north, east and next of whom.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

NEIGHBOURS = 6
"""Units that a unit is kept near to."""
FAR, FAR_THERE, FEW = 3.3, 1.8, 3
"""A few units lie apart (islands) where the line to them is longer than so many usual ones, and than so many of those
around its ends. More than FEW of them are land of their own, which is drawn near."""
LONGEST = 2.0
"""What a line between parts of the land is shortened to before they are spread, in cells."""
ROUNDS = 40
"""Times that points are pushed and drawn; after these they hardly move."""
ROOM = 1.0
"""Distance at which two points push each other no more, in cells."""
REACH = 1.0
"""Distance beyond which neighbours are drawn together, in cells."""
PUSH, PULL = 0.35, 0.9
"""How much of what they are too near, or too far, is made good in one round. A pull is shared among a unit's
neighbours, so that it never overshoots."""


class Point(NamedTuple):
    """Where a unit is: degrees north and east (WGS 84), of its seat or its middle."""

    latitude: float
    longitude: float


class Cell(NamedTuple):
    """A place in the grid; row 0 is the northernmost, column 0 the westernmost."""

    row: int
    column: int


@dataclass(frozen=True)
class Layout:
    """`far` are units that lie apart and were brought near, `unplaced` those without a point, in the order given."""

    cells: Mapping[str, Cell]
    far: frozenset[str] = frozenset()
    unplaced: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return 1 + max((cell.row for cell in self.cells.values()), default=-1)

    @property
    def columns(self) -> int:
        return 1 + max((cell.column for cell in self.cells.values()), default=-1)


Spot = complex
"""A place on the plane of the grid, in cells: real to the east, imaginary to the south."""


def layout(units: Iterable[str], points: Mapping[str, Point]) -> Layout:
    """The cells of units (keys). The same units and points give the same layout, whatever their order."""
    asked = list(dict.fromkeys(units))
    placed = sorted((unit for unit in asked if unit in points), key=lambda unit: (*points[unit], unit))
    unplaced = tuple(unit for unit in asked if unit not in points)
    if not placed:
        return Layout({}, unplaced=unplaced)
    spots = _plane([points[unit] for unit in placed])
    main, apart = _parts(spots)
    scale = _spacing([spots[one] for one in main])
    spots = [spot / scale for spot in spots]
    spread = _spread([spots[one] for one in main])
    taken = dict(zip(main, _compact(_snapped(spread)), strict=True))
    far = {one for part in apart for one in part}
    for part in apart:
        taken |= _beside(part, spots, taken)
    top, left = min(row for row, _ in taken.values()), min(column for _, column in taken.values())
    cells = {placed[one]: Cell(row - top, column - left) for one, (row, column) in sorted(taken.items())}
    return Layout(cells, frozenset(placed[one] for one in far), unplaced)


def _plane(points: Sequence[Point]) -> list[Spot]:
    """Degrees as places on a plane on which a step east is as long as a step south."""
    squeeze = math.cos(math.radians(sum(one.latitude for one in points) / len(points)))
    return [complex(one.longitude * squeeze, -one.latitude) for one in points]


def _nearest(spots: Sequence[Spot], count: int) -> list[list[int]]:
    """Of each spot its nearest others, nearest first."""
    every = range(len(spots))
    return [
        sorted((other for other in every if other != one), key=lambda other: abs(spots[other] - spots[one]))[:count]
        for one in every
    ]


def _spacing(spots: Sequence[Spot]) -> float:
    """How far neighbours usually stand from each other; 1 where that says nothing."""
    near = _nearest(spots, NEIGHBOURS)
    usual = median([abs(spots[other] - spots[one]) for one, others in enumerate(near) for other in others] or [0.0])
    return usual or 1.0


def _tree(spots: Sequence[Spot]) -> list[tuple[float, int, int]]:
    """The shortest lines that join all spots (Prim 1957), each with its length."""
    best = {one: (abs(spots[one] - spots[0]), 0) for one in range(1, len(spots))}
    lines = []
    while best:
        one = min(best, key=lambda other: (best[other][0], other))
        length, start = best.pop(one)
        lines.append((length, start, one))
        for other, (known, _from) in best.items():
            found = abs(spots[other] - spots[one])
            if found < known:
                best[other] = (found, one)
    return lines


def _parts(spots: Sequence[Spot]) -> tuple[list[int], list[list[int]]]:
    """The spots that belong together, and the few that lie apart, in groups. A line is long for the whole and long for
    the place where it starts: far from the towns every commune is far from the next."""
    lines, near = _tree(spots), _nearest(spots, NEIGHBOURS)
    usual = median([length for length, *_ in lines] or [0.0])
    around = [median([abs(spots[other] - spots[one]) for other in others] or [0.0]) for one, others in enumerate(near)]
    group = {one: [one] for one in range(len(spots))}
    for length, start, end in lines:
        if length <= max(FAR * usual, FAR_THERE * min(around[start], around[end])):
            joined = sorted([*group[start], *group[end]])
            group.update(dict.fromkeys(joined, joined))
    parts = sorted({id(one): one for one in group.values()}.values(), key=lambda part: (-len(part), part))
    apart = [part for part in parts[1:] if len(part) <= FEW]
    return sorted(set(range(len(spots))) - {one for part in apart for one in part}), apart


# ------------------------------------------------------------------------------------------------------- spreading


def _spread(spots: Sequence[Spot]) -> list[Spot]:
    """Spots pushed about one cell apart and drawn near their neighbours."""
    held = _drawn_in(_untied(spots))
    pairs = {tuple(sorted(line[1:])) for line in _tree(held)}
    pairs |= {tuple(sorted((one, other))) for one, others in enumerate(_nearest(held, NEIGHBOURS)) for other in others}
    lines = sorted(pairs)
    ties = Counter(one for line in lines for one in line)
    for _ in range(ROUNDS):
        moves = [0j] * len(held)
        for one, other in _close(held):
            between = held[other] - held[one]
            push = between * (ROOM - abs(between)) / abs(between) * PUSH
            moves[one] -= push
            moves[other] += push
        for one, other in lines:
            between = held[other] - held[one]
            if abs(between) > REACH:
                pull = between * (abs(between) - REACH) / abs(between) * PULL
                moves[one] += pull / ties[one]
                moves[other] -= pull / ties[other]
        held = [spot + move for spot, move in zip(held, moves, strict=True)]
    return held


def _drawn_in(spots: Sequence[Spot]) -> list[Spot]:
    """Spots with what lies beyond a long empty stretch moved near, as it is."""
    made = {0: spots[0]}
    for length, start, end in _tree(spots):
        made[end] = made[start] + (spots[end] - spots[start]) * min(1.0, LONGEST / length)
    return [made[one] for one in range(len(spots))]


def _untied(spots: Sequence[Spot]) -> list[Spot]:
    """Spots of which no two are the same: those that are step aside, each in a direction of its own."""
    seen: dict[Spot, int] = {}
    made = []
    for spot in spots:
        count = seen[spot] = seen.get(spot, -1) + 1
        made.append(spot + 0.05 * math.sqrt(count) * complex(math.cos(2.4 * count), math.sin(2.4 * count)))
    return made


def _close(spots: Sequence[Spot]) -> Iterator[tuple[int, int]]:
    """Pairs nearer than ROOM."""
    boxes: dict[tuple[int, int], list[int]] = {}
    for one, spot in enumerate(spots):
        boxes.setdefault((math.floor(spot.real / ROOM), math.floor(spot.imag / ROOM)), []).append(one)
    for (across, down), held in boxes.items():
        for right, below in ((0, 0), (1, 0), (-1, 1), (0, 1), (1, 1)):
            for one in held:
                for other in boxes.get((across + right, down + below), ()):
                    if (right or below or one < other) and 0 < abs(spots[one] - spots[other]) < ROOM:
                        yield one, other


# -------------------------------------------------------------------------------------------------------- snapping

Taken = tuple[int, int]
_AROUND = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0))
_BESIDE = ((-1, 0), (0, -1), (0, 1), (1, 0))


def _snapped(spots: Sequence[Spot]) -> list[Taken]:
    """Cells close to the spots: first come first served from the middle outward, then exchanged where both gain."""
    middle = sum(spots) / len(spots)
    holder: dict[Taken, int] = {}
    found: list[Taken] = [(0, 0)] * len(spots)
    for one in sorted(range(len(spots)), key=lambda one: (abs(spots[one] - middle), one)):
        cell = _free(spots[one], holder)
        holder[cell], found[one] = one, cell
    for _ in range(ROUNDS):
        moved = [_bettered(one, spots, found, holder) for one in range(len(spots))]
        if not any(moved):
            break
    return found


def _off(spot: Spot, cell: Taken) -> float:
    away = spot - complex(cell[1], cell[0])
    return away.real * away.real + away.imag * away.imag


def _free(spot: Spot, holder: Mapping[Taken, int]) -> Taken:
    """The nearest cell that nobody holds."""
    row, column = round(spot.imag), round(spot.real)
    reach = 0
    best: tuple[float, Taken] | None = None
    while best is None or reach <= math.sqrt(best[0]) + 1:
        ring = (
            (row + down, column + right)
            for down in range(-reach, reach + 1)
            for right in (range(-reach, reach + 1) if abs(down) == reach else (-reach, reach))
        )
        for cell in ring:
            if cell not in holder:
                offer = (_off(spot, cell), cell)
                best = offer if best is None else min(best, offer)
        reach += 1
    return best[1]


def _bettered(one: int, spots: Sequence[Spot], found: list[Taken], holder: dict[Taken, int]) -> bool:
    """Whether a unit moved to a cell around its own, with who held it moving the other way."""
    here = found[one]
    for down, right in _AROUND:
        there = (here[0] + down, here[1] + right)
        other = holder.get(there)
        gain = _off(spots[one], here) - _off(spots[one], there)
        if other is not None:
            gain += _off(spots[other], there) - _off(spots[other], here)
        if gain > 1e-9:
            found[one], holder[there] = there, one
            if other is None:
                del holder[here]
            else:
                found[other], holder[here] = here, other
            return True
    return False


def _compact(cells: Sequence[Taken]) -> list[Taken]:
    """Cells without holes inside: the line of tiles from the nearest edge moves up by one."""
    found = list(cells)
    holder = {cell: one for one, cell in enumerate(found)}
    for _ in range(len(found)):
        line = _shortest_line(holder)
        if line is None:
            break
        for hole, cell in pairwise(line):
            one = holder.pop(cell)
            holder[hole], found[one] = one, hole
    return found


def _shortest_line(holder: Mapping[Taken, int]) -> list[Taken] | None:
    """A hole and the tiles behind it up to an edge, in the direction in which they are fewest."""
    best: list[Taken] | None = None
    holes = {(row + down, column + right) for row, column in holder for down, right in _BESIDE} - set(holder)
    for hole in sorted(holes):
        lines = [_line(hole, step, holder) for step in _BESIDE]
        if sum(len(line) > 1 for line in lines) < 4:
            continue
        shortest = min(lines, key=len)
        if best is None or len(shortest) < len(best):
            best = shortest
    return best


def _line(hole: Taken, step: tuple[int, int], holder: Mapping[Taken, int]) -> list[Taken]:
    line = [hole]
    while (after := (line[-1][0] + step[0], line[-1][1] + step[1])) in holder:
        line.append(after)
    return line


# ------------------------------------------------------------------------------------------------------- far units


def _beside(part: Sequence[int], spots: Sequence[Spot], taken: Mapping[int, Taken]) -> dict[int, Taken]:
    """Cells for units that lie apart: in their direction, with a free cell between them and the rest."""
    rest = set(taken.values())
    made: dict[int, Taken] = {}
    first = min(part, key=lambda one: min(abs(spots[one] - spots[other]) for other in taken))
    near = min(taken, key=lambda other: (abs(spots[first] - spots[other]), other))
    towards = (spots[first] - spots[near]) / abs(spots[first] - spots[near])
    start = complex(taken[near][1], taken[near][0]) + 2 * towards
    for one in [first, *(other for other in part if other != first)]:
        spot = start + (spots[one] - spots[first]) / max(1.0, abs(spots[one] - spots[first]))
        blocked = {(row + down, column + right) for row, column in rest for down in (-1, 0, 1) for right in (-1, 0, 1)}
        made[one] = _free(spot, dict.fromkeys(blocked | set(made.values()), 0))
    return made
