"""evaluate() and the rules written a second time give the same answers, on editions, maps and facts at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.engine.reference import Answer, Reference
from tests.engine.small import Said, edition, ground, tree

from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.evaluate import Audience, Question, evaluate
from tienbo.engine.values import Value

KINDS = ("province", "commune", "department", "department.health")
HALVES = ("2024-H1", "2024-H2", "2025-H1", "2025-H2")
PERIODS = tuple(map(Period.parse, (*HALVES, "2024", "2025")))
CODES = ("a", "b", "c")


@dataclass
class World:
    edition: Edition
    trees: dict[str, Tree]
    facts: list[Said]
    excluded: set[int]


@st.composite
def elements(draw: st.DrawFn) -> dict[str, Any]:
    rules: list[dict[str, Any]] = [{"by": draw(st.sampled_from([["commune"], ["department"], list(KINDS)]))}]
    rules[0]["at_parent"] = draw(st.sampled_from(["sum", "sum", "own"]))
    if draw(st.integers(0, 3)) == 0:
        rules[0]["first"] = draw(st.sampled_from(HALVES[:2]))
    if draw(st.integers(0, 3)) == 0:
        rules.append({"by": ["commune"], "first": "2025-H1"})
    return {
        "breakdowns": ["sex", "quarter"],
        "over_time": draw(st.sampled_from(["sum", "sum", "last", "mean", "none"])),
        "over_units": draw(st.sampled_from(["sum", "sum", "sum", "mean", "none"])),
        "frequency": draw(st.sampled_from(["half_year", "half_year", "half_year", "year", "survey"])),
        "sensitivity": draw(st.sampled_from(["C0", "C1", "C1", "C3"])),
        "reporting": rules,
    }


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    term: dict[str, Any] = {"series": draw(st.sampled_from(CODES)) + draw(st.sampled_from(["", "", "[sex=f]"]))}
    take = draw(st.sampled_from(["figure", "figure", "figure", "one", "test", "each"]))
    if take != "figure":
        term["count_units"] = True
    if take in ("test", "each"):
        term["test"] = {"op": draw(st.sampled_from([">=", ">", "<=", "<", "=="])), "value": draw(st.integers(0, 3))}
    if take == "each":
        term["each"] = "quarter"
    if draw(st.integers(0, 4)) == 0:
        term["minus"] = True
    return term


@st.composite
def indicators(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "unit": draw(st.sampled_from(["count", "percent", "per_1000"])),
        "numerator": draw(st.lists(terms(), min_size=1, max_size=2)),
        "denominator": draw(st.lists(terms(), max_size=2)),
        "frequency": draw(st.sampled_from(["half_year", "half_year", "year"])),
    }


@st.composite
def trees(draw: st.DrawFn, units: int) -> Tree:
    """Units 1…n, each under one of those before it; some are not there that day."""
    places: dict[int, tuple[int | None, str]] = {1: (None, "province")}
    for unit in range(2, units + 1):
        if draw(st.integers(0, 5)):
            places[unit] = (draw(st.sampled_from(sorted(places))), draw(st.sampled_from(KINDS)))
    return tree(places)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    made = edition(
        {code: draw(elements()) for code in CODES},
        {f"i{number}": draw(indicators()) for number in range(draw(st.integers(1, 3)))},
    )
    units = draw(st.integers(1, 6))
    first = draw(trees(units))
    maps = {half: first if draw(st.integers(0, 3)) else draw(trees(units)) for half in HALVES}
    return World(made, maps, draw(facts(made, units)), draw(st.sets(st.integers(1, 3), max_size=1)))


@st.composite
def facts(draw: st.DrawFn, made: Edition, units: int) -> list[Said]:
    """Most of what the indicators need of each unit; some not said, not applicable, not counting, not exact."""
    wanted = set()
    for indicator in made.indicators.values():
        for term in indicator.terms:
            for each in ("q1", "q2") if term.each else ("",):
                wanted.add(str(term.series.with_member("quarter", each) if each else term.series))
    rare = draw(st.randoms(use_true_random=False))
    told = []
    for unit in range(1, units + 1):
        for half in HALVES:
            for series in sorted(wanted):
                if rare.random() < 0.15:
                    continue
                value = None if rare.random() < 0.1 else Decimal(rare.choice(["0", "1", "2", "3", "0.5", "7.0001"]))
                qualifier = rare.choice(["exact"] * 6 + ["at_least", "estimate"])
                told.append(
                    Said(unit, half, series, value, qualifier, rare.random() > 0.05, revision=rare.randint(1, 3))
                )
    return told


def compared(value: Value) -> tuple[Any, ...]:
    parts = (value.numerator, value.denominator, value.value)
    assert all(part is None or isinstance(part, Decimal) for part in parts)
    return (
        value.status.value,
        *(None if part is None else Fraction(part).limit_denominator(10**9) for part in parts),
        value.qualifier,
        value.units_reported,
        value.units_due,
        value.units_estimated,
    )


def expected(answer: Answer) -> tuple[Any, ...]:
    parts = (answer.numerator, answer.denominator, answer.value)
    return (
        answer.status,
        *(None if part is None else part.limit_denominator(10**9) for part in parts),
        answer.qualifier,
        answer.reported,
        answer.due,
        answer.estimated,
    )


@given(
    worlds(), st.sampled_from([None, 1, 2, 3]), st.sampled_from([("statutory", 1), ("statutory", 2), ("public", None)])
)
def test_the_engine_answers_as_the_rules_written_a_second_time(
    world: World, scope: int | None, audience: tuple[Any, int | None]
) -> None:
    with TemporaryDirectory() as folder:
        made = ground(Path(folder), world.trees, world.facts, excluded=world.excluded, segments=2)
        asked = Question(tuple(world.edition.indicators), PERIODS)
        values = list(
            evaluate(world.edition, asked, ground=made, scope=scope, audience=Audience(*audience), basis="accepted")
        )
    reference = Reference(world.edition, made.trees, world.facts, world.excluded, scope, audience)
    for value in values:
        answer = reference.answer(value.indicator, int(value.unit[1:]), Period.parse(value.period))
        assert compared(value) == expected(answer), (value, answer, world.edition.indicators[value.indicator])
    assert len(values) == _cells(world, made.trees, scope)


def _cells(world: World, maps: Any, scope: int | None) -> int:
    units: Sequence[int] = range(1, 10)
    asked = [
        unit
        for unit in units
        if any(
            unit in maps[period] and (scope is None or scope == unit or scope in set(maps[period].ancestors(unit)))
            for period in PERIODS
        )
    ]
    return sum(unit in maps[period] for period in PERIODS for unit in asked) * len(world.edition.indicators)
