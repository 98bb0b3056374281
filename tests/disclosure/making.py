"""Made-up counts as sparse as recorded violence is (security.md §5.1): a unit's rate is drawn, its counts follow it."""

from __future__ import annotations

import numpy as np

from tienbo.disclosure.cubes import Cube, flat

SORTS = (0.45, 0.3, 0.15, 0.1)


def cube(rng: np.random.Generator, cases: float, places: int, sorts: int = 4, times: int = 1) -> Cube:
    """`cases` of a year over places, sorts and quarters (Gamma-Poisson)."""
    weights = rng.gamma(2.0, 1.0, places)
    by_sort = np.array(SORTS[:sorts]) / sum(SORTS[:sorts])
    rates = cases * (weights / weights.sum())[:, None, None] * by_sort[None, :, None] / times
    counts = rng.poisson(rates * np.ones(times))
    names = [f"P{n:03}" for n in range(places)], [f"T{n}" for n in range(sorts)], [f"Q{n}" for n in range(times)]
    dimensions = [flat("place", names[0], "*", "place"), flat("sort", names[1], "*")]
    if times > 1:
        dimensions.append(flat("time", names[2], "*", "time"))
    made = {
        (place, sort, *([time] if times > 1 else [])): int(counts[p, s, t])
        for p, place in enumerate(names[0])
        for s, sort in enumerate(names[1])
        for t, time in enumerate(names[2])
    }
    return Cube(tuple(dimensions), made)


def any_cube(rng: np.random.Generator, small: bool = False) -> Cube:
    """One of the sizes of T37: at most 900 cells, from a handful of places to a nation's provinces or a province's
    communes."""
    if small:
        places = int(rng.integers(3, 9))
        return cube(rng, places * float(rng.uniform(20, 100)), places, int(rng.integers(2, 4)), int(rng.choice((1, 4))))
    places, sorts, times = (
        (int(rng.integers(3, 13)), int(rng.integers(2, 5)), 1),
        (int(rng.integers(3, 13)), int(rng.integers(2, 5)), 4),
        (34, 4, 1),
        (int(rng.integers(20, 60)), int(rng.integers(2, 4)), 1),
        (int(rng.integers(14, 34)), int(rng.integers(2, 5)), 4),
    )[int(rng.choice(5, p=(0.3, 0.3, 0.15, 0.15, 0.1)))]
    cells = places * sorts * times
    return cube(rng, cells * float(rng.uniform(2.0, 14.0)), places, sorts, times)
