"""Campaigns, returns, revisions and the decisions on them; the manifest of fact segments derived from them.

The truth is the immutable Revision and its Decisions. A state is derived from decisions; the two pointers on
Return are a copy of what they say, written in the same transaction by `services` and by nothing else.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT

from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Recorded, Unrecorded
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.scans import ScanFormat
from tienbo.ground.whose import Nobodys, OfParent, OfUnit
from tienbo.units.models import Unit

HASH = 64


class KeptEdition(models.Model):
    """The definitions a return, a segment or a release was made with, kept whole."""

    fingerprint = models.CharField(max_length=HASH, unique=True)
    pack = models.CharField(max_length=40)
    definitions = models.TextField(help_text="Canonical JSON (catalogue.fingerprint).")
    kept_at = models.DateTimeField(auto_now_add=True)

    history = Recorded(without=("definitions",))
    whose = Nobodys("definitions")
    sensitivity: ClassVar[Classes] = classes(C0="fingerprint pack definitions kept_at")

    class Meta:
        constraints = [AppendOnly(name="editions_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.pack} {self.fingerprint[:12]}"


class Campaign(models.Model):
    """Đợt báo cáo: one half-year for one root unit, on definitions pinned when it was opened."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    root = models.ForeignKey(Unit, on_delete=PROTECT, related_name="campaigns")
    period_code = models.CharField(max_length=10)
    edition = models.ForeignKey(KeptEdition, on_delete=PROTECT, related_name="campaigns")
    due_on = models.DateField(null=True, help_text="The day by which units send their returns.")
    opened_at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("which periods are open and until when is for everybody who reports")
    sensitivity: ClassVar[Classes] = classes(C0="key root period_code edition due_on opened_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root", "period_code"], name="one_campaign_a_period")]

    def __str__(self) -> str:
        return self.period_code

    @property
    def period(self) -> Period:
        return Period.parse(self.period_code)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is sent or decided in it any more: the last of its closings and re-openings says so."""
        last = self.acts.filter(act__in=("close", "reopen")).order_by("-id").values_list("act", flat=True).first()
        return last == "close"


class Upload(models.Model):
    """Bytes as received: kept untouched in the file store under their SHA-256. The same bytes have one row."""

    sha256 = models.CharField(max_length=HASH, unique=True)
    name = models.CharField(max_length=255, help_text="The file name it first came under.")
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField(auto_now_add=True)
    received_by = models.CharField(max_length=150)

    whose = Nobodys("name and mark of a file; who may read it is told by what points at it")
    sensitivity: ClassVar[Classes] = classes(C1="sha256 name size received_at received_by")

    class Meta:
        constraints = [AppendOnly(name="uploads_are_never_rewritten")]

    def __str__(self) -> str:
        return self.name


class Return(models.Model):
    """What one unit owes in one campaign. `latest` and `accepted` repeat what the decisions say."""

    campaign = models.ForeignKey(Campaign, on_delete=PROTECT, related_name="returns")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="returns")
    form = models.CharField(max_length=60)
    latest = models.ForeignKey("Revision", on_delete=PROTECT, null=True, related_name="+")
    accepted = models.ForeignKey("Revision", on_delete=PROTECT, null=True, related_name="+")

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="campaign unit form latest accepted")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "unit"], name="one_return_of_a_unit_a_campaign")]

    def __str__(self) -> str:
        return f"{self.form} {self.unit_id} {self.campaign_id}"


class Revision(models.Model):
    """A return as it was said once, never changed. `content` is canonical JSON (catalogue.returns.Content).

    Its class is C3 because it may hold counts of violence and planning; it is read by its unit and by the office
    that consolidates it, and everybody else reads values.
    """

    class Made(models.TextChoices):
        SENT = "sent", N_("sent by the unit")
        RESTATED = "restated", N_("official figures in place of estimates")

    of = models.ForeignKey(Return, on_delete=PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    made = models.CharField(max_length=10, choices=Made, default=Made.SENT)
    content = models.TextField()
    sha256 = models.CharField(max_length=HASH, help_text="Of content.")
    upload = models.ForeignKey(Upload, on_delete=PROTECT, null=True, related_name="revisions")
    carried = models.ForeignKey(
        "self",
        on_delete=PROTECT,
        null=True,
        related_name="+",
        help_text="What “không thay đổi” stands for: the return of the half-year before that counted at the time.",
    )
    carried_year = models.ForeignKey(
        "self",
        on_delete=PROTECT,
        null=True,
        related_name="+",
        help_text="The same for what is asked once a year: the return of the year before that counted at the time.",
    )
    warnings = models.JSONField(default=list, help_text="Faults that did not keep it out, as they were found.")
    made_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("of")
    sensitivity: ClassVar[Classes] = classes(
        C1="of number made sha256 upload carried carried_year warnings made_at", C3="content"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="revisions_are_numbered"),
            AppendOnly(name="revisions_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.of_id}#{self.number}"


class UploadRevision(models.Model):
    """Whose word the bytes of an upload are: the revision they made, or the equal one that was there already.

    So the same file, sent again later, is known whatever came in between.
    """

    upload = models.OneToOneField(Upload, on_delete=PROTECT, related_name="says")
    revision = models.ForeignKey(Revision, on_delete=PROTECT, related_name="said_by")

    whose = OfParent("revision")
    sensitivity: ClassVar[Classes] = classes(C1="upload revision")

    class Meta:
        constraints = [AppendOnly(name="what_an_upload_said_is_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.upload_id} says {self.revision_id}"


class Decision(models.Model):
    """What somebody decided on a revision, named by its hash. The last one says where the revision stands."""

    class Act(models.TextChoices):
        SUBMIT = "submit", N_("submitted")
        ACCEPT = "accept", N_("received")
        ASK_SUPPLEMENT = "ask_supplement", N_("supplement asked for")

    revision = models.ForeignKey(Revision, on_delete=PROTECT, related_name="decisions")
    revision_sha256 = models.CharField(max_length=HASH)
    act = models.CharField(max_length=20, choices=Act)
    actor = models.CharField(max_length=150)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("revision")
    sensitivity: ClassVar[Classes] = classes(C1="revision revision_sha256 act actor note decided_at")

    class Meta:
        constraints = [AppendOnly(name="decisions_are_never_rewritten")]
        indexes = [models.Index(fields=["act"], name="decisions_are_counted_by_act")]

    def __str__(self) -> str:
        return f"{self.act} {self.revision_id}"


class Receipt(models.Model):
    """What the sender is given: a code that can be checked without an account. One for each revision received."""

    code = models.CharField(max_length=20, unique=True)
    revision = models.OneToOneField(Revision, on_delete=PROTECT, related_name="receipt")
    given_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("revision")
    sensitivity: ClassVar[Classes] = classes(C1="code revision given_at")

    class Meta:
        constraints = [AppendOnly(name="receipts_are_never_rewritten")]

    def __str__(self) -> str:
        return self.code


class Approval(models.Model):
    """Thủ trưởng phê duyệt: the head of a unit stands by a revision, named by its hash. Once for each revision."""

    revision = models.OneToOneField(Revision, on_delete=PROTECT, related_name="approval")
    revision_sha256 = models.CharField(max_length=HASH)
    approved_by = models.CharField(max_length=150)
    approved_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("revision")
    sensitivity: ClassVar[Classes] = classes(C1="revision revision_sha256 approved_by approved_at")

    class Meta:
        constraints = [AppendOnly(name="approvals_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.approved_by}: {self.revision_id}"


class SignedCopy(models.Model):
    """Bản đã ký: the paper of a revision as it was signed and stamped, scanned or photographed.

    Its class is that of the revision's content: the paper shows every figure.
    """

    revision = models.ForeignKey(Revision, on_delete=PROTECT, related_name="signed_copies")
    upload = models.ForeignKey(Upload, on_delete=PROTECT, related_name="signs")
    format = models.CharField(max_length=4, choices=ScanFormat)
    signed_on = models.DateField(null=True, help_text="The day on the paper, where it was said.")
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("revision")
    sensitivity: ClassVar[Classes] = classes(C1="revision upload format signed_on added_by added_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "upload"], name="a_paper_signs_a_revision_once"),
            AppendOnly(name="signed_copies_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.revision_id}"


class Comment(models.Model):
    """Góp ý: a word on a figure of a return, or on the whole of it. `thread` is the first word it follows; whether a
    thread is settled is what its last `close` or `reopen` says. A new revision settles nothing."""

    class Act(models.TextChoices):
        SAY = "say", N_("said")
        CLOSE = "close", N_("settled")
        REOPEN = "reopen", N_("opened again")

    class Side(models.TextChoices):
        OFFICE = "office", N_("the office")
        UNIT = "unit", N_("the unit")

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    of = models.ForeignKey(Return, on_delete=PROTECT, related_name="comments")
    thread = models.ForeignKey("self", on_delete=PROTECT, null=True, related_name="answers")
    revision = models.ForeignKey(Revision, on_delete=PROTECT, related_name="comments", help_text="What was looked at.")
    place = models.CharField(max_length=200, blank=True, help_text="Address in the form; empty for the whole return.")
    cell = models.CharField(max_length=120, blank=True, help_text="Where that stood: “Biểu 01!D14”.")
    act = models.CharField(max_length=8, choices=Act, default=Act.SAY)
    side = models.CharField(max_length=8, choices=Side)
    text = models.TextField(blank=True)
    said_by = models.CharField(max_length=150)
    said_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("of")
    sensitivity: ClassVar[Classes] = classes(C1="key of thread revision place cell act side said_by said_at", C3="text")

    class Meta:
        constraints = [AppendOnly(name="comments_are_never_rewritten")]
        indexes = [models.Index(fields=["of", "thread"], name="comments_of_a_return")]

    def __str__(self) -> str:
        return self.key


class ClassList(models.Model):
    """Danh sách lớp, cuộc: what one unit held or helped to hold in a half-year, by name, day, place and lead; nobody's
    name. The last list of a unit counts. It stands beside the totals of its return and changes none of them."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="class_lists")
    period_code = models.CharField(max_length=10)
    rows = models.JSONField(help_text="collection.doubles.Held, one a class.")
    said_by = models.CharField(max_length=150)
    said_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="unit period_code rows said_by said_at")

    class Meta:
        constraints = [AppendOnly(name="lists_of_classes_are_never_rewritten")]
        indexes = [models.Index(fields=["period_code", "unit"], name="class_lists_of_a_period")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period_code}"


class DoubleDecision(models.Model):
    """What was decided on two rows that may be one class: one, or two. The last word on a pair counts; nothing is
    subtracted by it."""

    class Act(models.TextChoices):
        ONE = "one", N_("one class")
        TWO = "two", N_("two different classes")

    pair = models.CharField(max_length=HASH, help_text="SHA-256 of the two rows as they were said.")
    period_code = models.CharField(max_length=10)
    rows = models.JSONField(help_text="Both rows as they were seen.")
    act = models.CharField(max_length=4, choices=Act)
    note = models.TextField(blank=True)
    actor = models.CharField(max_length=150)
    decided_at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("pairs of keys of rows, no figures")
    sensitivity: ClassVar[Classes] = classes(C1="pair period_code rows act note actor decided_at")

    class Meta:
        constraints = [AppendOnly(name="decisions_on_doubles_are_never_rewritten")]
        indexes = [models.Index(fields=["period_code", "pair"], name="doubles_of_a_period")]

    def __str__(self) -> str:
        return f"{self.act} {self.pair[:12]}"


class Measured(models.Model):
    """The number of a series ("training.classes[sex=f]"): the engine's column `measure`. Never given twice."""

    series = models.CharField(max_length=200, unique=True)

    history = Unrecorded("facts can be derived again")
    whose = Nobodys("numbers of series")
    sensitivity: ClassVar[Classes] = classes(C0="series")

    class Meta:
        constraints = [AppendOnly(name="numbers_of_series_are_never_rewritten")]

    def __str__(self) -> str:
        return self.series


class FactSegment(models.Model):
    """A line of the manifest: a Parquet file of facts. `retired_at` is set when another took over its rows."""

    name = models.CharField(max_length=80, unique=True)
    sha256 = models.CharField(max_length=HASH)
    rows = models.PositiveIntegerField()
    written_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    history = Unrecorded("facts can be derived again")
    whose = Nobodys("which files hold facts")
    sensitivity: ClassVar[Classes] = classes(C0="name sha256 rows written_at retired_at")

    def __str__(self) -> str:
        return self.name


class SegmentRevision(models.Model):
    """Which segment holds the facts of a revision; a revision without one is replayed at start."""

    revision = models.OneToOneField(Revision, on_delete=PROTECT, related_name="held")
    segment = models.ForeignKey(FactSegment, on_delete=models.CASCADE, related_name="revisions")

    history = Unrecorded("facts can be derived again")
    whose = Nobodys("which file holds whose facts, by number")
    sensitivity: ClassVar[Classes] = classes(C0="revision segment")

    def __str__(self) -> str:
        return f"{self.revision_id} in {self.segment_id}"


import tienbo.collection.draft_models  # noqa: E402, F401 - its tables point at those above
from tienbo.collection.campaign_models import (  # noqa: E402, F401
    CampaignAct,
    CampaignLetter,
    Extension,
    Reminding,
)
