"""Forecasts that were kept, how they fared, and every way of forecasting asked about elections that were held: the
misses stand with the hits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number
from tienbo.outlook.distributions import Distribution
from tienbo.outlook.elections import Contest, StageWords
from tienbo.outlook.tested import OURS, Tested, shares_tested, totals_tested, ways_tested
from tienbo.outlook.urn import Forecast as Made
from tienbo.outlook.urn import Totals
from tienbo.papers.committee_paper import INTERVAL, interval_words, odds_words, share_words, shown
from tienbo.papers.lists_paper import BASELINES, bounds_words, missed_words
from tienbo.posts.contests import Stored, contests_stored, elections_offered, shares_stored, totals_stored
from tienbo.posts.election_queries import elections_before
from tienbo.posts.forecast_models import Forecast, ForecastScore
from tienbo.posts.forecasts import forecast_again, forecast_keep, forecast_score
from tienbo.web.access import Asked, page
from tienbo.web.lists import answered, asking_of, closed, lists, stored_words, unit_name
from tienbo.web.office import office
from tienbo.web.taking import ways

worded(
    {
        "forecasts.elected_not_told": N_(
            "{election}: how many were elected is not on record; ways that need it are left out."
        )
    }
)

MODELS: Mapping[str, str] = {
    **BASELINES,
    "units": N_("By units (urn), error of the odds only"),
    "units_drift": N_("By units (urn), with drift 0.15"),
    "units_more_drift": N_("By units (urn), with drift 0.25"),
    "fisher": N_("By units (Fisher's urn), error of the odds only"),
    "slope": N_("By units (urn), odds by the share of the list, error of the odds only"),
    "slope_drift": N_("By units (urn), odds by the share of the list, with drift 0.15"),
}


class Line(NamedTuple):
    """A way of forecasting and how it fared."""

    words: str
    mean: str
    missed: str
    within_90: str
    within_95: str
    verdict: str
    tone: str
    provinces: str
    is_ours: bool


class Test(NamedTuple):
    """All ways asked about one election."""

    before: str
    after: str
    observed: str
    lines: list[Line]
    faults: Sequence[Fault]
    in_percent: bool = False
    """Whether it is told in per cent of the elected, for no more was published."""


class Kept(NamedTuple):
    """A forecast on the list."""

    row: Forecast
    election: str
    stage: str
    interval: str
    scores: list[ForecastScore]
    verdict: str
    tone: str
    is_late: bool
    """Whether it was kept after the election day: it foretold nothing."""


@page("elections")
def forecasts(request: Asked, period: Period) -> HttpResponse:
    """What was kept, and the tests of each election from the one before it (and the other way round: ?reverse=1)."""
    offered = _offered(request)
    rows = Forecast.objects.filter(election__in=[one.election for one in offered]).select_related("election")
    named = {one.election.pk: one for one in offered}
    is_reverse = "reverse" in request.GET
    context = {
        "asked": period,
        "ways": ways("forecasts", period),
        "kept": [_kept(row, named[row.election_id]) for row in rows.order_by("-made_at", "-pk")],
        "tests": list(_tests(offered, is_reverse=is_reverse)),
        "is_reverse": is_reverse,
    }
    return render(request, "web/forecasts.html", context)


def _offered(request: Asked) -> list[Stored]:
    return elections_offered(request.seat.unit, timezone.localdate(), edition=office().edition)


def _kept(row: Forecast, stored: Stored) -> Kept:
    scores = list(row.scores.order_by("-pk"))
    verdict, tone = _verdict(scores[0].held_95) if scores else (_("no result held against it yet"), "")
    interval = bounds_words((row.low, row.high))
    is_late = timezone.localtime(row.made_at).date() > stored.day
    return Kept(row, stored_words(stored), str(StageWords(row.stage)), interval, scores, verdict, tone, is_late)


def _verdict(hit: bool | None) -> tuple[str, str]:
    if hit is None:
        return _("has no interval"), ""
    return (_("hit"), "tb-good") if hit else (_("missed"), "tb-bad")


def _tests(offered: Sequence[Stored], *, is_reverse: bool) -> Iterator[Test]:
    """Each election from the one of its kind and unit before it; the first of a unit that others went into from theirs
    together."""
    same: dict[tuple[str, int], list[Stored]] = {}
    for one in sorted((one for one in offered if one.is_decided), key=lambda one: one.day):
        same.setdefault((one.election.kind, one.election.unit_id), []).append(one)
    for (kind, unit), held in same.items():
        for before, after in pairwise(held):
            yield _test([after], before) if is_reverse else _test([before], after)
        went = [one for (of, at), ones in same.items() if of == kind and at in _went_into(unit) for one in ones[-1:]]
        if went and is_reverse:
            yield from (_test([held[0]], one) for one in went)
        elif went:
            yield _test(went, held[0])


def _went_into(unit: int) -> frozenset[int]:
    return elections_before(unit, timezone.localdate())


def _test(befores: Sequence[Stored], after: Stored) -> Test:
    """`befores`: the election before, or those before of units that were joined since."""
    before = befores[0]
    names = "; ".join(map(stored_words, befores)), stored_words(after)
    told = [contests_stored(one, stage="", decided=True) for one in (*befores, after)]
    held = [
        ([one for contests, _found in told[:-1] for one in contests], [f for _c, fs in told[:-1] for f in fs]),
        told[-1],
    ]
    faults: Sequence[Fault] = [fault for _contests, found in held for fault in errors(found)]
    totals = [
        Totals.of(contests) if not errors(found) else totals_stored(one)
        for one, (contests, found) in zip((before, after), held, strict=True)
    ]
    try:
        if not faults:
            made = ways_tested(tuple(held[0][0]), tuple(held[1][0]))
        elif totals[0] is not None and totals[1] is not None:  # by units there is nothing, the whole is told
            made = totals_tested(totals[0], totals[1])
        elif (shares := shares_stored(before, after, edition=office().edition)) is not None:
            lines = shares_tested(*shares)
            missing = [
                Fault("forecasts.elected_not_told", "", {"election": name}, Level.NOTE)
                for name, one in zip(names, shares, strict=True)
                if one.elected is None
            ]
            return Test(*names, share_words(shares[1].share), [_line(one) for one in lines], missing, in_percent=True)
        else:
            return Test(*names, "", [], faults)
    except Refused as refused:
        return Test(*names, "", [], refused.faults)
    return Test(*names, number(made[0].observed), [_line(one) for one in made], ())


def _line(one: Tested) -> Line:
    verdict, tone = _verdict(one.hit_95)
    groups = "" if one.scored is None else f"{number(one.scored.groups_held)}/{number(one.scored.groups)}"
    return Line(
        _(MODELS[one.way]),
        shown(one.mean, 1),
        missed_words(one.mean, one.observed),
        _bounds(one.within_90),
        _bounds(one.within_95),
        verdict,
        tone,
        groups,
        one.way == OURS,
    )


def _bounds(interval: tuple[float, float] | None) -> str:
    """ "139 đến 167"; of per cent with one decimal; "" for none."""
    if interval is None:
        return ""
    if all(isinstance(end, int) for end in interval):
        return bounds_words((int(interval[0]), int(interval[1])))
    return _("{low} to {high}").format(low=shown(interval[0], 1), high=shown(interval[1], 1))


@page("elections", methods=("POST",))
def forecast_kept(request: Asked, period: Period) -> HttpResponseBase:
    """Keep the forecast of an election on record; what cannot be answered is answered by the page of lists."""
    asking = asking_of(request)
    found = None if closed(request) else answered(asking)
    stored = asking.stored
    if found is None or stored is None:
        return lists(request, period=period)
    kept = forecast_keep(
        stored=stored, made=found[1].made, learnt_from=asking.learnt_from, actor=actor_of(request.user)
    )
    messages.success(request, _("The forecast is kept. It is held against the result when that is there."))
    return redirect("forecast", period=period, forecast=kept.key)


def _opened(request: Asked, key: str) -> tuple[Forecast, Stored]:
    row = Forecast.objects.select_related("election").filter(key=key).first()
    stored = next((one for one in _offered(request) if row is not None and one.election == row.election), None)
    if row is None or stored is None:
        raise Http404
    return row, stored


@page("elections")
def forecast(request: Asked, period: Period, forecast: str) -> HttpResponse:
    """A forecast that was kept: what it rests on, by province, and its scores."""
    row, stored = _opened(request, forecast)
    made: Made | None = None
    faults: Sequence[Fault] = ()
    try:
        made = forecast_again(row)
    except Refused as refused:
        faults = refused.faults
    results: dict[str, Contest] = {}
    if stored.is_decided:
        contests, found = contests_stored(stored, stage="", decided=True)
        results = {} if errors(found) else {one.name: one for one in contests}
    by_group: dict[str, int] = {}
    for one in results.values():
        by_group[one.group] = by_group.get(one.group, 0) + (one.women_elected or 0)
    groups: list[Fared] = []
    units: list[Fared] = []
    if made is not None:
        groups = [_fared(name, held, by_group.get(name)) for name, held in made.groups.items()]
        units = [
            _fared(unit_name(one), held, results[one.name].women_elected if one.name in results else None)
            for one, held in zip(made.contests, made.units, strict=True)
        ]
    context = {
        "asked": period,
        "ways": ways("forecasts", period),
        "kept": _kept(row, stored),
        "drift": odds_words(row.drift),
        "mean": shown(row.mean, 1),
        "within_95": bounds_words((row.low_95, row.high_95)),
        "scores": [_scored(one) for one in row.scores.order_by("-pk")],
        "groups": groups,
        "units": units,
        "faults": faults,
        "may_score": stored.is_decided and made is not None,
    }
    return render(request, "web/forecast.html", context)


class Fared(NamedTuple):
    """A province or a unit: what was forecast, and who was elected ("" while nobody knows)."""

    name: str
    mean: str
    interval: str
    elected: str
    tone: str


def _fared(name: str, made: Distribution, elected: int | None) -> Fared:
    told = "" if elected is None else number(elected)
    missed = elected is not None and not made.holds(elected, INTERVAL)
    return Fared(name, shown(made.mean, 1), interval_words(made), told, "tb-bad" if missed else "")


class Scored(NamedTuple):
    """A score in words."""

    row: ForecastScore
    error: str
    verdict_90: tuple[str, str]
    verdict_95: tuple[str, str]
    piece: str


def _scored(row: ForecastScore) -> Scored:
    piece = _("{low} to {high}").format(low=shown(row.pit_low, 3), high=shown(row.pit_high, 3))
    error = missed_words(row.observed + row.error, row.observed)
    return Scored(row, error, _verdict(row.held_90), _verdict(row.held_95), piece)


@page("elections", methods=("POST",))
def forecast_scored(request: Asked, period: Period, forecast: str) -> HttpResponseBase:
    """Hold a forecast against the result on record."""
    row, stored = _opened(request, forecast)
    forecast_score(kept=row, stored=stored, actor=actor_of(request.user))
    messages.success(request, _("Held against the result."))
    return redirect("forecast", period=period, forecast=row.key)
