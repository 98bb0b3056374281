"""T45: what may not be here is frozen, every copy of it listed and purged, and hashes alone are kept."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tienbo.accounts.actors import operator
from tienbo.ground.files import FileStore
from tienbo.ground.journal import journal_seal
from tienbo.ground.keys import new_key
from tienbo.ground.models import History, Job
from tienbo.ground.triggers import missing, own_models
from tienbo.ground.verify import journal_verify
from tienbo.processes import spill as spilling
from tienbo.project.backup import key_make
from tienbo.project.site import Site, site_create
from tienbo.protection.breaches import breach_signal
from tienbo.protection.models import JournalPurge, Spill, SpillRecord, SubjectRequest
from tienbo.protection.purging import (
    MARKER,
    files_with,
    history_digest,
    purged_events,
    purges_mark,
    rows_purge,
    rows_with,
    spellings,
    triggers_aside,
)
from tienbo.protection.requests import Typed, request_note
from tienbo.units.services import unit_create

DRILLS = int(os.environ.get("TIENBO_DRILLS", "30"))
TABLES = {"ground_history", "registers_recordversion", "protection_subjectrequest", "ground_job"}
DRILL = Path(__file__).with_name("a_spill_drill.py")


@pytest.fixture
def site(tmp_path: Path, drill_database: str) -> Site:
    """A site with backups, encrypted to a key that lies elsewhere."""
    made = site_create(path=tmp_path / "site", database=drill_database, sign_in="simple")
    public = key_make(tmp_path / "kept-elsewhere.key")
    made = replace(made, backups=str(tmp_path / "backups"), backup_key=public)
    made.save()
    return made


@pytest.mark.proof
@pytest.mark.database
def test_every_copy_of_a_spill_is_listed_and_purged_and_the_journal_says_so(site: Site) -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TIENBO_")}
    done = subprocess.run(
        [sys.executable, DRILL, site.path, str(DRILLS)], capture_output=True, text=True, check=False,
        env={**kept, "DJANGO_SETTINGS_MODULE": "tienbo.project.settings", "PYTHONPATH": str(DRILL.parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert len(told) == DRILLS
    print([one["seconds"] for one in told])
    for one in told:
        assert one["kinds"] == ["backup", "file", "frozen", "row"]
        assert {"ground_history", "registers_recordversion", "protection_subjectrequest", "ground_job"} <= set(
            one["tables"]
        )
        assert one["files"] >= 2, "the paper, and the picture that was drawn of it"
        assert one["frozen_still_read"] == []
        assert (one["left"], one["left_rows"], one["left_bytes"], one["left_parsed"]) == (0, 0, [], [])
        assert one["signed"]
        assert one["keeps_no_phrase"]
        assert one["purged_events"] > 0
        assert one["journal"] == []
        assert one["unexplained"] > 0, "without the record of the purge a changed history is a fault"
        assert one["check"] == []
        assert one["seconds"] < 3_600
    backups = list((site.path.parent / "backups").glob("*.age"))
    assert len(backups) == 1, "the one made after the last purge"


@pytest.mark.database
@pytest.mark.django_db
def test_a_phrase_leaves_every_row_and_its_history_and_laws_stand_again(tmp_path: Path) -> None:
    phrase = 'phương án "khóa tới" 2031'
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))
    actor, now = operator("diễn tập"), timezone.now()
    asked = Typed("view", "Người A", "Xã", "person", f"Xem {phrase}", date(2026, 3, 5))
    request = request_note(unit=province, typed=asked, actor=actor, today=date(2026, 6, 1), pack="vn")
    Job.objects.create(key="job_x", kind="x", added_by="x", result={"said": [phrase]}, state="done")
    journal_seal()
    assert not journal_verify().faults
    texts = spellings(phrase)
    assert {copy.place.partition("#")[0] for copy in rows_with(texts)} == {
        "ground_history.after", "ground_job.result", "protection_subjectrequest.text",
    }  # fmt: skip
    breach = breach_signal(unit=province, seen="x", detected_at=now, actor=actor, now=now, pack="vn")
    spill = Spill.objects.create(key=new_key("spill"), breach=breach, why="diễn tập", by="x")
    journal_seal()
    assert rows_purge(texts, spill)
    assert list(rows_with(texts)) == []
    request.refresh_from_db()
    assert request.text == f"Xem {MARKER}"
    assert Job.objects.get(key="job_x").result == {"said": [MARKER]}
    assert journal_verify().faults, "a history that was changed is found"
    journal_seal()
    assert not journal_verify(purged=purged_events()).faults, "and explained by the record of the purge"
    with pytest.raises(DatabaseError), transaction.atomic():
        SubjectRequest.objects.update(text="sửa lại")
    with pytest.raises(DatabaseError), transaction.atomic():
        JournalPurge.objects.all().delete()
    Job.objects.filter(key="job_x").update(state="failed")
    assert missing(own_models(), connection) == {}


@pytest.mark.database
@pytest.mark.django_db
def test_a_purge_of_the_journal_counts_only_as_the_record_of_its_spill_was_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spilling, "database_compact", lambda: None)  # outside of a transaction: the drill does it
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))
    actor, now, seal = operator("diễn tập"), timezone.now(), b"x" * 32
    for number in range(2):
        asked = Typed("view", "Người A", "Xã", "person", f"Xem phương án số {number}", date(2026, 3, 5))
        request_note(unit=province, typed=asked, actor=actor, today=date(2026, 6, 1), pack="vn")
    journal_seal()
    places = spilling.Places(FileStore(tmp_path / "files"), tmp_path / "spill", [tmp_path / "out"], seal=seal)
    acting = {"places": places, "phrase": "phương án số 1", "actor": actor, "now": now}
    spill = spilling.spill_open(home=province, files=[], why="x", pack="vn", **acting).spill  # type: ignore[arg-type]
    journal_seal()
    signed: list[set[int]] = []

    def anew() -> None:
        """A backup is made between the purge and its last record: the journal holds in it."""
        journal_seal()
        signed.append(spilling.spills_unsound(seal))

    spilling.spill_purge(spill=spill, backup_anew=anew, **acting)  # type: ignore[arg-type]
    journal_seal()

    def faults() -> list[str]:
        unsound = spilling.spills_unsound(seal)
        return [fault.code for fault in journal_verify(purged=purged_events(spills=unsound)).faults]

    assert signed == [set()]
    assert (spilling.spills_unsound(seal), faults()) == (set(), [])
    assert spilling.spills_unsound(b"another") == {spill.pk}
    purge = JournalPurge.objects.get()

    def changed_and_excused_by(forge: Callable[[int, str], object]) -> list[str]:
        """What is told of another event whose history somebody changed, with a purge that would excuse it."""
        with transaction.atomic():
            other = History.objects.filter(after__contains="phương án số 0").latest("pk")
            assert other.event
            with triggers_aside(History._meta.db_table), triggers_aside(JournalPurge._meta.db_table):
                History.objects.filter(pk=other.pk).update(after="{}")
                forge(other.event, history_digest(other.event))
            told = faults()
            transaction.set_rollback(True)
        return told

    def beside(event: int, digest: str) -> None:
        JournalPurge.objects.create(spill=spill, event=event, digest=digest)

    def instead(event: int, digest: str) -> None:
        JournalPurge.objects.filter(pk=purge.pk).update(event=event, digest=digest)

    def signed_by_nobody(event: int, digest: str) -> None:
        beside(event, digest)
        mark = purges_mark(spill.purged_events.order_by("pk"))
        held = {"copies": [], "left": 0, "journal": "", "signature": "0" * 64, "by": "x", "at": now}
        SpillRecord.objects.create(spill=spill, act="purged", purges=mark, **held)

    def of_a_spill_that_never_was(event: int, digest: str) -> None:
        breach = breach_signal(unit=province, seen="x", detected_at=now, actor=actor, now=now, pack="vn")
        made = Spill.objects.create(key=new_key("spill"), breach=breach, why="x", by="x")
        JournalPurge.objects.create(spill=made, event=event, digest=digest)
        journal_seal()

    for forge in (beside, instead, signed_by_nobody, of_a_spill_that_never_was):
        assert "journal.history_changed" in changed_and_excused_by(forge), forge.__name__
    assert faults() == []


def test_every_spelling_of_a_phrase_is_looked_for(tmp_path: Path) -> None:
    phrase = 'Nguyễn "A" Ðề án'
    for held in (phrase, unicodedata.normalize("NFD", phrase), json.dumps(phrase), json.dumps(json.dumps(phrase))):
        assert any(text in held for text in spellings(phrase)), held
    (tmp_path / "a.docx").write_bytes(_zip("word/document.xml", "<w:t>Nguyễn &quot;A&quot;</w:t><w:t> Ðề án</w:t>"))
    (tmp_path / "b.zip").write_bytes(_zip("c.xlsx", _zip("s.xml", f"<t>{phrase}</t>")))
    (tmp_path / "d.txt").write_text("Nguyễn A, đề án khác", encoding="utf-8")
    found = {path.name for path, _times in files_with([tmp_path], spellings(phrase), ())}
    assert found == {"a.docx", "b.zip"}


def _zip(name: str, content: str | bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return held.getvalue()
