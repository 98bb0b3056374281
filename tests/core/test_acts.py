"""What cannot be right about an act of law is found, each with its place and in the reader's words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.core.histories import MEASURE, whole_acts

from tienbo.core.faults import Fault
from tienbo.core.messages import speaking
from tienbo.core.spans import Span
from tienbo.core.succession import Act, Link, Share, check

DAY = date(2025, 7, 1)
OLD, NEW = Span(date(2009, 1, 1), DAY), Span(DAY)
A, B, X, Y, Z, V = 1, 2, 11, 12, 21, 22
LIVES = {A: OLD, B: OLD, X: NEW, Y: NEW, Z: Span(date(2025, 8, 1)), V: Span(date(2009, 1, 1))}


def found(*links: Link, lives: dict[int, Span] = LIVES) -> list[str]:
    return [fault.code.removeprefix("succession.") for fault in check([Act("act", DAY, links)], lives)]


def link(predecessor: int, successor: int, *shares: str) -> Link:
    """One share is exact; two are bounds, a third is an estimate between them."""
    told = (shares * 2)[:2] if len(shares) == 1 else shares
    return Link(predecessor, successor, {MEASURE: Share(*map(Fraction, told))} if told else {})


@pytest.mark.parametrize(
    ("links", "codes"),
    [
        ([], []),
        ([link(A, X, "1")], []),
        ([link(A, X)], []),
        ([link(A, X, "0.7"), link(A, Y, "0.2")], ["shares_do_not_sum"]),
        ([link(A, X, "0.7")], ["shares_do_not_sum"]),
        ([link(A, X, "0.7"), link(A, Y)], []),
        ([link(A, X, "0.7", "0.9"), link(A, Y, "0.4", "0.5")], ["bounds_exclude_one"]),
        ([link(A, X, "0.1", "0.2"), link(A, Y, "0.4", "0.5")], ["bounds_exclude_one"]),
        ([link(A, X, "0.1", "0.9", "0.7"), link(A, Y, "0.1", "0.9", "0.2")], ["estimates_do_not_sum"]),
        ([link(A, X, "0.1", "0.9", "0.7"), link(A, Y, "0.1", "0.9")], []),
        ([link(A, X, "1.2")], ["share_out_of_bounds", "shares_do_not_sum"]),
        ([link(A, X, "0.9", "0.1"), link(A, Y)], ["share_out_of_bounds"]),
        ([link(A, X, "0.1", "0.5", "0.6"), link(A, Y)], ["estimate_out_of_bounds"]),
        ([link(A, Z, "1")], ["opens_late"]),
        ([link(A, B, "1")], ["successor_not_alive"]),
        ([link(X, Y, "1")], ["predecessor_not_alive", "lives_on"]),
        ([link(V, X, "1")], ["lives_on"]),
        ([link(V, X, "0.4"), link(V, V, "0.6")], []),
        ([link(A, 99, "1")], ["unknown_unit"]),
        ([link(A, X), link(A, X)], ["same_link_twice"]),
    ],
)
def test_what_cannot_be_right_about_an_act_is_found(links: list[Link], codes: list[str]) -> None:
    assert found(*links) == codes


def test_a_ring_is_found_on_one_day_and_over_several_acts() -> None:
    open_lives = dict.fromkeys((A, B, X, Y), Span(date(2009, 1, 1)))
    assert found(link(A, B, "1"), link(B, A, "1"), lives=open_lives) == ["lives_on", "lives_on", "cycle"]
    acts = [whole_acts(f"act-{unit}", date(2010 + unit, 1, 1), {unit + 1: [unit]}) for unit in (1, 2)]
    acts += [whole_acts("back", date(2020, 1, 1), {1: [3], 4: [2]})]
    rings = [fault for fault in check(acts, open_lives) if fault.code == "succession.cycle"]
    assert rings == [Fault("succession.cycle", "act-1", {"units": "1 → 2 → 3 → 1"})]


def test_two_units_that_exchange_a_part_are_no_ring() -> None:
    lives = {A: Span(date(2009, 1, 1)), B: Span(date(2009, 1, 1))}
    parts = [link(A, A, "0.9"), link(A, B, "0.1"), link(B, B, "0.8"), link(B, A, "0.2")]
    assert found(*parts, lives=lives) == []


def test_a_fault_names_act_and_unit_in_the_readers_words() -> None:
    acts = [Act("nq-1683", DAY, (link(A, X, "0.7"), link(A, Y, "0.2")))]
    fault = check(acts, LIVES, named={A: "xã Sơn Hải", X: "xã X", Y: "xã Y"}.__getitem__)[0]
    assert (fault.place, fault.fields["total"]) == ("nq-1683", Decimal("0.9"))
    assert fault.sentence() == "Các tỷ lệ của xã Sơn Hải theo dân số cộng lại bằng 0,9, không bằng 1."
    with speaking("en"):
        assert fault.sentence() == "The shares of xã Sơn Hải by population sum to 0.9 and not to 1."
