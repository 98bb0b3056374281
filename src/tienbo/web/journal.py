"""The journal as its readers see it: when, who, by which page, about which units. Never a figure, never what a text was
or became: of a change the columns are named, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.models import User
from tienbo.core.faults import SENTENCES, Fault, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_of
from tienbo.ground.journal import KINDS, journal_head
from tienbo.ground.models import BackupAct, History, JournalCheck, JournalEvent, JournalMention
from tienbo.ground.reach import reaching_everywhere
from tienbo.units.access import accessible_units
from tienbo.units.frames import unit_ids, unit_keys, unit_names
from tienbo.units.queries import unit_numbered
from tienbo.web.access import Asked, page
from tienbo.web.office import office

PAGE = 50
SHOWN = 500
"""Rows of one event that are listed."""
NAMED = 3
"""Units of an event that are named in the list."""

ROOMS: Mapping[str, str] = {
    "accounts": N_("accounts"),
    "units": N_("units and roles"),
    "registers": N_("registers and tasks"),
    "collection": N_("returns"),
    "release": N_("reports"),
    "protection": N_("personal data and incidents"),
    "ground": N_("the journal"),
}
OPERATIONS: Mapping[str, str] = {
    "I": N_("added"),
    "U": N_("changed"),
    "D": N_("taken out"),
    "N": N_("noted"),
    "B": N_("recorded from here on"),
}


worded({"journal.bad_day": N_("“{text}” is not a day; write it as 01/7/2026.")})


class Line(NamedTuple):
    """An event as it is listed."""

    seq: int
    at: datetime
    person: str
    account: str
    kind: str
    door: str
    what: str
    units: Sequence[tuple[str, str]]
    """(key, name)"""
    more: int
    rows: int


class Change(NamedTuple):
    """A row of history, without what it says."""

    table: str
    row: int
    operation: str
    columns: str


def _moment(tx: str) -> datetime:
    """When a transaction began: its mark says it."""
    return datetime.strptime(tx.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)


@page("audit")
def journal(request: Asked, period: Period) -> HttpResponseBase:  # noqa: ARG001 - the menu's
    """Events, the newest first, by unit, person, kind and day; what the last verification found."""
    asked = {name: request.GET.get(name, "").strip()[:150] for name in ("unit", "person", "kind", "from", "to")}
    events, faults = _asked_for(_readable(request), asked)
    before = request.GET.get("before", "")
    if before.isdecimal():
        events = events.filter(seq__lt=int(before))
    found = list(events.order_by("-seq")[: PAGE + 1])
    shown = found[:PAGE]
    last = JournalCheck.objects.order_by("-id").first()
    acts = BackupAct.objects.filter(act=BackupAct.Act.MADE).order_by("-id")
    made = acts.filter(size__gt=0).first()
    tried = BackupAct.objects.filter(act=BackupAct.Act.VERIFIED).order_by("-id").first()
    failed = acts.filter(size=0, id__gt=made.pk if made else 0).first()
    kept: dict[str, str | int] = {name: said for name, said in asked.items() if said}
    context = {
        "lines": _lines(shown),
        "asked": asked,
        "faults": faults,
        "kinds": [(code, _(words)) for code, words in KINDS.items()],
        "people": _people(request),
        "units": _units(request),
        "last": last,
        "found": [_fault(one) for one in last.found] if last is not None else [],
        "head": journal_head(),
        "made": made,
        "tried": tried,
        "against": [_fault(one) for one in tried.found] if tried is not None else [],
        "failed": failed,
        "failures": [_fault(one) for one in failed.found] if failed is not None else [],
        "next": "?" + urlencode({**kept, "before": shown[-1].seq}) if len(found) > PAGE else "",
        "is_first": not before,
    }
    return render(request, "web/journal.html", context, status=422 if faults else 200)


@page("audit")
def event(request: Asked, period: Period, number: int) -> HttpResponseBase:  # noqa: ARG001
    """One event: its rows of history, by the columns that changed."""
    found = _readable(request).filter(seq=number).first()
    if found is None:
        raise Http404
    with reaching_everywhere("rows of an event that may be read, by the columns that changed and no value"):
        rows = list(History.objects.filter(event=number).order_by("id")[:SHOWN])
    context = {
        "line": _lines([found])[0],
        "event": found,
        "changes": [_change(row) for row in rows],
        "notes": [note for row in rows if row.op == History.Op.NOTE and (note := _note(row))],
        "is_more": found.rows > SHOWN,
    }
    return render(request, "web/journal_event.html", context)


def _readable(request: Asked) -> QuerySet[JournalEvent]:
    """Whose committee runs the site reads all of its journal; others what is about units they may read."""
    events = JournalEvent.objects.all()
    if request.seat.unit.pk == office().home.pk:
        return events
    units = accessible_units(request.user, need="view", on=timezone.localdate())
    about = JournalMention.objects.filter(event=OuterRef("seq"), what__in=[f"unit:{unit}" for unit in units])
    return events.filter(Exists(about))


def _asked_for(
    events: QuerySet[JournalEvent], asked: Mapping[str, str]
) -> tuple[QuerySet[JournalEvent], Sequence[Fault]]:
    faults = []
    for name, what in (("unit", f"unit:{unit_ids().get(asked['unit'], 0)}"), ("person", f"person:{asked['person']}")):
        if asked[name]:
            events = events.filter(Exists(JournalMention.objects.filter(event=OuterRef("seq"), what=what)))
    if asked["kind"]:
        events = events.filter(kind=asked["kind"])
    for name, bound, later in (("from", "tx__gte", 0), ("to", "tx__lt", 1)):
        if not asked[name]:
            continue
        day = day_of(asked[name])
        if day is None:
            faults.append(Fault("journal.bad_day", "", {"text": asked[name]}))
            continue
        events = events.filter(**{bound: _mark(day + timedelta(days=later))})
    return events, faults


def _mark(day: date) -> str:
    """Marks of transactions from the beginning of a day in Viet Nam on are not less than this."""
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")).astimezone(UTC)
    return f"{begins:%Y%m%dT%H%M%S.%fZ}"


def _lines(events: Sequence[JournalEvent]) -> list[Line]:
    about: dict[int, list[int]] = {}
    for number, what in JournalMention.objects.filter(
        event__in=[one.seq for one in events], what__startswith="unit:"
    ).values_list("event", "what"):
        about.setdefault(number, []).append(int(what.partition(":")[2]))
    names, keys = unit_names(timezone.localdate()), unit_keys()
    people = dict(User.objects.filter(username__in={one.person for one in events}).values_list("username", "full_name"))
    made = []
    for one in events:
        units = [
            (keys[unit], names.get(unit) or _called(unit)) for unit in about.get(one.seq, ())[:NAMED] if unit in keys
        ]
        rooms = dict.fromkeys(table.partition("_")[0] for table in one.tables.split(",") if table)
        made.append(
            Line(
                one.seq,
                _moment(one.tx),
                people.get(one.person, ""),
                one.person,
                _(KINDS.get(one.kind, one.kind)),
                one.door,
                ", ".join(_(ROOMS.get(room, room)) for room in rooms),
                units,
                max(0, len(about.get(one.seq, ())) - NAMED),
                one.rows,
            )
        )
    return made


def _called(unit: int) -> str:
    return str(unit_numbered(unit).names.order_by("-valid_from").first() or "")


def _change(row: History) -> Change:
    one, other = (json.loads(image) if image else {} for image in (row.before, row.after))
    if row.op == History.Op.UPDATE:
        columns = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
        said = ", ".join(columns) or _("a field that is never shown")
    else:
        said = ""
    return Change(row.table_name, row.row_id, _(OPERATIONS.get(row.op, row.op)), said)


def _note(row: History) -> str:
    """What a note names: the address's parts, codes of indicators. It holds no figures."""
    said: dict[str, Any] = json.loads(row.after or "{}")
    parts = [*(said.get("of") or {}).values(), *(said.get("narrow") or ())]
    return ", ".join(map(str, parts))


def _fault(said: Mapping[str, Any]) -> str:
    """In the language of the reader; as it was said then, where only a command knows the words."""
    if said["code"] not in SENTENCES:
        return str(said["sentence"])
    return Fault(said["code"], said["place"], said["fields"]).sentence()


def _people(request: Asked) -> list[tuple[str, str]]:
    """Accounts, by name."""
    if request.seat.unit.pk != office().home.pk:
        return []
    rows = User.objects.order_by("full_name").values_list("username", "full_name")
    return [(username, f"{name} ({username})") for username, name in rows]


def _units(request: Asked) -> list[tuple[str, str]]:
    keys, names = unit_keys(), unit_names(timezone.localdate())
    units = accessible_units(request.user, need="view", on=timezone.localdate())
    return sorted(((keys[unit], names.get(unit, "")) for unit in units), key=lambda one: one[1])
