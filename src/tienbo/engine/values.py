"""Values: what was computed, each with its parts, its coverage and its status; live or frozen, read the same way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from tienbo.core.messages import N_


class Status(StrEnum):
    """Why a cell reads as it does. "Not reported", zero and "không áp dụng" are three things."""

    VALUE = "value"
    NOT_REPORTED = "not_reported"
    NOT_APPLICABLE = "not_applicable"
    NONE_OCCURRED = "none_occurred"
    """The denominator is a reported zero: neither 0 % nor 100 %."""
    NOT_YET_DUE = "not_yet_due"
    """"Chưa đến kỳ thu thập": asked later in the year, or by a survey to come."""
    NOT_COMPARABLE = "not_comparable"
    """The units changed inside the time asked for, or what is counted cannot be divided as the units were: `acts`
    names the acts that divided them."""
    INTERVAL = "interval"
    """Asked on another map, between `low` and `high` and no nearer. It is no VALUE, so that whoever reads a value
    finds none and says why, as with every other status."""
    WITHHELD = "withheld"
    """There may be a value; this reader is not the one who may see it."""


STATUS_WORDS: Mapping[Status, str] = {
    Status.VALUE: N_("value"),
    Status.NOT_REPORTED: N_("not reported"),
    Status.NOT_APPLICABLE: N_("not applicable"),
    Status.NONE_OCCURRED: N_("none occurred"),
    Status.NOT_YET_DUE: N_("not yet due for collection"),
    Status.NOT_COMPARABLE: N_("not yet comparable"),
    Status.INTERVAL: N_("between two bounds"),
    Status.WITHHELD: N_("restricted"),
}


class Value(NamedTuple):
    """One cell: an indicator of a unit in a period, for one member of a breakdown ("" is all)."""

    indicator: str
    unit: str
    """The unit's key."""
    period: str
    members: str = ""
    status: Status = Status.NOT_REPORTED
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    """Unrounded, in the indicator's unit (27.27… for per cent); rounded once, where it is printed."""
    qualifier: Literal["exact", "at_least", "estimate"] = "exact"
    units_reported: int = 0
    units_due: int = 0
    units_estimated: int = 0
    map_day: str = ""
    """ISO day of the map the unit stands on; "" is the map of the period itself. What follows is said only of
    another map."""
    low: Decimal | None = None
    high: Decimal | None = None
    """The value lies between these two, both included; both are the value where nothing is uncertain. Of units
    counted by a property: where ALL and where ANY of a unit's predecessors had it."""
    estimated_share: Decimal | None = None
    """How much of the quantity came here through shares other than 0 and 1 (0 to 1); of a ratio, of the part of which
    more did."""
    population_share: Decimal | None = None
    """Of units counted by a property: the share (0 to 1) of the people of the units that told who live in units with
    the property. None where it cannot be said."""
    acts: tuple[str, ...] = ()
    """Keys of the acts passed on the way, in order of their days; with NOT_COMPARABLE those that divided what cannot
    be divided, with NOT_APPLICABLE the one that ended the unit."""

    @property
    def is_complete(self) -> bool:
        return self.units_reported >= self.units_due


@dataclass(frozen=True)
class FrozenValues:
    """Values with the fingerprints of what they were computed from. `meta` says unit, period, basis, edition,
    facts, map and code version. Two freezes of the same facts are equal byte for byte."""

    values: Mapping[tuple[str, str, str, str], Value]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[Value], meta: Mapping[str, Any] | None = None) -> FrozenValues:
        return cls({value[:4]: value for value in values}, meta or {})

    def get(self, indicator: str, unit: str, period: str, members: str = "") -> Value:
        """The value, or one that says it was not reported."""
        found = self.values.get((indicator, unit, period, members))
        return found if found is not None else Value(indicator, unit, period, members)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values.values())

    def __len__(self) -> int:
        return len(self.values)

    def as_json(self) -> str:
        rows = [
            [
                *value[:4],
                value.status.value,
                *(None if part is None else _text(part) for part in value[5:8]),
                *value[8:12],
                *_recast_text(value),
            ]
            for _, value in sorted(self.values.items())
        ]
        made = {"meta": dict(self.meta), "values": rows}
        return json.dumps(made, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> FrozenValues:
        made = json.loads(text)
        return cls.of(map(_value, made["values"]), made["meta"])

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.as_json().encode()).hexdigest()


def _value(row: list[Any]) -> Value:
    value = Value(*row[:4], Status(row[4]), *map(_decimal, row[5:8]), *row[8:_PLAIN])  # type: ignore[call-arg]
    if len(row) == _PLAIN:
        return value
    day, low, high, estimated, people, acts = row[_PLAIN:]
    return value._replace(
        map_day=day,
        low=_decimal(low),
        high=_decimal(high),
        estimated_share=_decimal(estimated),
        population_share=_decimal(people),
        acts=tuple(acts),
    )


_PLAIN = 12
"""Columns of a value on the map of its own period. What was frozen before others could be asked reads the same, and
is written the same."""


def _recast_text(value: Value) -> Iterator[Any]:
    if value.map_day:
        yield value.map_day
        parts = (value.low, value.high, value.estimated_share, value.population_share)
        yield from (None if part is None else _text(part) for part in parts)
        yield list(value.acts)


def _text(part: Decimal) -> str:
    """One spelling for one number, whatever scale a query gave it: "12", "27.5"."""
    text = f"{part:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(part: str | None) -> Decimal | None:
    return None if part is None else Decimal(part)
