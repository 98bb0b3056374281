"""Frozen values come back byte for byte; properties every answer keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import PROOF
from tests.engine.small import OFFICE, Said, edition, ground, said, tree
from tests.engine.test_reference import PERIODS, World, trees, worlds

from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.engines import Engine, Limits
from tienbo.engine.evaluate import Audience, Ground, Question, evaluate
from tienbo.engine.facts import FactSet
from tienbo.engine.terms import mode_of, reporters
from tienbo.engine.values import FrozenValues, Status, Value

H2 = Period(2025, 2)
SUMS = edition(
    {
        "a": {"reporting": [{"by": ["province", "commune", "department"]}]},
        "b": {"reporting": [{"by": ["province", "commune", "department"]}]},
    },
    {"a": {"numerator": ["a"]}, "share": {"unit": "percent", "numerator": ["a"], "denominator": ["b"]}},
)
LANES = Engine(Limits(threads=2, megabytes=512))
FIGURES = st.decimals(0, 10**9, places=4)


def asked(made: Ground, question: Question, audience: Audience = OFFICE, world: World | None = None) -> list[Value]:
    known = world.edition if world else SUMS
    return list(evaluate(known, question, ground=made, scope=None, audience=audience, basis="accepted"))


@settings(max_examples=40 if not PROOF else 800)
@given(trees(6), st.dictionaries(st.integers(1, 6), FIGURES))
def test_a_parent_is_the_sum_of_its_children_and_itself(one: Tree, figures: dict[int, Decimal]) -> None:
    facts = [said(unit, "2025-H2", "a", value) for unit, value in figures.items()]
    with TemporaryDirectory() as folder:
        made = ground(Path(folder), {"2025-H2": one}, facts)
        values = {value.unit: value for value in asked(made, Question(("a",), (H2,)))}
    for unit in one.kinds:
        under = [values[f"u{child}"].value or Decimal(0) for child in one.children.get(unit, ())]
        own = figures.get(unit, Decimal(0))
        assert (values[f"u{unit}"].value or Decimal(0)) == sum(under, own)
        assert 0 <= values[f"u{unit}"].units_reported <= len(one)


@settings(max_examples=25 if not PROOF else 400)
@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=5), st.integers(2, 1000))
def test_a_ratio_does_not_move_when_both_parts_grow_alike(parts: list[tuple[Decimal, Decimal]], times: int) -> None:
    one = tree({1: (None, "province"), **dict.fromkeys(range(2, 7), (1, "commune"))})
    found = []
    for scale in (1, times):
        facts = []
        for unit, (a, b) in enumerate(parts, 2):
            facts += [said(unit, "2025-H2", "a", a * scale), said(unit, "2025-H2", "b", b * scale)]
        with TemporaryDirectory() as folder:
            made = ground(Path(folder), {"2025-H2": one}, facts)
            found.append(asked(made, Question(("share",), (H2,), (1,)))[0])
    first, second = found
    assert first.status is second.status
    assert first.value == second.value
    assert second.numerator == (first.numerator or 0) * times


@settings(max_examples=12 if not PROOF else 400)
@given(worlds(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_facts_came_in_changes_no_value(world: World, chance: object, segments: int) -> None:
    question = Question(tuple(world.edition.indicators), PERIODS)
    shuffled = list(world.facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    frozen = []
    for facts, parts in ((world.facts, 1), (shuffled, segments)):
        with TemporaryDirectory() as folder:
            made = ground(Path(folder), world.trees, facts, excluded=world.excluded, segments=parts)
            frozen.append(FrozenValues.of(asked(made, question, world=world), {"basis": "accepted"}).as_json())
    assert frozen[0] == frozen[1]
    again = FrozenValues.from_json(frozen[0])
    assert again.as_json() == frozen[0]
    assert again.fingerprint == FrozenValues.from_json(frozen[1]).fingerprint


@settings(max_examples=25 if not PROOF else 400)
@given(
    worlds(),
    st.sampled_from([Audience("public"), Audience("partner"), Audience("statutory", 2), Audience("statutory")]),
)
def test_a_value_never_appears_for_those_who_may_not_see_it(world: World, audience: Audience) -> None:
    with TemporaryDirectory() as folder:
        made = ground(Path(folder), world.trees, world.facts)
        values = asked(made, Question(tuple(world.edition.indicators), PERIODS), audience, world)
    for value in values:
        classes = {
            world.edition.elements[term.series.element].sensitivity.value
            for term in world.edition.indicators[value.indicator].terms
        }
        place = made.trees[Period.parse(value.period)]
        near = {int(value.unit[1:]), place.parents.get(int(value.unit[1:]))}
        shown = classes == {"C0"} if audience.kind != "statutory" else "C3" not in classes or audience.unit in near
        if not shown:
            assert value.status in (Status.WITHHELD, Status.NOT_YET_DUE)
            assert value[5:] == Value("", "", "")[5:], "neither parts nor coverage"


def test_a_number_has_one_spelling_whatever_scale_the_query_gave_it() -> None:
    made = [
        FrozenValues.of([Value("a", "u1", "2025", "", Status.VALUE, Decimal(n), None, Decimal(n))]).as_json()
        for n in ("1200", "1200.0000", "1200.00000", "1.2E+3")
    ]
    assert len(set(made)) == 1
    assert '"1200"' in made[0]


def test_a_frozen_cell_that_was_never_there_is_not_reported() -> None:
    assert FrozenValues.of([]).get("a", "u1", "2025-H2").status is Status.NOT_REPORTED


def test_facts_of_one_basis_are_not_read_for_another() -> None:
    one = tree({1: (None, "province")})
    made = Ground({H2: one}, {}, {1: "u1"}, FactSet((), basis="submitted"))
    question = Question(("a",), (H2,))
    with pytest.raises(ValueError, match="submitted"):
        evaluate(SUMS, question, ground=made, scope=None, audience=OFFICE, basis="accepted")
    with pytest.raises(ValueError, match="release"):
        evaluate(SUMS, question, ground=made, scope=None, audience=OFFICE, basis="released")
    assert len(list(evaluate(SUMS, question, ground=made, scope=None, audience=OFFICE, basis="submitted"))) == 1


def test_the_figures_of_a_unit_alone_do_not_depend_on_what_is_asked_beside_it(tmp_path: Path) -> None:
    """Half-years asked with a year are folded by another text, and give the same numbers in the same spelling."""
    one = tree({1: (None, "province"), 2: (1, "commune")})
    facts: list[Said] = [said(2, half, "a", "1.5") for half in ("2025-H1", "2025-H2")]
    made = ground(tmp_path, {"2025-H1": one, "2025-H2": one}, facts)
    together = FrozenValues.of(asked(made, Question(("a",), (H2, Period(2025)))))
    apart = FrozenValues.of([*asked(made, Question(("a",), (H2,))), *asked(made, Question(("a",), (Period(2025),)))])
    assert together.as_json() == apart.as_json()
    assert together.get("a", "u1", "2025").value == 3


def test_a_value_of_another_map_is_frozen_whole_and_the_others_as_before() -> None:
    plain = Value("a", "u1", "2025", "", Status.VALUE, Decimal(3), None, Decimal(3))
    there = Value(
        *("b", "u1", "2025", "", Status.INTERVAL),
        units_reported=2,
        units_due=2,
        map_day="2025-07-01",
        low=Decimal(20),
        high=Decimal("36.5"),
        estimated_share=Decimal("0.75"),
        acts=("nq1", "nq2"),
    )
    text = FrozenValues.of([plain, there]).as_json()
    assert '["a","u1","2025","","value","3",null,"3","exact",0,0,0]' in text, "as it was written before maps were asked"
    assert list(FrozenValues.from_json(text)) == [plain, there]


@settings(max_examples=8 if not PROOF else 200)
@given(worlds())
def test_a_large_question_is_answered_side_by_side_and_says_the_same(world: World) -> None:
    """Cut into portions of one cell, each on an engine of its own, against one text for all that is alike."""
    question = Question(tuple(world.edition.indicators), PERIODS)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        made = ground(Path(folder), world.trees, world.facts, excluded=world.excluded)
        ask = partial(evaluate, world.edition, question, ground=made, scope=None, audience=OFFICE, basis="accepted")
        at_once = ask()
        patched.setattr("tienbo.engine.portions.SMALL", 0)
        patched.setattr("tienbo.engine.portions.AT_ONCE", 1)
        apart = ask(using=LANES)
        assert len(apart.sql) >= len(at_once.sql)
        assert list(apart) == list(at_once)


@settings(max_examples=8 if not PROOF else 200)
@given(worlds())
def test_a_light_question_is_answered_aside_and_says_the_same(world: World) -> None:
    """Its texts side by side on engines of one thread, against one after the other on the process's own."""
    question = Question(tuple(world.edition.indicators), PERIODS)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        made = ground(Path(folder), world.trees, world.facts, excluded=world.excluded)
        ask = partial(evaluate, world.edition, question, ground=made, scope=None, audience=OFFICE, basis="accepted")
        aside = ask(using=LANES)
        patched.setattr("tienbo.engine.portions.LIGHT", -1)
        in_turn = ask()
        assert list(aside) == list(in_turn)
        assert [table.schema for table, _ in aside.tables] == [table.schema for table, _ in in_turn.tables]


def test_threads_that_ask_at_once_get_each_its_own_answer() -> None:
    """More threads than engines, each with a table of the same name."""
    sql = "SELECT SUM(n) AS n FROM brought"

    def ask(number: int) -> int:
        table = pa.table({"n": pa.array([number] * 100, pa.int32())})
        ((found,),) = LANES.aside([lambda using: using.arrow(sql, brought=table).column("n").to_pylist()])
        return int(found)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(200))) == [number * 100 for number in range(200)]


def test_a_text_that_fails_leaves_the_engine_fit_for_the_next() -> None:
    def fails(using: Engine) -> None:
        with pytest.raises(duckdb.Error):
            using.arrow("SELECT error('no') FROM brought", brought=pa.table({"n": [1]}))

    def counts(using: Engine) -> int:
        return using.arrow("SELECT COUNT(*) AS n FROM brought", brought=pa.table({"n": [1, 2]})).column("n")[0].as_py()

    for _ in range(4):
        LANES.aside([fails, fails])
    assert LANES.aside([counts] * 4) == [2, 2, 2, 2]


def test_an_indicator_of_one_code_in_two_editions_is_not_taken_for_the_other() -> None:
    """What is kept of indicators is kept with the edition, and by the indicator itself."""
    yearly = edition(
        {"a": {"frequency": "year", "reporting": [{"by": ["commune"]}]}},
        {"a": {"numerator": ["a"]}},
    )
    assert (mode_of(SUMS, SUMS.indicators["a"], Period(2025, 1)), reporters(SUMS, SUMS.indicators["a"], H2)) == (
        "sum",
        {"province", "commune", "department"},
    )
    assert mode_of(yearly, yearly.indicators["a"], Period(2025, 1)) == "not_due"
    assert reporters(yearly, yearly.indicators["a"], H2) == {"commune"}
    changed = SUMS.indicators["a"].model_copy(update={"frequency": "year"})
    assert mode_of(SUMS, changed, Period(2025, 1)) == "not_due"
    assert mode_of(SUMS, SUMS.indicators["a"], Period(2025, 1)) == "sum"
