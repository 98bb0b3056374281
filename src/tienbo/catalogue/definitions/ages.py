"""Ages of the law: retirement and eligibility."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from tienbo.catalogue.definitions.basics import Code, Confidence, Shape, Text

YearMonth = Annotated[str, StringConstraints(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$")]


class RetirementAges(Shape):
    """At which age women and men retire under normal conditions: calendar year → [women, men], in months of age.

    Before the first year its row holds, after the last year its row goes on to hold.
    """

    code: Code
    months: dict[int, tuple[int, int]] = Field(min_length=1)
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None


class Standing(Shape):
    """A way of standing for a committee or a post, and how many months must then be left until retirement."""

    code: Code
    name: Text
    months_left: int = Field(ge=0)
    confidence: Confidence | None = None


class Occasion(Shape):
    """A congress or an election, and the month its ages are counted at."""

    code: Code
    name: Text
    month: YearMonth
    confidence: Confidence | None = None


class AgeRules(Shape):
    """Who may stand by age in one cycle of congresses and elections. A cycle's rules are the cycle's own: the next one
    has rules of its own, and what is only supposed of it says so by its confidence."""

    code: Code
    name: Text
    retirement: Code
    standings: tuple[Standing, ...] = Field(min_length=1)
    occasions: tuple[Occasion, ...] = Field(min_length=1)
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None
