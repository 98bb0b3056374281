"""Legal half-years: the labels people write, the days the law says, and no day lost where calendars meet."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.core.periods import Calendar, Period, Regime
from tienbo.core.spans import Span

MONTHS = Regime("months", Period(2000, 1), ((1, 1), (7, 1)))
ND09 = Regime("nd09", Period(2019, 2), ((12, 15), (6, 15)), due=((6, 25), (12, 25)))
CALENDAR = Calendar([ND09, MONTHS])


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-H1", Period(2026, 1)),
        ("2026-h2", Period(2026, 2)),
        ("2026H1", Period(2026, 1)),
        ("2026S1", Period(2026, 1)),
        ("2026-S2", Period(2026, 2)),
        ("2026 - H1", Period(2026, 1)),
        (" 2026 ", Period(2026)),
        ("năm 2026", Period(2026)),
        ("Năm 2026", Period(2026)),
        ("6 tháng đầu năm 2026", Period(2026, 1)),
        ("6 tháng cuối năm 2026", Period(2026, 2)),
        ("6 THÁNG ĐẦU NĂM 2026", Period(2026, 1)),
        ("6  tháng   cuối năm 2026", Period(2026, 2)),
        (unicodedata.normalize("NFD", "6 tháng đầu năm 2026"), Period(2026, 1)),
    ],
)
def test_every_spelling_people_and_peers_use_is_read(text: str, period: Period) -> None:
    assert Period.parse(text) == period


@pytest.mark.parametrize("text", ["", "2026-H3", "2026-Q1", "26-H1", "2026-H", "1899", "2201-H1", "H1-2026", "2026-06"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="period"):
        Period.parse(text)


@pytest.mark.parametrize("period", [Period(2026, 1), Period(2026, 2), Period(2026)])
def test_the_code_of_a_period_reads_as_the_same_period(period: Period) -> None:
    assert Period.parse(period.code) == period
    assert str(period) == period.code


def test_there_is_no_third_half() -> None:
    with pytest.raises(ValueError, match="no such period"):
        Period(2026, 3)


def test_the_first_half_of_2026_runs_from_15_december_2025_to_the_end_of_14_june_2026() -> None:
    span = CALENDAR.span(Period(2026, 1))
    assert span == Span.through(date(2025, 12, 15), date(2026, 6, 14))
    assert CALENDAR.last_day(Period(2026, 1)) == date(2026, 6, 14)


def test_a_figure_of_20_june_belongs_to_the_second_half() -> None:
    assert not CALENDAR.span(Period(2026, 1)).contains(date(2026, 6, 20))
    assert CALENDAR.span(Period(2026, 2)) == Span.through(date(2026, 6, 15), date(2026, 12, 14))


def test_the_year_2026_runs_from_15_december_2025_to_the_end_of_14_december_2026() -> None:
    assert CALENDAR.span(Period(2026)) == Span.through(date(2025, 12, 15), date(2026, 12, 14))


def test_the_first_half_of_2014_was_january_to_june() -> None:
    assert CALENDAR.span(Period(2014, 1)) == Span.through(date(2014, 1, 1), date(2014, 6, 30))


def test_the_first_half_year_under_a_new_calendar_begins_where_the_old_one_stopped() -> None:
    assert CALENDAR.span(Period(2019, 1)) == Span.through(date(2019, 1, 1), date(2019, 6, 30))
    assert CALENDAR.span(Period(2019, 2)) == Span.through(date(2019, 7, 1), date(2019, 12, 14))
    assert CALENDAR.span(Period(2020, 1)) == Span.through(date(2019, 12, 15), date(2020, 6, 14))


def test_a_report_is_due_on_the_25th_of_the_last_month() -> None:
    assert CALENDAR.due(Period(2026, 1)) == date(2026, 6, 25)
    assert CALENDAR.due(Period(2026)) == CALENDAR.due(Period(2026, 2)) == date(2026, 12, 25)
    assert CALENDAR.due(Period(2014, 1)) is None


def test_a_time_before_every_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="no reporting regime"):
        CALENDAR.span(Period(1999, 2))
    with pytest.raises(ValueError, match="at least one"):
        Calendar([])


def test_a_year_has_no_index_and_a_half_has_its_own() -> None:
    assert Period(2026, 2).index == Period(2026, 1).index + 1 == Period(2027, 1).index - 1
    with pytest.raises(ValueError, match="halves"):
        _ = Period(2026).index


def test_periods_before_keep_their_length() -> None:
    assert Period(2026, 1).previous() == Period(2025, 2)
    assert Period(2026).previous() == Period(2025)
    assert Period(2026, 1).same_last_year() == Period(2025, 1)
    assert Period(2026).halves == (Period(2026, 1), Period(2026, 2))
    assert Period(2026).last_half == Period(2026, 2)


def test_periods_sort_in_the_order_they_are_reported() -> None:
    expected = [Period(2025), Period(2026, 1), Period(2026, 2), Period(2026), Period(2027, 1)]
    assert sorted(expected[i] for i in (3, 1, 4, 0, 2)) == expected


halves = st.integers(Period(2001, 1).index, Period(2150, 2).index).map(Period.from_index)


@given(halves)
def test_an_index_names_one_half_year(period: Period) -> None:
    assert Period.from_index(period.index) == period
    assert period.previous().index == period.index - 1


# Halves begin anywhere a real calendar could put them: the first in December to February, the second in June or July.
starts = st.tuples(
    st.sampled_from([(12, 1), (12, 15), (12, 31), (1, 1), (1, 15), (2, 1)]),
    st.sampled_from([(6, 1), (6, 15), (6, 30), (7, 1), (7, 15)]),
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    firsts = draw(st.lists(halves, min_size=0, max_size=5, unique=True))
    regimes = [Regime(f"r{n}", first, draw(starts)) for n, first in enumerate(firsts)]
    return Calendar([Regime("oldest", Period(2000, 1), draw(starts)), *regimes])


@given(calendars(), halves)
def test_half_years_partition_time_also_where_calendars_meet(calendar: Calendar, around: Period) -> None:
    """Every day belongs to exactly one half-year: each begins on the day the one before ends."""
    at_changes = [Period.from_index(r.first.index + step) for r in calendar.regimes[1:] for step in (-1, 0, 1)]
    for period in (around, *at_changes):
        before, span = calendar.span(period.previous()), calendar.span(period)
        assert before.end == span.start
        assert span.last_day is not None
        assert span.start <= span.last_day


@given(calendars(), st.dates(min_value=date(2002, 1, 1), max_value=date(2149, 12, 31)))
def test_every_day_belongs_to_exactly_one_half_year(calendar: Calendar, day: date) -> None:
    near = [Period.from_index(day.year * 2 + step) for step in range(-2, 4)]
    assert sum(calendar.span(period).contains(day) for period in near) == 1


@given(calendars(), st.integers(2001, 2150))
def test_a_year_is_its_two_halves(calendar: Calendar, year: int) -> None:
    first, second = (calendar.span(half) for half in Period(year).halves)
    whole = calendar.span(Period(year))
    assert (whole.start, whole.end) == (first.start, second.end)
    assert whole.contains(first.start + timedelta(days=200))
