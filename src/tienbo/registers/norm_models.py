"""Local decisions that a norm holds for units of a place, from a day on: imported by `models`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, F, Q

from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfUnit
from tienbo.units.models import Unit

KINDS = " "
"""Between kinds of units."""


class NormDecision(models.Model):
    """Quyết định của địa phương: a document by which a norm holds for units of some kinds under a unit, in the days
    [begins_on, ends_on), with another value where it sets one. It ends by another document, or is withdrawn with a
    reason where it was entered wrongly; what it said stays."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    norm = models.CharField(max_length=60, help_text="Code of the norm in the pack.")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="norm_decisions", help_text="Whose decision it is.")
    kinds = models.CharField(max_length=200, help_text="Kinds of units it is about, with a blank between.")
    value = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, help_text="Of the norm's test, a share from 0 to 1; NULL: as it is."
    )
    begins_on = models.DateField(help_text="The first day.")
    ends_on = models.DateField(null=True, help_text="The first day no more.")
    document_number = models.CharField(max_length=60, help_text='"25/QĐ-UBND".')
    issued_on = models.DateField()
    place = models.CharField(max_length=120, blank=True, help_text="Article or point.")
    withdrawn = models.BooleanField(default=False)
    reason = models.TextField(blank=True, help_text="By what it ended, or why it was withdrawn.")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)
    changed_by = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(null=True)

    whose = OfUnit("unit", shown="what was decided holds for every unit below")
    sensitivity: ClassVar[Classes] = classes(
        C1="key norm unit kinds value begins_on ends_on document_number issued_on place withdrawn reason by at "
        "changed_by changed_at"
    )

    class Meta:
        constraints = [
            Check(
                name="a_decision_ends_after_it_begins",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("begins_on")),
                violation_error_message=N_("The end must be after the start."),
            ),
            AppendOnly(
                name="norm_decisions_are_never_rewritten",
                may_change=("ends_on", "withdrawn", "reason", "changed_by", "changed_at"),
            ),
        ]
        indexes = [models.Index(fields=["unit", "withdrawn"], name="norm_decisions_of_a_unit")]

    def __str__(self) -> str:
        return f"{self.norm} {self.document_number}"

    @property
    def span(self) -> Span:
        return Span(self.begins_on, self.ends_on)

    @property
    def of_kinds(self) -> tuple[str, ...]:
        return tuple(self.kinds.split(KINDS))
