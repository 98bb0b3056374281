"""Taking files in: many at once, each wholly in or wholly out, the bytes kept as they came.

Reading and checking run in processes apart (`core.apart`); storing is done here, in groups that share one wait for the
disk and one transaction. A process killed in the middle leaves whole groups; receiving the same files again completes
the rest and changes nothing of what was in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, facts
from tienbo.collection.editions import edition_of, kept_editions
from tienbo.collection.manifest import (
    LARGE,
    Numbers,
    Said,
    Stores,
    facts_compact,
    one_writer,
    said_by,
    segment_write,
)
from tienbo.collection.models import Campaign, Revision, Upload, UploadRevision
from tienbo.collection.reader import TRUSTED, Reader, ReadFile, read, start
from tienbo.collection.services import Incoming, Taken, campaign_open, return_prepare, returns_take
from tienbo.collection.standing import carried_by, said_before
from tienbo.core.apart import Apart, Overrun
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.rows import rows_of
from tienbo.ground.files import sha256
from tienbo.ground.once import reading_once
from tienbo.units.frames import tree_on, unit_ids, unit_names
from tienbo.units.heirs import heir
from tienbo.units.life import Ground, ground_on
from tienbo.units.models import Unit

GROUP = 128
"""Returns stored with one wait for the disk."""
ALONE = 24
"""Up to so many files are read in this process: starting others would take longer."""
TOLD = 1.0
"""Seconds between two words on how far the reading is."""

worded(
    {
        "intake.nothing_found": N_("There is no workbook in {name}."),
        "intake.unknown_unit": N_("The workbook was made for a unit this site does not know."),
        "intake.not_yours": N_("The workbook belongs to a unit for which you may not hand in workbooks."),
        "intake.unit_not_due": N_("{unit} is not among the units that report for {period}."),
        "intake.began_later": N_(
            "{period} is before {unit}, which began on {begins}. Its ground was then of: {units}. They report for "
            "{period}."
        ),
        "intake.ended_before": N_("{unit} ended on {day}, before {period} began. Its ground is now of: {units}."),
        "intake.form_does_not_fit": N_("{unit} reports on the form {expected}, not {form}."),
        "intake.changed_meanwhile": N_("The file changed while it was being read; send it again."),
        "intake.two_of_one_unit": N_(
            "{unit} sent {other} for {period} as well; this file came after it and stands. Look which one is right."
        ),
    }
)

SUFFIXES = {".xlsx", ".xls", ".ods", ".xlsm", ".xlsb"}


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of one file: received, received again without effect, or refused with the reasons."""

    path: Path
    state: Literal["received", "again", "refused"]
    faults: tuple[Fault, ...] = ()
    unit: str = ""
    period: str = ""
    receipt: str = ""
    revision: int | None = None
    restated: str = ""
    """The period before, where the file gave official figures in place of its estimates."""


Progress = Callable[[int, int], None]


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The workbooks among files and folders, in a stable order. A file named outright is always taken."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith("~$"))
            found.update(dict.fromkeys(sorted(p for p in inside if p.is_file())))
        else:
            found[path] = None
    return list(found)


def files_receive(
    *,
    paths: Sequence[Path],
    root: Unit,
    edition: Edition,
    stores: Stores,
    seal: bytes,
    actor: Actor,
    period: Period | None = None,
    accept: bool = False,
    units: Collection[int] | None = None,
    processes: int = 2,
    progress: Progress | None = None,
) -> list[Intake]:
    """Read, check and take in files; a good file beside a bad one goes in. One result a file, in the order given.

    `root` is the unit whose committee collects; `edition` opens a campaign that is not open yet; `period` refuses
    workbooks of another one. With `accept` what comes in counts at once. `units` are the row ids of the units whose
    workbooks the actor may bring; None for all.
    """
    desk = _Desk(root, edition, stores, actor, accept, units)
    results: dict[Path, Intake] = {}
    waiting: list[ReadFile] = []
    elsewhere = processes if len(paths) > ALONE else 0
    reader = Reader(seal, period, kept_editions(installed_too=elsewhere > 0), known_bytes())
    with _reading(elsewhere, reader, paths) as files:
        for group in _groups(_told(files, len(paths), progress)):
            for one, result in zip(group, desk.take(group), strict=True):
                results[one.path] = result
                if _waits(result):
                    waiting.append(one)
            if progress:
                progress(len(results), len(paths))
    # What these refer to may have come in after them.
    for group in _groups(sorted(waiting, key=lambda one: one.content.period if one.content else Period(1900))):
        results.update({result.path: result for result in desk.take(group)})
    facts_compact(store=stores.facts, largest=LARGE)
    return [results[path] for path in paths]


def _told(files: Iterable[ReadFile], total: int, progress: Progress | None) -> Iterator[ReadFile]:
    """The files as they are read, with a word every second: reading is what takes long, storing is one step a group.
    The last file is told of when it is stored."""
    last = time.monotonic()
    for count, one in enumerate(files, 1):
        if progress and time.monotonic() - last >= TOLD:
            progress(min(count, total - 1), total)
            last = time.monotonic()
        yield one


def known_bytes() -> frozenset[str]:
    """SHA-256 of every file that was received: nothing of it need be read again."""
    return frozenset(UploadRevision.objects.values_list("upload__sha256", flat=True))


_REFERRING = {"return.nothing_to_carry_over", "return.nothing_to_restate"}


def _waits(result: Intake) -> bool:
    """Whether a file was refused only for what an earlier period's file may bring."""
    return result.state == "refused" and any(fault.code in _REFERRING for fault in result.faults)


@contextmanager
def _reading(processes: int, reader: Reader, paths: Sequence[Path]) -> Iterator[Iterable[ReadFile]]:
    if not processes:
        yield map(reader.read, paths)
        return
    pool = Apart(
        f"{read.__module__}:read",
        start=f"{start.__module__}:start",
        given=(reader,),
        size=processes,
        trusted=TRUSTED,
    )
    try:
        yield _read_apart(pool, reader, paths)
    finally:
        pool.close()


def _read_apart(pool: Apart, reader: Reader, paths: Sequence[Path]) -> Iterator[ReadFile]:
    """The bytes are read here: a process that parses what strangers brought can open nothing."""
    pieces = ((path, reader.brought(path)) for path in paths)
    for path, told in zip(paths, pool.each(pieces), strict=True):
        if isinstance(told, Overrun):
            data = reader.brought(path)
            digest, size = (sha256(data), len(data)) if isinstance(data, bytes) else ("", 0)
            fault = Fault(told.code("workbook.too_heavy"), path.name, {"why": told.why})
            yield ReadFile(path, digest, size, None, (fault,))
        else:
            yield told


def _groups(read: Iterable[ReadFile]) -> Iterator[list[ReadFile]]:
    """Groups to store together: of one period, and no unit twice, so that a return finds what came before it."""
    group: list[ReadFile] = []
    seen: set[tuple[str, str]] = set()
    for one in read:
        key = (one.content.unit, one.content.period.code) if one.content else ("", one.sha256)
        periods = {held.content.period for held in group if held.content}
        if len(group) >= GROUP or key in seen or (one.content and periods and one.content.period not in periods):
            yield group
            group, seen = [], set()
        group.append(one)
        seen.add(key)
    if group:
        yield group


@dataclass
class _Desk:
    """Stores groups of read files for one receive."""

    root: Unit
    edition: Edition
    stores: Stores
    actor: Actor
    accept: bool
    of: Collection[int] | None = None
    """The units whose workbooks the actor may bring."""

    def __post_init__(self) -> None:
        self.mark = fingerprint(self.edition)
        self.campaigns: dict[tuple[int, Period], Campaign] = {}
        self.units: dict[int, Unit] = {}
        self.numbers_of = unit_ids()
        self.trees: dict[date, Tree] = {}
        self.names: dict[date, Mapping[int, str]] = {}
        self.numbers = Numbers()
        self.came: dict[tuple[str, Period], Path] = {}
        """Unit and period → the file of this receive that spoke for it last."""

    def take(self, group: Sequence[ReadFile]) -> list[Intake]:
        """Store one group: its bytes, then one transaction for the returns and the facts that follow from them.

        No other writer comes in between, and no reader sees the one without the other.
        """
        with one_writer(self.stores.facts):
            group = self._keep_bytes(group)
            with transaction.atomic():
                uploads = self._uploads(group)
                known = self._known(uploads)
                with reading_once():
                    prepared = {
                        one.path: self._prepared(one, uploads[one.sha256])
                        for one in group
                        if one.content is not None and one.sha256 not in known
                    }
                incoming = {path: came for path, came in prepared.items() if isinstance(came, Incoming)}
                made = returns_take(incoming=list(incoming.values()), actor=self.actor, accept=self.accept)
                taken = dict(zip(incoming, made, strict=True))
                self._write_facts(group, incoming, taken)
        results = []
        for one in group:
            if one.path in taken:
                results.append(self._result(one, incoming[one.path], taken[one.path]))
            elif one.sha256 in known:
                results.append(self._again(one, known[one.sha256]))
            else:
                against = prepared.get(one.path, ())
                faults = () if isinstance(against, Incoming) else against
                results.append(Intake(one.path, "refused", (*one.faults, *faults)))
        return results

    def _keep_bytes(self, group: Sequence[ReadFile]) -> list[ReadFile]:
        kept = []
        with self.stores.files.batch() as batch:
            for one in group:
                try:
                    held = not one.sha256 or (one.known and one.sha256 in self.stores.files)
                    same = held or batch.put(one.path.read_bytes()) == one.sha256
                except FileNotFoundError:
                    same = False
                if same:
                    kept.append(one)
                else:
                    fault = Fault("intake.changed_meanwhile", one.path.name)
                    kept.append(replace(one, sha256="", content=None, faults=(fault,), rows=None))
        return kept

    def _uploads(self, group: Sequence[ReadFile]) -> Mapping[str, Upload]:
        wanted = {one.sha256: one for one in group if one.sha256}
        held = {row.sha256: row for row in Upload.objects.filter(sha256__in=wanted)}
        new = [
            Upload(sha256=sha, name=one.path.name[:255], size=one.size, received_by=self.actor.name)
            for sha, one in wanted.items()
            if sha not in held
        ]
        held.update({row.sha256: row for row in Upload.objects.bulk_create(new)})
        return held

    def _known(self, uploads: Mapping[str, Upload]) -> Mapping[str, Revision]:
        """Bytes whose word is here already: SHA-256 → the revision."""
        rows = UploadRevision.objects.filter(upload__in=uploads.values()).select_related(
            "upload", "revision__receipt", "revision__of__unit", "revision__of__campaign"
        )
        return {row.upload.sha256: row.revision for row in rows}

    def _prepared(self, one: ReadFile, upload: Upload) -> Incoming | tuple[Fault, ...]:
        """The return of a file, ready to be taken in, or why it does not belong here."""
        content = one.content
        assert content is not None  # noqa: S101 - the caller filtered
        number = self.numbers_of.get(content.unit)
        if number is None or not self._may_bring(number):
            return (Fault("intake.unknown_unit" if number is None else "intake.not_yours", one.path.name),)
        unit = self._unit(number)
        name = self._name(content, unit)
        fields: dict[str, object] = {"unit": name, "period": content.period}
        if self._tree(content.period, unit) is None:
            return (self._not_there(one, content.period, unit),)
        expected = self._edition(content.period, unit).form_for(unit.kind, content.period)
        if expected is None:
            return (Fault("intake.unit_not_due", one.path.name, fields),)
        if expected.code != content.form:
            fields |= {"expected": expected.number, "form": content.form}
            return (Fault("intake.form_does_not_fit", one.path.name, fields),)
        warnings = [fault for fault in one.faults if fault.level is Level.WARNING]
        warnings += self._twice(one, content, name)
        try:
            return return_prepare(
                campaign=self._campaign(content.period, unit),
                unit=unit,
                content=content,
                upload=upload,
                warnings=warnings,
                text=one.text,
            )
        except Refused as refused:
            return tuple(replace(fault, place=fault.place or one.path.name) for fault in refused.faults)

    def _not_there(self, one: ReadFile, period: Period, unit: Unit) -> Fault:
        """Why a unit does not report for a period: it began after it or ended before it, and who was or is there
        instead; or it stands elsewhere."""
        span = self.edition.calendar.span(period)
        last = self.edition.calendar.last_day(period)
        ended = unit.span.last_day
        name = self._name_ever(unit)
        if unit.valid_from > last:
            units = self._named(ground_on(unit, last), last)
            fields = {"unit": name, "period": period, "begins": unit.valid_from, "units": units}
            return Fault("intake.began_later", one.path.name, fields)
        if ended is not None and ended < span.start:
            units = self._named(ground_on(unit, last), last)
            fields = {"unit": name, "period": period, "day": ended, "units": units}
            return Fault("intake.ended_before", one.path.name, fields)
        return Fault("intake.unit_not_due", one.path.name, {"unit": name, "period": period})

    def _name_ever(self, unit: Unit) -> str:
        """What the unit is called, on the last day it was there."""
        names = unit_names(unit.span.last_day or unit.valid_from)
        return names.get(unit.pk, unit.key)

    def _named(self, ground: Sequence[Ground], day: date) -> str:
        names = unit_names(day)
        return ", ".join(names.get(row.unit, "") for row in ground) or "–"

    def _twice(self, one: ReadFile, content: Content, name: str) -> list[Fault]:
        """A warning when this receive brought another workbook of the unit before this one."""
        other = self.came.get((content.unit, content.period))
        if other is None:
            return []
        fields = {"unit": name, "other": other.name, "period": content.period}
        return [Fault("intake.two_of_one_unit", one.path.name, fields, Level.WARNING)]

    def _may_bring(self, unit: int) -> bool:
        return self.of is None or unit in self.of

    def _again(self, one: ReadFile, revision: Revision) -> Intake:
        """Bytes that are known say whose they are only to those who may bring them."""
        if self._may_bring(revision.of.unit_id):
            return _again(one, revision)
        return Intake(one.path, "refused", (Fault("intake.not_yours", one.path.name),))

    def _write_facts(
        self, group: Sequence[ReadFile], incoming: Mapping[Path, Incoming], taken: Mapping[Path, Taken]
    ) -> None:
        said: list[Said] = []
        rows = {one.path: one.rows for one in group}
        for path, result in taken.items():
            if result.again:
                continue
            came, revision = incoming[path], result.revision
            edition = self._edition(came.content.period, came.unit)
            got = rows[path]
            if got is None:
                got = rows_of(facts(edition, came.content, said_before(came.content, carried_by(revision))))
            period, as_of = came.content.period, came.content.as_of
            said.append(Said(revision.pk, came.unit.pk, came.unit.kind, period, edition, as_of, got))
            if result.restated is not None:
                said += said_by([result.restated])
        segment_write(store=self.stores.facts, said=said, numbers=self.numbers)

    def _result(self, one: ReadFile, came: Incoming, taken: Taken) -> Intake:
        if not taken.again:
            self.came[came.content.unit, came.content.period] = one.path
        restated = taken.restated
        return Intake(
            one.path,
            "again" if taken.again else "received",
            tuple(came.warnings),
            came.unit.key,
            came.content.period.code,
            taken.receipt.code,
            taken.revision.pk,
            "" if restated is None else restated.of.campaign.period_code,
        )

    # What one receive looks up again and again.

    def _campaign(self, period: Period, unit: Unit) -> Campaign:
        """The campaign of a period: of the root, or of the unit it took over that the unit stood under."""
        root = self.root.pk
        tree = self._tree(period, unit)
        if tree is not None:
            root = self._collects(unit, tree) or root
        if (root, period) not in self.campaigns:
            of = self.root if root == self.root.pk else self._unit(root)
            self.campaigns[root, period] = campaign_open(root=of, period=period, edition=self.edition)
        return self.campaigns[root, period]

    def _edition(self, period: Period, unit: Unit) -> Edition:
        mark = self._campaign(period, unit).edition.fingerprint
        return self.edition if mark == self.mark else edition_of(mark)

    def _unit(self, number: int) -> Unit:
        if number not in self.units:
            self.units = Unit.objects.in_bulk()
        return self.units[number]

    def _name(self, content: Content, unit: Unit) -> str:
        day = self._day(content.period, unit)
        if day not in self.names:
            self.names[day] = unit_names(day)
        return self.names[day].get(unit.pk, content.unit)

    def _day(self, period: Period, unit: Unit) -> date:
        """The day a unit is looked at: the period's last, or its own last for a closing return."""
        span = self.edition.calendar.span(period)
        last = self.edition.calendar.last_day(period)
        ended = unit.span.last_day
        return ended if ended is not None and span.start <= ended < last else last

    def _tree(self, period: Period, unit: Unit) -> Tree | None:
        """The root's tree in which the unit stood when it was last alive in the period; None if it never did."""
        day = self._day(period, unit)
        whole = self.trees.get(day)
        if whole is None:
            whole = self.trees[day] = tree_on(day)
        if unit.pk not in whole:
            return None
        return whole if self._collects(unit, whole) is not None else None

    def _collects(self, unit: Unit, tree: Tree) -> int | None:
        """Who collects a unit's return: this root where the unit stood under it, else the unit above it, the highest,
        that went whole into this root since: what it still owes is received by who took it over, and is its own."""
        line = (unit.pk, *tree.ancestors(unit.pk))
        if self.root.pk in line:
            return self.root.pk
        return next((one for one in reversed(line) if heir(one) == self.root.pk), None)


def _again(one: ReadFile, revision: Revision) -> Intake:
    of = revision.of
    return Intake(
        one.path,
        "again",
        tuple(Fault(row["code"], row["place"], row["fields"], Level(row["level"])) for row in revision.warnings),
        of.unit.key,
        of.campaign.period_code,
        revision.receipt.code,
        revision.pk,
    )
