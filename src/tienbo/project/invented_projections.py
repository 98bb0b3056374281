"""Projections of the demonstration's province that are kept: the history is invented as its returns are, the way of
reckoning is not."""

from __future__ import annotations

from collections.abc import Iterable

from tienbo.accounts.actors import Actor
from tienbo.core.periods import Period
from tienbo.release.ahead import ahead, asked_ahead, history, points
from tienbo.release.projections import projection_keep
from tienbo.release.reading import Reader
from tienbo.units.models import Unit

KEPT = ("NSGE-4.1",)
"""Targets of figures that half-years tell, whose next value lies ahead."""


def projections_invent(
    *, reader: Reader, unit: Unit, period: Period, actor: Actor, targets: Iterable[str] = KEPT
) -> None:
    """Keep where indicators of a unit are heading, as its office would on the page of each."""
    edition = reader.edition
    for code in targets:
        target = edition.targets[code]
        indicator = edition.indicators[target.indicator or ""]
        told = points(edition, indicator, history(reader, indicator, unit.pk, period))
        made = ahead(indicator, told, asked_ahead(target, period))
        projection_keep(
            edition=edition,
            unit=unit,
            indicator=indicator,
            told=told,
            made=made,
            period=period,
            target=code,
            actor=actor,
        )
