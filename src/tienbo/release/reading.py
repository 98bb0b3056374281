"""Asking for values: the map, the facts and the numbers of a site put together for the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.collection.manifest import Stores, fact_set, measures
from tienbo.collection.models import Decision, Revision
from tienbo.core.periods import Period
from tienbo.engine.engines import Engine
from tienbo.engine.evaluate import Audience, Basis, Ground, Question, Values, evaluate
from tienbo.engine.explain import Explanation, explain
from tienbo.engine.reconciliation import NotCounting, not_counting
from tienbo.units.frames import tree_on, unit_keys


def ground_on(*, stores: Stores, edition: Edition, periods: Iterable[Period], basis: Basis) -> Ground:
    """Facts at a basis on the map of each period's last day. Years bring their halves along, and so do second halves:
    a yearly figure asked for one is the year's."""
    wanted = {half for period in periods for half in (*_halves(period), period)}
    days = {period: edition.calendar.last_day(period) for period in wanted}
    if basis == "released":
        raise ValueError("released values are read from their release")
    return Ground(
        trees={period: tree_on(day) for period, day in days.items()},
        measures=measures(),
        keys=unit_keys(),
        facts=fact_set(stores.facts, basis),
    )


def _halves(period: Period) -> tuple[Period, ...]:
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
        ground = self._ground(question.periods)
        return evaluate(
            self.edition,
            question,
            ground=ground,
            scope=self.scope,
            audience=self.audience,
            basis=self.basis,
            using=self.using,
        )

    def explain(self, indicator: str, unit: int, period: Period) -> Explanation:
        return explain(
            self.edition,
            indicator,
            unit,
            period,
            ground=self._ground((period,)),
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

    def _ground(self, periods: Sequence[Period]) -> Ground:
        return ground_on(stores=self.stores, edition=self.edition, periods=periods, basis=self.basis)


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
            (Decision.Act(one.act).label, one.actor, f"{timezone.localtime(one.decided_at):%d/%m/%Y %H:%M}")
            for one in sorted(row.decisions.all(), key=lambda one: one.pk)
        )
        file = row.upload.name if row.upload else ""
        found[row.pk] = Origin(row.pk, row.number, file, content.prepared_by, content.approved_by, decisions)
    return found
