"""What a source says: kept beside what other sources say, withdrawn when it was read wrong, never rewritten."""

from __future__ import annotations

from django.db import models

from tienbo.ground.keys import KEY_LENGTH

SOURCE = 300
WITHDRAWAL = ("standing", "withdrawn_by", "withdrawn_at", "withdrawn_why")
"""What changes when a row is withdrawn."""
TOLD = "key source published_on told_by told_at replaces standing withdrawn_by withdrawn_at withdrawn_why"
"""The fields of every told row, for the declaration of their classes."""


class Told(models.Model):
    """A row with its source. A correction withdraws the row and tells a new one that `replaces` it; both stay."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    source = models.CharField(max_length=SOURCE, help_text="The document or page it was read in.")
    published_on = models.DateField(null=True, blank=True, help_text="The day of the source; NULL while not known.")
    told_by = models.CharField(max_length=150)
    told_at = models.DateTimeField(auto_now_add=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    standing = models.PositiveSmallIntegerField(
        null=True, default=1, help_text="1; NULL once withdrawn, so that it overlaps nothing."
    )
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True
