"""What records lead to: guided pages, coverage, plans of visits."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from tienbo.catalogue.definitions.basics import Code, Confidence, FieldPath, Shape, Text
from tienbo.catalogue.definitions.records import RecordTest


class Article(Shape):
    """Where a document says something. `confidence` is how far that place was seen."""

    document: Code
    place: Text
    confidence: Confidence = Confidence.INFERRED


class Wanted(Shape):
    """What a step looks for, in a field or, in every row, in a column ("issues/evidence"); with `one_of`, in some row
    one of these answers. Asked where the record passes every test of `where`; `text` says what is missing."""

    field: FieldPath
    one_of: tuple[str, ...] = ()
    where: tuple[RecordTest, ...] = ()
    text: Text


class GuideStep(Shape):
    """One thing to think through: what the law asks (`about`), by which articles, and the fields that answer it."""

    code: Code
    title: Text
    about: Text
    fields: tuple[Code, ...] = Field(min_length=1)
    wants: tuple[Wanted, ...] = ()
    by: tuple[Article, ...] = ()


class GuidePaper(Shape):
    """The paper that is drafted from a guide: a numbered part for every step. Its texts may name fields in braces."""

    kind: Text
    subject: Text
    opening: Text
    parts: tuple[Code, ...] = Field(min_length=1)
    """The steps that are on it, in their order."""
    leaves: tuple[Code, ...] = ()
    """Fields of those steps that are not on it."""
    closing: Text
    recipients: tuple[Text, ...] = Field(min_length=1)


class Guide(Shape):
    """A record filled in step by step (a checklist), with what the law asks and what is missing beside each step."""

    name: Text
    steps: tuple[GuideStep, ...] = Field(min_length=1)
    paper: GuidePaper | None = None


class Crossed(Shape):
    """A table of tallies over the answers of a choice, unit by unit."""

    by: Code
    tallies: tuple[Code, ...] = Field(min_length=1)


class Reaching(Shape):
    """What is sent from this register to areas that another one names (`areas`): whether it came to each of them, in a
    language that people there read.

    Of areas: their `sort`, the days `since` and `until` they are such, and by row (`rows`) their `unit` and its
    `languages`. Of this register: records in `states` say a `language`; rows of `sent` went to a unit (`to`) on a day
    (`sent_on`), so many `copies`.
    """

    areas: Code
    area_states: tuple[Code, ...] = Field(min_length=1)
    sort: Code
    since: Code
    until: Code
    rows: Code
    unit: Code
    languages: tuple[Code, ...] = Field(min_length=1)
    states: tuple[Code, ...] = Field(min_length=1)
    language: Code
    sent: Code
    to: Code
    sent_on: Code
    copies: Code


class PlannedVisits(Shape):
    """What a plan in another register (`plans`) says is to be visited: each row (`rows`) of its records in `states` a
    `unit`, a day (`planned_on`), a `team`."""

    plans: Code
    states: tuple[Code, ...] = Field(min_length=1)
    number: Code
    rows: Code
    unit: Code
    planned_on: Code
    team: Code


REACHED = ("reached", "other_language", "language_not_told", "not_reached")
"""How an area was reached: in a language its people read, in another only, not known in which they read, not at all."""
VISITED = ("planned", "held", "not_held", "to_come", "outside", "concluded", "short", "recommended", "carried_out")
"""What visits are counted by; of findings (short) and recommendations their number."""


class Inspecting(Shape):
    """How this register answers what was planned: visits in `states` to a `unit`, of the plan (`plan`) they name, of a
    kind (`sort`) that stands in both registers; what they looked at (`contents`), found (`findings` that are `short`)
    and recommended, and by which day it is to be carried out."""

    planned: PlannedVisits
    sort: Code
    apart: tuple[str, ...] = Field(min_length=1)
    """Kinds that are the committee's own; all others are told apart from them."""
    states: tuple[Code, ...] = Field(min_length=1)
    where: tuple[RecordTest, ...] = ()
    unit: Code
    plan: Code
    contents: tuple[Code, ...] = Field(min_length=1)
    findings: Code
    content: Code
    finding_sort: Code
    short: tuple[str, ...] = Field(min_length=1)
    finding_text: Code
    recommendations: Code
    recommended_text: Code
    recommended_unit: Code
    due_on: Code
    done: Code
    concluded_on: Code


class Gathered(Shape):
    """What records are gathered `by`: a field that names a record of another register (events by campaign). Their
    `tallies` are told for each, quarter by quarter."""

    by: Code
    tallies: tuple[Code, ...] = Field(min_length=1)


class SeatedBody(Shape):
    """A body that decisions of some kinds (`sorts`) seat: the committee, its support group."""

    name: Text
    sorts: tuple[str, ...] = Field(min_length=1)


class Charges(Shape):
    """Where another register (`register_code`) says who looks after which units: each row (`rows`) of its records in
    `states` a `member` in words and `units`, until a day; of a state that is `open` also without one."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    register_code: Code = Field(alias="register")
    states: tuple[Code, ...] = Field(min_length=1)
    open: tuple[Code, ...] = Field(min_length=1)
    number: Code
    until: Code
    rows: Code
    member: Code
    units: Code
    field: Code

    def is_open(self, state: str) -> bool:
        return state in self.open


class Seating(Shape):
    """How decisions in this register seat a body: each row (`rows`) of a decision in `states` a `role`, a `post` and an
    `organisation`, `since` and until (`left`) a day; all until another decision takes its place (`until`). `count` and
    `women` are how many members a decision says there are. The first of `bodies` is the committee."""

    states: tuple[Code, ...] = Field(min_length=1)
    sort: Code
    bodies: tuple[SeatedBody, ...] = Field(min_length=1)
    until: Code
    count: Code
    women: Code
    rows: Code
    role: Code
    post: Code
    organisation: Code
    since: Code
    left: Code
    field: Code
    charges: Charges | None = None
