"""Counts of a group by sex × age × ethnicity × education: what a unit told on a day, and what of it is withheld.

A cell is told or not told, and zero is a count. Totals and parts are both kept; where the parts are less than their
total the rest is "not known". Of a group whose small counts are withheld (planning: fewer than ten) the unit itself
sees all; everybody else sees a table from which no small count can be worked out, sums and rests included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import CountGroup
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind
from tienbo.disclosure import tables
from tienbo.disclosure.policy import Policy, Rule, Tier
from tienbo.disclosure.protect import protect
from tienbo.posts.models import PostCount
from tienbo.posts.services import Attested, count_tell
from tienbo.posts.told import Read
from tienbo.units.models import Unit

DIMENSIONS = ("sex", "age", "ethnicity", "education")

worded(
    {
        "counts.above_total": N_("{part} is told as {count}, {whole} as {total}: a part is no more than its total."),
        "counts.sum_above_total": N_("The parts of {whole} by {dimension} make {sum}, more than its total of {total}."),
        "counts.sum_below_total": N_(
            "All parts of {whole} by {dimension} are told and make {sum}; its total is told as {total}."
        ),
        "counts.nothing_told": N_("No count is filled in. Blank is “not told”; where there is nobody, write 0."),
        "counts.not_of_unit": N_("{group} is not counted by a unit of this kind."),
    }
)


class Coord(NamedTuple):
    """What a cell is of: a member of each breakdown, "" for all of them together."""

    sex: str = ""
    age: str = ""
    ethnicity: str = ""
    education: str = ""

    def said(self, edition: Edition) -> str:
        """In words; "" for everybody."""
        held = edition.post_breakdowns
        return ", ".join(str(held[name].members[code]) for name, code in zip(DIMENSIONS, self, strict=True) if code)


Cells = Mapping[Coord, int]


@dataclass(frozen=True)
class CountTable:
    """What a source says of a group of a unit on a day."""

    unit: int
    group: str
    day: date
    source: str
    published_on: date | None
    attested: Attested | None
    cells: dict[Coord, int] = field(default_factory=dict)

    def read_by(self, *, owner: bool, edition: Edition) -> dict[Coord, int | None]:
        """The cells as somebody reads them, None where withheld: everything for the unit itself."""
        group = edition.count_groups.get(self.group)
        if owner or group is None or group.least is None:
            return dict(self.cells)
        kept = withheld(self.cells, group.least, edition)
        return {at: None if at in kept else count for at, count in self.cells.items()}


def groups_of(unit: Unit, on: date, edition: Edition) -> list[CountGroup]:
    """The groups that a unit of this kind tells counts of."""
    kinds = edition.body_kinds
    return [
        one
        for one in edition.count_groups.values()
        if one.holds(on)
        and one.by
        and (
            is_kind(unit.kind, one.units)
            if one.units
            else any(is_kind(unit.kind, kinds[body].units) for body in one.bodies)
        )
    ]


def tables_of(units: Iterable[int], edition: Edition, groups: Iterable[str] | None = None) -> list[CountTable]:
    """What was told of units (row ids), group by group, the last day first; sources apart."""
    rows = PostCount.objects.filter(unit__in=list(units), standing=1)
    if groups is not None:
        rows = rows.filter(group__in=list(groups))
    order = {code: at for at, code in enumerate(edition.count_groups)}
    found: dict[tuple[int, str, date, str], CountTable] = {}
    for row in rows.order_by("-day", "pk"):
        at = (row.unit_id, row.group, row.day, row.source)
        if at not in found:
            attested = Attested(row.attested_by, row.attested_number, row.attested_on) if row.attested_by else None
            found[at] = CountTable(*at, row.published_on, attested)
        found[at].cells[Coord(row.sex, row.age, row.ethnicity, row.education)] = row.persons
    return sorted(found.values(), key=lambda one: (order.get(one.group, len(order)), -one.day.toordinal()))


# --------------------------------------------------------------------------------------------------- what is withheld


def withheld(cells: Cells, least: int, edition: Edition) -> frozenset[Coord]:
    """Cells that are not shown, so that no count from 1 to `least` - 1 can be worked out of the rest: neither a cell,
    nor what is left of a total by what is told of its parts."""
    made, relations = _system(cells, edition)
    if not any(0 < one.value < least for one in made.values()):
        return frozenset()
    table = tables.Table.checked(made.values(), relations)
    rules = Policy({Tier.PARTNER: Rule(k=least, insiders=False)})
    plan = protect(table, tier=Tier.PARTNER, policy=rules, insiders=False)
    if plan.unmet:  # no plan keeps it: nothing is shown
        return frozenset(cells)
    return frozenset(at for at in cells if _key(at) in plan.hidden)


def _key(at: Coord) -> str:
    return "|".join(code or "*" for code in at)


def _system(cells: Cells, edition: Edition) -> tuple[dict[str, tables.Cell], list[tables.Relation]]:
    """Cells and every sum among them; what is left of a total is a cell of its own that is never printed."""
    made = {_key(at): tables.Cell(_key(at), count, level=sum(not code for code in at)) for at, count in cells.items()}
    relations = []
    for whole, _dimension, parts, total in _sums(cells, edition):
        rest = total - sum(cells[one] for one in parts)
        keys = [_key(one) for one in parts]
        if rest > 0 or len(parts) == 1:
            key = f"{_key(whole)}:{_dimension}:rest"
            made[key] = tables.Cell(key, rest, printed=False)
            keys.append(key)
        relations.append(tables.Relation(_key(whole), tuple(keys)))
    return made, relations


def _sums(cells: Cells, edition: Edition) -> Iterator[tuple[Coord, str, list[Coord], int]]:
    """(total, dimension, its parts that are told, the total's count) wherever a total and a part of it are told."""
    for whole, total in cells.items():
        for at, dimension in enumerate(DIMENSIONS):
            if whole[at]:
                continue
            parts = [
                one
                for code in edition.post_breakdowns[dimension].members
                if (one := whole._replace(**{dimension: code})) in cells
            ]
            if parts:
                yield whole, dimension, parts, total


# ---------------------------------------------------------------------------------------------------------- checks


def counts_faults(cells: Cells, edition: Edition) -> list[tuple[Coord, Fault]]:
    """Everything that counts contradict, each with the cell it is told at."""
    found: list[tuple[Coord, Fault]] = []
    for whole, dimension, parts, total in _sums(cells, edition):
        shape = edition.post_breakdowns[dimension]
        name = whole.said(edition) or TOTAL
        too_many = [one for one in parts if cells[one] > total]
        fields: dict[str, object] = {"whole": name, "total": total}
        for one in too_many:
            said = {"part": one.said(edition), "count": cells[one]}
            found.append((one, Fault("counts.above_total", "", {**fields, **said})))
        added = sum(cells[one] for one in parts)
        if too_many or added == total:
            continue
        fields |= {"dimension": shape.name, "sum": added}
        if added > total:
            found.append((whole, Fault("counts.sum_above_total", "", fields)))
        elif len(parts) == len(shape.members):
            found.append((whole, Fault("counts.sum_below_total", "", fields)))
    return found


class _Total:
    """“Everybody”, in the reader's language."""

    def __str__(self) -> str:
        from tienbo.core.messages import gettext

        return gettext("the total")


TOTAL = _Total()


# --------------------------------------------------------------------------------------------------------- writing


@dataclass(slots=True)
class Written:
    """What telling a table did."""

    added: int = 0
    corrected: int = 0
    untouched: int = 0


@transaction.atomic
def counts_tell(
    *,
    unit: Unit,
    group: str,
    day: date,
    cells: Cells,
    read: Read,
    attested: Attested | None,
    actor: Actor,
    edition: Edition,
) -> Written:
    """Tell a table of counts: what the same source told otherwise of the same day is corrected, what it told alike is
    left alone. Refused with everything that the counts contradict, those told before included."""
    if group not in {one.code for one in groups_of(unit, day, edition)}:
        shape = edition.count_groups.get(group)
        raise Refused(Fault("counts.not_of_unit", "", {"group": shape.name if shape else group}))
    if not cells:
        raise Refused(Fault("counts.nothing_told"))
    Unit.objects.select_for_update().get(pk=unit.pk)
    there = {
        Coord(row.sex, row.age, row.ethnicity, row.education): row
        for row in PostCount.objects.filter(unit=unit, group=group, day=day, source=read.source, standing=1)
    }
    together = {**{at: row.persons for at, row in there.items()}, **cells}
    if faults := counts_faults(together, edition):
        raise Refused(*(Fault(one.code, "", {**one.fields, "coord": at}) for at, one in faults))
    done = Written()
    for at, persons in cells.items():
        before = there.get(at)
        if before is not None and _same(before, persons, read, attested):
            done.untouched += 1
            continue
        count_tell(
            unit=unit,
            group=group,
            day=day,
            persons=persons,
            by={name: code for name, code in zip(DIMENSIONS, at, strict=True) if code},
            attested=attested,
            read=read,
            actor=actor,
            edition=edition,
            replaces=before,
        )
        done.corrected += before is not None
        done.added += before is None
    return done


def _same(row: PostCount, persons: int, read: Read, attested: Attested | None) -> bool:
    told = (row.attested_by, row.attested_number, row.attested_on) if row.attested_by else None
    same = attested is None or told is None or told == tuple(attested)
    return (row.persons, row.published_on) == (persons, read.published_on) and same


def rows_of(table: CountTable | Sequence[Coord], edition: Edition) -> list[Coord]:
    """The rows of a table of counts, without sex, in the order of the pack: the total first."""
    held = table.cells if isinstance(table, CountTable) else table
    order = [["", *edition.post_breakdowns[name].members] for name in DIMENSIONS[1:]]
    rows = {at._replace(sex="") for at in held}
    return sorted(rows, key=lambda at: [codes.index(code) for codes, code in zip(order, at[1:], strict=True)])


def last_told(tables_: Iterable[CountTable]) -> dict[tuple[int, str], list[CountTable]]:
    """(unit, group) → what was told of its last day, source by source."""
    found: dict[tuple[int, str], list[CountTable]] = defaultdict(list)
    for one in tables_:
        held = found[one.unit, one.group]
        if not held or held[0].day == one.day:
            held.append(one)
    return dict(found)
