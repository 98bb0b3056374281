"""What a sheet of a reorganisation means: who closes, who opens, what changes of units that go on, what went where.

Numbers of units are row ids; those of units that the sheet opens are below zero until they have rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from tienbo.core.faults import Fault
from tienbo.core.spans import Span
from tienbo.core.tree import Place, Tree
from tienbo.processes.reorganise_sheet import SheetRow
from tienbo.units.frames import lives, tree_on, unit_names
from tienbo.units.models import Body, Reorganisation, Unit
from tienbo.units.reorganisations import ActText, Went

Code = tuple[str, str]


@dataclass
class NewUnit:
    """A unit that the sheet opens. `parent` may be a new unit too."""

    number: int
    name: str
    kind: str
    parent: int | None
    code: Code | None
    place: str
    parent_place: str


@dataclass
class Move:
    """What changes of a unit that goes on."""

    unit: int
    place: str
    name: str = ""
    parent: int | None = None
    code: Code | None = None

    @property
    def is_none(self) -> bool:
        return not self.name and self.parent is None and self.code is None


class NewBody(NamedTuple):
    """A body that the sheet founds at a unit, which may be a new one too."""

    unit: int
    kind: str
    name: str


class BodyRow(NamedTuple):
    """What becomes of a body that ends: `kind` as in BodySuccession; into one that is there, or one that is founded."""

    body: Body
    kind: str
    into: Body | NewBody | None
    place: str

    @property
    def into_name(self) -> str:
        return self.into.name if self.into else ""

    @property
    def into_unit(self) -> int | None:
        if self.into is None:
            return None
        return self.into.unit if isinstance(self.into, NewBody) else self.into.unit_id


class Row(NamedTuple):
    """One row as it was understood: what went where, and its cells."""

    sheet: SheetRow
    event: str
    before: int | None
    after: int | None
    extent: str


@dataclass
class Plan:
    """What a sheet means. Numbers are row ids; those below zero are of `opens`."""

    text: ActText
    stage: str
    day: date | None
    corrects: Reorganisation | None = None
    opens: dict[int, NewUnit] = field(default_factory=dict)
    closes: dict[int, str] = field(default_factory=dict)
    """Unit → the cell that says so."""
    moves: dict[int, Move] = field(default_factory=dict)
    went: list[Went] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    bodies: list[BodyRow] = field(default_factory=list)
    """Bodies that end: those that rows name, and all others of units that close."""
    unread: list[SheetRow] = field(default_factory=list)
    """Rows with a fault: what follows from their absence is not told as well."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def on(self) -> date:
        """The day in force, of a plan that has one."""
        assert self.day is not None  # noqa: S101 - the caller asked
        return self.day

    @property
    def eve(self) -> date:
        return self.on - timedelta(days=1)

    def name(self, unit: int | None) -> str:
        """What the plan calls a unit: its new name, else its name on the eve or the day, else when it last had one."""
        if unit is None:
            return ""
        if unit in self.opens:
            return self.opens[unit].name
        for day in (self.eve, self.day) if self.day else ():
            if day is not None and unit in unit_names(day):
                return unit_names(day)[unit]
        row = Unit.objects.get(pk=unit)
        return str(row.names.filter(lang="vi").order_by("-valid_from").first() or row.key)

    def lives(self) -> Mapping[int, Span]:
        """The days of every unit as they will be."""
        found = dict(lives())
        if self.day is None:
            return found
        for unit in self.closes:
            if found[unit].contains(self.day) and found[unit].start < self.day:
                found[unit] = Span(found[unit].start, self.day)
        return found | {unit: Span(self.day) for unit in self.opens}


def tree_after(plan: Plan) -> Tree:
    """The map of the act's day as the plan will leave it; ValueError where that is none (a circle)."""
    held = tree_on(plan.on)
    gone = {unit for unit in plan.closes if plan.day != lives()[unit].start}
    places = []
    for unit, kind in held.kinds.items():
        if unit in gone:
            continue
        parent = held.parents.get(unit)
        move = plan.moves.get(unit)
        places.append(Place(unit, move.parent if move and move.parent is not None else parent, kind))
    places += [Place(one.number, one.parent, one.kind) for one in plan.opens.values()]
    there = {place.unit for place in places}
    return Tree(place if place.parent in there else place._replace(parent=None) for place in places)
