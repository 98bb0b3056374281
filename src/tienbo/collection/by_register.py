"""What a unit's registers count, beside what its return says: asked about, never put in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.papers.cells import Sheets
from tienbo.registers.queries import counted
from tienbo.units.models import Unit

worded(
    {
        "return.other_than_register": N_(
            "{label}, {column}: by the register {counted}, reported {reported}. Mend the one that is wrong, or say why "
            "they differ."
        )
    }
)


def register_counts(edition: Edition, known: Sheets, unit: Unit) -> dict[str, Decimal]:
    """Address of the form → what the unit's registers count for it in the half-year, by the definitions that the period
    was opened with."""
    shape = known.layout
    said = counted(edition=edition, unit=unit.pk, period=shape.period)
    return {address: said[series] for address, series in shape.series.items() if series in said}


def register_faults(known: Sheets, content: Content, counts: Mapping[str, Decimal]) -> Iterator[Fault]:
    """A warning for each figure that is otherwise than the registers count. What is not said is not asked about."""
    for address, count in counts.items():
        slot, figure = known.layout.slots[address], content.figures.get(address)
        nil = content.statements.get(slot.block.code) == "nil"
        reported = figure.value if figure is not None else Decimal(0) if nil else None
        if reported is not None and reported != count:
            fields = {"label": slot.line.label, "column": slot.column.label, "counted": count, "reported": reported}
            place = known.place(f"figure/{address}")
            yield Fault("return.other_than_register", place, fields, Level.WARNING)
