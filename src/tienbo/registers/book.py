"""A unit's register as a workbook: handed out, tried, taken in.

What came back is compared line by line with what the file had: its version of the record, and what the same workbook
brought since. So a line that nobody touched does nothing, one sent twice has one effect, and where somebody else wrote
something else meanwhile both values are told. Everything is taken in one transaction, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.spans import Span
from tienbo.core.words import day_words, moment_words, sort_key
from tienbo.ground.files import FileStore, sha256
from tienbo.ground.keys import is_key, new_key
from tienbo.papers.workbook.register import (
    BLANKS,
    MOST,
    ROW_BLANKS,
    STATE,
    BookLine,
    BookRead,
    LineRead,
    register_read,
    register_write,
    rows_fields,
)
from tienbo.registers.models import Record, RecordVersion, RegisterIntake
from tienbo.registers.queries import record_list
from tienbo.registers.referring import records_offered
from tienbo.registers.rows import in_order, row_keys
from tienbo.registers.saying import data_doubted
from tienbo.registers.services import (
    data_wanted,
    day_at,
    may,
    may_move,
    record_add,
    record_change,
    record_move,
    units_near,
)
from tienbo.registers.showing import place_of, shown, shown_at
from tienbo.units.access import NEEDS
from tienbo.units.models import Unit
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

T = TypeVar("T")

worded(
    {
        "register_book.too_many": N_(
            "There are {count} records; a workbook holds {most}. Choose a shorter time, then take it again."
        ),
        "register_book.unknown_line": N_(
            "The hidden key of this line was changed. Copy what it says into a blank line of the workbook."
        ),
        "register_book.no_unit": N_("The unit of this workbook is not known here."),
        "register_book.no_way": N_("No step leads from “{state}” to “{wanted}”."),
        "register_book.moved_meanwhile": N_(
            "{by} put this record to “{theirs}” at {at}, after the workbook was made; here stands “{yours}”. Look at "
            "the record, then take the workbook anew."
        ),
    }
)


class Difference(NamedTuple):
    """A field of a line: what was there and what comes, in words."""

    label: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class LineTaken:
    """A line that does something."""

    place: str
    title: str
    is_new: bool
    differences: tuple[Difference, ...] = ()
    state: str = ""
    """The state it goes to, in words; "" where it stays."""


@dataclass(slots=True)
class BookTaken:
    """What a workbook does, or did. `receipt` where it was taken."""

    lines: list[LineTaken] = field(default_factory=list)
    untouched: int = 0
    doubts: list[Fault] = field(default_factory=list)
    """Warnings about free text, to be looked at once before it is taken."""
    receipt: RegisterIntake | None = None
    again: bool = False

    @property
    def added(self) -> int:
        return sum(line.is_new for line in self.lines)

    @property
    def changed(self) -> int:
        return sum(bool(line.differences) and not line.is_new for line in self.lines)

    @property
    def moved(self) -> int:
        return sum(bool(line.state) for line in self.lines)


def book_write(
    where: str | Path | IO[bytes],
    *,
    edition: Edition,
    kind: RegisterKind,
    unit: Unit,
    span: Span | None,
    seal: bytes,
    illustrative: bool = False,
    lang: str = "vi",
) -> int:
    """Write the workbook of a unit's register: its records of a time (None: all) that count, the oldest first, then
    blank lines. Returns how many records it has; Refused where they are too many."""
    rows = record_list(kind=kind.code, units=[unit.pk], span=span).order_by("occurred_on", "pk")
    if (count := rows.count()) > MOST:
        raise Refused(Fault("register_book.too_many", "", {"count": count, "most": MOST}))
    day = day_at(unit)
    named = [one for field in kind.fields for one in (field, *field.columns) if one.names_units]
    offered = {
        field.code: records_offered(edition, field, unit, day)
        for one in kind.fields
        for field in (one, *one.columns)
        if field.names is not None
    }
    words = {one.key: one.words for held in offered.values() for one in held}
    lines = []
    for record in rows:
        said = {
            at: words.get(text) or shown(field, text, record.occurred_on)
            for at, text in (record.data.items() if named or offered else ())
            if (field := kind.field_at(at)) is not None and (field.names_units or field.names)
        }
        lines.append(BookLine(record.key, record.version, record.state, {**record.data, **said}))
    lines += [BookLine(new_key("record")) for _number in range(BLANKS)]
    about = _("all times")
    if span is not None:
        about = _("from {first} to {last}").format(first=day_words(span.start), last=day_words(span.last_day))
    register_write(
        where,
        kind=kind,
        unit=unit.key,
        unit_name=unit_label(unit, day),
        about=about,
        book=new_key("book"),
        seal=seal,
        lines=lines,
        new_rows={one.code: row_keys(ROW_BLANKS) for one in rows_fields(kind)},
        units=sorted(set(units_near(unit, day).values()), key=sort_key) if named else (),
        named={code: [one.words for one in held] for code, held in offered.items()},
        illustrative=illustrative,
        lang=lang,
    )
    return count


def book_read(
    data: bytes, *, name: str, edition: Edition, seal: bytes, register: str = "", unit: Unit | None = None
) -> tuple[BookRead, Unit]:
    """What a workbook says and whose it is. Refused with every fault of the file."""
    expected = (unit.key, unit_label(unit, day_at(unit))) if unit is not None else ("", "")
    read = register_read(
        data,
        name=name,
        kinds=edition.registers,
        seal=seal,
        register=register,
        unit=expected[0],
        unit_name=expected[1],
    )
    if read.faults:
        raise Refused(*read.faults)
    found = unit or Unit.objects.filter(key=read.unit).first()
    if found is None:
        raise Refused(Fault("register_book.no_unit", name))
    return read, found


def book_try(*, edition: Edition, read: BookRead, unit: Unit, actor: Actor, today: date | None = None) -> BookTaken:
    """What a workbook would do. Nothing of it is kept. Refused with the faults of every line."""
    with transaction.atomic():
        made = _taken(edition, read, unit, actor, today)
        transaction.set_rollback(True)
    return made


def book_take(
    *,
    edition: Edition,
    read: BookRead,
    unit: Unit,
    content: bytes,
    name: str,
    actor: Actor,
    store: FileStore,
    looked_at: bool = False,
    today: date | None = None,
) -> BookTaken:
    """Take a workbook in, whole, and give its receipt: the same bytes again have the one they had. Refused with the
    faults of every line, and for warnings that nobody looked at."""
    assert read.kind is not None  # noqa: S101 - `book_read` refuses what has none
    store.put(content)
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=unit.pk)  # two sendings of a unit are taken one after the other
        mark = sha256(content)
        before = RegisterIntake.objects.filter(unit=unit, kind=read.kind.code, sha256=mark).first()
        if before is not None:
            return BookTaken(untouched=len(read.lines), receipt=before, again=True)
        made = _taken(edition, read, unit, actor, today)
        if made.doubts and not looked_at:
            raise Refused(*made.doubts)
        made.receipt = RegisterIntake.objects.create(
            key=new_key("intake"),
            kind=read.kind.code,
            unit=unit,
            book=read.book,
            name=name[-255:],
            sha256=mark,
            added=made.added,
            changed=made.changed,
            moved=made.moved,
            untouched=made.untouched,
            by=actor.name,
        )
    return made


# ------------------------------------------------------------------------------------------------------- within


class _Had(NamedTuple):
    """What the writer of a line had before him: what its record said, and its state."""

    data: dict[str, str]
    state: str


def _taken(edition: Edition, read: BookRead, unit: Unit, actor: Actor, today: date | None) -> BookTaken:
    assert read.kind is not None  # noqa: S101 - `book_read` refuses what has none
    if not may(actor, unit, "enter"):
        fields = {"actor": actor, "unit": unit_label(unit, day_at(unit)), "need": Said(NEEDS["enter"])}
        raise Refused(Fault("units.no_access", "", fields))
    taking = _Taking(edition, read.kind, read.book, unit, actor, today)
    made, faults = BookTaken(), list[Fault]()
    said = [line for line in read.lines if not line.is_blank]
    records, had = taking.before(said)
    for line in said:
        try:
            done = taking.line(line, records.get(line.key), had.get(line.key), made.doubts)
        except Refused as refused:
            faults += [replace(one, place=line.placed(str(one.fields.get("field", "")))) for one in refused.faults]
            continue
        if done is None:
            made.untouched += 1
        else:
            made.lines.append(done)
    if faults:
        raise Refused(*faults)
    return made


@dataclass(frozen=True)
class _Taking:
    """A workbook of a unit being taken, line by line."""

    edition: Edition
    kind: RegisterKind
    book: str
    unit: Unit
    actor: Actor
    today: date | None

    def before(self, lines: Sequence[LineRead]) -> tuple[dict[str, Record], dict[str, _Had]]:
        """The records of the lines that have one, and what their writer had before him: the version the file was made
        of, and over it what the same workbook brought since. All of it in a few questions."""
        records: dict[str, Record] = {}
        for some in _chunks([line.key for line in lines if is_key(line.key, "record")]):
            found = Record.objects.filter(key__in=some).select_related("unit")
            records |= {record.key: record for record in found}
        seen = {line.key: line.version for line in lines}
        later = [record.pk for record in records.values() if record.version > seen[record.key]]
        steps: dict[int, list[RecordVersion]] = {}
        for few in _chunks(later):
            for step in RecordVersion.objects.filter(record__in=few).order_by("record", "number"):
                steps.setdefault(step.record_id, []).append(step)
        had = {key: _had(record, seen[key], steps.get(record.pk, ()), self.book) for key, record in records.items()}
        return records, had

    def line(self, line: LineRead, record: Record | None, had: _Had | None, doubts: list[Fault]) -> LineTaken | None:
        """Do what a line says; None where that is nothing."""
        if record is None or had is None:
            if line.version or not is_key(line.key, "record"):
                raise Refused(Fault("register_book.unknown_line"))
            made = record_add(
                edition=self.edition,
                kind=self.kind,
                unit=self.unit,
                typed=line.typed,
                actor=self.actor,
                key=line.key,
                looked_at=True,
                today=self.today,
                book=self.book,
            )
            state = self._move(line, made, self.kind.states[0].code)
            return self._done(line, made, {}, dict(made.data), state, doubts, is_new=True)
        if (record.unit_id, record.kind) != (self.unit.pk, self.kind.code):
            raise Refused(Fault("register_book.unknown_line"))
        mine = data_wanted(self.kind, had.data, line.typed, record.occurred_on)
        wants = line.state not in ("", had.state)
        if not mine and not wants:
            return None
        was = dict(record.data)
        if mine:
            record = record_change(
                edition=self.edition,
                kind=self.kind,
                record=record,
                seen=record.version,
                before=had.data,
                typed=line.typed,
                actor=self.actor,
                looked_at=True,
                today=self.today,
                book=self.book,
            )
        state = self._move(line, record, had.state) if wants else ""
        changed = {code: record.data.get(code, "") for code in mine if record.data.get(code, "") != was.get(code, "")}
        if not changed and not state:
            return None
        return self._done(line, record, was, changed, state, doubts, is_new=False)

    def _move(self, line: LineRead, record: Record, had: str) -> str:
        """Take a record to the state its line names. Returns it in words; "" where it is there."""
        wanted = line.state or had
        if wanted == record.state:
            return ""
        names = {one.code: str(one.name) for one in self.kind.states}
        place = {"field": STATE}
        if record.state != had:
            last = record.versions.filter(state=record.state).order_by("-number")[0]
            fields = {"by": last.by, "at": moment_words(timezone.localtime(last.at)), "yours": names[wanted]}
            theirs = names.get(record.state, record.state)
            raise Refused(Fault("register_book.moved_meanwhile", "", {**place, **fields, "theirs": theirs}))
        ways = [one for one in self.kind.moves if record.state in one.begin and one.to == wanted]
        if not ways:
            fields = {**place, "state": names.get(record.state, record.state), "wanted": names[wanted]}
            raise Refused(Fault("register_book.no_way", "", fields))
        way = next((one for one in ways if may_move(self.actor, record.unit, one)), ways[0])
        try:
            moved = record_move(
                edition=self.edition,
                kind=self.kind,
                record=record,
                seen=record.version,
                move=way.code,
                actor=self.actor,
                today=self.today,
                book=self.book,
            )
        except Refused as refused:
            raise Refused(*(replace(one, fields={**place, **one.fields}) for one in refused.faults)) from refused
        record.data, record.version, record.state = moved.data, moved.version, moved.state
        return names[wanted]

    def _done(
        self,
        line: LineRead,
        record: Record,
        was: Mapping[str, str],
        becomes: Mapping[str, str],
        state: str,
        doubts: list[Fault],
        *,
        is_new: bool,
    ) -> LineTaken:
        day, by_code = record.occurred_on, self.kind.by_code
        doubts += [
            replace(one, place=line.placed(str(one.fields["field"])))
            for one in data_doubted(self.kind, record.data)
            if one.fields["field"] in becomes
        ]
        differences = tuple(
            Difference(
                place_of(self.kind, at, {**becomes, **was}),
                shown_at(self.kind, at, was.get(at, ""), day),
                shown_at(self.kind, at, becomes[at], day),
            )
            for at in sorted(becomes, key=lambda one: in_order(self.kind, one))
        )
        title = shown(by_code[self.kind.title], record.data.get(self.kind.title, ""), day)
        return LineTaken(line.place, title, is_new, differences, state)


def _had(record: Record, seen: int, steps: Sequence[RecordVersion], book: str) -> _Had:
    if not steps:
        return _Had(dict(record.data), record.state)
    data, state = dict[str, str](), ""
    for step in steps:
        if step.number <= seen or (book and step.book == book):
            data |= {code: wanted for code, (_before, wanted) in step.changes.items()}
            state = step.state
    return _Had({code: text for code, text in data.items() if text}, state)


def _chunks(found: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    yield from (found[at : at + size] for at in range(0, len(found), size))
