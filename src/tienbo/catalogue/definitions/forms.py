"""Forms: sheets, blocks, lines, checks."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from tienbo.catalogue.definitions.basics import Code, Confidence, Kind, Shape, Text
from tienbo.core.periods import Period


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
