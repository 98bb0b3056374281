"""Values of several periods on the units of one day: what a paper compares, and what pages and commands show.

A period that passed no act on the way to that day stands there already and keeps its own map. Any other is recast; of
the period a paper is of, only what reads a half-year of before the act is. So a year whose halves stand on two maps is
one figure everywhere, on the map of its last day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Question
from tienbo.engine.explain import Explanation
from tienbo.engine.recasting import POPULATION, Onto
from tienbo.engine.terms import period_read
from tienbo.engine.values import Value
from tienbo.papers.maps import ActName
from tienbo.release.reading import Reader, act_names, halves_read, onto_on
from tienbo.units.frames import acts, tree_on


def passed(edition: Edition, unit: int, periods: Iterable[Period], map_day: date) -> Mapping[Period, frozenset[str]]:
    """Period → the acts that its figures pass on their way into the unit on a day's map; periods that pass none are
    left out."""
    wanted = tuple(periods)
    days = {half: edition.calendar.last_day(half) for period in wanted for half in halves_read(period)}
    between = {act.day for act in acts()}
    if not any(min(day, map_day) < one <= max(day, map_day) for one in between for day in days.values()):
        return {}
    onto = onto_on(map_day, edition, days)
    found = {period: _acts_into(onto, unit, halves_read(period)) for period in wanted}
    return {period: keys for period, keys in found.items() if keys}


def _acts_into(onto: Onto, unit: int, halves: Iterable[Period]) -> frozenset[str]:
    eras = {id(onto.eras[half]): onto.eras[half] for half in halves}.values()
    keys = (era.acts_into(way).get(unit, frozenset()) for era in eras for way in era.ways.values())
    return frozenset().union(*keys)


def predecessors(edition: Edition, unit: int, period: Period, map_day: date) -> frozenset[int]:
    """Units of a period's last day that have some share in a unit of the map day: where the two maps are one, what
    stands at and under it."""
    half = period.last_half
    day = edition.calendar.last_day(half)
    if not passed(edition, unit, (period.last_half,), map_day):
        tree = tree_on(day)
        return frozenset(tree.subtree(unit)) if unit in tree else frozenset()
    return frozenset(onto_on(map_day, edition, {half: day}).eras[half].ways[POPULATION].sources.get(unit, ()))


def values_on_own_maps(reader: Reader, question: Question) -> Iterator[Value]:
    """The values of a question, every period on the map of its last day: of a year with an act between its halves, the
    first half is recast onto that map where it is read."""
    found = {value[:4]: value for value in reader.values(question)}
    for period in question.periods:
        codes = _reading_before(reader.edition, question.indicators, period)
        if codes:
            day = reader.edition.calendar.last_day(period)
            onto = reader.values(replace(question, indicators=codes, periods=(period,), map_day=day))
            found.update({value[:4]: value for value in onto if value.acts and value[:4] in found})
    yield from found.values()


def explained_on_own_map(reader: Reader, indicator: str, unit: int, period: Period) -> Explanation:
    """How such a value came about."""
    if _reading_before(reader.edition, (indicator,), period):
        made = reader.explain(indicator, unit, period, reader.edition.calendar.last_day(period))
        if made.value.acts:
            return made
    return reader.explain(indicator, unit, period)


def _reading_before(edition: Edition, indicators: Iterable[str], period: Period) -> tuple[str, ...]:
    """Those that read a half-year of before an act that came into force between the halves of their year."""
    days = [edition.calendar.last_day(half) for half in halves_read(period)]
    if not any(days[0] < act.day <= days[-1] for act in acts()):
        return ()
    return tuple(code for code in indicators if period_read(edition, edition.indicators[code], period).is_year)


def values_on_one_map(reader: Reader, question: Question, own: Period, map_day: date) -> Iterator[Value]:
    """The values of a question on the units of a day. `own` is the period a paper is of; with its year it keeps what
    passed no act. A unit that was not there in a period, and came of nobody, has no value of it. One that stood outside
    the reader's scope then, and is in it on the day, is read where it is in it."""
    edition = reader.edition
    plain: dict[tuple[str, str, str, str], Value] = {}
    standing = _standing(edition, question, reader.scope)
    inside = {unit: tuple(one for one, is_in in there.items() if is_in) for unit, there in standing.items()}
    for units, periods in _alike(inside).items():
        found = reader.values(replace(question, units=units, periods=periods, map_day=None))
        plain.update({value[:4]: value for value in found})
    redrawn = {}
    for unit, there in standing.items():
        acts_passed = passed(edition, unit, question.periods, map_day)
        redrawn[unit] = tuple(one for one in question.periods if one in acts_passed or there.get(one) is False)
    for units, periods in _alike(redrawn).items():
        for value in reader.values(replace(question, units=units, periods=periods, map_day=map_day)):
            kept = value.period in (own.code, str(own.year)) and not value.acts and value[:4] in plain
            plain[value[:4]] = plain[value[:4]] if kept else value
    yield from plain.values()


def _standing(edition: Edition, question: Question, scope: int | None) -> Mapping[int, Mapping[Period, bool]]:
    """Unit → the periods in which it stood, and whether inside the scope."""
    trees = {period: tree_on(edition.calendar.last_day(period)) for period in question.periods}
    return {
        unit: {
            period: scope is None or scope in (unit, *tree.ancestors(unit))
            for period, tree in trees.items()
            if unit in tree
        }
        for unit in question.units or ()
    }


def _alike(asked: Mapping[int, tuple[Period, ...]]) -> Mapping[tuple[int, ...], tuple[Period, ...]]:
    """Units → periods, where there are any: units of the same periods are asked at once."""
    found: dict[tuple[Period, ...], list[int]] = defaultdict(list)
    for unit, periods in asked.items():
        found[periods].append(unit)
    return {tuple(units): periods for periods, units in found.items() if periods}


def names_of_acts(values: Collection[Value]) -> tuple[ActName, ...]:
    """The acts that values passed, or that keep them apart, by day."""
    named = act_names(key for value in values for key in value.acts)
    return tuple(sorted(named.values(), key=lambda one: (one.day, one.key)))
