"""What a page about one indicator is about: who asks, the indicator, the unit chosen by ?unit=KEY, the period.

The unit is one that the person may read and that stands at or under their seat; any other answers as one that does not
exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tienbo.catalogue.definitions import Indicator, Target
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.core.words import day_words, sort_key
from tienbo.engine.values import FrozenValues, Value
from tienbo.ground.keys import is_key
from tienbo.papers import judgement, maps
from tienbo.papers.bindings import Binder
from tienbo.papers.context import Context, UnitRef, period_name
from tienbo.release.reading import act_names
from tienbo.units.access import Need, access_unit, accessible_units
from tienbo.units.frames import roots_on, tree_on, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, Seat, seats_of
from tienbo.web.binders import edition_seen
from tienbo.web.figures import figures
from tienbo.web.maps import root_above, under
from tienbo.web.office import office

worded(
    {
        "web.unit_not_there": N_("{unit} did not exist at the end of the period: {period}."),
        "web.unit_not_there_on": N_("{unit} did not exist on {day}, the day of the map that was chosen."),
    }
)


@dataclass(frozen=True)
class Place:
    """A unit seen by a seat in a period, on the map that was chosen, else on that of the period's last day."""

    request: Asked
    unit: Unit
    period: Period

    @property
    def seat(self) -> Seat:
        return self.request.seat

    @cached_property
    def edition(self) -> Edition:
        """With the targets of its own."""
        return edition_seen(self.seat, self.unit.pk, self.day)

    @property
    def map_day(self) -> date | None:
        """The day of the map that was chosen; None: each period on its own."""
        return self.request.map_day

    @property
    def map_text(self) -> str:
        """The same as a part of a query; "" for none."""
        return "" if self.map_day is None else self.map_day.isoformat()

    @cached_property
    def day(self) -> date:
        """The day of the map that the unit is seen on."""
        return self.map_day or office().edition.calendar.last_day(self.period)

    @cached_property
    def root(self) -> int:
        """What the seat reads from on this map: its unit, or the one of those it was formed of that holds this one."""
        seat = self.seat.unit.pk
        return root_above(self.unit.pk, seat, self.day) or seat

    def figures(self, periods: Sequence[Period], *, map_day: date | None = None, **asked: Any) -> FrozenValues:
        """Values as this seat reads them, on the map that was chosen; without one, on `map_day` where it is given,
        else on each period's own."""
        if not periods:
            return FrozenValues({})
        return figures(self.seat, periods, map_day=self.map_day or map_day, root=self.root, **asked)

    @cached_property
    def tree(self) -> Tree:
        return tree_on(self.day)

    @property
    def need(self) -> Need:
        return need_of(self.seat)

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Asked for once: each asking makes sure that the map has not changed."""
        return unit_names(self.day)

    @cached_property
    def keys(self) -> Mapping[int, str]:
        return unit_keys()

    @property
    def name(self) -> str:
        return self.names.get(self.unit.pk, self.unit.key)

    @cached_property
    def ref(self) -> UnitRef:
        return UnitRef(self.unit.key, self.name, self.tree.kinds[self.unit.pk])

    @cached_property
    def above(self) -> list[UnitRef]:
        """The units above it that the person may read, from the seat down."""
        line = [one for one in self.tree.ancestors(self.unit.pk) if one in self.readable]
        return [self.named(one) for one in reversed(line)]

    @cached_property
    def below(self) -> list[UnitRef]:
        """The units placed directly under it that the person may read, in dictionary order."""
        found = [self.named(one) for one in self.tree.children.get(self.unit.pk, ()) if one in self.readable]
        return sorted(found, key=lambda one: sort_key(one.name))

    def note(self, values: Iterable[Value]) -> list[str]:
        """What must stand beside values that were read on another map; nothing where all stand on their own."""
        values = list(values)
        return maps.note(values, act_names(key for value in values for key in value.acts))

    @cached_property
    def readable(self) -> frozenset[int]:
        """Units that the person may read from this seat."""
        allowed = accessible_units(self.request.user, need=self.need, on=self.day, acting_on=timezone.localdate())
        return allowed.intersection(under(self.seat.unit.pk, self.day))

    @cached_property
    def beside(self) -> list[UnitRef]:
        """Units that the seat's own was formed of, where the map is of before and there are several to choose from."""
        roots = roots_on(self.seat.unit.pk, self.day)
        return sorted(map(self.named, roots), key=lambda one: sort_key(one.name)) if len(roots) > 1 else []

    def named(self, unit: int) -> UnitRef:
        return UnitRef(self.keys[unit], self.names.get(unit, self.keys[unit]), self.tree.kinds[unit])

    @cached_property
    def targets(self) -> list[Target]:
        """Targets that hold for the unit in the period's year."""
        return judgement.applicable(self.edition, self.context)

    @cached_property
    def context(self) -> Context:
        """As much of a paper's context as words about values need."""
        edition = self.edition
        line = (self.unit.pk, *self.tree.ancestors(self.unit.pk))
        names, keys = self.names, self.keys
        return Context(
            unit=self.ref,
            profile=edition.signing_profiles[office().settings.signing],
            place=office().settings.place,
            period=self.period.code,
            span=edition.calendar.span(self.period),
            province=next((names.get(one, "") for one in line if self.tree.kinds[one] == "province"), ""),
            owners=frozenset(keys[one] for one in line[1:]),
        )

    def binder(self, values: FrozenValues, period: Period | None = None) -> Binder:
        """The reader of values as papers word them, seen from a period (this one)."""
        context = self.context if period is None else replace(self.context, period=period.code)
        return Binder(self.edition, values, context)

    @property
    def when(self) -> str:
        return period_name(self.period)


@dataclass(frozen=True)
class Subject(Place):
    """One indicator of one unit."""

    indicator: Indicator

    @property
    def code(self) -> str:
        return self.indicator.code

    @cached_property
    def held_to(self) -> list[Target]:
        """The targets that set values for the indicator."""
        return [one for one in self.targets if self.code in (one.indicator, *one.also)]

    @cached_property
    def target(self) -> Target | None:
        """The one that was chosen (?target=CODE), else the first that sets numbers."""
        numbered = [one for one in self.held_to if any(found.value is not None for found in one.values.values())]
        wanted = self.request.GET.get("target")
        return next((one for one in numbered if one.code == wanted), numbered[0] if numbered else None)


def need_of(seat: Seat) -> Need:
    return "visit" if seat.is_partner else "view"


def place(request: Asked, period: Period) -> Place:
    """The place a page is about. 404 for a unit that may not be read; Refused for one that was not there then."""
    made = Place(request, _unit(request, period), period)
    _check(made)
    return made


def subject(request: Asked, period: Period, code: str) -> Subject:
    """The same for one indicator; 404 for one that the definitions do not have."""
    indicator = office().edition.indicators.get(code)
    if indicator is None:
        raise Http404
    made = Subject(request, _unit(request, period), period, indicator)
    _check(made)
    return made


def _unit(request: Asked, period: Period) -> Unit:
    key, day = request.GET.get("unit", ""), request.map_day or office().edition.calendar.last_day(period)
    if key in ("", request.seat.unit.key):
        key = _first(request.seat, day)
    elif not is_key(key, "unit"):
        raise Http404
    try:
        today = timezone.localdate()
        return access_unit(request.user, key, need=need_of(request.seat), on=day, acting_on=today)
    except Refused as refused:
        raise Http404 from refused


def not_standing(request: Asked, day: date) -> HttpResponse:
    """The page of a seat whose unit was not there on a day: what it was formed of, and the way to those figures."""
    unit, names, keys = request.seat.unit, unit_names(day), unit_keys()
    tree = tree_on(day)
    roots = [UnitRef(keys[one], names.get(one, keys[one]), tree.kinds[one]) for one in roots_on(unit.pk, day)]
    context = {
        "day": day,
        "since": unit.valid_from,
        "forerunners": sorted(roots, key=lambda one: sort_key(one.name)),
        "may_receive": request.seat.allows("accept"),
    }
    return render(request, "web/not_standing.html", context)


def seat_above(request: Asked, unit: Unit, day: date) -> tuple[Seat, int] | None:
    """The seat that reads a unit on a day, and as which unit it does (`root_above`): the one chosen, else another of
    the person's. None where the unit does not stand on the day, or no seat reads it."""
    if unit.pk not in tree_on(day):
        return None
    for seat in _chosen_first(request):
        root = root_above(unit.pk, seat.unit.pk, day)
        if root is not None and seat.allows("view"):
            return seat, root
    return None


def _chosen_first(request: Asked) -> Iterator[Seat]:
    yield request.seat
    yield from seats_of(request.user)


def _first(seat: Seat, day: date) -> str:
    """The seat's own unit; on a map of before it was there, the first by name of those it was formed of."""
    roots, names = roots_on(seat.unit.pk, day), unit_names(day)
    if not roots or seat.unit.pk in roots:
        return seat.unit.key
    return unit_keys()[min(roots, key=lambda one: sort_key(names.get(one, "")))]


def _check(made: Place) -> None:
    unit, seat = made.unit.pk, made.seat.unit.pk
    if unit != seat and unit not in set(under(seat, made.day)):
        raise Http404
    if unit not in made.tree:
        if made.map_day is not None:
            raise Refused(Fault("web.unit_not_there_on", "", {"unit": made.seat.name, "day": day_words(made.day)}))
        name = made.seat.name
        raise Refused(Fault("web.unit_not_there", "", {"unit": name, "period": period_name(made.period)}))
