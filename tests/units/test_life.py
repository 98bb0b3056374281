"""The life of a unit and what was on its ground, on the chain of Quỳnh Lưu as the nation's list has it."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.units.heirs import heir
from tienbo.units.life import ground_on, life
from tienbo.units.models import Unit
from tienbo.units.queries import unit_find, unit_on

pytestmark = [pytest.mark.usefixtures("viet_nam")]

BEFORE, BETWEEN, AFTER = date(2020, 1, 1), date(2025, 1, 1), date(2025, 7, 1)


def held(code: str, on: date) -> Unit:
    unit = unit_on(scheme="gso", code=code, on=on)
    assert unit is not None
    return unit


def test_cau_giat_ended_and_another_of_its_name_began() -> None:
    old, new = held("17098", BEFORE), held("17179", BETWEEN)
    assert old != new
    (step,) = [one for one in life(old) if one.day == date(2024, 12, 1)]
    assert step.act is not None
    assert step.act.doubt == "inferred, to be confirmed"
    assert [(one.before_name, one.after_name, one.extent) for one in step.went] == [
        ("Thị trấn Cầu Giát", "Thị trấn Cầu Giát", "whole")
    ]
    assert step.went[0].after == new.pk
    assert [one.day for one in life(new)] == [date(2024, 12, 1), date(2025, 7, 1)]
    assert {one.before_name for one in life(new)[0].went} == {"Thị trấn Cầu Giát", "Xã Quỳnh Hồng"}


def test_a_unit_of_today_knows_every_generation_before_it() -> None:
    today = unit_find("Xã Quỳnh Lưu, Nghệ An", AFTER)
    days = {one.day for one in life(today)}
    assert days == {date(2024, 12, 1), date(2025, 7, 1)}
    told = {row.name: row.population.low for row in ground_on(today, BEFORE)}
    assert "Thị trấn Cầu Giát" in told
    assert set(told.values()) == {1}
    later = [row.name for row in ground_on(today, BETWEEN)]
    assert "Thị trấn Cầu Giát" in later
    assert len(later) < len(told)


def test_where_a_commune_of_before_is_now_and_itself_while_it_stands() -> None:
    old = held("17098", BEFORE)
    assert [row.name for row in ground_on(old, AFTER)] == ["Xã Quỳnh Lưu"]
    assert [row.name for row in ground_on(old, BEFORE)] == ["Thị trấn Cầu Giát"]
    assert heir(old.pk) == unit_find("Xã Quỳnh Lưu, Nghệ An", AFTER).pk


def test_a_district_ended_without_a_successor() -> None:
    district = unit_find("Huyện Quỳnh Lưu, Nghệ An", BETWEEN)
    (step,) = [one for one in life(district) if one.went]
    assert [(one.before, one.after) for one in step.went] == [(district.pk, None)]
    assert ground_on(district, AFTER) == []
    assert heir(district.pk) is None


def test_a_province_that_went_into_another() -> None:
    old = unit_find("Tỉnh Bắc Kạn", BETWEEN)
    assert heir(old.pk) == unit_find("Tỉnh Thái Nguyên", AFTER).pk
    (step,) = [one for one in life(old) if one.went]
    assert [one.after_name for one in step.went] == ["Tỉnh Thái Nguyên"]
