"""Plans of units' committees and every version of them: imported by `models`.

A version is the whole text of the plan, immutable. The plan in force is its last version that was approved; what was
drafted since stands beside it until it is approved too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, F, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.units.models import Unit


class Plan(models.Model):
    """Kế hoạch of a unit for some years. `version` is its last, `approved` the one in force; both follow from the
    versions and are kept beside them so that a page need not work them out."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="plans")
    first_year = models.PositiveIntegerField()
    last_year = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=0)
    approved = models.PositiveIntegerField(default=0, help_text="Number of the version in force; 0 is none.")
    withdrawn = models.BooleanField(default=False)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="key unit first_year last_year version approved withdrawn")

    class Meta:
        constraints = [
            Check(
                name="a_plan_ends_after_it_begins",
                condition=Q(last_year__gte=F("first_year")),
                violation_error_message=N_("The last year is before the first."),
            ),
            AppendOnly(
                name="plans_are_never_deleted",
                may_change=("first_year", "last_year", "version", "approved", "withdrawn"),
            ),
        ]
        indexes = [models.Index(fields=["unit", "last_year"], name="plans_of_a_unit")]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class PlanVersion(models.Model):
    """A version of a plan: everything it says (`catalogue.plans.PlanContent`), and the document where it was
    approved."""

    class Act(models.TextChoices):
        BEGUN = "begun", N_("begun")
        CHANGED = "changed", N_("changed")
        APPROVED = "approved", N_("approved")
        WITHDRAWN = "withdrawn", N_("plan withdrawn")

    plan = models.ForeignKey(Plan, on_delete=PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=10, choices=Act)
    content = models.TextField(help_text="Canonical JSON.")
    document_number = models.CharField(max_length=60, blank=True, help_text='"25/KH-UBND".')
    issued_on = models.DateField(null=True)
    reason = models.TextField(blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("plan")
    sensitivity: ClassVar[Classes] = classes(C1="plan number act content document_number issued_on reason by at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="versions_of_a_plan_are_numbered"),
            Check(
                name="an_approved_plan_has_its_document",
                condition=~Q(act="approved") | (~Q(document_number="") & Q(issued_on__isnull=False)),
                violation_error_message=N_("A plan is approved by a document with its number and day."),
            ),
            AppendOnly(name="versions_of_plans_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}#{self.number} {self.act}"
