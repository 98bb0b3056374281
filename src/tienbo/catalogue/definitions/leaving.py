"""What may leave, and how finely: tiers of the disclosure gate, clusters of communes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from tienbo.catalogue.definitions.basics import Code, Confidence, Shape, Text


class ReleaseRule(Shape):
    """What may leave toward one tier of readers (security.md §5.2): agencies of the government, partners under an
    agreement, everybody. Counts of 1 to `k`−1 are small; the meaning of the rest is that of `disclosure.policy.Rule`.

    `words`: words that tell a text speaks of what is guarded, in either language.
    """

    code: Literal["government", "partner", "public"]
    name: Text
    k: int = Field(ge=3)
    zeros_hide: bool = False
    least_base: int = Field(default=50, ge=10)
    dominance: Decimal = Field(default=Decimal("0.85"), gt=0, le=1)
    coarsen_above: Decimal = Field(default=Decimal("0.4"), gt=0, le=1)
    words: tuple[str, ...] = ()
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None


class Cluster(Shape):
    """Cụm xã: communes that are told of together where one alone would tell of persons. `members`: keys or codes of
    units, from a day on, until a day where it ended."""

    code: Code
    name: Text
    province: str
    members: tuple[str, ...] = Field(min_length=5)
    first: date
    until: date | None = None
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None

    @model_validator(mode="after")
    def _ends_after(self) -> Cluster:
        if self.until is not None and self.until <= self.first:
            raise ValueError("a cluster ends after it begins")
        if len(set(self.members)) < len(self.members):
            raise ValueError("a commune stands in a cluster once")
        return self

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.until is None or day < self.until)
