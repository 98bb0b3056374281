"""A distribution on a page: columns of an inline picture without styles, so that what was typed for a question needs no
address of its own (papers draw theirs with papers.chart)."""

from __future__ import annotations

from typing import NamedTuple

from tienbo.core.words import number
from tienbo.outlook.distributions import Distribution
from tienbo.papers.committee_paper import INTERVAL, chances_words, listed, note_words, share_words

WIDE, HIGH, ABOVE, BELOW = 560, 150, 18, 22
"""The picture's own units: the room of the columns, above them for their figures, below for their counts."""
FIGURES = 16
"""Columns up to which each says its chance and its count; of more, every second or further one its count."""


class Bar(NamedTuple):
    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    chance: str
    is_within: bool


class Drawing(NamedTuple):
    """`rule`: where the target begins, "" for none in the picture."""

    title: str
    words: str
    note: str
    box: str
    foot: int
    top: int
    bars: list[Bar]
    rule: str


def drawing(title: str, made: Distribution, *, target: int | None = None) -> Drawing:
    """The chances worth a line as columns, those within the interval apart from the others."""
    counts = listed(made)
    low, high = made.interval(INTERVAL)
    step = WIDE / len(counts)
    tallest = max(made.chance(count) for count in counts)
    each = max(1, -(-len(counts) // FIGURES))
    bars = []
    for index, count in enumerate(counts):
        height = HIGH * made.chance(count) / tallest
        bars.append(
            Bar(
                f"{index * step + step * 0.1:.1f}",
                f"{ABOVE + HIGH - height:.1f}",
                f"{step * 0.8:.1f}",
                f"{height:.1f}",
                f"{index * step + step / 2:.1f}",
                number(count) if index % each == 0 else "",
                share_words(made.chance(count), 0) if each == 1 else "",
                low <= count <= high,
            )
        )
    has_rule = target is not None and counts[0] <= target <= counts[-1]
    rule = f"{(target - counts[0]) * step:.1f}" if has_rule and target is not None else ""
    box = f"0 0 {WIDE} {ABOVE + HIGH + BELOW}"
    return Drawing(title, chances_words(made, target), note_words(), box, ABOVE + HIGH + 16, ABOVE, bars, rule)
