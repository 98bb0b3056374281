"""The SQL and core.succession give the same on generated histories: sums, ratios with their bounds, counts, years."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import PROOF
from tests.core.histories import ALL, BEGIN, KEEPING, histories
from tests.core.histories import History as Drawn
from tests.engine.reference import Reference
from tests.engine.small import OFFICE, Said, edition, ground, onto

from tienbo.core.periods import Period
from tienbo.core.shares import WHOLE, Share
from tienbo.core.spans import Span
from tienbo.core.succession import Transition, any_all, recast, rounded, tallies, transition
from tienbo.core.succession import onto as spread
from tienbo.core.tree import Place, Tree
from tienbo.engine.bounds import Uncertain, ratio_bounds
from tienbo.engine.evaluate import Question, Values, evaluate
from tienbo.engine.plan import Plan
from tienbo.engine.recasting import History
from tienbo.engine.values import Status, Value

NATION, WEST, EAST = 1001, 1002, 1003
HALVES = ("2000-H1", "2001-H1", "2001-H2", "2003-H2")
EDITION = edition(
    {
        "cases": {},
        "people": {"over_time": "last"},
        "posts": {"travels_by": "none"},
        "stock": {"over_time": "mean"},
    },
    {
        "cases": {"numerator": ["cases"]},
        "net": {"numerator": ["cases", {"series": "people", "minus": True}]},
        "rate": {"unit": "per_1000", "numerator": ["cases"], "denominator": ["people"]},
        "posts": {"numerator": ["posts"]},
        "stock": {"numerator": ["stock"]},
        "with": {"numerator": [{"series": "cases", "count_units": True, "test": {"op": ">=", "value": 2}}]},
        "share_with": {
            "unit": "percent",
            "numerator": [{"series": "cases", "count_units": True, "test": {"op": ">=", "value": 2}}],
            "denominator": [{"series": "cases", "count_units": True}],
        },
    },
)


def last_day(half: str) -> date:
    return date(int(half[:4]), 6, 30) if half.endswith("1") else date(int(half[:4]), 12, 31)


@dataclass
class World:
    history: History
    trees: dict[str, Tree]
    day: date
    tree: Tree
    facts: list[Said]

    def moved(self, half: str) -> Transition:
        return rounded(
            transition(
                self.history.acts,
                self.history.lives,
                source=last_day(half),
                target=self.day,
                measure="population",
                quantities=self.history.quantities("population"),
            )
        )

    def weights(self, half: str) -> Mapping[int, Mapping[int, Share]]:
        """Of the units of a half-year; what ended without a successor stays with its province."""
        rows = dict(spread(self.moved(half), self.tree))
        for unit, parent in self.trees[half].parents.items():
            if unit not in rows:
                rows[unit] = dict.fromkeys((parent, *self.tree.ancestors(parent)), WHOLE)
        return rows

    def told(self, code: str, half: str) -> dict[int, tuple[Fraction, Fraction]]:
        """What each unit told of an indicator, as the rules written a second time read it."""
        read = Reference(EDITION, self.trees, self.facts)
        found = {}
        for unit in self.trees[half].kinds:
            one = read._told(EDITION.indicators[code], unit, Period.parse(half), "")
            if one is not None and one.numerator is not None:
                found[unit] = (one.numerator, one.denominator or Fraction(0))
        return found

    def values(self, folder: Path, codes: Sequence[str], periods: Sequence[str], **more: Any) -> list[Value]:
        return list(self.asked(folder, codes, periods, **more))

    def asked(self, folder: Path, codes: Sequence[str], periods: Sequence[str], *, own: bool = False) -> Values:
        way = onto(self.day, self.tree, self.trees, self.history, measures=("population",))
        made = ground(folder, self.trees, self.facts, segments=2, onto=way)
        asked = Question(tuple(codes), tuple(map(Period.parse, periods)), map_day=None if own else self.day)
        return evaluate(EDITION, asked, ground=made, scope=None, audience=OFFICE, basis="accepted")


@st.composite
def worlds(draw: st.DrawFn, *, kinds: Sequence[str] = KEEPING, unknown: bool = True, gaps: bool = True) -> World:
    drawn: Drawn = draw(histories(kinds=kinds, unknown=unknown, size=5, length=4))
    provinces = (NATION, WEST, EAST)
    lives = {**drawn.lives, **dict.fromkeys(provinces, Span(BEGIN - timedelta(days=1)))}
    sides = {unit: draw(st.sampled_from((WEST, EAST))) for unit in drawn.lives}
    keys = {unit: f"u{unit}" for unit in lives}
    history = History(drawn.acts, lives, lambda measure: drawn.quantities if measure == "population" else {}, {}, keys)
    held: dict[tuple[int, ...], Tree] = {}

    def tree_on(day: date) -> Tree:
        units = tuple(drawn.alive(day))
        if units not in held:
            above = [Place(NATION, None, "nation"), Place(WEST, NATION, "province"), Place(EAST, NATION, "province")]
            held[units] = Tree([*above, *(Place(unit, sides[unit], "commune") for unit in units)])
        return held[units]

    trees = {half: tree_on(last_day(half)) for half in HALVES}
    day = draw(st.sampled_from([*drawn.days, *map(last_day, HALVES)]))
    rare = draw(st.randoms(use_true_random=False))
    facts = [
        Said(unit, half, series, Decimal(rare.choice(["0", "1", "2", "3", "40", "0.5", "7.0001"])))
        for half, tree in trees.items()
        for unit in tree.of_kind(("commune",))
        for series in ("cases", "people", "posts", "stock")
        if not gaps or rare.random() > 0.1
    ]
    return World(history, trees, day, tree_on(day), facts)


def number(unit: str) -> int:
    return int(unit.removeprefix("u"))


def near(one: Decimal | None, other: Fraction | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return abs(Fraction(one) - other) <= abs(other) / 10**24


@given(worlds(kinds=ALL))
def test_sums_are_those_of_the_core_exact_part_and_bounds(world: World) -> None:
    with TemporaryDirectory() as folder:
        values = world.values(Path(folder), ("cases", "net"), HALVES)
    assert {number(value.unit) for value in values} == set(world.tree.kinds)
    for value in values:
        told = {unit: over for unit, (over, _) in world.told(value.indicator, value.period).items()}
        found = recast(told, world.weights(value.period)).get(number(value.unit))
        if found is None or value.status in (Status.NOT_REPORTED, Status.NOT_APPLICABLE):
            assert found is None
            continue
        point = found.low if found.low == found.high else found.value
        assert value.status is (Status.INTERVAL if point is None else Status.VALUE)
        assert near(value.low, found.low)
        assert near(value.high, found.high)
        assert near(value.value, point)
        reaching = [unit for unit, row in world.weights(value.period).items() if number(value.unit) in row]
        assert value.units_reported == len(told.keys() & set(reaching))
        assert value.map_day == world.day.isoformat()
        if found.estimated is not None and value.estimated_share is not None and found.exact >= 0:
            part = abs(found.estimated)
            assert near(value.estimated_share, part / (part + abs(found.exact)) if part else Fraction(0))


@given(worlds(kinds=ALL))
def test_a_ratio_has_the_tightest_bounds_and_goes_through_its_parts(world: World) -> None:
    with TemporaryDirectory() as folder:
        values = world.values(Path(folder), ("rate",), HALVES)
    for value in values:
        if value.status not in (Status.VALUE, Status.INTERVAL):
            continue
        told, weights, unit = world.told("rate", value.period), world.weights(value.period), number(value.unit)
        parts = [(*sides, weights[one][unit]) for one, sides in told.items() if unit in weights[one]]
        corners = set()
        for ends in itertools.product(*[{share.low, share.high} for _over, _under, share in parts]):
            under = sum((one[1] * end for one, end in zip(parts, ends, strict=True)), Fraction(0))
            if under:
                corners.add(
                    sum((one[0] * end for one, end in zip(parts, ends, strict=True)), Fraction(0)) * 1000 / under
                )
        assert near(value.low, min(corners))
        assert near(value.high, max(corners))
        points = [share.point for *_sides, share in parts]
        if None not in points:
            over, under = (sum(one[side] * one[2].point for one in parts) for side in (0, 1))  # type: ignore[operator]
            assert not under or near(value.value, Fraction(over * 1000, under))


@given(worlds())
def test_units_counted_by_a_property_lie_between_all_and_any(world: World) -> None:
    with TemporaryDirectory() as folder:
        values = world.values(Path(folder), ("with", "share_with"), HALVES)
    for value in values:
        flags = {unit: over > 0 for unit, (over, _) in world.told("with", value.period).items()}
        found = tallies(any_all(flags, world.moved(value.period)), world.tree).get(number(value.unit))
        if found is None:
            assert value.status in (Status.NOT_REPORTED, Status.NOT_APPLICABLE)
            continue
        scale = Fraction(1) if value.indicator == "with" else Fraction(100, found.of)
        assert value.status is (Status.VALUE if found.all == found.any else Status.INTERVAL)
        assert near(value.low, found.all * scale)
        assert near(value.high, found.any * scale)


@given(worlds())
def test_what_cannot_be_divided_adds_up_where_it_went_whole_and_names_the_acts_elsewhere(world: World) -> None:
    with TemporaryDirectory() as folder:
        values = world.values(Path(folder), ("posts",), HALVES)
    for value in values:
        unit, weights = number(value.unit), world.weights(value.period)
        parted = [one for one, row in weights.items() if unit in row and row[unit].low < 1 and one < NATION]
        if parted:
            assert value.status is Status.NOT_COMPARABLE
            assert value.acts
            continue
        told = {one: over for one, (over, _) in world.told("posts", value.period).items()}
        found = recast(told, weights).get(unit)
        assert near(value.value, None if found is None else found.exact)


@given(worlds(unknown=True, gaps=False))
def test_nothing_is_lost_and_the_own_map_is_the_identity(world: World) -> None:
    with TemporaryDirectory() as folder:
        there = world.values(Path(folder), ("cases", "rate", "stock", "with"), HALVES)
        here = {
            value[:3]: value
            for value in world.values(Path(folder) / "own", ("cases", "rate", "stock", "with"), HALVES, own=True)
        }
    for value in there:
        own = here.get(value[:3])
        if number(value.unit) == NATION and value.indicator in ("cases", "rate", "stock"):
            assert own is not None
            assert (value.status, value.value, value.units_reported, value.units_due) == (
                own.status,
                own.value,
                own.units_reported,
                own.units_due,
            )
            assert not value.estimated_share
        same = world.trees[value.period] is world.tree and last_day(value.period) == world.day
        if same and own is not None:
            assert value[4:12] == own[4:12]


@given(worlds(kinds=KEEPING, gaps=False))
def test_a_year_over_two_maps_is_the_sum_of_its_halves_on_one(world: World) -> None:
    with TemporaryDirectory() as folder:
        values = world.values(Path(folder), ("cases", "stock", "rate"), ("2001-H1", "2001-H2", "2001"))
    found = {(value.indicator, value.unit, value.period): value for value in values}
    for unit in {value.unit for value in values}:
        first, last, year = (found["cases", unit, label] for label in ("2001-H1", "2001-H2", "2001"))
        if Status.VALUE is first.status is last.status is year.status:
            assert year.value == (first.value or 0) + (last.value or 0)
            assert year.low == (first.low or 0) + (last.low or 0)
        stocks = [found["stock", unit, label] for label in ("2001-H1", "2001-H2", "2001")]
        if all(one.status is Status.VALUE for one in stocks):
            assert stocks[2].value == ((stocks[0].value or 0) + (stocks[1].value or 0)) / 2
        assert year.status is not Status.NOT_COMPARABLE


fractions = st.fractions(0, 10, max_denominator=4)


@given(
    fractions,
    fractions,
    st.lists(
        st.tuples(fractions, fractions, st.fractions(0, 1, max_denominator=3), st.fractions(0, 1, max_denominator=3)),
        max_size=4,
    ),
)
def test_bounds_of_a_ratio_are_its_least_and_greatest_at_the_ends(
    over: Fraction, under: Fraction, parts: list[tuple[Fraction, Fraction, Fraction, Fraction]]
) -> None:
    doubtful = [Uncertain(n, d, min(a, b), max(a, b)) for n, d, a, b in parts]
    found = ratio_bounds(over, under, doubtful)
    corners = []
    for ends in itertools.product(*[(one.low, one.high) for one in doubtful]):
        base = under + sum((one.denominator * end for one, end in zip(doubtful, ends, strict=True)), Fraction(0))
        top = over + sum((one.numerator * end for one, end in zip(doubtful, ends, strict=True)), Fraction(0))
        if base:
            corners.append(top / base)
        elif top:
            assert found is None
            return
    assert found == ((min(corners), max(corners)) if corners else None)


@settings(max_examples=3 if not PROOF else 400)
@given(worlds(kinds=ALL), st.randoms(use_true_random=False))
def test_added_up_first_or_asked_singly_at_once_or_side_by_side_the_answer_is_one(world: World, chance: Random) -> None:
    """Estimates, lower bounds and figures that do not apply among them: what makes a unit be asked singly."""
    doubts: list[dict[str, Any]] = [{"value": None}, {"qualifier": "estimate"}, {"qualifier": "at_least"}, *[{}] * 6]
    world = replace(world, facts=[one._replace(**chance.choice(doubts)) for one in world.facts])
    codes, periods = tuple(EDITION.indicators), (*HALVES, "2001")
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        first = world.values(Path(folder) / "first", codes, periods)
        patched.setattr("tienbo.engine.portions.SMALL", 0)
        patched.setattr("tienbo.engine.portions.AT_ONCE_ONTO", 1)
        assert world.values(Path(folder) / "apart", codes, periods) == first
        patched.setattr(Plan, "adds_first", False)
        assert world.values(Path(folder) / "singly", codes, periods) == first
