"""A unit: what it is, what it sent, where it stands, its papers and forms, the signed copy of what it sent.

Whoever may read the unit opens the page. Whoever fills in for it sends its workbook here; its head approves what was
sent; either adds the signed paper.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from django.contrib import messages
from django.core import signing as tokens
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import TableSpec
from tienbo.catalogue.returns import Content
from tienbo.collection.editions import edition_of
from tienbo.collection.intake import files_receive
from tienbo.collection.models import Campaign, Revision, SignedCopy
from tienbo.collection.queries import contents_latest
from tienbo.collection.signing import revision_approve, signed_copy_add
from tienbo.collection.standings import STATES
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_of, fold
from tienbo.ground.files import sha256
from tienbo.ground.scans import MEDIA_TYPES
from tienbo.papers.blocks import Table, plain
from tienbo.papers.context import period_name
from tienbo.papers.form import form_paper, form_pdf
from tienbo.papers.tables import tables
from tienbo.papers.verdicts import Verdict
from tienbo.papers.workbook import workbook_write
from tienbo.registers.tasks import may_decide
from tienbo.release.frozen import Office as PaperOffice
from tienbo.release.frozen import place_of as paper_place
from tienbo.release.services import document_write, outline_for, release_make
from tienbo.units.models import Unit
from tienbo.web.access import Asked, reader_for, unit_page
from tienbo.web.binders import binder_for, map_note
from tienbo.web.commenting import unit_comments
from tienbo.web.handing_back import can_go_back, handed_back_file
from tienbo.web.norms import norms_of_unit
from tienbo.web.office import office
from tienbo.web.receiving import fault_out
from tienbo.web.standing import TONES
from tienbo.web.subject import seat_above
from tienbo.web.targets import WorkingRow, working_rows
from tienbo.web.tasks import owed_lines
from tienbo.web.unit_life import absent_shown, asked_day, ground_shown, life_shown
from tienbo.web.unit_place import UnitPlace, place_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
VALUED = frozenset({Verdict.MET, Verdict.UNMET, Verdict.ABOUT, Verdict.UNJUDGED, Verdict.NOT_HELD})
"""Where a target stands that has a value."""
A_DAY = 24 * 3600
SALT = "tienbo.web.unit.marked"

worded(
    {
        "unit.no_file": N_("No file was chosen. Choose the file, then send it."),
        "unit.no_such_revision": N_("There is no such version of the return any more. Load the page again."),
        "unit.unreadable_day": N_("{text} is not a day. Write it as 20/6/2026, or leave it out."),
    }
)


# ---------------------------------------------------------------------------------------------------- the page


@unit_page("view", mapped=True)
def unit(request: Asked, unit: Unit) -> HttpResponse:
    """The page of a unit: what it is and sent, and where it stands on the map that was chosen."""
    return _page(request, place_of(request, unit, _asked_period(request)))


def _asked_period(request: HttpRequest) -> Period | None:
    """?period=2026-H1; a year is looked at in its last half."""
    text = request.GET.get("period", "")
    if not text:
        return None
    try:
        return Period.parse(text).last_half
    except ValueError as wrong:
        raise Http404 from wrong


def _page(
    request: Asked,
    place: UnitPlace,
    *,
    faults: Sequence[Fault] = (),
    at: str = "",
    marked: str = "",
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `faults` stand beside the form `at` which they were made, with what was `typed` in it; `marked` leads
    to the workbook with them."""
    request.period = place.period  # type: ignore[attr-defined]  # what the frame of the page shows
    now = place.now
    context: dict[str, Any] = {
        "place": place,
        "unit": place.unit,
        "told": now,
        "state": _(STATES[now.state]) if now else "",
        "tone": TONES.get(now.state, "") if now else "",
        "form": place.form(place.period) if place.period else None,
        "asked_period": place.period,
        "asked_name": period_name(place.period) if place.period else "",
        "choices": [(one, period_name(one)) for one in place.campaigns],
        "earlier": [
            (one, period_name(one.period), _(STATES[one.state]), TONES.get(one.state, "")) for one in place.earlier()
        ],
        "sees": place.sees_content,
        "report": _has_report(place),
        "signers": _signers(place),
        **_life(request, place),
        "owed": owed_lines(place.unit.pk, place.period) if place.period else None,
        "norms": norms_of_unit(request, place.unit.pk, place.period) if place.period else None,
        "asked": place.period,
        "by_unit": True,
        "may_make": may_decide(actor_of(request.user), request.seat.unit),
        "may_task": may_decide(actor_of(request.user), request.seat.unit),
        **unit_comments(place),
        "faults": faults,
        "at": at,
        "marked": marked,
        "typed": typed,
        **_stands(request, place),
    }
    return render(request, "web/unit.html", context, status=status)


def _life(request: Asked, place: UnitPlace) -> dict[str, Any]:
    """Its life by the acts, and what is on its ground on the day ?on= asks for."""
    day, wrong = asked_day(request)
    ground = ground_shown(request, place.unit, day) if day else []
    return {"life": life_shown(request, place.unit), "on": day, "on_wrong": wrong, "ground": ground}


def _stands(request: Asked, place: UnitPlace) -> dict[str, Any]:
    """Where the unit stands: its targets by the working table of papers, its figures beside those of before; on the map
    that was chosen, else on that of the period's last day. Of a unit that is not there, who is."""
    map_day: date | None = getattr(request, "map_day", None)
    if place.period is None:
        return {}
    found = seat_above(request, place.unit, map_day or office().edition.calendar.last_day(place.period))
    if found is None:
        is_gone = map_day is not None and not place.unit.span.contains(map_day)
        return {"absent": absent_shown(request, place.unit, map_day)} if map_day is not None and is_gone else {}
    seat, root = found
    binder = binder_for(seat, place.unit, place.period, map_day=map_day, root=root)
    year_ago = binder.context.can_compare(binder.context.same_last_year)
    columns = ("period", "previous", "moved", *(("before", "change") if year_ago else ()))
    spec = TableSpec(kind="indicators", groups=tuple(binder.edition.groups), columns=columns)
    table = next(tables(binder, spec), None)
    rows = list(working_rows(binder, place.period))
    told = list(_parted(rows, told=True))
    return {
        "stands": True,
        "map_note": map_note(binder) if told or table or map_day else (),
        "targets": told,
        "silent": list(_parted(rows, told=False)),
        "figures": _plain(table) if table else None,
    }


def _parted(rows: Sequence[WorkingRow], *, told: bool) -> Iterator[tuple[str, WorkingRow]]:
    """(name of the group where it begins, row) of the targets that have a value, or of those that have none."""
    group = said = ""
    for row in rows:
        group = row.group or group
        if (row.verdict in VALUED) is told:
            yield group if group != said else "", row
            said = group


def _plain(table: Table) -> dict[str, Any]:
    """A table of a paper as plain texts; a row of one cell is the heading of those after it."""
    rows = [(len(row) == 1, [plain(cell.runs) for cell in row]) for row in table.rows]
    return {"columns": [column.label for column in table.columns], "rows": rows, "notes": list(map(plain, table.notes))}


def _has_report(place: UnitPlace) -> bool:
    """Whether the unit's own report can be written: somebody may see it, it sent something, the pack has an outline."""
    now = place.now
    if now is None or now.last is None or not place.sees_content or not place.is_there:
        return False
    try:
        outline_for(office().edition, "own", place.unit.kind, place.name)
    except Refused:
        return False
    return True


def _signers(place: UnitPlace) -> tuple[str, str]:
    """Who prepared and who approved the last return, as written in it."""
    now = place.now
    if now is None or now.last is None or not place.sees_content:
        return "", ""
    content = _content(_revision(place, now.last.number))
    return content.prepared_by, content.approved_by


# ------------------------------------------------------------------------------------------------- to download


@unit_page("view")
def blank(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The workbook of a half-year that was opened, with last period's figures beside for who may see them."""
    place = place_of(request, unit, period)
    form = place.form(period)
    if form is None or not office().collects(place.campaigns[period]):
        raise Http404
    return _book(place, period, form.code, place.campaigns[period], None)


@unit_page("view")
def filled(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The workbook as the unit filled it in last, written from what was kept: also of what came as another file."""
    place, revision = _readable(request, unit, period)
    content = _content(revision)
    return _book(place, period, content.form, place.campaigns[period], content)


def _book(place: UnitPlace, period: Period, form: str, campaign: Campaign, content: Content | None) -> HttpResponse:
    made, number = BytesIO(), place.unit.pk
    said = contents_latest(root=campaign.root, period=period.previous(), units=[number]) if place.sees_content else {}
    workbook_write(
        made,
        edition=edition_of(content.edition if content else campaign.edition.fingerprint),
        form=form,
        period=period,
        unit=place.header,
        seal=office().settings.seal,
        before=said.get(number),
        content=content,
        illustrative=office().settings.illustrative,
    )
    return _sent(made.getvalue(), XLSX, _file_name(place, period, ".xlsx"))


@unit_page("view")
def form(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The filled form as a PDF to print, sign and stamp."""
    place, revision = _readable(request, unit, period)
    content = _content(revision)
    paper = form_paper(
        edition=edition_of(content.edition),
        content=content,
        unit=place.header,
        revision=revision.number,
        place=_signed_at(place, period),
        notice=_("Illustrative figures") if office().settings.illustrative else "",
        lang=_lang(),
    )
    return _sent(form_pdf(paper), PDF, _file_name(place, period, f"-{revision.number}.pdf"))


@unit_page("view", methods=("POST",))
def report(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The unit's own report, from its last return: frozen as a release, as every paper is."""
    place = place_of(request, unit, period)
    suffix = request.POST.get("format", "")
    if suffix not in ("docx", "pdf") or not _has_report(place) or place.seat is None:
        raise Http404
    held = office()
    notice = _("Illustrative figures") if held.settings.illustrative else ""
    release = release_make(
        reader=reader_for(place.seat, "submitted"),
        unit=unit,
        period=period,
        kind="own",
        office=PaperOffice(held.settings.signing, _signed_at(place, period), notice),
        actor=actor_of(request.user),
        lang=_lang(),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report.{suffix}"
        document_write(release=release, path=path)
        data = path.read_bytes()
    return _sent(data, DOCX if suffix == "docx" else PDF, _file_name(place, period, f"-bao-cao.{suffix}"))


@unit_page("view")
def original(request: Asked, unit: Unit, period: Period, number: int) -> HttpResponse:
    """The bytes a revision came as, untouched."""
    place, revision = _readable(request, unit, period, number)
    if revision.upload is None:
        raise Http404
    suffix = Path(revision.upload.name).suffix.lower()
    name = _file_name(place, period, f"-{number}-goc{suffix if suffix.isascii() else ''}")
    return _sent(office().stores.files.get(revision.upload.sha256), "application/octet-stream", name)


@unit_page("view")
def signed(request: Asked, unit: Unit, period: Period, number: int, copy: int) -> HttpResponse:
    """A signed copy of a revision, by its number from 1."""
    place, revision = _readable(request, unit, period, number)
    rows = list(SignedCopy.objects.filter(revision=revision).select_related("upload").order_by("id"))
    if not 1 <= copy <= len(rows):
        raise Http404
    held = rows[copy - 1]
    name = _file_name(place, period, f"-{number}-ban-ky-{copy}.{held.format}")
    return _sent(office().stores.files.get(held.upload.sha256), MEDIA_TYPES[held.format], name)


@unit_page("enter")
def marked(request: Asked, unit: Unit, period: Period, token: str) -> HttpResponse:
    """The workbook that was just refused, with its faults in its cells. The token says whose and which, for a day."""
    try:
        said = tokens.loads(token, salt=SALT, max_age=A_DAY)
    except tokens.BadSignature as wrong:
        raise Http404 from wrong
    if (said.get("unit"), said.get("user"), said.get("period")) != (unit.key, request.user.pk, period.code):
        raise Http404
    name, made = handed_back_file(said, period)
    return _sent(made, XLSX, name)


def _token(request: Asked, place: UnitPlace, path: Path, faults: Sequence[Fault]) -> str:
    """Leads to the workbook with its faults in its cells; nothing where that would not help, or it was not kept."""
    mark = sha256(path.read_bytes())
    # What the file alone tells is read again; what only the site knows goes along.
    site = [fault_out(one) for one in faults if one.code.startswith("return.nothing_to_")][:10]
    file = {"sha256": mark, "name": path.name, "faults": [fault_out(one) for one in faults], "warnings": 0}
    if not can_go_back(file) or mark not in office().stores.files:
        return ""
    whose = {"unit": place.unit.key, "user": request.user.pk, "period": str(place.period)}
    return tokens.dumps({**whose, "sha256": mark, "name": path.name, "faults": site, "warnings": 1}, salt=SALT)


# ----------------------------------------------------------------------------------------------------- to send


@unit_page("enter", methods=("POST",))
def send(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """The unit's filled workbook: taken in as any other, without being received by the office above."""
    place = place_of(request, unit, period)
    file = _file(request)
    if file is None:
        return _page(request, place, faults=[Fault("unit.no_file")], at="send", status=422)
    held = office()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(file.name or "").name or "workbook")
        with path.open("wb") as kept:
            kept.writelines(file.chunks())
        (result,) = files_receive(
            paths=[path],
            root=held.home,
            edition=held.edition,
            stores=held.stores,
            seal=held.settings.seal,
            actor=actor_of(request.user),
            period=period,
            units=[unit.pk],
        )
        if result.state == "refused":
            token = _token(request, place, path, result.faults)
            faults = sorted(result.faults, key=lambda fault: list(Level).index(fault.level))
            return _page(request, place, faults=faults, at="send", marked=token, status=422)
    words = {
        "received": _("The workbook was taken in. Receipt {receipt}."),
        "again": _("This workbook was taken in before; nothing changed. Receipt {receipt}."),
    }[result.state]
    messages.success(request, words.format(receipt=result.receipt))
    return redirect(_address(place, period))


@unit_page("approve", methods=("POST",))
def approve(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """The head stands by what was sent, named by its hash."""
    place = place_of(request, unit, period)
    revision = _named(request, place)
    if revision is None:
        return _page(request, place, faults=[Fault("unit.no_such_revision")], at="approve", status=422)
    try:
        revision_approve(revision=revision, actor=actor_of(request.user))
    except Refused as refused:
        return _page(request, place, faults=refused.faults, at="approve", status=422)
    messages.success(request, _("You approved what the unit sent (number {number}).").format(number=revision.number))
    return redirect(_address(place, period))


@unit_page("view", methods=("POST",))
def sign(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """The signed paper of what was sent; by whoever fills in for the unit, or its head."""
    place = place_of(request, unit, period)
    if not place.may_sign:
        raise Http404
    revision, file = _named(request, place), _file(request)
    try:
        if revision is None:
            raise Refused(Fault("unit.no_such_revision"))
        if file is None:
            raise Refused(Fault("unit.no_file"))
        signed_copy_add(
            revision=revision,
            content=file.read(),
            name=Path(file.name or "").name,
            actor=actor_of(request.user),
            store=office().stores.files,
            signed_on=_day(request.POST.get("signed_on", "")),
        )
    except Refused as refused:
        typed = request.POST.get("signed_on", "")[:20]
        return _page(request, place, faults=refused.faults, at="sign", typed=typed, status=422)
    messages.success(
        request, _("The signed copy is kept with what it signs (number {number}).").format(number=revision.number)
    )
    return redirect(_address(place, period))


def _day(text: str) -> date | None:
    day = day_of(text)
    if day is None and text.strip():
        raise Refused(Fault("unit.unreadable_day", "", {"text": text.strip()[:40]}))
    return day


# ------------------------------------------------------------------------------------------------------ pieces


def _file(request: Asked) -> UploadedFile[Any] | None:
    found = request.FILES.get("file")
    return found if isinstance(found, UploadedFile) else None


def _named(request: Asked, place: UnitPlace) -> Revision | None:
    """The revision a form names by its number and hash."""
    number, mark = request.POST.get("number", ""), request.POST.get("sha256", "")
    if not number.isascii() or not number.isdigit() or len(number) > 5:
        return None
    rows = _revisions(place)
    found: Revision | None = rows.filter(number=int(number), sha256=mark).first()
    return found


def _revisions(place: UnitPlace) -> Any:
    assert place.period is not None  # noqa: S101 - asked only of a place with a period
    campaign = place.campaigns[place.period]
    return Revision.objects.filter(of__unit=place.unit, of__campaign=campaign).select_related("upload")


def _revision(place: UnitPlace, number: int | None = None) -> Revision:
    """A revision of the unit's return; its last one without a number. 404 where there is none."""
    rows = _revisions(place).order_by("-number")
    found: Revision | None = (rows if number is None else rows.filter(number=number)).first()
    if found is None:
        raise Http404
    return found


def _readable(request: Asked, unit: Unit, period: Period, number: int | None = None) -> tuple[UnitPlace, Revision]:
    """What is said in a revision, for its unit and the office that consolidates it; for others there is nothing."""
    place = place_of(request, unit, period)
    if not place.sees_content:
        raise Http404
    return place, _revision(place, number)


def _content(revision: Revision) -> Content:
    return Content.from_json(revision.content)


def _lang() -> Literal["vi", "en"]:
    return "vi" if language() == "vi" else "en"


def _signed_at(place: UnitPlace, period: Period) -> str:
    held = office()
    return paper_place(held.edition, place.unit, period, home=held.home, place=held.settings.place)


def _address(place: UnitPlace, period: Period) -> str:
    return f"{reverse('unit', kwargs={'key': place.unit.key})}?period={period.code}"


def _file_name(place: UnitPlace, period: Period, ending: str) -> str:
    """ "2026-H1_xa-dong-tam_97401.xlsx": a name people recognise in a folder; the key's end tells namesakes apart."""
    words = slugify(fold(place.name))
    return f"{period.code}_{words}_{place.header.code or place.unit.key[-6:].lower()}{ending}"


def _sent(data: bytes, kind: str, name: str) -> HttpResponse:
    """Bytes to be saved, never shown in the page's own place."""
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer
