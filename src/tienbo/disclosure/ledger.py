"""The ledger: one system of this table and of everything its reader has read before.

A count that is printed anew as it was is the same count: whoever saw it knows it. One that changed is another count,
and the difference is a count of its own, small as it may be (41, then 42: one late case). What was hidden before stays
unknown, and the sums that bound it hold on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tienbo.disclosure.tables import Cell, Earlier, Relation, Share, Table


@dataclass(frozen=True)
class Joined:
    """`names`: key of a cell of the new table → its name in the whole. `known`: names whose count was printed before.
    `shares`: shares printed before, by names. `some`: names of which is known that they are at least one: they were
    hidden where no zero is."""

    table: Table
    names: Mapping[str, str]
    known: frozenset[str]
    shares: tuple[Share, ...]
    some: frozenset[str]


def joined(table: Table, earlier: Sequence[Earlier]) -> Joined:
    """All that left earlier, in order, and the new table, as one. Only what sums or shares bind to the new table."""
    last: dict[str, tuple[str, int]] = {}
    numbers: dict[str, int] = {}
    cells: dict[str, Cell] = {}
    relations: dict[Relation, None] = {}
    lines: dict[Relation, None] = {}
    known: set[str] = set()
    some: set[str] = set()
    shares: dict[Share, None] = {}
    names: dict[str, str] = {}
    for n, one in enumerate((*earlier, Earlier(table, 0))):
        names = {}
        for key, cell in one.table.cells.items():
            held = last.get(key)
            if held is not None and held[1] == cell.value:
                names[key] = held[0]
                cells[held[0]] = _both(cells[held[0]], cell)
                continue
            numbers[key] = numbers.get(key, 0) + 1
            name = key if held is None else f"{key}@{numbers[key]}"
            cells[name] = replace(cell, key=name)
            if held is not None:
                relations[_changed(cells, held, name, cell)] = None
            last[key] = (name, cell.value)
            names[key] = name
        relations |= dict.fromkeys(_named(row, names) for row in one.table.relations)
        lines |= dict.fromkeys(_named(row, names) for row in one.table.lines)
        if n < len(earlier):
            known |= {names[key] for key in one.printed}
            if not one.zeros:
                some |= {names[key] for key in one.hidden & one.table.cells.keys()}
            told = (share for share in one.table.shares if share.key not in one.hidden)
            shares |= dict.fromkeys(
                share._replace(numerator=names[share.numerator], denominator=names[share.denominator]) for share in told
            )
    near = _near(set(names.values()), relations, tuple(shares), known) if earlier else set(cells)
    bound = tuple(row for row in relations if {row.total, *row.parts} <= near)
    told_of = tuple(row for row in lines if {row.total, *row.parts} <= near)
    made = Table.checked((cells[one] for one in cells if one in near), bound, (), told_of)
    kept = tuple(one for one in shares if {one.numerator, one.denominator} <= near)
    return Joined(made, names, frozenset(known & near), kept, frozenset(some & near))


def _both(old: Cell, new: Cell) -> Cell:
    """The same count in two tables: printed where either prints it; what its unit and level are, either may say."""
    return replace(
        old,
        printed=old.printed or new.printed,
        owner=new.owner or old.owner,
        largest=max(old.largest, new.largest),
        is_small_a_matter=old.is_small_a_matter or new.is_small_a_matter,
        level=new.level,
    )


def _changed(cells: dict[str, Cell], held: tuple[str, int], name: str, cell: Cell) -> Relation:
    """The difference to what stood there before, as a count of its own that goes up."""
    difference = f"{name}-{held[0]}"
    rises = cell.value > held[1]
    cells[difference] = Cell(
        difference,
        abs(cell.value - held[1]),
        owner=cell.owner,
        printed=False,
        signed=True,
        is_small_a_matter=cell.is_small_a_matter,
    )
    return Relation(name, (held[0], difference)) if rises else Relation(held[0], (name, difference))


def _named(row: Relation, names: Mapping[str, str]) -> Relation:
    return Relation(names[row.total], tuple(names[one] for one in row.parts))


def _near(start: set[str], relations: Mapping[Relation, None], shares: Sequence[Share], known: set[str]) -> set[str]:
    """What is bound to the new table, however far. A count that everybody knows binds nothing to anything."""
    rows = [{row.total, *row.parts} for row in relations]
    rows += [{one.numerator, one.denominator} for one in shares]
    at: dict[str, list[int]] = {}
    for n, row in enumerate(rows):
        for one in row:
            at.setdefault(one, []).append(n)
    found, waiting, seen = set(start), list(start), set[int]()
    while waiting:
        one = waiting.pop()
        if one in known and one not in start:
            continue
        for n in at.get(one, ()):
            if n not in seen:
                seen.add(n)
                waiting += rows[n] - found
                found |= rows[n]
    return found
