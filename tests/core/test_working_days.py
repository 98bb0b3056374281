"""Due days on working days: weekends, days off of the pack, Saturdays worked in exchange, years not announced."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.catalogue.fingerprint import canonical
from tienbo.catalogue.loading import load
from tienbo.core.working_days import WorkingDays

DAYS = load("vn").working_days


@pytest.mark.parametrize(
    ("asked", "moved"),
    [
        ("2026-06-25", "2026-06-25"),  # a Thursday
        ("2026-12-27", "2026-12-28"),  # a Sunday
        ("2026-02-14", "2026-02-23"),  # the Saturday before the lunar New Year: the Monday after it
        ("2026-04-25", "2026-04-28"),  # a Saturday before the Monday in place of the Hùng Kings' day
        ("2026-08-29", "2026-09-03"),  # National Day with the Monday that is exchanged
        ("2026-08-22", "2026-08-22"),  # the Saturday worked for it
        ("2030-05-01", "2030-05-02"),  # a day of every year, of a year nothing else is known of
    ],
)
def test_a_due_day_moves_to_the_next_working_day(asked: str, moved: str) -> None:
    assert DAYS.moved(date.fromisoformat(asked)) == date.fromisoformat(moved)


def test_the_first_working_day_after_the_figures_end_is_never_that_day() -> None:
    assert DAYS.after(date(2026, 6, 14)) == date(2026, 6, 15)
    assert DAYS.after(date(2026, 6, 19)) == date(2026, 6, 22)


def test_a_time_in_working_days_leaves_out_its_own_day_and_the_days_off() -> None:
    assert DAYS.counted(date(2026, 6, 12), 5) == date(2026, 6, 19)  # Friday: the five days of the next week
    assert DAYS.counted(date(2026, 4, 24), 5) == date(2026, 5, 6)  # 28, 29/4, 4, 5, 6/5
    assert DAYS.counted(date(2026, 8, 21), 3) == date(2026, 8, 25)  # the Saturday worked is one
    assert DAYS.counted(date(2026, 6, 13), 0) == date(2026, 6, 13)


def test_a_year_says_how_far_its_days_off_are_known() -> None:
    assert DAYS.known([date(2026, 6, 25)]) == "announced"
    assert DAYS.known([date(2026, 12, 31), date(2027, 1, 4)]) == "foreseen"
    assert DAYS.known([date(2031, 1, 1)]) == "unknown"


def test_days_off_are_named_and_weekends_are_not() -> None:
    assert DAYS.name_of(date(2026, 2, 17)) == "Tết Nguyên đán Bính Ngọ"
    assert DAYS.name_of(date(2026, 6, 27)) == ""
    assert not WorkingDays().is_working(date(2026, 6, 27))


def test_an_announcement_of_days_off_is_no_new_edition() -> None:
    assert "days_off" not in canonical(load("vn"))
