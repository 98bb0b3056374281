"""The units of Viet Nam from the package `vietnamadminunits`: the map of 30/6/2025, the map from 1/7/2025, the acts of
that day.

What the package shows, and what is made of it:

- The old map is a picture of 30/6/2025 without dates. Its units are loaded as known since 1/1/2025
  (`begin_is_known` False): lists of January 2025 hold 16 communes more, so a few of them are younger than that.
- A unit of the new map is new, with a new key, also where it carries the name or code of an old one: it was
  established (thành lập) on 1/7/2025. Codes were handed on: 3,316 of 3,321 communes took one of a predecessor.
- The same unit goes on, under one key, where the package's conversion shows that nothing was joined or cut: exactly
  one predecessor, whole, into which nothing else went, and the same type word. These are 11 provinces and 129
  communes: the 127 that the official table notes as "giữ nguyên", some of them spelled otherwise since, and two that
  only took another name (Bà Gia: Đạ Huoai 3; Krông Na: Buôn Đôn). A new spelling or name is a name from 1/7/2025 on.
  One whole predecessor of another type (thị trấn to xã, xã or island district to đặc khu) is a new unit.
- The five island districts without communes (Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, Lý Sơn, Côn Đảo) are districts.
- Type words are read from the names: the package's type columns contradict the names in seven rows.
- What became of a commune is as the package has it, corrected: all of it went to one, or a part to each of several,
  by shares that are not known. The official conversion table knows more (`units.conversion`).
- Districts ended without a successor on 1/7/2025; each of the five island districts became a đặc khu.
- Points are centroids for a schematic. Areas are of the new communes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction

from tienbo.catalogue.loading import PACKS
from tienbo.core.spans import Span
from tienbo.units.declared import Declared, DeclaredAct, DeclaredWent, During, Measured
from tienbo.units.extents import AREA
from tienbo.units.lists import act_list, national_acts, unit_list
from tienbo.units.loading import Loaded, units_load
from tienbo.units.models import GSO, NATION, Extent
from tienbo.units.names import split_name
from tienbo.units.vietnam_package import Package, package

KNOWN_SINCE = date(2025, 1, 1)
CHANGE = date(2025, 7, 1)
"""Two levels of local government from this day on (Nghị quyết 202/2025/QH15 and the resolutions on each province)."""

_BEFORE = Span(KNOWN_SINCE, CHANGE)
_AFTER = Span(CHANGE, None)
_THROUGHOUT = Span(KNOWN_SINCE, None)
_ROOT = "VN"


def national_map() -> list[Declared]:
    """Every unit of both maps: the nation, 63 and 34 provinces, 696 districts, 10,035 and 3,321 communes."""
    return national(package()).units


@dataclass(frozen=True)
class National:
    """Both maps, and the acts of 1/7/2025 between them."""

    units: list[Declared]
    acts: list[DeclaredAct]


HAND_ENTERED = ("ha-tay-2008.yaml", "quynh-luu-2014.yaml", "hue-2025.yaml")
"""Lists of the pack of what was before the two maps, by day."""


@transaction.atomic
def national_load() -> Loaded:
    """Load both maps with the acts between them, and what was entered by hand of earlier days."""
    made = national(package())
    done = [units_load(made.units, made.acts)]
    for name in HAND_ENTERED:
        path = PACKS / "vn" / "units" / name
        done.append(units_load(unit_list(path), act_list(path)))
    return Loaded(*(sum(column) for column in zip(*(astuple(one) for one in done), strict=True)))


def national(data: Package) -> National:
    """Everything the package and the pack know of the change of 1/7/2025."""
    provinces = _unchanged_provinces(data)
    communes = _unchanged_communes(data)
    units = [
        Declared(
            ref=_ROOT,
            kind=NATION,
            span=_THROUGHOUT,
            names=(During("Việt Nam", _THROUGHOUT),),
            codes=(During(("iso3166", "VN"), _THROUGHOUT),),
            begin_is_known=False,
        ),
        *_provinces(data, provinces),
        *_districts(data),
        *_communes(data, provinces, communes),
    ]
    return National(units, _acts(data, provinces, communes))


def _unchanged_provinces(data: Package) -> dict[str, str]:
    """Old code → new code of provinces that took in nothing."""
    old = {row["provinceCode"]: row["province"] for row in data.old}
    new = {row["provinceCode"]: row["province"] for row in data.new}
    return {
        before[0]: code for code, before in data.provinces.items() if len(before) == 1 and old[before[0]] == new[code]
    }


def _unchanged_communes(data: Package) -> dict[str, Mapping[str, Any]]:
    """Old code → row of the new map, for communes that go on (see the module's rule)."""
    took = Counter(one.after["wardCode"] for one in data.passages)
    return {
        one.before["wardCode"]: one.after
        for one in data.passages
        if one.whole
        and took[one.after["wardCode"]] == 1
        and one.before["ward"]
        and split_name(one.before["ward"]).word == split_name(one.after["ward"]).word
    }


def _provinces(data: Package, unchanged: Mapping[str, str]) -> list[Declared]:
    old = {row["provinceCode"]: row for row in data.old}
    new = {row["provinceCode"]: row for row in data.new}
    made = []
    for code, row in old.items():
        stays = code in unchanged
        span = _THROUGHOUT if stays else _BEFORE
        codes = _joined((GSO, code), (GSO, unchanged[code])) if stays else (During((GSO, code), span),)
        names, parents = (During(row["province"], span),), (During(_ROOT, span),)
        point = _point(new[unchanged[code]] if stays else row, "province")
        made.append(_declared(f"old:{code}", "province", span, names, codes, parents, point, source=data.source))
    made += [
        _declared(
            f"new:{code}",
            "province",
            _AFTER,
            (During(row["province"], _AFTER),),
            (During((GSO, code), _AFTER),),
            (During(_ROOT, _AFTER),),
            _point(row, "province"),
            source=data.source,
        )
        for code, row in new.items()
        if code not in unchanged.values()
    ]
    return made


def _districts(data: Package) -> list[Declared]:
    rows = {row["districtCode"]: row for row in data.old}
    return [
        _declared(
            f"old:{code}",
            "district",
            _BEFORE,
            (During(row["district"], _BEFORE),),
            (During((GSO, code), _BEFORE),),
            (During(f"old:{row['provinceCode']}", _BEFORE),),
            _point(row, "district"),
            source=data.source,
        )
        for code, row in rows.items()
    ]


def _communes(
    data: Package, provinces: Mapping[str, str], unchanged: Mapping[str, Mapping[str, Any]]
) -> list[Declared]:
    stayed = {new: old for old, new in provinces.items()}

    def province(code: str) -> str:
        return f"old:{stayed[code]}" if code in stayed else f"new:{code}"

    def commune(ref: str, span: Span, row: Mapping[str, Any], parent: During) -> Declared:
        names, codes = (During(row["ward"], span),), (During((GSO, row["wardCode"]), span),)
        return _declared(ref, "commune", span, names, codes, (parent,), _point(row, "ward"), _area(row), data.source)

    made = []
    for row in data.old:
        code = row["wardCode"]
        if code is None:
            continue
        district = During(f"old:{row['districtCode']}", _BEFORE)
        now = unchanged.get(code)
        if now is None:
            made.append(commune(f"old:{code}", _BEFORE, row, district))
        else:
            names, codes = _joined(row["ward"], now["ward"]), _joined((GSO, code), (GSO, now["wardCode"]))
            parents = (district, During(province(now["provinceCode"]), _AFTER))
            goes_on = _declared(f"old:{code}", "commune", _THROUGHOUT, names, codes, parents, _point(now, "ward"))
            made.append(replace(goes_on, measured=_area(now), source=data.source))
    went_on = {now["wardCode"] for now in unchanged.values()}
    for row in data.new:
        if row["wardCode"] not in went_on:
            parent = During(province(row["provinceCode"]), _AFTER)
            made.append(commune(f"new:{row['wardCode']}", _AFTER, row, parent))
    return made


def _joined(before: Any, after: Any) -> tuple[During, ...]:
    """One row where nothing changed on 1/7/2025, two where something did."""
    return (During(before, _THROUGHOUT),) if before == after else (During(before, _BEFORE), During(after, _AFTER))


def _point(row: Mapping[str, Any], level: str) -> tuple[float, float]:
    return row[f"{level}Lat"], row[f"{level}Lon"]


def _area(row: Mapping[str, Any]) -> tuple[Measured, ...]:
    """The area is of the new communes only, in km²; Đông Trạch and Thượng Trạch have none."""
    area = row.get("wardAreaKm2")
    return () if area is None else (Measured(AREA, CHANGE, repr(area)),)


def _declared(
    ref: str,
    kind: str,
    span: Span,
    names: tuple[During, ...],
    codes: tuple[During, ...],
    parents: tuple[During, ...],
    point: tuple[float, float] | None = None,
    measured: tuple[Measured, ...] = (),
    source: str = "",
) -> Declared:
    known = span.start == CHANGE
    place = f"vietnamadminunits:{ref}"
    return Declared(ref, kind, span, names, codes, parents, known, place, point, measured, source)


# ------------------------------------------------------------------------------------------------- what became of whom


def _acts(data: Package, provinces: Mapping[str, str], communes: Mapping[str, Mapping[str, Any]]) -> list[DeclaredAct]:
    """The resolution on provinces, the end of districts, and a resolution on the communes of each new province."""
    texts = national_acts()
    stayed = {new: old for old, new in provinces.items()}
    merged = tuple(
        DeclaredWent(f"old:{old}", f"old:{old}", Extent.UNCHANGED)
        if code in stayed
        else DeclaredWent(f"old:{old}", f"new:{code}", Extent.WHOLE)
        for code, olds in data.provinces.items()
        for old in olds
    )
    islands = {row["districtCode"] for row in data.old if row["wardCode"] is None}
    districts = sorted({row["districtCode"] for row in data.old} - islands)
    ended = tuple(DeclaredWent(f"old:{code}", None, Extent.NONE) for code in districts)
    went: dict[str, list[DeclaredWent]] = defaultdict(list)
    for one in data.passages:
        code = one.before["wardCode"]
        before = f"old:{code or one.before['districtCode']}"
        if code in communes:
            row = DeclaredWent(before, before, Extent.UNCHANGED)
        else:
            row = DeclaredWent(before, f"new:{one.after['wardCode']}", Extent.WHOLE if one.whole else Extent.PART)
        went[one.after["provinceCode"]].append(row)
    names = {row["provinceCode"]: row["province"] for row in data.new}
    return [
        DeclaredAct(texts.provinces, CHANGE, merged, "vietnamadminunits:provinces"),
        DeclaredAct(texts.districts, CHANGE, ended, "vietnamadminunits:districts"),
        *(
            DeclaredAct(texts.communes(code, name), CHANGE, tuple(went[code]), f"vietnamadminunits:communes:{code}")
            for code, name in names.items()
        ),
    ]
