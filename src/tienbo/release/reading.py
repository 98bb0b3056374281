"""Asking for values: the map, the facts and the numbers of a site put together for the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from tienbo.catalogue.definitions import Sensitivity, TravelsBy
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.collection.manifest import Stores, fact_set, measures
from tienbo.collection.models import Decision, Revision
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.core.words import moment_words
from tienbo.engine.engines import Engine
from tienbo.engine.evaluate import Audience, Basis, Ground, Question, Values, evaluate
from tienbo.engine.explain import Explanation, explain
from tienbo.engine.recasting import Era, History, Onto, era_onto, onto_day
from tienbo.engine.reconciliation import NotCounting, not_counting
from tienbo.engine.terms import sensitivity
from tienbo.engine.values import Status, Value
from tienbo.ground.acting import narrow_left_out, narrow_read
from tienbo.papers.maps import ActName
from tienbo.units.frames import acts, ends, lives, map_since, quantities, tree_on, unit_keys
from tienbo.units.models import Reorganisation
from tienbo.units.versions import units_version

_TELLS = frozenset({Status.VALUE, Status.INTERVAL, Status.NONE_OCCURRED})


def ground_on(
    *, stores: Stores, edition: Edition, periods: Iterable[Period], basis: Basis, map_day: date | None = None
) -> Ground:
    """Facts at a basis on the map of each period's last day. Years bring their halves along, and so do second halves:
    a yearly figure asked for one is the year's. With a `map_day`, also the way from each of them to that day's map."""
    wanted = {half for period in periods for half in (*halves_read(period), period)}
    days = {period: edition.calendar.last_day(period) for period in wanted}
    if basis == "released":
        raise ValueError("released values are read from their release")
    return Ground(
        trees={period: tree_on(day) for period, day in days.items()},
        measures=measures(),
        keys=unit_keys(),
        facts=fact_set(stores.facts, basis),
        onto=None if map_day is None else onto_on(map_day, edition, days),
    )


def onto_on(map_day: date, edition: Edition, days: Mapping[Period, date]) -> Onto:
    """The map of a day and the way there from each half-year, by the measures that the edition's elements travel by.
    What is made of the units is kept until they change."""
    alias, version = connection.alias, units_version()
    history = _history(alias, version)
    measures = tuple(sorted({one.travels_by.value for one in edition.elements.values()} - {TravelsBy.NONE.value}))

    def era(source: date, _tree: Tree) -> Era:
        passed = (day for day in history.act_days.values() if day <= source)
        return _era(alias, version, map_day, measures, max(map_since(source), *passed, date.min))

    halves = {period: (day, tree_on(day)) for period, day in days.items() if not period.is_year}
    return onto_day(map_day, tree_on(map_day), halves, history=history, era=era)


@lru_cache(maxsize=2)
def _history(_alias: str, _version: str) -> History:
    return History(acts(), lives(), quantities, ends(), unit_keys())


@lru_cache(maxsize=64)
def _era(alias: str, version: str, map_day: date, measures: tuple[str, ...], since: date) -> Era:
    """The way from the span of days that began `since`."""
    return era_onto(
        _history(alias, version),
        source=since,
        source_tree=tree_on(since),
        target=map_day,
        tree=tree_on(map_day),
        measures=measures,
    )


def act_names(keys: Iterable[str]) -> dict[str, ActName]:
    """How acts are cited, by their keys; a correction has no day of its own and is none."""
    days = _history(connection.alias, units_version()).act_days
    rows = Reorganisation.objects.filter(key__in=set(keys)).values_list("key", "title", "number")
    return {key: ActName(key, title, days[key], number) for key, title, number in rows if key in days}


def acts_fingerprint() -> str:
    """Which acts figures are recast by: another act, another mark."""
    return _history(connection.alias, units_version()).fingerprint


def told(edition: Edition, indicators: Iterable[str], values: Iterable[Value]) -> tuple[str, ...]:
    """Those of these indicators that are of class C3 (violence, planning) and of which the values tell something."""
    known = edition.indicators
    narrow = {one for one in indicators if sensitivity(edition, known[one]) is Sensitivity.C3}
    if not narrow:
        return ()
    return tuple(sorted({one.indicator for one in values if one.indicator in narrow and one.status in _TELLS}))


def halves_read(period: Period) -> tuple[Period, ...]:
    """Half-years whose facts can answer for a period: of a second half, the year's."""
    return period.halves if period.half == 1 else Period(period.year).halves


@dataclass(frozen=True)
class Reader:
    """Who reads, from where: an audience with the subtree it may read. The one way from a door to values."""

    stores: Stores
    edition: Edition
    audience: Audience
    scope: int | None
    basis: Basis = "accepted"
    using: Engine | None = None

    def values(self, question: Question) -> Values:
        ground = self._ground(question.periods, question.map_day)
        made = evaluate(
            self.edition,
            question,
            ground=ground,
            scope=self.scope,
            audience=self.audience,
            basis=self.basis,
            using=self.using,
        )
        narrow_read(*told(self.edition, question.indicators, made))
        if any(self.is_narrow(one) for one in question.indicators):
            narrow_left_out()
        return made

    def is_narrow(self, indicator: str) -> bool:
        """Whether an indicator is of class C3: violence, planning."""
        return sensitivity(self.edition, self.edition.indicators[indicator]) is Sensitivity.C3

    def explain(self, indicator: str, unit: int, period: Period, map_day: date | None = None) -> Explanation:
        if self.is_narrow(indicator):
            narrow_read(indicator)
        return explain(
            self.edition,
            indicator,
            unit,
            period,
            map_day=map_day,
            ground=self._ground((period,), map_day),
            scope=self.scope,
            audience=self.audience,
            basis=self.basis,
            using=self.using,
        )

    def not_counting(self, period: Period, units: Collection[int]) -> list[NotCounting]:
        """What these units said in a half-year that another origin answers for."""
        ground = self._ground((period,))
        return not_counting(self.edition, period, ground=ground, units=units, audience=self.audience, using=self.using)

    @property
    def facts_version(self) -> str:
        """Which facts are read: another decision, another version."""
        return fact_set(self.stores.facts, self.basis).version if self.basis != "released" else ""

    def _ground(self, periods: Sequence[Period], map_day: date | None = None) -> Ground:
        return ground_on(stores=self.stores, edition=self.edition, periods=periods, basis=self.basis, map_day=map_day)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact came from: the file it was typed in, who sent it and who received it, and when."""

    revision: int
    number: int
    file: str
    prepared_by: str
    approved_by: str
    decisions: tuple[tuple[str, str, str], ...]
    """(act, actor, moment) in order."""


def origins(revisions: Iterable[int]) -> dict[int, Origin]:
    """The origin of each revision."""
    rows = Revision.objects.filter(pk__in=set(revisions)).select_related("upload").prefetch_related("decisions")
    found = {}
    for row in rows:
        content = Content.from_json(row.content)
        decisions = tuple(
            (Decision.Act(one.act).label, one.actor, moment_words(timezone.localtime(one.decided_at)))
            for one in sorted(row.decisions.all(), key=lambda one: one.pk)
        )
        file = row.upload.name if row.upload else ""
        found[row.pk] = Origin(row.pk, row.number, file, content.prepared_by, content.approved_by, decisions)
    return found
