"""Breakdowns, elements and the series that one fact measures."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator, model_validator

from tienbo.catalogue.definitions.basics import Code, Kind, Sensitivity, Shape, Text
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind


class Breakdown(Shape):
    """A dimension of breakdown ("sex") and its members by code."""

    code: Code
    name: Text
    members: dict[str, Text]


class Measure(Shape):
    """A unit of measure ("person", "attendance"). Terms of one sum must share it. No figure is above `maximum`."""

    code: Code
    name: Text
    decimals: int = Field(default=0, ge=0, le=4)
    maximum: Decimal | None = None


class OverTime(StrEnum):
    """How half-years make a year: flows add up, a stock is what it is at the end."""

    SUM = "sum"
    LAST = "last"
    MEAN = "mean"
    NONE = "none"


class OverUnits(StrEnum):
    SUM = "sum"
    MEAN = "mean"
    NONE = "none"


class TravelsBy(StrEnum):
    """By which of a unit's quantities its figure is divided where an act divided the unit.

    `none`: what cannot be divided at all (people in posts, members of a committee): it goes with a whole unit or
    nowhere.
    """

    POPULATION = "population"
    AREA = "area"
    MEMBERS = "members"
    NONE = "none"


class Reporting(Shape):
    """Who reports an element, from the half-year `first` on, and what it is worth one level up.

    `at_parent`: `sum` adds the figures of the units below; `own` answers with the unit's own figure alone.
    """

    by: tuple[Kind, ...] = Field(min_length=1)
    at_parent: Literal["sum", "own"] = "sum"
    first: str | None = None


class Redefinition(Shape):
    """From the half-year `first` on an element is counted by another definition; `what` says what changed. Its series
    is the same and its line is broken there: a figure of before is not held against one of after."""

    first: str
    what: Text

    @field_validator("first")
    @classmethod
    def _is_a_half_year(cls, text: str) -> str:
        if Period.parse(text).is_year:
            raise ValueError(f"not a half-year: {text}")
        return text


class Element(Shape):
    """Something counted and reported: the atom of every figure."""

    code: Code
    name: Text
    measure: Code
    breakdowns: tuple[Code, ...] = ()
    over_time: OverTime
    over_units: OverUnits = OverUnits.SUM
    travels_by: TravelsBy = Field(default=TravelsBy.POPULATION, exclude_if=lambda value: value is TravelsBy.POPULATION)
    """Not written where it is the default: editions kept before it was asked keep their fingerprint."""
    source: Literal["form", "register"] = "form"
    reporting: tuple[Reporting, ...] = Field(min_length=1)
    frequency: Literal["half_year", "year", "term", "survey"] = "half_year"
    sensitivity: Sensitivity = Sensitivity.C1
    cites: tuple[Code, ...] = ()
    note: Text | None = None
    redefined: tuple[Redefinition, ...] = Field(default=(), exclude_if=lambda value: not value)
    """Not written where there is none, as above."""

    def rule(self, period: Period) -> Reporting | None:
        """The reporting rule of a half-year: the last one that began; None before the first."""
        began = [rule for rule in self.reporting if rule.first is None or Period.parse(rule.first) <= period]
        return max(began, key=lambda rule: rule.first or "", default=None)

    def is_asked(self, period: Period, kinds: tuple[Kind, ...] = ()) -> bool:
        """Whether a return of this half-year asks for it: yearly figures are asked in the second half only.

        With `kinds`, whether any unit of these kinds is asked: a sector that moved to another department is asked of
        that one from then on.
        """
        rule = self.rule(period)
        if rule is None or (self.frequency != "half_year" and period.half != 2):
            return False
        return not kinds or any(is_kind(kind, rule.by) for kind in kinds)


_MEMBER = r"[a-z0-9_]+=[a-z0-9_]+"
_SERIES = re.compile(rf"^(?P<element>[a-z0-9_.]+)(?:\[(?P<members>{_MEMBER}(?:,{_MEMBER})*)\])?$")


class Series(Shape):
    """An element and the members of its breakdowns, from "element[sex=f]"."""

    element: str
    members: str = ""
    """Canonical "eth=m,sex=f", sorted; "" is the total."""

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: object) -> object:
        if isinstance(value, str):
            found = _SERIES.match(value)
            if not found:
                raise ValueError(f"not a series: {value!r}")
            members = ",".join(sorted((found["members"] or "").split(","))) if found["members"] else ""
            return {"element": found["element"], "members": members}
        return value

    def __str__(self) -> str:
        return f"{self.element}[{self.members}]" if self.members else self.element

    def with_member(self, dimension: str, member: str) -> Series:
        kept = [pair for pair in self.members.split(",") if pair and not pair.startswith(dimension + "=")]
        return Series(element=self.element, members=",".join(sorted([*kept, f"{dimension}={member}"])))
