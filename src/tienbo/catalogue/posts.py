"""What a pack says of bodies, posts, counts and elections. None of it changes a figure that is reported, so that it is
no part of what an edition pins."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from tienbo.catalogue.definitions import Code, Confidence, Kind, Sensitivity, Shape, Text
from tienbo.core.spans import Span


class Spanned(Shape):
    """What holds from a day to the day before another: [from, to), each open where it is not said."""

    code: Code
    name: Text
    begin: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Spanned:
        if self.begin is not None and self.end is not None and self.end <= self.begin:
            raise ValueError("what holds for a time ends after it begins")
        return self

    @property
    def span(self) -> Span:
        return Span(self.begin or date.min, self.end)

    def holds(self, on: date) -> bool:
        return self.span.contains(on)


class BodyKind(Spanned):
    """A kind of body of a unit (`units.Body.kind`): UBND, HĐND, cấp ủy."""

    units: tuple[Kind, ...] = ()
    """Kinds of unit that have one."""


KeyLeader = Literal["target_1_1", "rule_30"]
"""In which sense somebody is a key leader (lãnh đạo chủ chốt): of target 1.1 and its statistical definition, or of the
30 % rule. They are not the same."""


class PostTitle(Spanned):
    """Chức danh: a title a post can have, of a body of some kind or of a unit of some kind."""

    bodies: tuple[Kind, ...] = ()
    units: tuple[Kind, ...] = ()
    head: bool = False
    """Người đứng đầu; else a deputy or a member."""
    key_leader: tuple[KeyLeader, ...] = ()

    @model_validator(mode="after")
    def _of_somebody(self) -> PostTitle:
        if bool(self.bodies) == bool(self.units):
            raise ValueError("a title is of bodies or of units")
        return self


class CountGroup(Spanned):
    """Of whom there are counts: the deputies of a council, the members of a committee, the key leaders of UBND. `by`:
    what its counts may be divided by, codes of `post_breakdowns`."""

    bodies: tuple[Kind, ...] = ()
    units: tuple[Kind, ...] = ()
    """Kinds of unit that tell it; where none is named, those that have such a body."""
    by: tuple[Code, ...] = ()
    sensitivity: Sensitivity = Sensitivity.C1
    least: int | None = Field(default=None, ge=2)
    """Fewer persons than so many are withheld from everybody but the unit itself, and what would tell of them too."""
    stage: Code | None = None
    titles: Code | None = None
    """Stage and group of titles of the pipeline that its counts are of."""
    rule: Code | None = None
    """How its published shares are counted where a table does not say it."""
    also: tuple[str, ...] = ()
    """What tables call it; "{place} province" takes a place out of the words."""

    @property
    def is_planning(self) -> bool:
        """Whether it counts persons who are planned for: such counts are attested to be no state secret."""
        return self.code.startswith(PLANNING)

    @model_validator(mode="after")
    def _planning_is_guarded(self) -> CountGroup:
        if self.is_planning and (self.sensitivity is not Sensitivity.C3 or (self.least or 0) < LEAST_PLANNED):
            raise ValueError(f"counts of planning are of class C3, and fewer than {LEAST_PLANNED} are withheld")
        return self


PLANNING = "planning."
"""What the code of a group begins with that counts persons who are planned for."""
LEAST_PLANNED = 10
"""Fewer are a list of names."""


class CountingRule(Spanned):
    """One version of how a published share is counted. A line of figures is of one version; where it changes the line
    breaks. `of`: the kinds of body looked at; `counted`: persons, or bodies with at least one woman."""

    measures: Code
    """What it is a version of: versions of one thing are shown side by side, never in one line."""
    counted: Literal["persons", "bodies"]
    of: tuple[Kind, ...] = Field(min_length=1)
    numerator: Text
    denominator: Text
    also: tuple[str, ...] = ()


class Reconciliation(Spanned):
    """A figure of forms that posts, counts, lists or results can also say of units of some kinds: an indicator whose
    numerator is women and whose denominator persons, or the rows of a return that name agencies (an element)."""

    indicator: Code | None = None
    rows: Code | None = None
    units: tuple[Kind, ...] = Field(min_length=1)
    told_by: dict[Kind, Kind] = Field(default_factory=dict)
    """Kind of unit → the kind directly under it whose form tells it; else it is the unit's own."""
    titles: tuple[Code, ...] = ()
    group: Code | None = None
    shares: tuple[Code, ...] = ()
    """Groups of published shares that tell of the same persons or bodies, each by a rule of its own."""
    moment: Literal["now", "start"] = "now"
    """Of a group: its last count, or that at the start of the term."""
    elected: Code | None = None
    listed: Code | None = None

    @model_validator(mode="after")
    def _of_one_figure(self) -> Reconciliation:
        if (self.indicator is None) == (self.rows is None):
            raise ValueError("an indicator, or rows of returns")
        return self


class ElectionKind(Spanned):
    """Bầu cử of whom, and how many deputies a constituency elects at most."""

    body: Kind
    most_seats: int | None = Field(default=None, ge=1)
    also: tuple[str, ...] = ()
    """What tables call it."""
    document_from: date | None = None
    """Since when elections are held by the document."""
    deputies: Code | None = None
    """The group of persons (`count_groups`) that it elects."""


class ElectionDay(Shape):
    """A day on which deputies were or will be elected, and the term of each kind of election. Between `closed_from`
    (the consultations begin) and `closed_to` (the result) an election's pages are shut; both are written where
    known."""

    code: Code
    day: date
    terms: dict[Code, str] = Field(min_length=1)
    closed_from: date | None = None
    closed_to: date | None = None
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None
