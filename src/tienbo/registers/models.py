"""Records of any kind the pack defines, every version of them, and what each counts for.

A record is the fold of its versions; the versions are the truth, and append-only. What a record counts for follows
from it, and is written in the same transaction, so that counts are sums over indexed rows.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Unrecorded
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.scans import ScanFormat
from tienbo.ground.whose import OfKey, OfParent, OfUnit
from tienbo.units.models import Unit

HASH = 64
NAME = 60
SERIES = 160


class Record(models.Model):
    """Mục ghi trong sổ: one class, one event. `data` is field → what it says, in the one spelling of `saying`; a field
    that says nothing is not in it. Withdrawn, it counts no more; it is never deleted."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    kind = models.CharField(max_length=NAME, help_text="Code of the register.")
    edition = models.CharField(max_length=HASH, help_text="Fingerprint of the definitions it was last written with.")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="records", help_text="Who keeps it.")
    occurred_on = models.DateField()
    state = models.CharField(max_length=NAME)
    data = models.JSONField(default=dict)
    words = models.TextField(blank=True, help_text="What it is searched by: small letters without marks.")
    version = models.PositiveIntegerField(default=1)
    withdrawn = models.BooleanField(default=False)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(
        C1="key kind edition unit occurred_on state version withdrawn", C3="data words"
    )

    class Meta:
        constraints = [
            Check(
                name="a_record_has_a_version",
                condition=Q(version__gte=1),
                violation_error_message=N_("A record begins with its first version."),
            ),
            AppendOnly(
                name="records_are_never_deleted",
                may_change=("edition", "occurred_on", "state", "data", "words", "version", "withdrawn"),
            ),
        ]
        indexes = [
            # How many there are is counted by this one alone, a tenth of the size of the next.
            models.Index(fields=["kind", "unit", "occurred_on", "withdrawn", "state"], name="records_of_a_unit"),
            # All that a list is sifted by, in the order it is shown: searching reads nothing else.
            models.Index(
                fields=["kind", "withdrawn", "occurred_on", "id", "unit", "state", "words"], name="records_sought"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} v{self.version}"


class Evidence(models.Model):
    """Tài liệu kiểm chứng: a file that bears out what has a key, a record or whatever else somebody must show. Its
    bytes are in the file store under their hash; `pictures` are those of its first pages, drawn anew by us. Who took it
    away again, when and why, is told by the history of what it bears out."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    holder = models.CharField(max_length=KEY_LENGTH, help_text="Key of what it bears out.")
    sort = models.CharField(max_length=NAME, blank=True, help_text="Which of the documents asked for; blank: another.")
    name = models.CharField(max_length=255, help_text="The file name it came under.")
    sha256 = models.CharField(max_length=HASH)
    size = models.PositiveIntegerField()
    format = models.CharField(max_length=4, choices=ScanFormat)
    pictures = models.JSONField(default=list, help_text="Hashes of PNG pictures in the file store, page by page.")
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)
    withdrawn = models.BooleanField(default=False)

    whose = OfKey("holder", "registers_record", "registers_task")
    sensitivity: ClassVar[Classes] = classes(
        C1="key holder sort sha256 size format added_by added_at withdrawn", C3="name pictures"
    )

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "sha256"], condition=Q(withdrawn=False), name="a_file_bears_out_a_thing_once"
            ),
            AppendOnly(name="evidence_of_records_is_never_rewritten", may_change=("withdrawn",)),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.holder}"


class RecordVersion(models.Model):
    """Lần ghi: one step of a record. `changes` is field → [what was seen, what was wanted]; "" is blank. `evidence` is
    the file that was attached or taken away."""

    class Act(models.TextChoices):
        ADDED = "added", N_("entered")
        CHANGED = "changed", N_("changed")
        MOVED = "moved", N_("moved")
        WITHDRAWN = "withdrawn", N_("withdrawn")
        ATTACHED = "attached", N_("document attached")
        DETACHED = "detached", N_("document taken away")

    record = models.ForeignKey(Record, on_delete=PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=10, choices=Act)
    state = models.CharField(max_length=NAME, help_text="Of the record, after.")
    changes = models.JSONField(default=dict)
    evidence = models.ForeignKey(Evidence, on_delete=PROTECT, null=True, related_name="versions")
    book = models.CharField(max_length=KEY_LENGTH, blank=True, help_text="Key of the workbook it came in by.")
    reason = models.TextField(blank=True)
    edition = models.CharField(max_length=HASH)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("record")
    sensitivity: ClassVar[Classes] = classes(
        C1="record number act state evidence book reason edition by at", C3="changes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="versions_of_a_record_are_numbered"),
            AppendOnly(name="versions_of_records_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}#{self.number} {self.act}"


class RegisterIntake(models.Model):
    """Biên nhận: a workbook of a unit's register that was taken in, and what came of it. The same bytes have one."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    kind = models.CharField(max_length=NAME, help_text="Code of the register.")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="+")
    book = models.CharField(max_length=KEY_LENGTH, help_text="Key of the workbook, the same however often it is sent.")
    name = models.CharField(max_length=255, help_text="The file name it came under.")
    sha256 = models.CharField(max_length=HASH)
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    moved = models.PositiveIntegerField()
    untouched = models.PositiveIntegerField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="key kind unit book name sha256 added changed moved untouched by at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "sha256"], name="a_workbook_of_a_register_is_taken_once"),
            AppendOnly(name="receipts_of_registers_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"


class RecordMeasure(models.Model):
    """What a record counts for: a figure of a series in a half-year; of a stock, at the end of every half-year from
    `period_code` on and before `until_code`. Derived, and written anew with the record."""

    record = models.ForeignKey(Record, on_delete=PROTECT, related_name="measures")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="+", help_text="Of the record.")
    period_code = models.CharField(max_length=10)
    until_code = models.CharField(max_length=10, default="", help_text="Of a stock: the first it counts in no more.")
    series = models.CharField(
        max_length=SERIES, help_text='"training.attendances[sex=f]"; of a tally "meeting:workshops".'
    )
    value = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, help_text="NULL: it counts, and does not say how much."
    )

    history = Unrecorded("counts can be derived again from the records")
    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="record unit period_code until_code series", C3="value")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "series", "period_code", "until_code"], name="a_record_counts_once_for_a_series"
            )
        ]
        indexes = [
            # What happened (until_code is blank) in a half-year, what stood at its end: the index alone answers both.
            models.Index(fields=["unit", "until_code", "period_code", "series", "value"], name="counts_of_a_unit_on"),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.period_code} {self.value}"


class RecordPaper(models.Model):
    """Giấy tờ của một mục: which record of a register of documents a paper (`row`: of which row) was entered as. Where
    it stands, its number and day and the signed file are that record's."""

    record = models.ForeignKey(Record, on_delete=PROTECT, related_name="papers", help_text="What it was drafted from.")
    paper = models.CharField(max_length=NAME, help_text="Code of the paper in the register's definition.")
    row = models.CharField(max_length=KEY_LENGTH, blank=True, help_text="Of a paper that is one for each row.")
    document = models.OneToOneField(Record, on_delete=PROTECT, related_name="drafted")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("record")
    sensitivity: ClassVar[Classes] = classes(C1="record paper row document by at")

    class Meta:
        constraints = [AppendOnly(name="papers_of_records_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.paper}"


import tienbo.registers.kind_models  # noqa: E402 - what stands in a file of its own
import tienbo.registers.norm_models  # noqa: E402
import tienbo.registers.plan_models  # noqa: E402
import tienbo.registers.task_models  # noqa: E402, F401 - tables of the same room
