"""How each target stands, in one word: for tallies, heat tables and whatever else shows many targets at once.

A verdict is given on the exact value (`judgement.is_met`), and whatever is not a verdict says why there is none: not
asked of this unit, not due yet, missing, "khoảng".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tienbo.catalogue.definitions import Confidence, Indicator, Target
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.engine.values import STATUS_WORDS, Status, Value
from tienbo.papers import judgement


class Verdict(StrEnum):
    """Where a target stands, or why that cannot be said."""

    MET = "met"
    UNMET = "unmet"
    ABOUT = "about"
    """There is a value and the document says "khoảng", which has no tolerance in law."""
    UNJUDGED = "unjudged"
    """There is a value that nothing is held against: no figure set, or "trên …" where more could change the answer."""
    NOT_HELD = "not_held"
    """There is a value, and the target is not set for units of this level."""
    NOT_DUE = "not_due"
    MISSING = "missing"
    NOT_ASKED = "not_asked"
    """The target is not set for the unit and nobody at or under it owes the figures: not missing, and not "không áp
    dụng" either."""
    NOT_APPLICABLE = "not_applicable"
    NONE_OCCURRED = "none_occurred"
    NOT_COMPARABLE = "not_comparable"
    INTERVAL = "interval"
    WITHHELD = "withheld"


VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.MET: N_("met"),
    Verdict.UNMET: N_("not met yet"),
    Verdict.ABOUT: N_("“about”: not judged"),
    Verdict.UNJUDGED: N_("not judged"),
    Verdict.NOT_HELD: N_("no target at this level"),
    Verdict.NOT_DUE: STATUS_WORDS[Status.NOT_YET_DUE],
    Verdict.MISSING: N_("no data yet"),
    Verdict.NOT_ASKED: N_("not asked of this unit"),
    Verdict.NOT_APPLICABLE: STATUS_WORDS[Status.NOT_APPLICABLE],
    Verdict.NONE_OCCURRED: STATUS_WORDS[Status.NONE_OCCURRED],
    Verdict.NOT_COMPARABLE: STATUS_WORDS[Status.NOT_COMPARABLE],
    Verdict.INTERVAL: STATUS_WORDS[Status.INTERVAL],
    Verdict.WITHHELD: STATUS_WORDS[Status.WITHHELD],
}
WITHOUT_VALUE: Mapping[Status, Verdict] = {
    Status.NOT_REPORTED: Verdict.MISSING,
    Status.NOT_APPLICABLE: Verdict.NOT_APPLICABLE,
    Status.NONE_OCCURRED: Verdict.NONE_OCCURRED,
    Status.NOT_YET_DUE: Verdict.NOT_DUE,
    Status.NOT_COMPARABLE: Verdict.NOT_COMPARABLE,
    Status.INTERVAL: Verdict.INTERVAL,
    Status.WITHHELD: Verdict.WITHHELD,
}
"""Why there is no value → what stands in its place."""
VALUED = (Verdict.MET, Verdict.UNMET, Verdict.ABOUT, Verdict.UNJUDGED)
"""Verdicts of targets that have a value."""


def verdict(
    target: Target, indicator: Indicator, value: Value, period: Period, *, held: bool = True, asked: bool = True
) -> Verdict:
    """Where a target stands. `held` says whether it is set for the unit at all (`judgement.holding`), `asked` whether
    anybody at or under the unit is of a kind that owes the figures. A target that is set and has no figure is missing
    one, whoever should have told it: the tally is that of `judgement.tally`."""
    why = judgement.status(value, indicator, period)
    if not held and why in (Status.NOT_REPORTED, Status.NOT_YET_DUE) and not asked:
        return Verdict.NOT_ASKED
    if why is not Status.VALUE:
        return WITHOUT_VALUE[why]
    if not held:
        return Verdict.NOT_HELD
    plan = judgement.plan(target, period.year)
    if plan is None:
        return Verdict.UNJUDGED
    met = judgement.is_met(indicator, value, plan)
    if met is None:
        return Verdict.ABOUT if plan.op == "~" else Verdict.UNJUDGED
    return Verdict.MET if met else Verdict.UNMET


class Standing(NamedTuple):
    """One target of one unit: its value, the value asked for and where it stands."""

    target: Target
    indicator: Indicator
    value: Value
    asked: judgement.Plan | None
    verdict: Verdict

    @property
    def shortfall(self) -> Decimal:
        """How far from the value set, as a share of it: the order of what is told first. 0 where it is not missed."""
        if self.verdict is not Verdict.UNMET or self.asked is None or self.value.value is None:
            return Decimal(0)
        distance = abs(self.value.value - self.asked.value)
        return distance / abs(self.asked.value) if self.asked.value else distance

    @property
    def is_confirmed(self) -> bool:
        return is_confirmed(self.target, self.indicator)


def is_confirmed(target: Target, indicator: Indicator) -> bool:
    """Whether both the target and the definition of its indicator were read in their documents."""
    return target.confidence is indicator.definition_confidence is Confidence.CONFIRMED


def standings(edition: Edition, period: Period, values: Iterable[tuple[Target, Value]]) -> list[Standing]:
    """Where applicable targets stand (`Binder.targets`), in their order."""
    found = []
    for target, value in values:
        indicator = edition.indicators[target.indicator]
        asked = judgement.plan(target, period.year)
        found.append(Standing(target, indicator, value, asked, verdict(target, indicator, value, period)))
    return found


def by_group(rows: Iterable[Standing]) -> dict[str, Counter[Verdict]]:
    """Group → how many of its targets stand how; groups in the order of the rows."""
    found: dict[str, Counter[Verdict]] = {}
    for row in rows:
        found.setdefault(row.target.group, Counter())[row.verdict] += 1
    return found


def telling(rows: Iterable[Standing], most: int) -> list[Standing]:
    """The targets furthest from the value set, furthest first. Of two that ask for the same quantity, the first."""
    unmet = {row.target.indicator: row for row in reversed(list(rows)) if row.verdict is Verdict.UNMET}
    return sorted(unmet.values(), key=lambda row: -row.shortfall)[:most]
