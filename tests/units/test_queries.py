"""Finding: what people type leads to one unit, or to a question."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.units.models import Unit
from tienbo.units.names import split_name
from tienbo.units.queries import unit_find, unit_search
from tienbo.units.services import unit_create, unit_end

pytestmark = [pytest.mark.database, pytest.mark.django_db]

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(autouse=True)
def world() -> dict[str, Unit]:
    begins = date(2025, 1, 1)
    nation = unit_create(kind="nation", name="Việt Nam", begins=begins)

    def province(name: str, code: str) -> Unit:
        return unit_create(kind="province", name=name, begins=begins, parent=nation, codes={"gso": code})

    one, two = province("Tỉnh Sông Mây", "98"), province("Tỉnh Hòa Sơn", "97")
    district = unit_create(kind="district", name="Huyện An Lạc", begins=begins, parent=one, codes={"gso": "981"})
    town = unit_create(kind="commune", name="Thị trấn An Lạc", begins=begins, parent=district, codes={"gso": "98101"})
    unit_end(unit=town, on=NEW)
    unit_end(unit=district, on=NEW)
    here = unit_create(kind="commune", name="Xã An Lạc", begins=NEW, parent=one, codes={"gso": "98101"})
    there = unit_create(kind="commune", name="Xã An Lạc", begins=NEW, parent=two, codes={"gso": "97101"})
    hue = unit_create(kind="commune", name="Xã Hoa Sơn", begins=NEW, parent=two, codes={"gso": "97102"})
    return {"one": one, "two": two, "district": district, "town": town, "here": here, "there": there, "hoa": hue}


@pytest.mark.parametrize(
    ("text", "on", "who"),
    [
        ("An Lạc, Sông Mây", NEW, "here"),
        ("Xã An Lạc, Tỉnh Hòa Sơn", NEW, "there"),
        ("xa an lac, hoa son", NEW, "there"),
        ("AN LẠC , Hoà Sơn", NEW, "there"),
        ("Huyện An Lạc", OLD, "district"),
        ("thị trấn An Lạc, Sông Mây", None, "town"),
        ("tt. an lac", OLD, "town"),
        ("Tỉnh Hoà Sơn", NEW, "two"),
        ("Hòa Sơn", NEW, "two"),
        ("Hoa Sơn", NEW, "hoa"),
        ("gso:98101@2025-06-30", None, "town"),
        ("gso:98101@2025-07-01", None, "here"),
        ("gso:98101", NEW, "here"),
        ("gso:98101@1/7/2025", None, "here"),
    ],
)
def test_one_unit_is_found(world: dict[str, Unit], text: str, on: date | None, who: str) -> None:
    assert unit_find(text, on) == world[who]


def test_a_key_finds_its_unit_on_any_day(world: dict[str, Unit]) -> None:
    assert unit_find(world["town"].key, NEW) == world["town"]


@pytest.mark.parametrize(
    ("text", "on", "code"),
    [
        ("An Lạc", NEW, "units.ambiguous"),
        ("An Lạc", OLD, "units.ambiguous"),
        ("An Lạc, Sông Mây", None, "units.ambiguous"),
        ("hoa son", NEW, "units.ambiguous"),
        ("An Lạc, Nơi Khác", NEW, "units.not_found_on"),
        ("Huyện An Lạc", NEW, "units.not_found_then"),
        ("Phường An Lạc", None, "units.not_found"),
        ("An", NEW, "units.not_found_on"),
        ("", None, "units.not_found"),
        (",", None, "units.not_found"),
        ("gso:98101", None, "units.code_needs_a_day"),
        ("gso:98101@7/2025", None, "units.unreadable_day"),
        ("gso:98101@2020-01-01", None, "units.code_of_nobody"),
        ("98101", None, "units.code_alone"),
        ("98101", NEW, "units.code_alone"),
        ("98101@2025-07-01", None, "units.code_alone"),
        ("gso:00000@2025-07-01", None, "units.not_found"),
        ("unit_" + "0" * 26, None, "units.not_found"),
    ],
)
def test_no_unit_or_several_is_a_fault_and_not_a_guess(text: str, on: date | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        unit_find(text, on)
    assert refused.value.faults[0].code == code


def test_an_ambiguous_name_lists_its_candidates_with_codes_and_days() -> None:
    with pytest.raises(Refused) as refused:
        unit_find("An Lạc, Sông Mây")
    with speaking("en"):
        sentence = refused.value.faults[0].sentence()
    assert "Thị trấn An Lạc, Huyện An Lạc, Tỉnh Sông Mây (gso:98101, from 01/01/2025 to 30/6/2025)" in sentence
    assert "Xã An Lạc, Tỉnh Sông Mây (gso:98101, from 01/7/2025)" in sentence


def test_a_code_alone_is_told_who_held_it_when_and_how_to_write_it() -> None:
    with pytest.raises(Refused) as refused:
        unit_find("98101")
    with speaking("en"):
        sentence = refused.value.faults[0].sentence()
    assert "write whose code it is and a day, as in gso:98101@2025-07-01" in sentence
    assert "Thị trấn An Lạc, Huyện An Lạc, Tỉnh Sông Mây (gso:98101, from 01/01/2025 to 30/6/2025)" in sentence
    assert "Xã An Lạc, Tỉnh Sông Mây (gso:98101, from 01/7/2025)" in sentence


def test_a_day_on_which_nobody_is_called_so_is_told_the_days_on_which_somebody_was() -> None:
    with pytest.raises(Refused) as refused:
        unit_find("Huyện An Lạc", NEW)
    with speaking("en"):
        assert (
            "Huyện An Lạc, Tỉnh Sông Mây (gso:981, from 01/01/2025 to 30/6/2025)" in refused.value.faults[0].sentence()
        )


def test_searching_lists_parts_of_names_when_no_name_is_whole() -> None:
    with speaking("en"):
        assert {match.name for match in unit_search("lac")} == {"Huyện An Lạc", "Thị trấn An Lạc", "Xã An Lạc"}


@pytest.mark.parametrize(
    ("text", "word", "bare", "search"),
    [
        ("Xã Quỳnh Lưu", "Xã", "Quỳnh Lưu", "quynh luu"),
        ("Thị trấn Cầu Giát", "Thị trấn", "Cầu Giát", "cau giat"),
        ("Phường 5", "Phường", "5", "5"),
        ("Đặc khu Lý Sơn", "Đặc khu", "Lý Sơn", "ly son"),
        ("Thành phố Huế", "Thành phố", "Huế", "hue"),
        ("Xà Phiên", "", "Xà Phiên", "xa phien"),
        ("Sở Y tế", "", "Sở Y tế", "so y te"),
        ("  Xã  Ðông Hà ", "Xã", "Ðông Hà", "dong ha"),
    ],
)
def test_a_name_is_split_into_type_word_and_bare_name(text: str, word: str, bare: str, search: str) -> None:
    name = split_name(text)
    assert (name.word, name.bare, name.search) == (word, bare, search)
