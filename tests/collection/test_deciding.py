"""Decisions name what was seen: by number and hash, all or none, and once though pressed twice. Where returns stand."""

from __future__ import annotations

import re
from datetime import date

import pytest
from tests.collection.conftest import H1, House, codes
from tests.collection.test_intake import rezipped

from tienbo.accounts.actors import operator
from tienbo.collection.deciding import OVERTAKEN, Seen, seen_accept, seen_ask_supplement
from tienbo.collection.models import Campaign, Decision
from tienbo.collection.standings import Standing, standings
from tienbo.core.faults import Refused
from tienbo.units.frames import tree_on

pytestmark = [pytest.mark.database, pytest.mark.django_db]
A, B, C = "Xã An Bình", "Xã Bình Minh", "Phường Cẩm Tú"


def seen(house: House, unit: str) -> Seen:
    latest = house.of(unit).latest
    assert latest is not None
    last = latest.decisions.order_by("pk").last()
    assert last is not None
    return Seen(house.units[unit].pk, latest.number, latest.sha256, last.pk)


def names(house: House) -> dict[int, str]:
    return {unit.pk: name for name, unit in house.units.items()}


def accept(house: House, *chosen: Seen) -> int:
    return seen_accept(roots=[house.root], period=H1, seen=chosen, actor=house.actor, names=names(house))


def ask(house: House, chosen: Seen, note: str) -> bool:
    return seen_ask_supplement(
        roots=[house.root], period=H1, seen=chosen, actor=house.actor, names=names(house), note=note
    )


def told(refused: Refused) -> list[tuple[str, object]]:
    return [(fault.code, fault.fields.get("unit")) for fault in refused.faults]


def stand(house: House, today: date = date(2026, 6, 1)) -> dict[str, Standing]:
    tree = tree_on(house.edition.calendar.last_day(H1))
    found = standings(root=house.root, edition=house.edition, period=H1, tree=tree, today=today)
    return {names(house)[one.unit]: one for one in found}


def test_what_was_seen_is_received_and_again_without_effect(house: House) -> None:
    for unit in (A, B):
        house.send(unit, staff__total=40)
    chosen = [seen(house, A), seen(house, B)]
    assert accept(house, *chosen) == 2
    assert accept(house, *chosen) == 0
    assert Decision.objects.filter(act="accept").count() == 2
    assert {one.note for one in Decision.objects.filter(act="accept")} == {""}
    assert house.said() == {(A, "staff"): 40, (B, "staff"): 40}


def test_one_that_is_received_already_does_not_keep_the_others_out(house: House) -> None:
    for unit in (A, B):
        house.send(unit, staff__total=40)
    accept(house, seen(house, A))
    assert accept(house, seen(house, A), seen(house, B)) == 1


def test_a_newer_return_keeps_all_of_them_out_and_is_named(house: House) -> None:
    for unit in (A, B):
        house.send(unit, staff__total=40)
    chosen = [seen(house, A), seen(house, B)]
    house.send(A, staff__total=41)
    with pytest.raises(Refused) as refused:
        accept(house, *chosen)
    assert told(refused.value) == [("decision.newer_came", A)]
    assert house.said() == {}


def test_the_same_words_sent_again_later_are_another_return(house: House) -> None:
    """40, 41, 40: the hash of the third is that of the first, its number is not."""
    path = house.book(A, staff__total=40)
    house.receive(path)
    first = seen(house, A)
    house.send(A, staff__total=41)
    saved = path.with_name("lưu lại.xlsx")
    rezipped(path, saved)
    house.receive(saved)
    assert seen(house, A).sha256 == first.sha256
    with pytest.raises(Refused) as refused:
        accept(house, first)
    assert told(refused.value) == [("decision.newer_came", A)]


def test_who_comes_second_is_told_who_decided_what_and_when_and_nothing_of_theirs_counts(house: House) -> None:
    for unit in (A, B):
        house.send(unit, staff__total=40)
    chosen = [seen(house, A), seen(house, B)]
    ask(house, chosen[0], "Bổ sung Biểu 02")
    house.actor = operator("người thứ hai")
    with pytest.raises(Refused) as refused:
        accept(house, *chosen)
    (fault,) = refused.value.faults
    assert fault.code in OVERTAKEN
    assert {fault.fields["unit"], fault.fields["note"]} == {A, "Bổ sung Biểu 02"}
    assert "tester" in fault.sentence()
    assert re.search(r"\d\d:\d\d", fault.sentence())
    assert not Decision.objects.filter(act="accept").exists(), "neither is the one beside it"
    assert accept(house, seen(house, A), chosen[1]) == 2, "having looked again, they decide"


def test_an_acceptance_never_stands_for_a_newer_revision(house: House) -> None:
    house.send(A, staff__total=40)
    accept(house, seen(house, A))
    house.send(A, staff__total=41)
    assert stand(house)[A].state == "sent"
    assert house.said() == {(A, "staff"): 40}, "what was received before counts until the newer one is decided on"
    with pytest.raises(Refused):
        accept(house, Seen(house.units[A].pk, 1, "0" * 64, 1))


def test_nothing_chosen_and_nothing_sent_are_told(house: House) -> None:
    house.send(A, staff__total=40)
    with pytest.raises(Refused) as nothing:
        accept(house)
    with pytest.raises(Refused) as unsent:
        accept(house, Seen(house.units[B].pk, 1, "0" * 64, 1))
    assert (told(nothing.value), told(unsent.value)) == (
        [("decision.nothing_chosen", None)],
        [("decision.nothing_sent", B)],
    )


def test_a_supplement_is_asked_once_with_its_note(house: House) -> None:
    house.send(A, accept=True, staff__total=40)
    chosen = seen(house, A)
    assert ask(house, chosen, " Bổ sung Biểu 02 ")
    assert not ask(house, chosen, "Bổ sung Biểu 02")
    assert ask(house, chosen, "Bổ sung Biểu 03")
    notes = Decision.objects.filter(act="ask_supplement").order_by("id").values_list("note", flat=True)
    assert list(notes) == ["Bổ sung Biểu 02", "Bổ sung Biểu 03"]
    assert house.said() == {}
    with pytest.raises(Refused) as refused:
        ask(house, chosen, " \n ")
    assert told(refused.value) == [("decision.no_note", None)]


def test_a_return_asked_to_be_supplemented_may_be_received_after_all(house: House) -> None:
    house.send(A, staff__total=40)
    ask(house, seen(house, A), "Xem lại")
    assert accept(house, seen(house, A)) == 1
    assert house.said() == {(A, "staff"): 40}
    assert ask(house, seen(house, A), "Xem lại"), "the same words after it was received are a new request"


def test_every_unit_that_owes_a_return_stands_somewhere(house: House) -> None:
    house.send(A, accept=True, staff__total=40)
    house.send(A, staff__total=41)
    house.send(B, accept=True, staff__total=40)
    house.send(C, staff__total=40)
    ask(house, seen(house, C), "Bổ sung")
    Campaign.objects.update(due_on=date(2026, 6, 25))
    found = stand(house)
    assert {name: one.state for name, one in found.items()} == {
        A: "sent",
        B: "received",
        C: "asked",
        "Sở Nội vụ": "not_begun",
    }
    assert (found[A].number, found[A].counts, found[C].counts, found[C].note) == (2, 1, None, "Bổ sung")
    assert found[A].sha256 == seen(house, A).sha256
    assert len(found[A].receipt) == 11
    assert stand(house, date(2026, 6, 25))["Sở Nội vụ"].state == "not_begun"
    assert stand(house, date(2026, 6, 26))["Sở Nội vụ"].state == "late"
    assert stand(house, date(2026, 6, 26))[C].state == "asked"


def test_before_the_period_is_opened_nobody_is_late(house: House) -> None:
    assert {one.state for one in stand(house, date(2030, 1, 1)).values()} == {"not_begun"}


def test_units_that_the_actor_may_not_bring_are_refused_and_say_nothing(house: House) -> None:
    path, other = house.book(A, staff__total=40), house.book(B, staff__total=50)
    mine = {house.units[B].pk}
    refused, taken = house.receive(path, other, units=mine)
    assert codes(refused) == ["intake.not_yours"]
    assert (refused.state, refused.unit, refused.receipt, taken.state) == ("refused", "", "", "received")
    house.receive(path)
    (known,) = house.receive(path, units=mine)
    assert (codes(known), known.receipt) == (["intake.not_yours"], "")
    assert house.said("submitted") == {(A, "staff"): 40, (B, "staff"): 50}
