"""What is kept of what was taken away because its time was over, and of connections that were assessed: imported by
`models`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import Nobodys


class RetentionRecord(models.Model):
    """That what was past its term was taken away, by whose word: how much of what, and marks of it; never content.
    Signed under the site's secret."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    mark = models.CharField(max_length=16, help_text="Of what was told before it was done.")
    decision = models.CharField(max_length=400, help_text="The document, or the word, it was done by.")
    taken = models.JSONField(help_text="[{term, table, count, mark}]; mark: HMAC of what stood there.")
    events = models.PositiveIntegerField(help_text="Events of the journal whose content went.")
    purges = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what those events hash to since; blank in records of before."
    )
    by_hand = models.JSONField(default=list, help_text="Where copies are that no program reaches, and until when.")
    left = models.PositiveIntegerField(help_text="What was still due afterwards: 0, or it was not whole.")
    journal = models.CharField(max_length=100, help_text="The head of the journal then.")
    signature = models.CharField(max_length=64)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    whose = Nobodys("counts and marks of what is no longer there")
    sensitivity: ClassVar[Classes] = classes(
        C1="key mark decision taken events purges by_hand left journal signature by at"
    )

    class Meta:
        constraints = [AppendOnly(name="records_of_retention_are_never_rewritten")]

    def __str__(self) -> str:
        return self.key


class ConnectionAssessed(models.Model):
    """That the risks of a connection to others were assessed, by which document. To another place it is another one."""

    code = models.CharField(max_length=80)
    name = models.CharField(max_length=400, help_text="Where it led then.")
    document = models.CharField(max_length=400)
    on = models.DateField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("connections of the whole site")
    sensitivity: ClassVar[Classes] = classes(C1="code name document on by at")

    class Meta:
        constraints = [AppendOnly(name="assessments_of_connections_are_never_rewritten")]

    def __str__(self) -> str:
        return self.code
