"""A kind of record, whole."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from tienbo.catalogue.definitions.basics import Code, Confidence, Kind, Sensitivity, Shape, Text
from tienbo.catalogue.definitions.guides import (
    REACHED,
    VISITED,
    Crossed,
    Gathered,
    Guide,
    Inspecting,
    Reaching,
    Seating,
)
from tienbo.catalogue.definitions.records import (
    EvidenceAsked,
    Feed,
    HeldWith,
    RecordMove,
    RecordState,
    RegisterClock,
    RegisterField,
    RegisterPaper,
    RegisterTally,
    RowTasks,
    is_sentence,
)


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
            {"code": f"kept_{at}", "label": one, "kept_by_unit": True} if is_sentence(one) else one
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
