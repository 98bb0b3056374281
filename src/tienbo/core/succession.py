"""What becomes of units when the law redraws them: shares that travel from the units of one day to those of another.

Originals are never changed; a figure of one day is recast onto the units of another by the acts in force between
the two. A share is 0..1; what is not known has bounds, and bounds hold: whatever the true shares, the true result
lies inside. Totals travel by shares, ratios through their two parts, and an average or a rank does not travel.
Source: the register of communes of the Swiss statistical office (acts as edges), and the rules of this project.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from tienbo.core.acts import Act, Link, Measure, Quantity, by_day, check
from tienbo.core.shares import NOTHING, UNKNOWN, WHOLE, Row, Share, apportion, rounded_row, settled, through
from tienbo.core.spans import Span
from tienbo.core.tree import Tree

__all__ = [
    "NOTHING",
    "UNKNOWN",
    "WHOLE",
    "Act",
    "AnyAll",
    "Link",
    "Measure",
    "Quantity",
    "Recast",
    "Row",
    "Share",
    "Tally",
    "Transition",
    "any_all",
    "apportion",
    "check",
    "components",
    "compose",
    "onto",
    "recast",
    "rounded",
    "tallies",
    "transition",
]


class Transition(NamedTuple):
    """What becomes, on a target day, of the units alive on a source day."""

    rows: Mapping[int, Row]
    """Source unit → target unit → share, none of them 0. The shares of a row sum to 1 unless its unit is in `lost`."""
    acts: Mapping[int, tuple[str, ...]]
    """Source unit → keys of the acts passed, in the order of passing; a unit that passed none is absent."""
    lost: Mapping[int, str]
    """Source unit without a successor for the whole or a part of it → key of the act without links that ended units
    on its last day, if it was the only one; "" where that is unknown."""


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


# ------------------------------------------------------------------------------------------- what becomes of units


def transition(
    acts: Iterable[Act],
    lives: Mapping[int, Span],
    *,
    source: date,
    target: date,
    measure: str,
    quantities: Mapping[int, Sequence[Quantity]] = MappingProxyType({}),
) -> Transition:
    """The units of `source` on those of `target`, earlier or later, by one measure.

    Forward goes by the shares told. Backward, what a unit got from each predecessor is share × quantity of the
    predecessor: the latest one measured before the act and since the predecessor's own last change. Where one is
    missing, several predecessors get the bounds [0, 1]; a single one needs no quantity.
    A unit whose act says nothing of the measure is unknown, bounded by what its row leaves.
    """
    acts = tuple(acts)
    forward = source <= target
    early, late = min(source, target), max(source, target)
    history = by_day(acts)
    passed = [(day, said) for day, said in history if early < day <= late]
    if forward:
        steps = [_Step(day, _given(said, measure), _keys(said, forward)) for day, said in reversed(passed)]
    else:
        changed = _changes(history)
        steps = [
            _Step(day, _received(day, said, lives, measure, changed, quantities), _keys(said, forward))
            for day, said in passed
        ]
    ends = {unit: life.end if forward else life.start for unit, life in lives.items()}
    # An act without links says nothing of units but ends them: alone on its day, it is the one that ended these.
    silent = Counter(act.day for act in acts if not act.links)
    alone = {act.day: act.key for act in acts if not act.links and silent[act.day] == 1}
    return _folded(
        steps,
        (unit for unit, life in lives.items() if life.contains(source)),
        (unit for unit, life in lives.items() if life.contains(target)),
        lambda unit: alone.get(ends.get(unit) or date.min, ""),
    )


class _Step(NamedTuple):
    """One day of acts, towards the target: unit on this side → units on the target's side."""

    day: date
    rows: Mapping[int, Row]
    keys: Mapping[int, tuple[str, ...]]


def _keys(said: Iterable[tuple[str, Link]], forward: bool) -> dict[int, tuple[str, ...]]:
    keys: dict[int, tuple[str, ...]] = {}
    for key, link in said:
        unit = link.predecessor if forward else link.successor
        held = keys.get(unit, ())
        if key not in held:
            keys[unit] = (*held, key)
    return keys


def _given(said: Iterable[tuple[str, Link]], measure: str) -> dict[int, Row]:
    """Predecessor → successor → share, the bounds of each row as narrow as its sum of 1 makes them."""
    rows: dict[int, dict[int, Share]] = defaultdict(dict)
    for _, link in said:
        rows[link.predecessor][link.successor] = link.shares.get(measure, UNKNOWN)
    return {unit: settled(row) for unit, row in rows.items()}


def _changes(history: Iterable[tuple[date, Iterable[tuple[str, Link]]]]) -> Mapping[int, list[date]]:
    """Unit → days on which an act touched it, in order."""
    changed: dict[int, list[date]] = defaultdict(list)
    for day, said in history:
        for unit in {unit for _, link in said for unit in (link.predecessor, link.successor)}:
            changed[unit].append(day)
    return changed


def _received(
    day: date,
    said: Sequence[tuple[str, Link]],
    lives: Mapping[int, Span],
    measure: str,
    changed: Mapping[int, Sequence[date]],
    quantities: Mapping[int, Sequence[Quantity]],
) -> dict[int, Row]:
    """Successor → predecessor → share of the successor that came from it."""
    given = _given(said, measure)
    came: dict[int, dict[int, Share]] = defaultdict(dict)
    for unit, row in given.items():
        for successor, share in row.items():
            came[successor][unit] = share

    def quantity(unit: int) -> Fraction | None:
        since = max((other for other in changed[unit] if other < day), default=date.min)
        known = [one for one in quantities.get(unit, ()) if since <= one.day < day]
        return Fraction(max(known, key=lambda one: one.day).value) if known else None

    eve = day - timedelta(days=1)
    for unit, row in came.items():
        if unit not in given and unit in lives and lives[unit].contains(eve):
            row[unit] = WHOLE  # it stayed, and took the others in
    return {unit: _origin(row, quantity) for unit, row in came.items()}


def _origin(row: Row, quantity: Callable[[int], Fraction | None]) -> Row:
    """The shares in which one unit is made of its predecessors, from the shares they gave it."""
    givers = {unit: share for unit, share in row.items() if share.high > 0} or row
    if len(givers) == 1:
        return dict.fromkeys(givers, WHOLE)
    sizes = {unit: quantity(unit) for unit in givers}
    amounts: dict[int, Share] = {}
    for unit, share in givers.items():
        size = sizes[unit]
        if size is None:
            return dict.fromkeys(givers, UNKNOWN)
        point = share.point
        amounts[unit] = Share(share.low * size, share.high * size, None if point is None else point * size)
    low = sum((one.low for one in amounts.values()), Fraction(0))
    high = sum((one.high for one in amounts.values()), Fraction(0))
    if high == 0:
        return dict.fromkeys(givers, UNKNOWN)
    points = [one.best for one in amounts.values()]
    stated = None if None in points else sum((point for point in points if point is not None), Fraction(0))
    shares = {}
    for unit, one in amounts.items():
        most, least = one.high + (low - one.low), one.low + (high - one.high)
        shares[unit] = Share(
            one.low / least if least else UNKNOWN.low,
            one.high / most if most else most,
            one.best / stated if stated and one.best is not None else None,  # stated 0: all that is stated is empty
        )
    return settled(shares)


def _folded(
    steps: Iterable[_Step], sources: Iterable[int], targets: Iterable[int], ended: Callable[[int], str]
) -> Transition:
    """Steps in order from the target's side, each put before what is already known: so bounds stay their narrowest."""
    rows: dict[int, Row] = {unit: {unit: WHOLE} for unit in targets}
    told: dict[int, tuple[tuple[int, str], ...]] = {}
    lost: dict[int, str] = {}
    for count, step in enumerate(steps):
        before: dict[int, tuple[Row, tuple[tuple[int, str], ...], str | None]] = {}
        for unit, row in step.rows.items():
            heirs = [heir for heir, share in row.items() if share.high > 0]
            later = {key for heir in heirs for key in told.get(heir, ())}
            keys = (*((-count, key) for key in step.keys[unit]), *sorted(later))
            before[unit] = through(row, rows), keys, _ending(heirs, rows, lost, ended)
        for unit, (reached, keys, ending) in before.items():
            rows[unit], told[unit] = reached, keys
            lost.pop(unit, None)
            if ending is not None:
                lost[unit] = ending
    units = list(sources)
    return Transition(
        {unit: rows[unit] for unit in units if rows.get(unit)},
        {unit: tuple(dict.fromkeys(key for _, key in told[unit])) for unit in units if unit in told},
        {unit: lost[unit] if unit in lost else ended(unit) for unit in units if unit in lost or not rows.get(unit)},
    )


def _ending(
    heirs: Iterable[int], rows: Mapping[int, Row], lost: Mapping[int, str], ended: Callable[[int], str]
) -> str | None:
    """The act by which heirs are lost, "" where it is unknown or not the only one; None if none is."""
    found = {lost[heir] if heir in lost else ended(heir) for heir in heirs if heir in lost or not rows.get(heir)}
    return None if not found else next(iter(found)) if len(found) == 1 else ""


def compose(first: Transition, second: Transition) -> Transition:
    """First one, then the other: the target day of `first` is the source day of `second`.

    Exact shares compose exactly. Bounds stay true, and may be wider than those of one `transition` over both.
    The acts of `first` come before those of `second`; those of different heirs in `second` heir by heir.
    """
    acts, lost = {}, dict(first.lost)
    for unit, row in first.rows.items():
        keys = dict.fromkeys((*first.acts.get(unit, ()), *(key for heir in row for key in second.acts.get(heir, ()))))
        if keys:
            acts[unit] = tuple(keys)
        ending = _ending(row, second.rows, second.lost, lambda _unit: "")
        if ending is not None:  # a part may have been lost before: by one act, or it is not said by which
            lost[unit] = ending if lost.get(unit, ending) == ending else ""
    acts.update({unit: first.acts[unit] for unit in first.lost if unit in first.acts and unit not in acts})
    rows = {unit: through(row, second.rows, unit in first.lost) for unit, row in first.rows.items()}
    return Transition({unit: row for unit, row in rows.items() if row}, acts, lost)


def onto(moved: Transition, tree: Tree) -> dict[int, Row]:
    """Source unit → target unit and each of its ancestors in the target day's tree → share.

    The bounds of an ancestor collapse to 1 where everything lies under it, whatever lies between its units.
    """
    above: dict[int, Row] = {}
    for unit in {unit for row in moved.rows.values() for unit in row}:
        above[unit] = dict.fromkeys((unit, *tree.ancestors(unit)), WHOLE)
    return {unit: through(row, above, unit in moved.lost) for unit, row in moved.rows.items()}


# ------------------------------------------------------------------------------------------- what travels


def recast(values: Mapping[int, Decimal], weights: Mapping[int, Row]) -> dict[int, Recast]:
    """Totals of source units on target units: `weights` are the rows of a transition, or those of `onto`.

    A target unit of which nothing was told is absent. A ratio is recast by its two parts and divided afterwards.
    """
    found: dict[int, Recast] = {}
    zero = Fraction(0)
    for source, told in values.items():
        value = Fraction(told)
        for unit, share in weights.get(source, {}).items():
            held = found.get(unit, Recast(zero, zero, zero, zero, zero))
            point = share.point
            # A share of nothing is nothing, also where nobody knows the share.
            part = zero if value == 0 else None if point is None else value * point
            ends = sorted((value * share.low, value * share.high))
            whole = value if share.low == 1 else zero
            found[unit] = Recast(
                None if held.value is None or part is None else held.value + part,
                held.low + ends[0],
                held.high + ends[1],
                held.exact + whole,
                None if held.estimated is None or part is None else held.estimated + part - whole,
            )
    return found


def any_all(flags: Mapping[int, bool], moved: Transition) -> dict[int, AnyAll]:
    """A property of source units on target units by both rules: a count of units is no total and has no share.

    Units that said nothing are left out: how many they are is for the coverage to say.
    """
    found: dict[int, AnyAll] = {}
    for source, flag in flags.items():
        for unit in moved.rows.get(source, ()):
            held = found.get(unit, AnyAll(all=True, any=False))
            found[unit] = AnyAll(all=held.all and flag, any=held.any or flag)
    return found


def tallies(found: Mapping[int, AnyAll], tree: Tree) -> dict[int, Tally]:
    """Totals of `any_all` for each of its units and their ancestors."""
    totals: dict[int, Tally] = {}
    for unit, told in found.items():
        for place in (unit, *tree.ancestors(unit)):
            held = totals.get(place, Tally(0, 0, 0))
            totals[place] = Tally(held.all + told.all, held.any + told.any, held.of + 1)
    return totals


def components(
    acts: Iterable[Act], lives: Mapping[int, Span], day_a: date, day_b: date
) -> list[tuple[frozenset[int], frozenset[int]]]:
    """The smallest areas that are the same on both days: (units of day_a, units of day_b), in the order of `lives`.

    Every link joins, also one that carries land and no people.
    """
    first: dict[int, int] = {}

    def area(unit: int) -> int:
        while unit in first:
            first[unit] = first.get(first[unit], first[unit])
            unit = first[unit]
        return unit

    early, late = min(day_a, day_b), max(day_a, day_b)
    for day, said in by_day(acts):
        for _, link in said if early < day <= late else ():
            one, other = area(link.predecessor), area(link.successor)
            if one != other:
                first[other] = one
    areas: dict[int, tuple[set[int], set[int]]] = {}
    for unit, life in lives.items():
        for side, day in enumerate((day_a, day_b)):
            if life.contains(day):
                areas.setdefault(area(unit), (set(), set()))[side].add(unit)
    return [(frozenset(old), frozenset(new)) for old, new in areas.values()]


# ------------------------------------------------------------------------------------------- rounding


def rounded(moved: Transition, places: int = 9) -> Transition:
    """The same with shares of so many decimal places whose rows still sum to what they did.

    Exact shares and estimates by largest remainders, bounds outward. To be done before `onto`, not after it: then a
    parent's share is still the sum of its units'.
    """
    return moved._replace(rows={unit: rounded_row(row, places) for unit, row in moved.rows.items()})
