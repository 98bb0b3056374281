"""An indicator as rows: over time, unit by unit, by its breakdowns. What pages, charts and downloads show alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tienbo.catalogue.definitions import Breakdown, Indicator, Target, Unit
from tienbo.core.periods import Period
from tienbo.core.words import number
from tienbo.engine.terms import period_read, splits_by
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.papers import judgement
from tienbo.papers.bindings import Binder, is_estimate
from tienbo.papers.blocks import plain
from tienbo.papers.context import period_name
from tienbo.papers.maps import Acts, bounds_words, note
from tienbo.papers.tables import plan_text, verdict_text
from tienbo.papers.trends import Line, line, notes
from tienbo.release.frozen import TREND, is_comparable
from tienbo.release.one_map import passed
from tienbo.release.reading import act_names
from tienbo.units.frames import roots_on, tree_on, unit_ids
from tienbo.web.figures import figures
from tienbo.web.subject import Place, Subject


def has_heights(indicator: Indicator) -> bool:
    """Whether values of the indicator can be drawn."""
    return indicator.unit not in (Unit.BOOLEAN, Unit.QUALITATIVE)


@dataclass(frozen=True)
class Shown:
    """A value and how it is printed: the figure, or why there is none."""

    value: Value
    text: str

    @property
    def figure(self) -> str:
        """The figure without the star of an estimate, so that its unit can stand next to it."""
        return self.text.removesuffix("*")

    @property
    def is_value(self) -> bool:
        return self.value.status is Status.VALUE

    @property
    def is_estimate(self) -> bool:
        return self.is_value and is_estimate(self.value)

    @property
    def is_partial(self) -> bool:
        return self.is_value and not self.value.is_complete

    @property
    def is_withheld(self) -> bool:
        return self.value.status is Status.WITHHELD

    @property
    def numerator(self) -> Decimal | None:
        return self.value.numerator if self.is_value and self.value.denominator is not None else None

    @property
    def denominator(self) -> Decimal | None:
        return self.value.denominator if self.is_value else None


def shown(binder: Binder, value: Value, limit: Decimal | None = None) -> Shown:
    return Shown(value, plain(binder.cell(value, limit)))


# ---------------------------------------------------------------------------------------------------- over time


@dataclass(frozen=True)
class Moment:
    """A value of one period. `is_comparable`: it stands on the ground of the period asked about, because the same
    units reported or because it was recast onto them (`is_recast`)."""

    period: Period
    name: str
    shown: Shown
    is_comparable: bool
    is_recast: bool
    is_asked: bool
    set_text: str = ""
    """What the document sets for that very year."""
    between: Decimal | None = None
    """The interpolation for a year that the document does not name."""


def trend_periods(subject: Subject) -> list[Period]:
    """The period asked about and those before it, oldest first: half-years, or years of what is told once a year."""
    edition, asked = subject.edition, subject.period
    yearly = asked.is_year or period_read(edition, subject.indicator, Period(asked.year, 2)).is_year
    found = [asked]
    if yearly and not asked.is_year:
        step = asked if asked.half == 2 else Period(asked.year - 1, 2)
        found += [Period(step.year - back, 2) for back in range(TREND)]
    else:
        for _ in range(TREND - 1):
            found.append(found[-1].previous())
    first = edition.calendar.regimes[0].first
    return sorted({one for one in found if one.halves[0] >= first})


def trend(subject: Subject) -> list[Moment]:
    """Values over time, oldest first; nothing before the first period in which something was told."""
    periods = trend_periods(subject)
    recast = recast_among(subject, periods)
    code, unit = [subject.code], [subject.unit.pk]
    told = subject.figures([one for one in periods if one not in recast], indicators=code, units=unit)
    onto = subject.figures(recast, map_day=subject.day, indicators=code, units=unit)
    found: list[Moment] = []
    for period in periods:
        values = onto if period in recast else told
        value = values.get(subject.code, subject.unit.key, period.code)
        if not found and period != subject.period and value.status in _UNTOLD:
            continue
        read = period_read(subject.edition, subject.indicator, period)
        told_once_a_year = read.is_year and period.half == 2
        asked = _set_for(subject.target, period.year)
        limit = asked.value if asked else None
        found.append(
            Moment(
                period=period,
                name=period_name(read if told_once_a_year else period),
                shown=shown(subject.binder(values, period), value, limit),
                is_comparable=period in recast
                or subject.map_day is not None
                or is_comparable(subject.edition, subject.unit.pk, period, subject.period),
                is_recast=bool(value.acts),  # what passed an act may read only halves of after it
                is_asked=period == subject.period,
                set_text=plain(plan_text(subject.target, subject.indicator, asked, period.year))
                if subject.target and asked
                else "",
                between=judgement.interpolated(subject.target, period.year) if subject.target else None,
            )
        )
    return found


_UNTOLD = (Status.NOT_REPORTED, Status.WITHHELD, Status.NOT_APPLICABLE)
"""Before anything was told; on another map a unit that came of nobody has no figures of before."""


def recast_among(subject: Subject, periods: Sequence[Period]) -> list[Period]:
    """Those whose figures pass an act on their way to the map that was chosen or, over time, to that of the period
    asked about, which itself stays where it was reported."""
    crossed = passed(subject.edition, subject.unit.pk, periods, subject.day)
    return [one for one in periods if one in crossed and (subject.map_day is not None or one != subject.period)]


class Counted(NamedTuple):
    """Units counted by a property, on another map than their own: the count where they stood (`own`), between units
    of which all and of which any had it (`bounds`), and how much of the population lives in such units."""

    own: str
    bounds: str
    people: str


def counted(subject: Subject, value: Value) -> Counted | None:
    """The three answers to a count of units on another map; None for what is no such count, or stands on its own."""
    if not value.map_day or not any(term.count_units for term in subject.indicator.numerator):
        return None
    if value.low is None or value.high is None:
        return None
    binder = subject.binder(FrozenValues.of([value]))
    low, high = (binder.figure(one, subject.indicator, None) for one in (value.low, value.high))
    own = [part for part in forerunner_values(subject) if part.status is Status.VALUE]
    numerator = sum((one.numerator or Decimal(0) for one in own), Decimal(0))
    denominator = sum((one.denominator or Decimal(0) for one in own), Decimal(0))
    said = number(numerator) + (f"/{number(denominator)}" if subject.indicator.is_ratio else "") if own else ""
    people = "" if value.population_share is None else f"{number(value.population_share * 100, 1)} %"
    return Counted(said, low if low == high else bounds_words(low, high), people)


def forerunner_values(subject: Subject) -> list[Value]:
    """The values, each on its own map, of the units that stood in the period where this one does now."""
    day = subject.edition.calendar.last_day(subject.period)
    tree, before = tree_on(day), roots_on(subject.unit.pk, day)
    found: list[Value] = []
    for root in roots_on(subject.seat.unit.pk, day):
        units = [one for one in before if one == root or root in tree.ancestors(one)]
        if units:
            found += figures(subject.seat, [subject.period], indicators=[subject.code], units=units, root=root)
    return found


def _set_for(target: Target | None, year: int) -> judgement.Plan | None:
    asked = judgement.plan(target, year) if target else None
    return asked if asked and asked.year == year else None


def drawn(subject: Subject, moments: Sequence[Moment]) -> Line | None:
    """The line of what stands on one ground, as paper draws it; None where nothing can be drawn."""
    if not has_heights(subject.indicator):
        return None
    values = [one.shown.value for one in moments if one.is_comparable]
    made = line(subject.edition, subject.indicator, values, acts_of(values))
    return made if made.points or made.ranges else None


def remarked(moments: Sequence[Moment], made: Line | None) -> list[str]:
    """What must stand below values over time: the words of paper, those of the marks only where there is a picture."""
    values = [one.shown.value for one in moments]
    if made is None:
        return note(values, acts_of(values))
    return notes(made, values, acts_of(values))


def acts_of(values: Iterable[Value]) -> Acts:
    return act_names(key for value in values for key in value.acts)


def path(target: Target | None) -> list[tuple[int, Decimal]]:
    """(year, value) that a document sets, in order."""
    named = target.values.items() if target else ()
    return [(year, found.value) for year, found in named if found.value is not None]


class Step(NamedTuple):
    """A year of a target's path: set by the document, or interpolated between two that are."""

    year: int
    text: str
    is_set: bool


def steps(subject: Subject) -> list[Step]:
    """The years of the chosen target from its first to its last, those between them labelled as interpolated."""
    target, indicator = subject.target, subject.indicator
    years = [year for year, _value in path(target)]
    if target is None or not years or indicator.unit is Unit.BOOLEAN:
        return []
    made: list[Step] = []
    for year in range(years[0], years[-1] + 1):
        asked, between = _set_for(target, year), judgement.interpolated(target, year)
        if asked:
            made.append(Step(year, plain(plan_text(target, indicator, asked, year)), True))
        elif between is not None:
            made.append(Step(year, number(between, 1), False))
    return made


# -------------------------------------------------------------------------------------------------- against targets


@dataclass(frozen=True)
class Held:
    """The value against one target."""

    target: Target
    asked: str
    year: int | None
    """The year whose value is asked; None where no number is set."""
    met: bool | None
    verdict: str
    is_chosen: bool


def held(subject: Subject, value: Value) -> list[Held]:
    """The value of the period against every target that holds for the unit."""
    values = subject.figures([subject.period], indicators=[subject.code], units=[subject.unit.pk])
    binder, rows = subject.binder(values), []
    for target in subject.held_to:
        asked = judgement.plan(target, subject.period.year)
        judged = asked is not None and value.status is Status.VALUE
        rows.append(
            Held(
                target=target,
                asked=plain(plan_text(target, subject.indicator, asked, asked.year if asked else 0)),
                year=asked.year if asked else None,
                met=judgement.is_met(subject.indicator, value, asked) if judged and asked else None,
                verdict=plain(verdict_text(binder, target, subject.indicator, value, asked))
                if judged and asked
                else "",
                is_chosen=target is subject.target,
            )
        )
    return rows


# ------------------------------------------------------------------------------------------------------ by unit


@dataclass(frozen=True)
class Ranked:
    """A unit below with its value; equals share a rank. None: there is no value to rank."""

    key: str
    name: str
    shown: Shown
    rank: int | None


@dataclass(frozen=True)
class Ranking:
    rows: tuple[Ranked, ...]
    """Those with a value from the highest, then those without in dictionary order."""
    withheld: int
    """Units whose value this reader may not see."""

    @property
    def valued(self) -> tuple[Ranked, ...]:
        return tuple(row for row in self.rows if row.rank is not None)


def ranking(subject: Subject) -> Ranking:
    """The units directly below that report the indicator. Ranked by exact values, before any rounding."""
    below = subject.below
    if not below:
        return Ranking((), 0)
    ids = unit_ids()
    values = subject.figures([subject.period], indicators=[subject.code], units=[ids[one.key] for one in below])
    binder = subject.binder(values)
    asked = _set_for(subject.target, subject.period.year)
    rows: list[tuple[str, str, Shown]] = []
    withheld = 0
    for one in below:
        value = values.get(subject.code, one.key, subject.period.code)
        if value.status is Status.WITHHELD:
            withheld += 1
        elif value.units_due or value.status is Status.VALUE:
            rows.append((one.key, one.name, shown(binder, value, asked.value if asked else None)))
    told = [row for row in rows if row[2].value.value is not None and row[2].is_value]
    told.sort(key=lambda row: -(row[2].value.value or Decimal(0)))  # a stable sort: equals keep dictionary order
    found: list[Ranked] = []
    for index, (key, name, one_shown) in enumerate(told, 1):
        same = bool(found) and found[-1].shown.value.value == one_shown.value.value
        found.append(Ranked(key, name, one_shown, found[-1].rank if same else index))
    ranked = {row.key for row in found}
    found += [Ranked(*row, None) for row in rows if row[0] not in ranked]
    return Ranking(tuple(found), withheld)


# ------------------------------------------------------------------------------------------------- by breakdown


class Member(NamedTuple):
    """A member of a breakdown, and its share of the whole (0 to 1) where both are of the same units."""

    name: str
    shown: Shown
    share: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        return None if self.share is None else self.share * 100


@dataclass(frozen=True)
class Split:
    """The whole, its members, and what of the whole no member holds."""

    breakdown: Breakdown
    whole: Shown
    members: tuple[Member, ...]
    rest: Decimal | None
    is_exhaustive: bool
    """Whether every member was told: then the rest is "không rõ"."""


def splits(subject: Subject) -> list[Split]:
    """The breakdowns that every element of the indicator has."""
    return [
        _split(subject, breakdown)
        for code, breakdown in subject.edition.breakdowns.items()
        if splits_by(subject.edition, subject.indicator, code)
    ]


def _split(subject: Subject, breakdown: Breakdown) -> Split:
    unit, period = subject.unit, subject.period
    values = subject.figures([period], indicators=[subject.code], units=[unit.pk], by=breakdown.code)
    binder = subject.binder(values)
    whole = shown(binder, values.get(subject.code, unit.key, period.code))
    counted = subject.indicator.unit is Unit.COUNT and whole.is_value
    members = []
    for code, name in breakdown.members.items():
        one = shown(binder, values.get(subject.code, unit.key, period.code, f"{breakdown.code}={code}"))
        members.append(Member(str(name), one, _share(one.value, whole.value) if counted else None))
    told = tuple(member for member in members if member.shown.is_value)
    if not counted or not told:
        return Split(breakdown, whole, tuple(members), None, False)
    rest = (whole.value.value or Decimal(0)) - sum((one.shown.value.value or Decimal(0) for one in told), Decimal(0))
    every = len(members) > 1 and len(told) == len(members)
    # A member that no form asks for (men, beside all and women) is part of the rest, not a missing figure.
    return Split(breakdown, whole, told, rest if rest > 0 else None, every)


def _share(part: Value, whole: Value) -> Decimal | None:
    """A member's share of a count. Of other units than the whole's it would be no share."""
    if part.status is not Status.VALUE or part.value is None or not whole.value:
        return None
    if part.units_reported != whole.units_reported or "at_least" in (part.qualifier, whole.qualifier):
        return None
    return part.value / whole.value


# ------------------------------------------------------------------------------------------------ every indicator


class Listed(NamedTuple):
    indicator: Indicator
    shown: Shown | None
    """None: not computed from reports."""


def listed(place: Place) -> dict[str, list[Listed]]:
    """Group → its indicators with their values, in the order of the pack's groups."""
    values = place.figures([place.period], units=[place.unit.pk])
    binder = place.binder(values)
    found: dict[str, list[Listed]] = {code: [] for code in place.edition.groups}
    for code, indicator in place.edition.indicators.items():
        value = values.get(code, place.unit.key, place.period.code)
        one = shown(binder, value) if indicator.terms else None
        found.setdefault(indicator.group or "", []).append(Listed(indicator, one))
    return {group: rows for group, rows in found.items() if rows}
