"""Writes: a record is added, changed, moved, borne out by files, withdrawn. Each is one transaction, one version, and
what it counts for.

Refused with every fault at once. Warnings alone are refused too, until who writes says that they were looked at
(`looked_at`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RecordMove, RegisterKind
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Calendar, Period
from tienbo.core.tree import is_kind
from tienbo.core.words import moment_words, same_name
from tienbo.ground.files import FileStore
from tienbo.ground.keys import is_key, new_key
from tienbo.registers.evidence import evidence_brought, evidence_drop, evidence_keep, evidence_sort
from tienbo.registers.models import Evidence, Record, RecordMeasure, RecordVersion
from tienbo.registers.referring import records_resolve, titles_of
from tienbo.registers.rows import ROW, addresses, in_order, scopes
from tienbo.registers.saying import Data, data_check, data_counts, data_doubted, data_read, search_words
from tienbo.registers.showing import UNITS, place_of, shown_at, unit_words
from tienbo.units.access import NEEDS, Need, accessible_units
from tienbo.units.frames import tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.models import NATION, Unit
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

worded(
    {
        "record.not_kept_here": N_("{unit} does not keep the register “{register}”."),
        "record.not_there": N_("{unit} did not stand on {day}."),
        "record.no_period": N_("{day} is in no half-year that is reported on."),
        "record.unknown_unit": N_("No unit was called “{text}” on that day. Write its whole name."),
        "record.named_alike": N_("{count} units were called “{text}” on that day. Choose one from the list."),
        "record.changed_meanwhile": N_(
            "{by} wrote “{theirs}” here at {at}, after you opened this page; you wrote “{yours}”. Agree on one of "
            "them, then save again."
        ),
        "record.moved_meanwhile": N_(
            "{by} changed this record at {at}, after you opened this page. Look at it as it is now, then go on."
        ),
        "record.no_such_move": N_("“{move}” is not possible from “{state}”."),
        "record.move_by_others": N_("“{move}” is up to somebody else: who may {need} at {unit}."),
        "record.is_withdrawn": N_("This record was withdrawn: it is read, and changed no more."),
        "record.no_reason": N_("Say why it is withdrawn or taken away."),
        "record.key_used": N_("This page was used for another record already. Open it anew."),
    }
)


@transaction.atomic
def record_add(
    *,
    edition: Edition,
    kind: RegisterKind,
    unit: Unit,
    typed: Data,
    actor: Actor,
    key: str = "",
    looked_at: bool = False,
    today: date | None = None,
    book: str = "",
) -> Record:
    """A new record of a unit, in the first state of its register. `key` is made by the sender: the same key and
    content again has one effect. `book` is the key of the workbook it came by, of this and what else is done."""
    _allowed(actor, unit, "enter")
    if not is_kind(unit.kind, kind.kept_by):
        fields = {"unit": _called(unit), "register": kind.name}
        raise Refused(Fault("record.not_kept_here", "", fields))
    state = kind.states[0].code
    data = _checked(edition, kind, unit, typed, state, today, looked_at, {})
    before = Record.objects.filter(key=key).first() if key else None
    if before is not None:
        if (before.unit_id, before.kind, data_at(before, 1)) == (unit.pk, kind.code, data):
            return before
        raise Refused(Fault("record.key_used"))
    record = Record(
        key=key if is_key(key, "record") else new_key("record"), kind=kind.code, unit=unit, state=state, version=0
    )
    _write(record, edition, kind, data, RecordVersion.Act.ADDED, actor, book=book)
    return record


@transaction.atomic
def record_change(
    *,
    edition: Edition,
    kind: RegisterKind,
    record: Record,
    seen: int,
    typed: Data,
    actor: Actor,
    looked_at: bool = False,
    today: date | None = None,
    before: Data | None = None,
    book: str = "",
) -> Record:
    """Write what differs from the version that was `seen`, or from what the writer had `before` where that is no one
    version. A field that somebody changed otherwise meanwhile is a fault with both values; the others of both are kept.
    What says the same makes no version."""
    record = _held(record)
    _allowed(actor, record.unit, "enter")
    before = data_at(record, seen) if before is None else before
    mine = data_wanted(kind, before, typed, record.occurred_on)
    if clashes := _clashes(kind, record, before, mine):
        raise Refused(*clashes)
    data = _checked(edition, kind, record.unit, {**record.data, **mine}, record.state, today, looked_at, record.data)
    if data != record.data:
        _write(record, edition, kind, data, RecordVersion.Act.CHANGED, actor, book=book)
    return record


@transaction.atomic
def record_move(
    *,
    edition: Edition,
    kind: RegisterKind,
    record: Record,
    seen: int,
    move: str,
    actor: Actor,
    today: date | None = None,
    book: str = "",
) -> Record:
    """Take a record to another state. Refused from a state the move does not begin in, by whom it is not up to, and
    for what the new state asks and is not there."""
    record = _held(record)
    _unchanged(record, seen)
    step = next((one for one in kind.moves if one.code == move), None)
    if step is None or record.state not in step.begin:
        state = kind.state(record.state).name
        raise Refused(Fault("record.no_such_move", "", {"move": step.name if step else move, "state": state}))
    if not may_move(actor, record.unit, step):
        fields = {"move": step.name, "need": Said(NEEDS[step.need]), "unit": _called(record.unit)}
        raise Refused(Fault("record.move_by_others", "", fields))
    data = _checked(edition, kind, record.unit, record.data, step.to, today, True, record.data)
    record.state = step.to
    _write(record, edition, kind, data, RecordVersion.Act.MOVED, actor, book=book)
    return record


@transaction.atomic
def record_withdraw(
    *, edition: Edition, kind: RegisterKind, record: Record, seen: int, reason: str, actor: Actor
) -> Record:
    """A record that should not be in the register: it stays to be read, with the reason, and counts no more."""
    record = _held(record)
    _unchanged(record, seen)
    _allowed(actor, record.unit, "enter")
    if not reason.strip():
        raise Refused(Fault("record.no_reason"))
    record.withdrawn = True
    _write(record, edition, kind, dict(record.data), RecordVersion.Act.WITHDRAWN, actor, reason.strip()[:2000])
    return record


def record_attach(
    *,
    edition: Edition,
    kind: RegisterKind,
    record: Record,
    content: bytes,
    name: str,
    actor: Actor,
    store: FileStore,
    sort: str = "",
) -> Evidence:
    """Attach a file that bears a record out. The same bytes again make no version."""
    _allowed(actor, record.unit, "enter")
    evidence_sort(kind, sort)
    brought = evidence_brought(content=content, name=name, store=store)
    with transaction.atomic():
        record = _held(record)
        held, is_new = evidence_keep(holder=record.key, brought=brought, actor=actor, sort=sort)
        if is_new:
            _write(record, edition, kind, dict(record.data), RecordVersion.Act.ATTACHED, actor, evidence=held)
    return held


@transaction.atomic
def record_detach(
    *, edition: Edition, kind: RegisterKind, record: Record, evidence: Evidence, reason: str, actor: Actor
) -> None:
    """Take away a file that was attached by mistake, with the reason. It stays to be read in the history."""
    record = _held(record)
    _allowed(actor, record.unit, "enter")
    if not reason.strip():
        raise Refused(Fault("record.no_reason"))
    evidence_drop(held=evidence)
    said = reason.strip()[:2000]
    _write(record, edition, kind, dict(record.data), RecordVersion.Act.DETACHED, actor, said, evidence)


def data_at(record: Record, number: int) -> dict[str, str]:
    """What a record said at a version."""
    if number >= record.version > 0:
        return dict(record.data)
    data: dict[str, str] = {}
    for changes in record.versions.filter(number__lte=number).order_by("number").values_list("changes", flat=True):
        for code, (_seen, wanted) in changes.items():
            data[code] = wanted
    return {code: text for code, text in data.items() if text}


def data_wanted(kind: RegisterKind, before: Data, typed: Data, day: date) -> dict[str, str]:
    """Field → what was typed, where that is otherwise than before; what cannot be read as it was typed."""
    read, unreadable = data_read(kind, typed)
    read |= {at: typed[at] for fault in unreadable if (at := fault.fields["field"]) in typed}
    wanted = {at: read.get(at, "") for at in typed if _is_asked(kind, at)}
    return {
        at: text
        for at, text in wanted.items()
        if text not in (before.get(at, ""), shown_at(kind, at, before.get(at, ""), day))
    }


def _is_asked(kind: RegisterKind, at: str) -> bool:
    """Whether an address is that of a field, or of a cell of a row."""
    field, cell = kind.field_at(at), at.split("/")
    return field is not None and field.kind != "rows" and (len(cell) == 1 or is_key(cell[1], ROW))


def day_at(unit: Unit, today: date | None = None) -> date:
    """The day on which it is asked who may do what at a unit: today, or its last one where it has ended."""
    now, last = today or timezone.localdate(), unit.span.last_day
    return max(unit.valid_from, min(now, last) if last else now)


def may(actor: Actor, unit: Unit, need: Need) -> bool:
    """Whether somebody may do something with the records of a unit."""
    today = timezone.localdate()
    return unit.pk in accessible_units(actor, need=need, on=day_at(unit), acting_on=today)


def may_move(actor: Actor, unit: Unit, move: RecordMove) -> bool:
    return may(actor, unit, move.need)


def units_near(unit: Unit, day: date) -> dict[int, str]:
    """Units that a record of this one can name, as they were called on a day: those of its province."""
    tree, names = tree_on(day), unit_names(day)
    if unit.pk not in tree:
        return {}
    line = [one for one in (unit.pk, *tree.ancestors(unit.pk)) if tree.kinds[one] != NATION]
    return {pk: names[pk] for pk in tree.subtree(line[-1] if line else unit.pk) if pk in names}


# ------------------------------------------------------------------------------------------------------- within


def _called(unit: Unit) -> str:
    return unit_label(unit, day_at(unit))


def _allowed(actor: Actor, unit: Unit, need: Need) -> None:
    if not may(actor, unit, need):
        raise Refused(Fault("units.no_access", "", {"actor": actor, "unit": _called(unit), "need": Said(NEEDS[need])}))


def _held(record: Record) -> Record:
    """The record as it stands, held against other writers until the transaction ends."""
    held = Record.objects.select_for_update(of=("self",)).select_related("unit").get(pk=record.pk)
    if held.withdrawn:
        raise Refused(Fault("record.is_withdrawn"))
    return held


def _unchanged(record: Record, seen: int) -> None:
    if record.version != seen:
        last = record.versions.get(number=record.version)
        at = moment_words(timezone.localtime(last.at))
        raise Refused(Fault("record.moved_meanwhile", "", {"by": last.by, "at": at}))


def _clashes(kind: RegisterKind, record: Record, before: Data, mine: Data) -> list[Fault]:
    """Fields that were changed here and, otherwise, by somebody else since; with both values."""
    found = []
    for code, yours in mine.items():
        held = record.data.get(code, "")
        if held in (before.get(code, ""), yours):
            continue
        last = next(one for one in record.versions.order_by("-number") if code in one.changes)
        fields = {
            "field": code,
            "by": last.by,
            "at": moment_words(timezone.localtime(last.at)),
            "theirs": shown_at(kind, code, held, record.occurred_on),
            "yours": shown_at(kind, code, yours, record.occurred_on),
        }
        found.append(Fault("record.changed_meanwhile", place_of(kind, code, {**record.data, code: yours}), fields))
    return found


def _checked(
    edition: Edition,
    kind: RegisterKind,
    unit: Unit,
    typed: Data,
    state: str,
    today: date | None,
    looked_at: bool,
    held: Mapping[str, str],
) -> dict[str, str]:
    """The data of a record, or Refused with every fault: of reading, of the whole, of its day, its units and what it
    names. `held`: what it said before."""
    data, faults = data_read(kind, typed)
    unread = frozenset(fault.fields["field"] for fault in faults)
    faults += data_check(kind, data, state, today=today or timezone.localdate(), unread=unread)
    day = date.fromisoformat(data[kind.occurred]) if kind.occurred in data else None
    occurred = kind.by_code[kind.occurred]
    if day is not None:
        about = {"field": occurred.code, "day": day}
        if _half(edition, day) is None:
            faults.append(Fault("record.no_period", str(occurred.label), about))
        elif not unit.span.contains(day):
            faults.append(Fault("record.not_there", str(occurred.label), {**about, "unit": _called(unit)}))
        faults += _resolve_units(kind, data, units_near(unit, day))
        faults += records_resolve(edition, kind, unit, day, data, held)
    faults.sort(key=lambda fault: in_order(kind, fault.fields["field"]))
    doubts = data_doubted(kind, data)
    if faults or (doubts and not looked_at):
        raise Refused(*faults, *(() if looked_at else doubts))
    return data


def _resolve_units(kind: RegisterKind, data: dict[str, str], names: Mapping[int, str]) -> list[Fault]:
    """Names in the fields that name units become keys; a fault for each that no unit, or more than one, had then."""
    faults = []
    for scope in list(scopes(kind, data)):
        for field in (one for one in scope.fields if one.names_units and one.code in scope.said):
            about, keys = {"field": scope.address(field)}, []
            for text in unit_words(field, scope.said[field.code]):
                if is_key(text, "unit"):
                    found = [pk for pk in names if pk == unit_ids().get(text)]
                else:
                    found = [pk for pk, name in names.items() if same_name(name) == same_name(text)]
                keys += [unit_keys()[pk] for pk in found]
                if len(found) > 1:
                    told = {**about, "text": text, "count": len(found)}
                    faults.append(Fault("record.named_alike", scope.place(field), told))
                elif not found:
                    faults.append(Fault("record.unknown_unit", scope.place(field), {**about, "text": text}))
            data[scope.address(field)] = UNITS.join(dict.fromkeys(keys)) or scope.said[field.code]
    return faults


def _half(edition: Edition, day: date) -> Period | None:
    try:
        return edition.calendar.half_on(day)
    except (ValueError, StopIteration):
        return None


def _write(
    record: Record,
    edition: Edition,
    kind: RegisterKind,
    data: dict[str, str],
    act: RecordVersion.Act,
    actor: Actor,
    reason: str = "",
    evidence: Evidence | None = None,
    book: str = "",
) -> None:
    """Append the version that takes a locked record from what it says to `data`, and count it anew."""
    held: Mapping[str, str] = record.data
    codes = [code for code in addresses(kind, {**held, **data}) if held.get(code, "") != data.get(code, "")]
    codes += [code for code in held if code not in data and code not in codes]  # of fields there are no more
    record.version += 1
    record.data, record.words, record.edition = data, _sought(kind, data), fingerprint(edition)
    record.occurred_on = date.fromisoformat(data[kind.occurred])
    record.save()
    RecordVersion.objects.create(
        record=record,
        number=record.version,
        act=act,
        state=record.state,
        changes={code: [held.get(code, ""), data.get(code, "")] for code in codes},
        evidence=evidence,
        book=book,
        reason=reason,
        edition=record.edition,
        by=actor.name,
    )
    RecordMeasure.objects.filter(record=record).delete()
    RecordMeasure.objects.bulk_create(counts_of(kind, record, edition.calendar))


def _sought(kind: RegisterKind, data: Mapping[str, str]) -> str:
    """What a record is searched by: another record that it names by what that one is called."""
    named = {one.code: titles_of(one, keys=[data[one.code]]) for one in kind.fields if one.names and one.code in data}
    return search_words(kind, {**data, **{code: held.get(data[code], data[code]) for code, held in named.items()}})


def counts_of(kind: RegisterKind, record: Record, calendar: Calendar) -> list[RecordMeasure]:
    """What a record counts for, not kept yet; nothing of one that was withdrawn."""
    if record.withdrawn:
        return []
    return [
        RecordMeasure(
            record=record,
            unit_id=record.unit_id,
            period_code=one.period,
            until_code=one.until,
            series=one.series,
            value=one.value,
        )
        for one in data_counts(kind, record.data, record.state, calendar)
    ]
