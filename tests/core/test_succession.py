"""Figures travel over acts of law: by hand for the worked cases, and by what must always hold on any history."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction as F  # noqa: N817 - shares are written by the dozen below

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.histories import ALL, MEASURE, WITHOUT_SPLITS, History, histories, trees, whole_acts

from tienbo.core.spans import Span
from tienbo.core.succession import (
    NOTHING,
    UNKNOWN,
    WHOLE,
    Act,
    Link,
    Quantity,
    Share,
    Transition,
    any_all,
    apportion,
    check,
    components,
    compose,
    onto,
    recast,
    rounded,
    tallies,
    transition,
)
from tienbo.core.tree import Place, Tree

BEFORE, DAY, AFTER = date(2014, 6, 30), date(2025, 7, 1), date(2026, 6, 30)
OLD, NEW = Span(date(2009, 1, 1), DAY), Span(DAY)
A, B, X, Y, Z, V = 1, 2, 11, 12, 21, 22


def exact(**shares: str) -> dict[str, Share]:
    return {measure: Share.of(share) for measure, share in shares.items()}


def between(low: str, high: str, best: str | None = None) -> dict[str, Share]:
    return {MEASURE: Share(F(low), F(high), None if best is None else F(best))}


def moved(acts: list[Act], lives: dict[int, Span], source: date = BEFORE, target: date = AFTER, **more) -> Transition:
    return transition(acts, lives, **{"source": source, "target": target, "measure": MEASURE, **more})


T4_LIVES = {A: OLD, B: OLD, X: NEW, Y: NEW}
T4_PERSONS = {A: [Quantity(date(2025, 4, 1), 10_000)], B: [Quantity(date(2025, 4, 1), 5_000)]}


def t4(share_of_a: tuple[dict[str, Share], dict[str, Share]]) -> list[Act]:
    to_x, to_y = share_of_a
    return [Act("split", DAY, (Link(A, X, to_x), Link(A, Y, to_y), Link(B, Y, exact(population="1"))))]


SPLIT = t4((exact(population="0.7"), exact(population="0.3")))


# ------------------------------------------------------------------------------------------- the worked cases


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({A: (4, 6), B: (2, 7)}, F(6, 13)),  # T1: Bắc Kạn and Thái Nguyên, term XIV
        ({A: (3, 6), B: (2, 7)}, F(5, 13)),  # T1, term XV
        ({A: (2, 6), B: (2, 6)}, F(4, 12)),  # T2: Lào Cai and Yên Bái, term XIV
        ({A: (2, 6), B: (3, 6)}, F(5, 12)),  # T2, term XV
        ({A: (3, 15), B: (4, 13)}, F(7, 28)),  # T14: the base of a merged committee
    ],
)
def test_a_ratio_travels_through_its_two_parts(parts: dict[int, tuple[int, int]], expected: F) -> None:
    weights = moved([whole_acts("merge", DAY, {X: [A, B]})], {A: OLD, B: OLD, X: NEW}).rows
    over = recast({unit: Decimal(part[0]) for unit, part in parts.items()}, weights)[X]
    under = recast({unit: Decimal(part[1]) for unit, part in parts.items()}, weights)[X]
    assert over.value is not None
    assert under.value is not None
    assert over.value / under.value == expected
    assert over.estimated == 0


def test_a_chain_of_mergers_is_whole_at_every_step_and_names_its_acts() -> None:
    """T3 and T9: Sơn Hải into Văn Hải on 1/12/2024, into Quỳnh Phú on 1/7/2025."""
    first = date(2024, 12, 1)
    son_hai, quynh_tho, an_hoa, van_hai, quynh_phu = 1, 2, 3, 4, 5
    lives = {
        son_hai: Span(date(2009, 1, 1), first),
        quynh_tho: Span(date(2009, 1, 1), first),
        an_hoa: OLD,
        van_hai: Span(first, DAY),
        quynh_phu: NEW,
    }
    acts = [
        whole_acts("two", DAY, {quynh_phu: [van_hai, an_hoa]}),
        whole_acts("one", first, {van_hai: [son_hai, quynh_tho]}),
    ]
    assert check(acts, lives) == []
    assert moved(acts, lives, target=first).rows[son_hai] == {van_hai: WHOLE}
    found = moved(acts, lives)
    assert found.rows[son_hai] == {quynh_phu: WHOLE}
    assert found.acts == {son_hai: ("one", "two"), quynh_tho: ("one", "two"), an_hoa: ("two",)}
    assert moved(acts, lives, source=AFTER, target=BEFORE).acts == {quynh_phu: ("two", "one")}
    told = any_all({son_hai: True, quynh_tho: False, an_hoa: False}, found)
    assert told == {quynh_phu: (False, True)}
    assert any_all(dict.fromkeys((son_hai, quynh_tho, an_hoa), True), found) == {quynh_phu: (True, True)}  # T10


def test_a_split_moves_persons_and_cases_by_its_shares() -> None:
    """T4: the rate of Y is 2.75 and not the mean of two rates."""
    weights = moved(SPLIT, T4_LIVES).rows
    persons, cases = recast({A: Decimal(10_000), B: Decimal(5_000)}, weights), recast({A: 40, B: 10}, weights)
    assert [persons[unit].value for unit in (X, Y)] == [7_000, 8_000]
    assert [cases[unit].value for unit in (X, Y)] == [28, 22]
    assert F(22 * 1000, 8_000) == F("2.75")
    assert (cases[Y].exact, cases[Y].estimated) == (10, 12)
    assert (cases[X].exact, cases[X].estimated) == (0, 28)


def test_a_share_with_bounds_gives_results_with_bounds_and_an_exact_total() -> None:
    """T5: A in X between 0.5 and 0.9; nothing more need be said of A in Y."""
    acts = t4((between("0.5", "0.9"), {}))
    assert check(acts, T4_LIVES) == []
    found = moved(acts, T4_LIVES)
    assert found.rows[A][Y] == Share(F("0.1"), F("0.5"))
    weights = onto(found, Tree([Place(0, None, "province"), Place(X, 0, "commune"), Place(Y, 0, "commune")]))
    cases = recast({A: Decimal(40), B: Decimal(10)}, weights)
    assert (cases[X].low, cases[X].high, cases[X].value) == (20, 36, None)
    assert (cases[Y].low, cases[Y].high, cases[Y].value) == (14, 30, None)
    assert cases[0] == (50, 50, 50, 50, 0)


def test_an_estimate_is_one_number_inside_its_bounds() -> None:
    acts = t4((between("0.5", "0.9", "0.6"), {}))
    found = recast({A: Decimal(40), B: Decimal(10)}, moved(acts, T4_LIVES).rows)
    assert found[X] == (24, 20, 36, 0, 24)
    assert found[Y] == (26, 14, 30, 10, 16)


def test_a_figure_goes_back_by_the_persons_on_the_eve_of_the_act() -> None:
    """T6 and T18: back and forth is not the identity where something was split."""
    back = moved(SPLIT, T4_LIVES, source=AFTER, target=BEFORE, quantities=T4_PERSONS)
    assert back.rows == {X: {A: WHOLE}, Y: {A: Share.of(F(3, 8)), B: Share.of(F(5, 8))}}
    found = recast({X: Decimal(30), Y: Decimal(24)}, back.rows)
    assert [found[unit].value for unit in (A, B)] == [39, 15]
    again = recast({A: Decimal(40), B: Decimal(10)}, compose(moved(SPLIT, T4_LIVES), back).rows)
    assert [again[unit].value for unit in (A, B)] == [F("36.25"), F("13.75")]


def test_going_back_without_persons_has_bounds_and_an_exact_total() -> None:
    back = moved(SPLIT, T4_LIVES, source=AFTER, target=BEFORE)
    assert back.rows == {X: {A: WHOLE}, Y: {A: UNKNOWN, B: UNKNOWN}}
    weights = onto(back, Tree([Place(0, None, "province"), Place(A, 0, "commune"), Place(B, 0, "commune")]))
    assert recast({X: Decimal(30), Y: Decimal(24)}, weights)[0] == (54, 54, 54, 54, 0)


def test_persons_measured_before_a_units_own_last_change_are_those_of_another_unit() -> None:
    earlier = date(2020, 1, 1)
    acts = [Act("border", earlier, (Link(A, A, exact(population="0.5")), Link(A, B, exact(population="0.5")))), *SPLIT]
    stale = {A: [Quantity(date(2019, 4, 1), 20_000)], B: T4_PERSONS[B]}
    assert moved(acts, T4_LIVES, source=AFTER, target=earlier, quantities=stale).rows[Y] == {A: UNKNOWN, B: UNKNOWN}
    fresh = {A: [*stale[A], Quantity(earlier, 10_000)], B: T4_PERSONS[B]}
    assert moved(acts, T4_LIVES, source=AFTER, target=earlier, quantities=fresh).rows[Y][A] == Share.of(F(3, 8))


def test_people_and_land_go_their_own_ways() -> None:
    """T7: Thụy Khuê. All persons to Tây Hồ by rule, the land in shares nobody knows."""
    thuy_khue, ba_dinh, tay_ho = 1, 2, 3
    lives = {thuy_khue: OLD, ba_dinh: NEW, tay_ho: NEW}
    acts = [
        Act(
            "hanoi",
            DAY,
            (Link(thuy_khue, ba_dinh, exact(population="0")), Link(thuy_khue, tay_ho, exact(population="1"))),
        )
    ]
    assert moved(acts, lives).rows == {thuy_khue: {tay_ho: WHOLE}}
    assert moved(acts, lives, measure="area").rows == {thuy_khue: {ba_dinh: UNKNOWN, tay_ho: UNKNOWN}}
    assert components(acts, lives, BEFORE, AFTER) == [(frozenset({thuy_khue}), frozenset({ba_dinh, tay_ho}))]


def test_land_may_be_known_where_people_are_not() -> None:
    """T8: Kỳ Lợi."""
    ky_loi, vung_ang, song_tri, hoanh_son = 1, 2, 3, 4
    lives = {ky_loi: OLD, vung_ang: NEW, song_tri: NEW, hoanh_son: NEW}
    links = [Link(ky_loi, heir, exact(area=str(int(heir == vung_ang)))) for heir in (vung_ang, song_tri, hoanh_son)]
    acts = [Act("hatinh", DAY, tuple(links))]
    assert moved(acts, lives, measure="area").rows == {ky_loi: {vung_ang: WHOLE}}
    assert moved(acts, lives).rows == {ky_loi: dict.fromkeys((vung_ang, song_tri, hoanh_son), UNKNOWN)}


def test_a_level_that_was_abolished_is_lost_and_names_the_act_that_says_so() -> None:
    """T11: after it the answer is that none exists, and not 0."""
    lives = {A: OLD, B: Span(date(2009, 1, 1))}
    acts = [Act("two levels", DAY, ())]
    assert check(acts, lives) == []
    assert moved(acts, lives) == ({B: {B: WHOLE}}, {}, {A: "two levels"})
    assert moved([], lives).lost == {A: ""}
    assert moved([*acts, Act("other", DAY, ())], lives).lost == {A: ""}
    assert moved([], lives, source=AFTER, target=AFTER) == ({B: {B: WHOLE}}, {}, {})


def test_a_rename_changes_no_figure() -> None:
    """T12: told as a unit that succeeds itself whole, or not told at all."""
    lives = {A: Span(date(2009, 1, 1))}
    told = [Act("city", date(2026, 1, 1), (Link(A, A, exact(population="1")),))]
    assert check(told, lives) == []
    assert moved(told, lives).rows == moved([], lives).rows == {A: {A: WHOLE}}
    assert moved(told, lives, source=AFTER, target=BEFORE).rows == {A: {A: WHOLE}}


def test_two_splits_multiply() -> None:
    """T13."""
    later = date(2026, 1, 1)
    lives = {A: OLD, X: Span(DAY, later), Y: Span(DAY, later), Z: Span(later), V: Span(later)}
    acts = [
        Act("one", DAY, (Link(A, X, exact(population="0.7")), Link(A, Y, exact(population="0.3")))),
        Act(
            "two",
            later,
            (
                Link(X, Z, exact(population="1")),
                Link(Y, Z, exact(population="0.5")),
                Link(Y, V, exact(population="0.5")),
            ),
        ),
    ]
    assert moved(acts, lives).rows == {A: {Z: Share.of("0.85"), V: Share.of("0.15")}}


def test_a_part_that_ends_without_a_successor_is_lost_and_nothing_is_made_of_it() -> None:
    later = date(2026, 1, 1)
    lives = {A: OLD, X: NEW, Y: Span(DAY, later)}
    acts = [
        Act("one", DAY, (Link(A, X, between("0.5", "0.9")), Link(A, Y, {}))),
        Act("closing", later, ()),
    ]
    found = moved(acts, lives)
    assert found == ({A: {X: Share(F("0.5"), F("0.9"))}}, {A: ("one",)}, {A: "closing"})
    step = compose(moved(acts, lives, target=DAY), moved(acts, lives, source=DAY))
    assert step == found
    over = onto(found, Tree([Place(0, None, "province"), Place(X, 0, "commune")]))
    assert over[A][0] == Share(F("0.5"), F("0.9"))


def test_what_is_lost_by_two_acts_names_none_of_them() -> None:
    """Neither the first of two that ended its heirs, nor one of the day on which it went into another unit."""
    later, last = date(2026, 1, 1), date(2026, 6, 1)
    lives = {A: OLD, X: Span(DAY, later), Y: Span(DAY, last)}
    halves = Act("one", DAY, (Link(A, X, exact(population="0.5")), Link(A, Y, exact(population="0.5"))))
    acts = [halves, Act("closing", later, ()), Act("closing too", last, ())]
    assert moved(acts, lives, target=last).lost == {A: ""}
    assert compose(moved(acts, lives, target=DAY), moved(acts, lives, source=DAY, target=last)).lost == {A: ""}
    lives = {A: OLD, X: Span(DAY, later)}
    beside = [Act("one", DAY, (Link(A, X, exact(population="1")),)), Act("of others", DAY, ())]
    assert moved(beside, lives, target=later).lost == {A: ""}


def test_unknown_shares_that_meet_again_are_known() -> None:
    """What was cut apart and put together again is whole, though nobody knows how it was cut."""
    later = date(2026, 1, 1)
    lives = {A: OLD, X: Span(DAY, later), Y: Span(DAY, later), Z: Span(later)}
    acts = [Act("one", DAY, (Link(A, X, {}), Link(A, Y, {}))), whole_acts("two", later, {Z: [X, Y]})]
    assert moved(acts, lives).rows == {A: {Z: WHOLE}}


# ------------------------------------------------------------------------------------------- what always holds


@st.composite
def spans_of(draw: st.DrawFn, history: History, count: int = 2) -> list[date]:
    return [draw(st.sampled_from(history.days)) for _ in range(count)]


def over(history: History, source: date, target: date, *, true: bool = False) -> Transition:
    acts = history.truth if true else history.acts
    return transition(acts, history.lives, source=source, target=target, measure=MEASURE, quantities=history.quantities)


def naive(history: History, unit: int, source: date, target: date) -> dict[int, F]:
    """One unit by its true shares, day by day, in the simplest way that could be written."""
    held = {unit: F(1)}
    forward = source <= target
    days = [day for day in history.days if min(source, target) < day <= max(source, target)]
    for day in days if forward else reversed(days):
        links = [link for act in history.truth if act.day == day for link in act.links]
        onward: Counter[int] = Counter()
        for one, share in held.items():
            for heir, part in _parts(history, links, one, day, forward).items():
                onward[heir] += share * part
        held = dict(onward)
    return {heir: share for heir, share in held.items() if share}


def _parts(history: History, links: list[Link], unit: int, day: date, forward: bool) -> dict[int, F]:
    gives = {link.successor: link.shares[MEASURE].low for link in links if link.predecessor == unit}
    stays = history.lives[unit].contains(day) and history.lives[unit].contains(day - timedelta(days=1))
    if forward:
        return gives or ({unit: F(1)} if stays else {})
    takes = {link.predecessor: link.shares[MEASURE].low for link in links if link.successor == unit}
    if stays and not gives:
        takes[unit] = F(1)
    eve = max(other for other in history.days if other < day)
    amounts = {one: share * history.persons[eve][one] for one, share in takes.items()}
    whole = sum(amounts.values())
    return {one: amount / whole for one, amount in amounts.items()} if whole else dict.fromkeys(takes, F(1))


@given(st.data(), histories(kinds=ALL))
def test_exact_shares_are_those_of_a_naive_reckoning(data: st.DataObject, history: History) -> None:
    source, target = data.draw(spans_of(history))
    found = over(history, source, target)
    for unit in history.alive(source):
        row = found.rows.get(unit, {})
        expected = naive(history, unit, source, target)
        if all(share.exact for share in row.values()):
            assert {heir: share.low for heir, share in row.items()} == expected
        if sum(share.low for share in row.values()) != 1 or not row:
            assert unit in found.lost or not all(share.exact for share in row.values())
    assert set(found.rows) | set(found.lost) == set(history.alive(source))
    assert {heir for row in found.rows.values() for heir in row} <= set(history.alive(target))


@given(histories(kinds=ALL, unknown=True))
def test_a_generated_history_is_in_order(history: History) -> None:
    assert check(history.acts, history.lives) == []
    assert check(history.truth, history.lives) == []


@given(st.data(), histories(unknown=True))
def test_nothing_is_made_and_nothing_is_lost(data: st.DataObject, history: History) -> None:
    source, target = data.draw(spans_of(history))
    tree = data.draw(trees(history.alive(target)))
    values = {unit: Decimal(data.draw(st.integers(0, 1000))) for unit in history.alive(source)}
    found = over(history, source, target)
    assert found.lost == {}
    total = sum(values.values())
    assert recast(values, onto(found, tree))[0] == (total, total, total, total, 0)
    parts = recast(values, found.rows).values()
    assert sum(part.low for part in parts) <= total <= sum(part.high for part in parts)
    if all(part.value is not None for part in parts):
        assert sum(part.value for part in parts) == total
        assert all(part.value == part.exact + part.estimated for part in parts)


@given(st.data(), histories(kinds=ALL, unknown=True))
def test_the_same_day_is_the_identity(data: st.DataObject, history: History) -> None:
    day = data.draw(st.sampled_from(history.days))
    assert over(history, day, day) == ({unit: {unit: WHOLE} for unit in history.alive(day)}, {}, {})


@given(st.data(), histories(kinds=ALL))
def test_one_way_after_another_is_the_whole_way(data: st.DataObject, history: History) -> None:
    first, middle, last = sorted(data.draw(spans_of(history, 3)))
    steps, whole = compose(over(history, first, middle), over(history, middle, last)), over(history, first, last)
    assert (steps.rows, steps.lost) == (whole.rows, whole.lost)
    assert {unit: set(keys) for unit, keys in steps.acts.items()} == {
        unit: set(keys) for unit, keys in whole.acts.items()
    }


@given(st.data(), histories(unknown=True))
def test_the_whole_way_is_never_wider_than_its_parts(data: st.DataObject, history: History) -> None:
    first, middle, last = sorted(data.draw(spans_of(history, 3)))
    wide, narrow = compose(over(history, first, middle), over(history, middle, last)), over(history, first, last)
    for unit, row in narrow.rows.items():
        for heir in row | dict(wide.rows[unit]):
            inside, outside = row.get(heir, NOTHING), wide.rows[unit].get(heir, NOTHING)
            assert outside.low <= inside.low <= inside.high <= outside.high


@given(st.data(), histories(kinds=WITHOUT_SPLITS))
def test_back_and_forth_is_the_identity_where_nothing_was_split(data: st.DataObject, history: History) -> None:
    """Seen from the later day: what was put together comes back as it was."""
    early, late = sorted(data.draw(spans_of(history)))
    round_trip = compose(over(history, late, early), over(history, early, late))
    assert round_trip.rows == {unit: {unit: WHOLE} for unit in history.alive(late)}


@given(st.data(), histories())
def test_the_persons_themselves_come_back_as_they_were(data: st.DataObject, history: History) -> None:
    early, late = sorted(data.draw(spans_of(history)))
    forth = recast(history.persons[early], over(history, early, late).rows)
    assert {unit: told.value for unit, told in forth.items()} == history.persons[late]
    back = recast(history.persons[late], over(history, late, early).rows)
    assert {unit: told.value for unit, told in back.items()} == history.persons[early]


@given(st.data(), histories(kinds=ALL, unknown=True))
def test_whatever_the_true_shares_the_true_result_lies_inside_the_bounds(data: st.DataObject, history: History) -> None:
    source, target = data.draw(spans_of(history))
    told, true = over(history, source, target), over(history, source, target, true=True)
    tree = data.draw(trees(history.alive(target)))
    values = {unit: Decimal(data.draw(st.integers(-50, 1000))) for unit in history.alive(source)}
    inside, outside = recast(values, onto(true, tree)), recast(values, onto(told, tree))
    assert set(inside) <= set(outside)
    for unit, bounds in outside.items():
        if unit in inside:
            assert bounds.low <= inside[unit].low <= inside[unit].high <= bounds.high
        assert bounds.value is None or bounds.low <= bounds.value <= bounds.high
    for unit, row in told.rows.items():
        for heir, share in row.items():
            assert share.low <= true.rows.get(unit, {}).get(heir, NOTHING).high
            assert share.best is None or share.low <= share.best <= share.high


@given(st.data(), histories(unknown=True))
def test_bounds_collapse_when_a_whole_component_is_asked(data: st.DataObject, history: History) -> None:
    source, target = data.draw(spans_of(history))
    found = over(history, source, target)
    areas = components(history.acts, history.lives, source, target)
    places = [Place(-number, None, "area") for number in range(1, len(areas) + 1)]
    places += [Place(unit, -number, "commune") for number, (_, new) in enumerate(areas, 1) for unit in new]
    weights = onto(found, Tree(places))
    for number, (old, new) in enumerate(areas, 1):
        assert old
        assert new
        for unit in old:
            assert weights[unit][-number] == WHOLE
            assert set(weights[unit]) <= {-number, *new}
    assert sorted(unit for old, _ in areas for unit in old) == sorted(history.alive(source))


@given(st.data(), histories(unknown=True), st.integers(1, 9))
def test_rounded_rows_sum_to_what_they_did(data: st.DataObject, history: History, places: int) -> None:
    source, target = data.draw(spans_of(history))
    found = over(history, source, target)
    step = F(1, 10**places)
    for unit, row in rounded(found, places).rows.items():
        for heir, share in row.items():
            before = found.rows[unit][heir]
            assert all((bound / step).denominator == 1 for bound in share if bound is not None)
            assert before.low - step < share.low <= share.high < before.high + step
            if not before.exact:
                assert share.low <= before.low
                assert share.high >= before.high
        points = [share.point for share in row.values()]
        assert None in points or sum(points) == 1


@given(st.dictionaries(st.integers(), st.fractions(-1000, 1000, max_denominator=60)), st.integers(0, 4))
def test_parts_are_apportioned_without_changing_their_total(parts: dict[int, F], places: int) -> None:
    found = apportion(parts, places)
    step = F(1, 10**places)
    assert sum(map(F, found.values())) == round(sum(parts.values(), F(0)) / step) * step
    assert all(abs(F(found[unit]) - part) < step for unit, part in parts.items())


def test_largest_remainders_by_hand() -> None:
    third = F(1, 3)
    assert apportion({A: third, B: third, X: third}, 2) == {A: Decimal("0.34"), B: Decimal("0.33"), X: Decimal("0.33")}
    assert apportion({A: F("10.5"), B: F("20.2"), X: F("30.3")}) == {A: 11, B: 20, X: 30}


@given(st.data(), histories())
def test_any_and_all_agree_with_their_definition_and_add_up_over_a_tree(data: st.DataObject, history: History) -> None:
    source, target = data.draw(spans_of(history))
    found = over(history, source, target)
    flags = {unit: data.draw(st.booleans()) for unit in found.rows if data.draw(st.booleans())}
    told = any_all(flags, found)
    for unit in history.alive(target):
        into = [flags[one] for one in flags if unit in found.rows[one]]
        assert told.get(unit) == ((all(into), any(into)) if into else None)
    totals = tallies(told, data.draw(trees(history.alive(target))))
    whole = (sum(one.all for one in told.values()), sum(one.any for one in told.values()), len(told))
    assert totals.get(0, (0, 0, 0)) == whole


def test_a_share_of_nothing_is_nothing_also_where_nobody_knows_the_share() -> None:
    unknown, half = Share(F(0), F(1), None), Share(F(0), F(1), F(1, 2))
    found = recast({1: Decimal(0), 3: Decimal(4)}, {1: {9: unknown}, 3: {9: half}})
    assert (found[9].low, found[9].value, found[9].high) == (0, 2, 4)
