"""Drafts of returns, every save of them, what was prepared and sent: imported by `models`, whose tables they point at.

A draft is the fold of its saves; the saves are the truth, and append-only.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Recorded, Unrecorded
from tienbo.ground.scans import ScanFormat
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.units.models import Unit

HASH = 64


class Draft(models.Model):
    """What a unit has entered so far for one half-year, cell by cell (`papers.cells`): the fold of its saves, kept
    beside them so that a page need not work it out."""

    campaign = models.ForeignKey("collection.Campaign", on_delete=PROTECT, related_name="drafts")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="drafts")
    form = models.CharField(max_length=60)
    base = models.ForeignKey(
        "collection.Revision",
        on_delete=PROTECT,
        null=True,
        related_name="+",
        help_text="The return it began from, or last became.",
    )
    cells = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=HASH, help_text="Of cells.")
    saved_by = models.CharField(max_length=150, blank=True)
    saved_at = models.DateTimeField(null=True)

    history = Unrecorded("what is typed is kept in versions of its own")
    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="campaign unit form base version sha256 saved_by saved_at", C3="cells")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "unit"], name="one_draft_of_a_unit_a_campaign")]

    def __str__(self) -> str:
        return f"{self.form} {self.unit_id} {self.campaign_id} v{self.version}"


class DraftSave(models.Model):
    """One save of a draft, as it was asked for and what became of it. Nothing that was ever typed is rewritten.

    `changes` is cell → [what the sender saw, what the sender wants]. Those whose cell held something else meanwhile
    stand in `aside` as cell → what it held, and are not in the draft. With `refused` none of them is.
    """

    class How(models.TextChoices):
        BEGUN = "begun", N_("begun")
        TYPED = "typed", N_("entered on the page")
        RESTORED = "restored", N_("an earlier version brought back")
        WORKBOOK = "workbook", N_("taken from a workbook that was sent")
        FILE = "file", N_("opened from a file")
        SENT = "sent", N_("sent")

    draft = models.ForeignKey(Draft, on_delete=PROTECT, related_name="saves")
    number = models.PositiveIntegerField(help_text="The version of the draft that it made.")
    key = models.CharField(max_length=80, unique=True, help_text="Made by the sender: the same save again has it too.")
    device = models.CharField(max_length=40, blank=True)
    how = models.CharField(max_length=10, choices=How, default=How.TYPED)
    changes = models.JSONField(default=dict)
    aside = models.JSONField(default=dict)
    settles = models.JSONField(default=list, help_text="[number of a save, cell]: kept aside there, and now decided.")
    refused = models.CharField(max_length=60, blank=True, help_text="Code of the fault that kept all of it out.")
    base = models.ForeignKey(
        "collection.Revision", on_delete=PROTECT, null=True, related_name="+", help_text="Of the draft, after."
    )
    sha256 = models.CharField(max_length=HASH, help_text="Of the cells of the draft, after.")
    saved_by = models.CharField(max_length=150)
    saved_at = models.DateTimeField(auto_now_add=True)

    history = Unrecorded("it is the history of a draft")
    whose = OfParent("draft")
    sensitivity: ClassVar[Classes] = classes(
        C1="draft number key device how settles refused base sha256 saved_by saved_at", C3="changes aside"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="saves_of_a_draft_are_numbered"),
            AppendOnly(name="saves_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}#{self.number}"


class Prepared(models.Model):
    """Bản trình thủ trưởng: a draft as its preparer handed it over, ready to be sent. The newest one counts."""

    draft = models.ForeignKey(Draft, on_delete=PROTECT, related_name="prepared")
    key = models.CharField(max_length=80, unique=True)
    version = models.PositiveIntegerField(help_text="Of the draft.")
    sha256 = models.CharField(max_length=HASH, help_text="Of the draft's cells at that version.")
    content = models.TextField(help_text="Canonical JSON, as it will be sent.")
    warnings = models.JSONField(default=list)
    proofs = models.JSONField(default=dict, help_text="Cell of a document → its name, as the version had them.")
    prepared_by = models.CharField(max_length=150)
    prepared_at = models.DateTimeField(auto_now_add=True)

    history = Recorded(without=("content",))  # the draft's versions say it
    whose = OfParent("draft")
    sensitivity: ClassVar[Classes] = classes(
        C1="draft key version sha256 warnings prepared_by prepared_at", C2="proofs", C3="content"
    )

    class Meta:
        verbose_name_plural = "prepared"
        constraints = [AppendOnly(name="what_was_prepared_is_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.draft_id} v{self.version}"


class Submission(models.Model):
    """A prepared return that was sent: the key its sender made and what it became. The same key has one effect."""

    key = models.CharField(max_length=80, unique=True)
    prepared = models.ForeignKey(Prepared, on_delete=PROTECT, related_name="submissions")
    sha256 = models.CharField(max_length=HASH, help_text="Of the cells that were sent.")
    revision = models.ForeignKey("collection.Revision", on_delete=PROTECT, related_name="submissions")
    sent_by = models.CharField(max_length=150)
    sent_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("prepared")
    sensitivity: ClassVar[Classes] = classes(C1="key prepared sha256 revision sent_by sent_at")

    class Meta:
        constraints = [AppendOnly(name="submissions_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.prepared_id} as {self.revision_id}"


class Evidence(models.Model):
    """Tài liệu kiểm chứng: a file added to a draft. Which of them a version has its cells say (`proof/…`)."""

    draft = models.ForeignKey(Draft, on_delete=PROTECT, related_name="evidence")
    upload = models.ForeignKey("collection.Upload", on_delete=PROTECT, related_name="proves")
    format = models.CharField(max_length=4, choices=ScanFormat)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("draft")
    sensitivity: ClassVar[Classes] = classes(C2="draft upload format added_by added_at")

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["draft", "upload"], name="a_file_is_evidence_of_a_draft_once"),
            AppendOnly(name="evidence_is_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.draft_id}"
