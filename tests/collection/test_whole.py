"""A whole return in one transaction: the rows, the rules and the answers of saving and sending it step by step."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.collection.conftest import H1, House
from tests.collection.test_sending import ANN, HEAD, NAME, STAFF, WOMEN, change, code_of
from tests.collection.test_two_deciding import _apart, _shared

from tienbo.collection.campaigns import campaign_close
from tienbo.collection.draft_models import Draft, DraftSave, Prepared, Submission
from tienbo.collection.drafts import asides_open, draft_cells, draft_open, draft_save
from tienbo.collection.manifest import facts_agree
from tienbo.collection.models import Approval, Decision, FactSegment, Receipt, Return, Revision
from tienbo.collection.sending import Differs, Sent, draft_send
from tienbo.collection.whole import Whole, _ready, _taken, whole_send
from tienbo.core.faults import Refused

ON_POSTGRESQL = "TIENBO_DATABASE" in os.environ
pytestmark = [pytest.mark.database, pytest.mark.django_db]
OTHER, THIRD = "Xã Bình Minh", "Phường Cẩm Tú"
CELLS = {STAFF: "40", WOMEN: "12", "as_of": "20/5/2026"}


def said(house: House, unit: str, key: str = "w1", seen: int = 0, **more: Any) -> Whole:
    cells = more.pop("cells", CELLS)
    return Whole(house.campaign(), house.units[unit], "commune", key, cells, seen, HEAD, "máy thử", **more)


def send(house: House, unit: str = NAME, key: str = "w1", seen: int = 0, **more: Any) -> Sent:
    return whole_send(whole=said(house, unit, key, seen, **more), stores=house.stores)


def rows_of(house: House, unit: str) -> Mapping[str, Any]:
    """What stands of a unit, told without numbers, moments and names."""
    at = house.units[unit]
    draft, of = Draft.objects.get(unit=at), Return.objects.get(unit=at)
    saves = DraftSave.objects.filter(draft=draft).order_by("number")
    revision = Revision.objects.get(of=of)
    prepared = Prepared.objects.get(draft=draft)
    return {
        "draft": (draft.cells, draft.version, draft.sha256, draft.form, draft.base_id == revision.pk),
        "saves": [(s.number, s.how, s.changes, s.aside, s.refused, s.sha256, s.base_id is None) for s in saves],
        "folded": draft_cells(draft) == draft.cells,
        "prepared": (prepared.version, prepared.sha256, prepared.warnings, prepared.proofs),
        "submission": Submission.objects.get(prepared=prepared).revision_id == revision.pk,
        "revision": (revision.number, revision.made, revision.warnings, of.latest_id == revision.pk, of.accepted_id),
        "content": revision.content.replace(at.key, ""),
        "decisions": list(Decision.objects.filter(revision=revision).values_list("act", flat=True)),
        "approved": Approval.objects.get(revision=revision).revision_sha256 == revision.sha256,
        "receipts": Receipt.objects.filter(revision=revision).count(),
        "facts": {series: value for (name, series), value in house.said("submitted").items() if name == unit},
    }


def test_the_rows_are_those_of_saving_and_sending_one_after_the_other(house: House) -> None:
    draft = draft_open(campaign=house.campaign(), unit=house.units[NAME], form="commune", actor=HEAD)
    draft_save(draft=draft, key="k", changes={cell: ("", text) for cell, text in CELLS.items()}, actor=HEAD)
    draft_send(draft=draft, key="s", sha256=draft.sha256, actor=HEAD, stores=house.stores)
    sent = send(house, OTHER)
    assert rows_of(house, OTHER) == rows_of(house, NAME)
    assert (sent.again, sent.revision.number, sent.receipt.revision_id) == (False, 1, sent.revision.pk)
    assert facts_agree(store=house.stores.facts)


def test_the_same_key_and_content_is_one_effect_and_one_receipt(house: House) -> None:
    first = send(house)
    again = send(house)
    assert (again.again, again.receipt) == (True, first.receipt)
    assert (Revision.objects.count(), DraftSave.objects.count(), Submission.objects.count()) == (1, 2, 1)
    other = send(house, key="w2", seen=2)  # pressed once more on another device: nothing new is said
    assert (other.receipt, Revision.objects.count(), Approval.objects.count()) == (first.receipt, 1, 1)


def test_other_content_under_the_same_key_is_refused_with_the_difference_and_both_are_kept(house: House) -> None:
    first = send(house)
    with pytest.raises(Differs) as refused:
        send(house, cells={**CELLS, STAFF: "41"})
    assert code_of(refused) == ["sending.other_content"]
    assert refused.value.cells == {STAFF: ("41", "40")}
    draft = Draft.objects.select_related("campaign__edition", "unit").get()
    assert [(one.cell, one.held, one.wanted) for one in asides_open(draft)] == [(STAFF, "40", "41")]
    assert draft.base_id == first.revision.pk
    with pytest.raises(Differs):  # the same again keeps nothing more
        send(house, cells={**CELLS, STAFF: "41"})
    assert DraftSave.objects.count() == 3


def test_a_cell_that_the_sender_has_not_seen_is_not_overwritten_and_nothing_is_sent(house: House) -> None:
    draft = draft_open(campaign=house.campaign(), unit=house.units[NAME], form="commune", actor=ANN)
    change(draft, staff__total="39", leaders__total="7")
    with pytest.raises(Differs) as refused:
        send(house)
    assert code_of(refused) == ["sending.not_the_draft"]
    assert refused.value.cells == {STAFF: ("40", "39"), "figure/leaders:total": ("", "7")}
    held = Draft.objects.get()
    assert (held.cells[STAFF], held.cells[WOMEN]) == ("39", "12")
    assert Revision.objects.count() == Prepared.objects.count() == 0
    with pytest.raises(Refused) as left:  # seen by now; two values of a cell are still to be chosen from
        send(house, seen=held.version, cells=held.cells)
    assert code_of(left) == ["sending.asides_left"]


def test_a_newer_return_follows_what_was_seen(house: House) -> None:
    send(house)
    newer = send(house, key="w2", seen=2, cells={STAFF: "50"})  # the others were taken out
    assert newer.revision.number == 2
    assert house.said("submitted") == {(NAME, "staff"): 50}
    assert Draft.objects.get().cells == {STAFF: "50"}
    assert list(DraftSave.objects.order_by("number").values_list("how", flat=True)) == ["typed", "sent"] * 2


def test_errors_are_all_told_at_their_places_nothing_is_sent_and_the_draft_has_it(house: House) -> None:
    wrong = {STAFF: "40", WOMEN: "41", "figure/leaders:total": "vài"}
    for _time in range(2):
        with pytest.raises(Refused) as refused:
            send(house, cells=wrong)
        assert set(code_of(refused)) == {"workbook.not_a_number", "return.part_exceeds_whole"}
        assert all(fault.place for fault in refused.value.faults)
    draft = Draft.objects.get()
    assert (draft.cells, draft.version, draft_cells(draft)) == (wrong, 1, wrong)
    assert Return.objects.count() == Prepared.objects.count() == FactSegment.objects.count() == 0
    assert send(house, seen=1).revision.number == 1  # mended, under the key nothing was sent with


def test_what_the_form_has_not_and_a_version_that_never_was_keep_nothing(house: House) -> None:
    for more in ({"cells": {"figure/nobody:total": "1"}}, {"cells": {}}, {"seen": 9}, {"key": "x" * 65}, {"key": ""}):
        with pytest.raises(Refused):
            send(house, **more)
    assert Draft.objects.count() == DraftSave.objects.count() == 0


def test_a_draft_begins_with_the_workbook_that_was_sent_and_one_that_came_since_is_shown(house: House) -> None:
    house.send(NAME, staff__total=30)
    with pytest.raises(Differs) as refused:
        send(house, cells={STAFF: "31"})
    assert code_of(refused) == ["sending.not_the_draft"]
    held = Draft.objects.get()
    assert DraftSave.objects.order_by("number").values_list("how", "key")[0] == ("begun", f"begun-{held.pk}")
    house.send(OTHER, staff__total=30)
    assert send(house, OTHER, "w2", seen=1, cells={STAFF: "31"}).revision.number == 2
    house.send(OTHER, staff__total=33)
    with pytest.raises(Differs) as came:
        send(house, OTHER, "w3", seen=3, cells={STAFF: "32"})
    assert code_of(came) == ["sending.another_came"]
    assert came.value.cells[STAFF] == ("32", "33")


def test_a_closed_campaign_keeps_the_save_and_takes_nothing(house: House) -> None:
    campaign_close(campaign=house.campaign(), actor=HEAD)
    with pytest.raises(Refused) as refused:
        send(house)
    assert code_of(refused) == ["campaign.closed"]
    save = DraftSave.objects.get()
    assert (save.refused, save.changes[STAFF], Draft.objects.get().cells) == ("campaign.closed", ["", "40"], {})


def test_unchanged_blocks_say_what_was_said_before(house: House) -> None:
    with pytest.raises(Refused) as refused:
        send(house, cells={"say/people": "unchanged"})
    assert code_of(refused) == ["return.nothing_to_carry_over"]
    house.send(NAME, H1.previous(), staff__total=7, accept=True)
    send(house, seen=1, cells={"say/people": "unchanged"})
    assert house.facts("submitted")[NAME, "staff"] == (7, "exact", "unchanged")


# -------------------------------------------------------------------------------------------- several in one go


def codes(answers: list[Any]) -> list[Any]:
    return [one.revision.number if isinstance(one, Sent) else [fault.code for fault in one.faults] for one in answers]


def test_several_go_into_one_transaction_and_one_segment_and_a_bad_one_takes_none_along(house: House) -> None:
    asked = [said(house, NAME), said(house, OTHER, "w2", cells={STAFF: "1", WOMEN: "2"}), said(house, THIRD, "w3")]
    answers = _taken([_ready(one) for one in asked], house.stores.facts)
    assert codes(answers) == [1, ["return.part_exceeds_whole"], 1]
    assert FactSegment.objects.count() == 1
    assert len({one.receipt.code for one in answers if isinstance(one, Sent)}) == 2
    assert Draft.objects.count() == 3
    assert facts_agree(store=house.stores.facts)


def test_a_key_that_another_unit_used_fails_alone(house: House) -> None:
    send(house, NAME, "w1")
    asked = [said(house, OTHER, "w1"), said(house, THIRD, "w3")]
    answers = _taken([_ready(one) for one in asked], house.stores.facts)
    assert codes(answers) == [["sending.other_content"], 1]
    assert (Revision.objects.count(), Draft.objects.count()) == (2, 3)  # what was refused is kept


def test_the_same_one_twice_in_a_go_has_one_effect(house: House) -> None:
    asked = [_ready(said(house, NAME)) for _ in range(3)]
    first, *again = _taken(asked, house.stores.facts)
    assert isinstance(first, Sent)
    assert [isinstance(one, Sent) and one.again and one.receipt.code for one in again] == [first.receipt.code] * 2
    assert Revision.objects.count() == 1


def test_what_breaks_in_the_middle_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    asked = [_ready(said(house, NAME)), _ready(said(house, OTHER, "w2"))]
    monkeypatch.setattr("tienbo.engine.facts.FactStore.write", full)
    assert [type(one) for one in _taken(asked, house.stores.facts)] == [OSError, OSError]
    assert Revision.objects.count() == Draft.objects.count() == DraftSave.objects.count() == 0
    monkeypatch.undo()
    assert codes(_taken(asked, house.stores.facts)) == [1, 1]


@pytest.mark.django_db(transaction=ON_POSTGRESQL)
def test_many_at_once_each_get_their_own_receipt(house: House, tmp_path: Path) -> None:
    house.campaign()
    where = _shared(tmp_path / "shared.sqlite3")
    units, gate = [NAME, OTHER, THIRD, NAME, OTHER, NAME], threading.Barrier(6)

    def one(unit: str) -> Callable[[], Any]:
        def sends() -> Any:
            whole = said(house, unit, f"at once {unit}".replace(" ", "").encode().hex()[:40])
            gate.wait(20)
            return whole_send(whole=whole, stores=house.stores).receipt.code

        return lambda: _apart(where, sends)

    with ThreadPoolExecutor(6) as pool:
        receipts = [each.result(60) for each in [pool.submit(one(unit)) for unit in units]]
    assert len(set(receipts)) == 3
    assert all(receipts[at] == receipts[units.index(unit)] for at, unit in enumerate(units))
