"""Plans of lists against exhaustive search, the published table and the worked example of a committee."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import PROOF

from tienbo.core.faults import Refused
from tienbo.outlook.elections import Contest
from tienbo.outlook.nomination import Bounds, Committee, _Asked, plan, thin, upstream, women_needed
from tienbo.outlook.urn import Fit, forecast

LEARNT = Fit(
    kind="wallenius",
    parameters=(-0.966, -1.518),
    covariance=((0.0079, -0.0072), (-0.0072, 0.319)),
    likelihood=0.0,
    units=368,
    informative=331,
    elections=2,
    shares=(0.0, 1.0),
    learnt_from="2016, 2021",
)
"""What the published elections of 2016 and 2021 give (tests of the urn reproduce it)."""
NATION = [Contest("", f"{n}", *((3, 5, 2) if n < 136 else (2, 4, 2))) for n in range(182)]


def by_hand(seats: int, candidates: int, women: int) -> float:
    """Women expected from one list, over every order of filling its seats."""
    odds = float(np.exp(-0.966 - 1.518 * (women / candidates - 0.4)))

    def then(w: int, m: int, left: int) -> float:
        if left == 0 or w + m == 0:
            return 0.0
        p = odds * w / (odds * w + m)
        taken = p * (1 + then(w - 1, m, left - 1)) if w else 0.0
        return taken + ((1 - p) * then(w, m - 1, left - 1) if m else 0.0)

    return then(women, candidates - women, seats)


@pytest.mark.parametrize(
    ("bounds", "target", "on_lists"),
    [
        ((2, 3), 150, 402), ((2, 3), 165, 430), ((2, 3), 175, 450),
        ((1, 3), 150, 370), ((1, 3), 165, 404), ((1, 3), 175, 427),
        ((1, 4), 150, 331), ((1, 4), 165, 359), ((1, 4), 175, 377),
    ],
)  # fmt: skip
def test_the_published_table_of_the_fewest_women_on_lists(bounds: tuple[int, int], target: int, on_lists: int) -> None:
    """Published to rounded odds: the first row needs 401 with the odds as they are (136 · 0.7623 + 37 · 1.1196 +
    9 · 0.5810 = 150.33; 400 women give 149.8)."""
    made = plan(NATION, LEARNT, target=target, bounds=Bounds(*bounds), cost="women")
    assert made.fewest.on_lists in (on_lists, on_lists - 1 if (bounds, target) == ((2, 3), 150) else on_lists)
    assert made.fewest.proven
    assert 0.49 < made.fewest.chance < 0.60  # on average only: no better than a coin
    assert "outlook.plan_by_mean" in {fault.code for fault in made.suppositions}
    assert all(fault.sentence() for fault in made.suppositions)


def test_the_even_answer_differs_by_no_more_than_a_woman_and_costs_more() -> None:
    made = plan(NATION, LEARNT, target=175, bounds=Bounds(1, 4), cost="women")
    assert made.even is not None
    for seats in (2, 3):
        counts = {women for (held, _c, women), _n in made.even.by_kind.items() if held == seats}
        assert max(counts) - min(counts) <= 1
    # 2 or 3 of 5 and 2 or 3 of 4: the published even table needs 450; here both kinds step at their own share.
    assert made.fewest.on_lists == 377 < made.even.on_lists <= 455


def test_an_assurance_is_held_and_asks_for_more_than_the_mean() -> None:
    made = plan(NATION, LEARNT, target=175, bounds=Bounds(1, 4), cost="women", assurance=0.8, drift=0.15)
    assert made.fewest.chance >= 0.8
    assert 384 < made.fewest.on_lists <= 390  # by chance alone 384; with the odds' error and the drift more
    assert made.fewest.forecast.whole.mean > 179
    assert "outlook.plan_by_mean" not in {fault.code for fault in made.suppositions}


def searched(
    lists: Sequence[Contest], bounds: Bounds, target: int, assurance: float | None
) -> tuple[int, float] | None:
    """(changes, mean) of the best of every combination, looked at one by one."""
    best: tuple[int, float] | None = None
    for women in itertools.product(*(bounds.of(one) for one in lists)):
        changes = sum(abs(count - one.women) for count, one in zip(women, lists, strict=True))
        mean = sum(by_hand(one.seats, one.candidates, count) for count, one in zip(women, lists, strict=True))
        if best is not None and (changes, -mean) >= (best[0], -best[1]):
            continue
        if assurance is None:
            reached = mean >= target - 1e-9
        else:
            changed = [replace(one, women=count) for count, one in zip(women, lists, strict=True)]
            reached = forecast(changed, LEARNT).whole.at_least(target) >= assurance
        if reached:
            best = changes, mean
    return best


def test_the_planner_equals_exhaustive_search_on_small_cases() -> None:
    rng = np.random.default_rng(7)
    none = later = 0
    for case in range(200 if PROOF else 24):
        kinds = [((3, 5), (2, 4), (5, 8))[int(rng.integers(0, 3))] for _ in range(int(rng.integers(2, 5)))]
        lists = [
            Contest("P", str(number), seats, candidates, int(rng.integers(0, candidates)))
            for number, (seats, candidates) in enumerate(kinds)
        ]
        bounds = Bounds(int(rng.integers(1, 3)), int(rng.integers(3, 5)))
        target = int(rng.integers(1, 1 + sum(one.seats for one in lists) // 2))
        assurance = None if case % 2 else float(rng.choice([0.6, 0.8]))
        best = searched(lists, bounds, target, assurance)
        if best is None:
            none += 1
            with pytest.raises(Refused) as refused:
                plan(lists, LEARNT, target=target, bounds=bounds, assurance=assurance)
            assert {fault.code for fault in refused.value.faults} <= {"outlook.no_such_plan", "outlook.not_assured"}
            continue
        made = plan(lists, LEARNT, target=target, bounds=bounds, assurance=assurance)
        mean = sum(
            by_hand(one.seats, one.candidates, count) for one, count in zip(lists, made.fewest.women, strict=True)
        )
        assert (made.fewest.changes, mean) == (best[0], pytest.approx(best[1])), (lists, bounds, target, assurance)
        if assurance is not None:  # the way of large plans, which proves nothing, is seldom a change away
            asked = _Asked(tuple(lists), LEARNT, target, bounds, assurance, 0.15, "changes", "proposed")
            later += asked._assured().changes - best[0]
    print(f"no plan in {none} cases; without proof {later} changes more in all")
    assert later <= (6 if PROOF else 2)


def test_lists_that_cannot_be_are_refused_with_what_could_be() -> None:
    for asked in ({"target": 400}, {"target": 200, "assurance": 0.99, "bounds": Bounds(1, 2)}):
        with pytest.raises(Refused) as refused:
            plan(NATION, LEARNT, **asked)  # type: ignore[arg-type]
        assert refused.value.faults[0].fields["most"]
        assert refused.value.faults[0].sentence()
    with pytest.raises(Refused) as refused:
        plan([Contest("A", "1", 3, 5, 2)], LEARNT, target=1, bounds=Bounds(4, 2), assurance=1.5)
    assert [fault.code for fault in refused.value.faults] == ["outlook.bounds_crossed", "outlook.assurance_share"]


def test_units_with_none_or_one_woman_are_the_table_to_look_at() -> None:
    lists = [Contest("A", "1", 3, 5, 0), Contest("A", "2", 3, 5, 1), Contest("A", "3", 3, 5, 2)]
    told = thin(forecast(lists, LEARNT))
    assert [one.contest.unit for one in told] == ["1", "2"]
    assert told[0].none_elected == pytest.approx(1)
    assert told[1].none_elected == pytest.approx(1 - by_hand(3, 5, 1), abs=0.01)


COMMITTEE = Committee(seats=50, women=8, women_leaving=3, men_leaving=15, on_list=26, again=0.95, odds=0.5)


def test_the_worked_example_of_a_committee() -> None:
    assert (COMMITTEE.women_again, COMMITTEE.men_again) == (pytest.approx(4.75), pytest.approx(25.65))
    assert COMMITTEE.open_seats == 20
    told = [round(COMMITTEE.new_women(on_list).mean, 2) for on_list in (5, 6, 9, 10)]
    assert told == [2.85, 3.49, 5.53, 6.25]
    ten = women_needed(COMMITTEE, target=10, lost_to_nomination=0.25, lost_in_training=0.2)
    assert (ten.on_list, ten.planned, ten.trained) == (9, 12, 15)
    assert women_needed(COMMITTEE, target=8).on_list == 6
    # Not the mean: with nine on the list ten are reached in seven cases of ten, and four of five ask for ten.
    assert ten.chance == pytest.approx(0.70, abs=0.01)
    assured = women_needed(COMMITTEE, target=10, assurance=0.8)
    assert (assured.on_list, assured.chance > 0.8) == (10, True)
    assert upstream(9, 0.25) == 12


def test_women_on_a_small_committee_are_every_case_added_up() -> None:
    """Two women and one man stand again for a committee of four, each kept with 0.5; three on the list, one a woman."""
    small = Committee(seats=4, women=3, women_leaving=1, men_leaving=0, on_list=4, again=0.5, odds=2.0)
    expected = np.zeros(5)
    for kept in itertools.product((0, 1), repeat=3):
        open_seats = 4 - sum(kept)
        # One woman of four with weight 2: she is left out with 3/5 · 2/4 · 1/3 · 0, seat by seat.
        out = float(np.prod([men / (men + 2) for men in (3, 2, 1, 0)[:open_seats]]))
        for new, chance in ((0, out), (1, 1 - out)):
            expected[kept[0] + kept[1] + new] += 0.125 * chance
    made = small.women_then(1).chances
    assert made == pytest.approx(expected[: made.size], abs=1e-12)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"women": 60}, "outlook.committee_women"),
        ({"women_leaving": 9}, "outlook.committee_leaving"),
        ({"on_list": 12}, "outlook.committee_list"),
        ({"again": 0.0}, "outlook.committee_again"),
        ({"odds": 0.0}, "outlook.odds_positive"),
    ],
)
def test_a_committee_of_contradicting_counts_is_refused(change: dict[str, float], code: str) -> None:
    with pytest.raises(Refused) as refused:
        women_needed(replace(COMMITTEE, **change), target=10)  # type: ignore[arg-type]
    assert code in [fault.code for fault in refused.value.faults]
    assert all(fault.sentence() for fault in refused.value.faults)


def test_what_no_list_of_a_committee_reaches_is_refused() -> None:
    for asked in ({"target": 45}, {"target": 45, "assurance": 0.8}, {"target": 10, "assurance": 0.0},
                  {"target": 10, "lost_in_training": 1.0}):  # fmt: skip
        with pytest.raises(Refused):
            women_needed(COMMITTEE, **asked)  # type: ignore[arg-type]
