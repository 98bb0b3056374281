"""Clusters of communes, as an office tells them: those whose small counts are told of together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT

from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.whose import OfUnit
from tienbo.units.models.places import Unit


class ClusterSheet(models.Model):
    """All clusters of one unit's communes, over time. The last sheet counts; those before stay.

    `rows`: [{"cluster", "unit", "first", "until"}]: name, key of a commune, the first day and the first day no more.
    """

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="cluster_sheets")
    name = models.CharField(max_length=255, help_text="The file name it came under.")
    rows = models.JSONField()
    said_by = models.CharField(max_length=150)
    said_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="unit name rows said_by said_at")

    class Meta:
        constraints = [AppendOnly(name="sheets_of_clusters_are_never_rewritten")]

    def __str__(self) -> str:
        return self.name
