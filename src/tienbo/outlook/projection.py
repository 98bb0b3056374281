"""Projecting an indicator from its own history to a year that a target names, with an interval and a chance.

Values move along a line, around it by chance (`1 - walk` of the variance of one step) and with it by steps that stay
(`walk` of it), of which a part (`turn`) turns the line itself. A short history cannot tell how much of which, nor how
large: line and variance are integrated out exactly (Student's distribution), `walk` and `turn` are weighed on a grid by
what the history says of them. Nothing is drawn.
Shares are projected as ln of their odds, so that they stay between nothing and the whole; what is only positive as
its logarithm. With the parts of a share known, half a case is added to both sides: none of 12 and 12 of 12 have odds
too, and the last denominator leads back.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from tienbo.catalogue.definitions import Operator
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_, gettext
from tienbo.outlook.distributions import Floats

MODEL = "line-and-walk/1"
"""What a stored projection says it was made with; another number for another way of reckoning."""
LEAST = 5
"""Fewer values leave fewer than three degrees of freedom, and an interval without a variance."""
WALKS, TURNS = np.repeat((np.arange(20) + 0.5) / 20, 2), np.tile([0.0, 0.2], 20)
"""The grid. That moves stay is supposed to be likelier than that they pass, in proportion: the cautious side."""
Scale = Literal["share", "positive", "any"]

worded(
    {
        "outlook.history_short": N_(
            "No projection: {count} values are of one definition and the same units; {least} are needed."
        ),
        "outlook.history_constant": N_("No projection: all {count} values are alike, so that nothing can be learnt."),
        "outlook.history_ahead": N_("No projection: {year} is not after the last value ({last})."),
        "outlook.history_twice": N_("Two values of {time}."),
        "outlook.history_outside": N_("{value} is outside what the indicator can be."),
        "outlook.history_at_bound": N_(
            "No projection: a value stands at its bound ({value}) and its numerator and denominator are not known."
        ),
        "outlook.history_breaks": N_(
            "{count} earlier values are left out: {reason}. Only what came after the last break counts."
        ),
        "outlook.history_far": N_(
            "It looks {ahead} years ahead from {span} years of history: beyond that the interval is a supposition."
        ),
        "outlook.supposed_line": N_(
            "Values are supposed to go on along the line of their own history, with chance around it and steps that "
            "stay; a change of policy is not foreseen."
        ),
        "outlook.no_verdict": N_(
            "“About” and “exactly” have no tolerance in law: no chance of reaching them is given."
        ),
        "outlook.no_parts": N_(
            "The target is the bound itself ({value}): without numerator and denominator no chance of reaching it is "
            "given."
        ),
    }
)


class Break(Enum):
    """Why a line breaks; put into words where it is shown."""

    DEFINITION = N_("the definition changed")
    UNITS = N_("the units changed")

    def __str__(self) -> str:
        return gettext(self.value)


@dataclass(frozen=True, slots=True)
class Point:
    """A value of the past. `at`: years (2025; 2025.5 for a second half). `definition` and `ground` name what it counts
    and on which units; where one of them changes, the line breaks."""

    at: float
    value: float
    denominator: float | None = None
    definition: str = ""
    ground: str = ""
    place: str = ""


@dataclass(frozen=True)
class Law:
    """What the times alone say, for each point of the grid (first axis): the matrices of prediction."""

    mean: Floats
    """(grid, n): times the values, the prediction."""
    rest: Floats
    """(grid, n, n): the weighted sum of squares about the line, as a form in the values."""
    wide: Floats
    """(grid,): variance of the prediction in units of that of a step."""
    known: Floats
    """(grid,): the part of the likelihood's logarithm that the times give, with what is supposed beforehand."""


@lru_cache(maxsize=256)
def law(times: tuple[float, ...], ahead: float, walk: float | None = None) -> Law:
    """The law of histories told at these times, for a moment ahead of them. `walk` holds its weight fixed, without
    turns: 0 is the line of least squares, 1 a walk with drift."""
    walks, turns = (WALKS, TURNS) if walk is None else (np.array([walk]), np.zeros(1))
    before = np.log(walks) if walk is None else np.zeros(1)
    t = np.array([*times, ahead])
    t = (t - t[0]) / float(np.median(np.diff(t[:-1])))
    lined = np.stack([np.ones(t.size), t], axis=1)
    lined, at = lined[:-1], lined[-1]
    sooner, later = np.minimum.outer(t, t), np.maximum.outer(t, t)
    # A step before the first value is added: any number does, for the line's height is free.
    stays, turned = sooner + 1, sooner**2 * (3 * later - sooner) / 6
    share, turn = walks[:, None, None], turns[:, None, None]
    whole = share * ((1 - turn) * stays + turn * turned) + (1 - share) * np.eye(t.size)
    spread, near = whole[:, :-1, :-1], whole[:, :-1, -1]
    inverse = np.linalg.inv(spread)
    to_line = np.linalg.inv(lined.T @ inverse @ lined)
    coefficients = to_line @ lined.T @ inverse
    pulled = np.einsum("wi,wij->wj", near, inverse)
    off = at - pulled @ lined
    rest = inverse - inverse @ lined @ coefficients
    wide = whole[:, -1, -1] - np.einsum("wi,wi->w", pulled, near)
    return Law(
        mean=pulled + np.einsum("wk,wkn->wn", off, coefficients),
        rest=rest,
        wide=wide + np.einsum("wk,wkl,wl->w", off, to_line, off),
        known=before - np.linalg.slogdet(spread)[1] / 2 + np.linalg.slogdet(to_line)[1] / 2,
    )


@dataclass(frozen=True)
class Bent:
    """How values are bent onto the line of all numbers, and back. `half`: half a case in the indicator's unit."""

    scale: Scale
    top: float
    half: float

    def out(self, value: float, half: float | None = None) -> float:
        added = self.half if half is None else half
        if self.scale == "any":
            return value
        with np.errstate(divide="ignore"):
            below = np.log(max(value + added, 0.0))
            return float(below if self.scale == "positive" else below - np.log(max(self.top - value + added, 0.0)))

    def back(self, bent: float) -> float:
        if self.scale == "any":
            return bent
        if self.scale == "positive":
            return max(float(np.exp(bent)) - self.half, 0.0)
        made = (self.top + 2 * self.half) / (1 + np.exp(-bent)) - self.half
        return float(min(max(made, 0.0), self.top))


@dataclass(frozen=True)
class Projection:
    """What the indicator will probably be at `ahead`: a mixture of Student's distributions of ln odds (or the like)."""

    history: tuple[Point, ...]
    """The values that count: those after the last break."""
    left_out: int
    reason: Break | None
    """Why the line breaks before them; None where it does not."""
    ahead: float
    bent: Bent
    means: Floats = field(repr=False, compare=False)
    spreads: Floats = field(repr=False, compare=False)
    weights: Floats = field(repr=False, compare=False)

    @property
    def freedom(self) -> int:
        return len(self.history) - 2

    def below(self, value: float) -> float:
        """The chance of less than a value."""
        from scipy.special import stdtr

        z = self.bent.out(value)
        if not np.isfinite(z):
            return float(z > 0)
        return float(self.weights @ stdtr(self.freedom, (z - self.means) / self.spreads))

    def fractile(self, share: float) -> float:
        """The value that is not exceeded with this chance."""
        from scipy.special import stdtr, stdtrit

        each = self.means + self.spreads * stdtrit(self.freedom, share)
        low, high = float(each.min()), float(each.max())
        at = float(self.weights @ each)
        # Newton's method, and bisection where it would leave what is known to hold the answer.
        for _ in range(100):
            z = (at - self.means) / self.spreads
            off = float(self.weights @ stdtr(self.freedom, z)) - share
            low, high = (at, high) if off < 0 else (low, at)
            if abs(off) < 1e-12 or high - low < 1e-12 * max(1.0, abs(at)):
                break
            at -= off / float(self.weights @ (self._peak / self.spreads * (1 + z**2 / self.freedom) ** self._tail))
            if not low < at < high:
                at = (low + high) / 2
        return self.bent.back(at)

    @property
    def _tail(self) -> float:
        return -(self.freedom + 1) / 2

    @property
    def _peak(self) -> float:
        """Student's density at its middle."""
        half = self.freedom / 2
        return math.exp(math.lgamma(half + 0.5) - math.lgamma(half)) / math.sqrt(self.freedom * math.pi)

    @cached_property
    def median(self) -> float:
        return self.fractile(0.5)

    def interval(self, share: float = 0.9) -> tuple[float, float]:
        return self.fractile((1 - share) / 2), self.fractile((1 + share) / 2)

    def unsaid(self, op: Operator, value: float) -> Fault | None:
        """Why no chance of meeting a target is given; None where one is."""
        if op in ("~", "=="):
            return Fault("outlook.no_verdict", level=Level.NOTE)
        if self.bent.scale == "share" and not self.bent.half and not 0 < value < self.bent.top:
            return Fault("outlook.no_parts", "", {"value": _plain(value)}, Level.NOTE)
        return None

    def chance(self, op: Operator, value: float, *, upper: float | None = None) -> float | None:
        """Of meeting what a target asks; None where `unsaid` tells why not."""
        if self.unsaid(op, value):
            return None
        less = self.below(value)
        made = 1 - less if op in (">=", ">") else less
        return made if upper is None or op not in (">=", ">") else made - (1 - self.below(upper))

    @property
    def span(self) -> float:
        return self.history[-1].at - self.history[0].at

    @property
    def suppositions(self) -> tuple[Fault, ...]:
        """What it rests on, for whoever prints it."""
        told = [Fault("outlook.supposed_line", level=Level.NOTE)]
        away = self.ahead - self.history[-1].at
        if self.left_out:
            fields: dict[str, Any] = {"count": self.left_out, "reason": self.reason}
            told.append(Fault("outlook.history_breaks", fields=fields, level=Level.WARNING))
        if away > self.span:
            fields = {"ahead": _plain(away), "span": _plain(self.span)}
            told.append(Fault("outlook.history_far", fields=fields, level=Level.WARNING))
        return tuple(told)

    def record(self) -> dict[str, Any]:
        """What is stored of it, so that it can be scored when the year has come and made again."""
        return {
            "model": MODEL,
            "seed": None,  # nothing is drawn
            "history": [[one.at, one.value, one.denominator] for one in self.history],
            "left_out": self.left_out,
            "ahead": self.ahead,
            "scale": self.bent.scale,
            "median": self.median,
            "intervals": {str(share): list(self.interval(share)) for share in (0.5, 0.9)},
        }


def project(
    points: Sequence[Point], ahead: float, *, scale: Scale = "share", top: float = 100.0, walk: float | None = None
) -> Projection:
    """The value at `ahead` from the stretch after the last break. `top` is what a numerator over its denominator is
    multiplied by (100 of per cent); of a share it is the whole. A count has the denominator 1 and the top 1. Refused,
    with the reason, where the history does not carry a projection."""
    told = sorted(points, key=lambda one: one.at)
    faults = [
        Fault("outlook.history_twice", after.place, {"time": f"{after.at:g}"})
        for before, after in itertools.pairwise(told)
        if before.at == after.at
    ]
    for one in told:
        outside = (scale != "any" and one.value < 0) or (scale == "share" and one.value > top)
        if outside or not np.isfinite(one.value):
            faults.append(Fault("outlook.history_outside", one.place, {"value": _plain(one.value)}))
    if faults:
        raise Refused(*faults)
    first, reason = _last_break(told)
    history = told[first:]
    if len(history) < LEAST:
        short = [Fault("outlook.history_short", "", {"count": len(history), "least": LEAST})]
        if first:
            short.append(Fault("outlook.history_breaks", "", {"count": first, "reason": reason}, Level.NOTE))
        raise Refused(*short)
    if ahead <= history[-1].at:
        raise Refused(Fault("outlook.history_ahead", "", {"year": f"{ahead:g}", "last": f"{history[-1].at:g}"}))
    halves = [_half(one, scale, top) for one in history]
    bent = Bent(scale, top, halves[-1])
    line = np.array([bent.out(one.value, half) for one, half in zip(history, halves, strict=True)])
    if not np.isfinite(line).all():
        wrong = history[int(np.flatnonzero(~np.isfinite(line))[0])]
        raise Refused(Fault("outlook.history_at_bound", wrong.place, {"value": _plain(wrong.value)}))
    if np.ptp([one.value for one in history]) <= 1e-12 * max(abs(history[0].value), 1.0):
        raise Refused(Fault("outlook.history_constant", "", {"count": len(history)}))
    said = law(tuple(one.at for one in history), ahead, walk)
    freedom = len(history) - 2
    # A history without any chance about its line still has that of how its figures were rounded.
    rest = np.maximum(np.einsum("i,wij,j->w", line, said.rest, line), freedom * _ROUNDED**2)
    weights = said.known - freedom / 2 * np.log(rest)
    weights = np.exp(weights - weights.max())
    return Projection(
        history=tuple(history),
        left_out=first,
        reason=reason,
        ahead=ahead,
        bent=bent,
        means=said.mean @ line,
        spreads=np.sqrt(rest / freedom * said.wide),
        weights=weights / weights.sum(),
    )


_ROUNDED = 1e-3
"""On the bent line: about a tenth of a figure's last printed place."""


def _plain(value: float) -> Decimal:
    return Decimal(f"{value:.6g}")


def _half(one: Point, scale: Scale, top: float) -> float:
    """Half a case in the indicator's unit; nothing where the denominator is not known."""
    return 0.5 * top / one.denominator if one.denominator and scale != "any" else 0.0


def _last_break(told: Sequence[Point]) -> tuple[int, Break | None]:
    """How many values stand before the last break, and why it broke."""
    for number in range(len(told) - 1, 0, -1):
        if told[number].definition != told[number - 1].definition:
            return number, Break.DEFINITION
        if told[number].ground != told[number - 1].ground:
            return number, Break.UNITS
    return 0, None
