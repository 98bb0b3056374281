"""Planning lists: how many women on which list for a target, with the fewest changes and a stated assurance.

Every list is bounded; the even answer, lists that differ by no more than a whole woman asks, stands first, because the
fewest changes heap women on some lists and leave voters elsewhere without a choice. A plan is one of counts by unit:
nobody is put on a list here.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

import numpy as np

from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.outlook.distributions import Distribution, Floats, total, urn
from tienbo.outlook.elections import Contest, checked
from tienbo.outlook.urn import DRIFT, Fit, Forecast, forecast

worded(
    {
        "outlook.no_such_plan": N_(
            "No lists within these bounds reach {target}: the most that can be expected is {most}."
        ),
        "outlook.not_assured": N_(
            "No lists within these bounds reach {target} with an assurance of {assurance}: at most {most}."
        ),
        "outlook.bounds_crossed": N_("{name}: no number of women lies within the bounds."),
        "outlook.assurance_share": N_("An assurance is a share above 0 and below 1."),
        "outlook.plan_by_mean": N_(
            "The target is met on average only: the chance of reaching it is {chance}. State an assurance."
        ),
        "outlook.plan_bounded": N_("At least {least} and at most {most} women on a list, and at least one man."),
        "outlook.committee_women": N_("{women} women in a committee of {seats}."),
        "outlook.committee_leaving": N_("{leaving} of {members} members are said to leave."),
        "outlook.committee_again": N_("The chance of being elected again lies above 0 and is at most 1."),
        "outlook.odds_positive": N_("The odds lie above 0."),
        "outlook.committee_list": N_("{on_list} on the list of new members for {seats} open seats."),
        "outlook.lost_share": N_("A share that is lost is at least 0 % and below 100 %."),
    }
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many women a list may have: at least, at most, and always at least one man."""

    least: int = 1
    most: int = 3

    def of(self, contest: Contest) -> range:
        return range(min(self.least, contest.candidates), min(self.most, contest.candidates - 1) + 1)


@dataclass(frozen=True)
class Lists:
    """One answer: women on each list (in the order of the lists asked about) and what would come of it."""

    women: tuple[int, ...]
    forecast: Forecast
    changes: int
    """Places on lists that go to a woman instead of a man, or to a man instead of a woman."""
    target: int
    proven: bool
    """Whether no other lists within the bounds need fewer changes."""

    @property
    def on_lists(self) -> int:
        return sum(self.women)

    @property
    def share_of_lists(self) -> float:
        return self.on_lists / sum(one.candidates for one in self.forecast.contests)

    @property
    def chance(self) -> float:
        """Of reaching the target."""
        return self.forecast.whole.at_least(self.target)

    @cached_property
    def by_kind(self) -> Mapping[tuple[int, int, int], int]:
        """How many lists: (seats, candidates, women) → number."""
        return Counter((one.seats, one.candidates, one.women) for one in self.forecast.contests)


@dataclass(frozen=True)
class Plan:
    """Both answers to one question, the even one first, and what they rest on."""

    target: int
    assurance: float | None
    bounds: Bounds
    even: Lists | None
    fewest: Lists
    now: Forecast

    @property
    def suppositions(self) -> tuple[Fault, ...]:
        bounded = {"least": self.bounds.least, "most": self.bounds.most}
        told = [Fault("outlook.plan_bounded", fields=bounded, level=Level.NOTE), *self.fewest.forecast.suppositions]
        if self.assurance is None:
            fields = {"chance": f"{self.fewest.chance:.0%}"}
            told.append(Fault("outlook.plan_by_mean", fields=fields, level=Level.WARNING))
        return tuple(told)


Cost = Literal["changes", "women"]
"""What is kept small: changes against the lists as they are, or, where there are no lists yet, women on them."""


def plan(
    contests: Sequence[Contest],
    learnt: Fit,
    *,
    target: int,
    bounds: Bounds | None = None,
    assurance: float | None = None,
    drift: float = DRIFT,
    cost: Cost = "changes",
    stage: str = "proposed",
) -> Plan:
    """Lists that reach a number of women elected: on average, or with an assurance (the chance of reaching it, with the
    error of the odds and the drift). Refused where the bounds do not let it be reached."""
    bounds = bounds or Bounds()
    lists = [replace(one, elected=None, women_elected=None) for one in contests]
    faults = errors(checked(lists))
    faults += [Fault("outlook.bounds_crossed", one.place, {"name": one.name}) for one in lists if not bounds.of(one)]
    if assurance is not None and not 0 < assurance < 1:
        faults.append(Fault("outlook.assurance_share"))
    if faults or not lists:
        raise Refused(*(faults or [Fault("outlook.no_list")]))
    asked = _Asked(tuple(lists), learnt, target, bounds, assurance, drift, cost, stage)
    return Plan(target, assurance, bounds, asked.even(), asked.fewest(), asked.made([one.women for one in lists]))


@dataclass(frozen=True)
class _Asked:
    """The question, and what several of its steps need."""

    contests: tuple[Contest, ...]
    learnt: Fit
    target: int
    bounds: Bounds
    assurance: float | None
    drift: float
    cost: Cost
    stage: str
    allowed: tuple[frozenset[int], ...] | None = None
    """By kind, the only numbers of women a list may get; all within the bounds where None."""

    @cached_property
    def kinds(self) -> dict[Contest, list[int]]:
        """Lists that are alike → the numbers of them."""
        held: dict[Contest, list[int]] = {}
        for number, one in enumerate(self.contests):
            held.setdefault(replace(one, group="", unit="", place=""), []).append(number)
        return held

    @cached_property
    def choices(self) -> list[tuple[int, int, int, float]]:
        """(kind, women, cost, women expected) of each thing a list of a kind could become."""
        found = []
        for number, one in enumerate(self.kinds):
            for women in self.open(number, one):
                log_odds = np.log(np.array([self.learnt.odds(women / one.candidates)]))
                counts = np.array([[women], [one.candidates - women], [one.seats]], dtype=np.int64)
                chances = urn(counts[0], counts[1], counts[2], log_odds)[0]
                spent = abs(women - one.women) if self.cost == "changes" else women
                found.append((number, women, spent, float(chances @ np.arange(chances.size))))
        return found

    def open(self, kind: int, one: Contest) -> list[int]:
        return [women for women in self.bounds.of(one) if self.allowed is None or women in self.allowed[kind]]

    def made(self, women: Sequence[int]) -> Forecast:
        lists = [replace(one, women=count) for one, count in zip(self.contests, women, strict=True)]
        return forecast(lists, self.learnt, drift=self.drift, stage=self.stage)

    def answer(self, women: Sequence[int], proven: bool) -> Lists:
        changes = sum(abs(count - one.women) for one, count in zip(self.contests, women, strict=True))
        return Lists(tuple(women), self.made(women), changes, self.target, proven)

    def expected(self, women: Sequence[int]) -> float:
        means = {(kind, count): mean for kind, count, _spent, mean in self.choices}
        return sum(means[kind, women[number]] for kind, held in enumerate(self.kinds.values()) for number in held)

    def reached(self, women: Sequence[int]) -> bool:
        if self.assurance is None:
            return self.expected(women) >= self.target - 1e-9
        return self.made(women).whole.at_least(self.target) >= self.assurance

    def even(self) -> Lists | None:
        """The smallest share that, on every list alike (rounded up, within the bounds), reaches the target; of the
        lists, only as many take the step up to it as it needs. Lists that have more already keep it. None where the
        bounds do not let it be reached."""
        shares = sorted({women / one.candidates for one in self.kinds for women in self.bounds.of(one)})
        low, high, found = 0, len(shares) - 1, None
        while low <= high:
            middle = (low + high) // 2
            if self.reached([self._at(one, shares[middle]) for one in self.contests]):
                found, high = middle, middle - 1
            else:
                low = middle + 1
        if found is None:
            return None
        steps = (shares[max(found - 1, 0)], shares[found])
        allowed = tuple(frozenset(self._at(one, share) for share in steps) for one in self.kinds)
        return replace(self, allowed=allowed).fewest()

    def _at(self, one: Contest, share: float) -> int:
        held = self.bounds.of(one)
        wanted = int(np.ceil(share * one.candidates - 1e-9))
        if self.cost == "changes":
            wanted = max(wanted, one.women)
        return min(max(wanted, held[0]), held[-1])

    def fewest(self) -> Lists:
        """The fewest changes (of those the greatest mean). With an assurance: where there are few enough combinations,
        each is looked at; where not, for a number of changes the lists of the greatest mean are looked at."""
        if self.assurance is None:
            return self.answer(self._program(least_mean=self.target), proven=True)
        ways = self._ways()
        if ways is not None:
            return self.answer(next(ways), proven=True)
        return self._assured()

    def _program(self, *, least_mean: float | None = None, most_cost: int | None = None) -> list[int]:
        """An integer programme over how many lists of each kind become what: the least cost for a mean, or the greatest
        mean for a cost."""
        from scipy.optimize import Bounds as Box
        from scipy.optimize import LinearConstraint, milp

        kinds, women, spent, means = (np.array(column) for column in zip(*self.choices, strict=True))
        rows = [(kinds == number).astype(float) for number in range(len(self.kinds))]
        sizes = [float(len(held)) for held in self.kinds.values()]
        low, high = [*sizes], [*sizes]
        if least_mean is not None:
            rows.append(means)
            low.append(least_mean - 1e-9)
            high.append(np.inf)
            # A cost is a whole number: what the mean may take off stays below one.
            objective = spent - means * (0.5 / (1 + sum(one.seats for one in self.contests)))
        else:
            rows.append(spent.astype(float))
            low.append(-np.inf)
            high.append(float(most_cost or 0))
            objective = -means
        found = milp(
            objective,
            constraints=LinearConstraint(np.array(rows), low, high),
            integrality=np.ones(len(means)),
            bounds=Box(0, np.inf),
            options={"mip_rel_gap": 0.0 if least_mean is not None else 1e-6},
        )
        if found.x is None:
            most = sum(size * max(means[kinds == number]) for number, size in enumerate(sizes))
            raise Refused(Fault("outlook.no_such_plan", "", {"target": self.target, "most": Decimal(f"{most:.1f}")}))
        taken = np.rint(found.x).astype(int)
        result = [0] * len(self.contests)
        left = {number: list(held) for number, held in enumerate(self.kinds.values())}
        for kind, count, times in zip(kinds, women, taken, strict=True):
            for _ in range(times):
                result[left[int(kind)].pop(0)] = int(count)
        return result

    def _assured(self) -> Lists:
        """Bisection over the number of changes; for each, the lists of the greatest mean."""
        low = high = 0
        for kind, held in enumerate(self.kinds.values()):
            costs = [spent for number, _women, spent, _mean in self.choices if number == kind]
            low, high = low + min(costs) * len(held), high + max(costs) * len(held)
        found = best = None
        while low <= high:
            middle = (low + high) // 2
            women = self._program(most_cost=middle)
            if self.reached(women):
                found, high = women, middle - 1
            else:
                low, best = middle + 1, women
        if found is None:
            raise self._not_assured(self.made(best or []).whole.at_least(self.target))
        return self.answer(found, proven=False)

    def _not_assured(self, most: float) -> Refused:
        fields = {"target": self.target, "assurance": f"{self.assurance:.0%}", "most": f"{most:.0%}"}
        return Refused(Fault("outlook.not_assured", "", fields))

    def _ways(self) -> Iterator[list[int]] | None:
        """The first assured combination in the order of cost and then of mean; None where there are too many."""
        each = [(self.open(number, one), len(held)) for number, (one, held) in enumerate(self.kinds.items())]
        ways = math.prod(math.comb(len(counts) + size - 1, size) for counts, size in each)
        if ways * len(self.contests) > MOST_LOOKED_AT:
            return None
        return self._looked_at([list(itertools.combinations_with_replacement(*one)) for one in each])

    def _looked_at(self, each: list[list[tuple[int, ...]]]) -> Iterator[list[int]]:
        told = {(kind, women): (spent, mean) for kind, women, spent, mean in self.choices}
        priced = []
        for ways in itertools.product(*each):
            parts = [told[kind, women] for kind, way in enumerate(ways) for women in way]
            priced.append((sum(spent for spent, _ in parts), -sum(mean for _, mean in parts), ways))
        best = 0.0
        for _spent, _mean, ways in sorted(priced, key=lambda one: one[:2]):
            women = [0] * len(self.contests)
            for held, way in zip(self.kinds.values(), ways, strict=True):
                for number, count in zip(held, way, strict=True):
                    women[number] = count
            chance = self.made(women).whole.at_least(self.target)
            if chance >= (self.assurance or 0):
                yield women
                return
            best = max(best, chance)
        raise self._not_assured(best)


MOST_LOOKED_AT = 15_000
"""Lists in all the combinations that are looked at one by one; a province has fewer, a nation more."""


@dataclass(frozen=True)
class Thin:
    """A unit with none or one woman on its list, and the chance that it elects none."""

    contest: Contest
    none_elected: float


def thin(made: Forecast) -> list[Thin]:
    """The most useful table for a committee: who stands next to whom matters more than a nation's share."""
    return [
        Thin(one, chances.chance(0)) for one, chances in zip(made.contests, made.units, strict=True) if one.women <= 1
    ]


@dataclass(frozen=True)
class Committee:
    """A committee before its congress, as counts. `leaving`: not eligible again by age (see eligibility)."""

    seats: int
    women: int
    women_leaving: int
    men_leaving: int
    on_list: int
    again: float
    """The chance that a member who stands again is elected again."""
    odds: float

    @property
    def men(self) -> int:
        return self.seats - self.women

    def faults(self) -> list[Fault]:
        def told() -> Iterator[Fault]:
            counted = 0 <= self.women <= self.seats  # what leaves and what is open is counted of these
            if not counted:
                yield Fault("outlook.committee_women", fields={"women": self.women, "seats": self.seats})
            for leaving, members in ((self.women_leaving, self.women), (self.men_leaving, self.men)):
                if counted and not 0 <= leaving <= members:
                    yield Fault("outlook.committee_leaving", fields={"leaving": leaving, "members": members})
            if not 0 < self.again <= 1:
                yield Fault("outlook.committee_again")
            if not self.odds > 0:
                yield Fault("outlook.odds_positive")
            if counted and self.on_list < self.open_seats:
                yield Fault("outlook.committee_list", fields={"on_list": self.on_list, "seats": self.open_seats})

        return list(told())

    @property
    def women_again(self) -> float:
        """Women elected again, expected."""
        return (self.women - self.women_leaving) * self.again

    @property
    def men_again(self) -> float:
        return (self.men - self.men_leaving) * self.again

    @property
    def open_seats(self) -> int:
        """Seats for new members, expected, rounded to a whole one."""
        return round(self.seats - self.women_again - self.men_again)

    def new_women(self, on_list: int) -> Distribution:
        """Women elected anew from so many on the list, were the open seats as many as expected."""
        return Distribution.of(self._urn(on_list, self.open_seats)[0])

    def _urn(self, on_list: int, *seats: int) -> Floats:
        """For each number of open seats, the chances of so many new women."""
        draws = np.array(seats, dtype=np.int64)
        women, men = np.full_like(draws, on_list), np.full_like(draws, self.on_list - on_list)
        return urn(women, men, draws, np.full(draws.size, np.log(self.odds)))

    def women_then(self, on_list: int) -> Distribution:
        """Women on the new committee: who is elected again is chance too, and with it how many seats open."""
        women, men = self._kept(self.women - self.women_leaving), self._kept(self.men - self.men_leaving)
        held = np.zeros(self.seats + self.on_list + 1)
        fewest = self.seats - women.size - men.size + 2
        new = self._urn(on_list, *(min(seats, self.on_list) for seats in range(fewest, self.seats + 1)))
        for again, chance in enumerate(women):
            chances = men @ new[self.seats - again - fewest - np.arange(men.size)]
            held[again : again + chances.size] += chance * chances
        return Distribution.of(held)

    def _kept(self, standing: int) -> Floats:
        one = np.array([[1 - self.again, self.again]])
        return total(one, np.array([standing])) if standing else np.ones(1)


@dataclass(frozen=True)
class Needed:
    """How many women on the list of new members, and what must have been planned and trained before that."""

    on_list: int
    mean: float
    chance: float
    nominees: int
    planned: int
    trained: int


def women_needed(
    committee: Committee,
    *,
    target: int,
    assurance: float | None = None,
    lost_to_nomination: float = 0.0,
    lost_in_training: float = 0.0,
) -> Needed:
    """The fewest women on the list for a number of women on the committee: on average, or with an assurance. Upstream:
    of those planned a share is not nominated, of those trained a share does not come to be planned for."""
    faults = committee.faults()
    if assurance is not None and not 0 < assurance < 1:
        faults.append(Fault("outlook.assurance_share"))
    if not all(0 <= lost < 1 for lost in (lost_to_nomination, lost_in_training)):
        faults.append(Fault("outlook.lost_share"))
    if faults:
        raise Refused(*faults)

    def mean(on_list: int) -> float:
        return committee.women_again + committee.new_women(on_list).mean

    def reached(on_list: int) -> bool:
        if assurance is None:
            return mean(on_list) >= target - 1e-9
        return committee.women_then(on_list).at_least(target) >= assurance

    # A woman more in a man's place makes no number of women less likely to be reached.
    on_list = bisect_left(range(committee.on_list + 1), True, key=reached)
    if on_list <= committee.on_list:
        planned = upstream(on_list, lost_to_nomination)
        chance = committee.women_then(on_list).at_least(target)
        return Needed(on_list, mean(on_list), chance, on_list, planned, upstream(planned, lost_in_training))
    if assurance is None:
        told = Decimal(f"{mean(committee.on_list):.1f}")
        raise Refused(Fault("outlook.no_such_plan", "", {"target": target, "most": told}))
    most = committee.women_then(committee.on_list).at_least(target)
    fields = {"target": target, "assurance": f"{assurance:.0%}", "most": f"{most:.0%}"}
    raise Refused(Fault("outlook.not_assured", "", fields))


def upstream(needed: int, lost: float) -> int:
    """How many there must be before a share is lost, so that as many are left as needed."""
    return int(np.ceil(needed / (1 - lost) - 1e-9))
