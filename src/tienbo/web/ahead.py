"""Where an indicator will probably be in the year a target names: from its own history, with an interval and a chance,
or the reason why nothing can be said."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render

from tienbo.core.faults import Fault, Refused
from tienbo.core.periods import Period
from tienbo.outlook.projection import Point
from tienbo.papers.blocks import plain
from tienbo.papers.tables import measured_in, plan_text
from tienbo.release.ahead import Ahead, Seen, ahead, asked_ahead, periods_back, points, projected
from tienbo.release.frozen import is_comparable
from tienbo.web.access import Asked, page
from tienbo.web.definition import unchecked
from tienbo.web.indicator import query_of
from tienbo.web.series import recast_among
from tienbo.web.subject import Subject, subject

STEPS = 6
"""Years shown on the way, the target's included."""


class Step(NamedTuple):
    """The end of a year on the way: the middle, and the bounds of the 50 % and 90 % intervals."""

    year: int
    middle: Decimal
    half: tuple[Decimal, Decimal]
    most: tuple[Decimal, Decimal]


@page("view", mapped=True)
def indicator_ahead(request: Asked, period: Period, code: str) -> HttpResponse:
    """The indicator of a unit projected to the next year of the chosen target."""
    about = subject(request, period, code)
    made: Ahead | None = None
    refused: Sequence[Fault] = ()
    asked_text, way = "", list[Step]()
    try:
        asked = asked_ahead(about.target, period)
        asked_text = plain(plan_text(about.target, about.indicator, asked, asked.year)) if about.target else ""
        told = points(about.edition, about.indicator, seen(about))
        made = ahead(about.indicator, told, asked)
        way = steps(about, told, made)
    except Refused as none:
        refused = none.faults
    target = about.target
    context = {
        "about": about,
        "indicator": about.indicator,
        "measured_in": measured_in(about.edition, about.indicator),
        "made": made,
        "refused": refused,
        "asked_text": asked_text,
        "target": target,
        "document": about.edition.documents[target.document].cited if target else "",
        "unchecked": unchecked(target.confidence) if target else "",
        "percent": None if made is None or made.chance is None else Decimal(str(round(made.chance * 100))),
        "steps": way,
        "suppositions": (*made.projection.suppositions, *([made.unsaid] if made.unsaid else [])) if made else (),
        "unit_query": query_of(request, "unit", "target", "map"),
    }
    return render(request, "web/indicator_ahead.html", context)


def seen(about: Subject) -> list[Seen]:
    """The values that make the history, as this seat reads them."""
    edition = about.edition
    every = periods_back(edition, about.indicator, about.period)
    if not every:
        return []
    recast = recast_among(about, every)
    code, unit = [about.code], [about.unit.pk]
    told = about.figures([one for one in every if one not in recast], indicators=code, units=unit)
    onto = about.figures(recast, map_day=about.day, indicators=code, units=unit)
    return [
        Seen(
            (onto if one in recast else told).get(about.code, about.unit.key, one.code),
            one in recast or about.map_day is not None or is_comparable(edition, about.unit.pk, one, every[-1]),
        )
        for one in every
    ]


def steps(about: Subject, told: Sequence[Point], made: Ahead) -> list[Step]:
    """The years on the way to the one that is asked about, the last few of them."""
    first = int(made.projection.history[-1].at) + 1
    years = range(max(first, made.asked.year - STEPS + 1), made.asked.year + 1)
    found = []
    for year in years:
        one = projected(about.indicator, told, year)
        found.append(Step(year, _shown(one.median), _pair(one.interval(0.5)), _pair(one.interval(0.9))))
    return found


def _shown(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _pair(told: tuple[float, float]) -> tuple[Decimal, Decimal]:
    return _shown(told[0]), _shown(told[1])
