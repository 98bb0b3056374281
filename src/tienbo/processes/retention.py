"""What is past its term is told, and taken away by a person's word: rows, files, and what history and caches say of
them. A record of counts and marks is kept, signed; backups follow by their own rule.

Source: LR-08, T44 of the security design; Luật 91/2025/QH15 Điều 14.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.accounts.models import User
from tienbo.collection.models import Upload
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.ground.files import FileStore
from tienbo.ground.journal import journal_head, journal_note, journal_seal
from tienbo.ground.keys import new_key
from tienbo.ground.processing import Term, term_day
from tienbo.processes.spill import shred
from tienbo.protection.models import JournalPurge, RequestAct, RetentionRecord, SubjectRequest
from tienbo.protection.purging import database_compact, purges_mark, rows_with
from tienbo.protection.retaining import AT_ONCE, Taken
from tienbo.protection.terms import Due, due, terms_asked

WRITTEN = "written"
"""The term of files that were written for people."""

worded(
    {
        "retention.other": N_(
            "What is past its term is no longer what was told ({mark}). Look again with tienbo retention due, and say "
            "the mark that stands there."
        ),
        "retention.blank": N_("Say by whose word: the number and day of the document."),
        "retention.account_open": N_("{account} can still sign in: close it first with tienbo users close."),
        "retention.not_asked": N_("The request {number} does not ask for deletion, or was refused or taken back."),
    }
)


@dataclass(frozen=True)
class Kept:
    """Where a site keeps what a term reaches beside its database. `written`: folders of files that were written for
    people; `caches` are emptied."""

    store: FileStore
    written: Sequence[Path]
    caches: Sequence[Path] = ()
    seal: bytes = b""

    @property
    def owed(self) -> Path:
        """Where it is written down what a run lets go of, before it does: no row names those files afterwards, and who
        is killed between the two leaves them to the next."""
        return self.store.root.with_name("owed")


@dataclass(frozen=True)
class Told:
    """What is past its term, and the mark by which somebody says that it may go."""

    rows: list[Due]
    files: list[tuple[Path, date]]
    stored: list[str] = field(default_factory=list)
    """SHA-256 of received files that nothing points at once the rows are gone."""

    @property
    def mark(self) -> str:
        said = [[one.term, one.table, sorted(map(str, one.ids)), sorted(one.leaves or ())] for one in self.rows]
        said += [[WRITTEN, str(path)] for path, _since in self.files]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    @property
    def count(self) -> int:
        return sum(len(one.ids) for one in self.rows) + len(self.files)


def retention_told(*, kept: Kept, terms: Mapping[str, Term], today: date, of: User | None = None) -> Told:
    """What is past its term on a day. The journal is sealed first: whom it names is asked of it. `of`: what of one
    person may go because they ask, by shorter terms; refused where their account is still open."""
    if of is not None and of.is_active:
        raise Refused(Fault("retention.account_open", "", {"account": of.username}))
    journal_seal()
    return _told(kept, terms, today, of)


def _told(kept: Kept, terms: Mapping[str, Term], today: date, of: User | None) -> Told:
    if of is not None:
        return Told(due(terms_asked(terms), today, of), [])
    rows = due(terms, today)
    after = terms[WRITTEN].after
    assert after is not None  # noqa: S101 - a term without one is not in `terms`
    before, files = term_day(after, today), list[tuple[Path, date]]()
    for folder in kept.written:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file() and not path.is_symlink():
                day = timezone.localtime(
                    datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
                ).date()
                if day < before:
                    files.append((path, day))
    uploads = [pk for one in rows if one.model is Upload for pk in one.ids]
    marks = list(Upload.objects.filter(pk__in=uploads).values_list("sha256", flat=True))
    return Told(rows, files, _named_nowhere(marks))


def _named_nowhere(marks: Sequence[str]) -> list[str]:
    """Those of these hashes that nothing but the list of received files names: bytes can be evidence twice."""
    found: list[str] = []
    for at in range(0, len(marks), 100):
        some = marks[at : at + 100]
        found += some if _are_of_uploads(some) else [mark for mark in some if _are_of_uploads([mark])]
    return found


def _are_of_uploads(marks: Sequence[str]) -> bool:
    places = {copy.place.partition("#")[0] for copy in rows_with(marks)}
    return places <= {"collection_upload.sha256", "ground_history.before", "ground_history.after"}


def retention_take(
    *,
    kept: Kept,
    terms: Mapping[str, Term],
    today: date,
    mark: str,
    decision: str,
    actor: Actor,
    copies: Collection[Mapping[str, Any]] = (),
    now: Callable[[], datetime] = timezone.now,
    of: User | None = None,
    request: SubjectRequest | None = None,
) -> RetentionRecord:
    """Take away what was told under `mark`. Refused where it is no longer that, or nobody said a word. `copies`: where
    copies are that this does not reach, and until when. `of`: of one person, who asked for it in `request`: the record
    names its key beside the decision."""
    retention_finish(kept)
    decision = clean(decision)
    told = retention_told(kept=kept, terms=terms, today=today, of=of)
    faults = [] if decision else [Fault("retention.blank")]
    if request is not None:
        if not deletion_asked(request):
            faults.append(Fault("retention.not_asked", "", {"number": request.key[-8:]}))
        decision = f"{decision} ({request.key})"
    if mark != told.mark:
        faults.append(Fault("retention.other", "", {"mark": mark}))
    if faults:
        raise Refused(*faults)
    with transaction.atomic():
        taken = Taken(kept.seal)
        for one in told.rows:
            taken.take(one)
        if told.files:
            names = hmac.new(kept.seal, b"tienbo.retention\0", hashlib.sha256)
            for path, _since in told.files:
                names.update(hashlib.sha256(path.read_bytes()).digest())
            taken.told.append({"term": WRITTEN, "table": "files", "count": len(told.files), "mark": names.hexdigest()})
        record = RetentionRecord(
            key=new_key("retention"),
            mark=mark,
            decision=decision,
            taken=taken.told,
            events=len(taken.events),
            purges=purges_mark(purges := taken.purges()),
            by_hand=[dict(one) for one in copies],
            left=_told(Kept(kept.store, ()), terms, today, of).count,
            journal=journal_head().text,
            by=actor.name,
            at=now(),
        )
        record.signature = _signature(record, kept.seal)
        record.save()
        for purge in purges:
            purge.retention = record
        JournalPurge.objects.bulk_create(purges, batch_size=AT_ONCE)
        journal_note("retention", record=record.key, taken={one["table"]: one["count"] for one in taken.told})
        debt = _owe(kept, record.key, told)
    _pay(kept, debt)
    return record


def retention_owed(kept: Kept) -> list[Path]:
    """What runs that were stopped let go of and did not destroy, as they wrote it down. One whose record is not there
    let go of nothing: it was stopped before, or is under way."""
    noted = sorted(kept.owed.glob("*.json"))
    done = set(RetentionRecord.objects.filter(key__in=[path.stem for path in noted]).values_list("key", flat=True))
    return [path for path in noted if path.stem in done]


def retention_finish(kept: Kept) -> int:
    """Destroy what runs that were stopped had let go of: the word for it was said then. How many runs there were."""
    debts = retention_owed(kept)
    for path in debts:
        _pay(kept, path)
    return len(debts)


def _owe(kept: Kept, key: str, told: Told) -> Path:
    kept.owed.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = kept.owed / f"{key}.json"
    files = [[str(one), one.stat().st_mtime_ns] for one, _since in told.files]
    with path.open("x", encoding="utf-8") as out:
        json.dump({"files": files, "stored": told.stored}, out)
        out.flush()
        os.fsync(out.fileno())
    return path


def _pay(kept: Kept, debt: Path) -> None:
    """Destroy what was let go of, but what came again since: a file written anew, bytes that somebody sent again."""
    said = json.loads(debt.read_text(encoding="utf-8"))
    for name, time in said["files"]:
        if (path := Path(name)).is_file() and path.stat().st_mtime_ns == time:
            shred(path)
    again = set(Upload.objects.filter(sha256__in=said["stored"]).values_list("sha256", flat=True))
    for mark in _named_nowhere([mark for mark in said["stored"] if mark not in again]):
        shred(kept.store.path(mark))
    for folder in kept.caches:
        for path in (one for one in folder.rglob("*") if one.is_file()):
            path.unlink(missing_ok=True)
    database_compact()
    debt.unlink()


def deletion_asked(request: SubjectRequest) -> bool:
    """Whether a request asks to have data deleted and was neither refused nor taken back."""
    ended = (RequestAct.Act.REFUSE, RequestAct.Act.WITHDRAW)
    return request.kind == "delete" and not request.acts.filter(act__in=ended).exists()


def record_holds(record: RetentionRecord, seal: bytes) -> bool:
    """Whether a record is as it was signed."""
    return hmac.compare_digest(record.signature, _signature(record, seal))


def records_unsound(seal: bytes) -> set[int]:
    """Records (row ids) that are not as they were signed, or whose purges are not: whoever could add a row beside one,
    or write another into it, would have it excuse another change of history."""
    found: set[int] = set()
    for one in RetentionRecord.objects.prefetch_related(
        Prefetch("purged_events", queryset=JournalPurge.objects.order_by("pk"))
    ):
        purges = list(one.purged_events.all())
        is_as_signed = len(purges) == one.events and one.purges in ("", purges_mark(purges))
        if not is_as_signed or not record_holds(one, seal):
            found.add(one.pk)
    return found


def _signature(record: RetentionRecord, seal: bytes) -> str:
    said = [
        record.key, record.mark, record.decision, record.taken, record.events, record.by_hand, record.left,
        record.journal, record.by, record.at.isoformat(timespec="microseconds"),
    ]  # fmt: skip
    said += [record.purges] if record.purges else []  # records of before stand as they were signed
    text = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
    return hmac.new(seal, b"tienbo.retention.record\0" + text, hashlib.sha256).hexdigest()
