"""Posts, counts, lists and results on record beside what forms say of the same: one unit's on its page of posts, every
difference under a seat in one list. Neither is put right by the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number, sort_key
from tienbo.engine.values import FrozenValues
from tienbo.papers.context import period_name
from tienbo.release.reconciling import Apart, Compared, Reconciled, Source, verdict
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.web.access import Asked, page
from tienbo.web.figures import figures
from tienbo.web.office import office

HOW = {
    "posts": N_("published posts"),
    "count": N_("counts on record"),
    "result": N_("result of the election"),
    "list": N_("official list"),
    "share": N_("published share"),
}
TONES = {"differs": "tb-near", "agrees": "tb-good", "open": ""}
WORDS = {"differs": N_("differs; please check"), "agrees": N_("agrees"), "open": N_("cannot be told")}


class SourceShown(NamedTuple):
    how: str
    counts: str
    source: Source
    tone: str
    words: str


class Line(NamedTuple):
    """A figure by a form and by what is on record."""

    unit: str
    address: str
    figure: str
    form: str
    where: str
    form_address: str
    said: Sequence[SourceShown]
    apart: Sequence[str]
    verdict: str


def lines_of(request: Asked, units: Collection[int], period: Period) -> list[Line]:
    """What is told twice of units, in a half-year."""
    seat = request.seat

    def values(codes: Collection[str], tellers: Collection[int]) -> FrozenValues:
        return figures(seat, [period], indicators=codes, units=tellers)

    made = Reconciled(office().edition, period, sorted(units), values, timezone.localdate())
    names, keys = unit_names(made.day), unit_keys()
    return [_line(one, period, names, keys) for one in made.compared()]


def _line(one: Compared, period: Period, names: Mapping[int, str], keys: Mapping[int, str]) -> Line:
    teller = names.get(one.form.teller, "")
    where = ", ".join((period_name(period), *((teller,) if one.form.teller != one.unit else ()), *one.form.cells))
    figure = f"{one.definition.name} – {one.name}" if one.name else str(one.definition.name)
    at = reverse("unit", kwargs={"key": keys[one.form.teller]})
    return Line(
        unit=names.get(one.unit, ""),
        address=reverse("unit_posts", kwargs={"key": keys[one.unit]}),
        figure=figure,
        form=_counts(one.form.persons, one.form.women),
        where=where,
        form_address=f"{at}?period={period}",
        said=[
            SourceShown(
                _(HOW[said.how]),
                _counts(said.persons, said.women, said.untold),
                said,
                TONES[verdict(one.form, said)],
                _(WORDS[verdict(one.form, said)]),
            )
            for said in one.said
        ],
        apart=[_apart(share) for share in one.apart],
        verdict=one.verdict,
    )


def _counts(persons: int | None, women: int | None, untold: int = 0) -> str:
    words = _("{persons} persons, {women} women")
    told = ["–" if count is None else number(count) for count in (persons, women)]
    said = words.format(persons=told[0], women=told[1])
    return said if not untold else _("{counts}, {untold} posts not told").format(counts=said, untold=number(untold))


def _apart(one: Apart) -> str:
    """A share that is counted otherwise, as it was printed."""
    parts = f"{number(one.counted)}/{number(one.total)}" if one.counted is not None and one.total is not None else ""
    printed = f"{number(Decimal(one.percent))}%" if one.percent is not None else ""
    said = " = ".join(filter(None, (parts, printed)))
    return f"{one.rule}, {one.time}: {said} ({one.source})"


@page("view")
def intake_posts(request: Asked, period: Period) -> HttpResponseBase:
    """Every figure under this seat that a form and the record tell otherwise; ?all= those that agree too."""
    if period.is_year:
        return redirect("intake_posts", period=period.last_half)
    day = office().edition.calendar.last_day(period)
    tree, seat = tree_on(day), request.seat
    mine = accessible_units(request.user, need="view", on=day, acting_on=timezone.localdate())
    units = [one for one in (tree.subtree(seat.unit.pk) if seat.unit.pk in tree else ()) if one in mine]
    lines = sorted(lines_of(request, units, period), key=lambda one: (sort_key(one.unit), one.figure))
    every = "all" in request.GET
    shown = lines if every else [one for one in lines if one.verdict == "differs"]
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "lines": shown,
        "takes_in": seat.allows("accept"),
        "every": every,
        "told": len(lines),
        "differ": sum(one.verdict == "differs" for one in lines),
        "open": sum(one.verdict == "open" for one in lines),
    }
    return render(request, "web/intake_posts.html", context)
