"""What one return says, as columns: facts before they get the numbers of their series, unit and revision.

Apart from `facts`, because this is all that the processes that read workbooks need of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter
from typing import TypeAlias

import pyarrow as pa

STATUSES = ("reported", "not_applicable")
QUALIFIERS = ("exact", "at_least", "estimate")
ORIGINS = ("entered", "nil", "unchanged", "counted", "register", "published")

FIGURE = pa.decimal128(18, 4)
ROWS = pa.schema(
    [
        ("series", pa.string()),
        ("value", FIGURE),  # null when it does not apply
        ("status", pa.int8()),  # index into STATUSES
        ("qualifier", pa.int8()),  # index into QUALIFIERS
        ("origin", pa.int8()),  # index into ORIGINS
        ("cell", pa.string()),
    ]
)
Rows: TypeAlias = pa.RecordBatch
_STATUS, _QUALIFIER, _ORIGIN = (
    {name: number for number, name in enumerate(names)} for names in (STATUSES, QUALIFIERS, ORIGINS)
)


def rows_of(facts: Sequence[tuple[str, Decimal | None, str, str, str, str]]) -> Rows:
    """Facts (series, value, status, qualifier, origin, cell) as columns. ValueError for a figure that a fact cannot
    hold: more than 14 digits before the comma or 4 after it."""
    # Column by column: zip(*facts) takes three times as long.
    series, values, statuses, qualifiers, origins, cells = (list(map(itemgetter(at), facts)) for at in range(len(ROWS)))
    columns = [
        pa.array(series, pa.string()),
        _figures(values),
        pa.array(list(map(_STATUS.__getitem__, statuses)), pa.int8()),
        pa.array(list(map(_QUALIFIER.__getitem__, qualifiers)), pa.int8()),
        pa.array(list(map(_ORIGIN.__getitem__, origins)), pa.int8()),
        pa.array(cells, pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ROWS)


def rows_packed(rows: Rows) -> bytes:
    """Rows for the way to another process."""
    return bytes(rows.serialize())


def rows_unpacked(packed: bytes) -> Rows:
    return pa.ipc.read_record_batch(packed, ROWS)


class _Bytes(dict[Decimal | None, bytes]):
    """Figure → as a column holds it. Most figures are small and met again."""

    def __missing__(self, figure: Decimal | None) -> bytes:
        scaled = Decimal(0) if figure is None else figure.scaleb(FIGURE.scale)
        number = int(scaled)
        if number != scaled or abs(number) >= 10**FIGURE.precision:
            raise ValueError(f"a fact cannot hold {figure}")
        if len(self) >= _REMEMBERED:
            self.clear()
        held = self[figure] = number.to_bytes(FIGURE.byte_width, "little", signed=True)
        return held


_REMEMBERED = 100_000
_bytes = _Bytes()


def _figures(values: Sequence[Decimal | None]) -> pa.Array:
    """A column of figures, put together from its bytes: Arrow's own way takes ten times as long, and imports pandas
    where that is installed."""
    if not values:
        return pa.array([], FIGURE)
    # In the set: a list would ask every Decimal whether it equals None.
    gaps = None in set(values)
    known = pa.array([value is not None for value in values], pa.bool_()).buffers()[1] if gaps else None
    return pa.Array.from_buffers(FIGURE, len(values), [known, pa.py_buffer(b"".join(map(_bytes.__getitem__, values)))])
