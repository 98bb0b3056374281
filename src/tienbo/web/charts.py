"""Charts as pictures of our own address, and as what their interactive twin is drawn from.

A chart is kept by the browser until something it rests on changes: the facts, the map, the definitions, the language,
who asks. Until then the server answers 304 and draws nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.core.messages import gettext as _
from tienbo.core.messages import language
from tienbo.core.periods import Period
from tienbo.papers import chart
from tienbo.papers.tables import measured_in
from tienbo.units.versions import units_version
from tienbo.web.access import Asked, Seat, page, reader_for
from tienbo.web.figures import version_of
from tienbo.web.series import Ranked, drawn, has_heights, path, ranking, trend
from tienbo.web.subject import Subject, subject

FONT = "Arial, Liberation Sans, sans-serif"
"""Of the screen. A picture brings no font of its own, and these are wherever pages are read."""
WIDE, NARROW = 640, 340
"""Widths in the chart's own units: a phone gets its own drawing, whose letters can be read."""
EACH_END = 12
"""Bars of the highest, and of the lowest, where units are too many to be told apart."""


def tag(request: HttpRequest, seat: Seat) -> str:
    """What an answer rests on, as an ETag."""
    reader = reader_for(seat)
    parts = (
        settings.STATIC_URL,  # changes with the program's files
        version_of(reader),
        units_version(),
        fingerprint(reader.edition),
        language(),
        *(seat.unit.key, *sorted(seat.roles)),
        request.get_full_path(),
    )
    return quote_etag(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32])


def unless_kept(request: Asked, make: Callable[[], HttpResponse]) -> HttpResponseBase:
    """304 where the browser holds this very answer, else the answer with its tag."""
    etag = tag(request, request.seat)
    kept = get_conditional_response(request, etag=etag)
    answer: HttpResponseBase = make() if kept is None else kept
    answer.headers["ETag"] = etag
    patch_vary_headers(answer, ["Cookie"])
    return answer


# ------------------------------------------------------------------------------------------------- what is drawn


def trend_spec(about: Subject, width: int) -> dict[str, Any] | None:
    """The trend with the path of its target; None where there is nothing to draw."""
    made = drawn(about, trend(about))
    if made is None:
        return None
    way = [chart.Point(float(year), value) for year, value in path(about.target)]
    unit = measured_in(about.edition, about.indicator)
    return chart.trend(made.points, way, unit=unit, width=width, ranges=made.ranges, breaks=made.breaks)


def shown_bars(rows: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """All of them, or the highest and the lowest."""
    return tuple(rows) if len(rows) <= 2 * EACH_END else (*rows[:EACH_END], *rows[-EACH_END:])


def bars_spec(about: Subject, width: int) -> dict[str, Any] | None:
    """Units from the highest, with what a document sets for this very year; None for fewer than two."""
    rows = [row for row in ranking(about).valued if row.shown.value.value is not None]
    if len(rows) < 2 or not has_heights(about.indicator):
        return None
    found = about.target.values.get(about.period.year) if about.target else None
    bars = [chart.Bar(row.name, row.shown.value.value) for row in shown_bars(rows) if row.shown.value.value is not None]
    line = found.value if found else None
    room = 260 if width == WIDE else 130
    return chart.bars(bars, unit=measured_in(about.edition, about.indicator), line=line, width=width, names=room)


SPECS: dict[str, Callable[[Subject, int], dict[str, Any] | None]] = {"trend": trend_spec, "bars": bars_spec}


def for_screen(spec: dict[str, Any], width: int) -> dict[str, Any]:
    """In the letters of the screen; one word of the legend under the other where there is little room."""
    config = {**spec["config"], "font": FONT}
    if width == NARROW:
        config["legend"] = {**config["legend"], "columns": 1}
    return {**spec, "config": config}


# ------------------------------------------------------------------------------------------------------- answers


@page("visit", mapped=True)
def picture(request: Asked, period: Period, code: str, kind: str) -> HttpResponseBase:
    """The chart as SVG: /…/chart/trend.svg?unit=KEY, with ?narrow=1 for a phone."""
    about, width = subject(request, period, code), NARROW if request.GET.get("narrow") else WIDE

    def make() -> HttpResponse:
        spec = _kind(kind)(about, width)
        if spec is None:
            raise Http404
        return HttpResponse(chart.svg(for_screen(spec, width)), content_type="image/svg+xml; charset=utf-8")

    return unless_kept(request, make)


@page("visit", mapped=True)
def twin(request: Asked, period: Period, code: str, kind: str) -> HttpResponseBase:
    """What the interactive twin is drawn from: the same chart, in which a point says what it is."""
    about = subject(request, period, code)

    def make() -> HttpResponse:
        spec = _kind(kind)(about, WIDE)
        if spec is None:
            raise Http404
        told = telling(for_screen(spec, WIDE), about)
        return JsonResponse({"spec": told, "numbers": chart.number_locale(language())})

    return unless_kept(request, make)


def _kind(kind: str) -> Callable[[Subject, int], dict[str, Any] | None]:
    if kind not in SPECS:
        raise Http404
    return SPECS[kind]


def telling(spec: dict[str, Any], about: Subject) -> dict[str, Any]:
    """The chart as wide as its place, each mark with a sentence for whoever points at it."""
    unit = measured_in(about.edition, about.indicator)
    periods = {chart.at(one.period): one.name for one in trend(about)}
    done = _("achieved")

    def told(row: dict[str, Any]) -> dict[str, Any]:
        if "words" not in row or not {"kind", "name"} & row.keys():
            return row  # a rule or a hollow heart: what it stands for has its own mark
        words = f"{row['words']} {unit}".replace(" %", "%")
        if "name" in row:
            return {**row, "tip": f"{row['name']}: {words}"}
        name = periods.get(row["at"], "") if row["kind"] == done else ""
        when = name or _("the year {year}").format(year=f"{row['at']:.0f}")
        said = f"{when[:1].upper()}{when[1:]}: {words}"
        return {**row, "tip": said if row["kind"] == done else f"{said} ({row['kind']})"}

    def data(held: dict[str, Any]) -> dict[str, Any]:
        return {"data": {"values": [told(row) for row in held["data"]["values"]]}} if "data" in held else {}

    def layers() -> Iterator[dict[str, Any]]:
        for layer in spec["layer"]:
            # A line is one mark: it would say of all of itself what holds of its first point.
            tips = layer["mark"]["type"] in ("point", "bar")
            tip = {"tooltip": {"field": "tip", "type": "nominal"}} if tips else {}
            yield {**layer, **data(layer), "encoding": {**layer["encoding"], **tip}}

    said = f"{about.indicator.name}, {about.name}"
    return {**spec, **data(spec), "description": said, "width": "container", "layer": list(layers())}
