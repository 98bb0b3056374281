"""Tasks: what a unit owes because somebody concluded so, and every act about it.

Where a task stands follows from its acts (core.tasks), which are append-only; `owner`, `closed_on` and `version` of a
task are what the acts add up to now, kept beside it so that lists find it.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.units.models import Unit

CAUSE_WORDS = 500


class Task(models.Model):
    """Nhiệm vụ. `cause` is an opaque key (of a record, a norm, a letter, an item of a plan) and `cause_row` what in it;
    `cause_words` says it as it read when the task was made."""

    class Kind(models.TextChoices):
        DATED = "dated", N_("with a day")
        STANDING = "standing", N_("standing")

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField()
    measure = models.TextField(blank=True, help_text="By what one sees that it is done.")
    cause = models.CharField(max_length=60, blank=True)
    cause_row = models.CharField(max_length=60, blank=True)
    cause_words = models.CharField(max_length=CAUSE_WORDS, blank=True)
    issuer = models.ForeignKey(Unit, on_delete=PROTECT, related_name="tasks_issued", help_text="Whose chair concluded.")
    given_to = models.ForeignKey(Unit, on_delete=PROTECT, related_name="+", help_text="Its first owner.")
    made_on = models.DateField()
    owner = models.ForeignKey(Unit, on_delete=PROTECT, related_name="tasks", help_text="Chủ trì, as of now.")
    closed_on = models.DateField(null=True, help_text="Received as done, or withdrawn; as of now.")
    version = models.PositiveIntegerField(default=1, help_text="Number of its last act.")

    whose = OfUnit(
        "issuer",
        "given_to",
        "owner",
        beside=(("registers_taskpartner", "task_id", "unit_id"), ("registers_taskact", "task_id", "owner_id")),
    )
    sensitivity: ClassVar[Classes] = classes(
        C1="key kind text measure cause cause_row cause_words issuer given_to made_on owner closed_on version"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "cause_row", "given_to"],
                condition=~Q(cause_row=""),
                name="a_row_gives_a_unit_one_task",
            ),
            Check(
                name="a_task_has_an_act",
                condition=Q(version__gte=1),
                violation_error_message=N_("A task begins with the act that makes it."),
            ),
            AppendOnly(name="tasks_are_never_rewritten", may_change=("owner", "closed_on", "version")),
        ]
        indexes = [
            models.Index(fields=["issuer", "closed_on"], name="tasks_of_an_issuer"),
            models.Index(fields=["owner", "closed_on"], name="tasks_of_an_owner"),
        ]

    def __str__(self) -> str:
        return self.key


class TaskPartner(models.Model):
    """Đơn vị phối hợp: who helps the owner of a task."""

    task = models.ForeignKey(Task, on_delete=PROTECT, related_name="partners")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="tasks_helped")

    whose = OfParent("task")
    sensitivity: ClassVar[Classes] = classes(C1="task unit")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "unit"], name="a_unit_helps_a_task_once"),
            AppendOnly(name="partners_of_tasks_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.unit_id}"


class TaskAct(models.Model):
    """What was done about a task: what a unit reported and where its evidence is, what the office answered."""

    class What(models.TextChoices):
        MADE = "made", N_("given or asked for")
        REPORTED = "reported", N_("reported done")
        ACCEPTED = "accepted", N_("received as done")
        ASKED = "asked", N_("supplement asked for")
        EXTENDED = "extended", N_("given more time")
        SAID = "said", N_("told for a half-year")
        HANDED_OVER = "handed_over", N_("handed over")
        WITHDRAWN = "withdrawn", N_("withdrawn")
        ATTACHED = "attached", N_("document attached")
        DETACHED = "detached", N_("document taken away")

    task = models.ForeignKey(Task, on_delete=PROTECT, related_name="acts")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=12, choices=What)
    on = models.DateField(help_text="The day it counts for.")
    owner = models.ForeignKey(Unit, on_delete=PROTECT, null=True, related_name="+", help_text="Whose it is from then.")
    due_on = models.DateField(null=True, help_text="When it is due from then on.")
    period_code = models.CharField(max_length=10, blank=True, help_text="Of which half-year it speaks.")
    text = models.TextField(blank=True, help_text="The sentence, or the reason.")
    evidence = models.TextField(blank=True, help_text="Where what proves it is kept.")
    file = models.ForeignKey(
        "registers.Evidence", on_delete=PROTECT, null=True, related_name="+", help_text="Attached, or taken away."
    )
    by = models.CharField(max_length=150)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=PROTECT, null=True, related_name="+", help_text="Whose account did it."
    )
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("task")
    sensitivity: ClassVar[Classes] = classes(
        C1="task number what on owner due_on period_code text evidence file by person at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="acts_of_a_task_are_numbered"),
            AppendOnly(name="acts_of_tasks_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}#{self.number} {self.what}"
