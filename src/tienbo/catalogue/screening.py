"""Figures to look at first: those far from the unit's own past and from others of its kind, with the rule in words.

Sizes are compared by logarithms, so that ten times more and ten times less are equally far; what others say is summed
up by medians, which one wild figure does not move.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from statistics import median
from typing import Literal, NamedTuple

import yaml
from pydantic import Field, TypeAdapter

from tienbo.catalogue.definitions import Code, Shape
from tienbo.catalogue.loading import PACKS
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.words import number

Figures = Mapping[str, Decimal]
"""Address → figure."""

AGAINST: Mapping[str, str] = {
    "before": N_("the period before"),
    "year_before": N_("the same period last year"),
    "peers": N_("units of its kind"),
}


class Rule(Shape):
    """One rule of a pack's `screening` folder, whose file says what its thresholds mean."""

    code: Code
    against: Literal["before", "year_before", "peers"]
    times: Decimal = Field(gt=1)
    least: Decimal = Field(ge=1)
    deviations: Decimal = Field(gt=0)
    spread: Decimal = Field(gt=0)
    peers: int = Field(ge=3)
    least_of: dict[Code, Decimal] = Field(default_factory=dict)
    leaves: tuple[Code, ...] = ()

    def is_small(self, measure: str, one: Decimal, other: Decimal) -> bool:
        """Whether both figures are too small to be looked at, or their measure is left alone."""
        return measure in self.leaves or max(one, other) < self.least_of.get(measure, self.least)

    @property
    def words(self) -> str:
        """The rule as a sentence."""
        said = _(
            "At least {times} times as much or as little as {against}, and more than {deviations} typical deviations "
            "from others of its kind (asked where at least {peers} others can be compared). Figures below {least} are "
            "not looked at."
        )
        return said.format(
            times=number(self.times),
            against=_(AGAINST[self.against]),
            deviations=number(self.deviations),
            peers=self.peers,
            least=number(self.least),
        )


class Said(NamedTuple):
    """What one unit says: now, in the period before, in the same period last year; empty where nothing compares."""

    now: Figures
    before: Figures
    year_before: Figures


@dataclass(frozen=True, slots=True)
class Outlier:
    """A figure to look at. `was`: what it is held against. `low`–`high`: the middle four fifths of what `others` units
    say: of their own ratios, or of their figures where the rule is about these."""

    address: str
    rule: Rule
    now: Decimal
    was: Decimal
    others: int
    low: Decimal
    high: Decimal
    weight: float
    """How far: the logarithm of the ratio."""

    @property
    def sentence(self) -> str:
        """Why, in words: “4.2 times more than the period before (10 → 42); 38 others: 0.8–1.6 times”."""
        return f"{self._moved()}; {self._others()}" if self.others else self._moved()

    def _moved(self) -> str:
        fields = {"against": _(AGAINST[self.rule.against]), "was": number(self.was), "now": number(self.now)}
        if self.rule.against == "peers" and self.now:
            fields["times"] = _times(self.now, self.was)
            more = _("{times} times the middle figure of units of its kind ({was})")
            less = _("{times} times below the middle figure of units of its kind ({was})")
            return (more if self.now > self.was else less).format(**fields)
        if not self.was or not self.now:
            return _("{now}, against {was} in {against}").format(**fields)
        fields["times"] = _times(self.now, self.was)
        more = _("{times} times more than in {against} ({was} → {now})")
        less = _("{times} times less than in {against} ({was} → {now})")
        return (more if self.now > self.was else less).format(**fields)

    def _others(self) -> str:
        fields = {"count": self.others, "low": number(self.low), "high": number(self.high)}
        if self.others < self.rule.peers:
            return _("too few others to compare with ({count})").format(**fields)
        if not self.high:
            return ngettext("{count} other", "{count} others", self.others).format(**fields)
        if self.rule.against == "peers":
            said = ngettext("{count} other: {low}–{high}", "{count} others, most of them: {low}–{high}", self.others)
        else:
            said = ngettext(
                "{count} other: {low}–{high} times", "{count} others, most of them: {low}–{high} times", self.others
            )
        return said.format(**fields)


def _times(one: Decimal, other: Decimal) -> str:
    small, large = sorted((one, other))
    return number(large / max(small, Decimal("0.5")), 1)


@lru_cache(maxsize=4)
def screening_rules(pack: str) -> tuple[Rule, ...]:
    """The rules of an installed pack; none where it has no such file."""
    path = PACKS / pack / "screening" / "figures.yaml"
    if not path.is_file():
        return ()
    return tuple(TypeAdapter(list[Rule]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))))


def screen(
    rules: Sequence[Rule], said: Mapping[int, Said], measures: Mapping[str, str]
) -> dict[int, tuple[Outlier, ...]]:
    """Unit → its outliers, the farthest first, of units of one form that are each other's peers. Of the figures of one
    line (address up to ":") the farthest stands for all. `measures`: address → its measure."""
    found: dict[int, dict[str, Outlier]] = {unit: {} for unit in said}
    for rule in rules:
        for unit, outlier in _apart(rule, said) if rule.against == "peers" else _jumps(rule, said):
            if rule.is_small(measures.get(outlier.address, ""), outlier.now, outlier.was):
                continue
            line = outlier.address.partition(":")[0]
            held = found[unit].get(line)
            if held is None or abs(outlier.weight) > abs(held.weight):
                found[unit][line] = outlier
    return {
        unit: tuple(sorted(lines.values(), key=lambda one: (-abs(one.weight), one.address)))
        for unit, lines in found.items()
    }


def _jumps(rule: Rule, said: Mapping[int, Said]) -> Iterator[tuple[int, Outlier]]:
    """Figures far from the unit's own past, by the others' ratios to theirs."""
    ratios: dict[str, dict[int, float]] = {}
    for unit, one in said.items():
        then: Figures = getattr(one, rule.against)
        for address, was in then.items():
            if address in one.now:
                ratios.setdefault(address, {})[unit] = _log(one.now[address]) - _log(was)
    limit = math.log(rule.times)
    for address, moved in ratios.items():
        for unit, weight in moved.items():
            if abs(weight) < limit:
                continue
            now, was = said[unit].now[address], getattr(said[unit], rule.against)[address]
            if was and now and max(now, was) < rule.times * min(now, was):
                continue
            others = [other for whose, other in moved.items() if whose != unit]
            if _is_far(rule, weight, others):
                low, high = _most(_ratios(rule, said, unit, address))
                yield unit, Outlier(address, rule, now, was, len(others), _decimal(low), _decimal(high), weight)


def _ratios(rule: Rule, said: Mapping[int, Said], unit: int, address: str) -> Iterator[float]:
    """What the figures of others became, of those that were not nothing before or after."""
    for whose, one in said.items():
        now, was = one.now.get(address), getattr(one, rule.against).get(address)
        if whose != unit and now and was:
            yield float(now / was)


def _apart(rule: Rule, said: Mapping[int, Said]) -> Iterator[tuple[int, Outlier]]:
    """Figures far from those of the others."""
    sizes: dict[str, dict[int, float]] = {}
    for unit, one in said.items():
        for address, now in one.now.items():
            sizes.setdefault(address, {})[unit] = _log(now)
    limit = math.log(rule.times)
    for address, size in sizes.items():
        middle = median(size.values())
        for unit, own in size.items():
            if abs(own - middle) < limit or len(size) <= rule.peers:
                continue
            now = said[unit].now[address]
            others = {whose: other for whose, other in size.items() if whose != unit}
            was = _decimal(median(float(said[whose].now[address]) for whose in others))
            if not was or not _is_far(rule, own, list(others.values())):
                continue
            low, high = _most(sorted(float(said[whose].now[address]) for whose in others))
            yield unit, Outlier(address, rule, now, was, len(others), _decimal(low), _decimal(high), own - middle)


def _is_far(rule: Rule, weight: float, others: Sequence[float]) -> bool:
    """Whether a logarithm lies farther from those of others than the rule lets pass."""
    if len(others) < rule.peers:
        return True
    middle = median(others)
    typical = max(1.4826 * median(abs(one - middle) for one in others), float(rule.spread))
    return abs(weight - middle) > float(rule.deviations) * typical


def _most(values: Iterable[float]) -> tuple[float, float]:
    """The ends of the middle four fifths; (0, 0) of nothing."""
    ordered = sorted(values)
    cut = len(ordered) // 10
    return (ordered[cut], ordered[len(ordered) - 1 - cut]) if ordered else (0.0, 0.0)


def _log(value: Decimal) -> float:
    return math.log(float(value) + 0.5)


def _decimal(value: float) -> Decimal:
    return round(Decimal(value), 1)
