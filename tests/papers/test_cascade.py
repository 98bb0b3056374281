"""Targets of units under the target of the whole: cases worked out by hand, and every small case tried out."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.catalogue.definitions import Indicator, Operator, Unit
from tienbo.catalogue.returns import OPERATORS
from tienbo.engine.values import Status, Value
from tienbo.papers.cascade import Asked, Cascade, Part, cascade

SHARE = Indicator.model_validate(
    {"code": "x.share", "name": {"vi": "Tỷ lệ", "en": "Share"}, "unit": "percent", "numerator": ["x.women"],
     "denominator": ["x.all"]}
)  # fmt: skip
COUNT = Indicator.model_validate(
    {"code": "x.count", "name": {"vi": "Số", "en": "Number"}, "unit": "count", "numerator": ["x.women"]}
)
RATE = SHARE.model_copy(update={"unit": Unit.PER_1000})


def told(numerator: int, denominator: int | None = None, due: int = 1) -> Value:
    value = Decimal(numerator) if denominator is None else Decimal(numerator) / denominator * 100
    base = None if denominator is None else Decimal(denominator)
    return Value("x", "u", "2026", "", Status.VALUE, Decimal(numerator), base, value, units_reported=1, units_due=due)


def asks(op: Operator, value: str) -> Asked:
    return Asked(op, Fraction(value))


def part(name: str, value: Value | None, asked: Asked | None = None) -> Part:
    return Part(name, name, value, asked)


def test_parts_that_meet_theirs_make_the_whole_with_one_to_spare() -> None:
    """Of 10 + 20 + 30 = 60 persons 30 % is 18. A: 40 % of 10 is 4, B: 35 % of 20 is 7, C has none and stays at 8.
    4 + 7 + 8 = 19: one more than is needed. A has 2 and must find 2, more than the one to spare: it binds. B has 6 and
    must find 1: without it the whole is still met, at 18."""
    found = cascade(
        SHARE,
        asks(">=", "30"),
        told(16, 60),
        [part("A", told(2, 10), asks(">=", "40")), part("B", told(6, 20), asks(">=", "35")), part("C", told(8, 30))],
    )
    assert (found.needed, found.reached, found.slack, found.met) == (18, 19, 1, True)
    assert [(row.need, row.gain, row.binds) for row in found.rows] == [(4, 2, True), (7, 1, False), (None, 0, False)]
    assert [row.part.name for row in found.binding] == ["A"]


def test_parts_that_all_meet_theirs_may_still_fail_the_whole() -> None:
    """25 % of 8 is 2, 25 % of 12 is 3: 5 of 20 is 25 %, and 26 % of 20 is 5,2, which is 6 persons. One is missing."""
    parts = [part("A", told(1, 8), asks(">=", "25")), part("B", told(3, 12), asks(">=", "25"))]
    found = cascade(SHARE, asks(">=", "26"), told(4, 20), parts)
    assert (found.needed, found.reached, found.slack, found.met, found.binding) == (6, 5, -1, False, [])


def test_what_the_whole_told_beside_its_units_stays() -> None:
    """The province told 24 of 80, its two communes 4 of 20: 20 of 60 are its own and stay. 5 + 3 + 20 = 28 of 80 is
    35 %: exactly what is asked, nothing to spare, and each of the two binds."""
    parts = [part("A", told(3, 10), asks(">=", "50")), part("B", told(1, 10), asks(">=", "30"))]
    found = cascade(SHARE, asks(">=", "35"), told(24, 80), parts)
    assert (found.needed, found.reached, found.slack, found.met) == (28, 28, 0, True)
    assert (found.rows[2].part.unit, found.rows[2].has, found.rows[2].base) == ("", 20, 60)
    assert [row.part.name for row in found.binding] == ["A", "B"]


def test_a_ceiling_counts_from_above() -> None:
    """Under 25 % of 40 is 9 at most. A: no more than 20 % of 15 is 3, B: under 24 % of 25 (6) is 5: 8, one to spare.
    A has 5 and must lose 2: it binds."""
    parts = [part("A", told(5, 15), asks("<=", "20")), part("B", told(4, 25), asks("<", "24"))]
    found = cascade(SHARE, asks("<", "25"), told(9, 40), parts)
    assert (found.needed, found.reached, found.slack, found.met) == (9, 8, 1, True)
    assert [(row.need, row.gain, row.binds) for row in found.rows] == [(3, 2, True), (5, 0, False)]


def test_a_sum_needs_no_denominator() -> None:
    parts = [part("A", None, asks(">=", "120")), part("B", told(60), asks(">=", "70")), part("C", told(15))]
    found = cascade(COUNT, asks(">=", "200"), told(75), parts)
    assert (found.needed, found.reached, found.slack, found.met) == (200, 205, 5, True)
    assert [row.part.name for row in found.binding] == ["B"]  # of A it is not known where it stands


def test_a_floor_and_no_floor_say_nothing_of_the_other_side() -> None:
    """A part that only promises not to be above says nothing of what is at least there."""
    found = cascade(SHARE, asks(">=", "10"), told(4, 10), [part("A", told(4, 10), asks("<=", "50"))])
    assert (found.reached, found.met) == (0, False)
    found = cascade(RATE, asks("<=", "500"), told(4, 10), [part("A", told(4, 10), asks(">=", "300"))])
    assert (found.reached, found.slack, found.met) == (None, None, False)


@pytest.mark.parametrize(
    ("whole", "parts", "why"),
    [
        (told(5, 10), [part("A", None), part("B", None)], "own"),
        (Value("x", "u", "2026"), [part("A", None)], "no_figure"),
        (told(1, 10), [part("A", told(2, 10), asks(">=", "40"))], "apart"),
    ],
)
def test_what_cannot_be_worked_out_says_why(whole: Value, parts: list[Part], why: str) -> None:
    found = cascade(SHARE, asks(">=", "30"), whole, parts)
    assert (found.why, found.met, found.slack) == (why, None, None)


def test_a_unit_whose_figure_is_missing_is_named_and_nothing_is_guessed() -> None:
    silent = Value("x", "u", "2026", units_due=1)
    parts = [part("A", told(4, 10), asks(">=", "40")), part("B", silent, asks(">=", "40")), part("C", None)]
    found = cascade(SHARE, asks(">=", "40"), told(4, 10), parts)
    assert [row.part.name for row in found.missing] == ["B"]
    assert (found.total, found.met, found.slack) == (None, None, None)
    about = cascade(SHARE, asks(">=", "40"), told(4, 10), [part("A", told(4, 10), asks("~", "40"))])
    assert about.missing[0].why == "“about” has no limit that could be added up"


FLOORS: list[Operator] = [">=", ">", "<=", "<", "=="]


@st.composite
def small(draw: st.DrawFn) -> tuple[Asked, list[tuple[int, int, Asked | None]]]:
    def limit() -> Asked:
        return Asked(draw(st.sampled_from(FLOORS)), Fraction(draw(st.integers(0, 20)) * 5))

    parts = []
    for _one in range(draw(st.integers(1, 3))):
        base = draw(st.integers(1, 5))
        parts.append((draw(st.integers(0, base)), base, limit() if draw(st.booleans()) else None))
    return limit(), parts


def _numerators(has: int, base: int, asked: Asked | None) -> list[int]:
    if asked is None:
        return [has]
    return [one for one in range(base + 1) if OPERATORS[asked.op](one * 100, asked.value * base)]


@given(small())
def test_every_small_case_agrees_with_trying_all_of_them(
    case: tuple[Asked, list[tuple[int, int, Asked | None]]],
) -> None:
    """Numerators from 0 to the denominator, each part as it promises: the whole is met whenever every part is, exactly
    where none of the combinations fails it."""
    asked, parts = case
    base = sum(one for _has, one, _asked in parts)
    whole = told(sum(has for has, _base, _asked in parts), base)
    found: Cascade = cascade(
        SHARE, asked, whole, [part(str(at), told(has, of), limit) for at, (has, of, limit) in enumerate(parts)]
    )
    choices = [_numerators(*one) for one in parts]
    if not all(choices):
        return  # a part that no whole number meets promises nothing that could be tried
    holds = [OPERATORS[asked.op](sum(one) * 100, asked.value * base) for one in itertools.product(*choices)]
    assert found.met is all(holds)
    for at, row in enumerate(found.rows):
        stays = [choice if index != at else [parts[at][0]] for index, choice in enumerate(choices)]
        fails = not all(OPERATORS[asked.op](sum(one) * 100, asked.value * base) for one in itertools.product(*stays))
        assert row.binds is (found.met is True and fails and parts[at][0] not in choices[at])
