"""Which areas were reached by what was sent to them, in a language their people read; and which were not.

Areas and sendings are rows of two registers (`Reaching`), told of units as they were. On the map of another day each
stands with the units that took its unit over, by the acts in force; who took over a part says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Reaching, RegisterKind
from tienbo.core.shares import WHOLE
from tienbo.core.spans import Span
from tienbo.core.succession import transition
from tienbo.registers.models import Record
from tienbo.registers.rows import rows_of
from tienbo.units.frames import acts, lives, tree_on, unit_ids

State = Literal["reached", "other_language", "language_not_told", "not_reached"]
STATES: tuple[State, ...] = ("reached", "other_language", "language_not_told", "not_reached")
MEASURE = "area"
"""An attribute of the ground goes where the ground goes."""


class Taken(NamedTuple):
    """A unit as it was told of, and whether all of it went into the one that stands for it now."""

    unit: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent to a unit: the record it is told in, in which language, how much, when. `fits`: people there read
    it; None where it is not told what they read."""

    record: Record
    language: str
    copies: int | None
    day: date
    to: Taken
    fits: bool | None


@dataclass
class Area:
    """A unit of the map that is an area of some sorts, with what its people read and what came to it."""

    unit: int
    sorts: dict[str, None] = field(default_factory=dict)
    languages: dict[str, None] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    """Records that say it is one, by their keys."""
    taken: dict[Taken, None] = field(default_factory=dict)
    """Units that it took over, where one of those was told to be one."""
    sent: list[Sent] = field(default_factory=list)

    @property
    def state(self) -> State:
        if any(one.fits for one in self.sent):
            return "reached"
        if any(one.fits is None for one in self.sent):
            return "language_not_told"
        return "other_language" if self.sent else "not_reached"


class Moved:
    """Units of before and after on the units of one day."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.tree = tree_on(day)
        self._passed: dict[date, Mapping[int, Mapping[int, bool]]] = {}

    def stands_as(self, unit: int, told_on: date) -> Iterator[tuple[int, Taken]]:
        """The units of the day that stand for one that was told of on another."""
        if unit in self.tree:
            yield unit, Taken(unit, whole=True)
            return
        life = lives().get(unit)
        if life is None:
            return
        last = life.last_day or self.day
        source = max(life.start, min(told_on, last))
        for heir, whole in self._onward(source).get(unit, {}).items():
            yield heir, Taken(unit, whole)

    def _onward(self, source: date) -> Mapping[int, Mapping[int, bool]]:
        if source not in self._passed:
            moved = transition(acts(), lives(), source=source, target=self.day, measure=MEASURE)
            self._passed[source] = {
                unit: {heir: share == WHOLE for heir, share in row.items()} for unit, row in moved.rows.items()
            }
        return self._passed[source]


@dataclass(frozen=True)
class Reach:
    """The areas under some units on a day, and what was sent to them in a time (`span`; None: ever)."""

    kind: RegisterKind
    areas: RegisterKind
    within: frozenset[int]
    area_keepers: Collection[int]
    kit_keepers: Collection[int]
    span: Span | None
    on: date

    @cached_property
    def shape(self) -> Reaching:
        assert self.kind.reaching is not None  # noqa: S101 - whoever asks looked
        return self.kind.reaching

    @cached_property
    def found(self) -> list[Area]:
        """Every area of the day, in no order; a sort is asked of each (`sorts`)."""
        made: dict[int, Area] = {}
        moved, shape = Moved(self.on), self.shape
        rows = self.areas.by_code[shape.rows]
        for record in self._records(self.areas, self.area_keepers, shape.area_states):
            since, until = record.data.get(shape.since, ""), record.data.get(shape.until, "")
            if not since or self.on < date.fromisoformat(since):
                continue
            if until and self.on >= date.fromisoformat(until):
                continue
            for row in rows_of(rows, record.data):
                told = unit_ids().get(row.said.get(shape.unit, ""))
                for unit, taken in moved.stands_as(told, date.fromisoformat(since)) if told is not None else ():
                    if unit not in self.within:
                        continue
                    area = made.setdefault(unit, Area(unit))
                    area.sorts[record.data[shape.sort]] = None
                    area.records[record.key] = record
                    area.languages.update(dict.fromkeys(filter(None, map(row.said.get, shape.languages))))
                    if taken.unit != unit:
                        area.taken[taken] = None
        for unit, sent in self._sent(moved):
            if unit in made:
                area = made[unit]
                fits = sent.language in area.languages if area.languages else None
                area.sent.append(Sent(sent.record, sent.language, sent.copies, sent.day, sent.to, fits))
        for area in made.values():
            area.sent.sort(key=lambda one: (not one.fits, one.day, one.record.pk))
        return list(made.values())

    def _sent(self, moved: Moved) -> Iterator[tuple[int, Sent]]:
        shape = self.shape
        field = self.kind.by_code[shape.sent]
        for record in self._records(self.kind, self.kit_keepers, shape.states):
            language = record.data.get(shape.language, "")
            for row in rows_of(field, record.data):
                told, day = unit_ids().get(row.said.get(shape.to, "")), row.said.get(shape.sent_on, "")
                if told is None or not day:
                    continue
                sent_on = date.fromisoformat(day)
                if self.span is not None and not self.span.contains(sent_on):
                    continue
                copies = row.said.get(shape.copies, "")
                for unit, taken in moved.stands_as(told, sent_on):
                    held = Sent(record, language, int(copies) if copies else None, sent_on, taken, None)
                    yield unit, held

    @staticmethod
    def _records(kind: RegisterKind, units: Collection[int], states: Collection[str]) -> Iterator[Record]:
        rows = Record.objects.filter(kind=kind.code, unit__in=units, withdrawn=False, state__in=states)
        yield from rows.order_by("pk").iterator(chunk_size=500)


def reach_counts(areas: Collection[Area]) -> dict[State, int]:
    """How many areas there are of each state."""
    found: dict[State, int] = defaultdict(int)
    for area in areas:
        found[area.state] += 1
    return {state: found[state] for state in STATES}
