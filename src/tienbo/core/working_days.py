"""Working days: weekends and days off, as far as they are known; a due day that falls on one of them moves on.

Days off come from dated data (the pack's calendars). Days of the lunar calendar and days exchanged for Saturdays are
announced a year at a time, so a year is announced, foreseen (counted from the lunar calendar), or not known at all;
whoever shows a day that was moved says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

Known = Literal["announced", "foreseen", "unknown"]


@dataclass(frozen=True)
class WorkingDays:
    """`each_year`: (month, day) → name (a text of the pack, in the language being spoken), of the days that are off
    every year; `off` and `worked` (Saturdays worked in exchange) of the years of `years`, which says how far each of
    them is known."""

    each_year: Mapping[tuple[int, int], object] = field(default_factory=dict)
    off: Mapping[date, object] = field(default_factory=dict)
    worked: frozenset[date] = frozenset()
    years: Mapping[int, Known] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether offices are open, as far as is known."""
        if day in self.worked:
            return True
        return day.weekday() < 5 and self.name_of(day) == ""

    def name_of(self, day: date) -> str:
        """What a day off is called; empty for a weekend and for a working day."""
        return str(self.off.get(day) or self.each_year.get((day.month, day.day), ""))

    def moved(self, day: date) -> date:
        """The day itself, or the next working day where it is none."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def after(self, day: date) -> date:
        """The first working day after a day."""
        return self.moved(day + timedelta(days=1))

    def counted(self, day: date, number: int) -> date:
        """The last of so many working days that follow a day; the day itself is not one of them."""
        for _ in range(number):
            day = self.after(day)
        return day

    def between(self, day: date, other: date) -> int:
        """Working days from the day after one up to another, that one included; below zero where it lies before."""
        if other < day:
            return -self.between(other, day)
        return sum(self.is_working(day + timedelta(days=one)) for one in range(1, (other - day).days + 1))

    def known(self, days: Iterable[date]) -> Known:
        """How far the least known of these days' years is known."""
        order: tuple[Known, ...] = ("announced", "foreseen", "unknown")
        return max((self.years.get(day.year, "unknown") for day in days), key=order.index, default="announced")
