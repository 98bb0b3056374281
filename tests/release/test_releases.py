"""What is frozen for a paper, and that the same release gives the same paper whatever happens afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pytest
from django.db import DatabaseError
from tests.collection.conftest import H1, House, house

from tienbo.catalogue.definitions import Outline
from tienbo.core.faults import Refused
from tienbo.engine.evaluate import Audience
from tienbo.engine.values import FrozenValues, Status
from tienbo.release.frozen import Office, values_of
from tienbo.release.models import Document, Release
from tienbo.release.reading import Reader
from tienbo.release.services import document_write, outline_for, release_find, release_make
from tienbo.units.services import unit_create

__all__ = ["house"]
pytestmark = [pytest.mark.database, pytest.mark.django_db]
OFFICE = Office("committee", "Sông Mây")


def reader(house: House, **more: Any) -> Reader:
    return Reader(
        stores=house.stores,
        edition=house.edition,
        audience=Audience("statutory", house.root.pk),
        scope=house.root.pk,
        **more,
    )


def make(house: House, **more: Any) -> Release:
    asked = {"unit": house.root, "period": H1, "kind": "six-month", "office": OFFICE, **more}
    return release_make(reader=reader(house), actor=house.actor, **asked)


def filled(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40, staff__women=10)
    house.send("Xã Bình Minh", accept=True, staff__total=20, staff__women=11)


def value(release: Release, indicator: str = "staff.women", unit: str | None = None) -> Any:
    frozen = FrozenValues.from_json(release.values_json)
    return frozen.get(indicator, unit or release.unit.key, release.period_code)


def test_a_release_holds_the_values_of_its_moment_with_their_parts(house: House) -> None:
    filled(house)
    held = value(make(house))
    # 10 of 40 and 11 of 20: 21 of 60.
    assert (held.numerator, held.denominator, held.value) == (Decimal(21), Decimal(60), Decimal(35))
    assert (held.units_reported, held.units_due) == (2, 3)


def test_unchanged_facts_give_the_release_that_is_there(house: House) -> None:
    filled(house)
    assert make(house).key == make(house).key
    assert Release.objects.count() == 1


def test_facts_that_change_nothing_on_the_paper_make_no_new_release(house: House) -> None:
    """Another period's figures are another version of the facts, and the same paper."""
    filled(house)
    first = make(house)
    before = reader(house).facts_version
    house.send("Xã An Bình", accept=True, staff__total=40, staff__women=10, classes__total=0)
    assert reader(house).facts_version != before
    same = make(house)
    assert same.fingerprint == first.fingerprint or value(same) == value(first)


def test_changed_facts_make_another_release_and_the_first_stays_as_it_was(house: House, tmp_path: Path) -> None:
    filled(house)
    first = make(house)
    papers = [tmp_path / "first.docx", tmp_path / "first.pdf"]
    for paper in papers:
        document_write(release=first, path=paper)
    house.send("Xã An Bình", accept=True, staff__total=40, staff__women=30)
    second = make(house)
    assert second.key != first.key
    assert value(second).value != value(first).value == Decimal(35)
    for paper in papers:
        later = tmp_path / f"later{paper.suffix}"
        document_write(release=release_find(first.key), path=later)
        assert later.read_bytes() == paper.read_bytes()
    assert Document.objects.filter(release=first).count() == 2, "the same bytes are one document"


def test_a_release_says_what_it_was_made_from(house: House) -> None:
    filled(house)
    made = make(house)
    assert made.edition.fingerprint == json.loads(made.values_json)["meta"]["edition"]
    assert made.facts_version == reader(house).facts_version
    assert len(made.map_fingerprint) == len(made.fingerprint) == 64
    assert made.code_version
    unit_create(kind="commune", name="Xã Đông Hòa", begins=date(2014, 1, 1), parent=house.root)
    other = make(house)
    assert other.map_fingerprint != made.map_fingerprint
    assert other.facts_version == made.facts_version


def test_a_release_is_not_rewritten(house: House) -> None:
    filled(house)
    made = make(house)
    made.values_json = "{}"
    with pytest.raises(DatabaseError, match="releases_are_never_rewritten"):
        made.save()


def test_of_the_units_below_only_what_is_printed_is_frozen(house: House) -> None:
    filled(house)
    frozen = FrozenValues.from_json(make(house).values_json)
    below = {house.units[name].key for name in ("Xã An Bình", "Xã Bình Minh")}
    assert not [one for one in frozen if one.unit in below], "the sample outline shows nothing by unit"
    raw = house.edition.outlines["six_month"].model_dump()
    bars = {"kind": "bars", "title": {"vi": "Theo xã", "en": "By commune"}, "indicators": ["staff.women"]}
    raw["sections"][1]["charts"] = (*raw["sections"][1]["charts"], bars)
    shown = values_of(reader(house), house.root, H1, Outline.model_validate(raw))
    assert {one.indicator for one in shown if one.unit in below} == {"staff.women"}


def test_units_without_a_return_are_missing_by_name_and_kind(house: House) -> None:
    filled(house)
    context = json.loads(make(house).context_json)
    assert context["missing"] == ["Sở Nội vụ", "Phường Cẩm Tú"], "offices first"
    assert context["missing_kinds"] == ["department", "commune"]
    assert context["due"] == 4


def test_words_of_returns_are_kept_with_their_unit(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=4, texts={"highlight": "Mở lớp cho trưởng thôn."})
    context = json.loads(make(house).context_json)
    assert [(one["unit"], one["text"]) for one in context["texts"]] == [("Xã An Bình", "Mở lớp cho trưởng thôn.")]


def test_a_period_before_anything_was_asked_is_nothing_to_compare_with(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=4)
    context = json.loads(make(house).context_json)
    assert context["same_last_year"] == "2025-H1"
    first = json.loads(make(house, period=H1.parse("2014-H1")).context_json)
    assert first["same_last_year"] is None
    assert first["previous"] is None


def test_a_period_with_other_units_is_not_comparable(house: House) -> None:
    filled(house)
    assert json.loads(make(house).context_json)["comparable"]["2025-H2"] is True
    unit_create(kind="commune", name="Xã Đông Hòa", begins=date(2026, 1, 1), parent=house.root)
    assert json.loads(make(house).context_json)["comparable"]["2025-H2"] is False


def test_a_report_is_made_for_the_kind_of_period_it_is_of(house: House) -> None:
    with pytest.raises(Refused) as refused:
        make(house, period=H1.parse("2026"))
    assert refused.value.faults[0].code == "report.wrong_period"
    assert "2026-H1" in refused.value.faults[0].sentence()


def test_a_kind_without_an_outline_and_an_unknown_profile_are_refused_in_words(house: House) -> None:
    with pytest.raises(Refused) as refused:
        make(house, kind="thematic")
    assert refused.value.faults[0].code == "report.no_outline"
    with pytest.raises(Refused) as refused:
        make(house, office=Office("nobody", "Sông Mây"))
    assert refused.value.faults[0].code == "report.no_profile"


def test_a_paper_is_word_or_pdf(house: House, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        document_write(release=make(house), path=tmp_path / "report.odt")
    assert refused.value.faults[0].code == "report.unknown_suffix"
    with pytest.raises(Refused):
        release_find("release_none")


def test_the_outline_of_the_most_specific_kind_wins_and_a_code_names_one(house: House) -> None:
    base = house.edition.outlines["six_month"]
    health = base.model_copy(update={"code": "of_health", "kind": "own", "for_kinds": ("department.health",)})
    common = base.model_copy(update={"code": "of_all", "kind": "own", "for_kinds": ("department",)})
    held = replace(house.edition, outlines={"of_all": common, "of_health": health})
    assert outline_for(held, "own", "department.health", "Sở Y tế").code == "of_health"
    assert outline_for(held, "own", "department.justice", "Sở Tư pháp").code == "of_all"
    assert outline_for(held, "of_all", "department.health", "Sở Y tế").code == "of_all"


def test_what_the_reader_may_not_see_is_not_frozen_as_a_figure(house: House) -> None:
    """Violence is told to its own unit and to the office above it, and to nobody above that."""
    house.send("Xã An Bình", accept=True, staff__total=4, victims__total=3)
    nation = unit_create(kind="nation", name="Việt Nam", begins=date(2014, 1, 1))
    above = Reader(
        stores=house.stores, edition=house.edition, audience=Audience("statutory", nation.pk), scope=house.root.pk
    )
    frozen = values_of(above, house.root, H1, house.edition.outlines["six_month"])
    restricted = [one for one in frozen if one.status is Status.WITHHELD]
    assert all(one.value is None for one in restricted)


def test_the_paper_of_a_release_names_who_is_missing(house: House, tmp_path: Path) -> None:
    filled(house)
    document_write(release=make(house), path=tmp_path / "report.docx")
    text = "\n".join(paragraph.text for paragraph in docx.Document(str(tmp_path / "report.docx")).paragraphs)
    assert "Nữ chiếm 35%." in text
