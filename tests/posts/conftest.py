"""A nation of the 63 provinces that the tables of elections name, known since the first day of 2025 as the maps are."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from tienbo.ground.keys import new_key
from tienbo.units.models import ADMINISTRATIVE, GSO, NATION, Placement, Unit, UnitCode, UnitName
from tienbo.units.names import split_name
from tienbo.units.versions import units_touch

KNOWN_SINCE = date(2025, 1, 1)


@pytest.fixture
def data(reference: Path) -> Path:
    return reference / "data"


@pytest.fixture
def nation(db: None, data: Path) -> Unit:
    """Written row by row, without the services: 63 of them would cost more than the test."""
    known = {"valid_from": KNOWN_SINCE}
    made = Unit.objects.create(key=new_key("unit"), kind=NATION, begin_is_known=False, **known)
    UnitName.objects.create(unit=made, text="Việt Nam", search="viet nam", **known)
    with (data / "na14_2016_by_constituency.csv").open(encoding="utf-8") as file:
        provinces = {row["province_code_old"]: row["province"] for row in csv.DictReader(file)}
    units = [Unit(key=new_key("unit"), kind="province", begin_is_known=False, **known) for _code in provinces]
    Unit.objects.bulk_create(units)
    rows = list(zip(units, provinces.items(), strict=True))
    UnitCode.objects.bulk_create(UnitCode(unit=unit, scheme=GSO, code=code, **known) for unit, (code, _) in rows)
    words = {name: split_name(name.replace("TP ", "Thành phố ")) for name in provinces.values()}
    UnitName.objects.bulk_create(
        UnitName(unit=unit, text=words[name].text, word=words[name].word, search=words[name].search, **known)
        for unit, (_, name) in rows
    )
    Placement.objects.bulk_create(Placement(unit=unit, parent=made, line=ADMINISTRATIVE, **known) for unit, _ in rows)
    units_touch()
    return made
