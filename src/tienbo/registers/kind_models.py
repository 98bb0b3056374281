"""Registers that a site makes of its own and every version of them: imported by `models`.

A version is the whole definition (YAML, as a pack's), immutable. In use on a day is the last version that was put in
use from that day or an earlier one; what was drafted after it stands beside it until it is put in use too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import Nobodys

NAME = 60


class OwnKind(models.Model):
    """Loại sổ tự lập: a register that the pack does not have. `code` is that of its records, blank until it is put in
    use; `version` its last one."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    code = models.CharField(max_length=NAME, blank=True)
    version = models.PositiveIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)

    whose = Nobodys("what a register asks is for everybody")
    sensitivity: ClassVar[Classes] = classes(C1="key code version withdrawn")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code="") & Q(withdrawn=False), name="a_register_of_ones_own_has_a_code"
            ),
            AppendOnly(name="registers_of_ones_own_are_never_deleted", may_change=("code", "version", "withdrawn")),
        ]

    def __str__(self) -> str:
        return f"{self.code or self.key} v{self.version}"


class OwnKindVersion(models.Model):
    """A version of such a register: everything its definition says; where it was put in use, from which day."""

    class Act(models.TextChoices):
        BEGUN = "begun", N_("begun")
        CHANGED = "changed", N_("changed")
        USED = "used", N_("put in use")
        WITHDRAWN = "withdrawn", N_("register withdrawn")

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    kind = models.ForeignKey(OwnKind, on_delete=PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=10, choices=Act)
    definition = models.TextField(help_text="YAML.")
    begins_on = models.DateField(null=True, help_text="Where it was put in use: from which day.")
    reason = models.TextField(blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("what a register asks is for everybody")
    sensitivity: ClassVar[Classes] = classes(C1="key kind number act definition begins_on reason by at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="versions_of_ones_own_register_are_numbered"),
            Check(
                name="what_is_in_use_says_from_which_day",
                condition=~Q(act="used") | Q(begins_on__isnull=False),
                violation_error_message=N_("A register is put in use from a day on."),
            ),
            AppendOnly(name="versions_of_ones_own_registers_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id}#{self.number} {self.act}"
