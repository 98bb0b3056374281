"""Sign-ins, files taken out, restricted figures read and changes made by pages reach the journal with who did it (T35);
the page that shows it shows no figure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from tests.web.world import PASSWORD, PERIOD, World, say

from tienbo.core.faults import Fault
from tienbo.ground.journal import journal_head, journal_seal
from tienbo.ground.models import History, JournalCheck, JournalEvent, JournalMention
from tienbo.ground.spool import spool_take
from tienbo.ground.verify import journal_verify

pytestmark = [pytest.mark.database, pytest.mark.django_db]

Sit = Callable[[str], Client]


def events(since: int) -> list[JournalEvent]:
    """What came into the journal after an event. The test's transaction is one on PostgreSQL: what is noted by pages is
    an event each on both."""
    spool_take(settings.OFFICE.noted)
    journal_seal()
    return list(JournalEvent.objects.filter(seq__gt=since).order_by("seq"))


def test_signing_in_and_out_and_failing_to_are_events_of_their_person(world: World) -> None:
    cache.clear()
    journal_seal()
    before = journal_head().seq
    client = Client()
    client.post("/sign-in/", {"login": "office", "password": PASSWORD})
    client.post("/sign-out/")
    client.post("/sign-in/", {"login": "office", "password": "sai"})
    client.post("/sign-in/", {"login": "mat-khau-go-nham-cho", "password": "x"})
    for _ in range(5):
        client.post("/sign-in/", {"login": "head", "password": "sai"})
    found = events(before)
    mentioned = set(JournalMention.objects.filter(event__gt=before).values_list("what", flat=True))
    failed = [(one.kind, one.person) for one in found if one.kind.startswith("sign_in_")]
    assert failed.count(("sign_in_failed", "office")) == 1
    assert failed.count(("sign_in_failed", "")) == 1  # a name that is no account's is not kept
    assert failed.count(("sign_in_failed", "head")) == 5
    client.post("/sign-in/", {"login": "head", "password": PASSWORD})
    assert ("sign_in_locked", "head") in [(one.kind, one.person) for one in events(before)]
    assert {"person:office", "person:head"} <= mentioned
    assert not any("go-nham" in what for what in mentioned)
    noted = set(History.objects.filter(op="N", event__gt=before).values_list("table_name", "person"))
    assert {("sign_in", "office"), ("sign_out", "office")} <= noted


def test_what_is_read_taken_out_and_changed_by_pages_is_an_event_each(world: World, sit: Sit) -> None:
    office = sit("office")
    commune = world.communes[0]
    say(world, world.province, commune, PERIOD, start=30)
    journal_seal()
    before = journal_head().seq
    assert office.get("/2026-H1/intake/board.csv").status_code == 200
    assert office.get(f"/2026-H1/intake/{commune.key}/").status_code == 200
    assert office.get("/2026-H1/targets/").status_code == 200
    assert office.get("/2026-H1/units/").status_code == 200  # nothing restricted, nothing to note
    found = [(one.kind, one.person, one.door) for one in events(before)]
    assert ("export", "office", "page:intake_board") in found
    assert ("read", "office", "page:intake_return") in found
    assert not [one for one in found if one[2] == "page:units"]
    read = JournalEvent.objects.get(seq__gt=before, door="page:intake_return")
    assert JournalMention.objects.filter(event=read.seq, what=f"unit:{commune.pk}").exists()
    before = journal_head().seq
    preparer, save = sit("preparer"), f"/entry/{commune.key}/{PERIOD}/save/"
    for since in (-1, 0):  # the whole draft, then what came since
        asked = {"device": "a", "since": since, "saves": []}
        assert preparer.post(save, asked, "application/json").status_code == 200
    assert [one.kind for one in events(before) if one.door == "page:entry_save"] == ["read"]
    before = journal_head().seq
    answer = office.post("/accounts/act/", {"account": ["preparer"], "act": "close"})
    assert answer.status_code == 302
    (changed,) = [one for one in events(before) if one.kind == "write"]
    assert (changed.person, changed.door, changed.tables) == (
        "office",
        "page:accounts_act",
        "accounts_accountact,accounts_user",
    )
    before = journal_head().seq
    assert office.post("/accounts/act/", {"account": ["preparer"], "act": "reopen", "x": ""}).status_code == 200
    assert office.post("/accounts/act/", {"account": ["khong-co"], "act": "close"}).status_code == 404
    assert len(events(before)) == 1  # what was refused is none
    assert not journal_verify().faults


def test_the_journal_is_read_by_unit_person_and_kind_without_a_figure(world: World, sit: Sit) -> None:
    office = sit("office")
    commune = world.communes[0]
    say(world, world.province, commune, PERIOD, start=73_000)
    office.get("/2026-H1/intake/board.csv")
    events(0)
    page = office.get(f"/2026-H1/journal/?unit={commune.key}").content.decode()
    assert "Xã Đồng Tâm" in page
    number = JournalMention.objects.filter(what=f"unit:{commune.pk}").order_by("-event")[0].event
    one = office.get(f"/2026-H1/journal/{number}/").content.decode()
    assert "collection_revision" in one
    for canary in ("73000", "73.000", "73001"):
        assert canary not in page
        assert canary not in one
    taken = office.get("/2026-H1/journal/?person=office&kind=export&from=1/1/2020&to=31/12/2099").content.decode()
    assert "page:intake_board" in taken
    assert "page:intake_board" not in office.get("/2026-H1/journal/?person=office&kind=read").content.decode()
    assert "page:intake_board" not in office.get("/2026-H1/journal/?kind=export&to=31/12/2020").content.decode()
    assert office.get("/2026-H1/journal/?from=hôm-qua").status_code == 422
    assert office.get("/2026-H1/journal/99999999/").status_code == 404
    JournalCheck.objects.create(
        events=5, rows=True, by="operator:x", found=[Fault("journal.event_changed", "3", {"seq": 3}).as_json()]
    )
    assert "Sự kiện số 3 hoặc sự kiện liền trước đã bị sửa" in office.get("/2026-H1/journal/").content.decode()
    # Another province's office reads what is about its own units, and nothing else.
    other = sit("other_office").get("/2026-H1/journal/").content.decode()
    assert "Xã Đồng Tâm" not in other
    of_office = JournalEvent.objects.get(kind="export").seq
    assert sit("other_office").get(f"/2026-H1/journal/{of_office}/").status_code == 404
    for seat in ("preparer", "head", "partner", "chair"):
        assert sit(seat).get("/2026-H1/journal/").status_code == 404
