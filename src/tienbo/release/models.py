"""Releases: values as they stood when a paper was written, so that the same release gives the same paper later."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT

from tienbo.collection.models import HASH, KeptEdition
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
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


class Document(models.Model):
    """A paper written from a release, by the SHA-256 of its bytes."""

    release = models.ForeignKey(Release, on_delete=PROTECT, related_name="documents")
    format = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=HASH)
    written_at = models.DateTimeField(auto_now_add=True)

    sensitivity: ClassVar[Classes] = classes(C1="release format sha256 written_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "format", "sha256"], name="one_row_a_document"),
            AppendOnly(name="documents_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.release_id}"
