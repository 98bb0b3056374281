"""One record of a register: entering and changing it, its states, its versions. Every page works without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.accounts.actors import Actor, actor_of
from tienbo.catalogue.definitions import RecordMove, RegisterField, RegisterKind
from tienbo.core.faults import Fault, Level, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import sort_key
from tienbo.ground.acting import NotConfirmed, narrow_hides
from tienbo.ground.keys import new_key
from tienbo.ground.scans import LARGEST
from tienbo.papers.context import period_name
from tienbo.registers.evidence import evidence_lacking, evidence_list
from tienbo.registers.models import Evidence, Record, RecordMeasure, RecordPaper, RecordVersion
from tienbo.registers.queries import record_on
from tienbo.registers.referring import records_offered
from tienbo.registers.rows import address, in_order, row_keys, rows_of
from tienbo.registers.saying import BEFORE, NEVER, longest
from tienbo.registers.services import (
    data_at,
    data_wanted,
    may,
    may_move,
    record_add,
    record_change,
    record_move,
    record_withdraw,
    units_near,
)
from tienbo.registers.showing import place_of, shown, shown_at
from tienbo.registers.task_queries import tasks_readable
from tienbo.registers.tasks import may_decide
from tienbo.units.access import NEEDS
from tienbo.units.frames import unit_keys
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed, unit_numbered
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.clocks import clock_shown
from tienbo.web.registers import Choice, Shelf, about


class Asking(NamedTuple):
    """A field of the form, or a cell of a row: what stands in it, and what is wrong with that. Of rows: the rows."""

    field: RegisterField
    name: str
    """Its address: of a cell "talks/row_01J…/subject"."""
    text: str
    faults: Sequence[Fault]
    choices: Sequence[Choice]
    longest: int
    depth: int
    """How many wholes it is part of."""
    required: bool
    hint: str
    rows: Sequence[RowAsked] = ()
    offer: str = ""
    """Id of a list on the page that it can be chosen from."""

    @property
    def told_by(self) -> str:
        """Ids of what describes it."""
        ids = [f"n-{self.name}"] if self.hint else []
        return " ".join([*ids, f"e-{self.name}"] if self.faults else ids)


class RowAsked(NamedTuple):
    """A row of the form; one that is `blank` is there to be filled in."""

    number: int
    key: str
    blank: bool
    remove: str
    """The name of the box that takes the row out."""
    cells: Sequence[Asking]


BLANK_ROWS = 2
"""Rows to be filled in at the end of those there are."""
MORE_ROWS = 5
"""Rows more, for one asked for more."""
MORE = "more"
REMOVE = "remove"


def opened(request: Asked, period: Period, register: str, item: str) -> tuple[Shelf, RegisterKind, Record]:
    """A record that the seat may read; 404 as for one that is not there."""
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    found = record_on(kind=register, key=item)
    if found is None or found.unit_id not in shelf.readable(kind):
        raise Http404
    return shelf, kind, found


class Asker:
    """Makes the fields of the form of a record: what stands in them, what is asked of them, what is wrong. `offers`:
    field or column → id of a list on the page that it can be chosen from."""

    def __init__(
        self,
        kind: RegisterKind,
        said: Mapping[str, str],
        state: str,
        faults: Sequence[Fault],
        offers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.said, self.state, self.offers = kind, said, state, offers or {}
        self.named: Mapping[str, Sequence[tuple[str, str]]] = {}
        """Field that names records → (key, words) of those it can name."""
        self.faults: dict[str, list[Fault]] = {}
        for fault in faults:
            self.faults.setdefault(str(fault.fields.get("field", "")), []).append(fault)

    def asking(self, field: RegisterField, fields: Sequence[RegisterField], name: str, day: date) -> Asking:
        by_code = {one.code: one for one in fields}
        depth, whole = 0, field.part_of
        while whole is not None and depth < len(by_code):
            depth, whole = depth + 1, by_code[whole].part_of
        text = self.said.get(name, "")
        answers = [(one, shown(field, one, day)) for one in field.answers()] + list(self.named.get(field.code, ()))
        if text and (field.answers() or field.names) and text not in {code for code, _words in answers}:
            answers.append((text, shown(field, text, day)))
        later = [str(self.kind.state(one).name) for one in field.required_in if one != self.state]
        hint = str(field.note) if field.note else ""
        if later and not field.required and self.state not in field.required_in:
            hint = f"{hint} " + _("Needed for “{states}”.").format(states=", ".join(later))
        if field.kind == "units":
            hint = f"{hint} " + _("Several units: a semicolon between them.")
        return Asking(
            field,
            name,
            text,
            self.faults.get(name, ()),
            [Choice(one, words, one == text) for one, words in answers],
            longest(field),
            min(depth, 3),
            field.required or self.state in field.required_in,
            hint.strip(),
            offer=self.offers.get(field.code, ""),
        )

    def rows(self, field: RegisterField, day: date, blank: int) -> list[RowAsked]:
        """The rows that say something, and blank ones after them as far as they fit."""
        there = [row.key for row in rows_of(field, self.said)]
        new = row_keys(max(0, min(blank, field.at_most - len(there))))
        made = []
        for index, key in enumerate((*there, *new)):
            cells = [
                self.asking(column, field.columns, address(field.code, key, column.code), day)
                for column in field.asked_columns
            ]
            made.append(RowAsked(index + 1, key, key not in there, address(field.code, key, REMOVE), cells))
        return made


def askings_of(
    kind: RegisterKind,
    said: Mapping[str, str],
    state: str,
    faults: Sequence[Fault],
    shelf: Shelf,
    unit: int | None,
    more: str,
    only: Sequence[str] = (),
    for_unit: Unit | None = None,
) -> list[Asking]:
    """`for_unit`: of a new record, whose. `more`: the rows of which more blank ones are asked for. `only`: the fields
    that are asked, all where none is named."""
    asker, day = Asker(kind, said, state, faults), shelf.span.start
    keeper = unit_numbered(unit) if unit is not None else for_unit
    if keeper is not None:
        last = shelf.edition.calendar.last_day(shelf.period)
        asker.named = {
            one.code: [(held.key, held.words) for held in records_offered(shelf.edition, one, keeper, last)]
            for field in kind.fields
            for one in (field, *field.columns)
            if one.names is not None
        }
    made = []
    for field in (kind.by_code[code] for code in only) if only else kind.asked:
        if unit is not None and not shelf.sees(kind, field, unit):
            continue
        asking = asker.asking(field, kind.fields, field.code, day)
        if field.kind == "rows":
            blank = MORE_ROWS if more == field.code else BLANK_ROWS
            asking = asking._replace(rows=asker.rows(field, day, blank))
        made.append(asking)
    return made


def typed_in(request: Asked, kind: RegisterKind) -> dict[str, str]:
    """Address → what was typed. A row with its box ticked says nothing more."""
    typed = {at: str(text)[:9000] for at, text in request.POST.items() if kind.field_at(at) is not None}
    for at in request.POST:
        row, _sep, last = at.rpartition("/")
        if last == REMOVE:
            typed |= {one: "" for one in typed if one.startswith(f"{row}/")}
    return typed


def _form(
    request: Asked,
    shelf: Shelf,
    kind: RegisterKind,
    said: Mapping[str, str],
    faults: Sequence[Fault],
    unit: Unit,
    **more: object,
) -> HttpResponse:
    """The form of a unit's record, filled in with `said`, with every fault at its field."""
    record: Record | None = more.get("record")  # type: ignore[assignment]
    state = record.state if record is not None else kind.states[0].code
    errors = [fault for fault in faults if fault.level is Level.ERROR]
    context = {
        "kind": kind,
        "asked": shelf.period,
        "asked_name": period_name(shelf.period),
        "askings": askings_of(
            kind,
            said,
            state,
            faults,
            shelf,
            record.unit_id if record is not None else None,
            request.POST.get(MORE, ""),
            for_unit=unit,
        ),
        "faults": [(fault, str(fault.fields.get("field", ""))) for fault in faults],
        "only_warnings": bool(faults) and not errors,
        "unit_list": units_offered(kind, unit, shelf),
        "state": kind.state(state).name,
        "back": reverse("register", kwargs={"period": shelf.period, "register": kind.code}),
        **about(shelf, kind),
        **more,
    }
    status = HTTPStatus.OK if not faults else HTTPStatus.UNPROCESSABLE_ENTITY
    if any(fault.code == "record.changed_meanwhile" for fault in faults):
        status = HTTPStatus.CONFLICT
    return render(request, "web/register_form.html", context, status=status)


def units_offered(kind: RegisterKind, unit: Unit, shelf: Shelf) -> list[str]:
    """Names that a field for a unit offers."""
    if not any(one.names_units for field in kind.fields for one in (field, *field.columns)):
        return []
    return sorted(set(units_near(unit, shelf.edition.calendar.last_day(shelf.period)).values()), key=sort_key)


@page("enter", methods=("GET", "POST"))
def new(request: Asked, period: Period, register: str) -> HttpResponseBase:
    """A new record of a unit that the seat fills in for."""
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    units = shelf.enterable(kind)
    if not units:
        raise Http404
    keys = {unit_keys()[pk]: name for pk, name in sorted(units.items(), key=lambda pair: sort_key(pair[1]))}
    chosen = request.POST.get("unit", "") if request.POST.get("unit", "") in keys else next(iter(keys))
    more: dict[str, object] = {
        "units": [Choice(key, name, key == chosen) for key, name in keys.items()],
        "key": request.POST.get("key", "") or new_key("record"),
    }
    unit = unit_keyed(chosen)
    if unit is None:
        raise Http404
    if request.method != "POST":
        return _form(request, shelf, kind, {}, (), unit, **more)
    typed = typed_in(request, kind)
    if MORE in request.POST:
        return _form(request, shelf, kind, typed, (), unit, **more)
    try:
        made = record_add(
            edition=shelf.edition,
            kind=kind,
            unit=unit,
            typed=typed,
            actor=actor_of(request.user),
            key=str(more["key"]),
            looked_at="looked_at" in request.POST,
        )
    except Refused as refused:
        return _form(request, shelf, kind, typed, refused.faults, unit, **more)
    messages.success(request, _("The record is kept."))
    return redirect("register_record", period=period, register=register, item=made.key)


@page("enter", methods=("GET", "POST"))
def change(request: Asked, period: Period, register: str, item: str) -> HttpResponseBase:
    """Change a record. Whoever changed the same field meanwhile is shown with both values; nothing is overwritten."""
    shelf, kind, record = opened(request, period, register, item)
    actor = actor_of(request.user)
    if record.withdrawn or not may(actor, record.unit, "enter"):
        raise Http404
    seen = seen_of(request, record)
    if request.method != "POST":
        return _form(request, shelf, kind, in_form(kind, record, record.data), (), record.unit, record=record)
    typed = typed_in(request, kind)
    if MORE in request.POST:
        said = in_form(kind, record, data_at(record, seen)) | typed
        return _form(request, shelf, kind, said, (), record.unit, record=record, seen=seen)
    try:
        record_change(
            edition=shelf.edition,
            kind=kind,
            record=record,
            seen=seen,
            typed=typed,
            actor=actor,
            looked_at="looked_at" in request.POST,
        )
    except Refused as refused:
        # As it stands now, with what this person changed over it: what is said next is said of that.
        mine = data_wanted(kind, data_at(record, seen), typed, record.occurred_on)
        said = {**in_form(kind, record, record.data), **{code: typed[code] for code in mine}}
        return _form(request, shelf, kind, said, refused.faults, record.unit, record=record)
    messages.success(request, _("The change is kept."))
    return redirect("register_record", period=period, register=register, item=item)


def in_form(kind: RegisterKind, record: Record, data: Mapping[str, str]) -> dict[str, str]:
    """What a record says as one types it: answers by their code, the rest as it is shown."""
    said = {}
    for at, text in data.items():
        field = kind.field_at(at)
        if field is not None:
            said[at] = text if field.answers() or field.names else shown(field, text, record.occurred_on)
    return said


class Step(NamedTuple):
    """A move from where a record stands; `by` says whose it is where it is not this person's."""

    move: RecordMove
    to: str
    by: str


class Attached(NamedTuple):
    """A file that bears a record out, with the addresses it is read at."""

    held: Evidence
    label: str
    """Which of the documents asked for it is; "" for another."""
    file: str
    pictures: Sequence[str]
    detach: str
    """Where it is taken away; "" for who may not."""


class Doors(NamedTuple):
    """Names of the addresses at which files are read, seen and taken away, and what these call the file."""

    file: str
    picture: str
    detach: str
    named: str


RECORDS = Doors("register_evidence_file", "register_picture", "register_detach", "file")


class Told(NamedTuple):
    """A version: what was done, and what each field was and became."""

    version: RecordVersion
    act: str
    state: str
    changes: Sequence[tuple[str, str, str]]
    file: str
    """Where the document is read that was attached or taken away."""


@page("view")
def record(request: Asked, period: Period, register: str, item: str) -> HttpResponse:
    """What a record says and counts for, what can be done with it, and every version of it."""
    shelf, kind, held = opened(request, period, register, item)
    return record_shown(request, shelf, kind, held, ())


def record_shown(
    request: Asked, shelf: Shelf, kind: RegisterKind, held: Record, faults: Sequence[Fault], reason: str = ""
) -> HttpResponse:
    actor, day = actor_of(request.user), held.occurred_on
    open_to = [field for field in kind.fields if shelf.sees(kind, field, held.unit_id)]
    if len(open_to) < len(kind.fields) and narrow_hides():
        raise NotConfirmed  # its name, its counts and what is attached to it tell the same
    states = {one.code: str(one.name) for one in kind.states}
    steps = [
        Step(one, states[one.to], "" if may_move(actor, held.unit, one) else _(NEEDS[one.need]))
        for one in kind.moves
        if held.state in one.begin and not held.withdrawn
    ]
    enters = may(actor, held.unit, "enter") and not held.withdrawn
    context = {
        "kind": kind,
        "record": held,
        "asked": shelf.period,
        "asked_name": period_name(shelf.period),
        "title": shown(kind.by_code[kind.title], held.data.get(kind.title, ""), day),
        "state": states.get(held.state, held.state),
        "unit_name": shelf.names.get(held.unit_id, ""),
        "said": [said_shown(field, held.data, day) for field in open_to],
        "steps": steps if enters or any(not one.by for one in steps) else [],
        "may_enter": enters,
        "measures": [
            (counted_words(shelf, kind, one.series), one.value, _when_words(one))
            for one in held.measures.exclude(value=None).order_by("series", "period_code")
        ],
        "versions": [
            _told(kind, one, open_to, states, held, shelf)
            for one in held.versions.select_related("evidence").order_by("-number")
        ],
        **_evidence(shelf, kind, held, enters),
        "papers": [str(one.name) for one in kind.papers] if not held.withdrawn else [],
        "drafted_from": _drafted_from(shelf, held),
        "tasks": follows(kind, held, actor),
        "clock": clock_shown(kind, held, shelf),
        "task_board": f"{reverse('tasks', kwargs={'period': shelf.period})}?cause={held.key}",
        "faults": faults,
        "lacks": any("field" in fault.fields for fault in faults),
        "reason": reason,
        **about(shelf, kind),
    }
    return render(request, "web/register_record.html", context, status=422 if faults else 200)


def _drafted_from(shelf: Shelf, held: Record) -> tuple[str, str] | None:
    """The papers of the record that a document was drafted from, and what that record is called."""
    paper = RecordPaper.objects.filter(document=held).select_related("record").first()
    kind = shelf.edition.registers.get(paper.record.kind) if paper is not None else None
    if paper is None or kind is None or paper.record.unit_id not in shelf.readable(kind):
        return None
    of = paper.record
    names = {"period": shelf.period, "register": of.kind, "item": of.key}
    return reverse("register_papers", kwargs=names), shown(
        kind.by_code[kind.title], of.data[kind.title], of.occurred_on
    )


class Follows(NamedTuple):
    """The tasks that were made of a record, and whether this person may make (more of) them."""

    made: int
    may_make: bool
    by_rows: bool


def follows(kind: RegisterKind, held: Record, actor: Actor) -> Follows:
    made = tasks_readable(actor, timezone.localdate()).filter(cause=held.key).count()
    decides = may_decide(actor, held.unit) and not held.withdrawn
    by_rows = kind.tasks is not None
    return Follows(made, decides and (not by_rows or held.state in kind.tasks.states), by_rows)  # type: ignore[union-attr]


class SaidRows(NamedTuple):
    """What rows say: their columns that say something in any of them, and each row by column."""

    columns: Sequence[RegisterField]
    rows: Sequence[Sequence[tuple[str, str]]]
    """(what a cell says, how it is set: figures to the right, days in one piece)."""


def said_shown(field: RegisterField, data: Mapping[str, str], day: date) -> tuple[RegisterField, str, SaidRows | None]:
    if field.kind != "rows":
        return field, shown(field, data.get(field.code, ""), day), None
    rows = rows_of(field, data)
    columns = [one for one in field.columns if any(one.code in row.said for row in rows)]
    look = {
        one.code: "tb-num" if one.is_number else "text-nowrap" if one.kind == "date" else "tb-said" for one in columns
    }
    cells = [[(shown(one, row.said.get(one.code, ""), day), look[one.code]) for one in columns] for row in rows]
    return field, "", SaidRows(columns, cells) if rows else None


def _when_words(one: RecordMeasure) -> str:
    """When a count counts: its half-year; of a stock, from when on and how long."""
    first = period_name(Period.parse(one.period_code)) if one.period_code != BEFORE else ""
    if not one.until_code:
        return first
    if one.until_code != NEVER:
        return _("up to before {period}").format(period=period_name(Period.parse(one.until_code)))
    return _("from {period} on").format(period=first) if first else _("all along")


def counted_words(shelf: Shelf, kind: RegisterKind, series: str) -> str:
    """A series in words: the element, and its members; or the name of a tally."""
    if ":" in series:
        return next((str(one.name) for one in kind.tallies if kind.tally_series(one) == series), series)
    code, _bracket, members = series.rstrip("]").partition("[")
    edition = shelf.edition
    pairs = [pair.split("=", 1) for pair in members.split(",") if pair]
    parts = [str(edition.breakdowns[dimension].members[member]) for dimension, member in pairs]
    return ", ".join([str(edition.elements[code].name), *(part.lower() for part in parts)])


def _evidence(shelf: Shelf, kind: RegisterKind, held: Record, enters: bool) -> dict[str, object]:
    """What bears a record out, what is asked for and not there, and where more is attached."""
    there = evidence_list(holder=held.key)
    asked = {one.code: str(one.label) for one in kind.evidence if not one.kept_by_unit}
    names = {"period": shelf.period, "register": kind.code, "item": held.key}
    return {
        "evidence": attached_list(there, RECORDS, names, enters, asked),
        "evidence_lacking": [] if held.withdrawn else evidence_lacking(kind, held.state, there),
        "evidence_kept": [str(one.label) for one in kind.evidence if one.kept_by_unit],
        "evidence_sorts": list(asked.items()),
        "evidence_attach": reverse("register_attach", kwargs=names) if enters else "",
        "evidence_most": LARGEST // 2**20,
    }


def attached_list(
    there: Sequence[Evidence],
    doors: Doors,
    names: Mapping[str, object],
    may_detach: bool,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> list[Attached]:
    """Files with the addresses they are read at: the names of those (`doors`), and what they name beside the file."""
    return [
        Attached(
            one,
            labels.get(one.sort, ""),
            reverse(doors.file, kwargs={**names, doors.named: one.key}),
            [
                reverse(doors.picture, kwargs={**names, doors.named: one.key, "number": page})
                for page, _mark in enumerate(one.pictures, 1)
            ],
            reverse(doors.detach, kwargs={**names, doors.named: one.key}) if may_detach else "",
        )
        for one in there
    ]


def _told(
    kind: RegisterKind,
    one: RecordVersion,
    open_to: Sequence[RegisterField],
    states: Mapping[str, str],
    held: Record,
    shelf: Shelf,
) -> Told:
    act = _(str(RecordVersion.Act(one.act).label))
    fields, day = {field.code for field in open_to}, held.occurred_on
    changes = [
        (place_of(kind, at, held.data), shown_at(kind, at, was, day), shown_at(kind, at, became, day))
        for at, (was, became) in sorted(one.changes.items(), key=lambda change: in_order(kind, change[0]))
        if at.partition("/")[0] in fields
    ] if one.act != RecordVersion.Act.ADDED else []  # fmt: skip
    file = ""
    if one.evidence is not None:
        names = {"period": shelf.period, "register": held.kind, "item": held.key, "file": one.evidence.key}
        file = reverse("register_evidence_file", kwargs=names)
    return Told(one, act, states.get(one.state, one.state), changes, file)


@page("view", methods=("POST",))
def move(request: Asked, period: Period, register: str, item: str) -> HttpResponseBase:
    """Take a record to another state, by whom that is up to."""
    shelf, kind, held = opened(request, period, register, item)
    try:
        record_move(
            edition=shelf.edition,
            kind=kind,
            record=held,
            seen=seen_of(request, held),
            move=request.POST.get("move", "")[:60],
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return record_shown(request, shelf, kind, held, refused.faults)
    messages.success(request, _("The state of the record was changed."))
    return redirect("register_record", period=period, register=register, item=item)


@page("enter", methods=("POST",))
def withdraw(request: Asked, period: Period, register: str, item: str) -> HttpResponseBase:
    """Take a record out of what counts, with the reason."""
    shelf, kind, held = opened(request, period, register, item)
    reason = request.POST.get("reason", "")[:2000]
    try:
        record_withdraw(
            edition=shelf.edition,
            kind=kind,
            record=held,
            seen=seen_of(request, held),
            reason=reason,
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return record_shown(request, shelf, kind, held, refused.faults, reason)
    messages.success(request, _("The record was withdrawn. It stays to be read and counts no more."))
    return redirect("register_record", period=period, register=register, item=item)


def seen_of(request: Asked, held: Record) -> int:
    """The version that the page was of."""
    return number_given(request.POST.get("seen", ""), held.version)
