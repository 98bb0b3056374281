"""Tasks: who owes what by when, as a board, as a file, and as the few lines a home and a unit's page have of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.core import tasks as core
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.words import day_words, fold, number, sort_key
from tienbo.papers.context import period_name
from tienbo.registers.task_models import Task
from tienbo.registers.task_queries import (
    Stood,
    issuers_of,
    tasks_alive,
    tasks_left,
    tasks_owed,
    tasks_readable,
    tasks_stood,
    units_called,
)
from tienbo.registers.tasks import may_decide
from tienbo.units.frames import unit_ids, unit_keys
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.office import office

ROWS = 100
LONGEST = 80

LISTS: Mapping[str, str] = {
    **core.WORDS,
    "done": N_("all that is done"),
    "all": N_("given by day"),
    "cooperation": N_("asked to cooperate"),
    "cooperation_done": N_("answered by who was asked"),
    "standing": N_("standing"),
    "standing_said": N_("standing, told for the period"),
}
"""What one looks for: the parts that tasks are counted by, and where they stand."""
TALLIED = ("late", "waiting", "asked", "within", "done", "cooperation", "standing")
TONES: Mapping[str, str] = {"late": "tb-bad", "waiting": "tb-near", "asked": "tb-near", "done": "tb-good"}
SIDES: Mapping[str, str] = {
    "": N_("all"),
    "issued": N_("made by us"),
    "owed": N_("ours to do"),
    "helped": N_("we help with"),
    "below": N_("units gave themselves"),
}
ORDERS: Mapping[str, str] = {"": N_("by day"), "owner": N_("by unit")}


def tone_of(one: core.Standing) -> str:
    """The colour of where a task stands. Nothing of who is asked to cooperate is told in red."""
    if one.time == "late":
        return "tb-bad"
    if one.time == "after" or one.state in ("asked", "waiting"):
        return "tb-near"
    return "tb-good" if one.state == "done" or (one.state == "standing" and one.said) else ""


def days_words(one: core.Standing, on: date) -> str:
    """How many days there are, or were; nothing of what is done, has no day or is asked for."""
    if one.due_on is None or one.is_closed or one.state == "waiting" or one.is_asked:
        return ""
    days = (one.due_on - on).days
    if days == 0:
        return _("the last day")
    message = (
        ngettext("{count} day left", "{count} days left", days)
        if days > 0
        else ngettext("{count} day over", "{count} days over", -days)
    )
    return message.format(count=number(abs(days)))


class Row(NamedTuple):
    """A task on the board."""

    stood: Stood
    address: str
    owner: str
    partners: str
    words: str
    tone: str
    days: str

    @property
    def way(self) -> str:
        return way_words(self.stood.standing.is_asked)


def way_words(is_asked: bool) -> str:
    """How a unit comes to a task."""
    return _("asked to cooperate") if is_asked else _("given")


class Pick(NamedTuple):
    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True)
class Board:
    """The tasks a person may read from a seat, as they stood on a day: today, or the day that was asked for."""

    request: Asked
    period: Period

    @cached_property
    def given(self) -> dict[str, str]:
        asked, kept = self.request.GET, {}
        for name, known in (("state", LISTS), ("side", SIDES), ("by", ORDERS)):
            kept[name] = asked.get(name, "") if asked.get(name, "") in known else ""
        kept["owner"] = asked.get("owner", "") if asked.get("owner", "") in unit_ids() else ""
        kept["q"], kept["cause"] = asked.get("q", "")[:LONGEST].strip(), asked.get("cause", "")[:LONGEST]
        kept["on"], kept["since"] = (self._day(asked.get(name, "")) for name in ("on", "since"))
        return kept

    @staticmethod
    def _day(text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return ""

    @property
    def on(self) -> date:
        return date.fromisoformat(self.given["on"]) if self.given["on"] else timezone.localdate()

    def query(self, **changed: str) -> str:
        return urlencode({name: held for name, held in {**self.given, **changed}.items() if held})

    @cached_property
    def sides(self) -> dict[str, Q]:
        seat = self.request.seat.unit.pk
        return {
            "issued": Q(issuer__in=issuers_of(seat, timezone.localdate())),
            "owed": Q(owner=seat),
            "helped": Q(partners__unit=seat),
            "below": Q(issuer=F("owner")) & ~Q(issuer=seat),
        }

    @cached_property
    def rows(self) -> QuerySet[Task]:
        """Open ones, and those closed since the period began; on a day that is asked for, those that were there at some
        time from then, or from another day, until it."""
        span, since = office().edition.calendar.span(self.period), self.given["since"]
        start = date.fromisoformat(since) if since else span.start
        rows = tasks_readable(actor_of(self.request.user), timezone.localdate())
        if self.given["on"]:
            rows = tasks_alive(rows, Span(min(start, self.on), self.on + timedelta(days=1)))
        else:
            rows = rows.filter(Q(closed_on=None) | Q(closed_on__gte=span.start))
        if self.given["side"]:
            rows = rows.filter(self.sides[self.given["side"]]).distinct()
        return rows.filter(cause=self.given["cause"]) if self.given["cause"] else rows

    @cached_property
    def every(self) -> list[Row]:
        """All but for the state, the owner and the words that are looked for."""
        return list(
            rows_of(tasks_stood(self.rows, on=self.on, period=self.period.last_half.code), self.period, self.on)
        )

    @cached_property
    def found(self) -> list[Row]:
        given, words = self.given, fold(self.given["q"]).split()
        kept = [
            row
            for row in self.every
            if (not given["state"] or given["state"] in core.lists(row.stood.standing))
            and (not given["owner"] or unit_keys()[row.stood.owner.pk] == given["owner"])
            and all(word in fold(f"{row.stood.task.text} {row.stood.task.cause_words} {row.owner}") for word in words)
        ]
        return sorted(kept, key=lambda row: sort_key(row.owner)) if given["by"] == "owner" else kept

    @property
    def tallies(self) -> list[tuple[str, str, int, str]]:
        """(list, words, how many, tone) over all units; the list that is looked at stands among them."""
        counts = [name for row in self.every for name in core.lists(row.stood.standing)]
        shown = [*TALLIED, *({self.given["state"]} - {"", *TALLIED})]
        return [(name, _(LISTS[name]).capitalize(), counts.count(name), TONES.get(name, "")) for name in shown]

    @property
    def owners(self) -> list[Pick]:
        keys, chosen = unit_keys(), self.given["owner"]
        named = {row.stood.owner.pk: row.owner for row in self.every}
        by_name = sorted(named.items(), key=lambda pair: sort_key(pair[1]))
        return [Pick(keys[pk], name, keys[pk] == chosen) for pk, name in by_name]


def rows_of(held: Iterable[Stood], period: Period, on: date) -> Iterator[Row]:
    held = list(held)
    names = units_called({unit for one in held for unit in (one.owner, *_helping(one))}, on)
    for one in held:
        yield Row(
            stood=one,
            address=reverse("task", kwargs={"period": period, "task": one.task.key}),
            owner=names[one.owner.pk],
            partners=", ".join(names[unit.pk] for unit in _helping(one)),
            words=core.words(one.standing),
            tone=tone_of(one.standing),
            days=days_words(one.standing, on),
        )


def _helping(one: Stood) -> list[Unit]:
    return [row.unit for row in one.task.partners.all()]


@page("view")
def tasks(request: Asked, period: Period) -> HttpResponse:
    """The board: ?state=, ?owner=, ?side=, ?cause=, ?q=, ?by=owner, ?on= (a day, for the tasks of the period)."""
    board = Board(request, period)
    pages = Paginator(board.found, ROWS)
    at, given = pages.get_page(request.GET.get("page")), board.given
    grouped = groupby(at.object_list, key=lambda row: row.owner if given["by"] == "owner" else "")
    decides = may_decide(actor_of(request.user), request.seat.unit)
    left = list(tasks_left(issuers_of(request.seat.unit.pk, timezone.localdate()), timezone.localdate()))
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "groups": [(name, list(rows)) for name, rows in grouped],
        "count": pages.count,
        "pages": pages,
        "at_page": at,
        "tallies": [
            (board.query(state="" if name == given["state"] else name), name == given["state"], *rest)
            for name, *rest in board.tallies
        ],
        "given": given,
        "query": board.query(),
        "owners": board.owners,
        "sides": [Pick(name, _(words).capitalize(), name == given["side"]) for name, words in SIDES.items()],
        "orders": [Pick(name, _(words).capitalize(), name == given["by"]) for name, words in ORDERS.items()],
        "states": [Pick(name, _(words).capitalize(), name == given["state"]) for name, words in LISTS.items()],
        "on": board.on if given["on"] else None,
        "may_make": decides,
        "left": len(left) if decides else 0,
    }
    return render(request, "web/tasks.html", context)


@page("view")
def tasks_csv(request: Asked, period: Period) -> HttpResponse:
    """The same list as a file for a spreadsheet."""
    board = Board(request, period)
    heads = [
        _("Task"), _("Measure of done"), _("Lead"), _("Given or asked"), _("Helps"), _("Cause"), _("Made"),
        _("Until when"), _("State"), _("Reported done"), _("What was reported"), _("Evidence"), _("Code"),
    ]  # fmt: skip
    return download(f"nhiem-vu-{period}.csv", csv_bytes([heads, *map(_line, board.found)]))


def _line(row: Row) -> list[str]:
    task, standing, said = row.stood.task, row.stood.standing, row.stood.report
    due, reported = (day_words(one) if one else "" for one in (standing.due_on, standing.reported_on))
    text, evidence = (said.text, said.evidence) if said else ("", "")
    cells = [task.text, task.measure, row.owner, row.way, row.partners, task.cause_words, day_words(task.made_on), due]
    return [inert(cell) for cell in (*cells, row.words, reported, text, evidence, task.key)]


# ------------------------------------------------------------------------------------------- a few lines elsewhere


class Owed(NamedTuple):
    """What a unit owes, for its page and its home."""

    rows: Sequence[Row]
    more: int
    address: str


FEW = 6


def owed_lines(unit: int, period: Period, *, few: int = FEW) -> Owed | None:
    """The open tasks of a unit, those due first; None where it has none."""
    today = timezone.localdate()
    held = tasks_stood(tasks_owed(unit), on=today, period=period.last_half.code)
    if not held:
        return None
    address = f"{reverse('tasks', kwargs={'period': period})}?{urlencode({'owner': unit_keys()[unit]})}"
    return Owed(list(rows_of(held[:few], period, today)), max(0, len(held) - few), address)


def tasks_behind(parts: Sequence[str], period: Period) -> str:
    """Where the tasks stand that a figure of a paper counts: those of a part, of a unit (key), on the last day."""
    calendar = office().edition.calendar
    asked = {
        "side": "issued",
        "state": parts[0],
        "owner": parts[1] if len(parts) > 1 else "",
        "since": calendar.span(period).start.isoformat(),
        "on": calendar.last_day(period).isoformat(),
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('tasks', kwargs={'period': period})}?{query}"


def issued_tally(unit: int, period: Period) -> list[tuple[str, str, int, str]]:
    """(address, words, how many, tone) of what an office made that is open or was closed since the period began;
    nothing where there is none."""
    today, span = timezone.localdate(), office().edition.calendar.span(period)
    rows = Task.objects.filter(issuer__in=issuers_of(unit, today))
    held = tasks_stood(rows.filter(Q(closed_on=None) | Q(closed_on__gte=span.start)), on=today)
    counts = [name for one in held for name in core.lists(one.standing)]
    board = reverse("tasks", kwargs={"period": period})
    return [
        (f"{board}?{urlencode({'side': 'issued', 'state': name})}", _(LISTS[name]), count, TONES.get(name, ""))
        for name in TALLIED
        if (count := counts.count(name))
    ]
