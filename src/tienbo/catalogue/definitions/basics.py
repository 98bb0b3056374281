"""What every definition stands on: strict shapes, texts in both languages, codes, classes, documents."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from tienbo.core.messages import language
from tienbo.core.words import day_words, month_words

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*$")]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$")]


FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.]*(/[a-z0-9][a-z0-9_.]*)?$")]
"""A field of a register, or a column of its rows: "talks/persons"."""


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Shape):
    """A text in both languages."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.vi if language() == "vi" else self.en


class Confidence(StrEnum):
    """How far the text behind a definition was seen. Anything but `confirmed` is marked on screen."""

    CONFIRMED = "confirmed"
    PARTLY = "partly"
    INFERRED = "inferred"
    UNCONFIRMED = "unconfirmed"


class Sensitivity(StrEnum):
    """C0 công khai, C1 nội bộ, C2 hạn chế, C3 rất nhạy cảm (violence, planning: owner and consolidator only)."""

    C0 = "C0"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"


class Document(Shape):
    """A legal or guiding document that definitions cite by `code`."""

    code: Code
    number: str
    issued_on: str | None = None
    title: Text
    confidence: Confidence = Confidence.CONFIRMED
    source: str | None = None

    @property
    def cited(self) -> str:
        """Number and day, "CT 35-CT/TW (30/5/2019)": two documents may carry one number. A year alone says no more."""
        year, *rest = (int(part) for part in (self.issued_on or "0").split("-"))
        if not rest:
            return self.number
        day = date(year, rest[0], rest[1] if len(rest) > 1 else 1)
        return f"{self.number} ({day_words(day) if len(rest) > 1 else f'{month_words(day)}/{year}'})"
