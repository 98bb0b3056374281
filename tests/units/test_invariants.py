"""Each invariant of the units is broken once, past every service, and then told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db.models import Model

from tienbo.core.messages import speaking
from tienbo.ground.keys import new_key
from tienbo.units.invariants import units_check
from tienbo.units.models import GSO, Placement, Unit, UnitCode, UnitName
from tienbo.units.services import unit_create

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BEGINS, MIDDLE, ENDS = date(2025, 7, 1), date(2026, 1, 1), date(2027, 1, 1)


@pytest.fixture
def units() -> dict[str, Unit]:
    nation = unit_create(kind="nation", name="Việt Nam", begins=BEGINS)
    province = unit_create(kind="province", name="Tỉnh Sông Mây", begins=BEGINS, parent=nation)
    commune = unit_create(kind="commune", name="Xã An Bình", begins=BEGINS, parent=province, codes={GSO: "98001"})
    return {"nation": nation, "province": province, "commune": commune}


def bare(ends: date | None = None) -> Unit:
    """A unit and nothing else, as no service would leave it."""
    return Unit.objects.create(key=new_key("unit"), kind="commune", valid_from=BEGINS, valid_to=ends)


def named(unit: Unit, begins: date = BEGINS, ends: date | None = None) -> UnitName:
    return UnitName.objects.create(
        unit=unit, text="Xã Trống", word="Xã", search="trong", valid_from=begins, valid_to=ends
    )


def nameless(_units: dict[str, Unit]) -> None:
    named(bare(), begins=MIDDLE)


def no_parent(units: dict[str, Unit]) -> None:
    unit = bare()
    named(unit)
    Placement.objects.create(unit=unit, parent=units["province"], valid_from=BEGINS, valid_to=MIDDLE)


def outlives(_units: dict[str, Unit]) -> None:
    unit = bare(ends=ENDS)
    named(unit, ends=ENDS)
    UnitCode.objects.create(unit=unit, scheme=GSO, code="98009", valid_from=BEGINS)


def parent_is_dead(_units: dict[str, Unit]) -> None:
    above, below = bare(ends=MIDDLE), bare()
    named(above, ends=MIDDLE)
    named(below)
    Placement.objects.create(unit=below, parent=above, valid_from=BEGINS)


def circle(_units: dict[str, Unit]) -> None:
    one, other = bare(), bare()
    for unit, parent in ((one, other), (other, one)):
        named(unit)
        Placement.objects.create(unit=unit, parent=parent, valid_from=MIDDLE)
        Placement.objects.create(
            unit=unit, parent=Unit.objects.get(kind="province"), valid_from=BEGINS, valid_to=MIDDLE
        )


BREACHES: dict[str, Callable[[dict[str, Unit]], Model | None]] = {
    "units.check.nameless": nameless,
    "units.check.no_parent": no_parent,
    "units.check.outlives": outlives,
    "units.check.parent_is_dead": parent_is_dead,
    "units.check.circle": circle,
}


def test_units_made_by_the_services_break_nothing(units: dict[str, Unit]) -> None:
    assert units_check() == []


@pytest.mark.parametrize("code", BREACHES)
def test_a_breach_is_told_and_nothing_else_is(units: dict[str, Unit], code: str) -> None:
    BREACHES[code](units)
    found = units_check()
    assert {fault.code for fault in found} == {code}
    with speaking("vi"):
        assert all(str(fault) for fault in found)


def test_the_day_of_a_breach_is_its_first(units: dict[str, Unit]) -> None:
    no_parent(units)
    (fault,) = units_check()
    assert fault.fields["day"] == MIDDLE
