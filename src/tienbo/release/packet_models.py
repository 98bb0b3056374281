"""Packets that are exchanged with a partner: imported by `models`, whose tables they point at.

A packet is the last of its versions; who approved which one, until when, and which link was opened and closed is a
history beside them. Both are append-only. Visits are counted, and nothing is kept of who came.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Unrecorded
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.units.models import Unit

HASH = 64


class Packet(models.Model):
    """Gói tài liệu trao đổi: what one unit prepares for one partner, with figures of one release."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="packets")
    release = models.ForeignKey("release.Release", on_delete=PROTECT, related_name="packets")
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.CharField(max_length=150)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="key unit release opened_at opened_by")

    class Meta:
        constraints = [AppendOnly(name="packets_keep_their_release")]

    def __str__(self) -> str:
        return self.key


class PacketVersion(models.Model):
    """What a packet says (`papers.packet.PacketContent`), whole. `fingerprint` is of that and of the release."""

    packet = models.ForeignKey(Packet, on_delete=PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    fingerprint = models.CharField(max_length=HASH)
    saved_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.CharField(max_length=150)

    whose = OfParent("packet")
    sensitivity: ClassVar[Classes] = classes(C1="packet number fingerprint saved_at saved_by", C2="content")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["packet", "number"], name="versions_of_a_packet_are_numbered"),
            AppendOnly(name="versions_of_packets_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.packet_id}#{self.number}"


class PacketStep(models.Model):
    """What was decided about a packet. A version is approved, by the post that may, until a day; the link to it is
    opened and closed. Of a link the hash of its secret is kept, never the secret."""

    class Act(models.TextChoices):
        APPROVE = "approve", N_("approved to be shared")
        REVOKE = "revoke", N_("approval withdrawn")
        OPEN = "open", N_("link opened")
        CLOSE = "close", N_("link closed")

    packet = models.ForeignKey(Packet, on_delete=PROTECT, related_name="steps")
    version = models.ForeignKey(PacketVersion, on_delete=PROTECT, related_name="steps")
    act = models.CharField(max_length=10, choices=Act)
    until = models.DateField(null=True, help_text="The first day on which it holds no more.")
    post = models.CharField(max_length=120, blank=True, help_text="In what office it was approved: “Trưởng ban”.")
    secret_sha256 = models.CharField(max_length=HASH, null=True, unique=True, help_text="Of the link's secret.")
    note = models.TextField(blank=True)
    actor = models.CharField(max_length=150)
    done_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("packet")
    sensitivity: ClassVar[Classes] = classes(C1="packet version act until post note actor done_at", C2="secret_sha256")

    class Meta:
        constraints = [
            Check(
                name="a_packet_is_shared_until_a_day",
                condition=Q(until__isnull=False) | Q(act__in=["revoke", "close"]),
                violation_error_message=N_("Say until which day it is shared."),
            ),
            AppendOnly(name="steps_of_packets_are_never_rewritten"),
        ]
        indexes = [models.Index(fields=["packet", "act"], name="steps_of_a_packet")]

    def __str__(self) -> str:
        return f"{self.act} {self.packet_id}"

    @property
    def last_day(self) -> date | None:
        """The day at whose end it holds no more, as papers say it."""
        return None if self.until is None else self.until - timedelta(days=1)


class PacketVisits(models.Model):
    """How often what a link leads to was opened on a day. A count, and nothing of who opened it."""

    link = models.ForeignKey(PacketStep, on_delete=PROTECT, related_name="visits")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    history = Unrecorded("a count of visits")
    whose = OfParent("link")
    sensitivity: ClassVar[Classes] = classes(C1="link day count")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="one_count_of_visits_a_day")]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


class Departure(models.Model):
    """Số liệu đã ra ngoài: the guarded figures that an approval let leave, and with them what was hidden: the ledger
    that binds every later one. `table_json` holds the true counts (`disclosure.tables.Table`), `plan_json` what of them
    was printed (`disclosure.protect.Plan`). What has left stays, whatever becomes of the approval."""

    step = models.OneToOneField(PacketStep, on_delete=PROTECT, related_name="departure")
    tier = models.PositiveSmallIntegerField(help_text="disclosure.policy.Tier")
    table_json = models.TextField()
    plan_json = models.TextField()
    fingerprint = models.CharField(max_length=HASH, help_text="Of the plan: with the table, the ledger, the method.")
    left_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("step")
    sensitivity: ClassVar[Classes] = classes(C1="step tier fingerprint left_at", C3="table_json plan_json")

    class Meta:
        constraints = [AppendOnly(name="what_left_is_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.fingerprint[:12]} of {self.step_id}"
