"""An explanation adds up to the value, names who is missing, and shows each fact to those who may see it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import PROOF
from tests.engine.small import OFFICE, Said, edition, ground, onto, said, tree
from tests.engine.test_reference import World, worlds

from tienbo.core.acts import Act, Link
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.core.shares import WHOLE, Share
from tienbo.core.spans import Span
from tienbo.engine.engines import engine
from tienbo.engine.evaluate import Audience, Ground
from tienbo.engine.explain import Explanation, explain
from tienbo.engine.facts import EMPTY
from tienbo.engine.recasting import History
from tienbo.engine.values import Status

H2 = Period(2025, 2)
EDITION = edition(
    {
        "people": {"over_time": "last", "breakdowns": ["sex"], "reporting": [{"by": ["province", "commune"]}]},
        "victims": {"sensitivity": "C3"},
        "open": {"sensitivity": "C0"},
        "own": {"reporting": [{"by": ["district"], "at_parent": "own"}]},
        "yearly": {"frequency": "year", "over_time": "last"},
        "events": {},
    },
    {
        "share": {"unit": "percent", "numerator": ["people[sex=f]"], "denominator": ["people"]},
        "victims": {"numerator": ["victims"]},
        "own": {"numerator": ["own"]},
        "events": {"numerator": ["events"], "frequency": "year"},
        "open": {"numerator": ["open"]},
    },
)
MAP = tree({1: (None, "province"), 2: (1, "district"), 3: (2, "commune"), 4: (2, "commune"), 5: (1, "commune")})


def explained(folder: Path, facts: list[Said], indicator: str, unit: int, **asked: Any) -> Explanation:
    made = ground(folder, {"2025-H1": MAP, "2025-H2": MAP}, facts)
    how: dict[str, Any] = {"scope": None, "audience": OFFICE, "basis": "accepted", **asked}
    return explain(EDITION, indicator, unit, how.pop("period", H2), ground=made, **how)


def both(unit: int, women: int, all_: int) -> list[Said]:
    return [said(unit, "2025-H2", "people[sex=f]", women), said(unit, "2025-H2", "people", all_)]


def test_the_units_own_figure_is_a_part_beside_those_under_it(tmp_path: Path) -> None:
    made = explained(tmp_path, both(1, 2, 10) + both(3, 1, 4) + both(5, 3, 6), "share", 1)
    assert (made.value.numerator, made.value.denominator) == (6, 20)
    parts = [(part.unit, part.numerator, part.denominator, part.units_reported, part.units_due) for part in made.parts]
    assert parts == [("u1", 2, 10, 1, 1), ("u2", 1, 4, 1, 2), ("u5", 3, 6, 1, 1)]
    assert made.missing == [4]


def test_a_unit_that_told_one_part_only_is_missing_though_there_is_a_fact(tmp_path: Path) -> None:
    facts = [*both(3, 1, 4), said(4, "2025-H2", "people", 9)]
    made = explained(tmp_path, facts, "share", 2)
    assert made.missing == [4]
    assert {fact.unit for fact in made.facts} == {3, 4}


def test_a_unit_that_told_one_half_of_a_year_is_missing(tmp_path: Path) -> None:
    facts = [said(3, half, "events", 1) for half in ("2025-H1", "2025-H2")] + [said(4, "2025-H2", "events", 5)]
    made = explained(tmp_path, facts, "events", 2)
    assert (made.value.value, made.missing) == (2, [4])
    assert {fact.period.code for fact in made.facts} == {"2025-H1", "2025-H2"}, "the year's facts stand behind it"


def test_a_figure_the_unit_answers_alone_has_no_parts_and_no_facts_of_others(tmp_path: Path) -> None:
    facts = [said(2, "2025-H2", "own", 21), said(3, "2025-H2", "own", 5)]
    made = explained(tmp_path, facts, "own", 2)
    assert (made.value.value, list(made.parts), list(made.missing)) == (21, [], [])
    assert [fact.unit for fact in made.facts] == [2]


def test_facts_that_may_not_be_seen_are_counted_and_their_units_are_not_called_missing(tmp_path: Path) -> None:
    facts = [said(3, "2025-H2", "victims", 2), said(5, "2025-H2", "victims", 1)]
    made = explained(tmp_path, facts, "victims", 1)
    assert made.value.value == 3
    assert [fact.unit for fact in made.facts] == [5], "the commune straight under the office"
    assert made.withheld_facts == 1
    assert made.missing == [4]
    assert [(part.unit, part.status.value, part.value) for part in made.parts] == [
        ("u2", "value", 2),
        ("u5", "value", 1),
    ]


@pytest.mark.parametrize("audience", [Audience("statutory", 5), Audience("partner"), Audience("public")])
def test_a_withheld_value_is_not_given_away_by_its_explanation(tmp_path: Path, audience: Audience) -> None:
    made = explained(tmp_path, [said(3, "2025-H2", "victims", 77)], "victims", 2, audience=audience)
    assert made.value.status is Status.WITHHELD
    assert (list(made.facts), list(made.parts), list(made.missing), made.withheld_facts) == ([], [], [], 1)


def test_a_fact_says_where_it_was_typed(tmp_path: Path) -> None:
    facts = [said(5, "2025-H2", "victims", None, revision=9, cell="Biểu 02!D14", origin="nil", counts=False)]
    (fact,) = explained(tmp_path, facts, "victims", 5).facts
    assert (fact.series, fact.value, fact.status, fact.counts) == ("victims", None, "not_applicable", False)
    assert (fact.origin, fact.revision, fact.cell, fact.period) == ("nil", 9, "Biểu 02!D14", H2)


def test_an_explanation_is_refused_like_the_value(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        explained(tmp_path, [], "victims", 4, scope=5)
    with pytest.raises(Refused):
        explained(tmp_path, [], "nothing", 4)


@settings(max_examples=12 if not PROOF else 400)
@given(worlds(), st.integers(1, 6), st.sampled_from(["2024-H2", "2025-H1", "2025-H2", "2025"]))
def test_parts_add_up_to_the_whole_and_the_missing_are_what_the_coverage_lacks(
    world: World, unit: int, label: str
) -> None:
    period = Period.parse(label)
    with TemporaryDirectory() as folder:
        made = ground(Path(folder), world.trees, world.facts, excluded=world.excluded)
        if unit not in made.trees[period]:
            return
        for code in world.edition.indicators:
            _adds_up(world, made, code, unit, period)


def _adds_up(world: World, made: Ground, code: str, unit: int, period: Period) -> None:
    audience = Audience("statutory", unit)
    told = explain(world.edition, code, unit, period, ground=made, scope=None, audience=audience, basis="accepted")
    if told.value.status not in (Status.VALUE, Status.NONE_OCCURRED):
        return
    owed = sum(one.kinds[each] is not None for one in [made.trees[period]] for each in told.missing)
    assert owed == len(told.missing) >= told.value.units_due - told.value.units_reported
    if told.parts and all(part.status is not Status.NOT_COMPARABLE for part in told.parts):
        for side in ("numerator", "denominator"):
            parts = [getattr(part, side) or Decimal(0) for part in told.parts]
            assert sum(parts) == (getattr(told.value, side) or 0)
        assert sum(part.units_reported for part in told.parts) == told.value.units_reported


def test_the_sql_that_is_shown_runs_and_gives_the_value(tmp_path: Path) -> None:
    made = explained(tmp_path, both(3, 1, 4) + both(4, 2, 5), "share", 2)
    (sql,) = made.sql
    tables = {
        "terms": pa.table({"term": [1, 2], "cell": [0, 0], "part": [0, 1], "measure": [2, 1]}),
        "tree": pa.table({"unit": [1, 2, 3, 4, 5], "parent": [None, 1, 2, 2, 1]}),
        "inner_units": pa.table({"unit": [1, 2]}),
        "reach": pa.table({"unit": [2, 3, 4]}),
        "wanted": pa.table({"unit": [2]}),
    }
    row = engine().arrow(sql, empty_facts=EMPTY, **tables).to_pylist()
    assert [(one["unit"], one["numerator"], one["denominator"], one["reported"]) for one in row] == [(2, 3, 9, 2)]


# ------------------------------------------------------------------------------------------------ on another map

NEW_MAP = tree({1: (None, "province"), 6: (1, "commune"), 7: (1, "commune")})
DAY = date(2026, 1, 1)
LIVES = {1: Span(date(1990, 1, 1)), 6: Span(DAY), 7: Span(DAY)} | {
    unit: Span(date(1990, 1, 1), DAY) for unit in (2, 3, 4, 5)
}
ACT = Act(
    "nq1",
    DAY,
    (
        Link(3, 6, {"population": Share.of("0.25")}),
        Link(3, 7, {"population": Share.of("0.75")}),
        Link(4, 6, {"population": WHOLE}),
        Link(5, 7, {"population": WHOLE}),
    ),
)
HISTORY = History((ACT,), LIVES, lambda _measure: {}, {2: "nq1"}, {unit: f"u{unit}" for unit in LIVES})


def explained_there(folder: Path, facts: list[Said], indicator: str, unit: int, **asked: Any) -> Explanation:
    maps = {"2025-H1": MAP, "2025-H2": MAP}
    made = ground(folder, maps, facts, onto=onto(DAY, NEW_MAP, maps, HISTORY))
    more: dict[str, Any] = {"scope": None, "audience": OFFICE, "basis": "accepted", **asked}
    return explain(EDITION, indicator, unit, H2, ground=made, map_day=DAY, **more)


def test_a_value_of_another_map_lists_its_predecessors_with_shares_figures_and_acts(tmp_path: Path) -> None:
    facts = [said(3, "2025-H2", "open", 8), said(4, "2025-H2", "open", 5)]
    made = explained_there(tmp_path, facts, "open", 6)
    assert (made.value.value, made.value.units_reported, made.value.units_due) == (7, 2, 2)
    assert [(one.unit, one.low, one.best, one.value.value, one.acts) for one in made.predecessors] == [
        (3, Decimal("0.25"), Decimal("0.25"), 8, ("nq1",)),
        (4, 1, 1, 5, ("nq1",)),
    ]
    assert [fact.unit for fact in made.facts] == [3, 4]
    province = explained_there(tmp_path / "province", facts, "open", 1)
    assert [(part.unit, part.value) for part in province.parts] == [("u6", 7), ("u7", 6)]
    assert [(one.unit, one.low) for one in province.predecessors] == [(3, 1), (4, 1), (5, 1)]
    assert list(province.missing) == [5]


def test_a_predecessor_is_shown_to_those_who_see_all_that_took_some_of_it(tmp_path: Path) -> None:
    facts = [said(3, "2025-H2", "victims", 8), said(4, "2025-H2", "victims", 5)]
    made = explained_there(tmp_path, facts, "victims", 6, scope=6, audience=Audience("statutory", 6))
    assert made.value.value == 7
    assert [(one.unit, one.value.status) for one in made.predecessors] == [(3, Status.WITHHELD), (4, Status.VALUE)]
    assert ([fact.unit for fact in made.facts], made.withheld_facts) == ([4], 1)
    hidden = explained_there(tmp_path / "all", facts, "victims", 6, audience=Audience("statutory", 9))
    assert (hidden.value.status, hidden.predecessors, hidden.facts) == (Status.WITHHELD, (), ())
