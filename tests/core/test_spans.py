"""Time is half-open: the eve, the day and the morrow of every boundary."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.core.spans import Span, overlapping

EVE, DAY, MORROW = date(2025, 6, 30), date(2025, 7, 1), date(2025, 7, 2)


def test_a_span_contains_its_first_day_and_not_the_eve() -> None:
    span = Span(DAY, date(2026, 1, 1))
    assert [span.contains(day) for day in (EVE, DAY, MORROW)] == [False, True, True]


def test_a_span_does_not_contain_its_end() -> None:
    span = Span(date(2025, 1, 1), DAY)
    assert [span.contains(day) for day in (EVE, DAY, MORROW)] == [True, False, False]


def test_paper_says_the_last_day_and_the_span_ends_on_the_morrow() -> None:
    span = Span.through(date(2025, 1, 1), EVE)
    assert span == Span(date(2025, 1, 1), DAY)
    assert span.last_day == EVE


def test_an_open_span_contains_every_later_day_and_has_no_last_day() -> None:
    span = Span(DAY)
    assert span.contains(date(2199, 12, 31))
    assert not span.contains(EVE)
    assert span.last_day is None


@pytest.mark.parametrize("end", [DAY, EVE])
def test_a_span_that_holds_no_day_is_refused(end: date) -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        Span(DAY, end)


def test_spans_that_touch_do_not_overlap() -> None:
    before, after = Span(date(2024, 1, 1), DAY), Span(DAY)
    assert not before.overlaps(after)
    assert not after.overlaps(before)
    assert Span(date(2024, 1, 1), MORROW).overlaps(after)


def test_overlapping_neighbours_are_found_whatever_their_order() -> None:
    first, second, third = Span(date(2020, 1, 1), date(2021, 1, 1)), Span(date(2020, 12, 31), DAY), Span(DAY)
    assert overlapping([third, first, second]) == [(first, second)]
    assert overlapping([third, first]) == []


days = st.dates(min_value=date(2000, 1, 1), max_value=date(2000, 3, 1))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(days)
    length = draw(st.none() | st.integers(1, 40))
    return Span(start, None if length is None else start + timedelta(days=length))


@given(spans(), spans())
def test_spans_overlap_exactly_when_they_share_a_day(first: Span, second: Span) -> None:
    shared = any(
        first.contains(day) and second.contains(day) for day in (date(2000, 1, 1) + timedelta(n) for n in range(130))
    )
    assert first.overlaps(second) == shared == second.overlaps(first)
