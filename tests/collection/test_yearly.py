""" "Không thay đổi" of what is asked once a year means the year before, not the half-year before, which did not ask."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.catalogue.edition import Raw, make
from tests.collection.conftest import House

from tienbo.catalogue.lint import lint
from tienbo.collection.manifest import facts_agree, facts_rebuild
from tienbo.core.faults import Level
from tienbo.core.periods import Period

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LAST_YEAR, FIRST_HALF, THIS_YEAR = (Period.parse(label) for label in ("2024-H2", "2025-H1", "2025-H2"))


def with_population(raw: Raw) -> None:
    """A stock asked once a year, in a block of its own."""
    models = next(row for row in raw["elements"] if row["code"] == "models")
    name = {"vi": "Dân số", "en": "Population"}
    raw["elements"].append({**models, "code": "population", "name": name, "measure": "person", "frequency": "year"})
    line = {"code": "population", "label": name, "element": "population", "required": False}
    block = {
        "code": "reach",
        "title": {"vi": "Số cả năm", "en": "Of the year"},
        "columns": ["total"],
        "may_be_nil": True,
        "may_be_unchanged": True,
        "lines": [line],
    }
    commune = next(row for row in raw["forms"] if row["code"] == "commune")
    commune["sheets"][0]["blocks"].append(block)


@pytest.fixture
def yearly(house: House) -> House:
    edition = make(with_population)
    assert not [fault for fault in lint(edition) if fault.level is Level.ERROR]
    return replace(house, edition=edition)


def test_a_yearly_block_is_carried_over_from_the_year_before(yearly: House) -> None:
    yearly.send("Xã An Bình", LAST_YEAR, accept=True, population__total=5200, staff__total=40)
    yearly.send("Xã An Bình", FIRST_HALF, accept=True, staff__total=41)
    result = yearly.send("Xã An Bình", THIS_YEAR, accept=True, statements={"people": "unchanged", "reach": "unchanged"})
    assert result.state == "received"
    said = yearly.said("accepted", THIS_YEAR)
    assert said["Xã An Bình", "population"] == 5200
    assert said["Xã An Bình", "staff"] == 41


def test_a_yearly_block_alone_needs_no_return_of_the_half_year_before(yearly: House) -> None:
    yearly.send("Xã An Bình", LAST_YEAR, accept=True, population__total=5200)
    result = yearly.send("Xã An Bình", THIS_YEAR, accept=True, statements={"reach": "unchanged"})
    assert result.state == "received"
    assert yearly.said("accepted", THIS_YEAR) == {("Xã An Bình", "population"): 5200}


def test_a_yearly_block_that_nobody_filled_in_a_year_before_is_refused_with_a_place(yearly: House) -> None:
    yearly.send("Xã An Bình", LAST_YEAR, accept=True, staff__total=40)
    yearly.send("Xã An Bình", FIRST_HALF, accept=True, staff__total=41)
    result = yearly.send("Xã An Bình", THIS_YEAR, statements={"people": "unchanged", "reach": "unchanged"})
    assert [(fault.code, fault.place) for fault in result.faults if fault.level is Level.ERROR] == [
        ("return.nothing_to_carry_over", "Biểu 01")
    ]


def test_year_after_year_goes_back_to_the_figure_and_a_rebuild_says_the_same(yearly: House) -> None:
    yearly.send("Xã An Bình", LAST_YEAR, accept=True, population__total=5200)
    yearly.send("Xã An Bình", THIS_YEAR, accept=True, statements={"reach": "unchanged"})
    next_year = Period.parse("2026-H2")
    yearly.send("Xã An Bình", next_year, accept=True, statements={"reach": "unchanged"})
    assert yearly.said("accepted", next_year) == {("Xã An Bình", "population"): 5200}
    yearly.send("Xã An Bình", LAST_YEAR, accept=True, population__total=5300)  # corrected after it was referred to
    assert facts_agree(store=yearly.stores.facts)
    facts_rebuild(store=yearly.stores.facts)
    assert yearly.said("accepted", next_year) == {("Xã An Bình", "population"): 5200}
