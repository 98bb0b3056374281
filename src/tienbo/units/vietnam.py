"""The units of Viet Nam from the package `vietnamadminunits` (MIT): the map of 30/6/2025 and the map from 1/7/2025.

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
- Errors of the package are put right by `packs/vn/units/corrections.yaml`, each with its reason.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tienbo.catalogue.loading import PACKS
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.units.declared import Declared, During
from tienbo.units.lists import Correction, corrections
from tienbo.units.models import GSO, NATION
from tienbo.units.names import split_name

worded(
    {
        "units.load.no_package": N_("The package vietnamadminunits is not installed: it holds the list of units."),
        "units.load.correction": N_(
            "{place}: the correction of {code} does not fit: the list says “{held}”, not “{found}”."
        ),
    }
)

KNOWN_SINCE = date(2025, 1, 1)
CHANGE = date(2025, 7, 1)
"""Two levels of local government from this day on (Nghị quyết 202/2025/QH15 and the resolutions on each province)."""

_BEFORE = Span(KNOWN_SINCE, CHANGE)
_AFTER = Span(CHANGE, None)
_THROUGHOUT = Span(KNOWN_SINCE, None)
_ROOT = "VN"


@dataclass(frozen=True)
class _Package:
    """The package's rows: `old` and `new` communes (a row of an island district has no commune), and its conversion:
    keys of new provinces → keys of old ones, and so for communes."""

    old: list[dict[str, Any]]
    new: list[dict[str, Any]]
    conversion: Mapping[str, Any]


def national_map() -> list[Declared]:
    """Every unit of both maps: the nation, 63 and 34 provinces, 696 districts, 10,035 and 3,321 communes."""
    package = _read()
    _correct(package, corrections(PACKS / "vn" / "units" / "corrections.yaml"))
    provinces = _unchanged_provinces(package)
    communes = _unchanged_communes(package)
    return [
        Declared(
            ref=_ROOT,
            kind=NATION,
            span=_THROUGHOUT,
            names=(During("Việt Nam", _THROUGHOUT),),
            codes=(During(("iso3166", "VN"), _THROUGHOUT),),
            begin_is_known=False,
        ),
        *_provinces(package, provinces),
        *_districts(package),
        *_communes(package, provinces, communes),
    ]


def _read() -> _Package:
    # Found, not imported: importing the package pulls in geometry libraries and several seconds.
    spec = find_spec("vietnamadminunits")
    if spec is None or not spec.submodule_search_locations:
        raise Refused(Fault("units.load.no_package"))
    data = Path(spec.submodule_search_locations[0]) / "data"
    with closing(sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro&immutable=1", uri=True)) as database:
        database.row_factory = sqlite3.Row
        places = "province, provinceCode, provinceKey, ward, wardCode, wardKey"
        old = database.execute(f"SELECT {places}, district, districtCode, districtKey FROM admin_units_legacy")  # noqa: S608
        new = database.execute(f"SELECT {places} FROM admin_units")  # noqa: S608
        conversion = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
        return _Package([dict(row) for row in old], [dict(row) for row in new], conversion)


def _correct(package: _Package, wanted: tuple[Correction, ...]) -> None:
    """Put the names right that the corrections name; a correction that fits nothing is a fault."""
    faults = []
    for one in wanted:
        rows = package.old if one.map == "before" else package.new
        columns = {2: ("province", "provinceCode"), 3: ("district", "districtCode"), 5: ("ward", "wardCode")}
        name, code = columns[len(one.code)]
        held = {row[name] for row in rows if row.get(code) == one.code}
        if not held <= {one.found, one.correct} or not held:
            fields = {"code": one.code, "held": ", ".join(map(str, held)), "found": one.found}
            faults.append(Fault("units.load.correction", "corrections.yaml", fields))
        for row in rows:
            if row.get(code) == one.code:
                row[name] = one.correct
    if faults:
        raise Refused(*faults)


def _unchanged_provinces(package: _Package) -> dict[str, str]:
    """Old code → new code of provinces that took in nothing."""
    old = {row["provinceKey"]: row for row in package.old}
    new = {row["provinceKey"]: row for row in package.new}
    return {
        old[before[0]]["provinceCode"]: new[key]["provinceCode"]
        for key, before in package.conversion["DICT_PROVINCE"].items()
        if len(before) == 1 and old[before[0]]["province"] == new[key]["province"]
    }


def _unchanged_communes(package: _Package) -> dict[str, dict[str, Any]]:
    """Old code → row of the new map, for communes that go on (see the module's rule)."""
    old = {f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}": row for row in package.old}
    new = {(row["provinceKey"], row["wardKey"]): row for row in package.new}
    cut: set[str] = set()
    took_a_part: Counter[tuple[str, str]] = Counter()
    for province, divided in package.conversion["DICT_PROVINCE_WARD_DIVIDED"].items():
        cut.update(divided)
        for parts in divided.values():
            took_a_part.update((province, part["newWardKey"]) for part in parts)
    found: dict[str, dict[str, Any]] = {}
    for province, joined in package.conversion["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, before in joined.items():
            row, now = old[before[0]], new[province, ward]
            whole = len(before) == 1 and before[0] not in cut and not took_a_part[province, ward]
            if whole and row["ward"] and split_name(row["ward"]).word == split_name(now["ward"]).word:
                found[row["wardCode"]] = now
    return found


def _provinces(package: _Package, unchanged: Mapping[str, str]) -> list[Declared]:
    old = {row["provinceCode"]: row["province"] for row in package.old}
    new = {row["provinceCode"]: row["province"] for row in package.new}
    made = []
    for code, name in old.items():
        stays = code in unchanged
        span = _THROUGHOUT if stays else _BEFORE
        codes = _joined((GSO, code), (GSO, unchanged[code])) if stays else (During((GSO, code), span),)
        made.append(_declared(f"old:{code}", "province", span, (During(name, span),), codes, (During(_ROOT, span),)))
    made += [
        _declared(
            f"new:{code}",
            "province",
            _AFTER,
            (During(name, _AFTER),),
            (During((GSO, code), _AFTER),),
            (During(_ROOT, _AFTER),),
        )
        for code, name in new.items()
        if code not in unchanged.values()
    ]
    return made


def _districts(package: _Package) -> list[Declared]:
    rows = {row["districtCode"]: row for row in package.old}
    return [
        _declared(
            f"old:{code}",
            "district",
            _BEFORE,
            (During(row["district"], _BEFORE),),
            (During((GSO, code), _BEFORE),),
            (During(f"old:{row['provinceCode']}", _BEFORE),),
        )
        for code, row in rows.items()
    ]


def _communes(
    package: _Package, provinces: Mapping[str, str], unchanged: Mapping[str, Mapping[str, Any]]
) -> list[Declared]:
    stayed = {new: old for old, new in provinces.items()}

    def province(code: str) -> str:
        return f"old:{stayed[code]}" if code in stayed else f"new:{code}"

    made = []
    for row in package.old:
        code = row["wardCode"]
        if code is None:
            continue
        district = During(f"old:{row['districtCode']}", _BEFORE)
        now = unchanged.get(code)
        if now is None:
            made.append(_commune(f"old:{code}", _BEFORE, row["ward"], code, district))
        else:
            names, codes = _joined(row["ward"], now["ward"]), _joined((GSO, code), (GSO, now["wardCode"]))
            parents = (district, During(province(now["provinceCode"]), _AFTER))
            made.append(_declared(f"old:{code}", "commune", _THROUGHOUT, names, codes, parents))
    went_on = {now["wardCode"] for now in unchanged.values()}
    for row in package.new:
        code = row["wardCode"]
        if code not in went_on:
            parent = During(province(row["provinceCode"]), _AFTER)
            made.append(_commune(f"new:{code}", _AFTER, row["ward"], code, parent))
    return made


def _commune(ref: str, span: Span, name: str, code: str, parent: During) -> Declared:
    return _declared(ref, "commune", span, (During(name, span),), (During((GSO, code), span),), (parent,))


def _joined(before: Any, after: Any) -> tuple[During, ...]:
    """One row where nothing changed on 1/7/2025, two where something did."""
    return (During(before, _THROUGHOUT),) if before == after else (During(before, _BEFORE), During(after, _AFTER))


def _declared(
    ref: str,
    kind: str,
    span: Span,
    names: tuple[During, ...],
    codes: tuple[During, ...],
    parents: tuple[During, ...],
) -> Declared:
    return Declared(
        ref=ref,
        kind=kind,
        span=span,
        names=names,
        codes=codes,
        parents=parents,
        begin_is_known=span.start == CHANGE,
        place=f"vietnamadminunits:{ref}",
    )
