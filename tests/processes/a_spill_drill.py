"""Drills on a site of its own, in a process of its own: python a_spill_drill.py SITE COUNT. Prints JSON.

Each drill brings one phrase in by many doors, freezes, lists and purges it, and looks for it in every byte of the site.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.desk import Desk, django_start, tables_make

WORDS = ["đề án", "nhân sự", "trình thường vụ", "kín", "khóa tới", "phương án", "giới thiệu", 'bổ "sung"', "Đắk Lắk"]


def book(text: str) -> bytes:
    """A workbook's skin: a zip with a sheet in it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text.replace('&', '&amp;')}</t></si></sst>")
    return held.getvalue()


def main() -> None:
    site, count = Path(sys.argv[1]), int(sys.argv[2])
    django_start(site)
    tables_make()
    desk = Desk.open(site)
    from django.db import connection

    from tienbo.accounts.actors import operator
    from tienbo.core.words import fold
    from tienbo.ground.journal import journal_head
    from tienbo.ground.models import Job
    from tienbo.ground.verify import journal_verify
    from tienbo.papers.blocks import Back, Document, Front, Paragraph
    from tienbo.papers.pdf import pdf_bytes
    from tienbo.processes.audit import audit
    from tienbo.processes.spill import record_holds, spill_open, spill_purge, spills_unsound
    from tienbo.project.backup import backup_make
    from tienbo.project.commands.spill import _places
    from tienbo.project.keeping import journal_keep
    from tienbo.protection.models import SpillRecord
    from tienbo.protection.purging import files_with, purged_events, rows_with, spellings
    from tienbo.protection.requests import Typed, request_note
    from tienbo.registers.services import record_add, record_attach, record_change
    from tienbo.units.models import Unit
    from tienbo.units.services import unit_create

    if not Unit.objects.exists():
        province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))
        unit_create(kind="commune", name="Xã Đồng Tâm", begins=date(2025, 7, 1), parent=province)
    commune = Unit.objects.get(kind="commune")
    actor, dice, places = operator("diễn tập"), random.Random(45), _places(desk)  # noqa: S311
    edition, told = desk.edition, []
    kind = edition.registers["training.class"]
    typed = {
        "subject": "Kỹ năng", "begins_on": "5/3/2026", "ends_on": "6/3/2026", "place": "Hội trường", "level": "village",
        "leads": "yes", "persons": "30", "persons_women": "19", "attendances": "60", "attendances_women": "38",
    }  # fmt: skip
    for number in range(count):
        began = time.monotonic()
        phrase = f"{' '.join(dice.sample(WORDS, 4))} hồ sơ x{dice.randrange(10**4)}y{number}"
        given = {"edition": edition, "kind": kind, "actor": actor}
        record = record_add(unit=commune, typed={**typed, "place": f"Tại {phrase}"}, **given)  # type: ignore[arg-type]
        record = record_change(record=record, seen=1, typed={"place": f"{phrase}, tầng 2"}, **given)  # type: ignore[arg-type]
        front = Front("", "UBND", "CHXHCN VIỆT NAM", "", "", "", "BÁO CÁO", "")
        paper = Document(front, (Paragraph((f"Nội dung: {phrase}.",)),), Back((), "", "", ()))
        content = pdf_bytes(paper)
        record = record_attach(record=record, content=content, name=f"{number}.pdf", store=places.store, **given)  # type: ignore[arg-type]
        asked = Typed("view", "Người A", "Xã", "person", f"Xem {phrase}", date(2026, 3, 5))
        request_note(unit=commune, typed=asked, actor=actor, today=date(2026, 6, 1), pack="vn")
        Job.objects.create(key=f"job_{number}", kind="x", added_by="x", result={"said": [phrase]}, state="done")
        for folder, name, data in (
            ("out/mail", "a.eml", f"Subject: x\n\n{phrase}".encode()),
            ("staging", "b.xlsx", book(phrase)),
            ("out", "c.txt", phrase.encode("utf-16-le")),
            ("figures", "d.djcache", phrase.encode()),
        ):
            (site / folder).mkdir(parents=True, exist_ok=True)
            (site / folder / name).write_bytes(data)
        journal_keep(desk.site)

        def anew() -> object:
            journal_keep(desk.site)
            return backup_make(
                site=desk.site, folder=Path(desk.site.backups), key=desk.site.backup_key, head=journal_head().text
            )

        anew()
        texts = spellings(phrase)
        before = len(list(rows_with(texts)))
        now = datetime.now(UTC)
        acting = {"places": places, "phrase": phrase, "actor": actor}
        found = spill_open(home=desk.unit("Vĩnh An"), files=[], why="diễn tập", now=now, pack="vn", **acting)  # type: ignore[arg-type]
        frozen = [mark for mark in found.spill.files if mark in places.store]
        done = spill_purge(spill=found.spill, now=datetime.now(UTC), backup_anew=anew, **acting)  # type: ignore[arg-type]
        journal_keep(desk.site)
        connection.close()
        everything = [path for path in site.rglob("*") if path.is_file() and path.suffix != ".age"]
        needles = {text.encode(code) for text in (phrase, fold(phrase)) for code in ("utf-8", "utf-16-le")}
        raw = [str(path) for path in everything if any(needle in path.read_bytes() for needle in needles)]
        parsed = [str(path) for path, _times in files_with([site], texts, set(found.spill.files))]
        verified = journal_verify(purged=purged_events(spills=spills_unsound(desk.seal)))
        told.append(
            {
                "rows": before,
                "kinds": sorted({copy.where for copy in found.copies}),
                "tables": sorted({copy.place.partition(".")[0] for copy in found.copies if copy.where == "row"}),
                "files": len(found.spill.files),
                "frozen_still_read": frozen,
                "left": done.left,
                "left_rows": len(list(rows_with(texts))),
                "left_bytes": raw,
                "left_parsed": parsed,
                "signed": all(record_holds(one, desk.seal) for one in SpillRecord.objects.filter(spill=found.spill)),
                "keeps_no_phrase": phrase not in json.dumps([one.copies for one in SpillRecord.objects.all()]),
                "purged_events": verified.purged,
                "journal": [fault.sentence() for fault in verified.faults],
                "unexplained": len(journal_verify().faults),
                "check": [fault.sentence() for fault in audit(stores=desk.stores)],
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    print(json.dumps(told))


if __name__ == "__main__":
    with reaching_everywhere("a drill is the operator's"):
        main()
