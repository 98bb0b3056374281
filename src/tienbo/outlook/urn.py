"""Forecasting how many women are elected: odds learnt from an election unit by unit, and what they say of the next.

ln odds = intercept + slope · (women's share of the list - 0.4). Odds are learnt by maximum likelihood over units, with
the seats really filled as draws. A forecast mixes over the error of what was learnt and over a drift between elections
(standard deviation `drift` on ln odds): both are shared by all units, so that sums are convolved for each value of them
and mixed then. Nothing is drawn at random: the same input gives the same forecast. Lists are scored, never people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import numpy as np

from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.outlook.distributions import (
    Distribution,
    Floats,
    Ints,
    Slopes,
    added,
    fisher_slopes,
    grid,
    mixed,
    pairs,
    total,
    urn,
    urn_slopes,
)
from tienbo.outlook.elections import SETTLED, Contest, StageWords, checked, mark

MODEL = "wallenius/1"
"""What a stored forecast says it was made with; another number for another way of reckoning."""
CENTRE = 0.4
"""The list share at which the intercept is the logarithm of the odds."""
DRIFT = 0.15
"""Of three or four elections the drift is hardly known: this is a supposition, and is said to be one."""
STEP, REACH = 0.5, 5.0
MOST_POINTS = 400
Kind = Literal["wallenius", "fisher"]
_ENGINES: Mapping[Kind, Callable[[Ints, Ints, Ints, Floats], Slopes]] = {
    "wallenius": urn_slopes,
    "fisher": fisher_slopes,
}

worded(
    {
        "outlook.no_earlier_election": N_("There is no result of an earlier election to learn from."),
        "outlook.undecided": N_("{name}: the result is not given."),
        "outlook.odds_not_identified": N_(
            "The odds cannot be learnt: in {informative} of {units} units chance decides, and all of them went one way."
        ),
        "outlook.odds_not_settled": N_("The odds cannot be learnt: the reckoning comes to no end."),
        "outlook.slope_not_identified": N_(
            "Whether lists with more women change the odds cannot be learnt: the lists are too alike, or the results "
            "go with the share of the list without exception."
        ),
        "outlook.no_such_unit": N_("There is no unit called {name}."),
        "outlook.no_list": N_("There is no list to forecast."),
        "outlook.supposed_drift": N_(
            "Between elections ln odds are supposed to move with a standard deviation of {drift}; {tried} elections "
            "cannot tell."
        ),
        "outlook.supposed_urn": N_(
            "Each seat is supposed to go to one of those left on the unit's list, a woman's weight being the odds; all "
            "units of one election share them."
        ),
        "outlook.supposed_beyond": N_(
            "Units with a share of women on the list outside those that were observed ({low}–{high}): {units}."
        ),
        "outlook.stage_differs": N_("The lists are of the stage “{stage}”; until the official one they still change."),
    }
)


@dataclass(frozen=True)
class Fit:
    """Odds learnt from one or more elections. `parameters`: intercept, and slope where there is one."""

    kind: Kind
    parameters: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    likelihood: float
    units: int
    informative: int
    elections: int
    shares: tuple[float, float]
    learnt_from: str

    @property
    def has_slope(self) -> bool:
        return len(self.parameters) > 1

    @property
    def errors(self) -> tuple[float, ...]:
        """Standard errors, from the curvature of the likelihood."""
        return tuple(float(np.sqrt(row[number])) for number, row in enumerate(self.covariance))

    def odds(self, share: float = CENTRE) -> float:
        slope = self.parameters[1] if self.has_slope else 0.0
        return float(np.exp(self.parameters[0] + slope * (share - CENTRE)))


def _arrays(contests: Sequence[Contest]) -> tuple[Ints, Ints, Ints]:
    """Women, men and draws of each."""
    rows = [(one.women, one.candidates - one.women, one.draws) for one in contests]
    made = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return made[:, 0], made[:, 1], made[:, 2]


def _design(contests: Sequence[Contest], slope: bool) -> Floats:
    shares = np.array([one.share for one in contests])
    ones = np.ones(len(contests))
    return np.stack([ones, shares - CENTRE], axis=1) if slope else ones[:, None]


def fit(*elections: Sequence[Contest], slope: bool = True, kind: Kind = "wallenius") -> Fit:
    """Odds by maximum likelihood over the units of one or more elections; Refused where they cannot be learnt."""
    every = [one for election in elections for one in election]
    faults = errors(checked(every))
    faults += [Fault("outlook.undecided", one.place, {"name": one.name}) for one in every if not one.decided]
    if not every:
        faults.append(Fault("outlook.no_earlier_election"))
    if faults:
        raise Refused(*faults)
    told = [one for one in every if one.least < one.most]
    _identified(told, len(every), slope)
    # Units with the same list, seats and result say the same: each kind is reckoned once.
    kinds: dict[tuple[int, int, int, int], int] = {}
    for one in told:
        key = (one.women, one.candidates - one.women, one.draws, one.women_elected or 0)
        kinds[key] = kinds.get(key, 0) + 1
    women, men, draws, elected = np.array(list(kinds), dtype=np.int64).T
    times = np.array(list(kinds.values()), dtype=np.float64)
    design = np.ones((len(kinds), 1))
    if slope:
        design = np.stack([design[:, 0], women / (women + men) - CENTRE], axis=1)
    engine = _ENGINES[kind]
    row = np.arange(len(kinds))

    def at(parameters: Floats) -> tuple[float, Floats, Floats]:
        made = engine(women, men, draws, design @ parameters)
        chance, first, second = (part[row, elected] for part in made)
        g = first / chance
        h = second / chance - g**2
        return float(times @ np.log(chance)), design.T @ (times * g), (design.T * (times * h)) @ design

    held = np.zeros(design.shape[1])
    likelihood, gradient, curve = at(held)
    for _turn in range(60):
        try:
            step = -np.linalg.solve(curve, gradient)
        except np.linalg.LinAlgError:
            step = gradient
        if step @ gradient < 0:  # not concave here: uphill all the same
            step = gradient / (1 + np.abs(gradient).max())
        step /= max(1.0, float(np.abs(step).max()) / 2)
        while (made := at(held + step))[0] < likelihood - 1e-12 and np.abs(step).max() > 1e-12:
            step = step / 2
        held = held + step
        likelihood, gradient, curve = made
        if np.abs(step).max() < 1e-10:
            break
    else:
        raise Refused(Fault("outlook.odds_not_settled"))
    shares = [one.share for one in every]
    return Fit(
        kind=kind,
        parameters=tuple(map(float, held)),
        covariance=tuple(tuple(map(float, line)) for line in np.linalg.inv(-curve)),
        likelihood=likelihood,
        units=len(every),
        informative=len(told),
        elections=len(elections),
        shares=(min(shares), max(shares)),
        learnt_from=mark(every),
    )


def _identified(told: Sequence[Contest], units: int, slope: bool) -> None:
    """The likelihood has a highest point unless some direction of the parameters explains every unit without exception:
    odds towards nothing where all units elected their fewest women, and the like along the share of the list."""
    design = _design(told, slope)
    if told and slope and np.ptp(design[:, 1]) < 1e-9:
        raise Refused(Fault("outlook.slope_not_identified"))
    at_most = np.array([one.women_elected == one.most for one in told], dtype=bool)
    at_least = np.array([one.women_elected == one.least for one in told], dtype=bool)
    between = ~(at_most | at_least)
    parted = not told
    if told and not (between.any() and (not slope or np.ptp(design[between, 1]) > 1e-9)):
        from scipy.optimize import linprog

        sign = np.where(at_most, -1.0, 1.0)[:, None]
        ends = ~between
        found = linprog(
            (sign * design)[ends].sum(axis=0),
            A_ub=(sign * design)[ends],
            b_ub=np.zeros(int(ends.sum())),
            A_eq=design[between] if between.any() else None,
            b_eq=np.zeros(int(between.sum())) if between.any() else None,
            bounds=[(-1, 1)] * design.shape[1],
        )
        parted = found.status == 0 and found.fun < -1e-9
    if not parted:
        return
    one_way = not slope or not told or bool(at_least.all() or at_most.all())
    if one_way:
        raise Refused(Fault("outlook.odds_not_identified", "", {"informative": len(told), "units": units}))
    raise Refused(Fault("outlook.slope_not_identified"))


@dataclass(frozen=True)
class Forecast:
    """What the next election will probably give: the whole, each group (province) and each unit; the suppositions are
    faults of level NOTE, so that whoever prints it can say all of them."""

    contests: tuple[Contest, ...]
    fit: Fit
    drift: float
    stage: str
    whole: Distribution
    weights: Floats = field(repr=False, compare=False)
    """Of the values of what all units share (the odds' error, the drift)."""
    chances: Floats = field(repr=False, compare=False)
    """For each of these values and each kind of list, the chances of 0, 1, 2 … women."""
    kinds: Ints = field(repr=False, compare=False)
    """Of which kind each list is."""

    @cached_property
    def groups(self) -> Mapping[str, Distribution]:
        members: dict[str, list[int]] = {}
        for one, kind in zip(self.contests, self.kinds, strict=True):
            members.setdefault(one.group, []).append(int(kind))
        return {group: mixed(added(self.chances[:, held]), self.weights) for group, held in members.items()}

    def of(self, units: Iterable[int]) -> Distribution:
        """Some units (their numbers) together."""
        return mixed(added(self.chances[:, [int(self.kinds[number]) for number in units]]), self.weights)

    @cached_property
    def units(self) -> tuple[Distribution, ...]:
        by_kind = [mixed(self.chances[:, kind], self.weights) for kind in range(self.chances.shape[1])]
        return tuple(by_kind[kind] for kind in self.kinds)

    @property
    def seats(self) -> int:
        return sum(one.draws for one in self.contests)

    @cached_property
    def suppositions(self) -> tuple[Fault, ...]:
        low, high = self.fit.shares
        drift = Decimal(repr(self.drift))
        beyond = sum(not low <= one.share <= high for one in self.contests)
        told = [
            Fault("outlook.supposed_urn", level=Level.NOTE),
            Fault("outlook.supposed_drift", fields={"drift": drift, "tried": self.fit.elections}, level=Level.NOTE),
        ]
        if beyond:
            fields = {"low": f"{low:.0%}", "high": f"{high:.0%}", "units": beyond}
            told.append(Fault("outlook.supposed_beyond", fields=fields, level=Level.WARNING))
        if self.stage not in SETTLED:
            told.append(Fault("outlook.stage_differs", fields={"stage": StageWords(self.stage)}, level=Level.WARNING))
        return tuple(told)

    def share(self, women: float) -> float:
        return women / self.seats

    def record(self) -> dict[str, Any]:
        """What is stored of it, so that it can be scored after the election and made again."""
        return {
            "model": MODEL,
            "stage": self.stage,
            "lists": mark(self.contests),
            "learnt_from": self.fit.learnt_from,
            "elections": self.fit.elections,
            "parameters": list(self.fit.parameters),
            "errors": list(self.fit.errors),
            "drift": self.drift,
            "seed": None,  # nothing is drawn
            "mean": self.whole.mean,
            "sd": self.whole.sd,
            "intervals": {str(share): list(self.whole.interval(share)) for share in (0.5, 0.9, 0.95)},
            "groups": {name: list(one.interval(0.9)) for name, one in self.groups.items()},
        }


def _points(learnt: Fit, drift: float, slope_of_mean: Callable[[Floats], Floats], chance_sd: float) -> tuple[Any, Any]:
    """Values of the parameters and their weights: an even grid turned so that its first axis is the direction that
    moves the total most, and as fine there as chance blurs it."""
    covariance = np.array(learnt.covariance)
    covariance[0, 0] += drift**2
    root = np.linalg.cholesky(covariance + np.eye(len(covariance)) * 1e-18)
    centre = np.array(learnt.parameters)
    steepest = root.T @ slope_of_mean(centre)
    length = float(np.linalg.norm(steepest))
    step = STEP if length == 0 or chance_sd == 0 else min(STEP, 0.8 * chance_sd / length)
    first = grid(max(step, 2 * REACH / MOST_POINTS), REACH)
    if len(centre) == 1:
        return centre + first[0][:, None] * root[0, 0], first[1]
    turned = np.array([[steepest[0], -steepest[1]], [steepest[1], steepest[0]]]) / (length or 1.0)
    if length == 0:
        turned = np.eye(2)
    points, weights = pairs(first, grid(0.8, 4.0))
    return centre + points @ (root @ turned).T, weights


def forecast(contests: Sequence[Contest], learnt: Fit, *, drift: float = DRIFT, stage: str = "official") -> Forecast:
    """The next election's lists under odds learnt from earlier ones. Results the lists may carry are not looked at
    beyond the seats to be filled; Refused where counts contradict one another."""
    lists = [replace(one, elected=None, women_elected=None) for one in contests]
    faults = errors(checked(lists))
    if faults or not lists:
        raise Refused(*(faults or [Fault("outlook.no_list")]))
    kinds, which = np.unique(np.stack(_arrays(lists), axis=1), axis=0, return_inverse=True)
    which = which.ravel()
    women, men, draws = kinds.T
    design = np.ones((len(kinds), 1))
    if learnt.has_slope:
        design = np.stack([design[:, 0], women / (women + men) - CENTRE], axis=1)
    times = np.bincount(which, minlength=len(kinds)).astype(np.float64)
    engine = _ENGINES[learnt.kind]
    made = engine(women, men, draws, design @ np.array(learnt.parameters))
    k = np.arange(made.chance.shape[-1])
    variance = float(times @ (made.chance @ k**2 - (made.chance @ k) ** 2))
    parameters, weights = _points(
        learnt, drift, lambda _at: design.T @ (times * (made.first @ k)), max(variance, 0.0) ** 0.5
    )
    log_odds = parameters @ design.T
    chances = (
        urn(women, men, draws, log_odds) if learnt.kind == "wallenius" else engine(women, men, draws, log_odds).chance
    )
    return Forecast(
        contests=tuple(lists),
        fit=learnt,
        drift=drift,
        stage=stage,
        whole=mixed(total(chances, np.bincount(which)), weights),
        weights=weights,
        chances=chances,
        kinds=which,
    )


def what_if(made: Forecast, changes: Mapping[int, tuple[int, int]]) -> Forecast:
    """The same forecast with other lists in some units: number of the unit → (women, candidates)."""
    lists = [
        replace(one, women=changes[number][0], candidates=changes[number][1]) if number in changes else one
        for number, one in enumerate(made.contests)
    ]
    return forecast(lists, made.fit, drift=made.drift, stage=made.stage)


def number_of(contests: Sequence[Contest], name: str) -> int:
    """Which unit is called so ("Nghệ An 2", or its number where there is one group); Refused where none or several."""
    from tienbo.core.words import fold

    wanted = fold(name)
    found = [number for number, one in enumerate(contests) if wanted in (fold(one.name), fold(one.unit))]
    if len(found) != 1:
        raise Refused(Fault("outlook.no_such_unit", "", {"name": name}))
    return found[0]


@dataclass(frozen=True)
class Score:
    """A forecast held against the result: how many were elected, by how much it missed, whether intervals held."""

    observed: int
    error: float
    held: Mapping[float, bool]
    pit: tuple[float, float]
    groups_held: int
    groups: int
    units_held: int
    units: int
    squared: float
    """The mean over groups of the squared error in standard deviations: 1 where the spread is right."""


def score(made: Forecast, results: Sequence[Contest]) -> Score:
    """Results of the same units, in the same order."""
    elected = [one.women_elected or 0 for one in results]
    women = sum(elected)
    by_group: dict[str, int] = {}
    for one, count in zip(results, elected, strict=True):
        by_group[one.group] = by_group.get(one.group, 0) + count
    held = {group: made.groups[group].holds(count, 0.9) for group, count in by_group.items()}
    units = [one.holds(count, 0.9) for one, count in zip(made.units, elected, strict=True)]
    far = [
        ((count - made.groups[group].mean) / made.groups[group].sd) ** 2
        for group, count in by_group.items()
        if made.groups[group].sd > 1e-9
    ]
    return Score(
        observed=women,
        error=made.whole.mean - women,
        held={share: made.whole.holds(women, share) for share in (0.9, 0.95)},
        pit=made.whole.pit(women),
        groups_held=sum(held.values()),
        groups=len(held),
        units_held=sum(units),
        units=len(units),
        squared=float(np.mean(far)) if far else float("nan"),
    )


@dataclass(frozen=True)
class Totals:
    """An election as its totals: what carry-over methods know."""

    candidates: int
    women: int
    elected: int
    women_elected: float
    """Whole, unless it was reckoned from a published share."""

    @classmethod
    def of(cls, contests: Iterable[Contest]) -> Totals:
        held = list(contests)
        return cls(
            sum(one.candidates for one in held),
            sum(one.women for one in held),
            sum(one.draws for one in held),
            sum(one.women_elected or 0 for one in held),
        )

    @property
    def log_odds(self) -> float:
        """The odds of one urn for the whole: f/w of the women and (e-f)/(c-w) of the men were drawn. Refused where
        either is none or all."""
        women = self.women_elected / self.women if self.women else 0.0
        men_on_list = self.candidates - self.women
        men = (self.elected - self.women_elected) / men_on_list if men_on_list else 0.0
        if not (0 < women < 1 and 0 < men < 1):
            raise Refused(Fault("outlook.odds_not_identified", "", {"informative": 1, "units": 1}))
        return float(np.log(np.log(1 - women) / np.log(1 - men)))


@dataclass(frozen=True)
class Baseline:
    """A simple way to the same question, shown beside the model. An interval only where the way has one."""

    code: Literal["equal_odds", "last_share", "success_rate", "ratio_of_shares", "one_urn"]
    mean: float
    interval: tuple[int, int] | None = None


def baselines(before: Totals, contests: Sequence[Contest]) -> tuple[Baseline, ...]:
    """Equal odds in each unit, and four ways that carry the last election's totals over. One urn for the whole ignores
    that a unit elects two or three: it is shown because people use it, never as the forecast."""
    now = Totals.of(replace(one, elected=None, women_elected=None) for one in contests)
    whole = one_urn(before, now.candidates, now.women, now.elected)  # first: refused where nothing can be carried over
    equal = sum(one.seats * one.share for one in contests)
    share = before.women_elected / before.elected
    rise = (now.women / now.candidates) / (before.women / before.candidates)
    return (
        Baseline("equal_odds", equal),
        Baseline("last_share", now.elected * share),
        Baseline("success_rate", now.women * before.women_elected / before.women),
        Baseline("ratio_of_shares", now.elected * share * rise),
        whole,
    )


def one_urn(before: Totals, candidates: int, women: int, seats: int) -> Baseline:
    """A whole assembly as one urn: chance alone makes its interval, which is why it is too narrow."""
    on_list, men, draws = np.array([[women], [candidates - women], [seats]], dtype=np.int64)
    made = Distribution.of(urn(on_list, men, draws, np.array([before.log_odds]))[0])
    return Baseline("one_urn", made.mean, made.interval(0.95))


@dataclass(frozen=True)
class Backtest:
    """An election forecast from the one before it, as if it were still to come, and what came."""

    made: Forecast
    scored: Score
    beside: tuple[Baseline, ...]


def backtest(
    before: Sequence[Contest],
    after: Sequence[Contest],
    *,
    slope: bool = True,
    drift: float = DRIFT,
    kind: Kind = "wallenius",
) -> Backtest:
    """Learn from one election, forecast the next one's lists, hold it against its result."""
    made = forecast(after, fit(before, slope=slope, kind=kind), drift=drift)
    return Backtest(made, score(made, after), baselines(Totals.of(before), after))
