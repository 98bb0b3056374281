"""A list of units is matched with what is held: what is new is written, what contradicts is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from tienbo.catalogue.loading import PACKS
from tienbo.core.faults import Refused
from tienbo.core.spans import Span
from tienbo.units.declared import Declared, During
from tienbo.units.frames import tree_on
from tienbo.units.invariants import units_check
from tienbo.units.lists import unit_list
from tienbo.units.loading import Loaded, units_load
from tienbo.units.models import GSO, Placement, Unit, UnitCode, UnitName
from tienbo.units.queries import unit_find, unit_on
from tienbo.units.vietnam import national_map

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LIST = PACKS / "vn" / "units" / "quynh-luu-2014.yaml"
EVE, CHANGE = date(2025, 6, 30), date(2025, 7, 1)


@cache
def nghe_an() -> tuple[Declared, ...]:
    """The nation and what stood or stands under Nghệ An, from the list of the whole country."""
    rows = {row.ref: row for row in national_map()}

    def under(row: Declared) -> bool:
        return row.ref == "old:40" or any(parent.value in rows and under(rows[parent.value]) for parent in row.parents)

    return (rows["VN"], *(row for row in rows.values() if row.ref != "VN" and under(row)))


def held() -> set[tuple[Any, ...]]:
    """Everything on record but the keys: what a unit was called, coded and placed under, on which days."""
    label = dict(UnitName.objects.order_by("valid_from").values_list("unit_id", "text"))
    dates = ("valid_from", "valid_to")
    rows: set[tuple[Any, ...]] = {("name", *row) for row in UnitName.objects.values_list("text", *dates)}
    for unit, scheme, code, *days in UnitCode.objects.values_list("unit_id", "scheme", "code", *dates):
        rows.add(("code", label[unit], scheme, code, *days))
    for unit, parent, *days in Placement.objects.values_list("unit_id", "parent_id", *dates):
        rows.add(("placement", label[unit], label[parent], *days))
    for unit, kind, known, *days in Unit.objects.values_list("pk", "kind", "begin_is_known", *dates):
        rows.add(("unit", label[unit], kind, known, *days))
    return rows


def test_nghe_an_has_412_communes_then_130() -> None:
    loaded = units_load(nghe_an())
    assert loaded.created == len(nghe_an())
    for day, districts, communes in ((EVE, 20, 412), (CHANGE, 0, 130)):
        tree = tree_on(day)
        assert len(tree.of_kind({"district"})) == districts
        assert len(tree.of_kind({"commune"})) == communes
    assert units_check() == []


def test_the_order_in_which_lists_come_does_not_matter() -> None:
    """The map and the older list of one district, either first: the same units with the same days."""
    found = []
    for lists in ((nghe_an(), unit_list(LIST)), (unit_list(LIST), nghe_an())):
        with transaction.atomic():
            for one in lists:
                units_load(one)
            found.append(held())
            transaction.set_rollback(True)
    assert found[0] == found[1]


def test_an_older_list_reaches_back_and_loading_both_again_changes_nothing() -> None:
    units_load(unit_list(LIST))
    units_load(nghe_an())
    other_way = held()
    assert ("placement", "Xã Sơn Hải", "Huyện Quỳnh Lưu", date(2013, 4, 3), date(2024, 12, 1)) in other_way
    assert ("unit", "Tỉnh Nghệ An", "province", False, date(2013, 4, 3), None) in other_way
    assert units_load(nghe_an()) == Loaded(0, 0, len(nghe_an()))
    assert units_load(unit_list(LIST)) == Loaded(0, 0, 43)
    assert held() == other_way
    assert units_check() == []


def test_a_unit_of_both_lists_keeps_one_key_and_its_longer_life() -> None:
    units_load(nghe_an())
    key = unit_find("Huyện Quỳnh Lưu", EVE).key
    units_load(unit_list(LIST))
    assert unit_find("Huyện Quỳnh Lưu", date(2014, 6, 30)).key == key
    assert unit_on(scheme=GSO, code="421", on=date(2014, 6, 30)) == unit_on(scheme=GSO, code="421", on=EVE)


def test_a_list_that_contradicts_what_is_held_writes_nothing() -> None:
    units_load(nghe_an())
    before = held()
    rows = {row.ref: row for row in nghe_an()}
    wrong = [
        replace(rows["old:421"], ref="a", kind="commune"),
        replace(rows["old:17179"], ref="b", names=(During("Xã Khác", Span(date(2025, 1, 1), CHANGE)),)),
        replace(rows["old:17143"], ref="c", span=Span(date(2025, 1, 1), date(2025, 3, 1))),
        replace(rows["new:17179"], ref="d", span=Span(date(2025, 6, 1), None)),
    ]
    with pytest.raises(Refused) as refused:
        units_load(wrong)
    codes = [fault.code for fault in refused.value.faults]
    assert sorted(set(codes)) == [
        "units.load.begin_is_known",
        "units.load.contradicts",
        "units.load.other_holder",
    ]
    assert held() == before


def test_a_unit_declared_twice_in_one_list_is_told() -> None:
    with pytest.raises(Refused) as refused:
        units_load([*nghe_an()[:3], nghe_an()[2]])
    assert [fault.code for fault in refused.value.faults] == ["units.load.twice"]
    assert not Unit.objects.exists()


def test_after_a_load_the_database_itself_still_refuses_two_holders_of_a_code() -> None:
    units_load(unit_list(LIST))
    other = unit_find("Xã Quỳnh Tân", EVE)
    with pytest.raises(IntegrityError):
        UnitCode.objects.create(unit=other, scheme=GSO, code="17179", valid_from=date(2025, 1, 1))
