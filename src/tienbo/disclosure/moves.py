"""Other tables that print the same: how a count could be another while nothing printed changes.

Truth plus a move is such a table. Moves are whole numbers and are verified exactly, so that each is a proof: whoever
reads what is printed cannot tell truth from it. A move is looked for by a linear programme that costs what it touches
(security.md §5.3, step 6), in whole numbers where the linear one gives none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from tienbo.disclosure.tables import Share, Table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_OPEN = 2**40
"""No count is as large: how far down a difference may go."""

_NODES = 100
"""Of a search in whole numbers: counted and not timed, so that the same table gives the same plan."""


class System:
    """The equations of a table: counts in order of their keys, A·x = 0, S·x ≤ 0 of the shares that are printed. Counts
    are none or more, those in `some` one or more, wherever they are not printed."""

    def __init__(self, table: Table, shares: Sequence[Share], some: Collection[str]) -> None:
        self.keys = tuple(table.cells)
        self.at = {key: n for n, key in enumerate(self.keys)}
        cells = [table.cells[key] for key in self.keys]
        self.x: Ints = np.array([one.value for one in cells], dtype=np.int64)
        bounds = [-_OPEN if one.signed else int(one.key in some) for one in cells]
        self.lower: Ints = np.minimum(np.array(bounds, dtype=np.int64), self.x)
        self._sums = [(self.at[total], [self.at[one] for one in parts]) for total, parts in table.relations]
        self.floor = self._raised(self.lower)
        self.owners = table.owners
        of = {name: n for n, name in enumerate(self.owners)}
        self.owner: Ints = np.array([of[one.owner] if one.owner else -1 for one in cells], dtype=np.int64)
        self.a = self._rows([[(total, 1), *((part, -1) for part in parts)] for total, parts in table.relations])
        self.shares = tuple(shares)
        self.s = self._rows(list(_share_rows(shares)))
        self._own = sparse.csr_array(
            (
                np.ones(int((self.owner >= 0).sum()), dtype=np.int64),
                (np.flatnonzero(self.owner >= 0), self.owner[self.owner >= 0]),
            ),
            shape=(len(self.keys), max(1, len(self.owners))),
        )

    def _rows(self, rows: Sequence[Sequence[tuple[str, int]]]) -> Any:
        at = [(n, self.at[key], weight) for n, row in enumerate(rows) for key, weight in row]
        data = [weight for _n, _m, weight in at]
        places = ([n for n, _m, _w in at], [m for _n, m, _w in at])
        return sparse.csr_array((np.array(data, dtype=np.int64), places), shape=(len(rows), len(self.keys)))

    def floor_of(self, owner: int) -> Ints:
        """The floor, to a unit that knows its own counts."""
        return self._raised(np.where(self.owner == owner, self.x, self.lower))

    def _raised(self, least: Ints) -> Ints:
        """The least that each count can be by what is known without any figure: zeros are printed, what is hidden is
        at least its least, and a total is no less than its parts together."""
        floor = least.copy()
        changed = True
        while changed:
            changed = False
            for total, parts in self._sums:
                together = int(floor[parts].sum())
                if together > floor[total]:
                    floor[total], changed = together, True
        return floor

    def touched_owners(self, touched: NDArray[Any]) -> Mask:
        """Of moves by row (True where a count changes): which units' own counts change."""
        found: Mask = (touched.astype(np.int64) @ self._own) > 0
        return found

    def is_whole(self, move: Ints) -> bool:
        """Whether truth plus the move prints the same, exactly: every sum holds, nothing is below its least."""
        there = self.x + move
        return bool(not (self.a @ move).any() and (there >= self.lower).all() and ((self.s @ there) <= 0).all())

    # --------------------------------------------------------------------------------------------------- moves

    def move(self, target: int, by: int, movable: Mask, cost: Floats, *, whole: bool = False) -> Ints | None:
        """The cheapest move of the count `target` by at least `by` (down where it is negative) that touches `movable`
        counts alone; None where none was found. Without `whole` numbers asked for, fractions are no move."""
        if not movable[target]:
            return None
        near = self._reached(target, movable)
        found = self._solve(target, by, near, cost, whole=whole)
        if found is None:
            return None
        move = self._spread(near, np.rint(found))
        return move if np.abs(found - np.rint(found)).max() < 1e-6 and self._moves(move, target, by) else None

    def _moves(self, move: Ints, target: int, by: int) -> bool:
        return (move[target] >= by if by > 0 else move[target] <= by) and self.is_whole(move)

    def _reached(self, target: int, movable: Mask) -> Ints:
        """The movable counts that sums and shares bind to the target."""
        near = np.zeros(len(self.keys), dtype=np.int64)
        near[target] = 1
        linked = [rows for rows in (self.a, self.s) if rows.shape[0]]
        while True:
            before = int(near.sum())
            for rows in linked:
                hit = (abs(rows) @ near) > 0
                near = (((abs(rows.T) @ hit.astype(np.int64)) > 0) & movable).astype(np.int64) | near
            if int(near.sum()) == before:
                return np.flatnonzero(near)

    def _spread(self, near: Ints, found: Floats) -> Ints:
        move = np.zeros(len(self.keys), dtype=np.int64)
        move[near] = found.astype(np.int64)
        return move

    def _solve(self, target: int, by: int, near: Ints, cost: Floats, *, whole: bool) -> Floats | None:
        """Ups and downs of the counts `near`, at least cost."""
        count = len(near)
        place = int(np.searchsorted(near, target))
        up = np.full(count, np.inf)
        down = np.where(self.lower[near] <= -_OPEN, np.inf, self.x[near] - self.lower[near])
        least = np.zeros(2 * count)
        if by > 0:
            least[place], down[place] = by, 0.0
        else:
            if down[place] < -by:
                return None
            least[count + place], up[place] = -by, 0.0
        a = self.a[:, near]
        a = a[np.diff(a.indptr) > 0]
        s = self.s[:, near]
        rows = np.diff(s.indptr) > 0
        s, room = s[rows], -(self.s @ self.x)[rows]
        price = np.concatenate([cost[near], cost[near]])
        most = np.concatenate([up, down])
        if not whole:
            result = linprog(
                price,
                A_ub=sparse.hstack([s, -s]) if s.shape[0] else None,
                b_ub=room if s.shape[0] else None,
                A_eq=sparse.hstack([a, -a]) if a.shape[0] else None,
                b_eq=np.zeros(a.shape[0]) if a.shape[0] else None,
                bounds=np.column_stack([least, most]),
                method="highs-ds",
            )
        else:
            bound = [LinearConstraint(sparse.hstack([a, -a]), 0, 0)] if a.shape[0] else []
            if s.shape[0]:
                bound.append(LinearConstraint(sparse.hstack([s, -s]), -np.inf, room))
            result = milp(
                price,
                constraints=bound,
                integrality=np.ones(2 * count),
                bounds=Bounds(least, most),
                options={"node_limit": _NODES, "mip_rel_gap": 0.5},
            )
        if result.x is None:
            return None
        found: Floats = np.asarray(result.x[:count] - result.x[count:], dtype=np.float64)
        return found

    def variants(self, move: Ints) -> Iterable[Ints]:
        """The move, the same larger as far as it goes, and the other way round: proofs that cost nothing."""
        for one in (move, -move):
            times = self._room(one)
            if times >= 1 and self.is_whole(one):
                yield one
            if times > 1 and self.is_whole(one * times):
                yield one * times

    def _room(self, move: Ints) -> int:
        falls = move < 0
        if not falls.any():
            return 1
        return int(min(64, ((self.x - self.lower)[falls] // -move[falls]).min()))


def _share_rows(shares: Iterable[Share]) -> Iterable[list[tuple[str, int]]]:
    """A printed share as two rows of whole numbers: low·denominator ≤ numerator ≤ high·denominator."""
    for share in shares:
        low, high = (Fraction(one) for one in share.bounds)
        times = lcm(low.denominator, high.denominator)
        yield [(share.denominator, int(low * times)), (share.numerator, -times)]
        yield [(share.numerator, times), (share.denominator, -int(high * times))]
