"""What moved since a period that can be compared with: shares under a target, in points."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Target, Unit
from tienbo.core.words import rounded
from tienbo.engine.values import Value
from tienbo.papers.bindings import Binder
from tienbo.papers.context import Context


class Move(NamedTuple):
    """A share under a target, now and then; `change` is exact, in points."""

    target: Target
    indicator: Indicator
    value: Value
    before: Value
    change: Decimal

    @property
    def is_better(self) -> bool | None:
        """Whether it moved the way the target asks; None where the target has no way ("khoảng")."""
        wanted = {"at_least": 1, "exactly": 1, "below": -1}.get(self.target.direction)
        return None if wanted is None else self.change * wanted > 0


def compared_with(context: Context) -> str | None:
    """The period this one is held against: the same one last year, else the one before it; None where the units of
    both were others."""
    choices = (context.same_last_year, context.previous)
    return next((one for one in choices if one is not None and context.can_compare(one)), None)


def moves(binder: Binder, before: str) -> list[Move]:
    """Every share under an applicable target that changed, as far as it is printed; the largest change first."""
    found: dict[str, Move] = {}
    for target, value in binder.targets:
        indicator = binder.edition.indicators[target.indicator]
        if indicator.unit is not Unit.PERCENT or indicator.code in found:
            continue
        then = binder.value(indicator.code, before)
        change = binder.change(value, then)
        if change is not None and rounded(change, indicator.decimals):
            found[indicator.code] = Move(target, indicator, value, then, change)
    return sorted(found.values(), key=lambda move: -abs(move.change))
