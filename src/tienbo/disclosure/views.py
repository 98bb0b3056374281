"""What somebody holds after a table has left: its printed figures, and all that left before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tienbo.disclosure.attacker import Target, View
from tienbo.disclosure.ledger import joined
from tienbo.disclosure.policy import Rule, needs
from tienbo.disclosure.tables import Earlier, Table


def view_of(table: Table, hidden: Collection[str], zeros: bool, earlier: Sequence[Earlier] = ()) -> View:
    """The table without its `hidden` figures, after what left `earlier` toward the same reader, as he reads it: he
    knows the rule, and so whether a hidden count can be none (`zeros`)."""
    join = joined(table, earlier)
    printed = {join.names[key] for key, cell in table.cells.items() if cell.printed and key not in hidden} | join.known
    cells = join.table.cells
    some = join.some if zeros else join.some | {join.names[one] for one in table.asked}
    shares = [
        one._replace(numerator=join.names[one.numerator], denominator=join.names[one.denominator])
        for one in table.shares
        if one.key not in hidden
    ]
    return View(
        printed={key: cells[key].value for key in cells if key in printed},
        unknown={key: None if cell.signed else int(key in some) for key, cell in cells.items() if key not in printed},
        relations=join.table.relations,
        shares=(*join.shares, *shares),
        own={
            unit: {key: cell.value for key, cell in cells.items() if cell.owner == unit and key not in printed}
            for unit in join.table.owners
        },
    )


def targets_of(table: Table, rule: Rule, earlier: Sequence[Earlier] = ()) -> list[Target]:
    """What must not be found out: the primary cells of the table and of what left before, but for those printed then
    themselves."""
    join = joined(table, earlier)
    cells = join.table.cells
    return [
        Target(one.key, rule.k if cells[one.key].value < rule.k else None, cells[one.key].owner)
        for one in needs(join.table, rule)
        if one.key not in join.known
    ]
