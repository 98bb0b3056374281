"""The data files of the package `vietnamadminunits` (MIT): both maps of 1/7/2025 and what became of what.

Its errors are put right by files of the pack, each with its reason: names by `corrections.yaml`, successions by
`successions-2025.yaml`. A correction that no longer fits is a fault.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tienbo.catalogue.loading import PACKS
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.units.lists import Correction, SuccessionCorrection, corrections, succession_corrections

worded(
    {
        "units.load.no_package": N_("The package vietnamadminunits is not installed: it holds the list of units."),
        "units.load.correction": N_(
            "{place}: the correction of {code} does not fit: the list says “{held}”, not “{found}”."
        ),
        "units.load.succession": N_(
            "{place}: the correction of {old} to {new} does not fit: the list has it so already, or has no such unit."
        ),
    }
)

PACKAGE = "vietnamadminunits"
_FOLDER = PACKS / "vn" / "units"


class Passage(NamedTuple):
    """A row of before and a row of after that took in all of it (`whole`) or a part."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    whole: bool


@dataclass(frozen=True)
class Package:
    """The package's rows, corrected. A row of `old` without a commune is an island district, known by "D" and its code.

    `provinces`: code from 1/7/2025 → codes of before; `passages`: what became of each row of `old`.
    """

    old: list[dict[str, Any]]
    new: list[dict[str, Any]]
    provinces: Mapping[str, tuple[str, ...]]
    passages: tuple[Passage, ...]
    source: str


def code_of(row: Mapping[str, Any]) -> str:
    """The code of a commune, or "D" and that of the island district that has none."""
    return str(row["wardCode"] or f"D{row['districtCode']}")


def package() -> Package:
    """The package as corrected; Refused when it is not installed or a correction does not fit."""
    old, new, conversion = _read()
    _correct(old, new, corrections(_FOLDER / "corrections.yaml"))
    old_provinces = {row["provinceKey"]: row["provinceCode"] for row in old}
    new_provinces = {row["provinceKey"]: row["provinceCode"] for row in new}
    provinces = {
        new_provinces[key]: tuple(old_provinces[one] for one in before)
        for key, before in conversion["DICT_PROVINCE"].items()
    }
    wanted = succession_corrections(_FOLDER / "successions-2025.yaml")
    passages = _passages(old, new, _pairs(old, new, conversion), wanted)
    return Package(old, new, provinces, passages, f"{PACKAGE} {version(PACKAGE)}")


def _read() -> tuple[list[dict[str, Any]], list[dict[str, Any]], Mapping[str, Any]]:
    # Found, not imported: importing the package pulls in geometry libraries and several seconds.
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Refused(Fault("units.load.no_package"))
    data = Path(spec.submodule_search_locations[0]) / "data"
    with closing(sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro&immutable=1", uri=True)) as database:
        database.row_factory = sqlite3.Row
        both = (
            "province, provinceCode, provinceKey, provinceLat, provinceLon, ward, wardCode, wardKey, wardLat, wardLon"
        )
        districts = "district, districtCode, districtKey, districtLat, districtLon"
        old = database.execute(f"SELECT {both}, {districts} FROM admin_units_legacy")  # noqa: S608
        new = database.execute(f"SELECT {both}, wardAreaKm2 FROM admin_units")  # noqa: S608
        conversion: Mapping[str, Any] = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
        return [dict(row) for row in old], [dict(row) for row in new], conversion


def _correct(old: list[dict[str, Any]], new: list[dict[str, Any]], wanted: tuple[Correction, ...]) -> None:
    """Put the names right that the corrections name; a correction that fits nothing is a fault."""
    faults = []
    columns = {2: ("province", "provinceCode"), 3: ("district", "districtCode"), 5: ("ward", "wardCode")}
    for one in wanted:
        rows = old if one.map == "before" else new
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


def _pairs(old: list[dict[str, Any]], new: list[dict[str, Any]], conversion: Mapping[str, Any]) -> dict[str, list[str]]:
    """Code of before → codes it went to, as the package has it: its keys are names inside the new province."""
    before = {f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}": code_of(row) for row in old}
    after = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in new}
    found: dict[str, list[str]] = {code: [] for code in before.values()}
    for province, joined in conversion["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, keys in joined.items():
            for key in keys:
                found[before[key]].append(after[province, ward])
    for province, divided in conversion["DICT_PROVINCE_WARD_DIVIDED"].items():
        for key, parts in divided.items():
            found[before[key]] += [after[province, part["newWardKey"]] for part in parts]
    return found


def _passages(
    old: list[dict[str, Any]],
    new: list[dict[str, Any]],
    pairs: dict[str, list[str]],
    wanted: tuple[SuccessionCorrection, ...],
) -> tuple[Passage, ...]:
    after = {row["wardCode"]: row for row in new}
    faults = []
    for one in wanted:
        if one.old not in pairs or one.new not in after or (one.new in pairs[one.old]) == one.goes:
            faults.append(Fault("units.load.succession", "successions-2025.yaml", {"old": one.old, "new": one.new}))
        elif one.goes:
            pairs[one.old].append(one.new)
        else:
            pairs[one.old].remove(one.new)
    if faults:
        raise Refused(*faults)
    return tuple(
        Passage(row, after[code], len(pairs[code_of(row)]) == 1) for row in old for code in pairs[code_of(row)]
    )
