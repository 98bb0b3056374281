"""Where an indicator will probably be in the year a target names: from its own history, with an interval and a chance,
or the reason why nothing can be said."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.outlook.projection import Point
from tienbo.papers.blocks import plain
from tienbo.papers.tables import measured_in, plan_text
from tienbo.posts.projection_models import IndicatorProjection, ProjectionScore
from tienbo.release.ahead import Ahead, Seen, ahead, asked_ahead, periods_back, points, projected
from tienbo.release.frozen import is_comparable
from tienbo.release.projections import (
    YearScore,
    YearStep,
    may_keep,
    projection_keep,
    projection_score,
    steps_kept,
    years_scored,
)
from tienbo.units.access import accessible_units
from tienbo.units.frames import unit_called, unit_keys
from tienbo.web.access import Asked, page
from tienbo.web.definition import unchecked
from tienbo.web.indicator import query_of
from tienbo.web.office import office
from tienbo.web.series import recast_among
from tienbo.web.subject import Subject, subject

MOST = 200
"""Projections on the list of those that are kept, the last first."""
STEPS = 6
"""Years shown on the way, the target's included."""


class Step(NamedTuple):
    """The end of a year on the way: the middle, and the bounds of the 50 % and 90 % intervals."""

    year: int
    middle: Decimal
    half: tuple[Decimal, Decimal]
    most: tuple[Decimal, Decimal]


class Fared(NamedTuple):
    """A year of a projection that was kept: as it was told, and the figure once it has arrived."""

    year: int
    middle: Decimal
    most: tuple[Decimal, Decimal]
    observed: Decimal | None
    error: Decimal | None
    words: str
    tone: str
    pit: Decimal | None


class Kept(NamedTuple):
    """A projection that was kept, the reasons why some of its years are not scored, what is not written down yet."""

    row: IndicatorProjection
    name: str
    unit: str
    address: str
    years: Sequence[Fared]
    faults: Sequence[Fault]
    due: int


@page("view", methods=("GET", "POST"), mapped=True)
def indicator_ahead(request: Asked, period: Period, code: str) -> HttpResponseBase:
    """The indicator of a unit projected to the next year of the chosen target. The standing office keeps a projection
    (`act` keep), and writes down how those that are kept fared once the figures have arrived (`act` score)."""
    about = subject(request, period, code)
    made: Ahead | None = None
    refused: Sequence[Fault] = ()
    told: Sequence[Point] = ()
    asked_text, way = "", list[Step]()
    try:
        told = points(about.edition, about.indicator, seen(about))
        asked = asked_ahead(about.target, period)
        asked_text = plain(plan_text(about.target, about.indicator, asked, asked.year)) if about.target else ""
        made = ahead(about.indicator, told, asked)
        way = steps(about, told, made)
    except Refused as none:
        refused = none.faults
    target = about.target
    may_write = request.seat.allows("consolidate") and about.map_day is None
    if request.method == "POST":
        if not may_write:
            raise Http404
        return _written(request, about, told, made)
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
        "may_write": may_write,
        "may_keep": may_write and made is not None and may_keep(about.edition, about.indicator),
        "kept": [
            kept_shown(one, period, told)
            for one in _kept_of(about).prefetch_related("scores").order_by("-made_at", "-pk")
        ],
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


# ------------------------------------------------------------------------------------------- kept, and how they fared


def _kept_of(about: Subject) -> QuerySet[IndicatorProjection]:
    return IndicatorProjection.objects.filter(unit=about.unit, indicator=about.code)


def _written(request: Asked, about: Subject, told: Sequence[Point], made: Ahead | None) -> HttpResponseBase:
    actor, act = actor_of(request.user), request.POST.get("act", "")
    faults: list[Fault] = []
    if act == "keep" and made is not None:
        try:
            projection_keep(
                edition=about.edition,
                unit=about.unit,
                indicator=about.indicator,
                told=told,
                made=made,
                period=about.period,
                target=about.target.code if about.target else "",
                actor=actor,
            )
            messages.success(request, _("The projection was kept; it is held against the figures as they arrive."))
        except Refused as refused:
            faults = list(refused.faults)
    elif act == "score":
        written = 0
        for one in _kept_of(about):
            scores, wrong = projection_score(kept=one, indicator=about.indicator, now=told, actor=actor)
            written, faults = written + len(scores), [*faults, *wrong]
        words = ngettext("{count} year was held against its figure.", "{count} years were held against their figures.",
                         written)  # fmt: skip
        messages.success(request, words.format(count=written))
    else:
        raise Http404
    for fault in faults:
        messages.warning(request, fault.sentence())
    return redirect(request.get_full_path())


def kept_shown(row: IndicatorProjection, period: Period, now: Sequence[Point] = ()) -> Kept:
    """A projection that was kept, beside the figures that have arrived: what was written down of them, and what is to
    be (`now`)."""
    indicator = office().edition.indicators.get(row.indicator)
    arrived, faults = ([], []) if indicator is None else years_scored(row, indicator, now)
    last = {one.year: one for one in sorted(row.scores.all(), key=lambda one: one.pk)}
    due = [one for one in arrived if (held := last.get(one.year)) is None or held.figure != one.figure]
    scored: dict[int, ProjectionScore | YearScore] = {**last, **{one.year: one for one in due}}
    at = reverse("indicator_ahead", kwargs={"period": period, "code": row.indicator})
    keys = unit_keys()
    return Kept(
        row,
        str(indicator.name) if indicator else row.indicator,
        unit_called(row.unit_id, timezone.localdate()),
        f"{at}?{urlencode({'unit': keys[row.unit_id]})}",
        [_fared(step, scored.get(step.year)) for step in steps_kept(row)],
        faults,
        len(due),
    )


def _fared(step: YearStep, score: ProjectionScore | YearScore | None) -> Fared:
    middle, most = _shown(step.middle), _pair(step.most)
    if score is None:
        return Fared(step.year, middle, most, None, None, _("no figure yet"), "", None)
    words, tone = (_("hit"), "tb-good") if score.held_90 else (_("missed"), "tb-near")
    shown = _shown(score.observed), _shown(score.error), Decimal(f"{score.pit:.2f}")
    return Fared(step.year, middle, most, shown[0], shown[1], words, tone, shown[2])


@page("view")
def projections(request: Asked, period: Period) -> HttpResponse:
    """Every projection that was kept of units this seat reads, and how they fared."""
    mine = accessible_units(request.user, need="view", on=timezone.localdate())
    rows = (
        IndicatorProjection.objects.filter(unit__in=mine).prefetch_related("scores").order_by("-made_at", "-pk")[:200]
    )
    kept = [kept_shown(one, period) for one in rows]
    scored = [year for one in kept for year in one.years if year.observed is not None]
    context = {
        "asked": period,
        "kept": kept,
        "scored": len(scored),
        "held": sum(year.tone == "tb-good" for year in scored),
    }
    return render(request, "web/projections.html", context)
