"""access_unit is the only door from what a person names to a unit."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest

import tienbo
from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.units.access import access_matches, access_unit
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give, unit_create, unit_end, unit_place

ROOMS = Path(tienbo.__file__).parent
DOORS = sorted(path for room in ("project", "web", "api") for path in (ROOMS / room).rglob("*.py"))

FETCHING = {"unit_find", "unit_search", "unit_on"}
"""Readers that turn a text, a name or a code into a unit."""
MODELS = {"Unit", "UnitName", "UnitCode"}

BESIDE_THE_DOOR = {
    ("web/access.py", "Unit"): "the key of an address, to know the day it is asked on, before it goes through the door",
    ("web/accounts.py", "Unit"): "the unit of a seat on the page, read among those the reader may receive returns of",
    ("web/office.py", "Unit"): "the site's own home, by the key kept in its settings",
    ("web/standing.py", "UnitName"): "what to call units whose returns the seat reads, by their keys",
    ("project/desk.py", "Unit"): "the site's own home, by the key kept in its settings",
    ("project/commands/site.py", "Unit"): "how many units there are",
    ("project/commands/receive.py", "UnitName"): "what to call the units whose files came in, by their keys",
    ("project/invented_units.py", "Unit"): "a demonstration's own units, written out",
    ("project/province.py", "Unit"): "a demonstration's own units, by the keys it has just made",
    ("project/invented_records.py", "Unit"): "a demonstration's own units, for the registers they keep",
    ("project/commands/tasks.py", "Unit"): "those that units which ended went into, by what the acts say",
    ("project/commands/published.py", "Unit"): "the nation, whose elections a table tells of where no unit is said",
    ("web/metrics.py", "Unit"): "counts of the whole site, for whoever watches the machine; none is named",
    ("api/tasking.py", "Unit"): "who is to do a task, by their keys: task_make asks whether the issuer may have them",
    ("project/quynh_luu.py", "unit_on"): "the published figures of a demonstration name their unit by code and day",
}
"""Uses in the doors that name no unit for a person, with the reason."""


def fetches(path: Path) -> set[str]:
    """What a module of a door calls, or reads tables by, to get at units."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FETCHING:
            found.add(node.func.id)
        if isinstance(node, ast.Attribute) and node.attr == "objects" and isinstance(node.value, ast.Name):
            found |= {node.value.id} & MODELS
    return found


def test_no_module_of_a_door_fetches_a_unit_past_the_door() -> None:
    assert DOORS
    seen = {(path.relative_to(ROOMS).as_posix(), name) for path in DOORS for name in fetches(path)}
    assert seen <= BESIDE_THE_DOOR.keys(), seen - BESIDE_THE_DOOR.keys()


def test_a_fetch_past_the_door_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "door.py"
    module.write_text("def run(text):\n    return unit_find(text) or Unit.objects.get(key=text)\n")
    assert fetches(module) == {"unit_find", "Unit"}


# --------------------------------------------------------------------------------------- units of another time

BEGINS, CHANGE = date(2025, 1, 1), date(2025, 7, 1)


@pytest.fixture
def units(db: None) -> dict[str, Unit]:
    nation = unit_create(kind="nation", name="Việt Nam", begins=BEGINS)
    one, two = (
        unit_create(kind="province", name=name, begins=BEGINS, parent=nation)
        for name in ("Tỉnh Sông Mây", "Tỉnh Núi Xanh")
    )
    town = unit_create(kind="commune", name="Thị trấn An Lạc", begins=BEGINS, parent=one)
    unit_end(unit=town, on=CHANGE)
    here = unit_create(kind="commune", name="Xã An Lạc", begins=CHANGE, parent=one)
    there = unit_create(kind="commune", name="Xã An Lạc", begins=CHANGE, parent=two)
    return {"one": one, "two": two, "town": town, "here": here, "there": there}


@pytest.mark.database
@pytest.mark.django_db
def test_a_unit_of_another_time_is_reached_by_the_rights_of_its_last_day(units: dict[str, Unit]) -> None:
    office = User.objects.create_user("binh", "Bình")
    grant_give(user=office, unit=units["one"], role=Role.OFFICE, begins=BEGINS)
    today = date(2026, 3, 1)
    for spec in (units["town"].key, "Thị trấn An Lạc"):
        assert access_unit(office, spec, need="view", on=None, acting_on=today) == units["town"]
    with pytest.raises(Refused):
        access_unit(office, units["there"].key, need="view", on=None, acting_on=today)
    unit_place(unit=units["here"], parent=units["two"], on=date(2026, 2, 1))
    with pytest.raises(Refused):
        access_unit(office, units["here"].key, need="view", on=None, acting_on=today)


@pytest.mark.database
@pytest.mark.django_db
def test_a_search_shows_only_what_the_person_may_see(units: dict[str, Unit]) -> None:
    office = User.objects.create_user("binh", "Bình")
    grant_give(user=office, unit=units["one"], role=Role.OFFICE, begins=BEGINS)
    today = date(2026, 3, 1)
    found = access_matches(office, "An Lạc", need="view", on=None, acting_on=today)
    assert {match.unit for match in found} == {units["town"], units["here"]}
    everything = access_matches(operator("root"), "An Lạc", need="view", on=None, acting_on=today)
    assert {match.unit for match in everything} == {units["town"], units["here"], units["there"]}
