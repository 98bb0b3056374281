"""Keeping forecasts of elections on record, making them again, and holding them against the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.ground.keys import new_key
from tienbo.outlook.elections import Contest, as_table, mark, read_own
from tienbo.outlook.urn import MODEL, Fit, score
from tienbo.outlook.urn import Forecast as Made
from tienbo.outlook.urn import forecast as forecast_made
from tienbo.posts.contests import Stored, contests_stored
from tienbo.posts.forecast_models import Forecast, ForecastScore

worded(
    {
        "forecasts.other_model": N_("The forecast was made by “{made}”; “{now}” cannot make it again."),
        "forecasts.not_the_same": N_("The forecast does not come out as it was kept; it is not scored."),
        "forecasts.other_units": N_("The result is not of the same units: {missing} are missing, {more} are more."),
    }
)


@transaction.atomic
def forecast_keep(*, stored: Stored, made: Made, learnt_from: Sequence[str], actor: Actor) -> Forecast:
    """Keep what was forecast of an election; the one there is where the same was kept before."""
    low, high = made.whole.interval(0.9)
    low_95, high_95 = made.whole.interval(0.95)
    same = {
        "election": stored.election,
        "stage": made.stage,
        "model": MODEL,
        "inputs": mark(made.contests),
        "calibration": made.fit.learnt_from,
        "drift": made.drift,
    }
    held = Forecast.objects.filter(**same).first()
    if held is not None:
        return held
    return Forecast.objects.create(
        **same,
        key=new_key("forecast"),
        seed=None,
        learnt_from=list(learnt_from),
        fit=asdict(made.fit),
        lists=as_table(made.contests),
        seats=made.seats,
        mean=made.whole.mean,
        sd=made.whole.sd,
        low=low,
        high=high,
        low_95=low_95,
        high_95=high_95,
        made_by=actor.name,
    )


def forecast_again(kept: Forecast) -> Made:
    """The forecast made again from what was kept of it. Refused where it does not come out the same."""
    if kept.model != MODEL:
        raise Refused(Fault("forecasts.other_model", "", {"made": kept.model, "now": MODEL}))
    contests, _faults = read_own(kept.lists)
    fit = kept.fit
    learnt = Fit(
        **{
            **fit,
            "parameters": tuple(fit["parameters"]),
            "covariance": tuple(tuple(row) for row in fit["covariance"]),
            "shares": tuple(fit["shares"]),
        }
    )
    made = forecast_made(contests, learnt, drift=kept.drift, stage=kept.stage)
    if abs(made.whole.mean - kept.mean) > 1e-6 or made.whole.interval(0.9) != (kept.low, kept.high):
        raise Refused(Fault("forecasts.not_the_same"))
    return made


@transaction.atomic
def forecast_score(*, kept: Forecast, stored: Stored, actor: Actor) -> ForecastScore:
    """Hold a forecast against the result on record; the score there is where the result is the same. Refused where the
    result is not complete or is of other units."""
    results, faults = contests_stored(stored, stage="", decided=True)
    if errors(faults):
        raise Refused(*errors(faults))
    made = forecast_again(kept)
    ordered = _in_order(made.contests, results)
    told = mark(ordered)
    held = ForecastScore.objects.filter(forecast=kept, results=told).first()
    if held is not None:
        return held
    found = score(made, ordered)
    return ForecastScore.objects.create(
        forecast=kept,
        results=told,
        observed=found.observed,
        error=found.error,
        held_90=found.held[0.9],
        held_95=found.held[0.95],
        pit_low=found.pit[0],
        pit_high=found.pit[1],
        groups=found.groups,
        groups_held=found.groups_held,
        units=found.units,
        units_held=found.units_held,
        scored_by=actor.name,
    )


def _in_order(lists: Sequence[Contest], results: Sequence[Contest]) -> list[Contest]:
    by_name = {(one.group, one.unit): one for one in results}
    wanted = [(one.group, one.unit) for one in lists]
    missing = [one for one in wanted if one not in by_name]
    if missing or len(by_name) != len(wanted):
        more = len(set(by_name) - set(wanted))
        raise Refused(Fault("forecasts.other_units", "", {"missing": len(missing), "more": more}))
    return [by_name[one] for one in wanted]
