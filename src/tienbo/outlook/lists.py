"""What the lists of an election will probably give, and the lists that reach a target: one question, its whole answer.

What was learnt is kept in the process by the results it was learnt from (published counts); lists are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.outlook.distributions import Distribution
from tienbo.outlook.elections import Contest
from tienbo.outlook.nomination import Bounds, Plan, Thin, plan, thin
from tienbo.outlook.urn import DRIFT, Baseline, Fit, Forecast, Totals, baselines, fit, forecast, what_if

BOUNDS = Bounds()
Election = tuple[Contest, ...]
MOST_UNITS = 1000
"""Units of one question: the National Assembly has 184, a province's communes together several hundred."""
FEW = 30
"""Units in which chance decided, below which the odds are hardly known, and it is said."""
OTHER_DRIFT = 0.25
"""Told beside the supposed drift, for nobody knows it (three or four elections cannot tell)."""

worded(
    {
        "outlook.too_many_units": N_("{units} units: at most {most} are reckoned with at once."),
        "outlook.supposed_few": N_(
            "The odds are learnt from {informative} units in which chance decided: too few to say more than their wide "
            "interval does."
        ),
        "outlook.unit_unknown": N_("There is no unit with the number {number}."),
    }
)


@dataclass(frozen=True)
class Lists:
    """The question. `earlier`: elections to learn from, the last one last; `target` in women elected, None where no
    lists are asked for; `slope`: whether lists with more women may have other odds."""

    lists: Election
    earlier: tuple[Election, ...]
    stage: str = "official"
    slope: bool = True
    drift: float = DRIFT
    target: int | None = None
    assurance: float | None = None
    bounds: Bounds = BOUNDS


@lru_cache(maxsize=16)
def learnt(earlier: tuple[Election, ...], slope: bool = True) -> Fit:
    """Odds of elections, learnt once in a process. Refused where they cannot be learnt."""
    return fit(*earlier, slope=slope)


@dataclass(frozen=True)
class Group:
    """Units of one province (or whatever the table groups by) together."""

    name: str
    units: int
    seats: int
    candidates: int
    women: int


@dataclass(frozen=True)
class Outcome:
    """The answer. `planned` is None where no target was asked for, or no lists reach it (then `unreached` says so)."""

    question: Lists
    made: Forecast
    wider: Forecast
    """The same with the other drift."""
    beside: tuple[Baseline, ...]
    planned: Plan | None
    unreached: tuple[Fault, ...]

    @cached_property
    def thin(self) -> list[Thin]:
        """Units with none or one woman, those that will most surely elect none first."""
        return sorted(thin(self.made), key=lambda one: (one.contest.women, -one.none_elected))

    @property
    def suppositions(self) -> tuple[Fault, ...]:
        """What the answer rests on, and what weakens it."""
        told = self.made.suppositions if self.planned is None else self.planned.suppositions
        odds = self.made.fit
        if odds.informative >= FEW:
            return told
        few = Fault("outlook.supposed_few", fields={"informative": odds.informative}, level=Level.WARNING)
        return (few, *told)

    @cached_property
    def groups(self) -> list[Group]:
        found: dict[str, list[Contest]] = {}
        for one in self.made.contests:
            found.setdefault(one.group, []).append(one)
        return [
            Group(
                name,
                len(held),
                sum(one.seats for one in held),
                sum(one.candidates for one in held),
                sum(one.women for one in held),
            )
            for name, held in found.items()
        ]


def outcome(question: Lists) -> Outcome:
    """Refused where counts contradict one another or odds cannot be learnt; a target out of reach is told in it."""
    if len(question.lists) > MOST_UNITS:
        raise Refused(Fault("outlook.too_many_units", "", {"units": len(question.lists), "most": MOST_UNITS}))
    odds = learnt(question.earlier, question.slope)
    made = forecast(question.lists, odds, drift=question.drift, stage=question.stage)
    wider = forecast(question.lists, odds, drift=OTHER_DRIFT, stage=question.stage)
    beside = baselines(Totals.of(question.earlier[-1]), question.lists)
    planned: Plan | None = None
    unreached: tuple[Fault, ...] = ()
    if question.target is not None:
        try:
            planned = plan(
                question.lists,
                odds,
                target=question.target,
                bounds=question.bounds,
                assurance=question.assurance,
                drift=question.drift,
                stage=question.stage,
            )
        except Refused as refused:
            unreached = refused.faults
    return Outcome(question, made, wider, beside, planned, unreached)


@dataclass(frozen=True)
class Changed:
    """What other lists would give: the forecast before and after, and the numbers of the units that changed."""

    before: Forecast
    after: Forecast
    units: tuple[int, ...]

    @property
    def groups(self) -> dict[str, tuple[Distribution, Distribution]]:
        """The groups of the units that changed: before and after."""
        names = dict.fromkeys(self.before.contests[number].group for number in self.units)
        held = {
            name: [number for number, one in enumerate(self.before.contests) if one.group == name] for name in names
        }
        return {name: (self.before.of(members), self.after.of(members)) for name, members in held.items()}


def changed(question: Lists, women: Sequence[tuple[int, int, int]]) -> Changed:
    """What if: (number of the unit, women, candidates) for each unit that is asked about; those that say what the lists
    say already change nothing. Refused, all at once, where counts contradict one another."""
    faults = [
        Fault("outlook.unit_unknown", "", {"number": number})
        for number, _women, _candidates in women
        if not 0 <= number < len(question.lists)
    ]
    if faults:
        raise Refused(*faults)
    asked = {
        number: (count, candidates)
        for number, count, candidates in women
        if (question.lists[number].women, question.lists[number].candidates) != (count, candidates)
    }
    before = forecast(
        question.lists, learnt(question.earlier, question.slope), drift=question.drift, stage=question.stage
    )
    after = what_if(before, asked) if asked else before
    return Changed(before, after, tuple(asked))
