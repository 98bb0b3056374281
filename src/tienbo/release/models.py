"""Releases: values as they stood when a paper was written, so that the same release gives the same paper later."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT

from tienbo.collection.models import HASH, KeptEdition, Upload
from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.units.models import Unit


class Release(models.Model):
    """Frozen values and the words of the returns, with the fingerprints of what they came from.

    `values_json` and `context_json` may hold C3 figures of the unit itself; nobody outside its line reads them.
    """

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="releases")
    period_code = models.CharField(max_length=10)
    outline = models.CharField(max_length=60)
    basis = models.CharField(max_length=12)
    edition = models.ForeignKey(KeptEdition, on_delete=PROTECT, related_name="releases")
    values_json = models.TextField()
    context_json = models.TextField()
    fingerprint = models.CharField(max_length=HASH, help_text="Of values and context together.")
    facts_version = models.CharField(max_length=HASH, help_text="Of the set of fact segments that was read.")
    map_fingerprint = models.CharField(max_length=HASH, help_text="Of the unit and those below it on the last day.")
    code_version = models.CharField(max_length=40)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.CharField(max_length=150)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(
        C1="key unit period_code outline basis edition fingerprint facts_version map_fingerprint code_version made_at "
        "made_by",
        C3="values_json context_json",
    )

    class Meta:
        constraints = [AppendOnly(name="releases_are_never_rewritten")]
        indexes = [models.Index(fields=["unit", "period_code", "outline"], name="release_by_paper")]

    def __str__(self) -> str:
        return self.key


class ReleaseStep(models.Model):
    """A release on its way up: sent to the office above, received there, or a supplement asked for. The last step says
    where it stands; the release itself never changes."""

    class Act(models.TextChoices):
        SEND = "send", N_("sent up")
        ACCEPT = "accept", N_("received")
        ASK_SUPPLEMENT = "ask_supplement", N_("supplement asked for")

    release = models.ForeignKey(Release, on_delete=PROTECT, related_name="steps")
    to = models.ForeignKey(Unit, on_delete=PROTECT, related_name="releases_received")
    fingerprint = models.CharField(max_length=HASH, help_text="Of the release, as it was seen.")
    act = models.CharField(max_length=20, choices=Act)
    note = models.TextField(blank=True)
    actor = models.CharField(max_length=150)
    done_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("release")
    sensitivity: ClassVar[Classes] = classes(C1="release to fingerprint act note actor done_at")

    class Meta:
        constraints = [AppendOnly(name="steps_of_releases_are_never_rewritten")]
        indexes = [models.Index(fields=["to", "release"], name="releases_received")]

    def __str__(self) -> str:
        return f"{self.act} {self.release_id}"


class Document(models.Model):
    """A paper written from a release, by the SHA-256 of its bytes."""

    release = models.ForeignKey(Release, on_delete=PROTECT, related_name="documents")
    format = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=HASH)
    written_at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("release")
    sensitivity: ClassVar[Classes] = classes(C1="release format sha256 written_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "format", "sha256"], name="one_row_a_document"),
            AppendOnly(name="documents_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.release_id}"


class ReportDraft(models.Model):
    """The words an office puts together for one paper of one period: what the merge desk chose, what was written by
    hand. Its entries and paragraphs are a history: of each, the last word counts."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="report_drafts")
    period_code = models.CharField(max_length=10)
    outline = models.CharField(max_length=60)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.CharField(max_length=150)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="key unit period_code outline opened_at opened_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "period_code", "outline"], name="one_draft_a_paper")]

    def __str__(self) -> str:
        return self.key


class ReportEntry(models.Model):
    """A word on a text chosen for a paper: how it reads, whom it is addressed to, whom it is cited from, where it
    stands. `sources` are the returns it was taken from: [{"unit", "revision", "sha256"}]."""

    draft = models.ForeignKey(ReportDraft, on_delete=PROTECT, related_name="entries")
    entry = models.CharField(max_length=KEY_LENGTH, help_text="Which text this is a word on.")
    heading = models.CharField(max_length=20)
    text = models.TextField()
    addressee = models.CharField(max_length=200, blank=True)
    units = models.JSONField(default=list, help_text="Keys of the units cited.")
    sources = models.JSONField(default=list)
    position = models.PositiveIntegerField()
    dropped = models.BooleanField(default=False)
    said_at = models.DateTimeField(auto_now_add=True)
    said_by = models.CharField(max_length=150)

    whose = OfParent("draft")
    sensitivity: ClassVar[Classes] = classes(
        C1="draft entry heading addressee units sources position dropped said_at said_by", C2="text"
    )

    class Meta:
        constraints = [AppendOnly(name="words_on_entries_are_never_rewritten")]
        indexes = [models.Index(fields=["draft", "entry"], name="entry_of_draft")]

    def __str__(self) -> str:
        return f"{self.entry} {self.heading}"


class ReportParagraph(models.Model):
    """A word on what is written by hand at a place of the outline; an empty text takes it away."""

    class Place(models.TextChoices):
        BEFORE = "before", N_("before the computed text")
        AFTER = "after", N_("after the computed text")

    draft = models.ForeignKey(ReportDraft, on_delete=PROTECT, related_name="paragraphs")
    section = models.CharField(max_length=500, help_text="Outline.places.")
    place = models.CharField(max_length=6, choices=Place)
    text = models.TextField(blank=True)
    said_at = models.DateTimeField(auto_now_add=True)
    said_by = models.CharField(max_length=150)

    whose = OfParent("draft")
    sensitivity: ClassVar[Classes] = classes(C1="draft section place said_at said_by", C2="text")

    class Meta:
        constraints = [AppendOnly(name="words_by_hand_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.place} {self.section}"


class DocumentRecord(models.Model):
    """What the document-management system did with a paper: its number, its day, the signed file. The last counts."""

    release = models.ForeignKey(Release, on_delete=PROTECT, related_name="records")
    number = models.CharField(max_length=60, help_text="Số, ký hiệu: “123/BC-BVSTBPN”.")
    dated = models.DateField()
    signed = models.ForeignKey(Upload, on_delete=PROTECT, null=True, related_name="signed_papers")
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.CharField(max_length=150)

    whose = OfParent("release")
    sensitivity: ClassVar[Classes] = classes(C1="release number dated signed recorded_at recorded_by")

    class Meta:
        constraints = [AppendOnly(name="records_of_papers_are_never_rewritten")]

    def __str__(self) -> str:
        return self.number


class Round(models.Model):
    """An annex that somebody above asks for again and again, in a file of their own: filled in from what is known."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="rounds")
    name = models.CharField(max_length=200)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.CharField(max_length=150)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="key unit name opened_at opened_by")

    def __str__(self) -> str:
        return self.name


class RoundFile(models.Model):
    """The annex as it was sent to the unit, empty. The last one counts."""

    round = models.ForeignKey(Round, on_delete=PROTECT, related_name="files")
    upload = models.ForeignKey(Upload, on_delete=PROTECT, related_name="annexes")
    name = models.CharField(max_length=255)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.CharField(max_length=150)

    whose = OfParent("round")
    sensitivity: ClassVar[Classes] = classes(C1="round upload name added_at added_by")

    class Meta:
        constraints = [AppendOnly(name="annexes_are_never_rewritten")]

    def __str__(self) -> str:
        return self.name


class RoundMapping(models.Model):
    """A word on what a cell of the annex is filled with; the last one counts, and an empty `what` takes it away.

    `row_label` and `column_label` are the words beside and above the cell when it was said: where they differ, the cell
    is another one. `over` is what stood in the cell and may be replaced, "" for nothing.
    """

    round = models.ForeignKey(Round, on_delete=PROTECT, related_name="mappings")
    sheet = models.CharField(max_length=100)
    cell = models.CharField(max_length=10)
    what = models.JSONField(default=dict, blank=True, help_text="release.quantities.What")
    row_label = models.CharField(max_length=300, blank=True)
    column_label = models.CharField(max_length=300, blank=True)
    over = models.CharField(max_length=500, blank=True)
    said_at = models.DateTimeField(auto_now_add=True)
    said_by = models.CharField(max_length=150)

    whose = OfParent("round")
    sensitivity: ClassVar[Classes] = classes(C1="round sheet cell what row_label column_label over said_at said_by")

    class Meta:
        constraints = [AppendOnly(name="words_on_cells_are_never_rewritten")]
        indexes = [models.Index(fields=["round", "sheet", "cell"], name="mapping_of_cell")]

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"


class RoundFilled(models.Model):
    """The annex filled in for a period: which file was made, cell by cell from which values.

    `release` is set where the values are those of a release; else they are what was accepted when it was filled, by the
    fingerprints. `cells_json` may hold C3 figures of the unit itself.
    """

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    round = models.ForeignKey(Round, on_delete=PROTECT, related_name="filled")
    file = models.ForeignKey(RoundFile, on_delete=PROTECT, related_name="filled")
    release = models.ForeignKey(Release, on_delete=PROTECT, null=True, related_name="annexes")
    period_code = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=HASH, help_text="Of the filled file.")
    cells_json = models.TextField()
    basis = models.CharField(max_length=12)
    edition = models.ForeignKey(KeptEdition, on_delete=PROTECT, related_name="annexes")
    facts_version = models.CharField(max_length=HASH)
    map_fingerprint = models.CharField(max_length=HASH)
    map_day = models.DateField(null=True, help_text="On whose units all figures are; null for each period's own.")
    map_note = models.TextField(blank=True, help_text="What is to be known of recast figures, by lines.")
    code_version = models.CharField(max_length=40)
    filled_at = models.DateTimeField(auto_now_add=True)
    filled_by = models.CharField(max_length=150)

    whose = OfParent("round")
    sensitivity: ClassVar[Classes] = classes(
        C1="key round file release period_code sha256 basis edition facts_version map_fingerprint map_day map_note "
        "code_version filled_at filled_by",
        C3="cells_json",
    )

    class Meta:
        constraints = [AppendOnly(name="filled_annexes_are_never_rewritten")]

    def __str__(self) -> str:
        return self.key


from tienbo.release.packet_models import Departure, Packet, PacketStep, PacketVersion, PacketVisits  # noqa: E402, F401
