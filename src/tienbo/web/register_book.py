"""A register as a workbook: taken along, filled in, sent back; what it would do is shown before it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import NamedTuple

from django.contrib import messages
from django.core import signing as tokens
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import fold, sort_key
from tienbo.ground.files import sha256
from tienbo.papers.context import period_name
from tienbo.papers.workbook.register import BLANKS, BookRead, rows_fields
from tienbo.papers.workbook.returning import Remark, workbook_hand_back
from tienbo.papers.workbook.safety import FILE_LIMIT, Unsafe
from tienbo.registers.book import BookTaken, book_read, book_take, book_try, book_write
from tienbo.registers.models import RegisterIntake
from tienbo.units.frames import unit_ids, unit_keys
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed
from tienbo.web.access import Asked, page
from tienbo.web.handing_back import XLSX, workbook_download
from tienbo.web.office import office
from tienbo.web.registers import TIMES, Choice, Shelf, span_of

SALT = "tienbo.web.register_book"
A_DAY = 24 * 3600
_CELL = "!"
"""What a place that is a cell has."""
SHOWN = 300
"""Lines of a preview that are written out; the others are counted."""

worded(
    {
        "register_book.no_file": N_("No file was chosen. Choose the workbook, then look at what it would do."),
        "register_book.too_late": N_("The preview is too old, or another person's. Send the workbook once more."),
    }
)


@dataclass(frozen=True)
class Desk:
    """A register as its workbooks are handed out and taken in from a seat."""

    shelf: Shelf
    kind: RegisterKind

    @cached_property
    def units(self) -> dict[str, str]:
        """Key → name of the units that the person enters for."""
        keys = unit_keys()
        found = sorted(self.shelf.enterable(self.kind).items(), key=lambda pair: sort_key(pair[1]))
        return {keys[pk]: name for pk, name in found}

    def unit(self, key: str) -> Unit:
        """The unit asked for, the first where none is; 404 for one that the person does not enter for."""
        chosen = key or next(iter(self.units), "")
        found = unit_keyed(chosen) if chosen in self.units else None
        if found is None:
            raise Http404
        return found

    def read(self, content: bytes, name: str) -> tuple[BookRead, Unit]:
        """A workbook of this register, of a unit that the person enters for: of that one, where it is one."""
        only = self.unit("") if len(self.units) == 1 else None
        read, unit = book_read(
            content,
            name=name,
            edition=self.shelf.edition,
            seal=office().settings.seal,
            register=self.kind.code,
            unit=only,
        )
        if unit.key not in self.units:
            raise Refused(Fault("register_book.no_unit", name))
        self.shelf.says(self.kind, unit.pk)  # what it would change stands beside what it says
        return read, unit


class FaultShown(NamedTuple):
    place: str
    label: str
    fault: Fault


def _desk(request: Asked, period: Period, register: str) -> Desk:
    shelf = Shelf(request, period)
    desk = Desk(shelf, shelf.kind(register))
    if not desk.units:
        raise Http404
    return desk


@page("enter", methods=("GET", "POST"))
def book(request: Asked, period: Period, register: str) -> HttpResponseBase:
    """Where a workbook is taken and sent back. A file that is sent is looked at, and nothing of it is taken yet."""
    desk = _desk(request, period, register)
    if request.method != "POST":
        return _page(request, desk)
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        return _page(request, desk, faults=[Fault("register_book.no_file")])
    content, name = sent.read(FILE_LIMIT + 1), (sent.name or "")[-120:]
    said = {"user": request.user.pk, "register": register, "sha256": sha256(content), "name": name}
    token = tokens.dumps(said, salt=SALT)
    try:
        read, unit = desk.read(content, name)
        tried = book_try(edition=desk.shelf.edition, read=read, unit=unit, actor=actor_of(request.user))
    except Refused as refused:
        if not any(_CELL in one.place for one in refused.faults):
            return _page(request, desk, faults=refused.faults)
        office().stores.files.put(content)  # kept to be handed back with its faults in its cells
        return _page(request, desk, faults=refused.faults, token=token)
    office().stores.files.put(content)
    return _page(request, desk, tried=tried, token=token, unit_name=desk.units[unit.key])


@page("enter", methods=("POST",))
def marked(request: Asked, period: Period, register: str) -> HttpResponse:
    """The workbook that was just refused, with what is wrong in its cells, to be corrected and sent as it is."""
    desk = _desk(request, period, register)
    faults: Sequence[Fault] = ()
    try:
        content, name = _sent(request, register)
        try:
            read, unit = desk.read(content, name)
            faults = book_try(edition=desk.shelf.edition, read=read, unit=unit, actor=actor_of(request.user)).doubts
        except Refused as refused:
            faults = refused.faults
        remarks = [Remark(one.place, one.sentence(), one.level) for one in faults]
        made = workbook_hand_back(content, remarks, heading=f"{desk.kind.name} – {period_name(period)}")
    except Unsafe as unsafe:
        return _page(request, desk, faults=[unsafe.fault(name)])
    except Refused as refused:
        return _page(request, desk, faults=refused.faults)
    stem = name.rpartition(".")[0] or name
    return workbook_download(_("{name} (to correct)").format(name=stem) + ".xlsx", made)


def _sent(request: Asked, register: str) -> tuple[bytes, str]:
    """The workbook that a token names, and what it was called. Refused for one that is another person's, or too old."""
    try:
        said = tokens.loads(request.POST.get("token", ""), salt=SALT, max_age=A_DAY)
    except tokens.BadSignature:
        said = {}
    if (said.get("user"), said.get("register")) != (request.user.pk, register):
        raise Refused(Fault("register_book.too_late"))
    return office().stores.files.get(said["sha256"]), said["name"]


@page("enter")
def book_file(request: Asked, period: Period, register: str) -> HttpResponse:
    """The workbook of a unit (?unit=) with its records of a time (?time=), and blank lines."""
    desk = _desk(request, period, register)
    unit, made = desk.unit(request.GET.get("unit", "")), BytesIO()
    desk.shelf.says(desk.kind, unit.pk)
    book_write(
        made,
        edition=desk.shelf.edition,
        kind=desk.kind,
        unit=unit,
        span=span_of(desk.shelf, request.GET.get("time", "")),
        seal=office().settings.seal,
        illustrative=office().settings.illustrative,
    )
    words = slugify(fold(f"{desk.kind.name} {desk.units[unit.key]}"))
    answer = HttpResponse(made.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, f"{period.code}_{words}.xlsx") or "attachment"
    return answer


@page("enter", methods=("POST",))
def take(request: Asked, period: Period, register: str) -> HttpResponseBase:
    """Take in the workbook that was looked at, as it is: what somebody wrote since is held against it once more."""
    desk = _desk(request, period, register)
    try:
        content, name = _sent(request, register)
        read, unit = desk.read(content, name)
        taken = book_take(
            edition=desk.shelf.edition,
            read=read,
            unit=unit,
            content=content,
            name=name,
            actor=actor_of(request.user),
            store=office().stores.files,
            looked_at="looked_at" in request.POST,
        )
    except Refused as refused:
        return _page(request, desk, faults=refused.faults)
    assert taken.receipt is not None  # noqa: S101 - what is taken has one
    words = _("This workbook was taken in before; nothing changed.") if taken.again else _("The workbook was taken in.")
    messages.success(request, words)
    return redirect("register_receipt", period=period, register=register, taken=taken.receipt.key)


@page("view")
def receipt(request: Asked, period: Period, register: str, taken: str) -> HttpResponse:
    """What came of a workbook: for who may read the register of its unit."""
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    found = RegisterIntake.objects.filter(kind=register, key=taken).first()
    if found is None or found.unit_id not in shelf.readable(kind):
        raise Http404
    context = {
        "kind": kind,
        "asked": period,
        "asked_name": period_name(period),
        "found": found,
        "unit_name": shelf.names.get(found.unit_id, ""),
    }
    return render(request, "web/register_receipt.html", context)


def _page(
    request: Asked,
    desk: Desk,
    *,
    faults: Sequence[Fault] = (),
    tried: BookTaken | None = None,
    token: str = "",
    unit_name: str = "",
) -> HttpResponse:
    kind, period = desk.kind, desk.shelf.period
    chosen = request.GET.get("unit", "")
    mine = [unit_ids()[key] for key in desk.units]
    context = {
        "kind": kind,
        "asked": period,
        "asked_name": period_name(period),
        "units": [Choice(key, name, key == chosen) for key, name in desk.units.items()],
        "times": [Choice(one, _(words).capitalize(), not one) for one, words in TIMES.items()],
        "blanks": BLANKS,
        "in_sheets": [one.label for one in rows_fields(kind)],
        "faults": [FaultShown(fault.place, _label(kind, fault), fault) for fault in faults],
        "tried": tried,
        "lines": tried.lines[:SHOWN] if tried else [],
        "more": max(0, len(tried.lines) - SHOWN) if tried else 0,
        "token": token,
        "unit_name": unit_name,
        "marked": reverse("register_book_marked", kwargs={"period": period, "register": kind.code}),
        "take": reverse("register_book_take", kwargs={"period": period, "register": kind.code}),
        "receipts": RegisterIntake.objects.filter(kind=kind.code, unit__in=mine).order_by("-pk")[:5],
    }
    return render(request, "web/register_book.html", context, status=422 if faults else 200)


def _label(kind: RegisterKind, fault: Fault) -> str:
    field = kind.field_at(str(fault.fields.get("field", "")))
    return str(field.label) if field is not None else ""
