"""What a return stands beside: the unit's own earlier word, or that of those it was formed of, where that is exact."""

from __future__ import annotations

from datetime import date

import pytest
from tests.collection.conftest import H1, H2, House, house
from tests.collection.test_reorganised import carry_out, joined

from tienbo.release.beside import Beside, beside, content_of
from tienbo.units.queries import unit_find

__all__ = ["house"]
pytestmark = [pytest.mark.database, pytest.mark.django_db]
A, B = "Xã An Bình", "Xã Bình Minh"


def of(house: House, unit: str) -> Beside:
    pk = house.units[unit].pk
    return beside(root_id=house.root.pk, edition=house.edition, period=H1, then=H2, forms={pk: "commune"})[pk]


def test_a_unit_stands_beside_what_counted_of_it(house: House) -> None:
    house.send(A, H2, accept=True, staff__total=40)
    house.send(A, H2, staff__total=41)
    made = content_of(of(house, A))
    assert made is not None
    assert made.figures["staff:total"].value == 40
    assert of(house, B).why == "nothing"


def test_a_commune_formed_of_two_stands_beside_the_sum_of_what_both_said(house: House) -> None:
    house.send(A, H2, accept=True, staff__total=40)
    house.send(B, H2, accept=True, staff__total=30)
    joined(house)
    held = of(house, "Xã Bình An")
    made = content_of(held)
    assert made is not None
    assert made.figures["staff:total"].value == 70
    assert sorted(held.of) == sorted(house.units[one].pk for one in (A, B))


def test_where_one_of_the_two_was_silent_nothing_is_made_up(house: House) -> None:
    house.send(A, H2, accept=True, staff__total=40)
    joined(house)
    assert (of(house, "Xã Bình An").why, content_of(of(house, "Xã Bình An"))) == ("silent", None)


def test_where_one_was_divided_it_is_said_not_to_compare(house: House) -> None:
    house.send(A, H2, accept=True, staff__total=40)
    row = {"event": "chia", "before": A, "after_is": "mới", "after_under": "Tỉnh Sông Mây", "extent": "một phần"}
    carry_out(house, *({**row, "after": name, "population": "0.5"} for name in ("Xã An Một", "Xã An Hai")))
    house.units = {**house.units, "Xã An Một": unit_find("Xã An Một", date(2026, 6, 1))}
    assert of(house, "Xã An Một").why == "divided"
