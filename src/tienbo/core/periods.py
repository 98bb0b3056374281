"""Reporting periods: legal half-years and years, on the calendar the law set for them.

A period has a label ("2026-H1", "2026"), which is what people say, and days, which are what the law says:
the first half of 2026 runs from 15/12/2025 to the end of 14/6/2026 (NĐ 09/2019/NĐ-CP, art. 12). Labels are
compared and stored; days come from the regimes, dated data of the pack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, total_ordering

from tienbo.core.spans import Span

_SPELLINGS = re.compile(
    r"""^\s*(?:
        (?P<y1>\d{4})\s*-?\s*[HS](?P<h1>[12])          # 2026-H1, DHIS2's 2026S1, SDMX's 2026-S1
      | (?P<y2>\d{4})                                   # 2026
      | 6\s+tháng\s+(?P<h3>đầu|cuối)\s+năm\s+(?P<y3>\d{4})
      | năm\s+(?P<y4>\d{4})
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """A half-year (`half` 1 or 2) or a whole year (`half` 0) by its label."""

    year: int
    half: int = 0

    def __post_init__(self) -> None:
        if self.half not in (0, 1, 2) or not 1900 <= self.year <= 2200:
            raise ValueError(f"no such period: {self.year}, half {self.half}")

    @classmethod
    def parse(cls, text: str) -> Period:
        """A period from any spelling people and peers use; ValueError when it is none of them."""
        return _parsed(text)

    @classmethod
    def from_index(cls, index: int) -> Period:
        """The half-year whose `index` this is."""
        return cls(index // 2, index % 2 + 1)

    @property
    def code(self) -> str:
        return f"{self.year}-H{self.half}" if self.half else str(self.year)

    @property
    def is_year(self) -> bool:
        return self.half == 0

    @property
    def index(self) -> int:
        """A number that grows by one each half-year; the engine's column `period`. A half-year only."""
        if self.is_year:
            raise ValueError(f"{self.code} is a year: ask for its halves")
        return self.year * 2 + self.half - 1

    @property
    def halves(self) -> tuple[Period, ...]:
        return (self,) if self.half else (Period(self.year, 1), Period(self.year, 2))

    @property
    def last_half(self) -> Period:
        return self.halves[-1]

    def previous(self) -> Period:
        """The period before this one, of the same length."""
        return Period(self.year - 1) if self.is_year else Period.from_index(self.index - 1)

    def same_last_year(self) -> Period:
        """ "Cùng kỳ năm trước"."""
        return Period(self.year - 1, self.half)

    def __lt__(self, other: Period) -> bool:
        return (self.year, self.half or 3) < (other.year, other.half or 3)

    def __str__(self) -> str:
        return self.code


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Period:
    """Remembered: a paper reads its few periods thousands of times."""
    found = _SPELLINGS.match(unicodedata.normalize("NFC", text))
    if not found:
        raise ValueError(f"not a period: {text!r} (expected 2026-H1 or 2026)")
    year = found["y1"] or found["y2"] or found["y3"] or found["y4"]
    half = found["h1"] or {"đầu": "1", "cuối": "2"}.get((found["h3"] or "").lower(), "0")
    return Period(int(year), int(half))


@dataclass(frozen=True, slots=True)
class Regime:
    """A reporting calendar set by a document, in force from the period `first` on.

    `half_starts`: (month, day) on which the first and the second half begin; a first half that begins in
    month 7–12 begins in the year before its label. `due`: (month, day) by which each half is due upward.
    """

    code: str
    first: Period
    half_starts: tuple[tuple[int, int], tuple[int, int]]
    due: tuple[tuple[int, int], tuple[int, int]] | None = None
    document: str = ""
    confidence: str = "confirmed"

    def start_of(self, period: Period) -> date:
        month, day = self.half_starts[period.half - 1]
        return date(period.year - 1 if period.half == 1 and month > 6 else period.year, month, day)


class Calendar:
    """Regimes in order; turns a period into its days. Periods partition time, also where regimes meet."""

    def __init__(self, regimes: Iterable[Regime]) -> None:
        self.regimes: Sequence[Regime] = tuple(sorted(regimes, key=lambda regime: regime.first))
        if not self.regimes:
            raise ValueError("a calendar needs at least one regime")

    def regime(self, period: Period) -> Regime:
        """The regime under which `period` is reported; ValueError for a time before the first."""
        half = period.halves[0]
        found = [regime for regime in self.regimes if regime.first <= half]
        if not found:
            raise ValueError(f"no reporting regime is known for {period.code}")
        return found[-1]

    def span(self, period: Period) -> Span:
        """The legal days of a period. The first period under a new regime begins where the last one under
        the old regime ended, so that no day is counted twice and none is lost."""
        if period.is_year:
            first, last = period.halves
            return Span(self.span(first).start, self.span(last).end)
        regime = self.regime(period)
        start = regime.start_of(period)
        if period == regime.first and regime is not self.regimes[0]:
            before = self.regimes[self.regimes.index(regime) - 1]
            start = before.start_of(period)
        return Span(start, regime.start_of(Period.from_index(period.index + 1)))

    def last_day(self, period: Period) -> date:
        """The day whose units are due and whose tree the period rolls up on (design: "its last day")."""
        last = self.span(period).last_day
        assert last is not None  # noqa: S101 - a period always ends
        return last

    def half_on(self, day: date) -> Period:
        """The half-year a day belongs to; ValueError for a day before the first regime."""
        halves = (Period(year, half) for year in (day.year, day.year + 1) for half in (1, 2))
        return next(half for half in halves if self.span(half).contains(day))

    def due(self, period: Period) -> date | None:
        """The day by which a report of `period` is due upward under its regime, None where the regime has none."""
        half = period.last_half
        due = self.regime(half).due
        return None if due is None else date(half.year, *due[half.half - 1])
