"""Cutting a question into texts: a small one is one text for all that is answered alike, a large one many, answered
side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Literal, TypeVar

import pyarrow as pa

from tienbo.core.periods import Period
from tienbo.engine.engines import Engine

AT_ONCE, AT_ONCE_ONTO = 175_000, 350_000
"""Values asked of the engine in one text, and of one that answers on another map, which takes longer to plan: a
province's report is one question, a nation's decades are many. Fewer would cost time, more would cost memory and win no
time."""
SMALL = 20_000
"""Up to so many values a question is one text for all that is answered alike: planning a text takes longer than that
many values do."""
LIGHT = 400_000
"""A small question that reads up to so many figures is answered aside: on one thread, beside the others of its kind."""

Of = TypeVar("Of")
Made = TypeVar("Made")
Wanted = dict[Of, dict[Period, dict[int, None]]]
"""How cells are answered → the period read → their numbers, in order."""
Pairs = frozenset[tuple[int, Period]]


@dataclass(frozen=True)
class Portion(Generic[Of]):
    """What one text answers: how, cells and periods, and the pairs of them that are wanted (None for all)."""

    key: Of
    cells: tuple[int, ...]
    periods: tuple[Period, ...]
    pairs: Pairs | None
    weight: Literal["light", "small", "large"] = "small"


def portions_of(
    wanted: Wanted[Of],
    units: int,
    shape: Callable[[int], tuple[int, int]],
    *,
    reached: Callable[[], int],
    onto: bool = False,
) -> Iterator[Portion[Of]]:
    """What is answered alike (key → period → cells), cut into texts. A small question is one text, whatever its cells
    are asked for. Of a large one a text has only what is wanted, halves and years apart, and one of very many values is
    cut into portions of cells, like with like: what adding up holds in memory then grows with the portion, not with
    the question. `reached`: how many units' figures are read for the units asked for. `onto`: on another map."""
    at_once = AT_ONCE_ONTO if onto else AT_ONCE
    for key, by_period in wanted.items():
        every = tuple(sorted({number for numbers in by_period.values() for number in numbers}))
        if len(every) * len(by_period) * units <= SMALL:
            pairs = frozenset((number, period) for period, numbers in by_period.items() for number in numbers)
            whole = None if len(pairs) == len(every) * len(by_period) else pairs
            is_light = len(every) * len(by_period) * reached() <= LIGHT
            yield Portion(key, every, tuple(by_period), whole, "light" if is_light else "small")
            continue
        groups: dict[tuple[tuple[int, ...], bool], list[Period]] = defaultdict(list)
        for period, found in by_period.items():
            groups[tuple(found), period.is_year].append(period)
        for (numbers, _is_year), periods in groups.items():
            step = max(1, at_once // max(1, units * len(periods)))
            ordered = tuple(sorted(numbers, key=shape)) if step < len(numbers) else numbers
            for start in range(0, len(ordered), step):
                yield Portion(key, ordered[start : start + step], tuple(periods), None, "large")


def each(answer: Callable[[Portion[Of], Engine], Made], portions: Sequence[Portion[Of]], using: Engine) -> list[Made]:
    """Every portion answered: large ones side by side, and light ones too where there are no others."""
    weights = Counter(one.weight for one in portions)
    if portions and weights["light"] == len(portions):
        return using.aside([partial(answer, one) for one in portions])
    if weights["large"] > 1:
        return using.side_by_side([partial(answer, one) for one in portions])
    return [answer(one, using) for one in portions]


def only(table: pa.Table, labels: Mapping[int, Period], pairs: Pairs | None) -> pa.Table:
    """The rows of the cells and periods that are wanted."""
    if pairs is None:
        return table
    rows = zip(table.column("cell").to_pylist(), table.column("period").to_pylist(), strict=True)
    return table.filter(pa.array([(cell, labels[code]) in pairs for cell, code in rows], pa.bool_()))
