"""The state of a return follows from its decisions; what was written stays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests.catalogue.edition import make, put
from tests.collection.conftest import H1, H2, House

from tienbo.catalogue.returns import Figure
from tienbo.collection.models import (
    Decision,
    KeptEdition,
    Measured,
    Receipt,
    Revision,
    Upload,
    UploadRevision,
)
from tienbo.collection.queries import contents_latest, restatements_with, revision_latest, revisions_waiting
from tienbo.collection.services import (
    campaign_open,
    edition_of_campaign,
    return_prepare,
    returns_take,
    revision_ask_supplement,
    revisions_accept,
)
from tienbo.core.faults import Refused
from tienbo.core.periods import Period

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NAME = "Xã An Bình"


def latest(house: House, name: str = NAME) -> Revision:
    found = house.of(name).latest
    assert found is not None
    return found


def accept(house: House, *revisions: Revision) -> None:
    revisions_accept(revisions=revisions, actor=house.actor)


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.faults[0].code


def test_a_campaign_goes_on_with_the_edition_it_was_opened_with(house: House) -> None:
    first = house.campaign()
    changed = make(put("indicators", "staff.women", name={"vi": "Tên khác", "en": "Another name"}))
    again = campaign_open(root=house.root, period=H1, edition=changed)
    assert again == first
    assert str(edition_of_campaign(again).indicators["staff.women"].name) == "Tỷ lệ nữ"
    other = campaign_open(root=house.root, period=H2, edition=changed)
    assert str(edition_of_campaign(other).indicators["staff.women"].name) == "Tên khác"


def test_a_campaign_is_of_a_half_year(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.campaign(Period.parse("2026"))
    assert code_of(refused) == "campaign.a_year"


def test_an_accepted_return_counts_and_its_decision_names_the_content(house: House) -> None:
    house.send(NAME, staff__total=40)
    accept(house, latest(house))
    assert house.said() == {(NAME, "staff"): 40}
    last = Decision.objects.latest("id")
    assert (last.act, last.revision_sha256, last.actor) == ("accept", latest(house).sha256, "tester")


def test_a_replaced_word_cannot_be_accepted_and_nothing_of_the_batch_is(house: House) -> None:
    house.send(NAME, staff__total=40)
    old = latest(house)
    house.send(NAME, staff__total=41)
    house.send("Xã Bình Minh", staff__total=7)
    with pytest.raises(Refused) as refused:
        accept(house, latest(house, "Xã Bình Minh"), old)
    assert code_of(refused) == "decision.not_the_last"
    assert house.said() == {}
    assert not Decision.objects.filter(act="accept").exists()


def test_a_return_is_accepted_once(house: House) -> None:
    house.send(NAME, accept=True, staff__total=40)
    with pytest.raises(Refused) as refused:
        accept(house, latest(house))
    assert code_of(refused) == "decision.already"


def test_asking_for_a_supplement_lets_the_one_accepted_before_count_again(house: House) -> None:
    house.send(NAME, accept=True, staff__total=40)
    house.send(NAME, accept=True, staff__total=44)
    revision_ask_supplement(revision=latest(house), actor=house.actor, note="Đề nghị giải thích số tăng.")
    assert house.said() == {(NAME, "staff"): 40}
    revision_ask_supplement_again_of_the_first_is_refused(house)
    house.send(NAME, staff__total=43)
    accept(house, latest(house))
    assert house.said() == {(NAME, "staff"): 43}


def revision_ask_supplement_again_of_the_first_is_refused(house: House) -> None:
    first = house.of(NAME).revisions.get(number=1)
    with pytest.raises(Refused) as refused:
        revision_ask_supplement(revision=first, actor=house.actor, note="")
    assert code_of(refused) == "decision.not_the_last"


def test_asking_the_only_return_for_a_supplement_leaves_the_unit_not_reported(house: House) -> None:
    house.send(NAME, accept=True, staff__total=40)
    revision_ask_supplement(revision=latest(house), actor=house.actor, note="Thiếu biểu 02.")
    assert house.said() == {}
    assert house.of(NAME).accepted is None


def test_a_second_thought_on_a_supplement_can_still_accept(house: House) -> None:
    house.send(NAME, staff__total=40)
    revision_ask_supplement(revision=latest(house), actor=house.actor, note="?")
    accept(house, latest(house))
    assert house.said() == {(NAME, "staff"): 40}


def test_what_waits_is_the_last_word_of_each_unit_not_asked_to_supplement(house: House) -> None:
    house.send(NAME, staff__total=40)
    house.send(NAME, staff__total=41)
    house.send("Xã Bình Minh", staff__total=7)
    house.send("Phường Cẩm Tú", accept=True, staff__total=9)
    revision_ask_supplement(revision=latest(house, "Xã Bình Minh"), actor=house.actor, note="?")
    assert revisions_waiting(roots=[house.root], period=H1) == [latest(house)]
    assert revisions_waiting(roots=[house.root], period=H1, unit=house.units["Xã Bình Minh"]) == []
    assert revision_latest(roots=[house.root], period=H1, unit=house.units[NAME]) == latest(house)
    said = contents_latest(root=house.root, period=H1, units=[one.pk for one in house.units.values()])
    assert {unit: content.figures["staff:total"].value for unit, content in said.items()} == {
        house.units[NAME].pk: 41,
        house.units["Xã Bình Minh"].pk: 7,
        house.units["Phường Cẩm Tú"].pk: 9,
    }


def test_official_figures_are_accepted_with_the_return_they_came_in(house: House) -> None:
    estimate = {"classes__total": Figure(Decimal(12), "estimate"), "as_of": date(2025, 11, 20)}
    house.send(NAME, H2, accept=True, **estimate)
    before = house.content(NAME, H2, **estimate)
    house.send(NAME, before=before, restated={"classes:total": Figure(Decimal(14))}, staff__total=40)
    assert house.said("accepted", H2) == {(NAME, "classes"): 12}
    waiting = revisions_waiting(roots=[house.root], period=H1)
    accept(house, *restatements_with(waiting), *waiting)
    assert house.said("accepted", H2) == {(NAME, "classes"): 14}
    assert house.said("accepted", H1) == {(NAME, "staff"): 40}
    assert restatements_with(waiting) == []


def test_a_unit_does_not_stand_twice_among_returns_taken_in_together(house: House) -> None:
    content = house.content(NAME, staff__total=40)
    one = return_prepare(campaign=house.campaign(), unit=house.units[NAME], content=content)
    with pytest.raises(ValueError, match="twice"), transaction.atomic():
        returns_take(incoming=[one, one], actor=house.actor)
    later = house.content("Xã Bình Minh", H2, staff__total=40)
    other = return_prepare(campaign=house.campaign(H2), unit=house.units["Xã Bình Minh"], content=later)
    with pytest.raises(ValueError, match="one period"), transaction.atomic():
        returns_take(incoming=[one, other], actor=house.actor)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (Revision, {"content": "{}"}),
        (Revision, {"sha256": "0" * 64}),
        (Decision, {"act": "accept"}),
        (Receipt, {"code": "AAAAA-AAAAA"}),
        (Upload, {"name": "khác.xlsx"}),
        (KeptEdition, {"definitions": "{}"}),
        (Measured, {"series": "staff[sex=m]"}),
        (UploadRevision, {"upload_id": 0}),
    ],
)
def test_what_was_written_is_neither_changed_nor_deleted(house: House, table: type, change: dict[str, object]) -> None:
    house.send(NAME, staff__total=40)
    rows = table.objects.all()  # type: ignore[attr-defined]
    assert rows.exists()
    with pytest.raises(IntegrityError, match="never_rewritten"), transaction.atomic():
        rows.update(**change)
    with pytest.raises(IntegrityError, match="never_rewritten"), transaction.atomic():
        rows._raw_delete(rows.db)
