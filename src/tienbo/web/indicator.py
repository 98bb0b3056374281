"""An indicator: how it moved, which units stand where, how it divides, what it means, and why it is what it is."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.engine.values import Value
from tienbo.papers.tables import measured_in
from tienbo.web.access import Asked, page, reader_for
from tienbo.web.charts import EACH_END, unless_kept
from tienbo.web.definition import definition
from tienbo.web.explaining import explanation as explanation_of
from tienbo.web.figures import version_of
from tienbo.web.links import link
from tienbo.web.schematic import has_schematic
from tienbo.web.series import (
    Ranking,
    counted,
    drawn,
    has_heights,
    held,
    listed,
    path,
    ranking,
    remarked,
    splits,
    steps,
    trend,
)
from tienbo.web.subject import Subject, place, subject

UNITS_SHOWN = 25
"""Units of a ranking before one asks for all of them."""
UNITS_A_LEAF = 20
"""Units whose reported figures stand on one leaf of an explanation."""
SEARCH = "q"


@page("visit", mapped=True)
def indicators(request: Asked, period: Period) -> HttpResponse:
    """Every indicator by group with its value for the unit, found by name with or without marks."""
    about = place(request, period)
    wanted = fold(request.GET.get(SEARCH, ""))
    groups = []
    for code, rows in listed(about).items():
        group = about.edition.groups.get(code)
        title = str(group.name) if group else ""
        kept = [row for row in rows if wanted in fold(f"{row.indicator.name} {row.indicator.code} {title}")]
        if kept:
            groups.append((code, title, [(row, measured_in(about.edition, row.indicator)) for row in kept]))
    context = {
        "about": about,
        "groups": groups,
        "map_note": about.note(about.figures([period], units=[about.unit.pk])),
        "count": sum(len(rows) for _code, _title, rows in groups),
        "wanted": request.GET.get(SEARCH, ""),
        "unit_query": query_of(request, "unit", "map"),
    }
    return render(request, "web/indicators.html", context)


@page("visit", mapped=True)
def indicator(request: Asked, period: Period, code: str) -> HttpResponse:
    """One indicator of one unit."""
    about = subject(request, period, code)
    moments = trend(about)
    now, made, divided = moments[-1].shown, drawn(about, moments), splits(about)
    context = {
        "about": about,
        "indicator": about.indicator,
        "measured_in": measured_in(about.edition, about.indicator),
        "now": now,
        "moments": list(reversed(moments)),
        "remarks": any(
            one.shown.is_estimate or (one.shown.is_value and (one.is_recast or not one.is_comparable))
            for one in moments
        ),
        "unit_address": "" if about.seat.is_partner else link("unit", key=about.unit.key),
        "has_trend": made is not None,
        "path": path(about.target),
        "steps": steps(about),
        "targets": held(about, now.value),
        "splits": divided,
        "splits_note": about.note(
            shown.value for one in divided for shown in (one.whole, *(member.shown for member in one.members))
        ),
        "definition": definition(about.edition, about.indicator, period),
        "may_explain": not about.seat.is_partner and bool(about.indicator.terms),
        "unit_query": query_of(request, "unit", "map"),
        "chart_query": query_of(request, "unit", "target", "map"),
        "schematic": _schematic(about),
        "map_note": remarked(moments, made),
        "now_note": about.note([now.value]),
        "counted": counted(about, now.value),
        **_ranked(about, request),
    }
    return render(request, "web/indicator.html", context)


def _schematic(about: Subject) -> str:
    """Address of the picture of the units below by their values; "" where none can be drawn."""
    if not has_heights(about.indicator) or not has_schematic(about.unit.pk, about.tree, about.readable):
        return ""
    address = reverse("schematic", kwargs={"period": about.period, "code": about.code})
    also = f"&map={about.map_text}" if about.map_text else ""
    return f"{address}?unit={about.unit.key}&by=value{also}"


@page("visit")
def at_period(request: Asked, code: str) -> HttpResponse:
    """From the choice of a period to the same indicator of the same unit in it."""
    try:
        address = reverse("indicator", kwargs={"period": Period.parse(request.GET.get("period", "")), "code": code})
    except ValueError as wrong:
        raise Http404 from wrong
    return redirect(address + query_of(request, "unit", "map"))


def _ranked(about: Subject, request: HttpRequest) -> dict[str, Any]:
    found: Ranking = ranking(about)
    wanted = fold(request.GET.get(SEARCH, ""))
    rows = [row for row in found.rows if wanted in fold(row.name)]
    shown = rows if request.GET.get("all") or wanted else rows[:UNITS_SHOWN]
    return {
        "ranking": found,
        "ranking_note": about.note(row.shown.value for row in found.rows),
        "rows": shown,
        "more": len(rows) - len(shown),
        "wanted": request.GET.get(SEARCH, ""),
        "has_bars": len(found.valued) > 1 and has_heights(about.indicator),
        "bars_cut": len(found.valued) > 2 * EACH_END,
        "each_end": EACH_END,
    }


@page("view", mapped=True)
def explanation(request: Asked, period: Period, code: str) -> HttpResponse:
    """Why the value is what it is, down to the cell, the revision and who decided."""
    about = subject(request, period, code)
    made = explanation_of(about)
    text, every = request.GET.get(SEARCH, ""), bool(request.GET.get("every"))
    leaves = Paginator(made.facts(text=text, every=every), UNITS_A_LEAF)
    leaf = leaves.get_page(request.GET.get("page"))
    context = {
        "about": about,
        "indicator": about.indicator,
        "measured_in": measured_in(about.edition, about.indicator),
        "made": made,
        "map_note": about.note([made.made.value]),
        "definition": definition(about.edition, about.indicator, period),
        "facts": made.traced(list(leaf)),
        "leaf": leaf,
        "wanted": text,
        "every": every,
        "unit_query": query_of(request, "unit", "map"),
        "leaf_query": query_of(request, "unit", "map", SEARCH, "every"),
        "every_query": query_of(request, "unit", "map", SEARCH),
    }
    return render(request, "web/explanation.html", context)


def query_of(request: HttpRequest, *names: str) -> str:
    """The named parts of the query as it was asked, "?unit=…", for links that keep them; "" without any."""
    kept = QueryDict(mutable=True)
    for name in names:
        if request.GET.get(name):
            kept[name] = request.GET[name]
    day = getattr(request, "map_day", None)
    if day is not None and "map" in names:
        kept["map"] = day.isoformat()
    return f"?{kept.urlencode()}" if kept else ""


# ----------------------------------------------------------------------------------------------------- to take away

_COLUMNS = (
    "indicator", "indicator_name", "unit_of_measure", "unit", "unit_name", "period", "status", "value", "numerator",
    "denominator", "qualifier", "units_reported", "units_due", "units_estimated", "comparable",
)  # fmt: skip


def _series(about: Subject) -> list[dict[str, Any]]:
    """The series as plain rows: exact numbers as text, nothing rounded."""
    measure = measured_in(about.edition, about.indicator)
    head = (about.code, str(about.indicator.name), measure, about.unit.key, about.name)
    return [
        dict(zip(_COLUMNS, (*head, one.period.code, *_parts(one.shown.value), one.is_comparable), strict=True))
        for one in trend(about)
    ]


def _parts(value: Value) -> tuple[object, ...]:
    numbers = (
        None if one is None else f"{one.normalize():f}" for one in (value.value, value.numerator, value.denominator)
    )
    counts = (value.units_reported, value.units_due, value.units_estimated)
    return (value.status.value, *numbers, value.qualifier, *counts)


@page("visit", mapped=True)
def series_csv(request: Asked, period: Period, code: str) -> HttpResponseBase:
    """The series as CSV that Excel opens with its Vietnamese letters."""
    about = subject(request, period, code)

    def make() -> HttpResponse:
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS)
        writer.writeheader()
        writer.writerows(_series(about))
        answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{code}-{period.code}.csv"'
        return answer

    return unless_kept(request, make)


@page("visit", mapped=True)
def series_json(request: Asked, period: Period, code: str) -> HttpResponseBase:
    """The series as JSON, with the targets it is held to and which facts it was read from."""
    about = subject(request, period, code)

    def make() -> HttpResponse:
        made = {
            "indicator": {"code": code, "name": str(about.indicator.name)},
            "unit": {"key": about.unit.key, "name": about.name},
            "facts": version_of(reader_for(about.seat)),
            "targets": [
                {
                    "code": target.code,
                    "document": about.edition.documents[target.document].cited,
                    "values": {
                        str(year): {"op": found.op, "value": None if found.value is None else f"{found.value:f}"}
                        for year, found in target.values.items()
                    },
                }
                for target in about.held_to
            ],
            "series": _series(about),
        }
        return JsonResponse(made, json_dumps_params={"ensure_ascii": False, "indent": 1})

    return unless_kept(request, make)
