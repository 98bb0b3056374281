"""Both maps of Viet Nam as loaded, against what was published: counts, codes, names, the day the map changed.

Figures in the tests are those of the conversion table of 2025 and of the resolutions; files of the domain reference are
read where they lie beside the project.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from tienbo.catalogue.loading import PACKS
from tienbo.core.faults import Refused
from tienbo.core.shares import UNKNOWN, WHOLE
from tienbo.core.succession import Transition, transition
from tienbo.core.words import same_name
from tienbo.units.extents import POPULATION
from tienbo.units.frames import acts, ends, lives, places_on, points, tree_on, unit_codes, unit_names
from tienbo.units.invariants import units_check
from tienbo.units.lists import corrections, succession_corrections, unit_list
from tienbo.units.loading import Loaded, units_load
from tienbo.units.models import GSO, Reorganisation, Succession, Unit, UnitName
from tienbo.units.names import TYPE_WORDS, split_name
from tienbo.units.queries import unit_find, unit_name, unit_on
from tienbo.units.vietnam import CHANGE, national_map

pytestmark = pytest.mark.usefixtures("viet_nam")

EVE, MORROW = CHANGE - timedelta(days=1), CHANGE + timedelta(days=1)


def codes(day: date, kind: str) -> dict[str, int]:
    """Code → unit of a kind on a day."""
    kinds = tree_on(day).kinds
    return {code: unit for unit, code in unit_codes(day, GSO).items() if kinds[unit] == kind}


def provinces(day: date) -> dict[int, str]:
    """Commune → code of its province on a day."""
    tree, held = tree_on(day), unit_codes(day, GSO)
    return {
        commune: held[province]
        for province in tree.of_kind({"province"})
        for commune in tree.of_kind({"commune"}, under=province)
    }


ELSEWHERE_IN_THE_TABLE = {"30781": ("91", "89")}
"""Old communes whose province the table has otherwise: code → (here, there).

Xã Tiên Hải, an island of thành phố Hà Tiên (district 900), Kiên Giang: the communes with the codes before and after it
are of Hà Tiên in the table as well. The table has other rows of this sort (Phường 4 of Tân An).
"""


def table(reference: Path, name: str) -> list[dict[str, str]]:
    with (reference / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def name_on(code: str, day: date) -> str | None:
    unit = unit_on(scheme=GSO, code=code, on=day)
    return unit_name(unit, day) if unit else None


# ------------------------------------------------------------------------------------------------------ counts


@pytest.mark.parametrize(
    ("day", "provinces", "districts", "communes"),
    [(EVE, 63, 696, 10035), (CHANGE, 34, 0, 3321), (MORROW, 34, 0, 3321), (date(2030, 1, 1), 34, 0, 3321)],
)
def test_the_map_of_a_day_has_its_units(day: date, provinces: int, districts: int, communes: int) -> None:
    wanted = {"nation": 1, "province": provinces, "district": districts, "commune": communes}
    assert Counter(place.kind for place in places_on(day)) == Counter(wanted)


def test_the_new_communes_are_2621_xa_687_phuong_and_13_special_zones() -> None:
    kinds, names = tree_on(CHANGE).kinds, unit_names(CHANGE)
    words = Counter(split_name(names[unit]).word for unit, kind in kinds.items() if kind == "commune")
    assert words == {"Xã": 2621, "Phường": 687, "Đặc khu": 13}
    words = Counter(split_name(names[unit]).word for unit, kind in kinds.items() if kind == "province")
    assert words == {"Tỉnh": 28, "Thành phố": 6}


def test_every_commune_stands_under_a_district_before_and_under_a_province_after() -> None:
    for day, above in ((EVE, "district"), (CHANGE, "province")):
        tree = tree_on(day)
        assert {tree.kinds[tree.parents[unit]] for unit in tree.of_kind({"commune"})} == {above}


def test_places_named_in_published_counts_have_as_many_communes(reference: Path) -> None:
    for row in table(reference, "admin_unit_counts_snapshots.csv"):
        day = {"2025-06-30": EVE, "2025-07-01": CHANGE}.get(row["as_of"])
        if day is None:
            continue  # maps before 2025 are not loaded, but for Quỳnh Lưu
        tree = tree_on(day)
        for column, kind in (("provinces", "province"), ("districts", "district"), ("communes", "commune")):
            assert len(tree.of_kind({kind})) == int(row[column])
        for column, text in (
            ("bac_kan", "Tỉnh Bắc Kạn"),
            ("thai_nguyen", "Tỉnh Thái Nguyên"),
            ("nghe_an", "Tỉnh Nghệ An"),
        ):
            if row[column]:
                assert len(tree.of_kind({"commune"}, under=unit_find(text, day).pk)) == int(row[column])
        if row["quynh_luu"]:
            assert len(tree.of_kind({"commune"}, under=unit_find("Huyện Quỳnh Lưu", day).pk)) == int(row["quynh_luu"])


def test_provinces_and_their_communes_are_those_of_the_official_table(reference: Path) -> None:
    tree, before, after = tree_on(EVE), codes(EVE, "province"), codes(CHANGE, "province")
    names, new_names = unit_names(EVE), unit_names(CHANGE)
    rows = table(reference, "admin_province_map_2025.csv")
    assert {row["old_code"] for row in rows} == set(before)
    assert {row["new_code"] for row in rows} == set(after)
    for row in rows:
        assert same_name(names[before[row["old_code"]]]) == same_name(row["old_name"])
        assert same_name(new_names[after[row["new_code"]]]) == same_name(row["new_name_20250701"])
        moved = sum(
            (row["old_code"] == here) - (row["old_code"] == there) for here, there in ELSEWHERE_IN_THE_TABLE.values()
        )
        counted = int(row["old_communes_20250630"]) + moved
        assert len(tree.of_kind({"commune"}, under=before[row["old_code"]])) == counted, row


def test_codes_of_communes_and_their_provinces_are_those_of_the_official_table(reference: Path) -> None:
    rows = table(reference, "admin_crosswalk_2025_full.csv")
    old = {row["old_code"]: row["old_province"] for row in rows if not row["old_code"].startswith("D")}
    new = {row["new_code"]: row["new_province"] for row in rows}
    above = provinces(EVE)
    found = {code: above[unit] for code, unit in codes(EVE, "commune").items()}
    assert found.keys() == old.keys()
    differ = {code: (found[code], old[code]) for code in old if found[code] != old[code]}
    assert differ == ELSEWHERE_IN_THE_TABLE
    assert old["30778"] == old["30784"] == "91"
    above = provinces(CHANGE)
    assert {code: above[unit] for code, unit in codes(CHANGE, "commune").items()} == new
    # Five island districts without communes and a mudflat managed by a district are in the table without a code.
    without = sorted({row["old_code"] for row in rows if row["old_code"].startswith("D")})
    assert without == ["D318", "D376-bai-boi", "D471", "D498", "D536", "D755"]
    districts = codes(EVE, "district")
    for code in without:
        assert code[1:4] in districts
        alone = not tree_on(EVE).of_kind({"commune"}, under=districts[code[1:4]])
        assert alone == (code != "D376-bai-boi")


def test_a_code_is_handed_on_and_is_no_identity(reference: Path) -> None:
    """3,316 of 3,321 new communes took the code of a predecessor; 129 of them are the same unit still."""
    before: dict[str, set[str]] = defaultdict(set)
    alone = set()
    rows = table(reference, "admin_crosswalk_2025_full.csv")
    parts = Counter(row["old_code"] for row in rows)
    for row in rows:
        before[row["new_code"]].add(row["old_code"])
    for new, olds in before.items():
        if len(olds) == 1 and parts[next(iter(olds))] == 1:
            alone.add(new)
    communes = codes(CHANGE, "commune")
    assert sum(code in before[code] for code in communes) == 3316
    eve = tree_on(EVE)
    went_on = {code for code, unit in communes.items() if unit in eve}
    assert len(went_on) == 129
    assert went_on <= alone
    assert sum(unit in eve for unit in codes(CHANGE, "province").values()) == 11


def test_hard_cases_have_the_names_the_table_gives_them(reference: Path) -> None:
    tree, before, after = tree_on(EVE), codes(EVE, "commune"), codes(CHANGE, "commune")
    names, new_names, held = unit_names(EVE), unit_names(CHANGE), unit_codes(EVE, GSO)
    for file in ("admin_crosswalk_hard_cases.csv", "admin_crosswalk_backan_thainguyen.csv"):
        for row in table(reference, file):
            assert same_name(new_names[after[row["new_code"]]]) == same_name(row["new_name"]), row
            if row["old_code"].startswith("D"):
                continue
            old = before[row["old_code"]]
            assert same_name(names[old]) == same_name(row["old_name"]), row
            written, _, code = row["old_district"].partition(" (")
            assert same_name(names[tree.parents[old]]) == same_name(written), row
            if code:
                assert held[tree.parents[old]] == code.rstrip(")")


def test_errors_of_the_published_table_are_not_repeated() -> None:
    """Three old codes and one old province that the table as published has wrong."""
    for code, name, province in (
        ("00556", "Xã Đặng Xá", "01"),
        ("01651", "Xã Mỹ Hưng", "04"),
        ("02482", "Xã Phú Thịnh", "08"),
        ("27691", "Phường 4", "80"),
    ):
        unit = unit_on(scheme=GSO, code=code, on=EVE)
        assert unit is not None
        assert unit_name(unit, EVE) == name
        assert provinces(EVE)[unit.pk] == province


# -------------------------------------------------------------------------------------------- one code, many units


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("15", "Tỉnh Yên Bái", "Tỉnh Lào Cai"),
        ("24", "Tỉnh Bắc Giang", "Tỉnh Bắc Ninh"),
        ("44", "Tỉnh Quảng Bình", "Tỉnh Quảng Trị"),
        ("52", "Tỉnh Bình Định", "Tỉnh Gia Lai"),
        ("80", "Tỉnh Long An", "Tỉnh Tây Ninh"),
        ("82", "Tỉnh Tiền Giang", "Tỉnh Đồng Tháp"),
        ("91", "Tỉnh Kiên Giang", "Tỉnh An Giang"),
        ("19", "Tỉnh Thái Nguyên", "Tỉnh Thái Nguyên"),
        ("17179", "Thị trấn Cầu Giát", "Xã Quỳnh Lưu"),
        ("17212", "Xã Văn Hải", "Xã Quỳnh Phú"),
        ("17152", "Xã Quỳnh Sơn", None),
    ],
)
def test_a_code_names_one_unit_on_the_eve_and_another_on_the_day(code: str, before: str, after: str | None) -> None:
    units = {day: unit_on(scheme=GSO, code=code, on=day) for day in (EVE, CHANGE, MORROW)}
    assert name_on(code, EVE) == before
    assert name_on(code, CHANGE) == name_on(code, MORROW) == after
    assert units[EVE] != units[CHANGE]
    assert units[CHANGE] == units[MORROW]


def test_a_unit_that_nothing_was_joined_to_keeps_its_key_and_code() -> None:
    for code, name in (("40", "Tỉnh Nghệ An"), ("01", "Thành phố Hà Nội"), ("46", "Thành phố Huế")):
        assert unit_on(scheme=GSO, code=code, on=EVE) == unit_on(scheme=GSO, code=code, on=CHANGE)
        assert name_on(code, MORROW) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [("01558", "Xã Hạ Lang"), ("00226", "Phường Văn Miếu - Quốc Tử Giám"), ("31207", "Phường Thốt Nốt")],
)
def test_codes_are_of_the_official_list_and_not_of_its_draft(code: str, name: str) -> None:
    assert name_on(code, CHANGE) == name


def test_the_traps_of_the_reference_are_all_in_these_tests(reference: Path) -> None:
    told = {"15", "24", "44", "52", "80", "82", "91", "17179", "17098", "17152", "17212", "01558", "00226", "31207"}
    assert {row["code"] for row in table(reference, "admin_code_reuse_traps.csv")} == told


# ------------------------------------------------------------------------------------------------- Quỳnh Lưu


@pytest.mark.parametrize(
    ("day", "communes"), [(date(2014, 6, 30), 33), (date(2024, 11, 30), 33), (date(2024, 12, 1), 25), (EVE, 25)]
)
def test_quynh_luu_has_33_units_then_25_then_there_is_no_district(day: date, communes: int) -> None:
    district = unit_find("gso:421", day)
    assert unit_name(district, day) == "Huyện Quỳnh Lưu"
    assert len(tree_on(day).of_kind({"commune"}, under=district.pk)) == communes
    assert unit_on(scheme=GSO, code="421", on=CHANGE) is None


def test_the_chain_of_quynh_luu_is_the_published_one(reference: Path) -> None:
    rows = table(reference, "admin_quynhluu_chain.csv")
    assert len(rows) == 33
    days = {"20230507": date(2023, 5, 7), "20250104": date(2025, 1, 4), "20250701": CHANGE}
    for row in rows:
        for suffix, day in days.items():
            assert name_on(row[f"code_{suffix}"], day) == row[f"name_{suffix}"], (row, suffix)
        same = unit_on(scheme=GSO, code=row["code_20230507"], on=days["20230507"]) == unit_on(
            scheme=GSO, code=row["code_20250104"], on=days["20250104"]
        )
        assert same == (row["event_202412"] == "unchanged")


def test_a_town_that_kept_its_name_lost_its_code() -> None:
    """Cầu Giát: 17098 until 30/11/2024, then 17179, which had been Quỳnh Hồng and is now the commune Quỳnh Lưu."""
    assert name_on("17098", date(2024, 11, 30)) == "Thị trấn Cầu Giát"
    assert name_on("17098", date(2024, 12, 1)) is None
    seen = [name_on("17179", day) for day in (date(2024, 11, 30), date(2024, 12, 1), EVE, CHANGE)]
    assert seen == ["Xã Quỳnh Hồng", "Thị trấn Cầu Giát", "Thị trấn Cầu Giát", "Xã Quỳnh Lưu"]
    assert [name_on("17212", day) for day in (date(2014, 6, 30), EVE, CHANGE)] == [
        "Xã Sơn Hải",
        "Xã Văn Hải",
        "Xã Quỳnh Phú",
    ]


# ---------------------------------------------------------------------------------------------------- finding


@pytest.mark.parametrize(
    ("text", "day", "code"),
    [
        ("Quỳnh Lưu, Nghệ An", CHANGE, "17179"),
        ("quynh luu, nghe an", CHANGE, "17179"),
        ("QUỲNH LƯU , Tỉnh Nghệ An", MORROW, "17179"),
        ("Huyện Quỳnh Lưu", EVE, "421"),
        ("Quỳnh Lưu, Nghệ An", EVE, "421"),
        ("Sơn Hải, Quỳnh Lưu", date(2014, 6, 30), "17212"),
        ("Tỉnh Hòa Bình", EVE, "17"),
        ("tỉnh hoà bình", EVE, "17"),
        ("TP Hà Nội", CHANGE, "01"),
        ("tp. ho chi minh", CHANGE, "79"),
        ("thành phố Hồ Chí Minh", EVE, "79"),
        ("đặc khu Côn Đảo", CHANGE, "26732"),
        ("dac khu con dao", CHANGE, "26732"),
        ("Thuỵ Khuê", EVE, "00112"),
        ("phường Thụy Khuê, Hà Nội", EVE, "00112"),
        ("Ea Kly, Đắk Lắk", EVE, "24496"),
    ],
)
def test_a_unit_is_found_as_people_write_it(text: str, day: date, code: str) -> None:
    assert unit_codes(day, GSO)[unit_find(text, day).pk] == code


@pytest.mark.parametrize(
    ("text", "day", "count"), [("Phường 1", EVE, 33), ("An Lạc", EVE, None), ("Tân Lập", CHANGE, None)]
)
def test_a_name_of_several_units_is_told_and_not_guessed(text: str, day: date, count: int | None) -> None:
    with pytest.raises(Refused) as refused:
        unit_find(text, day)
    (fault,) = refused.value.faults
    assert fault.code == "units.ambiguous"
    assert int(str(fault.fields["count"])) == (count or fault.fields["count"])
    assert int(str(fault.fields["count"])) > 1


def test_on_every_day_a_name_of_two_times_is_ambiguous_too() -> None:
    with pytest.raises(Refused) as refused:
        unit_find("Quỳnh Lưu, Nghệ An")
    assert refused.value.faults[0].code == "units.ambiguous"


def test_no_name_stands_twice_in_one_new_province() -> None:
    tree, names = tree_on(CHANGE), unit_names(CHANGE)
    for province in tree.of_kind({"province"}):
        held = Counter(same_name(names[unit]) for unit in tree.of_kind({"commune"}, under=province))
        assert max(held.values()) == 1


def test_one_name_is_of_many_communes() -> None:
    """ "Phường 1" was 33 wards; 246 names of the new map are of two communes or more, type word included."""
    counts = {}
    for day in (EVE, CHANGE):
        names = unit_names(day)
        counts[day] = Counter(names[unit] for unit in tree_on(day).of_kind({"commune"}))
    assert counts[EVE]["Phường 1"] == 33
    assert sum(times > 1 for times in counts[CHANGE].values()) == 246


# -------------------------------------------------------------------------------------------- names and corrections


def test_every_name_begins_with_its_type_in_the_spelling_of_the_law() -> None:
    """ "Thị xã", not "Thị Xã"; every syllable of a place name has a capital (but for "Nông trường", a state farm)."""
    for text in UnitName.objects.exclude(unit__kind="nation").values_list("text", flat=True):
        name = split_name(text)
        assert name.word in TYPE_WORDS, text
        syllables = name.bare.removeprefix("Nông trường ").split()
        assert not [one for one in syllables if one[0].islower()], text
        assert text == " ".join(text.split())


def test_each_correction_replaces_what_the_package_has_wrong() -> None:
    found = corrections(PACKS / "vn" / "units" / "corrections.yaml")
    assert len(found) == 16
    for one in found:
        day = EVE if one.map == "before" else CHANGE
        assert name_on(one.code, day) == one.correct
        assert one.found != one.correct
        assert one.reason.vi
        assert one.source
        assert not UnitName.objects.filter(text=one.found).exists()


# ---------------------------------------------------------------------------------------------------- loading


def test_loading_the_same_lists_again_changes_nothing() -> None:
    whole = list(Unit.objects.order_by("pk").values_list("key", "kind", "valid_from", "valid_to", "begin_is_known"))
    with transaction.atomic():
        again = units_load(national_map())
        listed = units_load(unit_list(PACKS / "vn" / "units" / "quynh-luu-2014.yaml"))
        transaction.set_rollback(True)
    assert (again.created, again.extended) == (0, 0)
    assert listed == Loaded(0, 0, 43)
    assert whole == list(
        Unit.objects.order_by("pk").values_list("key", "kind", "valid_from", "valid_to", "begin_is_known")
    )


def test_both_maps_keep_every_invariant() -> None:
    assert units_check() == []


# ------------------------------------------------------------------------------------------------- what became of whom


def moved(source: date, target: date) -> Transition:
    return transition(acts(), lives(), source=source, target=target, measure=POPULATION)


def test_every_commune_went_somewhere_on_the_day_and_440_were_divided() -> None:
    rows = moved(EVE, CHANGE).rows
    communes = tree_on(EVE).of_kind({"commune"})
    assert all(rows[unit] for unit in communes)
    divided = Succession.objects.filter(extent="part", reorganisation__origin__startswith="vn.2025-07-01")
    assert divided.values("predecessor_id").distinct().count() == 440
    assert {unit for row in rows.values() for unit in row} >= set(tree_on(CHANGE).of_kind({"commune"}))


def test_a_correction_of_a_succession_names_the_commune_that_was_taken_for_it() -> None:
    wanted = succession_corrections(PACKS / "vn" / "units" / "successions-2025.yaml")
    assert sum(not one.goes for one in wanted) == 33
    before, after = codes(EVE, "commune"), codes(CHANGE, "commune")
    names = unit_names(EVE)
    went = set(Succession.objects.values_list("predecessor_id", "successor_id"))
    for one in wanted:
        assert ((before[one.old], after[one.new]) in went) == one.goes, one
        if one.namesake:
            assert (before[one.namesake], after[one.new]) in went, one
            assert same_name(names[before[one.namesake]]) == same_name(names[before[one.old]])
    assert sum(not one.goes and not one.namesake for one in wanted) == 2


def test_districts_end_without_a_successor_but_for_the_islands() -> None:
    law = Reorganisation.objects.get(kind="level_abolished")
    eve, names = tree_on(EVE), unit_names(EVE)
    ended = {unit for unit, key in ends().items() if key == law.key}
    islands = set(eve.of_kind({"district"})) - ended
    assert len(ended) == 691
    bare = {split_name(names[unit]).bare for unit in islands}
    assert bare == {"Bạch Long Vĩ", "Cồn Cỏ", "Hoàng Sa", "Lý Sơn", "Côn Đảo"}
    found = moved(EVE, CHANGE)
    morrow = unit_names(CHANGE)
    assert {split_name(morrow[new]).word for unit in islands for new in found.rows[unit]} == {"Đặc khu"}
    assert set(found.lost.values()) == {law.key}


def test_sixty_three_provinces_went_into_thirty_four() -> None:
    found, tree = moved(EVE, CHANGE), tree_on(EVE)
    rows = {unit: found.rows[unit] for unit in tree.of_kind({"province"})}
    assert all(len(row) == 1 and all(share == WHOLE for share in row.values()) for row in rows.values())
    came = Counter(new for row in rows.values() for new in row)
    assert Counter(came.values()) == {1: 11, 2: 17, 3: 6}
    law = Reorganisation.objects.get(number="202/2025/QH15")
    assert {act for unit in rows for act in found.acts.get(unit, ())} == {law.key}


def test_an_act_whose_number_was_not_seen_has_none_and_says_so() -> None:
    laws = Reorganisation.objects.filter(origin__startswith="vn.2025-07-01.communes.")
    assert laws.count() == 34
    assert laws.get(origin="vn.2025-07-01.communes.19").number == "1683/NQ-UBTVQH15"
    assert {law.confidence for law in laws.filter(number="")} == {"unconfirmed"}
    assert "unconfirmed" not in {law.confidence for law in laws.exclude(number="")}


def test_the_pilot_commune_of_2014_is_followed_over_both_steps() -> None:
    pilot = unit_find("gso:17212@2014-06-30", date(2014, 6, 30))
    middle = unit_find("gso:17212@2024-12-01", date(2024, 12, 1))
    assert middle.valid_from == date(2024, 12, 1)
    assert middle.begin_is_known
    found = moved(date(2014, 6, 30), CHANGE)
    ((now, share),) = found.rows[pilot.pk].items()
    assert (unit_names(CHANGE)[now], share) == ("Xã Quỳnh Phú", WHOLE)
    passed = [Reorganisation.objects.get(key=key) for key in found.acts[pilot.pk]]
    assert [(act.confidence, act.origin) for act in passed] == [
        ("inferred", "vn.2024-12-01.nghe-an.quynh-luu"),
        ("unconfirmed", "vn.2025-07-01.communes.40"),
    ]
    district = unit_find("Huyện Quỳnh Lưu", date(2014, 6, 30))
    then = tree_on(date(2014, 6, 30)).of_kind({"commune"}, under=district.pk)
    days = (date(2014, 6, 30), date(2024, 12, 1), CHANGE)
    counts = [len({new for unit in then for new in moved(days[0], day).rows[unit]}) for day in days]
    assert counts == [33, 25, 7]


def test_hue_is_one_unit_under_two_names() -> None:
    days = (date(2024, 12, 31), date(2025, 1, 1))
    units = [unit_on(scheme=GSO, code="46", on=day) for day in days]
    assert units[0] == units[1] is not None
    assert [unit_name(units[0], day) for day in days if units[0]] == ["Tỉnh Thừa Thiên Huế", "Thành phố Huế"]
    assert moved(*days).acts.get(units[0].pk if units[0] else 0) is None, "another type changes no figure"


def test_ha_tay_went_into_ha_noi_and_parts_of_its_neighbours_have_bounds() -> None:
    days = (date(2008, 7, 31), date(2008, 8, 1))
    ha_tay, ha_noi, vinh_phuc = (unit_on(scheme=GSO, code=code, on=days[0]) for code in ("28", "01", "26"))
    assert ha_tay is not None
    assert ha_noi is not None
    assert vinh_phuc is not None
    rows = moved(*days).rows
    assert rows[ha_tay.pk] == {ha_noi.pk: WHOLE}
    assert rows[ha_noi.pk] == {ha_noi.pk: WHOLE}
    assert rows[vinh_phuc.pk] == {ha_noi.pk: UNKNOWN, vinh_phuc.pk: UNKNOWN}
    assert unit_on(scheme=GSO, code="01", on=CHANGE) == ha_noi
    assert unit_on(scheme=GSO, code="28", on=days[1]) is None


def test_points_stand_for_units_on_both_maps() -> None:
    found = points()
    for day in (EVE, CHANGE):
        assert set(tree_on(day).of_kind({"province", "district", "commune"})) <= found.keys()
    assert all(8 < latitude < 24 and 102 < longitude < 115 for latitude, longitude in found.values())


def test_everything_that_was_loaded_is_in_order() -> None:
    assert units_check() == []


def test_no_predecessor_stands_beside_its_successor() -> None:
    """A unit that ended is gone on the day of its act; one that began was not there on the eve. What took in others and
    went on, and what gave a part away and went on, stands on both days with a share of itself."""
    for act in acts():
        stayed = {link.predecessor for link in act.links if link.predecessor == link.successor}
        day, eve = tree_on(act.day), tree_on(act.day - timedelta(days=1))
        for link in act.links:
            assert link.predecessor not in day or link.predecessor in stayed, (act.key, link)
            assert link.successor not in eve or link.successor in stayed, (act.key, link)
