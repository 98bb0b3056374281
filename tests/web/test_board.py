"""The board: few questions however many units, filters that meet, estimates still owed, a file of what is shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.web.world import BEFORE, BEGAN, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.catalogue.returns import Content, Figure
from tienbo.collection.models import Campaign, Extension
from tienbo.collection.services import Incoming, returns_take
from tienbo.units.former import former_provinces
from tienbo.units.models import Extent, Reorganisation, ReorganisationStage, Succession, Unit
from tienbo.units.services import unit_create
from tienbo.units.versions import units_touch

AT = f"/{PERIOD}/intake/"


def listed(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{AT}board.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def names(client: Client, query: str = "") -> set[str]:
    return {row["Đơn vị"] for row in listed(client, query)}


def campaign(world: World) -> Campaign:
    return Campaign.objects.get(root=world.province, period_code=PERIOD.code)


def asked_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as held:
        assert client.get(AT).status_code == 200
    return len(held)


@pytest.mark.django_db
def test_a_hundred_and_forty_units_cost_as_many_questions_as_four(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    office.get(AT)
    few = asked_of(office)
    more = [unit_create(kind="commune", name=f"Xã Số {n}", begins=BEGAN, parent=world.province) for n in range(136)]
    for unit in more[:20]:
        say(world, world.province, unit, PERIOD, start=9, accept=False)
    units_touch()
    office.get(AT)  # names and trees of the new units are read once and kept
    many = asked_of(office)
    assert many <= few, (few, many)
    assert many < 40
    assert len(listed(office)) == 140


@pytest.mark.django_db
def test_filters_meet_and_the_file_holds_what_is_shown(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    assert names(office, "?kind=commune") == {"Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc"}
    assert names(office, "?kind=commune&q=dong+tam") == {"Xã Đồng Tâm"}
    assert names(office, "?kind=department&state=received") == set()
    given = {"due_on": date(2026, 7, 10), "reason": "bão", "given_by": "x"}
    Extension.objects.create(campaign=campaign(world), unit=world.department, **given)
    assert names(office, "?state=extended") == {"Sở Nội vụ"}
    (row,) = listed(office, "?state=extended")
    assert row["Hạn gửi"] == "10/7/2026"
    page = office.get(f"{AT}?state=extended").content.decode()
    assert "đến hết 10/7/2026" in page
    assert "được gia hạn" in page
    assert "Xã Hòa Lạc" not in page.partition('id="returns"')[2]


@pytest.mark.django_db
def test_estimates_are_counted_and_those_of_the_period_before_are_owed(
    world: World, sit: Callable[[str], Client]
) -> None:
    unit, office = world.communes[0], sit("office")
    assert names(office, "?state=estimates") == set()
    earlier = Campaign.objects.get(root=world.province, period_code=BEFORE.code)
    held = unit.returns.get(campaign=earlier).latest
    assert held is not None
    said = Content.from_json(held.content)
    first = next(iter(said.figures))
    figures = {**said.figures, first: Figure(Decimal(3), "estimate", "X!A1")}
    made = Content(said.form, said.edition, said.unit, BEFORE, figures=figures, as_of=date(2025, 12, 1))
    returns_take(incoming=[Incoming(earlier, unit, made)], actor=operator("x"))
    (row,) = listed(office, "?state=estimates")
    assert (row["Đơn vị"], row["Số ước kỳ trước"]) == ("Xã Đồng Tâm", "1")
    assert "1 của kỳ trước" in office.get(AT).content.decode()


@pytest.mark.django_db
def test_units_are_sifted_by_the_province_they_came_from(world: World, sit: Callable[[str], Client]) -> None:
    old = {name: _old_province(name) for name in ("Tỉnh Cũ Đông", "Tỉnh Cũ Tây")}
    act = Reorganisation.objects.create(key="reorganisation_1", kind="merge", title="Hợp nhất", source="thử")
    ReorganisationStage.objects.create(reorganisation=act, stage="in_force", effective_on=BEGAN)
    for name, (province, commune) in old.items():
        _went(act, province, world.province)
        _went(act, commune, world.communes[0 if name.endswith("Đông") else 1])
    units_touch()
    found = former_provinces([unit.pk for unit in world.communes], world.province.pk)
    assert found == {world.communes[0].pk: ("Tỉnh Cũ Đông",), world.communes[1].pk: ("Tỉnh Cũ Tây",)}
    office = sit("office")
    assert names(office, "?was=Tỉnh+Cũ+Đông") == {"Xã Đồng Tâm"}
    assert "Tỉnh Cũ Tây (1)" in office.get(AT).content.decode()


def _old_province(name: str) -> tuple[Unit, Unit]:
    began = date(2000, 1, 1)
    province = unit_create(kind="province", name=name, begins=began)
    commune = unit_create(kind="commune", name=f"Xã của {name}", begins=began, parent=province)
    for unit in (commune, province):
        for rows in (unit.names, unit.placements):
            rows.update(valid_to=BEGAN)
        Unit.objects.filter(pk=unit.pk).update(valid_to=BEGAN)
    return province, commune


def _went(act: Reorganisation, unit: Unit, to: Unit) -> None:
    Succession.objects.create(reorganisation=act, predecessor=unit, successor=to, extent=Extent.WHOLE)
