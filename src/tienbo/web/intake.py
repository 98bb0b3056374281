"""Intake: files dropped in and taken in by a worker, every return of the period, one of them beside the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.screening import Outlier, screening_rules
from tienbo.collection.comments import comments_open
from tienbo.collection.deciding import OVERTAKEN
from tienbo.collection.history import told
from tienbo.collection.models import Campaign, Return, Revision
from tienbo.collection.standings import STATES, Standing, standings
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.models import Job
from tienbo.papers.context import period_name
from tienbo.release.beside import outliers
from tienbo.release.frozen import printed
from tienbo.units.frames import roots_on, tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page, reader_for, unit_page
from tienbo.web.board import Row, board_csv, board_of, board_rows, named
from tienbo.web.commenting import comments_shown
from tienbo.web.comparing import ToLookAt, compared, to_look_at
from tienbo.web.downloads import download
from tienbo.web.families import family_words
from tienbo.web.handing_back import can_go_back, handed_back_file, handed_back_return, workbook_download
from tienbo.web.office import office
from tienbo.web.receiving import MOST_FILES, form_key, intake_add, intake_again, intake_of, intakes_of, units_of
from tienbo.web.standing import TONES


@dataclass(frozen=True, eq=False)
class Desk:
    """A period as the office that takes its returns in sees it."""

    edition: Edition
    period: Period
    roots: Sequence[Unit]
    """Whose returns are on the desk: the site's own unit, or those it was formed of."""
    names: Mapping[int, str]
    standings: Sequence[Standing]

    @cached_property
    def outliers(self) -> Mapping[int, Sequence[Outlier]]:
        """Unit → figures of its last word that are to be looked at."""
        return outliers(roots=self.roots, edition=self.edition, period=self.period)

    @cached_property
    def comments(self) -> Counter[int]:
        """Unit → open threads of comments on its return."""
        rows = Return.objects.filter(campaign__root__in=self.roots, campaign__period_code=self.period.code)
        units = dict(rows.values_list("pk", "unit_id"))
        return Counter({units[of]: count for of, count in comments_open(units).items()})

    @property
    def waiting(self) -> int:
        return sum(one.state == "sent" for one in self.standings)


def desk_of(request: Asked, period: Period) -> Desk:
    held = office()
    edition, day = held.edition, held.edition.calendar.last_day(period)
    tree, names = tree_on(day), dict(unit_names(day))
    roots = held.collectors(period)
    if not roots:
        raise Http404
    units = units_of(request.user, period)
    today = timezone.localdate()
    found = {
        one.unit: one
        for root in roots
        for one in standings(root=root, edition=edition, period=period, tree=tree, today=today, units=units)
    }
    ended = [one for one in found if one not in names]
    if ended:
        names |= {pk: name for pk, name in unit_names(edition.calendar.span(period).start).items() if pk in ended}
    inside = printed([one for one in found if one in tree], tree, names)
    return Desk(edition, period, roots, names, [found[one] for one in (*inside, *(o for o in ended if o not in tree))])


# -------------------------------------------------------------------------------------------------- the list


@page("accept")
def intake(request: Asked, period: Period) -> HttpResponseBase:
    """What came, what waits, what is missing; and where to drop files."""
    if period.is_year:
        return redirect("intake", period=period.last_half)
    return listed(request, period)


def listed(
    request: Asked,
    period: Period,
    faults: Sequence[Fault] = (),
    chosen: Collection[str] = (),
    *,
    sending: bool = False,
    unread: Collection[str] = (),
) -> HttpResponse:
    """The list; `unread`: what of `chosen` has figures to look at that nobody said they had read."""
    desk = desk_of(request, period)
    every = rows_of(desk, chosen)
    board = board_of(every, request.GET)
    context = {
        "desk": desk,
        "asked": period,
        "leads": request.seat.unit.pk == office().home.pk and request.seat.allows("consolidate"),
        "due_on": due_on_of(desk),
        "waiting": sum(row.standing.state == "sent" for row in board.rows),
        "faults": faults,
        "sending": sending,
        "unread": [_unread(row) for row in every if row.seen in unread],
        "key": form_key(),
        "most": MOST_FILES,
        "intakes": [_summed(job) for job in intakes_of(request.seat, period)],
        **board._asdict(),
    }
    return render(request, "web/intake.html", context, status=status_of(faults))


@page("accept")
def intake_board(request: Asked, period: Period) -> HttpResponse:
    """The list as it is filtered, as a file for Excel."""
    desk = desk_of(request, period.last_half)
    board = board_of(rows_of(desk), request.GET)
    return download(f"bang-theo-doi-{desk.period}.csv", board_csv(board.rows, due_on_of(desk)))


def rows_of(desk: Desk, chosen: Collection[str] = ()) -> list[Row]:
    """A line for every unit of the desk."""
    return board_rows(
        desk.standings,
        desk.names,
        office().home.pk,
        desk.roots,
        desk.period,
        chosen,
        outliers=desk.outliers,
        comments=desk.comments,
    )


def _unread(row: Row) -> tuple[Row, list[ToLookAt]]:
    """A return chosen to be received, with its figures that stand out."""
    of = Return.objects.select_related("campaign__edition").get(latest=row.standing.revision)
    return row, list(to_look_at(of, row.outliers))


def status_of(faults: Sequence[Fault]) -> int:
    """409 where somebody else was first, 422 for what was entered wrong, 200 without a fault."""
    overtaken = any(fault.code in OVERTAKEN for fault in faults)
    return HTTPStatus.CONFLICT if overtaken else HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK


def due_on_of(desk: Desk) -> Any:
    row = Campaign.objects.filter(root__in=desk.roots, period_code=desk.period.code).first()
    return row.due_on if row is not None else desk.edition.calendar.due(desk.period)


# --------------------------------------------------------------------------------------------------- sending


@page("accept", methods=("POST", "GET"))
def intake_send(request: Asked, period: Period) -> HttpResponseBase:
    """Keep the files and have them taken in; then to where their progress is seen."""
    if request.method != "POST":
        return redirect("intake", period=period)
    try:
        job = intake_add(
            files=request.FILES.getlist("files"),
            seat=request.seat,
            user=request.user,
            period=period.last_half,
            key=request.POST.get("key", ""),
        )
    except Refused as refused:
        if request.headers.get("HX-Request"):
            raise
        return listed(request, period.last_half, refused.faults, sending=True)
    return _to(request, reverse("intake_job", kwargs={"period": period.last_half, "job": job.key}))


def _to(request: Asked, address: str) -> HttpResponseBase:
    """To another page, whoever asked: a browser, or a script that would otherwise fetch it itself."""
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return redirect(address)


@page("accept")
def intake_job(request: Asked, period: Period, job: str) -> HttpResponseBase:
    """How far the worker is; then what became of each file."""
    found = _job(request, job)
    return render(request, "web/intake_job.html", {"asked": period, "job": found, **_shown(found, period)})


@page("accept", methods=("POST", "GET"))
def intake_job_again(request: Asked, period: Period, job: str) -> HttpResponseBase:
    """Take in once more what a broken job left."""
    found = _job(request, job)
    if request.method == "POST" and found.state == Job.State.FAILED:
        found = intake_again(job=found, user=request.user)
    return redirect("intake_job", period=period, job=found.key)


@page("accept")
def intake_job_workbook(request: Asked, period: Period, job: str, number: int) -> HttpResponseBase:  # noqa: ARG001
    """One of the files, with its faults in its cells."""
    found = _job(request, job)
    files = (found.result or {}).get("files", ())
    if not 1 <= number <= len(files):
        raise Http404
    return workbook_download(*handed_back_file(files[number - 1], Period.parse(found.arguments["period"])))


def _job(request: Asked, key: str) -> Job:
    found = intake_of(request.seat, key)
    if found is None:
        raise Http404
    return found


_FILE_STATES = {
    "received": (N_("taken in"), "tb-good"),
    "again": (N_("received before"), ""),
    "refused": (N_("refused"), "tb-bad"),
}


def _shown(job: Job, period: Period) -> dict[str, Any]:
    """What the page of a job shows: files that need something done first."""
    ended = job.state in (Job.State.DONE, Job.State.FAILED)
    files = (job.result or {}).get("files", ())
    day = office().edition.calendar.last_day(period)
    names, ids = unit_names(day), unit_ids()
    earlier = unit_names(office().edition.calendar.span(period).start)
    warned = _warnings_of(files)
    rows = []
    for number, one in enumerate(files, 1):
        words, tag = _FILE_STATES[one["state"]]
        unit = ids.get(one["unit"], 0)
        warnings = warned.get(one["revision"], []) if one["state"] != "refused" else []
        rows.append(
            {
                **one,
                "number": number,
                "words": _(words),
                "tag": tag,
                "unit_name": names.get(unit) or earlier.get(unit, ""),
                "of": _of(one["period"]),
                "warned": warnings,
                "errors_told": [fault for fault in one["faults"] if fault["level"] == "error"],
                "others": [fault for fault in one["faults"] if fault["level"] != "error"],
                "hidden": one["errors"] + one["warnings"] - len(one["faults"]) if one["state"] == "refused" else 0,
                "can_go_back": can_go_back(one),
            }
        )
    order = {"refused": 0, "received": 1, "again": 2}
    rows.sort(key=lambda row: (order[row["state"]], not row["warned"], row["number"]))
    counts = Counter(row["state"] for row in rows)
    return {
        "ended": ended,
        "rows": rows,
        "summary": [(_(words), counts[state], tag) for state, (words, tag) in _FILE_STATES.items() if counts[state]],
        "sent": len(job.arguments["files"]),
        "told": [_sentence(fault) for fault in job.faults],
    }


def _of(code: str) -> str:
    return period_name(Period.parse(code)) if code else ""


def _warnings_of(files: Sequence[Mapping[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    wanted = {one["revision"] for one in files if one["revision"] and one["warnings"]}
    return dict(Revision.objects.filter(pk__in=wanted).values_list("pk", "warnings"))


def _sentence(fault: Mapping[str, Any]) -> str:
    said = fault.get("sentence")
    return str(said) if said else Fault(fault["code"], fault["place"], fault["fields"]).sentence()


def _summed(job: Job) -> dict[str, Any]:
    counts = Counter(one["state"] for one in (job.result or {}).get("files", ()))
    return {
        "key": job.key,
        "at": job.added_at,
        "by": job.added_by,
        "sent": len(job.arguments["files"]),
        "state": job.state,
        "refused": counts["refused"],
        "received": counts["received"],
        "again": counts["again"],
    }


# ------------------------------------------------------------------------------------------------- one return


@unit_page("accept")
def intake_return(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """One return: figures beside those of last period, texts, warnings, estimates, what was decided."""
    if period.is_year:
        return redirect("intake_return", key=unit.key, period=period.last_half)
    return return_shown(request, unit, period)


def return_shown(
    request: Asked, unit: Unit, period: Period, faults: Sequence[Fault] = (), note: str = ""
) -> HttpResponse:
    desk = desk_of(request, period)
    one = next((held for held in desk.standings if held.unit == unit.pk), None)
    if one is None:
        raise Http404
    row = held_return(unit, period)
    revision = (
        Revision.objects.select_related("of__unit", "of__campaign", "upload", "carried", "carried_year").get(
            pk=one.revision
        )
        if one.revision
        else None
    )
    campaign = row.campaign if row is not None else None
    history = told(unit=unit, campaigns=[campaign], today=timezone.localdate()) if campaign is not None else {}
    keys = unit_keys()
    waiting = [held.unit for held in desk.standings if held.state == "sent" and held.unit != unit.pk]
    context = {
        "asked": period,
        "unit": unit,
        "name": desk.names.get(unit.pk, ""),
        "one": one,
        "words": _(STATES[one.state]),
        "tag": TONES.get(one.state, ""),
        "seen": named(unit.key, one),
        "comparison": compared(revision, desk.outliers.get(unit.pk, ())) if revision is not None else None,
        "rules": screening_rules(desk.edition.pack),
        "warnings": revision.warnings if revision is not None else (),
        "is_xlsx": revision is not None and revision.upload is not None,
        "history": history.get(period),
        "next": (keys[waiting[0]], desk.names.get(waiting[0], "")) if waiting else None,
        "waiting": len(waiting),
        "faults": faults,
        "note": note,
        "comment_to": reverse("intake_comment", kwargs={"period": period, "key": unit.key}),
        "comment_text": request.POST.get("text", ""),
        **(comments_shown(row, revision, request.GET.get("at", request.POST.get("place", ""))) if row else {}),
    }
    return render(request, "web/intake_return.html", context, status=status_of(faults))


def held_return(unit: Unit, period: Period) -> Return | None:
    """What the unit has sent this office, or those it was formed of, for a period."""
    rows = Return.objects.filter(campaign__root__in=office().collectors(period), campaign__period_code=period.code)
    found: Return | None = rows.filter(unit=unit).select_related("latest__upload").first()
    return found


@unit_page("accept")
def intake_return_workbook(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:  # noqa: ARG001
    """The workbook the unit sent last, with what is to be looked at in its cells."""
    row = held_return(unit, period)
    if row is None or row.latest is None or row.latest.upload is None:
        raise Http404
    return workbook_download(*handed_back_return(row.latest, period))


# ------------------------------------------------------------------------------------------------ reconciling


@page("accept")
def intake_reconciliation(request: Asked, period: Period) -> HttpResponseBase:
    """What was said and does not count, beside what does."""
    if period.is_year:
        return redirect("intake_reconciliation", period=period.last_half)
    desk = desk_of(request, period)
    keys, edition = unit_keys(), desk.edition
    units, rows = units_of(request.user, period), []
    roots = roots_on(request.seat.unit.pk, edition.calendar.last_day(period))
    readers = [reader_for(request.seat, "submitted", root) for root in roots]
    for one in dict.fromkeys(one for reader in readers for one in reader.not_counting(period, units)):
        code, _bracket, members = one.series.rstrip("]").partition("[")
        element = edition.elements[code]
        rule = element.rule(period)
        rows.append(
            {
                "key": keys[one.unit],
                "unit": desk.names.get(one.unit, ""),
                "element": str(element.name),
                "members": _members(edition, members),
                "value": one.value,
                "cell": one.cell,
                "counts": one.counted,
                "units": one.counting,
                "whose": [family_words(kind) for kind in rule.by] if rule else [],
                "differs": one.counted is not None and one.counted != one.value,
            }
        )
    context = {"asked": period, "rows": rows, "lang": language()}
    return render(request, "web/intake_reconciliation.html", context)


def _members(edition: Edition, text: str) -> str:
    """ "sex=f,eth=m" in words."""
    words = []
    for pair in text.split(",") if text else ():
        dimension, _equals, member = pair.partition("=")
        breakdown = edition.breakdowns.get(dimension)
        named = breakdown.members.get(member) if breakdown is not None else None
        words.append(str(named) if named is not None else member)
    return ", ".join(words)
