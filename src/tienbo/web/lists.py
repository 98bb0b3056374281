"""Lists of an election: who stands beside whom, what will probably come of it, lists that reach a target, what if.

Lists come from the elections on record, or are brought in a table for the question; a table that was brought travels
with the page and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words, number
from tienbo.outlook.committees import target_of
from tienbo.outlook.distributions import Distribution
from tienbo.outlook.elections import STAGES, Contest, as_table, read_bytes, read_own
from tienbo.outlook.lists import Changed, Election, Lists, Outcome, changed, outcome
from tienbo.outlook.nomination import Bounds
from tienbo.outlook.urn import Backtest, backtest
from tienbo.papers.blocks import Chart
from tienbo.papers.committee_paper import INTERVAL, chance_words, interval_words, share_words, shown
from tienbo.papers.html import blocks_html
from tienbo.papers.lists_paper import ListsTold, lists_blocks, lists_paper, unit_words
from tienbo.papers.workbook.safety import FILE_LIMIT
from tienbo.posts.contests import Stored, closing, contests_stored, elections_offered
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.chances import drawing
from tienbo.web.committees import NOWHERE, Field
from tienbo.web.office import office
from tienbo.web.taking import ways
from tienbo.web.typed import Typed, posted

LABELS: Mapping[str, str] = {
    "called": N_("What a table that is brought is called"),
    "target": N_("Target: women elected, or a share of the seats with %"),
    "assurance": N_("Assurance wanted (%)"),
    "least": N_("Women on a list, at least"),
    "most": N_("Women on a list, at most"),
    "drift": N_("Drift between elections (ln odds)"),
}
DEFAULTS: Mapping[str, str] = {"least": "1", "most": "3", "drift": "0,15"}
MOST = 1000

worded(
    {
        "lists.none": N_("Choose an election on record, or bring a table of its lists."),
        "lists.too_large": N_("The file is too large for a table of lists."),
        "lists.drift_large": N_("A drift above 1 says that nothing is known."),
    }
)


class Choice(NamedTuple):
    value: str
    words: str
    is_chosen: bool


class Row(NamedTuple):
    """A unit as it can be changed for a what if."""

    number: int
    name: str
    seats: int
    candidates: str
    women: str


class Part(NamedTuple):
    """What a what if does to one unit, province or the whole."""

    name: str
    before: str
    after: str
    mean_before: str
    mean_after: str
    none_before: str
    none_after: str


@dataclass
class Asking:
    """What was chosen, brought and typed; `faults` fill up while it is read."""

    request: Asked
    typed: Typed
    lists: list[Contest] = field(default_factory=list)
    earlier: list[list[Contest]] = field(default_factory=list)
    election: str = ""
    learnt_from: list[str] = field(default_factory=list)
    stage: str = "official"
    stored: Stored | None = None
    """The election on record that the lists are of; None where a table was brought."""
    notes: list[Fault] = field(default_factory=list)
    carried: list[tuple[str, str]] = field(default_factory=list)
    """What the next question of this page sends again: names and values of hidden fields."""

    @property
    def faults(self) -> list[Fault]:
        return self.typed.faults

    def read(self) -> Lists | None:
        """The question; None where something is wrong. Everything that is wrong is told at once."""
        given = self.request.POST
        offered = {one.key: one for one in _elections(self.request)}
        self.stage = given.get("stage", "") if given.get("stage") in STAGES else "official"
        self.carried.append(("stage", self.stage))
        self._lists(offered)
        self._earlier(offered)
        slope, typed = "no_slope" not in given, self.typed
        if not slope:
            self.carried.append(("no_slope", "1"))
        drift = typed.decimal("drift")
        if drift is not None and drift > 1:
            typed.fault("lists.drift_large", "drift")
        least, most = typed.count("least", most=MOST), typed.count("most", most=MOST)
        assurance = typed.share("assurance", missing=0.0)
        target = self._target()
        if not self.lists and not self.faults:
            self.faults.append(Fault("lists.none"))
        if self.faults or drift is None or least is None or most is None or assurance is None:
            return None
        return Lists(
            tuple(self.lists),
            tuple(tuple(one) for one in self.earlier),
            stage=self.stage,
            slope=slope,
            drift=drift,
            target=target,
            assurance=assurance or None,
            bounds=Bounds(least, most),
        )

    def _lists(self, offered: Mapping[str, Stored]) -> None:
        name, table = self._brought("file", "lists")
        if table is not None:
            self.lists, self.election = table, self.typed.text("called")[:120] or name
            self._carry("lists", name, table)
            return
        chosen = offered.get(self.request.POST.get("election", ""))
        if chosen is not None:
            found, faults = contests_stored(chosen, stage=self.stage)
            self._told(faults)
            self.lists, self.election, self.stored = found, stored_words(chosen), chosen
            self.carried.append(("election", chosen.key))

    def _earlier(self, offered: Mapping[str, Stored]) -> None:
        wanted = set(self.request.POST.getlist("earlier_election"))
        days: dict[tuple[date, str], list[Contest]] = {}  # what units elected on one day was one election
        for one in sorted((offered[key] for key in wanted & set(offered)), key=lambda one: one.day):
            found, faults = contests_stored(one, stage="", decided=True)
            self._told(faults)
            held = days.setdefault((one.day, one.election.kind), [])
            if not held:
                self.earlier.append(held)
            held += found
            self.learnt_from.append(stored_words(one))
            self.carried.append(("earlier_election", one.key))
        name, table = self._brought("earlier_file", "earlier")
        if table is not None:
            self.earlier.append(table)
            self.learnt_from.append(name)
            self._carry("earlier", name, table)

    def _brought(self, file: str, carried: str) -> tuple[str, list[Contest] | None]:
        """A table that was sent, or that this page has carried along since it was."""
        sent, text = self.request.FILES.get(file), self.request.POST.get(carried, "")
        brought = sent if isinstance(sent, UploadedFile) and sent.size else None
        if brought is None and not text:
            return "", None
        name = ((brought.name or "") if brought else self.request.POST.get(f"{carried}_name", ""))[:120]
        if brought is not None and (brought.size or 0) > FILE_LIMIT:
            self.faults.append(Fault("lists.too_large", name))
            return name, None
        try:
            found, faults = read_own(text) if brought is None else read_bytes(name, brought.read())
        except Refused as refused:
            self.typed.faults += refused.faults
            return name, None
        self._told(faults)
        return name, found

    def _told(self, faults: Sequence[Fault]) -> None:
        self.typed.faults += errors(faults)
        self.notes += [fault for fault in faults if fault.level is not Level.ERROR]

    def _carry(self, name: str, said: str, table: Sequence[Contest]) -> None:
        self.carried += [(name, as_table(table)), (f"{name}_name", said)]

    def _target(self) -> int | None:
        text = self.typed.text("target")
        if not text:
            return None
        if not text.endswith("%"):
            return self.typed.count("target", most=100_000)
        share = self.typed.share_of("target", text)
        return None if share is None else target_of(sum(one.seats for one in self.lists), share)

    def wanted(self, question: Lists) -> list[tuple[int, int, int]]:
        """(unit, women, candidates) of the fields of what if that were typed."""
        found = []
        labels = {f"{letter}{index}": unit_name(one) for index, one in enumerate(question.lists) for letter in "wc"}
        reading = Typed(posted(self.request), labels, self.typed.faults)
        for index, one in enumerate(question.lists):
            women = reading.count(f"w{index}", most=MOST, missing=one.women)
            candidates = reading.count(f"c{index}", most=MOST, missing=one.candidates)
            if women is not None and candidates is not None:
                found.append((index, women, candidates))
        return found


def _elections(request: Asked) -> list[Stored]:
    return elections_offered(request.seat.unit, timezone.localdate(), edition=office().edition)


def stored_words(one: Stored) -> str:
    return _("{election}, {day}").format(election=one.name, day=day_words(one.day))


def unit_name(one: Contest) -> str:
    return f"{one.group}: {unit_words(one)}" if one.group else unit_words(one)


def asking_of(request: Asked) -> Asking:
    given = {**DEFAULTS, **posted(request)}
    return Asking(request, Typed(given, LABELS))


@lru_cache(maxsize=8)
def tested(before: Election, after: Election, slope: bool, drift: float) -> Backtest:
    """An election on record forecast from the one before it; once in a process, for results do not change."""
    return backtest(before, after, slope=slope, drift=drift)


def answered(asking: Asking) -> tuple[Lists, Outcome, ListsTold] | None:
    question = asking.read()
    if question is None:
        return None
    try:
        made = outcome(question)
        earlier = question.earlier
        last = tested(earlier[-2], earlier[-1], question.slope, question.drift) if len(earlier) > 1 else None
    except Refused as refused:
        asking.faults.extend(refused.faults)
        return None
    told = ListsTold(outcome=made, election=asking.election, learnt_from=asking.learnt_from, tested=last)
    return question, made, told


@page("elections", methods=("GET", "POST"))
def lists(request: Asked, period: Period) -> HttpResponse:
    """Which lists, then the answer with the table of what if."""
    asking = asking_of(request)
    context: dict[str, object] = {"asked": period, "ways": ways("lists", period), "closed": closed(request)}
    if context["closed"]:
        return render(request, "web/lists.html", context, status=200 if request.method != "POST" else 422)
    if request.method != "POST":
        return render(request, "web/lists.html", context | _offered(request, asking))
    found = answered(asking)
    if found is None:
        said = {"faults": asking.faults, "notes": asking.notes}
        return render(request, "web/lists.html", context | said | _offered(request, asking), status=422)
    question, made, told = found
    blocks = list(lists_blocks(told))
    wanted = asking.wanted(question)
    context |= {
        "election": asking.election,
        "notes": asking.notes,
        "carried": asking.carried,
        "may_keep": asking.stored is not None,
        "fields": _fields(asking.typed),
        "drawn": [drawing(_("Women elected, all units together"), made.made.whole, target=question.target)],
        "paper": blocks_html([one for one in blocks if not isinstance(one, Chart)], NOWHERE),
        "rows": _rows(question, asking),
        **_what_if(question, wanted, asking),
    }
    return render(request, "web/lists_answer.html", context)


@page("elections", methods=("POST",))
def lists_what_if(request: Asked, period: Period) -> HttpResponse:
    """The part of the page that says what other lists would give; the whole page where it is asked for whole."""
    if not request.headers.get("HX-Request"):
        return lists(request, period=period)  # type: ignore[return-value]
    asking = asking_of(request)
    if said_closed := closed(request):
        return render(request, "web/parts/what_if.html", {"closed": said_closed}, status=422)
    question = asking.read()
    said: dict[str, object] = {"faults": asking.faults}
    if question is not None:
        said |= _what_if(question, asking.wanted(question), asking)
    return render(request, "web/parts/what_if.html", said, status=422 if asking.faults else 200)


@page("elections", methods=("POST",))
def lists_annex(request: Asked, period: Period, suffix: Suffix) -> HttpResponseBase:
    """The answer as an annex; what cannot be answered is answered by the page, with its faults."""
    found = None if closed(request) else answered(asking_of(request))
    if found is None:
        return lists(request, period=period)
    year = office().edition.calendar.last_day(period).year
    return written(lists_paper(sender_of(request.seat.unit, period), found[2], year=year), "phu-luc-danh-sach", suffix)


def closed(request: Asked) -> str:
    """Why the tools on lists are shut today; "" where they are open."""
    held = closing(request.seat.unit, timezone.localdate())
    if held is None:
        return ""
    words = _("From the consultations ({begin}) to the result of the election of {day}, tools on lists are closed.")
    return words.format(begin=day_words(held.closed_from), day=day_words(held.day))


def _offered(request: Asked, asking: Asking) -> dict[str, object]:
    given = request.POST
    held = _elections(request)
    return {
        "elections": [Choice(one.key, stored_words(one), one.key == given.get("election")) for one in held],
        "earlier": [
            Choice(one.key, stored_words(one), one.key in given.getlist("earlier_election"))
            for one in held
            if one.is_decided
        ],
        "stages": [Choice(code, _(words), code == given.get("stage", "official")) for code, words in STAGES.items()],
        "fields": _fields(asking.typed),
        "no_slope": "no_slope" in given,
    }


def _fields(typed: Typed) -> list[Field]:
    wrong = {str(fault.fields.get("field", "")) for fault in typed.faults}
    helps = {
        "called": _("Stands at the head of the answer and of the annex; empty: the name of the file."),
        "target": _("175, or 35%. Empty: no lists are planned."),
        "assurance": _("Empty: on average only, no better than a coin."),
        "drift": _("How far odds move between elections; hardly known. 0,15 is a supposition."),
    }
    return [
        Field(name, _(words), typed.given.get(name, ""), helps.get(name, ""), name in wrong)
        for name, words in LABELS.items()
    ]


def _rows(question: Lists, asking: Asking) -> list[Row]:
    given = asking.request.POST
    return [
        Row(
            index,
            unit_name(one),
            one.seats,
            given.get(f"c{index}", str(one.candidates)),
            given.get(f"w{index}", str(one.women)),
        )
        for index, one in enumerate(question.lists)
    ]


def _what_if(question: Lists, wanted: Sequence[tuple[int, int, int]], asking: Asking) -> dict[str, object]:
    """What the changed units, their provinces and the whole would give, before and after."""
    if asking.faults:
        return {"faults": asking.faults}
    try:
        made = changed(question, wanted)
    except Refused as refused:
        asking.faults.extend(refused.faults)
        return {"faults": asking.faults}
    if not made.units:
        return {"parts": []}
    before, after = made.before.whole, made.after.whole
    target = question.target
    reached = _("Chance of the target of {target}: {before}, then {after}.")
    return {
        "parts": list(_parts(made)),
        "said": [_said(made.before.contests[one], made.after.contests[one]) for one in made.units],
        "interval": share_words(INTERVAL, 0),
        "reached": ""
        if target is None
        else reached.format(
            target=number(target),
            before=chance_words(before.at_least(target)),
            after=chance_words(after.at_least(target)),
        ),
    }


def _said(before: Contest, after: Contest) -> str:
    words = ngettext(
        "{unit}: {women} woman of {candidates} instead of {women_before} of {candidates_before}",
        "{unit}: {women} women of {candidates} instead of {women_before} of {candidates_before}",
        after.women,
    )
    return words.format(
        unit=unit_name(before),
        women=number(after.women),
        candidates=number(after.candidates),
        women_before=number(before.women),
        candidates_before=number(before.candidates),
    )


def _parts(made: Changed) -> Iterator[Part]:
    for one in made.units:
        yield _part(unit_name(made.before.contests[one]), made.before.units[one], made.after.units[one])
    groups = made.groups
    if len({one.group for one in made.before.contests}) > 1:
        yield from (_part(name, *both) for name, both in groups.items())
    yield _part(_("All units together"), made.before.whole, made.after.whole)


def _part(name: str, before: Distribution, after: Distribution) -> Part:
    return Part(
        name,
        interval_words(before),
        interval_words(after),
        shown(before.mean),
        shown(after.mean),
        chance_words(before.chance(0)),
        chance_words(after.chance(0)),
    )
