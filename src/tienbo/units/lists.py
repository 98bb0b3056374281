"""Lists of units written by hand, and corrections of lists: YAML files of strict shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from tienbo.catalogue.definitions import Confidence, Kind, Shape, Text
from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.units.declared import Declared, During
from tienbo.units.models import GSO

worded({"units.load.unreadable": N_("{place}: the list cannot be read: {reason}")})


class Row(Shape):
    """A unit of a list. `to` is the first day no more. `parent` is the code of a unit of the same list."""

    code: str
    scheme: str = GSO
    kind: Kind
    name: str
    begins: date
    begin_is_known: bool = False
    to: date | None = None
    parent: str | None = None

    @property
    def span(self) -> Span:
        return Span(self.begins, self.to)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Row:
        if self.to is not None and self.to <= self.begins:
            raise ValueError("the end must be after the start")
        return self


class UnitList(Shape):
    """What a list covers, where it comes from, and its units from the top down."""

    title: Text
    source: str
    confidence: Confidence
    units: tuple[Row, ...] = Field(min_length=1)


class Correction(Shape):
    """A name that the package has wrong on one of its maps: `found` there, `correct` by `reason`."""

    map: Literal["before", "after"]
    code: str = Field(pattern=r"^(\d{2}|\d{3}|\d{5})$")
    found: str
    correct: str
    reason: Text
    source: str


class Corrections(Shape):
    corrections: tuple[Correction, ...]


S = TypeVar("S", bound=Shape)


def corrections(path: Path) -> tuple[Correction, ...]:
    return _read(path, Corrections).corrections


def unit_list(path: Path) -> list[Declared]:
    """The units a file declares. A parent is looked for among its units on the child's first day."""
    rows = _read(path, UnitList).units
    faults: list[Fault] = []
    made = []
    for row in rows:
        parents: tuple[During, ...] = ()
        if row.parent is not None:
            parent = _holder(rows, row.parent, row.begins)
            if parent is None:
                fields = {"name": row.name, "parent": row.parent, "day": row.begins}
                faults.append(Fault("units.load.no_parent", path.name, fields))
            else:
                parents = (During(_ref(parent), row.span),)
        made.append(
            Declared(
                ref=_ref(row),
                kind=row.kind,
                span=row.span,
                names=(During(row.name, row.span),),
                codes=(During((row.scheme, row.code), row.span),),
                parents=parents,
                begin_is_known=row.begin_is_known,
                place=path.name,
            )
        )
    if faults:
        raise Refused(*faults)
    return made


def _holder(rows: Sequence[Row], code: str, day: date) -> Row | None:
    return next((row for row in rows if row.code == code and row.span.contains(day)), None)


def _ref(row: Row) -> str:
    return f"{row.scheme}:{row.code}@{row.begins}"


def _read(path: Path, shape: type[S]) -> S:
    try:
        return shape.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as broken:
        raise Refused(Fault("units.load.unreadable", path.name, {"reason": DiskReason.of(broken)})) from broken
    except yaml.YAMLError as broken:
        raise Refused(Fault("units.load.unreadable", path.name, {"reason": broken})) from broken
    except ValidationError as broken:
        wrong = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in broken.errors()]
        raise Refused(*(Fault("units.load.unreadable", path.name, {"reason": one}) for one in wrong)) from broken
