"""Every target of the domain reference is in the pack as it was seen there: document, years, tests, provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tienbo.catalogue.definitions import Indicator, Target
from tienbo.catalogue.loading import PACKS, Edition, read

EXPECTED: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "expected.yaml").read_text(encoding="utf-8")
)["targets"]

FREQUENCIES = {
    "yearly": "year",
    "quarterly": "quarter",
    "monthly": "month",
    "survey": "survey",
    "start_of_term": "term",
    "election": "election",
}

HELD_ELSEWHERE = {
    # The two events are each organisation's own: the sum of a province is not held against them. A province and the
    # nation are told the share of organisations that reach two (com.organisations_two_events_share) beside the target.
    "COM-1": {"commune"},
    # Totals of the whole nation, 9.000 groups: what a province or a commune owes is assigned to it, and is not known.
    **{code: {"national"} for code in ("DA8-1", "DA8-2", "DA8-3", "DA8-4")},
}
"""Targets that the pack holds at fewer levels than the reference has the quantity for, with the levels."""

ONE_DEFINITION = {
    # A quantity is defined once, however many texts set a value for it: here the statistical definition of women in
    # Party committees and councils, which was seen, and the count of community groups, which was not.
    "PARTY-NQ26-CAPUY": "PARTY-NQ11-CAPUY",
    "PARTY-NQ26-DEPUTIES": "PARTY-NQ11-DEPUTIES",
    "PARTY-CONG-2025-CAPUY": "PARTY-CONG-2020-CAPUY",
    "LOCAL-CAOBANG-DA8-1": "DA8-1",
}
"""Targets of a quantity that another target's row defines, with that target."""

NO_FIGURE = {"LM-4": "judged in words", "NSGE-5.1": "judged: yes or no"}
NO_PARTS = {
    "COM-3": "the text does not say points or per cent of the base",
    "GBV-1": "all victims: a survey, whose parts are not published",
    "SDG841-PRIMARY": "the whole population: the ministry's own figure",
    "SDG841-LOWERSEC": "the whole population: the ministry's own figure",
    "LOCAL-DONGNAI-6.1": "an example",
    "LOCAL-DONGNAI-REACH": "an example",
}
"""Targets whose indicator has no terms here, and why."""


@pytest.fixture(scope="module")
def edition() -> Edition:
    edition, _faults = read(PACKS / "vn")
    return edition


@pytest.fixture(scope="module")
def listed(reference: Path) -> dict[str, dict[str, Any]]:
    rows = yaml.safe_load((reference / "targets.yaml").read_text(encoding="utf-8"))["targets"]
    return {row["code"]: row for row in rows}


def set_by_year(target: Target) -> dict[int, str]:
    """Year → the test as `expected.yaml` writes it."""
    written = {}
    for year, value in target.values.items():
        assert value.value is not None
        written[year] = f"{value.op}{value.value.normalize():f}"
        if value.upper is not None:
            written[year] += f"..{value.upper.normalize():f}"
    return written


def indicator_of(edition: Edition, target: Target) -> Indicator:
    return edition.indicators[target.indicator]


def test_the_pack_has_exactly_the_targets_that_are_known(edition: Edition) -> None:
    assert set(edition.targets) == set(EXPECTED)


@pytest.mark.parametrize("code", EXPECTED)
def test_a_target_is_as_the_texts_have_it(edition: Edition, code: str) -> None:
    target, row = edition.targets[code], EXPECTED[code]
    document = edition.documents[target.document]
    assert {
        "unit": indicator_of(edition, target).unit.value,
        "direction": target.direction,
        "owner": target.owner,
        "values": set_by_year(target),
        "seen": target.confidence.value,
        "document": document.number,
        "dated": document.issued_on,
    } == dict(row)


def test_an_example_of_another_province_is_marked_and_held_against_nobody(edition: Edition) -> None:
    examples = {code for code, target in edition.targets.items() if target.example}
    assert examples == {code for code in EXPECTED if code.startswith("LOCAL-")}
    assert examples == {code for code, target in edition.targets.items() if target.owner == "provincial"}
    assert all(edition.targets[code].owner_unit and edition.targets[code].parent for code in examples)


def test_every_target_has_a_provider_a_frequency_and_something_to_measure_it_by(edition: Edition) -> None:
    bare = {code for code, target in edition.targets.items() if not indicator_of(edition, target).terms}
    assert bare == NO_FIGURE.keys() | NO_PARTS.keys()
    for code, target in edition.targets.items():
        indicator = indicator_of(edition, target)
        assert target.example or target.provider, code
        assert indicator.derived != "terms" or code not in bare, code
        for one in (indicator, *(edition.indicators[also] for also in target.also)):
            for term in one.terms:
                element = edition.elements[term.series.element]
                assert element.reporting, (code, element.code)
                assert element.cites, (code, element.code)


# ------------------------------------------------------------------------------- row by row against the reference


def test_the_reference_names_every_target_once(edition: Edition, listed: dict[str, dict[str, Any]]) -> None:
    assert set(listed) == set(edition.targets)


@pytest.mark.parametrize("code", EXPECTED)
def test_every_row_of_the_reference_is_in_the_pack(
    edition: Edition, listed: dict[str, dict[str, Any]], code: str
) -> None:
    row, target = listed[code], edition.targets[code]
    indicator, document = indicator_of(edition, target), edition.documents[target.document]
    assert target.name.vi == row["name_vi"]
    assert indicator.unit.value == row["unit"]
    assert target.direction == row["direction"]
    assert {year: value.op for year, value in target.values.items()} == row["operators"]
    assert {year: value.value for year, value in target.values.items()} == {
        year: Decimal(str(int(value) if isinstance(value, bool) else value)) for year, value in row["values"].items()
    }
    uppers = {year: value.upper for year, value in target.values.items() if value.upper is not None}
    assert uppers == {year: Decimal(str(value)) for year, value in row.get("upper_bound", {}).items()}
    assert target.owner == row["level"]
    assert set(target.levels) == HELD_ELSEWHERE.get(code, set(row["applies_to"]))
    assert target.confidence.value == row["confidence"]
    defined = ONE_DEFINITION.get(code, code)
    assert target.indicator == edition.targets[defined].indicator
    assert indicator.definition_confidence.value == listed[defined]["definition_confidence"]
    assert target.frequency == FREQUENCIES.get(row.get("frequency", ""), target.frequency)
    assert row["legal_basis"].startswith(document.number)
    day = re.search(r"\((\d+)/(\d+)/(\d{4})\)", row["legal_basis"].partition(";")[0])
    if day:
        assert document.issued_on == f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
    year = re.search(r"\((\d{4})\)", row["legal_basis"])
    if year:
        assert (document.issued_on or "").startswith(year[1])
    assert target.parent == row.get("parent")
    assert target.sdg == row.get("sdg")
    assert target.from_year == row.get("from_year")
    assert target.baseline == (Decimal(str(row["baseline"]["value"])) if "baseline" in row else None)


PROVIDERS = {
    "NSGE-3.2a": "Cơ sở dữ liệu về phòng, chống bạo lực gia đình; UBND xã",
    "NSGE-3.2b": "Cơ sở dữ liệu về phòng, chống bạo lực gia đình; UBND xã",
}
"""Providers that the pack writes out where the reference abbreviates."""


def test_the_provider_is_the_one_the_reference_names(edition: Edition, listed: dict[str, dict[str, Any]]) -> None:
    for code, row in listed.items():
        if "data_provider" in row:
            provider = edition.targets[code].provider
            assert provider is not None
            assert provider.vi.casefold() == PROVIDERS.get(code, row["data_provider"]).casefold(), code


def test_what_the_reference_adds_to_a_value_is_kept_beside_it(
    edition: Edition, listed: dict[str, dict[str, Any]]
) -> None:
    """Conditions, thresholds, stages and base years are where the figure is judged or explained."""
    for code, row in listed.items():
        target = edition.targets[code]
        indicator = indicator_of(edition, target)
        if "extra_condition" in row or "condition" in row:
            assert target.extra_condition is not None, code
        if "notes" in row:
            assert target.note is not None, code
        if "stage_by_year" in row:
            assert all(target.values[year].note is not None for year in row["stage_by_year"])
        if "base_year" in row:
            assert str(row["base_year"]) in (target.note.vi if target.note else "")
        if "traps" in row:
            assert indicator.traps, code
        if "same_as" in row:
            assert target.indicator == edition.targets[row["same_as"]].indicator
    per_quarter = indicator_of(edition, edition.targets["NSGE-6.3"]).numerator[0]
    assert per_quarter.each == "quarter"
    assert per_quarter.test is not None
    assert (per_quarter.test.op, per_quarter.test.value) == (
        ">=",
        listed["NSGE-6.3"]["threshold"]["items_per_quarter"],
    )
    per_year = indicator_of(edition, edition.targets["LOCAL-DONGNAI-EVENTS"]).numerator[0]
    assert per_year.test is not None
    assert per_year.test.value == listed["LOCAL-DONGNAI-EVENTS"]["threshold"]["events_per_year"]
    rule = listed["PARTY-NQ11-30RULE"]["condition"]
    for form in edition.forms.values():
        for sheet in form.sheets:
            for count in (count for block in sheet.blocks for count in block.counts if count.element == "rule30.due"):
                (test,) = count.where
                assert (test.op, test.value * 100) == (rule["operator"], rule["value"])


def test_a_ratio_has_both_of_its_parts_and_a_count_has_one(edition: Edition, listed: dict[str, dict[str, Any]]) -> None:
    for code, row in listed.items():
        indicator = indicator_of(edition, edition.targets[code])
        if code in NO_FIGURE or code in NO_PARTS:
            continue
        assert bool(indicator.numerator) == (row["numerator"] is not None), code
        assert bool(indicator.denominator) == (row["denominator"] is not None), code


def test_people_reached_are_an_estimate_or_a_survey_and_never_summed_attendances(edition: Edition) -> None:
    """6.1: people counted once, each unit saying how; lượt người of events and classes stay where they are."""
    indicator = indicator_of(edition, edition.targets["NSGE-6.1"])
    elements = [edition.elements[term.series.element] for term in indicator.terms]
    assert [element.code for element in elements] == ["outreach.people", "population.total"]
    assert {element.measure for element in elements} == {"person"}
    assert all(not term.count_units for term in indicator.terms)
    asking = [form for form in edition.forms.values() if "outreach.people" in _asked(edition, form.code)]
    assert [form.code for form in asking] == ["xa"]
    headings = {text.heading for form in asking for sheet in form.sheets for b in sheet.blocks for text in b.texts}
    assert "method" in headings


def _asked(edition: Edition, form: str) -> set[str]:
    blocks = (block for sheet in edition.forms[form].sheets for block in sheet.blocks)
    return {line.element for block in blocks for line in block.lines}
