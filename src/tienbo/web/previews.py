"""A paper as it would be written now, for the screen; kept as long as nothing it says has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Literal

from django.db.models import Max
from django.urls import reverse

from tienbo.catalogue.definitions import Outline
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.collection.models import Decision
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.core.words import day_words
from tienbo.engine.evaluate import Basis
from tienbo.ground.acting import narrow_read
from tienbo.papers.bindings import source_of
from tienbo.papers.blocks import Document
from tienbo.papers.context import Context
from tienbo.papers.html import Addresses
from tienbo.papers.report import compose
from tienbo.registers.plans import edition_with_plans, plans_mark
from tienbo.registers.task_models import TaskAct
from tienbo.release.drafting import draft_mark, draft_of
from tienbo.release.reading import told
from tienbo.release.services import edition_for, frozen_for
from tienbo.units.frames import tree_on
from tienbo.units.versions import units_version
from tienbo.web.access import Seat, reader_for
from tienbo.web.figures import version_of
from tienbo.web.maps import PARAMETER, day_asked
from tienbo.web.office import office
from tienbo.web.tasks import tasks_behind

KEPT = 8
"""Papers kept in a process. One of a province has some megabytes."""

_FIRST_HALF = ("six-month", "thematic", "own")
_SECOND_HALF = ("year", "action-month", "thematic", "own", "six-month")

Lang = Literal["vi", "en"]


@dataclass(frozen=True)
class Wish:
    """Which paper is asked for: an outline by its code, the returns that count, the paper's language."""

    outline: Outline
    basis: Basis
    lang: Lang
    map_day: date | None = None
    """The map that was chosen; None: that of the period's last day."""

    @property
    def map_text(self) -> str:
        return "" if self.map_day is None else self.map_day.isoformat()

    @property
    def asked(self) -> str:
        """The same as a query."""
        also = f"&{PARAMETER}={self.map_text}" if self.map_day else ""
        return f"kind={self.outline.code}&basis={self.basis}&lang={self.lang}{also}"


@dataclass(frozen=True)
class Preview:
    document: Document
    context: Context
    period: Period
    narrow: tuple[str, ...]
    """What of class C3 it tells: said again to whoever is handed it."""


_kept: dict[tuple[object, ...], Preview] = {}
_guard = Lock()


def outlines_for(seat: Seat, period: Period) -> list[Outline]:
    """The papers of the seat's unit in a period, those that are due at its end first."""
    order = _FIRST_HALF if period.half == 1 else _SECOND_HALF
    kind = seat.unit.kind
    fitting = [
        one
        for one in office().edition.outlines.values()
        if one.kind in order and (not one.for_kinds or is_kind(kind, one.for_kinds))
    ]
    return sorted(fitting, key=lambda one: order.index(one.kind))


def wish_of(seat: Seat, period: Period, asked: dict[str, str]) -> Wish | None:
    """What a query asks for, the first of the seat's papers where it asks for none; None where the seat has none."""
    found = outlines_for(seat, period)
    outline = next((one for one in found if one.code == asked.get("kind")), found[0] if found else None)
    if outline is None:
        return None
    basis: Basis = "submitted" if asked.get("basis") == "submitted" else "accepted"
    return Wish(outline, basis, "en" if asked.get("lang") == "en" else "vi", day_asked(asked.get(PARAMETER, "")))


def reported(period: Period, outline: Outline) -> Period:
    """The period a paper is of: that of the page, or its year."""
    return Period(period.year) if outline.kind == "year" else period


def preview(seat: Seat, period: Period, wish: Wish) -> Preview:
    """The paper as it would be made now. Refused where it cannot be."""
    held, reader, asked = office(), reader_for(seat, wish.basis), reported(period, wish.outline)
    paper = held.paper_of(seat.unit, asked)
    draft = draft_of(seat.unit, asked, wish.outline)
    decided = Decision.objects.aggregate(last=Max("pk"))["last"]
    day = wish.map_day or held.edition.calendar.last_day(asked)
    defined = (fingerprint(held.edition), plans_mark(seat.unit.pk, day))
    acted = TaskAct.objects.aggregate(last=Max("pk"))["last"]
    version = (version_of(reader), decided, acted, units_version(), defined, draft_mark(draft))
    key = (version, seat.unit.pk, reader.audience, asked, wish.outline.code, wish.basis, wish.lang, wish.map_day, paper)
    found = _kept.get(key)
    if found is None:
        if wish.map_day is not None and seat.unit.pk not in tree_on(wish.map_day):
            fields = {"unit": seat.name, "day": day_words(wish.map_day)}
            raise Refused(Fault("web.unit_not_there_on", "", fields))
        outline, values, context = frozen_for(
            reader=reader,
            unit=seat.unit,
            period=asked,
            kind=wish.outline.code,
            office=paper,
            lang=wish.lang,
            map_day=wish.map_day,
        )
        with speaking(wish.lang):
            edition = edition_for(reader, seat.unit, asked, wish.map_day)
            document = compose(edition=edition, outline=outline, values=values, context=context)
        named = {one.indicator for one in values.values.values()} & edition.indicators.keys()
        found = Preview(document, context, asked, told(edition, named, values.values.values()))
        with _guard:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = found
    narrow_read(*found.narrow)
    return found


def addresses_of(seat: Seat, period: Period, wish: Wish) -> Addresses:
    """Where the figures and charts of a paper lead on these pages."""

    def chart(number: int) -> str:
        return f"{reverse('report_chart', kwargs={'period': period, 'number': number})}?{wish.asked}"

    def section(place: str) -> str:
        if not seat.allows("consolidate"):
            return ""
        return f"{reverse('report_words', kwargs={'period': period})}?{wish.asked}#{section_mark(place)}"

    return Addresses(lambda key: figure_address(key, seat, period, reported(period, wish.outline)), chart, section)


def section_mark(place: str) -> str:
    """What a section is called in an address."""
    return "s" + hashlib.sha256(place.encode()).hexdigest()[:12]


def figure_address(key: str, seat: Seat, period: Period, of: Period | None = None) -> str:
    """The page that explains the figure behind a key of papers.bindings; the coverage on the same page for
    counts of units; "" where none does. `of`: the period of the paper, where the page stands in another."""
    source = source_of(key)
    if source is not None:
        return _explained(source.indicator, source.unit, source.period, source.map_day)
    kind, _sep, rest = key.partition(":")
    parts = rest.split("|")
    to = {
        "plan": lambda: _set(parts[0], seat, period),
        "between": lambda: _set(parts[0], seat, period),
        "targets": lambda: reverse("targets", kwargs={"period": period}),
        "tasks": lambda: tasks_behind(parts, period if of is None else of),
        "cited": lambda: f"{reverse('report_texts', kwargs={'period': period})}?heading={parts[0]}",
        "register": lambda: _counted(parts[0], parts[1], parts[2], seat, period),
        "entered": lambda: reverse("unit", kwargs={"key": seat.unit.key}),
        "row": lambda: reverse("unit", kwargs={"key": seat.unit.key}),
    }
    return to[kind]() if kind in to else "#coverage"


def _set(target: str, seat: Seat, period: Period) -> str:
    day = office().edition.calendar.last_day(period)
    found = edition_with_plans(office().edition, seat.unit.pk, day).targets.get(target)
    return _explained(found.indicator, seat.unit.key, period.code) if found else ""


def _counted(register: str, tally: str, part: str, seat: Seat, period: Period) -> str:
    """The records behind what a register counts; of all that keep it, or of the unit itself."""
    for name, led in (("register_reach", "areas_"), ("register_visits", "visits_")):
        if tally.startswith(led):
            state = f"?state={tally.removeprefix(led)}" if led == "areas_" and tally != "areas_all" else ""
            return reverse(name, kwargs={"period": period, "register": register}) + state
    address = reverse("register", kwargs={"period": period, "register": register})
    tally, _sep, answer = tally.partition(".")
    if answer:
        return f"{address}?counts={tally}&by={answer}"
    return f"{address}?counts={tally}" + (f"&unit={seat.unit.key}" if part == "own" else "")


def _explained(indicator: str, unit: str, period: str, map_day: date | None = None) -> str:
    """On the map that the figure stands on, whichever was chosen last: the page must show the same figure."""
    day = "" if map_day is None else map_day.isoformat()
    return f"{reverse('indicator', kwargs={'period': period, 'code': indicator})}?unit={unit}&map={day}"
