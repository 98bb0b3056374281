"""The worked example of security.md §5.4 and what follows from it by hand. Intervals are those printed there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tienbo.core.faults import Refused
from tienbo.disclosure.attacker import (
    Interval,
    Target,
    View,
    attack,
    attacked,
    bridges,
    every_table,
    intervals,
    two_way,
)
from tienbo.disclosure.cubes import Cube, flat, proposals
from tienbo.disclosure.policy import Policy, Rule, Tier, needs
from tienbo.disclosure.protect import protect
from tienbo.disclosure.tables import MARKER, Cell, Earlier, Relation, Share, Table
from tienbo.disclosure.views import targets_of, view_of

ROWS = {"A": (7, 2, 9), "B": (12, 8, 6), "C": (6, 5, 11), "D": (15, 9, 3), "E": (10, 14, 8)}
RULE = Rule(k=5, zeros_hide=True)
POLICY = Policy(dict.fromkeys(Tier, RULE))
OPEN = Policy({tier: Rule(k=5) for tier in Tier})


def example() -> Table:
    counts = {(row, f"T{n}"): value for row, values in ROWS.items() for n, value in enumerate(values, 1)}
    return Cube((flat("place", ROWS, "*", "place"), flat("sort", ("T1", "T2", "T3"), "*")), counts).table()


@pytest.mark.parametrize(
    ("hidden", "outsider", "officer_of_a", "officer_of_d"),
    [
        (("A|T2", "D|T3"), ((2, 2), (3, 3)), (3, 3), (2, 2)),
        (("A|T2", "D|T3", "A|T3", "D|T2"), ((0, 11), (1, 12)), (3, 3), (2, 2)),
        (("A|T2", "D|T3", "A|T3", "D|T2", "B|T2", "B|T3"), ((0, 11), (0, 12)), (0, 9), (0, 10)),
    ],
)
def test_the_attacker_finds_the_intervals_that_are_printed(hidden, outsider, officer_of_a, officer_of_d):
    view = view_of(example(), hidden, True)
    found = intervals(view)
    assert (found["A|T2"], found["D|T3"]) == tuple(Interval(*one) for one in outsider)
    assert intervals(view.knowing(view.own["A"]))["D|T3"] == Interval(*officer_of_a)
    assert intervals(view.knowing(view.own["D"]))["A|T2"] == Interval(*officer_of_d)
    # Going through every table says the same, and what lies on no circle is exactly what is found exactly.
    for knowing in ({}, view.own["A"], view.own["D"]):
        held = view.knowing(knowing)
        every, bound = every_table(held), intervals(held)
        assert {key: Interval(min(values), max(values)) for key, values in every.items()} == bound
        assert bridges(two_way(held)) == {key for key, values in every.items() if len(values) == 1}


def test_the_plan_keeps_all_totals_and_nobody_finds_a_small_count():
    table = example()
    plan = protect(table, tier=Tier.GOVERNMENT, policy=POLICY)
    assert plan.is_protected
    assert set(plan.primary) == {"A|T2", "D|T3"} <= plan.hidden.keys()
    assert not any("*" in key for key in plan.hidden)
    assert len(plan.hidden) <= 8  # six are the fewest; all that each of the officers could use is hidden
    assert attack(view_of(table, plan.hidden, True), targets_of(table, RULE)) == []
    assert plan.shown("A|T2", "2") == MARKER == plan.shown("D|T2", "9")
    assert plan.shown("A|*", "18") == "18"
    assert protect(table, tier=Tier.GOVERNMENT, policy=POLICY) == plan  # the same again
    assert Table.from_json(table.as_json()) == table


def test_what_is_hidden_by_threshold_alone_is_found_by_anybody():
    table = example()
    breaches = attack(view_of(table, ("A|T2", "D|T3"), True), targets_of(table, RULE))
    assert {(one.key, one.who, tuple(one.interval)) for one in breaches if not one.who} == {
        ("A|T2", "", (2, 2)),
        ("D|T3", "", (3, 3)),
    }


def _quarters(*values: int) -> tuple[Table, Table]:
    """Quarters printed, and the same year printed cumulated."""
    names = [f"Q{n}" for n in range(1, len(values) + 1)]
    cells = [Cell(name, value) for name, value in zip(names, values, strict=True)]
    sums = [sum(values[: n + 1]) for n in range(len(values))]
    to_date = [Cell(f"to {name}", value, 1) for name, value in zip(names[1:], sums[1:], strict=True)]
    relations = [Relation(f"to {name}", tuple(names[: n + 1])) for n, name in enumerate(names) if n]
    printed = Table.checked(cells)
    hidden = [Cell(one.key, one.value, printed=one.key == "Q1") for one in cells]
    return printed, Table.checked([*hidden, *to_date], relations)


def test_cumulated_figures_do_not_give_a_quarter_away():
    """Cumulated 6, 9, 18, 25, each at least 5: quarters 6, 3, 9, 7 exactly, of which 3 is small."""
    _printed, cumulated = _quarters(6, 3, 9, 7)
    assert needs(cumulated, Rule(k=5))[0].key == "Q2"
    found = intervals(view_of(cumulated, (), False))
    assert found["Q2"] == Interval(3, 3)
    plan = protect(cumulated, tier=Tier.PUBLIC, policy=OPEN)
    assert plan.is_protected
    assert len(plan.hidden) == 1
    left = intervals(view_of(cumulated, plan.hidden, False))["Q2"]
    assert left.low <= 1
    assert left.high >= 5


def test_the_year_is_withheld_where_the_quarters_that_left_would_give_the_small_one_away():
    """Quarters 6, ·, 9, 7 left; the year's 25 would say that the hidden one is 3."""
    printed, _cumulated = _quarters(6, 3, 9, 7)
    first = protect(printed, tier=Tier.PUBLIC, policy=OPEN)
    assert set(first.hidden) == {"Q2"}
    earlier = [Earlier(printed, Tier.PUBLIC, frozenset(first.hidden))]
    year = Table.checked(
        [*(Cell(f"Q{n}", v, printed=False) for n, v in enumerate((6, 3, 9, 7), 1)), Cell("year", 25, 1)],
        [Relation("year", ("Q1", "Q2", "Q3", "Q4"))],
    )
    plan = protect(year, tier=Tier.PUBLIC, policy=OPEN, earlier=earlier)
    assert dict(plan.hidden) == {"year": "beside"}
    # Partners read what everybody read: what left toward the public binds a partner's table, not the other way round.
    assert protect(year, tier=Tier.PARTNER, policy=OPEN, earlier=earlier).hidden == plan.hidden


def test_one_late_case_is_not_told_by_printing_the_figure_anew():
    """41, then 42: the difference is one case."""
    first = Table.checked([Cell("year", 41)])
    earlier = [Earlier(first, Tier.PUBLIC)]
    plan = protect(Table.checked([Cell("year", 42)]), tier=Tier.PUBLIC, policy=OPEN, earlier=earlier)
    assert dict(plan.hidden) == {"year": "beside"}
    assert not protect(Table.checked([Cell("year", 46)]), tier=Tier.PUBLIC, policy=OPEN, earlier=earlier).hidden
    assert not protect(first, tier=Tier.PUBLIC, policy=OPEN, earlier=earlier).hidden
    late = protect(Table.checked([Cell("year", 39)]), tier=Tier.PUBLIC, policy=OPEN, earlier=earlier)
    assert dict(late.hidden) == {"year": "beside"}


def test_the_rest_of_a_total_is_small_though_it_is_never_printed():
    """60 of 62 were served: two were not, and the share of 96.8 % of 62 says so as well."""
    cells = [Cell("detected", 62, 1), Cell("served", 60), Cell("rest", 2, printed=False)]
    relations = [Relation("detected", ("served", "rest"))]
    share = Share("share", "served", "detected", Decimal("96.8"))
    table = Table.checked(cells, relations, [share])
    plan = protect(table, tier=Tier.PARTNER)
    assert plan.is_protected
    assert plan.hidden["share"] == "share_of_hidden"
    assert {"served", "detected"} & plan.hidden.keys()
    # With the total and the share the count is known: 12.5 % of 8 is one.
    view = view_of(table, {"served"}, False)
    assert intervals(view)["served"] == Interval(60, 60)
    small = Table.checked(
        [Cell("all", 8, 1), Cell("some", 1, printed=False), Cell("rest", 7, printed=False)],
        [Relation("all", ("some", "rest"))],
        [Share("share", "some", "all", Decimal("12.5"))],
    )
    assert intervals(view_of(small, (), False))["some"] == Interval(1, 1)
    assert set(protect(small, tier=Tier.PARTNER).hidden) >= {"share", "all"}


def test_a_share_that_left_before_binds_what_leaves_now():
    """33.3 % left alone; its base of 60 now would say 20, and 20 is not small; 5.0 % of 60 says 3, which is."""
    for above, printed, hides in ((20, "33.3", False), (3, "5.0", True)):
        cells = [Cell("some", above, printed=False), Cell("all", 60, 1), Cell("rest", 60 - above, printed=False)]
        relations = [Relation("all", ("some", "rest"))]
        share = Share("share", "some", "all", Decimal(printed))
        first = Table.checked([Cell(c.key, c.value, c.level, printed=False) for c in cells], relations, [share])
        earlier = [Earlier(first, Tier.PUBLIC)]
        plan = protect(Table.checked(cells, relations), tier=Tier.PUBLIC, earlier=earlier)
        assert ("all" in plan.hidden) is hides, printed


def test_all_of_one_sort_is_said_of_everybody_and_hidden():
    """Twelve in a commune, all of one sort: the count is large and still says what befell each of the twelve."""
    counts = {("A", "T1"): 12, ("B", "T1"): 15, ("B", "T2"): 13, ("C", "T1"): 11, ("C", "T2"): 17}
    table = Cube((flat("place", "ABC", "*", "place"), flat("sort", ("T1", "T2"), "*")), counts).table()
    plan = protect(table, tier=Tier.PUBLIC, insiders=False)
    assert plan.hidden["A|T1"] == "one_sort"
    assert "A|T2" in plan.hidden  # its zero with it, or it could be told
    found = intervals(view_of(table, plan.hidden, plan.zeros))
    assert found["A|T1"].low <= 2


def test_a_count_that_is_nearly_all_one_units_tells_of_that_unit():
    cells = [Cell("A", 100, largest=90), Cell("B", 100, largest=60), Cell("C", 80, largest=20), Cell("*", 280, 1)]
    table = Table.checked(cells, [Relation("*", ("A", "B", "C"))])
    plan = protect(table, tier=Tier.PARTNER)
    assert plan.hidden["A"] == "dominated"
    assert len(plan.hidden) == 2


def test_where_two_units_are_all_there_is_each_knows_the_other():
    """Of two units that make up a total, either could take its own away: the total is hidden with them."""
    table = Cube((flat("place", "AB", "*", "place"),), {("A",): 3, ("B",): 40}).table()
    assert set(protect(table, tier=Tier.PUBLIC, policy=OPEN).hidden) == {"A", "*"}
    three = Cube((flat("place", "ABC", "*", "place"),), {("A",): 3, ("B",): 40, ("C",): 50}).table()
    assert len(protect(three, tier=Tier.PUBLIC, policy=OPEN, insiders=False).hidden) == 2
    plan = protect(three, tier=Tier.PUBLIC, policy=OPEN)
    assert attack(view_of(three, plan.hidden, False), targets_of(three, Rule(k=5))) == []


def test_what_left_cannot_be_called_back_and_then_nothing_more_leaves():
    """All parts but the small one and their total left already, under a looser rule: there is nothing left to hide."""
    table = Table.checked([Cell("A", 3, printed=False), Cell("B", 20), Cell("*", 23, 1)], [Relation("*", ("A", "B"))])
    earlier = [Earlier(table, Tier.PUBLIC)]
    plan = protect(table, tier=Tier.PUBLIC, policy=OPEN, earlier=earlier)
    assert not plan.is_protected
    assert plan.unmet == (("A", ""),)
    assert plan.shown("*", "23") == MARKER


def test_a_table_of_which_most_would_hide_is_made_coarser():
    counts = {
        (place, sort, time): 3 for place in "ABCDEF" for sort in ("T1", "T2") for time in ("Q1", "Q2", "Q3", "Q4")
    }
    dimensions = (
        flat("place", "ABCDEF", "*", "place"),
        flat("sort", ("T1", "T2"), "*"),
        flat("time", ("Q1", "Q2", "Q3", "Q4"), "*", "time"),
    )
    cube = Cube(dimensions, counts)
    plan = protect(cube.table(), tier=Tier.PUBLIC, insiders=False)
    assert plan.should_coarsen
    steps, coarse = next(iter(proposals(cube, plan.rule, ("time", "sort", "place"))))
    assert steps == ("time",)
    assert coarse.counts["A", "T1", "*"] == 12
    assert not protect(coarse.table(), tier=Tier.PUBLIC).hidden


def test_sums_that_differ_are_told_with_their_places():
    with pytest.raises(Refused) as refused:
        Table.checked(
            [Cell("*", 5), Cell("A", 2), Cell("B", 2), Cell("C", -1), Cell("A", 2)],
            [Relation("*", ("A", "B")), Relation("*", ("A", "D"))],
            [Share("s", "A", "*", Decimal("50.0"))],
        )
    assert sorted(fault.code for fault in refused.value.faults) == [
        "disclosure.below_zero",
        "disclosure.share_differs",
        "disclosure.sum_differs",
        "disclosure.twice",
        "disclosure.unknown_cell",
    ]
    assert all(fault.place for fault in refused.value.faults)


def test_two_units_that_tell_each_other_are_counted_and_are_no_breach() -> None:
    """Of 12 in three units 5, 4 and 3 are hidden. Alone a unit is left with 7, 8 or 9 for two others; two of them know
    the third."""
    view = View(
        printed={"all": 12},
        unknown={"a": 0, "b": 0, "c": 0},
        relations=[Relation("all", ("a", "b", "c"))],
        own={"A": {"a": 5}, "B": {"b": 4}, "C": {"c": 3}},
    )
    targets = [Target("a", None, "A"), Target("b", 5, "B"), Target("c", 5, "C")]
    assert attacked(view, targets) == ([], 3, 3)
