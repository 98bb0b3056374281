"""How the office of a unit is reached: what it publishes of itself, never a person's own number."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT

from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.whose import OfUnit
from tienbo.units.models.places import Unit


class UnitContact(models.Model):
    """The published telephone and e-mail address of a unit's office. The last row counts; both empty takes it back."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="contacts")
    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    source = models.CharField(max_length=200, blank=True, help_text="Where it was read.")
    given_by = models.CharField(max_length=150)
    given_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit", shown="telephone and address of an office are for whoever has to reach it")
    sensitivity: ClassVar[Classes] = classes(C0="unit telephone email source given_by given_at")

    class Meta:
        constraints = [
            AppendOnly(name="contacts_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.telephone} {self.email}"
