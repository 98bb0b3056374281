"""The manifest of fact segments: which files hold the facts of which revisions, and which revisions count.

Facts are derived: whatever is missing is replayed from revisions, and a rebuild gives the same rows. The folder has a
lock: new segments are written beside one another where the database has several writers, all else by one alone.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from django.db import connection, transaction
from django.db.models import BigIntegerField, CharField, F, Max, Q, QuerySet, Value
from django.utils import timezone

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, facts
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Decision, FactSegment, Measured, Revision, SegmentRevision
from tienbo.collection.standing import carried_by, said_before
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.engine.facts import SMALL, FactSet, FactStore, FactTable, Segment, Told, row_hash, series_in, table_told
from tienbo.engine.rows import Rows, rows_of
from tienbo.ground.files import FileStore
from tienbo.ground.reach import reaching_everywhere

COMPACT_ABOVE = 8
"""More live segments than this are made one: every question opens every segment, a millisecond each."""
LARGE = 1_000_000
"""A segment of so many rows is left alone by the compaction that follows a receive."""
REPLAYED_AT_ONCE = 500

worded(
    {
        "facts.segment_missing": N_("The fact segment {name} is missing. Derive the facts again: tienbo facts rebuild"),
    }
)


@dataclass(frozen=True)
class Stores:
    """The folders of a site that services write to."""

    files: FileStore
    facts: FactStore


def one_writer(store: FactStore, *, waits: bool = True) -> AbstractContextManager[None]:
    """Hold the folder of facts against every other writer, in this process or another; BlockingIOError for one who
    does not wait.

    Taken before a transaction is begun, never inside one that another process may be waiting for.
    """
    return _held_folder(store, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)


def some_writer(store: FactStore) -> AbstractContextManager[None]:
    """Hold the folder against who compacts, derives again or sweeps, for writing a segment of revisions that are new.
    Several do that at once where the database has several writers: a segment is listed with its revisions, and nobody
    else has the name of either before."""
    return _held_folder(store, fcntl.LOCK_SH if connection.vendor == "postgresql" else fcntl.LOCK_EX)


@contextmanager
def _held_folder(store: FactStore, how: int) -> Iterator[None]:
    store.folder.mkdir(parents=True, exist_ok=True)
    with (store.folder.parent / ".facts.lock").open("w") as lock:
        fcntl.flock(lock, how)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)


# ------------------------------------------------------------------------------------------------------- facts


class Numbers:
    """Numbers of series, looked up and given out. Used inside a transaction. `among`: look up these only."""

    def __init__(self, among: Collection[str] | None = None) -> None:
        rows = Measured.objects.all() if among is None else Measured.objects.filter(series__in=among)
        self.known = dict(rows.values_list("series", "id"))

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
    rows: Rows


def _counting(edition: Edition, period: Period, kind: str) -> Mapping[str, bool]:
    return _counting_of(_held(edition), period, kind)


_editions: dict[int, Edition] = {}


def _held(edition: Edition) -> int:
    _editions[id(edition)] = edition
    return id(edition)


class _Counting(dict[str, bool]):
    """Series → whether a unit of this kind is its origin in this period ("one origin counts"); filled as asked."""

    def __init__(self, edition: Edition, period: Period, kind: str) -> None:
        self.edition, self.period, self.kind = edition, period, kind

    def __missing__(self, series: str) -> bool:
        element = self.edition.elements[series.partition("[")[0]]
        rule = element.rule(self.period)
        self[series] = rule is not None and is_kind(self.kind, rule.by) and element.source == "form"
        return self[series]


@lru_cache(maxsize=256)
def _counting_of(held: int, period: Period, kind: str) -> _Counting:
    return _Counting(_editions[held], period, kind)


def _told(one: Said) -> Told:
    return Told(
        rows=one.rows,
        unit=one.unit,
        period=one.period.index,
        cut_off=one.as_of,
        revision=one.revision,
        counts=_counting(one.edition, one.period, one.kind),
    )


def table_said(said: Iterable[Said], measures: Mapping[str, int]) -> FactTable:
    """The facts of what revisions said, as a segment holds them."""
    return table_told((_told(one) for one in said), measures)


def segment_write(*, store: FactStore, said: Sequence[Said], numbers: Numbers | None = None) -> None:
    """Write one segment of what these revisions said and put it in the manifest. Under `one_writer`.

    Inside the transaction that makes the revisions, they and their facts become visible together. A revision has
    its facts in one segment: IntegrityError for one that has them already.
    """
    if not said:
        return
    with transaction.atomic():
        segment = _listed(_written(store, said, numbers))
        SegmentRevision.objects.bulk_create(_held_in(segment, said))


def segment_said(*, store: FactStore, said: Sequence[Said], line: FactSegment) -> list[SegmentRevision]:
    """The same for revisions that are new, under `some_writer`, in a `line` of the manifest that has its number and is
    filled in here: line and lines under it are still to be written."""
    written = _written(store, said, None)
    line.name, line.sha256, line.rows = written.name, written.sha256, written.rows
    return _held_in(line, said)


def _written(store: FactStore, said: Sequence[Said], numbers: Numbers | None) -> Segment:
    series = series_in(one.rows for one in said)
    return store.write(table_said(said, _numbers(store, series) if numbers is None else numbers.of(series)))


def _numbers(store: FactStore, series: set[str]) -> Mapping[str, int]:
    """The numbers of these series. A number that was given out is never another's: what was committed is kept."""
    held = _given(store.folder, str(connection.settings_dict["NAME"]))
    if not series <= held.keys():
        numbers = Numbers(among=series).of(series)
        transaction.on_commit(lambda: held.update(numbers))
        return numbers
    return held


@lru_cache(maxsize=16)
def _given(_folder: Path, _database: str) -> dict[str, int]:
    return {}


def _held_in(segment: FactSegment, said: Iterable[Said]) -> list[SegmentRevision]:
    return [SegmentRevision(revision_id=one.revision, segment=segment) for one in said]


def _listed(written: Segment) -> FactSegment:
    """The line of the manifest for a written segment; the same rows written again have the same file and line."""
    line = FactSegment(name=written.name, sha256=written.sha256, rows=written.rows)
    (segment,) = FactSegment.objects.bulk_create(
        [line], update_conflicts=True, unique_fields=["name"], update_fields=["sha256", "rows", "retired_at"]
    )
    return segment


def said_by(revisions: Iterable[Revision]) -> Iterator[Said]:
    """What kept revisions said, worked out again from their content."""
    for revision in revisions:
        content = Content.from_json(revision.content)
        edition = edition_of(content.edition)
        yield Said(
            revision=revision.pk,
            unit=revision.of.unit_id,
            kind=revision.of.unit.kind,
            period=content.period,
            edition=edition,
            as_of=content.as_of,
            rows=rows_of(facts(edition, content, said_before(content, carried_by(revision)))),
        )


def facts_catch_up(*, store: FactStore) -> int:
    """Replay revisions that have no segment (restored from a backup of the database alone), or whose small segment did
    not survive a power cut (`engine.facts.SMALL`). Returns how many."""
    if not Revision.objects.filter(held=None).exists() and not any(_torn(store)):
        return 0
    with one_writer(store):
        torn = list(_torn(store))
        with transaction.atomic():
            SegmentRevision.objects.filter(segment__name__in=torn).delete()
            FactSegment.objects.filter(name__in=torn).update(retired_at=timezone.now())
            return _replay(store)


def _torn(store: FactStore) -> Iterator[str]:
    """Names of small live segments that are not what was written. A larger one is missed by whoever reads it."""
    live = FactSegment.objects.filter(retired_at=None, rows__lte=SMALL)
    return segments_damaged(store, live)


def _replay(store: FactStore) -> int:
    done, numbers = 0, Numbers()
    while True:
        missing = list(
            Revision.objects.filter(held=None)
            .select_related("of__unit", "of__campaign", "carried__carried", "carried_year")
            .order_by("id")[:REPLAYED_AT_ONCE]
        )
        if not missing:
            return done
        segment_write(store=store, said=list(said_by(missing)), numbers=numbers)
        done += len(missing)


def facts_rebuild(*, store: FactStore) -> tuple[str | None, str]:
    """Throw every segment away and derive all facts again. Returns the row hashes before and after; before is None
    where a segment was missing or damaged.

    The new facts take the place of the old in one transaction: no reader finds the site without.
    """
    with one_writer(store):
        before = None if list(segments_damaged(store)) else row_hash(fact_set(store, "everything"))
        with transaction.atomic():
            SegmentRevision.objects.all().delete()
            FactSegment.objects.filter(retired_at=None).update(retired_at=timezone.now())
            _replay(store)
            _compact(store)
        _sweep(store)
        return before, row_hash(fact_set(store, "everything"))


def segments_damaged(store: FactStore, among: QuerySet[FactSegment] | None = None) -> Iterator[str]:
    """Names of live segments, or of `among` these, whose file is missing or no longer has the bytes it had."""
    live = FactSegment.objects.filter(retired_at=None) if among is None else among
    for name, sha256 in live.values_list("name", "sha256"):
        path = store.path(name)
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield name


def facts_agree(*, store: FactStore) -> bool:
    """Whether the facts are what the revisions say, derived once more in a folder that is then thrown away.

    A revision that cannot be read, or a series without a number, is a disagreement.
    """
    numbers = dict(Measured.objects.values_list("series", "id"))
    pks = list(SegmentRevision.objects.order_by("revision_id").values_list("revision_id", flat=True))
    with TemporaryDirectory() as folder:
        again, paths = FactStore(Path(folder)), []
        for start in range(0, len(pks), REPLAYED_AT_ONCE):
            rows = Revision.objects.filter(pk__in=pks[start : start + REPLAYED_AT_ONCE]).order_by("id")
            rows = rows.select_related("of__unit", "of__campaign", "carried__carried", "carried_year")
            try:
                said = list(said_by(rows))
                paths.append(again.path(again.write(table_said(said, numbers)).name))
            except (ValueError, LookupError, TypeError, ArithmeticError):
                return False
        return row_hash(FactSet(tuple(paths))) == row_hash(fact_set(store, "everything"))


def facts_compact(
    *, store: FactStore, above: int = COMPACT_ABOVE, largest: int | None = None, waits: bool = True
) -> bool:
    """Make one segment of live ones when there are more than `above`. Returns whether it did: who does not wait does
    not while others write.

    Without `largest`, of all of them. With it, of the smallest: those of more than `largest` rows are left alone, so
    that a nation's history is not written again with every receive, and up to half of `above` others for as long as
    they are much larger than what is made, so that the returns of a period are not written again with every eighth.
    """
    try:
        with one_writer(store, waits=waits):
            return _compact(store, above, largest)
    except BlockingIOError:
        return False


def _compact(store: FactStore, above: int = COMPACT_ABOVE, largest: int | None = None) -> bool:
    """The same under `one_writer`."""
    live = FactSegment.objects.filter(retired_at=None)
    if largest is not None:
        live = live.filter(rows__lte=largest)
    found = list(live.order_by("rows", "id").values_list("id", "name", "rows"))
    if len(found) <= above:
        return False
    if largest is not None:
        found = found[: _smallest([rows for _id, _name, rows in found], len(found) - above // 2)]
    held = {one: name for one, name, _rows in sorted(found)}
    written = store.compact(FactSet(_paths(store, held.values())))
    with transaction.atomic():
        segment = _listed(written)
        SegmentRevision.objects.filter(segment_id__in=held).update(segment=segment)
        FactSegment.objects.filter(id__in=held).exclude(pk=segment.pk).update(retired_at=timezone.now())
    return True


def _smallest(rows: Sequence[int], least: int) -> int:
    """How many of the smallest segments become one: `least` of them, and whatever is at most twice what they make."""
    made = sum(rows[:least])
    while least < len(rows) and rows[least] <= 2 * made:
        made += rows[least]
        least += 1
    return least


def facts_sweep(*, store: FactStore) -> list[str]:
    """Delete files no live line of the manifest names. Only when no reader is about (start-up, maintenance)."""
    with one_writer(store):
        return _sweep(store)


def stores_sweep(*, stores: Stores) -> list[str]:
    """The same for a whole site: what interrupted receives left beside the files that were received goes too."""
    with one_writer(stores.facts):
        return [*_sweep(stores.facts), *stores.files.sweep()]


def _sweep(store: FactStore) -> list[str]:
    return store.sweep(FactSegment.objects.filter(retired_at=None).values_list("name", flat=True))


# ----------------------------------------------------------------------------------------------------- fact set

Reading = Literal["submitted", "accepted", "everything"]


def fact_set(store: FactStore, basis: Reading) -> FactSet:
    """The facts that count at a basis: `submitted` is the last word of each unit, `accepted` the last word that was
    accepted, `everything` all that was ever said (for rebuilds and reconciliation).

    Refused where a segment is missing.
    """
    # One statement, so that segments and revisions are of one moment whoever writes meanwhile.
    live = FactSegment.objects.filter(retired_at=None).annotate(number=Value(0, BigIntegerField()))
    rows = live.values_list("name", "number")
    if basis != "everything":
        field = "of__accepted" if basis == "accepted" else "of__latest"
        stale = Revision.objects.filter(held__isnull=False).filter(Q(**{field: None}) | ~Q(pk=F(f"{field}_id")))
        rows = rows.union(stale.annotate(name=Value("", CharField())).values_list("name", "id"), all=True)
    with reaching_everywhere("which revisions count is of the whole site; who may read their facts says `evaluate`"):
        found = list(rows)
    names = sorted(name for name, _ in found if name)
    excluded = frozenset(number for name, number in found if not name)
    return FactSet(_paths(store, names), excluded, _version(names, basis, excluded), basis)


def facts_deciding() -> str:
    """A mark of the accepted facts that a return leaves as it is until somebody decides on it.

    Which facts count changes with a decision, or where a revision gets its facts late (a replay). Decisions are only
    ever added: as many decisions, the same decisions; the moment of the last tells them from those of a database that
    was put in this one's place. Hashed, for it is handed to guests: how much was decided, and when, is not theirs.
    """
    decisions, revisions, held = (one._meta.db_table for one in (Decision, Revision, SegmentRevision))
    deciding = f"FROM {decisions} WHERE act IN ('{Decision.Act.ACCEPT}', '{Decision.Act.ASK_SUPPLEMENT}')"
    whole = reaching_everywhere("the mark of the whole site's facts; how it is made is not handed out")
    with whole, connection.cursor() as cursor:
        # One statement, so that all of it is of one moment.
        cursor.execute(
            f"SELECT (SELECT COUNT(*) {deciding}),"  # noqa: S608 - names of our own
            f" (SELECT decided_at FROM {decisions} WHERE id = (SELECT MAX(id) {deciding})),"
            f" (SELECT COUNT(*) FROM {revisions}) - (SELECT COUNT(*) FROM {held})"
        )
        decided, last, waiting = cursor.fetchone()
    return hashlib.sha256(f"{decided} {last} {waiting}".encode()).hexdigest()


def _paths(store: FactStore, names: Iterable[str]) -> tuple[Path, ...]:
    paths = tuple(map(store.path, names))
    gone = [Fault("facts.segment_missing", "", {"name": path.name}) for path in paths if not path.exists()]
    if gone:
        raise Refused(*gone)
    return paths


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
