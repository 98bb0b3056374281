"""Keys: from a figure on paper back to what it was read from, and the words of figures on the way there.

A key is a kind and its arguments, "kind:a|b|c":

| key | what |
|---|---|
| value:INDICATOR|UNIT|PERIOD|MEMBERS|PART | a value; PART: value, numerator, denominator, reported, due, low, high; \
estimated: the per cent of it that is |
| change:INDICATOR|UNIT|PERIOD|MEMBERS|BEFORE | value of PERIOD less value of BEFORE |
| plan:TARGET|YEAR | what the document sets for the year |
| between:TARGET|YEAR | interpolation |
| fulfilment:TARGET|YEAR|INDICATOR|UNIT|PERIOD, gap:… | value against plan |
| targets:PART | count of applicable targets (see judgement.Tally) |
| planned:PLAN|PART, planned:PLAN|PART|SOURCE | what a plan of the unit has and what was done of it |
| tasks:PART, tasks:PART|UNIT | count of tasks (see core.tasks), of those a unit owes |
| units:PART | due, reported, missing, others, estimated |
| cited:HEADING|INDEX | units beyond those named after a cited text |
| writers:HEADING|INDEX | units that a text is cited from |
| register:REGISTER|TALLY|PART | a tally of a register in the report's period; PART: all, own, units |
| entered:ADDRESS, row:BLOCK|ROW|FIELD | a figure of the unit's own return |

A key of a value, and of what is reckoned from one, ends in "|DAY" (ISO) where the value stands on the map of another
day than its own; a change where either of its values does. A key of a day that the release does not hold has no number.

`Binder.resolve` gives the exact number behind a key; what is printed is that number, rounded once.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Redefinition, Target, TextHeading, Unit
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tasks import Standing, tally
from tienbo.core.words import clean, number
from tienbo.engine.terms import redefined
from tienbo.engine.values import STATUS_WORDS, FrozenValues, Status, Value
from tienbo.papers import judgement
from tienbo.papers.blocks import Bound, fill
from tienbo.papers.context import Context
from tienbo.papers.maps import BOUNDS, ActName, note_runs

NAMED = 10
"""Names written out before "and … other units"."""
CITED = 5
"""Units named after a cited text."""
REASONS: Mapping[Status, str] = {**STATUS_WORDS, Status.NOT_REPORTED: N_("no data yet")}
"""Why a cell of a paper has no figure."""


def sentences(text: str) -> Iterator[str]:
    """A text by lines and sentences. A full stop ends one after two small letters and before a capital, so that
    "TP. Vinh" and "v.v. Các" stay whole."""
    for line in text.splitlines():
        start = 0
        for stop in re.finditer(r"[.;]\s+", line):
            before, after = line[max(0, stop.start() - 2) : stop.start()], line[stop.end() : stop.end() + 1]
            if before.isalpha() and before.islower() and (after.isupper() or after in "-–"):
                yield line[start : stop.start()]
                start = stop.end()
        yield line[start:]


def wordings(text: str, *, whole: bool) -> Iterator[str]:
    """What a text says, thing by thing, without dashes before and stops after: by lines where it is kept `whole`,
    else by sentences."""
    for line in text.splitlines() if whole else sentences(text):
        words = worded_alone(line)
        if words:
            yield words


def worded_alone(text: str) -> str:
    """One wording on one line, without a dash before it or a stop after it: paper writes both itself."""
    return clean(text).lstrip("-–+•* ").rstrip(" .;")


@dataclass(frozen=True, slots=True)
class Cited:
    """A text and the units that wrote it in the same words."""

    text: str
    units: tuple[str, ...]
    addressee: str


@dataclass
class Binder:
    """The reader of one release for one report: values in, bound texts out."""

    edition: Edition
    values: FrozenValues
    context: Context

    # ------------------------------------------------------------------------------------------------- values

    def value(self, indicator: str, period: str | None = None, members: str = "", unit: str | None = None) -> Value:
        return self.values.get(indicator, unit or self.context.unit.key, period or self.context.period, members)

    def key(self, value: Value, part: str = "value") -> str:
        return f"value:{value.indicator}|{value.unit}|{value.period}|{value.members}|{part}{on_map(value)}"

    def against_key(self, kind: str, target: str, value: Value) -> str:
        """The key of what is reckoned from a value and what a document asks for: kind "fulfilment" or "gap"."""
        asked = f"{target}|{self.context.when.year}"
        return f"{kind}:{asked}|{value.indicator}|{value.unit}|{value.period}{on_map(value)}"

    @cached_property
    def acts(self) -> Mapping[str, ActName]:
        """The acts of the release by their keys."""
        return {act.key: act for act in self.context.acts}

    def note(self, values: Iterable[Value]) -> list[tuple[str | Bound, ...]]:
        """What is said under a table of values on another map than their own, in one paragraph; nothing where there
        is none."""
        lines = note_runs(values, self.acts, lambda value: self.key(value, "estimated"))
        joined = [run for line in lines for run in (" ", *line)]
        return [tuple(joined[1:])] if joined else []

    def part(self, value: Value, part: str) -> Decimal | None:
        """A part of a value that has one: value, numerator, denominator, reported, due, low, high, estimated."""
        if part == "reported":
            return Decimal(value.units_reported)
        if part == "due":
            return Decimal(value.units_due)
        if part in ("low", "high"):
            return value.low if part == "low" else value.high
        if part == "estimated":
            return None if value.estimated_share is None else value.estimated_share * 100
        if value.status is not Status.VALUE:
            return None
        return {"value": value.value, "numerator": value.numerator, "denominator": value.denominator}[part]

    def cell(self, value: Value, limit: Decimal | None = None) -> tuple[str | Bound, ...]:
        """A value as a table shows it: the figure (an estimate is starred), its bounds "từ 20 đến 36" where it is
        known no nearer, or why there is none."""
        indicator = self.edition.indicators[value.indicator]
        if value.status is Status.INTERVAL and value.low is not None and value.high is not None:
            return self.bounds(value, limit)
        if value.status is not Status.VALUE or value.value is None:
            return (self.reason(value),)
        if indicator.unit is Unit.BOOLEAN:
            return (Bound(self.key(value), _("Yes") if value.value else _("No")),)
        text = self.figure(value.value, indicator, limit)
        if value.qualifier == "at_least":
            text = "≥ " + text
        return (Bound(self.key(value), text), "*") if is_estimate(value) else (Bound(self.key(value), text),)

    def bounds(self, value: Value, limit: Decimal | None = None) -> tuple[str | Bound, ...]:
        """The two bounds of a value in words, each bound."""
        indicator = self.edition.indicators[value.indicator]
        low, high = (
            Bound(self.key(value, part), self.figure(bound, indicator, limit))
            for part, bound in (("low", value.low), ("high", value.high))
            if bound is not None
        )
        return fill(_(BOUNDS), low=low, high=high)

    def reason(self, value: Value) -> str:
        indicator = self.edition.indicators[value.indicator]
        why = judgement.status(value, indicator, self.context.when)
        if why is Status.NONE_OCCURRED and indicator.zero_base is not None:
            return str(indicator.zero_base)
        return _(REASONS[why])

    def figure(self, exact: Decimal, indicator: Indicator, limit: Decimal | None = None) -> str:
        """A number in its indicator's decimals; more of them where rounding would hide which side of a limit it is."""
        if indicator.unit is Unit.COUNT:
            return number(exact)
        return number(exact, judgement.places(exact, indicator.decimals, limit))

    def change(self, value: Value, before: Value) -> Decimal | None:
        """The difference where both are known exactly enough to say one.

        A count of fewer units is a smaller count: it is compared only where every unit due reported, both times.
        """
        if value.value is None or before.value is None or not (value.status is before.status is Status.VALUE):
            return None
        if "at_least" in (value.qualifier, before.qualifier) or self.broken(value.indicator, before.period):
            return None
        counted = self.edition.indicators[value.indicator].unit is Unit.COUNT
        if counted and not (value.is_complete and before.is_complete):
            return None
        return value.value - before.value

    def change_key(self, value: Value, before: str) -> str:
        key = f"change:{value.indicator}|{value.unit}|{value.period}|{value.members}|{before}"
        then = self.values.get(value.indicator, value.unit, before, value.members)
        return key + (on_map(value) or on_map(then))

    @cached_property
    def recast(self) -> list[Value]:
        """Values of the paper's unit that passed an act on the way to the map they are compared on."""
        unit = self.context.unit.key
        figures = (Status.VALUE, Status.INTERVAL)
        return [one for one in self.values if one.acts and one.unit == unit and one.status in figures]

    def broken(self, indicator: str, before: str) -> tuple[Redefinition, ...]:
        """The new definitions that lie between an earlier period and the paper's, for what an indicator is made of."""
        return redefined(self.edition, self.edition.indicators[indicator], Period.parse(before), self.context.when)

    # ------------------------------------------------------------------------------------------------- counts

    @cached_property
    def targets(self) -> list[tuple[Target, Value]]:
        """Applicable targets, each with this period's value."""
        found = judgement.applicable(self.edition, self.context)
        return [(target, self.value(target.indicator)) for target in found]

    @cached_property
    def tally(self) -> judgement.Tally:
        return judgement.tally(self.edition, self.context, self.targets)

    @cached_property
    def unmet(self) -> list[str]:
        """Names of the targets not met, as many as are counted; where two documents ask for the same quantity, each
        with its document."""
        found = judgement.unmet(self.edition, self.context, self.targets)
        asked = Counter(target.indicator for target in found)
        documents = self.edition.documents
        return [
            f"{target.name} ({documents[target.document].number})" if asked[target.indicator] > 1 else str(target.name)
            for target in found
        ]

    def cited(self, heading: TextHeading) -> list[Cited]:
        """The texts of a heading that the paper cites: those chosen at the merge desk, else all that were written."""
        chosen = [one for one in self.context.chosen if one.heading == heading]
        return [Cited(one.text, one.units, one.addressee) for one in chosen] or self.written(heading)

    def is_chosen(self, heading: TextHeading) -> bool:
        return any(one.heading == heading for one in self.context.chosen)

    def written(self, heading: TextHeading) -> list[Cited]:
        """The texts of a heading, equal wordings joined, in the order of their first writer.

        What a unit below wrote is taken sentence by sentence, so that what many wrote is said once; the unit's own
        words stay as it wrote them.
        """
        found: dict[tuple[str, str], tuple[str, list[str]]] = {}
        for entry in self.context.texts:
            if entry.heading != heading:
                continue
            own = entry.unit == self.context.unit.name
            for words in wordings(entry.text, whole=own):
                _words, units = found.setdefault((entry.addressee, words.casefold()), (words, []))
                if entry.unit not in units:
                    units.append(entry.unit)
        return [Cited(words, tuple(units), addressee) for (addressee, _key), (words, units) in found.items()]

    def units(self, part: str) -> Decimal:
        """Counts of units for the report as a whole."""
        context = self.context
        counts = {
            "due": context.due,
            "reported": context.reported,
            "missing": len(context.missing),
            "others": max(0, len(context.missing) - NAMED),
            "estimated": len(context.estimated),
            "estimated_others": max(0, len(context.estimated) - NAMED),
            "unmet_others": max(0, len(self.unmet) - NAMED),
        }
        return Decimal(counts[part])

    def tasks(self, part: str, unit: str = "") -> Decimal:
        """How many tasks there are of a part (core.tasks.PARTS), of all units or of one by its key."""
        return Decimal(self.task_tallies[unit][part])

    def planned(self, plan: str, part: str, source: str = "") -> Decimal | None:
        """What a plan (by its key) has of a part: items, done (of the period's tasks), and of a source of money
        planned or spent; None where nobody keeps the register that tells what was spent."""
        told = next(one for one in self.context.plans if one.key == plan)
        if part in ("items", "done"):
            done = [one for one in self.context.tasks if one.key in told.tasks and one.standing.state == "done"]
            return Decimal(told.items if part == "items" else len(done))
        money = next(one for one in told.money if one.source == source)
        return money.planned if part == "planned" else money.spent

    @cached_property
    def task_tallies(self) -> Mapping[str, Counter[str]]:
        """Unit (key) → how many of its tasks there are of each part; "" of all."""
        held: dict[str, list[Standing]] = defaultdict(list)
        for one in self.context.tasks:
            held[""].append(one.standing)
            held[one.unit].append(one.standing)
        return defaultdict(Counter, {unit: tally(standings) for unit, standings in held.items()})

    # ------------------------------------------------------------------------------------------------ back again

    def resolve(self, key: str) -> Decimal | None:
        """The exact number behind a key; None when the release has none. KeyError or ValueError for no key at all."""
        kind, _sep, rest = key.partition(":")
        readers = {
            "value": self._resolve_value,
            "change": self._resolve_change,
            "plan": self._resolve_plan,
            "between": self._resolve_between,
            "fulfilment": self._resolve_fulfilment,
            "gap": self._resolve_gap,
            "targets": self._resolve_targets,
            "units": self.units,
            "tasks": self.tasks,
            "planned": self.planned,
            "cited": self._resolve_cited,
            "writers": self._resolve_writers,
            "register": self.tallied,
            "entered": self._resolve_entered,
            "row": self._resolve_row,
        }
        found: Decimal | None = readers[kind](*rest.split("|"))  # type: ignore[operator]
        return found

    def _resolve_value(
        self, indicator: str, unit: str, period: str, members: str, part: str, day: str = ""
    ) -> Decimal | None:
        value = self.values.get(indicator, unit, period, members)
        return self.part(value, part) if value.map_day == day else None

    def _resolve_change(
        self, indicator: str, unit: str, period: str, members: str, before: str, day: str = ""
    ) -> Decimal | None:
        value, then = (self.values.get(indicator, unit, one, members) for one in (period, before))
        return self.change(value, then) if day in (value.map_day, then.map_day) else None

    def _resolve_plan(self, target: str, year: str) -> Decimal | None:
        return self.edition.targets[target].values[int(year)].value

    def _resolve_between(self, target: str, year: str) -> Decimal | None:
        return judgement.interpolated(self.edition.targets[target], int(year))

    def _against(
        self, target: str, year: str, indicator: str, unit: str, period: str, day: str = ""
    ) -> tuple[Value, judgement.Plan]:
        asked = judgement.plan(self.edition.targets[target], int(year))
        if asked is None:
            raise KeyError(target)
        value = self.values.get(indicator, unit, period)
        return value if value.map_day == day else Value(indicator, unit, period), asked

    def _resolve_fulfilment(self, *parts: str) -> Decimal | None:
        return judgement.fulfilment(*self._against(*parts))

    def _resolve_gap(self, *parts: str) -> Decimal | None:
        return judgement.gap(*self._against(*parts))

    def _resolve_targets(self, part: str) -> Decimal:
        return Decimal(getattr(self.tally, part))

    def _resolve_cited(self, heading: TextHeading, index: str) -> Decimal:
        return Decimal(len(self.cited(heading)[int(index)].units) - CITED)

    def _resolve_writers(self, heading: TextHeading, index: str) -> Decimal:
        return Decimal(len(self.cited(heading)[int(index)].units))

    def tallied(self, register: str, tally: str, part: str) -> Decimal | None:
        """What registers count: by all (part "all"), by the unit's own, or how many units kept the register."""
        told = self.context.register(register)
        if told is None:
            return None
        if part == "units":
            return Decimal(told.units)
        return (told.own if part == "own" else told.counts).get(tally)

    def _resolve_entered(self, address: str) -> Decimal | None:
        content = self.context.content
        return content.figures[address].value if content else None

    def _resolve_row(self, block: str, row: str, code: str) -> Decimal | None:
        content = self.context.content
        if content is None:
            return None
        return next(one for one in content.rows[block] if one.key == row).figures[code].value


def counted(count: Decimal) -> str:
    """A small count as offices write it in Vietnamese: "07/09 nhiệm vụ"."""
    return f"0{count}" if 0 < count < 10 and language() == "vi" else number(count)


def on_map(value: Value) -> str:
    """The end of a key that says on which day's map a value stands; "" on its own."""
    return f"|{value.map_day}" if value.map_day else ""


class Source(NamedTuple):
    """What a figure on paper was read from: enough to ask for its explanation."""

    indicator: str
    unit: str
    period: str
    map_day: date | None


def source_of(key: str) -> Source | None:
    """The value behind a key of a value, a change or a standing against a target; None behind any other."""
    kind, _sep, rest = key.partition(":")
    parts = rest.split("|")
    first, length = {"value": (0, 5), "change": (0, 5), "fulfilment": (2, 5), "gap": (2, 5)}.get(kind, (0, 0))
    if not length:
        return None
    day = date.fromisoformat(parts[length]) if len(parts) > length else None
    indicator, unit, period = parts[first : first + 3]
    return Source(indicator, unit, period, day)


def is_estimate(value: Value) -> bool:
    """Whether something in it was estimated: a figure that was sent, or a share it came through onto another map."""
    return value.qualifier == "estimate" or value.units_estimated > 0 or bool(value.estimated_share)
