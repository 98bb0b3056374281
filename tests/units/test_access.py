"""The one door. An owns the commune, Bình works in its province, Chi in the neighbouring commune: she sees nothing."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.ground.once import reading_once
from tienbo.units.access import NEEDS, ROLES, access_unit, accessible_units
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_end, grant_give, unit_create, unit_place

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DAY = date(2026, 1, 1)


@pytest.fixture
def units() -> dict[str, Unit]:
    nation = unit_create(kind="nation", name="Việt Nam", begins=DAY)
    province = unit_create(kind="province", name="Tỉnh Sông Mây", begins=DAY, parent=nation)
    other = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=DAY, parent=nation)
    made = {"nation": nation, "province": province, "other": other}
    for name in ("An Bình", "Bình Minh"):
        made[name] = unit_create(kind="commune", name=f"Xã {name}", begins=DAY, parent=province)
    return made


def person(name: str, unit: Unit, role: str) -> User:
    user = User.objects.create_user(name, name)
    grant_give(user=user, unit=unit, role=role, begins=DAY)
    return user


def may(user: User, unit: Unit, need: str, on: date = DAY) -> bool:
    try:
        return access_unit(user, unit.key, need=need, on=on) == unit  # type: ignore[arg-type]
    except Refused as refused:
        if refused.faults[0].code != "units.no_access":
            raise
        return False


def test_who_prepares_fills_in_their_own_unit_and_no_other(units: dict[str, Unit]) -> None:
    an = person("an", units["An Bình"], Role.PREPARER)
    assert {need for need in NEEDS if may(an, units["An Bình"], need)} == {"visit", "view", "enter"}
    for name in ("Bình Minh", "province", "nation", "other"):
        assert not any(may(an, units[name], need) for need in NEEDS)


def test_the_office_of_a_province_accepts_below_it_but_never_fills_in_for_a_commune(units: dict[str, Unit]) -> None:
    office = person("binh", units["province"], Role.OFFICE)
    assert {need for need in NEEDS if may(office, units["An Bình"], need)} == {"visit", "view", "accept", "reorganise"}
    assert not may(office, units["province"], "accept")
    assert not any(may(office, units["other"], need) for need in NEEDS)
    assert not any(may(office, units["nation"], need) for need in NEEDS)


def test_without_a_grant_nothing_is_allowed_not_even_to_a_superuser(units: dict[str, Unit]) -> None:
    chi = User.objects.create_superuser("chi", "Chi")
    assert not any(may(chi, unit, need) for unit in units.values() for need in NEEDS)


def test_a_grant_counts_only_on_its_days(units: dict[str, Unit]) -> None:
    an = person("an", units["An Bình"], Role.PREPARER)
    grant_end(grant=an.grants.get(), on=date(2026, 7, 1))
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [may(an, units["An Bình"], "enter", on=day) for day in days] == [True, False]
    assert accessible_units(an, need="view", on=DAY, acting_on=date(2026, 7, 1)) == frozenset()


def test_a_unit_that_moved_away_is_out_of_reach_from_that_day(units: dict[str, Unit]) -> None:
    office = person("binh", units["province"], Role.OFFICE)
    unit_place(unit=units["An Bình"], parent=units["other"], on=date(2026, 7, 1))
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [may(office, units["An Bình"], "accept", on=day) for day in days] == [True, False]


def test_a_reader_is_asked_once_what_they_may_do_and_anew_at_the_next_page(
    units: dict[str, Unit], django_assert_num_queries: object
) -> None:
    an = person("an", units["An Bình"], Role.PREPARER)
    accessible_units(an, need="view", on=DAY)  # the tree is kept from here on
    with reading_once(), django_assert_num_queries(2):  # type: ignore[operator]
        assert accessible_units(an, need="view", on=DAY) == accessible_units(an, need="enter", on=DAY)
    grant_end(grant=an.grants.get(), on=date(2026, 1, 2))
    with reading_once():
        assert accessible_units(an, need="view", on=DAY, acting_on=date(2026, 1, 2)) == frozenset()


def test_a_person_who_left_may_nothing(units: dict[str, Unit]) -> None:
    an = person("an", units["An Bình"], Role.HEAD)
    an.is_active = False
    assert not may(an, units["An Bình"], "view")


def test_the_operator_of_the_command_line_passes_everywhere(units: dict[str, Unit]) -> None:
    assert access_unit(operator("root"), "Xã An Bình", need="accept", on=DAY) == units["An Bình"]
    assert accessible_units(operator("root"), need="view", on=DAY) == {unit.pk for unit in units.values()}


def test_the_same_role_is_not_given_twice_for_one_day(units: dict[str, Unit]) -> None:
    an = person("an", units["An Bình"], Role.HEAD)
    with pytest.raises(Refused) as refused:
        grant_give(user=an, unit=units["An Bình"], role=Role.HEAD, begins=date(2026, 5, 1))
    assert refused.value.faults[0].code == "units.grant_exists"


def test_every_role_says_what_it_allows_in_known_needs() -> None:
    assert set(ROLES) == set(Role)
    assert all((allows.own | allows.below) <= set(NEEDS) for allows in ROLES.values())
    with pytest.raises(ValueError, match="no such need"):
        access_unit(operator("root"), "x", need="own", on=DAY)  # type: ignore[arg-type]
