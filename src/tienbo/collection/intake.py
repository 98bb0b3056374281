"""Taking files in: many at once, each wholly in or wholly out, the bytes kept as they came.

Reading and checking run in worker processes; storing is done here, in groups that share one wait for the disk and
one transaction. A process killed in the middle leaves whole groups; receiving the same files again completes the
rest and changes nothing of what was in.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.fingerprint import installed
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, facts, layout
from tienbo.collection.manifest import Numbers, Said, Stores, carried_over, edition_of, one_writer, segment_write
from tienbo.collection.models import Campaign, KeptEdition, Return, Revision, Upload
from tienbo.collection.reader import Reader, ReadFile, read, start
from tienbo.collection.services import Incoming, Taken, campaign_open, returns_take
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.units.frames import tree_on, unit_ids, unit_names
from tienbo.units.models import Unit

GROUP = 64
"""Returns stored with one wait for the disk."""
ALONE = 24
"""Up to so many files are read in this process: starting others would take longer."""

worded(
    {
        "intake.nothing_found": N_("There is no workbook in {name}."),
        "intake.unknown_unit": N_("The workbook was made for a unit this site does not know."),
        "intake.unit_not_due": N_("{unit} is not among the units that report for {period}."),
        "intake.form_does_not_fit": N_("{unit} reports on the form {expected}, not {form}."),
        "intake.changed_meanwhile": N_("The file changed while it was being read; send it again."),
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


def kept_editions() -> dict[str, str]:
    """Fingerprint → canonical text of editions the site keeps and the installed packs no longer have."""
    kept = KeptEdition.objects.values_list("fingerprint", "definitions")
    return {mark: text for mark, text in kept if installed(mark) is None}


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
    processes: int = 2,
    progress: Progress | None = None,
) -> list[Intake]:
    """Read, check and take in files; a good file beside a bad one goes in. One result a file, in the order given.

    `root` is the unit whose committee collects; `edition` opens a campaign that is not open yet; `period` refuses
    workbooks of another one. With `accept` what comes in counts at once.
    """
    desk = _Desk(root, edition, stores, actor, accept)
    results: dict[Path, Intake] = {}
    reader = Reader(seal, period, kept_editions())
    with _reading(processes if len(paths) > ALONE else 0, reader, paths) as files:
        for group in _groups(files):
            results.update({result.path: result for result in desk.take(group)})
            if progress:
                progress(len(results), len(paths))
    return [results[path] for path in paths]


@contextmanager
def _reading(processes: int, reader: Reader, paths: Sequence[Path]) -> Iterator[Iterable[ReadFile]]:
    if not processes:
        yield map(reader.read, paths)
        return
    # Spawned, not forked: this process may hold an open database and the engine's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=start, initargs=(reader,)) as pool:
        yield pool.map(read, paths, chunksize=16)


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

    def __post_init__(self) -> None:
        self.campaigns: dict[Period, Campaign] = {}
        self.numbers = Numbers()

    def take(self, group: Sequence[ReadFile]) -> list[Intake]:
        """Store one group: bytes first, then one transaction, then the facts that follow from it."""
        group = self._keep_bytes(group)
        with transaction.atomic():
            uploads = self._uploads(group)
            known = self._known(uploads)
            new = [one for one in group if one.sha256 not in known]
            placed = [self._place(one) for one in new]
            incoming = {
                one.path: self._incoming(one, uploads[one.sha256], unit)
                for one, unit in zip(new, placed, strict=True)
                if isinstance(unit, Unit) and one.content
            }
            taken = dict(
                zip(
                    incoming,
                    returns_take(incoming=list(incoming.values()), actor=self.actor, accept=self.accept),
                    strict=True,
                )
            )
        self._write_facts(group, incoming, taken)
        results = []
        faults_of = {one.path: unit for one, unit in zip(new, placed, strict=True) if not isinstance(unit, Unit)}
        for one in group:
            if one.path in taken:
                results.append(_result(one, incoming[one.path], taken[one.path]))
            elif one.sha256 in known:
                results.append(_again(one, known[one.sha256]))
            else:
                results.append(Intake(one.path, "refused", (*one.faults, *faults_of.get(one.path, ()))))
        return results

    def _keep_bytes(self, group: Sequence[ReadFile]) -> list[ReadFile]:
        kept = []
        with self.stores.files.batch() as batch:
            for one in group:
                if one.sha256 and batch.put(one.path.read_bytes()) != one.sha256:
                    kept.append(replace(one, content=None, faults=(Fault("intake.changed_meanwhile", one.path.name),)))
                else:
                    kept.append(one)
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
        """Bytes that already made a revision: SHA-256 → the revision its unit sent with them."""
        rows = Revision.objects.filter(upload__in=uploads.values(), made=Revision.Made.SENT).select_related(
            "receipt", "upload", "of__unit", "of__campaign"
        )
        return {row.upload.sha256: row for row in rows if row.upload}

    def _place(self, one: ReadFile) -> Unit | tuple[Fault, ...]:
        """The unit a content belongs to, or why it does not belong here."""
        content = one.content
        if content is None:
            return ()
        number = unit_ids().get(content.unit)
        if number is None:
            return (Fault("intake.unknown_unit", one.path.name),)
        unit = self._unit(number)
        tree = self._tree(content.period, unit)
        name = unit_names(self._day(content.period, unit)).get(number, content.unit)
        fields: dict[str, object] = {"unit": name, "period": content.period}
        if tree is None:
            return (Fault("intake.unit_not_due", one.path.name, fields),)
        expected = self._edition(content.period).form_for(unit.kind, content.period)
        if expected is None:
            return (Fault("intake.unit_not_due", one.path.name, fields),)
        if expected.code != content.form:
            fields |= {"expected": expected.number, "form": content.form}
            return (Fault("intake.form_does_not_fit", one.path.name, fields),)
        return self._carried(content, unit)

    def _carried(self, content: Content, unit: Unit) -> Unit | tuple[Fault, ...]:
        """The unit, unless a block says "không thay đổi" and there is nothing to carry over."""
        if "unchanged" not in content.statements.values():
            return unit
        of = Return(campaign=self._campaign(content.period), unit=unit, form=content.form)
        before = carried_over(of, content)
        shape = layout(edition_of(content.edition), content.form, content.period)
        found = []
        for code, statement in content.statements.items():
            block = shape.block(code)
            had = before is not None and (
                code in before.rows or any(s.block.code == code and a in before.figures for a, s in shape.slots.items())
            )
            if statement == "unchanged" and not had:
                fault = Fault("return.nothing_to_carry_over", shape.sheet_of[code], {"block": block.title})
                found.append(fault)
        return tuple(found) or unit

    def _incoming(self, one: ReadFile, upload: Upload, unit: Unit) -> Incoming:
        assert one.content is not None  # noqa: S101 - the caller filtered
        warnings = tuple(fault for fault in one.faults if fault.level is Level.WARNING)
        return Incoming(self._campaign(one.content.period), unit, one.content, upload, warnings)

    def _write_facts(
        self, group: Sequence[ReadFile], incoming: Mapping[Path, Incoming], taken: Mapping[Path, Taken]
    ) -> None:
        said: list[Said] = []
        restated: list[Revision] = []
        rows = {one.path: one.facts for one in group}
        for path, result in taken.items():
            if result.again:
                continue
            came = incoming[path]
            content = came.content
            edition = edition_of(content.edition)
            before = carried_over(result.revision.of, content)
            got = rows[path] or tuple(facts(edition, content, before))
            said.append(
                Said(result.revision.pk, came.unit.pk, came.unit.kind, content.period, edition, content.as_of, got)
            )
            if result.restated is not None:
                restated.append(result.restated)
        for revision in restated:
            content = Content.from_json(revision.content)
            edition = edition_of(content.edition)
            before = carried_over(revision.of, content)
            of = revision.of
            got = tuple(facts(edition, content, before))
            said.append(Said(revision.pk, of.unit_id, of.unit.kind, content.period, edition, content.as_of, got))
        with one_writer(self.stores.facts):
            segment_write(store=self.stores.facts, said=said, numbers=self.numbers)

    # What one receive looks up again and again.

    def _campaign(self, period: Period) -> Campaign:
        if period not in self.campaigns:
            self.campaigns[period] = campaign_open(root=self.root, period=period, edition=self.edition)
        return self.campaigns[period]

    def _edition(self, period: Period) -> Edition:
        return edition_of(self._campaign(period).edition.fingerprint)

    def _unit(self, number: int) -> Unit:
        held: dict[int, Unit] = self.__dict__.setdefault("units", {})
        if number not in held:
            held.update(Unit.objects.in_bulk())
        return held[number]

    def _day(self, period: Period, unit: Unit) -> date:
        """The day a unit is looked at: the period's last, or its own last for a closing return."""
        span = self.edition.calendar.span(period)
        last = self.edition.calendar.last_day(period)
        ended = unit.span.last_day
        return ended if ended is not None and span.start <= ended < last else last

    def _tree(self, period: Period, unit: Unit) -> Tree | None:
        """The root's tree in which the unit stood when it was last alive in the period; None if it never did."""
        day = self._day(period, unit)
        whole = tree_on(day)
        if unit.pk not in whole:
            return None
        home = self.root.pk
        return whole if unit.pk == home or home in whole.ancestors(unit.pk) else None


def _result(one: ReadFile, came: Incoming, taken: Taken) -> Intake:
    return Intake(
        one.path,
        "again" if taken.again else "received",
        one.faults,
        came.unit.key,
        came.content.period.code,
        taken.receipt.code,
        taken.revision.pk,
    )


def _again(one: ReadFile, revision: Revision) -> Intake:
    of = revision.of
    return Intake(
        one.path, "again", one.faults, of.unit.key, of.campaign.period_code, revision.receipt.code, revision.pk
    )
