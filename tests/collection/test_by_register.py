"""What a register counts stands beside what is reported: asked about, explained, never put in its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.collection.conftest import House
from tests.collection.test_sending import NAME, change, drafted, send

from tienbo.accounts.actors import operator
from tienbo.collection.draft_models import Draft
from tienbo.collection.editions import edition_of
from tienbo.collection.sending import draft_read
from tienbo.core.faults import Fault
from tienbo.papers.cells import why
from tienbo.registers.models import Record
from tienbo.registers.services import record_add, record_move

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def held(house: House, *, came: str, women: str) -> Record:
    """A class that the unit led in the period, in its register."""
    campaign = house.campaign()
    edition = edition_of(campaign.edition.fingerprint)
    kind, day = edition.registers["class"], edition.calendar.span(campaign.period).start
    given = {"edition": edition, "kind": kind, "actor": operator("thử nghiệm"), "today": day + timedelta(days=300)}
    typed = {"subject": "Bình đẳng giới", "begins": f"{day:%d/%m/%Y}", "led": "yes", "came": came, "women": women}
    record = record_add(unit=house.units[NAME], typed=typed, **given)  # type: ignore[arg-type]
    return record_move(record=record, seen=1, move="hold", **given)  # type: ignore[arg-type]


def asked(draft: Draft) -> list[Fault]:
    return [fault for fault in draft_read(draft).faults if fault.code == "return.other_than_register"]


def test_a_figure_other_than_the_register_s_is_asked_about_and_stays(house: House) -> None:
    held(house, came="30", women="19")
    held(house, came="10", women="2")
    draft = drafted(house, classes__total="2", attendances__total="40", attendances__women="23")
    (fault,) = asked(draft)
    assert (fault.fields["counted"], fault.fields["reported"]) == (21, 23)
    assert draft_read(draft).cell(fault) == "figure/attendances:women"
    change(draft, **{why(fault): "Hai lượt nữ của lớp huyện mở."})
    sent = send(house, draft)
    (told,) = [row for row in sent.revision.warnings if row["code"] == fault.code]
    assert told["fields"]["explained"] == "Hai lượt nữ của lớp huyện mở."
    assert "23" in sent.revision.content


def test_nothing_is_asked_of_a_unit_that_keeps_no_register_or_said_nothing(house: House) -> None:
    draft = drafted(house, classes__total="5")
    assert asked(draft) == []
    held(house, came="30", women="19")
    change(draft, classes__total="")
    assert asked(draft) == []


def test_a_block_that_says_none_occurred_is_asked_about_what_did(house: House) -> None:
    held(house, came="30", women="0")
    draft = drafted(house, **{"say/training": "nil"})
    assert {(fault.fields["counted"], fault.fields["reported"]) for fault in asked(draft)} == {(1, 0), (30, 0)}
