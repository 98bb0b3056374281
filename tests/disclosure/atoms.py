"""Another attacker, for tests: everything that ever left as sums over atoms (place × sort × quarter as they were first
told, and as they were told anew), bounds by one linear programme each. It shares no line with the room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.optimize import linprog

Atom = tuple[str, ...]


class Atoms:
    """Who has seen `equal` (sums of atoms that were printed) and `least` (sums that were hidden, so at least one)."""

    def __init__(self) -> None:
        self.at: dict[Atom, int] = {}
        self.truth: list[int] = []
        self.rows: dict[tuple[int, ...], int] = {}
        self.hidden: set[tuple[int, ...]] = set()

    def atom(self, name: Atom, value: int) -> int:
        """The number of an atom: told anew with another value, it is another atom."""
        key = (*name, str(value))
        if key not in self.at:
            self.at[key] = len(self.truth)
            self.truth.append(value)
        return self.at[key]

    def sum(self, atoms: Iterable[int]) -> int:
        return sum(self.truth[one] for one in atoms)

    def printed(self, atoms: Iterable[int]) -> None:
        row = tuple(sorted(atoms))
        self.rows[row] = self.sum(row)

    def withheld(self, atoms: Iterable[int]) -> None:
        self.hidden.add(tuple(sorted(atoms)))

    def bounds(self, weights: Mapping[int, int]) -> tuple[int, int]:
        """Between what a weighted sum of atoms lies, to somebody who knows all that was printed."""
        count = len(self.truth)
        a, b = np.zeros((len(self.rows), count)), np.array(list(self.rows.values()), dtype=float)
        for n, row in enumerate(self.rows):
            a[n, list(row)] = 1
        some = sorted(row for row in self.hidden if row not in self.rows)
        s = np.zeros((len(some), count))
        for n, row in enumerate(some):
            s[n, list(row)] = -1
        ends = []
        for sign in (1, -1):
            price = np.zeros(count)
            for atom, weight in weights.items():
                price[atom] = weight * sign
            found = linprog(
                price,
                A_eq=a if len(a) else None,
                b_eq=b if len(a) else None,
                A_ub=s if len(s) else None,
                b_ub=-np.ones(len(s)) if len(s) else None,
                bounds=(0, None),
                method="highs",
            )
            assert found.status in (0, 3), "what left contradicts itself"
            ends.append(float("inf") if found.status == 3 else float(found.fun) * sign)
        low, high = ends
        return int(np.ceil(low - 1e-6)), int(min(high, 10**9) + 1e-6)
