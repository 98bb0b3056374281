"""Lists of units and acts written by hand, and corrections of lists: YAML files of strict shape."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from tienbo.catalogue.definitions import Confidence, Kind, Shape, Text
from tienbo.catalogue.loading import PACKS
from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.shares import Share
from tienbo.core.spans import Span
from tienbo.core.words import fold
from tienbo.units.declared import Declared, DeclaredAct, DeclaredWent, During
from tienbo.units.models import GSO, Extent, Reorganisation
from tienbo.units.names import split_name
from tienbo.units.reorganisations import ActText, Stated

worded({"units.load.unreadable": N_("{place}: the list cannot be read: {reason}")})


class Earlier(Shape):
    """A name a unit had until `to`, the first day no more."""

    name: str
    to: date


class Row(Shape):
    """A unit of a list. `to` is the first day no more. `parent` is the code of a unit of the same list. `was`: names
    it had before, in order."""

    code: str
    scheme: str = GSO
    kind: Kind
    name: str
    begins: date
    begin_is_known: bool = False
    to: date | None = None
    parent: str | None = None
    was: tuple[Earlier, ...] = ()

    @property
    def names(self) -> tuple[During, ...]:
        starts = (self.begins, *(one.to for one in self.was))
        earlier = [During(one.name, Span(start, one.to)) for one, start in zip(self.was, starts, strict=False)]
        return (*earlier, During(self.name, Span(starts[-1], self.to)))

    @property
    def span(self) -> Span:
        return Span(self.begins, self.to)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Row:
        if self.to is not None and self.to <= self.begins:
            raise ValueError("the end must be after the start")
        days = [self.begins, *(one.to for one in self.was), *([self.to] if self.to is not None else [])]
        if any(later <= earlier for earlier, later in itertools.pairwise(days)):
            raise ValueError("a name outside the life of the unit, or out of order")
        return self


class ShareRow(Shape):
    """A share that is stated: exact, or between two bounds, perhaps with a best estimate."""

    measure: str
    share: Fraction | None = None
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(1)
    method: Literal["official", "census", "estimate", "equal"]
    source: str


class WentRow(Shape):
    """What became of the holder of a code on the eve of the act. No `new`: it has no successor."""

    old: str
    new: str | None = None
    scheme: str = GSO
    extent: Extent
    words: str = ""
    shares: tuple[ShareRow, ...] = ()


class ActRow(Shape):
    """An act in force, as far as it is known; `origin` is its name in the lists."""

    origin: str = Field(min_length=1, max_length=80)
    kind: Reorganisation.Kind
    title: str
    number: str = ""
    issued_by: str = ""
    adopted_on: date | None = None
    effective_on: date
    url: str = ""
    source: str
    confidence: Confidence
    successions: tuple[WentRow, ...] = ()

    @property
    def text(self) -> ActText:
        given = self.model_dump(exclude={"effective_on", "successions"})
        return ActText(**{**given, "kind": str(self.kind), "confidence": str(self.confidence)})


class UnitList(Shape):
    """What a list covers, where it comes from, its units from the top down, and the acts between them."""

    title: Text
    source: str
    confidence: Confidence
    units: tuple[Row, ...] = Field(min_length=1)
    acts: tuple[ActRow, ...] = ()


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


class SuccessionCorrection(Shape):
    """That an old commune goes to a new one, or does not, otherwise than the package has it. `namesake`: the commune
    that it took for the old one."""

    old: str
    new: str
    goes: bool
    namesake: str = ""
    reason: Text


class SuccessionCorrections(Shape):
    source: str
    successions: tuple[SuccessionCorrection, ...]


class TableCorrection(Shape):
    """An error of the official conversion table: a row with this old code (and name), or without one and this new one.
    `code` and `province` are what it should say; `no_unit`: what it is of is no unit."""

    old: str = ""
    new: str = ""
    name: str = ""
    code: str = ""
    province: str = ""
    no_unit: bool = False
    reason: Text

    def fits(self, old: str, name: str, province: str) -> bool:
        """Whether a row has the error; one that is right already is left alone."""
        if self.name and fold(self.name) != fold(name):
            return False
        wrong_code = (self.no_unit or bool(self.code)) and old != self.code
        return wrong_code or bool(self.province and province not in ("", self.province))


class TableCorrections(Shape):
    source: str
    corrections: tuple[TableCorrection, ...]


class Known(Shape):
    """The number of a resolution, and where it was read."""

    number: str
    source: str
    confidence: Confidence


class CommuneActs(Shape):
    """What the resolutions on the communes of each province have in common, and the numbers that are known."""

    issued_by: str
    adopted_on: date
    source: str
    numbers: dict[str, Known]


class NationalActs(Shape):
    """The acts of 1/7/2025 (packs/vn/units/acts-2025.yaml)."""

    on_provinces: ActRow
    on_districts: ActRow
    on_communes: CommuneActs

    @property
    def provinces(self) -> ActText:
        return self.on_provinces.text

    @property
    def districts(self) -> ActText:
        return self.on_districts.text

    def communes(self, code: str, name: str) -> ActText:
        """The resolution on the communes of a province by its code and name; the number is empty where unknown."""
        known = self.on_communes.numbers.get(code)
        parts = split_name(name)
        of = f"{parts.word.lower()} {parts.bare}"
        return ActText(
            kind=Reorganisation.Kind.REARRANGE,
            title=f"Nghị quyết về việc sắp xếp các đơn vị hành chính cấp xã của {of} năm 2025",
            source=known.source if known else self.on_communes.source,
            number=known.number if known else "",
            issued_by=self.on_communes.issued_by,
            adopted_on=self.on_communes.adopted_on,
            confidence=known.confidence if known else Confidence.UNCONFIRMED,
            origin=communes_origin(code),
        )


def communes_origin(province: str) -> str:
    """What the lists call the resolution on the communes of a province, by the province's code from 1/7/2025."""
    return f"vn.2025-07-01.communes.{province}"


S = TypeVar("S", bound=Shape)


def corrections(path: Path) -> tuple[Correction, ...]:
    return _read(path, Corrections).corrections


def succession_corrections(path: Path) -> tuple[SuccessionCorrection, ...]:
    return _read(path, SuccessionCorrections).successions


def table_corrections() -> tuple[TableCorrection, ...]:
    return _read(PACKS / "vn" / "units" / "table-2025.yaml", TableCorrections).corrections


def national_acts() -> NationalActs:
    return _read(PACKS / "vn" / "units" / "acts-2025.yaml", NationalActs)


def act_list(path: Path) -> list[DeclaredAct]:
    """The acts a file declares. Their units are found by code, on the eve and on the day of the act."""
    return [
        DeclaredAct(
            row.text,
            row.effective_on,
            tuple(
                DeclaredWent(
                    (one.scheme, one.old),
                    None if one.new is None else (one.scheme, one.new),
                    one.extent,
                    one.words,
                    tuple(_stated(share) for share in one.shares),
                )
                for one in row.successions
            ),
            f"{path.name}:acts.{at}.successions",
        )
        for at, row in enumerate(_read(path, UnitList).acts)
    ]


def _stated(row: ShareRow) -> Stated:
    share = Share(row.low, row.high, row.share)
    if row.share is not None and "low" not in row.model_fields_set and "high" not in row.model_fields_set:
        share = Share.of(row.share)
    return Stated(row.measure, share, row.method, row.source)


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
                names=row.names,
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
