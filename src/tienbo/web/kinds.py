"""Registers that a site makes of its own: written part by part on pages, or as a sheet; checked; put in use on a day.

They are the site's, so its administrator makes them: whoever may administer at its home unit. The form is that of any
record (`catalogue.kinds.kind_form` is the definition of a register), and so are the faults at its fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from typing import NamedTuple

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.kinds import kind_form
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.ground.keys import is_key, new_key
from tienbo.papers.context import period_name
from tienbo.papers.workbook.kind_sheet import kind_sheet_read, kind_sheet_write
from tienbo.papers.workbook.safety import FILE_LIMIT
from tienbo.registers.kind_making import series_offered
from tienbo.registers.kind_models import OwnKind, OwnKindVersion
from tienbo.registers.kind_rows import copy_leaves, kind_copied, rows_begun
from tienbo.registers.kinds import (
    kind_begin,
    kind_find,
    kind_list,
    kind_looked_at,
    kind_said,
    kind_use,
    kind_withdraw,
    kind_write,
    last_used,
)
from tienbo.registers.rows import rows_of
from tienbo.registers.services import may
from tienbo.registers.showing import shown
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.handing_back import workbook_download
from tienbo.web.office import office
from tienbo.web.record_page import BLANK_ROWS, MORE, MORE_ROWS, Asker, Asking, typed_in

PARTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "head": (N_("What the register is"), ()),
    "fields": (N_("Fields and code lists"), ("fields", "lists")),
    "states": (N_("States and moves"), ("states", "moves")),
    "counts": (N_("What it counts, evidence"), ("counts", "papers")),
}
"""Part of the form → its title and the rows it has; the head has all that are no rows."""
OFFERS = {
    "list": "lists-there",
    "series": "items-there",
    **dict.fromkeys(("required_in", "begin", "to", "states"), "states-there"),
    **dict.fromkeys(("part_of", "not_before", "within", "sum", "of", "by_day", "until"), "fields-there"),
    **dict.fromkeys(("title", "occurred"), "fields-there"),
}
"""Column → id of the list on the page that it can be chosen from."""
SHOWN = {
    "fields": ("label_vi", "kind", "required", "measure", "list", "required_in", "within", "retired"),
    "lists": ("list", "name_vi"),
    "states": ("name_vi", "past"),
    "moves": ("name_vi", "begin", "to", "need"),
    "counts": ("name_vi", "series", "states", "sum", "where", "until"),
    "papers": ("name_vi", "required_in", "kept_by_unit"),
}
"""The columns of each list of rows that its page shows."""

worded({"own_kind.no_file": N_("No file was chosen. Choose the sheet, then bring it in.")})


@dataclass(frozen=True)
class Seen:
    """A register of the site's own as its administrator sees it."""

    kind: OwnKind
    period: Period

    @cached_property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def form(self) -> RegisterKind:
        return kind_form(self.edition)

    @cached_property
    def rows(self) -> dict[str, str]:
        return kind_said(self.edition, self.kind)

    @cached_property
    def faults(self) -> list[Fault]:
        return kind_looked_at(edition=self.edition, kind=self.kind, rows=self.rows)[1]

    @property
    def name(self) -> str:
        return self.rows.get("name_vi", "") or _("A register without a name yet")

    @cached_property
    def used(self) -> OwnKindVersion | None:
        """The version in use, or to come into use."""
        return last_used(self.kind)

    @property
    def state(self) -> tuple[str, str]:
        """Where it stands, in words, and how that looks."""
        used = self.used
        if self.kind.withdrawn:
            return _("withdrawn"), ""
        if used is None or used.begins_on is None:
            return (_("draft") if errors(self.faults) else _("checked, not in use yet")), "tb-near"
        if used.begins_on <= timezone.localdate() and self.kind.code not in self.edition.registers:
            return _("left out: it does not fit the definitions any more"), "tb-bad"
        if used.number != self.kind.version:
            return _("in use, a change is being drafted"), "tb-near"
        if used.begins_on > timezone.localdate():
            return _("comes into use"), "tb-near"
        return _("in use"), "tb-good"

    def part_of(self, fault: Fault) -> str:
        """The part of the form that a fault is in."""
        first = str(fault.fields.get("field", "")).partition("/")[0]
        return next((part for part, (_title, rows) in PARTS.items() if first in rows), "head")

    def address(self, part: str) -> str:
        return reverse("kind_write", kwargs={"period": self.period, "own": self.kind.key, "part": part})


def _home(request: Asked) -> Unit:
    """The home unit, for who may administer there; 404 for anybody else."""
    home = office().home
    if not may(actor_of(request.user), home, "administer"):
        raise Http404
    return home


def _opened(request: Asked, period: Period, own: str) -> tuple[Seen, Unit]:
    home, found = _home(request), kind_find(own)
    if found is None:
        raise Http404
    return Seen(found, period), home


def _again(seen: Seen) -> Seen:
    """The same after it was written."""
    return Seen(OwnKind.objects.get(pk=seen.kind.pk), seen.period)


# ------------------------------------------------------------------------------------------------------ the list


@page("administer", methods=("GET", "POST"))
def kinds(request: Asked, period: Period) -> HttpResponseBase:
    """The registers of the site's own; a new one: blank, after one there is (`copy`), or from a sheet (`file`)."""
    home, edition = _home(request), office().edition
    faults: Sequence[Fault] = ()
    if request.method == "POST":
        try:
            rows = _begun(request, edition)
            key = request.POST.get("key", "")
            made = kind_begin(
                edition=edition,
                home=home,
                rows=rows,
                actor=actor_of(request.user),
                key=key if is_key(key, "kind") else new_key("kind"),
            )
        except Refused as refused:
            faults = refused.faults
        else:
            messages.success(request, _("The register is begun, as a draft: nobody else sees it until it is in use."))
            copied = edition.registers.get(request.POST.get("copy", "")) if "sheet" not in request.POST else None
            if copied is not None and (left := copy_leaves(copied)):
                words = _("Of “{register}” the copy does not have: {left}.")
                messages.warning(request, words.format(register=copied.name, left="; ".join(left)))
            return redirect("kind", period=period, own=made.key)
    seen = [Seen(one, period) for one in kind_list()]
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "rows": [(reverse("kind", kwargs={"period": period, "own": one.kind.key}), one) for one in seen],
        "copies": [(one.code, one.name) for one in edition.registers.values()],
        "leaves": [(one.name, left) for one in edition.registers.values() if (left := copy_leaves(one))],
        "key": new_key("kind"),
        "faults": faults,
    }
    return render(request, "web/kinds.html", context, status=422 if faults else 200)


def _begun(request: Asked, edition: Edition) -> dict[str, str]:
    if "sheet" in request.POST:
        return _brought(request, kind_form(edition))[0]
    copied = edition.registers.get(request.POST.get("copy", ""))
    rows = kind_copied(edition, copied) if copied is not None else rows_begun()
    name = request.POST.get("name", "").strip()[:300]
    return {**rows, **({"name_vi": name} if name else {})}


def _brought(request: Asked, form: RegisterKind) -> tuple[dict[str, str], dict[str, str]]:
    """What a sheet that was sent says, and the cell of each address. Refused for a file that is none of ours."""
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        raise Refused(Fault("own_kind.no_file"))
    read = kind_sheet_read(sent.read(FILE_LIMIT + 1), name=(sent.name or "")[-120:], form=form)
    if read.faults:
        raise Refused(*read.faults)
    return read.said, read.places


@page("administer")
def blank(request: Asked, period: Period) -> HttpResponse:
    """A sheet to fill in: blank, or after a register there is (?copy=)."""
    _home(request)
    edition = office().edition
    copied = edition.registers.get(request.GET.get("copy", ""))
    rows = kind_copied(edition, copied) if copied is not None else rows_begun()
    name = _("Register of our own")
    return _sheet(edition, rows, f"{name} {period.code}")


def _sheet(edition: Edition, rows: Mapping[str, str], name: str) -> HttpResponse:
    made = BytesIO()
    kind_sheet_write(made, form=kind_form(edition), said=rows, offers={"series": series_offered(edition)})
    return workbook_download(f"{slugify(fold(name))}.xlsx", made.getvalue())


# ---------------------------------------------------------------------------------------------------- one of them


class RowsShown(NamedTuple):
    """Rows of a definition as its page shows them."""

    label: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class PartShown(NamedTuple):
    """A part of a definition as its page shows it."""

    title: str
    address: str
    head: Sequence[tuple[str, str]]
    tables: Sequence[RowsShown]
    faults: int


@page("administer")
def kind(request: Asked, period: Period, own: str) -> HttpResponse:
    """What a register is, what is wrong with it, and what can be done with it."""
    return _shown(request, _opened(request, period, own)[0], ())


def _shown(
    request: Asked, seen: Seen, faults: Sequence[Fault], in_sheet: Sequence[Fault] | None = None
) -> HttpResponse:
    """`in_sheet`: what is wrong with it as the sheet that it was just brought in with has it."""
    used = seen.used
    wrong = [
        (seen.address(seen.part_of(one)) + (f"#f-{one.fields.get('field', '')}" if in_sheet is None else ""), one)
        for one in (seen.faults if in_sheet is None else in_sheet)
    ]
    is_there = bool(seen.kind.code) and seen.kind.code in seen.edition.registers
    names = {"period": seen.period, "register": seen.kind.code}
    context = {
        "asked": seen.period,
        "asked_name": period_name(seen.period),
        "seen": seen,
        "kind": seen.kind,
        "state": seen.state[0],
        "tone": seen.state[1],
        "used": used,
        "register": reverse("register", kwargs=names) if is_there else "",
        "is_open": not seen.kind.withdrawn,
        "may_use": not wrong and (used is None or used.number != seen.kind.version),
        "wrong": wrong,
        "faults": faults,
        "parts": [_part_shown(seen, part) for part in PARTS],
        "versions": [
            (one, _(str(OwnKindVersion.Act(one.act).label))) for one in seen.kind.versions.order_by("-number")
        ],
        "begins": request.POST.get("begins", ""),
        "reason": request.POST.get("reason", ""),
        "sheet": reverse("kind_sheet", kwargs={"period": seen.period, "own": seen.kind.key}),
    }
    return render(request, "web/kind.html", context, status=422 if faults else 200)


def _with_cell(fault: Fault, places: Mapping[str, str]) -> Fault:
    """A fault whose place says its cell first."""
    cell = places.get(str(fault.fields.get("field", "")), "")
    return replace(fault, place=f"{cell} ({fault.place})") if cell else fault


def _part_shown(seen: Seen, part: str) -> PartShown:
    title, codes = PARTS[part]
    day, form = timezone.localdate(), seen.form
    head = [
        (str(one.label), shown(one, seen.rows[one.code], day))
        for one in form.fields
        if not codes and one.kind != "rows" and one.code in seen.rows
    ]
    tables = []
    for code in codes:
        field = form.by_code[code]
        rows = rows_of(field, seen.rows)
        columns = [one for name in SHOWN[code] if (one := field.column(name)) is not None]
        columns = [one for one in columns if any(one.code in row.said for row in rows)]
        cells = [[shown(one, row.said.get(one.code, ""), day) for one in columns] for row in rows]
        tables.append(RowsShown(str(field.label), [str(one.label) for one in columns], cells))
    wrong = sum(seen.part_of(one) == part for one in seen.faults)
    return PartShown(_(title), seen.address(part), head, tables, wrong)


@page("administer", methods=("GET", "POST"))
def write(request: Asked, period: Period, own: str, part: str) -> HttpResponseBase:
    """One part of a register, written as a record is. What is typed is kept, and what is wrong with it told."""
    seen, home = _opened(request, period, own)
    if part not in PARTS or seen.kind.withdrawn:
        raise Http404
    form = _form_of(seen.form, part)
    if request.method != "POST":
        return _writing(request, seen, part, seen.rows, seen.faults, is_kept=True)
    typed = {at: text for at, text in typed_in(request, form).items() if text.strip()}
    rows = {at: text for at, text in seen.rows.items() if form.field_at(at) is None} | typed
    if MORE in request.POST:
        return _writing(request, seen, part, rows, ())
    try:
        _kept, wrong = kind_write(
            edition=seen.edition,
            home=home,
            kind=seen.kind,
            seen=number_given(request.POST.get("seen", ""), seen.kind.version),
            rows=rows,
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _writing(request, seen, part, rows, refused.faults)
    if any(seen.part_of(one) == part for one in wrong):
        kept = _again(seen)
        return _writing(request, kept, part, kept.rows, kept.faults, is_kept=True)
    messages.success(request, _("The draft is kept."))
    return redirect("kind", period=period, own=own)


def _form_of(form: RegisterKind, part: str) -> RegisterKind:
    """The form of one part."""
    codes = PARTS[part][1]
    fields = tuple(one for one in form.fields if (one.code in codes if codes else one.kind != "rows"))
    return form.model_copy(update={"fields": fields})


def _writing(
    request: Asked,
    seen: Seen,
    part: str,
    said: Mapping[str, str],
    faults: Sequence[Fault],
    *,
    is_kept: bool = False,
) -> HttpResponse:
    here = [one for one in faults if not is_kept or seen.part_of(one) == part]
    context = {
        "asked": seen.period,
        "seen": seen,
        "kind": seen.kind,
        "title": _(PARTS[part][0]),
        "askings": _askings(request, _form_of(seen.form, part), said, here),
        "faults": [(fault, str(fault.fields.get("field", ""))) for fault in here],
        "is_kept": is_kept,
        "back": reverse("kind", kwargs={"period": seen.period, "own": seen.kind.key}),
        "lists": {
            "fields-there": _named(seen, said, "fields", "label_vi"),
            "states-there": _named(seen, said, "states", "name_vi"),
            "lists-there": [*_named(seen, said, "lists", "list"), *map(str, _breakdowns(seen.edition))],
            "items-there": series_offered(seen.edition) if part == "counts" else [],
        },
    }
    return render(request, "web/kind_part.html", context, status=422 if here and request.method == "POST" else 200)


def _askings(request: Asked, form: RegisterKind, said: Mapping[str, str], faults: Sequence[Fault]) -> list[Asking]:
    asker, day, more = Asker(form, said, "draft", faults, OFFERS), timezone.localdate(), request.POST.get(MORE, "")
    made = []
    for one in form.fields:
        asking = asker.asking(one, form.fields, one.code, day)
        if one.kind == "rows":
            asking = asking._replace(rows=asker.rows(one, day, MORE_ROWS if more == one.code else BLANK_ROWS))
        elif one.kind == "date":
            asking = asking._replace(text=shown(one, asking.text, day))
        made.append(asking)
    return made


def _named(seen: Seen, said: Mapping[str, str], part: str, column: str) -> list[str]:
    rows = rows_of(seen.form.by_code[part], said)
    return list(dict.fromkeys(row.said[column] for row in rows if column in row.said))


def _breakdowns(edition: Edition) -> list[object]:
    return [one.name for one in edition.breakdowns.values()]


@page("administer")
def sheet(request: Asked, period: Period, own: str) -> HttpResponse:
    """The last version as a sheet, to go on in it."""
    seen = _opened(request, period, own)[0]
    return _sheet(seen.edition, seen.rows, seen.name)


@page("administer", methods=("POST",))
def bring(request: Asked, period: Period, own: str) -> HttpResponseBase:
    """A sheet brought back: what it says is the draft from now on, and what is wrong with it is told cell by cell."""
    seen, home = _opened(request, period, own)
    try:
        rows, places = _brought(request, seen.form)
        _kept, wrong = kind_write(
            edition=seen.edition,
            home=home,
            kind=seen.kind,
            seen=number_given(request.POST.get("seen", ""), seen.kind.version),
            rows=rows,
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _shown(request, seen, refused.faults)
    messages.success(request, _("The sheet was brought in: it is the draft now."))
    if not wrong:
        return redirect("kind", period=period, own=own)
    return _shown(request, _again(seen), (), [_with_cell(one, places) for one in wrong])


@page("administer", methods=("POST",))
def use(request: Asked, period: Period, own: str) -> HttpResponseBase:
    """Put the last version in use from a day on."""
    seen, home = _opened(request, period, own)
    try:
        kind_use(
            edition=seen.edition,
            home=home,
            kind=seen.kind,
            seen=number_given(request.POST.get("seen", ""), seen.kind.version),
            begins=request.POST.get("begins", "")[:40],
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _shown(request, seen, refused.faults)
    messages.success(request, _("The register is put in use."))
    return redirect("kind", period=period, own=own)


@page("administer", methods=("POST",))
def withdraw(request: Asked, period: Period, own: str) -> HttpResponseBase:
    """Take back a register that has no record, with the reason."""
    seen, home = _opened(request, period, own)
    try:
        kind_withdraw(
            home=home,
            kind=seen.kind,
            seen=number_given(request.POST.get("seen", ""), seen.kind.version),
            reason=request.POST.get("reason", ""),
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _shown(request, seen, refused.faults)
    messages.success(request, _("The register was withdrawn."))
    return redirect("kind", period=period, own=own)
