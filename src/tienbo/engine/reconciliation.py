"""What was said and does not count, beside what does: one origin counts, and the rest is shown, never added."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa

from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.engine.engines import Engine, engine
from tienbo.engine.evaluate import Audience, Ground, may_see_class
from tienbo.engine.facts import EMPTY
from tienbo.engine.rows import QUALIFIERS


class NotCounting(NamedTuple):
    """A fact that was said and does not count, and what the origin that counts says of the same series."""

    unit: int
    series: str
    value: Decimal
    qualifier: str
    revision: int
    cell: str
    counted: Decimal | None
    """Sum of the figures that count; None where nobody whose word counts has said anything."""
    counting: int
    """Units whose figures that sum is of."""


_SQL = """
WITH kept AS (
    SELECT f.measure, f.unit, f.value, f.status, f.qualifier, f.counts, f.revision, CAST(f.cell AS VARCHAR) AS cell
    FROM {source} AS f
    WHERE f.period = {period} AND f.value IS NOT NULL
      AND f.unit IN (SELECT unit FROM units) AND f.revision NOT IN (SELECT revision FROM excluded)
), counted AS (
    SELECT measure, sum(value) AS total, count(DISTINCT unit) AS number FROM kept WHERE counts GROUP BY measure
)
SELECT k.unit, k.measure, k.value, k.qualifier, k.revision, k.cell, c.total, coalesce(c.number, 0)
FROM kept AS k LEFT JOIN counted AS c USING (measure)
WHERE NOT k.counts ORDER BY k.measure, k.unit, k.cell
"""


def not_counting(
    edition: Edition,
    period: Period,
    *,
    ground: Ground,
    units: Collection[int],
    audience: Audience,
    using: Engine | None = None,
) -> list[NotCounting]:
    """Facts of a half-year of these units that do not count, by series and unit; none the audience may not see."""
    tree = ground.trees[period]
    series = {number: text for text, number in ground.measures.items()}
    rows = (using or engine()).rows(
        _SQL.format(source=ground.facts.source(), period=int(period.index)),
        empty_facts=EMPTY,
        units=pa.table({"unit": pa.array(sorted(units), pa.int32())}),
        excluded=pa.table({"revision": pa.array(sorted(ground.facts.excluded), pa.int32())}),
    )
    found = []
    for unit, measure, value, qualifier, revision, cell, counted, number in rows:
        element = edition.elements.get(series[measure].partition("[")[0])
        if element is not None and may_see_class(element.sensitivity, audience, unit, tree):
            said = QUALIFIERS[qualifier]
            found.append(NotCounting(unit, series[measure], value, said, revision, cell, counted, number))
    return found
