"""The manifest of fact segments: which files hold the facts of which revisions, and which revisions count.

Facts are derived: whatever is missing is replayed from revisions, and a rebuild gives the same rows. One writer at
a time, under a lock on the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from django.db import connection, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from tienbo.catalogue.fingerprint import from_canonical, installed
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, FactRow, facts
from tienbo.collection.models import FactSegment, KeptEdition, Measured, Return, Revision, SegmentRevision
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.engine.facts import ORIGINS, QUALIFIERS, STATUSES, Fact, FactSet, FactStore, as_table, row_hash
from tienbo.ground.files import FileStore

COMPACT_ABOVE = 64
"""More live segments than this are made one: every question opens every segment."""
REPLAYED_AT_ONCE = 500


@dataclass(frozen=True)
class Stores:
    """The folders of a site that services write to."""

    files: FileStore
    facts: FactStore


@contextmanager
def one_writer(store: FactStore) -> Iterator[None]:
    """Hold the folder of facts against every other writer, in this process or another."""
    store.folder.mkdir(parents=True, exist_ok=True)
    with (store.folder.parent / ".facts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)


# ------------------------------------------------------------------------------------------------- definitions


@lru_cache(maxsize=16)
def edition_of(mark: str) -> Edition:
    """The edition with this fingerprint: the pack as installed, or the text kept in the database.

    KeyError when it is neither: such a workbook was made by another system.
    """
    found = installed(mark)
    if found is not None:
        return found
    kept = KeptEdition.objects.filter(fingerprint=mark).first()
    if kept is None:
        raise KeyError(mark)
    return from_canonical(kept.definitions)


# ------------------------------------------------------------------------------------------------------- facts


class Numbers:
    """Numbers of series, looked up and given out. Used inside a transaction."""

    def __init__(self) -> None:
        self.known = dict(Measured.objects.values_list("series", "id"))

    def of(self, wanted: Iterable[str]) -> Mapping[str, int]:
        new = sorted(set(wanted) - self.known.keys())
        if new:
            Measured.objects.bulk_create([Measured(series=series) for series in new], ignore_conflicts=True)
            self.known.update(Measured.objects.filter(series__in=new).values_list("series", "id"))
        return self.known


@dataclass(frozen=True, slots=True)
class Said:
    """What one revision said, ready to become facts."""

    revision: int
    unit: int
    kind: str
    """The unit's kind, which decides whether its word counts."""
    period: Period
    edition: Edition
    as_of: date | None
    rows: Sequence[FactRow]


def _counting(edition: Edition, period: Period, kind: str) -> Mapping[str, bool]:
    return _counting_of(_held(edition), period, kind)


_editions: dict[int, Edition] = {}


def _held(edition: Edition) -> int:
    _editions[id(edition)] = edition
    return id(edition)


@lru_cache(maxsize=256)
def _counting_of(held: int, period: Period, kind: str) -> Mapping[str, bool]:
    """Element → whether a unit of this kind is its origin in this period ("one origin counts")."""
    counting = {}
    for code, element in _editions[held].elements.items():
        rule = element.rule(period)
        counting[code] = rule is not None and is_kind(kind, rule.by) and element.source == "form"
    return counting


_STATUS = {name: number for number, name in enumerate(STATUSES)}
_QUALIFIER = {name: number for number, name in enumerate(QUALIFIERS)}
_ORIGIN = {name: number for number, name in enumerate(ORIGINS)}


def numbered(said: Iterable[Said], measures: Mapping[str, int]) -> Iterator[Fact]:
    """Facts with their numbers. The cut-off stands on estimates only."""
    for one in said:
        counting = _counting(one.edition, one.period, one.kind)
        index = one.period.index
        for row in one.rows:
            yield Fact(
                measures[row.series],
                one.unit,
                index,
                row.value,
                _STATUS[row.status],
                _QUALIFIER[row.qualifier],
                one.as_of if row.qualifier == "estimate" else None,
                counting[row.series.partition("[")[0]],
                _ORIGIN[row.origin],
                one.revision,
                row.cell,
            )


def segment_write(*, store: FactStore, said: Sequence[Said], numbers: Numbers | None = None) -> None:
    """Write one segment of what these revisions said and put it in the manifest. Under `one_writer`."""
    if not said:
        return
    with transaction.atomic():
        known = (numbers or Numbers()).of(row.series for one in said for row in one.rows)
    table = as_table(numbered(said, known))
    written = store.write(table)
    with transaction.atomic():
        segment, _ = FactSegment.objects.get_or_create(
            name=written.name, defaults={"sha256": written.sha256, "rows": written.rows}
        )
        SegmentRevision.objects.bulk_create(
            [SegmentRevision(revision_id=one.revision, segment=segment) for one in said], ignore_conflicts=True
        )


def said_by(revisions: Iterable[Revision]) -> Iterator[Said]:
    """What kept revisions said, worked out again from their content."""
    for revision in revisions:
        content = Content.from_json(revision.content)
        edition = edition_of(content.edition)
        before = carried_over(revision.of, content)
        yield Said(
            revision=revision.pk,
            unit=revision.of.unit_id,
            kind=revision.of.unit.kind,
            period=content.period,
            edition=edition,
            as_of=content.as_of,
            rows=facts(edition, content, before),
        )


def carried_over(of: Return, content: Content) -> Content | None:
    """The content that "không thay đổi" refers to: the unit's return of the half-year before, as first accepted.

    The first accepted revision, so that replaying later gives what was carried over then.
    """
    if "unchanged" not in content.statements.values():
        return None
    before = (
        Revision.objects.filter(
            of__unit_id=of.unit_id, of__campaign__period_code=content.period.previous().code, decisions__act="accept"
        )
        .order_by("number")
        .first()
    )
    return None if before is None else Content.from_json(before.content)


def facts_catch_up(*, store: FactStore) -> int:
    """Replay revisions that have no segment (a process died between commit and segment). Returns how many."""
    done = 0
    with one_writer(store):
        while True:
            missing = list(
                Revision.objects.filter(held=None)
                .select_related("of__unit", "of__campaign")
                .order_by("id")[:REPLAYED_AT_ONCE]
            )
            if not missing:
                break
            segment_write(store=store, said=list(said_by(missing)))
            done += len(missing)
    return done


def facts_rebuild(*, store: FactStore) -> tuple[str, str]:
    """Throw every segment away and derive all facts again. Returns the row hashes before and after."""
    before = row_hash(fact_set(store, "everything"))
    with one_writer(store), transaction.atomic():
        SegmentRevision.objects.all().delete()
        FactSegment.objects.filter(retired_at=None).update(retired_at=timezone.now())
    facts_catch_up(store=store)
    facts_compact(store=store)
    facts_sweep(store=store)
    return before, row_hash(fact_set(store, "everything"))


def facts_compact(*, store: FactStore, above: int = COMPACT_ABOVE) -> bool:
    """Make one segment of the live ones when there are more than `above`. Returns whether it did."""
    with one_writer(store):
        live = list(FactSegment.objects.filter(retired_at=None).values_list("id", flat=True))
        if len(live) <= above:
            return False
        written = store.compact(fact_set(store, "everything"))
        with transaction.atomic():
            segment, _ = FactSegment.objects.get_or_create(
                name=written.name, defaults={"sha256": written.sha256, "rows": written.rows}
            )
            FactSegment.objects.filter(pk=segment.pk).update(retired_at=None)
            SegmentRevision.objects.filter(segment_id__in=live).update(segment=segment)
            FactSegment.objects.filter(id__in=live).exclude(pk=segment.pk).update(retired_at=timezone.now())
    return True


def facts_sweep(*, store: FactStore) -> list[str]:
    """Delete files no live line of the manifest names. Only when no reader is about (start-up, maintenance)."""
    with one_writer(store):
        return store.sweep(FactSegment.objects.filter(retired_at=None).values_list("name", flat=True))


# ----------------------------------------------------------------------------------------------------- fact set

Reading = Literal["submitted", "accepted", "everything"]


def fact_set(store: FactStore, basis: Reading) -> FactSet:
    """The facts that count at a basis: `submitted` is the last word of each unit, `accepted` the last word that was
    accepted, `everything` all that was ever said (for rebuilds and reconciliation)."""
    names = tuple(FactSegment.objects.filter(retired_at=None).order_by("id").values_list("name", flat=True))
    excluded: frozenset[int] = frozenset()
    if basis != "everything":
        current = F("of__accepted_id") if basis == "accepted" else F("of__latest_id")
        field = "of__accepted" if basis == "accepted" else "of__latest"
        stale = Revision.objects.filter(held__isnull=False).filter(Q(**{field: None}) | ~Q(pk=current))
        excluded = frozenset(stale.values_list("pk", flat=True))
    return FactSet(tuple(store.path(name) for name in names), excluded, _version(names, basis, excluded))


def _version(names: Sequence[str], basis: str, excluded: frozenset[int]) -> str:
    text = "\n".join([basis, *names, ",".join(map(str, sorted(excluded)))])
    return hashlib.sha256(text.encode()).hexdigest()


def measures() -> Mapping[str, int]:
    """Series → number, of every series ever reported."""
    newest = Measured.objects.aggregate(newest=Max("id"))["newest"] or 0
    return _measures(connection.settings_dict["NAME"], newest)


@lru_cache(maxsize=4)
def _measures(_database: str, _newest: int) -> Mapping[str, int]:
    return dict(Measured.objects.values_list("series", "id"))


def series_of(numbers: Iterable[int]) -> Mapping[int, str]:
    return dict(Measured.objects.filter(id__in=set(numbers)).values_list("id", "series"))
