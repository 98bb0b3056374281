"""Projections of indicators that are kept to be held against the figures of their years, and how they fared. Neither is
ever rewritten."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.units.models import Unit

CODE = 80


class IndicatorProjection(models.Model):
    """Where an indicator of a unit was said to be at the end of each year until the one a target names: from which
    values (with their fingerprint), by which way of reckoning, so that it can be made again."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="projections")
    indicator = models.CharField(max_length=CODE)
    period_code = models.CharField(max_length=10, help_text="The period it was made in.")
    year = models.PositiveSmallIntegerField(help_text="The last year that is projected: the one the target names.")
    target = models.CharField(max_length=CODE, blank=True)
    chance = models.FloatField(null=True, help_text="Of reaching what the target asks; NULL: none is told.")
    model = models.CharField(max_length=40, help_text='The way of reckoning and its version: "line-and-walk/1".')
    seed = models.BigIntegerField(null=True, help_text="NULL: nothing was drawn at random.")
    history = models.JSONField(help_text="The values it was made from, oldest first.")
    inputs = models.CharField(max_length=64, help_text="SHA-256 of them.")
    steps = models.JSONField(help_text="Year by year: the middle and the bounds of the 50 % and 90 % intervals.")
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit", shown="figures that are open to whoever may see the indicator")
    sensitivity: ClassVar[Classes] = classes(
        C1="key unit indicator period_code year target chance model seed history inputs steps made_by made_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "indicator", "year", "model", "inputs"], name="a_projection_is_kept_once"
            ),
            AppendOnly(name="projections_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"


class ProjectionScore(models.Model):
    """A year of a projection held against its figure: error (middle less figure), whether intervals held it, the chance
    of less. A figure that is corrected later is scored again."""

    projection = models.ForeignKey(IndicatorProjection, on_delete=PROTECT, related_name="scores")
    year = models.PositiveSmallIntegerField()
    observed = models.FloatField()
    figure = models.CharField(max_length=64, help_text="SHA-256 of the figure and its parts.")
    error = models.FloatField()
    held_50 = models.BooleanField()
    held_90 = models.BooleanField()
    pit = models.FloatField(help_text="The chance of less than the figure.")
    scored_by = models.CharField(max_length=150)
    scored_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("projection")
    sensitivity: ClassVar[Classes] = classes(
        C1="projection year observed figure error held_50 held_90 pit scored_by scored_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["projection", "year", "figure"], name="a_projection_is_scored_once_by_a_figure"
            ),
            Check(
                name="a_chance_of_less_lies_between_0_and_1",
                condition=Q(pit__gte=0, pit__lte=1),
                violation_error_message=N_("Chances lie between 0 and 1."),
            ),
            AppendOnly(name="scores_of_projections_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.projection_id} {self.year}: {self.error:+.2f}"
