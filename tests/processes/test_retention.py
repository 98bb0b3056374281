"""T44: what is past its term is told, then taken away with its history, files, caches and, after a cycle, backups."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.accounts.services import account_create, accounts_close
from tienbo.catalogue.loading import load
from tienbo.collection.campaigns import campaign_close
from tienbo.collection.draft_models import Draft, DraftSave
from tienbo.collection.drafts import draft_cells
from tienbo.collection.models import Campaign, KeptEdition, Return, Revision
from tienbo.core.faults import Refused
from tienbo.ground.acting import acting_as
from tienbo.ground.files import FileStore
from tienbo.ground.journal import journal_seal
from tienbo.ground.models import History, Job
from tienbo.ground.processing import common, own_rooms, room_of, term_day
from tienbo.ground.spool import spool_note, spool_take
from tienbo.ground.triggers import missing, own_models
from tienbo.ground.verify import journal_verify
from tienbo.processes import retention
from tienbo.project.backup import key_make
from tienbo.project.site import Site, site_create
from tienbo.protection.models import JournalPurge, SubjectRequest
from tienbo.protection.purging import purged_events, rows_with, triggers_aside
from tienbo.protection.requests import Typed, request_act, request_note
from tienbo.protection.terms import ERASED, RULES, terms_of
from tienbo.units.services import unit_create

SUBJECTS = int(os.environ.get("TIENBO_SUBJECTS", "200"))
DRILL = Path(__file__).with_name("a_retention_drill.py")
KILLED = Path(__file__).with_name("a_killed_run.py")
COVERED = {
    "draft": {"collection.Draft", "collection.DraftSave", "collection.Prepared", "collection.Evidence",
              "collection.Submission"},
    "work": {"ground.Job"},
    "journal": {"ground.History", "ground.JournalEvent", "ground.JournalMention"},
    "request": {"protection.SubjectRequest", "protection.RequestAct"},
    "incident": {"protection.Breach", "protection.BreachSaid", "protection.BreachNotice", "protection.BreachClosed",
                 "protection.Spill"},
    "account": {"accounts.User", "accounts.AccountAct", "units.Grant"},
    "secrets": {"accounts.PasswordKept", "mfa.Authenticator", "account.EmailAddress", "account.EmailConfirmation",
                "socialaccount.SocialAccount"},
    "lock": {"accounts.SignInFailures"},
    "session": {"sessions.Session", "socialaccount.SocialToken"},
    "written": set(),
}  # fmt: skip
"""Term → the tables that a rule looks at, or that lose what they say with another (a right with its account's name)."""


def test_every_table_with_a_term_has_a_rule_and_no_other_is_touched() -> None:
    said: dict[str, set[str]] = {one.code: set() for one in common().retentions if one.after is not None}
    for config in own_rooms():
        room = room_of(config)
        assert room is not None
        named = {name for group in room.groups for name in group.tables}
        for group in room.groups:
            rest = {one.__name__ for one in config.get_models()} - named if group.rest else set()
            if group.retention in said:
                said[group.retention] |= {f"{config.label}.{name}" for name in {*group.tables, *rest}}
        for one in room.foreign:
            if one.retention in said:
                said[one.retention].add(one.table)
    assert said == COVERED
    assert set(RULES) == set(COVERED)
    assert all(apps.get_model(label) for labels in COVERED.values() for label in labels)


def test_terms_are_counted_in_months_and_days_and_never_below_the_least() -> None:
    assert term_day("24m", date(2028, 2, 29)) == date(2026, 2, 28)
    assert term_day("1m", date(2026, 3, 31)) == date(2026, 2, 28)
    assert term_day("30d", date(2026, 3, 1)) == date(2026, 1, 30)
    assert terms_of({"journal": "36m"})["journal"].after == "36m"
    with pytest.raises(Refused) as refused:
        terms_of({"journal": "11m", "facts": "1m", "work": "x"})
    assert [fault.code for fault in refused.value.faults] == [
        "retention.below", "retention.unknown_term", "retention.bad_term",
    ]  # fmt: skip


@pytest.mark.database
@pytest.mark.django_db
def test_what_is_past_leaves_rows_history_and_files_and_what_is_not_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "database_compact", lambda: None)  # outside of a transaction: the drill does it
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))
    actor, today, later = operator("diễn tập"), timezone.localdate(), date(2032, 1, 1)
    user, _account = account_create(name="yen.hot", full_name="Yến Hót", actor=actor)
    spool_note(tmp_path / "noted", "sign_in", person="yen.hot", address="10.1.2.3")  # a transaction of its own
    spool_take(tmp_path / "noted")
    accounts_close(users=[user], actor=actor, reason="Yến Hót nghỉ")
    busy, _account = account_create(name="o.lai", full_name="Ở Lại", actor=actor)
    with acting_as("o.lai", "page:x"):
        unit_create(kind="commune", name="Xã A", begins=date(2025, 7, 1), parent=province)
    accounts_close(users=[busy], actor=actor)
    asked = Typed("view", "Yến Hót", "Xã A", "person", "Xem dữ liệu Yến Hót", today, "CCCD")
    done = request_note(unit=province, typed=asked, actor=actor, today=today, pack="vn")
    open_ = request_note(unit=province, typed=replace(asked, subject="Còn Mở"), actor=actor, today=today, pack="vn")
    request_act(request=done, act="answer", on=today, actor=actor, working=load("vn").working_days, today=today,
                reason="Đã trả lời Yến Hót")  # fmt: skip
    Job.objects.create(key="job_x", kind="x", added_by="x", result=["Yến Hót"], state="done", ended_at=timezone.now())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.eml").write_text("Yến Hót", encoding="utf-8")
    kept = retention.Kept(FileStore(tmp_path / "files"), [tmp_path / "out"], seal=b"x" * 32)
    told = retention.retention_told(kept=kept, terms=terms_of({}), today=later)
    given = {"kept": kept, "terms": terms_of({}), "today": later, "actor": actor}
    with pytest.raises(Refused):
        retention.retention_take(mark="0" * 12, decision="QĐ 1", **given)  # type: ignore[arg-type]
    assert list(rows_with(["Yến Hót"]))
    record = retention.retention_take(mark=told.mark, decision="QĐ 1", **given)  # type: ignore[arg-type]
    journal_seal()
    assert [copy.place for copy in rows_with(["Yến Hót", "yen.hot", "10.1.2.3"])] == [
        f"protection_subjectrequest.text#{open_.pk}",  # not settled yet
        *(f"ground_history.after#{row}" for row in _history_of(open_)),
    ][::-1]  # fmt: skip
    assert list((tmp_path / "out").iterdir()) == []
    assert not journal_verify(purged=purged_events()).faults
    assert journal_verify().faults, "without the record of what went a changed history is a fault"
    assert retention.records_unsound(kept.seal) == set()
    assert retention.records_unsound(b"another" * 5) == {record.pk}
    with transaction.atomic():
        JournalPurge.objects.create(retention=record, event=1, digest="0" * 64)
        assert retention.records_unsound(kept.seal) == {record.pk}, "a row beside it excuses nothing"
        assert journal_verify(purged=purged_events({record.pk})).faults
        transaction.set_rollback(True)
    with transaction.atomic():
        purge = JournalPurge.objects.order_by("pk")[0]
        with triggers_aside(JournalPurge._meta.db_table):
            JournalPurge.objects.filter(pk=purge.pk).update(event=1, digest="0" * 64)
        assert retention.records_unsound(kept.seal) == {record.pk}, "nor does another in the place of one"
        transaction.set_rollback(True)
    assert retention.records_unsound(kept.seal) == set()
    assert retention.record_holds(record, kept.seal)
    assert (record.left, retention.retention_told(kept=kept, terms=terms_of({}), today=later).count) == (0, 0)
    assert set(User.objects.values_list("full_name", flat=True)) >= {"Ở Lại", ERASED}
    done.refresh_from_db()
    assert (done.subject, done.text, done.kind, done.received_on) == (ERASED, ERASED, "view", today)
    assert missing(own_models(), connection) == {}
    with pytest.raises(DatabaseError), transaction.atomic():
        SubjectRequest.objects.update(text="sửa lại")


@pytest.mark.database
@pytest.mark.django_db
def test_of_a_draft_that_was_sent_its_last_state_stays_and_its_saves_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "database_compact", lambda: None)
    actor, unit = operator("x"), unit_create(kind="commune", name="Xã A", begins=date(2025, 7, 1))
    edition = KeptEdition.objects.create(fingerprint="e" * 64, pack="vn", definitions="{}")
    campaign = Campaign.objects.create(key="campaign_x", root=unit, period_code="2026-H1", edition=edition)
    of = Return.objects.create(campaign=campaign, unit=unit, form="x")
    sent = Revision.objects.create(of=of, number=1, content="{}", sha256="a" * 64)
    cells = {"a": "3", "b": "2"}
    draft = Draft.objects.create(campaign=campaign, unit=unit, form="x", base=sent, cells=cells, version=3, sha256="s")
    for number, changes in enumerate(({"a": ["", "1"]}, {"b": ["", "2"]}, {"a": ["1", "3"]}), start=1):
        DraftSave.objects.create(
            draft=draft, number=number, key=f"k{number}", changes=changes, sha256="s", saved_by="x"
        )
    kept = retention.Kept(FileStore(tmp_path / "files"), (), seal=b"x" * 32)
    given = {"kept": kept, "terms": terms_of({}), "today": date(2029, 1, 1)}
    assert not retention.retention_told(**given).rows, "its period is still open"  # type: ignore[arg-type]
    campaign_close(campaign=campaign, actor=actor)
    told = retention.retention_told(**given)  # type: ignore[arg-type]
    retention.retention_take(mark=told.mark, decision="QĐ 1", actor=actor, **given)  # type: ignore[arg-type]
    (last,) = DraftSave.objects.all()
    assert (last.number, last.changes) == (3, {"a": ["", "3"], "b": ["", "2"]})
    assert draft_cells(draft) == cells
    assert Revision.objects.get() == sent


@pytest.mark.database
def test_files_of_a_run_that_was_killed_before_it_destroyed_them_are_told_and_destroyed(site: Site) -> None:
    """The rows went with the commit: nothing else names the files, and nobody would ask for them again."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TIENBO_")}
    environ = {**kept, "DJANGO_SETTINGS_MODULE": "tienbo.project.settings", "PYTHONPATH": str(DRILL.parents[2])}

    def run(*words: str | Path, said: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words]
        return subprocess.run(command, input=said, capture_output=True, text=True, check=False, env=environ)

    killed = run(KILLED, site.path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    names = json.loads(killed.stdout)
    gone, again, anew, old = (Path(names[one]) for one in ("gone", "again", "anew", "old"))
    assert all(path.exists() for path in (gone, again, anew, old))
    anew.write_text("written again since", encoding="utf-8")
    older = site.path / "out" / "older.txt"
    older.write_text("x", encoding="utf-8")
    os.utime(older, (0, 0))
    replace(site, retention="QĐ 1").save()
    asked = [("check", "--json"), ("retention", "due", "--lang", "en"), ("retention", "take", "--json"), ("check",)]
    asked += [("retention", "take", "--as-set", "--lang", "en")]
    words = json.dumps([[*one, "--site", str(site.path)] for one in asked])
    typed = "import json, sys; from tests.journeys.loaded import typed; "
    each = typed + "typed({'each': True, 'words': json.load(sys.stdin)})"
    done = run("-c", each, said=words)
    assert done.returncode == 0, done.stderr[-3000:]
    told, due, finished, last, taken = json.loads(done.stdout)
    assert told[0] == 1
    assert [one["code"] for one in json.loads(told[1])] == ["retention.unfinished"]
    assert "1 runs were stopped" in due[1]
    assert (finished[0], json.loads(finished[1])) == (0, {"record": None, "finished": 1}), finished
    assert last[0] == 0, last
    assert taken[0] == 0, taken
    assert "Backups of before still hold it; the last of them goes by the site's rule by " in taken[1]
    assert not older.exists()
    assert not gone.exists()
    assert not old.exists()
    assert again.exists(), "the same bytes were sent again since"
    assert anew.exists()
    assert list((site.path / "owed").iterdir()) == []


def _history_of(request: SubjectRequest) -> list[int]:
    held = History.objects.filter(table_name=SubjectRequest._meta.db_table, row_id=request.pk)
    return list(held.values_list("pk", flat=True))


@pytest.fixture
def site(tmp_path: Path, drill_database: str) -> Site:
    """A site with backups whose key lies elsewhere, on the database that the tests run on."""
    made = site_create(path=tmp_path / "site", database=drill_database, sign_in="simple")
    public = key_make(tmp_path / "kept-elsewhere.key")
    made = replace(made, backups=str(tmp_path / "backups"), backup_key=public)
    made.save()
    return made


@pytest.mark.proof
@pytest.mark.database
def test_subjects_past_their_terms_leave_no_residue_and_the_journal_holds(site: Site) -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TIENBO_")}
    done = subprocess.run(
        [sys.executable, DRILL, site.path, str(SUBJECTS), site.path.parent / "kept-elsewhere.key"],
        capture_output=True, text=True, check=False,
        env={**kept, "DJANGO_SETTINGS_MODULE": "tienbo.project.settings", "PYTHONPATH": str(DRILL.parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    print({name: told[name] for name in ("made_seconds", "seconds", "told", "files", "events", "purged")})
    assert told["before"] == [
        "accounts_accountact.reason", "accounts_passwordkept.password", "accounts_user.full_name",
        "accounts_user.username", "collection_draft.cells", "collection_draft.saved_by", "collection_draftsave.changes",
        "collection_draftsave.saved_by", "collection_evidence.added_by", "collection_prepared.content",
        "collection_prepared.prepared_by", "collection_prepared.proofs", "collection_upload.name",
        "collection_upload.received_by", "ground_history.after", "ground_history.before", "ground_history.person",
        "ground_job.added_by", "ground_job.result", "ground_journalevent.person", "ground_journalmention.what",
        "protection_breach.signal", "protection_breachsaid.data", "protection_breachsaid.happened",
        "protection_breachsaid.harm", "protection_breachsaid.measures", "protection_requestact.reason",
        "protection_subjectrequest.answer_to", "protection_subjectrequest.proved_by",
        "protection_subjectrequest.subject", "protection_subjectrequest.text",
    ]  # fmt: skip
    assert {"mail", "out", "staging", "figures"} <= set(told["files_before"])
    assert told["in_backup_before"], "the first backup holds them"
    assert told["early"] == ["session"], "nothing goes before its term: sessions end by themselves"
    assert (told["told"]["session sessions.Session"], told["sessions"]) == (SUBJECTS, 0)
    assert told["refusals"] == ["retention.other", "retention.blank"]
    assert told["told"]["request protection.SubjectRequest"] == SUBJECTS
    assert told["told"]["account accounts.User"] == SUBJECTS
    assert told["told"]["secrets accounts.User"] == SUBJECTS + 1
    assert told["stored"] == SUBJECTS
    assert (told["left"], told["again"]) == (0, 0)
    assert (told["rows"], told["parsed"], told["bytes"]) == ([], [], [])
    assert (told["backups"], told["backups_gone"]) == ([[]], 1)
    assert told["signed"]
    assert told["keeps_no_content"]
    assert told["journal"] == []
    assert told["purged"] == told["events"] == told["purges"] > 0
    assert told["unexplained"] > 0, "without the record a changed history is a fault"
    assert told["check"] == []
    assert told["stays"] == 1, "whom the journal names for what they did stays"
    assert {one["where"] for one in told["by_hand"]} == {"backups", "elsewhere"}
