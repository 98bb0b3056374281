"""Norms: what the law asks of each body and unit."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from tienbo.catalogue.definitions.basics import Code, Confidence, Kind, Shape, Text
from tienbo.catalogue.definitions.measures import Series

# ---------------------------------------------------------------------------------------------------- norms


class NormPosts(Shape):
    """Key leaders by the published posts on the day: of bodies of these kinds, or of the unit itself where none is
    named; all who are in post, or the women among them. `sense`: which key leaders (`post_titles`)."""

    sense: Literal["target_1_1", "rule_30"]
    of: tuple[Kind, ...] = ()
    women: bool = False


class NormCounted(Shape):
    """Persons of a group that is counted (`count_groups`), by the last count up to the day, or the women among them."""

    group: Code
    women: bool = False


class NormListed(Shape):
    """Candidates on the official list for a body of this kind at the election of the day, or the women among them."""

    body: Kind
    women: bool = False


class NormSource(Shape):
    """Where a figure of a norm is told, one of these: a `series` of the forms, and of the registers that feed it; a
    `body` of this kind that the unit has on the day (1) or had and has no more (0); published `posts`; a `counted`
    group; an official list (`listed`)."""

    series: Series | None = None
    body: Kind | None = None
    posts: NormPosts | None = None
    counted: NormCounted | None = None
    listed: NormListed | None = None

    @model_validator(mode="after")
    def _is_one(self) -> NormSource:
        if sum(one is not None for one in (self.series, self.body, self.posts, self.counted, self.listed)) != 1:
            raise ValueError("a source is a series, a body, posts, a counted group or a list: one of them")
        return self


class NormFigure(Shape):
    """A quantity that a norm looks at. The first of its sources that tells it counts; the others stand beside it."""

    code: Code
    name: Text
    sources: tuple[NormSource, ...] = Field(alias="from", min_length=1)

    # As the pack writes it, so that what was kept of it is read again.
    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class NormMeasure(Shape):
    """What is compared: a figure, or its share (0 to 1) in the figure `over`."""

    figure: Code
    over: Code | None = None
    op: Literal[">=", ">", "<=", "<", "=="]


class NormTest(NormMeasure):
    """The same with the value it is compared with."""

    value: Decimal


class NormRule(Shape):
    """What a document asks from a day on, up to the day before `to`: the value of the norm's test, and where the
    document says it. Without a `place` the article was not seen."""

    begin: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")
    value: Decimal
    document: Code
    place: Text | None = None
    confidence: Confidence
    note: Text | None = None

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> NormRule:
        if self.end is not None and self.end <= self.begin:
            raise ValueError("a rule ends after it begins")
        return self

    def holds(self, day: date) -> bool:
        return self.begin <= day and (self.end is None or day < self.end)


class NormMoment(Shape):
    """A day on which a norm is asked, where it is asked then only: the day of an election."""

    day: date
    name: Text


class Norm(Shape):
    """A rule of law checked on units: where every test of `when` holds, the unit is to meet `test` with the value that
    the rule of the day sets. A value is looked at exactly, never rounded.

    `subject` is each unit of `kinds`, or each row that such a unit names in its return (an agency, a school); `body`
    says which body of the unit it is of. `told_by`: kind of unit → the kind directly under it that tells its figures.
    `address`: who is asked about what is not met, of the units directly under the one that asks, instead of the unit.
    `each`: the test is of every member of this breakdown by itself, none makes up for another. With `moments` it is
    asked on these days only, and stands until the next one. `eased`: where this holds the document lets the unit set
    itself another value. `severity`: it must be so, it should, or the unit counts toward a target of the whole.
    `local`: a local decision asks for it; of itself it asks nobody.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*$", max_length=48)]
    name: Text
    asks: Text
    """What is asked, in a sentence; {limit} is the value of the rule."""
    proposes: Text
    """What is to be considered where it is not met: the end of "It is proposed to consider …"."""
    group: Code
    severity: Literal["must", "should", "counts"]
    subject: Literal["unit", "row"] = "unit"
    body: Text | None = None
    kinds: tuple[Kind, ...] = Field(min_length=1)
    told_by: dict[Kind, Kind] = Field(default_factory=dict)
    address: Kind | None = None
    figures: tuple[NormFigure, ...] = Field(min_length=1)
    when: tuple[NormTest, ...] = ()
    test: NormMeasure
    each: Code | None = None
    eased: NormTest | None = None
    eased_words: Text | None = None
    frequency: Literal["half_year", "year"] = "half_year"
    moments: tuple[NormMoment, ...] = ()
    indicator: Code | None = None
    """The indicator of the same quantity: what a unit's plan sets for it is a norm of that unit beside this one."""
    local: bool = False
    rules: tuple[NormRule, ...] = ()
    cites: tuple[Code, ...] = ()
    note: Text | None = None
    parent: str | None = None
    """Of one that a local decision or a plan set: the norm it follows. The next two are said of such a one only."""
    owner_unit: str | None = None
    reach: Literal["below", "self"] = "below"
    """Whether the decision is about the units under its owner, or about the owner alone."""

    @field_validator("rules")
    @classmethod
    def _follow_each_other(cls, rules: tuple[NormRule, ...]) -> tuple[NormRule, ...]:
        for before, after in itertools.pairwise(rules):
            if before.end is None or after.begin < before.end:
                raise ValueError("the rules of a norm follow each other in time")
        return rules

    @property
    def by_code(self) -> dict[str, NormFigure]:
        return {one.code: one for one in self.figures}

    @property
    def measures(self) -> tuple[NormMeasure, ...]:
        """All that is compared: the conditions, the test, what eases it."""
        return (*self.when, self.test, *((self.eased,) if self.eased is not None else ()))

    def rule_on(self, day: date) -> NormRule | None:
        """The rule of a day; None before the first, after the last, and between two."""
        return next((rule for rule in self.rules if rule.holds(day)), None)

    def moment_on(self, day: date) -> NormMoment | None:
        """The last moment up to a day; None before the first."""
        return max((one for one in self.moments if one.day <= day), key=lambda one: one.day, default=None)
