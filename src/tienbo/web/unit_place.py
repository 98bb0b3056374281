"""One unit as a page sees it: who looks, on the map of which day, what it is and was, what this reader may do there.

The unit was let through the door by the page's declaration; a period it did not stand in, or stood in under somebody
else's eyes, answers as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from tienbo.catalogue.definitions import Form, Sensitivity
from tienbo.catalogue.loading import Edition
from tienbo.collection.draft_models import Draft, Prepared
from tienbo.collection.editions import edition_of
from tienbo.collection.history import Told, campaigns_of, told
from tienbo.collection.models import Campaign
from tienbo.collection.sending import prepared_newest
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.tree import Tree, family
from tienbo.core.words import day_words
from tienbo.engine.evaluate import may_see_class
from tienbo.papers.workbook import UnitHeader
from tienbo.release.frozen import printed
from tienbo.units.access import Need, accessible_units
from tienbo.units.frames import tree_on, unit_codes, unit_keys, unit_names
from tienbo.units.models import ADMINISTRATIVE, GSO, Unit
from tienbo.web.access import Asked, Seat
from tienbo.web.families import family_words, kind_words
from tienbo.web.office import office
from tienbo.web.subject import seat_above


class Linked(NamedTuple):
    """A unit's name; `address` is empty where the reader may not open its page."""

    name: str
    address: str = ""


class Dated(NamedTuple):
    """Something that was so for a time: "Xã Đồng Tâm", "from 01/7/2025"."""

    what: str
    days: str


class Family(NamedTuple):
    """Units directly under another, of one family."""

    words: str
    units: tuple[Linked, ...]


def span_words(span: Span) -> str:
    """A span of days as paper says it, with its last day."""
    first = _("from {first}").format(first=day_words(span.start))
    last = span.last_day
    return first if last is None else _("{first} to {last}").format(first=first, last=day_words(last))


@dataclass(frozen=True)
class UnitPlace:
    """A unit for one reader. `period` is the half-year looked at; None where there is none to look at."""

    request: Asked
    unit: Unit
    period: Period | None
    campaigns: Mapping[Period, Campaign]
    """Half-years this reader may look at, the newest first."""

    # ------------------------------------------------------------------------------------------------ when

    @cached_property
    def day(self) -> date:
        """The day of the map: the period's last, or the unit's own last where it ended before; today without one."""
        if self.period is not None:
            return standing_day(self.unit, self.period) or self.unit.valid_from
        today = timezone.localdate()
        last = self.unit.span.last_day
        return max(self.unit.valid_from, min(today, last) if last else today)

    @property
    def is_there(self) -> bool:
        """Whether it stands on the period's last day, when figures are rolled up."""
        return self.period is not None and self.unit.span.contains(office().edition.calendar.last_day(self.period))

    @cached_property
    def tree(self) -> Tree:
        return tree_on(self.day)

    @cached_property
    def names(self) -> Mapping[int, str]:
        return unit_names(self.day)

    @property
    def name(self) -> str:
        return self.names.get(self.unit.pk) or str(self.unit.names.order_by("-valid_from").first() or self.unit.key)

    # ------------------------------------------------------------------------------------------- what it is

    @property
    def kind(self) -> str:
        return kind_words(self.unit.kind)

    @cached_property
    def under(self) -> list[Linked]:
        """What it stands under, from the parent up; the nation is left out."""
        line = [one for one in self.tree.ancestors(self.unit.pk) if self.tree.kinds[one] != "nation"]
        return [self.linked(one) for one in line if one in self.names]

    @cached_property
    def below(self) -> list[Family]:
        """What stands directly under it, as far as the reader may read it, in the order of paper."""
        families: dict[str, list[Linked]] = {}
        children = (one for one in self.tree.children.get(self.unit.pk, ()) if one in self.readable)
        for one in printed(children, self.tree, self.names):
            families.setdefault(family(self.tree.kinds[one]), []).append(self.linked(one))
        return [Family(family_words(one), tuple(held)) for one, held in families.items()]

    @property
    def below_count(self) -> int:
        return sum(len(family.units) for family in self.below)

    def linked(self, unit: int) -> Linked:
        name = self.names.get(unit, "")
        if unit not in self.readable:
            return Linked(name)
        address = reverse("unit", kwargs={"key": unit_keys()[unit]})
        return Linked(name, f"{address}?period={self.period}" if self.period else address)

    @cached_property
    def readable(self) -> frozenset[int]:
        return accessible_units(self.request.user, need="view", on=self.day, acting_on=timezone.localdate())

    @property
    def lived(self) -> str:
        words = span_words(self.unit.span)
        return words if self.unit.begin_is_known else _("{days}, or earlier").format(days=words)

    @cached_property
    def called(self) -> list[Dated]:
        return [
            Dated(row.text, span_words(row.span)) for row in self.unit.names.filter(lang="vi").order_by("valid_from")
        ]

    @cached_property
    def coded(self) -> list[Dated]:
        """The codes it held; those of another scheme than the catalogue of administrative units with their scheme."""
        return [
            Dated(row.code if row.scheme == GSO else str(row), span_words(row.span))
            for row in self.unit.codes.order_by("valid_from", "scheme")
        ]

    @cached_property
    def bodies(self) -> list[Dated]:
        """Its committee and other bodies, one after the other."""
        return [Dated(row.name, span_words(row.span)) for row in self.unit.bodies.order_by("valid_from", "name")]

    @cached_property
    def stood(self) -> list[Dated]:
        """What it stood under, one after the other."""
        rows = self.unit.placements.filter(line=ADMINISTRATIVE).order_by("valid_from").select_related("parent")
        return [Dated(_name_of(row.parent, row.valid_from), span_words(row.span)) for row in rows]

    @property
    def header(self) -> UnitHeader:
        """How a form names the unit."""
        parent = self.tree.parents.get(self.unit.pk)
        above = self.names.get(parent, "") if parent is not None else ""
        return UnitHeader(self.unit.key, self.name, above, unit_codes(self.day, GSO).get(self.unit.pk, ""))

    # --------------------------------------------------------------------------------------- what it sent

    @cached_property
    def told(self) -> dict[Period, Told]:
        return told(unit=self.unit, campaigns=self.campaigns.values(), today=timezone.localdate())

    @property
    def now(self) -> Told | None:
        return self.told.get(self.period) if self.period is not None else None

    def edition(self, period: Period) -> Edition:
        """The definitions a half-year was opened with."""
        return edition_of(self.campaigns[period].edition.fingerprint)

    def form(self, period: Period) -> Form | None:
        """The form the unit owes for a half-year; None where it owes none."""
        return self.edition(period).form_for(self.unit.kind, period)

    def earlier(self) -> Iterator[Told]:
        """The half-years in which it owed or sent something, the newest first."""
        yield from (one for period, one in self.told.items() if one.sent or self.form(period) is not None)

    # ------------------------------------------------------------------------------------ what one may do

    @cached_property
    def _seen_from(self) -> tuple[Seat, int] | None:
        return seat_above(self.request, self.unit, self.day)

    @property
    def seat(self) -> Seat | None:
        """The reader's seat from which the unit is read: the chosen one where it covers the unit, else another."""
        return self._seen_from[0] if self._seen_from else None

    @cached_property
    def sees_content(self) -> bool:
        """Whether the reader may see a return itself, which may hold figures of the narrowest class: its unit, and the
        office that consolidates it, or whoever took that one over."""
        if self._seen_from is None:
            return False
        seat, at = self._seen_from
        return may_see_class(Sensitivity.C3, seat.audience(at), self.unit.pk, self.tree)

    def may(self, need: Need) -> bool:
        return may(self.request, self.unit, need, self.day)

    @property
    def may_enter(self) -> bool:
        return self.may("enter")

    @property
    def may_enter_here(self) -> bool:
        """Whether figures are entered on the page: also where the workbook is sent."""
        return self.may_enter and self.sees_content

    @property
    def prepared(self) -> Prepared | None:
        """What was handed to the head of the unit and waits."""
        if self.period is None:
            return None
        draft = Draft.objects.filter(campaign=self.campaigns[self.period], unit=self.unit).first()
        return prepared_newest(draft) if draft is not None else None

    @property
    def may_decide(self) -> bool:
        return self.may("accept")

    @property
    def may_approve(self) -> bool:
        return self.may("approve")

    @property
    def may_sign(self) -> bool:
        return self.may_enter or self.may_approve


def standing_day(unit: Unit, period: Period) -> date | None:
    """The day a unit is looked at in a period: its last one, or the unit's own last in it. None where it did not
    stand in the period, or no longer at its end without having ended in it."""
    span = office().edition.calendar.span(period)
    last = office().edition.calendar.last_day(period)
    ended = unit.span.last_day
    day = ended if ended is not None and span.start <= ended < last else last
    return day if unit.span.contains(day) else None


def may(request: Asked, unit: Unit, need: Need, on: date) -> bool:
    """Whether the person may do something at a unit, on the map of a day."""
    return unit.pk in accessible_units(request.user, need=need, on=on, acting_on=timezone.localdate())


def place_of(request: Asked, unit: Unit, period: Period | None = None, *, alone: bool = False) -> UnitPlace:
    """The unit in a period, by default the newest one that was opened. 404 for a period it has nothing to do with.
    `alone`: other half-years are not looked at."""
    campaigns = {}
    for one, row in campaigns_of(unit=unit, home=office().home, period=period if alone else None).items():
        day = standing_day(unit, one)
        if day is not None and may(request, unit, "view", day):
            campaigns[one] = row
    if period is not None and period not in campaigns:
        raise Http404
    return UnitPlace(request, unit, period or next(iter(campaigns), None), campaigns)


def _name_of(unit: Unit, day: date) -> str:
    return unit_names(max(day, unit.valid_from)).get(unit.pk, "") or str(
        unit.names.order_by("valid_from").first() or ""
    )
