"""Stages from staff to appointment, title groups, age bands."""

from __future__ import annotations

from pydantic import Field

from tienbo.catalogue.definitions.basics import Code, Confidence, Shape, Text


class PipelineStage(Shape):
    """A stage of the way from staff to a post. `also`: other words for it in a table that people type."""

    code: Code
    name: Text
    also: tuple[str, ...] = ()


class TitleGroup(Shape):
    """Posts that are planned for together."""

    code: Code
    name: Text


class AgeBand(Shape):
    """Ages from `least` to below `below`, in whole years."""

    code: Code
    name: Text
    least: int = Field(ge=15, le=80)
    below: int = Field(ge=16, le=81)


class Pipeline(Shape):
    """The way from staff to a post: its stages in order (the first is who may be planned for, the last who holds a
    post), the groups of titles and the age bands that counts are typed by."""

    code: Code
    name: Text
    retirement: Code
    stages: tuple[PipelineStage, ...] = Field(min_length=3)
    groups: tuple[TitleGroup, ...] = ()
    bands: tuple[AgeBand, ...] = ()
    ages: dict[str, str] = Field(default_factory=dict)
    """Age groups of counts that are kept (`post_breakdowns`) → the ages as a row of the question has them."""
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None
