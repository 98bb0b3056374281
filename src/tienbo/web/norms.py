"""Norms of a period: which units do not satisfy which, with the numbers, since when, and what is proposed; what cannot
be told says what is missing and leads to where it is entered. A task in one click.

A page shows what evaluate lets its reader see: figures of planning are of the unit and the office directly above it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.accounts.models import User
from tienbo.catalogue.definitions import Norm, NormRule
from tienbo.catalogue.loading import Edition
from tienbo.collection.models import Campaign, Return
from tienbo.core.faults import Refused
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import fold, sort_key
from tienbo.engine.norms import Standing
from tienbo.ground.acting import narrow_has_hidden, narrow_read
from tienbo.papers import norm_words
from tienbo.papers.context import period_name
from tienbo.papers.norm_words import Figured
from tienbo.processes.norm_tasks import Subject, addressee, norm_task_make, subject_of, tasks_open
from tienbo.registers.norm_decisions import edition_with_norms, units_around
from tienbo.registers.task_models import Task
from tienbo.registers.tasks import is_asked, may_decide
from tienbo.release.norms import Finding, Norms, Since, narrow_of
from tienbo.units.access import accessible_units
from tienbo.units.frames import unit_called, unit_ids, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, Seat, page, reader_for
from tienbo.web.definition import unchecked
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.fresh import confirm_address
from tienbo.web.office import office
from tienbo.web.tasks import way_words

ROWS = 30
LONGEST = 80
TONES: Mapping[str, str] = {Standing.NOT_MET: "tb-near", Standing.MET: "tb-good"}
"""No norm that is not satisfied is told in red: many are of units that are asked to cooperate."""
ORDERS: Mapping[str, str] = {"": N_("by norm"), "unit": N_("by unit")}


def norms_of(seat: Seat, user: User, period: Period) -> Norms:
    """The norms of a period as a seat reads them: the pack's, and those that localities around it added."""
    held, today = office(), timezone.localdate()
    day = held.edition.calendar.last_day(period.last_half)
    around = units_around(seat.unit.pk, min(day, today)) | units_around(seat.unit.pk, day)

    def readable(on: date) -> frozenset[int]:
        return accessible_units(user, need="view", on=on, acting_on=today)

    return Norms(
        edition=edition_with_norms(held.edition, around, day),
        seat=seat.unit.pk,
        reader_at=lambda root: reader_for(seat, root=root),
        readable=readable,
        today=today,
    )


class Lack(NamedTuple):
    """What is missing, and where it is entered; no address where the reader may not go there."""

    words: str
    address: str


class Line(NamedTuple):
    """A finding on a page."""

    finding: Finding
    unit: str
    address: str
    about: str
    """The row or the body it is about; "" for the unit itself."""
    words: str
    tone: str
    figures: Sequence[Figured]
    members: Sequence[tuple[Figured, str, str]]
    """(figure, words, tone) of each member that is asked by itself."""
    shares: Sequence[str]
    told_by: str
    """Who told the figures, and in which cells."""
    of: str
    """Of which period or election the figures are, where it is not the one that is looked at."""
    since: str
    why: str
    lacks: Lack | None
    eased: str
    proposes: str
    task: str
    """The open task of it."""
    unit_key: str
    row: str
    way: str


@dataclass(frozen=True)
class Board:
    """The findings of a period from a seat, and what is looked for among them."""

    request: Asked
    period: Period

    @cached_property
    def norms(self) -> Norms:
        return norms_of(self.request.seat, self.request.user, self.period)

    @property
    def edition(self) -> Edition:
        return self.norms.edition

    @cached_property
    def every(self) -> list[Finding]:
        return self.norms.found(self.period)

    @cached_property
    def given(self) -> dict[str, str]:
        asked = self.request.GET
        kept = {
            "norm": asked.get("norm", "") if asked.get("norm", "") in self.edition.norms else "",
            "unit": asked.get("unit", "") if asked.get("unit", "") in unit_ids() else "",
            "by": asked.get("by", "") if asked.get("by", "") in ORDERS else "",
            "q": asked.get("q", "")[:LONGEST].strip(),
        }
        state = asked.get("state", Standing.NOT_MET.value)
        kept["state"] = state if state in ("all", *Standing) else Standing.NOT_MET.value
        return kept

    def query(self, **changed: str) -> str:
        """The list that is looked for; not met is what is shown where nothing else is said."""
        held = {**self.given, **changed}
        return urlencode({name: text for name, text in held.items() if text and (name, text) != ("state", "not_met")})

    @cached_property
    def chosen(self) -> list[Finding]:
        """All but for the state that is looked for."""
        given, words = self.given, fold(self.given["q"]).split()
        keys, names = unit_keys(), self.names
        return [
            one
            for one in self.every
            if (not given["norm"] or one.norm.code == given["norm"])
            and (not given["unit"] or keys[one.unit] == given["unit"])
            and all(word in fold(f"{names.get(one.unit, '')} {one.name} {one.norm.name}") for word in words)
        ]

    @cached_property
    def found(self) -> list[Finding]:
        state = self.given["state"]
        kept = [one for one in self.chosen if state in ("all", one.standing)]
        if self.given["by"] == "unit":
            kept.sort(key=lambda one: sort_key(self.names.get(one.unit, "")))
        return kept

    @cached_property
    def day(self) -> date:
        return self.edition.calendar.last_day(self.period.last_half)

    @cached_property
    def names(self) -> Mapping[int, str]:
        return unit_names(self.day)

    @property
    def tallies(self) -> list[tuple[str, bool, str, int, str]]:
        """(query, whether it is looked at, words, how many, tone) by state, of what is looked for otherwise."""
        counts = Counter(one.standing for one in self.chosen)
        return [
            (self.query(state=one), one == self.given["state"], _(words), counts[one], TONES.get(one, ""))
            for one, words in norm_words.STANDINGS.items()
            if counts[one] or one in (Standing.NOT_MET, Standing.NOT_TOLD, Standing.MET)
        ]

    @property
    def by_norm(self) -> list[tuple[Norm, str, list[tuple[str, int]]]]:
        """(norm, its page, (query, how many) by state), of all units."""
        counts = Counter((one.norm.code, one.standing) for one in self.every)
        asked = [norm for norm in self.edition.norms.values() if any(counts[norm.code, one] for one in Standing)]
        return [
            (
                norm,
                reverse("norm", kwargs={"period": self.period, "norm": norm.code}),
                [(urlencode({"norm": norm.code, "state": one}), counts[norm.code, one]) for one in SHOWN],
            )
            for norm in asked
        ]

    def lines(self, findings: Sequence[Finding]) -> list[Line]:
        """Some of the findings in words, with since when and the tasks that were made of them."""
        since = self.norms.since([one for one in findings if one.standing is Standing.NOT_MET])
        issuer = self.request.seat.unit
        return list(lines_of(self, findings, since, tasks_open(findings, issuer), issuer))


SHOWN = (Standing.NOT_MET, Standing.NOT_TOLD, Standing.MET, Standing.NOT_APPLICABLE)
"""The states that are counted norm by norm."""


def lines_of(
    board: Board,
    findings: Sequence[Finding],
    since: Mapping[Subject, Since],
    tasks: Mapping[Subject, Task],
    issuer: Unit,
) -> Iterator[Line]:
    edition, keys, today = board.edition, unit_keys(), timezone.localdate()
    lacking = _Lacking(board.request, board.period, edition)
    for one in findings:
        narrow_read(*narrow_of(edition, one))
        norm, task = one.norm, tasks.get(one.subject)
        open_ = one.standing is Standing.NOT_MET
        yield Line(
            finding=one,
            unit=board.names.get(one.unit, keys[one.unit]),
            address=reverse("unit", kwargs={"key": keys[one.unit]}) + f"?period={board.period.last_half}",
            about=one.name or (str(norm.body) if norm.body is not None else ""),
            words=_(norm_words.STANDINGS[one.standing]),
            tone=TONES.get(one.standing, ""),
            figures=list(norm_words.figures_told(norm, one.figures)) if norm.each is None else (),
            members=[
                (figured, _(norm_words.STANDINGS[stands]), TONES.get(stands, ""))
                for figured, stands in (norm_words.members_told(edition, norm, one.judged) if norm.each else ())
            ],
            shares=norm_words.shares_told(norm, one.judged),
            told_by=norm_words.told_by_words(norm, one.judged, one.figures),
            of=_of_words(one),
            since=since_words(since[one.subject]) if one.subject in since else "",
            why=norm_words.why_words(one.judged),
            lacks=lacking.of(one) if one.standing is Standing.NOT_TOLD and one.judged.lacks else None,
            eased=str(norm.eased_words or "") if open_ and one.judged.eased else "",
            proposes=_("It is proposed to consider {what}.").format(what=norm.proposes) if open_ else "",
            task=reverse("task", kwargs={"period": board.period, "task": task.key}) if task is not None else "",
            unit_key=keys[one.unit],
            row=one.row,
            way=way_words(is_asked(addressee(one, issuer, today).kind)) if open_ else "",
        )


def _of_words(one: Finding) -> str:
    if one.moment is not None:
        return str(one.moment.name)
    if one.of is None or one.of == one.period.last_half:
        return ""
    return _("figures of {period}").format(
        period=period_name(Period(one.of.year) if one.norm.frequency == "year" else one.of)
    )


def since_words(since: Since) -> str:
    words = _("since {period}").format(period=period_name(since.period))
    before = {Standing.MET: N_("satisfied before"), Standing.NOT_TOLD: N_("not told before"),
              Standing.NOT_APPLICABLE: N_("not asked before")}.get(since.before or Standing.TO_COME)  # fmt: skip
    return f"{words} ({_(before)})" if before else words


@dataclass(frozen=True)
class _Lacking:
    """What is missing of what cannot be told, and where it is entered."""

    request: Asked
    period: Period
    edition: Edition

    def of(self, one: Finding) -> Lack:
        figures = norm_words.lacks_words(one.norm, one.judged)
        if one.teller is None:
            return Lack(_("No unit tells it: {figures}").format(figures=figures), "")
        half = one.of or self.period.last_half
        state = self._state(half).get(one.teller)
        name = unit_called(one.teller, self.edition.calendar.last_day(half))
        if state is None or state == "nothing":
            words = _("{unit} sent no return of {period}: {figures}")
        elif state == "waiting":
            words = _("The return of {unit} of {period} was not received yet: {figures}")
        else:
            words = _("The return of {unit} of {period} does not say: {figures}")
        words = words.format(unit=name, period=period_name(half), figures=figures)
        return Lack(words, self._address(one.teller, half, state or "nothing"))

    def _address(self, teller: int, half: Period, state: str) -> str:
        key, seat = unit_keys()[teller], self.request.seat
        if seat.unit.pk == teller and seat.allows("enter") and state != "nothing":
            return reverse("entry", kwargs={"key": key, "period": half})
        if seat.allows("accept") and state in ("waiting", "received"):
            return reverse("intake_return", kwargs={"period": half, "key": key})
        return reverse("unit", kwargs={"key": key}) + f"?period={half}"

    def _state(self, half: Period) -> Mapping[int, str]:
        kept: dict[Period, Mapping[int, str]] = self.request.__dict__.setdefault("norm_returns", {})
        if half not in kept:
            rows = Return.objects.filter(campaign__in=Campaign.objects.filter(period_code=half.code))
            told = rows.values_list("unit_id", "latest_id", "accepted_id")
            kept[half] = {
                unit: "received" if accepted else "waiting" if latest else "nothing" for unit, latest, accepted in told
            }
        return kept[half]


class Pick(NamedTuple):
    value: str
    words: str
    is_chosen: bool


@page("view")
def norms(request: Asked, period: Period) -> HttpResponse:
    """The list: ?state= (not met, where nothing is said), ?norm=, ?unit=, ?q=, ?by=unit."""
    board = Board(request, period)
    pages = Paginator(board.found, ROWS)
    at, given = pages.get_page(request.GET.get("page")), board.given
    lines = board.lines(list(at.object_list))
    keys = unit_keys()

    def group(line: Line) -> str:
        return line.unit if given["by"] == "unit" else line.finding.norm.code

    groups = [
        (next(iter(held)).finding.norm if given["by"] != "unit" else None, name, held)
        for name, rows in groupby(lines, key=group)
        for held in [list(rows)]
    ]
    named = {one.unit: board.names.get(one.unit, "") for one in board.every}
    context = {
        "asked": period,
        "asked_name": period_name(period.last_half),
        "day": board.day,
        "groups": groups,
        "marks": {code: unchecked(rule.confidence) for code, rule in _rules(board.every)},
        "count": pages.count,
        "pages": pages,
        "at_page": at,
        "tallies": board.tallies,
        "given": given,
        "query": board.query(),
        "by_norm": board.by_norm,
        "heads": [_(norm_words.STANDINGS[one]) for one in SHOWN],
        "norms": [Pick(code, str(norm.name), code == given["norm"]) for code, norm in board.edition.norms.items()
                  if not norm.local],
        "units": [Pick(keys[pk], name, keys[pk] == given["unit"])
                  for pk, name in sorted(named.items(), key=lambda pair: sort_key(pair[1]))],
        "orders": [Pick(name, _(words).capitalize(), name == given["by"]) for name, words in ORDERS.items()],
        "states": [Pick("all", _("Any state"), given["state"] == "all"),
                   *(Pick(one, _(words).capitalize(), one == given["state"])
                     for one, words in norm_words.STANDINGS.items())],
        "may_make": may_decide(actor_of(request.user), request.seat.unit),
        "local": [norm for norm in board.edition.norms.values() if norm.local],
    }  # fmt: skip
    return render(request, "web/norms.html", context)


def _rules(findings: Sequence[Finding]) -> Iterator[tuple[str, NormRule]]:
    for one in findings:
        if one.rule is not None:
            yield one.norm.code, one.rule


@page("view")
def norms_csv(request: Asked, period: Period) -> HttpResponse:
    """The same list as a file for a spreadsheet."""
    board = Board(request, period)
    heads = [
        _("Norm"), _("Legal basis"), _("Unit"), _("Body or agency"), _("State"), _("Numbers"), _("Since when"), _("Of"),
        _("Why, or what is missing"), _("What is proposed"), _("Code"),
    ]  # fmt: skip
    return download(f"quy-dinh-{period}.csv", csv_bytes([heads, *_csv_lines(board)]))


def _csv_lines(board: Board) -> Iterator[list[str]]:
    for line in board.lines(board.found):
        one, norm = line.finding, line.finding.norm
        document = board.edition.documents[one.rule.document].cited if one.rule else ""
        numbers = norm_words.numbers_words(board.edition, norm, one.judged, one.figures)
        why = "; ".join(filter(None, (line.why, line.lacks.words if line.lacks else "", line.eased)))
        cells = [
            str(norm.name),
            document,
            line.unit,
            line.about,
            line.words,
            numbers,
            line.since,
            line.of,
            why,
            line.proposes,
        ]
        yield [inert(cell) for cell in (*cells, norm.code)]


@page("view", methods=("POST",))
def norm_task(request: Asked, period: Period) -> HttpResponseBase:
    """Make a task of what is not met: once, however often it is asked."""
    issuer, actor = request.seat.unit, actor_of(request.user)
    if not may_decide(actor, issuer):
        raise Http404
    board = Board(request, period)
    norm = board.edition.norms.get(request.POST.get("norm", ""))
    unit, row = unit_ids().get(request.POST.get("unit", "")), request.POST.get("row", "")
    found = board.norms.found(period, norms=[norm], units={unit}) if norm is not None and unit is not None else []
    finding = next((one for one in found if one.row == row), None)
    if finding is None:
        raise Http404
    try:
        task, is_new = norm_task_make(
            edition=board.edition, finding=finding, issuer=issuer, actor=actor, today=timezone.localdate()
        )
    except Refused as refused:
        for fault in refused.faults:
            messages.error(request, fault.sentence())
        return redirect(f"{reverse('norms', kwargs={'period': period})}?{urlencode({'norm': finding.norm.code})}")
    messages.success(request, _("The task was made.") if is_new else _("There is a task of this already; this is it."))
    return redirect("task", period=period, task=task.key)


# ------------------------------------------------------------------------------------------- a few lines elsewhere

FEW = 8


class OfUnit(NamedTuple):
    """What norms say of a unit, for its page."""

    lines: Sequence[Line]
    counts: Sequence[tuple[str, str, int, str]]
    """(address, words, how many, tone)."""
    more: int
    address: str


def norms_of_unit(request: Asked, unit: int, period: Period) -> OfUnit | None:
    """Norms that a unit does not satisfy, or of which it cannot be told; None where none concerns it."""
    board = Board(request, period)
    found = board.norms.found(period, units={unit})
    if not found:
        return None
    held = [one for state in (Standing.NOT_MET, Standing.NOT_TOLD) for one in found if one.standing is state]
    key = unit_keys()[unit]
    every = f"{reverse('norms', kwargs={'period': period})}?{urlencode({'unit': key, 'state': 'all'})}"
    return OfUnit(board.lines(held[:FEW]), _counts(found, period, unit=key), max(0, len(held) - FEW), every)


@page("view")
def norms_tally(request: Asked, period: Period) -> HttpResponse:
    """How many norms are not satisfied and how many cannot be told: fetched by a home once it stands, which does not
    wait for every unit to be looked at."""
    counts = _counts(norms_of(request.seat, request.user, period).found(period), period)
    at = reverse("norms", kwargs={"period": period})
    uncounted = confirm_address(at, "figures") if narrow_has_hidden() else ""
    return render(request, "web/parts/norm_counts.html", {"counts": counts, "uncounted": uncounted})


def _counts(found: Sequence[Finding], period: Period, unit: str = "") -> list[tuple[str, str, int, str]]:
    counts = Counter(one.standing for one in found)
    at = reverse("norms", kwargs={"period": period})
    return [
        (
            f"{at}?{urlencode({'state': one.value, **({'unit': unit} if unit else {})})}",
            _(norm_words.STANDINGS[one]),
            counts[one],
            TONES.get(one, ""),
        )
        for one in (Standing.NOT_MET, Standing.NOT_TOLD)
        if counts[one]
    ]


def norm_of_task(request: Asked, task: Task, period: Period) -> Line | None:
    """Where the norm stands that a task follows from, in a period; None where it follows from something else, or its
    unit is not the reader's to see."""
    subject = subject_of(task, unit_ids())
    if subject is None:
        return None
    board = Board(request, period)
    norm = board.edition.norms.get(subject[0])
    if norm is None:
        return None
    found = [one for one in board.norms.found(period, norms=[norm], units={subject[1]}) if one.subject == subject]
    since: Callable[[list[Finding]], dict[Subject, Since]] = board.norms.since
    return next(lines_of(board, found, since(found), {}, request.seat.unit), None)


def norm_address(task: Task, period: Period) -> str:
    """The page of the norm that a task follows from."""
    subject = subject_of(task, unit_ids())
    return reverse("norm", kwargs={"period": period, "norm": subject[0]}) if subject is not None else ""
