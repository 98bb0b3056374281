"""Parts of a kind of record: fields, states, moves, what it feeds, its papers and clocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from tienbo.catalogue.definitions.basics import Code, FieldPath, Kind, Sensitivity, Shape, Text
from tienbo.catalogue.definitions.measures import Series
from tienbo.core.messages import N_

# ------------------------------------------------------------------------------------------------- registers


class RecordTest(Shape):
    """A field of a record, or a column of a row, is one of these answers."""

    field: FieldPath
    one_of: tuple[str, ...] = Field(min_length=1)

    def passes(self, said: Mapping[str, str]) -> bool:
        """`said`: field → what stands there."""
        return said.get(self.field) in self.one_of


class RecordNamed(Shape):
    """Which register's records a field names, and the field of theirs that they are called by."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    register_code: Code = Field(alias="register")
    title: Code


class RegisterField(Shape):
    """What a record says of one thing. A count or an amount has a `measure`, and rows that are counted have that of one
    row; `part_of` names the one it cannot exceed.

    `required_in`: the states in which it may not be blank; `required`: in every state; `needed_where`: where the
    record, or the row, passes every one of these tests. `not_before` names the day it cannot come before.
    `sensitivity` where it is narrower than the register's.
    `rows` repeats: each row says something in every one of the `columns` (a talk, an opinion, a conclusion). What a
    column asks, it asks of each row; the wholes and the days it names are those of its row.
    """

    code: Code
    label: Text
    kind: Literal[
        "text", "long_text", "count", "money", "date", "choice", "yes_no", "unit", "units", "record", "rows"
    ] = "text"
    names: RecordNamed | None = Field(default=None, exclude_if=lambda held: held is None)
    """Of a field of the kind `record`: a record of another register, by its key."""
    required: bool = False
    required_in: tuple[Code, ...] = ()
    needed_where: tuple[RecordTest, ...] = Field(default=(), exclude_if=lambda held: not held)
    measure: Code | None = None
    part_of: Code | None = None
    not_before: Code | None = None
    choices: dict[Code, Text] = Field(default_factory=dict)
    columns: tuple[RegisterField, ...] = Field(default=(), exclude_if=lambda held: not held)
    at_most: int = Field(default=200, ge=1, le=500, exclude_if=lambda most: most == 200)
    """Rows that fit."""
    sensitivity: Sensitivity | None = None
    note: Text | None = None
    retired: bool = Field(default=False, exclude_if=lambda held: not held)
    """Asked no more: records of before keep what they say in it."""

    @property
    def is_number(self) -> bool:
        return self.kind in ("count", "money")

    @property
    def names_units(self) -> bool:
        return self.kind in ("unit", "units")

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> RegisterField:
        if bool(self.choices) != (self.kind == "choice"):
            raise ValueError(N_("a choice lists its choices, and only a choice does"))
        if (self.measure is not None) != self.is_number and self.kind != "rows":
            raise ValueError(N_("a count and an amount of money say their measure, and only they and rows do"))
        if (self.names is not None) != (self.kind == "record"):
            raise ValueError(N_("a field that names a record says of which register, and only such a field does"))
        if self.not_before is not None and self.kind != "date":
            raise ValueError(N_("only a day can come before another"))
        if bool(self.columns) != (self.kind == "rows"):
            raise ValueError(N_("rows have columns, and only rows do"))
        if any(column.kind == "rows" or column.sensitivity is not None for column in self.columns):
            raise ValueError(N_("a column is no rows of its own, and a row is seen whole or not at all"))
        return self

    def answers(self) -> tuple[str, ...]:
        """What a test may compare it with; nothing for what is not chosen from a list."""
        return ("yes", "no") if self.kind == "yes_no" else tuple(self.choices)

    @property
    def asked_columns(self) -> tuple[RegisterField, ...]:
        """The columns that are still asked."""
        return tuple(one for one in self.columns if not one.retired)

    def column(self, code: str) -> RegisterField | None:
        return next((one for one in self.columns if one.code == code), None)


class RecordState(Shape):
    """Where a record stands. In one that is `past` what it tells of has happened: its day is not to come."""

    code: Code
    name: Text
    past: bool = False


class RecordMove(Shape):
    """A step from one of the states to another, by whoever may do `need` for the unit that keeps the record."""

    code: Code
    name: Text
    begin: tuple[Code, ...] = Field(alias="from", min_length=1)
    to: Code
    need: Literal["enter", "approve", "accept", "consolidate", "conclude"] = "enter"

    # As the pack writes it, so that what was kept of it is read again.
    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class Counting(Shape):
    """What a register counts: its records in these `states` that pass every test of `where`, or the sum of their field
    `sum`. `of` counts the rows of a field instead; then sums, tests and days may be of its columns ("talks/persons").

    A count is of the half-year of the day `by_day`, the register's own day where none is named. With `until` it is a
    stock: it counts from then on, at the end of every half-year, up to the day before `until`; a blank one is not over.
    """

    states: tuple[Code, ...] = Field(min_length=1)
    where: tuple[RecordTest, ...] = ()
    of: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    sum: FieldPath | None = None
    by_day: FieldPath | None = Field(default=None, exclude_if=lambda held: held is None)
    until: FieldPath | None = Field(default=None, exclude_if=lambda held: held is None)


class Feed(Counting):
    """A series that the register counts. `by_quarter` counts each quarter of the half-year apart, as members of the
    breakdown "quarter"."""

    series: Series
    by_quarter: bool = False


class RowTasks(Shape):
    """Tasks that follow from the rows of a record, once it is in one of these `states`: what each column says of them.

    `kind` is a choice whose answers "dated" and "standing" are kinds of tasks; any other makes none. Without it a row
    that says until when makes a task with that day. Where a `lead` is named it owns the one task and the `units` help
    it; else each of the units owns one; where none is named, every unit of the family that `groups` says of the answer
    in `group`, or the unit that the record names in `otherwise`. A row that passes every test of `unless` makes none.
    `cause` is the document they follow from, with fields of the record in braces, and `made_on` the day of it.
    """

    rows: Code
    states: tuple[Code, ...] = Field(min_length=1)
    text: Code
    kind: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    due_on: Code
    lead: Code
    units: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    partners: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    measures: tuple[Code, ...] = ()
    group: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    groups: dict[Code, Kind] = Field(default_factory=dict)
    otherwise: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    unless: tuple[RecordTest, ...] = Field(default=(), exclude_if=lambda held: not held)
    cause: Text
    made_on: Code


class HeldWith(Shape):
    """How a register says of what it has (in these `states`) where it was held, whether the unit led it, who led it
    else, and with whom: two units may have it, and one of them counts it."""

    states: tuple[Code, ...] = Field(min_length=1)
    place: Code
    leads: Code
    lead: Code
    helped: Code


class RegisterTally(Counting):
    """A count that no form asks for and reports tell: "{registers.meeting.workshops}"."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]
    name: Text


def is_sentence(said: Any) -> bool:
    return isinstance(said, dict) and said.keys() == {"vi", "en"}


class EvidenceAsked(Shape):
    """A document that proves a record. It is asked for in the states of `required_in`; one that is `kept_by_unit` is
    shown to who comes to look at it, and is never uploaded: it has names or signatures of many persons.
    """

    code: Code
    label: Text
    required_in: tuple[Code, ...] = ()
    kept_by_unit: bool = False

    @model_validator(mode="after")
    def _is_asked_for_where_it_can_be_given(self) -> EvidenceAsked:
        if self.kept_by_unit and self.required_in:
            raise ValueError(N_("what the unit keeps is not asked for here"))
        return self


class PaperPart(Shape):
    """A part of a paper that is drafted from a record: a `heading`, and under it what it says.

    `text` is written where every field that it names in braces says something; what stands in square brackets is
    written, or left out, by the fields in it alone: "{name}[, tại {place}]". With `rows` it is written for each row of
    that field that passes `where`, with the row's columns; with `columns` the rows are a table. `{place|lower}` begins
    with a small letter, `{held_on|weekday}` is the day of the week, `{talks|count}` the number of rows and
    `{delegates/persons|sum}` a sum over them; `{issuer}` is who writes.

    `say` is worked out: "charges", the conclusions by whom they are for, each with its day; "followed", what became of
    the tasks of the record before; "signing", a line to sign on for everybody of `rows` (as many as `persons` says).
    `otherwise` stands where nothing else does; a heading of nothing is not written. A bare text is the same in every
    language: it is made of places.
    """

    heading: Text | None = None
    level: Literal[2, 3] = 2
    text: Text | str | None = None
    style: Literal["body", "bullet", "note", "centred"] = "body"
    rows: Code | None = None
    columns: tuple[Code, ...] = ()
    persons: Code | None = None
    where: tuple[RecordTest, ...] = ()
    say: Literal["charges", "followed", "signing"] | None = None
    otherwise: Text | None = None


class PaperEntered(Shape):
    """How a paper is entered into a register of documents once it is to be issued: what it says there, and which fields
    of the record take what the office that registers papers gave (`back`: field of the record → field there)."""

    register_code: Code = Field(alias="register")
    said: dict[Code, str] = Field(default_factory=dict)
    back: dict[Code, Code] = Field(default_factory=dict)

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class RegisterPaper(Shape):
    """A paper in official layout that is drafted from a record in one of these `states`.

    It has a `kind` ("GIẤY MỜI") or is a letter to `to`; `symbol` stands before that of the office in its number, which
    is blank, and none has none. It is not drafted while one of the fields of `needs` says nothing; one that `follows`
    is there only where there are tasks of the record before to tell of. `of` makes one for each row of a field.
    `signed_by`: lines over the signature where they are not those of the office; with `beside` a
    second person signs on the left.
    """

    code: Code
    name: Text
    kind: Text | None = None
    symbol: str | None = None
    dated: bool = True
    subject: Text | str
    to: Text | str | None = None
    of: Code | None = None
    states: tuple[Code, ...] = Field(min_length=1)
    needs: tuple[FieldPath, ...] = ()
    follows: bool = False
    parts: tuple[PaperPart, ...] = Field(min_length=1)
    signed: bool = True
    signed_by: tuple[Text, ...] = ()
    beside: tuple[Text, ...] = ()
    recipients: tuple[Text, ...] = ()
    entered: PaperEntered | None = None
    cites: tuple[Code, ...] = Field(min_length=1)


class RegisterClock(Shape):
    """How long a record may take: from the day `begins` until the day `due`, both said in it; it has ended once the day
    `ends` is said, and in the states of `rests` it does not run."""

    begins: Code
    due: Code
    ends: Code
    rests: tuple[Code, ...] = ()
