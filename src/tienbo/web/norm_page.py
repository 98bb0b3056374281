"""One norm: what it asks by which documents and since when, what it looks at, how many units stand where; and the local
decisions that make it hold, or ask for more, which the office enters with their document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Norm, Text
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.ground.keys import new_key
from tienbo.papers import norm_words
from tienbo.papers.context import period_name
from tienbo.registers.norm_decisions import (
    Typed,
    may_decide_norms,
    norm_decision_add,
    norm_decision_end,
    norm_decisions,
    units_around,
)
from tienbo.registers.norm_models import NormDecision
from tienbo.units.frames import unit_called
from tienbo.web.access import Asked, page
from tienbo.web.definition import unchecked
from tienbo.web.families import kind_words
from tienbo.web.norms import TONES, Board

MOST = 200
BLANK = Typed()


class Ruled(NamedTuple):
    """A rule of a norm in words: from when, until when, what is asked, by which document, how far it was seen."""

    days: str
    limit: str
    document: str
    title: str
    place: str
    mark: str
    note: Text | None
    holds: bool


class Made(NamedTuple):
    """A local decision in words."""

    row: NormDecision
    unit: str
    kinds: str
    days: str
    limit: str
    may_change: bool


def _found(request: Asked, period: Period, code: str) -> tuple[Board, Norm]:
    board = Board(request, period)
    norm = board.edition.norms.get(code)
    if norm is None:
        raise Http404
    return board, norm


@page("view")
def norm(request: Asked, period: Period, norm: str) -> HttpResponse:
    """A norm and what was decided about it."""
    board, found = _found(request, period, norm)
    return _page(board, found)


def _place(field: str, at: str) -> str:
    """The id of the field a fault is in: of the decision that was to end, where one was."""
    return f"{field[:1]}-{at}" if at not in ("", "add") and field in ("ends_on", "reason") else field


def _page(
    board: Board,
    norm: Norm,
    faults: Sequence[Fault] = (),
    typed: Typed = BLANK,
    at: str = "",
    key: str = "",
    ending: tuple[str, str] = ("", ""),
) -> HttpResponse:
    request, period, edition = board.request, board.period, board.edition
    counts = Counter(one.standing for one in board.norms.found(period, norms=[norm]))
    base = norm.parent or norm.code
    actor, seat = actor_of(request.user), request.seat.unit
    decides = may_decide_norms(actor, seat)
    around = units_around(seat.pk, board.day)
    at_list = reverse("norms", kwargs={"period": period})
    context = {
        "asked": period,
        "asked_name": period_name(period.last_half),
        "norm": norm,
        "severity": _(norm_words.SEVERITIES[norm.severity]),
        "asks": norm_words.asks_words(norm, rule.value if (rule := norm.rule_on(board.day)) else None),
        "conditions": norm_words.condition_words(norm),
        "kinds": [kind_words(kind) for kind in norm.kinds],
        "rules": [_ruled(board, norm, one) for one in range(len(norm.rules))],
        "documents": [edition.documents[code] for code in norm.cites],
        "looks_at": [(one.name, list(_sources(board, norm, index))) for index, one in enumerate(norm.figures)],
        "tallies": [
            (
                f"{at_list}?{urlencode({'norm': norm.code, 'state': one.value})}",
                _(words),
                counts[one],
                TONES.get(one, ""),
            )
            for one, words in norm_words.STANDINGS.items()
            if counts[one]
        ],
        "indicator": norm.indicator,
        "moments": norm.moments,
        "parent": reverse("norm", kwargs={"period": period, "norm": base}) if norm.parent else "",
        "decisions": [_made(board, norm, row, decides) for row in norm_decisions(norm=base, units=around)],
        "may_decide": decides and norm.parent is None,
        "needs_value": not norm.local,
        "is_share": norm.test.over is not None,
        "choices": [(kind, kind_words(kind), kind in typed.kinds) for kind in norm.kinds],
        "issuer": request.seat.name,
        "typed": typed,
        "key": key or new_key("decision"),
        "faults": [(fault, _place(str(fault.fields.get("field", "")), at)) for fault in faults],
        "wrong": dict.fromkeys((str(fault.fields.get("field", "")) for fault in faults), True),
        "at": at,
        "ending": ending,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/norm.html", context, status=status)


def _ruled(board: Board, norm: Norm, index: int) -> Ruled:
    rule = norm.rules[index]
    document = board.edition.documents[rule.document]
    days = _("from {day}").format(day=day_words(rule.begin))
    if rule.end is not None:
        days = _("{first} until {last}").format(first=days, last=_before(rule.end))
    return Ruled(
        days=days,
        limit=norm_words.limit_words(norm.test, rule.value),
        document=document.cited,
        title=str(document.title),
        place=str(rule.place) if rule.place is not None else "",
        mark=unchecked(rule.confidence),
        note=rule.note,
        holds=rule.holds(board.day),
    )


def _before(end: date) -> str:
    return day_words(end - timedelta(days=1))


def _sources(board: Board, norm: Norm, index: int) -> list[str]:
    """Who tells a figure, in the order in which they count."""
    edition, said = board.edition, []
    for source in norm.figures[index].sources:
        if source.series is not None:
            element = edition.elements[source.series.element]
            said.append(_("the return: {element}").format(element=element.name))
            fed = [
                str(kind.name)
                for kind in edition.registers.values()
                if any(feed.series.element == source.series.element for feed in kind.feeds)
            ]
            said += fed
        elif source.body is not None:
            said.append(_("the list of the unit's bodies"))
        elif source.posts is not None:
            said.append(_("published posts"))
        elif source.counted is not None:
            said.append(_("counts of persons by their sources"))
        elif source.listed is not None:
            said.append(_("official lists of elections, once they are open again"))
    return list(dict.fromkeys(said))


def _made(board: Board, norm: Norm, row: NormDecision, decides: bool) -> Made:
    days = _("from {day}").format(day=day_words(row.begins_on))
    if row.ends_on is not None:
        days = _("{first} until {last}").format(first=days, last=_before(row.ends_on))
    return Made(
        row=row,
        unit=unit_called(row.unit_id, board.day),
        kinds=", ".join(kind_words(kind) for kind in row.of_kinds),
        days=days,
        limit=norm_words.limit_words(norm.test, row.value) if row.value is not None else "",
        may_change=decides and row.unit_id == board.request.seat.unit.pk and not row.withdrawn,
    )


@page("view", methods=("POST",))
def norm_decide(request: Asked, period: Period, norm: str) -> HttpResponseBase:
    """Enter a local decision of the seat's unit."""
    board, found = _found(request, period, norm)
    if not may_decide_norms(actor_of(request.user), request.seat.unit) or found.parent is not None:
        raise Http404
    posted = request.POST
    asked = set(Typed._fields) - {"kinds"} - ({"value"} if found.local else set())
    typed = Typed(
        **{name: posted.get(name, "")[:MOST] for name in asked},
        kinds=tuple(one[:60] for one in posted.getlist("kinds")),
    )
    key = posted.get("key", "")
    try:
        norm_decision_add(
            edition=board.edition,
            norm=found,
            unit=request.seat.unit,
            typed=typed,
            actor=actor_of(request.user),
            key=key,
        )
    except Refused as refused:
        return _page(board, found, refused.faults, typed, "add", key)
    messages.success(request, _("The decision is kept. What follows from it is checked from its day on."))
    return redirect("norm", period=period, norm=norm)


@page("view", methods=("POST",))
def norm_decision_ending(request: Asked, period: Period, norm: str, decision: str) -> HttpResponseBase:
    """End a decision by another document (with a day), or withdraw it (without one), with the reason."""
    board, found = _found(request, period, norm)
    ends_on, reason = (request.POST.get("ends_on", "")[:MOST], request.POST.get("reason", "")[:2000])
    row = NormDecision.objects.filter(key=decision, norm=found.code, unit=request.seat.unit).first()
    if row is None or not may_decide_norms(actor_of(request.user), request.seat.unit):
        raise Http404
    try:
        norm_decision_end(
            decision=row,
            ends_on=ends_on,
            text=reason,
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _page(board, found, refused.faults, at=row.key, ending=(ends_on, reason))
    messages.success(request, _("It is kept what became of the decision."))
    return redirect("norm", period=period, norm=norm)
