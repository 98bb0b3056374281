"""Why a value is what it is, as rows: parts by unit, who is missing, facts down to file, cell, revision and decisions.

What an explanation shows of units is limited to those the person may read; of the others it says how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from threading import Lock
from typing import NamedTuple

from tienbo.catalogue.definitions import Sensitivity, Unit
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import fold, number, sort_key
from tienbo.engine.explain import Explanation, FactBehind, Predecessor
from tienbo.engine.terms import elements_of, is_ratio, sensitivity
from tienbo.engine.values import FrozenValues, Status
from tienbo.ground.acting import narrow_read
from tienbo.papers.context import period_name
from tienbo.release.one_map import explained_on_own_map
from tienbo.release.reading import Origin, origins
from tienbo.units.frames import lives, unit_ids, unit_names
from tienbo.units.versions import units_version
from tienbo.web.access import reader_for
from tienbo.web.definition import series_words
from tienbo.web.figures import version_of
from tienbo.web.links import link
from tienbo.web.series import Shown, shown
from tienbo.web.subject import Subject

QUALIFIERS: Mapping[str, str] = {
    "exact": N_("official"),
    "estimate": N_("estimate"),
    "at_least": N_("over, more than"),
}

ORIGINS: Mapping[str, str] = {
    "entered": N_("entered"),
    "nil": N_("said to be nil"),
    "unchanged": N_("said to be unchanged"),
    "counted": N_("counted from rows"),
    "register": N_("from a register"),
    "published": N_("published"),
}

KEPT = 32
"""Explanations kept in a process: somebody turning the leaves of one."""

_Key = tuple[object, ...]
_kept: dict[_Key, Explanation] = {}
_guard = Lock()


def explained(about: Subject) -> Explanation:
    """How a value came about; kept until the facts or the map change."""
    reader = reader_for(about.seat, root=about.root)
    asked = (about.code, about.unit.pk, about.period, about.map_day)
    key = (version_of(reader), units_version(), id(reader.edition), reader.audience, reader.scope, *asked)
    found = _kept.get(key)
    if found is None:
        found = reader.explain(*asked) if about.map_day else explained_on_own_map(reader, *asked[:3])
        with _guard:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = found
    if sensitivity(reader.edition, reader.edition.indicators[about.code]) is Sensitivity.C3:
        narrow_read(about.code)  # kept or not
    return found


class Part(NamedTuple):
    """What a unit gave to the value. `is_self`: what the unit told itself, beside those under it."""

    key: str
    name: str
    shown: Shown
    is_self: bool


class Came(NamedTuple):
    """A unit whose figure came into a value on another map; `share` says how much of it, "" for all."""

    name: str
    shown: Shown
    share: str


def _share(one: Predecessor) -> str:
    low, high = (number(part * 100, 1) for part in (one.low, one.high))
    if one.low == one.high:
        return "" if one.low == 1 else f"{low} %"
    if one.best is not None:
        return _("{share} %, an estimate between {low} and {high}").format(
            share=number(one.best * 100, 1), low=low, high=high
        )
    return _("between {low} and {high} %").format(low=low, high=high)


@dataclass(frozen=True)
class Told:
    """A fact in words, without where it came from."""

    period: str
    what: str
    figure: str
    qualifier: str
    origin: str
    fact: FactBehind

    @property
    def is_estimate(self) -> bool:
        return self.fact.qualifier == "estimate"


class Traced(NamedTuple):
    """What one revision of a unit told, and its origin: file, who prepared and approved it, what was decided."""

    unit: str
    told: tuple[Told, ...]
    origin: Origin
    file: str
    """Where the file can be had, untouched."""


@dataclass(frozen=True)
class Explained:
    """An explanation for the page."""

    subject: Subject
    made: Explanation

    @cached_property
    def shown(self) -> Shown:
        return shown(self.subject.binder(FrozenValues.of([self.made.value])), self.made.value)

    @property
    def sum_text(self) -> str:
        """The division itself, "1.234 : 2.449 × 100 = 50,4"; "" for a value that is no quotient."""
        value, indicator = self.made.value, self.made.indicator
        if value.status is not Status.VALUE or value.numerator is None or not value.denominator:
            return ""
        if not is_ratio(self.subject.edition, indicator) or indicator.unit is Unit.BOOLEAN:
            return ""
        times = f" × {number(indicator.unit.scale)}" if indicator.unit.scale != 1 else ""
        return f"{number(value.numerator)} : {number(value.denominator)}{times} = {self.shown.text}"

    @cached_property
    def parts(self) -> list[Part]:
        """Parts of units that may be read: the unit itself first, then in dictionary order."""
        binder = self.subject.binder(FrozenValues.of(self.made.parts))
        names = {one.key: one.name for one in (self.subject.ref, *self.subject.below)}
        found = [
            Part(value.unit, names[value.unit], shown(binder, value), value.unit == self.subject.unit.key)
            for value in self.made.parts
            if value.unit in names
        ]
        return sorted(found, key=lambda part: (not part.is_self, sort_key(part.name)))

    @cached_property
    def came(self) -> list[Came]:
        """On another map: the units of the period's own map whose figures came into the value, by name."""
        found = []
        for one in self.made.predecessors:
            if one.value.status is Status.WITHHELD:
                continue
            name = self._named(one.unit, one.period)
            found.append(Came(name, shown(self.subject.binder(FrozenValues.of([one.value])), one.value), _share(one)))
        return sorted(found, key=lambda one: sort_key(one.name))

    @cached_property
    def is_divided(self) -> bool:
        """Whether some of them came by a share."""
        return any(one.share for one in self.came)

    def _named(self, unit: int, period: Period | None = None) -> str:
        """What a unit is called on the map it is read on, else on that of its period, else on its own last day."""
        if unit in self.subject.names:
            return self.subject.names[unit]
        life = lives()[unit]
        day = self.subject.edition.calendar.last_day(period or self.subject.period)
        return unit_names(day if life.contains(day) else life.last_day or life.start)[unit]

    @cached_property
    def missing(self) -> list[str]:
        """Names of units that owe a part and did not tell it."""
        names = [self._named(one) for one in self.made.missing if self._may_read(one)]
        return sorted(names, key=sort_key)

    @cached_property
    def unread(self) -> int:
        """How many units told or owe parts that this person reads no closer than as a sum."""
        ids = unit_ids()
        units = {*(fact.unit for fact in self.made.facts), *self.made.missing, *(ids[p.unit] for p in self.made.parts)}
        return sum(not self._may_read(unit) for unit in units)

    def _may_read(self, unit: int) -> bool:
        return unit == self.subject.unit.pk or unit in self.subject.readable or unit in self._came_from

    @cached_property
    def _came_from(self) -> frozenset[int]:
        """Units whose figures are read because every unit that took them over is."""
        seen = (one.unit for one in self.made.predecessors if one.value.status is not Status.WITHHELD)
        return frozenset(seen)

    @cached_property
    def _readable(self) -> list[FactBehind]:
        return [fact for fact in self.made.facts if self._may_read(fact.unit)]

    @cached_property
    def _in_formula(self) -> frozenset[str]:
        """Series that the formula names, each part of a breakdown it tests among them."""
        found = set()
        for term in self.subject.indicator.terms:
            members = self.subject.edition.breakdowns[term.each].members if term.each else ()
            one = term.series
            found |= {str(one.with_member(term.each or "", member)) for member in members} or {str(one)}
        return frozenset(found)

    def _counts_here(self, fact: FactBehind) -> bool:
        """Whether the formula reads the fact, or a figure it reads was counted from it."""
        return fact.series in self._in_formula or fact.series.partition("[")[0] not in self._elements

    @cached_property
    def _elements(self) -> frozenset[str]:
        return frozenset(one.code for one in elements_of(self.subject.edition, self.subject.indicator))

    @cached_property
    def other_facts(self) -> int:
        """Facts of the same elements that this formula does not read: other members of their breakdowns."""
        return sum(not self._counts_here(fact) for fact in self._readable)

    def facts(self, *, text: str = "", every: bool = False) -> list[list[FactBehind]]:
        """Facts, those of one revision together, by unit; of units whose name holds `text`, with or without marks."""
        wanted = fold(text)
        held = [fact for fact in self._readable if every or self._counts_here(fact)]
        names = {unit: self._named(unit) for unit in {fact.unit for fact in held}}
        order = {unit: index for index, unit in enumerate(sorted(names, key=lambda one: sort_key(names[one])))}
        kept = [fact for fact in held if wanted in fold(names[fact.unit])] if wanted else held
        kept.sort(key=lambda one: (order[one.unit], one.period, one.revision, one.series))
        together = groupby(kept, key=lambda one: (one.unit, one.period, one.revision))
        return [list(rows) for _of, rows in together]

    def traced(self, leaf: Sequence[Sequence[FactBehind]]) -> list[Traced]:
        """Facts in words with their origin. Of a leaf at a time: an origin is read from the return itself."""
        came = origins(rows[0].revision for rows in leaf)
        found = []
        for rows in leaf:
            unit, origin = rows[0].unit, came[rows[0].revision]
            file = link("unit_original", key=self.subject.keys[unit], period=rows[0].period, number=origin.number)
            found.append(Traced(self._named(unit), tuple(map(self._told, rows)), origin, file if origin.file else ""))
        return found

    def _told(self, fact: FactBehind) -> Told:
        figure = _("not applicable") if fact.value is None else number(fact.value)
        return Told(
            period=period_name(fact.period),
            what=series_words(self.subject.edition, fact.series),
            figure=f"≥ {figure}" if fact.qualifier == "at_least" else figure,
            qualifier=_(QUALIFIERS[fact.qualifier]),
            origin=_(ORIGINS[fact.origin]),
            fact=fact,
        )


def explanation(subject: Subject) -> Explained:
    return Explained(subject, explained(subject))
