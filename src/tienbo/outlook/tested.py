"""Every way of forecasting asked about an election that was held, as if it were to come: what hit and what missed.

The misses are told with the hits, and simple ways beside the model: for a single figure they were as good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tienbo.core.faults import Fault, Refused
from tienbo.outlook.elections import Contest
from tienbo.outlook.lists import OTHER_DRIFT, Election
from tienbo.outlook.urn import DRIFT, Kind, Score, Totals, backtest, baselines, one_urn

Way = Literal[
    "equal_odds",
    "last_share",
    "success_rate",
    "ratio_of_shares",
    "one_urn",
    "units",
    "units_drift",
    "units_more_drift",
    "fisher",
    "slope",
    "slope_drift",
]
_MODELS: tuple[tuple[Way, bool, float, Kind], ...] = (
    ("units", False, 0.0, "wallenius"),
    ("units_drift", False, DRIFT, "wallenius"),
    ("units_more_drift", False, OTHER_DRIFT, "wallenius"),
    ("fisher", False, 0.0, "fisher"),
    ("slope", True, 0.0, "wallenius"),
    ("slope_drift", True, DRIFT, "wallenius"),
)
OURS: Way = "slope_drift"
"""What pages forecast with, unless they are told otherwise."""


@dataclass(frozen=True)
class Tested:
    """One way asked about one election, in women elected or (`shares_tested`) in per cent of the elected. An interval
    only where the way has one; `scored` where it knows units."""

    way: Way
    mean: float
    observed: float
    within_90: tuple[float, float] | None = None
    within_95: tuple[float, float] | None = None
    log_odds: float | None = None
    scored: Score | None = None

    @property
    def error(self) -> float:
        return self.mean - self.observed

    @property
    def hit_95(self) -> bool | None:
        """None where the way has no interval to miss."""
        return None if self.within_95 is None else self.within_95[0] <= self.observed <= self.within_95[1]


@lru_cache(maxsize=8)
def ways_tested(before: Election, after: Election) -> tuple[Tested, ...]:
    """All ways learnt from one election by units and asked about another; those that cannot learn from it are left out.
    Kept in the process: results that are published do not change. Refused where nothing can be carried over."""
    observed = sum(one.women_elected or 0 for one in after)
    found = [
        Tested(one.code, one.mean, observed, within_95=one.interval) for one in baselines(Totals.of(before), after)
    ]
    for way, slope, drift, kind in _MODELS:
        try:
            made = backtest(before, after, slope=slope, drift=drift, kind=kind)
        except Refused:
            continue
        whole = made.made.whole
        found.append(
            Tested(
                way,
                whole.mean,
                observed,
                whole.interval(0.9),
                whole.interval(0.95),
                made.made.fit.parameters[0],
                made.scored,
            )
        )
    return tuple(found)


def totals_tested(before: Totals, after: Totals) -> tuple[Tested, ...]:
    """Ways that know an election as its totals only, where no units are on record. Refused where nothing can be
    carried over."""
    whole = one_urn(before, after.candidates, after.women, after.elected)
    rate, share = before.women_elected / before.women, before.women_elected / before.elected
    rise = (after.women / after.candidates) / (before.women / before.candidates)
    observed = after.women_elected
    return (
        Tested("last_share", after.elected * share, observed),
        Tested("success_rate", after.women * rate, observed),
        Tested("ratio_of_shares", after.elected * share * rise, observed),
        Tested("one_urn", whole.mean, observed, within_95=whole.interval, log_odds=before.log_odds),
    )


@dataclass(frozen=True)
class Shares:
    """An election of which the share of women among the elected was published, and perhaps how many were elected; not
    how many of them were women."""

    candidates: int
    women: int
    share: float
    elected: int | None = None


@lru_cache(maxsize=8)
def shares_tested(before: Shares, after: Shares) -> tuple[Tested, ...]:
    """Ways that know an election as shares, in per cent of the elected. How many of a list are elected has to be known
    for the success rate and for the urn: those are left out where it is not. Refused where nothing can be carried
    over."""
    observed = 100 * after.share
    if not before.women or not before.candidates or not after.candidates:
        raise Refused(Fault("outlook.no_earlier_election"))
    rise = (after.women / after.candidates) / (before.women / before.candidates)
    found = [
        Tested("last_share", 100 * before.share, observed),
        Tested("ratio_of_shares", 100 * before.share * rise, observed),
    ]
    if before.elected and after.elected:
        rate = before.share * before.elected / before.women
        held = Totals(before.candidates, before.women, before.elected, before.share * before.elected)
        whole = one_urn(held, after.candidates, after.women, after.elected)
        low, high = whole.interval or (0, 0)
        to_percent = 100 / after.elected
        found.insert(1, Tested("success_rate", rate * after.women * to_percent, observed))
        within = (low * to_percent, high * to_percent)
        found.append(Tested("one_urn", whole.mean * to_percent, observed, within_95=within, log_odds=held.log_odds))
    return tuple(found)


def decided(contests: Sequence[Contest]) -> bool:
    """Whether every unit has its result."""
    return bool(contests) and all(one.decided for one in contests)
