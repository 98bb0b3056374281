"""Projections: lines worked out by hand, intervals against generated histories, real series, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import PROOF

from tienbo.core.faults import Refused
from tienbo.outlook.projection import Break, Point, Scale, project

HISTORY = [1.0, 2.0, 4.0, 4.0, 6.0]


def told(values: list[float], **more: float) -> list[Point]:
    return [Point(2021.0 + number, value, **more) for number, value in enumerate(values)]


def test_without_a_walk_it_is_the_line_of_least_squares() -> None:
    """Of 1, 2, 4, 4, 6: slope 12/10, the line at the sixth 7.0; squares left 0.8, over 3 degrees of freedom; variance
    ahead 1 + 1/5 + 9/10 = 2.1; Student's 95 % of 3 is 2.3534: 2.3534 · √(0.8/3 · 2.1) = 1.7611."""
    made = project(told(HISTORY), 2026, scale="any", walk=0.0)
    assert made.median == pytest.approx(7.0)
    assert made.interval(0.9) == (pytest.approx(7 - 1.7611, abs=1e-4), pytest.approx(7 + 1.7611, abs=1e-4))
    assert made.below(7.0) == pytest.approx(0.5)
    assert made.chance(">=", 7 - 1.7611) == pytest.approx(0.95, abs=1e-4)
    assert made.chance("<", 7 - 1.7611) == pytest.approx(0.05, abs=1e-4)


def test_a_walk_alone_goes_on_with_its_mean_step() -> None:
    """Steps 1, 2, 0, 2: mean 1.25, squares left 2.75 over 3; two ahead: 6 + 2.5, variance 2 + 2²/4 = 3 steps:
    2.3534 · √(2.75/3 · 3) = 3.9026."""
    made = project(told(HISTORY), 2027, scale="any", walk=1.0)
    assert made.median == pytest.approx(8.5)
    low, high = made.interval(0.9)
    assert (low, high) == (pytest.approx(8.5 - 3.9026, abs=1e-4), pytest.approx(8.5 + 3.9026, abs=1e-4))


def test_the_unit_of_time_and_of_the_value_change_nothing() -> None:
    years = project(told(HISTORY), 2027, scale="any")
    halves = project([Point(one.at / 2, one.value * 8 + 3) for one in told(HISTORY)], 2027 / 2, scale="any")
    assert [(value - 3) / 8 for value in halves.interval()] == pytest.approx(list(years.interval()))
    # Values may come in any order, and the wider the farther.
    assert project(told(HISTORY)[::-1], 2027, scale="any").interval() == years.interval()
    far = project(told(HISTORY), 2030, scale="any").interval()
    assert far[1] - far[0] > 1.5 * (years.interval()[1] - years.interval()[0])


def test_shares_stay_shares_and_parts_let_them_reach_the_whole() -> None:
    """ln odds of 10, 20, 40, 40, 60 of 100 with half a case added, by hand for the first: ln(10.5/90.5)."""
    made = project(told([10.0, 20.0, 40.0, 40.0, 60.0], denominator=100), 2030)
    assert made.bent.out(10.0) == pytest.approx(np.log(10.5 / 90.5))
    assert made.bent.back(made.bent.out(60.0)) == pytest.approx(60)
    low, high = made.interval(0.99)
    assert 0 <= low < 60 < made.median < high <= 100
    # A hundred per cent of twelve bodies can be reached, for it was: 12 of 12.
    bodies = [100 * count / 12 for count in (6, 8, 9, 11, 12)]
    reached = project(told(bodies, denominator=12), 2030).chance(">=", 100)
    assert reached is not None
    assert 0.3 < reached < 0.99
    # Without their parts shares have no odds at their bounds, and reach none.
    bare = project(told([10.0, 20.0, 40.0, 40.0, 60.0]), 2030)
    assert bare.chance(">=", 100) is None
    why = bare.unsaid(">=", 100)
    assert why is not None
    assert why.code == "outlook.no_parts"
    with pytest.raises(Refused) as refused:
        project(told(bodies), 2030)
    assert [fault.code for fault in refused.value.faults] == ["outlook.history_at_bound"]


def test_what_is_only_positive_does_not_fall_below_nothing() -> None:
    made = project(told([9.0, 7.0, 6.0, 4.0, 3.0]), 2030, scale="positive")
    low, high = made.interval()
    assert 0 < low < made.median < high
    # 9, 7, 6, 4, 3 as counts: half a case is added, and taken off again.
    counts = project(told([9.0, 7.0, 6.0, 4.0, 0.0], denominator=1), 2030, scale="positive", top=1)
    assert counts.bent.out(0.0) == pytest.approx(np.log(0.5))
    assert counts.interval()[0] == 0
    assert made.chance("<=", 2.0) == pytest.approx(made.below(2.0))
    # "Khoảng" has no tolerance in law; between two bounds is the one less the other.
    assert made.chance("~", 2.0) is None
    why = made.unsaid("~", 2.0)
    assert why is not None
    assert why.code == "outlook.no_verdict"
    both = made.chance(">=", 1.0, upper=2.0)
    assert both == pytest.approx(made.below(2.0) - made.below(1.0))


def test_only_the_stretch_after_the_last_break_counts() -> None:
    old = [Point(2010.0 + n, 5.0 * n, definition="persons") for n in range(6)]
    new = [Point(2020.0 + n, 30.0 + value, definition="bodies") for n, value in enumerate(HISTORY)]
    made = project([*old, *new], 2030, scale="any")
    assert made.history == tuple(new)
    assert made.left_out == 6
    assert made.interval() == project(new, 2030, scale="any").interval()
    assert {fault.code for fault in made.suppositions} == {
        "outlook.supposed_line", "outlook.history_breaks", "outlook.history_far",
    }  # fmt: skip
    assert all(fault.sentence() for fault in made.suppositions)
    moved = [*new[:3], *(Point(one.at, one.value, definition="bodies", ground="2025") for one in new[3:])]
    with pytest.raises(Refused) as refused:
        project(moved, 2030)
    assert [fault.code for fault in refused.value.faults] == ["outlook.history_short", "outlook.history_breaks"]
    assert refused.value.faults[0].fields["count"] == 2
    assert refused.value.faults[1].fields["reason"] is Break.UNITS
    assert str(Break.UNITS) in refused.value.faults[1].sentence()


@pytest.mark.parametrize(
    ("points", "ahead", "scale", "code"),
    [
        (told(HISTORY[:4]), 2030, "any", "outlook.history_short"),
        (told([3.0] * 6), 2030, "any", "outlook.history_constant"),
        (told([0.0] * 6, denominator=92), 2030, "share", "outlook.history_constant"),
        (told(HISTORY), 2025, "any", "outlook.history_ahead"),
        ([*told(HISTORY), Point(2023.0, 1.0)], 2030, "any", "outlook.history_twice"),
        (told([10.0, 20.0, 101.0, 3.0, 4.0]), 2030, "share", "outlook.history_outside"),
        (told([10.0, 20.0, -1.0, 3.0, 4.0]), 2030, "positive", "outlook.history_outside"),
        (told([1.0, 2.0, 0.0, 3.0, 4.0]), 2030, "positive", "outlook.history_at_bound"),
    ],
)
def test_what_carries_no_projection_is_refused_with_the_reason(
    points: list[Point], ahead: float, scale: Scale, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        project(points, ahead, scale=scale)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert refused.value.faults[0].sentence()


def line(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.asarray(rng.normal() * np.arange(count) + rng.normal(size=count))


def walk(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.asarray(np.cumsum(rng.normal() / 2 + rng.normal(size=count)))


def both(rng: np.random.Generator, count: int) -> np.ndarray:
    return walk(rng, count) + rng.normal(size=count)


def slowing(rng: np.random.Generator, count: int) -> np.ndarray:
    """Every step a fifth shorter than the one before."""
    return np.asarray(np.cumsum(rng.normal() * 0.8 ** np.arange(count)) + 0.3 * rng.normal(size=count))


def turning(rng: np.random.Generator, count: int) -> np.ndarray:
    """The slope itself walks: what no line foresees."""
    return np.asarray(np.cumsum(np.cumsum(0.3 * rng.normal(size=count)) + 0.5 * rng.normal(size=count)))


COVERED: dict[Callable[[np.random.Generator, int], np.ndarray], dict[tuple[int, int], tuple[float, float]]] = {
    line: {(5, 1): (0.88, 0.95), (5, 5): (0.95, 1.0), (8, 5): (0.97, 1.0)},
    walk: {(5, 1): (0.86, 0.93), (5, 5): (0.86, 0.93), (8, 5): (0.87, 0.94)},
    both: {(5, 1): (0.88, 0.95), (5, 5): (0.91, 0.98), (8, 5): (0.92, 0.99)},
    slowing: {(5, 1): (0.87, 0.94), (5, 5): (0.81, 0.89), (8, 5): (0.91, 0.98)},
    turning: {(5, 1): (0.84, 0.92), (5, 5): (0.68, 0.79), (8, 5): (0.67, 0.79)},
}
"""Of 90 % intervals, (values known, steps ahead) → between which shares hold. Cautious about a line, right for a walk
with drift, too narrow where the slope itself goes on turning: decision 0031 has the figures."""


@pytest.mark.parametrize("world", list(COVERED), ids=lambda one: one.__name__)
def test_intervals_hold_on_generated_histories(world: Callable[[np.random.Generator, int], np.ndarray]) -> None:
    times = 4000 if PROOF else 500
    slack = 0.0 if PROOF else 0.02
    for (known, ahead), (low, high) in COVERED[world].items():
        rng = np.random.default_rng(31)
        held = 0
        for _ in range(times):
            values = world(rng, known + ahead)
            made = project(told(list(values[:known])), 2021 + known + ahead - 1, scale="any")
            held += 0.05 <= made.below(float(values[-1])) <= 0.95
        print(f"{world.__name__}: {known} values, {ahead} ahead: {held / times:.3f}")
        assert low - slack <= held / times <= high + slack, (known, ahead)


def test_two_fractiles_bound_what_the_chances_say() -> None:
    made = project(told(HISTORY), 2028, scale="any")
    for share in (0.5, 0.8, 0.9, 0.95):
        low, high = made.interval(share)
        assert made.below(high) - made.below(low) == pytest.approx(share, abs=1e-8)
    assert made.record() == project(told(HISTORY), 2028, scale="any").record()
    assert made.record()["seed"] is None


def test_the_line_of_women_leaders_breaks_where_its_definition_does(reference: Path) -> None:
    """Shares of leaders until 2019, bodies with a woman after: no value of the one says anything of the other."""
    definition, points = "", []
    with (reference / "data" / "women_key_leaders.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            definition = definition if row["definition"] == "idem" else row["definition"]
            if row["population"] == "People's Committees, province":
                points.append(Point(float(row["as_of"][:4]), float(row["share_pct"]), definition=definition))
    assert [one.value for one in points] == [7.07, 9.6, 13.29, 37.7]
    with pytest.raises(Refused) as refused:
        project(points, 2030)
    assert [fault.fields["count"] for fault in refused.value.faults] == [1, 3]


def test_real_terms_of_the_assembly_projected_as_if_still_to_come(reference: Path) -> None:
    """Terms XI to XV, each from those before it since the country was one (VI, 1976), as the parts that were counted:
    all five lie in the 90 % interval, which is as wide as so few terms leave it."""
    points: dict[str, Point] = {}
    with (reference / "data" / "na_women_by_term.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            women, members = int(row["women"]), int(row["members"])
            points.setdefault(row["term"], Point(float(row["year"]), 100 * women / members, members))
    terms = [one for one in points.values() if one.at >= 1976]
    assert len(terms) == 10
    for number in range(5, 10):
        made = project(terms[:number], terms[number].at)
        low, high = made.interval(0.9)
        print(f"{terms[number].at:.0f}: {low:.1f} to {high:.1f}, was {terms[number].value:.1f}")
        assert low < terms[number].value < high
        assert high - low < 45
    # In 2021 nobody could have foreseen 35 % for sure, nor ruled it out.
    chance = made.chance(">=", 35)
    assert chance is not None
    assert 0.05 < chance < 0.4
