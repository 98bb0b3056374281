"""Tables of no one room: the work done in the background, and the journal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tienbo.core.messages import N_
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Unrecorded
from tienbo.ground.journal_models import BackupAct, History, JournalCheck, JournalEvent, JournalMention
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import Nobodys

__all__ = ["BackupAct", "History", "Job", "JournalCheck", "JournalEvent", "JournalMention"]


class Job(models.Model):
    """Work for a worker: see ground.jobs."""

    class State(models.TextChoices):
        WAITING = "waiting", N_("waiting")
        RUNNING = "running", N_("under way")
        DONE = "done", N_("done")
        FAILED = "failed", N_("not done")

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    arguments = models.JSONField(default=dict)
    lang = models.CharField(max_length=2, default="vi", help_text="The language its words are spoken in.")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    checkpoint = models.JSONField(null=True, help_text="Where to go on from after a worker died.")
    result = models.JSONField(null=True)
    faults = models.JSONField(default=list)
    trace = models.TextField(blank=True, help_text="For whoever maintains the program.")
    worker = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    history = Unrecorded("what is done in the background is told by what it writes")
    whose = Nobodys("work is looked up by who asked for it; what it reads and writes is looked at as its own")
    sensitivity: ClassVar[Classes] = classes(
        C1="key kind state arguments lang done total checkpoint result faults trace worker lease_until attempts "
        "added_by added_at started_at ended_at",
    )

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="job_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
