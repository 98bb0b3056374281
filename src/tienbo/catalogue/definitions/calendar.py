"""Legal regimes and days off."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from tienbo.catalogue.definitions.basics import Code, Confidence, Shape, Text


class RegimeShape(Shape):
    """A reporting calendar (see core.periods.Regime)."""

    code: Code
    first: str
    half_starts: tuple[tuple[int, int], tuple[int, int]]
    due: tuple[tuple[int, int], tuple[int, int]] | None = None
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None


class FixedDay(Shape):
    """A day of the year on which offices are closed."""

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    name: Text


class DaysAway(Shape):
    """Days on end on which offices are closed, the last one included."""

    begin: date = Field(alias="from")
    end: date = Field(alias="to")
    name: Text


class DaysOff(Shape):
    """What is known of the days off: of every year, or of one (see core.working_days). `worked`: Saturdays in exchange.

    `known`: announced by a text or a notice, or foreseen from the lunar calendar only.
    """

    code: Code
    year: int | None = None
    known: Literal["announced", "foreseen"] = "announced"
    each_year: tuple[FixedDay, ...] = ()
    days: tuple[DaysAway, ...] = ()
    worked: tuple[date, ...] = ()
    document: Code | None = None
    source: str | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _of_its_year(self) -> DaysOff:
        every = [day for one in self.days for day in (one.begin, one.end)] + list(self.worked)
        if any(day.year != self.year for day in every) or any(one.end < one.begin for one in self.days):
            raise ValueError("days off are of the year they are said for, and end after they begin")
        return self
