"""The urn against brute force, against the published vectors and against elections that were held or made up."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import PROOF

from tienbo.core.faults import Refused
from tienbo.outlook.distributions import Distribution, added, both, fisher_slopes, times, total, urn, urn_slopes
from tienbo.outlook.elections import Contest, as_table, checked, read, read_bytes, read_own
from tienbo.outlook.urn import (
    Totals,
    backtest,
    baselines,
    fit,
    forecast,
    number_of,
    one_urn,
    score,
    what_if,
)


def chances(women: int, candidates: int, seats: int, odds: float) -> np.ndarray:
    arrays = (np.array([count]) for count in (women, candidates - women, seats))
    made: np.ndarray = urn(*arrays, np.log(np.array([odds])))[0]
    return made


def by_brute_force(women: int, candidates: int, seats: int, odds: float) -> list[float]:
    """Every order in which named seats could be filled, one by one."""
    weights = [odds] * women + [1.0] * (candidates - women)
    found = [0.0] * (seats + 1)
    for order in itertools.permutations(range(candidates), seats):
        chance, left = 1.0, sum(weights)
        for one in order:
            chance *= weights[one] / left
            left -= weights[one]
        found[sum(one < women for one in order)] += chance
    return found


@pytest.mark.parametrize(
    ("women", "candidates", "seats"), [(2, 5, 3), (1, 4, 2), (4, 5, 3), (0, 4, 2), (3, 3, 2), (2, 4, 4)]
)
def test_the_urn_is_every_order_of_drawing_added_up(women: int, candidates: int, seats: int) -> None:
    for odds in (0.1, 0.375, 1.0, 3.0):
        assert chances(women, candidates, seats, odds) == pytest.approx(
            by_brute_force(women, candidates, seats, odds), abs=1e-14
        )


def test_a_few_by_hand() -> None:
    # One woman of four, two seats, odds 0.325: out with 3/3.325 · 2/2.325.
    assert chances(1, 4, 2, 0.325)[1] == pytest.approx(1 - 3 / 3.325 * 2 / 2.325, abs=1e-15)
    assert float(chances(2, 5, 3, 0.375) @ np.arange(4)) == pytest.approx(0.752, abs=5e-4)
    assert chances(4, 5, 3, 1e-9)[:2].sum() == pytest.approx(0, abs=1e-12)  # at least two, whatever the odds
    # Equal odds: the plain urn, C(2,1)·C(3,2)/C(5,3) = 6/10.
    assert chances(2, 5, 3, 1.0) == pytest.approx([0.1, 0.6, 0.3, 0.0], abs=1e-15)


def test_the_published_vectors(reference: Path) -> None:
    with (reference / "data" / "wallenius_test_vectors.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 90
    for row in rows:
        women, candidates, seats = (int(row[name]) for name in ("women", "candidates", "seats"))
        made = chances(women, candidates, seats, float(row["odds"]))
        assert float(made @ np.arange(made.size)) == pytest.approx(float(row["mean_wallenius"]), abs=2e-6)
        for told in row["pmf_wallenius"].split():
            k, chance = told.split(":")
            assert made[int(k)] == pytest.approx(float(chance), abs=2e-6)
        arrays = (np.array([count]) for count in (women, candidates - women, seats))
        fisher = fisher_slopes(*arrays, np.log(np.array([float(row["odds"])]))).chance[0]
        assert float(fisher @ np.arange(fisher.size)) == pytest.approx(float(row["mean_fisher"]), abs=2e-6)


def test_derivatives_are_those_of_the_chances() -> None:
    arrays = tuple(np.array(counts) for counts in ([2, 3, 0, 4], [3, 1, 4, 1], [3, 2, 2, 3]))
    at = np.array([-1.0, 0.3, 0.0, -2.0])
    for engine in (urn_slopes, fisher_slopes):
        made, low, high = (engine(*arrays, at + step) for step in (0.0, -1e-4, 1e-4))
        assert made.first == pytest.approx((high.chance - low.chance) / 2e-4, abs=1e-7)
        assert made.second == pytest.approx((high.first - low.first) / 2e-4, abs=1e-7)
        assert made.chance.sum(axis=-1) == pytest.approx(1)


def test_sums_by_fourier_are_sums_term_by_term() -> None:
    made = urn(*(np.array([count] * 40) for count in (2, 3, 3)), np.linspace(-2, 1, 40))
    plain = np.ones(1)
    for one in made:
        plain = np.convolve(plain, one)
    assert added(made)[: plain.size] == pytest.approx(plain, abs=1e-14)
    assert total(made, np.ones(40, dtype=np.int64))[: plain.size] == pytest.approx(plain, abs=1e-14)
    assert times(made[0], 3) == pytest.approx(both(both(made[0], made[0]), made[0]), abs=1e-15)


def test_fractiles_and_the_piece_of_a_count() -> None:
    made = Distribution.of(np.array([0.1, 0.2, 0.4, 0.3, 0.0]))
    assert [made.fractile(share) for share in (0.05, 0.1, 0.3, 0.31, 1.0)] == [0, 0, 1, 2, 3]
    assert (made.at_least(2), made.below(2), made.chance(9)) == (pytest.approx(0.7), pytest.approx(0.3), 0.0)
    assert made.pit(1) == pytest.approx((0.1, 0.3))
    assert made.mean == pytest.approx(1.9)


def contests(*rows: tuple[int, int, int, int | None]) -> list[Contest]:
    """(seats, candidates, women, women elected) each."""
    return [
        Contest("A", str(number), seats, candidates, women, None if won is None else seats, won, f"t:{number}")
        for number, (seats, candidates, women, won) in enumerate(rows, start=1)
    ]


def test_bad_counts_are_told_each_in_its_place_and_nothing_is_fitted() -> None:
    wrong = [
        Contest("A", "1", 3, 5, 6, 3, 1, "t:2"),
        Contest("A", "2", 3, 5, 2, 4, 1, "t:3"),
        Contest("A", "3", 3, 5, 2, 3, 3, "t:4"),
        Contest("A", "4", 3, 2, 1, None, None, "t:5"),
        Contest("A", "5", 3, 5, 4, 3, 0, "t:6"),
        Contest("A", "6", 3, 5, 2, 2, 1, "t:7"),
    ]
    told = {(fault.code, fault.place, fault.level.value) for fault in checked(wrong)}
    assert told == {
        ("outlook.more_women_than_candidates", "t:2", "error"),
        ("outlook.more_elected_than_seats", "t:3", "error"),
        ("outlook.more_women_elected", "t:4", "error"),
        ("outlook.fewer_candidates_than_seats", "t:5", "error"),
        ("outlook.more_men_elected", "t:6", "error"),
        ("outlook.unfilled", "t:7", "note"),
    }
    with pytest.raises(Refused) as refused:
        fit(wrong)
    assert "outlook.unfilled" not in {fault.code for fault in refused.value.faults}
    assert all(fault.sentence() for fault in checked(wrong))


@pytest.mark.parametrize(
    ("held", "slope", "code"),
    [
        ([], False, "outlook.no_earlier_election"),
        (contests((3, 5, 2, None)), False, "outlook.undecided"),
        (contests((3, 5, 0, 0), (3, 5, 5, 3)), False, "outlook.odds_not_identified"),
        (contests((3, 5, 2, 0), (3, 5, 1, 0)), False, "outlook.odds_not_identified"),
        (contests((3, 5, 2, 2), (2, 4, 1, 1)), True, "outlook.odds_not_identified"),
        (contests((3, 5, 2, 1), (3, 5, 2, 0)), True, "outlook.slope_not_identified"),
        (contests((3, 5, 1, 0), (3, 5, 2, 1), (3, 5, 3, 3)), True, "outlook.slope_not_identified"),
    ],
)
def test_odds_that_cannot_be_learnt_are_refused(held: list[Contest], slope: bool, code: str) -> None:
    with pytest.raises(Refused) as refused:
        fit(held, slope=slope)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_one_urn_of_equal_units_is_learnt_exactly() -> None:
    # One woman of two for one seat: the chance is odds/(1 + odds); 3 of 12 elected → odds 1/3, curvature n·p·q.
    held = contests(*[(1, 2, 1, 1)] * 3, *[(1, 2, 1, 0)] * 9)
    made = fit(held, slope=False)
    assert made.odds() == pytest.approx(1 / 3)
    assert made.errors[0] == pytest.approx((12 * 0.25 * 0.75) ** -0.5)


@pytest.fixture(scope="module")
def held(reference: Path) -> tuple[list[Contest], list[Contest]]:
    first, faults = read(reference / "data" / "na14_2016_by_constituency.csv")
    assert sorted(fault.code for fault in faults) == ["outlook.unfilled"] * 4
    second, faults = read(reference / "data" / "na15_2021_by_constituency.csv")
    assert not faults
    return first, second


Both = tuple[list[Contest], list[Contest]]


def test_the_backtests_that_were_published(held: Both) -> None:
    """Means within 0.5 and ends of intervals within 2: the published ones were drawn at random."""
    first, second = held
    cases = [
        (first, second, False, 0.0, "wallenius", (-0.981, 0.122), 158.8, (143, 176), (140, 179)),
        (first, second, False, 0.15, "wallenius", (-0.981, 0.122), 159.1, (138, 182), (134, 186)),
        (first, second, False, 0.0, "fisher", (-1.187, 0.147), 161.1, (145, 178), (142, 181)),
        (first, second, True, 0.0, "wallenius", (-0.909, 0.123), 156.0, (140, 172), (137, 176)),
        (second, first, False, 0.0, "wallenius", (-1.124, 0.118), 125.5, (111, 140), (109, 143)),
        (second, first, True, 0.0, "wallenius", (-1.050, 0.134), 128.6, (114, 145), (111, 149)),
    ]
    for before, after, slope, drift, kind, learnt, mean, in_90, in_95 in cases:
        made = backtest(before, after, slope=slope, drift=drift, kind=kind)  # type: ignore[arg-type]
        assert made.made.fit.parameters[0] == pytest.approx(learnt[0], abs=6e-4)
        assert made.made.fit.errors[0] == pytest.approx(learnt[1], abs=6e-4)
        assert made.made.whole.mean == pytest.approx(mean, abs=0.5)
        assert made.made.whole.interval(0.9) == pytest.approx(in_90, abs=2)
        assert made.made.whole.interval(0.95) == pytest.approx(in_95, abs=2)
        assert made.scored.held[0.95]
    constant = backtest(first, second, slope=False, drift=0.0)
    assert (constant.scored.groups_held, constant.scored.groups) == (61, 63)
    assert constant.scored.squared == pytest.approx(0.99, abs=0.02)
    beside = {one.code: one for one in constant.beside}
    for code, mean in {"equal_odds": 226.1, "last_share": 134.1, "success_rate": 154.2, "ratio_of_shares": 156.1,
                       "one_urn": 163.5}.items():  # fmt: skip
        assert beside[code].mean == pytest.approx(mean, abs=0.05), code
    assert beside["one_urn"].interval == (150, 177)


def test_slopes_were_published_too_and_a_miss_is_told(held: Both) -> None:
    first, second = held
    assert fit(first).parameters[1] == pytest.approx(-1.984, abs=6e-4)
    assert fit(first).errors[1] == pytest.approx(0.786, abs=6e-4)
    pooled = fit(first, second)
    assert pooled.parameters == pytest.approx((-0.966, -1.518), abs=6e-4)
    assert pooled.errors == pytest.approx((0.089, 0.565), abs=6e-4)
    assert fit(first, second, slope=False).parameters[0] == pytest.approx(-1.056, abs=6e-4)
    # 2011 → 2016 with one urn, 496 seats filled: 152.8 (139–167), 133 came: outside.
    before = Totals(candidates=827, women=260, elected=500, women_elected=122)
    assert before.log_odds == pytest.approx(-0.551, abs=6e-4)
    urn_of_all = one_urn(before, 870, 339, 496)
    assert urn_of_all.mean == pytest.approx(152.8, abs=0.3)
    assert urn_of_all.interval == pytest.approx((139, 167), abs=1)
    assert not urn_of_all.interval[0] <= 133 <= urn_of_all.interval[1]  # type: ignore[index]


def test_what_if_unit_two_of_nghe_an_has_two_women_of_five(held: Both) -> None:
    first, second = held
    made = forecast(second, fit(first))
    number = number_of(made.contests, "Nghệ An 2")
    changed = what_if(made, {number: (2, 5)})
    others = [a == b for a, b in zip(made.contests, changed.contests, strict=True)]
    assert others.count(False) == (made.contests[number].women != 2)
    share = 2 / 5
    assert changed.units[number].mean == pytest.approx(
        float(chances(2, 5, 3, made.fit.odds(share)) @ np.arange(4)), abs=0.02
    )
    moved = changed.units[number].mean - made.units[number].mean
    assert changed.whole.mean - made.whole.mean == pytest.approx(moved, abs=1e-4)
    assert changed.groups["Nghệ An"].mean - made.groups["Nghệ An"].mean == pytest.approx(moved, abs=1e-4)
    assert changed.record()["seed"] is None
    assert {fault.code for fault in made.suppositions} >= {"outlook.supposed_urn", "outlook.supposed_drift"}
    assert all(fault.sentence() for fault in replace(made, stage="proposed").suppositions)


def test_a_forecast_is_its_parts_added_up_for_each_value_of_what_is_shared() -> None:
    """Two units, against a fine sum over the error and the drift done here with other points."""
    before = contests(*[(3, 5, 2, 1)] * 20, *[(3, 5, 2, 0)] * 12, *[(3, 5, 2, 2)] * 3)
    learnt = fit(before, slope=False)
    made = forecast(contests((3, 5, 2, None), (2, 4, 1, None)), learnt, drift=0.3)
    sd = (learnt.covariance[0][0] + 0.09) ** 0.5
    points = np.linspace(-8, 8, 4001)
    weights = np.exp(-(points**2) / 2)
    one = np.array([chances(2, 5, 3, np.exp(learnt.parameters[0] + z * sd)) for z in points])
    other = np.array([chances(1, 4, 2, np.exp(learnt.parameters[0] + z * sd)) for z in points])
    summed = np.array([np.convolve(a, b) for a, b in zip(one, other, strict=True)])
    expected = weights / weights.sum() @ summed
    assert made.whole.chances == pytest.approx(expected[: made.whole.chances.size], abs=1e-6)


def generated(rng: np.random.Generator, lists: Sequence[Contest], intercept: float, slope: float) -> list[Contest]:
    """An election by drawing, seat by seat."""
    held = []
    for one in lists:
        odds = np.exp(intercept + slope * (one.share - 0.4))
        women, men, won = one.women, one.candidates - one.women, 0
        for _seat in range(one.seats):
            drawn = rng.random() < odds * women / (odds * women + men)
            won += drawn
            women, men = women - drawn, men - (not drawn)
        held.append(replace(one, elected=one.seats, women_elected=int(won)))
    return held


def test_intervals_hold_what_they_promise_on_elections_that_were_made_up() -> None:
    """Sums have steps, so that the share is that of a point drawn in each count's piece (see Distribution.pit); of
    units, of which only whole counts are shown, the closed interval holds at least its share."""
    number = 2000 if PROOF else 60
    rng = np.random.default_rng(20260315)
    kinds = [(3, 5)] * 136 + [(2, 4)] * 48
    lists = [
        Contest(f"P{unit % 34}", str(unit), seats, candidates, int(rng.integers(1, candidates)))
        for unit, (seats, candidates) in enumerate(kinds)
    ]
    whole = groups = units = closed = 0
    for _election in range(number):
        before = generated(rng, lists, -0.97, -1.5)
        after = generated(rng, lists, -0.97 + rng.normal(0, 0.15), -1.5)
        made = forecast(lists, fit(before), drift=0.15)
        by_group: dict[str, int] = {}
        for one in after:
            by_group[one.group] = by_group.get(one.group, 0) + (one.women_elected or 0)
        low, high = made.whole.pit(sum(by_group.values()))
        whole += 0.05 <= rng.uniform(low, high) <= 0.95
        for group, women in by_group.items():
            low, high = made.groups[group].pit(women)
            groups += 0.05 <= rng.uniform(low, high) <= 0.95
        scored = score(made, after)
        units += scored.units_held
        closed += scored.held[0.9]
    share = {"whole": whole / number, "groups": groups / number / 34, "units": units / number / len(lists)}
    print(f"{number} elections: {share}, closed interval of the whole: {closed / number}")
    assert 0.88 <= share["groups"] <= 0.92
    assert share["units"] >= 0.90
    spread = 0.02 if PROOF else 0.11  # of sixty elections one in a thousand lies further away
    assert abs(share["whole"] - 0.90) <= spread


def test_a_table_is_read_from_csv_and_from_a_workbook_in_either_language(tmp_path: Path) -> None:
    path = tmp_path / "danh-sach.csv"
    path.write_text(
        "Tỉnh;Đơn vị bầu cử;Số đại biểu được bầu;Số người ứng cử;Nữ ứng cử\nNghệ An;1;3;5;2\nNghệ An;2;3;năm;2\n\n",
        encoding="utf-8-sig",
    )
    rows, faults = read(path)
    assert [(one.name, one.seats, one.women, one.decided) for one in rows] == [("Nghệ An 1", 3, 2, False)]
    assert [(fault.code, fault.place) for fault in faults] == [("outlook.not_a_count", "danh-sach.csv:3 candidates")]
    import xlsxwriter

    book = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(book) as written:
        sheet = written.add_worksheet()
        for number, row in enumerate(
            [["province", "unit", "seats", "candidates", "women_candidates"], ["A", 1, 3, 5, 2]]
        ):
            sheet.write_row(number, 0, row)
    assert [(one.name, one.women) for one in read(book)[0]] == [("A 1", 2)]
    for bad in ("x,y\n1,2\n", "seats,candidates,women_candidates\n"):
        path.write_text(bad, encoding="utf-8")
        with pytest.raises(Refused):
            read(path)
    with pytest.raises(Refused):
        read(tmp_path / "none.csv")


def test_a_table_that_would_fill_the_memory_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    import xlsxwriter

    book = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(book) as written:
        sheet = written.add_worksheet()
        sheet.write(0, 0, "seats")
        sheet.write(1_048_575, 16_383, "x")  # six kilobytes that ask for hundreds of gigabytes
    with pytest.raises(Refused) as refused:
        read(book)
    assert [fault.code for fault in refused.value.faults] == ["outlook.too_heavy"]
    for name, data in (("no.xlsx", b"PK\x03\x04nothing"), ("no.yaml", b"a: 1"), ("no.csv", b"\xff\xfe\x00")):
        with pytest.raises(Refused) as refused:
            read_bytes(name, data)
        assert [fault.code for fault in refused.value.faults] == ["outlook.unreadable"]
    held = contests((3, 5, 2, 1), (2, 4, 0, 0))
    with pytest.raises(Refused):  # what a page carries along may come back as anything
        read_own('"' + "x" * 200_000)
    assert [(one.women, one.elected) for one in read_own(as_table(held))[0]] == [(2, 3), (0, 2)]
    assert [(one.women, one.elected) for one in read_bytes("x.csv", as_table(held).encode())[0]] == [(2, 3), (0, 2)]


def test_baselines_by_hand() -> None:
    # Before: 10 of 40 women on lists, 5 of 20 elected women; now 20 of 40 on lists, 20 seats.
    now = contests(*[(2, 4, 2, None)] * 10)
    told = {one.code: one.mean for one in baselines(Totals(40, 10, 20, 5), now)}
    assert (told["equal_odds"], told["last_share"], told["success_rate"], told["ratio_of_shares"]) == (10, 5, 10, 10)
