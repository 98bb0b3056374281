"""Elections: which there are, one of them by stage and constituency with its conflicts and flags, tables taken in.

Only for who is named for elections (leaders, the organisation commission). From the consultations to the result an
election's figures are not shown to anybody; tables may still be brought.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import ElectionKind
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_of
from tienbo.papers.workbook.safety import FILE_LIMIT
from tienbo.posts.contests import election_name
from tienbo.posts.election_models import Constituency, Election, Nominated, Stage
from tienbo.posts.election_queries import (
    closed_on,
    election_lines,
    elections_before,
    elections_of,
    parts_of,
    place_names,
)
from tienbo.posts.election_services import election_close
from tienbo.posts.figures import Listed, Part, Resulted, Totals, election_faults, election_totals
from tienbo.posts.loading import elections_load
from tienbo.posts.reading import elections_read
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on
from tienbo.web.access import Asked, page
from tienbo.web.downloads import csv_streamed
from tienbo.web.office import office

worded(
    {
        "elections.no_file": N_("No file was chosen. Choose the table, then send it."),
        "elections.too_large": N_("The file is too large for a table of this kind."),
        "elections.unreadable_day": N_("“{text}” is no day. Write it as 15/3/2026, or leave it out."),
    }
)

STAGES: Mapping[str, str] = {stage.value: str(stage.label) for stage in Stage}
NOMINATED: Mapping[str, str] = {one.value: str(one.label) for one in Nominated}


class Row(NamedTuple):
    """An election on the list."""

    election: Election
    name: str
    shut: Fault | None
    totals: Totals | None
    """None while it is shut."""
    flags: int
    own_places: bool
    """Whether it is an election of a unit above, of which only one's own places are shown."""


class Line(NamedTuple):
    """A constituency, or the sum of a place: what each source says of its lists and results."""

    name: str
    is_whole: bool
    seats: int | None
    lists: Sequence[tuple[str, Listed]]
    results: Sequence[tuple[str, Resulted]]
    flags: Sequence[Fault]


@dataclass(frozen=True)
class Seen:
    """Elections as somebody reads them from a seat: those of the seat's unit, of those below it and of those above, of
    which only the seat's own places are shown."""

    request: Asked

    @property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def units(self) -> frozenset[int]:
        """Whose elections may be worked on."""
        today = timezone.localdate()
        return accessible_units(self.request.user, need="elections", on=today, acting_on=today)

    @cached_property
    def before(self) -> frozenset[int]:
        """Units of before whose elections are read, not worked on: they went into the seat's unit."""
        seat = self.request.seat.unit.pk
        return elections_before(seat, timezone.localdate()) if seat in self.units else frozenset()

    @cached_property
    def above(self) -> frozenset[int]:
        tree, seat = tree_on(timezone.localdate()), self.request.seat.unit.pk
        return frozenset(tree.ancestors(seat)) if seat in tree else frozenset()

    def name(self, election: Election) -> str:
        return election_name(election, self.edition.election_kinds.get(election.kind), self.request.seat.unit.pk)

    def elections(self) -> list[Election]:
        return elections_of(self.units | self.before | self.above)

    def election(self, key: str) -> Election:
        """The election of a key; 404 for one that is not this reader's."""
        found = Election.objects.filter(key=key).select_related("unit").first()
        if found is None or found.unit_id not in self.units | self.before | self.above:
            raise Http404
        return found

    def parts(self, election: Election) -> list[Part]:
        """What may be seen of an election: all of it, or of one above the seat the places that are the reader's."""
        parts = parts_of(election)
        if election.unit_id in self.units | self.before:
            return parts
        return [part for part in parts if part.unit in self.units]


@page("elections", methods=("GET", "POST"))
def elections(request: Asked, period: Period) -> HttpResponseBase:
    """Which elections there are, what they add up to; a table that is sent is taken in, or told what is wrong with."""
    if request.method != "POST":
        return _list(request, period)
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        return _list(request, period, [Fault("elections.no_file")])
    if (sent.size or 0) > FILE_LIMIT:
        return _list(request, period, [Fault("elections.too_large", sent.name or "")])
    said = {name: request.POST.get(name, "").strip() for name in ("kind", "day", "source")}
    day = day_of(said["day"]) if said["day"] else None
    if said["day"] and day is None:
        return _list(request, period, [Fault("elections.unreadable_day", "", {"text": said["day"]})])
    edition, unit = office().edition, request.seat.unit
    if unit.pk not in Seen(request).units:
        raise Http404
    try:
        rows, doubts = elections_read(
            (sent.name or "")[-120:], sent.read(), edition, kind=said["kind"], day=day, source=said["source"]
        )
        wrong = [fault for fault in doubts if fault.level is Level.ERROR]
        if wrong:
            raise Refused(*wrong)
        done, more = elections_load(
            rows, unit=unit, actor=actor_of(request.user), edition=edition, correct="correct" in request.POST
        )
    except Refused as refused:
        return _list(request, period, refused.faults)
    counts = {"told": done.told, "corrected": done.corrected, "untouched": done.untouched}
    words = _("{told} new figures, {corrected} corrected, {untouched} untouched").format(**counts)
    messages.success(request, _("The table was taken in.") + f" {words}.")
    if more or doubts:
        messages.warning(request, _("There is something to be looked at: it stands on the page of the election."))
    return redirect("elections", period=period)


def _list(request: Asked, period: Period, faults: Sequence[Fault] = ()) -> HttpResponse:
    seen, today = Seen(request), timezone.localdate()
    rows = []
    for one in seen.elections():
        shut = closed_on(one, today)
        parts = [] if shut else seen.parts(one)
        flags = sum(fault.level is not Level.NOTE for fault in election_faults(parts, one.unit_id))
        added = None if shut else election_totals(parts, one.unit_id)
        rows.append(Row(one, seen.name(one), shut, added, flags, one.unit_id in seen.above))
    context = {
        "asked": period,
        "rows": rows,
        "faults": faults,
        "kinds": [(code, kind.name) for code, kind in seen.edition.election_kinds.items()],
        "typed": {name: request.POST.get(name, "") for name in ("kind", "day", "source", "correct")},
        "may_load": request.seat.unit.pk in seen.units,
    }
    return render(request, "web/elections.html", context, status=422 if faults else 200)


@page("elections")
def election(request: Asked, period: Period, election: str) -> HttpResponse:
    """One election: what it adds up to by stage, what contradicts itself, every constituency with all its sources."""
    seen = Seen(request)
    found = seen.election(election)
    return _election(request, period, seen, found)


def _election(
    request: Asked, period: Period, seen: Seen, found: Election, faults: Sequence[Fault] = (), status: int = 200
) -> HttpResponse:
    shut = closed_on(found, timezone.localdate())
    parts = [] if shut else seen.parts(found)
    flags = election_faults(parts, found.unit_id)
    kind = seen.edition.election_kinds.get(found.kind)
    added = election_totals(parts, found.unit_id)
    context = {
        "asked": period,
        "election": found,
        "name": seen.name(found),
        "kind": kind,
        "document": _document(kind, found.day, seen.edition),
        "shut": shut,
        "totals": added,
        "without": sorted(place_names(added.places_without, found.day).values()),
        "stages": list(_stages(parts, found.unit_id)),
        "wholes": list(_wholes(parts, found.unit_id)),
        "own_places": found.unit_id in seen.above,
        "lines": list(_lines(parts, found.unit_id, flags)),
        "flags": [fault for fault in flags if fault.level is not Level.NOTE],
        "notes": [fault for fault in flags if fault.level is Level.NOTE],
        "may_write": found.unit_id in seen.units,
        "faults": faults,
        "typed": {name: request.POST.get(name, "") for name in ("closed_from", "closed_to")},
    }
    return render(request, "web/election.html", context, status=status)


def _document(kind: ElectionKind | None, day: date, edition: Edition) -> str:
    """The law an election was held by; "" where it is older than the one that is known."""
    if kind is None or kind.document is None or (kind.document_from is not None and day < kind.document_from):
        return ""
    return edition.documents[kind.document].cited


def _stages(parts: Sequence[Part], whole: int) -> Iterator[tuple[str, str, Listed]]:
    """(stage, by whom nominated, list) of the whole of the election, in the order of the law, each source by itself."""
    order = list(STAGES)
    told = [one for part in parts if part.unit == whole and not part.number for one in part.lists]
    for one in sorted(told, key=lambda one: (order.index(one.stage), one.nominated)):
        yield STAGES[one.stage], NOMINATED.get(one.nominated, one.nominated) if one.nominated else "", one


def _wholes(parts: Sequence[Part], whole: int) -> Iterator[tuple[str, Resulted]]:
    """(round, result) of the whole of the election, each source by itself; where nothing but the whole is told it
    stands below."""
    if len(parts) > 1:
        yield from (
            (_round(one.round), one) for part in parts if part.unit == whole and not part.number for one in part.results
        )


def _lines(parts: Sequence[Part], whole: int, flags: Sequence[Fault]) -> Iterator[Line]:
    at: dict[str, list[Fault]] = {}
    for fault in flags:
        at.setdefault(fault.place, []).append(fault)
    for part in parts:
        if part.unit == whole and not part.number and len(parts) > 1:
            continue  # its figures stand above, by stage
        row = part.row
        assert isinstance(row, Constituency)  # noqa: S101 - of `parts_of`
        yield Line(
            name=part.place,
            is_whole=not part.number,
            seats=part.seats,
            lists=[(STAGES[one.stage], one) for one in part.lists],
            results=[(_round(one.round), one) for one in part.results],
            flags=at.get(part.place, []),
        )


def _round(number: int) -> str:
    return _("round {number}").format(number=number) if number else ""


@page("elections")
def election_csv(request: Asked, period: Period, election: str) -> HttpResponseBase:
    """Every figure that stands, a line each, with its source: not while the election is shut."""
    seen = Seen(request)
    found = seen.election(election)
    shut = closed_on(found, timezone.localdate())
    if shut is not None:
        return _election(request, period, seen, found, [shut], status=409)
    parts = seen.parts(found)
    names = place_names({part.unit for part in parts}, found.day)
    return csv_streamed(f"{found.kind}_{found.day}.csv", election_lines(parts, names))


@page("elections", methods=("POST",))
def election_shut(request: Asked, period: Period, election: str) -> HttpResponseBase:
    """Write from when to when the election is shut."""
    seen = Seen(request)
    found = seen.election(election)
    if found.unit_id not in seen.units:
        raise Http404
    days = {}
    for name in ("closed_from", "closed_to"):
        text = request.POST.get(name, "").strip()
        days[name] = day_of(text) if text else None
        if text and days[name] is None:
            fault = Fault("elections.unreadable_day", "", {"text": text})
            return _election(request, period, seen, found, [fault], status=422)
    try:
        election_close(election=found, **days)
    except Refused as refused:
        found.refresh_from_db()
        return _election(request, period, seen, found, refused.faults, status=422)
    messages.success(request, _("The days were written."))
    return redirect("election", period=period, election=found.key)
