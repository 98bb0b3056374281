"""evaluate() and the rules written a second time give the same answers, on editions, maps and facts at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.evaluate import Audience, Question, evaluate
from tienbo.engine.terms import splits_by
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
    asked = {code: draw(elements()) for code in CODES}
    formulas = {f"i{number}": draw(indicators()) for number in range(draw(st.integers(1, 3)))}
    for formula in formulas.values():  # a mean over units is of one thing
        if not formula["denominator"] and any(
            asked[t["series"][0]]["over_units"] == "mean" for t in formula["numerator"]
        ):
            formula["numerator"] = formula["numerator"][:1]
    made = edition(asked, formulas)
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


@st.composite
def questions(draw: st.DrawFn) -> tuple[Question, int | None, Audience]:
    """All of it, or some units in some periods; split or not; read from some seat."""
    units = draw(st.none() | st.lists(st.integers(1, 6), min_size=1, max_size=2, unique=True).map(tuple))
    periods = draw(st.just(PERIODS) | st.lists(st.sampled_from(PERIODS), min_size=1, unique=True).map(tuple))
    audience = draw(st.sampled_from([Audience("statutory", 1), Audience("statutory", 2), Audience("public")]))
    by = draw(st.sampled_from([None, None, "sex"]))
    return Question((), periods, units, by), draw(st.sampled_from([None, None, 1, 2, 3])), audience


@given(worlds(), questions())
def test_the_engine_answers_as_the_rules_written_a_second_time(
    world: World, ask: tuple[Question, int | None, Audience]
) -> None:
    question, scope, audience = ask
    codes = tuple(
        code
        for code, indicator in world.edition.indicators.items()
        if question.by is None or splits_by(world.edition, indicator, question.by)
    )
    question = replace(question, indicators=codes)
    with TemporaryDirectory() as folder:
        made = ground(Path(folder), world.trees, world.facts, excluded=world.excluded, segments=2)
        reference = Reference(world.edition, made.trees, world.facts, world.excluded, scope, audience)
        fit = reference.units(question)
        try:
            values = list(
                evaluate(world.edition, question, ground=made, scope=scope, audience=audience, basis="accepted")
            )
        except Refused:
            assert fit is None
            return
    assert fit is not None
    for value in values:
        answer = reference.answer(value.indicator, int(value.unit[1:]), Period.parse(value.period), value.members)
        assert compared(value) == expected(answer), (value, answer)
    cells = len(codes) * (3 if question.by else 1)
    assert len(values) == sum(unit in made.trees[period] for period in question.periods for unit in fit) * cells
