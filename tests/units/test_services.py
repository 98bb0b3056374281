"""Units change by adding: each claim is asked on the eve, the day and the morrow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tienbo.core.faults import Refused
from tienbo.ground.once import reading_once
from tienbo.units.frames import tree_on, trees_for, unit_codes, unit_ids, unit_keys, unit_names
from tienbo.units.models import Placement, Unit, UnitName
from tienbo.units.queries import unit_ancestors, unit_name, unit_on
from tienbo.units.services import (
    unit_begin_earlier,
    unit_code,
    unit_create,
    unit_end,
    unit_place,
    unit_rename,
)
from tienbo.units.versions import units_touch, units_version

pytestmark = [pytest.mark.database, pytest.mark.django_db]

START, EVE, DAY, MORROW = date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1), date(2025, 7, 2)


@pytest.fixture
def nation() -> Unit:
    return unit_create(kind="nation", name="Việt Nam", begins=START)


@pytest.fixture
def province(nation: Unit) -> Unit:
    return unit_create(kind="province", name="Tỉnh Sông Mây", begins=START, parent=nation, codes={"gso": "98"})


@pytest.fixture
def commune(province: Unit) -> Unit:
    return unit_create(kind="commune", name="Xã An Bình", begins=START, parent=province, codes={"gso": "98001"})


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.faults[0].code


def test_a_renamed_unit_keeps_its_key_and_its_old_name_on_old_days(commune: Unit) -> None:
    unit_rename(unit=commune, name="Phường An Bình", on=DAY)
    assert [unit_name(commune, day) for day in (EVE, DAY, MORROW)] == ["Xã An Bình", "Phường An Bình", "Phường An Bình"]
    assert list(UnitName.objects.order_by("valid_from").filter(unit=commune).values_list("word", flat=True)) == [
        "Xã",
        "Phường",
    ]


def test_a_name_put_between_two_names_ends_where_the_later_begins(commune: Unit) -> None:
    unit_rename(unit=commune, name="Xã Cuối", on=date(2026, 1, 1))
    unit_rename(unit=commune, name="Xã Giữa", on=DAY)
    names = [unit_name(commune, day) for day in (EVE, DAY, date(2025, 12, 31), date(2026, 1, 1))]
    assert names == ["Xã An Bình", "Xã Giữa", "Xã Giữa", "Xã Cuối"]


def test_a_name_given_on_its_first_day_is_not_given_again(commune: Unit) -> None:
    with pytest.raises(Refused) as refused:
        unit_rename(unit=commune, name="Xã Khác", on=START)
    assert code_of(refused) == "units.changed_that_day"
    assert unit_name(commune, START) == "Xã An Bình"


def test_a_moved_unit_stays_under_its_old_parent_on_old_days(nation: Unit, province: Unit, commune: Unit) -> None:
    other = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=DAY, parent=nation)
    unit_place(unit=commune, parent=other, on=DAY)
    assert [unit_ancestors(commune, day)[0][0] for day in (EVE, DAY)] == [province, other]
    assert tree_on(EVE).parents[commune.pk] == province.pk
    assert tree_on(DAY).parents[commune.pk] == other.pk


def test_a_unit_is_not_placed_under_a_parent_that_does_not_live(nation: Unit, commune: Unit) -> None:
    other = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=DAY, parent=nation)
    with pytest.raises(Refused) as refused:
        unit_place(unit=commune, parent=other, on=EVE)
    assert code_of(refused) == "units.not_alive"


def test_units_are_not_placed_in_a_circle(province: Unit, commune: Unit) -> None:
    with pytest.raises(Refused) as refused:
        unit_place(unit=province, parent=commune, on=DAY)
    assert code_of(refused) == "units.circle"


def test_a_circle_that_would_close_on_a_later_day_is_refused(nation: Unit, province: Unit, commune: Unit) -> None:
    district = unit_create(kind="district", name="Huyện Giữa", begins=START, parent=province)
    unit_place(unit=commune, parent=district, on=date(2026, 1, 1))
    with pytest.raises(Refused) as refused:
        unit_place(unit=district, parent=commune, on=DAY)
    assert code_of(refused) == "units.circle"


def test_an_ended_unit_is_gone_on_the_day_with_name_code_and_place(commune: Unit) -> None:
    unit_end(unit=commune, on=DAY)
    assert [commune.pk in tree_on(day) for day in (EVE, DAY)] == [True, False]
    assert unit_on(scheme="gso", code="98001", on=EVE) == commune
    assert unit_on(scheme="gso", code="98001", on=DAY) is None
    assert commune.pk not in unit_names(DAY)


def test_a_parent_does_not_end_over_the_heads_of_its_units(province: Unit, commune: Unit) -> None:
    with pytest.raises(Refused) as refused:
        unit_end(unit=province, on=DAY)
    assert code_of(refused) == "units.has_children"
    unit_end(unit=commune, on=DAY)
    unit_end(unit=province, on=DAY)


def test_a_code_passes_to_another_unit_only_when_it_is_free(province: Unit, commune: Unit) -> None:
    other = unit_create(kind="commune", name="Xã Bình Minh", begins=START, parent=province)
    with pytest.raises(Refused) as refused:
        unit_code(unit=other, scheme="gso", code="98001", on=DAY)
    assert code_of(refused) == "units.code_is_held"
    unit_code(unit=commune, scheme="gso", code="98002", on=DAY)
    unit_code(unit=other, scheme="gso", code="98001", on=DAY)
    assert [unit_on(scheme="gso", code="98001", on=day) for day in (EVE, DAY)] == [commune, other]
    assert unit_codes(DAY, "gso")[commune.pk] == "98002"


def test_an_older_source_moves_the_first_known_day_back(nation: Unit) -> None:
    nation.begin_is_known = False
    nation.save()
    unit_begin_earlier(unit=nation, on=date(2014, 1, 1))
    assert unit_name(nation, date(2014, 6, 14)) == "Việt Nam"
    assert unit_name(nation, DAY) == "Việt Nam"


def test_a_known_begin_does_not_move(commune: Unit) -> None:
    with pytest.raises(Refused) as refused:
        unit_begin_earlier(unit=commune, on=date(2014, 1, 1))
    assert code_of(refused) == "units.begin_is_known"


def test_a_begin_does_not_move_before_that_of_the_parent(province: Unit) -> None:
    young = unit_create(kind="commune", name="Xã Trẻ", begins=DAY, parent=province, begin_is_known=False)
    with pytest.raises(Refused) as refused:
        unit_begin_earlier(unit=young, on=date(2024, 1, 1))
    assert code_of(refused) == "units.not_alive"


def test_each_write_gives_the_units_another_version(commune: Unit) -> None:
    before = units_version()
    unit_rename(unit=commune, name="Xã Mới", on=DAY)
    assert units_version() not in ("", before)


def test_a_tree_is_never_stale_and_a_root_keeps_its_subtree(nation: Unit, province: Unit, commune: Unit) -> None:
    assert tree_on(DAY).levels == {nation.pk: 0, province.pk: 1, commune.pk: 2}
    sister = unit_create(kind="commune", name="Xã Bình Minh", begins=DAY, parent=province)
    assert sister.pk in tree_on(DAY)
    below = tree_on(DAY, province.pk)
    assert below.roots == (province.pk,)
    assert set(below.kinds) == {province.pk, commune.pk, sister.pk}
    assert list(trees_for([date(2024, 12, 31), EVE], province.pk)) == [EVE]
    with pytest.raises(ValueError, match="not alive"):
        tree_on(date(2024, 12, 31), province.pk)


def test_a_placement_that_ended_leaves_a_root_not_a_hole(province: Unit, commune: Unit) -> None:
    Placement.objects.filter(unit=commune).update(valid_to=EVE)

    units_touch()
    assert commune.pk in tree_on(EVE).roots


def test_ids_and_keys_lead_to_each_other(commune: Unit) -> None:
    assert unit_ids()[unit_keys()[commune.pk]] == commune.pk
    assert unit_keys()[commune.pk] == commune.key


def test_a_tree_takes_three_queries_however_many_units_and_one_where_nothing_moved_since(
    commune: Unit, django_assert_num_queries: object
) -> None:

    units_touch()
    with django_assert_num_queries(3):  # type: ignore[operator]
        held = tree_on(DAY)  # the version, the days of change, the places
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert tree_on(DAY + timedelta(days=900)) is held


@pytest.mark.django_db
def test_a_reader_stands_on_one_version_and_a_writer_sees_its_own(
    django_assert_num_queries: object,
) -> None:
    units_touch()
    with reading_once():
        with django_assert_num_queries(1):  # type: ignore[operator]
            first = units_version()
            assert units_version() == first
        units_touch()
        assert units_version() != first
    assert units_version() != first
