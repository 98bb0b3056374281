"""Keeping projections of indicators on record, making them again, and holding them against the figures of their years.

A figure scores a projection where it stands on the ground of what the projection was made from: the same definition,
the same units. Where it does not, that is said, and nothing is scored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import NamedTuple

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import Indicator, Sensitivity
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.ground.keys import new_key
from tienbo.outlook.projection import MODEL, Point, Projection
from tienbo.posts.projection_models import IndicatorProjection, ProjectionScore
from tienbo.release.ahead import Ahead, projected
from tienbo.units.models import Unit

worded(
    {
        "projections.closed": N_("Projections of figures that few may see are reckoned, and not kept."),
        "projections.other_model": N_("The projection was made by “{made}”; “{now}” cannot make it again."),
        "projections.not_the_same": N_("The projection does not come out as it was kept; it is not scored."),
        "projections.other_ground": N_(
            "{year}: the figure stands on another definition or other units than what was projected; it is not scored."
        ),
    }
)
SAME = 1e-6
"""How far a projection that is made again may be off, in parts of its middle."""


class YearScore(NamedTuple):
    """A year of a projection beside its figure."""

    year: int
    observed: float
    figure: str
    error: float
    held_50: bool
    held_90: bool
    pit: float


class YearStep(NamedTuple):
    """The middle of a year and the bounds of its 50 % and 90 % intervals."""

    year: int
    middle: float
    half: tuple[float, float]
    most: tuple[float, float]


def may_keep(edition: Edition, indicator: Indicator) -> bool:
    """Whether its history may be written down a second time: not that of figures of class C3."""
    return all(edition.elements[term.series.element].sensitivity is not Sensitivity.C3 for term in indicator.terms)


@transaction.atomic
def projection_keep(
    *,
    edition: Edition,
    unit: Unit,
    indicator: Indicator,
    told: Sequence[Point],
    made: Ahead,
    period: Period,
    target: str,
    actor: Actor,
) -> IndicatorProjection:
    """Keep what was projected; the one there is where the same was kept before."""
    if not may_keep(edition, indicator):
        raise Refused(Fault("projections.closed"))
    same = {
        "unit": unit,
        "indicator": indicator.code,
        "year": made.asked.year,
        "model": MODEL,
        "inputs": _mark([asdict(one) for one in told]),
    }
    held = IndicatorProjection.objects.filter(**same).first()
    if held is not None:
        return held
    first = int(made.projection.history[-1].at) + 1
    steps = [step_of(year, projected(indicator, told, year)) for year in range(first, made.asked.year + 1)]
    return IndicatorProjection.objects.create(
        **same,
        key=new_key("projection"),
        period_code=period.code,
        target=target,
        chance=made.chance,
        history=[asdict(one) for one in told],
        steps=[one._asdict() for one in steps],
        made_by=actor.name,
    )


def step_of(year: int, made: Projection) -> YearStep:
    return YearStep(year, made.median, made.interval(0.5), made.interval(0.9))


def steps_kept(kept: IndicatorProjection) -> list[YearStep]:
    """The years of a projection as they were kept."""
    return [YearStep(one["year"], one["middle"], tuple(one["half"]), tuple(one["most"])) for one in kept.steps]


def projection_again(kept: IndicatorProjection, indicator: Indicator, year: int) -> Projection:
    """A year of a projection made again from what was kept of it. Refused where it does not come out the same."""
    if kept.model != MODEL:
        raise Refused(Fault("projections.other_model", "", {"made": kept.model, "now": MODEL}))
    made = projected(indicator, [Point(**one) for one in kept.history], year)
    told = next((one for one in steps_kept(kept) if one.year == year), None)
    if told is None or abs(made.median - told.middle) > SAME * max(1.0, abs(told.middle)):
        raise Refused(Fault("projections.not_the_same"))
    return made


def years_scored(
    kept: IndicatorProjection, indicator: Indicator, now: Iterable[Point]
) -> tuple[list[YearScore], list[Fault]]:
    """The years of which the figure has arrived, each held against it; why some are not. `now`: the figures as they are
    told today, each with its definition and ground."""
    held = {one.at: one for one in now}
    last = held.get(kept.history[-1]["at"])
    found: list[YearScore] = []
    faults: list[Fault] = []
    for year in (one.year for one in steps_kept(kept)):
        figure = held.get(float(year))
        if figure is None:
            continue
        if last is None or (figure.definition, figure.ground) != (last.definition, last.ground):
            faults.append(Fault("projections.other_ground", "", {"year": str(year)}))
            continue
        try:
            made = projection_again(kept, indicator, year)
        except Refused as refused:
            return [], list(refused.faults)
        (low, high), (lowest, highest) = made.interval(0.5), made.interval(0.9)
        found.append(
            YearScore(
                year,
                figure.value,
                _mark([figure.at, figure.value, figure.denominator]),
                made.median - figure.value,
                low <= figure.value <= high,
                lowest <= figure.value <= highest,
                min(1.0, max(0.0, made.below(figure.value))),
            )
        )
    return found, faults


@transaction.atomic
def projection_score(
    *, kept: IndicatorProjection, indicator: Indicator, now: Iterable[Point], actor: Actor
) -> tuple[list[ProjectionScore], list[Fault]]:
    """Write down how a projection fared in the years whose figures have arrived: the new ones, and why some are not."""
    found, faults = years_scored(kept, indicator, now)
    made = []
    for one in found:
        score, is_new = ProjectionScore.objects.get_or_create(
            projection=kept,
            year=one.year,
            figure=one.figure,
            defaults={
                "observed": one.observed,
                "error": one.error,
                "held_50": one.held_50,
                "held_90": one.held_90,
                "pit": one.pit,
                "scored_by": actor.name,
            },
        )
        if is_new:
            made.append(score)
    return made, faults


def _mark(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
