"""The official conversion table taken over for the whole country.

Counts are those of the reference (reorganisation.md §3), asserted over what the database holds after the import.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from django.db import transaction
from tests.conftest import REFERENCE

from tienbo.core.acts import Link
from tienbo.core.succession import components
from tienbo.units.conversion import EVE, table_import
from tienbo.units.extents import POPULATION
from tienbo.units.frames import acts, lives, tree_on, unit_names
from tienbo.units.invariants import units_check
from tienbo.units.models import Succession
from tienbo.units.vietnam import CHANGE

TABLE = REFERENCE / "data" / "admin_crosswalk_2025_full.csv"


@pytest.fixture(scope="module")
def imported(viet_nam: None) -> Iterator[list[Link]]:
    """The links between communes after the table of the reference was taken over, once for all tests here."""
    if not TABLE.exists():
        pytest.skip("the domain files are not beside this checkout")
    with transaction.atomic():
        done = table_import(TABLE)
        parts = {"area_only": 83, "area_part_pop_all": 58, "pop_part": 2, "area_all": 1}
        assert done.extents == {"whole": 9600, "part": 826, **parts}
        assert (done.withdrawn, done.given) == (144, 144), "only what was a part of unknown size is told better"
        assert len(done.corrected) == 3
        kinds = tree_on(EVE).kinds
        told = [link for act in acts() if act.day == CHANGE for link in act.links]
        yield [link for link in told if kinds[link.predecessor] in ("commune", "district")]
        transaction.set_rollback(True)


def test_a_second_import_changes_nothing(imported: list[Link]) -> None:
    before = Succession.objects.count()
    again = table_import(TABLE)
    assert (again.act, again.withdrawn, again.given, again.worded) == ("", 0, 0, 0)
    assert Succession.objects.count() == before


def test_counts_of_the_official_table(imported: list[Link]) -> None:
    eve, morrow = tree_on(EVE), tree_on(CHANGE)
    unchanged = set(Succession.objects.filter(extent="unchanged").values_list("predecessor_id", flat=True))
    gone: dict[int, list[Link]] = defaultdict(list)
    came: dict[int, list[Link]] = defaultdict(list)
    for link in imported:
        gone[link.predecessor].append(link)
        came[link.successor].append(link)
    communes = [unit for unit in eve.of_kind({"commune"}) if unit in gone]
    kept = [unit for unit in eve.of_kind({"commune"}) if unit in unchanged]
    assert len(communes) + len(kept) == 10035
    heirs = Counter(len(gone[unit]) for unit in communes) + Counter({1: len(kept)})
    assert heirs == {1: 9595, 2: 368, 3: 55, 4: 16, 5: 1}
    split = [unit for unit in communes if len(gone[unit]) > 1]
    assert len(split) == 440
    persons = [unit for unit in split if sum(link.shares.get(POPULATION, None) is None for link in gone[unit]) > 1]
    assert len(persons) == 381
    new = morrow.of_kind({"commune"})
    whole = [unit for unit in new if all(len(gone[link.predecessor]) == 1 for link in came[unit])]
    assert len(new) == 3321
    assert len(whole) == 2909
    exact = [unit for unit in new if all(POPULATION in link.shares for link in came[unit])]
    assert (len(exact), len(new) - len(exact)) == (2934, 387)
    one_whole = sum(len(came[unit]) == 1 and unit in whole for unit in new)
    assert one_whole + len(kept) == 137
    assert max(len(links) for links in came.values()) == 14
    names = unit_names(CHANGE)
    assert {names[unit] for unit, links in came.items() if len(links) == 14} == {"Phường Hoàn Kiếm"}


def test_where_the_splits_are_and_what_they_cross(imported: list[Link]) -> None:
    eve, names = tree_on(EVE), unit_names(EVE)
    gone = Counter(link.predecessor for link in imported)
    districts: dict[int, set[int]] = defaultdict(set)
    where: Counter[str] = Counter()
    for unit, count in gone.items():
        if count > 1:
            where[names[next(one for one in eve.ancestors(unit) if eve.kinds[one] == "province")]] += 1
    for link in imported:
        if eve.kinds[link.predecessor] == "commune":
            districts[link.successor].add(eve.parents[link.predecessor])
    assert where["Thành phố Hà Nội"] == 199
    assert where["Thành phố Hải Phòng"] == 37
    assert where["Tỉnh Bắc Kạn"] == where["Tỉnh Nghệ An"] == 0
    assert where["Tỉnh Thái Nguyên"] == 3
    assert sum(len(found) > 1 for found in districts.values()) == 297


def test_constant_areas_over_the_change(imported: list[Link]) -> None:
    found = components(acts(), lives(), EVE, CHANGE)
    eve, morrow = tree_on(EVE).kinds, tree_on(CHANGE).kinds
    areas = [
        (old, new)
        for old, new in ((frozenset(a), frozenset(b)) for a, b in found)
        if any(morrow[unit] == "commune" for unit in new)
    ]
    assert len(areas) == 3031
    assert sum(len(new) == 1 for _old, new in areas) == 2909
    largest_old, largest_new = max(areas, key=lambda area: len(area[0]))
    assert (len(largest_old), len(largest_new)) == (283, 75)
    assert {eve[unit] for unit in largest_old} == {"commune"}


def test_after_the_import_the_whole_country_is_in_order(imported: list[Link]) -> None:
    assert units_check() == []
