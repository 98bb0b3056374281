"""What a packet may take figures from."""

from __future__ import annotations

from dataclasses import dataclass

from tienbo.catalogue.loading import Edition
from tienbo.core.spans import Span
from tienbo.engine.terms import sensitivity
from tienbo.engine.values import FrozenValues, Status, Value


@dataclass(frozen=True)
class Released:
    """What a packet may take figures from: the values of a release, of one unit in one period."""

    edition: Edition
    values: FrozenValues
    unit: str
    period: str
    span: Span

    def value(self, indicator: str) -> Value:
        return self.values.get(indicator, self.unit, self.period)

    def shareable(self) -> list[Value]:
        """The unit's own values of the period that a guest may read: open to all (C0), known, on one map. Nothing of
        the units below, which stand in the release for its own tables."""
        found = (self.value(code) for code in self.edition.indicators)
        return [one for one in found if one.status is Status.VALUE and one.value is not None and self.is_open(one)]

    def is_open(self, value: Value) -> bool:
        return sensitivity(self.edition, self.edition.indicators[value.indicator]).value == "C0"
