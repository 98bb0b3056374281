"""Shares of one unit that go to others, and their bounds: the arithmetic of a row whose shares sum to 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple


class Share(NamedTuple):
    """How much of one unit goes to another by one measure: 0..1, between `low` and `high`; equal bounds are exact.

    `best` is a number somebody stated inside the bounds; an exact share needs none.
    """

    low: Fraction
    high: Fraction
    best: Fraction | None = None

    @classmethod
    def of(cls, exact: Fraction | Decimal | int | str) -> Share:
        """An exact share."""
        share = Fraction(exact)
        return cls(share, share, share)

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def point(self) -> Fraction | None:
        """The one number to reckon with: the exact share or the stated one; None where there are bounds only."""
        return self.low if self.low == self.high else self.best


WHOLE = Share.of(1)
NOTHING = Share.of(0)
UNKNOWN = Share(Fraction(0), Fraction(1))

Row = Mapping[int, Share]
"""What becomes of one unit: unit → share."""


def settled(row: Row) -> Row:
    """Bounds that the sum of 1 implies, and the one estimate that the others leave; a wrong row stays as it is."""
    if all(share.exact for share in row.values()):
        return {unit: share if share.best == share.low else Share.of(share.low) for unit, share in row.items()}
    low, high = sum(share.low for share in row.values()), sum(share.high for share in row.values())
    if not low <= 1 <= high:
        return row
    points = [share.point for share in row.values()]
    left = 1 - sum((point for point in points if point is not None), Fraction(0)) if points.count(None) == 1 else None
    settled = {}
    for unit, share in row.items():
        least, most = max(share.low, 1 - (high - share.high)), min(share.high, 1 - (low - share.low))
        point = share.point if share.point is not None else left
        if least == most:
            settled[unit] = Share.of(least)
        else:
            settled[unit] = Share(least, most, point if point is not None and least <= point <= most else None)
    return settled


def through(row: Row, rows: Mapping[int, Row], leaks: bool = False) -> Row:
    """A row followed by the rows of its units. `leaks`: a part of it went nowhere, so that it does not sum to 1."""
    parts = [(share, rows.get(heir, {})) for heir, share in row.items() if share.high > 0]
    if len(parts) == 1 and parts[0][0].low == 1:
        return parts[0][1]
    if leaks:
        left = 1 - sum((share.low for share, _ in parts), Fraction(0))
        parts.append((Share(Fraction(0), max(left, Fraction(0)), Fraction(0)), {}))
    ways: dict[int, list[int]] = {}
    for way, (_, onward) in enumerate(parts):
        for unit in onward:
            ways.setdefault(unit, []).append(way)
    shares = {}
    for unit, taken in ways.items():
        if len(taken) == 1:
            share = _product(parts[taken[0]][0], parts[taken[0]][1][unit])
        else:
            share = _sum([(share, onward.get(unit, NOTHING)) for share, onward in parts])
        if share.high > 0:
            shares[unit] = share
    return shares


def _product(first: Share, second: Share) -> Share:
    """A share of a share."""
    if second.low == 1:
        return first
    if first.low == 1:
        return second
    low, high = first.low * second.low, first.high * second.high
    if low == high:
        return Share(low, low, low)
    one, other = first.point, second.point
    return Share(low, high, None if one is None or other is None else one * other)


def _sum(parts: Sequence[tuple[Share, Share]]) -> Share:
    """Σ first × second over parts whose firsts sum to 1: the narrowest bounds, and the estimate where all have one."""
    low = _extreme([(first, second.low) for first, second in parts], most=False)
    high = _extreme([(first, second.high) for first, second in parts], most=True)
    if low == high:
        return WHOLE if low == 1 else Share(low, low, low)
    best = Fraction(0)
    for first, second in parts:
        if second.high == 0:
            continue
        if first.point is None or second.point is None:
            return Share(low, high)
        best += first.point * second.point
    return Share(low, high, best)


def _extreme(parts: Iterable[tuple[Share, Fraction]], *, most: bool) -> Fraction:
    """The most, or least, that Σ share × factor can be: all get their low, the rest of 1 goes where it counts most."""
    held = list(parts)
    total = sum((share.low * factor for share, factor in held), Fraction(0))
    if all(share.exact for share, _ in held):
        return total
    rest = 1 - sum(share.low for share, _ in held)
    for share, factor in sorted(held, key=lambda part: part[1], reverse=most):
        taken = max(min(rest, share.high - share.low), Fraction(0))
        total += taken * factor
        rest -= taken
    return total


def rounded_row(row: Row, places: int) -> Row:
    """Exact shares and estimates by largest remainders, bounds outward."""
    if len(row) == 1 and next(iter(row.values())).low == 1:
        return row
    points = {unit: share.point for unit, share in row.items()}
    known = {unit: point for unit, point in points.items() if point is not None}
    told = apportion(known, places) if len(known) == len(row) else {}
    shares, step = {}, Fraction(1, 10**places)
    for unit, share in row.items():
        low = floor(share.low / step) * step
        high = -floor(-share.high / step) * step
        if share.exact:
            shares[unit] = Share.of(told.get(unit, low))
        else:
            shares[unit] = Share(low, high, Fraction(told[unit]) if told else None)
    return shares


def apportion(parts: Mapping[int, Fraction], places: int = 0) -> dict[int, Decimal]:
    """Parts rounded so that they still sum to their rounded total, by largest remainders (the first among equals)."""
    scale = 10**places
    lower = {unit: floor(part * scale) for unit, part in parts.items()}
    over = round(sum((part * scale for part in parts.values()), Fraction(0))) - sum(lower.values())
    by_remainder = sorted(parts, key=lambda unit: lower[unit] - parts[unit] * scale)
    raised = set(by_remainder[:over])
    return {unit: Decimal(least + (unit in raised)).scaleb(-places) for unit, least in lower.items()}
