"""The schematic on pages: of whom, for whom, and kept by the browser until something it rests on changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.world import CANARY_NAME, World, points_give

from tienbo.web.schematic import labels_of

Sit = Callable[[str], Client]
PICTURE = "/2026-H1/indicator/violence.victims_served/schematic.svg"
TARGETS = "/2026-H1/targets/?group=nsge.3"


@pytest.fixture
def placed(world: World) -> World:
    """The world with a point for every commune of both provinces."""
    points_give(world)
    return world


def target(client: Client) -> str:
    """The address of the picture on the targets page."""
    page = client.get(TARGETS).content.decode()
    return page.split('class="tb-chart" src="', 1)[1].split('"', 1)[0].replace("&amp;", "&")


def test_the_targets_page_shows_the_communes_with_the_words_of_its_table(placed: World, sit: Sit) -> None:
    office = sit("office")
    answer = office.get(target(office))
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    drawn = answer.content.decode()
    assert "Sơ đồ, không phải bản đồ địa giới" in drawn
    assert "<title>Xã Đồng Tâm: 92,3, đạt</title>" in drawn
    assert CANARY_NAME not in drawn
    assert "Sở Nội vụ" not in drawn


def test_colours_may_be_those_of_values(placed: World, sit: Sit) -> None:
    office = sit("office")
    drawn = office.get(target(office).replace("by=verdict", "by=value")).content.decode()
    assert "đơn vị tính: %" in drawn
    assert "từ " in drawn


def test_a_phone_gets_a_drawing_of_its_own(placed: World, sit: Sit) -> None:
    office = sit("office")
    assert 'width="340"' in office.get(target(office) + "&narrow=1").content.decode()


def test_the_browser_keeps_the_picture_until_something_changes(placed: World, sit: Sit) -> None:
    office = sit("office")
    address = target(office)
    tag = office.get(address).headers["ETag"]
    assert office.get(address, headers={"If-None-Match": tag}).status_code == 304
    points_give(placed, "thử lại", start=3)
    assert office.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_without_points_there_is_no_schematic(world: World, sit: Sit) -> None:
    assert "<details" not in sit("office").get(TARGETS).content.decode().split('id="heat"', 1)[1]


def test_a_commune_has_none_and_a_target_of_another_indicator_is_not_found(placed: World, sit: Sit) -> None:
    office = sit("office")
    address = target(office)
    assert sit("preparer").get(address).status_code == 404
    assert office.get(address.split("?", 1)[0] + "?target=LM-1").status_code == 404
    assert office.get(address + f"&unit={placed.other.key}").status_code == 404


def test_units_of_one_bare_name_are_told_apart_by_their_type() -> None:
    names = {"a": "Xã Mỹ Tho", "b": "Phường Mỹ Tho", "c": "Thị trấn Yên", "d": "Phường 7", "e": "Sở Y tế"}
    assert labels_of(names) == {"a": "X. Mỹ Tho", "b": "P. Mỹ Tho", "c": "Yên", "d": "P. 7", "e": "Sở Y tế"}
