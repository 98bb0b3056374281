"""Indicators, their terms, and targets."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from tienbo.catalogue.definitions.basics import Code, Confidence, Shape, Text
from tienbo.catalogue.definitions.measures import Series


class Test(Shape):
    """A condition on the figure of one reporting unit."""

    __test__ = False  # not a pytest class

    op: Literal[">=", ">", "<=", "<", "=="]
    value: Decimal


class Term(Shape):
    """One summand of an indicator's numerator or denominator.

    `count_units` counts reporting units instead of adding their figures: those whose figure (after time) meets
    `test`, or, without a test, those that have one. That is how "agencies with a woman key leader" differs from
    "women among leaders".
    """

    series: Series
    count_units: bool = False
    test: Test | None = None
    each: Code | None = None
    """A breakdown: the test must hold for every member of it, in every half-year of the period asked ("at least
    four items in each quarter": sixteen in one quarter do not make up for none in another)."""
    minus: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"series": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _test_counts(self) -> Term:
        if self.test is not None and not self.count_units:
            raise ValueError("a test belongs to count_units")
        if self.each is not None and self.test is None:
            raise ValueError("each says where a test must hold: give the test")
        return self


class Unit(StrEnum):
    """The unit of an indicator's value; the scale its ratio is multiplied by."""

    PERCENT = "percent"
    PER_100 = "per_100"
    PER_1000 = "per_1000"
    PER_100000 = "per_100000"
    TIMES = "times"
    COUNT = "count"
    BOOLEAN = "boolean"
    QUALITATIVE = "qualitative"
    PERCENT_CHANGE = "percent_change"

    @property
    def scale(self) -> int:
        return {"percent": 100, "per_100": 100, "per_1000": 1000, "per_100000": 100000, "percent_change": 100}.get(
            self.value, 1
        )

    @property
    def decimals(self) -> int:
        return {"count": 0, "boolean": 0, "qualitative": 0, "times": 2}.get(self.value, 1)


class Indicator(Shape):
    """A value computed from facts: the sum of `numerator`, over the sum of `denominator` where there is one.

    The two sums are kept beside the value. A ratio is of the units that reported both of its parts.
    """

    code: Code
    name: Text
    unit: Unit
    numerator: tuple[Term, ...] = ()
    denominator: tuple[Term, ...] = ()
    numerator_name: Text | None = None
    denominator_name: Text | None = None
    group: Code | None = None
    provider: Text | None = None
    frequency: Literal["half_year", "quarter", "month", "year", "term", "election", "survey"] = "half_year"
    levels: tuple[Literal["national", "provincial", "district", "commune"], ...] = ("national", "provincial", "commune")
    traps: tuple[Text, ...] = ()
    cites: tuple[Code, ...] = ()
    definition_confidence: Confidence = Confidence.CONFIRMED
    derived: Literal["terms", "external", "judgement"] = "terms"
    """`external`: computed elsewhere and entered as parts; `judgement`: no figure, a person says."""
    zero_base: Text | None = None
    """What a denominator of zero means ("không phát sinh")."""

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.numerator + self.denominator

    @property
    def is_ratio(self) -> bool:
        return bool(self.denominator)

    @property
    def decimals(self) -> int:
        return self.unit.decimals


Operator = Literal[">=", ">", "<=", "<", "~", "=="]


class TargetValue(Shape):
    """What a document sets for one year. `op` "~" is the legal word "khoảng": it has no legal tolerance."""

    op: Operator
    value: Decimal | None = None
    upper: Decimal | None = None
    note: Text | None = None


class Target(Shape):
    """A value of an indicator set by a document for given years, by an owner, for a subset of units."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Za-z0-9.\-]*$")]
    indicator: Code
    also: tuple[Code, ...] = ()
    """Other indicators held against the same values: the same quantity for another body or for one sex."""
    name: Text
    group: Code
    owner: Literal["national", "party", "provincial", "own"]
    """`own`: set by a unit in a plan of its own (`catalogue.plans`), which a pack never does."""
    owner_unit: str | None = None
    parent: str | None = None
    document: Code
    direction: Literal["at_least", "below", "approximately", "exactly", "qualitative"]
    values: dict[int, TargetValue] = Field(default_factory=dict)
    levels: tuple[Literal["national", "provincial", "district", "commune"], ...]
    provider: Text | None = None
    frequency: Literal["half_year", "quarter", "month", "year", "term", "election", "survey"] = "year"
    confidence: Confidence
    baseline: Decimal | None = None
    from_year: int | None = None
    extra_condition: Text | None = None
    sdg: str | None = None
    note: Text | None = None
    example: bool = False
    """An example of another province's plan: shown in the catalogue, never held against a unit's figures."""

    @field_validator("values")
    @classmethod
    def _years(cls, values: dict[int, TargetValue]) -> dict[int, TargetValue]:
        return dict(sorted(values.items()))
