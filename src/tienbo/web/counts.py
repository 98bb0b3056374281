"""Counts of a unit by sex × age × ethnicity × education, where only counts may be kept: read, entered in a grid, or
many at once with a workbook. There is no field for a person.

Counts of planning are told by the unit itself, with who attests that they are no state secret; whoever else may read
them sees none below ten, nor what would tell of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.utils.text import slugify

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import CountGroup
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import fold
from tienbo.engine.evaluate import may_see_class
from tienbo.ground.acting import narrow_read
from tienbo.posts.counts import Coord, CountTable, counts_tell, groups_of, rows_of, tables_of
from tienbo.posts.services import Attested
from tienbo.processes.count_books import counts_book_read, counts_book_take, counts_book_write
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_called
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed
from tienbo.web.access import Asked, page, unit_page
from tienbo.web.handing_back import XLSX
from tienbo.web.office import office
from tienbo.web.posts import SMALLEST, FormTyped, book_brought, book_marked, book_token

ROWS = ("age", "ethnicity", "education")
"""What the rows of a grid may be divided by; its columns are everybody, and the women among them."""
WOMEN = "f"
WIDEST = 100
"""Rows of a grid at most: what is finer goes into the workbook."""
ASKED = ("day", "source", "published_on", "attested_by", "attested_number", "attested_on")
PLANNED_BY = ("enter", "approve", "consolidate")
"""Who of a unit tells its own counts."""


class Shown(NamedTuple):
    """A count in a table: `is_withheld` where it is not the reader's to see; "" for what was not told."""

    text: int | None
    is_withheld: bool


class Line(NamedTuple):
    words: str
    cells: list[Shown]


class TableRead(NamedTuple):
    """A table of counts as somebody reads it."""

    table: CountTable
    group: str
    heads: list[str]
    lines: list[Line]
    some_withheld: bool
    unsure: bool


class Cell(NamedTuple):
    """A field of the grid."""

    name: str
    label: str
    value: str
    is_wrong: bool


@dataclass(frozen=True)
class Counted:
    """The counts of a unit as somebody reads and tells them, today."""

    request: Asked
    unit: Unit

    @property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def today(self) -> date:
        return timezone.localdate()

    @property
    def is_own(self) -> bool:
        return self.request.seat.unit.pk == self.unit.pk

    def may_write(self, group: CountGroup) -> bool:
        """The unit tells its own; the standing office tells of those below it too, but not of planning."""
        seat = self.request.seat
        if self.is_own:
            return any(seat.allows(need) for need in PLANNED_BY)  # type: ignore[arg-type]
        if group.is_planning or not seat.allows("consolidate"):
            return False
        return self.unit.pk in accessible_units(self.request.user, need="view", on=self.today)

    @cached_property
    def writable(self) -> list[CountGroup]:
        return [one for one in groups_of(self.unit, self.today, self.edition) if self.may_write(one)]

    def tables(self) -> Iterator[TableRead]:
        """What was told, as this seat reads it; a group it may not read at all is not there."""
        seat, edition = self.request.seat, self.edition
        audience, tree = seat.audience(seat.unit.pk), tree_on(self.today)
        sees_all = self.is_own or seat.allows("consolidate") or seat.allows("conclude")
        read = []
        for table in tables_of([self.unit.pk], edition):
            group = edition.count_groups.get(table.group)
            if group is None:
                continue
            sensitive = group.is_planning
            if not may_see_class(group.sensitivity, audience, self.unit.pk, tree):
                continue
            cells = table.read_by(owner=self.is_own, edition=edition)
            if not sensitive and not sees_all:
                cells = {at: None if count is not None and count < SMALLEST else count for at, count in cells.items()}
            if sensitive:
                read.append(group.code)
            yield _read(table, group, cells, edition)
        if read:
            narrow_read(*read)

    def grid(self, by: Sequence[str]) -> list[Coord]:
        """The rows of the form: the total, then each member, or each together, of what it is divided by."""
        rows = [Coord()]
        for name in by:
            members = list(self.edition.post_breakdowns[name].members)
            rows = [*rows, *(row._replace(**{name: code}) for row in rows for code in members)]
        return rows_of(rows, self.edition)


def _read(table: CountTable, group: CountGroup, cells: Mapping[Coord, int | None], edition: Edition) -> TableRead:
    sexes = [code for code in ("", *edition.post_breakdowns["sex"].members) if any(at.sex == code for at in cells)]
    lines = []
    for row in rows_of(list(cells), edition):
        held = [row._replace(sex=code) for code in sexes]
        shown = [Shown(cells.get(at), at in cells and cells[at] is None) for at in held]
        lines.append(Line(row.said(edition) or _("Total"), shown))
    heads = [str(edition.post_breakdowns["sex"].members[code]) if code else _("Total") for code in sexes]
    hidden = any(count is None for count in cells.values())
    return TableRead(table, str(group.name), heads, lines, hidden, group.confidence != "confirmed")


@unit_page("view")
def unit_counts(request: Asked, unit: Unit) -> HttpResponse:
    """The counts of a unit; ?group= and ?by= open the grid of a group."""
    return _page(Counted(request, unit), request.GET)


def _page(
    seen: Counted,
    asked: Any,
    faults: Sequence[Fault] = (),
    *,
    token: str = "",
    status: int = 200,
) -> HttpResponse:
    edition, writable = seen.edition, seen.writable
    group = next((one for one in writable if one.code == asked.get("group", "")), None)
    by = _by(asked.getlist("by"), group)
    wrong = {str(fault.fields.get("field", "")) for fault in faults}
    rows = seen.grid(by) if group is not None else []
    too_wide = len(rows) > WIDEST
    context = {
        "unit": seen.unit,
        "name": unit_called(seen.unit.pk, seen.today),
        "today": seen.today,
        "tables": list(seen.tables()),
        "is_own": seen.is_own,
        "groups": [(one.code, str(one.name), one == group) for one in writable],
        "group": group,
        "parts": [
            (name, str(edition.post_breakdowns[name].name), name in by)
            for name in ROWS
            if any(name in one.by for one in writable)
        ],
        "by": by,
        "too_wide": too_wide,
        "heads": [_("Total"), _("Of them women")] if group is not None and "sex" in group.by else [_("Total")],
        "grid": [] if too_wide else list(_grid(rows, group, asked, wrong, edition)),
        "faults": [(fault, str(fault.fields.get("field", ""))) for fault in faults],
        "wrong": wrong,
        "token": token,
        "typed": {name: asked.get(name, "") for name in ASKED},
        "least": group.least if group is not None else None,
    }
    return render(seen.request, "web/counts.html", context, status=status)


def _by(wanted: Iterable[str], group: CountGroup | None) -> list[str]:
    return [name for name in ROWS if name in set(wanted) and group is not None and name in group.by]


def _grid(
    rows: Sequence[Coord], group: CountGroup | None, given: Any, wrong: set[str], edition: Edition
) -> Iterator[tuple[str, list[Cell]]]:
    for row in rows:
        words = row.said(edition) or _("Total")
        cells = []
        for at in _columns(row, group):
            name = field_of(at)
            label = f"{words}, {at.said(edition)}" if at.sex else words
            cells.append(Cell(name, label, given.get(name, ""), name in wrong))
        yield words, cells


def _columns(row: Coord, group: CountGroup | None) -> list[Coord]:
    return [row, row._replace(sex=WOMEN)] if group is not None and "sex" in group.by else [row]


def field_of(at: Coord) -> str:
    """The name of a cell's field: "n.f.under_30..", the codes of its members."""
    return "n." + ".".join(at)


# ---------------------------------------------------------------------------------------------------------- writing


def _written_of(request: Asked, key: str) -> Counted:
    """The unit that is told of; 404 for one of which this seat tells nothing."""
    unit = unit_keyed(key)
    seen = Counted(request, unit) if unit is not None else None
    if seen is None or not seen.writable:
        raise Http404
    return seen


@page("view", methods=("POST",))
def counts_write(request: Asked) -> HttpResponseBase:
    """A grid that was filled in. Nothing typed is lost where something is wrong."""
    seen = _written_of(request, request.POST.get("unit", ""))
    group = next((one for one in seen.writable if one.code == request.POST.get("group", "")), None)
    if group is None:
        raise Http404
    typed = FormTyped(request)
    day = typed.day("day", N_("As of the day"), needed=True)
    attested = _attested(typed, group)
    read = typed.read()
    cells: dict[Coord, int] = {}
    for row in seen.grid(_by(request.POST.getlist("by"), group))[:WIDEST]:
        for at in _columns(row, group):
            count = typed.number(field_of(at), row.said(seen.edition) or N_("Total"))
            if count is not None:
                cells[at] = count
    try:
        typed.must_be_read()
        assert day is not None  # noqa: S101 - needed
        done = counts_tell(
            unit=seen.unit,
            group=group.code,
            day=day,
            cells=cells,
            read=read,
            attested=attested,
            actor=actor_of(request.user),
            edition=seen.edition,
        )
    except Refused as refused:
        return _page(seen, request.POST, [_at_cell(one) for one in refused.faults], status=422)
    _say(request, done.added, done.corrected, done.untouched)
    return redirect(reverse("unit_counts", kwargs={"key": seen.unit.key}))


def _attested(typed: FormTyped, group: CountGroup) -> Attested | None:
    if not group.is_planning:
        return None
    on = typed.day("attested_on", N_("Day of the confirming document"), needed=True)
    by, number = typed.text("attested_by"), typed.text("attested_number")
    if not by or not number:
        typed.faults.append(Fault("posts.not_attested", "", {"field": "attested_number" if by else "attested_by"}))
    return Attested(by, number, on)


def _at_cell(fault: Fault) -> Fault:
    at = fault.fields.get("coord")
    if not isinstance(at, Coord):
        return fault
    return Fault(fault.code, fault.place, {**fault.fields, "field": field_of(at)}, fault.level)


def _say(request: Asked, added: int, corrected: int, untouched: int) -> None:
    words = _("{added} new, {corrected} corrected, {untouched} untouched")
    said = words.format(added=added, corrected=corrected, untouched=untouched)
    messages.success(request, _("It was written.") + f" {said[:1].upper()}{said[1:]}.")


@page("view")
def counts_book(request: Asked) -> HttpResponse:
    """The workbook of a unit's counts (?unit=, the seat's own where none is said)."""
    seen = _written_of(request, request.GET.get("unit", "") or request.seat.unit.key)
    list(seen.tables())  # what of planning stands in it is noted as on the page
    made, settings = BytesIO(), office().settings
    counts_book_write(
        made,
        unit=seen.unit,
        edition=seen.edition,
        seal=settings.seal,
        only={one.code for one in seen.writable},
        illustrative=settings.illustrative,
    )
    name = slugify(fold(f"so luong {unit_called(seen.unit.pk, seen.today)}"))
    answer = HttpResponse(made.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.xlsx") or "attachment"
    return answer


@page("view", methods=("POST",))
def counts_take(request: Asked) -> HttpResponseBase:
    """Take a workbook of counts in; or hand it back as it is with its faults in its cells (`marked`)."""
    seen = _written_of(request, request.POST.get("unit", ""))
    try:
        content, name = book_brought(request)
    except Refused as refused:
        return _page(seen, request.POST, refused.faults, status=422)
    try:
        read = counts_book_read(
            content,
            name=name,
            edition=seen.edition,
            seal=office().settings.seal,
            unit=seen.unit,
            only={one.code for one in seen.writable},
        )
        done = counts_book_take(read=read, unit=seen.unit, actor=actor_of(request.user), edition=seen.edition,
                                only={one.code for one in seen.writable})  # fmt: skip
    except Refused as refused:
        if "marked" in request.POST:
            heading = " – ".join((_("Counts by group"), unit_called(seen.unit.pk, seen.today)))
            marked = book_marked(content, name, heading, refused.faults)
            if isinstance(marked, HttpResponse):
                return marked
            return _page(seen, request.POST, [marked], status=422)
        return _page(
            seen, request.POST, refused.faults, token=book_token(request, content, name, refused.faults), status=422
        )
    _say(request, done.added, done.corrected, done.untouched)
    return redirect(reverse("unit_counts", kwargs={"key": seen.unit.key}))


def counts_address(unit: Unit, group: str = "") -> str:
    """The page of a unit's counts, with the form of a group open."""
    at = reverse("unit_counts", kwargs={"key": unit.key})
    return f"{at}?{urlencode({'group': group})}" if group else at
