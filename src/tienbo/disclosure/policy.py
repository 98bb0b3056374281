"""Which counts are small, toward whom, and how much doubt there must be about them.

k and the other bounds are data (`packs/…/disclosure`); what stands here as default is the safe one. Tiers are of
security.md §5.2: T0 never leaves, T1 agencies of the government, T2 partners under an agreement, T3 everybody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from tienbo.core.messages import N_
from tienbo.disclosure.tables import Cell, Table


class Tier(IntEnum):
    """Toward whom a table leaves. Who reads at a tier reads what left at every later one too."""

    GOVERNMENT = 1
    PARTNER = 2
    PUBLIC = 3


REASONS: Mapping[str, str] = {
    "small": N_("fewer than {k}"),
    "rest": N_("what is left of the total would be fewer than {k}"),
    "revision": N_("fewer than {k} came or went since the figure was printed before"),
    "one_sort": N_("all of the total are of this one sort"),
    "dominated": N_("nearly all of it is one unit’s"),
    "small_base": N_("a share of fewer than {base}"),
    "share_of_hidden": N_("a share of a figure that is not printed"),
    "beside": N_("with it, a figure that is not printed could be worked out"),
}
"""Why a figure is hidden → words for who approves. Readers of what leaves see the marker alone."""


@dataclass(frozen=True)
class Rule:
    """What holds toward one tier.

    `k`: 1 to k−1 is small. `zeros_hide`: zeros may be hidden too, so that "hidden" does not say "at least one".
    `least_base`: a share of fewer than this is not printed. `dominance`: the share of one unit from which on a count
    tells of that unit. `coarsen_above`: the share of small inner cells from which on a coarser table is proposed.
    """

    k: int = 10
    zeros_hide: bool = False
    least_base: int = 50
    dominance: Decimal = Decimal("0.85")
    coarsen_above: Decimal = Decimal("0.4")
    insiders: bool = True


@dataclass(frozen=True)
class Policy:
    """Rules by tier."""

    rules: Mapping[Tier, Rule] = field(
        default_factory=lambda: {
            Tier.GOVERNMENT: Rule(k=5, zeros_hide=True),
            Tier.PARTNER: Rule(k=10),
            Tier.PUBLIC: Rule(k=10),
        }
    )

    def rule(self, tier: Tier) -> Rule:
        return self.rules[tier]


class Need(NamedTuple):
    """What an attacker must not be able to exclude of a cell: that it is at least `high`, that it is at most `low`."""

    key: str
    low: int
    high: int
    why: str


def needs(table: Table, rule: Rule, zeros: bool | None = None) -> list[Need]:
    """The primary cells of a table, smallest first: those of which something must stay in doubt. `zeros`: whether a
    hidden count may be none; None goes by the rule."""
    found: dict[str, Need] = {}
    bottom = 0 if (hides_zeros(table, rule) if zeros is None else zeros) else 1
    for cell in table.cells.values():
        if cell.is_small_a_matter and 1 <= cell.value < rule.k:
            found[cell.key] = Need(cell.key, bottom if cell.printed else min(1, cell.value), rule.k, _small(cell))
        elif (need := _dominated(cell, rule, bottom)) is not None:
            found[cell.key] = need
    for total, part in one_sort(table, rule):
        value = table.cells[part].value
        if value >= rule.k and part not in found:
            found[part] = Need(part, table.cells[total].value - min(rule.k, value), value, "one_sort")
    return sorted(found.values(), key=lambda one: (table.cells[one.key].value, one.key))


def _small(cell: Cell) -> str:
    return "small" if cell.printed else "revision" if cell.signed else "rest"


def _dominated(cell: Cell, rule: Rule, bottom: int) -> Need | None:
    """A count that is nearly all one unit's tells of that unit: it must be in doubt by what would end the dominance."""
    if not cell.is_small_a_matter or not cell.value or Decimal(cell.largest) <= rule.dominance * cell.value:
        return None
    doubt = max(rule.k, math.ceil(cell.largest / rule.dominance) - cell.value)
    return Need(cell.key, max(bottom, cell.value - doubt), cell.value + doubt, "dominated")


def one_sort(table: Table, rule: Rule) -> list[tuple[str, str]]:
    """(total, part) where all of a total that is not small is of one sort."""
    found = []
    for total, parts in table.lines:
        some = [one for one in parts if table.cells[one].value]
        printed = all(table.cells[one].printed for one in parts)
        if printed and len(parts) > 1 and len(some) == 1 and table.cells[total].value >= rule.k:
            found.append((total, some[0]))
    return found


def hides_zeros(table: Table, rule: Rule) -> bool:
    """Whether zeros may be hidden in this table: where the rule says so, or where all of a total is of one sort, which
    is hidden with a zero or not at all."""
    return rule.zeros_hide or bool(one_sort(table, rule))


def small_share(table: Table, rule: Rule) -> tuple[int, int]:
    """How many of the inner cells are primary, and how many there are."""
    primary = {one.key for one in needs(table, rule)}
    inner = table.inner
    return sum(one.key in primary for one in inner), len(inner)
