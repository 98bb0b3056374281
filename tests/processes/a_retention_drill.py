"""Subjects on a site of its own, in a process of its own: python a_retention_drill.py SITE COUNT KEY-FILE. Prints JSON.

Each subject leaves a canary in every table and folder that a term reaches. Years later what is past its term is taken
away, backups go round once, and the canaries are looked for in every table, byte and member of the newest backup.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.desk import Desk, django_start, tables_make

LATER = date(2033, 1, 15)
"""A day on which everything below is past its term, the longest of which is 60 months."""


def canary(number: int) -> str:
    return f"Chủ thể Yến {number:04d} Hót"


def login(number: int) -> str:
    return f"yen.{number:04d}.hot"


def book(text: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>")
    return held.getvalue()


def main() -> None:
    site, count, key = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    django_start(site)
    tables_make()
    desk = Desk.open(site)
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.db import connection
    from django.utils import timezone

    from tienbo.accounts.actors import operator
    from tienbo.accounts.models import PasswordKept, User
    from tienbo.accounts.services import account_create, accounts_close
    from tienbo.accounts.signing import attempt_failed, sign_in_told
    from tienbo.collection.campaigns import campaign_close
    from tienbo.collection.draft_models import Draft, DraftSave, Evidence, Prepared
    from tienbo.collection.models import Campaign, KeptEdition, Upload
    from tienbo.core.faults import Refused
    from tienbo.ground.acting import acting_as
    from tienbo.ground.heads import heads_kept
    from tienbo.ground.journal import journal_head, journal_note
    from tienbo.ground.keys import new_key
    from tienbo.ground.models import Job
    from tienbo.ground.verify import journal_verify
    from tienbo.processes.audit import audit
    from tienbo.processes.retention import record_holds, records_unsound, retention_take, retention_told
    from tienbo.project.backup import backup_make, backup_open, key_read
    from tienbo.project.commands.retention import kept_of
    from tienbo.project.keeping import head_put, journal_keep
    from tienbo.project.rotation import backups_prune, copies_until
    from tienbo.protection.breaches import Known, breach_close, breach_notify, breach_say, breach_signal
    from tienbo.protection.models import JournalPurge, RetentionRecord
    from tienbo.protection.purging import files_with, purged_events, rows_with, spellings
    from tienbo.protection.requests import Typed, request_act, request_note
    from tienbo.protection.terms import terms_of
    from tienbo.units.services import unit_create

    actor, now = operator("diễn tập"), timezone.now()
    today = timezone.localdate()
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))
    edition = KeptEdition.objects.create(fingerprint=hashlib.sha256(b"{}").hexdigest(), pack="vn", definitions="{}")
    campaign = Campaign.objects.create(key=new_key("campaign"), root=province, period_code="2026-H1", edition=edition)
    stays, _account = account_create(name="nguoi.o.lai", full_name="Người Ở Lại", actor=actor)
    with acting_as(stays.username, "page:x"):
        unit_create(kind="commune", name="Xã Ở Lại", begins=date(2025, 7, 1), parent=province)
    accounts_close(users=[stays], actor=actor)
    began = time.monotonic()
    for number in range(count):
        said, name = canary(number), login(number)
        user, _account = account_create(name=name, full_name=said, actor=actor)
        PasswordKept.objects.create(user=user, password=f"hash-{name}")
        with acting_as(name, "page:account_login"):
            sign_in_told("signed_in", name=name, user=user, address="10.1.2.3")
            journal_note("read", of=name, narrow=["x"])
        sign_in_told("refused", name=name, address="10.1.2.3")
        attempt_failed(name)
        session = SessionStore()
        session["who"] = said
        session.save()
        Session.objects.filter(pk=session.session_key).update(expire_date=now - timedelta(days=2))
        accounts_close(users=[user], actor=actor, reason=f"{said} nghỉ việc")
        asked = Typed("view", said, f"{name}@example.vn", "person", f"Xem dữ liệu của {said}", today, f"CCCD {said}")
        request = request_note(unit=province, typed=asked, actor=actor, today=today, pack="vn")
        working = desk.edition.working_days
        request_act(request=request, act="answer", on=today, actor=actor, working=working, today=today,
                    reason=f"Đã trả lời {said}")  # fmt: skip
        breach = breach_signal(unit=province, seen=f"Mất giấy của {said}", detected_at=now, actor=actor, now=now,
                               pack="vn")  # fmt: skip
        known = Known("loss", serious="no", personal="yes", data=said, happened=said, harm=said, measures=said)
        breach_say(breach=breach, known=known, actor=actor, pack="vn")
        breach_notify(breach=breach, notice="personal", sent_at=now, to="Cơ quan chuyên trách", actor=actor, now=now)
        breach_close(breach=breach, minutes="01/BB", on=today, actor=actor, now=now)
        ended = {"state": Job.State.DONE, "ended_at": now}
        Job.objects.create(key=f"job_{number}", kind="x", added_by=name, result={"said": [said]}, **ended)
        commune = unit_create(kind="commune", name=f"Xã {number}", begins=date(2025, 7, 1), parent=province)
        cells = {"note": said}
        draft = Draft.objects.create(campaign=campaign, unit=commune, form="x", cells=cells, version=1, sha256="",
                                     saved_by=said)  # fmt: skip
        DraftSave.objects.create(draft=draft, number=1, key=f"k{number}", changes={"note": ["", said]}, sha256="",
                                 saved_by=said)  # fmt: skip
        Prepared.objects.create(draft=draft, key=f"p{number}", version=1, sha256="", content=json.dumps(cells),
                                proofs={"proof/1": said}, prepared_by=said)  # fmt: skip
        content = book(said)
        upload = Upload.objects.create(
            sha256=desk.stores.files.put(content), name=f"{said}.xlsx", size=len(content), received_by=said
        )
        Evidence.objects.create(draft=draft, upload=upload, format="pdf", added_by=said)
        for folder, file, data in (
            ("out/mail", f"{number}.eml", f"Subject: x\n\n{said}".encode()),
            ("out", f"{number}.txt", said.encode("utf-16-le")),
            ("staging", f"{number}.xlsx", book(said)),
            ("figures", f"{number}.djcache", said.encode()),
        ):
            (site / folder).mkdir(parents=True, exist_ok=True)
            (site / folder / file).write_bytes(data)
    campaign_close(campaign=campaign, actor=actor)
    journal_keep(desk.site)
    head_put(desk.site, again=True)
    backups = Path(desk.site.backups)

    def back_up() -> Path:
        journal_keep(desk.site)
        return backup_make(site=desk.site, folder=backups, key=desk.site.backup_key, head=journal_head().text).path

    def members(path: Path) -> list[str]:
        """What a backup holds of the canaries, its database unpacked."""
        with TemporaryDirectory() as held:
            backup_open(path=path, identity=key_read(key), into=Path(held) / "x")
            for dump in (Path(held) / "x").glob("*.dump"):
                subprocess.run(["pg_restore", "-f", dump.with_suffix(".sql"), dump], check=True)
            return sorted({where.name for where, _n in files_with([Path(held) / "x"], texts, set())})

    texts = {
        text for stem in (canary(0)[:11], login(0)[:5]) for text in spellings(stem)
    }  # how every one of them begins
    few = {text for one in (canary(0), login(0)) for text in spellings(one)}
    back_up()
    made = round(time.monotonic() - began, 1)
    before = sorted({copy.place.partition("#")[0] for copy in rows_with(few)})
    files_before = sorted({path.parent.name for path, _n in files_with([site], few, set()) if path.suffix != ".age"})
    in_backup_before = members(next(backups.glob("*.age")))

    kept, terms = kept_of(desk), terms_of({})
    early = retention_told(kept=kept, terms=terms, today=today)
    told = retention_told(kept=kept, terms=terms, today=LATER)
    refusals = []
    for mark, decision in (("0" * 12, "QĐ 1"), (told.mark, " ")):
        try:
            retention_take(kept=kept, terms=terms, today=LATER, mark=mark, decision=decision, actor=actor)
        except Refused as refused:
            refusals.append(refused.faults[0].code)
    began = time.monotonic()
    record = retention_take(
        kept=kept, terms=terms, today=LATER, mark=told.mark, decision="QĐ 1/QĐ-BVSTBPN", actor=actor,
        copies=copies_until(desk.site, LATER),
    )  # fmt: skip
    journal_keep(desk.site)
    took = round(time.monotonic() - began, 1)
    back_up()
    gone = backups_prune(site=replace(desk.site, backups_kept="1d"), folder=backups)
    connection.close()
    everything = [path for path in site.rglob("*") if path.is_file() and path.suffix != ".age"]
    needles = {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")}
    found_bytes = []
    for path in everything:
        content = path.read_bytes()
        if any(needle in content for needle in needles):
            found_bytes.append(str(path))
    verified = journal_verify(
        purged=purged_events(records_unsound(desk.seal)), heads=heads_kept(desk.site.heads_folder)
    )
    print(
        json.dumps(
            {
                "made_seconds": made,
                "seconds": took,
                "before": before,
                "files_before": files_before,
                "in_backup_before": in_backup_before,
                "early": sorted({one.term for one in early.rows}),
                "refusals": refusals,
                "told": {f"{one.term} {one.model._meta.label}": len(one.ids) for one in told.rows},
                "files": len(told.files),
                "stored": len(told.stored),
                "left": record.left,
                "rows": sorted({copy.place for copy in rows_with(texts)}),
                "parsed": [str(path) for path, _n in files_with([site], texts, set())],
                "bytes": found_bytes,
                "backups": [members(one) for one in backups.glob("*.age")],
                "backups_gone": len(gone),
                "keeps_no_content": not any(text in json.dumps(record.taken, ensure_ascii=False) for text in texts),
                "signed": record_holds(RetentionRecord.objects.get(), desk.seal),
                "events": record.events,
                "journal": [fault.sentence() for fault in verified.faults],
                "purged": verified.purged,
                "unexplained": len(journal_verify(rows=False).told),
                "purges": JournalPurge.objects.count(),
                "check": [fault.sentence() for fault in audit(stores=desk.stores)],
                "sessions": Session.objects.count(),
                "stays": User.objects.filter(full_name="Người Ở Lại", username="nguoi.o.lai").count(),
                "again": retention_told(kept=kept, terms=terms, today=LATER).count,
                "by_hand": record.by_hand,
            }
        )
    )


if __name__ == "__main__":
    with reaching_everywhere("a drill is the operator's"):
        main()
