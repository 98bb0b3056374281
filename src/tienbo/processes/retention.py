"""What is past its term is told, and taken away by a person's word: rows, files, and what history and caches say of
them. A record of counts and marks is kept, signed; backups follow by their own rule.

Source: LR-08, T44 of the security design; Luật 91/2025/QH15 Điều 14.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count
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
from tienbo.protection.models import RequestAct, RetentionRecord, SubjectRequest
from tienbo.protection.purging import database_compact, rows_with
from tienbo.protection.retaining import Taken
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
            by_hand=[dict(one) for one in copies],
            left=_told(Kept(kept.store, ()), terms, today, of).count,
            journal=journal_head().text,
            by=actor.name,
            at=now(),
        )
        record.signature = _signature(record, kept.seal)
        record.save()
        taken.kept(record)
        journal_note("retention", record=record.key, taken={one["table"]: one["count"] for one in taken.told})
    for path in (*(path for path, _since in told.files), *map(kept.store.path, told.stored)):
        shred(path)
    for folder in kept.caches:
        for path in (one for one in folder.rglob("*") if one.is_file()):
            path.unlink(missing_ok=True)
    database_compact()
    return record


def deletion_asked(request: SubjectRequest) -> bool:
    """Whether a request asks to have data deleted and was neither refused nor taken back."""
    ended = (RequestAct.Act.REFUSE, RequestAct.Act.WITHDRAW)
    return request.kind == "delete" and not request.acts.filter(act__in=ended).exists()


def record_holds(record: RetentionRecord, seal: bytes) -> bool:
    """Whether a record is as it was signed."""
    return hmac.compare_digest(record.signature, _signature(record, seal))


def records_unsound(seal: bytes) -> set[int]:
    """Records (row ids) that are not as they were signed, or name more or fewer events than was signed: whoever could
    add a row beside one would have it excuse another change of history."""
    held = RetentionRecord.objects.annotate(purges=Count("purged_events"))
    return {one.pk for one in held if one.purges != one.events or not record_holds(one, seal)}


def _signature(record: RetentionRecord, seal: bytes) -> str:
    said = [
        record.key, record.mark, record.decision, record.taken, record.events, record.by_hand, record.left,
        record.journal, record.by, record.at.isoformat(timespec="microseconds"),
    ]  # fmt: skip
    text = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
    return hmac.new(seal, b"tienbo.retention.record\0" + text, hashlib.sha256).hexdigest()
