"""What a source declares: units as it shows them, and acts with what became of each unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from tienbo.core.spans import Span
from tienbo.units.reorganisations import ActText, Stated


class During(NamedTuple):
    """A value with the days it holds: a name, a (scheme, code), or the reference of a parent."""

    value: Any
    span: Span


class Measured(NamedTuple):
    """A quantity of a unit on a day: ("area", 1/7/2025, "15.09")."""

    measure: str
    day: date
    value: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A unit as a source shows it. `ref` names it inside the load; `place` is where the source says so; `point` is a
    latitude and longitude that stand for it; `source` says where point and quantities are from."""

    ref: str
    kind: str
    span: Span
    names: tuple[During, ...]
    codes: tuple[During, ...] = ()
    parents: tuple[During, ...] = ()
    begin_is_known: bool = True
    place: str = ""
    point: tuple[float, float] | None = None
    measured: tuple[Measured, ...] = ()
    source: str = ""

    @property
    def label(self) -> str:
        return str(self.names[-1].value)


Which = str | tuple[str, str]
"""A unit: by its reference in the load, or by (scheme, code) as held on the eve (predecessor) or the day (successor)
of the act: a code without scheme and day finds nothing."""


class DeclaredWent(NamedTuple):
    """What became of a unit, as a source says; see reorganisations.Went."""

    predecessor: Which
    successor: Which | None
    extent: str
    words: str = ""
    stated: tuple[Stated, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredAct:
    """An act in force. Loading it again is known by `text.origin`."""

    text: ActText
    effective_on: date
    went: tuple[DeclaredWent, ...]
    place: str = ""
