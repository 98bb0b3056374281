"""Forecasts that are kept to be held against the result, and how they fared. Neither is ever rewritten."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, F, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent
from tienbo.posts.election_models import Election, Stage


class Forecast(models.Model):
    """What an election's lists were said to give: from which stage, learnt from what, by which model and drift; the
    counts it was made from (with their fingerprint), so that it can be made again to be scored by units."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    election = models.ForeignKey(Election, on_delete=PROTECT, related_name="forecasts")
    stage = models.CharField(max_length=10, choices=Stage)
    model = models.CharField(max_length=40, help_text='The way of reckoning and its version: "wallenius/1".')
    seed = models.BigIntegerField(null=True, help_text="NULL: nothing was drawn at random.")
    drift = models.FloatField()
    learnt_from = models.JSONField(help_text="The elections the odds were learnt from, in words.")
    fit = models.JSONField(help_text="The odds as they were learnt: parameters, covariance, units.")
    calibration = models.CharField(max_length=64, help_text="SHA-256 of the counts they were learnt from.")
    lists = models.TextField(help_text="The lists by unit, as a table (CSV).")
    inputs = models.CharField(max_length=64, help_text="SHA-256 of the lists.")
    seats = models.PositiveIntegerField()
    mean = models.FloatField()
    sd = models.FloatField()
    low = models.PositiveIntegerField(help_text="Of the 90 % interval, included.")
    high = models.PositiveIntegerField()
    low_95 = models.PositiveIntegerField()
    high_95 = models.PositiveIntegerField()
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("election")
    sensitivity: ClassVar[Classes] = classes(
        C1="key election stage model seed drift learnt_from fit calibration inputs made_by made_at",
        C2="lists seats mean sd low high low_95 high_95",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "stage", "model", "inputs", "calibration", "drift"], name="a_forecast_is_kept_once"
            ),
            Check(
                name="a_forecast_lies_within_the_seats",
                condition=Q(low__lte=F("high"), low_95__lte=F("low"), high_95__gte=F("high"), high_95__lte=F("seats")),
                violation_error_message=N_("A forecast lies within the seats, and its wider interval holds the other."),
            ),
            AppendOnly(name="forecasts_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.election_id} {self.stage}: {self.mean:.1f}"


class ForecastScore(models.Model):
    """A forecast held against a result: error (forecast less result), whether intervals held it, and the piece of the
    probability integral transform. A result that is corrected later is scored again."""

    forecast = models.ForeignKey(Forecast, on_delete=PROTECT, related_name="scores")
    results = models.CharField(max_length=64, help_text="SHA-256 of the results.")
    observed = models.PositiveIntegerField()
    error = models.FloatField()
    held_90 = models.BooleanField()
    held_95 = models.BooleanField()
    pit_low = models.FloatField(help_text="The chance of fewer.")
    pit_high = models.FloatField(help_text="The chance of so many or fewer.")
    groups = models.PositiveIntegerField()
    groups_held = models.PositiveIntegerField(help_text="Provinces whose 90 % interval held.")
    units = models.PositiveIntegerField()
    units_held = models.PositiveIntegerField()
    scored_by = models.CharField(max_length=150)
    scored_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("forecast")
    sensitivity: ClassVar[Classes] = classes(
        C1="forecast results observed error held_90 held_95 pit_low pit_high groups groups_held units units_held "
        "scored_by scored_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["forecast", "results"], name="a_forecast_is_scored_once_by_a_result"),
            Check(
                name="a_piece_of_chance_lies_between_0_and_1",
                condition=Q(pit_low__gte=-1e-9, pit_high__lte=1 + 1e-9, pit_low__lte=F("pit_high")),
                violation_error_message=N_("Chances lie between 0 and 1."),
            ),
            AppendOnly(name="scores_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.forecast_id}: {self.error:+.1f}"
