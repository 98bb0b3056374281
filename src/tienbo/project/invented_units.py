"""The units of the demonstration: an invented province on the structure of a real merged one, as lists to load.

Names and structure are data of the pack (`packs/vn/demonstration`); nothing here is drawn by chance.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, TypeVar

import yaml
from pydantic import Field

from tienbo.catalogue.definitions import Confidence, Kind, Shape
from tienbo.catalogue.loading import PACKS
from tienbo.core.spans import Span
from tienbo.units.declared import Declared, DeclaredAct, DeclaredWent, During, Measured
from tienbo.units.models import GSO, NATION, Extent, Reorganisation
from tienbo.units.names import split_name
from tienbo.units.reorganisations import ActText
from tienbo.units.vietnam import CHANGE

PLACE = "demonstration/units.yaml"
"""What units and their points name as their source."""
FOLDER = PACKS / "vn" / "demonstration"
BEGINNING = date(2024, 1, 1)
"""The first day of the demonstration's units: they are only known since then."""
OFFICES_JOINED = date(2025, 3, 1)
"""The day inside the first era on which some offices ended and others began (offices.yaml)."""
NATION_REF, PROVINCE_REF = "nation", "new"
FIRST_DISTRICT = 974
"""Codes of districts in the order of the list, above every code of the official list; communes add two digits."""

DEGREE = 111.2
"""Kilometres in a degree at the equator. The province lies around 0° N 0° E, in the sea: on the ground of nobody."""
BETWEEN, AROUND = 5.5, 1.8
"""Kilometres between the communes of a district, and from a new commune's point to those of what it was formed of."""

Era = Literal["before", "after"]
Between = tuple[float, float]


class DistrictRow(Shape):
    """A district until 30/6/2025: the communes that stand on its ground now, each with those it was formed of."""

    name: str
    at: tuple[float, float]
    communes: dict[str, tuple[str, ...]] = Field(min_length=1)


class OldProvinceRow(Shape):
    name: str
    code: str
    minority: Between
    districts: tuple[DistrictRow, ...] = Field(min_length=1)


class ProvinceRow(Shape):
    """`place` is the seat: what papers write before the date."""

    name: str
    place: str


class UnitRows(Shape):
    province: ProvinceRow
    before: tuple[OldProvinceRow, ...] = Field(min_length=1)


class OfficeRow(Shape):
    """A department or organisation by its title (see the file)."""

    name: str
    kind: Kind
    staff: int = 0
    women: Between = (0.3, 0.5)
    under: tuple[str, ...] = ()
    era: tuple[Era, ...] = ("before", "after")
    since: date | None = None
    until: date | None = None


class OfficeRows(Shape):
    offices: tuple[OfficeRow, ...] = Field(min_length=1)


S = TypeVar("S", bound=Shape)


def read_rows(name: str, shape: type[S]) -> S:
    """A file of the demonstration; what is wrong with it is raised as pydantic says it."""
    return shape.model_validate(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Reporter:
    """A unit that reports, as the generator needs to know it. `ref` names it in this list and seeds its figures."""

    ref: str
    kind: str
    name: str
    covers: tuple[str, ...] = ()
    """Refs of the communes of before on whose ground it stands: what a commune was formed of, all of an office's
    province."""
    minority: Between = (0.2, 0.4)
    women: Between = (0.3, 0.5)
    staff: int = 0
    under: tuple[str, ...] = ()

    @property
    def merged(self) -> bool:
        """Whether it is a commune that was formed of others."""
        return self.kind == "commune" and self.covers != (self.ref,)

    @property
    def place(self) -> str:
        return split_name(self.name).bare


@dataclass
class Invented:
    """The declared units, and the reporters among them by ref."""

    declared: list[Declared] = field(default_factory=list)
    went: dict[date, list[DeclaredWent]] = field(default_factory=lambda: {OFFICES_JOINED: [], CHANGE: []})
    """Day of an act → what became of each unit by it."""
    reporters: dict[str, Reporter] = field(default_factory=dict)
    roots: dict[Era, list[str]] = field(default_factory=lambda: {"before": [], "after": [PROVINCE_REF]})
    """Refs of the provinces that collect, by era."""
    place: str = ""
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Latitude and longitude of districts and communes by ref, as invented as they are."""
    districts: dict[str, list[str]] = field(default_factory=dict)
    """District by its name → refs of the communes that stand on its ground now."""

    @property
    def acts(self) -> list[DeclaredAct]:
        """The acts of 1/3/2025 on offices and of 1/7/2025 on everything: invented, and so without a number."""
        titles = {
            OFFICES_JOINED: "Sắp xếp cơ quan chuyên môn của dữ liệu minh họa",
            CHANGE: "Sắp xếp đơn vị hành chính của dữ liệu minh họa",
        }
        return [
            DeclaredAct(
                ActText(
                    kind=Reorganisation.Kind.REARRANGE,
                    title=title,
                    source="Dữ liệu minh họa, không phải văn bản có thật",
                    confidence=Confidence.INFERRED,
                    origin=f"demonstration.{day}",
                ),
                day,
                tuple(self.went[day]),
                f"demonstration.{day}",
            )
            for day, title in titles.items()
        ]


def invented_units(districts: int | None = None) -> Invented:
    """The whole province, or what stands on the first `districts` districts of each of the two old provinces."""
    rows, offices = read_rows("units.yaml", UnitRows), read_rows("offices.yaml", OfficeRows).offices
    made = Invented(place=rows.province.place)
    before, after = Span(BEGINNING, CHANGE), Span(CHANGE, None)
    made.declared.append(_nation())
    made.declared.append(_unit(PROVINCE_REF, "province", rows.province.name, after, rows.before[-1].code, NATION_REF))
    number = FIRST_DISTRICT
    everywhere: list[str] = []
    for old in rows.before:
        ref = f"old:{old.code}"
        made.roots["before"].append(ref)
        made.declared.append(_unit(ref, "province", old.name, before, old.code, NATION_REF))
        made.went[CHANGE].append(DeclaredWent(ref, PROVINCE_REF, Extent.WHOLE))
        for at, district in enumerate(old.districts):
            if districts is None or at < districts:
                _district(made, district, ref, old.minority, str(number + at))
        number += len(old.districts)
        ground = _communes_of_before(made)[len(everywhere) :]
        everywhere += ground
        for office in offices:
            if "before" in office.era:
                _office(made, office, ref, Span(office.since or BEGINNING, office.until or CHANGE), ground)
    for office in offices:
        if "after" in office.era:
            _office(made, office, PROVINCE_REF, after, everywhere)
    for day in made.went:
        made.went[day] += _offices_went(made, day)
    made.declared = [replace(one, point=made.points.get(one.ref), source=PLACE) for one in made.declared]
    return made


def peopled(made: Invented, population: Callable[[str], int]) -> list[Declared]:
    """The declared units with how many people live in each, measured on its first day: those of its communes."""
    below: dict[str, list[Declared]] = defaultdict(list)
    for one in made.declared:
        for parent in one.parents:
            below[str(parent.value)].append(one)

    def people(one: Declared, day: date) -> int:
        if one.kind == "commune":
            return population(one.ref)
        there = (
            child
            for child in below[one.ref]
            if any(up.value == one.ref and up.span.contains(day) for up in child.parents)
        )
        return sum(people(child, day) for child in there)

    found = []
    for one in made.declared:
        persons = people(one, one.span.start) if one.kind in ("province", "district", "commune") else 0
        measured = (Measured("population", one.span.start, str(persons)),) if persons else ()
        found.append(replace(one, measured=measured))
    return found


def _offices_went(made: Invented, day: date) -> Iterator[DeclaredWent]:
    """An office that ended on a day went into the one of its kind and name that began then, else of its kind alone;
    where there is none, or several, it ended without a successor. On the first day each province has its own."""
    offices = [one for one in made.declared if one.ref in made.reporters and one.kind != "commune"]
    begun = [one for one in offices if one.span.start == day]
    for old in offices:
        if old.span.end != day:
            continue
        alike = [one for one in begun if one.kind == old.kind and one.parents[0].value in (_above(old), PROVINCE_REF)]
        named = [one for one in alike if one.label == old.label] or alike
        if len(named) == 1:
            yield DeclaredWent(old.ref, named[0].ref, Extent.WHOLE)
        else:
            yield DeclaredWent(old.ref, None, Extent.NONE)


def _above(office: Declared) -> str:
    return str(office.parents[0].value)


def _district(made: Invented, row: DistrictRow, province: str, minority: Between, code: str) -> None:
    before, after = Span(BEGINNING, CHANGE), Span(CHANGE, None)
    made.declared.append(_unit(f"old:{code}", "district", row.name, before, code, province))
    made.went[CHANGE].append(DeclaredWent(f"old:{code}", None, Extent.NONE))
    made.points[f"old:{code}"] = _point(*row.at)
    count = 0
    for at, (name, formed_of) in enumerate(row.communes.items()):
        middle = _turned(row.at, at, BETWEEN * math.sqrt(at))
        goes_on = formed_of == (name,)
        refs, codes = [], []
        for old in formed_of:
            count += 1
            codes.append(f"{code}{count:02d}")
            refs.append(f"old:{codes[-1]}")
            made.reporters[refs[-1]] = Reporter(refs[-1], "commune", old, (refs[-1],), minority)
            made.points[refs[-1]] = _point(*(middle if goes_on else _turned(middle, count, AROUND)))
            if not goes_on:
                made.declared.append(_unit(refs[-1], "commune", old, before, codes[-1], f"old:{code}"))
        if goes_on:
            parents = (During(f"old:{code}", before), During(PROVINCE_REF, after))
            made.declared.append(_declared(refs[0], "commune", name, Span(BEGINNING, None), codes[0], parents))
            made.went[CHANGE].append(DeclaredWent(refs[0], refs[0], Extent.UNCHANGED))
            made.districts.setdefault(row.name, []).append(refs[0])
            continue
        ref = f"new:{codes[0]}"
        made.districts.setdefault(row.name, []).append(ref)
        made.declared.append(_unit(ref, "commune", name, after, codes[0], PROVINCE_REF))
        made.reporters[ref] = Reporter(ref, "commune", name, tuple(refs), minority)
        made.went[CHANGE] += [DeclaredWent(old, ref, Extent.WHOLE) for old in refs]
        made.points[ref] = _point(*middle)


def _turned(middle: tuple[float, float], number: int, away: float) -> tuple[float, float]:
    """A place so far from a middle, each number a golden angle further on: none lies on another."""
    turn = number * math.pi * (3 - math.sqrt(5))
    return middle[0] + away * math.cos(turn), middle[1] + away * math.sin(turn)


def _point(east: float, north: float) -> tuple[float, float]:
    return round(north / DEGREE, 6), round(east / DEGREE, 6)


def _communes_of_before(made: Invented) -> list[str]:
    return [one.ref for one in made.reporters.values() if one.covers == (one.ref,)]


def _office(made: Invented, row: OfficeRow, parent: str, span: Span, ground: Sequence[str]) -> None:
    ref = f"{parent}/{row.name}"
    made.declared.append(_declared(ref, row.kind, row.name, span, "", (During(parent, span),)))
    staff = row.staff if parent == PROVINCE_REF else round(row.staff * 0.6)
    made.reporters[ref] = Reporter(ref, row.kind, row.name, tuple(ground), (0.15, 0.40), row.women, staff, row.under)


def _nation() -> Declared:
    span = Span(BEGINNING, None)
    codes = (During(("iso3166", "VN"), span),)
    return Declared(NATION_REF, NATION, span, (During("Việt Nam", span),), codes, begin_is_known=False)


def _unit(ref: str, kind: str, name: str, span: Span, code: str, parent: str) -> Declared:
    return _declared(ref, kind, name, span, code, (During(parent, span),))


def _declared(ref: str, kind: str, name: str, span: Span, code: str, parents: tuple[During, ...]) -> Declared:
    codes = (During((GSO, code), span),) if code else ()
    known = span.start != BEGINNING
    return Declared(ref, kind, span, (During(name, span),), codes, parents, known, PLACE)


def keys_by_ref(invented: Invented) -> Mapping[str, str]:
    """Ref → key of the units as they were loaded: found by what was declared, for there is no other link."""
    from tienbo.units.models import Unit

    rows = Unit.objects.prefetch_related("names", "placements__parent__names")
    found: dict[tuple[str, date, str, str], str] = {}
    for unit in rows:
        name = next(row.text for row in unit.names.all())
        parents = sorted(unit.placements.all(), key=lambda row: row.valid_from)
        parent = next(row.text for row in parents[0].parent.names.all()) if parents else ""
        found[unit.kind, unit.valid_from, name, parent] = unit.key
    names = {one.ref: one.label for one in invented.declared}
    keys = {}
    for one in invented.declared:
        parent = names[one.parents[0].value] if one.parents else ""
        keys[one.ref] = found[one.kind, one.span.start, one.label, parent]
    return keys
