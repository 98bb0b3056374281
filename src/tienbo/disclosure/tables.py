"""Tables as counts bound by sums: cells, relations, shares. Marginal sums, time, revisions and units that were merged
are all the same thing here, a count that is the sum of others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_

MARKER = "·"
"""What stands for every hidden figure, whatever it was hidden for. It sorts and measures the same everywhere."""

worded(
    {
        "disclosure.unknown_cell": N_("{place}: {cell} is named in a sum and is not in the table."),
        "disclosure.sum_differs": N_("{place}: the parts add up to {sum}, the total says {total}."),
        "disclosure.below_zero": N_("{place}: a count cannot be less than zero ({value})."),
        "disclosure.share_differs": N_("{place}: the share printed ({printed}) is not that of its counts."),
        "disclosure.twice": N_("{place} stands in the table twice."),
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A count. `level`: in how many dimensions it is a total (0 is innermost; the higher, the dearer to hide). `owner`:
    the reporting unit whose count it is and that knows it, "" where it is of several. `printed` is False of what
    follows from printed counts and is never printed itself (the rest of a total, a revision's difference); `signed`
    of a difference, which may be below zero. `largest`: the most that one unit below contributes, 0 if not known.
    `is_small_a_matter` is False of counts that are no count of persons concerned (inhabitants)."""

    key: str
    value: int
    level: int = 0
    owner: str = ""
    printed: bool = True
    signed: bool = False
    largest: int = 0
    is_small_a_matter: bool = True


class Relation(NamedTuple):
    """total = the sum of parts, by their keys."""

    total: str
    parts: tuple[str, ...]


class Share(NamedTuple):
    """A share as it is printed: numerator over denominator times `per`, rounded to `places`. Neither count need be
    printed for it to tell of both."""

    key: str
    numerator: str
    denominator: str
    printed: Decimal
    places: int = 1
    per: int = 100

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """Between which two ratios (0..1) the true one lies, both included."""
        half = Decimal(1).scaleb(-self.places) / 2
        return (self.printed - half) / self.per, (self.printed + half) / self.per


@dataclass(frozen=True)
class Table:
    """Cells by key, the sums that bind them, the shares printed beside them. Built with `checked`."""

    cells: Mapping[str, Cell]
    relations: tuple[Relation, ...] = ()
    shares: tuple[Share, ...] = ()
    lines: tuple[Relation, ...] = ()
    """Of the relations, those whose parts are sorts of what their total counts (type, sex): where all of it is of one
    sort, that is said of everybody in it."""

    @classmethod
    def checked(
        cls,
        cells: Iterable[Cell],
        relations: Iterable[Relation] = (),
        shares: Iterable[Share] = (),
        lines: Iterable[Relation] = (),
    ) -> Table:
        """A table whose sums add up. Refused with every place at which they do not; nothing is corrected."""
        held: dict[str, Cell] = {}
        faults: list[Fault] = []
        for cell in cells:
            if cell.key in held:
                faults.append(Fault("disclosure.twice", cell.key))
            held[cell.key] = cell
        made = cls(dict(sorted(held.items())), tuple(sorted(set(relations))), tuple(sorted(shares)), tuple(lines))
        faults += made._faults()
        if faults:
            raise Refused(*faults)
        return made

    def _faults(self) -> Iterator[Fault]:
        for cell in self.cells.values():
            if cell.value < 0 and not cell.signed:
                yield Fault("disclosure.below_zero", cell.key, {"value": cell.value})
        for total, parts in self.relations:
            if missing := [one for one in (total, *parts) if one not in self.cells]:
                yield Fault("disclosure.unknown_cell", total, {"cell": missing[0]})
                continue
            added = sum(self.cells[one].value for one in parts)
            if added != self.cells[total].value:
                yield Fault("disclosure.sum_differs", total, {"sum": added, "total": self.cells[total].value})
        for share in self.shares:
            if missing := [one for one in (share.numerator, share.denominator) if one not in self.cells]:
                yield Fault("disclosure.unknown_cell", share.key, {"cell": missing[0]})
                continue
            low, high = share.bounds
            above, below = self.cells[share.numerator].value, self.cells[share.denominator].value
            if not low * below <= above <= high * below:
                yield Fault("disclosure.share_differs", share.key, {"printed": share.printed})

    @property
    def owners(self) -> tuple[str, ...]:
        """The reporting units that know counts of their own."""
        return tuple(sorted({cell.owner for cell in self.cells.values() if cell.owner}))

    @property
    def asked(self) -> list[str]:
        """Keys of the cells that are to be printed."""
        return [one.key for one in self.cells.values() if one.printed]

    @property
    def inner(self) -> list[Cell]:
        return [one for one in self.cells.values() if one.printed and one.level == 0]

    def as_json(self) -> dict[str, Any]:
        return {
            "cells": [
                [c.key, c.value, c.level, c.owner, c.printed, c.signed, c.largest, c.is_small_a_matter]
                for c in self.cells.values()
            ],
            "relations": [[one.total, list(one.parts)] for one in self.relations],
            "lines": [[one.total, list(one.parts)] for one in self.lines],
            "shares": [[*one[:3], str(one.printed), *one[4:]] for one in self.shares],
        }

    @classmethod
    def from_json(cls, made: Mapping[str, Any]) -> Table:
        return cls.checked(
            (Cell(*row) for row in made["cells"]),
            (Relation(total, tuple(parts)) for total, parts in made["relations"]),
            (Share(key, above, below, Decimal(said), *of) for key, above, below, said, *of in made["shares"]),
            (Relation(total, tuple(parts)) for total, parts in made["lines"]),
        )

    @property
    def fingerprint(self) -> str:
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Earlier:
    """A release that has left already: its table, what of it was printed, toward whom (see policy.Tier)."""

    table: Table
    tier: int
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Keys of cells and shares that were not printed."""
    zeros: bool = False
    """Whether a hidden count of it may be none."""
    name: str = ""

    @property
    def printed(self) -> frozenset[str]:
        """Keys of the cells whose count was printed."""
        return frozenset(one.key for one in self.table.cells.values() if one.printed) - self.hidden
