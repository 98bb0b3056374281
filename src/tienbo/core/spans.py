"""Span: the one convention for time, half-open [start, end)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days from `start` (included) to `end` (excluded); `end` None means open.

    Vietnamese paper says "đến hết ngày 30/6/2025": that is `end=2025-07-01`. Convert at the edge with
    `through`, and print `last_day`; nothing in between speaks of the last day.
    """

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"a span must end after it starts: {self.start} … {self.end}")

    @classmethod
    def through(cls, start: date, last_day: date) -> Span:
        """The span of a paper that names its last day ("đến hết ngày")."""
        return cls(start, last_day + timedelta(days=1))

    @property
    def last_day(self) -> date | None:
        return None if self.end is None else self.end - timedelta(days=1)

    def contains(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Span) -> bool:
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


def overlapping(spans: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Pairs of neighbours (by start) that share a day."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end is None, span.end or span.start))
    return [(a, b) for a, b in itertools.pairwise(ordered) if a.overlaps(b)]
