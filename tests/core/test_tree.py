"""The tree of a day agrees with the simplest thing that could be written, and refuses what is no tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.core.tree import Place, Tree, is_kind

NGHE_AN = [
    Place(1, None, "country"),
    Place(2, 1, "province"),
    Place(3, 2, "district"),
    Place(4, 3, "commune"),
    Place(5, 3, "commune"),
    Place(6, 2, "department.health"),
    Place(7, 2, "department"),
]


@st.composite
def forests(draw: st.DrawFn) -> list[Place]:
    """Each unit's parent is a unit drawn before it, or none; the rows then come in any order."""
    size = draw(st.integers(1, 30))
    kinds = st.sampled_from(["province", "commune", "department", "department.health"])
    places = [
        Place(unit, draw(st.none() | st.integers(0, unit - 1)) if unit else None, draw(kinds)) for unit in range(size)
    ]
    return draw(st.permutations(places))


def naive_ancestors(places: list[Place], unit: int) -> list[int]:
    parent = next(place.parent for place in places if place.unit == unit)
    return [] if parent is None else [parent, *naive_ancestors(places, parent)]


@given(forests())
def test_ancestors_subtrees_levels_and_closure_agree_with_a_naive_reading(places: list[Place]) -> None:
    tree = Tree(places)
    above = {place.unit: naive_ancestors(places, place.unit) for place in places}
    for unit, ancestors in above.items():
        assert list(tree.ancestors(unit)) == ancestors
        assert tree.levels[unit] == len(ancestors)
        below = {other for other, higher in above.items() if unit in higher}
        found = list(tree.subtree(unit))
        assert found[0] == unit
        assert sorted(found) == sorted({unit, *below})
    closure = list(tree.closure())
    assert len(closure) == len(set(closure))
    assert set(closure) == {(high, unit) for unit, ancestors in above.items() for high in (unit, *ancestors)}


@given(forests())
def test_a_tree_is_the_same_whatever_order_its_rows_come_in(places: list[Place]) -> None:
    again = Tree(reversed(places))
    assert Tree(places) == again
    assert hash(Tree(places)) == hash(again)
    assert len(again) == len(places)


@given(forests(), st.integers(0, 29))
def test_units_of_a_kind_under_a_unit_are_those_of_its_subtree(places: list[Place], pick: int) -> None:
    tree = Tree(places)
    under = places[pick % len(places)].unit
    found = tree.of_kind(["department"], under=under)
    assert sorted(found) == sorted(u for u in tree.subtree(under) if tree.kinds[u].startswith("department"))


def test_a_kind_finds_what_stands_below_it_and_not_what_merely_begins_alike() -> None:
    assert Tree(NGHE_AN).of_kind(["department"]) == [6, 7]
    assert Tree(NGHE_AN).of_kind(["department.health"]) == [6]
    assert Tree(NGHE_AN).of_kind(["commune"], under=3) == [4, 5]
    assert not is_kind("departmental", ["department"])
    assert not is_kind("department", ["department.health"])


def test_roots_and_children_are_those_placed_so() -> None:
    tree = Tree(NGHE_AN)
    assert tree.roots == (1,)
    assert tree.children[2] == (3, 6, 7)
    assert 4 in tree
    assert 99 not in tree


def test_a_unit_with_two_parents_is_refused() -> None:
    with pytest.raises(ValueError, match="unit 4 stands twice"):
        Tree([*NGHE_AN, Place(4, 2, "commune")])


def test_a_parent_that_is_not_in_the_tree_is_refused() -> None:
    with pytest.raises(ValueError, match="parent 8 of unit 9"):
        Tree([*NGHE_AN, Place(9, 8, "commune")])


@pytest.mark.parametrize(
    "circle",
    [
        [Place(1, 1, "x")],
        [Place(1, 2, "x"), Place(2, 1, "x")],
        [*NGHE_AN, *(Place(u, u % 3 + 8, "x") for u in (8, 9, 10))],
    ],
)
def test_a_circle_is_refused(circle: list[Place]) -> None:
    with pytest.raises(ValueError, match="circle"):
        Tree(circle)


def test_a_very_deep_tree_is_walked() -> None:
    depth = 20_000
    tree = Tree(Place(unit, unit - 1 if unit else None, "commune") for unit in range(depth))
    assert tree.levels[depth - 1] == depth - 1
    assert sum(1 for _ in tree.subtree(0)) == depth
