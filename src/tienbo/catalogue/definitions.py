"""The strict shapes of a pack's definitions. Unknown keys are refused; nothing here is computed from facts.

Codes are dotted and stable ("training.classes"). Texts are {vi, en}. A *series* is what one fact measures:
an element with at most one member of each of its breakdowns, written "element" or "element[sex=f,eth=m]".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from tienbo.core.messages import N_, language
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind

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
        parts = [str(int(part)) for part in (self.issued_on or "").split("-") if part]
        return f"{self.number} ({'/'.join(reversed(parts))})" if len(parts) > 1 else self.number


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


class ReleaseRule(Shape):
    """What may leave toward one tier of readers (security.md §5.2): agencies of the government, partners under an
    agreement, everybody. Counts of 1 to `k`−1 are small; the meaning of the rest is that of `disclosure.policy.Rule`.

    `words`: words that tell a text speaks of what is guarded, in either language.
    """

    code: Literal["government", "partner", "public"]
    name: Text
    k: int = Field(ge=3)
    zeros_hide: bool = False
    least_base: int = Field(default=50, ge=10)
    dominance: Decimal = Field(default=Decimal("0.85"), gt=0, le=1)
    coarsen_above: Decimal = Field(default=Decimal("0.4"), gt=0, le=1)
    words: tuple[str, ...] = ()
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None


class Cluster(Shape):
    """Cụm xã: communes that are told of together where one alone would tell of persons. `members`: keys or codes of
    units, from a day on, until a day where it ended."""

    code: Code
    name: Text
    province: str
    members: tuple[str, ...] = Field(min_length=5)
    first: date
    until: date | None = None
    document: Code | None = None
    confidence: Confidence = Confidence.CONFIRMED
    note: Text | None = None

    @model_validator(mode="after")
    def _ends_after(self) -> Cluster:
        if self.until is not None and self.until <= self.first:
            raise ValueError("a cluster ends after it begins")
        if len(set(self.members)) < len(self.members):
            raise ValueError("a commune stands in a cluster once")
        return self

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.until is None or day < self.until)


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


class Group(Shape):
    """A family of targets or a line of work, in the order it is printed."""

    code: Code
    name: Text
    document: Code | None = None


# ---------------------------------------------------------------------------------------------------- forms


class Column(Shape):
    """A column of figures: the members it fixes ({} is the total)."""

    code: Code
    label: Text
    members: dict[str, str] = Field(default_factory=dict)


class Line(Shape):
    """A line of a form: one element across the block's columns.

    `columns` restricts it to some of them. `part_of` names the line whose figures it cannot exceed.
    `answer` "yes_no" is a figure of 0 or 1 typed as Có / Không.
    """

    code: Code
    label: Text
    element: Code
    columns: tuple[Code, ...] = ()
    part_of: Code | None = None
    answer: Literal["count", "decimal", "yes_no"] = "count"
    indent: int = Field(default=0, ge=0, le=3)
    why: tuple[Code, ...] = ()
    note: Text | None = None
    required: bool = True


class RowField(Shape):
    """A field of each repeating row: a name, or a figure that becomes facts of the row."""

    code: Code
    label: Text
    kind: Literal["name", "count", "yes_no"] = "count"
    element: Code | None = None
    members: dict[str, str] = Field(default_factory=dict)
    part_of: Code | None = None
    required: bool = True


class RowTest(Shape):
    """`field` (over `over`, as a share, where given) compared with `value`."""

    field: Code
    over: Code | None = None
    op: Literal[">=", ">", "<=", "<", "=="]
    value: Decimal


class RowCount(Shape):
    """A figure of the unit that follows from its rows: how many rows meet all of `where`; all rows without it."""

    element: Code
    members: dict[str, str] = Field(default_factory=dict)
    where: tuple[RowTest, ...] = ()
    sum_of: Code | None = None


TextHeading = Literal["highlight", "limitation", "cause_objective", "cause_subjective", "next", "proposal", "method"]
"""`method` says how an estimate or survey figure was made; it stays beside the figure."""


class TextLine(Shape):
    """A text the unit writes; `heading` and `addressee` place it in the report of the level above."""

    code: Code
    label: Text
    heading: TextHeading
    addressee: Text | None = None


class Block(Shape):
    """A titled part of a sheet: `lines` of figures, repeating `rows`, or `texts`; one of the three."""

    code: Code
    title: Text
    columns: tuple[Code, ...] = ()
    lines: tuple[Line, ...] = ()
    fields: tuple[RowField, ...] = ()
    counts: tuple[RowCount, ...] = ()
    rows: int = Field(default=0, ge=0, le=60)
    texts: tuple[TextLine, ...] = ()
    may_be_nil: bool = False
    """The unit may say "không phát sinh": every figure of the block is then a reported zero."""
    may_be_unchanged: bool = False
    """The unit may say "không thay đổi so với kỳ trước": stocks are carried over from the last accepted return."""
    may_not_apply: bool = False
    """The unit may say "không áp dụng" (an urban unit without a People's Council)."""
    note: Text | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Block:
        if sum(map(bool, (self.lines, self.fields, self.texts))) != 1:
            raise ValueError("a block holds lines, fields (rows) or texts: exactly one of them")
        if bool(self.fields) != bool(self.rows):
            raise ValueError("a block with fields says how many rows it prints, and only such a block does")
        return self


class Sheet(Shape):
    """One sheet of the workbook, one printed part of the form ("Biểu 01")."""

    code: Code
    number: str
    title: Text
    blocks: tuple[Block, ...] = Field(min_length=1)


class Check(Shape):
    """A relation between figures of one return: the sum of `left` stands in `op` to the sum of `right`.

    Sides are "line:column" addresses inside the form. Broken: an error keeps the return out, a warning asks
    for a sentence.
    """

    code: Code
    left: tuple[str, ...] = Field(min_length=1)
    op: Literal["<=", "=="]
    right: tuple[str, ...] = Field(min_length=1)
    level: Literal["error", "warning"] = "error"
    message: Text


class Form(Shape):
    """What a kind of unit fills in each half-year: the source of its page, workbook and print."""

    code: Code
    number: str
    title: Text
    issued_with: Text
    for_kinds: tuple[Kind, ...] = Field(min_length=1)
    first: str
    last: str | None = None
    receiver: Text
    columns: tuple[Column, ...] = Field(min_length=1)
    sheets: tuple[Sheet, ...] = Field(min_length=1)
    checks: tuple[Check, ...] = ()
    signers: tuple[Text, Text]
    confidence: Confidence = Confidence.INFERRED
    cites: tuple[Code, ...] = ()

    def is_used(self, period: Period) -> bool:
        return Period.parse(self.first) <= period and (self.last is None or period <= Period.parse(self.last))

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)

    def line_columns(self, block: Block, line: Line) -> tuple[Column, ...]:
        """The columns a line is asked for, in the block's order."""
        wanted = line.columns or block.columns
        return tuple(self.column(code) for code in block.columns if code in wanted)


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


def _is_sentence(said: Any) -> bool:
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


class RegisterKind(Shape):
    """A kind of work that units keep a register of: what a record says, how it moves, what it counts for.

    `counted_in` is the measure of one record (a class, an event); `evidence` names what proves it.
    """

    code: Code
    name: Text
    record_name: Text
    kept_by: tuple[Kind, ...] = Field(min_length=1)
    counted_in: Code
    fields: tuple[RegisterField, ...] = Field(min_length=1)
    title: Code
    occurred: Code
    """The day by which a record belongs to a half-year."""
    states: tuple[RecordState, ...] = Field(min_length=1)
    """A new record is in the first."""
    moves: tuple[RecordMove, ...] = ()
    columns: tuple[Code, ...] = Field(min_length=1)
    search: tuple[Code, ...] = Field(min_length=1)
    feeds: tuple[Feed, ...] = ()
    tallies: tuple[RegisterTally, ...] = Field(default=(), exclude_if=lambda held: not held)
    evidence: tuple[EvidenceAsked, ...] = ()
    tasks: RowTasks | None = Field(default=None, exclude_if=lambda held: held is None)
    papers: tuple[RegisterPaper, ...] = Field(default=(), exclude_if=lambda held: not held)
    held_with: HeldWith | None = Field(default=None, exclude_if=lambda held: held is None)
    clock: RegisterClock | None = Field(default=None, exclude_if=lambda held: held is None)
    guide: Guide | None = Field(default=None, exclude_if=lambda held: held is None)
    crossed: Crossed | None = Field(default=None, exclude_if=lambda held: held is None)
    reaching: Reaching | None = Field(default=None, exclude_if=lambda held: held is None)
    inspecting: Inspecting | None = Field(default=None, exclude_if=lambda held: held is None)
    gathered: Gathered | None = Field(default=None, exclude_if=lambda held: held is None)
    seating: Seating | None = Field(default=None, exclude_if=lambda held: held is None)
    section: Code
    """The line of work (a group) under which the report tells of it."""
    sensitivity: Sensitivity = Sensitivity.C1
    cites: tuple[Code, ...] = Field(min_length=1)
    confidence: Confidence = Confidence.INFERRED
    note: Text | None = None

    @field_validator("evidence", mode="before")
    @classmethod
    def _sentences_of_before(cls, value: Any) -> Any:
        """Editions kept before evidence had codes say it in sentences: what units then kept themselves."""
        if not isinstance(value, list):
            return value
        return [
            {"code": f"kept_{at}", "label": one, "kept_by_unit": True} if _is_sentence(one) else one
            for at, one in enumerate(value, 1)
        ]

    @property
    def by_code(self) -> dict[str, RegisterField]:
        return {field.code: field for field in self.fields}

    @property
    def asked(self) -> tuple[RegisterField, ...]:
        """The fields that are still asked."""
        return tuple(field for field in self.fields if not field.retired)

    def field_at(self, address: str) -> RegisterField | None:
        """The field, or the column of rows, that an address of a record names: "place", "talks/row_01J…/subject"."""
        code, _sep, cell = address.partition("/")
        field = self.by_code.get(code)
        return field.column(cell.partition("/")[2]) if cell and field is not None else field

    def named(self, path: str) -> RegisterField | None:
        """The field, or the column of rows, that a definition names: "place", "talks/persons"."""
        code, _sep, column = path.partition("/")
        field = self.by_code.get(code)
        return field.column(column) if column and field is not None else field

    def tally_series(self, tally: RegisterTally) -> str:
        """What the counts of a tally are kept under; never the name of an element's series."""
        return f"{self.code}:{tally.code}"

    def paper(self, code: str) -> RegisterPaper | None:
        return next((one for one in self.papers if one.code == code), None)

    @property
    def led_counts(self) -> tuple[str, ...]:
        """What is counted of what the register leads to, beside its tallies: areas by how they were reached, visits."""
        areas = tuple(f"areas_{one}" for one in ("all", *REACHED)) if self.reaching is not None else ()
        visits = tuple(f"visits_{one}" for one in VISITED) if self.inspecting is not None else ()
        return areas + visits

    def state(self, code: str) -> RecordState:
        return next(state for state in self.states if state.code == code)

    def level(self, field: RegisterField) -> Sensitivity:
        """The class of a field: its own, else the register's."""
        return field.sensitivity or self.sensitivity


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


# ------------------------------------------------------------------------------------------------ exchange


class GlossaryTerm(Shape):
    """A term of exchange with partners. `lo` is its Lao form where one was seen; `confidence` says how far that was
    checked. An unconfirmed form is marked for whoever drafts with it."""

    code: Code
    name: Text
    lo: str | None = None
    confidence: Confidence = Confidence.UNCONFIRMED

    @property
    def is_confirmed(self) -> bool:
        return self.lo is not None and self.confidence is Confidence.CONFIRMED


# --------------------------------------------------------------------------------------------------- reports


class Sentence(Shape):
    """A sentence of a report with places for values: "{training.classes}", "{indicator|percent}".

    It is written when every value it names was reported (`needs`, else those it names); `if_missing` is what
    stands there otherwise (nothing, by default).
    """

    text: Text
    needs: tuple[str, ...] = ()
    if_missing: Text | None = None


class TableSpec(Shape):
    """A table: `targets` is the working table of targets, `indicators` lists some, `units` a league, `texts` words,
    `records` what the unit's own register holds of the period, the named fields (`columns`) of those in `states`, or,
    of a tally (`counted`), those behind it in every register below, unit by unit; `crossed` tallies of a register over
    its choice, `reach` areas and what was sent to them, `visits` those planned and held; `task_owners` the tasks after
    conclusions by who owes them, `tasks` each of them."""

    kind: Literal[
        "targets", "indicators", "units", "coverage", "norm30", "texts", "records", "plan", "task_owners", "tasks",
        "reach", "visits", "crossed",
    ]  # fmt: skip
    title: Text | None = None
    """None where the heading above says what it is."""
    indicators: tuple[Code, ...] = ()
    groups: tuple[Code, ...] = ()
    """Groups, or families of them: "work" is every group whose code begins with "work."."""
    columns: tuple[str, ...] = ()
    heading: TextHeading | None = None
    """Of a table of `texts`: all that the units wrote under it."""
    of_register: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    counted: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    states: tuple[Code, ...] = Field(default=(), exclude_if=lambda held: not held)
    where: tuple[RecordTest, ...] = Field(default=(), exclude_if=lambda held: not held)


class ChartSpec(Shape):
    """A chart; a `schematic` of the units directly below comes with its heat table."""

    kind: Literal["trend", "bars", "targets", "schematic"]
    title: Text
    indicators: tuple[Code, ...] = ()


class Section(Shape):
    """A heading and what follows it. `texts` cites the returns' text fields of that heading, unit by unit.

    A title may name words of the context: "Nhiệm vụ {next_period}".
    """

    title: Text
    level: int = Field(default=1, ge=1, le=3)
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    charts: tuple[ChartSpec, ...] = ()
    texts: tuple[TextHeading, ...] = ()
    texts_at_most: int | None = Field(default=None, ge=1)
    """Of many texts, those that most units wrote; all of them stand in a table of `texts`."""
    texts_lead: Text | None = None
    """Said above the texts where not all of them are cited."""
    sections: tuple[Section, ...] = ()
    annex: bool = False
    work: tuple[Code, ...] = Field(default=(), exclude_if=lambda held: not held)
    """Lines of work (groups) whose registers of a site's own are told of here."""

    def place(self, above: str) -> str:
        """Where the section stands, under the place of the one around it ("" at the top)."""
        return f"{above} › {self.title.vi}" if above else self.title.vi


class Outline(Shape):
    """The order of a report: six-month, yearly, Action Month, thematic, or a unit's own."""

    code: Code
    kind: Literal["six-month", "year", "action-month", "thematic", "own"]
    title: Text
    subject: Text
    """Trích yếu; {period} and {unit} are filled in."""
    symbol: str = "BC-BVSTBPN"
    for_kinds: tuple[Kind, ...] = ()
    opening: tuple[Sentence, ...] = ()
    sections: tuple[Section, ...] = Field(min_length=1)
    closing: tuple[Sentence, ...] = ()
    recipients: tuple[Text, ...] = ()
    cites: tuple[Code, ...] = ()
    confidence: Confidence = Confidence.INFERRED

    def every_section(self) -> Iterator[Section]:
        """The sections in the order they are printed, those inside others too."""

        def walk(sections: tuple[Section, ...]) -> Iterator[Section]:
            for section in sections:
                yield section
                yield from walk(section.sections)

        yield from walk(self.sections)

    def places(self) -> Iterator[tuple[str, Section]]:
        """Each section with its place: the Vietnamese titles from the top down, which stay when others are put in."""

        def walk(sections: tuple[Section, ...], above: str) -> Iterator[tuple[str, Section]]:
            for section in sections:
                at = section.place(above)
                yield at, section
                yield from walk(section.sections, at)

        yield from walk(self.sections, "")

    def by_unit(self) -> set[str]:
        """Indicators that are shown for each unit below: in tables of units, bars and schematics."""
        found: set[str] = set()
        for section in self.every_section():
            for table in section.tables:
                found.update(table.indicators if table.kind in ("units", "norm30") else ())
            for chart in section.charts:
                found.update(chart.indicators if chart.kind in ("bars", "schematic") else ())
        return found

    @property
    def has_schematic(self) -> bool:
        return any(chart.kind == "schematic" for section in self.every_section() for chart in section.charts)

    def every_sentence(self) -> Iterator[Sentence]:
        yield from self.opening
        for section in self.every_section():
            yield from section.sentences
        yield from self.closing

    def every_text(self) -> Iterator[Text]:
        """Every text that may have places in it."""
        yield self.subject
        yield from self.recipients
        for section in self.every_section():
            yield section.title
        for sentence in self.every_sentence():
            yield sentence.text
            if sentence.if_missing is not None:
                yield sentence.if_missing


class SigningProfile(Shape):
    """How a paper is headed and signed: UBND, Ban, Sở, Văn phòng (NĐ 30/2020/NĐ-CP)."""

    code: Code
    name: Text
    superior: str = ""
    """Upper line of the issuer block; {province} and {unit} are filled in."""
    issuer: str
    signature: tuple[str, ...]
    """Lines over the signature: "TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"."""
    symbol: str
    nation: Text | None = None
    """Stands in place of the name and motto of the State on the paper of a body that does not carry them."""
    number_sign: Literal["/", "-"] = "/"
    """What stands between the number and the symbol: "Số: 12/BC-UBND", "Số 12-BC/BTCTU"."""
    for_kinds: tuple[Kind, ...] = ()
    cites: tuple[Code, ...] = ()
    confidence: Confidence = Confidence.INFERRED


Section.model_rebuild()
