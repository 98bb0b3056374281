"""What the database remembers of every change, and the chain that shows whether anybody changed that memory."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tienbo.core.messages import N_
from tienbo.ground.acting import DOOR, PERSON
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Unrecorded
from tienbo.ground.whose import Kept, Nobodys


class History(models.Model):
    """One row before and after one change, or a note of what changes no row: a sign-in, a file taken out, a reading.

    Written by triggers (`ground.history`) and by `ground.journal`, in the transaction of what it tells.
    """

    class Op(models.TextChoices):
        INSERT = "I", N_("added")
        UPDATE = "U", N_("changed")
        DELETE = "D", N_("taken out")
        NOTE = "N", N_("done")
        BASE = "B", N_("recorded from here on")

    tx = models.CharField(max_length=64, help_text="When its transaction began (UTC) and which it was.")
    person = models.CharField(max_length=PERSON)
    door = models.CharField(max_length=DOOR, help_text="The page, command or job.")
    table_name = models.CharField(max_length=63, help_text="Of a note: what kind of note.")
    row_id = models.BigIntegerField()
    op = models.CharField(max_length=1, choices=Op)
    before = models.TextField(null=True)
    after = models.TextField(null=True)
    event = models.BigIntegerField(null=True, help_text="The event that bears it out; not yet for a second or so.")

    history = Unrecorded("it is the history")
    whose = Kept("every table is told in it")
    sensitivity: ClassVar[Classes] = classes(
        C1="tx person door table_name row_id op event",
        C3="before after",
    )

    class Meta:
        indexes = [
            models.Index(fields=["tx"], name="history_without_event", condition=Q(event__isnull=True)),
            models.Index(fields=["event", "id"], name="history_by_event", condition=Q(event__isnull=False)),
        ]
        constraints = [AppendOnly(name="history_is_never_rewritten", may_change=("event",))]

    def __str__(self) -> str:
        return f"{self.op} {self.table_name} {self.row_id}"


class JournalEvent(models.Model):
    """One transaction, chained to the one before by its hash."""

    seq = models.BigIntegerField(primary_key=True)
    tx = models.CharField(max_length=64, db_index=True)
    person = models.CharField(max_length=PERSON)
    door = models.CharField(max_length=DOOR)
    kind = models.CharField(max_length=40)
    tables = models.CharField(max_length=400)
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 over its rows of history.")
    hash = models.CharField(max_length=64, help_text="SHA-256 over the hash before and all of the above.")

    history = Unrecorded("it is the journal")
    whose = Nobodys("events say which tables and who, no figures")
    sensitivity: ClassVar[Classes] = classes(C1="seq tx person door kind tables rows digest hash")

    class Meta:
        indexes = [models.Index(fields=["kind", "seq"], name="journal_by_kind")]
        constraints = [AppendOnly(name="the_journal_is_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class JournalMention(models.Model):
    """Which events have to do with a unit or a person: for finding them, derived from their rows of history."""

    event = models.BigIntegerField()
    what = models.CharField(max_length=170, help_text="unit:12 (row id), person:name")

    history = Unrecorded("it is derived from the history")
    whose = Nobodys("which events name whom")
    sensitivity: ClassVar[Classes] = classes(C1="event what")

    class Meta:
        indexes = [models.Index(fields=["what", "event"], name="journal_by_mention")]

    def __str__(self) -> str:
        return f"{self.what} in {self.event}"


class JournalCheck(models.Model):
    """That the journal was verified, and what was found."""

    at = models.DateTimeField(auto_now_add=True)
    events = models.BigIntegerField()
    rows = models.BooleanField(help_text="Whether every row was held against its history too.")
    found = models.JSONField(default=list, help_text="Faults, as JSON; none where it holds.")
    by = models.CharField(max_length=PERSON)

    whose = Nobodys("of the whole journal")
    sensitivity: ClassVar[Classes] = classes(C1="at events rows found by")

    class Meta:
        constraints = [AppendOnly(name="verifications_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.at}: {len(self.found)}"


class BackupAct(models.Model):
    """That the site was backed up, a backup was verified, or the site restored from one."""

    class Act(models.TextChoices):
        MADE = "made", N_("made")
        VERIFIED = "verified", N_("verified")
        RESTORED = "restored", N_("restored from")

    act = models.CharField(max_length=10, choices=Act)
    name = models.CharField(max_length=255, help_text="Of the file.")
    size = models.BigIntegerField()
    found = models.JSONField(default=list, help_text="Faults, as JSON; none where it is whole.")
    by = models.CharField(max_length=PERSON)
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("of the whole site")
    sensitivity: ClassVar[Classes] = classes(C1="act name size found by at")

    class Meta:
        constraints = [AppendOnly(name="acts_on_backups_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.act} {self.name}"
