"""Distributions of whole counts: the urn a seat is drawn from, sums of many, fractiles. Exact; nothing is drawn.

The urn (Wallenius): seats of a unit are filled one by one from its list; a woman's weight is `odds`, a man's 1. The
chance of k women is added up seat by seat over what may have gone before, all terms positive, so that lists without
women, without men, or with as many candidates as seats need no case of their own. Arrays have the chances along their
last axis: 0, 1, 2 … women.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_DIRECT = 24
"""Sums of fewer terms are convolved term by term, wider ones by Fourier's way (absolute error about 1e-16)."""


class Slopes(NamedTuple):
    """Chances and their first and second derivatives by the logarithm of the odds."""

    chance: Floats
    first: Floats
    second: Floats


def urn(women: Ints, men: Ints, draws: Ints, log_odds: Floats) -> Floats:
    """Chances of 0, 1, … women for each list (last axis of `log_odds`); its other axes are kept."""
    odds = np.exp(log_odds)[..., None]
    k = np.arange(int(draws.max(initial=0)) + 1)
    held = np.zeros((*log_odds.shape, k.size))
    held[..., 0] = 1.0
    for drawn in range(k.size - 1):
        woman = _next_is_a_woman(women, men, k, drawn, odds)
        woman *= held
        if (draws > drawn).all():
            held -= woman
            held[..., 1:] += woman[..., :-1]
        else:
            woman *= (draws > drawn)[:, None]
            held -= woman
            held[..., 1:] += woman[..., :-1]
    return held


def _next_is_a_woman(women: Ints, men: Ints, k: Ints, drawn: int, odds: Floats) -> Floats:
    """The chance that the next seat goes to a woman when k of those drawn were women."""
    weight = odds * np.maximum(women[:, None] - k, 0)
    all_ = weight + np.maximum(men[:, None] - np.maximum(drawn - k, 0), 0)
    made: Floats = np.divide(weight, all_, out=np.zeros_like(weight), where=all_ > 0)
    return made


def urn_slopes(women: Ints, men: Ints, draws: Ints, log_odds: Floats) -> Slopes:
    """The urn with what a small change of the odds changes; differentiated step by step, not by differences."""
    odds = np.exp(log_odds)[..., None]
    k = np.arange(int(draws.max(initial=0)) + 1)
    held = np.zeros((3, *log_odds.shape, k.size))
    f, g, h = held
    f[..., 0] = 1.0
    for drawn in range(k.size - 1):
        p = _next_is_a_woman(women, men, k, drawn, odds) * (draws > drawn)[:, None]
        # Where it is certain (p 0 or 1) it stays so, and p(1 - p) says it.
        p1 = p * (1 - p)
        p2 = p1 * (1 - 2 * p)
        moved = np.stack([f * p, g * p + f * p1, h * p + 2 * g * p1 + f * p2])
        held -= moved
        held[..., 1:] += moved[..., :-1]
    return Slopes(f, g, h)


def fisher_slopes(women: Ints, men: Ints, draws: Ints, log_odds: Floats) -> Slopes:
    """Fisher's variant, for comparison only: its odds mean something else and are never mixed with the urn's."""
    from scipy.special import gammaln

    k = np.arange(int(draws.max(initial=0)) + 1)
    w, m, n = women[:, None], men[:, None], draws[:, None]
    fits = (k <= np.minimum(w, n)) & (n - k <= m)
    inside = np.where(fits, k, np.minimum(w, n))
    ways = -gammaln(inside + 1) - gammaln(w - inside + 1) - gammaln(n - inside + 1) - gammaln(m - n + inside + 1)
    power = np.where(fits, ways + log_odds[..., None] * k, -np.inf)
    f = np.exp(power - power.max(axis=-1, keepdims=True))
    f /= f.sum(axis=-1, keepdims=True)
    away = k - (f * k).sum(axis=-1, keepdims=True)
    return Slopes(f, f * away, f * (away**2 - (f * away**2).sum(axis=-1, keepdims=True)))


def added(parts: Floats) -> Floats:
    """The distribution of the sum over the last axis but one; parts are independent of one another."""
    while parts.shape[-2] > 1:
        if parts.shape[-2] % 2:
            nothing = np.zeros((*parts.shape[:-2], 1, parts.shape[-1]))
            nothing[..., 0] = 1.0
            parts = np.concatenate([parts, nothing], axis=-2)
        parts = both(parts[..., ::2, :], parts[..., 1::2, :])
    return parts[..., 0, :]


def both(one: Floats, other: Floats) -> Floats:
    """The distribution of the sum of two independent counts."""
    width = one.shape[-1] + other.shape[-1] - 1
    if min(one.shape[-1], other.shape[-1]) > _DIRECT:
        length = _length(width)
        made = np.fft.irfft(np.fft.rfft(one, length) * np.fft.rfft(other, length), length)[..., :width]
        return np.maximum(made, 0.0)
    if one.shape[-1] > other.shape[-1]:
        one, other = other, one
    summed = np.zeros((*np.broadcast_shapes(one.shape[:-1], other.shape[:-1]), width))
    for k in range(one.shape[-1]):
        summed[..., k : k + other.shape[-1]] += one[..., k : k + 1] * other
    return summed


def times(part: Floats, number: int) -> Floats:
    """The distribution of the sum of so many independent counts that are distributed alike."""
    if number == 1:
        return part
    width = (part.shape[-1] - 1) * number + 1
    length = _length(width)
    return np.maximum(np.fft.irfft(np.fft.rfft(part, length) ** number, length)[..., :width], 0.0)


def total(kinds: Floats, numbers: Ints) -> Floats:
    """The distribution of the sum where each kind (last axis but one) is there so many times: kinds that are there
    equally often are added once, and what they make is multiplied."""
    counts = np.unique(numbers)
    made = times(added(kinds[..., numbers == counts[0], :]), int(counts[0]))
    for number in counts[1:]:
        made = both(made, times(added(kinds[..., numbers == number, :]), int(number)))
    return made


def _length(width: int) -> int:
    """A length Fourier's way is quick at: the next 2ⁿ or 3 · 2ⁿ."""
    power = 1 << (width - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= width else power


@dataclass(frozen=True)
class Distribution:
    """The chances of a count: 0, 1, 2 …"""

    chances: Floats

    @classmethod
    def of(cls, chances: Floats) -> Distribution:
        """The same without the empty end, summing to 1."""
        last = int(np.flatnonzero(chances > 0)[-1])
        return cls(chances[: last + 1] / chances.sum())

    @property
    def mean(self) -> float:
        return float(self.chances @ np.arange(self.chances.size))

    @property
    def sd(self) -> float:
        return float(np.sqrt(self.chances @ (np.arange(self.chances.size) - self.mean) ** 2))

    def chance(self, count: int) -> float:
        return float(self.chances[count]) if 0 <= count < self.chances.size else 0.0

    def at_least(self, count: int) -> float:
        return float(self.chances[max(count, 0) :].sum())

    def below(self, count: int) -> float:
        return float(self.chances[: max(count, 0)].sum())

    def fractile(self, share: float) -> int:
        """The smallest count that is not exceeded with this chance."""
        return int(np.searchsorted(np.cumsum(self.chances), share - 1e-12))

    def interval(self, share: float) -> tuple[int, int]:
        """The counts between the two fractiles, both included; it holds at least its share."""
        return self.fractile((1 - share) / 2), self.fractile((1 + share) / 2)

    def holds(self, count: int, share: float) -> bool:
        """Whether a count lies in the interval."""
        low, high = self.interval(share)
        return low <= count <= high

    def pit(self, count: int) -> tuple[float, float]:
        """The chances of less than `count` and of at most `count`. A count has steps, so that its probability integral
        transform is this piece: 90 % intervals hold 90 % where a point drawn in it is evenly spread over 0..1."""
        return self.below(count), self.below(count + 1)


def mixed(chances: Floats, weights: Floats) -> Distribution:
    """One distribution of several with weights (first axis)."""
    return Distribution.of(np.tensordot(weights, chances, axes=1))


def grid(step: float, reach: float) -> tuple[Floats, Floats]:
    """Points of a standard normal variable and their weights. Even steps: for smooth integrands the error falls faster
    than any power of the step."""
    half = int(np.ceil(reach / step))
    points = np.linspace(-half * step, half * step, 2 * half + 1)
    weights = np.exp(-(points**2) / 2)
    return points, np.asarray(weights / weights.sum(), dtype=np.float64)


def pairs(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Two independent normal variables: points (n, 2) and weights, without pairs too rare to matter."""
    points = np.array(list(itertools.product(first[0], second[0])))
    weights: Floats = np.outer(first[1], second[1]).ravel()
    kept = weights > weights.max() * 1e-7
    return points[kept], np.asarray(weights[kept] / weights[kept].sum())
