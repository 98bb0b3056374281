"""Bounds of a ratio whose two sides come through the same uncertain shares."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple


class Uncertain(NamedTuple):
    """What one unit adds to both sides of a ratio for a share of one, and the bounds of its share."""

    numerator: Fraction
    denominator: Fraction
    low: Fraction
    high: Fraction


def ratio_bounds(
    numerator: Fraction, denominator: Fraction, parts: Sequence[Uncertain]
) -> tuple[Fraction, Fraction] | None:
    """The least and the greatest of (numerator + Σ nᵢsᵢ) / (denominator + Σ dᵢsᵢ), each sᵢ between its bounds.

    These are the tightest there are: both sides move with the same shares, so the extremes lie where every share is
    at one of its ends, and which end follows from whether its own ratio is above the one reached (W. Dinkelbach, On
    nonlinear fractional programming, 1967). Denominators are not negative. None where the ratio has no bound: the
    denominator may be as small as one likes while the numerator is not.
    """
    greatest = _greatest(numerator, denominator, parts)
    flipped = [one._replace(numerator=-one.numerator) for one in parts]
    least = _greatest(-numerator, denominator, flipped)
    return None if greatest is None or least is None else (-least, greatest)


def _greatest(numerator: Fraction, denominator: Fraction, parts: Sequence[Uncertain]) -> Fraction | None:
    at = [one.high for one in parts]
    under = denominator + sum((one.denominator * share for one, share in zip(parts, at, strict=True)), Fraction(0))
    if under <= 0:
        return None
    reached = (numerator + sum((one.numerator * s for one, s in zip(parts, at, strict=True)), Fraction(0))) / under
    while True:
        over, under = numerator, denominator
        for one in parts:
            share = one.high if one.numerator > reached * one.denominator else one.low
            over += one.numerator * share
            under += one.denominator * share
        if over - reached * under <= 0:
            return reached
        if under <= 0:
            return None
        reached = over / under
