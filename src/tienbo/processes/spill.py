"""What may not be here came in: freeze it, list every copy, purge them, keep hashes and a signed record.

Source: Luật 117/2025/QH15 Điều 5 (seen in secondary sources); security design §1.3, T45. A backup is a copy too: those
made since are listed, and deleted where the operator says so, after a new one was made.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.ground.files import FileStore
from tienbo.ground.journal import journal_head, journal_note, journal_seal
from tienbo.ground.keys import new_key
from tienbo.ground.models import JournalEvent
from tienbo.protection.breaches import Known, breach_say, breach_signal
from tienbo.protection.models import JournalPurge, Spill, SpillRecord
from tienbo.protection.purging import (
    SHORTEST,
    Copy,
    database_compact,
    files_with,
    marks_beside,
    purges_mark,
    rows_purge,
    rows_with,
    spellings,
)
from tienbo.units.models import Unit

worded(
    {
        "spill.nothing": N_("Say a stored file by its SHA-256, or a phrase to look for."),
        "spill.short": N_(
            "The phrase has {count} characters; at least {least} are needed, so that nothing else is taken."
        ),
        "spill.no_file": N_("There is no stored file with the hash {sha}."),
        "spill.other_phrase": N_("This is not the phrase that was looked for."),
        "spill.none": N_("There is no spill {key}."),
    }
)


@dataclass(frozen=True)
class Places:
    """Where a site keeps what. `aside`: where frozen files lie, for their owner alone. `caches` are emptied; `backups`
    holds encrypted copies that nobody here can open."""

    store: FileStore
    aside: Path
    folders: Sequence[Path]
    caches: Sequence[Path] = ()
    backups: Path | None = None
    seal: bytes = b""


@dataclass
class Found:
    spill: Spill
    copies: list[Copy]
    by_hand: list[str] = field(default_factory=list)
    left: int = 0


def spill_open(
    *,
    places: Places,
    home: Unit,
    files: Collection[str],
    phrase: str,
    why: str,
    actor: Actor,
    now: datetime,
    pack: str,
    since: datetime | None = None,
) -> Found:
    """Freeze what was named and list its copies. Files are out of the store from here on: nobody reads them any more.
    An incident is opened whose clocks run from now."""
    phrase = clean(phrase)
    faults = [] if files or phrase else [Fault("spill.nothing")]
    if phrase and len(phrase) < SHORTEST:
        faults.append(Fault("spill.short", "", {"count": len(phrase), "least": SHORTEST}))
    faults += [Fault("spill.no_file", "", {"sha": sha}) for sha in files if sha not in places.store]
    if faults:
        raise Refused(*faults)
    texts = spellings(phrase) if phrase else ()
    marks = set(files)
    if texts:
        marks |= {path.name for path, _times in files_with([places.store.root], texts, ())}
    marks |= marks_beside(marks)
    with transaction.atomic():
        seen = "Lộ lọt nội dung không được phép lưu trong hệ thống"
        breach = breach_signal(unit=home, seen=seen, detected_at=now, actor=actor, now=now, pack=pack)
        breach_say(breach=breach, known=Known("secret", serious="unknown", personal="unknown"), actor=actor, pack=pack)
        spill = Spill.objects.create(
            key=new_key("spill"),
            breach=breach,
            why=clean(why),
            files=sorted(marks),
            phrase_mark=_mark(phrase, places.seal),
            since=since,
            by=actor.name,
        )
    for sha in marks:
        _freeze(places, spill, sha)
    found = _look(places, spill, texts, now)
    _record(places, found, SpillRecord.Act.FOUND, actor, now)
    return found


def spill_purge(
    *,
    places: Places,
    spill: Spill,
    phrase: str,
    actor: Actor,
    now: datetime,
    backup_anew: Callable[[], object] | None = None,
) -> Found:
    """Purge every copy that can be reached, look again, and sign what was done. The pages stand still meanwhile. With
    `backup_anew` backups of before are deleted once it made another."""
    phrase = clean(phrase)
    if _mark(phrase, places.seal) != spill.phrase_mark:
        raise Refused(Fault("spill.other_phrase"))
    texts = spellings(phrase) if phrase else ()
    found = _look(places, spill, texts, now)
    journal_seal()
    with transaction.atomic():
        events = rows_purge(texts, spill) if texts else []
        journal_note("spill", details=f"{spill.key}: {len(events)}")
        # Signed where it is done: of who is killed now, and in the backup made next, the journal holds all the same.
        found.left = sum(one.where != "row" for one in found.copies)
        _record(places, found, SpillRecord.Act.PURGED, actor, now)
    for folder in places.caches:
        for path in (one for one in folder.rglob("*") if one.is_file()):
            path.unlink()
    for copy in found.copies:
        if copy.where in ("file", "frozen"):
            shred(Path(copy.place))
    database_compact()
    old = {copy.place for copy in found.copies if copy.where == "backup"}
    if backup_anew is not None:
        backup_anew()
        for place in old:
            shred(Path(place))
    still = _look(places, spill, texts, now).copies
    found.left = sum(one.where != "backup" or (backup_anew is not None and one.place in old) for one in still)
    _record(places, found, SpillRecord.Act.PURGED, actor, now)
    return found


def spill_keyed(key: str) -> Spill:
    found = Spill.objects.filter(key=key).first()
    if found is None:
        raise Refused(Fault("spill.none", "", {"key": key}))
    return found


def record_holds(record: SpillRecord, seal: bytes) -> bool:
    """Whether a record is as it was signed."""
    return hmac.compare_digest(record.signature, _signature(record, seal))


def spills_unsound(seal: bytes) -> set[int]:
    """Spills (row ids) whose purges of the journal are not those that were signed last."""
    purges: dict[int, list[JournalPurge]] = {}
    for one in JournalPurge.objects.filter(retention=None).order_by("pk"):
        purges.setdefault(one.spill_id or 0, []).append(one)
    records = SpillRecord.objects.filter(act=SpillRecord.Act.PURGED, spill__in=purges).select_related("spill")
    last = {one.spill_id: one for one in records.order_by("pk")}
    return {
        spill
        for spill, some in purges.items()
        if spill not in last or last[spill].purges != purges_mark(some) or not record_holds(last[spill], seal)
    }


def _look(places: Places, spill: Spill, texts: Sequence[str], now: datetime) -> Found:
    marks = set(spill.files)
    copies = list(rows_with(texts)) if texts else []
    aside = places.aside / spill.key
    copies += [Copy("frozen", str(path)) for path in sorted(aside.glob("*")) if path.name in marks]
    copies += [Copy("file", str(path), times) for path, times in files_with(places.folders, texts, marks)]
    first = spill.since or datetime.fromtimestamp(0, UTC)
    if places.backups is not None and places.backups.is_dir():
        made = [path for path in sorted(places.backups.glob("*.age")) if path.stat().st_mtime >= first.timestamp()]
        copies += [Copy("backup", str(path)) for path in made]
    return Found(spill, copies, _by_hand(first, now))


def _by_hand(first: datetime, now: datetime) -> list[str]:
    """What no program reaches: said so that somebody does it."""
    mark = f"{first.astimezone(UTC):%Y%m%dT%H%M%S}"
    people = JournalEvent.objects.filter(kind__in=("export", "read"), tx__gte=mark).values_list("person", flat=True)
    told = sorted(set(filter(None, people)))
    return [
        "backups elsewhere; copies made before updates",
        "archives of PostgreSQL's log and replicas",
        "e-mail that went out; papers that were printed",
        "drafts kept by browsers without a line",
        f"files taken out by: {', '.join(told) or '–'} (until {now:%Y-%m-%d %H:%M} UTC)",
    ]


def _freeze(places: Places, spill: Spill, sha: str) -> None:
    """Out of the store, in one step, where its owner alone may look."""
    aside = places.aside / spill.key
    aside.mkdir(parents=True, exist_ok=True)
    for folder in (places.aside, aside):
        folder.chmod(0o700)
    path = places.store.path(sha)
    if path.exists():
        path.rename(aside / sha)


def shred(path: Path) -> None:
    """Written over once, then taken away. On a disk that writes elsewhere (flash, copies of snapshots) this promises
    nothing: such a disk is encrypted, or replaced."""
    if not path.is_file():
        return
    path.chmod(0o600)
    with path.open("r+b") as file:
        left = path.stat().st_size
        while left > 0:
            left -= file.write(b"\0" * min(left, 2**20))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _mark(phrase: str, seal: bytes) -> str:
    return hmac.new(seal, b"tienbo.spill\0" + phrase.encode(), hashlib.sha256).hexdigest() if phrase else ""


def _record(places: Places, found: Found, act: str, actor: Actor, now: datetime) -> None:
    record = SpillRecord(
        spill=found.spill,
        act=act,
        copies=[one._asdict() for one in found.copies],
        by_hand=found.by_hand,
        left=found.left,
        journal=journal_head().text,
        by=actor.name,
        at=now,
    )
    if act == SpillRecord.Act.PURGED:
        record.purges = purges_mark(found.spill.purged_events.order_by("pk"))
    record.signature = _signature(record, places.seal)
    record.save()


def _signature(record: SpillRecord, seal: bytes) -> str:
    said = [
        record.spill.key, record.act, record.copies, record.by_hand, record.left, record.journal, record.by,
        record.at.isoformat(timespec="microseconds"),
    ]  # fmt: skip
    said += [record.purges] if record.purges else []  # what lists copies signs no purges
    text = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
    return hmac.new(seal, b"tienbo.spill.record\0" + text, hashlib.sha256).hexdigest()
