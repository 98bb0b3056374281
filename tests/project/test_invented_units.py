"""The demonstration's units: nobody's names, and the structure of a real merged province."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tienbo.catalogue.loading import load
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.project.invented_units import NATION_REF, PROVINCE_REF, Invented, OfficeRows, invented_units, read_rows
from tienbo.units.declared import Declared
from tienbo.units.models import GSO
from tienbo.units.names import split_name
from tienbo.units.vietnam import CHANGE, national_map


@pytest.fixture(scope="module")
def invented() -> Invented:
    return invented_units()


@pytest.fixture(scope="module")
def real() -> list[Declared]:
    return national_map()


def _areas(units: list[Declared]) -> list[Declared]:
    return [one for one in units if one.kind in ("province", "district", "commune")]


def test_no_invented_name_is_the_name_of_a_unit_of_viet_nam(invented: Invented, real: list[Declared]) -> None:
    taken = {fold(split_name(name.value).bare) for one in _areas(real) for name in one.names}
    assert len(taken) > 6000
    ours = {fold(split_name(name.value).bare) for one in _areas(invented.declared) for name in one.names}
    assert ours & taken == set()


def test_no_invented_district_or_commune_has_a_real_code(invented: Invented, real: list[Declared]) -> None:
    def codes(units: list[Declared]) -> set[str]:
        return {code.value[1] for one in units for code in one.codes if code.value[0] == GSO and len(code.value[1]) > 2}

    assert codes(invented.declared) & codes(real) == set()


def test_two_provinces_of_280_communes_become_one_of_92(invented: Invented) -> None:
    kinds = Counter((one.kind, one.span.start == CHANGE, one.span.end == CHANGE) for one in _areas(invented.declared))
    goes_on = kinds["commune", False, False]
    assert kinds["province", False, True] == 2
    assert kinds["province", True, False] == 1
    assert kinds["district", False, True] == 17
    assert goes_on == 2
    assert kinds["commune", False, True] + goes_on == 280
    assert kinds["commune", True, False] + goes_on == 92


def test_forty_departments_and_organisations_report_to_the_merged_province(invented: Invented) -> None:
    offices = [
        one for one in invented.declared if one.span.end is None and one.kind not in ("nation", "province", "commune")
    ]
    assert len(offices) == 40
    assert {one.kind.partition(".")[0] for one in offices} == {"department", "front", "party", "force"}


def test_every_kind_of_office_has_a_form_and_every_form_since_2019_a_unit(invented: Invented) -> None:
    edition, period = load("vn"), Period(2026, 1)
    forms = {ref: edition.form_for(unit.kind, period) for ref, unit in invented.reporters.items()}
    assert [ref for ref, form in forms.items() if form is None] == []
    asked = {form.code for form in edition.forms.values() if form.is_used(period) and "nation" not in form.for_kinds}
    used = {form.code for form in forms.values() if form is not None}
    assert {code for code in asked - used if not _is_above(edition.forms[code].for_kinds)} == set()


def _is_above(kinds: tuple[str, ...]) -> bool:
    """Forms of national agencies: nobody in a province fills them in."""
    return all(kind.startswith(("nation", "ministry", "national", "central")) for kind in kinds)


def test_a_commune_formed_of_one_alone_goes_on_under_its_key_and_moves_to_the_province(invented: Invented) -> None:
    moved = [one for one in invented.declared if len(one.parents) == 2]
    assert len(moved) == 2
    for one in moved:
        assert [parent.span.start for parent in one.parents][1] == CHANGE
        assert one.parents[1].value == PROVINCE_REF
        assert invented.reporters[one.ref].merged is False


def test_a_smaller_demonstration_keeps_the_refs_and_codes_of_the_whole(invented: Invented) -> None:
    small = invented_units(1)
    whole = {one.ref: one for one in invented.declared}
    assert {one.ref for one in small.declared} < whole.keys()
    assert all(one == whole[one.ref] for one in small.declared)
    assert NATION_REF in {one.ref for one in small.declared}


def test_offices_have_usual_titles_and_stand_once_in_an_era() -> None:
    offices = read_rows("offices.yaml", OfficeRows).offices
    for era in ("before", "after"):
        names = [one.name for one in offices if era in one.era]
        assert len(names) == len(set(names))


def test_every_district_and_commune_has_a_point_of_its_own_on_each_map(invented: Invented) -> None:
    for day in (CHANGE - timedelta(1), CHANGE):
        for kind in ("district", "commune"):
            standing = [one.ref for one in invented.declared if one.kind == kind and one.span.contains(day)]
            assert len({invented.points[ref] for ref in standing}) == len(standing)
