"""What a SQL text must be able to do, and the numbers it knows parts, folds, sums and takes by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class Part(IntEnum):
    NUMERATOR = 0
    DENOMINATOR = 1


class Fold(IntEnum):
    """How half-years fold into the period asked."""

    SUM = 0
    LAST = 1
    MEAN = 2
    EACH = 3
    """One where the test holds for every figure (each member, each half-year), else zero."""


class Kept(IntEnum):
    """Which of the sums of a cell a row on another map holds."""

    WHOLE = 0
    """What came whole, with how many units told it (by whatever share)."""
    BEST = 1
    LOW = 2
    HIGH = 3
    """What came through other shares: at the best of them, and at their bounds."""
    ALL = 4
    ANY = 5
    """Units of the map day of which all, or any, predecessors have the property."""


class Take(IntEnum):
    """What a term takes from a unit's figure: the figure, one for having one, or one for meeting the test."""

    FIGURE = 0
    ONE = 1
    TEST = 2


@dataclass(frozen=True)
class Plan:
    """What the text must be able to do; texts are cached by it."""

    rolls_up: bool = True
    steps: int = 2
    """Levels above the deepest unit."""
    many_eras: bool = False
    folds: bool = False
    """Whether a year is asked: half-years must be folded first."""
    takes: frozenset[Take] = frozenset({Take.FIGURE})
    minus: bool = False
    names: bool = False
    """Whether the series read are few enough to be named, so that the scan skips what others fill."""
    terms_of_cell: int | None = None
    """How many terms every cell has, where they all have as many."""
    last_part: int | None = None
    """Whether the cells have a denominator (Part), where all have or none has."""
    lone: bool = False
    """Whether no side of a cell has more than one series: a unit's figures are then taken, not added up."""
    first_half: int = 0
    last_half: int = 0
    """The half-years read lie between these (Period.index), both included."""
    gaps: bool = False
    """Whether some half-year between them is not asked."""
    excludes: bool = False
    reaches: bool = False
    """Whether only some units are read."""
    wants: bool = False
    """Whether only some units are answered."""
    onto: Literal["", "sum", "own", "counted", "uncertain"] = ""
    """How it is answered on another map: added up, each unit's own figure, units counted by a
    property, or only what has an uncertain share."""
    divides: bool = False
    """Whether some unit was divided on the way to the other map."""
    splits: bool = False
    """Whether the halves of a year go separate ways to the other map."""

    @property
    def adds_first(self) -> bool:
        """Whether units that go whole are added up before anybody looks what each of them told: where as many figures
        came as there are units and terms, all told all."""
        return self.onto == "sum" and self.terms_of_cell is not None and not (self.folds or self.splits)
